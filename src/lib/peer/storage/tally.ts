/**
 * Rows that decisions change again and again (the balance of an account, the totals of a link): read once, changed in
 * memory, written once at the end of a transaction, however many decisions of it changed them (open-transaction.ts).
 *
 * What was read or written stays in memory, so that a packet asks no table: then nobody else may write these rows,
 * unless {@link Tally.forget} is called first. Memory is what the tables will hold once the transaction is committed, and what
 * they held before it when it fails. A query over the table itself sees what was changed only after
 * `OpenTransaction.flush`.
 */
import { LIMITS } from '../limits.ts';
import type { SqlDriver } from './sql.ts';

export interface Tally<Row> {
	/** As of now, with all that the open transaction changed. */
	get(key: string): Row;
	/** Inside a transaction. */
	set(key: string, row: Row): void;
	/** The row is about to be written by other means: what is known of it is written and forgotten; without a key, of all. */
	forget(key?: string): void;
}

/** `write` is called for rows that were {@link Tally.set}; it must not `get` or `set`. */
export const createTally = <Row>(
	sql: Pick<SqlDriver, 'current'>,
	{ read, write }: { readonly read: (key: string) => Row; readonly write: (key: string, row: Row) => void }
): Tally<Row> => {
	/** The one that was read first comes first. */
	const rows = new Map<string, Row>();
	/** What the open transaction will write. */
	const changed = new Set<string>();

	const flush = (): void => {
		const transaction = sql.current();
		for (const key of changed) {
			const row = rows.get(key) as Row;
			write(key, row);
			transaction?.undo(() => {
				rows.set(key, row);
				changed.add(key);
			});
		}
		changed.clear();
	};

	const makeRoom = (): void => {
		if (rows.size < LIMITS.tallyRows) return;
		for (const key of rows.keys()) {
			if (changed.has(key)) continue;
			rows.delete(key);
			return;
		}
	};

	return {
		get: (key) => {
			const known = rows.get(key);
			if (known !== undefined || rows.has(key)) return known as Row;
			const row = read(key);
			makeRoom();
			rows.set(key, row);
			// What was read may be undone with what this transaction wrote.
			sql.current()?.undo(() => rows.delete(key));
			return row;
		},
		set: (key, row) => {
			const transaction = sql.current();
			if (!transaction) throw new Error('outside of a transaction nothing would write it');
			const wasKnown = rows.has(key);
			const wasChanged = changed.has(key);
			const before = rows.get(key);
			rows.set(key, row);
			changed.add(key);
			transaction.undo(() => {
				if (wasKnown) rows.set(key, before as Row);
				else rows.delete(key);
				if (!wasChanged) changed.delete(key);
			});
			transaction.last(changed, flush);
		},
		forget: (key) => {
			flush();
			if (key === undefined) rows.clear();
			else rows.delete(key);
		}
	};
};
