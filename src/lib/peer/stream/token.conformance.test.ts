import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex } from '../bytes.ts';
import { unwrap } from '../result.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { hkdfSha256 } from './hkdf.ts';
import {
	decodeToken,
	deriveSessionSecrets,
	encodeToken,
	sessionId,
	streamKeyId,
	TOKEN_CHARACTERS,
	tokenFromSegment,
	tokenToSegment
} from './token.ts';
import vectors from './vectors/session-token.json' with { type: 'json' };

const token = fc.record({
	keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
	issuedAt: fc.nat(0xffff_ffff),
	ephemeralPublic: fc.uint8Array({ minLength: 32, maxLength: 32 })
});

describe('HKDF-SHA256', () => {
	it('agrees with RFC 5869, test case 1 (its first 32 bytes)', async () => {
		const okm = await hkdfSha256(
			nobleCrypto,
			new Uint8Array(22).fill(0x0b),
			fromHex('000102030405060708090a0b0c'),
			fromHex('f0f1f2f3f4f5f6f7f8f9')
		);
		expect(bytesToHex(okm)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf');
	});

	it('agrees with RFC 5869, test case 3, without a salt', async () => {
		const okm = await hkdfSha256(
			nobleCrypto,
			new Uint8Array(22).fill(0x0b),
			new Uint8Array(),
			new Uint8Array()
		);
		expect(bytesToHex(okm)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d');
	});
});

describe('the session token', () => {
	it('comes back from the address segment it became', () => {
		fc.assert(
			fc.property(token, (any) => {
				const bytes = encodeToken(any);
				const segment = tokenToSegment(bytes);
				expect(segment).toHaveLength(TOKEN_CHARACTERS);
				expect(unwrap(tokenFromSegment(segment))).toEqual({ ...any, bytes });
			})
		);
	});

	it.each(vectors.valid)('derives the vector: $name', async (vector) => {
		const streamSecret = fromHex(vector.streamSecret);
		const streamPublic = nobleCrypto.x25519PublicKey(streamSecret);
		const ephemeralPublic = nobleCrypto.x25519PublicKey(fromHex(vector.ephemeralSecret));
		const bytes = encodeToken({
			keyId: await streamKeyId(nobleCrypto, streamPublic),
			issuedAt: vector.issuedAt,
			ephemeralPublic
		});
		expect(tokenToSegment(bytes)).toBe(vector.segment);
		// Both ends arrive at the same secrets.
		const sides = [
			nobleCrypto.x25519(fromHex(vector.ephemeralSecret), streamPublic),
			nobleCrypto.x25519(streamSecret, ephemeralPublic)
		];
		for (const ikm of sides) {
			const secrets = await deriveSessionSecrets(nobleCrypto, {
				ikm: ikm!,
				network: vector.network as 1 | 2,
				receiverPubkey: fromHex(vector.receiverPubkey),
				token: bytes,
				streamPublic
			});
			expect(bytesToHex(secrets.opener)).toBe(vector.opener);
			expect(bytesToHex(secrets.node)).toBe(vector.node);
			expect(bytesToHex(await sessionId(nobleCrypto, secrets))).toBe(vector.sessionId);
		}
	});

	it.each(vectors.invalid)('refuses the segment: $name', ({ segment }) => {
		expect(tokenFromSegment(segment)).toEqual({ ok: false, error: { type: 'MalformedToken' } });
	});

	it('refuses a key of small order', async () => {
		expect(nobleCrypto.x25519(new Uint8Array(32).fill(7), new Uint8Array(32))).toBeUndefined();
	});

	it('survives any bytes and any text', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
				const decoded = decodeToken(bytes);
				if (decoded.ok) expect(encodeToken(decoded.value)).toEqual(bytes);
			})
		);
		fc.assert(
			fc.property(fc.string({ maxLength: 60 }), (text) => {
				expect(tokenFromSegment(text).ok).toBe(false);
			})
		);
	});
});
