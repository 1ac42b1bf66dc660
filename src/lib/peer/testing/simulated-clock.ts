/**
 * Time that passes only when told to. Timers fire in the order of their time and, at the same time,
 * in the order they were set; after each one the host's promises get to run until nothing is left to
 * do, so that what a timer set in motion has settled before the next one fires. A run is then a
 * function of its inputs, however busy the machine is.
 */
import type { Cancel, Clock } from '../platform.ts';

export interface SimulatedClock extends Clock {
	/** Fires everything due up to and including `untilMs` (Unix ms), then the time is `untilMs`. */
	run(untilMs: number): Promise<void>;
	/** The same, by a distance. */
	advance(byMs: number): Promise<void>;
	/** Fires timers one by one while `busy()` says so; `false` when `untilMs` came first. */
	runWhile(busy: () => boolean, untilMs: number): Promise<boolean>;
	/** Timers that are set and neither fired nor cancelled. */
	pending(): number;
}

interface Timer {
	readonly at: number;
	readonly order: number;
	readonly run: () => void;
	cancelled: boolean;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * @param turn Resolves once all promises that can settle have settled: one `setImmediate` in Node, one
 * message through a MessageChannel in a browser. (A promise alone would come too early.)
 */
export const createSimulatedClock = (startMs: number, turn: () => Promise<void>): SimulatedClock => {
	let now = startMs;
	let order = 0;
	let live = 0;
	/** A binary heap; cancelled timers stay until they surface. */
	const heap: Timer[] = [];

	const push = (timer: Timer): void => {
		let at = heap.length;
		heap.push(timer);
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!before(timer, heap[parent] as Timer)) break;
			heap[at] = heap[parent] as Timer;
			at = parent;
		}
		heap[at] = timer;
	};

	const pop = (): void => {
		const last = heap.pop();
		if (last === undefined || heap.length === 0) return;
		let at = 0;
		for (;;) {
			let child = at * 2 + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
			if (!before(heap[child] as Timer, last)) break;
			heap[at] = heap[child] as Timer;
			at = child;
		}
		heap[at] = last;
	};

	const earliest = (): Timer | undefined => {
		while (heap[0]?.cancelled) pop();
		return heap[0];
	};

	const runWhile = async (busy: () => boolean, untilMs: number): Promise<boolean> => {
		await turn();
		while (busy()) {
			const timer = earliest();
			if (timer === undefined || timer.at > untilMs) {
				now = Math.max(now, untilMs);
				return false;
			}
			pop();
			live--;
			timer.cancelled = true;
			now = Math.max(now, timer.at);
			timer.run();
			await turn();
		}
		return true;
	};

	const run = async (untilMs: number): Promise<void> => {
		await runWhile(() => true, untilMs);
	};

	return {
		now: () => now,
		after: (delayMs, work): Cancel => {
			const timer: Timer = { at: now + Math.max(0, delayMs), order: order++, run: work, cancelled: false };
			push(timer);
			live++;
			return () => {
				if (timer.cancelled) return;
				timer.cancelled = true;
				live--;
			};
		},
		run,
		advance: (byMs) => run(now + byMs),
		runWhile,
		pending: () => live
	};
};
