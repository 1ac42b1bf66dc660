/**
 * Which sequence numbers of a token were used already: a window of the newest
 * {@link LIMITS.sessionWindow} numbers, one bit each. What is older than the window counts as used,
 * so a recorded packet can never be played twice, however long somebody kept it.
 */
import { LIMITS } from '../limits.ts';

const SIZE = LIMITS.sessionWindow;
/** Bytes of the highest number in front of the bits. */
const HEAD = 8;

export interface SequenceWindow {
	/** True when the number is new; it counts as used from now on. */
	use(sequence: bigint): boolean;
	/** For {@link createSequenceWindow} after a restart. */
	bytes(): Uint8Array;
}

/** Throws when `stored` is not what {@link SequenceWindow.bytes} gave (a bug). */
export const createSequenceWindow = (stored?: Uint8Array): SequenceWindow => {
	const bits = new Uint8Array(SIZE / 8);
	let highest = 0n;
	if (stored) {
		if (stored.length !== HEAD + bits.length) throw new Error('not a stored sequence window');
		highest = new DataView(stored.buffer, stored.byteOffset, HEAD).getBigUint64(0);
		bits.set(stored.subarray(HEAD));
	}
	const place = (sequence: bigint): readonly [byte: number, bit: number] => {
		const at = Number(sequence % BigInt(SIZE));
		return [at >> 3, 1 << (at & 7)];
	};
	const clear = (sequence: bigint): void => {
		const [byte, bit] = place(sequence);
		bits[byte] = (bits[byte] as number) & ~bit;
	};
	return {
		use: (sequence) => {
			if (sequence > highest) {
				if (sequence - highest >= BigInt(SIZE)) bits.fill(0);
				else for (let skipped = highest + 1n; skipped <= sequence; skipped++) clear(skipped);
				highest = sequence;
			} else if (highest - sequence >= BigInt(SIZE)) return false;
			const [byte, bit] = place(sequence);
			if (((bits[byte] as number) & bit) !== 0) return false;
			bits[byte] = (bits[byte] as number) | bit;
			return true;
		},
		bytes: () => {
			const out = new Uint8Array(HEAD + bits.length);
			new DataView(out.buffer).setBigUint64(0, highest);
			out.set(bits, HEAD);
			return out;
		}
	};
};
