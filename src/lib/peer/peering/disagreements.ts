/**
 * Neighbours whose books differ from this node's, for as long as they do. The person hears of the first and is told no
 * more of it when the last is over; the link is begun anew, because what one of the two forgot is told in a hello
 * (link/recovery.ts).
 */
import { peerError } from '../errors.ts';
import type { Notices } from '../notices.ts';
import type { Clock } from '../platform.ts';

export interface Disagreements {
	begun(peer: string, reason: string): void;
	over(peer: string): void;
}

export const createDisagreements = (deps: {
	readonly clock: Clock;
	readonly notices: Notices;
	readonly drop: (peer: string) => void;
}): Disagreements => {
	const { clock, notices } = deps;
	const differing = new Set<string>();
	return {
		begun: (peer, reason) => {
			differing.add(peer);
			notices.add(peerError('HubDisagrees', reason));
			// Not at once: it is noticed in the middle of an answer on that link.
			clock.after(0, () => deps.drop(peer));
		},
		over: (peer) => {
			differing.delete(peer);
			if (differing.size === 0) notices.clear('HubDisagrees');
		}
	};
};
