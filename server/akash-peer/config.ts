/**
 * The config file of a node host (`--config FILE.json`), checked at the door: a wrong value is told
 * with its place, before anything is opened.
 */
import { readFileSync } from 'node:fs';

export interface NodeConfig {
	readonly name: string;
	readonly about: string;
	/** Keeps node.sqlite. */
	readonly dataDir: string;
	readonly network: 'live' | 'test';
	readonly address: 'own' | 'child';
	readonly listen: {
		readonly host: string;
		readonly port: number;
		readonly btpPath: string;
		readonly app?: string;
	};
	readonly acceptGuests: boolean;
	readonly chain: {
		readonly rpcUrl: string;
		readonly chainId: number;
		readonly contract: `0x${string}`;
		readonly token: `0x${string}`;
		readonly tokenScale: number;
		/** Pays gas, receives what claims pay, pays guests out. */
		readonly privateKey: `0x${string}`;
		/** Told to browsers: where people look up a `{transaction}`. */
		readonly explorer?: string;
	};
	/** Told to browsers; only on local networks. */
	readonly faucetUrl?: string;
	/** Told to browsers: the operator's project with a WalletConnect relay. */
	readonly walletConnect?: { readonly projectId: string; readonly relayUrl?: string };
	readonly feePpm: bigint;
	readonly price: bigint;
	readonly notes: { readonly past?: string; readonly facts: boolean };
	/** Answers POST /control/*: for tests. */
	readonly control: boolean;
	readonly links: readonly Neighbour[];
	readonly peers: readonly Neighbour[];
	readonly routes: readonly { readonly prefix: string; readonly via: string; readonly links?: number }[];
	/** Events this node gets with one packet at most; 1 gets each by itself. Left out, as many as fit an answer. */
	readonly maxIdsPerGet?: number;
}

export interface Neighbour {
	/** Only where this node dials. */
	readonly url?: string;
	readonly pubkey: string;
	readonly kind: 'peer' | 'parent';
	/** Token units this node puts into its channel to the neighbour. */
	readonly deposit: bigint;
}

type Json = Readonly<Record<string, unknown>>;

/** @throws Error with the path of the first wrong value */
export const readNodeConfig = (file: string): NodeConfig => {
	const root = object(JSON.parse(readFileSync(file, 'utf8')), 'config');
	const listen = object(root['listen'], 'listen');
	const chain = object(root['chain'], 'chain');
	const notes = object(root['notes'] ?? {}, 'notes');
	const walletConnect =
		root['walletConnect'] === undefined ? undefined : object(root['walletConnect'], 'walletConnect');
	const neighbours = (key: 'links' | 'peers'): readonly Neighbour[] =>
		list(root[key], key).map((value, index) => {
			const at = `${key}[${index}]`;
			const entry = object(value, at);
			return {
				...(entry['url'] === undefined ? {} : { url: text(entry['url'], `${at}.url`) }),
				pubkey: matching(entry['pubkey'], /^[0-9a-f]{64}$/, `${at}.pubkey`),
				kind: oneOf(entry['kind'], ['peer', 'parent'] as const, `${at}.kind`),
				deposit: amount(entry['deposit'] ?? '0', `${at}.deposit`)
			};
		});
	return {
		name: text(root['name'], 'name'),
		about: text(root['about'], 'about'),
		dataDir: text(root['dataDir'], 'dataDir'),
		network: oneOf(root['network'], ['live', 'test'] as const, 'network'),
		address: oneOf(root['address'] ?? 'own', ['own', 'child'] as const, 'address'),
		listen: {
			host: text(listen['host'], 'listen.host'),
			port: integer(listen['port'], 'listen.port'),
			btpPath: text(listen['btpPath'], 'listen.btpPath'),
			...(listen['app'] === undefined ? {} : { app: text(listen['app'], 'listen.app') })
		},
		acceptGuests: root['acceptGuests'] === true,
		chain: {
			rpcUrl: text(chain['rpcUrl'], 'chain.rpcUrl'),
			chainId: integer(chain['chainId'], 'chain.chainId'),
			contract: hex(chain['contract'], 20, 'chain.contract'),
			token: hex(chain['token'], 20, 'chain.token'),
			tokenScale: integer(chain['tokenScale'], 'chain.tokenScale'),
			privateKey: hex(chain['privateKey'], 32, 'chain.privateKey'),
			...(chain['explorer'] === undefined
				? {}
				: { explorer: matching(chain['explorer'], /^https?:.*\{transaction\}/, 'chain.explorer') })
		},
		...(root['faucetUrl'] === undefined ? {} : { faucetUrl: text(root['faucetUrl'], 'faucetUrl') }),
		...(walletConnect === undefined
			? {}
			: {
					walletConnect: {
						projectId: matching(walletConnect['projectId'], /^[0-9a-f]{32}$/, 'walletConnect.projectId'),
						...(walletConnect['relayUrl'] === undefined
							? {}
							: { relayUrl: matching(walletConnect['relayUrl'], /^wss?:/, 'walletConnect.relayUrl') })
					}
				}),
		feePpm: amount(root['feePpm'] ?? '0', 'feePpm'),
		price: amount(root['price'] ?? '0', 'price'),
		notes: {
			...(notes['past'] === undefined ? {} : { past: text(notes['past'], 'notes.past') }),
			facts: notes['facts'] === true
		},
		control: root['control'] === true,
		links: neighbours('links'),
		peers: neighbours('peers'),
		routes: list(root['routes'], 'routes').map((value, index) => {
			const entry = object(value, `routes[${index}]`);
			return {
				prefix: text(entry['prefix'], `routes[${index}].prefix`),
				via: matching(entry['via'], /^[0-9a-f]{64}$/, `routes[${index}].via`),
				...(entry['links'] === undefined ? {} : { links: integer(entry['links'], `routes[${index}].links`) })
			};
		}),
		...(root['maxIdsPerGet'] === undefined
			? {}
			: { maxIdsPerGet: positive(root['maxIdsPerGet'], 'maxIdsPerGet') })
	};
};

const wrong = (at: string, expected: string): never => {
	throw new Error(`config: ${at} must be ${expected}`);
};
const object = (value: unknown, at: string): Json =>
	typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Json)
		: wrong(at, 'an object');
const list = (value: unknown, at: string): readonly unknown[] =>
	value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : wrong(at, 'a list');
const text = (value: unknown, at: string): string => (typeof value === 'string' ? value : wrong(at, 'text'));
const matching = (value: unknown, pattern: RegExp, at: string): string => {
	const found = text(value, at);
	return pattern.test(found) ? found : wrong(at, String(pattern));
};
const hex = (value: unknown, length: number, at: string): `0x${string}` =>
	matching(
		typeof value === 'string' ? value.toLowerCase() : value,
		new RegExp(`^0x[0-9a-f]{${length * 2}}$`),
		at
	) as `0x${string}`;
const integer = (value: unknown, at: string): number =>
	Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(at, 'a whole number');
const positive = (value: unknown, at: string): number =>
	value === 0 ? wrong(at, 'at least 1') : integer(value, at);
const amount = (value: unknown, at: string): bigint => BigInt(matching(value, /^[0-9]+$/, at));
const oneOf = <T extends string>(value: unknown, options: readonly T[], at: string): T =>
	options.find((option) => option === value) ?? wrong(at, options.join(' or '));
