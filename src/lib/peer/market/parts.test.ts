import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { partBytes, partPrice, partsOf } from './parts.ts';

const size = fc.integer({ min: 1, max: LIMITS.eventBytes });
const price = fc.bigInt({ min: 0n, max: 10_000_000_000n });

describe('parts of an event', () => {
	it('of an ordinary note is one', () => {
		expect(partsOf(500, 200_000n)).toBe(1);
	});

	it('cost together what the whole costs, none more than a part may', () => {
		fc.assert(
			fc.property(size, price, (bytes, whole) => {
				const count = partsOf(bytes, whole);
				const prices = Array.from({ length: count }, (_, i) => partPrice(whole, i, count));
				expect(prices.reduce((sum, one) => sum + one, 0n)).toBe(whole);
				// A part holds at least one byte, so a dear tiny event has no more parts than bytes.
				if (count < bytes) for (const one of prices) expect(one).toBeLessThanOrEqual(LIMITS.partPrice);
			}),
			{ numRuns: 50 }
		);
	});

	it('make the whole again, none larger than fits an answer and none empty', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), price, (encoded, whole) => {
				const count = partsOf(encoded.length, whole);
				const parts = Array.from({ length: count }, (_, i) => partBytes(encoded, i, count));
				for (const part of parts) {
					expect(part.length).toBeGreaterThan(0);
					expect(part.length).toBeLessThanOrEqual(LIMITS.partBytes);
				}
				expect(concatBytes(...parts)).toEqual(encoded);
			}),
			{ numRuns: 50 }
		);
	});
});
