/**
 * BIP-340 checks on worker threads: of all a node does, the only work that is long enough to be worth the
 * way to another thread, and only by the batch. A single check takes 0.2 ms where it stands; a batch (the
 * notes of one answer, the lines of a file, what answers that came together ask for) goes out packed in one
 * buffer, and meanwhile packets move on.
 *
 * A thread that ends, for whatever reason, loses nothing: what it had not answered is checked here, and the
 * next batch starts another, a few times. Threads do not keep the process alive and end with it.
 */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SyncCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import type { Crypto, SchnorrCheck } from '../../src/lib/peer/platform.ts';

/** A thread ended by itself; its work was done on the main thread. */
export interface SignatureThreadFailed {
	readonly type: 'SignatureThreadFailed';
	readonly reason: string;
}

export interface SchnorrThreadsOptions {
	/** Does everything else, and what threads cannot. */
	readonly crypto: SyncCrypto;
	/** 0: no threads at all. */
	readonly threads?: number;
	readonly onTrouble?: (error: SignatureThreadFailed) => void;
	/** For tests: another thread than schnorr-thread.ts. */
	readonly start?: () => Worker;
}

export interface SchnorrThreads {
	/** The provider it was made of, whose batches go to threads. */
	readonly crypto: Crypto;
	/** Ends all threads; what they had not answered is checked here. Later batches are, too. */
	stop(): Promise<void>;
	/** Threads now, and checks that threads have answered. */
	counts(): { readonly threads: number; readonly checked: number };
}

/** A batch on its way to a thread: each check is key ‖ message ‖ signature. */
export interface Batch {
	readonly id: number;
	readonly packed: Uint8Array;
}

/** One byte a check, 1 for a valid signature. */
export interface Answer {
	readonly id: number;
	readonly valid: Uint8Array;
}

export const CHECK_BYTES = 128;
/** A single check is done before a thread could have answered, and somebody waits for it. */
const WORTH_A_THREAD = 4;
/** While none is there yet: a thread starts in about the time in which these are checked. */
const WORTH_A_START = 96;
/** Checks of one message: about 10 ms, so that a large batch is shared by all threads. */
const MOST_AT_ONCE = 48;
/** Beside this file, and built like it. */
const THREAD = `./schnorr-thread${extname(import.meta.url)}`;
/** Threads that may fail before none is started any more. */
const FAILURES = 3;

/** One core is left to the packets: none of one, one of two, and beyond four there is nothing to check. */
export const threadsFor = (cores: number = availableParallelism()): number =>
	Math.max(0, Math.min(4, cores - 1));

interface Thread {
	readonly worker: Worker;
	/** It has answered once: what it is sent now waits for nothing. */
	isReady: boolean;
	readonly open: Map<number, (valid: Uint8Array | undefined) => void>;
}

export const createSchnorrThreads = (options: SchnorrThreadsOptions): SchnorrThreads => {
	const { crypto } = options;
	const most = options.threads ?? threadsFor();
	const start = options.start ?? (() => new Worker(new URL(THREAD, import.meta.url), { stdin: false }));
	const threads: Thread[] = [];
	let failures = 0;
	let nextId = 0;
	let checked = 0;
	let stopped = false;

	const begin = (): Thread => {
		const thread: Thread = { worker: start(), isReady: false, open: new Map() };
		let reason = '';
		const end = (): void => {
			const at = threads.indexOf(thread);
			if (at < 0) return;
			threads.splice(at, 1);
			if (!stopped) {
				failures += 1;
				options.onTrouble?.({ type: 'SignatureThreadFailed', reason });
			}
			for (const settle of thread.open.values()) settle(undefined);
			thread.open.clear();
			sendGathered();
		};
		thread.worker.on('message', ({ id, valid }: Answer) => {
			thread.isReady = true;
			thread.open.get(id)?.(valid);
			thread.open.delete(id);
			if (thread.open.size === 0) thread.worker.unref();
			sendGathered();
		});
		thread.worker.on('error', (error) => {
			reason = String(error);
			end();
		});
		thread.worker.on('exit', (code) => {
			reason ||= `ended with ${code}`;
			end();
		});
		thread.worker.unref();
		threads.push(thread);
		// An empty batch, to hear when it is there.
		post(thread, new Uint8Array(0), () => undefined);
		return thread;
	};

	const post = (
		thread: Thread,
		packed: Uint8Array,
		settle: (valid: Uint8Array | undefined) => void
	): void => {
		const id = nextId++;
		thread.open.set(id, settle);
		thread.worker.postMessage({ id, packed } satisfies Batch, [packed.buffer as ArrayBuffer]);
	};

	/** The one with the least to do; another is started while all have something. */
	const choose = (): Thread | undefined => {
		const [idlest] = threads.toSorted((a, b) => a.open.size - b.open.size);
		if (idlest && (idlest.open.size === 0 || threads.length >= most)) return idlest;
		return failures < FAILURES ? begin() : idlest;
	};

	const isWhole = ({ publicKey32, message32, signature64 }: SchnorrCheck): boolean =>
		publicKey32.length === 32 && message32.length === 32 && signature64.length === 64;

	const send = async (checks: readonly SchnorrCheck[]): Promise<readonly boolean[]> => {
		const thread = choose();
		if (!thread) return crypto.schnorrVerifyMany(checks);
		const packed = new Uint8Array(checks.length * CHECK_BYTES);
		checks.forEach((check, i) => {
			packed.set(check.publicKey32, i * CHECK_BYTES);
			packed.set(check.message32, i * CHECK_BYTES + 32);
			packed.set(check.signature64, i * CHECK_BYTES + 64);
		});
		return new Promise((resolve) => {
			// A process that has nothing else to do still waits for an answer it asked for.
			thread.worker.ref();
			post(thread, packed, (valid) => {
				if (valid?.length !== checks.length) {
					resolve(crypto.schnorrVerifyMany(checks));
					return;
				}
				checked += checks.length;
				resolve(Array.from(valid, (one) => one === 1));
			});
		});
	};

	/** Asked for by themselves in this turn of the event loop: together they may be worth a thread. */
	let gathered: { readonly check: SchnorrCheck; readonly resolve: (valid: boolean) => void }[] = [];

	const gather = (check: SchnorrCheck): Promise<boolean> =>
		new Promise((resolve) => {
			if (gathered.push({ check, resolve }) === 1) setImmediate(sendGathered);
		});

	/** While all threads have something to do, more may come to go with them. */
	const sendGathered = (): void => {
		if (gathered.length === 0) return;
		if (
			gathered.length < MOST_AT_ONCE &&
			threads.length >= most &&
			threads.every(({ isReady, open }) => isReady && open.size > 0)
		)
			return;
		const all = gathered;
		gathered = [];
		void Promise.resolve(share(all.map(({ check }) => check))).then((valid) =>
			all.forEach(({ resolve }, i) => resolve(valid[i] === true))
		);
	};

	const schnorrVerifyMany: Crypto['schnorrVerifyMany'] = (checks) => {
		if (stopped || most === 0 || !checks.every(isWhole)) return crypto.schnorrVerifyMany(checks);
		const [only] = checks;
		return only && checks.length === 1 ? gather(only).then((valid) => [valid]) : share(checks);
	};

	const share: Crypto['schnorrVerifyMany'] = (checks) => {
		if (stopped) return crypto.schnorrVerifyMany(checks);
		// Signatures come, so there will be more: the first thread starts before somebody waits for it.
		if (threads.length === 0 && failures < FAILURES) begin();
		const least = threads.some(({ isReady }) => isReady) ? WORTH_A_THREAD : WORTH_A_START;
		if (checks.length < least) return crypto.schnorrVerifyMany(checks);
		const size = Math.min(MOST_AT_ONCE, Math.ceil(checks.length / most));
		const parts: Promise<readonly boolean[]>[] = [];
		for (let at = 0; at < checks.length; at += size) parts.push(send(checks.slice(at, at + size)));
		return Promise.all(parts).then((answers) => answers.flat());
	};

	return {
		crypto: { ...crypto, schnorrVerifyMany },
		stop: async () => {
			stopped = true;
			await Promise.all(threads.map(({ worker }) => worker.terminate()));
		},
		counts: () => ({ threads: threads.length, checked })
	};
};
