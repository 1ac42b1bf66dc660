/**
 * Whether the channel that pays for notes needs money soon, told before it stops anything. A browser
 * cannot top up by itself: the wallet belongs to the person and signs each time.
 */
import { channelState } from './channel-state.ts';
import { parseMoney } from '../client/format.ts';
import type { ChannelView, FollowView, PeerState } from '../peer/api.ts';

export interface LowChannel {
	readonly channel: ChannelView;
	/** Not enough for a note that was offered: something waits already. */
	readonly isUsedUp: boolean;
	/** Whole days that the rest lasts at the pace of this person; undefined while no pace is known. */
	readonly days: number | undefined;
	/** What waits for it. */
	readonly waiting: { readonly count: number; readonly cost: bigint };
	/** What is offered to put in: as much as was put in so far and twice what waits, at most the usual amount and what the wallet holds. */
	readonly topUp: bigint;
}

const USUAL = parseMoney('2', 'dollars') ?? 0n;

/** What reading costs a day, all authors together, at the pace of the last week. */
export const costOfADay = (follows: readonly FollowView[]): bigint =>
	follows.reduce((sum, { perDay }) => sum + perDay, 0n);

/** Undefined while nothing is low, and while there is no channel that could be topped up. */
export const lowChannel = ({
	channels,
	follows,
	money
}: Pick<PeerState, 'channels' | 'follows' | 'money'>): LowChannel | undefined => {
	const channel = channels.find(({ direction, status }) => direction === 'out' && status === 'open');
	if (channel === undefined) return undefined;
	const perDay = costOfADay(follows);
	const stopped = follows.filter(({ error }) => error?.type === 'NotEnoughInChannel');
	const isUsedUp = channel.remaining <= 0n || stopped.length > 0;
	if (!isUsedUp && !channelState(channel, 0, perDay).low) return undefined;
	const waiting = {
		count: stopped.reduce((sum, follow) => sum + follow.waiting.count, 0),
		cost: stopped.reduce((sum, follow) => sum + follow.waiting.cost, 0n)
	};
	const wanted = 2n * waiting.cost > channel.deposited ? 2n * waiting.cost : channel.deposited;
	const most = money.wallet === undefined || money.wallet > USUAL ? USUAL : money.wallet;
	return {
		channel,
		isUsedUp,
		days: perDay > 0n ? Number(channel.remaining / perDay) : undefined,
		waiting,
		topUp: wanted < most ? wanted : most
	};
};
