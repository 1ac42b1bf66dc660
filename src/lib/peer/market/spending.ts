/** The sums of days: every GET asks for them before its money is promised, so they are in memory. */
import type { SqlDriver } from '../storage/sql.ts';
import { createTally } from '../storage/tally.ts';

const toBig = (value: unknown): bigint => BigInt((value as number | bigint | null | undefined) ?? 0);

/** One for each database: nobody else may write its table. */
export const createSpending = (sql: SqlDriver) => {
	const keyOf = (day: number, node: string): string => `${day}/${node}`;
	const ofNode = createTally<bigint>(sql, {
		read: (key) => {
			const [day, node] = key.split('/') as [string, string];
			return toBig(
				sql.all('SELECT amount FROM spending WHERE day = ? AND node = ?', [Number(day), node])[0]?.amount
			);
		},
		write: (key, amount) => {
			const [day, node] = key.split('/') as [string, string];
			sql.run(
				`INSERT INTO spending (day, node, amount) VALUES (?, ?, ?)
				ON CONFLICT (day, node) DO UPDATE SET amount = excluded.amount`,
				[Number(day), node, amount]
			);
		}
	});
	/** Changed with the former and only so: what it reads is whole, or it need not read. */
	const ofDay = createTally<bigint>(sql, {
		read: (day) =>
			toBig(sql.all('SELECT sum(amount) AS total FROM spending WHERE day = ?', [Number(day)])[0]?.total),
		write: () => undefined
	});
	return {
		/** Inside a transaction. */
		add: (day: number, node: string, by: bigint): void => {
			const total = ofDay.get(`${day}`);
			const key = keyOf(day, node);
			ofNode.set(key, ofNode.get(key) + by);
			ofDay.set(`${day}`, total + by);
		},
		of: (day: number, node?: string): bigint =>
			node === undefined ? ofDay.get(`${day}`) : ofNode.get(keyOf(day, node)),
		/** Days before a time (Unix ms). */
		prune: (before: number): void => {
			ofNode.forget();
			ofDay.forget();
			sql.run('DELETE FROM spending WHERE day < ?', [before]);
		}
	};
};
