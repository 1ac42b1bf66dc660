/**
 * The config file of a node host (`--config FILE.json`), checked at the door: a wrong value is told
 * with its place, before anything is opened.
 */
import { readFileSync } from 'node:fs';
import type { AccountConfig } from '../../src/lib/peer/link/account-transport.ts';
import { readAccounts } from './config-accounts.ts';
import {
	amount,
	flag,
	hex,
	integer,
	list,
	matching,
	object,
	oneOf,
	optional,
	port,
	positive,
	text
} from './config-fields.ts';

export interface SettlementConfig {
	/** Link units. */
	readonly redeemThreshold?: bigint;
	/** Link units that one ether is worth. */
	readonly etherPrice?: bigint;
	/** Link units spent on gas for guests in a day at most; one of them gets a fortieth. */
	readonly gasPerDay?: bigint;
	/** Token units put into channels in a day at most. */
	readonly fundingPerDay?: bigint;
	/** Instead: within the limits of its person, who answers what is asked beyond them (`/control/answer`). */
	readonly asksPerson?: boolean;
}

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
		/** Where neighbours with an account over HTTP post their packets, such as `/ilp`. */
		readonly ilpPath?: string;
		readonly app?: string;
	};
	readonly acceptGuests: boolean;
	/** Without it the node has no channels, and trusts its accounts as far as they say. */
	readonly chain?: ChainConfig;
	/** When claims are redeemed and channels filled by themselves; each has a default (limits.ts, config.ts of the core). */
	readonly settlement?: SettlementConfig;
	/** Told to browsers; only on local networks. */
	readonly faucetUrl?: string;
	/** Told to browsers: the operator's project with a WalletConnect relay. */
	readonly walletConnect?: { readonly projectId: string; readonly relayUrl?: string };
	readonly feePpm: bigint;
	readonly price: bigint;
	readonly notes: { readonly past?: string; readonly facts: boolean };
	/** Answers /control/*: for tests. */
	readonly control: boolean;
	/** Takes STREAM payments of whoever asks at `path` (SPSP), up to `receiveMax` link units a stream, and echoes bytes. */
	readonly receiver?: { readonly path: string; readonly receiveMax: bigint };
	/** Neighbours that speak plain ILP, each with a token and limits of its own (config-accounts.ts). */
	readonly accounts: readonly AccountConfig[];
	/** Exchanges routes with accounts (CCP); `trusts`: whose word for addresses made of keys is taken without proof. */
	readonly routeExchange?: { readonly trusts: readonly string[] };
	readonly links: readonly Neighbour[];
	readonly peers: readonly Neighbour[];
	/** `via`: a neighbour's pubkey, or an account's name. */
	readonly routes: readonly { readonly prefix: string; readonly via: string; readonly links?: number }[];
	/** Events this node gets with one packet at most; 1 gets each by itself. Left out, as many as fit an answer. */
	readonly maxIdsPerGet?: number;
}

export interface ChainConfig {
	readonly rpcUrl: string;
	readonly chainId: number;
	readonly contract: `0x${string}`;
	readonly token: `0x${string}`;
	readonly tokenScale: number;
	/** Pays gas, receives what claims pay, pays guests out. */
	readonly privateKey: `0x${string}`;
	/** Told to browsers: where people look up a `{transaction}`. */
	readonly explorer?: string;
}

export interface Neighbour {
	/** Only where this node dials. */
	readonly url?: string;
	readonly pubkey: string;
	readonly kind: 'peer' | 'parent';
	/** Token units this node puts into its channel to the neighbour. */
	readonly deposit: bigint;
}

/** @throws Error with the path of the first wrong value */
export const readNodeConfig = (file: string): NodeConfig => {
	const root = object(JSON.parse(readFileSync(file, 'utf8')), 'config');
	const listen = object(root['listen'], 'listen');
	const notes = object(root['notes'] ?? {}, 'notes');
	const accounts = readAccounts(root['accounts']);
	const isNeighbour = (value: unknown, at: string): string =>
		accounts.find(({ name }) => name === value)?.name ??
		matching(value, PUBKEY, at, 'an account, or 64 hexadecimal digits');
	return {
		name: text(root['name'], 'name'),
		about: text(root['about'], 'about'),
		dataDir: text(root['dataDir'], 'dataDir'),
		network: oneOf(root['network'], ['live', 'test'] as const, 'network'),
		address: oneOf(root['address'] ?? 'own', ['own', 'child'] as const, 'address'),
		listen: {
			host: text(listen['host'], 'listen.host'),
			port: port(listen['port'], 'listen.port'),
			btpPath: text(listen['btpPath'], 'listen.btpPath'),
			...optional(listen, 'ilpPath', text, 'listen.'),
			...optional(listen, 'app', text, 'listen.')
		},
		acceptGuests: root['acceptGuests'] === true,
		...optional(root, 'chain', readChain),
		...optional(root, 'settlement', readSettlement),
		...optional(root, 'faucetUrl', text),
		...optional(root, 'walletConnect', readWalletConnect),
		feePpm: amount(root['feePpm'] ?? '0', 'feePpm'),
		price: amount(root['price'] ?? '0', 'price'),
		notes: { ...optional(notes, 'past', text, 'notes.'), facts: notes['facts'] === true },
		control: root['control'] === true,
		...optional(root, 'receiver', (value, at) => {
			const receiver = object(value, at);
			return {
				path: text(receiver['path'], `${at}.path`),
				receiveMax: amount(receiver['receiveMax'], `${at}.receiveMax`)
			};
		}),
		accounts,
		...optional(root, 'routeExchange', (value, at) => ({
			trusts: list(object(value, at)['trusts'], `${at}.trusts`).map((name, index) =>
				oneOf(
					name,
					accounts.map((account) => account.name),
					`${at}.trusts[${index}]`
				)
			)
		})),
		links: readNeighbours(root['links'], 'links'),
		peers: readNeighbours(root['peers'], 'peers'),
		routes: list(root['routes'], 'routes').map((value, index) => {
			const at = `routes[${index}].`;
			const entry = object(value, `routes[${index}]`);
			return {
				prefix: text(entry['prefix'], `${at}prefix`),
				via: isNeighbour(entry['via'], `${at}via`),
				...optional(entry, 'links', integer, at)
			};
		}),
		...optional(root, 'maxIdsPerGet', positive)
	};
};

const PUBKEY = /^[0-9a-f]{64}$/;

const readNeighbours = (value: unknown, key: 'links' | 'peers'): readonly Neighbour[] =>
	list(value, key).map((one, index) => {
		const at = `${key}[${index}].`;
		const entry = object(one, `${key}[${index}]`);
		return {
			...optional(entry, 'url', text, at),
			pubkey: matching(entry['pubkey'], PUBKEY, `${at}pubkey`, '64 hexadecimal digits'),
			kind: oneOf(entry['kind'], ['peer', 'parent'] as const, `${at}kind`),
			deposit: amount(entry['deposit'] ?? '0', `${at}deposit`)
		};
	});

const readChain = (value: unknown): ChainConfig => {
	const chain = object(value, 'chain');
	return {
		rpcUrl: text(chain['rpcUrl'], 'chain.rpcUrl'),
		chainId: integer(chain['chainId'], 'chain.chainId'),
		contract: hex(chain['contract'], 20, 'chain.contract'),
		token: hex(chain['token'], 20, 'chain.token'),
		tokenScale: integer(chain['tokenScale'], 'chain.tokenScale'),
		privateKey: hex(chain['privateKey'], 32, 'chain.privateKey'),
		...optional(
			chain,
			'explorer',
			(url, at) => matching(url, /^https?:.*\{transaction\}/, at, 'a URL with {transaction} in it'),
			'chain.'
		)
	};
};

const readSettlement = (value: unknown, at: string): SettlementConfig => {
	const given = object(value, at);
	return {
		...optional(given, 'redeemThreshold', amount, `${at}.`),
		...optional(given, 'etherPrice', amount, `${at}.`),
		...optional(given, 'gasPerDay', amount, `${at}.`),
		...optional(given, 'fundingPerDay', amount, `${at}.`),
		...optional(given, 'asksPerson', flag, `${at}.`)
	};
};

const readWalletConnect = (value: unknown, at: string): NonNullable<NodeConfig['walletConnect']> => {
	const project = object(value, at);
	return {
		projectId: matching(project['projectId'], /^[0-9a-f]{32}$/, `${at}.projectId`, '32 hexadecimal digits'),
		...optional(
			project,
			'relayUrl',
			(url, place) => matching(url, /^wss?:/, place, 'a ws:// or wss:// URL'),
			`${at}.`
		)
	};
};
