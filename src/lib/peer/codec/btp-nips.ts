/**
 * # BTP-NIPs frames, version 2
 *
 * Nostr inside Interledger: what a reader's node and an author's node say to each other in the
 * encrypted STREAM packets that also carry the money. Frames ride in STREAM frame 0x20 (Datagram):
 * in a prepare they ask, in its fulfill or reject they answer. One datagram holds one or several
 * frames, back to back.
 *
 * ## Bytes
 *
 * | offset | field | rule |
 * |---|---|---|
 * | 0 | version | `0x02` |
 * | 1 | type | table below |
 * | 2–3 | length | of the payload, u16 big-endian; `0xFFFF`: the next 4 bytes hold it, u32 ≥ 0xFFFF |
 * | 4… | payload | deterministic CBOR (cbor.ts), one map with integer keys |
 *
 * ## Who answers whom
 *
 * | code | frame | from → to | keys (`?` optional) | answered by |
 * |---|---|---|---|---|
 * | 01 | EVENT | writer → node | 0, 1, 12? | OK |
 * | 01 | EVENT | node → reader | 0, 1 or (13, 18), 12? | – (it is the answer to GET) |
 * | 02 | REQ | reader → node | 0, 2, 3?, 14?, 16 | HAVE… then EOSE; or CLOSED |
 * | 03 | CLOSE | reader → node | 0 | – |
 * | 04 | NOTICE | both | 0?, 4, 5, 9?, 20? | never |
 * | 05 | EOSE | node → reader | 0, 3, 21 | – |
 * | 06 | OK | node → writer | 0, 5, 6, 20 (one id) | – |
 * | 08 | COUNT | reader → node | 0, 2 | COUNT |
 * | 08 | COUNT | node → reader | 0, 22 | – |
 * | 09 | CLOSED | node → reader | 0, 4, 5 | – |
 * | 0B | HAVE | node → reader | 0, 3 (after), 19, 26 (before) | GET, when wanted |
 * | 0C | GET | reader → node, with the money | 0, 13?, 20, 25 | EVENT…; or NOTICE and a fresh HAVE |
 * | 0E | RATCHET | opener → node, beside anything | 27 | RATCHET |
 * | 0E | RATCHET | node → opener, beside any answer | 27, 28 | – (the next packet uses it) |
 *
 * 07 AUTH, 0A NEG and 0D OFFER are assigned and not spoken by this version; like any other type not
 * in the table they come out as UNKNOWN, are skipped by their length, and their payload is not looked at.
 *
 * ## Keys
 *
 * | key | name | value |
 * |---|---|---|
 * | 0 | requestId | u32, chosen by the reader, repeated in answers |
 * | 1 | event | v2 array (event-v2.ts) |
 * | 2 | filters | 1..16 maps: 0 ids · 1 authors (32 bytes each) · 2 kinds · 3 since · 4 until · 5 limit · 6 search · text `#x` tag values |
 * | 3 | cursor | bytes, at most 32, opaque to the reader |
 * | 4, 5 | code, text | what a program acts on, what a person may read |
 * | 6 | accepted | bool |
 * | 9 | amount | USD at scale 9, as all money here: what arrived |
 * | 12 | hopsLeft | 0..255, outside the signed event |
 * | 13 | part | `[index, count]`, index from 0 |
 * | 14 | maxPrice | dearer entries need not be offered |
 * | 16 | live | bool: keep telling until CLOSE |
 * | 18 | bytes | the slice of the encoded event that `part` names |
 * | 19 | have list | arrays `[id, author, kind, created_at, size, price, parts]` |
 * | 20 | event ids | 32 bytes each |
 * | 21 | more | bool: ask again from `cursor` |
 * | 22 | count | how many match |
 * | 25 | receipt | 16 random bytes |
 * | 26 | before | the cursor a HAVE continues from |
 * | 27 | ephemeral | X25519 public key, 32 bytes (stream/ratchet.ts) |
 * | 28 | token | 41 bytes: `02` and 40 random ones, the session's next name |
 *
 * 7, 8, 10, 11, 15, 17, 23 and 24 are kept for what PROTOCOL assigns them to.
 *
 * ## Rules of reading
 *
 * Keys a frame does not list are ignored: that is how the next version adds something. A listed key
 * that is missing, of the wrong type or beyond its limit (limits.ts) makes the frame malformed, and
 * with it the datagram: lengths after a wrong frame cannot be believed. An event is decoded, not
 * verified; ids, signature, author and price are for those who act on the frame.
 */
import { bytesToHex, concatBytes, fromHex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import {
	cborMap,
	decodeCbor,
	encodeCbor,
	isCborArray,
	isCborMap,
	type CborKey,
	type CborMap,
	type CborValue
} from './cbor.ts';
import {
	encodeEvent,
	eventFromCbor,
	eventToCbor,
	isSafeUint,
	packTagString,
	unpackTagString
} from './event-v2.ts';
import type { Frame, HaveEntry, Part } from './frames.ts';
import type { Filter } from './nostr-event.ts';
import { readFields, refuse } from './refuse.ts';

const FRAME_VERSION = 2;

export const FRAME_CODES = {
	EVENT: 0x01,
	REQ: 0x02,
	CLOSE: 0x03,
	NOTICE: 0x04,
	EOSE: 0x05,
	OK: 0x06,
	COUNT: 0x08,
	CLOSED: 0x09,
	HAVE: 0x0b,
	GET: 0x0c,
	RATCHET: 0x0e
} as const satisfies Record<Frame['type'], number>;

/** Integer keys of the payload; their meaning is in the table above. */
export const FRAME_KEYS = {
	requestId: 0,
	event: 1,
	filters: 2,
	cursor: 3,
	code: 4,
	text: 5,
	accepted: 6,
	amount: 9,
	hopsLeft: 12,
	part: 13,
	maxPrice: 14,
	live: 16,
	bytes: 18,
	have: 19,
	ids: 20,
	more: 21,
	count: 22,
	receipt: 25,
	before: 26,
	ephemeral: 27,
	token: 28
} as const;

const FILTER_KEYS = { ids: 0, authors: 1, kinds: 2, since: 3, until: 4, limit: 5, search: 6 } as const;
const TAG_FILTER = /^#[a-zA-Z]$/;

/** A frame of a type or version not spoken here: to be answered with at most one NOTICE `unsupported`. */
export interface UnknownFrame {
	readonly type: 'UNKNOWN';
	readonly code: number;
	readonly version: number;
}

export interface MalformedFrame {
	readonly type: 'MalformedFrame';
	/** For logs: the frame and the field, such as `GET: receipt`. */
	readonly reason: string;
}

/* ---------------------------------------------------------------- writing */

const K = FRAME_KEYS;

const idBytes = (id: string): Uint8Array => {
	const bytes = fromHex(id);
	if (bytes.length !== 32) throw new Error('an id is 32 bytes');
	return bytes;
};

const embed = <T>(result: Result<T, { readonly reason: string }>): T => {
	if (!result.ok) throw new Error(`cannot be framed: ${result.error.reason}`);
	return result.value;
};

const filterToCbor = (filter: Filter): CborValue => {
	const entries: [CborKey, CborValue | undefined][] = [
		[FILTER_KEYS.ids, filter.ids?.map(idBytes)],
		[FILTER_KEYS.authors, filter.authors?.map(idBytes)],
		[FILTER_KEYS.kinds, filter.kinds],
		[FILTER_KEYS.since, filter.since],
		[FILTER_KEYS.until, filter.until],
		[FILTER_KEYS.limit, filter.limit],
		[FILTER_KEYS.search, filter.search]
	];
	for (const key of Object.keys(filter)) {
		if (!TAG_FILTER.test(key)) continue;
		const values = filter[key as `#${string}`];
		entries.push([
			key,
			values?.map((text) => {
				const packed = packTagString(text);
				if (packed === undefined) throw new Error('a filter holds a lone surrogate');
				return packed;
			})
		]);
	}
	return cborMap(entries);
};

const partToCbor = (part: Part | undefined): CborValue | undefined => part && [part.index, part.count];

const haveToCbor = (entry: HaveEntry): CborValue => [
	idBytes(entry.id),
	idBytes(entry.author),
	entry.kind,
	entry.createdAt,
	entry.size,
	entry.price,
	entry.parts
];

const payloadOf = (frame: Frame): CborMap => {
	switch (frame.type) {
		case 'EVENT':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.event, frame.event && embed(eventToCbor(frame.event))],
				[K.hopsLeft, frame.hopsLeft],
				[K.part, partToCbor(frame.part)],
				[K.bytes, frame.bytes]
			]);
		case 'REQ':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.filters, frame.filters.map(filterToCbor)],
				[K.cursor, frame.cursor],
				[K.maxPrice, frame.maxPrice],
				[K.live, frame.live]
			]);
		case 'CLOSE':
			return cborMap([[K.requestId, frame.requestId]]);
		case 'CLOSED':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.code, frame.code],
				[K.text, frame.text]
			]);
		case 'NOTICE':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.code, frame.code],
				[K.text, frame.text],
				[K.amount, frame.amount],
				[K.ids, frame.ids?.map(idBytes)]
			]);
		case 'EOSE':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.cursor, frame.cursor],
				[K.more, frame.more]
			]);
		case 'OK':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.text, frame.text],
				[K.accepted, frame.accepted],
				[K.ids, [idBytes(frame.eventId)]]
			]);
		case 'COUNT':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.filters, frame.filters?.map(filterToCbor)],
				[K.count, frame.count]
			]);
		case 'HAVE':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.cursor, frame.after],
				[K.have, frame.entries.map(haveToCbor)],
				[K.before, frame.before]
			]);
		case 'GET':
			return cborMap([
				[K.requestId, frame.requestId],
				[K.part, partToCbor(frame.part)],
				[K.ids, frame.ids.map(idBytes)],
				[K.receipt, frame.receipt]
			]);
		case 'RATCHET':
			return cborMap([
				[K.ephemeral, frame.ephemeral],
				[K.token, frame.token]
			]);
	}
};

const header = (code: number, length: number): Uint8Array => {
	if (length < 0xffff) return Uint8Array.of(FRAME_VERSION, code, length >> 8, length & 0xff);
	return Uint8Array.of(
		FRAME_VERSION,
		code,
		0xff,
		0xff,
		(length >>> 24) & 0xff,
		(length >>> 16) & 0xff,
		(length >>> 8) & 0xff,
		length & 0xff
	);
};

/**
 * One frame; several may be concatenated into one datagram. Throws for a frame its reader would
 * refuse (a bug of the caller, who has checked its event and kept the limits).
 */
export const encodeFrame = (frame: Frame): Uint8Array => {
	const payload = payloadOf(frame);
	const refused = readPayload(FRAME_CODES[frame.type], payload);
	if (!refused.ok) throw new Error(`a frame nobody could read: ${refused.error.reason}`);
	const bytes = encodeCbor(payload);
	const whole = concatBytes(header(FRAME_CODES[frame.type], bytes.length), bytes);
	if (whole.length > LIMITS.frameBytes) throw new Error('a frame beyond its limit');
	return whole;
};

/** Frames back to back: what one datagram holds, or one stream. Throws as {@link encodeFrame} does. */
export const encodeFrames = (frames: readonly Frame[]): Uint8Array => concatBytes(...frames.map(encodeFrame));

/* ---------------------------------------------------------------- reading */

const uint = (value: CborValue | undefined, max: number, field: string): number =>
	isSafeUint(value) && value <= max ? value : refuse(field);

const amountOf = (value: CborValue | undefined, field: string): bigint =>
	typeof value === 'bigint' || isSafeUint(value) ? BigInt(value) : refuse(field);

const text = (value: CborValue | undefined, maxCharacters: number, field: string): string =>
	typeof value === 'string' && value.length <= maxCharacters ? value : refuse(field);

const bool = (value: CborValue | undefined, field: string): boolean =>
	typeof value === 'boolean' ? value : refuse(field);

const bytesOf = (value: CborValue | undefined, min: number, max: number, field: string): Uint8Array =>
	value instanceof Uint8Array && value.length >= min && value.length <= max ? value : refuse(field);

const list = (value: CborValue | undefined, min: number, max: number, field: string): readonly CborValue[] =>
	value !== undefined && isCborArray(value) && value.length >= min && value.length <= max
		? value
		: refuse(field);

const hex32 = (value: CborValue | undefined, field: string): string =>
	bytesToHex(bytesOf(value, 32, 32, field));

const requestIdOf = (map: CborMap): number => uint(map.get(K.requestId), 0xffff_ffff, 'requestId');

const partOf = (value: CborValue | undefined): Part | undefined => {
	if (value === undefined) return undefined;
	const [index, count] = list(value, 2, 2, 'part');
	const total = uint(count, LIMITS.parts, 'part');
	const at = uint(index, LIMITS.parts, 'part');
	return at < total ? { index: at, count: total } : refuse('part');
};

const idsOf = (value: CborValue | undefined, min: number): readonly string[] => {
	const ids = list(value, min, LIMITS.haveEntries, 'ids').map((id) => hex32(id, 'ids'));
	return new Set(ids).size === ids.length ? ids : refuse('ids');
};

const values = (value: CborValue): readonly CborValue[] => list(value, 0, LIMITS.filterValues, 'filters');

const filterOf = (value: CborValue): Filter => {
	if (!isCborMap(value)) return refuse('filters');
	const filter: Record<string, unknown> = {};
	for (const [key, item] of value) {
		if (key === FILTER_KEYS.ids) filter['ids'] = values(item).map((id) => hex32(id, 'filters'));
		else if (key === FILTER_KEYS.authors) filter['authors'] = values(item).map((id) => hex32(id, 'filters'));
		else if (key === FILTER_KEYS.kinds)
			filter['kinds'] = values(item).map((kind) => uint(kind, 0xffff, 'filters'));
		else if (key === FILTER_KEYS.since) filter['since'] = uint(item, Number.MAX_SAFE_INTEGER, 'filters');
		else if (key === FILTER_KEYS.until) filter['until'] = uint(item, Number.MAX_SAFE_INTEGER, 'filters');
		else if (key === FILTER_KEYS.limit) filter['limit'] = uint(item, Number.MAX_SAFE_INTEGER, 'filters');
		else if (key === FILTER_KEYS.search) filter['search'] = text(item, LIMITS.searchCharacters, 'filters');
		else if (typeof key === 'string' && TAG_FILTER.test(key))
			filter[key] = values(item).map((one) => unpackTagString(one) ?? refuse('filters'));
	}
	return filter as Filter;
};

const filtersOf = (value: CborValue | undefined): readonly Filter[] =>
	list(value, 1, LIMITS.filters, 'filters').map(filterOf);

const cursorOf = (value: CborValue | undefined, field: string): Uint8Array =>
	bytesOf(value, 0, LIMITS.cursorBytes, field);

const haveOf = (value: CborValue): HaveEntry => {
	const [id, author, kind, createdAt, size, price, parts] = list(value, 7, 7, 'have');
	return {
		id: hex32(id, 'have'),
		author: hex32(author, 'have'),
		kind: uint(kind, 0xffff, 'have'),
		createdAt: uint(createdAt, Number.MAX_SAFE_INTEGER, 'have'),
		size: uint(size, LIMITS.eventBytes, 'have'),
		price: amountOf(price, 'have'),
		parts: uint(parts, LIMITS.parts, 'have') || refuse('have')
	};
};

/** `undefined` entries are left out, as `exactOptionalPropertyTypes` wants it. */
const optional = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
	(value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };

const has = <T>(value: CborValue | undefined, read: (value: CborValue) => T): T | undefined =>
	value === undefined ? undefined : read(value);

const readEvent = (map: CborMap): Frame => {
	const requestId = requestIdOf(map);
	const hops = optional(
		'hopsLeft',
		has(map.get(K.hopsLeft), (value) => uint(value, 0xff, 'hopsLeft'))
	);
	const part = partOf(map.get(K.part));
	const whole = map.get(K.event);
	if (part) {
		if (whole !== undefined) return refuse('event beside part');
		const bytes = bytesOf(map.get(K.bytes), 1, LIMITS.partBytes, 'bytes');
		return { type: 'EVENT', requestId, part, bytes, ...hops };
	}
	if (whole === undefined || map.has(K.bytes)) return refuse('event');
	const event = eventFromCbor(whole);
	// Its size is that of its one encoding.
	if (!event.ok || !encodeEvent(event.value).ok) return refuse('event');
	return { type: 'EVENT', requestId, event: event.value, ...hops };
};

const readCount = (map: CborMap): Frame => {
	const requestId = requestIdOf(map);
	const filters = map.get(K.filters);
	const count = map.get(K.count);
	if ((filters === undefined) === (count === undefined)) return refuse('filters or count');
	return filters === undefined
		? { type: 'COUNT', requestId, count: uint(count, Number.MAX_SAFE_INTEGER, 'count') }
		: { type: 'COUNT', requestId, filters: filtersOf(filters) };
};

const readGet = (map: CborMap): Frame => {
	const ids = idsOf(map.get(K.ids), 1);
	const part = partOf(map.get(K.part));
	if (part && ids.length !== 1) return refuse('part of several');
	const receipt = bytesOf(map.get(K.receipt), 16, 16, 'receipt');
	return { type: 'GET', requestId: requestIdOf(map), ids, ...optional('part', part), receipt };
};

const readRatchet = (map: CborMap): Frame => {
	const token = has(map.get(K.token), (value) => bytesOf(value, 41, 41, 'token'));
	if (token && token[0] !== 2) return refuse('token');
	return {
		type: 'RATCHET',
		ephemeral: bytesOf(map.get(K.ephemeral), 32, 32, 'ephemeral'),
		...optional('token', token)
	};
};

const codeOf = (map: CborMap): string => text(map.get(K.code), LIMITS.codeCharacters, 'code');
const textOf = (map: CborMap): string => text(map.get(K.text), LIMITS.textCharacters, 'text');

const READERS: Readonly<Record<number, readonly [Frame['type'], (map: CborMap) => Frame]>> = {
	[FRAME_CODES.EVENT]: ['EVENT', readEvent],
	[FRAME_CODES.REQ]: [
		'REQ',
		(map) => ({
			type: 'REQ',
			requestId: requestIdOf(map),
			filters: filtersOf(map.get(K.filters)),
			...optional(
				'cursor',
				has(map.get(K.cursor), (value) => cursorOf(value, 'cursor'))
			),
			live: bool(map.get(K.live), 'live'),
			...optional(
				'maxPrice',
				has(map.get(K.maxPrice), (value) => amountOf(value, 'maxPrice'))
			)
		})
	],
	[FRAME_CODES.CLOSE]: ['CLOSE', (map) => ({ type: 'CLOSE', requestId: requestIdOf(map) })],
	[FRAME_CODES.CLOSED]: [
		'CLOSED',
		(map) => ({ type: 'CLOSED', requestId: requestIdOf(map), code: codeOf(map), text: textOf(map) })
	],
	[FRAME_CODES.NOTICE]: [
		'NOTICE',
		(map) => ({
			type: 'NOTICE',
			...optional(
				'requestId',
				has(map.get(K.requestId), () => requestIdOf(map))
			),
			code: codeOf(map),
			text: textOf(map),
			...optional(
				'ids',
				has(map.get(K.ids), (value) => idsOf(value, 0))
			),
			...optional(
				'amount',
				has(map.get(K.amount), (value) => amountOf(value, 'amount'))
			)
		})
	],
	[FRAME_CODES.EOSE]: [
		'EOSE',
		(map) => ({
			type: 'EOSE',
			requestId: requestIdOf(map),
			cursor: cursorOf(map.get(K.cursor), 'cursor'),
			more: bool(map.get(K.more), 'more')
		})
	],
	[FRAME_CODES.OK]: [
		'OK',
		(map) => ({
			type: 'OK',
			requestId: requestIdOf(map),
			eventId: hex32(list(map.get(K.ids), 1, 1, 'ids')[0], 'ids'),
			accepted: bool(map.get(K.accepted), 'accepted'),
			text: textOf(map)
		})
	],
	[FRAME_CODES.COUNT]: ['COUNT', readCount],
	[FRAME_CODES.HAVE]: [
		'HAVE',
		(map) => ({
			type: 'HAVE',
			requestId: requestIdOf(map),
			before: cursorOf(map.get(K.before), 'before'),
			after: cursorOf(map.get(K.cursor), 'after'),
			entries: list(map.get(K.have), 0, LIMITS.haveEntries, 'have').map(haveOf)
		})
	],
	[FRAME_CODES.GET]: ['GET', readGet],
	[FRAME_CODES.RATCHET]: ['RATCHET', readRatchet]
};

const malformed = (reason: string): Result<never, MalformedFrame> => err({ type: 'MalformedFrame', reason });

const readPayload = (code: number, payload: CborMap): Result<Frame, MalformedFrame> => {
	const reader = READERS[code];
	if (!reader) return malformed(`type ${code}`);
	const read = readFields(() => reader[1](payload));
	return read.ok ? read : malformed(`${reader[0]}: ${read.error}`);
};

/** Bytes of the payload that a frame's header announces; `undefined` while too little of it is there. */
export const frameLengthOf = (head: Uint8Array): number | undefined => {
	if (head.length < 4) return undefined;
	const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
	const length = view.getUint16(2);
	if (length < 0xffff || head[0] !== FRAME_VERSION) return length;
	return head.length < 8 ? undefined : view.getUint32(4);
};

/**
 * All frames of one datagram, in order; an empty datagram holds none. Types and versions not spoken
 * here come out as UNKNOWN where their length can be read (versions 1 and 2).
 */
export const decodeFrames = (
	bytes: Uint8Array
): Result<readonly (Frame | UnknownFrame)[], MalformedFrame> => {
	const frames: (Frame | UnknownFrame)[] = [];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	for (let at = 0; at < bytes.length;) {
		if (bytes.length - at < 4) return malformed('header: ends too early');
		const version = view.getUint8(at);
		const code = view.getUint8(at + 1);
		// Version 1 has no long form: there 0xFFFF is a length like any other.
		if (version !== FRAME_VERSION && version !== 1) return malformed(`header: version ${version}`);
		let length = view.getUint16(at + 2);
		let start = at + 4;
		if (version === FRAME_VERSION && length === 0xffff) {
			if (bytes.length - start < 4) return malformed('header: ends too early');
			length = view.getUint32(start);
			start += 4;
			if (length < 0xffff) return malformed('header: long form of a short length');
		}
		const end = start + length;
		if (end > bytes.length) return malformed('header: longer than the datagram');
		if (end - at > LIMITS.frameBytes) return malformed('header: beyond the frame limit');
		at = end;
		if (version !== FRAME_VERSION || !READERS[code]) {
			frames.push({ type: 'UNKNOWN', code, version });
			continue;
		}
		const payload = decodeCbor(bytes.subarray(start, end));
		if (!payload.ok) return malformed(`CBOR: ${payload.error.reason}`);
		if (!isCborMap(payload.value)) return malformed('payload is not a map');
		const frame = readPayload(code, payload.value);
		if (!frame.ok) return frame;
		frames.push(frame.value);
	}
	return ok(frames);
};
