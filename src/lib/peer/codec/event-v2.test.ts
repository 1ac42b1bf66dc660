import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { unwrap } from '../result.ts';
import { decodeCbor, encodeCbor, type CborValue } from './cbor.ts';
import { decodeEvent, encodeEvent } from './event-v2.ts';
import type { NostrEvent } from './nostr-event.ts';

const hex = (bytes: number) =>
	fc
		.uint8Array({ minLength: bytes, maxLength: bytes })
		.map((b) => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join(''));

const tagString = fc.oneof(
	fc.string({ unit: 'grapheme' }),
	hex(32),
	hex(16),
	hex(15),
	hex(33),
	hex(16).map((h) => h.toUpperCase())
);

const anyEvent: fc.Arbitrary<NostrEvent> = fc.record({
	id: hex(32),
	pubkey: hex(32),
	created_at: fc.maxSafeNat(),
	kind: fc.nat(65_535),
	tags: fc.array(fc.array(tagString, { maxLength: 4 }), { maxLength: 6 }),
	content: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
	sig: hex(64)
});

const event = (changes: Partial<NostrEvent> = {}): NostrEvent => ({
	id: 'ab'.repeat(32),
	pubkey: 'cd'.repeat(32),
	created_at: 1_700_000_000,
	kind: 1,
	tags: [],
	content: 'hello',
	sig: 'ef'.repeat(64),
	...changes
});

const fieldsOf = (of: NostrEvent): CborValue[] => [
	...(unwrap(decodeCbor(unwrap(encodeEvent(of)))) as readonly CborValue[])
];

describe('the compact event', () => {
	it('is 148 bytes for a note of five characters', () => {
		expect(unwrap(encodeEvent(event())).length).toBe(148);
	});

	it('packs hex tags from 16 bytes on, and gives the same text back', () => {
		const tags = [
			['e', 'ab'.repeat(32)],
			['x', 'ab'.repeat(16), 'ab'.repeat(15), 'AB'.repeat(16), 'a'.repeat(33), '']
		];
		const fields = fieldsOf(event({ tags }));
		expect(fields[4]).toEqual([
			['e', new Uint8Array(32).fill(0xab)],
			['x', new Uint8Array(16).fill(0xab), 'ab'.repeat(15), 'AB'.repeat(16), 'a'.repeat(33), '']
		]);
		expect(unwrap(decodeEvent(encodeCbor(fields))).tags).toEqual(tags);
	});

	it('gives every event back as it was', () => {
		fc.assert(
			fc.property(anyEvent, (any) => {
				expect(decodeEvent(unwrap(encodeEvent(any)))).toEqual({ ok: true, value: any });
			})
		);
	});

	it('survives any bytes, and an event has no other spelling', () => {
		const mutated = fc.tuple(anyEvent, fc.nat(), fc.nat(255)).map(([any, at, byte]) => {
			const bytes = unwrap(encodeEvent(any));
			bytes[at % bytes.length] = byte;
			return bytes;
		});
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), (bytes) => {
				const decoded = decodeEvent(bytes);
				if (decoded.ok) expect(bytesEqual(unwrap(encodeEvent(decoded.value)), bytes)).toBe(true);
			}),
			{ numRuns: 1_000 }
		);
	});

	it.each<[string, Partial<NostrEvent>]>([
		['a lone surrogate in content', { content: 'a\ud800' }],
		['a lone surrogate in a tag', { tags: [['t', '\udc00']] }],
		['a fractional time', { created_at: 1.5 }],
		['a negative time', { created_at: -1 }],
		['a kind beyond 65535', { kind: 65_536 }],
		['an upper-case id', { id: 'AB'.repeat(32) }],
		['a short pubkey', { pubkey: 'ab' }],
		['a long signature', { sig: 'ab'.repeat(65) }],
		['too many tags', { tags: Array.from({ length: LIMITS.eventTags + 1 }, () => ['t']) }],
		['too many bytes', { content: 'x'.repeat(LIMITS.eventBytes) }],
		['too many bytes, though not too many characters', { content: '水'.repeat(LIMITS.eventBytes / 2) }]
	])('refuses to encode %s', (_, changes) => {
		expect(encodeEvent(event(changes))).toMatchObject({ ok: false, error: { type: 'MalformedEvent' } });
	});

	it('refuses hex that should have been packed, and bytes too few to be', () => {
		const as = (item: CborValue) => decodeEvent(encodeCbor(fieldsOf(event()).with(4, [[item]])));
		expect(as('ab'.repeat(16))).toMatchObject({ ok: false });
		expect(as(new Uint8Array(15))).toMatchObject({ ok: false });
		expect(as(new Uint8Array(16))).toMatchObject({ ok: true });
	});

	it('refuses more bytes than an event may have before reading them', () => {
		expect(decodeEvent(new Uint8Array(LIMITS.eventBytes + 1))).toMatchObject({
			ok: false,
			error: { reason: 'too large' }
		});
	});
});
