import type { Clock } from '../peer/platform.ts';

/** `setTimeout` keeps its delay in 32 bits; beyond that it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs after what already waits for its turn. A `setTimeout` of zero is no such thing: nested ones last
 * four milliseconds, which every decision that must be written first would pay.
 */
const createTurns = (): ((run: () => void) => void) => {
	const waiting: (() => void)[] = [];
	const { port1, port2 } = new MessageChannel();
	port1.onmessage = () => waiting.shift()?.();
	return (run) => {
		waiting.push(run);
		port2.postMessage(undefined);
	};
};

let inNextTurn: ReturnType<typeof createTurns> | undefined;

/** The system's clock and timers, in a page or a worker. */
export const browserClock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		if (delayMs <= 0) {
			let cancelled = false;
			inNextTurn ??= createTurns();
			inNextTurn(() => {
				if (!cancelled) run();
			});
			return () => (cancelled = true);
		}
		let timer: ReturnType<typeof setTimeout>;
		const wait = (left: number): void => {
			timer = setTimeout(
				() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : run()),
				Math.min(left, LONGEST_MS)
			);
		};
		wait(delayMs);
		return () => clearTimeout(timer);
	}
};
