/** Valid and invalid BTP-NIPs frames of every type. Events are really signed, with repeatable keys. */
import { bytesToHex, concatBytes, fromHex, utf8 } from '../../src/lib/peer/bytes.ts';
import { encodeFrame, FRAME_CODES, FRAME_KEYS as K } from '../../src/lib/peer/codec/btp-nips.ts';
import { encodeCbor, type CborValue } from '../../src/lib/peer/codec/cbor.ts';
import { encodeEvent, eventToCbor } from '../../src/lib/peer/codec/event-v2.ts';
import type { Frame } from '../../src/lib/peer/codec/frames.ts';
import { toVectorJson } from '../../src/lib/peer/codec/vectors/json.ts';
import { signEvent } from '../../src/lib/peer/events/verify.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { createSeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';

const id = (digit: string): string => digit.repeat(64);
const hash = (digit: string): Uint8Array => fromHex(id(digit));
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

interface Written {
	readonly hex: string;
	readonly zeros?: number;
}

/** A long tail of zeros is counted instead of written. */
const written = (data: Uint8Array): Written => {
	let end = data.length;
	while (end > 0 && data[end - 1] === 0) end--;
	const zeros = data.length - end;
	return zeros > 64 ? { hex: bytesToHex(data.slice(0, end)), zeros } : { hex: bytesToHex(data) };
};

export const frameVectors = async (): Promise<unknown> => {
	const random = createSeededRandom('btp-nips-v2 vectors');
	const secret = random.bytes(32);
	const sign = (content: string, tags: readonly (readonly string[])[] = [], kind = 1) =>
		signEvent(nobleCrypto, random, secret, { created_at: 1_767_225_600, kind, tags, content });
	const note = await sign('hello, world');
	const tagged = await sign('Grüße 🌍 \u0000 \n "quoted"', [
		['e', id('a'), 'wss://relay.example/', 'reply'],
		['p', id('b')],
		['x', 'ab'.repeat(16)],
		['y', 'ab'.repeat(15)],
		['z', 'AB'.repeat(16)],
		['odd', 'a'.repeat(33)],
		['empty', ''],
		[]
	]);

	const frames: readonly (readonly [string, readonly Frame[]])[] = [
		['EVENT: a note', [{ type: 'EVENT', requestId: 1, event: note }]],
		['EVENT: tags in every form, and hops left', [{ type: 'EVENT', requestId: 0xffff_ffff, event: tagged, hopsLeft: 5 }]],
		[
			'EVENT: the second of three parts',
			[{ type: 'EVENT', requestId: 3, part: { index: 1, count: 3 }, bytes: unwrap(encodeEvent(note)).slice(40, 80) }]
		],
		['REQ: once, one filter', [{ type: 'REQ', requestId: 0, filters: [{ authors: [note.pubkey], kinds: [1] }], live: false }]],
		[
			'REQ: live, everything set',
			[
				{
					type: 'REQ',
					requestId: 4,
					filters: [
						{
							ids: [id('1'), id('2')],
							authors: [id('3')],
							kinds: [0, 1, 65_535],
							since: 0,
							until: 1_767_225_600,
							limit: 500,
							search: 'ride the tides',
							'#e': [id('4')],
							'#t': ['nostr', 'ilp'],
							'#E': []
						},
						{}
					],
					cursor: fromHex('00000000000004d2'),
					live: true,
					maxPrice: 200_000n
				}
			]
		],
		['REQ: an empty cursor and a price beyond 2^53', [{ type: 'REQ', requestId: 5, filters: [{}], cursor: bytes(0, 0), live: true, maxPrice: (1n << 64n) - 1n }]],
		['CLOSE', [{ type: 'CLOSE', requestId: 24 }]],
		['CLOSED', [{ type: 'CLOSED', requestId: 255, code: 'idle', text: 'nothing asked for a long time' }]],
		['NOTICE: about the session', [{ type: 'NOTICE', code: 'unsupported', text: '' }]],
		['NOTICE: too little arrived', [{ type: 'NOTICE', requestId: 6, code: 'price', text: 'the price is 0.0002 USD', ids: [note.id], amount: 199_999n }]],
		['EOSE: finished', [{ type: 'EOSE', requestId: 7, cursor: fromHex('01'), more: false }]],
		['EOSE: more', [{ type: 'EOSE', requestId: 7, cursor: bytes(32, 0xff), more: true }]],
		['OK: accepted', [{ type: 'OK', requestId: 8, eventId: note.id, accepted: true, text: '' }]],
		['OK: refused', [{ type: 'OK', requestId: 8, eventId: note.id, accepted: false, text: 'invalid: expired' }]],
		['COUNT: asked', [{ type: 'COUNT', requestId: 9, filters: [{ kinds: [7], '#e': [note.id] }] }]],
		['COUNT: answered', [{ type: 'COUNT', requestId: 9, count: 65_536 }]],
		['HAVE: nothing new, cursors move', [{ type: 'HAVE', requestId: 10, before: fromHex('01'), after: fromHex('02'), entries: [] }]],
		[
			'HAVE: a free note and a dear one in parts',
			[
				{
					type: 'HAVE',
					requestId: 10,
					before: bytes(0, 0),
					after: bytes(8, 7),
					entries: [
						{ id: note.id, author: note.pubkey, kind: 1, createdAt: note.created_at, size: unwrap(encodeEvent(note)).length, price: 0n, parts: 1 },
						{ id: id('e'), author: id('f'), kind: 30_023, createdAt: 0, size: 200_000, price: 70_000_000_000n, parts: 7_000 }
					]
				}
			]
		],
		['GET: two events', [{ type: 'GET', requestId: 11, ids: [id('5'), id('6')], receipt: bytes(16, 9) }]],
		['GET: a part', [{ type: 'GET', requestId: 12, ids: [id('5')], part: { index: 6_999, count: 7_000 }, receipt: bytes(16, 10) }]],
		['RATCHET: asked for', [{ type: 'RATCHET', ephemeral: bytes(32, 11) }]],
		['RATCHET: given', [{ type: 'RATCHET', ephemeral: bytes(32, 12), token: concatBytes(fromHex('02'), bytes(40, 13)) }]],
		[
			'an answer of several frames',
			[
				{ type: 'HAVE', requestId: 13, before: bytes(0, 0), after: fromHex('2a'), entries: [] },
				{ type: 'EOSE', requestId: 13, cursor: fromHex('2a'), more: false }
			]
		],
		['an empty datagram', []]
	];

	const valid: (Written & { readonly name: string; readonly frames: unknown })[] = frames.map(([name, list]) => ({
		name,
		hex: bytesToHex(concatBytes(...list.map(encodeFrame))),
		frames: toVectorJson(list)
	}));

	/** As encodeFrame would, but of anything. */
	const raw = (code: number, payload: Uint8Array): Uint8Array =>
		concatBytes(Uint8Array.of(2, code, payload.length >> 8, payload.length & 0xff), payload);
	const map = (code: number, entries: readonly (readonly [number | string, CborValue])[]): Uint8Array =>
		raw(code, encodeCbor(new Map(entries)));
	const close = encodeFrame({ type: 'CLOSE', requestId: 24 });

	valid.push(
		{
			name: 'unknown keys are ignored',
			hex: bytesToHex(
				map(FRAME_CODES.CLOSE, [
					[K.requestId, 1],
					[K.hopsLeft, 'not looked at here'],
					[200, [true]],
					['later', 1]
				])
			),
			frames: [{ type: 'CLOSE', requestId: 1 }]
		},
		{
			name: 'an unknown type is skipped, whatever it holds',
			hex: bytesToHex(concatBytes(raw(0x7e, fromHex('ff00')), close)),
			frames: [
				{ type: 'UNKNOWN', code: 0x7e, version: 2 },
				{ type: 'CLOSE', requestId: 24 }
			]
		},
		{
			name: 'the long form of the length',
			...written(concatBytes(fromHex('027effff0000ffff'), bytes(0xffff, 0))),
			frames: [{ type: 'UNKNOWN', code: 0x7e, version: 2 }]
		},
		{
			name: 'a frame of version 1 is skipped',
			hex: bytesToHex(concatBytes(fromHex('01020002'), utf8('{}'), close)),
			frames: [
				{ type: 'UNKNOWN', code: 2, version: 1 },
				{ type: 'CLOSE', requestId: 24 }
			]
		},
		{
			name: 'unknown keys of a filter are ignored',
			hex: bytesToHex(
				map(FRAME_CODES.COUNT, [
					[K.requestId, 1],
					[K.filters, [new Map<number | string, CborValue>([[2, [1]], [40, 1], ['#long', 1], ['&t', []]])]]
				])
			),
			frames: [{ type: 'COUNT', requestId: 1, filters: [{ kinds: [1] }] }]
		}
	);

	const packed = unwrap(eventToCbor(note)) as readonly CborValue[];
	const withField = (index: number, value: CborValue): CborValue => packed.map((field, at) => (at === index ? value : field));
	const event = (value: CborValue): Uint8Array =>
		map(FRAME_CODES.EVENT, [
			[K.requestId, 1],
			[K.event, value]
		]);
	const req = (filter: CborValue, more: readonly (readonly [number, CborValue])[] = []): Uint8Array =>
		map(FRAME_CODES.REQ, [[K.requestId, 1], [K.filters, [filter]], [K.live, false], ...more]);
	const filter = (key: number | string, value: CborValue): CborValue => new Map([[key, value]]);
	const have = (entry: readonly CborValue[]): Uint8Array =>
		map(FRAME_CODES.HAVE, [
			[K.requestId, 1],
			[K.cursor, bytes(1, 2)],
			[K.have, [entry]],
			[K.before, bytes(1, 1)]
		]);
	const entry: readonly CborValue[] = [hash('1'), hash('2'), 1, 2, 300, 200_000, 1];
	const get = (ids: CborValue, receipt: CborValue, part?: CborValue): Uint8Array =>
		map(FRAME_CODES.GET, [
			[K.requestId, 1],
			[K.ids, ids],
			[K.receipt, receipt],
			...(part === undefined ? [] : [[K.part, part] as const])
		]);

	const refused: readonly (readonly [string, Uint8Array])[] = [
		['header: shorter than four bytes', fromHex('020300')],
		['header: version 0', fromHex('00030000')],
		['header: version 3', concatBytes(fromHex('03'), close.slice(1))],
		['header: longer than the datagram', concatBytes(fromHex('02030005'), close.slice(4))],
		['header: shorter than the payload', concatBytes(fromHex('02030003'), close.slice(4))],
		['header: long form cut off', fromHex('0203ffff0000')],
		['header: long form of a short length', concatBytes(fromHex('0203ffff'), fromHex('00000004'), close.slice(4))],
		['header: beyond the frame limit', concatBytes(fromHex('027effff00100000'), bytes(0x100000, 0))],
		['payload: empty', fromHex('02030000')],
		['payload: not a map', raw(3, encodeCbor([0, 1]))],
		['payload: bytes after the map', raw(3, fromHex('a1000100'))],
		['payload: indefinite map', raw(3, fromHex('bf0001ff'))],
		['payload: key twice', raw(3, fromHex('a200010002'))],
		['payload: keys out of order', raw(3, fromHex('a204000001'))],
		['payload: integer not in shortest form', raw(3, fromHex('a1001801'))],
		['payload: length not in shortest form', raw(3, fromHex('b8010001'))],
		['payload: negative integer', raw(3, fromHex('a10020'))],
		['payload: float', raw(3, fromHex('a100f93c00'))],
		['payload: tagged value', raw(3, fromHex('a100c101'))],
		['payload: null', raw(3, fromHex('a100f6'))],
		['payload: array longer than the input', raw(3, fromHex('a1009a7fffffff'))],
		['payload: nested too deep', raw(3, fromHex('a20001187f818181818180'))],
		['payload: text that is not UTF-8', raw(3, fromHex('a20001187f62c328'))],
		['payload: text with an encoded surrogate', raw(3, fromHex('a20001187f63eda080'))],
		['EVENT: no event', map(1, [[K.requestId, 1]])],
		['EVENT: no request id', map(1, [[K.event, packed]])],
		['EVENT: request id beyond u32', map(1, [[K.requestId, 0x1_0000_0000], [K.event, packed]])],
		['EVENT: six fields', event(packed.slice(0, 6))],
		['EVENT: id of 31 bytes', event(withField(0, bytes(31, 1)))],
		['EVENT: id as text', event(withField(0, note.id))],
		['EVENT: created_at as text', event(withField(2, '1'))],
		['EVENT: created_at beyond 2^53', event(withField(2, 1n << 53n))],
		['EVENT: kind beyond 65535', event(withField(3, 65_536))],
		['EVENT: tag not an array', event(withField(4, ['e']))],
		['EVENT: number in a tag', event(withField(4, [['e', 1]]))],
		['EVENT: packable hex left as text', event(withField(4, [['e', id('a')]]))],
		['EVENT: fifteen bytes packed', event(withField(4, [['x', bytes(15, 0xab)]]))],
		['EVENT: too many tags', event(withField(4, Array.from({ length: 2_001 }, () => [])))],
		['EVENT: content as bytes', event(withField(5, bytes(3, 97)))],
		['EVENT: signature of 65 bytes', event(withField(6, bytes(65, 1)))],
		['EVENT: part without bytes', map(1, [[K.requestId, 1], [K.part, [0, 2]]])],
		['EVENT: bytes without part', map(1, [[K.requestId, 1], [K.bytes, bytes(3, 1)]])],
		['EVENT: part with no bytes in it', map(1, [[K.requestId, 1], [K.part, [0, 2]], [K.bytes, bytes(0, 1)]])],
		['EVENT: part beyond the limit', map(1, [[K.requestId, 1], [K.part, [0, 2]], [K.bytes, bytes(31_001, 0)]])],
		['EVENT: part 2 of 2, counted from 0', map(1, [[K.requestId, 1], [K.part, [2, 2]], [K.bytes, bytes(3, 1)]])],
		['EVENT: part beside a whole event', map(1, [[K.requestId, 1], [K.event, packed], [K.part, [0, 2]], [K.bytes, bytes(3, 1)]])],
		['EVENT: 256 hops', map(1, [[K.requestId, 1], [K.event, packed], [K.hopsLeft, 256]])],
		['REQ: no filters', map(2, [[K.requestId, 1], [K.filters, []], [K.live, false]])],
		['REQ: seventeen filters', map(2, [[K.requestId, 1], [K.filters, Array.from({ length: 17 }, () => new Map())], [K.live, false]])],
		['REQ: live missing', map(2, [[K.requestId, 1], [K.filters, [new Map()]]])],
		['REQ: live as a number', map(2, [[K.requestId, 1], [K.filters, [new Map()]], [K.live, 1]])],
		['REQ: cursor of 33 bytes', req(new Map(), [[K.cursor, bytes(33, 1)]])],
		['REQ: price as text', req(new Map(), [[K.maxPrice, '1']])],
		['REQ: filter not a map', req([])],
		['REQ: id of 20 bytes', req(filter(0, [bytes(20, 1)]))],
		['REQ: author as text', req(filter(1, [id('a')]))],
		['REQ: kind beyond 65535', req(filter(2, [65_536]))],
		['REQ: since as text', req(filter(3, 'now'))],
		['REQ: limit beyond 2^53', req(filter(5, 1n << 63n))],
		['REQ: search beyond the limit', req(filter(6, 'x'.repeat(257)))],
		['REQ: 1,001 values', req(filter(2, Array.from({ length: 1_001 }, () => 1)))],
		['REQ: packable hex left as text', req(filter('#e', [id('a')]))],
		['REQ: tag value as a number', req(filter('#t', [1]))],
		['CLOSE: no request id', map(3, [])],
		['CLOSE: request id as text', map(3, [[K.requestId, '1']])],
		['CLOSED: no code', map(9, [[K.requestId, 1], [K.text, '']])],
		['CLOSED: code too long', map(9, [[K.requestId, 1], [K.code, 'x'.repeat(65)], [K.text, '']])],
		['NOTICE: no text', map(4, [[K.code, 'price']])],
		['NOTICE: text too long', map(4, [[K.code, 'price'], [K.text, 'x'.repeat(1_025)]])],
		['NOTICE: id twice', map(4, [[K.code, 'missing'], [K.text, ''], [K.ids, [hash('1'), hash('1')]]])],
		['NOTICE: amount as bytes', map(4, [[K.code, 'price'], [K.text, ''], [K.amount, bytes(1, 1)]])],
		['EOSE: no cursor', map(5, [[K.requestId, 1], [K.more, false]])],
		['EOSE: more missing', map(5, [[K.requestId, 1], [K.cursor, bytes(1, 1)]])],
		['OK: no id', map(6, [[K.requestId, 1], [K.text, ''], [K.accepted, true], [K.ids, []]])],
		['OK: two ids', map(6, [[K.requestId, 1], [K.text, ''], [K.accepted, true], [K.ids, [hash('1'), hash('2')]]])],
		['OK: accepted missing', map(6, [[K.requestId, 1], [K.text, ''], [K.ids, [hash('1')]]])],
		['COUNT: neither filters nor count', map(8, [[K.requestId, 1]])],
		['COUNT: both filters and count', map(8, [[K.requestId, 1], [K.filters, [new Map()]], [K.count, 1]])],
		['HAVE: before missing', map(11, [[K.requestId, 1], [K.cursor, bytes(1, 2)], [K.have, []]])],
		['HAVE: after missing', map(11, [[K.requestId, 1], [K.have, []], [K.before, bytes(1, 2)]])],
		['HAVE: entry of six', have(entry.slice(0, 6))],
		['HAVE: entry of eight', have([...entry, 1])],
		['HAVE: size beyond the event limit', have([hash('1'), hash('2'), 1, 2, 262_145, 200_000, 1])],
		['HAVE: no parts', have([hash('1'), hash('2'), 1, 2, 300, 200_000, 0])],
		['HAVE: 251 entries', map(11, [[K.requestId, 1], [K.cursor, bytes(1, 2)], [K.have, Array.from({ length: 251 }, () => entry)], [K.before, bytes(1, 1)]])],
		['GET: no ids', get([], bytes(16, 1))],
		['GET: the same id twice', get([hash('1'), hash('1')], bytes(16, 1))],
		['GET: receipt of 15 bytes', get([hash('1')], bytes(15, 1))],
		['GET: receipt missing', map(12, [[K.requestId, 1], [K.ids, [hash('1')]]])],
		['GET: a part of two events', get([hash('1'), hash('2')], bytes(16, 1), [0, 2])],
		['GET: part beyond its count', get([hash('1')], bytes(16, 1), [2, 2])],
		['GET: 65,536 parts', get([hash('1')], bytes(16, 1), [0, 65_536])],
		['RATCHET: ephemeral missing', map(FRAME_CODES.RATCHET, [[K.token, concatBytes(fromHex('02'), bytes(40, 1))]])],
		['RATCHET: ephemeral of 31 bytes', map(FRAME_CODES.RATCHET, [[K.ephemeral, bytes(31, 1)]])],
		['RATCHET: ephemeral as text', map(FRAME_CODES.RATCHET, [[K.ephemeral, 'x'.repeat(32)]])],
		['RATCHET: token of 40 bytes', map(FRAME_CODES.RATCHET, [[K.ephemeral, bytes(32, 1)], [K.token, concatBytes(fromHex('02'), bytes(39, 1))]])],
		['RATCHET: token of another version', map(FRAME_CODES.RATCHET, [[K.ephemeral, bytes(32, 1)], [K.token, bytes(41, 1)]])],
		['a good frame and half of another', concatBytes(close, close.slice(0, 5))]
	];
	const invalid = refused.map(([name, data]) => ({ name, ...written(data) }));

	return {
		source: 'This project; made by tools/vectors.ts. Normative for docs/protocol/frames.md.',
		note: 'hex is one datagram (the content of a STREAM frame 0x20). `zeros` more zero bytes follow where given. In frames, {"bytes"} is hex and {"uint"} decimal.',
		valid,
		invalid
	};
};
