/**
 * One packet on one link: it leaves, and its answer is waited for.
 *
 * Packets leave in the order of the transactions that promised them, so that none overtakes the claim it needs.
 * When the link breaks, the next hello tells what became of them (PROTOCOL section 6); whoever waits does so until
 * the deadline of the packet, and what comes after that is booked all the same.
 */
import { bytesEqual } from '../../bytes.ts';
import type { Promised } from '../../channel/channels.ts';
import type { IlpReply } from '../../codec/ilp.ts';
import type { Rejects } from '../rejects.ts';
import type { Counts } from './counts.ts';
import type { ConnectorDeps } from './deps.ts';
import { packetKey } from './packet-key.ts';

/** A place in the line of a link. `before`: all who came earlier have left; undefined when nobody is there. */
export interface Place {
	readonly before: Promise<void> | undefined;
	readonly leave: () => void;
}

export interface Parcel {
	/** The neighbour it goes to. */
	readonly peer: string;
	/** The encoded prepare. */
	readonly bytes: Uint8Array;
	/** Of a packet with money, which is on disk: SHA-256 of the bytes, the claim it needs, its place in the line. */
	readonly hash: Uint8Array | undefined;
	readonly promised: Promised | undefined;
	readonly place: Place | undefined;
	readonly condition: Uint8Array;
	/** Unix ms. */
	readonly expiresAt: number;
	/** How long to wait for the answer, Unix ms. */
	readonly deadline: number;
	/** Gets an answer that came after the deadline, whenever that is. */
	readonly onLate: (reply: IlpReply) => Promise<void>;
}

export interface Exchange {
	/**
	 * Takes a place in the line; in the transaction that promises, so that line and promises agree. A packet that brings
	 * no claim along begins no line: nobody has to wait for it.
	 */
	queue(peer: string, hash: Uint8Array, bringsClaim: boolean): Place;
	/** Sends, and resolves with the answer; `undefined` when there was none until the deadline. */
	send(parcel: Parcel): Promise<IlpReply | undefined>;
	/** A reply as it may be believed: a fulfill only counts with the right preimage. */
	checked(reply: IlpReply, condition: Uint8Array): Promise<IlpReply>;
	/** Writes down what the neighbour answered; an answer that finds no room on the disk must be heard again. */
	heard<T>(peer: string, hash: Uint8Array, writing: Promise<T>): Promise<T>;
	/** On disk and not sent yet: its claim is being signed. */
	isLeaving(peer: string, hash: Uint8Array): boolean;
	/**
	 * What a hello told of a packet whose link broke. Undefined when nobody here waits for it; else resolves once whoever
	 * does has written it down, for until then the neighbour must not forget it.
	 */
	tell(peer: string, hash: Uint8Array, reply: IlpReply): Promise<void> | undefined;
}

export const createExchange = (
	{
		platform: { clock, crypto, log },
		signClaim,
		transport
	}: Pick<ConnectorDeps, 'platform' | 'signClaim' | 'transport'>,
	{ here, rejects: { reject }, counts }: { here: () => string; rejects: Rejects; counts: Counts }
): Exchange => {
	const tails = new Map<string, Promise<void>>();
	const leaving = new Set<string>();
	/** Who waits for a packet whose link broke, by link and hash. */
	const awaited = new Map<string, (reply: IlpReply) => void>();
	/** What a hello told and is not written down yet, by link and hash. */
	const told = new Map<string, (writing: Promise<unknown>) => void>();

	const queue: Exchange['queue'] = (peer, hash, bringsClaim) => {
		const key = packetKey(peer, hash);
		leaving.add(key);
		const last = tails.get(peer);
		if (!bringsClaim && !last)
			return {
				before: undefined,
				leave: () => {
					leaving.delete(key);
				}
			};
		const before = last ?? Promise.resolve();
		let next: () => void = () => undefined;
		const mine = new Promise<void>((resolve) => (next = resolve));
		const tail = before.then(() => mine);
		tails.set(peer, tail);
		void tail.then(() => {
			if (tails.get(peer) === tail) tails.delete(peer);
		});
		return {
			before,
			leave: () => {
				leaving.delete(key);
				next();
			}
		};
	};

	const checked = async (reply: IlpReply, condition: Uint8Array): Promise<IlpReply> => {
		// Only I speak for my own address; a stranger far away must not make the one before distrust me.
		if (reply.type === 'reject')
			return reply.triggeredBy !== '' && reply.triggeredBy === here() ? { ...reply, triggeredBy: '' } : reply;
		if (bytesEqual(await crypto.sha256(reply.fulfillment), condition)) return reply;
		return reject('F05', 'the fulfillment does not fit the condition');
	};

	/** The promise of the answer in a box: the packet has left when the box is there. */
	const leave = async ({
		peer,
		bytes,
		promised,
		place,
		expiresAt
	}: Parcel): Promise<{ readonly sent: Promise<IlpReply | undefined> }> => {
		try {
			const claim = promised && (await signClaim(promised));
			if (place?.before) await place.before;
			return { sent: transport.transmit(peer, bytes, claim, expiresAt) };
		} catch (error) {
			log('error', 'a packet could not leave', { peer, error: String(error) });
			return { sent: Promise.resolve(reject('T00', 'it could not leave')) };
		} finally {
			place?.leave();
		}
	};

	return {
		queue,
		checked,
		send: async (parcel) => {
			const { peer, hash, condition, deadline, onLate } = parcel;
			const key = hash && packetKey(peer, hash);
			let timedOut = false;
			const { sent } = await leave(parcel);
			counts.track(peer, 1);
			const hear = async (heard: IlpReply | undefined): Promise<IlpReply | undefined> => {
				counts.track(peer, -1);
				const reply =
					heard ??
					(key === undefined
						? undefined
						: await new Promise<IlpReply>((resolve) => awaited.set(key, resolve)));
				if (!reply) return undefined;
				const good = await checked(reply, condition);
				if (timedOut) await onLate(good);
				return good;
			};
			return new Promise((resolve, fail) => {
				const cancel = clock.after(Math.max(0, deadline - clock.now()), () => {
					timedOut = true;
					resolve(undefined);
				});
				sent.then(hear).then(
					(reply) => {
						cancel();
						resolve(reply);
					},
					(error: unknown) => {
						cancel();
						log('error', 'a late answer could not be booked', { error: String(error) });
						fail(error as Error);
					}
				);
			});
		},
		heard: (peer, hash, writing) => {
			const key = packetKey(peer, hash);
			told.get(key)?.(writing);
			told.delete(key);
			return writing.catch((error: unknown) => {
				transport.drop(peer);
				throw error;
			});
		},
		isLeaving: (peer, hash) => leaving.has(packetKey(peer, hash)),
		tell: (peer, hash, reply) => {
			const key = packetKey(peer, hash);
			const waiting = awaited.get(key);
			if (!waiting) return undefined;
			awaited.delete(key);
			const written = new Promise<void>((resolve, fail) =>
				told.set(key, (writing) => void writing.then(() => resolve(), fail))
			);
			waiting(reply);
			return written;
		}
	};
};
