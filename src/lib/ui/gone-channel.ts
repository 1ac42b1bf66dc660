/**
 * Why nothing can be spent when something could be before: what became of the channel, and of the money in it.
 * A bare zero would leave a person wondering.
 */
import type { ChannelView } from '../peer/api.ts';

export interface GoneChannel {
	readonly channel: ChannelView;
	/** `leaving`: on its way out, and the rest has yet to come back. */
	readonly how: 'leaving' | 'closed' | 'archived';
	/** What is left of the deposit, or went back; link units. */
	readonly rest: bigint;
}

/** Undefined while a channel is there to pay from, and for those who never had one. */
export const goneChannel = (channels: readonly ChannelView[]): GoneChannel | undefined => {
	const mine = channels.filter(({ direction }) => direction === 'out');
	if (mine.some(({ status }) => status === 'open' || status === 'opening')) return undefined;
	const leaving = mine.find(({ status }) => status === 'closing');
	if (leaving !== undefined) return { channel: leaving, how: 'leaving', rest: leaving.remaining };
	const last = mine.reduce<ChannelView | undefined>(
		(newest, one) => (newest === undefined || one.openedAt > newest.openedAt ? one : newest),
		undefined
	);
	if (last === undefined) return undefined;
	return last.status === 'archived'
		? { channel: last, how: 'archived', rest: 0n }
		: { channel: last, how: 'closed', rest: last.deposited - last.settled };
};
