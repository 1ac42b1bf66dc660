import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../codec/nostr-event.ts';
import {
	addressOf,
	deletionTargets,
	expirationOf,
	isDeletedBy,
	isExpired,
	kindClass,
	parseDecimal,
	replaces,
	tagValues
} from './kinds.ts';

const ALICE = 'a'.repeat(64);
const BOB = 'b'.repeat(64);

const event = (changes: Partial<NostrEvent> = {}): NostrEvent => ({
	id: '1'.repeat(64),
	pubkey: ALICE,
	created_at: 100,
	kind: 1,
	tags: [],
	content: '',
	sig: '0'.repeat(128),
	...changes
});

describe('kinds', () => {
	it.each([
		[0, 'replaceable'],
		[1, 'regular'],
		[2, 'regular'],
		[3, 'replaceable'],
		[4, 'regular'],
		[9_999, 'regular'],
		[10_000, 'replaceable'],
		[19_999, 'replaceable'],
		[20_000, 'ephemeral'],
		[29_999, 'ephemeral'],
		[30_000, 'addressable'],
		[39_999, 'addressable'],
		[40_000, 'regular'],
		[65_535, 'regular']
	] as const)('puts kind %i among the %s', (kind, expected) => {
		expect(kindClass(kind)).toBe(expected);
	});

	it('gives one address to all versions of a thing, and none to a note', () => {
		expect(addressOf(event({ kind: 0 }))).toBe(`0:${ALICE}:`);
		expect(addressOf(event({ kind: 10_002, tags: [['d', 'ignored']] }))).toBe(`10002:${ALICE}:`);
		expect(
			addressOf(
				event({
					kind: 30_023,
					tags: [
						['d', 'a:b'],
						['d', 'second']
					]
				})
			)
		).toBe(`30023:${ALICE}:a:b`);
		expect(addressOf(event({ kind: 30_023 }))).toBe(`30023:${ALICE}:`);
		expect(addressOf(event({ kind: 30_023, tags: [['d']] }))).toBe(`30023:${ALICE}:`);
		expect(addressOf(event({ kind: 1, tags: [['d', 'x']] }))).toBeUndefined();
		expect(addressOf(event({ kind: 20_001, tags: [['d', 'x']] }))).toBeUndefined();
	});

	it('keeps the newer version, and of two at one second the lower id', () => {
		const old = { created_at: 1, id: '00' };
		const low = { created_at: 2, id: '0a' };
		const high = { created_at: 2, id: '0b' };
		expect(replaces(low, old)).toBe(true);
		expect(replaces(old, low)).toBe(false);
		expect(replaces(low, high)).toBe(true);
		expect(replaces(high, low)).toBe(false);
		expect(replaces(low, low)).toBe(false);
	});

	it('indexes the first value of each tag', () => {
		expect(tagValues(event({ tags: [['p', 'x', 'y'], ['p'], [], ['e', 'z'], ['p', 'w']] }), 'p')).toEqual([
			'x',
			'w'
		]);
	});

	it('reads whole numbers only', () => {
		expect(['0', '17', '9007199254740991'].map(parseDecimal)).toEqual([0, 17, Number.MAX_SAFE_INTEGER]);
		for (const text of ['', '-1', '01', '1.0', '1e3', ' 1', '9007199254740992', '0x10', undefined])
			expect(parseDecimal(text)).toBeUndefined();
	});
});

describe('expiration', () => {
	it('ends an event at the second it names', () => {
		const expiring = event({ tags: [['expiration', '1000']] });
		expect(expirationOf(expiring)).toBe(1000);
		expect(isExpired(expiring, 999_999)).toBe(false);
		expect(isExpired(expiring, 1_000_000)).toBe(true);
	});

	it('is ignored when it is no number', () => {
		expect(isExpired(event({ tags: [['expiration', 'soon']] }), 1e15)).toBe(false);
		expect(isExpired(event(), 1e15)).toBe(false);
	});
});

describe('deletion', () => {
	const request = (tags: string[][], changes: Partial<NostrEvent> = {}) =>
		event({ kind: 5, created_at: 200, tags, ...changes });

	it('names ids and own addresses, once each', () => {
		const id = 'c'.repeat(64);
		const targets = deletionTargets(
			request([
				['e', id],
				['e', id],
				['e', 'not an id'],
				['a', `30023:${ALICE}:x`],
				['a', `30023:${BOB}:x`],
				['a', `1:${ALICE}:`],
				['a', 'nonsense'],
				['k', '1']
			])
		);
		expect(targets).toEqual({ ids: [id], addresses: [`30023:${ALICE}:x`], until: 200 });
	});

	it('is asked by kind 5 alone', () => {
		expect(deletionTargets(event({ tags: [['e', 'c'.repeat(64)]] }))).toBeUndefined();
	});

	it('takes effect on the own event by id', () => {
		const note = event();
		expect(isDeletedBy(note, request([['e', note.id]]))).toBe(true);
		expect(isDeletedBy(note, request([['e', note.id]], { pubkey: BOB }))).toBe(false);
	});

	it('takes effect on versions up to its own time', () => {
		const tags = [['d', 'x']];
		const asks = request([['a', `30023:${ALICE}:x`]]);
		expect(isDeletedBy(event({ kind: 30_023, tags, created_at: 200 }), asks)).toBe(true);
		expect(isDeletedBy(event({ kind: 30_023, tags, created_at: 201 }), asks)).toBe(false);
	});

	it('does nothing to another deletion', () => {
		const first = request([['e', 'c'.repeat(64)]]);
		expect(isDeletedBy(first, request([['e', first.id]]))).toBe(false);
	});
});
