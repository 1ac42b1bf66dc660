import type { Clock } from '../../src/lib/peer/platform.ts';

/**
 * The system's clock and timers. No delay means after what already waits for its turn; a `setTimeout` of
 * zero would last a millisecond, which every decision that must be written first would pay.
 */
export const nodeClock: Clock = {
	now: Date.now,
	after: (delayMs, run) => {
		if (delayMs <= 0) {
			const turn = setImmediate(run);
			return () => clearImmediate(turn);
		}
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	}
};
