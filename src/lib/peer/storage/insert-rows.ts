import type { SqlDriver, SqlValue } from './sql.ts';

/** Rows of one statement, the most first: a call costs as much as two rows do. Few sizes, so that each is prepared once. */
const SIZES = [16, 8, 4, 2, 1] as const;

/** How to insert rows into a table, of these columns and in the order they are given. */
export const createInsertRows = (
	sql: Pick<SqlDriver, 'run'>,
	table: string,
	columns: readonly string[]
): ((rows: readonly (readonly SqlValue[])[]) => void) => {
	const row = `(${columns.map(() => '?').join(', ')})`;
	const statements = SIZES.map((size) => ({
		size,
		text: `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${new Array<string>(size).fill(row).join(', ')}`
	}));
	return (rows) => {
		let at = 0;
		for (const { size, text } of statements)
			for (; at + size <= rows.length; at += size) {
				const values: SqlValue[] = [];
				for (const one of rows.slice(at, at + size)) values.push(...one);
				sql.run(text, values);
			}
	};
};
