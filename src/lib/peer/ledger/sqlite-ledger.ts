/**
 * The ledger on SQLite. Each account carries its balances ready to read; they change in the same
 * transaction as the transfers they follow from, and {@link Ledger.audit} proves that they agree.
 *
 * A transaction decides about many packets, so all that it changes is written at its end: each transfer once, and the
 * row of an account once, however many transfers touch it (storage/tally.ts). Pending transfers are kept in memory,
 * so that ending one asks no table.
 */
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import type { OpenTransaction } from '../storage/open-transaction.ts';
import { createTally } from '../storage/tally.ts';
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

/** A transfer as it will be on disk at the end of the transaction. */
interface Entry {
	readonly id: number;
	readonly draft: TransferDraft;
	stored: boolean;
	state: TransferState;
	settledAt: number | undefined;
	/** What its end adds to its memo. */
	more: TransferMemo | undefined;
}

interface AccountRow {
	readonly id: SqlValue;
	readonly posted: bigint;
	/** Pending, into it and out of it. */
	readonly in: bigint;
	readonly out: bigint;
}

/** The queries that run for every packet or screen, by name, so that a test can ask SQLite for their plans. */
export const LEDGER_QUERIES = {
	pending: `SELECT ${COLUMNS} FROM transfer t INDEXED BY transfer_pending WHERE t.state = 0 ORDER BY t.id`,
	settle: 'UPDATE transfer SET state = ?, settled_at = ? WHERE id = ?',
	settleMore: `UPDATE transfer SET state = ?, settled_at = ?, memo = json_patch(coalesce(memo, '{}'), ?) WHERE id = ?`,
	insert: `INSERT INTO transfer (id, kind, source, target, amount, at, state, settled_at, group_name, author, memo)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	balance: 'SELECT id, posted, pending_in, pending_out FROM account WHERE name = ?',
	total: `SELECT coalesce(sum(amount), 0) AS total FROM transfer WHERE kind = ? AND at >= ? AND state <= 1 AND state >= ?`,
	count: 'SELECT count(*) AS count FROM transfer WHERE kind = ? AND state = 1',
	statement: `SELECT ${COLUMNS} FROM transfer t WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`,
	accountStatement: `SELECT ${COLUMNS} FROM transfer t JOIN (
			SELECT * FROM (SELECT id FROM transfer WHERE source = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
			UNION ALL
			SELECT * FROM (SELECT id FROM transfer WHERE target = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
		) touched ON touched.id = t.id ORDER BY t.id DESC LIMIT ?3`,
	payment: `SELECT state FROM transfer WHERE kind = 'buy' AND at BETWEEN ? AND ? AND json_extract(memo, '$.receipt') = ?`
} as const;

/** One for each database: nobody else may write its tables. Reads them, so they must be there. */
export const createLedger: CreateLedger = (sql: SqlDriver): Ledger => {
	const owner = {};
	const numbers = {};
	/** All pending transfers, by their group. */
	const pending = new Map<string, readonly Entry[]>();
	for (const transfer of sql.all(LEDGER_QUERIES.pending).map(toTransfer)) {
		const { id, state, group } = transfer;
		const entry: Entry = { id, draft: transfer, stored: true, state, settledAt: undefined, more: undefined };
		pending.set(group, [...(pending.get(group) ?? []), entry]);
	}
	/** Before a query over the tables. */
	const seen = (): void => sql.current()?.flush();

	const accounts = createTally<AccountRow | undefined>(sql, {
		read: (name) => {
			const row = sql.all(LEDGER_QUERIES.balance, [name])[0];
			return (
				row && {
					id: row['id'] as SqlValue,
					posted: big(row['posted']),
					in: big(row['pending_in']),
					out: big(row['pending_out'])
				}
			);
		},
		write: (_, row) => {
			if (row)
				sql.run('UPDATE account SET posted = ?, pending_in = ?, pending_out = ? WHERE id = ?', [
					row.posted,
					row.in,
					row.out,
					row.id
				]);
		}
	});

	/** As it is, or made when it is new. */
	const opened = (name: string): AccountRow => {
		const known = accounts.get(name);
		if (known) return known;
		const id = sql.all(
			'INSERT INTO account (name, posted, pending_in, pending_out) VALUES (?, 0, 0, 0) RETURNING id',
			[name]
		)[0]?.['id'] as SqlValue;
		const row = { id, posted: 0n, in: 0n, out: 0n };
		accounts.set(name, row);
		return row;
	};

	const adjust = (name: string, posted: bigint, pendingIn: bigint, pendingOut: bigint): void => {
		const row = opened(name);
		const after = {
			id: row.id,
			posted: row.posted + posted,
			in: row.in + pendingIn,
			out: row.out + pendingOut
		};
		for (const sum of [after.posted, after.in, after.out])
			if (BigInt.asIntN(64, sum) !== sum) throw new Error(`${name} would hold more than can be written`);
		accounts.set(name, after);
	};

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
			const row = accounts.get(from);
			const free = (row?.posted ?? 0n) - (row?.out ?? 0n);
			if (free < amount)
				throw new LedgerRefusal('OutOfFunds', from, `${amount} out of ${from}, which has ${free}`);
		}
		if (CHART[target].side === 'below') {
			const row = accounts.get(to);
			const room = -(row?.posted ?? 0n) - (row?.in ?? 0n);
			if (room < amount)
				throw new LedgerRefusal('OutOfFunds', to, `${amount} back into ${to}, which earned ${room}`);
		}
	};

	/** What this transaction begins or ends, to be written at its end. */
	const changedIn = (transaction: OpenTransaction): Set<Entry> =>
		transaction.keep(owner, () => new Set<Entry>());

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		for (const entry of changed) {
			transaction.undo(() => changed.add(entry));
			const { draft, state, settledAt } = entry;
			const { memo } = draft;
			if (entry.stored) {
				// One that was undone is still pending.
				if (state === 'pending') continue;
				const settled = [STATES.indexOf(state), settledAt ?? null] as const;
				if (entry.more)
					sql.run(LEDGER_QUERIES.settleMore, [...settled, JSON.stringify(entry.more), entry.id]);
				else sql.run(LEDGER_QUERIES.settle, [...settled, entry.id]);
				continue;
			}
			const whole = entry.more ? { ...memo, ...entry.more } : memo;
			sql.run(LEDGER_QUERIES.insert, [
				entry.id,
				draft.kind,
				opened(draft.from).id,
				opened(draft.to).id,
				draft.amount,
				draft.at,
				STATES.indexOf(state),
				settledAt ?? null,
				draft.group,
				memo?.author ?? null,
				whole ? JSON.stringify(whole) : null
			]);
			entry.stored = true;
			transaction.undo(() => {
				entry.stored = false;
			});
		}
		changed.clear();
	};

	const change = (entry: Entry): void => {
		const transaction = sql.current() as OpenTransaction;
		changedIn(transaction).add(entry);
		transaction.last(owner, write);
	};

	/** Numbers go up by one; what was begun and not written yet has its own already. */
	const nextId = (): number => {
		const transaction = sql.current() as OpenTransaction;
		const counter = transaction.keep(numbers, () => ({
			last: Number(sql.all('SELECT max(id) AS id FROM transfer')[0]?.['id'])
		}));
		counter.last += 1;
		transaction.undo(() => {
			counter.last -= 1;
		});
		return counter.last;
	};

	const insert = (draft: TransferDraft, posted: boolean): number => {
		const { amount, group } = draft;
		if (amount <= 0n || BigInt.asIntN(64, amount) !== amount)
			throw new Error(`a transfer of ${amount}: amounts are above zero and fit 64 bits`);
		if (draft.from === draft.to) throw new Error(`a transfer from ${draft.from} to itself`);
		judge(draft);
		return sql.transaction(() => {
			const transaction = sql.current() as OpenTransaction;
			const before = pending.get(group);
			if (posted) {
				adjust(draft.from, -amount, 0n, 0n);
				adjust(draft.to, amount, 0n, 0n);
			} else {
				adjust(draft.from, 0n, 0n, amount);
				adjust(draft.to, 0n, amount, 0n);
			}
			const entry: Entry = {
				id: nextId(),
				draft,
				stored: false,
				state: posted ? 'posted' : 'pending',
				settledAt: posted ? draft.at : undefined,
				more: undefined
			};
			if (!posted) pending.set(group, before ? [...before, entry] : [entry]);
			change(entry);
			transaction.undo(() => {
				changedIn(transaction).delete(entry);
				if (before) pending.set(group, before);
				else if (!posted) pending.delete(group);
			});
			return entry.id;
		});
	};

	const settle = (group: string, at: number, posted: boolean, memo?: TransferMemo): number => {
		const entries = pending.get(group);
		if (!entries) return 0;
		return sql.transaction(() => {
			for (const entry of entries) {
				const { from, to, amount } = entry.draft;
				const moved = posted ? amount : 0n;
				adjust(from, -moved, 0n, -amount);
				adjust(to, moved, -amount, 0n);
				entry.state = posted ? 'posted' : 'voided';
				entry.settledAt = at;
				entry.more = memo;
				change(entry);
			}
			pending.delete(group);
			sql.current()?.undo(() => {
				for (const entry of entries) {
					entry.state = 'pending';
					entry.settledAt = entry.more = undefined;
				}
				pending.set(group, entries);
			});
			return entries.length;
		});
	};

	return {
		begin: (draft) => insert(draft, false),
		record: (draft) => insert(draft, true),
		post: (group, at, memo) => settle(group, at, true, memo),
		void: (group, at) => settle(group, at, false),
		balance: (name) => accounts.get(name)?.posted ?? 0n,
		pending: (name) => {
			const { in: pendingIn = 0n, out = 0n } = accounts.get(name) ?? {};
			return { out, in: pendingIn };
		},

		total: (query) => {
			seen();
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

		count: (kind) => {
			seen();
			return Number(sql.all(LEDGER_QUERIES.count, [kind])[0]?.['count']);
		},

		paymentState: ({ receipt, since, until }) => {
			seen();
			const state = sql.all(LEDGER_QUERIES.payment, [since, until, receipt])[0]?.['state'];
			return state === undefined ? undefined : STATES[Number(state)];
		},

		balances: () => {
			seen();
			return new Map(
				sql
					.all('SELECT name, posted FROM account ORDER BY name')
					.map(({ name, posted }) => [String(name), big(posted)])
			);
		},

		statement: ({ limit, before, account: name }) => {
			seen();
			const below = before ?? Number.MAX_SAFE_INTEGER;
			const most = Math.max(0, limit);
			if (name === undefined) return sql.all(LEDGER_QUERIES.statement, [below, most]).map(toTransfer);
			const id = sql.all('SELECT id FROM account WHERE name = ?', [name])[0]?.['id'];
			return id === undefined
				? []
				: sql.all(LEDGER_QUERIES.accountStatement, [id, below, most]).map(toTransfer);
		},

		pendingGroups: () => [...pending.keys()].sort(),

		audit: () => {
			seen();
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
