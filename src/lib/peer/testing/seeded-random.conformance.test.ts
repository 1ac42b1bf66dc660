import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../bytes.ts';
import { createSeededRandom } from './seeded-random.ts';

/** Computed independently: SHA-256(SHA-256('river') ‖ u64 0), then u64 1. */
const PINNED = '733ca35f94708ad6a4e65d6b2e03ab7ba8d6af2fd0205ab7622f62d807a1780cda5c06327ce81868';

describe('seeded randomness', () => {
	it('is the same stream on every host and for every seed another', () => {
		expect(bytesToHex(createSeededRandom('river').bytes(40))).toBe(PINNED);
		expect(bytesToHex(createSeededRandom('rivers').bytes(40))).not.toBe(PINNED);
	});

	it('does not depend on how the bytes are asked for', () => {
		const one = createSeededRandom('river');
		const pieces = [1, 0, 30, 7, 2].map((length) => bytesToHex(one.bytes(length))).join('');
		expect(pieces).toBe(PINNED);
	});

	it('draws numbers within their range and reaches both ends', () => {
		const random = createSeededRandom('range');
		const seen = new Set(Array.from({ length: 200 }, () => random.int(6)));
		expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
		for (let i = 0; i < 200; i++) {
			const x = random.next();
			expect(x >= 0 && x < 1).toBe(true);
		}
	});

	it('shuffles without losing anything and leaves the original alone', () => {
		const items = [1, 2, 3, 4, 5, 6, 7, 8, 9];
		const mixed = createSeededRandom('cards').shuffle(items);
		expect(mixed).not.toEqual(items);
		expect([...mixed].sort()).toEqual(items);
	});

	it('forks streams that do not shift one another', () => {
		const parent = createSeededRandom('tree');
		const before = bytesToHex(parent.fork('a').bytes(8));
		parent.bytes(5);
		expect(bytesToHex(parent.fork('a').bytes(8))).toBe(before);
		expect(bytesToHex(parent.fork('b').bytes(8))).not.toBe(before);
	});
});
