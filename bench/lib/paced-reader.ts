/**
 * A reader that buys at a given pace, for latencies: a node of the bench with the host's own parts, on the database
 * of a reader that has run before, and beside its peer the same sessions and buyer that the peer has, which get one
 * note whenever one is due, however many are under way.
 *
 *   paced-reader.ts CONFIG ORDERS PER_SECOND    ORDERS: JSON {author, price, notes: [{id, createdAt, size}]}
 *
 * Prints `{"ready": true, "latencies": [ms], "failed"}`: from the moment a note is due until it is on this disk, of the
 * second half of the notes. During the first this process is new and its code not compiled yet.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { growHeapFreely } from '../../server/akash-peer/engine.ts';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { nodeRandom } from '../../server/akash-peer/node-random.ts';
import { dialWebSocket } from '../../server/akash-peer/node-socket.ts';
import { openNodeSql } from '../../server/akash-peer/node.ts';
import { createSchnorrThreads } from '../../server/akash-peer/schnorr-threads.ts';
import { readNodeConfig } from '../../server/akash-peer/config.ts';
import { createPeer } from '../../src/lib/peer/index.ts';
import { KINDS } from '../../src/lib/peer/events/kinds.ts';
import { createEventStore } from '../../src/lib/peer/events/sqlite-store.ts';
import { createLedger } from '../../src/lib/peer/ledger/sqlite-ledger.ts';
import { createBuyer } from '../../src/lib/peer/market/buyer.ts';
import { createReaderStore } from '../../src/lib/peer/market/reader-store.ts';
import { checkAnnouncement } from '../../src/lib/peer/peering/announcement.ts';
import { contactOf } from '../../src/lib/peer/peering/announcer.ts';
import { createViemChain } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { createSessions } from '../../src/lib/peer/stream/sessions.ts';
import type { Pace } from './pace-thread.ts';

interface Orders {
	readonly author: string;
	readonly price: string;
	readonly notes: readonly { readonly id: string; readonly createdAt: number; readonly size: number }[];
}

growHeapFreely();
const [configFile = '', ordersFile = '', perSecond = ''] = process.argv.slice(2);
const config = readNodeConfig(configFile);
const orders = JSON.parse(readFileSync(ordersFile, 'utf8')) as Orders;
const price = BigInt(orders.price);
const sql = openNodeSql(config);
const { crypto } = createSchnorrThreads({ crypto: nodeCrypto });
const log = (level: string, what: string, details?: object): void => {
	if (level !== 'debug') console.error(level, what, details ?? '');
};
const [parent] = config.links;
if (!parent?.url || !config.chain) throw new Error('a reader has a parent and a chain');
const { rpcUrl, chainId, contract, token, tokenScale } = config.chain;
const chain = createViemChain({ rpcUrl, chainId, contract, token, tokenScale, clock: nodeClock });

const peer = await createPeer(
	{ clock: nodeClock, random: nodeRandom, crypto, sql, dial: dialWebSocket, chain, log },
	{
		network: config.network,
		address: 'child',
		uplinks: [{ url: parent.url, owner: parent.pubkey, role: 'parent' }],
		neighbours: [],
		acceptGuests: false,
		routes: [],
		deposits: [],
		feePpm: 0n,
		price,
		keepsAnnouncements: false,
		payoutTerms: undefined,
		payeeSecret: undefined,
		rpcUrl,
		storageKind: 'file'
	}
);
peer.start();
while ((await peer.api.state()).link.status !== 'online')
	await new Promise((resolve) => setTimeout(resolve, 20));

const { commits } = peer;
const store = createEventStore(sql);
const [announced] = store.query([{ kinds: [KINDS.announcement], authors: [orders.author] }], {
	now: nodeClock.now(),
	limit: 1
});
const checked = announced && (await checkAnnouncement(crypto, announced.event, nodeClock.now()));
const contact = checked?.ok ? contactOf(checked.value) : undefined;
if (!contact) throw new Error('the author is not known here');

let requestIds = 0;
const shared = { clock: nodeClock, random: nodeRandom, crypto, commits, log };
const session = createSessions({
	...shared,
	sql,
	sender: peer.sender,
	network: config.network,
	pubkey: () => peer.status().pubkey,
	streamKeys: { byId: () => undefined }
}).open(contact);
const buyer = createBuyer({
	...shared,
	ledger: createLedger(sql),
	store,
	records: createReaderStore(sql),
	nextRequestId: () => ++requestIds,
	dayStart: (now) => now - (now % 86_400_000),
	onStored: () => undefined,
	onLate: () => undefined
});

const latencies: number[] = [];
let failed = 0;
const get = async (
	{ id, createdAt, size }: Orders['notes'][number],
	due: bigint,
	counts: boolean
): Promise<void> => {
	const entry = { id, author: orders.author, kind: KINDS.note, createdAt, size, price, parts: 1 };
	const outcome = await buyer.buy(session, {
		node: orders.author,
		entries: [entry],
		prices: [price],
		part: undefined,
		amount: price,
		admit: () => undefined
	});
	if (outcome.type !== 'got') failed += 1;
	else if (counts) latencies.push(Number(process.hrtime.bigint() - due) / 1e6);
};

const all: Promise<void>[] = [];
const pace = new Worker(new URL('pace-thread.ts', import.meta.url));
pace.postMessage({ count: orders.notes.length, perSecond: Number(perSecond) } satisfies Pace);
await new Promise<void>((resolve, reject) => {
	pace.on('message', (due: bigint) => {
		const note = orders.notes[all.length];
		if (note) all.push(get(note, due, all.length >= orders.notes.length / 2));
	});
	pace.on('error', reject);
	pace.on('exit', () => resolve());
});
await Promise.all(all);
await peer.stop();
sql.close();
process.stdout.write(`${JSON.stringify({ ready: true, latencies, failed })}\n`);
process.exit(0);
