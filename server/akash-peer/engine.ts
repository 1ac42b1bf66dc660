/**
 * How a node sets its JavaScript engine. V8's own settings suit a program that has many cores for itself; a node has one
 * or two, and what it owes is to answer each packet soon.
 */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** V8's own number of threads for collecting garbage and compiling. */
const MOST_THREADS = 4;

/**
 * For the command line: with V8's four threads on two cores the one that packets need stands in line behind them, four
 * milliseconds a turn. As many as the other cores, at least one.
 */
export const ENGINE_OPTIONS: readonly string[] = [
	`--v8-pool-size=${Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1))}`
];

/**
 * V8 collects the whole heap again once it has grown by a small part, because a small heap is soon gone through: with 700
 * notes a second every two seconds, each time slowing all packets down for 50 ms. Live data of a node are some 25 MB; it may
 * grow to five times that before it is worth it.
 */
export const growHeapFreely = (): void => setFlagsFromString('--heap-growing-percent=400');
