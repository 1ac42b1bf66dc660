/**
 * Randomness that repeats: SHA-256 in counter mode from a seed. For simulations and tests; a seed in
 * a failing run's report brings the same run back.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8 } from '../bytes.ts';
import type { Random } from '../platform.ts';

export interface SeededRandom extends Random {
	/** 0 ≤ x < 1, 53 bits. */
	next(): number;
	/** A whole number, 0 ≤ x < n, for n up to 2^53. */
	int(n: number): number;
	/** One of `items`, which must not be empty. */
	pick<T>(items: readonly T[]): T;
	/** A new array in another order. */
	shuffle<T>(items: readonly T[]): T[];
	/** Another stream for another purpose: what one part draws then does not shift what others get. */
	fork(label: string): SeededRandom;
}

export const createSeededRandom = (seed: string): SeededRandom => {
	const key = sha256(utf8(seed));
	let counter = 0;
	let block: Uint8Array = new Uint8Array(0);
	let used = 0;

	const byte = (): number => {
		if (used === block.length) {
			const count = new Uint8Array(8);
			new DataView(count.buffer).setBigUint64(0, BigInt(counter++));
			block = sha256(concatBytes(key, count));
			used = 0;
		}
		return block[used++] as number;
	};

	const bytes = (length: number): Uint8Array => {
		const out = new Uint8Array(length);
		for (let i = 0; i < length; i++) out[i] = byte();
		return out;
	};

	const next = (): number => {
		let high = 0;
		for (let i = 0; i < 4; i++) high = high * 256 + byte();
		let low = 0;
		for (let i = 0; i < 3; i++) low = low * 256 + byte();
		// 32 bits above, 21 of the 24 below.
		return (high * 2 ** 21 + (low >>> 3)) / 2 ** 53;
	};

	const int = (n: number): number => {
		if (!Number.isSafeInteger(n) || n < 1) throw new Error(`int(${n}): needs a whole number above 0`);
		return Math.floor(next() * n);
	};

	return {
		bytes,
		next,
		int,
		pick: (items) => {
			if (items.length === 0) throw new Error('pick from nothing');
			return items[int(items.length)] as (typeof items)[number];
		},
		shuffle: (items) => {
			const out = [...items];
			for (let i = out.length - 1; i > 0; i--) {
				const j = int(i + 1);
				const held = out[i] as (typeof items)[number];
				out[i] = out[j] as (typeof items)[number];
				out[j] = held;
			}
			return out;
		},
		fork: (label) => createSeededRandom(`${seed.length}:${seed}/${label}`)
	};
};
