/**
 * The opener's side of a session: sequence numbers, uploads, and what replies mean. Its keys and
 * names are opener-keys.ts.
 *
 * At hops a name is the session's identity, so it changes at least hourly. An idle session is opened anew
 * instead. A token is made only when the first packet is ready to go, because a node accepts it for five
 * minutes only.
 */
import { bytesEqual, bytesToHex, concatBytes } from '../bytes.ts';
import { encodeFrames } from '../codec/btp-nips.ts';
import type { Frame, RatchetFrame } from '../codec/frames.ts';
import type { IlpFulfill, IlpPrepare, IlpReject } from '../codec/ilp.ts';
import type { Incoming, Verdict } from '../ilp/delivery.ts';
import { LIMITS } from '../limits.ts';
import { conditionOf, fulfillmentOf } from './keys.ts';
import { createOpenerKeys, type OpenerEpoch, type OpenerKeys } from './opener-keys.ts';
import { eraseEpoch, OLD_KEY_MS } from './ratchet.ts';
import { createSequenceWindow, type SequenceWindow } from './sequence-window.ts';
import {
	fitsPacket,
	knownFrames,
	openFrames,
	sealFrames,
	type PlainPacket,
	type ReadPacket
} from './session-packets.ts';
import type {
	NodeContact,
	OpenerSession,
	RequestOptions,
	SessionReply,
	SessionsDependencies
} from './session.ts';
import { BUSY, upload, type StreamReply } from './upload.ts';
import { STREAM_ERRORS } from './uploads.ts';

/** A token whose first packet waited longer than this is replaced: the node would refuse it. */
const UNUSED_TOKEN_MS = LIMITS.sessionOpenMs / 2;
/** A step of the keys that nothing was sent after is confirmed by an empty packet. */
const CONFIRM_MS = 10_000;
/** Pushes to a replaced token's tag are still understood for this long. */
const OLD_LEG_MS = 2 * LIMITS.maxHoldMs;

/** One session at the node. */
interface Leg {
	readonly contact: NodeContact;
	readonly keys: OpenerKeys;
	/** Where the node may push to it. */
	readonly tags: Set<string>;
	readonly seen: SequenceWindow;
	sequence: bigint;
	/** Number of the next stream: odd, never used twice. */
	nextStream: number;
	/** The highest the node allows. */
	maxStream: number;
	/** Bytes that streams which are over came to, and up to where all of them may. */
	streamBytes: number;
	maxBytes: number;
	/** A reply of the node was read. */
	confirmed: boolean;
	/** The node does not know it (any more). */
	dead: boolean;
	/** Nothing is sent for it any more. */
	closed: boolean;
	onPush: (frames: readonly Frame[]) => readonly Frame[];
}

export interface Openers {
	open(contact: NodeContact): OpenerSession;
	/** `undefined` when no session has this tag. */
	judgePush(incoming: Incoming): Promise<Verdict | undefined>;
	/** Whether a packet of this node with this condition is under way. */
	isOwn(condition: Uint8Array): boolean;
}

const timedOut: SessionReply = { type: 'timedOut' };
const UNUSABLE: SessionReply = {
	type: 'rejected',
	code: 'F00',
	triggeredBy: '',
	message: 'unusable stream key'
};
/** Uploads of the same frames after the node lost one. */
const UPLOAD_TRIES = 3;
/** A node is asked for one more stream for longer than it keeps those that nothing comes of. */
const STREAM_RETRY_MS = 10_000;
const STREAM_TRIES = (2 * LIMITS.uploadIdleMs) / STREAM_RETRY_MS;

export const createOpeners = (
	dependencies: SessionsDependencies,
	refuse: (reject: Pick<IlpReject, 'code' | 'data'>) => Verdict
): Openers => {
	const { clock, crypto, random, sender, network, log } = dependencies;
	const legsByTag = new Map<string, { readonly leg: Leg; readonly epoch: OpenerEpoch }>();
	const conditions = new Set<string>();

	/** `undefined` for a stream key of small order, which gives no secret. */
	const makeLeg = async (contact: NodeContact): Promise<Leg | undefined> => {
		const keys = await createOpenerKeys({ clock, crypto, random, network }, contact);
		return (
			keys && {
				contact,
				keys,
				tags: new Set(),
				seen: createSequenceWindow(),
				sequence: 0n,
				nextStream: 1,
				maxStream: 2 * LIMITS.uploadStreams,
				streamBytes: 0,
				maxBytes: LIMITS.connectionWindowBytes,
				confirmed: false,
				dead: false,
				closed: false,
				onPush: () => []
			}
		);
	};

	const listen = (leg: Leg, epoch: OpenerEpoch): void => {
		if (leg.closed) return;
		leg.tags.add(epoch.tag);
		legsByTag.set(epoch.tag, { leg, epoch });
	};
	const unlisten = (leg: Leg, tag: string): void => {
		leg.tags.delete(tag);
		legsByTag.delete(tag);
	};

	/** The node offers new keys: the next packet uses them. */
	const moveOn = async (leg: Leg, before: OpenerEpoch, offer: RatchetFrame): Promise<void> => {
		const epoch = await leg.keys.take(before, offer);
		if (!epoch) return;
		listen(leg, epoch);
		// Whoever has nothing to say would leave the old key alive at the node.
		clock.after(CONFIRM_MS, () => {
			if (!epoch.confirmed && !leg.dead && !leg.closed && leg.keys.epoch() === epoch) void send(leg, {}, {});
		});
	};

	/** The node uses these keys; those before are still understood while its last pushes are under way. */
	const confirm = (leg: Leg, epoch: OpenerEpoch): void => {
		leg.confirmed = true;
		if (epoch.confirmed) return;
		epoch.confirmed = true;
		const before = [...leg.tags].filter((tag) => tag !== epoch.tag);
		if (before.length === 0 || leg.keys.epoch() !== epoch) return;
		clock.after(OLD_KEY_MS, () => {
			for (const tag of before) {
				const old = legsByTag.get(tag);
				unlisten(leg, tag);
				if (old) eraseEpoch(old.epoch);
			}
		});
	};

	const read = async (
		leg: Leg,
		epoch: OpenerEpoch,
		sequence: bigint,
		reply: IlpFulfill | IlpReject
	): Promise<StreamReply> => {
		const opened =
			reply.data.length === 0 ? undefined : await openFrames(crypto, epoch.openerKeys, reply.data);
		const answer = opened?.packetType === reply.type && opened.sequence === sequence ? opened : undefined;
		const stream = answer?.stream ?? [];
		for (const frame of stream) {
			if (frame.type === 'ConnectionMaxData') leg.maxBytes = Math.max(leg.maxBytes, Number(frame.maxOffset));
			if (frame.type === 'ConnectionMaxStreamId')
				leg.maxStream = Math.max(leg.maxStream, Number(frame.maxStreamId));
		}
		if (answer) {
			confirm(leg, epoch);
			const offer = answer.frames?.find((frame) => frame.type === 'RATCHET');
			if (offer?.type === 'RATCHET') await moveOn(leg, epoch, offer);
		}
		// The node cannot decrypt: it forgot the session, or changed its key.
		else if (reply.type === 'reject' && reply.code === 'F06' && epoch === leg.keys.epoch()) leg.dead = true;
		return { reply: meaningOf(reply, answer), stream };
	};

	const meaningOf = (reply: IlpFulfill | IlpReject, answer: ReadPacket | undefined): SessionReply => {
		const frames = knownFrames(answer?.frames ?? []).filter(({ type }) => type !== 'RATCHET');
		if (reply.type === 'fulfill') {
			if (!answer) return { type: 'spoiled' };
			return { type: 'fulfilled', frames, arrived: answer.amount, malformed: answer.frames === undefined };
		}
		if (answer) return { type: 'refused', frames, arrived: answer.amount };
		if (reply.code === 'R00') return timedOut;
		const { code, triggeredBy, message } = reply;
		return { type: 'rejected', code, triggeredBy, message };
	};

	/** Where the node reaches this leg. */
	const addressOf = ({ tag }: OpenerEpoch): string | undefined => {
		const own = sender.addresses()[0];
		return own === undefined ? undefined : `${own}.${tag}`;
	};

	const send = async (
		leg: Leg,
		content: Pick<PlainPacket, 'datagram' | 'stream'>,
		options: RequestOptions
	): Promise<StreamReply> => {
		const amount = options.amount ?? 0n;
		const asking = await leg.keys.asking();
		const epoch = leg.keys.epoch();
		const told = addressOf(epoch);
		const sequence = ++leg.sequence;
		const data = await sealFrames(crypto, random, epoch.openerKeys, {
			...content,
			datagram: concatBytes(encodeFrames(asking), content.datagram ?? new Uint8Array()),
			packetType: 'prepare',
			sequence,
			amount: options.minimum ?? 0n,
			...(told !== undefined && told !== epoch.toldAddress ? { newAddress: told } : {})
		});
		const condition = await conditionOf(crypto, await fulfillmentOf(crypto, epoch.openerKeys, data));
		const prepare: IlpPrepare = {
			type: 'prepare',
			amount,
			expiresAt: clock.now() + (options.expiryMs ?? LIMITS.getExpiryMs),
			condition,
			destination: `${leg.contact.address}.${epoch.name}`,
			data
		};
		const key = bytesToHex(condition);
		const { booking, onBegin, onReply, onOutcome } = options;
		let begun = false;
		let result: StreamReply | undefined;
		conditions.add(key);
		let reply: IlpFulfill | IlpReject;
		try {
			reply = await sender.send({
				prepare,
				...(booking ? { booking } : {}),
				...(onBegin
					? {
							onBegin: () => {
								onBegin();
								begun = true;
							}
						}
					: {}),
				...(onReply
					? {
							onReply: async (early) => {
								result = await read(leg, epoch, sequence, early);
								// Whatever it meets, the money is booked.
								await onReply(result.reply).catch((error: unknown) =>
									log('error', 'a reply could not be checked before it was booked', { error: String(error) })
								);
							}
						}
					: {}),
				...(onOutcome ? { onOutcome } : {})
			});
		} catch (error) {
			// A full disk, or a caller that changed its mind in onBegin. Once begun, the outcome is open.
			log('warn', 'a packet was not sent or its outcome not written', { error: String(error) });
			const triggeredBy = sender.addresses()[0] ?? '';
			return {
				reply: begun ? timedOut : { type: 'rejected', code: 'T00', triggeredBy, message: String(error) },
				stream: []
			};
		} finally {
			conditions.delete(key);
		}
		result ??= await read(leg, epoch, sequence, reply);
		if (result.reply.type === 'fulfilled' || result.reply.type === 'refused') epoch.toldAddress = told;
		return result;
	};

	/** The next stream's number, once the node allows it. */
	const takeStream = async (leg: Leg): Promise<number | SessionReply> => {
		for (let tries = 0; leg.nextStream > leg.maxStream; tries++) {
			const maxStreamId = BigInt(leg.maxStream);
			const { reply } = await send(leg, { stream: [{ type: 'ConnectionStreamIdBlocked', maxStreamId }] }, {});
			if (leg.nextStream <= leg.maxStream) break;
			if (leg.dead || tries >= STREAM_TRIES) return reply.type === 'rejected' ? reply : BUSY;
			await new Promise<void>((resolve) => clock.after(STREAM_RETRY_MS, resolve));
		}
		const id = leg.nextStream;
		leg.nextStream += 2;
		return id;
	};

	/** Frames too large for one packet; when the node lost them on the way, all again. */
	const sendLarge = async (
		useLeg: () => Promise<Leg | undefined>,
		bytes: Uint8Array,
		frames: readonly Frame[],
		options: RequestOptions
	): Promise<SessionReply> => {
		const isRepeatable = frames.every(({ type }) => type === 'EVENT');
		for (let tries = 1; ; tries++) {
			const leg = await useLeg();
			if (!leg) return UNUSABLE;
			const id = await takeStream(leg);
			if (typeof id !== 'number') return id;
			const outcome = await upload(
				clock,
				{
					id,
					connectionLimit: () => leg.maxBytes,
					usedBefore: leg.streamBytes,
					send: (stream, rest) => send(leg, { stream }, rest)
				},
				bytes,
				options,
				isRepeatable
			);
			leg.streamBytes += outcome.sent;
			const { reply } = outcome;
			if (outcome.type === 'lost' && tries < UPLOAD_TRIES) continue;
			// So that the node need not keep it until its time is over.
			if (reply.type !== 'fulfilled' && reply.type !== 'refused' && !leg.dead) {
				const errorCode = STREAM_ERRORS.application;
				void send(
					leg,
					{ stream: [{ type: 'StreamClose', streamId: BigInt(id), errorCode, errorMessage: '' }] },
					{}
				);
			}
			return reply;
		}
	};

	const open = (contact: NodeContact): OpenerSession => {
		let current: Promise<Leg | undefined> | undefined;
		let leg: Leg | undefined;
		let closed = false;
		/** Uploads go one after another: they share one allowance. */
		let tail: Promise<unknown> = Promise.resolve();
		let push: (frames: readonly Frame[]) => readonly Frame[] = () => [];
		let renamed: Parameters<OpenerSession['onRenamed']>[0] = () => undefined;

		const retire = (old: Leg): void => {
			clock.after(OLD_LEG_MS, () => {
				for (const tag of [...old.tags]) unlisten(old, tag);
			});
		};
		const isUsable = (candidate: Leg): boolean => {
			const age = clock.now() - candidate.keys.epoch().madeAt;
			return !candidate.dead && age < (candidate.confirmed ? LIMITS.tokenRotateMs : UNUSED_TOKEN_MS);
		};
		const useLeg = (): Promise<Leg | undefined> => {
			if (current && (!leg || isUsable(leg))) return current;
			const old = leg;
			leg = undefined;
			current = makeLeg(contact).then((made) => {
				if (closed || !made) return made;
				made.onPush = (frames) => push(frames);
				leg = made;
				listen(made, made.keys.epoch());
				if (old) {
					retire(old);
					renamed(async (frames) => (await send(old, { datagram: encodeFrames(frames) }, {})).reply);
				}
				return made;
			});
			return current;
		};

		return {
			contact,
			request: async (frames, options = {}) => {
				if (closed) return { type: 'rejected', code: 'F99', triggeredBy: '', message: 'session is closed' };
				const bytes = encodeFrames(frames);
				const leg = await useLeg();
				if (!leg) return UNUSABLE;
				if (fitsPacket(bytes, addressOf(leg.keys.epoch())))
					return (await send(leg, { datagram: bytes }, options)).reply;
				const large = tail.then(() => sendLarge(useLeg, bytes, frames, options));
				tail = large;
				return large;
			},
			onPush: (handle) => {
				push = handle;
			},
			onRenamed: (handle) => {
				renamed = handle;
			},
			close: () => {
				closed = true;
				if (!leg) return;
				leg.closed = true;
				for (const tag of [...leg.tags]) unlisten(leg, tag);
			}
		};
	};

	const judgePush = async (incoming: Incoming): Promise<Verdict | undefined> => {
		const { prepare } = incoming;
		const found = legsByTag.get(incoming.suffix);
		if (!found) return undefined;
		const { leg } = found;
		const { nodeKeys } = found.epoch;
		const packet = await openFrames(crypto, nodeKeys, prepare.data);
		if (packet?.packetType !== 'prepare') return refuse({ code: 'F06', data: new Uint8Array() });
		const fulfillment = await fulfillmentOf(crypto, nodeKeys, prepare.data);
		const fits = bytesEqual(await conditionOf(crypto, fulfillment), prepare.condition);
		let accept = false;
		let frames: readonly Frame[] = [];
		return {
			decide: () => {
				// An opener takes no money and serves nothing.
				if (!leg.seen.use(packet.sequence))
					frames = [{ type: 'NOTICE', code: 'duplicate', text: 'this packet came before' }];
				else if (!fits || prepare.amount > 0n || !packet.frames) frames = [];
				else if (
					packet.frames.some(
						({ type }) => type === 'REQ' || type === 'GET' || type === 'CLOSE' || type === 'EVENT'
					)
				)
					frames = [{ type: 'NOTICE', code: 'restricted', text: 'nothing is served here' }];
				else {
					frames = leg.onPush(knownFrames(packet.frames));
					accept = true;
				}
				return accept;
			},
			reply: async () => {
				const data = await sealFrames(crypto, random, nodeKeys, {
					packetType: accept ? 'fulfill' : 'reject',
					sequence: packet.sequence,
					amount: prepare.amount,
					frames
				});
				if (accept) return { type: 'fulfill', fulfillment, data };
				return refuse({ code: 'F99', data }).reply();
			}
		};
	};

	return { open, judgePush, isOwn: (condition) => conditions.has(bytesToHex(condition)) };
};
