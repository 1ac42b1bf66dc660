import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import type { Filter, NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import { unwrap } from '../result.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { compileFilter, matchesFilter, type CompileOptions } from './filter.ts';
import { addressOf, isDeletedBy, isExpired, kindClass, replaces } from './kinds.ts';
import { EVENT_MIGRATIONS } from './schema.ts';
import { createEventStore } from './sqlite-store.ts';
import type { EventStore } from './store.ts';

const open = (): { sql: SqlDriver; store: EventStore } => {
	const sql = createNodeSql(':memory:');
	for (const step of EVENT_MIGRATIONS) sql.script(step);
	return { sql, store: createEventStore(sql) };
};

const hex = (n: number, bytes = 32): string => n.toString(16).padStart(bytes * 2, '0');
const ALICE = hex(0xa11ce);
const BOB = hex(0xb0b);
const NOW = 1_000_000;

let nextId = 0;
/** The store trusts its door: ids and signatures here are made up. */
const event = (change: Partial<NostrEvent> = {}): VerifiedEvent =>
	({
		id: hex(++nextId),
		pubkey: ALICE,
		created_at: 100,
		kind: 1,
		tags: [],
		content: 'hello',
		sig: hex(7, 64),
		...change
	}) as unknown as VerifiedEvent;

const everything = { now: NOW, limit: 1_000 };
const idsOf = (found: readonly { readonly event: NostrEvent }[]): string[] =>
	found.map(({ event: { id } }) => id);
const all = (store: EventStore, now = NOW): string[] => idsOf(store.query([{}], { ...everything, now }));

describe('the event store', () => {
	it('gives an event back exactly as it came', () => {
		const { store } = open();
		const original = event({
			content: 'line\nbreak "quoted" \\ \u0000 \u007f \ufeff 🌊',
			tags: [
				['e', hex(5), 'wss://relay.example', ''],
				[],
				['t'],
				['client', 'ünï', 'cödé'],
				['r', 'x'.repeat(5_000)],
				['t', 'with\u0000nul']
			]
		});
		expect(store.put(original, NOW)).toEqual({ result: 'stored', seq: 1 });
		expect(store.get(original.id, NOW)).toEqual({
			seq: 1,
			size: unwrap(encodeEvent(original)).length,
			event: original
		});
		expect(Object.keys(store.get(original.id, NOW)!.event)).toEqual(Object.keys(original));
	});

	it('takes an event once', () => {
		const { store } = open();
		const note = event();
		store.put(note, NOW);
		expect(store.put(note, NOW)).toEqual({ result: 'duplicate' });
		expect(store.stats()).toMatchObject({ events: 1 });
	});

	it('answers nothing for an id that is none', () => {
		const { store } = open();
		store.put(event(), NOW);
		expect(store.get('zz', NOW)).toBeUndefined();
		expect(store.get(hex(999_999), NOW)).toBeUndefined();
	});

	it('passes ephemeral events by', () => {
		const { store } = open();
		expect(store.put(event({ kind: 20_001 }), NOW)).toEqual({ result: 'ephemeral' });
		expect(all(store)).toEqual([]);
	});

	it('orders by time, newest first, and of one second the lowest id first', () => {
		const { store } = open();
		const ids = [hex(3), hex(1), hex(2)];
		for (const id of ids) store.put(event({ id, created_at: 100 }), NOW);
		store.put(event({ id: hex(9), created_at: 101 }), NOW);
		store.put(event({ id: hex(0), created_at: 99 }), NOW);
		expect(all(store)).toEqual([hex(9), hex(1), hex(2), hex(3), hex(0)]);
		expect(idsOf(store.query([{ limit: 2 }], everything))).toEqual([hex(9), hex(1)]);
		expect(idsOf(store.query([{ authors: [ALICE], limit: 2 }], everything))).toEqual([hex(9), hex(1)]);
	});

	it("holds each filter's limit for its own part and the whole to the caller's", () => {
		const { store } = open();
		for (let at = 1; at <= 5; at++) {
			store.put(event({ id: hex(at), created_at: at, kind: 1 }), NOW);
			store.put(event({ id: hex(10 + at), created_at: at, kind: 7 }), NOW);
		}
		const filters: Filter[] = [
			{ kinds: [1], limit: 2 },
			{ kinds: [7], limit: 1 }
		];
		expect(idsOf(store.query(filters, everything))).toEqual([hex(5), hex(15), hex(4)]);
		expect(idsOf(store.query(filters, { now: NOW, limit: 2 }))).toEqual([hex(5), hex(15)]);
		expect(store.query([{ limit: 0 }], everything)).toEqual([]);
		expect(store.query([], everything)).toEqual([]);
	});

	describe('numbers arrivals', () => {
		it('rising by one and never again the same, also after deletions', () => {
			const { store } = open();
			expect(store.lastSeq()).toBe(0);
			const note = event();
			store.put(event(), NOW);
			store.put(note, NOW);
			store.put(event({ kind: 5, tags: [['e', note.id]] }), NOW);
			expect(store.lastSeq()).toBe(3);
			const before = store.lastSeq();
			const last = event({ kind: 0 });
			store.put(last, NOW);
			store.put(event({ kind: 0, created_at: 101 }), NOW);
			expect(store.lastSeq()).toBe(before + 2);
		});

		it('so that a reader goes on where it stopped', () => {
			const { store } = open();
			for (let i = 1; i <= 6; i++)
				store.put(event({ id: hex(i), created_at: 1_000 - i, pubkey: i % 2 ? ALICE : BOB }), NOW);
			const first = store.after(0, [{ authors: [ALICE] }], { now: NOW, limit: 2 });
			expect(idsOf(first)).toEqual([hex(1), hex(3)]);
			expect(idsOf(store.after(first.at(-1)!.seq, [{ authors: [ALICE] }], { now: NOW, limit: 2 }))).toEqual([
				hex(5)
			]);
			expect(store.after(store.lastSeq(), [{}], { now: NOW, limit: 2 })).toEqual([]);
		});
	});

	describe('keeps one version', () => {
		it('of a replaceable event: the newest, whichever comes first', () => {
			const { store } = open();
			const old = event({ kind: 0, created_at: 1 });
			const recent = event({ kind: 0, created_at: 2 });
			store.put(old, NOW);
			expect(store.put(recent, NOW)).toEqual({ result: 'replaced', seq: 2 });
			expect(store.put(old, NOW)).toEqual({ result: 'superseded' });
			expect(all(store)).toEqual([recent.id]);
		});

		it('of two at the same second the one with the lowest id', () => {
			const { store } = open();
			store.put(event({ id: hex(0x20), kind: 3 }), NOW);
			expect(store.put(event({ id: hex(0x21), kind: 3 }), NOW)).toEqual({ result: 'superseded' });
			expect(store.put(event({ id: hex(0x1f), kind: 3 }), NOW)).toMatchObject({ result: 'replaced' });
			expect(all(store)).toEqual([hex(0x1f)]);
		});

		it('of an addressable event for each d, author and kind', () => {
			const { store } = open();
			const kept = [
				event({ kind: 30_023, tags: [['d', 'a']], created_at: 2 }),
				event({ kind: 30_023, tags: [['d', 'b']] }),
				event({ kind: 30_023, tags: [['d', hex(1)]] }),
				event({ kind: 30_023 }),
				event({ kind: 30_024, tags: [['d', 'a']] }),
				event({ kind: 30_023, tags: [['d', 'a']], pubkey: BOB })
			];
			for (const one of kept) store.put(one, NOW);
			expect(store.put(event({ kind: 30_023, tags: [['d', 'a']], created_at: 1 }), NOW)).toEqual({
				result: 'superseded'
			});
			// A missing d is the empty one.
			expect(store.put(event({ kind: 30_023, tags: [['d', '']], created_at: 1 }), NOW)).toEqual({
				result: 'superseded'
			});
			expect(all(store).sort()).toEqual(kept.map(({ id }) => id).sort());
		});

		it('and forgets the tags of the others', () => {
			const { sql, store } = open();
			store.put(
				event({
					kind: 3,
					created_at: 1,
					tags: [
						['p', BOB],
						['p', hex(2)]
					]
				}),
				NOW
			);
			store.put(event({ kind: 3, created_at: 2, tags: [['p', BOB]] }), NOW);
			expect(sql.all('SELECT count(*) AS n FROM tag')).toEqual([{ n: 1 }]);
			expect(store.count([{ '#p': [hex(2)] }], NOW)).toBe(0);
		});
	});

	describe('deletes for the author (NIP-09)', () => {
		it('what is here, keeps the request and refuses the event ever after', () => {
			const { store } = open();
			const note = event();
			const request = event({ kind: 5, tags: [['e', note.id]] });
			store.put(note, NOW);
			expect(store.put(request, NOW)).toMatchObject({ result: 'stored' });
			expect(all(store)).toEqual([request.id]);
			expect(store.put(note, NOW)).toEqual({ result: 'deleted' });
		});

		it('what has yet to come', () => {
			const { store } = open();
			const note = event();
			store.put(event({ kind: 5, tags: [['e', note.id]] }), NOW);
			expect(store.put(note, NOW)).toEqual({ result: 'deleted' });
		});

		it('nothing of anybody else', () => {
			const { store } = open();
			const note = event();
			const later = event();
			store.put(note, NOW);
			const request = event({
				pubkey: BOB,
				kind: 5,
				tags: [
					['e', note.id],
					['e', later.id],
					['a', `30023:${ALICE}:x`]
				]
			});
			store.put(request, NOW);
			expect(store.put(later, NOW)).toMatchObject({ result: 'stored' });
			expect(store.put(event({ kind: 30_023, tags: [['d', 'x']] }), NOW)).toMatchObject({ result: 'stored' });
			expect(all(store)).toHaveLength(4);
		});

		it('no request for deletion', () => {
			const { store } = open();
			const first = event({ kind: 5, tags: [['e', hex(77)]] });
			const second = event({ kind: 5, tags: [['e', first.id]] });
			store.put(first, NOW);
			store.put(second, NOW);
			expect(all(store).sort()).toEqual([first.id, second.id].sort());
			const { store: other } = open();
			other.put(second, NOW);
			expect(other.put(first, NOW)).toMatchObject({ result: 'stored' });
		});

		it('versions at an address up to the time of the request', () => {
			const { store } = open();
			const address: [string, string] = ['a', `30023:${ALICE}:x:y`];
			const version = (created_at: number) => event({ kind: 30_023, tags: [['d', 'x:y']], created_at });
			store.put(version(10), NOW);
			store.put(event({ kind: 5, created_at: 20, tags: [address] }), NOW);
			expect(store.put(version(20), NOW)).toEqual({ result: 'deleted' });
			// An older request does not take back the newer one.
			store.put(event({ kind: 5, created_at: 15, tags: [address] }), NOW);
			expect(store.put(version(19), NOW)).toEqual({ result: 'deleted' });
			expect(store.put(version(21), NOW)).toMatchObject({ result: 'stored' });
		});

		it('a replaceable event by its address, which ends in a colon', () => {
			const { store } = open();
			store.put(event({ kind: 0 }), NOW);
			store.put(
				event({
					kind: 5,
					tags: [
						['a', `0:${ALICE}`],
						['a', `0:${ALICE}:other`]
					]
				}),
				NOW
			);
			expect(store.count([{ kinds: [0] }], NOW)).toBe(1);
			store.put(event({ kind: 5, tags: [['a', `0:${ALICE}:`]] }), NOW);
			expect(store.count([{ kinds: [0] }], NOW)).toBe(0);
		});
	});

	describe('lets events expire (NIP-40)', () => {
		const until = (second: number) => ({ tags: [['expiration', `${second}`]] });

		it('and takes none that has', () => {
			const { store } = open();
			expect(store.put(event(until(1_000)), 1_000_000)).toEqual({ result: 'expired' });
			expect(store.put(event(until(1_001)), 1_000_000)).toMatchObject({ result: 'stored' });
		});

		it('serves none from the very second on, swept or not', () => {
			const { store } = open();
			const note = event({ ...until(1_001), kind: 1 });
			store.put(note, 1_000_000);
			expect(all(store, 1_000_999)).toEqual([note.id]);
			for (const now of [1_001_000, 2_000_000]) {
				expect(all(store, now)).toEqual([]);
				expect(store.get(note.id, now)).toBeUndefined();
				expect(store.after(0, [{}], { now, limit: 9 })).toEqual([]);
				expect(store.count([{}], now)).toBe(0);
			}
		});

		it('sweeps what expired and nothing else', () => {
			const { sql, store } = open();
			store.put(
				event({
					tags: [
						['expiration', '1001'],
						['t', 'gone']
					]
				}),
				1_000_000
			);
			store.put(event(until(1_002)), 1_000_000);
			store.put(event(), 1_000_000);
			expect(store.sweep(1_001_000)).toBe(1);
			expect(store.sweep(1_001_000)).toBe(0);
			expect(store.stats().events).toBe(2);
			expect(sql.all('SELECT count(*) AS n FROM tag')).toEqual([{ n: 0 }]);
		});

		it('does not let an expired version stand in the way of another', () => {
			const { store } = open();
			store.put(event({ kind: 0, created_at: 200, ...until(1_001) }), 1_000_000);
			expect(store.put(event({ kind: 0, created_at: 100 }), 1_002_000)).toMatchObject({ result: 'stored' });
		});
	});

	it('keeps of what others said of themselves what came last, and all that its owner said', () => {
		const { sql, store } = open();
		const mine = event({ kind: 0 });
		store.put(mine, NOW);
		const theirs = [1, 2, 3].map((n) => event({ kind: 0, pubkey: hex(0xb0b00 + n), tags: [['t', `${n}`]] }));
		for (const one of theirs) store.put(one, NOW);
		const note = event({ pubkey: BOB });
		store.put(note, NOW);
		const trim = (most: number, bytes: number): number =>
			store.trim([0, 32_001], { owner: ALICE, most, bytes });
		const kept = (...events: readonly VerifiedEvent[]): void =>
			expect(all(store).sort()).toEqual([mine, note, ...events].map(({ id }) => id).sort());
		expect(trim(2, 1e6)).toBe(1);
		expect(trim(2, 1e6)).toBe(0);
		kept(...theirs.slice(1));
		const [, , last] = theirs as [VerifiedEvent, VerifiedEvent, VerifiedEvent];
		expect(trim(2, unwrap(encodeEvent(last)).length)).toBe(1);
		kept(last);
		expect(sql.all('SELECT count(*) AS n FROM tag')).toEqual([{ n: 1 }]);
	});

	it('counts events and bytes by kind', () => {
		const { store } = open();
		const events = [event(), event(), event({ kind: 0 })];
		for (const one of events) store.put(one, NOW);
		expect(store.stats()).toEqual({
			events: 3,
			bytes: events.reduce((sum, one) => sum + unwrap(encodeEvent(one)).length, 0),
			byKind: new Map([
				[0, 1],
				[1, 2]
			])
		});
	});

	it('finds pages in a store larger than a walk, dense or sparse, and cuts no second in half', () => {
		const { sql, store } = open();
		sql.transaction(() => {
			for (let i = 0; i < 9_000; i++) {
				const pubkey = i % 1_000 === 0 ? BOB : i % 3 ? ALICE : hex(3);
				store.put(
					event({ id: hex(i * 7_919 + 100_000), created_at: i >> 3, pubkey, kind: i % 500 === 7 ? 7 : 1 }),
					NOW
				);
			}
		});
		const filters: Filter[] = [
			{ authors: [ALICE, BOB], limit: 30 },
			{ authors: [BOB, hex(4)], limit: 30 },
			{ authors: [BOB, hex(4)], limit: 3 },
			{ kinds: [7, 8], limit: 15 },
			{ kinds: [1, 7], limit: 30 },
			{ authors: [ALICE, BOB], kinds: [7, 1], until: 300, limit: 5 },
			{ authors: [ALICE, hex(3)], limit: 4_500 },
			{ authors: [ALICE], kinds: [1], since: 900 }
		];
		const whole = store.query([{}], { now: NOW, limit: 10_000 });
		expect(whole).toHaveLength(9_000);
		for (const filter of filters) {
			const expected = whole.filter((one) => matchesFilter(one.event, filter)).slice(0, filter.limit);
			expect(idsOf(store.query([filter], { now: NOW, limit: 10_000 }))).toEqual(idsOf(expected));
			const arrived = whole
				.filter((one) => matchesFilter(one.event, filter) && one.seq > 100)
				.sort((a, b) => a.seq - b.seq)
				.slice(0, 20);
			expect(idsOf(store.after(100, [filter], { now: NOW, limit: 20 }))).toEqual(idsOf(arrived));
		}
	});
});

describe('every filter in SQL means what it means on an array', () => {
	const few = <T>(...values: readonly T[]) => fc.constantFrom(...values);
	const pubkey = few(ALICE, BOB, hex(3));
	const id = fc.integer({ min: 1, max: 25 }).map((n) => hex(n * 0x1111));
	const text = few(
		'',
		'nostr',
		'Nostr',
		'ilp',
		hex(3),
		`A${hex(3).slice(1)}`,
		'x'.repeat(100),
		'n\u0000l',
		'1:2'
	);
	const expiration = fc.integer({ min: 990, max: 1_010 }).map((at) => ['expiration', `${at}`]);
	const tag = fc.oneof(
		{
			weight: 3,
			arbitrary: fc
				.tuple(few('e', 'p', 't', 'd', 'T'), fc.oneof(text, id, pubkey))
				.map(([name, value]) => [name, value])
		},
		{ weight: 1, arbitrary: few(['t'], ['long', 'nostr'], ['t', 'nostr', 'ilp'], []) },
		{ weight: 1, arbitrary: expiration },
		{
			weight: 1,
			arbitrary: fc
				.tuple(few(0, 1, 30_023), pubkey, text)
				.map(([kind, author, d]) => ['a', `${kind}:${author}:${d}`])
		}
	);
	const events = fc.array(
		fc.record({
			id,
			pubkey,
			created_at: fc.integer({ min: 0, max: 12 }),
			kind: few(0, 1, 1, 3, 5, 7, 20_001, 30_023),
			tags: fc.array(tag, { maxLength: 4 })
		}),
		{ maxLength: 25 }
	);
	const list = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });
	const filter = fc
		.record(
			{
				ids: list(fc.oneof(id, few('1111', hex(0x1111).toUpperCase().replace('0', 'A')))),
				authors: list(pubkey),
				kinds: list(few(0, 1, 3, 5, 7, 30_023)),
				since: fc.integer({ min: 0, max: 12 }),
				until: fc.integer({ min: 0, max: 12 }),
				limit: fc.integer({ min: 0, max: 5 }),
				search: fc.constant('hello'),
				'#e': list(id),
				'#p': list(pubkey),
				'#t': list(text),
				'#d': list(text),
				'#long': fc.constant(['nostr'])
			},
			{ requiredKeys: [] }
		)
		// Most of a random dozen of conditions together match nothing: keep up to three.
		.chain((whole) =>
			fc
				.subarray(Object.keys(whole), { maxLength: 3 })
				.map(
					(keys) => Object.fromEntries(Object.entries(whole).filter(([key]) => keys.includes(key))) as Filter
				)
		);

	it('for stored events, arrivals and counts, whatever was replaced, deleted or expired before', () => {
		let found = 0;
		fc.assert(
			fc.property(
				events,
				fc.array(filter, { minLength: 1, maxLength: 3 }),
				fc.integer({ min: 0, max: 25 }),
				(input, filters, cursor) => {
					const { sql, store } = open();
					// The obvious twin: an array.
					let kept: { seq: number; event: VerifiedEvent }[] = [];
					const requests: VerifiedEvent[] = [];
					let seq = 0;
					const putAt = 995_000;
					for (const [index, one] of input.entries()) {
						const made = event({ ...one, content: `${index}` });
						const outcome = store.put(made, putAt).result;
						const rival = kept.find(
							(other) => addressOf(made) !== undefined && addressOf(other.event) === addressOf(made)
						);
						if (kindClass(made.kind) === 'ephemeral') expect(outcome).toBe('ephemeral');
						else if (isExpired(made, putAt)) expect(outcome).toBe('expired');
						else if (kept.some((other) => other.event.id === made.id)) expect(outcome).toBe('duplicate');
						else if (requests.some((request) => isDeletedBy(made, request))) expect(outcome).toBe('deleted');
						else if (rival && !replaces(made, rival.event)) expect(outcome).toBe('superseded');
						else {
							expect(outcome).toBe(rival ? 'replaced' : 'stored');
							kept = kept.filter((other) => other !== rival && !isDeletedBy(other.event, made));
							kept.push({ seq: ++seq, event: made });
							if (made.kind === 5) requests.push(made);
						}
					}
					for (const now of [putAt, NOW]) {
						const alive = kept.filter((one) => !isExpired(one.event, now));
						const newest = [...alive].sort(
							(a, b) => b.event.created_at - a.event.created_at || (a.event.id < b.event.id ? -1 : 1)
						);
						const wanted = new Set(
							filters.flatMap((one) =>
								newest.filter((other) => matchesFilter(other.event, one)).slice(0, one.limit ?? 8)
							)
						);
						expect(idsOf(store.query(filters, { now, limit: 8 }))).toEqual(
							idsOf(newest.filter((one) => wanted.has(one)).slice(0, 8))
						);
						found += wanted.size;
						const matching = alive.filter((one) => filters.some((other) => matchesFilter(one.event, other)));
						expect(store.count(filters, now)).toBe(matching.length);
						const arrived = matching.filter((one) => one.seq > cursor).slice(0, 6);
						expect(
							store
								.after(cursor, filters, { now, limit: 6 })
								.map(({ seq: at, event: one }) => ({ seq: at, event: one }))
						).toEqual(arrived);
						// The plans that small stores do not reach by themselves.
						for (const one of filters)
							for (const [walk, plan] of [
								['newest-by-time', 'newest'],
								['arrival-by-seq', 'arrival']
							] as const) {
								const [slow, quick] = [walk, plan].map((answer) => {
									const compiled = compileFilter(one, { now, answer, limit: 4, after: cursor });
									return compiled ? sql.all(compiled.sql, compiled.parameters) : [];
								});
								expect(quick).toEqual(slow);
							}
					}
					sql.close();
				}
			),
			{ seed: 7, numRuns: 400 }
		);
		// The test would prove nothing if nothing ever matched.
		expect(found).toBeGreaterThan(500);
	});
});

describe('hot queries walk an index', () => {
	const plan = (filter: Filter, answer: CompileOptions['answer'] = 'newest'): string => {
		const { sql } = open();
		const compiled = compileFilter(filter, { now: NOW, answer, limit: 50, after: 10 })!;
		return sql
			.all(`EXPLAIN QUERY PLAN ${compiled.sql}`, compiled.parameters)
			.map(({ detail }) => String(detail))
			.join('\n');
	};
	const WHOLE_SORT = 'USE TEMP B-TREE FOR ORDER BY';

	it('for ids', () => {
		expect(plan({ ids: [hex(1), hex(2)] })).toContain('SEARCH e USING INDEX event_id (id=?)');
	});
	it('for one author, in order', () => {
		const steps = plan({ authors: [ALICE], kinds: [1], since: 5 });
		expect(steps).toContain('SEARCH e USING INDEX event_by_author (author=? AND created_at>?)');
		expect(steps).not.toContain(WHOLE_SORT);
	});
	it('for the newest of each of many authors', () => {
		const steps = plan({ authors: [ALICE, BOB] });
		expect(steps).toContain('SEARCH n USING INDEX event_by_author (author=?)');
		expect(steps).toContain('SEARCH e USING INTEGER PRIMARY KEY (rowid=?)');
		expect(steps).not.toMatch(/SCAN (e|n)\b/);
	});
	it('for profiles of many authors', () => {
		expect(plan({ authors: [ALICE, BOB], kinds: [0] })).toContain(
			'SEARCH e USING INDEX event_address (author=? AND kind=?'
		);
	});
	it('for a feed by time', () => {
		const steps = plan({ authors: [ALICE, BOB], kinds: [1], since: 9 }, 'newest-by-time');
		expect(steps).toContain('SEARCH e USING INDEX event_by_time (created_at>?');
		expect(steps).not.toContain(WHOLE_SORT);
	});
	it('for one kind, in order', () => {
		const steps = plan({ kinds: [1] });
		expect(steps).toContain('SEARCH e USING INDEX event_by_kind (kind=?)');
		expect(steps).not.toContain(WHOLE_SORT);
	});
	it('for everything about an event, in order', () => {
		const steps = plan({ '#e': [hex(1)], kinds: [1, 7] });
		expect(steps).toContain('SEARCH t USING PRIMARY KEY (name=? AND value=?)');
		expect(steps).toContain('SEARCH e USING INTEGER PRIMARY KEY (rowid=?)');
		expect(steps).not.toContain(WHOLE_SORT);
	});
	it('for several tag values', () => {
		const steps = plan({ '#p': [ALICE, BOB, hex(3)] });
		expect(steps).toContain('SEARCH t USING PRIMARY KEY (name=? AND value=?)');
		expect(steps).not.toContain('SCAN');
	});
	it('for arrivals', () => {
		const steps = plan({ kinds: [1] }, 'arrival-by-seq');
		expect(steps).toContain('SEARCH e USING INTEGER PRIMARY KEY (rowid>?)');
		expect(steps).not.toContain(WHOLE_SORT);
	});
});
