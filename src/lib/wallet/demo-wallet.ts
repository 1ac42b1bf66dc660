/**
 * A wallet for trying Tributary on a local chain, where nobody has an extension with money in it.
 *
 * To the app it is a stranger: it announces itself by EIP-6963, speaks EIP-1193 and nothing else,
 * and asks its owner in a window of its own, in words, before it shows its address, signs or sends.
 * Its key belongs to the browser profile and its money comes from the faucet. It only exists on
 * chain 31337: what it signs is worthless anywhere else.
 *
 * It announces two wallets: one whose account is the key's own address, and one whose account is a
 * contract that the key speaks for (ERC-1271), as the wallets of tomorrow are.
 */
import {
	createClient,
	hashMessage,
	hashTypedData,
	http,
	numberToHex,
	type Hex,
	type LocalAccount
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { sendTransaction } from 'viem/actions';
import { defineChain } from 'viem/utils';
import type { Discovery } from '../client/discovery.ts';
import { askInDialog } from './demo-wallet-dialog.ts';
import { wordsFor, type Question } from './demo-wallet-words.ts';
import type { Call } from './smart-account.ts';

export interface DemoWalletSettings {
	readonly id: string;
	/** What the account is: the key's own address, or a contract that the key speaks for. */
	readonly account: 'key' | 'contract';
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
const CONNECTED = {
	key: 'tributary.demo-wallet.connected',
	contract: 'tributary.demo-wallet.contract-connected'
} as const;
const NAMES = { key: 'Demo wallet', contract: 'Demo smart account' } as const;

/** How long its own contract may take to be mined, in looks and milliseconds between them. */
const DEPLOY_LOOKS = 100;
const DEPLOY_LOOK_MS = 100;

type TypedData = Parameters<LocalAccount['signTypedData']>[0];

/** Who signs and sends, behind the account that the app sees. */
interface Account {
	readonly address: Hex;
	signMessage(raw: Hex): Promise<Hex>;
	signTypedData(typedData: TypedData): Promise<Hex>;
	/** What the key sends so that the account makes the call. */
	through(call: Call): Call;
	/** What makes the account, where it has to be made. */
	readonly deployment: Call | undefined;
}

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

	const owner = (): LocalAccount => {
		let key = ports.storage.getItem(KEY);
		if (key === null) {
			key = generatePrivateKey();
			ports.storage.setItem(KEY, key);
		}
		return privateKeyToAccount(key as Hex);
	};
	const account = async (): Promise<Account> => {
		const key = owner();
		if (initial.account === 'contract') {
			const { smartAccountOf } = await import('./smart-account.ts');
			const contract = smartAccountOf(key, settings.chain.id);
			return {
				address: contract.address,
				signMessage: (raw) => contract.signDigest(hashMessage({ raw })),
				signTypedData: (typedData) => contract.signDigest(hashTypedData(typedData)),
				through: contract.execute,
				deployment: contract.deployment
			};
		}
		return {
			address: key.address,
			signMessage: (raw) => key.signMessage({ message: { raw } }),
			signTypedData: (typedData) => key.signTypedData(typedData),
			through: (call) => call,
			deployment: undefined
		};
	};
	const connectedKey = CONNECTED[initial.account];
	const isConnected = (): boolean => ports.storage.getItem(connectedKey) === 'yes';
	const accounts = async (): Promise<readonly Hex[]> => (isConnected() ? [(await account()).address] : []);

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
	const balance = async (address: Hex): Promise<bigint> => {
		// balanceOf(address): its selector and the padded address.
		const data = `0x70a08231${address.slice(2).toLowerCase().padStart(64, '0')}`;
		return BigInt(String(await rpc('eth_call', [{ to: settings.chain.token, data }, 'latest'])));
	};

	const fill = async (address: Hex): Promise<void> => {
		const response = await ports.fetch(settings.faucet, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ address })
		});
		if (!response.ok) throw new Error(`the faucet answered ${response.status}`);
	};

	/** Asks in words; throws 4001 unless the owner approves. */
	const ask = async (
		method: string,
		params: readonly unknown[],
		after: (progress: (text: string) => void) => Promise<void> = async () => {}
	): Promise<void> => {
		const { address } = await account();
		const question = wordsFor(
			{ method, params },
			{
				wallet: NAMES[initial.account],
				site: ports.origin,
				address,
				owner: initial.account === 'contract' ? owner().address : undefined,
				chain: settings.chain,
				balance: await balance(address).catch(() => undefined)
			}
		);
		const approved = queue.then(() => ports.ask(question, after));
		queue = approved.catch(() => undefined);
		if (!(await approved)) throw new ProviderError(CODES.refused, 'The owner of the wallet refused.');
	};

	/** The address a request names must be the connected one. */
	const authorize = async (address: unknown): Promise<void> => {
		const ours = (await accounts())[0]?.toLowerCase();
		if (ours === undefined || String(address).toLowerCase() !== ours) {
			throw new ProviderError(CODES.unauthorized, 'This account is not connected to this site.');
		}
	};

	const connect = async (): Promise<readonly Hex[]> => {
		if (isConnected()) return accounts();
		await ask('eth_requestAccounts', [], async (progress) => {
			const { address, deployment } = await account();
			try {
				if (deployment !== undefined) await deploy(address, deployment, progress);
				if ((await balance(address).catch(() => 0n)) > 0n) return;
				progress('Filling your wallet with test money …');
				await fill(address);
			} catch (error) {
				// An empty wallet is still a wallet: the app will say that there is nothing in it.
				progress(`It could not be filled (${String(error)}).`);
			}
		});
		ports.storage.setItem(connectedKey, 'yes');
		emit('accountsChanged', await accounts());
		return accounts();
	};

	/** Puts the account's contract on the chain, unless it is there; the key behind it pays the gas. */
	const deploy = async (address: Hex, deployment: Call, progress: (text: string) => void): Promise<void> => {
		const isThere = async (): Promise<boolean> => (await rpc('eth_getCode', [address, 'latest'])) !== '0x';
		if (await isThere()) return;
		progress('Making your account on the chain …');
		if (BigInt(String(await rpc('eth_getBalance', [owner().address, 'latest']))) === 0n)
			await fill(owner().address);
		await sendByKey(deployment);
		for (let look = 0; look < DEPLOY_LOOKS && !(await isThere()); look++)
			await new Promise((resolve) => setTimeout(resolve, DEPLOY_LOOK_MS));
	};

	const sendByKey = ({ to, data, value }: Partial<Call>): Promise<Hex> => {
		const { chain } = settings;
		const client = createClient({
			account: owner(),
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
		return sendTransaction(client, {
			...(to === undefined ? {} : { to }),
			...(data === undefined ? {} : { data }),
			value: value ?? 0n
		});
	};

	const send = async (transaction: Record<string, Hex | undefined>): Promise<Hex> => {
		const { to, data, value } = transaction;
		const amount = value === undefined ? 0n : BigInt(value);
		// Without a destination a contract is made, which only a key can do.
		if (to === undefined) return sendByKey({ ...(data === undefined ? {} : { data }), value: amount });
		return sendByKey((await account()).through({ to, data: data ?? '0x', value: amount }));
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
				ports.storage.removeItem(connectedKey);
				emit('accountsChanged', []);
				return null;
			case 'personal_sign': {
				const [message, address] = params as [Hex, Hex];
				await authorize(address);
				await ask(method, params);
				return (await account()).signMessage(message);
			}
			case 'eth_signTypedData_v4': {
				const [address, data] = params as [Hex, string | object];
				await authorize(address);
				const typedData = (typeof data === 'string' ? JSON.parse(data) : data) as TypedData;
				const chainId = (typedData.domain as { chainId?: number | string } | undefined)?.chainId;
				if (chainId === undefined || BigInt(chainId) !== BigInt(settings.chain.id)) {
					throw new ProviderError(CODES.unauthorized, 'This wallet signs for its own local chain only.');
				}
				await ask(method, [address, typedData]);
				return (await account()).signTypedData(typedData);
			}
			case 'eth_sendTransaction': {
				const [transaction] = params as [Record<string, Hex | undefined>];
				await authorize(transaction['from']);
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

/** A drop on a coin, or on a card. */
const iconOn = (ground: string): string =>
	`data:image/svg+xml,${encodeURIComponent(
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${ground}<path d="M16 6c4 6 7 9 7 13a7 7 0 0 1-14 0c0-4 3-7 7-13z" fill="#fff"/></svg>`
	)}`;
const ICONS = {
	key: iconOn('<circle cx="16" cy="16" r="16" fill="#0f766e"/>'),
	contract: iconOn('<rect width="32" height="32" rx="7" fill="#4f46a5"/>')
} as const;

const announced = new Map<string, DemoWallet>();

/** Once per page and id; later calls only tell it the chain. Announces now and whenever an app asks. */
export const announceDemoWallet = (settings: DemoWalletSettings): void => {
	const known = announced.get(settings.id);
	if (known !== undefined) return known.configure(settings);
	const wallet = createDemoWallet(settings, {
		storage: localStorage,
		ask: askInDialog,
		fetch: (url, init) => fetch(url, init),
		origin: location.host
	});
	announced.set(settings.id, wallet);
	const detail = Object.freeze({
		info: Object.freeze({
			uuid: crypto.randomUUID(),
			name: NAMES[settings.account],
			icon: ICONS[settings.account],
			rdns: settings.id
		}),
		provider: wallet.provider
	});
	const announce = (): void => {
		window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
	};
	window.addEventListener('eip6963:requestProvider', announce);
	announce();
};
