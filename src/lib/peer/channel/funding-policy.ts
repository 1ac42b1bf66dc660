/**
 * When a node opens or fills a channel by itself. Pure. Only for neighbours and amounts that its operator
 * configured, never for a person's wallet: a browser holds no key that could, and asks.
 *
 * | the channels towards the neighbour | what is done |
 * |---|---|
 * | one is being opened | nothing: it will be seen |
 * | none can be used, or only one whose end is near | a new one is opened; the old one is used up or ended meanwhile |
 * | less than a quarter of the wanted amount is left | the newest is topped up by the wanted amount |
 *
 * Whether that much may be locked is asked each time before it is done (commitments.ts).
 */
import { LIMITS } from '../limits.ts';
import type { Channel } from './channel.ts';

export type FundingDecision =
	| { readonly type: 'nothing' }
	| { readonly type: 'open' }
	| { readonly type: 'topUp'; readonly channel: Channel };

export interface FundingWish {
	/** From this node to the neighbour, of any status. */
	readonly channels: readonly Channel[];
	/** Token units that a channel shall have: put in at once, and again when three quarters are used. */
	readonly wanted: bigint;
	/** Unix seconds of the chain. */
	readonly time: number;
}

/** Its payer may withdraw without asking from the expiry on, so its payee stops taking claims a grace before. */
export const isEnding = ({ key }: Channel, time: number): boolean =>
	key.expiry !== 0 && time >= key.expiry - key.grace;

/** Time for the next one, while this one can still be used up. */
export const isNearEnd = ({ key }: Channel, time: number): boolean =>
	key.expiry !== 0 && time >= key.expiry - key.grace - LIMITS.renewBeforeSeconds;

export const decideFunding = ({ channels, wanted, time }: FundingWish): FundingDecision => {
	if (wanted <= 0n || channels.some(({ status }) => status === 'opening')) return { type: 'nothing' };
	const usable = channels.filter((channel) => channel.status === 'open' && !isNearEnd(channel, time));
	const newest = usable.at(-1);
	const left = usable.reduce((sum, { deposited, claimed }) => sum + deposited - claimed, 0n);
	if (newest && left * 4n >= wanted) return { type: 'nothing' };
	return newest ? { type: 'topUp', channel: newest } : { type: 'open' };
};
