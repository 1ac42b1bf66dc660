/** The packets a second that were agreed with a neighbour, if any were. */
import type { NeighbourTerms } from '../connector/deps.ts';
import { createPacketRate, type PacketRate } from '../allowance.ts';
import type { Rejects } from '../rejects.ts';
import type { Arrival, Rule } from './rule.ts';

export const withinRate = (
	terms: (peer: string) => NeighbourTerms | undefined,
	{ reject }: Rejects
): Rule<Arrival> => {
	const rates = new Map<string, PacketRate>();
	return ({ peer, now }) => {
		const perSecond = terms(peer)?.packetsPerSecond;
		if (perSecond === undefined) return undefined;
		let rate = rates.get(peer);
		if (!rate) rates.set(peer, (rate = createPacketRate(perSecond, now)));
		return rate.take(now) ? undefined : reject('T05', 'too many packets a second');
	};
};
