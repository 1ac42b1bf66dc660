/**
 * The opener's side of a session: tokens, sequence numbers, and what replies mean.
 *
 * At hops a token is the session's name, so a new one is made hourly. It is made only when the first
 * packet is ready to go, because a node accepts it for five minutes only.
 */
import { base64urlEncode, bytesEqual, bytesToHex, fromHex } from '../bytes.ts';
import { encodeFrames } from '../codec/btp-nips.ts';
import type { Frame } from '../codec/frames.ts';
import type { IlpFulfill, IlpPrepare, IlpReject } from '../codec/ilp.ts';
import type { Incoming, Verdict } from '../ilp/delivery.ts';
import { LIMITS } from '../limits.ts';
import { conditionOf, deriveStreamKeys, fulfillmentOf, type StreamKeys } from './keys.ts';
import { createSequenceWindow, type SequenceWindow } from './sequence-window.ts';
import {
	fitsPacket,
	knownFrames,
	NETWORKS,
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
import { deriveSessionSecrets, encodeToken, streamKeyId, tokenToSegment } from './token.ts';
import { BUSY, upload, type StreamReply } from './upload.ts';
import { STREAM_ERRORS } from './uploads.ts';

const TAG_LENGTH = 16;
/** A token whose first packet waited longer than this is replaced: the node would refuse it. */
const UNUSED_TOKEN_MS = LIMITS.sessionOpenMs / 2;
/** Pushes to a replaced token's tag are still understood for this long. */
const OLD_LEG_MS = 2 * LIMITS.maxHoldMs;

/** One token's life. */
interface Leg {
	readonly destination: string;
	readonly tag: string;
	readonly openerKeys: StreamKeys;
	readonly nodeKeys: StreamKeys;
	readonly seen: SequenceWindow;
	readonly madeAt: number;
	sequence: bigint;
	/** Number of the next stream: odd, never used twice. */
	nextStream: number;
	/** The highest the node allows. */
	maxStream: number;
	/** Bytes that streams which are over came to, and up to where all of them may. */
	streamBytes: number;
	maxBytes: number;
	/** The address the node was told, once it answered to it. */
	toldAddress: string | undefined;
	/** A reply of the node was read. */
	confirmed: boolean;
	/** The node does not know it (any more). */
	dead: boolean;
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
	const legsByTag = new Map<string, Leg>();
	const conditions = new Set<string>();

	/** `undefined` for a stream key of small order, which gives no secret. */
	const makeLeg = async (contact: NodeContact): Promise<Leg | undefined> => {
		const madeAt = clock.now();
		// Drawn before anything is awaited, so that a run repeats whatever the crypto provider's pace.
		const ephemeral = random.bytes(32);
		const tag = base64urlEncode(random.bytes(TAG_LENGTH));
		const ikm = await crypto.x25519(ephemeral, contact.streamKey);
		if (!ikm) return undefined;
		const token = encodeToken({
			keyId: await streamKeyId(crypto, contact.streamKey),
			issuedAt: Math.floor(madeAt / 1000),
			ephemeralPublic: await crypto.x25519PublicKey(ephemeral)
		});
		const secrets = await deriveSessionSecrets(crypto, {
			ikm,
			network: NETWORKS[network],
			receiverPubkey: fromHex(contact.pubkey),
			token,
			streamPublic: contact.streamKey
		});
		return {
			destination: `${contact.address}.${tokenToSegment(token)}`,
			tag,
			openerKeys: await deriveStreamKeys(crypto, secrets.opener),
			nodeKeys: await deriveStreamKeys(crypto, secrets.node),
			seen: createSequenceWindow(),
			madeAt,
			sequence: 0n,
			nextStream: 1,
			maxStream: 2 * LIMITS.uploadStreams,
			streamBytes: 0,
			maxBytes: LIMITS.connectionWindowBytes,
			toldAddress: undefined,
			confirmed: false,
			dead: false,
			onPush: () => []
		};
	};

	const read = async (leg: Leg, sequence: bigint, reply: IlpFulfill | IlpReject): Promise<StreamReply> => {
		const opened = reply.data.length === 0 ? undefined : await openFrames(crypto, leg.openerKeys, reply.data);
		const answer = opened?.packetType === reply.type && opened.sequence === sequence ? opened : undefined;
		const stream = answer?.stream ?? [];
		for (const frame of stream) {
			if (frame.type === 'ConnectionMaxData') leg.maxBytes = Math.max(leg.maxBytes, Number(frame.maxOffset));
			if (frame.type === 'ConnectionMaxStreamId')
				leg.maxStream = Math.max(leg.maxStream, Number(frame.maxStreamId));
		}
		return { reply: meaningOf(leg, reply, answer), stream };
	};

	const meaningOf = (
		leg: Leg,
		reply: IlpFulfill | IlpReject,
		answer: ReadPacket | undefined
	): SessionReply => {
		if (answer) leg.confirmed = true;
		if (reply.type === 'fulfill') {
			if (!answer) return { type: 'spoiled' };
			const { amount, frames } = answer;
			return {
				type: 'fulfilled',
				frames: knownFrames(frames ?? []),
				arrived: amount,
				malformed: frames === undefined
			};
		}
		if (answer) return { type: 'refused', frames: knownFrames(answer.frames ?? []), arrived: answer.amount };
		if (reply.code === 'R00') return timedOut;
		// The node cannot decrypt: it forgot the session, or changed its key.
		if (reply.code === 'F06') leg.dead = true;
		const { code, triggeredBy, message } = reply;
		return { type: 'rejected', code, triggeredBy, message };
	};

	/** Where the node reaches this leg. */
	const addressOf = (leg: Leg): string | undefined => {
		const own = sender.addresses()[0];
		return own === undefined ? undefined : `${own}.${leg.tag}`;
	};

	const send = async (
		leg: Leg,
		content: Pick<PlainPacket, 'frames' | 'datagram' | 'stream'>,
		options: RequestOptions
	): Promise<StreamReply> => {
		const amount = options.amount ?? 0n;
		const told = addressOf(leg);
		const sequence = ++leg.sequence;
		const data = await sealFrames(crypto, random, leg.openerKeys, {
			...content,
			packetType: 'prepare',
			sequence,
			amount: options.minimum ?? 0n,
			...(told !== undefined && told !== leg.toldAddress ? { newAddress: told } : {})
		});
		const condition = await conditionOf(crypto, await fulfillmentOf(crypto, leg.openerKeys, data));
		const prepare: IlpPrepare = {
			type: 'prepare',
			amount,
			expiresAt: clock.now() + (options.expiryMs ?? LIMITS.getExpiryMs),
			condition,
			destination: leg.destination,
			data
		};
		const key = bytesToHex(condition);
		const { booking, onBegin, onOutcome } = options;
		let begun = false;
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
		const result = await read(leg, sequence, reply);
		if (result.reply.type === 'fulfilled' || result.reply.type === 'refused') leg.toldAddress = told;
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
			clock.after(OLD_LEG_MS, () => legsByTag.delete(old.tag));
		};
		const isUsable = (candidate: Leg): boolean => {
			const age = clock.now() - candidate.madeAt;
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
				legsByTag.set(made.tag, made);
				if (old) {
					retire(old);
					renamed(async (frames) => (await send(old, { frames }, {})).reply);
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
				if (fitsPacket(bytes, addressOf(leg))) return (await send(leg, { datagram: bytes }, options)).reply;
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
				if (leg) legsByTag.delete(leg.tag);
			}
		};
	};

	const judgePush = async (incoming: Incoming): Promise<Verdict | undefined> => {
		const { prepare } = incoming;
		const leg = legsByTag.get(incoming.suffix);
		if (!leg) return undefined;
		const packet = await openFrames(crypto, leg.nodeKeys, prepare.data);
		if (packet?.packetType !== 'prepare') return refuse({ code: 'F06', data: new Uint8Array() });
		const fulfillment = await fulfillmentOf(crypto, leg.nodeKeys, prepare.data);
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
				const data = await sealFrames(crypto, random, leg.nodeKeys, {
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
