/**
 * Free data. A node carries packets that pay it nothing (requests, price lists, samples), but not
 * without end: each link may send so many bytes at once and so many a second, and earns more by the
 * fees of what was fulfilled over it. Beyond that: T05, and the sender slows down. Every packet
 * draws the bytes of prepare and answer from the link it came in by, whatever its amount. At a hop the
 * fee is what a packet earns; where it begins or ends there is no fee, and its whole amount counts.
 */
import { LIMITS } from '../limits.ts';

/** Of one link. `now` is Unix ms; a clock that goes back is ignored. */
export interface Allowance {
	/** False when the link has used up what it may send for nothing; then nothing is drawn. */
	draw(bytes: number, now: number): boolean;
	/** The answer's bytes are drawn afterwards and may overdraw: they are only known then. */
	owe(bytes: number, now: number): void;
	/** A packet was fulfilled and left this node `fee` link units. */
	earn(fee: bigint, now: number): void;
	/** What could be drawn now. */
	bytes(now: number): number;
}

/** A full burst and nothing earned. */
export const createAllowance = (now: number): Allowance => {
	let refilled: number = LIMITS.freeBurstBytes;
	let earned = 0;
	let earnedAt = now;
	let at = now;

	const refill = (time: number): void => {
		if (time > at) {
			refilled = Math.min(
				LIMITS.freeBurstBytes,
				refilled + ((time - at) * LIMITS.freeBytesPerSecond) / 1_000
			);
			at = time;
		}
		if (earned > 0 && time - earnedAt > LIMITS.freeEarnedMs) earned = 0;
	};
	const take = (bytes: number): void => {
		const fromEarned = Math.min(earned, bytes);
		earned -= fromEarned;
		refilled -= bytes - fromEarned;
	};

	return {
		draw: (bytes, time) => {
			refill(time);
			if (refilled + earned < bytes) return false;
			take(bytes);
			return true;
		},
		owe: (bytes, time) => {
			refill(time);
			take(bytes);
		},
		earn: (fee, time) => {
			refill(time);
			earned += Number((fee * 1_024n) / LIMITS.feeUnitsPerFreeKib);
			earnedAt = time;
		},
		bytes: (time) => {
			refill(time);
			return Math.max(0, Math.floor(refilled + earned));
		}
	};
};
