import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createBegun, type Listed } from './begun.ts';

interface Item extends Listed {
	readonly entry: readonly unknown[];
}

const item = (...entry: readonly unknown[]): Item => ({ entry, list: undefined });

const open = (lists: Readonly<Record<number, readonly unknown[]>> = {}, left: readonly Item[] = []) => {
	const sql = createNodeSql(':memory:');
	sql.script('CREATE TABLE begun (id INTEGER PRIMARY KEY, entries TEXT NOT NULL) STRICT');
	for (const [id, entries] of Object.entries(lists))
		sql.run('INSERT INTO begun VALUES (?, ?)', [Number(id), JSON.stringify(entries)]);
	const begun = createBegun<Item>(
		sql,
		'begun',
		left.map(({ list }) => Number(list)),
		({ entry }) => entry
	);
	const stored = (): unknown =>
		sql
			.all('SELECT id, entries FROM begun ORDER BY id')
			.map(({ id, entries }) => [id, JSON.parse(String(entries))]);
	const add = (...items: readonly Item[]): void => sql.transaction(() => begun.add(items));
	const end = (...items: readonly Item[]): void =>
		sql.transaction(() => {
			for (const one of items) begun.end(one);
		});
	const tidy = (...held: readonly Item[]): void => sql.transaction(() => begun.tidy(held));
	return { sql, begun, stored, add, end, tidy };
};

it('lists what a transaction began in one row, and drops the row some time after all of it has ended', () => {
	const { stored, add, end, tidy } = open();
	const [a, b] = [item('a', 1), item('b', '2')];
	add();
	expect(stored()).toEqual([]);
	add(a, b);
	expect(b.list).toBe(a.list);
	const row = [
		a.list,
		[
			['a', 1],
			['b', '2']
		]
	];
	expect(stored()).toEqual([row]);
	end(a);
	expect([a.list, stored()]).toEqual([undefined, [row]]);
	expect(() => end(a)).toThrow('not begun');
	end(b);
	tidy();
	expect(stored()).toEqual([]);
});

it('drops many such rows at a time, without being asked', () => {
	const { stored, add, end, tidy } = open();
	for (let n = 1; n <= 40; n++) {
		const one = item(n);
		add(one);
		end(one);
	}
	expect((stored() as unknown[]).length).toBeLessThan(32);
	const kept = item('open');
	add(kept);
	tidy(kept);
	expect(stored()).toEqual([[kept.list, [['open']]]]);
});

it('goes on where an earlier run stopped, and lists anew what is left of a list when that goes', () => {
	const [five, eight, other] = [5, 8, 8].map((list): Item => ({ entry: ['open'], list })) as [
		Item,
		Item,
		Item
	];
	const left = [five, eight, other];
	const { stored, end, tidy } = open(
		{ 3: [['over']], 5: [['over'], ['open']], 8: [['open'], ['open']] },
		left
	);
	tidy(...left);
	expect(left.map(({ list }) => list)).toEqual([9, 8, 8]);
	expect(stored()).toEqual([
		[8, [['open'], ['open']]],
		[9, [['open']]]
	]);
	end(eight, other);
	tidy(five);
	expect(stored()).toEqual([[9, [['open']]]]);
});

it('what a transaction or a part of it counted is taken back when it fails', () => {
	const { sql, begun, stored, add, end, tidy } = open();
	const [a, b, c] = [item('a'), item('b'), item('c')];
	add(a, b);
	for (let n = 1; n <= 31; n++) {
		const one = item(n);
		add(one);
		end(one);
	}
	const list = a.list;
	const before = stored();
	const fails = (work: () => void): void => {
		expect(() =>
			sql.transaction(() => {
				work();
				throw new Error('mine');
			})
		).toThrow('mine');
		expect(stored()).toEqual(before);
		expect([a.list, b.list, c.list]).toEqual([list, list, undefined]);
	};
	fails(() => {
		begun.end(a);
		begun.end(b);
		begun.add([c]);
	});
	fails(() => {
		begun.end(a);
		begun.tidy([b]);
	});
	sql.transaction(() => {
		expect(() =>
			sql.current()?.attempt(() => {
				begun.end(a);
				begun.end(b);
				throw new Error('mine');
			})
		).toThrow('mine');
		begun.end(a);
	});
	expect([a.list, b.list]).toEqual([undefined, list]);
	// Had the failed part been counted, nothing would be left of it to end.
	end(b);
	tidy();
	expect(stored()).toEqual([]);
});
