import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeCrypto } from '../testing/crypto-conformance.ts';
import { nobleCrypto } from './noble-crypto.ts';
import { withShortPackets } from './short-packets.ts';

const short = withShortPackets(nobleCrypto, { hashFrom: Infinity, cipherFrom: Infinity });

describeCrypto('short packets, of any length', short);

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const some = fc.uint8Array({ maxLength: 300 });

describe('short packets', () => {
	it('are hashed as noble hashes them, with keys of any length', () => {
		fc.assert(
			fc.property(some, some, (key, data) => {
				expect(short.sha256(data)).toEqual(nobleCrypto.sha256(data));
				expect(short.hmacSha256(key, data)).toEqual(nobleCrypto.hmacSha256(key, data));
			})
		);
	});

	it('are sealed and opened as noble does it', () => {
		fc.assert(
			fc.property(bytes(32), bytes(12), some, (key, nonce, plaintext) => {
				const sealed = nobleCrypto.aesGcmSeal(key, nonce, plaintext);
				expect(short.aesGcmSeal(key, nonce, plaintext)).toEqual(sealed);
				expect(short.aesGcmOpen(key, nonce, sealed)).toEqual(plaintext);
			})
		);
	});

	it('are not opened with any bit of the tag or the ciphertext turned', () => {
		const [key, nonce] = [new Uint8Array(32).fill(3), new Uint8Array(12).fill(4)];
		const { ciphertext, tag } = short.aesGcmSeal(key, nonce, new Uint8Array(37).fill(5));
		for (let bit = 0; bit < 8 * (ciphertext.length + tag.length); bit++) {
			const turned = { ciphertext: ciphertext.slice(), tag: tag.slice() };
			const [part, at] =
				bit < 8 * ciphertext.length ? [turned.ciphertext, bit] : [turned.tag, bit - 8 * ciphertext.length];
			part[at >> 3] = (part[at >> 3] as number) ^ (1 << (at & 7));
			expect(short.aesGcmOpen(key, nonce, turned)).toBeUndefined();
		}
	});

	it('go to the provider from the length on that it says', () => {
		const asked: string[] = [];
		const crypto = withShortPackets(
			{
				...nobleCrypto,
				sha256: (data) => (asked.push('sha256'), nobleCrypto.sha256(data)),
				hmacSha256: (key, data) => (asked.push('hmacSha256'), nobleCrypto.hmacSha256(key, data)),
				aesGcmSeal: (...args) => (asked.push('aesGcmSeal'), nobleCrypto.aesGcmSeal(...args)),
				aesGcmOpen: (...args) => (asked.push('aesGcmOpen'), nobleCrypto.aesGcmOpen(...args))
			},
			{ hashFrom: 20, cipherFrom: 10 }
		);
		const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
		const use = (hashed: number, sealed: number): string[] => {
			asked.length = 0;
			crypto.sha256(new Uint8Array(hashed));
			crypto.hmacSha256(key, new Uint8Array(hashed));
			crypto.aesGcmOpen(key, nonce, crypto.aesGcmSeal(key, nonce, new Uint8Array(sealed)));
			return [...asked];
		};
		expect(use(19, 9)).toEqual([]);
		expect(use(20, 10)).toEqual(['sha256', 'hmacSha256', 'aesGcmSeal', 'aesGcmOpen']);
	});
});
