/** The next link is there, takes more, and has not too much under way. */
import type { IlpReject } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import type { Rejects } from '../rejects.ts';
import type { Transport } from '../transport.ts';

/** Asked with the neighbour the packet would go to; what it refuses can be tried again. */
export const createLinkIsFree =
	(
		transport: Pick<Transport, 'state'>,
		inFlight: (peer: string) => number,
		{ reject }: Rejects
	): ((peer: string) => IlpReject | undefined) =>
	(peer) => {
		const state = transport.state(peer);
		if (state === 'down') return reject('T01', 'the next link is down');
		if (state === 'busy' || inFlight(peer) >= LIMITS.inFlightPerLink)
			return reject('T02', 'the next link is busy');
		return undefined;
	};
