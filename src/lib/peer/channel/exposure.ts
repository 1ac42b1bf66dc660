/**
 * How much is counted on that nobody has checked yet: what forgers could take, all of them together. In link units,
 * kept in memory; whoever keeps it tells it what the rows say.
 */
import type { Hex } from '../bytes.ts';
import { maxOf, minOf } from '../money.ts';

export interface Exposure {
	/** This channel's is now so much. */
	note(channel: ExposedChannel, amount: bigint): void;
	/** It will be so much, unless what is being written fails. */
	reserve(channel: ExposedChannel, amount: bigint): void;
	/** The most this channel's may be while all others stay as they are. */
	most(channel: ExposedChannel): bigint;
	total(): bigint;
}

export interface ExposedChannel {
	readonly id: Hex;
	readonly epoch: number;
	readonly peer: string;
}

/** `perLink`: over the channels of one neighbour. `perNode`: over all of them. */
export const createExposure = (limits: { readonly perLink: bigint; readonly perNode: bigint }): Exposure => {
	const byChannel = new Map<string, bigint>();
	const byPeer = new Map<string, bigint>();
	let total = 0n;
	const nameOf = ({ id, epoch }: ExposedChannel): string => `${id}/${epoch}`;

	const note: Exposure['note'] = (channel, amount) => {
		const name = nameOf(channel);
		const change = amount - (byChannel.get(name) ?? 0n);
		if (change === 0n) return;
		const ofPeer = (byPeer.get(channel.peer) ?? 0n) + change;
		total += change;
		if (amount === 0n) byChannel.delete(name);
		else byChannel.set(name, amount);
		if (ofPeer === 0n) byPeer.delete(channel.peer);
		else byPeer.set(channel.peer, ofPeer);
	};

	return {
		note,
		reserve: (channel, amount) => note(channel, maxOf(amount, byChannel.get(nameOf(channel)) ?? 0n)),
		most: (channel) => {
			const own = byChannel.get(nameOf(channel)) ?? 0n;
			const onLink = limits.perLink - ((byPeer.get(channel.peer) ?? 0n) - own);
			return maxOf(0n, minOf(onLink, limits.perNode - (total - own)));
		},
		total: () => total
	};
};
