import { describe, expect, it } from 'vitest';
import { nodeRandom } from './node-random.ts';

describe('randomness by the page', () => {
	it('gives as many bytes as asked for, none of them twice, and never one page to two', () => {
		const seen = new Set<string>();
		for (let i = 0; i < 1_000; i++) {
			const bytes = nodeRandom.bytes(16 + (i % 17));
			expect(bytes).toHaveLength(16 + (i % 17));
			seen.add(Buffer.from(bytes.subarray(0, 16)).toString('hex'));
		}
		expect(seen.size).toBe(1_000);
		const one = nodeRandom.bytes(8);
		const copy = one.slice();
		nodeRandom.bytes(8).fill(7);
		expect(one).toEqual(copy);
	});

	it('gives more than a page', () => {
		expect(new Set(nodeRandom.bytes(10_000)).size).toBe(256);
		expect(nodeRandom.bytes(0)).toHaveLength(0);
	});
});
