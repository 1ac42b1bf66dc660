/**
 * The ledger on SQLite. Each account carries its balances ready to read; they change in the same
 * transaction as the transfers they follow from, and {@link Ledger.audit} proves that they agree.
 *
 * A transaction decides about many packets, so all that it changes is written at its end. What is pending is in memory,
 * and on disk an entry of the list of the transaction that began it (storage/begun.ts); a row of its own is written once,
 * when it is posted or voided. The row of an account is written once, however many transfers touch it
 * (storage/tally.ts). `transfer` is a view of what is pending and what has ended.
 */
import { createBegun } from '../storage/begun.ts';
import { createInsertRows } from '../storage/insert-rows.ts';
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

const ENDED_COLUMNS = 'id kind source target amount at state settled_at group_name author memo'.split(' ');

/** A transfer that is pending, or that the open transaction ends. */
interface Entry {
	readonly id: number;
	readonly draft: TransferDraft;
	state: TransferState;
	settledAt: number | undefined;
	/** What its end adds to its memo. */
	more: TransferMemo | undefined;
	/** The list that it is on, once that is written. */
	list: number | undefined;
}

interface AccountRow {
	readonly id: SqlValue;
	readonly posted: bigint;
	/** Pending, into it and out of it. */
	readonly in: bigint;
	readonly out: bigint;
}

const sumOf = (account: string, before: bigint, by: bigint): bigint => {
	if (by === 0n) return before;
	const after = before + by;
	if (BigInt.asIntN(64, after) !== after) throw new Error(`${account} would hold more than can be written`);
	return after;
};

/** The queries that run for every packet or screen, by name, so that a test can ask SQLite for their plans. */
export const LEDGER_QUERIES = {
	balance: 'SELECT id, posted, pending_in, pending_out FROM account WHERE name = ?',
	// Said again what the index says of itself, or it is not used.
	total: `SELECT coalesce(sum(amount), 0) AS total FROM transfer_ended
		WHERE kind = ? AND at >= ? AND state = 1 AND kind NOT IN ('forward', 'fee')`,
	count: `SELECT count(*) AS count FROM transfer_ended WHERE kind = ? AND state = 1 AND kind NOT IN ('forward', 'fee')`,
	statement: `SELECT ${COLUMNS} FROM transfer_ended t WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`,
	accountStatement: `SELECT ${COLUMNS} FROM transfer_ended t JOIN (
			SELECT * FROM (SELECT id FROM transfer_ended WHERE source = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
			UNION ALL
			SELECT * FROM (SELECT id FROM transfer_ended WHERE target = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3)
		) touched ON touched.id = t.id ORDER BY t.id DESC LIMIT ?3`,
	payment: `SELECT state FROM transfer_ended WHERE kind = 'buy' AND at BETWEEN ? AND ?
		AND kind NOT IN ('forward', 'fee') AND json_extract(memo, '$.receipt') = ?`
} as const;

/** One for each database: nobody else may write its tables. Reads them, so they must be there. */
export const createLedger: CreateLedger = (sql: SqlDriver): Ledger => {
	const owner = {};
	/** All pending transfers, by their group. */
	const pending = new Map<string, readonly Entry[]>();
	const open = sql.all(`SELECT t.begun, ${COLUMNS} FROM transfer_open t ORDER BY t.id`);
	for (const row of open) {
		const { id, state, ...draft } = toTransfer(row);
		const list = Number(row['begun']);
		const entry: Entry = { id, draft, state, settledAt: undefined, more: undefined, list };
		pending.set(draft.group, [...(pending.get(draft.group) ?? []), entry]);
	}
	/** Numbers go up by one. */
	let last = Math.max(
		Number(sql.all('SELECT max(id) AS id FROM transfer_ended')[0]?.['id']),
		...open.map((row) => Number(row['id']))
	);
	const pendingEntries = (): readonly Entry[] => [...pending.values()].flat();
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
		accounts.set(name, {
			id: row.id,
			posted: sumOf(name, row.posted, posted),
			in: sumOf(name, row.in, pendingIn),
			out: sumOf(name, row.out, pendingOut)
		});
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

	/** As the view `transfer_open` reads it. */
	const toEntry = ({ id, draft }: Entry): readonly unknown[] => [
		id,
		draft.kind,
		opened(draft.from).id,
		opened(draft.to).id,
		`${draft.amount}`,
		draft.at,
		draft.group,
		draft.memo
	];

	const begun = createBegun(
		sql,
		'transfer_begun',
		open.map((row) => Number(row['begun'])),
		toEntry
	);

	const insertRows = createInsertRows(sql, 'transfer_ended', ENDED_COLUMNS);
	/** In the order of {@link ENDED_COLUMNS}. */
	const toEnded = ({ id, draft, state, settledAt, more }: Entry): readonly SqlValue[] => {
		const { kind, from, to, amount, at, group, memo } = draft;
		const whole = more ? { ...memo, ...more } : memo;
		return [
			id,
			kind,
			opened(from).id,
			opened(to).id,
			amount,
			at,
			STATES.indexOf(state),
			settledAt ?? null,
			group,
			memo?.author ?? null,
			whole ? JSON.stringify(whole) : null
		];
	};

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		const all = [...changed];
		changed.clear();
		transaction.undo(() => {
			for (const entry of all) changed.add(entry);
		});
		// Others were begun now, or their end was undone.
		const over = all.filter(({ state }) => state !== 'pending');
		insertRows(over.map(toEnded));
		for (const entry of over) if (entry.list !== undefined) begun.end(entry);
		begun.add(all.filter(({ state, list }) => state === 'pending' && list === undefined));
	};

	const change = (entry: Entry): void => {
		const transaction = sql.current() as OpenTransaction;
		changedIn(transaction).add(entry);
		transaction.last(owner, write);
	};

	const nextId = (): number => {
		last += 1;
		sql.current()?.undo(() => {
			last -= 1;
		});
		return last;
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
				state: posted ? 'posted' : 'pending',
				settledAt: posted ? draft.at : undefined,
				more: undefined,
				list: undefined
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

		total: ({ kind, since, author, account, includePending = false }) => {
			seen();
			let text: string = LEDGER_QUERIES.total;
			const parameters: SqlValue[] = [kind, since];
			if (author !== undefined) {
				text += ' AND author = ?';
				parameters.push(author);
			}
			if (account !== undefined) {
				text += ' AND (SELECT id FROM account WHERE name = ?) IN (source, target)';
				parameters.push(account);
			}
			const posted = big(sql.all(text, parameters)[0]?.['total']);
			if (!includePending) return posted;
			return pendingEntries()
				.filter(
					({ draft }) =>
						draft.kind === kind &&
						draft.at >= since &&
						(author === undefined || draft.memo?.author === author) &&
						(account === undefined || draft.from === account || draft.to === account)
				)
				.reduce((sum, { draft }) => sum + draft.amount, posted);
		},

		count: (kind) => {
			seen();
			return Number(sql.all(LEDGER_QUERIES.count, [kind])[0]?.['count']);
		},

		paymentState: ({ receipt, since, until }) => {
			const isIt = ({ draft: { kind, at, memo } }: Entry): boolean =>
				kind === 'buy' && at >= since && at <= until && memo?.receipt === receipt;
			if (pendingEntries().some(isIt)) return 'pending';
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
			const id = name === undefined ? undefined : accounts.get(name)?.id;
			if (name !== undefined && id === undefined) return [];
			const ended =
				id === undefined
					? sql.all(LEDGER_QUERIES.statement, [below, most])
					: sql.all(LEDGER_QUERIES.accountStatement, [id, below, most]);
			const open = pendingEntries()
				.filter(
					({ id: number, draft: { from, to } }) =>
						number < below && (name === undefined || from === name || to === name)
				)
				.map(({ id: number, draft }): Transfer => ({ ...draft, id: number, state: 'pending' }));
			return [...ended.map(toTransfer), ...open].sort((a, b) => b.id - a.id).slice(0, most);
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
