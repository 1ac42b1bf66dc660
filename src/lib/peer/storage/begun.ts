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

/** Writes run inside a transaction; what is counted here follows it. */
export interface Begun {
	/** Writes a list, not an empty one; answers its number. Entries must fit JSON. */
	add(entries: readonly (readonly unknown[])[]): number;
	/** Another entry of the list has ended, and that is written. */
	end(list: number): void;
	/** Some entries of the list have ended and some have not. */
	isMixed(list: number): boolean;
	/** Deletes lists of which all has ended, and those that are {@link isMixed}, whose open entries have been added anew. */
	tidy(): void;
}

/** Lists of which all has ended are deleted so many at a time. */
const DELETED_AT_A_TIME = 32;

/** `open`: the list of each entry that has not ended, as they are on disk. `table` has `id` and `entries`. */
export const createBegun = (sql: SqlDriver, table: string, open: readonly number[]): Begun => {
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

	return {
		add: (entries) => {
			last += 1;
			const list = last;
			sql.run(`INSERT INTO ${table} (id, entries) VALUES (?, ?)`, [list, JSON.stringify(entries)]);
			lists.set(list, { open: entries.length, all: entries.length });
			sql.current()?.undo(() => lists.delete(list));
			return list;
		},
		end: (list) => {
			const counted = lists.get(list);
			if (!counted) throw new Error('an end of what had not begun');
			counted.open -= 1;
			if (counted.open > 0) {
				sql.current()?.undo(() => {
					counted.open += 1;
				});
				return;
			}
			lists.delete(list);
			const before = over;
			over = [...over, list];
			sql.current()?.undo(() => {
				counted.open += 1;
				lists.set(list, counted);
				over = before;
			});
			if (over.length >= DELETED_AT_A_TIME) removeOver();
		},
		isMixed: (list) => {
			const counted = lists.get(list);
			return counted !== undefined && counted.open < counted.all;
		},
		tidy: () => {
			removeOver();
			const mixed = [...lists].filter(([, { open: left, all }]) => left < all);
			for (const [list] of mixed) lists.delete(list);
			sql.current()?.undo(() => {
				for (const [list, counted] of mixed) lists.set(list, counted);
			});
			remove(mixed.map(([list]) => list));
		}
	};
};
