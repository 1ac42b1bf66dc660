/**
 * Rows that a group of decisions changes again and again (the balance of an account, the totals of a link): read
 * once in a transaction, changed in memory, written once at its end (open-transaction.ts).
 *
 * A query over the table itself sees what was changed only after `OpenTransaction.flush`. Nothing outlives the
 * transaction: between two of them the tables are the only truth.
 */
import type { SqlDriver } from './sql.ts';

export interface Tally<Row> {
	/** As of now, with all that this transaction changed; outside of one, what is in the table. */
	get(key: string): Row;
	/** Inside a transaction. */
	set(key: string, row: Row): void;
	/** The row is about to be written by other means: what is kept of it is written and forgotten. */
	forget(key: string): void;
}

interface Kept<Row> {
	readonly rows: Map<string, Row>;
	readonly changed: Set<string>;
}

/**
 * `write` is called for rows that were {@link Tally.set}; it must not `get` or `set`. Tallies with one `owner` share the
 * rows of a transaction.
 */
export const createTally = <Row>(
	sql: Pick<SqlDriver, 'current'>,
	{ read, write }: { readonly read: (key: string) => Row; readonly write: (key: string, row: Row) => void },
	owner: object = {}
): Tally<Row> => {
	const none = (): Kept<Row> => ({ rows: new Map(), changed: new Set() });

	const flush = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const { rows, changed } = transaction.keep(owner, none);
		for (const key of changed) {
			// What changed it was undone, and nobody had read it before.
			if (!rows.has(key)) continue;
			const row = rows.get(key) as Row;
			write(key, row);
			transaction.undo(() => {
				rows.set(key, row);
				changed.add(key);
			});
		}
		changed.clear();
	};

	return {
		get: (key) => {
			const transaction = sql.current();
			if (!transaction) return read(key);
			const { rows } = transaction.keep(owner, none);
			const known = rows.get(key);
			if (known !== undefined || rows.has(key)) return known as Row;
			const row = read(key);
			rows.set(key, row);
			transaction.undo(() => rows.delete(key));
			return row;
		},
		set: (key, row) => {
			const transaction = sql.current();
			if (!transaction) throw new Error('outside of a transaction nothing would write it');
			const { rows, changed } = transaction.keep(owner, none);
			const before = rows.get(key);
			const wasKept = rows.has(key);
			rows.set(key, row);
			transaction.undo(() => {
				if (wasKept) rows.set(key, before as Row);
				else rows.delete(key);
			});
			transaction.last(owner, flush);
			changed.add(key);
		},
		forget: (key) => {
			flush();
			sql.current()?.keep(owner, none).rows.delete(key);
		}
	};
};
