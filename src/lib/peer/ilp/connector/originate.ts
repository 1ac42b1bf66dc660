/**
 * Packets that begin here. The outcome is booked whenever it comes: at the origin a valid fulfilment is never too late.
 *
 * | before | what must be where |
 * |---|---|
 * | it leaves | receipt, row and pending transfer in the log: no end of this program undoes them |
 * | it leaves with a claim, or to somebody whose hello would not tell what a power failure made this node forget | all of it on disk |
 * | anybody here is told that it was fulfilled | the posted transfer, and so all before it, on disk |
 */
import { bytesToHex } from '../../bytes.ts';
import type { Promised } from '../../channel/channels.ts';
import { encodePrepare, type IlpReject, type IlpReply } from '../../codec/ilp.ts';
import type { PacketRow } from '../../link/packets.ts';
import type { Until } from '../../storage/commit.ts';
import { schemeOf } from '../address.ts';
import type { Outgoing, PacketSender } from '../delivery.ts';
import type { Rejects } from '../rejects.ts';
import type { Agreement } from './agreement.ts';
import type { Counts } from './counts.ts';
import type { ConnectorDeps } from './deps.ts';
import type { Exchange, Place } from './exchange.ts';
import { createWhenToLeave } from './when-to-leave.ts';

export interface Originate {
	readonly send: PacketSender['send'];
	/** Conditions of own packets under way, hex: for the guard against their coming back. */
	readonly conditions: ReadonlySet<string>;
	/** Books what a hello told of a packet that began here, perhaps in an earlier run; `reply` is checked. */
	resolve(row: PacketRow, reply: IlpReply): Promise<void>;
}

export interface OriginateParts {
	readonly rejects: Rejects;
	readonly counts: Counts;
	readonly agreement: Agreement;
	readonly exchange: Exchange;
	/** What follows this node's address in a destination of its own. */
	readonly suffixOf: (destination: string) => string | undefined;
	readonly linkIsFree: (peer: string) => IlpReject | undefined;
	/** A packet was fulfilled that took `amount` link units away. */
	readonly earn: (egress: string, amount: bigint) => void;
}

export const createOriginate = (
	{
		platform: { clock, crypto },
		commits,
		ledger,
		accounts,
		packets,
		routes,
		terms
	}: Pick<ConnectorDeps, 'platform' | 'commits' | 'ledger' | 'accounts' | 'packets' | 'routes' | 'terms'>,
	{ rejects, counts, agreement, exchange, suffixOf, linkIsFree, earn }: OriginateParts
): Originate => {
	const { reject, tooLarge } = rejects;
	const conditions = new Set<string>(packets.ownConditions().map(bytesToHex));
	/** In this process: who waits for a packet this node began, by its group. */
	const origins = new Map<string, Outgoing>();

	/** The neighbour the packet goes to, or why it cannot. */
	const wayOf = ({ prepare: { destination, amount, expiresAt } }: Outgoing): string | IlpReject => {
		if (suffixOf(destination) !== undefined) return reject('F02', 'that is this node itself');
		const egress = schemeOf(destination) === 'peer' ? undefined : routes.find(destination)?.peer;
		if (egress === undefined) return reject('F02', 'no route');
		const most = terms?.(egress)?.maxPacketAmount;
		if (most !== undefined && amount > most) return tooLarge(amount, most);
		const refusal = linkIsFree(egress);
		if (refusal) return refusal;
		return expiresAt <= clock.now() ? reject('R00', 'expired before it left') : egress;
	};

	interface Begun {
		readonly promised: Promised | undefined;
		readonly place: Place | undefined;
		readonly until: Until;
	}

	const whenToLeave = createWhenToLeave(accounts);

	/** Rejects when the receipt or the booking could not be written: nothing has left, and whoever sends must know. */
	const begin = async (
		{ prepare, booking, onBegin }: Outgoing,
		egress: string,
		hash: Uint8Array,
		group: string
	): Promise<IlpReject | Begun> => {
		const { amount, expiresAt, condition } = prepare;
		let place: Place | undefined;
		try {
			const decide = (): IlpReject | Begun => {
				if (amount === 0n) {
					onBegin?.();
					return { promised: undefined, place, until: 'durable' };
				}
				if (!booking) throw new Error('money without a booking');
				const at = clock.now();
				const until = whenToLeave(egress);
				const room = accounts.cover(egress, amount, at, agreement.mayPromise(egress));
				if (!room.covered) return reject('T04', 'the channel does not reach');
				onBegin?.();
				place = exchange.queue(egress, hash, room.promised !== undefined);
				packets.insert({
					link: egress,
					direction: 'out',
					hash,
					amount,
					expiresAt,
					condition,
					group,
					inLink: undefined,
					inHash: undefined
				});
				ledger.begin({
					kind: booking.kind,
					from: `link/${egress}`,
					to: booking.account,
					amount,
					at,
					group,
					...(booking.memo ? { memo: booking.memo } : {})
				});
				return { promised: room.promised, place, until: until(room.promised) };
			};
			return await commits.run(decide, (answer) => ('until' in answer ? answer.until : 'durable'));
		} catch (error) {
			place?.leave();
			// It never leaves, and may be in the log all the same, where the disk did not take it.
			if (packets.find(egress, 'out', hash))
				await settle(egress, hash, reject('T00', 'not on disk'), undefined);
			throw error;
		}
	};

	/** Posts or voids, once; `outgoing`: whoever sent it in this run. */
	const settle = async (
		egress: string,
		hash: Uint8Array,
		reply: IlpReply,
		outgoing: Outgoing | undefined
	): Promise<void> => {
		const hasMoney = outgoing === undefined || outgoing.prepare.amount > 0n;
		if (!hasMoney && !outgoing.onOutcome) return;
		await commits.run(() => {
			if (!hasMoney) {
				outgoing.onOutcome?.(reply);
				return;
			}
			const at = clock.now();
			const group = bytesToHex(hash);
			const isFulfilled = reply.type === 'fulfill';
			const state = isFulfilled ? 'fulfilled' : 'rejected';
			const proof = isFulfilled ? reply.fulfillment : undefined;
			if (!packets.settle(egress, 'out', hash, state, at, proof)) return;
			origins.delete(group);
			if (isFulfilled) {
				ledger.post(group, at);
				const amount = outgoing?.prepare.amount ?? packets.find(egress, 'out', hash)?.amount ?? 0n;
				accounts.fulfilled(egress, 'peer', amount);
			} else ledger.void(group, at);
			outgoing?.onOutcome?.(reply);
		});
	};

	const send = async (outgoing: Outgoing): Promise<IlpReply> => {
		const { prepare, onBegin, onReply, onOutcome } = outgoing;
		const { amount } = prepare;
		const hasMoney = amount > 0n;
		const refuse = async (refusal: IlpReject): Promise<IlpReject> => {
			if (onOutcome) await commits.run(() => onOutcome(refusal));
			return refusal;
		};
		const egress = wayOf(outgoing);
		if (typeof egress === 'object') return refuse(egress);

		const bytes = encodePrepare(prepare);
		const hash = await crypto.sha256(bytes);
		const group = bytesToHex(hash);
		const begun = hasMoney || onBegin ? await begin(outgoing, egress, hash, group) : undefined;
		if (begun && 'type' in begun) return refuse(begun);
		counts.originated();
		const condition = bytesToHex(prepare.condition);
		conditions.add(condition);
		if (hasMoney) origins.set(group, outgoing);

		const reply = await exchange.send({
			peer: egress,
			bytes,
			hash: hasMoney ? hash : undefined,
			promised: begun?.promised,
			place: begun?.place,
			condition: prepare.condition,
			expiresAt: prepare.expiresAt,
			deadline: prepare.expiresAt,
			onLate: async (late) => {
				await exchange.heard(egress, hash, settle(egress, hash, late, outgoing));
				conditions.delete(condition);
			}
		});
		if (!reply) {
			// With money it stays pending, and its condition guarded, until its outcome is known.
			if (hasMoney) return reject('R00', 'no answer in time');
			conditions.delete(condition);
			return refuse(reject('R00', 'no answer in time'));
		}
		conditions.delete(condition);
		agreement.compare(egress, amount, reply);
		await onReply?.(reply);
		await exchange.heard(egress, hash, settle(egress, hash, reply, outgoing));
		if (reply.type === 'fulfill') earn(egress, amount);
		return reply;
	};

	return {
		send,
		conditions,
		resolve: async (row, reply) => {
			conditions.delete(bytesToHex(row.condition));
			await settle(row.link, row.hash, reply, origins.get(row.group));
		}
	};
};
