import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createBegun } from './begun.ts';

const open = (lists: Readonly<Record<number, readonly unknown[]>> = {}, left: readonly number[] = []) => {
	const sql = createNodeSql(':memory:');
	sql.script('CREATE TABLE begun (id INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT');
	for (const [id, entries] of Object.entries(lists))
		sql.run('INSERT INTO begun VALUES (?, ?)', [Number(id), JSON.stringify(entries)]);
	const begun = createBegun(sql, 'begun', left);
	const stored = (): unknown =>
		sql
			.all('SELECT id, entries FROM begun ORDER BY id')
			.map(({ id, entries }) => [id, JSON.parse(String(entries))]);
	return { sql, begun, stored };
};

it('lists what a transaction began in one row, and drops the row some time after all of it has ended', () => {
	const { sql, begun, stored } = open();
	const list = sql.transaction(() =>
		begun.add([
			['a', 1],
			['b', '2']
		])
	);
	expect(stored()).toEqual([
		[
			list,
			[
				['a', 1],
				['b', '2']
			]
		]
	]);
	sql.transaction(() => begun.end(list));
	expect(begun.isMixed(list)).toBe(true);
	sql.transaction(() => begun.end(list));
	expect(begun.isMixed(list)).toBe(false);
	expect(() => begun.end(list)).toThrow('not begun');
	sql.transaction(() => begun.tidy());
	expect(stored()).toEqual([]);
});

it('drops many such rows at a time, without being asked', () => {
	const { sql, begun, stored } = open();
	for (let n = 1; n <= 40; n++) sql.transaction(() => begun.end(begun.add([[n]])));
	expect((stored() as unknown[]).length).toBeLessThan(32);
	const kept = sql.transaction(() => begun.add([['open']]));
	sql.transaction(() => begun.tidy());
	expect(stored()).toEqual([[kept, [['open']]]]);
});

it('goes on where an earlier run stopped', () => {
	const { sql, begun, stored } = open(
		{ 3: [['over']], 5: [['over'], ['open']], 8: [['open'], ['open']] },
		[5, 8, 8]
	);
	expect([3, 5, 8].map(begun.isMixed)).toEqual([false, true, false]);
	sql.transaction(() => {
		expect(begun.add([['open']])).toBe(9);
		begun.tidy();
	});
	expect(stored()).toEqual([
		[8, [['open'], ['open']]],
		[9, [['open']]]
	]);
	sql.transaction(() => {
		begun.end(8);
		begun.end(8);
		begun.tidy();
	});
	expect(stored()).toEqual([[9, [['open']]]]);
});

it('what a transaction or a part of it counted is taken back when it fails', () => {
	const { sql, begun, stored } = open();
	const list = sql.transaction(() => begun.add([['a'], ['b']]));
	for (let n = 1; n <= 31; n++) sql.transaction(() => begun.end(begun.add([[n]])));
	const before = stored();
	const fails = (work: () => void): void => {
		expect(() =>
			sql.transaction(() => {
				work();
				throw new Error('mine');
			})
		).toThrow('mine');
		expect(stored()).toEqual(before);
		expect(begun.isMixed(list)).toBe(false);
	};
	fails(() => {
		begun.end(list);
		begun.end(list);
		begun.add([['c']]);
	});
	fails(() => {
		begun.end(list);
		begun.tidy();
	});
	sql.transaction(() => {
		expect(() =>
			sql.current()?.attempt(() => {
				begun.end(list);
				begun.end(list);
				throw new Error('mine');
			})
		).toThrow('mine');
		begun.end(list);
	});
	expect(begun.isMixed(list)).toBe(true);
	sql.transaction(() => {
		begun.end(list);
		begun.tidy();
	});
	expect(stored()).toEqual([]);
});
