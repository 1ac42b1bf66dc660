/**
 * What may be spent or locked up without asking the person, and what happens beyond.
 *
 * | limit | what counts against it | where the figure comes from | default |
 * |---|---|---|---|
 * | `perDay` | notes paid for on one day (UTC), what is under way included; apart from that, and on its own, what was locked in channels that day | purchases; transfers of kind `fund` | $1 |
 * | `perPeer` | notes of one author paid for on one day; each follow has its own, this is what a new one begins with | purchases | $0.05 |
 * | `perChannel` | what one channel holds locked, after this | the channel's deposit | $10 |
 *
 * Spending and locking are never added up: what is locked is still the person's, and would count twice once it
 * is spent. What a wallet signs is asked for by the wallet; the limits on locking are for what the peer does by
 * itself.
 *
 * Beyond a limit nothing is sent. The person is asked once (consents.ts), and can allow exactly what was asked
 * for, deny it, or change the limit. Everything here is arithmetic on figures that the caller looked up in the
 * transaction that would move the money.
 */
import { maxOf } from './money.ts';

/** Link units. */
export interface Budgets {
	readonly perDay: bigint;
	readonly perPeer: bigint;
	readonly perChannel: bigint;
}

export type BudgetLimit = 'day' | 'peer' | 'channel';

/** `most`: the limit with what was allowed beyond it. `used` of it, and `wanted` now. Link units. */
export interface BeyondLimit {
	readonly limit: BudgetLimit;
	readonly most: bigint;
	readonly used: bigint;
	readonly wanted: bigint;
}

export type BudgetDecision = { readonly isWithin: true } | ({ readonly isWithin: false } & BeyondLimit);

interface Bound {
	readonly limit: BudgetLimit;
	readonly most: bigint;
	readonly used: bigint;
}

/** The first limit that the amount would pass. */
const decide = (bounds: readonly Bound[], wanted: bigint): BudgetDecision => {
	const passed = bounds.find(({ most, used }) => used + wanted > most);
	return passed ? { isWithin: false, ...passed, wanted } : { isWithin: true };
};

/** Link units that still fit within all of them. */
export const leftWithin = (bounds: readonly { readonly most: bigint; readonly used: bigint }[]): bigint =>
	bounds.reduce<bigint | undefined>((least, { most, used }) => {
		const left = maxOf(0n, most - used);
		return least === undefined || left < least ? left : least;
	}, undefined) ?? 0n;

/** What one author and all authors together were paid today, against what they may be. */
export interface SpendFacts {
	readonly perDay: bigint;
	readonly perPeer: bigint;
	readonly spentToday: bigint;
	readonly spentOnPeerToday: bigint;
}

export const spendBounds = (facts: SpendFacts): readonly Bound[] => [
	{ limit: 'peer', most: facts.perPeer, used: facts.spentOnPeerToday },
	{ limit: 'day', most: facts.perDay, used: facts.spentToday }
];

/** May this much more be paid to that author now? */
export const decideSpend = (facts: SpendFacts, amount: bigint): BudgetDecision =>
	decide(spendBounds(facts), amount);

/** What a channel holds and what all of them were given today. */
export interface CommitFacts {
	readonly perDay: bigint;
	readonly perChannel: bigint;
	/** Link units; 0 for a channel that is yet to be opened. */
	readonly deposited: bigint;
	readonly committedToday: bigint;
}

/** May this much more be locked in that channel now, without a signature by the person? */
export const decideCommitment = (facts: CommitFacts, amount: bigint): BudgetDecision =>
	decide(
		[
			{ limit: 'channel', most: facts.perChannel, used: facts.deposited },
			{ limit: 'day', most: facts.perDay, used: facts.committedToday }
		],
		amount
	);
