/**
 * What a database forgot that came back as an older copy of itself, and how much of it is taken over from the
 * totals in a neighbour's hello. Pure.
 *
 * | the neighbour says | whose word it is | taken over |
 * |---|---|---|
 * | I got more from it than I remember | the neighbour's, against me | when a claim or a payout of mine that is not here was shown (it binds me, and proves that I forgot): as far as my claims reach, and W beyond if it lets me owe that; once for each proof; of a child that tells more, what it was paid. Without it, W within a day, and from a child nothing |
 * | it got more from me than I remember | the neighbour's, against itself | as far as it could have paid: what it may owe me, what I claimed ahead, and what its channels still hold |
 *
 * What I paid out the chain tells (channel/payouts.ts).
 *
 * What it lets me owe is its word too, told in the same hello, so that by it alone I come to owe W more at most: else a
 * guest would be paid out whatever it says it had earned, and a hub be paid by claims for a debt that it made up.
 *
 * With nothing forgotten neither can be more than what is under way, so that nothing is taken over then. Whoever
 * lies here gets, once and told, what it could have kept by vanishing; and W a day of whoever goes on after
 * that is told.
 */
import { maxOf, minOf } from '../money.ts';
import type { LinkRow } from './accounts.ts';
import type { Hello } from './messages.ts';

/** As of this hello; link units. */
export interface Remembered extends Pick<
	LinkRow,
	'role' | 'window' | 'credit' | 'peerCredit' | 'fulfilledByMe' | 'fulfilledByPeer' | 'isOlder'
> {
	/** What the neighbour owes me, by my ledger. */
	readonly balance: bigint;
	/** Of packets to it whose outcome is in doubt between us: its totals may count them, and mine do not. */
	readonly inDoubt: bigint;
	/** What its claims on channels that are open could still rise by. */
	readonly claimable: bigint;
	/** Taken over from it within the last day. */
	readonly takenToday: bigint;
}

/** Link units to book; 0 for nothing. */
export interface Forgotten {
	/** Delivered by the neighbour to me. */
	readonly got: bigint;
	/** Delivered by me to the neighbour. */
	readonly gave: bigint;
}

/** Totals by the neighbour's hello: "me" is the neighbour. */
export type ToldTotals = Pick<Hello, 'fulfilledByMe' | 'fulfilledByYou'>;

export const decideRecovery = (mine: Remembered, theirs: ToldTotals): Forgotten => {
	const more = (told: bigint, remembered: bigint): bigint => maxOf(0n, told - remembered);
	const told: Forgotten = {
		got: more(theirs.fulfilledByMe, mine.fulfilledByPeer + mine.inDoubt),
		gave: more(theirs.fulfilledByYou, mine.fulfilledByMe)
	};
	const least = maxOf(-mine.peerCredit, minOf(0n, mine.balance) - mine.window);
	const isTrue = ({ got, gave }: Forgotten): boolean => {
		const owedToMe = mine.balance + gave - got;
		const isBelieved = mine.isOlder || (mine.role !== 'child' && mine.takenToday + got <= mine.window);
		return (
			(got === 0n || (isBelieved && owedToMe >= least)) &&
			(gave === 0n || owedToMe <= mine.credit + mine.window + mine.claimable)
		);
	};
	// What a hub paid its guest, the guest had earned, also where that is not all it says.
	const paidFor = mine.role === 'child' ? minOf(told.got, maxOf(0n, mine.balance)) : 0n;
	// All of it, or as much as can be true by itself.
	for (const got of [told.got, paidFor, 0n])
		for (const gave of [told.gave, 0n]) if (isTrue({ got, gave })) return { got, gave };
	return { got: 0n, gave: 0n };
};
