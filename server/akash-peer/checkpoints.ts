/**
 * Checkpoints beside the packets. SQLite copies its log to the database whenever a commit finds it too long: some
 * thousand pages and two syncs of the disk, ten milliseconds and more in which the thread that packets need stands still.
 *
 * Here a thread copies (checkpoint-thread.ts) while the log grows on, then what was written meanwhile, until nothing was:
 * only a log that is copied whole begins again at its start. On a node that never pauses that long the rest is copied where
 * it stands, once the log is twice as long; a thread that ends is not missed: SQLite itself does its work from
 * {@link WITHOUT_THREAD} on, as it always did.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface Checkpoints {
	/** After a commit; from outside of a transaction. */
	look(): void;
	/** Nothing is copied any more. */
	close(): void;
}

/** Pages of the log, and how many of them the database has. */
export interface LogState {
	readonly log: number;
	readonly copied: number;
}

export interface CheckpointsOptions {
	/** The database. */
	readonly path: string;
	readonly state: () => LogState;
	/** Copies what is left, where it stands. Throws when the disk is in trouble. */
	readonly copy: () => void;
	/** For tests: another thread than checkpoint-thread.ts. */
	readonly start?: () => Worker;
}

/**
 * Pages of the log (64 MiB) before they are copied to the database: most of them are written many times before. While they
 * are copied, 10 ms and more, every packet waits longer for the disk; at 16 MiB that was each fifth of a second under load.
 */
export const CHECKPOINT_PAGES = 16_384;
/** As long a log SQLite copies at a commit: the thread is not there, or cannot keep up. */
export const WITHOUT_THREAD = 3 * CHECKPOINT_PAGES;
/** Without `durable: 'aside'` SQLite copies where it stands, so less at a time (16 MiB). */
export const OWN_CHECKPOINT_PAGES = 4_096;
/** From here on the rest is copied where it stands. */
const LONG_PAGES = 2 * CHECKPOINT_PAGES;
/** The most that this may be: a few milliseconds. Beyond it the thread goes again. */
const FEW_PAGES = 512;
/** Beside this file, and built like it. */
const THREAD = `./checkpoint-thread${extname(import.meta.url)}`;

export const createCheckpoints = ({ path, state, copy, ...options }: CheckpointsOptions): Checkpoints => {
	const start =
		options.start ?? (() => new Worker(new URL(THREAD, import.meta.url), { stdin: false, execArgv: [] }));
	let thread: Worker | undefined;
	let busy = false;
	let ended = false;
	/** Pages that were copied when the thread went, and the length of the log when somebody who reads it kept it from going on. */
	let before = 0;
	let stuckAt = 0;

	const copied = (): void => {
		if (ended) return;
		busy = false;
		const now = state();
		if (now.log > 0 && now.copied === before) stuckAt = now.log;
		else if (now.log >= LONG_PAGES) finish(now);
	};

	const finish = (now: LogState): void => {
		if (now.log - now.copied > FEW_PAGES) return send();
		try {
			copy();
		} catch {
			// The next commit meets the same trouble, and has somebody to tell.
		}
	};

	const begin = (): Worker => {
		const worker = start();
		worker.on('message', copied);
		worker.on('error', () => undefined);
		worker.on('exit', () => {
			ended = true;
		});
		// It does not keep the process alive.
		worker.unref();
		return worker;
	};

	const send = (): void => {
		busy = true;
		before = state().copied;
		stuckAt = 0;
		thread ??= begin();
		thread.postMessage(path);
	};

	return {
		look: () => {
			if (busy || ended) return;
			const now = state();
			if (now.log - now.copied >= CHECKPOINT_PAGES && now.log >= stuckAt + FEW_PAGES) send();
		},
		close: () => {
			ended = true;
			void thread?.terminate();
		}
	};
};
