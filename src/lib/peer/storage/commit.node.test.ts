import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import { createCommits, type Commits } from './commit.ts';
import { SqlError, type SqlDriver } from './sql.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
	let folder: string;
	let clock: SimulatedClock;
	let sql: SqlDriver;
	let commits: Commits;

	const open = (maxPages?: number): void => {
		sql = createNodeSql(join(folder, 'peer.sqlite3'), maxPages === undefined ? {} : { maxPages });
		sql.script('CREATE TABLE t (n INTEGER PRIMARY KEY, v BLOB)');
		commits = createCommits(sql, clock);
	};
	const insert = (n: number) => () => sql.run('INSERT INTO t (n) VALUES (?)', [n]);
	const stored = (driver: SqlDriver = sql) => driver.all('SELECT n FROM t ORDER BY rowid').map(({ n }) => n);

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'commit-'));
		clock = createSimulatedClock(0, turn);
	});
	afterEach(() => {
		sql.close();
		rmSync(folder, { recursive: true });
	});

	it('writes everything of one turn in one transaction, in order', async () => {
		open();
		const order: number[] = [];
		const all = [1, 2, 3].map((n) =>
			commits.run(() => {
				order.push(n);
				return insert(n)();
			})
		);
		await clock.advance(0);
		expect(await Promise.all(all)).toEqual([1, 1, 1]);
		expect(order).toEqual([1, 2, 3]);
		expect(commits.counts()).toEqual({ commits: 1, units: 3 });
	});

	it('is on disk, for another connection to see, before the promise resolves', async () => {
		open();
		const other = createNodeSql(join(folder, 'peer.sqlite3'));
		const seen = commits.run(insert(1)).then(() => stored(other));
		expect(stored(other)).toEqual([]);
		commits.flush();
		expect(await seen).toEqual([1]);
		other.close();
	});

	it('undoes a unit that throws, alone, and hands its error over', async () => {
		open();
		const mine = new Error('mine');
		const first = commits.run(insert(1));
		const second = commits.run(() => {
			insert(2)();
			throw mine;
		});
		const third = commits.run(insert(3));
		commits.flush();
		await expect(second).rejects.toBe(mine);
		expect(await Promise.all([first, third])).toEqual([1, 1]);
		expect(stored()).toEqual([1, 3]);
	});

	it('undoes a unit alone when it breaks a rule of the database, also inside its own transaction', async () => {
		open();
		const first = commits.run(insert(1));
		const second = commits.run(() =>
			sql.transaction(() => {
				insert(2)();
				return insert(1)();
			})
		);
		const third = commits.run(insert(3));
		commits.flush();
		await expect(second).rejects.toMatchObject({ kind: 'constraint' });
		await Promise.all([first, third]);
		expect(stored()).toEqual([1, 3]);
	});

	it('lets each unit see what the ones before it decided', async () => {
		open();
		sql.run('INSERT INTO t (n) VALUES (1)');
		const take = (): boolean => sql.run('DELETE FROM t WHERE n = 1') === 1;
		const takers = [commits.run(take), commits.run(take)];
		commits.flush();
		expect(await Promise.all(takers)).toEqual([true, false]);
	});

	it('rejects the whole group on a full disk, of which nothing happened, and works on afterwards', async () => {
		open(20);
		const small = commits.run(insert(1));
		const big = commits.run(() => {
			for (let i = 0; i < 100; i++) sql.run('INSERT INTO t (v) VALUES (?)', [new Uint8Array(3_000)]);
		});
		const after = commits.run(insert(2));
		commits.flush();
		for (const { status, ...rest } of await Promise.allSettled([small, big, after])) {
			expect(status).toBe('rejected');
			expect(rest).toMatchObject({ reason: expect.objectContaining({ kind: 'full' }) as SqlError });
		}
		expect(stored()).toEqual([]);
		const again = commits.run(insert(3));
		commits.flush();
		await again;
		expect(stored()).toEqual([3]);
		expect(commits.counts()).toEqual({ commits: 1, units: 1 });
	});

	it('puts what a unit asks for while it runs into the next group', async () => {
		open();
		let inner: Promise<number> | undefined;
		const outer = commits.run(() => {
			inner = commits.run(insert(2));
			return insert(1)();
		});
		commits.flush();
		await outer;
		expect(stored()).toEqual([1]);
		await clock.advance(0);
		expect(await inner).toBe(1);
		expect(commits.counts()).toEqual({ commits: 2, units: 2 });
	});

	it('refuses a unit that is not finished in one turn, and a flush from inside one', async () => {
		open();
		const asynchronous = commits.run(async () => {
			insert(1)();
			return Promise.resolve(1);
		});
		const flushing = commits.run(() => {
			insert(2)();
			commits.flush();
		});
		commits.flush();
		await expect(asynchronous).rejects.toThrow('synchronous');
		await expect(flushing).rejects.toThrow('inside');
		expect(stored()).toEqual([]);
	});

	it('writes what is queued when stopped, then takes nothing more', async () => {
		open();
		const last = commits.run(insert(1));
		commits.stop();
		expect(await last).toBe(1);
		await expect(commits.run(insert(2))).rejects.toThrow('stopped');
		expect(stored()).toEqual([1]);
	});

	it('gives a lone unit its own commit at once, however many follow each other', async () => {
		open();
		for (let n = 1; n <= 6; n++) {
			const asked = clock.now();
			const done = commits.run(insert(n)).then(() => clock.now() - asked);
			await clock.advance(0);
			expect(await done).toBe(0);
			await clock.advance(5);
		}
		expect(commits.counts()).toEqual({ commits: 6, units: 6 });
	});

	it('waits for company only while commits follow each other fast and somebody comes', async () => {
		open();
		const delays: number[] = [];
		let n = 0;
		/** One unit, then time passes until it is written. */
		const one = async (): Promise<void> => {
			const asked = clock.now();
			const done = commits.run(insert((n += 1))).then(() => delays.push(clock.now() - asked));
			await clock.runWhile(() => delays.length < n, asked + 100);
			await done;
		};
		for (let i = 0; i < 12; i++) await one();
		// Eight are load, the ninth waits, and since nobody came the others do not.
		expect(delays).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
	});

	it('writes a burst that trickles in during a few milliseconds in few transactions, in order', async () => {
		open();
		const done: Promise<number>[] = [];
		for (let n = 1; n <= 64; n++)
			clock.after(Math.floor(n / 8), () => {
				done.push(commits.run(insert(n)));
			});
		await clock.advance(20);
		expect(await Promise.all(done)).toHaveLength(64);
		expect(stored()).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
		expect(commits.counts().units).toBe(64);
		expect(commits.counts().commits).toBeLessThanOrEqual(12);
	});

	it('cuts a crowd into transactions of bounded size, and one failing group leaves the others', async () => {
		open(40);
		const all = Array.from({ length: 600 }, (_, i) =>
			commits.run(() => {
				if (i === 300) sql.run('INSERT INTO t (v) VALUES (?)', [new Uint8Array(300_000)]);
				else insert(i + 1)();
			})
		);
		const settled = Promise.allSettled(all);
		await clock.advance(10);
		const failed = (await settled).map(({ status }) => status === 'rejected');
		// The group of number 300, whole, and no other.
		expect(failed.indexOf(true)).toBe(256);
		expect(failed.lastIndexOf(true)).toBe(511);
		expect(stored()).toHaveLength(600 - 256);
		expect(commits.counts()).toEqual({ commits: 2, units: 600 - 256 });
	});

	/** As of a driver whose disk takes what was committed only when it is told to. */
	const openAside = (): {
		readonly asked: () => number;
		readonly takes: () => void;
		readonly fails: () => void;
	} => {
		open();
		let asked = 0;
		const waiting: { readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = [];
		const durable = (): Promise<void> => {
			asked += 1;
			return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
		};
		commits = createCommits({ ...sql, durable }, clock);
		return {
			asked: () => asked,
			takes: () => waiting.shift()?.resolve(),
			fails: () => waiting.shift()?.reject(new SqlError('other', 'the disk is gone'))
		};
	};
	const isTold = async (promise: Promise<unknown>): Promise<boolean> =>
		Promise.race([promise.then(() => true), turn().then(() => false)]);

	it('tells nothing before the disk has it, where commits return earlier, and has it take two groups at a time', async () => {
		const disk = openAside();
		const first = commits.run(insert(1));
		await clock.advance(0);
		expect(stored()).toEqual([1]);
		expect(await isTold(first)).toBe(false);
		const second = [commits.run(insert(2)), commits.run(insert(3))];
		await clock.advance(0);
		expect([stored(), disk.asked()]).toEqual([[1, 2, 3], 2]);
		expect(await isTold(Promise.race([first, ...second]))).toBe(false);
		// A third gathers until one of them is over.
		const third = [commits.run(insert(4)), commits.run(insert(5))];
		await clock.advance(50);
		expect([stored(), disk.asked()]).toEqual([[1, 2, 3], 2]);
		disk.takes();
		await first;
		await turn();
		expect([stored(), disk.asked()]).toEqual([[1, 2, 3, 4, 5], 3]);
		expect(await isTold(Promise.race([...second, ...third]))).toBe(false);
		disk.takes();
		await Promise.all(second);
		expect(await isTold(Promise.race(third))).toBe(false);
		disk.takes();
		expect(await Promise.all(third)).toEqual([1, 1]);
		expect(commits.counts()).toEqual({ commits: 3, units: 5 });
	});

	it('writes what is content with the log while the disk is busy', async () => {
		const disk = openAside();
		const waiting = [commits.run(insert(1))];
		await clock.advance(0);
		waiting.push(commits.run(insert(2)));
		await clock.advance(0);
		const gathers = commits.run(insert(3));
		await clock.advance(0);
		expect([stored(), disk.asked()]).toEqual([[1, 2], 2]);
		const hurried = commits.run(insert(4), 'written');
		await clock.advance(0);
		expect(await hurried).toBe(1);
		expect([stored(), disk.asked()]).toEqual([[1, 2, 3, 4], 2]);
		expect(await isTold(Promise.race([...waiting, gathers]))).toBe(false);
		disk.takes();
		disk.takes();
		await Promise.all(waiting);
		await turn();
		expect([disk.asked(), await isTold(gathers)]).toEqual([3, false]);
		disk.takes();
		expect(await gathers).toBe(1);
	});

	it('lets the answer of a unit say whether the log is enough', async () => {
		const disk = openAside();
		const until = (n: number): 'durable' | 'written' => (n === 1 ? 'durable' : 'written');
		const [claim, promise] = [commits.run(() => 1, until), commits.run(() => 2, until)];
		const failed = commits.run(
			() => {
				throw new Error('no');
			},
			() => 'written'
		);
		failed.catch(() => undefined);
		await clock.advance(0);
		expect(await promise).toBe(2);
		expect(await isTold(claim)).toBe(false);
		expect(await isTold(failed.catch(() => undefined))).toBe(false);
		disk.takes();
		expect(await claim).toBe(1);
		await expect(failed).rejects.toThrow('no');
	});

	it('tells what is content with the log once it is written, and has the disk take it with the next or soon', async () => {
		const disk = openAside();
		const first = commits.run(insert(1), 'written');
		await clock.advance(0);
		expect(await first).toBe(1);
		expect(disk.asked()).toBe(0);
		const durable = commits.run(insert(2));
		const beside = commits.run(insert(3), 'written');
		await clock.advance(0);
		expect(await beside).toBe(1);
		expect([disk.asked(), await isTold(durable)]).toEqual([1, false]);
		disk.takes();
		expect(await durable).toBe(1);
		const alone = commits.run(insert(4), 'written');
		await clock.advance(9);
		expect([await alone, disk.asked()]).toEqual([1, 1]);
		await clock.advance(2);
		expect(disk.asked()).toBe(2);
		disk.takes();
		await clock.advance(100);
		expect(disk.asked()).toBe(2);
	});

	it('writes a crowd while the disk is busy, instead of all of it at once afterwards', async () => {
		const disk = openAside();
		const all: Promise<number>[] = [];
		for (const n of [-1, 0]) {
			all.push(commits.run(insert(n)));
			await clock.advance(0);
		}
		for (let n = 1; n <= 300; n++) all.push(commits.run(insert(n)));
		await clock.advance(0);
		expect([stored().length, disk.asked()]).toEqual([302, 2]);
		disk.takes();
		await all[0];
		expect(await isTold(all[301] as Promise<number>)).toBe(false);
		disk.takes();
		disk.takes();
		expect(await Promise.all(all)).toHaveLength(302);
	});

	it('rejects what the disk did not take', async () => {
		const disk = openAside();
		const lost = commits.run(insert(1));
		commits.flush();
		disk.fails();
		await expect(lost).rejects.toMatchObject({ message: 'the disk is gone' });
	});

	it('writes once at the end of a group what each of its units would write anew', async () => {
		open();
		const row = {};
		let sum = 0;
		const add = (n: number) => () => {
			sum += n;
			commits.last(row, () => sql.run('INSERT INTO t (n) VALUES (?)', [sum]));
		};
		const all = [commits.run(add(1)), commits.run(add(2)), commits.run(add(4))];
		commits.flush();
		await Promise.all(all);
		expect(stored()).toEqual([7]);
		const lone = commits.run(add(8));
		commits.flush();
		await lone;
		expect(stored()).toEqual([7, 15]);
		expect(() => commits.last(row, () => undefined)).toThrow('outside');
	});

	it('undoes a group whose end throws, and forgets that end', async () => {
		open();
		const broken = new Error('no');
		const all = [
			commits.run(insert(1)),
			commits.run(() =>
				commits.last({}, () => {
					throw broken;
				})
			)
		];
		commits.flush();
		for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected');
		expect(stored()).toEqual([]);
		const after = commits.run(insert(2));
		commits.flush();
		await after;
		expect(stored()).toEqual([2]);
	});

	it('undoes a lone unit that throws', async () => {
		open();
		const mine = new Error('mine');
		const only = commits.run(() => {
			insert(1)();
			throw mine;
		});
		commits.flush();
		await expect(only).rejects.toBe(mine);
		expect(stored()).toEqual([]);
	});
});
