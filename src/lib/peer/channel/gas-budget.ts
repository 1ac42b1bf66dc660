/**
 * What this node's account spends on gas for others, and what becomes of it beyond a budget.
 *
 * A neighbour can have a channel opened, topped up, closed and be paid out as often as it likes, with a deposit that it
 * gets back each time; each act costs gas, and it is this node that pays. So what is done for others has a budget, counted
 * by days (UTC):
 *
 * | bound | who counts | how much of a day's budget |
 * |---|---|---|
 * | `neighbour` | each one by itself | one part in {@link LIMITS.gasNeighbourParts} |
 * | `strangers` | guests with whom no money ever moved, together: identities cost nothing | one part in {@link LIMITS.gasStrangersParts} |
 * | `guests` | all guests together | all of it, and no more than the person lets be spent in a day |
 *
 * Beyond it nothing is signed for them until tomorrow. Nobody loses by that: whoever wants a channel opened, asked to
 * close or withdrawn can pay for it with a wallet, and what is owed stays owed. What this node does for its own money
 * (redeeming, withdrawing, channels of its own, payouts at the threshold it announced) is never asked about here.
 *
 * What counts is the most that an act can cost at what is offered for it, less what the neighbour pays for it; written
 * down with the transaction, and more when more is offered.
 */
import { LIMITS } from '../limits.ts';
import type { LinkRow } from '../link/accounts.ts';
import { maxOf, minOf } from '../money.ts';
import type { SqlDriver } from '../storage/sql.ts';

/** For whom something is done. */
export interface OnBehalf {
	readonly peer: string;
	/** Link units that the neighbour pays for it. */
	readonly paid?: bigint;
}

export type GasBound = 'neighbour' | 'strangers' | 'guests';

/** Writes must run inside a transaction. Costs are wei. */
export interface GasBudget {
	/** Writes down what the transaction of this number costs, unless that is too much: then which bound it would pass. */
	charge(number: number, onBehalf: OnBehalf, cost: bigint): GasBound | undefined;
	/** It was not sent after all; the next one has its number. */
	drop(number: number): void;
	/** More is offered for it: it has to be mined for those behind it, whatever it costs. */
	raise(number: number, cost: bigint): void;
}

export interface GasBudgetDeps {
	readonly sql: SqlDriver;
	readonly now: () => number;
	readonly account: (peer: string) => Pick<LinkRow, 'role' | 'fulfilledByMe' | 'fulfilledByPeer'> | undefined;
	/** Link units that one ether is worth. */
	readonly etherPrice: bigint;
	readonly perDay: GasPerDay;
	/** The account does nothing more for guests today, or does again. */
	readonly onReached: (bound: GasBound) => void;
	readonly onWithin: () => void;
}

/** Link units that may be spent in a day: for one neighbour, and for all guests. */
export interface GasPerDay {
	readonly neighbour: bigint;
	readonly guests: () => bigint;
}

/** `guests`: of all of them. `most`: what the person lets be spent, where a person is asked. */
export const gasPerDayOf = (guests: bigint, most?: () => bigint): GasPerDay => ({
	neighbour: guests / LIMITS.gasNeighbourParts,
	guests: () => (most ? minOf(guests, most()) : guests)
});

const DAY_MS = 24 * 3_600_000;
const ETHER = 10n ** 18n;
const SPENT = 'SELECT coalesce(sum(max(cost - paid, 0)), 0) AS spent FROM chain_gas WHERE at >= ?';

export const createGasBudget = (deps: GasBudgetDeps): GasBudget => {
	const { sql, now, account, etherPrice, perDay } = deps;
	const toLink = (wei: bigint): bigint => (wei * etherPrice) / ETHER;

	const spent = (since: number, where: string, parameters: readonly (string | number)[] = []): bigint =>
		BigInt(sql.all(`${SPENT} AND ${where}`, [since, ...parameters])[0]?.['spent'] as bigint);

	/** A node without an account of the neighbour knows nothing good of it. */
	const kindOf = (peer: string): { readonly isGuest: boolean; readonly isStranger: boolean } => {
		const row = account(peer);
		const isGuest = row === undefined || row.role === 'child';
		const hasPaid = row !== undefined && (row.fulfilledByMe > 0n || row.fulfilledByPeer > 0n);
		return { isGuest, isStranger: isGuest && !hasPaid };
	};

	return {
		charge: (number, { peer, paid = 0n }, wei) => {
			const at = now();
			const since = at - (at % DAY_MS);
			const cost = toLink(wei);
			const { isGuest, isStranger } = kindOf(peer);
			const isBeyond = (most: bigint, used: bigint): boolean => used + maxOf(cost - paid, 0n) > most;
			const guests = perDay.guests();
			const strangers = guests / LIMITS.gasStrangersParts;
			if (isBeyond(perDay.neighbour, spent(since, 'peer = ?', [peer]))) return 'neighbour';
			const bound =
				isStranger && isBeyond(strangers, spent(since, 'is_stranger = 1'))
					? 'strangers'
					: isGuest && isBeyond(guests, spent(since, 'is_guest = 1'))
						? 'guests'
						: undefined;
			if (bound) {
				deps.onReached(bound);
				return bound;
			}
			if (isGuest) deps.onWithin();
			sql.run('DELETE FROM chain_gas WHERE at < ?', [since]);
			sql.run(
				'INSERT INTO chain_gas (number, peer, is_guest, is_stranger, at, cost, paid) VALUES (?, ?, ?, ?, ?, ?, ?)',
				[number, peer, isGuest ? 1 : 0, isStranger ? 1 : 0, at, cost, paid]
			);
			return undefined;
		},
		drop: (number) => void sql.run('DELETE FROM chain_gas WHERE number = ?', [number]),
		raise: (number, wei) =>
			void sql.run('UPDATE chain_gas SET cost = max(cost, ?) WHERE number = ?', [toLink(wei), number])
	};
};
