/**
 * Double-entry bookkeeping: every unit is in an account, and a transfer moves an amount from one
 * account to another, so the sum over all accounts is zero at every moment by construction.
 *
 * A transfer is *pending* (promised, may still fail), then *posted* (final) or *voided* (never
 * happened). The ledger is written inside the same database transaction as what it records.
 *
 * ## Chart of accounts
 * | account | balance > 0 means |
 * |---|---|
 * | `wallet` | tokens of this node's own on-chain account, as far as its own dealings move them |
 * | `channel/<id>` | my deposit in a channel I pay from, not yet promised by claims |
 * | `claims/<id>` | claims I hold on a channel that pays me, not yet redeemed |
 * | `link/<peer>` | the neighbour owes me; below zero I owe the neighbour |
 * | `income/notes`, `income/routing`, `income/payout-fees` | (negative: income is a source) |
 * | `expense/notes`, `expense/way`, `expense/publishing`, `expense/payout-fees`, `expense/late`, `expense/rounding` | spent |
 * | `outside` | everything beyond this node: where wallet money came from and went to |
 *
 * Convention: `transfer(from, to, amount)` lowers `from` and raises `to`.
 */
import type { SqlDriver } from '../storage/sql.ts';

export type TransferKind =
	/** Wallet to channel, when an opening or top-up is mined. */
	| 'fund'
	/** Channel to link (as payer) when a claim is signed; link to claims (as payee) when one is accepted. */
	| 'claim'
	/** Claims to wallet, when the chain paid. */
	| 'redeem'
	/** Channel to wallet: the unspent rest after close or withdraw. */
	| 'refund'
	/** What a reader pays for notes: link to expense. */
	| 'buy'
	/** The part of it that the way took, once known: expense/notes to expense/way. */
	| 'way'
	/** What an author is paid: income to link. */
	| 'sell'
	/** Passing on: from the next link (I owe it more) to the one before (it owes me more); the fee as a second transfer. */
	| 'forward'
	| 'fee'
	/** A fulfilment of mine that came too late to be paid: link to expense. */
	| 'late'
	/** Storing one's event at another's node. */
	| 'publish'
	/** The hub pays a guest out (both sides book it) and its fee. */
	| 'payout'
	| 'payout-fee'
	/** Wallet money that came from or went to elsewhere. */
	| 'outside';

export type TransferState = 'pending' | 'posted' | 'voided';

export interface TransferDraft {
	readonly kind: TransferKind;
	readonly from: string;
	readonly to: string;
	/** Link units, > 0. */
	readonly amount: bigint;
	/** Unix ms. */
	readonly at: number;
	/** All transfers of one packet (or one chain transaction) share a group, e.g. hex of the prepare's hash. */
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

/** All methods are synchronous and must run inside a transaction (Commits.run) when they write. */
export interface Ledger {
	/** Records a pending transfer. Refuses amounts ≤ 0 by throwing (a bug). */
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
		readonly kind: TransferKind;
		readonly account?: string;
		readonly since: number;
		readonly author?: string;
		readonly includePending?: boolean;
	}): bigint;
	/** How many posted transfers of one kind there are. */
	count(kind: TransferKind): number;
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
