/**
 * The time that neighbours agree on: protocol times follow the parent's clock once a link has told it, timers follow
 * the host's. Without it a device whose clock is off would be refused by everybody as stale.
 */
import type { Clock } from './platform.ts';

export interface ParentClock extends Clock {
	/** The parent's clock is this much ahead of this one, in milliseconds. */
	correct(offsetMs: number): void;
}

export const createParentClock = (host: Clock): ParentClock => {
	let aheadMs = 0;
	return {
		now: () => host.now() + aheadMs,
		after: (delayMs, run) => host.after(delayMs, run),
		correct: (offsetMs) => {
			aheadMs += Math.round(offsetMs);
		}
	};
};
