import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { percentile } from './stats.ts';

/** Enough for a p50. */
const TIMES = 200;
/** One page of a database, behind the one before. */
const PAGE = new Uint8Array(4_096).fill(7);

/** What this disk takes to keep one page for certain, p50 in milliseconds: a write and a sync of its data. */
export const syncTime = (folder: string): number => {
	const file = openSync(join(folder, 'sync-time'), 'w');
	const eachMs = Array.from({ length: TIMES }, () => {
		const start = performance.now();
		writeSync(file, PAGE);
		fdatasyncSync(file);
		return performance.now() - start;
	});
	closeSync(file);
	return percentile(eachMs, 50);
};
