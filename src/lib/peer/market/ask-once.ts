/** Questions outside any subscription: have this stored, tell me what there is for nothing. */
import { encodeFrame } from '../codec/btp-nips.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import { NOTICE_CODES, type Frame, type HaveEntry, type OkFrame } from '../codec/frames.ts';
import type { Filter, NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import { peerError, type PeerError } from '../errors.ts';
import { verifyEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Crypto, Random } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { ANSWER_BYTES } from '../stream/session-packets.ts';
import type { OpenerSession, RequestOptions, SessionReply } from '../stream/session.ts';
import { EVENT_FRAME_OVERHEAD } from './parts.ts';

/** Pages of a question asked once; a node that goes on for ever is not listened to for ever. */
const MAX_PAGES = 40;
/** Ids in one GET, as sellers take them. */
export const MAX_IDS = 128;

export const replyError = (reply: SessionReply): PeerError => {
	switch (reply.type) {
		case 'timedOut':
			return peerError('PacketTimedOut');
		case 'spoiled':
			return peerError('AnswerSpoiled');
		case 'rejected':
			return peerError(
				reply.code === 'F02' ? 'NoRoute' : 'AuthorUnreachable',
				`${reply.code} ${reply.message}`
			);
		case 'fulfilled':
		case 'refused': {
			const tooLarge = reply.frames.find(
				(frame) => frame.type === 'NOTICE' && frame.code === NOTICE_CODES.tooLarge
			);
			if (tooLarge?.type === 'NOTICE') return peerError('InvalidInput', tooLarge.text);
			return peerError('AuthorUnreachable', reply.frames.map(({ type }) => type).join());
		}
	}
};

/** Temporary refusals (a hop busy, the free allowance used up) are asked again unchanged, this often. */
const TRIES = 6;
const RETRY_FIRST_MS = 500;

const askPatiently = async (
	session: OpenerSession,
	clock: Clock,
	frames: readonly Frame[],
	options: RequestOptions = {}
): Promise<SessionReply> => {
	for (let failed = 0; ; failed++) {
		const reply = await session.request(frames, options);
		// F06: the node forgot this session; the next packet opens another.
		const isTemporary =
			reply.type === 'rejected' && (reply.code.startsWith('T') || (reply.code === 'F06' && failed === 0));
		if (!isTemporary || failed + 1 >= TRIES) return reply;
		await new Promise<void>((resolve) => clock.after(RETRY_FIRST_MS * 2 ** failed, resolve));
	}
};

/**
 * Asks the node to keep an event; `amount` link units go along. OK false is an answer, not an error.
 * One too large for a packet goes up in pieces and may take minutes (stream/upload.ts).
 * Errors: `InvalidInput` beyond the limit for an event, here or there; else those of {@link replyError}.
 */
export const storeAt = async (
	session: OpenerSession,
	clock: Clock,
	request: {
		readonly requestId: number;
		readonly event: NostrEvent;
		readonly amount: bigint;
		/** Bytes the node has, and of how many. */
		readonly onProgress?: (done: number, of: number) => void;
	}
): Promise<Result<OkFrame, PeerError>> => {
	const { requestId, event, amount, onProgress } = request;
	if (!encodeEvent(event).ok)
		return err(peerError('InvalidInput', `not an event of at most ${LIMITS.eventBytes} bytes`));
	const frame: Frame = { type: 'EVENT', requestId, event };
	const options: RequestOptions = {
		amount,
		...(onProgress ? { onProgress } : {}),
		...(amount > 0n
			? {
					booking: {
						kind: 'publish',
						account: 'expense/publishing',
						memo: { eventIds: [event.id], peer: session.contact.pubkey }
					}
				}
			: {})
	};
	// An upload has patience of its own, and is not to be begun again for one late answer.
	const isLarge = encodeFrame(frame).length > ANSWER_BYTES;
	const reply = isLarge
		? await session.request([frame], options)
		: await askPatiently(session, clock, [frame], options);
	if (reply.type === 'fulfilled' || reply.type === 'refused') {
		const answer = reply.frames.find((one): one is OkFrame => one.type === 'OK' && one.eventId === event.id);
		if (answer) return ok(answer);
	}
	return err(replyError(reply));
};

/** As many entries from the front as one answer holds. */
export const fillAnswer = (entries: readonly HaveEntry[], maxIds: number): readonly HaveEntry[] => {
	let bytes = 0;
	const fitting: HaveEntry[] = [];
	for (const entry of entries) {
		bytes += entry.size + EVENT_FRAME_OVERHEAD;
		if (fitting.length > 0 && (bytes > ANSWER_BYTES || fitting.length >= maxIds)) break;
		fitting.push(entry);
	}
	return fitting;
};

/** Free events that match, checked and not stored. What costs money or comes in parts is left out. */
export const queryFree = async (
	session: OpenerSession,
	filters: readonly Filter[],
	dependencies: {
		readonly clock: Clock;
		readonly crypto: Crypto;
		readonly random: Random;
		readonly nextRequestId: () => number;
	}
): Promise<Result<readonly VerifiedEvent[], PeerError>> => {
	const { clock, crypto, random, nextRequestId } = dependencies;
	const offered: HaveEntry[] = [];
	let cursor: Uint8Array | undefined;
	for (let page = 0; page < MAX_PAGES; page++) {
		const requestId = nextRequestId();
		const reply = await askPatiently(session, clock, [
			{ type: 'REQ', requestId, filters, live: false, maxPrice: 0n, ...(cursor ? { cursor } : {}) }
		]);
		if (reply.type !== 'fulfilled') return err(replyError(reply));
		for (const frame of reply.frames) if (frame.type === 'HAVE') offered.push(...frame.entries);
		const end = reply.frames.find((frame) => frame.type === 'EOSE');
		if (end?.type !== 'EOSE' || !end.more) break;
		cursor = end.cursor;
	}
	const events: VerifiedEvent[] = [];
	let left = offered.filter(({ price, parts }) => price === 0n && parts === 1);
	while (left.length > 0) {
		const batch = fillAnswer(left, MAX_IDS);
		left = left.slice(batch.length);
		const ids = batch.map(({ id }) => id);
		const reply = await askPatiently(session, clock, [
			{ type: 'GET', requestId: nextRequestId(), ids, receipt: random.bytes(16) }
		]);
		if (reply.type === 'rejected' || reply.type === 'timedOut') return err(replyError(reply));
		if (reply.type !== 'fulfilled') continue;
		for (const frame of reply.frames) {
			if (frame.type !== 'EVENT' || !frame.event || !ids.includes(frame.event.id)) continue;
			const checked = await verifyEvent(crypto, frame.event);
			if (checked.ok) events.push(checked.value);
		}
	}
	return ok(events);
};
