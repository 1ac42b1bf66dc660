import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { createSequenceWindow } from './sequence-window.ts';

const SIZE = BigInt(LIMITS.sessionWindow);

describe('the window of used sequence numbers', () => {
	it('lets each number be used once, in any order', () => {
		const window = createSequenceWindow();
		for (const sequence of [1n, 3n, 2n]) expect(window.use(sequence)).toBe(true);
		for (const sequence of [1n, 2n, 3n]) expect(window.use(sequence)).toBe(false);
	});

	it('counts what is older than the window as used', () => {
		const window = createSequenceWindow();
		expect(window.use(SIZE + 1n)).toBe(true);
		expect(window.use(1n)).toBe(false);
		expect(window.use(2n)).toBe(true);
	});

	it('is the same after being stored', () => {
		const window = createSequenceWindow();
		window.use(7n);
		const again = createSequenceWindow(window.bytes());
		expect(again.use(7n)).toBe(false);
		expect(again.use(6n)).toBe(true);
	});

	it('agrees with a set of numbers and a highest one', () => {
		const sequences = fc.array(fc.bigInt({ min: 1n, max: 3n * SIZE }), { maxLength: 300 });
		fc.assert(
			fc.property(sequences, (numbers) => {
				const window = createSequenceWindow();
				const used = new Set<bigint>();
				let highest = 0n;
				for (const sequence of numbers) {
					const isNew = !used.has(sequence) && sequence + SIZE > highest;
					expect(window.use(sequence)).toBe(isNew);
					used.add(sequence);
					if (sequence > highest) highest = sequence;
				}
			})
		);
	});
});
