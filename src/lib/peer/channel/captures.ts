/**
 * How much of what the chain shows as captured is believed. Up to what was promised here all of it. More says that a
 * claim was signed that this database does not know, so that it is an older copy: then a payer is bound by it and signs
 * only above it, and a payee serves for it. Neither could be taken back if the answer was wrong, so it must come
 * again after {@link LIMITS.lostConfirmMs}. Until then nothing of it is believed, and a payer promises nothing on that channel.
 *
 * In memory: a program that begins again asks again.
 */
import { LIMITS } from '../limits.ts';
import type { Hex } from '../bytes.ts';
import type { Channel } from './channel.ts';

/** Amounts are token units. */
export interface Doubt {
	readonly id: Hex;
	readonly epoch: number;
	readonly shown: bigint;
	/** Unix ms. */
	readonly since: number;
}

export interface Captures {
	/** The chain shows this much captured of the channel, at a time (Unix ms); answers how much of it is believed. */
	see(channel: Pick<Channel, 'id' | 'epoch' | 'promised' | 'settled'>, shown: bigint, at: number): bigint;
	/** Whether more was shown than is believed by now. */
	isDoubted(channel: Pick<Channel, 'id' | 'epoch'>): boolean;
	/** Channels to look at again, and what was shown of them. */
	doubted(): readonly Doubt[];
	/** Its epoch is over. */
	forget(channel: Pick<Channel, 'id' | 'epoch'>): void;
}

export const createCaptures = (): Captures => {
	const doubts = new Map<string, Doubt>();
	const nameOf = ({ id, epoch }: Pick<Channel, 'id' | 'epoch'>): string => `${id}/${epoch}`;

	return {
		see: ({ id, epoch, promised, settled }, shown, at) => {
			const name = nameOf({ id, epoch });
			const before = doubts.get(name);
			doubts.delete(name);
			if (shown <= promised) return shown;
			const isAgain = before !== undefined && shown >= before.shown;
			if (isAgain && at - before.since >= LIMITS.lostConfirmMs) return before.shown;
			doubts.set(name, isAgain ? before : { id, epoch, shown, since: at });
			return settled;
		},
		isDoubted: (channel) => doubts.has(nameOf(channel)),
		doubted: () => [...doubts.values()],
		forget: (channel) => void doubts.delete(nameOf(channel))
	};
};
