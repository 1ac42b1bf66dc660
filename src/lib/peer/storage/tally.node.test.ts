import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { LIMITS } from '../limits.ts';
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

it('the next transaction asks the table no more, until somebody else is about to write there', () => {
	const { sql, seen, tally, add, stored } = open();
	sql.transaction(() => add('a', 1));
	sql.transaction(() => add('a', 1));
	expect([tally.get('a'), seen.reads]).toEqual([3, 1]);
	sql.transaction(() => {
		add('a', 1);
		tally.forget('a');
		sql.run('UPDATE sum SET n = n + 50');
		expect(tally.get('a')).toBe(54);
		add('a', 1);
	});
	expect(stored()).toEqual([['a', 55]]);
	tally.forget();
	sql.run('UPDATE sum SET n = 7');
	expect(tally.get('a')).toBe(7);
	expect(() => tally.set('a', 1)).toThrow('outside');
});

it('memory holds so many rows and no more; those that wait to be written stay', () => {
	const { sql, seen, tally, add, stored } = open();
	sql.transaction(() => {
		add('a', 1);
		for (let i = 0; i < LIMITS.tallyRows; i++) tally.get(`none ${i}`);
		expect(tally.get('a')).toBe(2);
	});
	expect([stored(), seen.reads]).toEqual([[['a', 2]], LIMITS.tallyRows + 1]);
	tally.get('one more');
	tally.get('a');
	expect(seen.reads).toBe(LIMITS.tallyRows + 3);
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

it('a transaction that fails leaves nothing, in memory neither, however far it came', () => {
	const { sql, seen, tally, add, stored } = open();
	sql.transaction(() => add('a', 1));
	expect(() =>
		sql.transaction(() => {
			add('a', 1);
			add('b', 1);
			sql.current()?.flush();
			add('a', 1);
			throw new Error('mine');
		})
	).toThrow('mine');
	expect([tally.get('a'), tally.get('b'), stored()]).toEqual([2, 0, [['a', 2]]]);
	const { writes } = seen;
	sql.transaction(() => add('a', 1));
	expect([stored(), seen.writes]).toEqual([[['a', 3]], writes + 1]);
});
