import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createTally } from './tally.ts';

const open = () => {
	const sql = createNodeSql(':memory:');
	sql.script("CREATE TABLE sum (name TEXT PRIMARY KEY, n INTEGER NOT NULL); INSERT INTO sum VALUES ('a', 1)");
	const seen = { reads: 0, writes: 0 };
	const tally = createTally<number>(sql, {
		read: (name) => {
			seen.reads += 1;
			return Number(sql.all('SELECT n FROM sum WHERE name = ?', [name])[0]?.['n'] ?? 0);
		},
		write: (name, n) => {
			seen.writes += 1;
			sql.run('INSERT OR REPLACE INTO sum VALUES (?, ?)', [name, n]);
		}
	});
	const add = (name: string, n: number): void => tally.set(name, tally.get(name) + n);
	const stored = (): unknown =>
		sql.all('SELECT name, n FROM sum ORDER BY name').map(({ name, n }) => [name, n]);
	const attempt = (work: () => void): unknown => {
		try {
			sql.current()?.attempt(work);
			return 'done';
		} catch (error) {
			return error;
		}
	};
	return { sql, seen, tally, add, stored, attempt };
};

it('a row that changes a hundred times in a transaction is read once and written once', () => {
	const { sql, seen, add, stored } = open();
	sql.transaction(() => {
		for (let i = 0; i < 100; i++) add('a', 1);
		expect(stored()).toEqual([['a', 1]]);
	});
	expect(stored()).toEqual([['a', 101]]);
	expect(seen).toEqual({ reads: 1, writes: 1 });
});

it('nothing is kept between transactions: what others wrote meanwhile is seen', () => {
	const { sql, tally, add, stored } = open();
	sql.transaction(() => add('a', 1));
	sql.run('UPDATE sum SET n = 50');
	expect(tally.get('a')).toBe(50);
	sql.transaction(() => add('a', 1));
	expect(stored()).toEqual([['a', 51]]);
	expect(() => tally.set('a', 1)).toThrow('outside');
});

it('a part that fails takes its changes along, and those before it stay', () => {
	const { sql, tally, add, stored, attempt } = open();
	const mine = new Error('mine');
	sql.transaction(() => {
		add('a', 1);
		expect(
			attempt(() => {
				add('a', 10);
				add('b', 10);
				throw mine;
			})
		).toBe(mine);
		expect([tally.get('a'), tally.get('b')]).toEqual([2, 0]);
		expect(attempt(() => add('b', 5))).toBe('done');
	});
	expect(stored()).toEqual([
		['a', 2],
		['b', 5]
	]);
});

it('also what was written already, for a query over the table or by somebody else, is undone with its part', () => {
	const { sql, tally, add, stored, attempt } = open();
	sql.transaction(() => {
		add('a', 1);
		attempt(() => {
			add('a', 10);
			sql.current()?.flush();
			expect(stored()).toEqual([['a', 12]]);
			tally.forget('a');
			sql.run('UPDATE sum SET n = 1000');
			expect(tally.get('a')).toBe(1_000);
			throw new Error('mine');
		});
		expect(tally.get('a')).toBe(2);
	});
	expect(stored()).toEqual([['a', 2]]);
});

it('a transaction that fails leaves nothing, and the next one begins with the tables', () => {
	const { sql, tally, add, stored } = open();
	expect(() =>
		sql.transaction(() => {
			add('a', 1);
			throw new Error('mine');
		})
	).toThrow('mine');
	expect([tally.get('a'), stored()]).toEqual([1, [['a', 1]]]);
	sql.transaction(() => add('a', 1));
	expect(stored()).toEqual([['a', 2]]);
});
