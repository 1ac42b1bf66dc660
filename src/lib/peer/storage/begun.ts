/**
 * What has begun and not ended, such as packets under way and pending transfers, in as few writes as it takes.
 *
 * | | where it is on disk |
 * |---|---|
 * | begun | an entry of a list, in JSON: one row for each transaction that began something |
 * | ended | a row of its own in the table of all that have ended, written once |
 *
 * An entry counts until its end is in that table. The row of a list is deleted some time after the last of it has
 * ended. Whoever keeps such things has all that are open in memory, and reads the lists at the start alone; queries read a
 * view of both.
 */
import type { SqlDriver } from './sql.ts';

/** What is begun; on disk it is an entry of the list of this number, if any. */
export interface Listed {
	list: number | undefined;
}

/** Writes run inside a transaction; what is counted here, and on which list something is, follows it. */
export interface Begun<T extends Listed> {
	/** Writes one list of them. */
	add(items: readonly T[]): void;
	/** This has ended, and that is written: it is on no list any more. */
	end(item: T): void;
	/**
	 * Deletes lists of which all has ended, and those of which some has not, once a new one holds what of them is in `held`:
	 * all that is open.
	 */
	tidy(held: readonly T[]): void;
}

/** Lists of which all has ended are deleted so many at a time. */
const DELETED_AT_A_TIME = 32;

/** `open`: the list of each entry that has not ended, as they are on disk. `table` has `id` and `entries`; an entry must fit JSON. */
export const createBegun = <T extends Listed>(
	sql: SqlDriver,
	table: string,
	open: readonly number[],
	toEntry: (item: T) => readonly unknown[]
): Begun<T> => {
	/** Of each list with open entries: how many, and how many there were. */
	const lists = new Map<number, { open: number; readonly all: number }>();
	/** Those without, still on disk. */
	let over: number[] = [];
	let last = 0;

	const openIn = new Map<number, number>();
	for (const list of open) openIn.set(list, (openIn.get(list) ?? 0) + 1);
	for (const row of sql.all(`SELECT id, json_array_length(entries) AS n FROM ${table} ORDER BY id`)) {
		last = Number(row['id']);
		const count = openIn.get(last);
		if (count === undefined) over.push(last);
		else lists.set(last, { open: count, all: Number(row['n']) });
	}

	const remove = (numbers: readonly number[]): void => {
		if (numbers.length > 0)
			sql.run(`DELETE FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`, [JSON.stringify(numbers)]);
	};
	const removeOver = (): void => {
		const before = over;
		over = [];
		sql.current()?.undo(() => {
			over = before;
		});
		remove(before);
	};

	const add = (items: readonly T[]): void => {
		if (items.length === 0) return;
		last += 1;
		const list = last;
		sql.run(`INSERT INTO ${table} (id, entries) VALUES (?, ?)`, [list, JSON.stringify(items.map(toEntry))]);
		lists.set(list, { open: items.length, all: items.length });
		const before = items.map((item) => item.list);
		for (const item of items) item.list = list;
		sql.current()?.undo(() => {
			lists.delete(list);
			for (const [at, item] of items.entries()) item.list = before[at];
		});
	};

	const isMixed = (list: number | undefined): boolean => {
		const counted = list === undefined ? undefined : lists.get(list);
		return counted !== undefined && counted.open < counted.all;
	};

	return {
		add,
		end: (item) => {
			const { list } = item;
			const counted = list === undefined ? undefined : lists.get(list);
			if (list === undefined || !counted) throw new Error('an end of what had not begun');
			const before = over;
			item.list = undefined;
			counted.open -= 1;
			if (counted.open === 0) {
				lists.delete(list);
				over = [...over, list];
			}
			sql.current()?.undo(() => {
				item.list = list;
				counted.open += 1;
				lists.set(list, counted);
				over = before;
			});
			if (over.length >= DELETED_AT_A_TIME) removeOver();
		},
		tidy: (held) => {
			add(held.filter(({ list }) => isMixed(list)));
			removeOver();
			const mixed = [...lists].filter(([list]) => isMixed(list));
			for (const [list] of mixed) lists.delete(list);
			sql.current()?.undo(() => {
				for (const [list, counted] of mixed) lists.set(list, counted);
			});
			remove(mixed.map(([list]) => list));
		}
	};
};
