/**
 * A packet for somebody else: passed on for less money and less time, in two commits.
 *
 * | before | what must be where |
 * |---|---|
 * | it moves on | both rows and the pending transfers in the log: no end of this program undoes them |
 * | it moves on with a claim, or to somebody who would lose by a power failure here (when-to-leave.ts) | all of it on disk |
 * | its fulfill moves back | the posted transfers, and so all before them, on disk |
 *
 * So between nodes a packet waits for the disk once, not twice. Only a power failure in between makes this hop forget
 * that it passed a packet on; nobody was told that it was paid, and what the next hop is owed then comes back by its hello
 * (ADR 32).
 */
import type { Promised } from '../../channel/channels.ts';
import { forwardPrepare, type IlpReject, type IlpReply } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import { afterFee } from '../../money.ts';
import type { Until } from '../../storage/commit.ts';
import type { Rejects } from '../rejects.ts';
import { notTooLargeToLeave, somethingLeft, type MaxPacketOf } from '../rules/amount.ts';
import { enoughTime, expiryOnNextLink } from '../rules/expiry.ts';
import { covered, withinShare } from '../rules/liquidity.ts';
import { firstRefusal, type Arrival, type Departure, type Rule } from '../rules/rule.ts';
import type { Route } from '../routes.ts';
import type { ShareName, Shares } from '../shares.ts';
import type { Admit } from './admit.ts';
import type { Agreement } from './agreement.ts';
import type { Counts } from './counts.ts';
import type { ConnectorDeps } from './deps.ts';
import type { Exchange, Place } from './exchange.ts';
import { insertIncoming } from './insert-incoming.ts';
import type { Forwarded, SettleForwarded } from './settle-forwarded.ts';
import { createWhenToLeave } from './when-to-leave.ts';
import { packetKey } from './packet-key.ts';

/** `hash`: SHA-256 of the prepare as it came. */
export type Forward = (arrival: Arrival, hash: Uint8Array, way: Route) => Promise<IlpReply>;

export interface ForwardParts {
	readonly rejects: Rejects;
	readonly counts: Counts;
	readonly shares: Shares;
	readonly maxPacketOf: MaxPacketOf;
	readonly linkIsFree: (peer: string) => IlpReject | undefined;
	readonly admit: Admit;
	readonly agreement: Agreement;
	readonly exchange: Exchange;
	readonly settle: SettleForwarded;
	/** A packet was fulfilled and left `fee` link units here. */
	readonly earn: (ingress: string, egress: string, fee: bigint) => void;
}

export const createForward = (
	{
		platform: { clock, crypto },
		commits,
		ledger,
		accounts,
		packets,
		feePpm,
		transport
	}: Pick<ConnectorDeps, 'platform' | 'commits' | 'ledger' | 'accounts' | 'packets' | 'feePpm' | 'transport'>,
	parts: ForwardParts
): Forward => {
	const { rejects, counts, shares, admit, agreement, exchange } = parts;
	const { reject } = rejects;

	/** In this order, before anything is written. */
	const toLeave: readonly Rule<Departure>[] = [
		somethingLeft(rejects),
		notTooLargeToLeave(parts.maxPacketOf, rejects),
		enoughTime(rejects),
		({ way }) => parts.linkIsFree(way.peer)
	];
	/** And these inside the transaction. */
	const toBook: readonly Rule<Departure>[] = [
		covered(accounts, rejects),
		withinShare(accounts, shares, rejects)
	];

	const whenToLeave = createWhenToLeave(accounts);

	type Outward = Forwarded & { readonly share: ShareName };
	interface Booked {
		readonly promised: Promised | undefined;
		readonly place: Place | undefined;
	}

	/** Books the answer; what it means for the one before. */
	const conclude = async (packet: Forwarded, reply: IlpReply): Promise<'settled' | 'late'> => {
		const result = await exchange.heard(packet.egress, packet.outHash, parts.settle(packet, reply));
		if (result === 'late' && reply.type === 'fulfill') transport.refuseLate(packet.egress, [packet.outHash]);
		return result;
	};

	/** Writes down that the packet is under way, and what it may cost whom. */
	const book = async (departure: Departure, packet: Outward): Promise<IlpReject | Booked> => {
		const { peer, prepare, way } = departure;
		const { egress, inHash, outHash, outExpiresAt, out, group, share } = packet;
		const fee = prepare.amount - out;
		let place: Place | undefined;
		const decide = (): IlpReject | (Omit<Booked, 'place'> & { readonly until: Until }) => {
			const refusal = firstRefusal(toBook, departure);
			if (refusal) return refusal;
			const at = clock.now();
			const until = whenToLeave(egress);
			const room = accounts.cover(egress, out, at, agreement.mayPromise(egress));
			if (!room.covered) return reject('T04', 'the next link is not funded');
			const { promised } = room;
			insertIncoming(packets, peer, prepare, inHash, group);
			packets.insert({
				link: egress,
				direction: 'out',
				hash: outHash,
				amount: out,
				expiresAt: outExpiresAt,
				condition: prepare.condition,
				group,
				inLink: peer,
				inHash,
				route: way.prefix
			});
			shares.begin(share, out);
			place = exchange.queue(egress, outHash, promised !== undefined);
			ledger.begin({ kind: 'forward', from: `link/${egress}`, to: `link/${peer}`, amount: out, at, group });
			if (fee > 0n)
				ledger.begin({ kind: 'fee', from: 'income/routing', to: `link/${peer}`, amount: fee, at, group });
			return { promised, until: until(promised) };
		};
		const booked = await admit(decide, (answer) => ('until' in answer ? answer.until : 'durable'));
		if (!('type' in booked)) return { promised: booked.promised, place };
		if (place) {
			place.leave();
			// It never leaves, and may be in the log all the same, where the disk did not take it.
			if (packets.find(egress, 'out', outHash, outExpiresAt)) await conclude(packet, booked);
			else shares.end(share, out, undefined, departure.now);
		}
		return booked;
	};

	return async (arrival, hash, way) => {
		const { peer, prepare, bytes } = arrival;
		const egress = way.peer;
		const out = afterFee(prepare.amount, feePpm);
		const now = clock.now();
		const outExpiresAt = expiryOnNextLink(prepare.expiresAt, now);
		const departure: Departure = { peer, prepare, bytes, now, way, out, outExpiresAt };
		const refusal = firstRefusal(toLeave, departure);
		if (refusal) return refusal;

		const outBytes = forwardPrepare(bytes, out, outExpiresAt);
		const outHash = await crypto.sha256(outBytes);
		const hasMoney = prepare.amount > 0n;
		const group = packetKey(peer, hash);
		const share: ShareName = { ingress: peer, egress, route: way.prefix };
		const packet: Outward = {
			ingress: peer,
			inHash: hash,
			amount: prepare.amount,
			expiresAt: prepare.expiresAt,
			egress,
			outHash,
			outExpiresAt,
			out,
			group,
			share
		};
		const booked = hasMoney ? await book(departure, packet) : undefined;
		if (booked && 'type' in booked) return booked;
		counts.forwarded(egress);

		const reply = await exchange.send({
			peer: egress,
			bytes: outBytes,
			hash: hasMoney ? outHash : undefined,
			promised: booked?.promised,
			place: booked?.place,
			condition: prepare.condition,
			expiresAt: outExpiresAt,
			// Half of the margin is for the fulfill's way here, half for its way on.
			deadline: outExpiresAt + LIMITS.expiryMarginMs / 2,
			onLate: async (late) => {
				if (hasMoney) await conclude(packet, late);
			}
		});
		if (reply) agreement.compare(egress, out, reply);
		if (!hasMoney) return reply ?? reject('R00', 'no answer from the next hop');
		if (!reply) {
			// The one before is told now; what the next one did stays pending until it is known.
			await commits.run(() => packets.settle(peer, 'in', hash, 'rejected', clock.now()));
			return reject('R00', 'no answer from the next hop');
		}
		if ((await conclude(packet, reply)) === 'late') return reject('R00', 'answered too late');
		if (reply.type === 'fulfill') parts.earn(peer, egress, prepare.amount - out);
		return reply;
	};
};
