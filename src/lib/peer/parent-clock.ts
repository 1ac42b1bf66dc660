/**
 * The time that neighbours agree on: protocol times follow the parent's clock once a link has told it, timers follow
 * the host's. Without it a device whose clock is off would be refused by everybody as stale.
 *
 * A parent says what it likes, and days are counted by this clock: what may be spent in one, what is believed in one.
 * Moved on by a day with every connection, it would begin a new day each time. So it is never further from the
 * host's than {@link LIMITS.clockOffMostMs}, which can begin the day after early, once, and no other.
 */
import { LIMITS } from './limits.ts';
import type { Clock } from './platform.ts';

export interface ParentClock extends Clock {
	/** The parent's clock is this much ahead of this one, in milliseconds; any number. */
	correct(offsetMs: number): void;
}

export const createParentClock = (host: Clock): ParentClock => {
	const most = LIMITS.clockOffMostMs;
	let aheadMs = 0;
	return {
		now: () => host.now() + aheadMs,
		after: (delayMs, run) => host.after(delayMs, run),
		correct: (offsetMs) => {
			aheadMs = Math.max(-most, Math.min(most, aheadMs + Math.round(offsetMs)));
		}
	};
};
