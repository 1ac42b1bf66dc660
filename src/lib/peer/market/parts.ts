/**
 * Large or dear events are sold in parts, so that an answer fits a packet and a cheat never gets
 * more than {@link LIMITS.partPrice} for nothing. A part is a slice of the encoded v2 event.
 */
import { LIMITS } from '../limits.ts';
import { ceilDiv, maxOf, minOf } from '../money.ts';

/** What an EVENT frame adds to the encoded event or slice in it, at most, in bytes. */
export const EVENT_FRAME_OVERHEAD = 32;

/** In how many parts an event of `size` bytes at `price` for the whole must be got; 1: as a whole. */
export const partsOf = (size: number, price: bigint): number => {
	const bySize = Math.ceil(size / LIMITS.partBytes);
	const byPrice = ceilDiv(price, LIMITS.partPrice);
	// A part holds at least one byte.
	return Math.max(1, Math.min(size, LIMITS.parts, Math.max(bySize, Number(byPrice))));
};

/** Price of part `index` of `count`: the whole divided and rounded up, the last the rest. */
export const partPrice = (price: bigint, index: number, count: number): bigint => {
	const each = ceilDiv(price, BigInt(count));
	return maxOf(0n, minOf(each, price - each * BigInt(index)));
};

export const partBytes = (encoded: Uint8Array, index: number, count: number): Uint8Array =>
	encoded.subarray(
		Math.floor((index * encoded.length) / count),
		Math.floor(((index + 1) * encoded.length) / count)
	);
