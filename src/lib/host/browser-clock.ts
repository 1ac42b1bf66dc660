import type { Cancel, Clock } from '../peer/platform.ts';

/** `setTimeout` keeps its delay in 32 bits; beyond that it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;
/** Timers called off that may stay in the list before it is gone through. */
const MOST_CALLED_OFF = 64;

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

interface Timer {
	/** By the browser's clock that nobody sets. */
	readonly at: number;
	/** Undefined when it was called off or has fired. */
	run: (() => void) | undefined;
}

/**
 * Timers of which nearly all are called off: every request waits half a minute at most, and is answered in
 * milliseconds. To set one of the browser's and to call it off takes longer than to write the request, so the browser
 * has one, for the first in this list, and looks again when that was called off meanwhile.
 */
const createTimers = (inTurn: (run: () => void) => void): ((delayMs: number, run: () => void) => Cancel) => {
	/** In the order of time. */
	let timers: Timer[] = [];
	let calledOff = 0;
	let setFor = Number.POSITIVE_INFINITY;
	let timeout: ReturnType<typeof setTimeout> | undefined;

	const set = (): void => {
		const first = timers[0];
		if (first === undefined || first.at >= setFor) return;
		clearTimeout(timeout);
		setFor = first.at;
		timeout = setTimeout(fire, Math.min(Math.ceil(first.at - performance.now()), LONGEST_MS));
	};
	/** The first that is due; the next gets a turn of its own, as if each were the browser's. */
	const fire = (): void => {
		setFor = Number.POSITIVE_INFINITY;
		while (timers[0] !== undefined && timers[0].run === undefined) {
			timers.shift();
			calledOff--;
		}
		const first = timers[0];
		const run = first === undefined || first.at > performance.now() ? undefined : first.run;
		if (first === undefined || run === undefined) return set();
		first.run = undefined;
		timers.shift();
		if ((timers[0]?.at ?? Number.POSITIVE_INFINITY) <= performance.now()) inTurn(fire);
		else set();
		run();
	};
	return (delayMs, run) => {
		const timer: Timer = { at: performance.now() + delayMs, run };
		let place = timers.length;
		while (place > 0 && (timers[place - 1] as Timer).at > timer.at) place--;
		if (place === timers.length) timers.push(timer);
		else timers.splice(place, 0, timer);
		set();
		return () => {
			if (timer.run === undefined) return;
			timer.run = undefined;
			if (++calledOff <= Math.max(MOST_CALLED_OFF, timers.length / 2)) return;
			timers = timers.filter(({ run: live }) => live !== undefined);
			calledOff = 0;
		};
	};
};

let inNextTurn: ReturnType<typeof createTurns> | undefined;
let inTime: ReturnType<typeof createTimers> | undefined;

/** The system's clock and timers, in a page or a worker. */
export const browserClock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		inNextTurn ??= createTurns();
		if (delayMs <= 0) {
			let cancelled = false;
			inNextTurn(() => {
				if (!cancelled) run();
			});
			return () => (cancelled = true);
		}
		inTime ??= createTimers(inNextTurn);
		return inTime(delayMs, run);
	}
};
