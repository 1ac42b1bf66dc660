/**
 * # BTP-NIPs frames, version 1
 *
 * The first form of the protocol: the same four bytes in front as version 2 (btp-nips.ts), then JSON instead of
 * CBOR. It is read and written for neighbours that announce only `frames: 1`, in STREAM frame 0x20 like
 * version 2 and never outside the encrypted data.
 *
 * | offset | field | rule |
 * |---|---|---|
 * | 0 | version | `0x01` |
 * | 1 | type | table below; others come out as UNKNOWN and are skipped by their length |
 * | 2–3 | length | of the payload, u16 big-endian, exact: there is no long form |
 * | 4… | payload | strict UTF-8, one JSON object `{payment, nostr, metadata}` |
 *
 * | code | frame | `nostr` |
 * |---|---|---|
 * | 01 | EVENT | the NIP-01 event |
 * | 02 | REQ | `{subscriptionId, filters}`, NIP-01 filters |
 * | 03 | CLOSE | `{subscriptionId}` |
 * | 04 | NOTICE | `{message}` |
 * | 05 | EOSE | `{subscriptionId}` |
 * | 06 | OK | `{eventId, accepted, message}` |
 * | 07 | AUTH | `{challenge}`, or the NIP-01 event that answers one |
 *
 * `payment` is `{amount, currency, purpose}` with the amount as decimal text, `metadata` is
 * `{timestamp, sender}` with Unix seconds and 64 hex digits. Either may be missing, and neither is believed: money is
 * what ILP delivered, and who sent a frame is known by the session. Keys not named here are ignored. We
 * write the keys in the order above, without white space, so that one frame has one spelling from us.
 */
import { concatBytes, hexToBytesStrict, utf8, utf8Decode } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { encodeEvent, isSafeUint } from './event-v2.ts';
import type { MalformedFrame } from './btp-nips.ts';
import type { Filter, NostrEvent } from './nostr-event.ts';
import { readFields, refuse } from './refuse.ts';

const FRAME_VERSION = 1;
const HEADER_BYTES = 4;
/** What the length field can say. */
export const MAX_V1_PAYLOAD = 0xffff;

export const FRAME_CODES_V1 = {
	EVENT: 0x01,
	REQ: 0x02,
	CLOSE: 0x03,
	NOTICE: 0x04,
	EOSE: 0x05,
	OK: 0x06,
	AUTH: 0x07
} as const;

/** What the sender says it pays. Shown at most; what arrived is in the packet. */
export interface SaidPayment {
	/** Smallest units of `currency`. */
	readonly amount: bigint;
	readonly currency: string;
	readonly purpose: string;
}

export interface SaidMetadata {
	/** Unix seconds. */
	readonly timestamp: number;
	/** Nostr key, 64 hex. */
	readonly sender: string;
}

/** The `nostr` of each frame under the names of its fields. */
type Body =
	| { readonly type: 'EVENT'; readonly event: NostrEvent }
	| { readonly type: 'REQ'; readonly subscriptionId: string; readonly filters: readonly Filter[] }
	| { readonly type: 'CLOSE'; readonly subscriptionId: string }
	| { readonly type: 'NOTICE'; readonly message: string }
	| { readonly type: 'EOSE'; readonly subscriptionId: string }
	| { readonly type: 'OK'; readonly eventId: string; readonly accepted: boolean; readonly message: string }
	| { readonly type: 'AUTH'; readonly challenge: string }
	| { readonly type: 'AUTH'; readonly event: NostrEvent };

export type FrameV1 = Body & { readonly payment?: SaidPayment; readonly metadata?: SaidMetadata };

/** A type that version 1 does not name. */
export interface UnknownFrameV1 {
	readonly type: 'UNKNOWN';
	readonly code: number;
}

/* ---------------------------------------------------------------- writing */

const nostrOf = (frame: FrameV1): unknown => {
	switch (frame.type) {
		case 'EVENT':
			return eventInOrder(frame.event);
		case 'REQ':
			return { subscriptionId: frame.subscriptionId, filters: frame.filters };
		case 'CLOSE':
		case 'EOSE':
			return { subscriptionId: frame.subscriptionId };
		case 'NOTICE':
			return { message: frame.message };
		case 'OK':
			return { eventId: frame.eventId, accepted: frame.accepted, message: frame.message };
		case 'AUTH':
			return 'event' in frame ? eventInOrder(frame.event) : { challenge: frame.challenge };
	}
};

const eventInOrder = ({ id, pubkey, created_at, kind, tags, content, sig }: NostrEvent): NostrEvent => ({
	id,
	pubkey,
	created_at,
	kind,
	tags,
	content,
	sig
});

/** One frame. Throws for one its reader would refuse or whose payload is beyond u16: a bug of the caller. */
export const encodeFrameV1 = (frame: FrameV1 | UnknownFrameV1): Uint8Array => {
	if (frame.type === 'UNKNOWN') return Uint8Array.of(FRAME_VERSION, frame.code, 0, 0);
	const { payment, metadata } = frame;
	const payload = utf8(
		JSON.stringify({
			...(payment && {
				payment: { amount: `${payment.amount}`, currency: payment.currency, purpose: payment.purpose }
			}),
			nostr: nostrOf(frame),
			...(metadata && { metadata: { timestamp: metadata.timestamp, sender: metadata.sender } })
		})
	);
	if (payload.length > MAX_V1_PAYLOAD) throw new Error('a frame beyond its length field');
	const code = FRAME_CODES_V1[frame.type];
	const refused = readPayload(code, payload);
	if (!refused.ok) throw new Error(`a frame nobody could read: ${refused.error.reason}`);
	return concatBytes(Uint8Array.of(FRAME_VERSION, code, payload.length >> 8, payload.length & 0xff), payload);
};

/* ---------------------------------------------------------------- reading */

type Fields = Readonly<Record<string, unknown>>;

const object = (value: unknown, field: string): Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : refuse(field);

const text = (value: unknown, max: number, field: string): string =>
	typeof value === 'string' && value.length <= max && value.isWellFormed() ? value : refuse(field);

/** JSON knows a zero below zero; here it is zero. */
const uint = (value: unknown, max: number, field: string): number =>
	isSafeUint(value) && value <= max ? value + 0 : refuse(field);

const hex32 = (value: unknown, field: string): string =>
	typeof value === 'string' && hexToBytesStrict(value)?.length === 32 ? value : refuse(field);

const list = (value: unknown, max: number, field: string): readonly unknown[] =>
	Array.isArray(value) && value.length <= max ? (value as unknown[]) : refuse(field);

/** NIP-01: 1 to 64 characters. */
const subscriptionIdOf = (nostr: Fields): string =>
	text(nostr['subscriptionId'], 64, 'subscriptionId') || refuse('subscriptionId');

const eventOf = (value: unknown): NostrEvent => {
	const { id, pubkey, created_at, kind, tags, content, sig } = object(value, 'event');
	const event: NostrEvent = {
		id: hex32(id, 'event: id'),
		pubkey: hex32(pubkey, 'event: pubkey'),
		created_at: uint(created_at, Number.MAX_SAFE_INTEGER, 'event: created_at'),
		kind: uint(kind, 0xffff, 'event: kind'),
		tags: list(tags, LIMITS.eventTags, 'event: tags').map((tag) =>
			list(tag, LIMITS.eventBytes, 'event: tags').map((item) => text(item, LIMITS.eventBytes, 'event: tags'))
		),
		content: text(content, LIMITS.eventBytes, 'event: content'),
		sig: text(sig, 128, 'event: sig')
	};
	// The one check of size and signature's form, so that what came in JSON can go on in CBOR.
	return encodeEvent(event).ok ? event : refuse('event');
};

const TAG_FILTER = /^#[a-zA-Z]$/;

const filterOf = (value: unknown): Filter => {
	const filter: Record<string, unknown> = {};
	for (const [key, item] of Object.entries(object(value, 'filters'))) {
		const values = (): readonly unknown[] => list(item, LIMITS.filterValues, 'filters');
		if (key === 'ids' || key === 'authors') filter[key] = values().map((id) => hex32(id, 'filters'));
		else if (key === 'kinds') filter[key] = values().map((kind) => uint(kind, 0xffff, 'filters'));
		else if (key === 'since' || key === 'until' || key === 'limit')
			filter[key] = uint(item, Number.MAX_SAFE_INTEGER, 'filters');
		else if (key === 'search') filter[key] = text(item, LIMITS.searchCharacters, 'filters');
		else if (TAG_FILTER.test(key))
			filter[key] = values().map((one) => text(one, LIMITS.textCharacters, 'filters'));
	}
	return filter as Filter;
};

const bodyOf = (code: number, nostr: unknown): Body => {
	const fields = object(nostr, 'nostr');
	switch (code) {
		case FRAME_CODES_V1.EVENT:
			return { type: 'EVENT', event: eventOf(fields) };
		case FRAME_CODES_V1.REQ: {
			const filters = list(fields['filters'], LIMITS.filters, 'filters');
			if (filters.length === 0) return refuse('filters');
			return { type: 'REQ', subscriptionId: subscriptionIdOf(fields), filters: filters.map(filterOf) };
		}
		case FRAME_CODES_V1.CLOSE:
			return { type: 'CLOSE', subscriptionId: subscriptionIdOf(fields) };
		case FRAME_CODES_V1.NOTICE:
			return { type: 'NOTICE', message: text(fields['message'], LIMITS.textCharacters, 'message') };
		case FRAME_CODES_V1.EOSE:
			return { type: 'EOSE', subscriptionId: subscriptionIdOf(fields) };
		case FRAME_CODES_V1.OK: {
			const { accepted } = fields;
			if (typeof accepted !== 'boolean') return refuse('accepted');
			const message = text(fields['message'], LIMITS.textCharacters, 'message');
			return { type: 'OK', eventId: hex32(fields['eventId'], 'eventId'), accepted, message };
		}
		case FRAME_CODES_V1.AUTH:
			return 'challenge' in fields
				? { type: 'AUTH', challenge: text(fields['challenge'], LIMITS.textCharacters, 'challenge') }
				: { type: 'AUTH', event: eventOf(fields) };
		default:
			return refuse('type');
	}
};

const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

const paymentOf = (value: unknown): SaidPayment => {
	const { amount, currency, purpose } = object(value, 'payment');
	if (typeof amount !== 'string' || !DECIMAL.test(amount)) return refuse('payment: amount');
	return {
		amount: BigInt(amount),
		currency: text(currency, LIMITS.codeCharacters, 'payment: currency'),
		purpose: text(purpose, LIMITS.codeCharacters, 'payment: purpose')
	};
};

const metadataOf = (value: unknown): SaidMetadata => {
	const { timestamp, sender } = object(value, 'metadata');
	return {
		timestamp: uint(timestamp, Number.MAX_SAFE_INTEGER, 'metadata: timestamp'),
		sender: hex32(sender, 'metadata: sender')
	};
};

const malformed = (reason: string): Result<never, MalformedFrame> => err({ type: 'MalformedFrame', reason });

const parseJson = (json: string): unknown => {
	try {
		return JSON.parse(json) as unknown;
	} catch {
		return undefined;
	}
};

const readPayload = (code: number, payload: Uint8Array): Result<FrameV1, MalformedFrame> => {
	const json = utf8Decode(payload);
	if (json === undefined) return malformed('payload: not UTF-8');
	const value = parseJson(json);
	const read = readFields(() => {
		const { payment, nostr, metadata } = object(value, 'payload');
		return {
			...bodyOf(code, nostr),
			...(payment === undefined ? {} : { payment: paymentOf(payment) }),
			...(metadata === undefined ? {} : { metadata: metadataOf(metadata) })
		};
	});
	return read.ok ? read : malformed(read.error);
};

const isKnown = (code: number): boolean => Object.values<number>(FRAME_CODES_V1).includes(code);

/** All frames of a datagram in version 1, in order. A frame of another version makes it malformed. */
export const decodeFramesV1 = (
	bytes: Uint8Array
): Result<readonly (FrameV1 | UnknownFrameV1)[], MalformedFrame> => {
	const frames: (FrameV1 | UnknownFrameV1)[] = [];
	for (let at = 0; at < bytes.length;) {
		const [version, code, high, low] = bytes.subarray(at, at + HEADER_BYTES);
		if (version === undefined || code === undefined || high === undefined || low === undefined)
			return malformed('header: ends too early');
		if (version !== FRAME_VERSION) return malformed(`header: version ${version}`);
		const start = at + HEADER_BYTES;
		const end = start + high * 0x100 + low;
		if (end > bytes.length) return malformed('header: longer than the datagram');
		at = end;
		if (!isKnown(code)) {
			frames.push({ type: 'UNKNOWN', code });
			continue;
		}
		const frame = readPayload(code, bytes.subarray(start, end));
		if (!frame.ok) return frame;
		frames.push(frame.value);
	}
	return ok(frames);
};
