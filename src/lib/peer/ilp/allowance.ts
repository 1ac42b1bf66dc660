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

/** A full burst and nothing earned. `perSecond`: what an agreement with the neighbour gives instead, in bytes. */
export const createAllowance = (now: number, perSecond: number = LIMITS.freeBytesPerSecond): Allowance => {
	const burst = perSecond * (LIMITS.freeBurstBytes / LIMITS.freeBytesPerSecond);
	let refilled: number = burst;
	let earned = 0;
	let earnedAt = now;
	let at = now;

	const refill = (time: number): void => {
		if (time > at) {
			refilled = Math.min(burst, refilled + ((time - at) * perSecond) / 1_000);
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

/** How many packets a neighbour may send: so many a second on average, and a second's worth at once. */
export interface PacketRate {
	/** False when there were too many of late; then nothing is counted. */
	take(now: number): boolean;
}

export const createPacketRate = (perSecond: number, now: number): PacketRate => {
	const burst = Math.max(1, perSecond);
	let left = burst;
	let at = now;
	return {
		take: (time) => {
			if (time > at) {
				left = Math.min(burst, left + ((time - at) * perSecond) / 1_000);
				at = time;
			}
			if (left < 1) return false;
			left -= 1;
			return true;
		}
	};
};
