import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, bytesToHex, concatBytes, fromHex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { unwrap } from '../result.ts';
import { decodeFrames, encodeFrame } from './btp-nips.ts';
import type { Frame, HaveEntry, Part } from './frames.ts';
import type { Filter, NostrEvent } from './nostr-event.ts';
import vectors from './vectors/btp-nips-v2.json' with { type: 'json' };
import { fromVectorJson } from './vectors/json.ts';

const datagram = (vector: { readonly hex: string; readonly zeros?: number }): Uint8Array =>
	concatBytes(fromHex(vector.hex), new Uint8Array(vector.zeros ?? 0));

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(bytesToHex);
const u32 = fc.nat(0xffff_ffff);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const amount = fc.bigInt(0n, (1n << 64n) - 1n);
const cursor = fc.uint8Array({ maxLength: 32 });
const ids = (minLength: number) => fc.uniqueArray(hex(32), { minLength, maxLength: 4 });
const part: fc.Arbitrary<Part> = fc
	.tuple(fc.nat(65_534), fc.nat(65_534))
	.map(([a, b]) => ({ index: Math.min(a, b), count: Math.max(a, b) + 1 }));
const event: fc.Arbitrary<NostrEvent> = fc.record({
	id: hex(32),
	pubkey: hex(32),
	created_at: fc.maxSafeNat(),
	kind: fc.nat(65_535),
	tags: fc.array(fc.array(fc.oneof(text, hex(32)), { maxLength: 3 }), { maxLength: 3 }),
	content: text,
	sig: hex(64)
});
const times = fc.maxSafeNat();
const filter = fc.record(
	{
		ids: fc.array(hex(32), { maxLength: 3 }),
		authors: fc.array(hex(32), { maxLength: 3 }),
		kinds: fc.array(fc.nat(65_535), { maxLength: 3 }),
		since: times,
		until: times,
		limit: times,
		search: text,
		'#e': fc.array(hex(32), { maxLength: 3 }),
		'#T': fc.array(text, { maxLength: 3 })
	},
	{ requiredKeys: [] }
) as fc.Arbitrary<Filter>;
const filters = fc.array(filter, { minLength: 1, maxLength: 3 });
const entry: fc.Arbitrary<HaveEntry> = fc.record({
	id: hex(32),
	author: hex(32),
	kind: fc.nat(65_535),
	createdAt: times,
	size: fc.nat(LIMITS.eventBytes),
	price: amount,
	parts: fc.integer({ min: 1, max: LIMITS.parts })
});
const requestId = u32;
const of = <T extends Frame['type']>(type: T) => fc.constant(type);

const frame: fc.Arbitrary<Frame> = fc.oneof(
	fc.record(
		{ type: of('EVENT'), requestId, event, hopsLeft: fc.nat(255) },
		{ requiredKeys: ['type', 'requestId', 'event'] }
	),
	fc.record({ type: of('EVENT'), requestId, part, bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }) }),
	fc.record(
		{ type: of('REQ'), requestId, filters, cursor, live: fc.boolean(), maxPrice: amount },
		{ requiredKeys: ['type', 'requestId', 'filters', 'live'] }
	),
	fc.record({ type: of('CLOSE'), requestId }),
	fc.record({ type: of('CLOSED'), requestId, code: text, text }),
	fc.record(
		{ type: of('NOTICE'), requestId, code: text, text, ids: ids(0), amount },
		{ requiredKeys: ['type', 'code', 'text'] }
	),
	fc.record({ type: of('EOSE'), requestId, cursor, more: fc.boolean() }),
	fc.record({ type: of('OK'), requestId, eventId: hex(32), accepted: fc.boolean(), text }),
	fc.record({ type: of('COUNT'), requestId, filters }),
	fc.record({ type: of('COUNT'), requestId, count: times }),
	fc.record({
		type: of('HAVE'),
		requestId,
		before: cursor,
		after: cursor,
		entries: fc.array(entry, { maxLength: 3 })
	}),
	fc.record({
		type: of('GET'),
		requestId,
		ids: ids(1),
		receipt: fc.uint8Array({ minLength: 16, maxLength: 16 })
	}),
	fc.record({
		type: of('GET'),
		requestId,
		ids: hex(32).map((id) => [id]),
		part,
		receipt: fc.uint8Array({ minLength: 16, maxLength: 16 })
	})
);

describe('BTP-NIPs frames', () => {
	it.each(vectors.valid)('reads the vector: $name', (vector) => {
		expect(decodeFrames(datagram(vector))).toEqual({ ok: true, value: fromVectorJson(vector.frames) });
	});

	it.each(vectors.valid.filter((vector) => !/unknown|long form|version 1/.test(vector.name)))(
		'writes the vector: $name',
		(vector) => {
			const frames = fromVectorJson(vector.frames) as Frame[];
			expect(bytesToHex(concatBytes(...frames.map(encodeFrame)))).toBe(vector.hex);
		}
	);

	it.each(vectors.invalid)('refuses the vector: $name', (vector) => {
		expect(decodeFrames(datagram(vector))).toMatchObject({ ok: false, error: { type: 'MalformedFrame' } });
	});

	it('uses the long length from 65,535 bytes of payload on', () => {
		const read = (characters: number) => {
			const long: Frame = {
				type: 'EVENT',
				requestId: 1,
				event: { ...note, content: 'x'.repeat(characters) }
			};
			const bytes = encodeFrame(long);
			expect(unwrap(decodeFrames(bytes))).toEqual([long]);
			return bytes;
		};
		const around = read(65_300);
		const overhead = around.length - 65_300;
		const short = read(0xfffe - (overhead - 4));
		expect([...short.slice(0, 4)]).toEqual([2, 1, 0xff, 0xfe]);
		const extended = read(0xffff - (overhead - 4));
		expect([...extended.slice(0, 8)]).toEqual([2, 1, 0xff, 0xff, 0, 0, 0xff, 0xff]);
	});

	it('gives back every datagram of frames it wrote', () => {
		fc.assert(
			fc.property(fc.array(frame, { maxLength: 4 }), (frames) => {
				expect(decodeFrames(concatBytes(...frames.map(encodeFrame)))).toEqual({ ok: true, value: frames });
			}),
			{ numRuns: 300 }
		);
	});

	it('survives any bytes, and accepts canonical payloads only', () => {
		const mutated = fc.tuple(frame, fc.nat(), fc.nat(255)).map(([any, at, byte]) => {
			const bytes = encodeFrame(any);
			bytes[at % bytes.length] = byte;
			return bytes;
		});
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (bytes) => {
				const decoded = decodeFrames(bytes);
				if (!decoded.ok) return;
				const known = decoded.value.filter((one): one is Frame => one.type !== 'UNKNOWN');
				if (known.length < decoded.value.length) return;
				const again = concatBytes(...known.map(encodeFrame));
				// Shorter only where an unknown key was dropped; never another spelling of the same length.
				expect(bytesEqual(again, bytes) || again.length < bytes.length).toBe(true);
			}),
			{ numRuns: 2_000 }
		);
	});

	it('refuses to write what nobody could read', () => {
		const receipt = new Uint8Array(16);
		const bad: readonly Frame[] = [
			{ type: 'EVENT', requestId: 1 },
			{ type: 'CLOSE', requestId: -1 },
			{ type: 'CLOSE', requestId: 2 ** 32 },
			{ type: 'COUNT', requestId: 1 },
			{ type: 'REQ', requestId: 1, filters: [], live: true },
			{ type: 'GET', requestId: 1, ids: [], receipt },
			{ type: 'GET', requestId: 1, ids: ['aa'], receipt },
			{ type: 'GET', requestId: 1, ids: ['ab'.repeat(32)], receipt: receipt.slice(1) },
			{ type: 'NOTICE', code: 'price', text: '', amount: -1n },
			{ type: 'EVENT', requestId: 1, event: { ...note, content: '\ud800' } }
		];
		for (const one of bad) expect(() => encodeFrame(one)).toThrow();
	});
});

const note: NostrEvent = {
	id: 'ab'.repeat(32),
	pubkey: 'cd'.repeat(32),
	created_at: 1_700_000_000,
	kind: 1,
	tags: [],
	content: 'hello',
	sig: 'ef'.repeat(64)
};
