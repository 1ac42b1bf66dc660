/**
 * A node of this host, as its config describes it: opens the database, serves BTP, ILP over HTTP, a STREAM
 * receiver, the app and its status on one port, and gives the core its ports. It decides nothing.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, fromHex } from '../../src/lib/peer/bytes.ts';
import { createPeer, LIMITS, type Log, type Peer, type PeerConfig } from '../../src/lib/peer/index.ts';
import { createHttpAccounts } from '../../src/lib/peer/link/http-account.ts';
import { createViemChain } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { createSettings } from '../../src/lib/peer/storage/settings.ts';
import type { SqlDriver } from '../../src/lib/peer/storage/sql.ts';
import { startAuthor } from './authors.ts';
import { createChainFacts } from './chain-facts.ts';
import type { NodeConfig } from './config.ts';
import { createControl } from './control.ts';
import { createDiscovery } from './discovery.ts';
import { createHttpServer } from './http-server.ts';
import { createNodeHttp, type Answering } from './ilp-http.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCrypto } from './node-crypto.ts';
import { nodeRandom } from './node-random.ts';
import { dialWebSocket } from './node-socket.ts';
import { createNodeSql } from './node-sql.ts';
import { createSchnorrThreads } from './schnorr-threads.ts';
import { createStreamReceiver, type StreamReceiver } from './spsp.ts';

export interface RunningNode {
	readonly peer: Peer;
	readonly receiver: StreamReceiver | undefined;
	/** Where it is reached, without a path. */
	readonly http: string;
	readonly btp: string;
	/** Lets nothing new begin, closes every connection and the database. */
	stop(): Promise<void>;
}

/** The node's own file; its folder is made. */
export const openNodeSql = ({ dataDir }: NodeConfig): ReturnType<typeof createNodeSql> => {
	mkdirSync(dataDir, { recursive: true });
	return createNodeSql(join(dataDir, 'node.sqlite'), { durable: 'aside' });
};

/** A local chain makes a block a second, or whenever somebody asks. */
const pollMsOf = (chainId: number): number => (chainId === 31337 ? 250 : 2_000);

/** Rejects when its port is taken; throws when two accounts cannot be told apart. */
export const startNode = async (config: NodeConfig, log: Log): Promise<RunningNode> => {
	const sql = openNodeSql(config);
	const clock = nodeClock;
	const random = nodeRandom;
	const chain =
		config.chain &&
		createViemChain({
			rpcUrl: config.chain.rpcUrl,
			chainId: config.chain.chainId,
			contract: config.chain.contract,
			token: config.chain.token,
			tokenScale: config.chain.tokenScale,
			accountSecret: fromHex(config.chain.privateKey),
			crypto: nodeCrypto,
			clock,
			pollMs: pollMsOf(config.chain.chainId)
		});
	const threads = createSchnorrThreads({
		crypto: nodeCrypto,
		onTrouble: ({ reason }) => log('warn', 'a thread for signatures ended', { reason })
	});
	const peer = await createPeer(
		{ clock, random, crypto: threads.crypto, sql, dial: dialWebSocket, chain, log },
		peerConfigOf(config)
	);
	const { pubkey } = peer.status();

	const outgoing = createNodeHttp();
	const httpAccounts = createHttpAccounts({
		clock,
		random,
		log,
		http: outgoing.http,
		accounts: peer.accounts,
		configs: config.accounts
	});
	const receiver =
		config.receiver &&
		createStreamReceiver({
			peer,
			clock,
			random,
			crypto: nodeCrypto,
			http: outgoing.http,
			secret: receiverSecret(sql),
			...config.receiver
		});
	const services: Record<string, Answering> = {};
	if (receiver && config.receiver)
		services[config.receiver.path] = { maxBodyBytes: 0, handle: receiver.spsp };
	if (config.listen.ilpPath !== undefined)
		services[config.listen.ilpPath] = {
			maxBodyBytes: LIMITS.httpPacketBytes,
			beforeBody: (head) =>
				head.method === 'POST' && httpAccounts.accountOf(head.headers) === undefined
					? { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: new Uint8Array(0) }
					: undefined,
			handle: httpAccounts.handle
		};

	const { host, btpPath, app } = config.listen;
	const btp = (): string => `ws://${host}:${http.port}${btpPath}`;
	const http = await createHttpServer({
		host,
		port: config.listen.port,
		btpPath,
		services,
		...(app === undefined ? {} : { app }),
		...(config.chain && chain
			? { discovery: createDiscovery(config, config.chain, chain, { pubkey, btp }) }
			: {}),
		status: () => ({
			name: config.name,
			...(chain ? { wallet: chain.account } : {}),
			...peer.status()
		}),
		...(config.control ? { control: createControl(peer, chain, receiver) } : {}),
		onSocket: peer.accept
	});
	peer.start();
	const stopAuthor =
		config.chain && chain
			? startAuthor({
					peer,
					name: config.name,
					past: config.notes.past !== undefined,
					facts: config.notes.facts,
					chain,
					chainFacts: createChainFacts(config.chain.rpcUrl, config.chain.contract),
					clock,
					random,
					feePpm: config.feePpm,
					log
				})
			: undefined;

	const stop = async (): Promise<void> => {
		stopAuthor?.();
		receiver?.stop();
		httpAccounts.stop();
		await peer.stop();
		await threads.stop();
		outgoing.close();
		await http.close();
		sql.close();
	};
	let stopping: Promise<void> | undefined;
	return {
		peer,
		receiver,
		http: `http://${host}:${http.port}`,
		btp: btp(),
		stop: () => (stopping ??= stop())
	};
};

const peerConfigOf = (node: NodeConfig): PeerConfig => ({
	network: node.network,
	address: node.address,
	uplinks: node.links.flatMap(({ url, pubkey, kind }) =>
		url === undefined ? [] : [{ url, owner: pubkey, role: kind }]
	),
	neighbours: node.peers.map(({ pubkey }) => pubkey),
	acceptGuests: node.acceptGuests,
	accounts: node.accounts,
	...(node.routeExchange === undefined ? {} : { routeExchange: node.routeExchange }),
	routes: node.routes,
	deposits: [...node.links, ...node.peers]
		.filter(({ deposit }) => deposit > 0n)
		.map(({ pubkey, deposit }) => ({ owner: pubkey, amount: deposit })),
	feePpm: node.feePpm,
	price: node.price,
	keepsAnnouncements: true,
	payoutTerms: node.acceptGuests ? { threshold: 500_000_000n, fee: 1_000_000n, delaySeconds: 60 } : undefined,
	payeeSecret: node.chain && fromHex(node.chain.privateKey),
	profile: { name: node.name.charAt(0).toUpperCase() + node.name.slice(1), about: node.about },
	rpcUrl: node.chain?.rpcUrl ?? '',
	storageKind: 'file',
	...node.settlement,
	...(node.maxIdsPerGet === undefined ? {} : { maxIdsPerGet: node.maxIdsPerGet })
});

const RECEIVER_SECRET = 'host.receiver-secret';

/** Kept, so that addresses which were given out before a restart still work. */
const receiverSecret = (sql: SqlDriver): Uint8Array => {
	const settings = createSettings(sql);
	const kept = settings.get(RECEIVER_SECRET);
	if (kept !== undefined) return fromHex(kept);
	const secret = nodeRandom.bytes(32);
	sql.transaction(() => settings.set(RECEIVER_SECRET, bytesToHex(secret)));
	return secret;
};
