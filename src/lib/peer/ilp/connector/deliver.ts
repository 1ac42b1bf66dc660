/**
 * A packet for this node: its receiver decides in the transaction that books the money, and the fulfill leaves once
 * both are on disk.
 */
import type { IlpReply } from '../../codec/ilp.ts';
import type { Rejects } from '../rejects.ts';
import { covered } from '../rules/liquidity.ts';
import type { Arrival } from '../rules/rule.ts';
import type { Admit } from './admit.ts';
import type { ConnectorDeps } from './deps.ts';
import { insertIncoming } from './insert-incoming.ts';
import { packetKey } from './packet-key.ts';

/** `suffix`: what follows this node's address in the destination. */
export type Deliver = (arrival: Arrival, hash: Uint8Array, suffix: string) => Promise<IlpReply>;

export interface DeliverParts {
	readonly rejects: Rejects;
	readonly admit: Admit;
	/** A packet was fulfilled here that brought `amount` link units. */
	readonly earn: (ingress: string, amount: bigint) => void;
}

const EMPTY = new Uint8Array(0);

export const createDeliver = (
	{
		platform: { clock, log },
		ledger,
		accounts,
		packets,
		receiver
	}: Pick<ConnectorDeps, 'platform' | 'ledger' | 'accounts' | 'packets' | 'receiver'>,
	{ rejects, admit, earn }: DeliverParts
): Deliver => {
	const { reject } = rejects;
	const isCovered = covered(accounts, rejects);

	return async ({ peer, prepare }, hash, suffix) => {
		const verdict = await receiver.judge({ prepare, suffix, link: peer });
		if (!verdict) return reject('F02', 'nobody here');
		const outcome = await admit((): IlpReply | 'taken' | 'refused' => {
			const now = clock.now();
			// A frozen tab wakes up here: what expired meanwhile must not be fulfilled.
			if (now >= prepare.expiresAt) return reject('R00', 'expired here');
			const refusal = isCovered({ peer, prepare });
			if (refusal) return refusal;
			if (!verdict.decide()) return 'refused';
			if (prepare.amount > 0n) {
				const booking = verdict.booking;
				// Without the preimage on disk a crash would make the neighbour hear "rejected".
				if (!booking || !verdict.fulfillment) throw new Error('money without a booking or a fulfillment');
				const group = packetKey(peer, hash);
				const { fulfillment } = verdict;
				insertIncoming(packets, peer, prepare, hash, group, { fulfillment, at: now });
				ledger.record({
					kind: booking.kind,
					from: booking.account,
					to: `link/${peer}`,
					amount: prepare.amount,
					at: now,
					group,
					...(booking.memo ? { memo: booking.memo } : {})
				});
				accounts.fulfilled(peer, 'me', prepare.amount);
			}
			return 'taken';
		});
		if (typeof outcome === 'object') return outcome;
		if (outcome === 'refused' || prepare.amount === 0n) return verdict.reply();
		// What ends here pays for the data of both directions, as a fee does at a hop.
		earn(peer, prepare.amount);
		const fulfillment = verdict.fulfillment as Uint8Array;
		try {
			const reply = await verdict.reply();
			if (reply.type === 'fulfill') return reply;
			log('error', 'a receiver took money and rejected', { peer });
		} catch (error) {
			log('error', 'a receiver took money and broke', { peer, error: String(error) });
		}
		// The money is booked: the proof must leave, even with nothing beside it.
		return { type: 'fulfill', fulfillment, data: EMPTY };
	};
};
