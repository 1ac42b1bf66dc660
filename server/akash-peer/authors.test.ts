import { describe, expect, it } from 'vitest';
import type { NostrEvent, VerifiedEvent } from '../../src/lib/peer/codec/nostr-event.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';
import { createSimulatedClock } from '../../src/lib/peer/testing/simulated-clock.ts';
import { startAuthor, type AuthorOptions } from './authors.ts';
import type { PastNote } from './past-note.ts';
import { NO_ACTIVITY, type ChainFacts } from './chain-facts.ts';
import { BOB_NOTES } from './notes-bob.ts';
import { CAROL_NOTES } from './notes-carol.ts';
import { HUB_NOTES } from './notes-hub.ts';

const START = Date.UTC(2026, 0, 15, 12);
const ME = 'ab'.repeat(32);
const MINUTE = 60_000;

/** Lets everything run that waits for no timer. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A peer that keeps what it publishes, on a chain whose head and counters the test moves. */
const world = (store: NostrEvent[] = []) => {
	const clock = createSimulatedClock(START, settled);
	const network = { block: 7n, blockTime: START / 1_000 - 4, received: 0, fulfilled: 0, bytes: 0 };
	const peer = {
		publish: (draft: {
			kind: number;
			content: string;
			tags?: readonly (readonly string[])[];
			createdAt?: number;
		}) => {
			const event = {
				id: store.length.toString(16).padStart(64, '0'),
				pubkey: ME,
				kind: draft.kind,
				content: draft.content,
				tags: draft.tags ?? [],
				created_at: draft.createdAt ?? Math.floor(clock.now() / 1_000),
				sig: ''
			};
			store.push(event);
			return Promise.resolve(event as unknown as VerifiedEvent);
		},
		status: () => ({
			pubkey: ME,
			links: [{ role: 'peer' }],
			channels: [],
			packets: {
				received: network.received,
				fulfilled: network.fulfilled,
				rejected: 0,
				forwarded: 0,
				originated: 0,
				inFlight: 0
			},
			traffic: { in: network.bytes, out: network.bytes },
			events: store.length,
			commits: { commits: 0, units: 0 }
		}),
		api: {
			feed: ({ limit }: { limit: number }) =>
				Promise.resolve(store.slice(0, limit).map((event) => ({ event }))),
			state: () => Promise.resolve({ money: { earned: 0n }, price: { perNote: 200_000n } }),
			people: () => Promise.resolve([])
		}
	} as unknown as AuthorOptions['peer'];
	const chainFacts: ChainFacts = {
		newestBlock: () =>
			Promise.resolve({
				number: network.block,
				time: network.blockTime,
				sinceParent: 4,
				transactions: 2,
				gasUsed: 125_600n,
				gasLimit: 30_000_000n,
				baseFee: 1_000_000n
			}),
		activity: () => Promise.resolve(NO_ACTIVITY)
	};
	const start = (name: string, options: Partial<AuthorOptions> = {}) =>
		startAuthor({
			peer,
			name,
			past: true,
			facts: false,
			chain: {
				contract: '0x00',
				tokenScale: 6,
				tokenBalance: () => Promise.resolve({ ok: true, value: 20_000_000n }),
				head: () => Promise.resolve({ ok: true, value: { block: network.block, time: network.blockTime } })
			},
			chainFacts,
			clock,
			random: createSeededRandom('authors'),
			feePpm: 10_000n,
			log: () => undefined,
			...options
		});
	return { clock, network, store, start };
};

describe('a past', () => {
	it.each([
		['bob', BOB_NOTES],
		['carol', CAROL_NOTES],
		['hub', HUB_NOTES]
	] as const)('%s wrote all of it in order, before now', async (name, notes) => {
		const { store, start } = world();
		const stop = start(name);
		await settled();
		stop();
		expect(store.map(({ content }) => content)).toEqual(notes.map(({ content }) => content));
		const times = store.map(({ created_at }) => created_at);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(Math.max(...times)).toBeLessThan(START / 1_000);
	});

	it('is written once', async () => {
		const { store, start } = world();
		start('bob')();
		await settled();
		start('bob');
		await settled();
		start('bob');
		await settled();
		expect(store).toHaveLength(BOB_NOTES.length);
	});

	it('is completed when the first start was broken off', async () => {
		const { store, start } = world();
		start('carol');
		await settled();
		store.splice(10, 3);
		start('carol');
		await settled();
		expect(new Set(store.map(({ content }) => content)).size).toBe(CAROL_NOTES.length);
	});

	it('holds answers that name what they answer', async () => {
		const { store, start } = world();
		start('bob');
		await settled();
		const answers = store.filter(({ tags }) => tags.some(([name]) => name === 'e'));
		expect(answers).toHaveLength(BOB_NOTES.filter(({ replyTo }) => replyTo !== undefined).length);
		for (const { tags, created_at } of answers) {
			const answered = store.find(({ id }) => id === tags.find(([name]) => name === 'e')?.[1]);
			expect(answered?.created_at).toBeLessThan(created_at);
			expect(tags).toContainEqual(['p', ME]);
		}
	});

	it.each([
		['bob', BOB_NOTES, 40],
		['carol', CAROL_NOTES, 40],
		['hub', HUB_NOTES, 5]
	] as const)('of %s is varied', (_, notes: readonly PastNote[], atLeast) => {
		const lengths = notes.map(({ content }) => content.length);
		expect(notes.length).toBeGreaterThanOrEqual(atLeast);
		expect(new Set(notes.map(({ content }) => content)).size).toBe(notes.length);
		expect(Math.max(...lengths)).toBeLessThanOrEqual(1_000);
		const keys = new Set(notes.map(({ key }) => key));
		for (const { replyTo } of notes) if (replyTo !== undefined) expect(keys).toContain(replyTo);
	});
});

describe('facts', () => {
	it('come while something happens, and no two are the same', async () => {
		const { clock, network, store, start } = world();
		const stop = start('bob', { past: false, facts: true });
		for (let minute = 0; minute < 10; minute++) {
			network.block += 2n;
			network.blockTime = clock.now() / 1_000;
			await clock.advance(MINUTE);
		}
		stop();
		expect(store.length).toBeGreaterThan(10);
		expect(new Set(store.map(({ content }) => content)).size).toBe(store.length);
		expect(store.some(({ content }) => content.includes('125,600 gas'))).toBe(true);
	});

	it('end where nothing happens any more', async () => {
		const { clock, network, store, start } = world();
		network.received = 10;
		start('carol', { past: false, facts: true });
		await clock.advance(10 * MINUTE);
		const before = store.length;
		await clock.advance(60 * MINUTE);
		expect(store.length).toBe(before);
	});

	it('tell of packets since the last time', async () => {
		const { clock, network, store, start } = world();
		start('carol', { past: false, facts: true });
		await clock.advance(10 * MINUTE);
		const before = store.length;
		network.received += 12;
		network.fulfilled += 12;
		await clock.advance(MINUTE);
		const told = store.slice(before).map(({ content }) => content);
		expect(told).toHaveLength(1);
		expect(told[0]).toMatch(/\b12 packets\b/i);
	});

	it('end when told to', async () => {
		const { clock, store, start } = world();
		start('bob', { past: false, facts: true })();
		await clock.advance(10 * MINUTE);
		expect(store).toEqual([]);
		expect(clock.pending()).toBe(0);
	});

	it('do not end with a chain that is down', async () => {
		const { clock, network, store, start } = world();
		start('carol', {
			past: false,
			facts: true,
			chainFacts: {
				newestBlock: () => Promise.reject(new Error('down')),
				activity: () => Promise.resolve(undefined)
			}
		});
		await clock.advance(5 * MINUTE);
		expect(store).toEqual([]);
		network.received += 12;
		expect(clock.pending()).toBe(1);
	});
});
