import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKPOINT_PAGES, createCheckpoints, WITHOUT_THREAD, type LogState } from './checkpoints.ts';
import { createNodeSql } from './node-sql.ts';

const FRAME_BYTES = 4_096 + 24;

describe('checkpoints beside the packets', () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'checkpoints-'));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it('keep the log of a database that is written without a pause about as long as it may be, and lose nothing', async () => {
		const path = join(folder, 'busy');
		const sql = createNodeSql(path, { durable: 'aside' });
		sql.script('CREATE TABLE t (n INTEGER PRIMARY KEY, v BLOB)');
		const value = new Uint8Array(3_900);
		let rows = 0;
		// Four logs of the length at which a checkpoint is due.
		while (rows < 4 * CHECKPOINT_PAGES) {
			sql.transaction(() => {
				for (let one = 0; one < 16; one += 1) sql.run('INSERT INTO t VALUES (?, ?)', [(rows += 1), value]);
			});
			await sql.durable?.();
		}
		expect(statSync(`${path}-wal`).size).toBeLessThan(WITHOUT_THREAD * FRAME_BYTES);
		const looks = new DatabaseSync(path, { readOnly: true });
		expect(looks.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: rows });
		looks.close();
		sql.close();
		const again = createNodeSql(path);
		expect(again.all('SELECT count(*) AS n, max(n) AS last FROM t')).toEqual([{ n: rows, last: rows }]);
		expect(again.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
		again.close();
	});

	/** A log that grows and is copied as told; a thread that answers when told. */
	const openTold = (code = 'require("node:worker_threads").parentPort.on("message", () => {})') => {
		let now: LogState = { log: 0, copied: 0 };
		let copies = 0;
		const workers: Worker[] = [];
		const asked: string[] = [];
		const checkpoints = createCheckpoints({
			path: 'a path',
			state: () => now,
			copy: () => {
				copies += 1;
				now = { log: now.log, copied: now.log };
			},
			start: () => {
				const worker = new Worker(code, { eval: true });
				const post = worker.postMessage.bind(worker);
				worker.postMessage = (path: string) => {
					asked.push(path);
					post(path);
				};
				workers.push(worker);
				return worker;
			}
		});
		return {
			checkpoints,
			asked,
			copies: () => copies,
			is: (log: number, copied: number) => {
				now = { log, copied };
				checkpoints.look();
			},
			answers: (log: number, copied: number) => {
				now = { log, copied };
				workers[0]?.emit('message', 'copied');
			},
			ended: () => new Promise((resolve) => workers[0]?.once('exit', resolve))
		};
	};

	it('send the thread when the log is long, and copy what it leaves where it stands once it is twice as long', () => {
		const told = openTold();
		told.is(CHECKPOINT_PAGES - 1, 0);
		expect(told.asked).toEqual([]);
		told.is(CHECKPOINT_PAGES, 0);
		told.is(CHECKPOINT_PAGES + 100, 0);
		expect(told.asked).toEqual(['a path']);
		// Nearly all: what is left goes with the next.
		told.answers(CHECKPOINT_PAGES + 300, CHECKPOINT_PAGES + 290);
		told.is(2 * CHECKPOINT_PAGES + 289, CHECKPOINT_PAGES + 290);
		expect([told.asked.length, told.copies()]).toEqual([1, 0]);
		told.is(2 * CHECKPOINT_PAGES + 290, CHECKPOINT_PAGES + 290);
		expect([told.asked.length, told.copies()]).toEqual([2, 0]);
		told.answers(3 * CHECKPOINT_PAGES, 2 * CHECKPOINT_PAGES);
		expect([told.asked.length, told.copies()]).toEqual([3, 0]);
		told.answers(3 * CHECKPOINT_PAGES + 100, 3 * CHECKPOINT_PAGES);
		expect([told.asked.length, told.copies()]).toEqual([3, 1]);
		told.checkpoints.close();
	});

	it('leave a log alone that was copied whole and has begun again', () => {
		const told = openTold();
		told.is(CHECKPOINT_PAGES, 0);
		told.answers(10, 0);
		told.is(CHECKPOINT_PAGES - 1, 0);
		expect([told.asked.length, told.copies()]).toEqual([1, 0]);
		told.is(CHECKPOINT_PAGES, 0);
		expect(told.asked.length).toBe(2);
		told.checkpoints.close();
	});

	it('leave the log alone for a while when somebody who reads it keeps the thread from going on', () => {
		const told = openTold();
		told.is(CHECKPOINT_PAGES, 0);
		told.answers(CHECKPOINT_PAGES + 10, 0);
		told.is(CHECKPOINT_PAGES + 100, 0);
		expect([told.asked.length, told.copies()]).toEqual([1, 0]);
		told.is(CHECKPOINT_PAGES + 600, 0);
		expect(told.asked.length).toBe(2);
		told.checkpoints.close();
	});

	it('ask a thread that has ended for nothing more', async () => {
		const told = openTold('process.exit(1)');
		told.is(CHECKPOINT_PAGES, 0);
		await told.ended();
		told.is(2 * CHECKPOINT_PAGES, 0);
		expect([told.asked.length, told.copies()]).toEqual([1, 0]);
		told.checkpoints.close();
	});
});
