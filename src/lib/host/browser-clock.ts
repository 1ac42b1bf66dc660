import type { Clock } from '../peer/platform.ts';

/** `setTimeout` keeps its delay in 32 bits; beyond that it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** The system's clock and timers, in a page or a worker. */
export const browserClock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		let timer: ReturnType<typeof setTimeout>;
		const wait = (left: number): void => {
			timer = setTimeout(
				() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : run()),
				Math.max(0, Math.min(left, LONGEST_MS))
			);
		};
		wait(delayMs);
		return () => clearTimeout(timer);
	}
};
