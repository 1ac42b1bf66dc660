/**
 * Whether a neighbour's books and mine agree, as its answers show.
 *
 * A T04 that the neighbour itself triggered, with the amount its books cover, against what my ledger says is
 * covered, is a disagreement: it may have lost a claim, so the newest are shown again. After
 * {@link LIMITS.uncoveredRejects} in a row nothing more is signed to it. One fulfilment, or a hello with the same
 * totals, and it is believed again.
 */
import type { IlpReply } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import { COVERED_BYTES } from '../rejects.ts';
import type { ConnectorDeps } from './deps.ts';

export interface Agreement {
	/** Learns from the answer to a packet of `amount` link units. */
	compare(egress: string, amount: bigint, reply: IlpReply): void;
	/** Whether more may be signed to the neighbour. */
	mayPromise(egress: string): boolean;
	/** In a new hello its totals are the same as mine. */
	agreed(peer: string): void;
	/** Something was booked that it had booked before me (its payout, my late fulfilment): that explains its refusals. */
	explained(peer: string): void;
	/** It calls late what was not. */
	doubted(peer: string, reason: string): void;
}

export const createAgreement = ({
	platform: { log },
	transport,
	neighbourAddress,
	onDisagreement,
	onAgreement
}: Pick<
	ConnectorDeps,
	'platform' | 'transport' | 'neighbourAddress' | 'onDisagreement' | 'onAgreement'
>): Agreement => {
	/** How often in a row a neighbour called uncovered what my ledger says is covered. */
	const uncovered = new Map<string, number>();
	/** Why the books differ, of each neighbour whose do. */
	const differing = new Map<string, 'uncovered' | 'late'>();

	const differ = (peer: string, why: 'uncovered' | 'late', reason: string): void => {
		differing.set(peer, why);
		onDisagreement?.(peer, reason);
	};
	const agree = (peer: string, about: 'uncovered' | 'all'): void => {
		uncovered.delete(peer);
		const why = differing.get(peer);
		if (why === undefined || (why === 'late' && about !== 'all')) return;
		differing.delete(peer);
		onAgreement?.(peer);
	};

	return {
		compare: (egress, amount, reply) => {
			if (amount === 0n) return;
			if (reply.type === 'fulfill') {
				agree(egress, 'uncovered');
				return;
			}
			const address = neighbourAddress?.(egress);
			if (
				reply.code !== 'T04' ||
				reply.data.length !== COVERED_BYTES ||
				address === undefined ||
				reply.triggeredBy !== address
			)
				return;
			const times = (uncovered.get(egress) ?? 0) + 1;
			uncovered.set(egress, times);
			transport.presentClaims(egress);
			log('warn', 'the neighbour calls uncovered what my ledger covers', { peer: egress, times });
			if (times === LIMITS.uncoveredRejects) differ(egress, 'uncovered', 'it refuses what my claims cover');
		},
		mayPromise: (egress) => (uncovered.get(egress) ?? 0) < LIMITS.uncoveredRejects,
		agreed: (peer) => agree(peer, 'all'),
		explained: (peer) => agree(peer, 'uncovered'),
		doubted: (peer, reason) => differ(peer, 'late', reason)
	};
};
