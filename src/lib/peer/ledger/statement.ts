/**
 * The ledger as a file for a spreadsheet or a program: a journal with two lines a transfer, one for each account it
 * touches, with what the account holds after it. Amounts are exact, as decimals of the asset and as whole link
 * units; accounts and kinds by the words of whoever asks and by their names in the books.
 *
 * - CSV is RFC 4180, in UTF-8 with the mark that spreadsheets look for. A cell that a program could take for a
 *   formula (a stranger chose the name in it) begins with an apostrophe.
 * - `amount` is what was promised, `posted` what of it counts: nothing while it is pending, or when it was voided.
 *   The sum of `posted` over the file is zero.
 * - A file comes in pages; each names the next, and all are of the moment of the first.
 */
import { LINK_ASSET, toDecimal } from '../money.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import { entryOf, type AccountName, type TransferKind } from './chart.ts';
import type { TransferMemo, TransferState } from './ledger.ts';

export const STATEMENT_COLUMNS = [
	'time',
	'number',
	'kind',
	'state',
	'account',
	'counterpart',
	'asset',
	'amount',
	'posted',
	'balance',
	'amountUnits',
	'postedUnits',
	'balanceUnits',
	'kindId',
	'accountId',
	'counterpartId',
	'group',
	'author',
	'peer',
	'channel',
	'transaction',
	'receipt',
	'events'
] as const;
export type StatementColumn = (typeof STATEMENT_COLUMNS)[number];

/** What the file says, in the reader's language. `{}` in an account stands for the neighbour or the channel. */
export interface StatementWords {
	readonly columns: Readonly<Record<StatementColumn, string>>;
	readonly accounts: Readonly<Record<AccountName, string>>;
	readonly kinds: Readonly<Record<TransferKind, string>>;
	readonly states: Readonly<Record<TransferState, string>>;
}

export interface StatementQuery {
	readonly format: 'csv' | 'json';
	/** Unix ms: begun at or after `from`, and before `to`. All unless given. */
	readonly from?: number;
	readonly to?: number;
	readonly words: StatementWords;
	/** What the page before said is next. */
	readonly cursor?: string;
}

export interface StatementPage {
	readonly text: string;
	/** Undefined after the last. */
	readonly next: string | undefined;
}

/** Transfers of one page: a file of a million is a thousand short pauses. */
const PAGE_TRANSFERS = 1_000;
const BYTE_ORDER_MARK = '\uFEFF';
const STATES: readonly TransferState[] = ['pending', 'posted', 'voided'];

/** Where a file is: the last transfer told, the last of all, and what each account holds by then. */
interface Place {
	readonly after: number;
	readonly upTo: number;
	readonly balances: Readonly<Record<string, string>>;
}

type Line = Readonly<Record<StatementColumn, string>>;

const big = (value: SqlValue | undefined): bigint => BigInt((value ?? 0) as number | bigint);
const decimal = (units: bigint): string => toDecimal(units, LINK_ASSET.scale);

const csvCell = (cell: string): string => {
	const isFormula = /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell);
	const safe = isFormula ? `'${cell}` : cell;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** `nameOf`: a neighbour (device key) or a channel (0x hex) as people know it. */
export const createStatements = (
	sql: SqlDriver,
	nameOf: (id: string) => string
): ((query: StatementQuery) => StatementPage) => {
	const begin = (from: number): Place => {
		const upTo = Number(sql.all('SELECT id FROM transfer ORDER BY id DESC LIMIT 1')[0]?.['id'] ?? 0);
		const opening = sql.all(
			`SELECT a.name, sum(t.amount) AS total FROM (
				SELECT target AS account, amount FROM transfer WHERE state = 1 AND at < ?1 AND id <= ?2
				UNION ALL SELECT source, -amount FROM transfer WHERE state = 1 AND at < ?1 AND id <= ?2
			) t JOIN account a ON a.id = t.account GROUP BY a.id`,
			[from, upTo]
		);
		return {
			after: 0,
			upTo,
			balances: Object.fromEntries(opening.map((row) => [String(row['name']), String(row['total'])]))
		};
	};

	const linesOf = (row: SqlRow, words: StatementWords, balances: Map<string, bigint>): readonly Line[] => {
		const memo = (row['memo'] === null ? {} : JSON.parse(String(row['memo']))) as TransferMemo;
		const amount = big(row['amount']);
		const state = STATES[Number(row['state'])] ?? 'pending';
		const kind = String(row['kind']) as TransferKind;
		const [from, to] = [String(row['source']), String(row['target'])];
		const wordsOf = (account: string): string => {
			const entry = entryOf(account);
			return entry ? words.accounts[entry].replace('{}', nameOf(account.slice(entry.length))) : account;
		};
		return [
			{ account: from, counterpart: to, sign: -1n },
			{ account: to, counterpart: from, sign: 1n }
		].map(({ account, counterpart, sign }) => {
			const posted = state === 'posted' ? sign * amount : 0n;
			const balance = (balances.get(account) ?? 0n) + posted;
			balances.set(account, balance);
			return {
				time: new Date(Number(row['at'])).toISOString(),
				number: String(row['id']),
				kind: words.kinds[kind] ?? kind,
				state: words.states[state],
				account: wordsOf(account),
				counterpart: wordsOf(counterpart),
				asset: LINK_ASSET.code,
				amount: decimal(sign * amount),
				posted: decimal(posted),
				balance: decimal(balance),
				amountUnits: `${sign * amount}`,
				postedUnits: `${posted}`,
				balanceUnits: `${balance}`,
				kindId: kind,
				accountId: account,
				counterpartId: counterpart,
				group: String(row['group_name']),
				author: memo.author ?? '',
				peer: memo.peer ?? '',
				channel: memo.channel ?? '',
				transaction: memo.transaction ?? '',
				receipt: memo.receipt ?? '',
				events: memo.eventIds?.join(' ') ?? ''
			};
		});
	};

	return ({ format, from = 0, to = Number.MAX_SAFE_INTEGER, words, cursor }) => {
		const isFirst = cursor === undefined;
		const { after, upTo, balances: opening } = isFirst ? begin(from) : (JSON.parse(cursor) as Place);
		const balances = new Map(Object.entries(opening).map(([name, balance]) => [name, BigInt(balance)]));
		const rows = sql.all(
			`SELECT t.*, s.name AS source, g.name AS target FROM transfer t
			JOIN account s ON s.id = t.source JOIN account g ON g.id = t.target
			WHERE t.id > ? AND t.id <= ? AND t.at >= ? AND t.at < ? ORDER BY t.id LIMIT ?`,
			[after, upTo, from, to, PAGE_TRANSFERS]
		);
		const lines = rows.flatMap((row) => linesOf(row, words, balances));
		const last = rows.length < PAGE_TRANSFERS;
		const text =
			format === 'csv'
				? [
						isFirst
							? BYTE_ORDER_MARK + csvLine(STATEMENT_COLUMNS.map((column) => words.columns[column]))
							: '',
						...lines.map((line) => csvLine(STATEMENT_COLUMNS.map((column) => line[column])))
					].join('')
				: (isFirst ? '[\n' : lines.length > 0 ? ',\n' : '') +
					lines.map((line) => JSON.stringify(line)).join(',\n') +
					(last ? '\n]\n' : '');
		const next: Place = {
			after: Number(rows.at(-1)?.['id'] ?? upTo),
			upTo,
			balances: Object.fromEntries([...balances].map(([name, balance]) => [name, `${balance}`]))
		};
		return { text, next: last ? undefined : JSON.stringify(next) };
	};
};
