/**
 * The ledger on SQLite. Each account carries its balances ready to read; they change in the same
 * transaction as the transfers they follow from, and {@link Ledger.audit} proves that they agree.
 */
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import { CHART, entryOf, isInChart } from './chart.ts';
import {
	LedgerRefusal,
	type CreateLedger,
	type Ledger,
	type Transfer,
	type TransferDraft,
	type TransferKind,
	type TransferMemo,
	type TransferState
} from './ledger.ts';

const STATES: readonly TransferState[] = ['pending', 'posted', 'voided'];

const toTransfer = (row: SqlRow): Transfer => ({
	id: Number(row['id']),
	kind: row['kind'] as TransferKind,
	from: row['source'] as string,
	to: row['target'] as string,
	amount: BigInt(row['amount'] as number | bigint),
	at: Number(row['at']),
	state: STATES[Number(row['state'])] as TransferState,
	group: row['group_name'] as string,
	...(row['settled_at'] === null ? {} : { settledAt: Number(row['settled_at']) }),
	...(row['memo'] === null ? {} : { memo: JSON.parse(row['memo'] as string) as TransferMemo })
});

const COLUMNS = `t.id, t.kind, t.amount, t.at, t.state, t.settled_at, t.group_name, t.memo,
	(SELECT name FROM account WHERE id = t.source) AS source,
	(SELECT name FROM account WHERE id = t.target) AS target`;

const big = (value: SqlValue | undefined): bigint => BigInt((value ?? 0) as number | bigint);

/** The queries that run for every packet or screen, by name, so that a test can ask SQLite for their plans. */
export const LEDGER_QUERIES = {
	settle: `UPDATE transfer SET state = ?, settled_at = ?, memo = CASE WHEN ?3 IS NULL THEN memo ELSE json_patch(coalesce(memo, '{}'), ?3) END
		WHERE group_name = ? AND state = 0 RETURNING source, target, amount`,
	balance: 'SELECT posted, pending_in, pending_out FROM account WHERE name = ?',
	total: `SELECT coalesce(sum(amount), 0) AS total FROM transfer WHERE kind = ? AND at >= ? AND state <= 1 AND state >= ?`,
	count: 'SELECT count(*) AS count FROM transfer WHERE kind = ? AND state = 1',
	statement: `SELECT ${COLUMNS} FROM transfer t WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`,
	accountStatement: `SELECT ${COLUMNS} FROM transfer t JOIN (
			SELECT * FROM (SELECT id FROM transfer WHERE source = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
			UNION ALL
			SELECT * FROM (SELECT id FROM transfer WHERE target = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
		) touched ON touched.id = t.id ORDER BY t.id DESC LIMIT ?3`,
	payment: `SELECT state FROM transfer WHERE kind = 'buy' AND at BETWEEN ? AND ? AND json_extract(memo, '$.receipt') = ?`,
	pendingGroups: 'SELECT DISTINCT group_name FROM transfer WHERE state = 0 ORDER BY group_name'
} as const;

export const createLedger: CreateLedger = (sql: SqlDriver): Ledger => {
	/** Adds to an account, making it when it is new; answers its number. */
	const adjust = (name: string, posted: bigint, pendingIn: bigint, pendingOut: bigint): SqlValue =>
		sql.all(
			`INSERT INTO account (name, posted, pending_in, pending_out) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET posted = posted + excluded.posted,
				pending_in = pending_in + excluded.pending_in, pending_out = pending_out + excluded.pending_out
			RETURNING id`,
			[name, posted, pendingIn, pendingOut]
		)[0]?.['id'] as SqlValue;

	const account = (name: string): SqlRow | undefined => sql.all(LEDGER_QUERIES.balance, [name])[0];

	/** Before anything is written: nothing of a refused transfer stays, whatever the caller makes of the refusal. */
	const judge = ({ kind, from, to, amount }: TransferDraft): void => {
		const [source, target] = [entryOf(from), entryOf(to)];
		if (!source || !target || !isInChart(kind, source, target))
			throw new LedgerRefusal(
				'NotInChart',
				source ? to : from,
				`${kind} from ${from} to ${to} is not in the chart`
			);
		if (CHART[source].side === 'above') {
			const row = account(from);
			const free = big(row?.['posted']) - big(row?.['pending_out']);
			if (free < amount)
				throw new LedgerRefusal('OutOfFunds', from, `${amount} out of ${from}, which has ${free}`);
		}
		if (CHART[target].side === 'below') {
			const row = account(to);
			const room = -big(row?.['posted']) - big(row?.['pending_in']);
			if (room < amount)
				throw new LedgerRefusal('OutOfFunds', to, `${amount} back into ${to}, which earned ${room}`);
		}
	};

	const insert = (draft: TransferDraft, posted: boolean): number => {
		const { amount, memo } = draft;
		if (amount <= 0n) throw new Error(`a transfer of ${amount}: amounts are above zero`);
		if (draft.from === draft.to) throw new Error(`a transfer from ${draft.from} to itself`);
		judge(draft);
		return sql.transaction(() => {
			const source = posted ? adjust(draft.from, -amount, 0n, 0n) : adjust(draft.from, 0n, 0n, amount);
			const target = posted ? adjust(draft.to, amount, 0n, 0n) : adjust(draft.to, 0n, amount, 0n);
			const rows = sql.all(
				`INSERT INTO transfer (kind, source, target, amount, at, state, settled_at, group_name, author, memo)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
				[
					draft.kind,
					source,
					target,
					amount,
					draft.at,
					posted ? 1 : 0,
					posted ? draft.at : null,
					draft.group,
					memo?.author ?? null,
					memo ? JSON.stringify(memo) : null
				]
			);
			return Number(rows[0]?.['id']);
		});
	};

	const settle = (group: string, at: number, posted: boolean, memo?: TransferMemo): number =>
		sql.transaction(() => {
			const rows = sql.all(LEDGER_QUERIES.settle, [
				posted ? 1 : 2,
				at,
				memo ? JSON.stringify(memo) : null,
				group
			]);
			for (const { source, target, amount } of rows) {
				const moved = posted ? big(amount) : 0n;
				sql.run('UPDATE account SET posted = posted - ?, pending_out = pending_out - ? WHERE id = ?', [
					moved,
					amount as SqlValue,
					source as SqlValue
				]);
				sql.run('UPDATE account SET posted = posted + ?, pending_in = pending_in - ? WHERE id = ?', [
					moved,
					amount as SqlValue,
					target as SqlValue
				]);
			}
			return rows.length;
		});

	return {
		begin: (draft) => insert(draft, false),
		record: (draft) => insert(draft, true),
		post: (group, at, memo) => settle(group, at, true, memo),
		void: (group, at) => settle(group, at, false),
		balance: (name) => big(account(name)?.['posted']),
		pending: (name) => {
			const row = account(name);
			return { out: big(row?.['pending_out']), in: big(row?.['pending_in']) };
		},

		total: (query) => {
			let text: string = LEDGER_QUERIES.total;
			const parameters: SqlValue[] = [query.kind, query.since, query.includePending ? 0 : 1];
			if (query.author !== undefined) {
				text += ' AND author = ?';
				parameters.push(query.author);
			}
			if (query.account !== undefined) {
				text += ' AND (SELECT id FROM account WHERE name = ?) IN (source, target)';
				parameters.push(query.account);
			}
			return big(sql.all(text, parameters)[0]?.['total']);
		},

		count: (kind) => Number(sql.all(LEDGER_QUERIES.count, [kind])[0]?.['count']),

		paymentState: ({ receipt, since, until }) => {
			const state = sql.all(LEDGER_QUERIES.payment, [since, until, receipt])[0]?.['state'];
			return state === undefined ? undefined : STATES[Number(state)];
		},

		balances: () =>
			new Map(
				sql
					.all('SELECT name, posted FROM account ORDER BY name')
					.map(({ name, posted }) => [String(name), big(posted)])
			),

		statement: ({ limit, before, account: name }) => {
			const below = before ?? Number.MAX_SAFE_INTEGER;
			const most = Math.max(0, limit);
			if (name === undefined) return sql.all(LEDGER_QUERIES.statement, [below, most]).map(toTransfer);
			const id = sql.all('SELECT id FROM account WHERE name = ?', [name])[0]?.['id'];
			return id === undefined
				? []
				: sql.all(LEDGER_QUERIES.accountStatement, [id, below, most]).map(toTransfer);
		},

		pendingGroups: () => sql.all(LEDGER_QUERIES.pendingGroups).map(({ group_name }) => String(group_name)),

		audit: () => {
			const rows = sql.all(
				`SELECT a.name, a.posted, a.pending_in, a.pending_out,
					coalesce(sum(CASE WHEN t.state = 1 THEN t.amount END), 0) AS is_posted,
					coalesce(sum(CASE WHEN t.state = 0 AND t.amount > 0 THEN t.amount END), 0) AS is_pending_in,
					coalesce(sum(CASE WHEN t.state = 0 AND t.amount < 0 THEN -t.amount END), 0) AS is_pending_out
				FROM account a LEFT JOIN (
					SELECT target AS account, state, sum(amount) AS amount FROM transfer GROUP BY 1, 2
					UNION ALL SELECT source, state, -sum(amount) FROM transfer GROUP BY 1, 2
				) t ON t.account = a.id
				GROUP BY a.id ORDER BY a.name`
			);
			const differences = rows.flatMap((row) =>
				(['posted', 'pending_in', 'pending_out'] as const).flatMap((field) => {
					const stored = big(row[field]);
					const recomputed = big(row[`is_${field}`]);
					const account = field === 'posted' ? String(row['name']) : `${String(row['name'])} (${field})`;
					return stored === recomputed ? [] : [{ account, stored, recomputed }];
				})
			);
			return { sum: rows.reduce((sum, row) => sum + big(row['posted']), 0n), differences };
		}
	};
};
