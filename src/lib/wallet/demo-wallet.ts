/**
 * A wallet for trying Tributary on a local chain, where nobody has an extension with money in it.
 *
 * To the app it is a stranger: it announces itself by EIP-6963, speaks EIP-1193 and nothing else,
 * and asks its owner in a window of its own, in words, before it shows its address, signs or sends.
 * Its key belongs to the browser profile and its money comes from the faucet. It only exists on
 * chain 31337: what it signs is worthless anywhere else.
 */
import { createClient, http, numberToHex, type Hex, type LocalAccount } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { sendTransaction } from 'viem/actions';
import { defineChain } from 'viem/utils';
import type { Discovery } from '../client/discovery.ts';
import { askInDialog } from './demo-wallet-dialog.ts';
import { wordsFor, type Question } from './demo-wallet-words.ts';

export interface DemoWalletSettings {
	readonly id: string;
	readonly chain: Discovery['chain'];
	readonly faucet: string;
}

export interface DemoWalletPorts {
	/** The browser profile's own storage; the key is in it. */
	readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
	/** Shows the question, resolves true for Approve. `after` runs while the window still shows its progress. */
	ask(question: Question, after: (progress: (text: string) => void) => Promise<void>): Promise<boolean>;
	fetch(url: string, init: RequestInit): Promise<Response>;
	/** Who asks, as people know it. */
	readonly origin: string;
}

export interface Eip1193Provider {
	request(request: {
		readonly method: string;
		readonly params?: readonly unknown[] | undefined;
	}): Promise<unknown>;
	on(event: string, listener: (value: unknown) => void): void;
	removeListener(event: string, listener: (value: unknown) => void): void;
}

export interface DemoWallet {
	readonly provider: Eip1193Provider;
	/** A chain begun anew has other contracts. */
	configure(settings: DemoWalletSettings): void;
}

/** Codes of EIP-1193. */
const CODES = { refused: 4001, unauthorized: 4100, unsupported: 4200, unknownChain: 4902 } as const;

class ProviderError extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.name = 'ProviderError';
		this.code = code;
	}
}

const KEY = 'tributary.demo-wallet.key';
const CONNECTED = 'tributary.demo-wallet.connected';

/** Never passed through: these would use an account of the chain's node, not the wallet's. */
const REFUSED_METHODS = new Set([
	'eth_sign',
	'eth_signTransaction',
	'eth_signTypedData',
	'eth_signTypedData_v3'
]);
const PASSED_THROUGH = /^(eth|net|web3)_/;

export const createDemoWallet = (initial: DemoWalletSettings, ports: DemoWalletPorts): DemoWallet => {
	let settings = initial;
	const listeners = new Map<string, Set<(value: unknown) => void>>();
	/** A person answers one question at a time. */
	let queue: Promise<unknown> = Promise.resolve();

	const emit = (event: string, value: unknown): void => {
		for (const listener of listeners.get(event) ?? []) listener(value);
	};

	const account = (): LocalAccount => {
		let key = ports.storage.getItem(KEY);
		if (key === null) {
			key = generatePrivateKey();
			ports.storage.setItem(KEY, key);
		}
		return privateKeyToAccount(key as Hex);
	};
	const isConnected = (): boolean => ports.storage.getItem(CONNECTED) === 'yes';
	const accounts = (): readonly Hex[] => (isConnected() ? [account().address] : []);

	const rpc = async (method: string, params: readonly unknown[]): Promise<unknown> => {
		const response = await ports.fetch(settings.chain.rpcUrl, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
		});
		const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
		if (answer.error !== undefined) throw new ProviderError(answer.error.code, answer.error.message);
		return answer.result;
	};

	/** In the token's unit. */
	const balance = async (): Promise<bigint> => {
		// balanceOf(address): its selector and the padded address.
		const data = `0x70a08231${account().address.slice(2).toLowerCase().padStart(64, '0')}`;
		return BigInt(String(await rpc('eth_call', [{ to: settings.chain.token, data }, 'latest'])));
	};

	const fill = async (): Promise<void> => {
		const response = await ports.fetch(settings.faucet, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ address: account().address })
		});
		if (!response.ok) throw new Error(`the faucet answered ${response.status}`);
	};

	/** Asks in words; throws 4001 unless the owner approves. */
	const ask = async (
		method: string,
		params: readonly unknown[],
		after: (progress: (text: string) => void) => Promise<void> = async () => {}
	): Promise<void> => {
		const question = wordsFor(
			{ method, params },
			{
				site: ports.origin,
				address: account().address,
				chain: settings.chain,
				balance: await balance().catch(() => undefined)
			}
		);
		const approved = queue.then(() => ports.ask(question, after));
		queue = approved.catch(() => undefined);
		if (!(await approved)) throw new ProviderError(CODES.refused, 'The owner of the wallet refused.');
	};

	/** The address a request names must be the connected one. */
	const authorize = (address: unknown): void => {
		const ours = accounts()[0]?.toLowerCase();
		if (ours === undefined || String(address).toLowerCase() !== ours) {
			throw new ProviderError(CODES.unauthorized, 'This account is not connected to this site.');
		}
	};

	const connect = async (): Promise<readonly Hex[]> => {
		if (isConnected()) return accounts();
		await ask('eth_requestAccounts', [], async (progress) => {
			if (((await balance().catch(() => 0n)) ?? 0n) > 0n) return;
			progress('Filling your wallet with test money …');
			// An empty wallet is still a wallet: the app will say that there is nothing in it.
			await fill().catch((error: unknown) => progress(`The faucet did not answer (${String(error)}).`));
		});
		ports.storage.setItem(CONNECTED, 'yes');
		emit('accountsChanged', accounts());
		return accounts();
	};

	const send = async (transaction: Record<string, Hex | undefined>): Promise<Hex> => {
		const { chain } = settings;
		const client = createClient({
			account: account(),
			chain: defineChain({
				id: chain.id,
				name: chain.name,
				nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
				rpcUrls: { default: { http: [chain.rpcUrl] } }
			}),
			transport: http(chain.rpcUrl, {
				fetchFn: (input, init) =>
					ports.fetch(input instanceof Request ? input.url : String(input), init ?? {})
			})
		});
		const { to, data, value } = transaction;
		return sendTransaction(client, {
			...(to === undefined ? {} : { to }),
			...(data === undefined ? {} : { data }),
			value: value === undefined ? 0n : BigInt(value)
		});
	};

	const request: Eip1193Provider['request'] = async ({ method, params = [] }) => {
		switch (method) {
			case 'eth_accounts':
				return accounts();
			case 'eth_requestAccounts':
				return connect();
			case 'eth_chainId':
				return numberToHex(settings.chain.id);
			case 'net_version':
				return String(settings.chain.id);
			case 'wallet_switchEthereumChain': {
				const [wanted] = params as [{ chainId?: Hex } | undefined];
				if (wanted?.chainId !== undefined && BigInt(wanted.chainId) === BigInt(settings.chain.id))
					return null;
				throw new ProviderError(CODES.unknownChain, 'This wallet knows its own local chain only.');
			}
			case 'wallet_revokePermissions':
				ports.storage.removeItem(CONNECTED);
				emit('accountsChanged', []);
				return null;
			case 'personal_sign': {
				const [message, address] = params as [Hex, Hex];
				authorize(address);
				await ask(method, params);
				return account().signMessage?.({ message: { raw: message } });
			}
			case 'eth_signTypedData_v4': {
				const [address, data] = params as [Hex, string | object];
				authorize(address);
				const typedData = (typeof data === 'string' ? JSON.parse(data) : data) as Parameters<
					LocalAccount['signTypedData']
				>[0];
				const chainId = (typedData.domain as { chainId?: number | string } | undefined)?.chainId;
				if (chainId === undefined || BigInt(chainId) !== BigInt(settings.chain.id)) {
					throw new ProviderError(CODES.unauthorized, 'This wallet signs for its own local chain only.');
				}
				await ask(method, [address, typedData]);
				return account().signTypedData(typedData);
			}
			case 'eth_sendTransaction': {
				const [transaction] = params as [Record<string, Hex | undefined>];
				authorize(transaction['from']);
				await ask(method, params);
				return send(transaction);
			}
			default:
				if (REFUSED_METHODS.has(method) || !PASSED_THROUGH.test(method)) {
					throw new ProviderError(CODES.unsupported, `This wallet does not know ${method}.`);
				}
				return rpc(method, params);
		}
	};

	return {
		provider: {
			request,
			on: (event, listener) => {
				listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
			},
			removeListener: (event, listener) => {
				listeners.get(event)?.delete(listener);
			}
		},
		configure: (changed) => {
			settings = changed;
		}
	};
};

/** A drop on a coin. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
	'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#0f766e"/><path d="M16 6c4 6 7 9 7 13a7 7 0 0 1-14 0c0-4 3-7 7-13z" fill="#fff"/></svg>'
)}`;

let announced: DemoWallet | undefined;

/** Once per page; later calls only tell it the chain. Announces now and whenever an app asks. */
export const announceDemoWallet = (settings: DemoWalletSettings): void => {
	if (announced !== undefined) return announced.configure(settings);
	const wallet = createDemoWallet(settings, {
		storage: localStorage,
		ask: askInDialog,
		fetch: (url, init) => fetch(url, init),
		origin: location.host
	});
	announced = wallet;
	const detail = Object.freeze({
		info: Object.freeze({ uuid: crypto.randomUUID(), name: 'Demo wallet', icon: ICON, rdns: settings.id }),
		provider: wallet.provider
	});
	const announce = (): void => {
		window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
	};
	window.addEventListener('eip6963:requestProvider', announce);
	announce();
};
