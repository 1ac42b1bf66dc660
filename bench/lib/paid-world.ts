/**
 * The nodes of `bench -- paid`: real processes with real sockets and files, on one chain. An author with
 * one reader, with ten, or behind two hops; all of them take guests, so that a reader's channel has the
 * limits that everybody's has.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { runForJson, startChild, type Child } from '../../scripts/child.ts';
import { fundWallets } from '../../scripts/local-chain.ts';
import { startNetwork, type LocalNetwork, type NodeReady } from '../../scripts/network.ts';
import { control, statusOf } from '../../tests/process/nodes.ts';
import { until } from './browser.ts';

const PROGRAM = 'server/akash-peer/main.ts';
/** Token units in each channel: eight dollars, more than all notes of a run cost. */
const DEPOSIT = '8000000';
/** Link units: gas costs a thousand times here what it costs on a rollup, and so may that of guests. */
const GAS_PER_DAY = '10000000000000';
/** What a hop takes, in millionths. */
const FEE_PPM = '10000';
/**
 * Link units of a note: 0.000075 USD, so that 64 of them are the quarter of W that a guest lets one author
 * have under way. A claim is due every W/2, that is every 133 notes.
 */
export const PRICE = 75_000n;
/** Above the price and the fees of any way here. */
const ACCEPTED = 1_000_000n;

export interface PaidNode extends NodeReady {
	readonly pid: number;
	/** Its database and its config. */
	readonly file: string;
	readonly config: string;
	stop(): Promise<void>;
}

export interface PaidWorld {
	readonly folder: string;
	readonly chain: LocalNetwork['chain'];
	/** A node that writes and takes guests. */
	startAuthor(name: string, links?: Links): Promise<PaidNode>;
	/** A guest of `parent`, with a funded channel. `maxIdsPerGet`: 1 gets each note by itself. */
	startReader(name: string, parent: PaidNode, maxIdsPerGet?: number): Promise<PaidNode>;
	/** Nodes in a row, each linked with the next one, the first of which takes guests and the last of which writes. */
	startRow(names: readonly string[]): Promise<readonly PaidNode[]>;
	stop(): Promise<void>;
}

interface Links {
	readonly links: readonly object[];
	readonly peers: readonly object[];
	readonly routes: readonly object[];
}
const NOBODY: Links = { links: [], peers: [], routes: [] };

interface Identity {
	readonly pubkey: string;
	readonly address: string;
}

/** A chain and nothing else, until nodes are started. `app`: the built app that every node serves. */
export const openPaidWorld = async (folder: string, app?: string): Promise<PaidWorld> => {
	const network = await startNetwork({ stateDir: join(folder, 'state'), ports: 'free', nodes: [] });
	const { chain } = network;
	const nodes: Child<unknown>[] = [];

	const configure = async (name: string, rest: object): Promise<string> => {
		const privateKey = generatePrivateKey();
		await fundWallets(chain.rpcUrl, chain.token, [privateKeyToAddress(privateKey)]);
		const dataDir = join(folder, name);
		mkdirSync(dataDir, { recursive: true });
		const config = {
			name,
			about: 'A node of a benchmark.',
			dataDir,
			network: 'test',
			listen: { host: '127.0.0.1', port: 0, btpPath: '/btp', ...(app === undefined ? {} : { app }) },
			chain: {
				rpcUrl: chain.rpcUrl,
				chainId: chain.id,
				contract: chain.contract,
				token: chain.token,
				tokenScale: 6,
				privateKey
			},
			settlement: { gasPerDay: GAS_PER_DAY },
			feePpm: FEE_PPM,
			price: `${PRICE}`,
			notes: { facts: false },
			control: true,
			...NOBODY,
			...rest
		};
		const file = join(folder, `${name}.json`);
		writeFileSync(file, JSON.stringify(config));
		return file;
	};

	const start = async (name: string, config: string): Promise<PaidNode> => {
		const child = await startChild<NodeReady>({
			name,
			command: [PROGRAM, '--config', config],
			logFile: join(folder, `${name}.log`),
			readyWithinMs: 30_000
		});
		nodes.push(child);
		return {
			...child.ready,
			pid: child.pid,
			file: join(folder, name, 'node.sqlite'),
			config,
			stop: () => child.stop()
		};
	};

	const startAuthor = async (name: string, links = NOBODY): Promise<PaidNode> =>
		start(name, await configure(name, { address: 'own', acceptGuests: true, ...links }));

	const startReader = async (name: string, parent: PaidNode, maxIdsPerGet?: number): Promise<PaidNode> => {
		const links = [{ url: parent.btp, pubkey: parent.pubkey, kind: 'parent', deposit: DEPOSIT }];
		const reader = await start(
			name,
			await configure(name, {
				address: 'child',
				links,
				...(maxIdsPerGet === undefined ? {} : { maxIdsPerGet })
			})
		);
		await until('the channel', async () => {
			const { channels } = await statusOf(reader.http);
			return channels.some(({ status }) => status === 'open') ? true : undefined;
		});
		return reader;
	};

	const startRow = async (names: readonly string[]): Promise<readonly PaidNode[]> => {
		const identities: Identity[] = [];
		for (const name of names) {
			const config = await configure(name, { address: 'own' });
			identities.push(
				await runForJson<Identity>(
					name,
					[PROGRAM, '--config', config, '--identity'],
					join(folder, `${name}.log`)
				)
			);
		}
		const row: PaidNode[] = [];
		for (const [at, name] of names.entries()) {
			const before = row.at(-1);
			const neighbour = (place: number): { pubkey: string; kind: 'peer'; deposit: string }[] => {
				const identity = identities[place];
				return identity ? [{ pubkey: identity.pubkey, kind: 'peer', deposit: DEPOSIT }] : [];
			};
			row.push(
				await startAuthor(name, {
					links: before ? neighbour(at - 1).map((entry) => ({ ...entry, url: before.btp })) : [],
					peers: neighbour(at + 1),
					routes: identities.flatMap(({ address }, to) => {
						const via = identities[at + Math.sign(to - at)];
						return to === at || !via ? [] : [{ prefix: address, via: via.pubkey, links: Math.abs(to - at) }];
					})
				})
			);
		}
		for (const node of row)
			await until('the channels of the row', async () => {
				const { channels } = await statusOf(node.http);
				const isEnd = node === row[0] || node === row.at(-1);
				const open = channels.filter(({ status }) => status === 'open');
				return open.length >= (isEnd ? 2 : 4) ? true : undefined;
			});
		return row;
	};

	return {
		folder,
		chain,
		startAuthor,
		startReader,
		startRow,
		stop: async () => {
			for (const node of nodes.reverse()) await node.stop();
			await network.stop();
		}
	};
};

/** What a reader pays for each note: all of it, or nothing, so that offers only gather. */
export const accept = async (reader: PaidNode, author: PaidNode, isPaying: boolean): Promise<void> => {
	await control(reader.http, 'follow', {
		pubkey: author.pubkey,
		maxPrice: isPaying ? `${ACCEPTED}` : '0',
		dailyLimit: '1000000000'
	});
};

let serial = 0;
const text = (): string =>
	`${(serial++).toString(36)} ${'what a note of a person says, more or less. '.repeat(4)}`.slice(0, 140);

/** Notes of 140 characters, one as different from the next as people's are. */
export const publishNotes = async (author: PaidNode, count: number): Promise<void> => {
	let left = count;
	const writer = async (): Promise<void> => {
		while (left-- > 0) {
			const answer = await control<{ ok: boolean }>(author.http, 'publish', { content: text() });
			if (!answer.ok) throw new Error('the author could not publish');
		}
	};
	await Promise.all(Array.from({ length: 8 }, writer));
};
