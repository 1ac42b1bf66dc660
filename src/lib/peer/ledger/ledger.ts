/**
 * Double-entry bookkeeping: every unit is in an account, and a transfer moves an amount from one
 * account to another, so the sum over all accounts is zero at every moment by construction.
 *
 * A transfer is *pending* (promised, may still fail), then *posted* (final) or *voided* (never
 * happened). The ledger is written inside the same database transaction as what it records.
 *
 * Which accounts there are, and which transfers between them, is the chart of accounts (chart.ts).
 * Convention: `transfer(from, to, amount)` lowers `from` and raises `to`.
 */
import type { SqlDriver } from '../storage/sql.ts';
import type { TransferKind } from './chart.ts';

export type { TransferKind } from './chart.ts';

export type TransferState = 'pending' | 'posted' | 'voided';

export interface TransferDraft {
	readonly kind: TransferKind;
	readonly from: string;
	readonly to: string;
	/** Link units, > 0. */
	readonly amount: bigint;
	/** Unix ms. */
	readonly at: number;
	/** All transfers of one packet on its link (or of one chain transaction) share a group and end together. */
	readonly group: string;
	/** For people: which note, which author, which channel, which transaction. Plain JSON. */
	readonly memo?: TransferMemo;
}

export interface TransferMemo {
	readonly eventIds?: readonly string[];
	readonly author?: string;
	readonly peer?: string;
	readonly channel?: string;
	readonly transaction?: string;
	/** Hex; of the GET that it paid for. */
	readonly receipt?: string;
	/** Link units that arrived at the other end, when it said so. */
	readonly arrived?: string;
}

export interface Transfer extends TransferDraft {
	readonly id: number;
	readonly state: TransferState;
	/** When it was posted or voided. */
	readonly settledAt?: number;
}

/**
 * Thrown by what would break the books, so that the transaction around it is undone: nothing of it is written.
 * `NotInChart`: an unknown account, or no way money may take. `OutOfFunds`: more than is there, or than is not
 * promised already.
 */
export class LedgerRefusal extends Error {
	readonly type: 'NotInChart' | 'OutOfFunds';
	readonly account: string;
	constructor(type: LedgerRefusal['type'], account: string, message: string) {
		super(message);
		this.name = 'LedgerRefusal';
		this.type = type;
		this.account = account;
	}
}

/** Of packets on their way through there are too many to be counted. */
export type CountedKind = Exclude<TransferKind, 'forward' | 'fee'>;

/** All methods are synchronous and must run inside a transaction (Commits.run) when they write. */
export interface Ledger {
	/** Records a pending transfer. Throws {@link LedgerRefusal}; for amounts ≤ 0, a bug, an Error. */
	begin(draft: TransferDraft): number;
	/** Posted at once. */
	record(draft: TransferDraft): number;
	/** Settles every pending transfer of the group; answers how many. Doing it again changes nothing. */
	post(group: string, at: number, memo?: TransferMemo): number;
	void(group: string, at: number): number;
	/** Posted transfers only. */
	balance(account: string): bigint;
	/** Pending transfers out of and into an account. */
	pending(account: string): { readonly out: bigint; readonly in: bigint };
	/** Posted total of one kind since a time, touching an account: what a day's budget is checked against. */
	total(query: {
		readonly kind: CountedKind;
		readonly account?: string;
		readonly since: number;
		readonly author?: string;
		readonly includePending?: boolean;
	}): bigint;
	/** How many posted transfers of one kind there are. */
	count(kind: CountedKind): number;
	/** What became of the payment for one GET, begun between two times (Unix ms); undefined when there was none. */
	paymentState(query: {
		readonly receipt: string;
		readonly since: number;
		readonly until: number;
	}): TransferState | undefined;
	balances(): ReadonlyMap<string, bigint>;
	/** Newest first. */
	statement(query: {
		readonly limit: number;
		readonly before?: number;
		readonly account?: string;
	}): readonly Transfer[];
	pendingGroups(): readonly string[];
	/** Recomputes every balance from transfers and compares with the stored ones; the sum must be 0. */
	audit(): {
		readonly sum: bigint;
		readonly differences: readonly {
			readonly account: string;
			readonly stored: bigint;
			readonly recomputed: bigint;
		}[];
	};
}

export type CreateLedger = (sql: SqlDriver) => Ledger;
