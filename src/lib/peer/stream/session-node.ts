/**
 * The node's side of sessions: opening them from a token, using every sequence number once, letting
 * the handler answer, and pushing to openers.
 *
 * A session that never paid lives in memory and is the first to go when there are too many. One that
 * carried money is on disk with its used numbers, in the transaction of that money, because its
 * packets could be played again for as long as the session is known.
 */
import { bytesEqual, bytesToHex, fromHex } from '../bytes.ts';
import { decodeFrames, type UnknownFrame } from '../codec/btp-nips.ts';
import { NOTICE_CODES, type Frame } from '../codec/frames.ts';
import type { IlpPrepare, IlpReject } from '../codec/ilp.ts';
import type { Incoming, Verdict } from '../ilp/delivery.ts';
import { isSameNetwork, isPeerAddress } from '../ilp/address.ts';
import type { StreamFrame } from '../codec/stream.ts';
import { LIMITS } from '../limits.ts';
import { conditionOf, fulfillmentOf } from './keys.ts';
import { createNodeEpochs, type NodeEpochs } from './node-epochs.ts';
import { createName, epochOf, takeStep } from './ratchet.ts';
import { createSequenceWindow, type SequenceWindow } from './sequence-window.ts';
import { NETWORKS, openFrames, sealFrames, type ReadPacket } from './session-packets.ts';
import type { NodeSession, RequestHandler, SessionsDependencies } from './session.ts';
import {
	LAST_SEEN_LAG_MS,
	loadSession,
	refusedSequences,
	saveSession,
	sweepSessions,
	type StoredSession
} from './session-store.ts';
import { deriveSessionSecrets, sessionId, tokenFromSegment } from './token.ts';
import {
	createUploads,
	uploadPieceOf,
	type SessionUploads,
	type UploadPiece,
	type UploadRefusal
} from './uploads.ts';

/** Numbers skipped after a restart: more pushes than this are never sent between two paid packets. */
const PUSH_SEQUENCE_JUMP = 1n << 20n;
/** An unpaid session nobody used for this long has been replaced by one with a newer token. */
const UNPAID_IDLE_MS = 2 * LIMITS.tokenRotateMs;

interface Session extends NodeSession {
	/** The name it was opened by; it keeps it, so that its first packet opens nothing again. */
	readonly token: string;
	link: string;
	readonly epochs: NodeEpochs;
	/** An offer of new keys that is being made. */
	offering: Promise<void> | undefined;
	readonly seen: SequenceWindow;
	/** Its row exists. */
	paid: boolean;
	/** What its row holds, where that is known. */
	stored: StoredSession | undefined;
	openerAddress: string | undefined;
	/** Number of the packet that told it: an older one that comes later tells nothing. */
	addressSequence: bigint;
	/** A push to this address was answered. */
	addressConfirmed: boolean;
	/** A push to the unproven address is out, or was never answered. */
	addressTried: boolean;
	pushSequence: bigint;
	lastSeen: number;
	saidUnsupported: boolean;
	gone: boolean;
	readonly uploads: SessionUploads;
}

export interface NodeSide {
	judge(incoming: Incoming): Promise<Verdict>;
	/** See {@link Sessions.tellRestarted}. */
	tellRestarted(link: string): Promise<void>;
	sweep(): Promise<void>;
}

/** What a packet asks. */
type Question =
	/** `ended`: its frames came as a stream, and this is the end of it. */
	| {
			readonly type: 'frames';
			readonly frames: readonly (Frame | UnknownFrame)[];
			readonly ended?: UploadPiece;
	  }
	| { readonly type: 'piece'; readonly piece: UploadPiece }
	| { readonly type: 'refused'; readonly refusal: UploadRefusal };

const notice = (code: string, text: string): Frame => ({ type: 'NOTICE', code, text });

const MALFORMED: Question = {
	type: 'refused',
	refusal: { type: 'refused', notice: notice(NOTICE_CODES.malformed, 'not BTP-NIPs frames') }
};

const questionOf = (session: Session, packet: ReadPacket): Question => {
	const piece = uploadPieceOf(packet.stream);
	const frames = packet.frames?.filter(({ type }) => type !== 'RATCHET');
	if (!frames || piece === 'malformed' || (piece && frames.length > 0)) return MALFORMED;
	if (!piece) return { type: 'frames', frames };
	if (!piece.ends) return { type: 'piece', piece };
	const whole = session.uploads.whole(piece);
	if (whole.type !== 'whole') return { type: 'refused', refusal: whole };
	const decoded = decodeFrames(whole.bytes);
	return decoded.ok ? { type: 'frames', frames: decoded.value, ended: piece } : MALFORMED;
};

/** The opener's half of a step, when it asks for one. */
const ephemeralIn = ({ frames }: ReadPacket): Uint8Array | undefined => {
	const asked = frames?.find((frame) => frame.type === 'RATCHET');
	return asked?.type === 'RATCHET' ? asked.ephemeral : undefined;
};

/** Its half of the first step, which is in the token. */
const firstEphemeral = (name: string): Uint8Array | undefined => {
	const token = tokenFromSegment(name);
	return token.ok ? token.value.ephemeralPublic : undefined;
};

/** What STREAM's own frames in a packet without data ask for. */
const heedStreams = (
	{ uploads }: Session,
	frames: readonly StreamFrame[]
): { readonly id?: number } | undefined => {
	let asked: { readonly id?: number } | undefined;
	for (const frame of frames) {
		if (frame.type === 'StreamClose') uploads.forget(Number(frame.streamId));
		else if (frame.type === 'StreamDataBlocked') asked = { id: Number(frame.streamId) };
		else if (frame.type === 'ConnectionDataBlocked') uploads.skipTo({ bytes: Number(frame.maxOffset) });
		else if (frame.type === 'ConnectionStreamIdBlocked') uploads.skipTo({ id: Number(frame.maxStreamId) });
		else continue;
		asked ??= {};
	}
	return asked;
};

const UNREADABLE = { code: 'F06', data: new Uint8Array() } as const;

export const createNodeSide = (
	dependencies: SessionsDependencies,
	handler: () => RequestHandler | undefined,
	refuse: (reject: Pick<IlpReject, 'code' | 'data'>) => Verdict
): NodeSide => {
	const { clock, crypto, random, sql, commits, sender, network, streamKeys, log } = dependencies;
	/** By every name it has, and the one it was opened by. */
	const sessions = new Map<string, Session>();
	/** First packets of one token that arrive together derive its secrets once. */
	const opening = new Map<string, Promise<Session | undefined>>();
	/** Per link, sessions that never paid, longest idle first. */
	const unpaid = new Map<string, Set<Session>>();
	/** And of all links. */
	const unpaidOfAll = new Set<Session>();
	const uploads = createUploads(clock, dependencies.uploads);

	const push = async (
		session: Session,
		frames: readonly Frame[]
	): Promise<'answered' | 'unanswered' | 'blocked'> => {
		const destination = session.openerAddress;
		if (destination === undefined || session.gone) return 'blocked';
		if (!session.addressConfirmed && session.addressTried) return 'blocked';
		session.addressTried = true;
		const sequence = ++session.pushSequence;
		const keys = session.epochs.current().nodeKeys;
		const data = await sealFrames(crypto, random, keys, {
			packetType: 'prepare',
			sequence,
			amount: 0n,
			frames
		});
		const prepare: IlpPrepare = {
			type: 'prepare',
			amount: 0n,
			expiresAt: clock.now() + LIMITS.getExpiryMs,
			condition: await conditionOf(crypto, await fulfillmentOf(crypto, keys, data)),
			destination,
			data
		};
		const reply = await sender.send({ prepare });
		const answer = reply.data.length === 0 ? undefined : await openFrames(crypto, keys, reply.data);
		if (answer?.packetType !== reply.type || answer.sequence !== sequence) return 'unanswered';
		if (session.openerAddress === destination) session.addressConfirmed = true;
		return reply.type === 'fulfill' ? 'answered' : 'unanswered';
	};

	const make = (
		rest: Pick<
			Session,
			| 'id'
			| 'token'
			| 'epochs'
			| 'link'
			| 'seen'
			| 'paid'
			| 'stored'
			| 'openerAddress'
			| 'addressConfirmed'
			| 'pushSequence'
			| 'uploads'
		>
	): Session => {
		const session: Session = {
			...rest,
			offering: undefined,
			addressSequence: 0n,
			addressTried: false,
			lastSeen: clock.now(),
			saidUnsupported: false,
			gone: false,
			push: (frames) => push(session, frames)
		};
		return session;
	};

	/** A paid session of an earlier run. */
	const load = async (name: string): Promise<Session | undefined> => {
		const stored = await loadSession(sql, crypto, name);
		if (!stored) return undefined;
		// Under another of its names it may be here already.
		const known = sessions.get(stored.token);
		if (known) return known;
		return make({
			id: stored.id ?? bytesToHex(await sessionId(crypto, stored.epochs.current.secrets)),
			token: stored.token,
			epochs: createNodeEpochs(stored.epochs),
			link: stored.link,
			seen: createSequenceWindow(stored.seen),
			paid: true,
			// One of an earlier release lacks columns.
			stored: stored.id === undefined ? undefined : stored,
			openerAddress: stored.openerAddress,
			addressConfirmed: stored.addressConfirmed,
			pushSequence: stored.pushSequence + PUSH_SEQUENCE_JUMP,
			uploads: uploads.session(stored.uploads)
		});
	};

	const derive = async (token: string, link: string): Promise<Session | undefined> => {
		const parsed = tokenFromSegment(token);
		if (!parsed.ok) return undefined;
		const age = clock.now() - parsed.value.issuedAt * 1000;
		if (Math.abs(age) > LIMITS.sessionOpenMs) return undefined;
		const pair = await streamKeys.byId(parsed.value.keyId);
		const ikm = pair && (await crypto.x25519(pair.secret, parsed.value.ephemeralPublic));
		if (!ikm) return undefined;
		const secrets = await deriveSessionSecrets(crypto, {
			ikm,
			network: NETWORKS[network],
			receiverPubkey: fromHex(dependencies.pubkey()),
			token: parsed.value.bytes,
			streamPublic: pair.publicKey
		});
		const id = bytesToHex(await sessionId(crypto, secrets));
		const epochs = createNodeEpochs({ current: await epochOf(crypto, token, secrets) });
		const seen = createSequenceWindow();
		// It may have been here before, and been forgotten.
		for (const sequence of refusedSequences(sql, id)) seen.use(sequence);
		return make({
			id,
			token,
			epochs,
			link,
			seen,
			paid: false,
			stored: undefined,
			openerAddress: undefined,
			addressConfirmed: false,
			pushSequence: 0n,
			uploads: uploads.session()
		});
	};

	const find = (token: string, link: string): Promise<Session | undefined> => {
		const known = sessions.get(token);
		if (known) return Promise.resolve(known);
		let found = opening.get(token);
		if (!found) {
			found = load(token)
				.then((stored) => stored ?? derive(token, link))
				.finally(() => opening.delete(token));
			opening.set(token, found);
		}
		return found;
	};

	const namesOf = (session: Session): readonly string[] => {
		const { current, next, previous } = session.epochs.stored();
		return [session.token, current.name, next?.epoch.name, previous?.epoch.name].filter(
			(name) => name !== undefined
		);
	};

	const leaveUnpaid = (session: Session): void => {
		unpaidOfAll.delete(session);
		const others = unpaid.get(session.link);
		others?.delete(session);
		if (others?.size === 0) unpaid.delete(session.link);
	};

	const forget = (session: Session): readonly Frame[] => {
		session.gone = true;
		for (const name of namesOf(session)) sessions.delete(name);
		leaveUnpaid(session);
		session.uploads.end();
		return handler()?.dropped(session) ?? [];
	};

	/** Makes the next step's keys, unless one is under way. They are told from now on. */
	const offer = (session: Session, openerPublic: Uint8Array): Promise<void> => {
		const { epochs } = session;
		if (session.offering || !epochs.mayOffer()) return session.offering ?? Promise.resolve();
		const secret = random.bytes(32);
		const name = createName(random);
		const make = async (): Promise<void> => {
			const nodePublic = await crypto.x25519PublicKey(secret);
			const step = { openerPublic, nodePublic, name };
			const epoch = await takeStep(crypto, epochs.current().secrets, secret, openerPublic, step);
			if (!epoch || session.gone) return;
			epochs.offer({ epoch, step });
			sessions.set(epoch.name, session);
		};
		session.offering = make().finally(() => (session.offering = undefined));
		return session.offering;
	};

	/** When the keys before are over, on disk too. */
	const expireKeys = (session: Session): void => {
		const { previous } = session.epochs.stored();
		if (!previous) return;
		clock.after(Math.max(0, previous.until - clock.now()), () => {
			if (session.gone || !session.epochs.expire(clock.now())) return;
			const { name } = previous.epoch;
			// The name it was opened by stays known: its first packet, played again, must open nothing.
			if (name !== session.token) sessions.delete(name);
			if (session.paid)
				commits
					.run(() => save(session))
					.catch((error: unknown) => log('warn', 'old keys could not be erased', { error: String(error) }));
		});
	};

	const take = (session: Session): void => {
		for (const name of namesOf(session)) sessions.set(name, session);
		expireKeys(session);
	};

	/** Moves it to the young end of its link's list and of that of all, and makes room in both. */
	const touch = (session: Session, link: string): void => {
		session.lastSeen = clock.now();
		leaveUnpaid(session);
		session.link = link;
		if (session.paid) return;
		let others = unpaid.get(link);
		if (!others) unpaid.set(link, (others = new Set()));
		others.add(session);
		unpaidOfAll.add(session);
		if (others.size > (dependencies.unpaidPerLink ?? LIMITS.unpaidSessionsPerLink)) closeOldest(others);
		if (unpaidOfAll.size > (dependencies.unpaidSessions ?? LIMITS.unpaidSessions)) closeOldest(unpaidOfAll);
	};

	const closeOldest = (crowd: ReadonlySet<Session>): void => {
		const oldest = crowd.values().next().value as Session;
		const address = oldest.addressConfirmed;
		const frames = forget(oldest);
		if (address && frames.length > 0) {
			oldest.gone = false;
			void push(oldest, frames).finally(() => {
				oldest.gone = true;
			});
		}
	};

	const save = (session: Session): void => {
		const { id, token, link, seen, epochs, openerAddress, addressConfirmed, pushSequence, lastSeen } =
			session;
		const before = session.stored;
		session.stored = saveSession(
			sql,
			{
				id,
				token,
				link,
				epochs: epochs.stored(),
				seen: seen.bytes(),
				openerAddress,
				addressConfirmed,
				pushSequence,
				lastSeen,
				uploads: session.uploads.used()
			},
			before
		);
		sql.current()?.undo(() => {
			session.stored = before;
		});
	};

	const judge = async (incoming: Incoming): Promise<Verdict> => {
		const { prepare, link, suffix: token } = incoming;
		const serving = handler();
		const session = serving && (await find(token, link));
		if (!serving || !session) return refuse(UNREADABLE);
		const epoch = session.epochs.of(token);
		const packet = epoch && (await openFrames(crypto, epoch.openerKeys, prepare.data));
		if (!epoch || packet?.packetType !== 'prepare') return refuse(UNREADABLE);
		// Two first packets may have found it at once: the first to be read is the session.
		const known = sessions.get(session.token);
		if (known && known !== session) return judge(incoming);
		if (!known) take(session);
		const openerPublic = ephemeralIn(packet) ?? firstEphemeral(token);
		if (openerPublic && epoch === session.epochs.current()) await offer(session, openerPublic);

		const fulfillment = await fulfillmentOf(crypto, epoch.openerKeys, prepare.data);
		const fits = bytesEqual(await conditionOf(crypto, fulfillment), prepare.condition);
		const { sequence, newAddress } = packet;
		const question = questionOf(session, packet);
		const frames = question.type === 'frames' ? question.frames : undefined;
		const prepared =
			fits && frames
				? await serving.prepare({
						session,
						frames,
						arrived: prepare.amount,
						short: prepare.amount < packet.amount
					})
				: undefined;

		let accept = false;
		let isBusy = false;
		let answer: readonly Frame[] = [];
		let afterwards: (() => void) | undefined;
		/** The stream the packet is about, whose credit is said again; `undefined` when it is about none. */
		let stream: { readonly id?: number; readonly close?: StreamFrame | undefined } | undefined;

		const refuseStream = (refusal: UploadRefusal): void => {
			if (refusal.type === 'busy') isBusy = true;
			else {
				answer = [refusal.notice];
				stream = { close: refusal.close };
			}
		};

		/** A piece of an upload: the handler hears of it only when all are there. */
		const takePiece = (piece: UploadPiece): void => {
			stream = { id: piece.id };
			if (prepare.amount > 0n) {
				answer = [notice(NOTICE_CODES.price, 'only the packet that completes a stream carries money')];
				return;
			}
			const refusal = session.uploads.take(piece, link);
			if (refusal) refuseStream(refusal);
			else accept = true;
		};

		const decide = (): boolean => {
			if (!session.gone && session.epochs.arrived(epoch, clock.now())) expireKeys(session);
			if (session.gone || !session.seen.use(sequence)) {
				answer = [notice(NOTICE_CODES.duplicate, 'this packet came before; nothing was done')];
				return false;
			}
			if (newAddress !== undefined && sequence > session.addressSequence && isReachable(newAddress)) {
				session.addressSequence = sequence;
				if (newAddress !== session.openerAddress) {
					session.openerAddress = newAddress;
					session.addressConfirmed = false;
					session.addressTried = false;
				}
			}
			touch(session, link);
			if (prepared && question.type === 'frames') {
				const decided = prepared.decide();
				accept = decided.accept && prepare.amount >= packet.amount;
				answer = decided.frames;
				afterwards = decided.afterwards;
				if (decided.accept && !accept) throw new Error('a handler took less than the opener allows');
				stream = question.ended ? { id: question.ended.id } : heedStreams(session, packet.stream);
			} else if (fits && question.type === 'piece') takePiece(question.piece);
			else if (fits && question.type === 'refused') refuseStream(question.refusal);
			if (frames?.some(({ type }) => type === 'UNKNOWN') && !session.saidUnsupported) {
				session.saidUnsupported = true;
				answer = [...answer, notice(NOTICE_CODES.unsupported, 'a frame type not spoken here')];
			}
			if (accept && prepare.amount > 0n && !session.paid) {
				session.paid = true;
				leaveUnpaid(session);
			}
			if (session.paid) commits.last(session, () => save(session));
			if (prepare.amount > 0n) {
				const requestIds = (frames ?? []).flatMap((frame) =>
					'requestId' in frame && frame.requestId !== undefined ? [frame.requestId] : []
				);
				sql.run(
					`INSERT INTO session_packet (session, sequence, request_ids, amount, result, expires_at)
					VALUES (?, ?, ?, ?, ?, ?)`,
					[
						session.id,
						sequence,
						requestIds.join(),
						prepare.amount,
						accept ? 'fulfilled' : 'refused',
						// Who says that a packet may take longer than hops wait does not keep this longer.
						Math.min(prepare.expiresAt, clock.now() + LIMITS.maxHoldMs)
					]
				);
			}
			return accept;
		};

		return {
			decide,
			...(fits ? { fulfillment } : {}),
			...(prepared?.booking ? { booking: prepared.booking } : {}),
			reply: async () => {
				if (isBusy) return refuse({ code: 'T02', data: new Uint8Array() }).reply();
				// Only now that it is on disk: an answer that could not be written is asked for again.
				if (question.type === 'frames' && question.ended) session.uploads.answered(question.ended, link);
				const data = await sealFrames(crypto, random, epoch.openerKeys, {
					packetType: accept ? 'fulfill' : 'reject',
					sequence,
					amount: prepare.amount,
					frames: [...session.epochs.frame(epoch), ...answer],
					...(stream
						? { stream: [...(stream.close ? [stream.close] : []), ...session.uploads.credit(stream.id)] }
						: {})
				});
				afterwards?.();
				afterwards = undefined;
				if (accept) return { type: 'fulfill', fulfillment, data };
				return refuse({ code: 'F99', data }).reply();
			}
		};
	};

	/** On this network and beyond this link; a wrong one is not worth a refusal, pushes just fail. */
	const isReachable = (address: string): boolean => {
		const own = sender.addresses()[0];
		return !isPeerAddress(address) && (own === undefined || isSameNetwork(own, address));
	};

	const sweep = async (): Promise<void> => {
		const now = clock.now();
		uploads.sweep();
		for (const session of new Set(sessions.values())) {
			const idle = now - session.lastSeen;
			if (idle > (session.paid ? LIMITS.paidSessionIdleMs : UNPAID_IDLE_MS)) forget(session);
		}
		await commits.run(() => {
			const sessionsGone = sweepSessions(sql, {
				now,
				seenSince: now - LIMITS.paidSessionIdleMs,
				packetsSince: now - LIMITS.packetMemoryMs
			});
			if (sessionsGone > 0) log('debug', 'forgot silent sessions', { sessions: sessionsGone });
		});
	};

	/** Links that came up in this run. */
	const told = new Set<string>();
	const tellRestarted = async (link: string): Promise<void> => {
		if (told.has(link)) return;
		const rows = sql.all(
			`SELECT token FROM session WHERE link = ? AND opener_address IS NOT NULL AND last_seen > ?
			ORDER BY last_seen DESC LIMIT ?`,
			[link, clock.now() - LIMITS.restartToldMs - LAST_SEEN_LAG_MS, LIMITS.restartTold]
		);
		// A stranger is nobody to remember.
		if (rows.length > 0) told.add(link);
		for (const row of rows) {
			const token = row['token'] as string;
			// Whoever was heard of in this run has asked already.
			if (sessions.has(token)) continue;
			const session = await load(token);
			if (!session || sessions.has(token)) continue;
			take(session);
			void session.push([notice(NOTICE_CODES.restarted, 'ask again')]);
		}
	};

	return { judge, tellRestarted, sweep };
};
