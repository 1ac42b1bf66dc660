/**
 * The Node host: composition root of a peer that listens. It reads its config, opens the database,
 * serves BTP, the app and its status, and gives the core its ports. It decides nothing.
 *
 *   node server/akash-peer/main.ts --config FILE.json               serves until it is told to stop
 *   node server/akash-peer/main.ts --config FILE.json --identity    makes its keys, prints who it is, ends
 *
 * When it serves it prints one JSON line; logs go to the standard error, one JSON object a line.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import type { Discovery } from '../../src/lib/client/discovery.ts';
import { fromHex } from '../../src/lib/peer/bytes.ts';
import { ownAddress } from '../../src/lib/peer/ilp/own-address.ts';
import { loadIdentity } from '../../src/lib/peer/identity.ts';
import {
	createPeer,
	type Log,
	type PeerConfig,
	type Platform,
	type Random
} from '../../src/lib/peer/index.ts';
import { createViemChain } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { startAuthor } from './authors.ts';
import { createChainFacts } from './chain-facts.ts';
import { readNodeConfig, type NodeConfig } from './config.ts';
import { createControl } from './control.ts';
import { createHttpServer } from './http-server.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCrypto } from './node-crypto.ts';
import { dialWebSocket } from './node-socket.ts';
import { createNodeSql } from './node-sql.ts';
import { createSchnorrThreads } from './schnorr-threads.ts';

const { values } = parseArgs({
	options: { config: { type: 'string' }, identity: { type: 'boolean', default: false } }
});
if (values.config === undefined) {
	process.stderr.write('usage: main.ts --config FILE.json [--identity]\n');
	process.exit(2);
}

const config = readNodeConfig(values.config);
mkdirSync(config.dataDir, { recursive: true });

const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
const plain = (_: string, value: unknown): unknown =>
	typeof value === 'bigint' ? `${value}` : value instanceof Map ? Object.fromEntries(value) : value;
const log: Log = (level, what, details) => {
	if (level === 'debug') return;
	process.stderr.write(
		`${JSON.stringify({ at: new Date().toISOString(), level, what, ...details }, plain)}\n`
	);
};

const sql = createNodeSql(join(config.dataDir, 'node.sqlite'), { durable: 'aside' });

if (values.identity) await printIdentity();
else await serve();

async function printIdentity(): Promise<void> {
	const migrated = migrate(sql);
	if (!migrated.ok) throw new Error(`the database is of a newer release (${migrated.error.feature})`);
	const identity = await loadIdentity({ random, crypto: nodeCrypto, clock: nodeClock, sql }, undefined);
	const pubkey = identity.pubkey();
	const address = await ownAddress(nodeCrypto, config.network, pubkey);
	sql.close();
	process.stdout.write(`${JSON.stringify({ name: config.name, pubkey, address })}\n`);
}

function peerConfigOf(node: NodeConfig): PeerConfig {
	return {
		network: node.network,
		address: node.address,
		uplinks: node.links.flatMap(({ url, pubkey, kind }) =>
			url === undefined ? [] : [{ url, owner: pubkey, role: kind }]
		),
		neighbours: node.peers.map(({ pubkey }) => pubkey),
		acceptGuests: node.acceptGuests,
		routes: node.routes,
		deposits: [...node.links, ...node.peers]
			.filter(({ deposit }) => deposit > 0n)
			.map(({ pubkey, deposit }) => ({ owner: pubkey, amount: deposit })),
		feePpm: node.feePpm,
		price: node.price,
		keepsAnnouncements: true,
		payoutTerms: node.acceptGuests
			? { threshold: 500_000_000n, fee: 1_000_000n, delaySeconds: 60 }
			: undefined,
		payeeSecret: fromHex(node.chain.privateKey),
		profile: { name: node.name.charAt(0).toUpperCase() + node.name.slice(1), about: node.about },
		rpcUrl: node.chain.rpcUrl,
		storageKind: 'file',
		...(node.maxIdsPerGet === undefined ? {} : { maxIdsPerGet: node.maxIdsPerGet })
	};
}

async function serve(): Promise<void> {
	const chain = createViemChain({
		rpcUrl: config.chain.rpcUrl,
		chainId: config.chain.chainId,
		contract: config.chain.contract,
		token: config.chain.token,
		tokenScale: config.chain.tokenScale,
		accountSecret: fromHex(config.chain.privateKey),
		clock: nodeClock,
		pollMs: config.chain.chainId === 31337 ? 250 : 2_000
	});
	const threads = createSchnorrThreads({
		crypto: nodeCrypto,
		onTrouble: ({ reason }) => log('warn', 'a thread for signatures ended', { reason })
	});
	const platform: Platform = {
		clock: nodeClock,
		random,
		crypto: threads.crypto,
		sql,
		dial: dialWebSocket,
		chain,
		log
	};
	const peer = await createPeer(platform, peerConfigOf(config));
	const { pubkey } = peer.status();

	let genesis: `0x${string}` | undefined;
	const learnGenesis = async (): Promise<void> => {
		const answer = await chain.genesisHash();
		if (answer.ok) genesis = answer.value;
		else setTimeout(() => void learnGenesis(), 1_000).unref();
	};
	await learnGenesis();

	const { host, btpPath, app } = config.listen;
	const http = await createHttpServer({
		host,
		port: config.listen.port,
		btpPath,
		...(app === undefined ? {} : { app }),
		discovery: (): Discovery => ({
			name: config.name,
			network: config.network,
			btp: `ws://${host}:${http.port}${btpPath}`,
			pubkey,
			chain: {
				id: config.chain.chainId,
				name: config.chain.chainId === 31337 ? 'Local Base' : 'Base',
				rpcUrl: config.chain.rpcUrl,
				contract: config.chain.contract,
				token: config.chain.token,
				tokenSymbol: config.chain.chainId === 31337 ? 'tUSD' : 'USDC',
				tokenScale: config.chain.tokenScale,
				genesis: genesis ?? '0x',
				...(config.chain.explorer === undefined ? {} : { explorer: config.chain.explorer })
			},
			...(config.faucetUrl === undefined ? {} : { faucet: config.faucetUrl }),
			...(config.walletConnect === undefined ? {} : { walletConnect: config.walletConnect })
		}),
		status: () => ({
			name: config.name,
			wallet: privateKeyToAddress(config.chain.privateKey).toLowerCase(),
			...peer.status()
		}),
		...(config.control ? { control: createControl(peer, chain) } : {}),
		onSocket: peer.accept
	});
	peer.start();
	const stopAuthor = startAuthor({
		peer,
		name: config.name,
		past: config.notes.past !== undefined,
		facts: config.notes.facts,
		chain,
		chainFacts: createChainFacts(config.chain.rpcUrl, config.chain.contract),
		clock: nodeClock,
		random,
		feePpm: config.feePpm,
		log
	});

	let stopping = false;
	const stop = async (): Promise<void> => {
		if (stopping) return;
		stopping = true;
		stopAuthor();
		await peer.stop();
		await threads.stop();
		await http.close();
		sql.close();
		process.exit(0);
	};
	process.on('SIGTERM', () => void stop());
	process.on('SIGINT', () => void stop());

	const address = peer.status().addresses[0] ?? '';
	process.stdout.write(
		`${JSON.stringify({ ready: true, name: config.name, pubkey, address, http: `http://${host}:${http.port}`, btp: `ws://${host}:${http.port}${btpPath}` })}\n`
	);
}
