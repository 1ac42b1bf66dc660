import { describe, expect, it } from 'vitest';
import type { FeedItem } from '../peer/api.ts';
import { mergeNotes } from './note-merge.ts';

const note = (id: string, pubkey = 'bob', cost = 0n): FeedItem => ({
	event: { id, pubkey, created_at: 0, kind: 1, tags: [], content: id, sig: '' },
	profile: {},
	cost,
	way: undefined,
	links: undefined,
	earned: undefined,
	readers: undefined,
	receivedAt: 0
});
const list = (ids: string): FeedItem[] => [...ids].map((id) => note(id));
const ids = (items: readonly FeedItem[]): string => items.map(({ event }) => event.id).join('');
const reading = { settled: true, me: 'me' };

describe('a list of notes that somebody reads', () => {
	it('stays as it is when new notes arrive above and among it', () => {
		const merged = mergeNotes(list('cdefghi'), list('abcdxefghi'), reading);
		expect(ids(merged.shown)).toBe('cdefghi');
		expect(ids(merged.waiting)).toBe('abx');
	});

	it('grows at its end, where older notes were asked for', () => {
		const merged = mergeNotes(list('cdefghi'), list('cdefghijkl'), reading);
		expect(ids(merged.shown)).toBe('cdefghijkl');
		expect(merged.waiting).toEqual([]);
	});

	it('shows my own note at once, and changed figures in place', () => {
		const merged = mergeNotes(
			list('cdefghi'),
			[note('m', 'me'), note('c', 'bob', 7n), ...list('defghi')],
			reading
		);
		expect(ids(merged.shown)).toBe('mcdefghi');
		expect(merged.shown[1]?.cost).toBe(7n);
	});

	it('drops what was deleted', () => {
		expect(ids(mergeNotes(list('cdefghi'), list('cdfghi'), reading).shown)).toBe('cdfghi');
	});

	it('takes everything while it fills, or while it is a handful', () => {
		expect(ids(mergeNotes(undefined, list('abc'), reading).shown)).toBe('abc');
		expect(ids(mergeNotes(list('b'), list('ab'), reading).shown)).toBe('ab');
		expect(ids(mergeNotes(list('cdefghi'), list('abcdefghi'), { ...reading, settled: false }).shown)).toBe(
			'abcdefghi'
		);
	});

	it('takes everything when nothing of the old list is left', () => {
		expect(ids(mergeNotes(list('cdefghi'), list('uvwxyz'), reading).shown)).toBe('uvwxyz');
	});
});
