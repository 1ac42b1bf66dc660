/** Our nodes and other people's software on sockets of this machine, for tests of plain accounts over BTP. */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { acceptWebSocket, dialWebSocket, SERVER_OPTIONS } from '../../server/akash-peer/node-socket.ts';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import {
	decodePrepare,
	decodeReply,
	encodeIlpPacket,
	encodePrepare,
	type IlpReply
} from '../../src/lib/peer/codec/ilp.ts';
import { createPeer, type Peer, type PeerConfig } from '../../src/lib/peer/index.ts';
import { accountKey, type AccountConfig } from '../../src/lib/peer/link/account-transport.ts';
import { freePort, nodeRandom } from './support.ts';

const require = createRequire(import.meta.url);

/** What the tests use of `ilp-plugin-btp`. */
export interface Plugin {
	connect(): Promise<void>;
	disconnect(): Promise<void>;
	sendData(data: Buffer): Promise<Buffer>;
	registerDataHandler(handler: (data: Buffer) => Promise<Buffer>): void;
}
const PluginBtp = require('ilp-plugin-btp') as new (options: object) => Plugin;

/** And of `ilp-connector`; its main module would start one by itself. */
interface ReferenceConnector {
	listen(): Promise<void>;
	shutdown(): Promise<void>;
}
const createConnectorApp = (
	require('ilp-connector/dist/app.js') as { default: (options: object) => ReferenceConnector }
).default;

export const PREIMAGE = Buffer.alloc(32, 7);
const CONDITION = new Uint8Array(createHash('sha256').update(PREIMAGE).digest());

export const USD = { code: 'USD', scale: 9 } as const;
export const account = (name: string, change: Partial<AccountConfig> = {}): AccountConfig => ({
	name,
	role: 'child',
	asset: USD,
	maxBalance: 10_000_000_000n,
	freeBytesPerSecond: 1_000_000,
	over: { type: 'btp', token: `token-of-${name}` },
	...change
});

export interface Node {
	readonly peer: Peer;
	readonly port: number;
	readonly url: string;
	readonly address: string;
	/** What the account owes this node. */
	balance(name: string): bigint;
	/** Books that add up, and nothing under way. */
	problems(): string[];
	/** Ends every connection as a network would. */
	cut(): void;
	/** WebSocket messages that it sent to whoever dialled it. */
	readonly sent: readonly Uint8Array[];
}

/** Closes all that a test opened, the last first. */
export const createWorld = () => {
	const closing: (() => unknown)[] = [];
	const close = async (): Promise<void> => {
		for (const end of closing.splice(0).reverse()) await end();
	};

	/** A node that routes for others; it dials once it is started. */
	const ourNode = async (
		accounts: readonly AccountConfig[],
		given: Partial<Pick<PeerConfig, 'routes' | 'feePpm' | 'routeExchange'>> = {}
	): Promise<Node> => {
		const port = await freePort();
		const url = `ws://127.0.0.1:${port}/btp`;
		const sql = createNodeSql(':memory:');
		const peer = await createPeer(
			{
				clock: nodeClock,
				random: nodeRandom,
				crypto: nodeCrypto,
				sql,
				dial: dialWebSocket,
				chain: undefined,
				log: () => undefined
			},
			{
				network: 'test',
				address: 'own',
				uplinks: [],
				neighbours: [],
				acceptGuests: false,
				accounts,
				routes: given.routes ?? [],
				deposits: [],
				feePpm: given.feePpm ?? 0n,
				price: 0n,
				keepsAnnouncements: false,
				payoutTerms: undefined,
				payeeSecret: undefined,
				rpcUrl: '',
				storageKind: 'memory',
				...(given.routeExchange ? { routeExchange: given.routeExchange } : {})
			}
		);
		const server = new WebSocketServer({ ...SERVER_OPTIONS, host: '127.0.0.1', port });
		const sent: Uint8Array[] = [];
		server.on('connection', (webSocket) => {
			const socket = acceptWebSocket(webSocket, 'somebody');
			const send = (message: Uint8Array): void => {
				sent.push(message.slice());
				socket.send(message);
			};
			peer.accept({ ...socket, send }, url);
		});
		closing.push(async () => {
			await peer.api.stop();
			for (const client of server.clients) client.terminate();
			await new Promise<void>((resolve) => server.close(() => resolve()));
			sql.close();
		});
		const status = () => peer.status();
		return {
			peer,
			port,
			url,
			address: status().addresses[0] ?? '',
			balance: (name) => status().balances.get(`link/${accountKey(name)}`) ?? 0n,
			problems: () => {
				const { audit, links } = status();
				return [
					...(audit.sum === 0n && audit.differences === 0 ? [] : ['the ledger does not add up']),
					...links.flatMap((link) => [
						...(link.audit === 0n ? [] : [`${link.owner}: totals and ledger differ`]),
						...(link.pendingIn === 0n && link.pendingOut === 0n
							? []
							: [`${link.owner}: something is under way`])
					])
				];
			},
			cut: () => {
				for (const client of server.clients) client.terminate();
			},
			sent
		};
	};

	/** `ilp-plugin-btp`, as a client of a server or as a server for one client. */
	const plugin = (options: object): Plugin => {
		const made = new PluginBtp({ reconnectInterval: 50, ...options });
		closing.push(() => made.disconnect());
		return made;
	};
	const client = async (
		port: number,
		name: string,
		token = `token-of-${name}`,
		handle: (packet: Uint8Array) => Promise<Uint8Array> = () => Promise.resolve(fulfil())
	): Promise<Plugin> => {
		const made = plugin({ server: `btp+ws://${name}:${token}@127.0.0.1:${port}` });
		made.registerDataHandler(async (data) => Buffer.from(await handle(new Uint8Array(data))));
		await made.connect();
		return made;
	};

	/** A reference connector with its balances readable at an admin port. `listen` resolves when its accounts are connected. */
	const theirConnector = async (options: object) => {
		const adminApiPort = await freePort();
		const app = createConnectorApp({
			env: 'test',
			backend: 'one-to-one',
			spread: 0,
			adminApi: true,
			adminApiPort,
			initialConnectTimeout: 5_000,
			...options
		});
		closing.push(() => app.shutdown());
		const balances = async (): Promise<Record<string, bigint>> => {
			const answer = await fetch(`http://127.0.0.1:${adminApiPort}/balance`);
			const { accounts } = (await answer.json()) as { accounts: Record<string, { balance: string }> };
			return Object.fromEntries(Object.entries(accounts).map(([id, { balance }]) => [id, BigInt(balance)]));
		};
		return { listen: () => app.listen(), balances };
	};
	/** An account of it, over BTP. */
	const theirAccount = (relation: 'parent' | 'peer' | 'child', options: object) => ({
		relation,
		plugin: 'ilp-plugin-btp',
		assetCode: USD.code,
		assetScale: USD.scale,
		balance: { minimum: '-Infinity', maximum: '10000000000' },
		options,
		...(relation === 'child' ? {} : { sendRoutes: false, receiveRoutes: false })
	});

	return { close, ourNode, plugin, client, theirConnector, theirAccount };
};

export const fulfil = (data: Uint8Array = new Uint8Array(0)): Uint8Array =>
	encodeIlpPacket({ type: 'fulfill', fulfillment: new Uint8Array(PREIMAGE), data });

export const pay = (
	destination: string,
	amount: bigint,
	given: { readonly data?: Uint8Array; readonly expiresInMs?: number } = {}
): Buffer =>
	Buffer.from(
		encodePrepare({
			type: 'prepare',
			amount,
			expiresAt: Date.now() + (given.expiresInMs ?? 10_000),
			condition: CONDITION,
			destination,
			data: given.data ?? new Uint8Array(0)
		})
	);

export const replyOf = (bytes: Uint8Array): IlpReply => {
	const reply = decodeReply(new Uint8Array(bytes));
	if (!reply.ok) throw new Error(reply.error.reason);
	return reply.value;
};
/** `fulfilled`, or the code of the reject. */
export const codeOf = (bytes: Uint8Array): string => {
	const reply = replyOf(bytes);
	return reply.type === 'fulfill' ? 'fulfilled' : reply.code;
};
export const prepareOf = (bytes: Uint8Array) => {
	const prepare = decodePrepare(bytes);
	if (!prepare.ok) throw new Error(prepare.error.reason);
	return prepare.value;
};

/** Asks again until it is so. */
export const until = async (
	what: string,
	isSo: () => boolean | Promise<boolean>,
	mostMs = 10_000
): Promise<void> => {
	for (const end = Date.now() + mostMs; !(await isSo());) {
		if (Date.now() > end) throw new Error(`not in time: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
};
