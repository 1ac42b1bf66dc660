import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { checkTemplate, parseEvent, serializeEvent, signEvent, verifyEvent, verifyEvents } from './verify.ts';

const template = { created_at: 1_700_000_000, kind: 1, tags: [['t', 'nostr']], content: 'hello' };

const signed = async (changes: Partial<typeof template> = {}) => {
	const random = createSeededRandom('events');
	return signEvent(nobleCrypto, random, random.bytes(32), { ...template, ...changes });
};

const flip = (hex: string): string => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);

describe('the door for events', () => {
	it('lets a signed event in, as a copy of its seven fields', async () => {
		const event = await signed();
		const result = await verifyEvent(nobleCrypto, { ...event, seen: 'on a relay' });
		expect(result).toEqual({ ok: true, value: event });
	});

	it('serializes as NIP-01 says', () => {
		expect(serializeEvent({ ...template, pubkey: 'ab', content: 'a"\\\n\r\t\b\f/é🌍' })).toBe(
			'[0,"ab",1700000000,1,[["t","nostr"]],"a\\"\\\\\\n\\r\\t\\b\\f/é🌍"]'
		);
	});

	it('tells an altered event from a forged one', async () => {
		const event = await signed();
		const check = (changes: object) => verifyEvent(nobleCrypto, { ...event, ...changes });
		expect(await check({ content: 'hullo' })).toEqual({ ok: false, error: { type: 'WrongId' } });
		expect(await check({ created_at: event.created_at + 1 })).toEqual({
			ok: false,
			error: { type: 'WrongId' }
		});
		expect(await check({ tags: [['t', 'nostr', '']] })).toEqual({ ok: false, error: { type: 'WrongId' } });
		expect(await check({ id: flip(event.id) })).toEqual({ ok: false, error: { type: 'WrongId' } });
		expect(await check({ sig: flip(event.sig) })).toEqual({ ok: false, error: { type: 'WrongSignature' } });
		const other = await signed({ content: 'another' });
		expect(await check({ sig: other.sig })).toEqual({ ok: false, error: { type: 'WrongSignature' } });
		// A key that is not on the curve.
		expect((await check({ pubkey: 'f'.repeat(64) })).ok).toBe(false);
	});

	it.each<[string, object]>([
		['id', { id: 'AB'.repeat(32) }],
		['id', { id: 7 }],
		['pubkey', { pubkey: 'ab'.repeat(31) }],
		['sig', { sig: null }],
		['created_at', { created_at: 1.5 }],
		['created_at', { created_at: -1 }],
		['created_at', { created_at: '1' }],
		['kind', { kind: 65_536 }],
		['kind', { kind: NaN }],
		['tags', { tags: { length: 0 } }],
		['tag', { tags: ['e'] }],
		['tag', { tags: [['e', null]] }],
		['tag', { tags: [['e', '\ud800']] }],
		['tags', { tags: Array.from({ length: LIMITS.eventTags + 1 }, () => []) }],
		['content', { content: undefined }],
		['content', { content: '\udfff' }],
		['large', { content: 'x'.repeat(LIMITS.eventBytes) }]
	])('refuses a malformed %s', async (field, changes) => {
		const result = await verifyEvent(nobleCrypto, { ...(await signed()), ...changes });
		expect(result).toMatchObject({ ok: false, error: { type: 'MalformedEvent' } });
		expect(result.ok ? '' : JSON.stringify(result.error)).toContain(field);
	});

	it('survives any value', async () => {
		await fc.assert(
			fc.asyncProperty(fc.anything(), async (value) => {
				expect((await verifyEvent(nobleCrypto, value)).ok).toBe(false);
			})
		);
		const event = await signed();
		await fc.assert(
			fc.asyncProperty(fc.constantFrom(...Object.keys(event)), fc.jsonValue(), async (field, value) => {
				const result = await verifyEvent(nobleCrypto, { ...event, [field]: value });
				expect(result.ok).toBe(JSON.stringify(value) === JSON.stringify(event[field as keyof typeof event]));
			})
		);
	});

	it('answers for many as it answers for each, in order, wherever the bad ones stand', async () => {
		const event = await signed();
		const other = await signed({ content: 'another' });
		const values = [
			event,
			null,
			{ ...event, content: 'hullo' },
			other,
			{ ...event, sig: other.sig },
			{ ...other, kind: 'one' },
			{ ...event, pubkey: 'f'.repeat(64) },
			event
		];
		const each = await Promise.all(values.map((value) => verifyEvent(nobleCrypto, value)));
		expect(await verifyEvents(nobleCrypto, values)).toEqual(each);
		expect(each.map(({ ok }) => ok)).toEqual([true, false, false, true, false, false, false, true]);
		expect(await verifyEvents(nobleCrypto, [])).toEqual([]);
	});

	it('hands all signatures of a batch to the crypto port together', async () => {
		const asked: number[] = [];
		const crypto = {
			...nobleCrypto,
			schnorrVerifyMany: (checks: Parameters<typeof nobleCrypto.schnorrVerifyMany>[0]) => {
				asked.push(checks.length);
				return nobleCrypto.schnorrVerifyMany(checks);
			}
		};
		const event = await signed();
		await verifyEvents(crypto, [event, undefined, event, { ...event, content: 'hullo' }, event]);
		expect(asked).toEqual([3]);
	});

	it('says beforehand whether a draft can be signed', async () => {
		expect(checkTemplate(template)).toEqual({ ok: true, value: template });
		const broken = { ...template, content: '\ud800' };
		expect(checkTemplate(broken).ok).toBe(false);
		const random = createSeededRandom('events');
		await expect(signEvent(nobleCrypto, random, random.bytes(32), broken)).rejects.toThrow();
	});

	it('parses without checking hash or signature', async () => {
		const event = { ...(await signed()), content: 'altered' };
		expect(parseEvent(event)).toEqual({ ok: true, value: event });
	});
});
