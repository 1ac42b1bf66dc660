/** A reader of the bench, whatever it runs in, and what is measured with it. */
import type { FeedItem, PeerState } from '../../src/lib/peer/api.ts';
import type { LocalNetwork } from '../../scripts/network.ts';
import {
	control,
	startReader,
	statusOf,
	type NodeStatus,
	type ReaderNode
} from '../../tests/process/nodes.ts';
import { until } from './browser.ts';
import { percentile } from './stats.ts';

type Note = Pick<FeedItem, 'receivedAt'> & {
	readonly event: FeedItem['event'];
	readonly cost: bigint | string | undefined;
};

export interface Reader {
	state(): Promise<PeerState>;
	follow(pubkey: string, maxPrice: bigint): Promise<void>;
	/** The newest two hundred. */
	notesOf(author: string): Promise<readonly Note[]>;
	end(): Promise<void>;
}

export interface NodeReader extends Reader {
	readonly node: ReaderNode;
}

export const openNodeReader = async (
	network: LocalNetwork,
	folder: string,
	name: string,
	maxIdsPerGet?: number
): Promise<NodeReader> => {
	const also = maxIdsPerGet === undefined ? {} : { maxIdsPerGet };
	const node = await startReader(network, folder, name, '2000000', also);
	await until('the channel', async () => {
		const { channels } = await statusOf(node.http);
		return channels.some(({ status }) => status === 'open') ? true : undefined;
	});
	return {
		node,
		state: () => control<PeerState>(node.http, 'state'),
		follow: async (pubkey, maxPrice) => {
			await control(node.http, 'follow', { pubkey, maxPrice: `${maxPrice}`, dailyLimit: '1000000000' });
		},
		notesOf: async (author) => {
			const feed = await control<readonly Note[]>(node.http, 'feed');
			return feed.filter(({ event }) => event.pubkey === author);
		},
		end: () => node.stop()
	};
};

/** What a reader accepts in the bench: well above the price and the fees of the way. */
const MAX_PRICE = 1_000_000n;
/** Below any price: offers are noted and nothing is got. */
const NOTHING = 0n;
/** A reader who is offered more than this without getting any is not told of further ones. */
const MOST_UNREAD = 100;

const publish = async (network: LocalNetwork, content: string): Promise<string> => {
	const answer = await control<{ ok: boolean; value: { id: string } }>(network.nodes.carol.http, 'publish', {
		content
	});
	if (!answer.ok) throw new Error(`Carol could not publish: ${JSON.stringify(answer)}`);
	return answer.value.id;
};

let serial = 0;
/** No two notes are the same; most are as long as people's are. */
const textOf = (characters: number): string => {
	const start = `${(serial++).toString(36)} `;
	return (start + 'what a note of a person says, more or less. '.repeat(Math.ceil(characters / 44))).slice(
		0,
		characters
	);
};

/** Follows Carol and gets her past, so that trust, the measured way and the channel are as in daily use. */
export const warmUp = async (network: LocalNetwork, reader: Reader): Promise<void> => {
	const { carol } = network.nodes;
	await reader.follow(carol.pubkey, MAX_PRICE);
	await until(
		'Carol’s past',
		async () => ((await reader.notesOf(carol.pubkey)).length >= 20 ? true : undefined),
		60_000
	);
	await idle(network);
};

export interface Rate {
	readonly notesPerSecond: number;
	/** GETs that Carol answered, for as many notes. */
	readonly gets: number;
	readonly notes: number;
}

/**
 * Carol writes `notes` notes that the reader is told of and, at a price he does not accept, does not
 * get; then he accepts it, and the time runs until the last is on his disk.
 *
 * @throws Error when a note is missing, was paid twice, or the books do not agree
 */
export const measureRate = async (network: LocalNetwork, reader: Reader, notes: number): Promise<Rate> => {
	if (notes >= MOST_UNREAD) throw new RangeError('a reader is not told of so many at a time');
	const { carol } = network.nodes;
	await reader.follow(carol.pubkey, NOTHING);
	const ids = new Set<string>();
	for (let written = 0; written < notes; written += 8) {
		const some = Array.from({ length: Math.min(8, notes - written) }, () => publish(network, textOf(140)));
		for (const id of await Promise.all(some)) ids.add(id);
	}
	const waiting = async () =>
		(await reader.state()).follows.find(({ pubkey }) => pubkey === carol.pubkey)?.waiting.count ?? 0;
	await until('the offers', async () => ((await waiting()) >= notes ? true : undefined));
	await idle(network);
	const before = await statusOf(carol.http);
	const offered = await waiting();
	const started = Date.now();
	await reader.follow(carol.pubkey, MAX_PRICE);
	// Carol is asked, not the reader: looking must not be part of what is measured.
	await until(
		'the last sale',
		async () =>
			earnedBetween(before, await statusOf(carol.http)) >= BigInt(notes) * PRICE ? true : undefined,
		60_000
	);
	const got = await until('every note', async () => {
		const found = (await reader.notesOf(carol.pubkey)).filter(({ event }) => ids.has(event.id));
		return found.length === notes ? found : undefined;
	});
	const last = Math.max(...got.map(({ receivedAt }) => receivedAt));
	await idle(network);
	const after = await statusOf(carol.http);
	check(before, after, got, offered);
	return {
		notesPerSecond: (notes * 1_000) / (last - started),
		gets: (after.packets['fulfilled'] ?? 0) - (before.packets['fulfilled'] ?? 0),
		notes
	};
};

const earnedBetween = (before: NodeStatus, after: NodeStatus): bigint =>
	BigInt(before.balances['income/notes'] ?? '0') - BigInt(after.balances['income/notes'] ?? '0');

/** Every note once, each with Carol's price in her books, and the sum of all books zero. */
const check = (before: NodeStatus, after: NodeStatus, got: readonly Note[], offered: number): void => {
	const earned = earnedBetween(before, after);
	// A fact that Carol told meanwhile is sold too.
	const sold = BigInt(offered + after.events - before.events);
	if (earned < BigInt(got.length) * PRICE || earned > sold * (PRICE + ROUNDING))
		throw new Error(`Carol earned ${earned} with ${got.length} notes`);
	if (got.some(({ cost }) => BigInt(cost ?? 0) < PRICE)) throw new Error('a note cost less than its price');
	if (after.audit.sum !== '0' || after.audit.differences !== 0) throw new Error('Carol’s books do not agree');
};
const PRICE = 200_000n;
/** Hops round down, so the reader sends a little more than the rate asks for; what of it arrives is Carol's. */
const ROUNDING = 4n;

/** Nothing is on its way at any node. */
const idle = (network: LocalNetwork): Promise<true> =>
	until('quiet', async () => {
		const all = await Promise.all(Object.values(network.nodes).map(({ http }) => statusOf(http)));
		const busy = all.some(({ links }) =>
			links.some(({ pendingIn, pendingOut }) => pendingIn !== '0' || pendingOut !== '0')
		);
		return busy ? undefined : true;
	});

export interface SocketBytes {
	readonly characters: number;
	/** Bytes of BTP messages, both directions, for one bought note: what was offered, asked, paid and answered. */
	readonly readerToHub: number;
	readonly hubToBob: number;
	readonly bobToCarol: number;
}

/** Notes of one length, each offered and got by itself. */
export const measureSocket = async (
	network: LocalNetwork,
	reader: NodeReader,
	characters: number,
	notes = 5
): Promise<SocketBytes> => {
	const { hub, carol } = network.nodes;
	const nodes = [reader.node.http, hub.http, carol.http];
	const look = () => Promise.all(nodes.map((url) => statusOf(url)));
	for (let tries = 0; tries < 5; tries += 1) {
		await idle(network);
		const before = await look();
		for (let written = 0; written < notes; written += 1) {
			const id = await publish(network, textOf(characters));
			await until('the note', async () => {
				const found = await reader.notesOf(carol.pubkey);
				return found.some(({ event }) => event.id === id) ? true : undefined;
			});
		}
		await idle(network);
		const after = await look();
		// A fact that Carol told meanwhile would be counted with them.
		if ((after[2]?.events ?? 0) - (before[2]?.events ?? 0) !== notes) continue;
		const [ofReader, ofHub, ofCarol] = after.map(({ traffic }, index) => {
			const from = before[index]?.traffic ?? { in: 0, out: 0 };
			return traffic.in + traffic.out - from.in - from.out;
		}) as [number, number, number];
		return {
			characters,
			readerToHub: ofReader / notes,
			hubToBob: (ofHub - ofReader) / notes,
			bobToCarol: ofCarol / notes
		};
	}
	throw new Error('Carol talks too much to count the bytes of a note');
};

export interface Latency {
	readonly p50: number;
	readonly p95: number;
	readonly notes: number;
}

/** From the moment Carol is asked to publish until `seenAt` knows the note (ms), one note after another. */
export const measureLatency = async (
	network: LocalNetwork,
	notes: number,
	seenAt: (id: string) => Promise<number | undefined>
): Promise<Latency> => {
	const times: number[] = [];
	for (let written = 0; written < notes; written += 1) {
		const asked = performance.timeOrigin + performance.now();
		const id = await publish(network, textOf(140));
		const seen = await until('the note', () => seenAt(id));
		times.push(seen - asked);
		await new Promise((resolve) => setTimeout(resolve, 150));
	}
	return { p50: percentile(times, 50), p95: percentile(times, 95), notes };
};
