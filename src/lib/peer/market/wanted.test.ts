import { describe, expect, it } from 'vitest';
import type { HaveEntry } from '../codec/frames.ts';
import { createWanted } from './wanted.ts';

const entry = (id: string, price: bigint, parts = 1): HaveEntry => ({
	id,
	author: 'a',
	kind: 1,
	createdAt: 0,
	size: 100,
	price,
	parts
});

describe('what is wanted of a node', () => {
	it('counts what is free and what comes in parts, through new prices and removals', () => {
		const wanted = createWanted([entry('one', 0n), entry('two', 5n, 3)]);
		expect([wanted.free(), wanted.inParts()]).toEqual([1, 1]);
		wanted.set(entry('one', 7n));
		wanted.set(entry('two', 0n));
		wanted.set(entry('three', 0n, 2));
		expect([wanted.free(), wanted.inParts()]).toEqual([2, 1]);
		wanted.delete('three');
		wanted.delete('three');
		wanted.delete('never seen');
		expect([wanted.free(), wanted.inParts()]).toEqual([1, 0]);
	});

	it('keeps the order in which things were heard of, also when a price changes', () => {
		const wanted = createWanted([entry('one', 1n), entry('two', 1n)]);
		wanted.set(entry('one', 2n));
		expect([...wanted.values()].map(({ id, price }) => [id, price])).toEqual([
			['one', 2n],
			['two', 1n]
		]);
	});
});
