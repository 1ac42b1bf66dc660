/**
 * The wallet as the page sees it. The machinery (`src/lib/wallet`, wagmi, the demo wallet) is loaded
 * when somebody presses Connect, or at once when a wallet was connected before.
 *
 * Amounts handed to a wallet are in the token's unit; everything else on a screen is in link units.
 */
import type { Answer, WalletTransaction } from '../peer/api.ts';
import { peerError } from '../peer/errors.ts';
import { err, ok } from '../peer/result.ts';
import type { Address } from '../peer/settlement/chain.ts';
import type { Hex } from '../peer/bytes.ts';
import type { WalletChoice, Wallets } from '../wallet/index.ts';
import type { Discovery } from './discovery.ts';
import { peer } from './peer.svelte.ts';

export type { WalletChoice } from '../wallet/index.ts';

/** What a person waits for while a channel is funded. */
export type FundingStep = 'preparing' | 'signing' | 'relaying';

const LAST_WALLET = 'tributary.wallet';

class WalletClient {
	status = $state<'none' | 'connecting' | 'connected'>('none');
	address = $state<Address | undefined>(undefined);
	/** As the wallet calls itself. */
	name = $state<string | undefined>(undefined);
	choices = $state.raw<readonly WalletChoice[]>([]);
	/** What a wallet on another device is to read, while it is waited for. */
	pairing = $state<string | undefined>(undefined);

	#wallets: Promise<Wallets> | undefined;
	/** The chain they were opened for: one begun anew has other contracts. */
	#chain = '';
	#stopWatching = (): void => {};

	/** Is it connected, and this its address? */
	isOf(address: Address): boolean {
		return this.status === 'connected' && this.address === address.toLowerCase();
	}

	/** Was a wallet connected in an earlier visit? Then `reconnect` is worth its download. */
	wasConnected(): boolean {
		return readLast() !== undefined;
	}

	/** Loads the wallet code and fills `choices`. Call it when the Connect sheet opens. */
	async load(): Promise<readonly WalletChoice[]> {
		const wallets = await this.#load();
		if (wallets === undefined) return [];
		this.choices = await wallets.list();
		return this.choices;
	}

	/**
	 * The wallet asks its owner; `WalletRefused`, `WalletMissing`, `WalletWrongChain`, `WalletRelayUnreachable`.
	 * `signal` ends the wait for a wallet on another device.
	 */
	async connect(id: string, signal?: AbortSignal): Promise<Answer<Address>> {
		const wallets = await this.#load();
		if (wallets === undefined) return err(peerError('HubUnreachable'));
		this.status = 'connecting';
		const answer = await wallets.connect(
			id,
			signal === undefined ? undefined : { onUri: (uri) => (this.pairing = uri), signal }
		);
		this.pairing = undefined;
		if (answer.ok) {
			writeLast(id);
			this.#connected(answer.value.address, answer.value.name);
			void peer.calls.setPayoutAddress(answer.value.address);
			return ok(answer.value.address);
		}
		this.status = this.address === undefined ? 'none' : 'connected';
		return answer;
	}

	/** Without asking anybody: only a wallet that still remembers this site answers. */
	async reconnect(): Promise<void> {
		const last = readLast();
		if (last === undefined || this.address !== undefined) return;
		const wallets = await this.#load();
		const found = await wallets?.reconnect(last);
		if (found !== undefined) this.#connected(found.address, found.name);
	}

	async disconnect(): Promise<void> {
		writeLast(undefined);
		await (await this.#load())?.disconnect();
		this.#forget();
	}

	/**
	 * Opens the channel to the hub, or tops `channel` up: one signature, relayed by the hub, no gas.
	 * `amount` in the token's unit.
	 */
	async fundChannel(
		request: { readonly amount: bigint; readonly channel?: Hex },
		onStep: (step: FundingStep) => void = () => {}
	): Promise<Answer<{ readonly channel: Hex }>> {
		const wallets = await this.#load();
		if (wallets === undefined || this.address === undefined) return err(peerError('WalletMissing'));
		onStep('preparing');
		const prepared = await peer.calls.prepareFunding({ payer: this.address, ...request });
		if (!prepared.ok) return prepared;
		onStep('signing');
		const signature = await wallets.signFunding(prepared.value.typedData);
		if (!signature.ok) return signature;
		onStep('relaying');
		const funded = await peer.calls.fund({ ...prepared.value.funding, signature: signature.value });
		if (funded.ok) void peer.keepStorage();
		return funded;
	}

	/** Without the hub: asks the chain to end the channel; the grace begins. Costs the wallet gas. */
	async requestClose(channel: Hex): Promise<Answer<null>> {
		return this.#sendFor(channel, await peer.calls.prepareRequestClose(channel));
	}

	/** After the grace: the unspent deposit comes back to the wallet. Costs the wallet gas. */
	async withdraw(channel: Hex): Promise<Answer<null>> {
		return this.#sendFor(channel, await peer.calls.prepareWithdraw(channel));
	}

	async #sendFor(channel: Hex, transaction: Answer<WalletTransaction>): Promise<Answer<null>> {
		if (!transaction.ok) return transaction;
		const wallets = await this.#load();
		if (wallets === undefined || this.address === undefined) return err(peerError('WalletMissing'));
		const sent = await wallets.send(transaction.value);
		if (!sent.ok) return sent;
		return peer.calls.refreshChannel(channel);
	}

	/** Undefined while the origin has not said which chain it is, or the code could not be downloaded. */
	async #load(): Promise<Wallets | undefined> {
		const { discovery } = peer;
		if (discovery === undefined) return undefined;
		const chain = JSON.stringify(discovery.chain);
		if (chain !== this.#chain) {
			this.#chain = chain;
			this.#wallets = this.#open(discovery);
		}
		try {
			return await this.#wallets;
		} catch {
			// The next press tries again.
			this.#chain = '';
			return undefined;
		}
	}

	async #open(discovery: Discovery): Promise<Wallets> {
		const { openWallets } = await import('../wallet/index.ts');
		const wallets = await openWallets(discovery);
		this.#stopWatching();
		this.#stopWatching = wallets.watch((connected) => {
			if (connected === undefined) this.#forget();
			else this.#connected(connected.address, connected.name);
		});
		const last = readLast();
		if (this.address !== undefined && last !== undefined) await wallets.reconnect(last);
		return wallets;
	}

	#connected(address: Address, name: string): void {
		this.address = address;
		this.name = name;
		this.status = 'connected';
	}

	#forget(): void {
		this.address = undefined;
		this.name = undefined;
		this.status = 'none';
	}
}

function readLast(): string | undefined {
	try {
		return localStorage.getItem(LAST_WALLET) ?? undefined;
	} catch {
		return undefined;
	}
}

function writeLast(id: string | undefined): void {
	try {
		if (id === undefined) localStorage.removeItem(LAST_WALLET);
		else localStorage.setItem(LAST_WALLET, id);
	} catch {
		// Without site storage the wallet is asked again at the next visit.
	}
}

export const wallet = new WalletClient();
