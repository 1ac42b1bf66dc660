/**
 * The clock of paced-reader.ts, on a thread of its own: a timer of the main thread is a millisecond late, and later when
 * that thread is busy, which is what is to be measured and not how.
 *
 * Gets `{count, perSecond}`, posts the time (hrtime, ns) at which each of them is due, when it is due.
 */
import { parentPort } from 'node:worker_threads';

export interface Pace {
	readonly count: number;
	readonly perSecond: number;
}

const never = new Int32Array(new SharedArrayBuffer(4));

parentPort?.once('message', ({ count, perSecond }: Pace) => {
	const began = process.hrtime.bigint();
	for (let n = 0; n < count; n += 1) {
		const due = began + BigInt(Math.round((n * 1e9) / perSecond));
		const early = Number(due - process.hrtime.bigint()) / 1e6;
		if (early > 0) Atomics.wait(never, 0, 0, early);
		parentPort?.postMessage(due);
	}
});
