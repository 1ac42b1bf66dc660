/**
 * Whether this peer may lock more money in a channel by itself, without a wallet that asks its owner each time.
 *
 * | the peer belongs to | within | beyond |
 * |---|---|---|
 * | a person who is asked | the person's limits for a day and for a channel (budgets.ts) | the question, once a day (consents.ts); nothing is locked before the answer |
 * | an operator | `fundingPerDay` of its config; four times what a channel is to have | nothing is locked until tomorrow: FundingBudgetReached |
 */
import { decideCommitment, type Budgets } from './budgets.ts';
import type { Hex } from './bytes.ts';
import { fundingPerDayOf, type PeerConfig } from './config.ts';
import type { Consents } from './consents.ts';
import { peerError, type PeerError } from './errors.ts';
import type { LinkAccounts } from './link/accounts.ts';
import { tokenToLink } from './money.ts';
import type { Notices } from './notices.ts';
import type { PersonalSettings } from './personal-settings.ts';
import type { SettlementScheme } from './settlement/scheme.ts';

/** Link units. */
export interface Commitment {
	readonly amount: bigint;
	/** What a channel to this neighbour is to have. */
	readonly wanted: bigint;
	/** What the channel holds locked by now; 0 for one that is yet to be opened. */
	readonly deposited: bigint;
	/** Locked in channels since midnight (UTC), what is on its way included. */
	readonly committedToday: bigint;
	/** The neighbour's device. */
	readonly peer: string;
	readonly channel?: Hex;
}

/** Whoever says no has told the person why. */
export type MayCommit = (commitment: Commitment) => boolean;

/** How much may be locked in one channel, in times of what it is to have: a payee that never redeems gets no more. */
const CHANNEL_FILLINGS = 4n;

const askThePerson =
	(deps: {
		readonly consents: Pick<Consents, 'mayCommit'>;
		readonly budgets: () => Pick<Budgets, 'perDay' | 'perChannel'>;
		/** The person at the other end. */
		readonly ownerOf: (peer: string) => string;
	}): MayCommit =>
	({ amount, deposited, committedToday, peer, channel }) =>
		deps.consents.mayCommit({ ...deps.budgets(), deposited, committedToday }, amount, {
			peer: deps.ownerOf(peer),
			...(channel === undefined ? {} : { channel })
		});

export const keepToBudget =
	(deps: {
		/** Link units. */
		readonly fundingPerDay: bigint;
		readonly onTrouble: (error: PeerError) => void;
		readonly onRelief: (type: PeerError['type']) => void;
	}): MayCommit =>
	({ amount, wanted, deposited, committedToday, peer }) => {
		const { isWithin } = decideCommitment(
			{ perDay: deps.fundingPerDay, perChannel: wanted * CHANNEL_FILLINGS, deposited, committedToday },
			amount
		);
		if (isWithin) deps.onRelief('FundingBudgetReached');
		else deps.onTrouble(peerError('FundingBudgetReached', peer));
		return isWithin;
	};

/** Which of the two it is, by the config. */
export const commitmentRule = (deps: {
	readonly config: Pick<PeerConfig, 'asksPerson' | 'fundingPerDay' | 'deposits'>;
	readonly scheme: Pick<SettlementScheme, 'tokenScale'>;
	readonly consents: Pick<Consents, 'mayCommit'>;
	readonly personal: Pick<PersonalSettings, 'budgets'>;
	readonly accounts: Pick<LinkAccounts, 'get'>;
	readonly notices: Pick<Notices, 'add' | 'clear'>;
}): MayCommit => {
	const { config, scheme, consents, personal, accounts, notices } = deps;
	if (config.asksPerson)
		return askThePerson({
			consents,
			budgets: personal.budgets,
			ownerOf: (peer) => accounts.get(peer)?.owner ?? peer
		});
	const fundingPerDay = tokenToLink(
		config.fundingPerDay ?? fundingPerDayOf(config.deposits),
		scheme.tokenScale
	);
	return keepToBudget({ fundingPerDay, onTrouble: notices.add, onRelief: notices.clear });
};
