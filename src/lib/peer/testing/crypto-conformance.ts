/**
 * What every crypto provider must do, told by published vectors. A provider passes when
 * `describeCrypto('name', provider)` does, in each host it is meant for.
 *
 * Sources: AES-GCM: D. McGrew and J. Viega, "The Galois/Counter Mode of Operation", test cases 13 to
 * 15 (submission to NIST). HMAC: RFC 4231. SHA-256: FIPS 180-2 appendix B. X25519: RFC 7748. BIP-340:
 * test-vectors.csv of BIP 340 (CC0), in ./vectors/bip340.ts. ECDSA: the deterministic
 * signature of "Satoshi Nakamoto" by key 1 that secp256k1 libraries share, and the transaction of
 * EIP-155 (CC0). Then Project Wycheproof's collections, in ../crypto/vectors: every case has one answer
 * here, so providers that pass agree with each other on all of them.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex, utf8 } from '../bytes.ts';
import { joinTag, splitTag } from '../crypto/sealed.ts';
import { WYCHEPROOF_AES_GCM } from '../crypto/vectors/wycheproof-aes-gcm.ts';
import { WYCHEPROOF_ECDSA } from '../crypto/vectors/wycheproof-ecdsa.ts';
import { WYCHEPROOF_HKDF } from '../crypto/vectors/wycheproof-hkdf.ts';
import { WYCHEPROOF_HMAC } from '../crypto/vectors/wycheproof-hmac.ts';
import { WYCHEPROOF_X25519 } from '../crypto/vectors/wycheproof-x25519.ts';
import type { Crypto } from '../platform.ts';
import { hkdfSha256 } from '../stream/hkdf.ts';
import { BIP340_VECTORS } from './vectors/bip340.ts';

const ZERO_32 = new Uint8Array(32);

/** Order of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && bytesToHex(bytes);
const secretKey = (value: bigint): Uint8Array => fromHex(word(value));

/** `bytes` with one bit of one byte turned. */
const spoiled = (bytes: Uint8Array, at: number): Uint8Array =>
	bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

/** A view with other bytes around it, the way decoders hand out parts of packets. */
const viewOf = (bytes: Uint8Array): Uint8Array => {
	const wide = new Uint8Array(bytes.length + 7).fill(0xee);
	wide.set(bytes, 3);
	return wide.subarray(3, 3 + bytes.length);
};

const AES_GCM = [
	{
		name: 'an empty plaintext',
		key: '00'.repeat(32),
		nonce: '00'.repeat(12),
		plaintext: '',
		sealed: '530f8afbc74536b9a963b4f1c4cb738b'
	},
	{
		name: 'one block',
		key: '00'.repeat(32),
		nonce: '00'.repeat(12),
		plaintext: '00'.repeat(16),
		sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919'
	},
	{
		name: 'four blocks',
		key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
		nonce: 'cafebabefacedbaddecaf888',
		plaintext:
			'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
			'1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
		sealed:
			'522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
			'8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad' +
			'b094dac5d93471bdec1a502270e3cc6c'
	}
] as const;

/** RFC 4231, section by section; 4.6 is about truncation, which nothing here does. */
const HMAC_SHA256 = [
	{
		name: '4.2',
		key: '0b'.repeat(20),
		data: '4869205468657265',
		mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'
	},
	{
		name: '4.3, a short key',
		key: '4a656665',
		data: '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
		mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
	},
	{
		name: '4.4',
		key: 'aa'.repeat(20),
		data: 'dd'.repeat(50),
		mac: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'
	},
	{
		name: '4.5',
		key: '0102030405060708090a0b0c0d0e0f10111213141516171819',
		data: 'cd'.repeat(50),
		mac: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b'
	},
	{
		name: '4.7, a key longer than a block',
		key: 'aa'.repeat(131),
		data: bytesToHex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
		mac: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'
	},
	{
		name: '4.8, a key and data longer than a block',
		key: 'aa'.repeat(131),
		data: bytesToHex(
			utf8(
				'This is a test using a larger than block-size key and a larger than block-size data. ' +
					'The key needs to be hashed before being used by the HMAC algorithm.'
			)
		),
		mac: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2'
	}
] as const;

/** Of 32767 bytes cd under the key 0b…0b, as OpenSSL and noble agree on it. */
const LONG_MAC = 'bbbfb04b01656d56b03bbdd109e6e43037adfb294975e3484f3e6d50abb6b1dd';

/** RFC 7748 section 5.2. */
const X25519 = [
	{
		secret: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
		publicKey: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
		shared: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'
	},
	{
		secret: '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
		publicKey: 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
		shared: '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957'
	}
] as const;

/** RFC 7748 section 6.1. */
const ALICE = {
	secret: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
	publicKey: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a'
};
const BOB = {
	secret: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
	publicKey: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'
};
const ALICE_AND_BOB = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';

/** Points whose product with any secret is zero: u = 0, 1, the two of order 8, p − 1, p and p + 1. */
const SMALL_ORDER_POINTS = [
	'0000000000000000000000000000000000000000000000000000000000000000',
	'0100000000000000000000000000000000000000000000000000000000000000',
	'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
	'5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
	'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
] as const;

/** secp256k1 with RFC 6979: key 1 signs SHA-256 of "Satoshi Nakamoto". */
const SATOSHI = {
	secret: 1n,
	digest: 'a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e',
	signature:
		'934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
		'2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
	address: '7e5f4552091a69125d5dfcb7b8c2659029395bdf'
} as const;

/** EIP-155's example: the transaction signed by key 4646…46; its v of 37 is recovery bit 0. */
const EIP_155 = {
	secret: '46'.repeat(32),
	digest: 'daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53',
	r: '28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276',
	s: '67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
	v: '1b',
	address: '9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f'
} as const;

/** The fields of each line. */
const vectorsOf = (text: string): readonly (readonly string[])[] =>
	text
		.trim()
		.split('\n')
		.map((line) => line.split(' ').map((field) => (field === '-' ? '' : field)));

/** Bytes of the numbered field; a missing one is a mistake in the file. */
const field = (vector: readonly string[], at: number): Uint8Array => {
	const text = vector[at];
	if (text === undefined) throw new Error(`vector ${vector[0]} has no field ${at}`);
	return fromHex(text);
};

/** Ids of the vectors for which `holds` says no: none, when all is well. */
const failing = async (
	text: string,
	holds: (vector: readonly string[], isValid: boolean) => Promise<boolean>
): Promise<readonly string[]> => {
	const wrong: string[] = [];
	for (const vector of vectorsOf(text))
		if (!(await holds(vector, vector[1] !== '0'))) wrong.push(vector[0] ?? '');
	return wrong;
};

/**
 * Signatures whose point has an x beyond the order of the group. ECDSA accepts them; recovery with a v of
 * 27 or 28, here as in the EVM, cannot name their signer, and refuses. Nobody can make one on purpose.
 */
const X_BEYOND_ORDER: ReadonlySet<string> = new Set(['115', '247']);

export const describeCrypto = (name: string, crypto: Crypto): void => {
	describe(`${name}: SHA-256`, () => {
		it('hashes nothing, a few bytes, a view and many bytes', async () => {
			const hashed = async (bytes: Uint8Array) => hex(await crypto.sha256(bytes));
			expect(await hashed(new Uint8Array(0))).toBe(
				'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
			);
			const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
			expect(await hashed(utf8('abc'))).toBe(abc);
			expect(await hashed(viewOf(utf8('abc')))).toBe(abc);
			expect(await hashed(utf8('a'.repeat(1_000_000)))).toBe(
				'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'
			);
		});
	});

	describe(`${name}: HMAC-SHA-256`, () => {
		it.each(HMAC_SHA256)('RFC 4231 section $name', async ({ key, data, mac }) => {
			expect(hex(await crypto.hmacSha256(fromHex(key), fromHex(data)))).toBe(mac);
			expect(hex(await crypto.hmacSha256(viewOf(fromHex(key)), viewOf(fromHex(data))))).toBe(mac);
		});

		it('answers the same for a long message as for any', async () => {
			const mac = await crypto.hmacSha256(fromHex('0b'.repeat(32)), new Uint8Array(32_767).fill(0xcd));
			expect(hex(mac)).toBe(LONG_MAC);
		});
	});

	describe(`${name}: AES-256-GCM`, () => {
		it.each(AES_GCM)('seals and opens $name', async ({ key, nonce, plaintext, sealed }) => {
			const [k, n] = [fromHex(key), fromHex(nonce)];
			expect(hex(joinTag(await crypto.aesGcmSeal(k, n, fromHex(plaintext))))).toBe(sealed);
			expect(hex(await crypto.aesGcmOpen(k, n, splitTag(fromHex(sealed))))).toBe(plaintext);
			const view = splitTag(viewOf(fromHex(sealed)));
			expect(hex(await crypto.aesGcmOpen(viewOf(k), viewOf(n), view))).toBe(plaintext);
		});

		it('opens what it sealed at every size a packet can have', async () => {
			const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(12).fill(9)];
			for (const length of [1, 15, 17, 1_000, 4_097, 32_739]) {
				const plaintext = Uint8Array.from({ length }, (_, i) => i % 251);
				const sealed = await crypto.aesGcmSeal(key, nonce, plaintext);
				expect([sealed.ciphertext.length, sealed.tag.length]).toEqual([length, 16]);
				expect(await crypto.aesGcmOpen(key, nonce, sealed)).toEqual(plaintext);
			}
		});

		it('answers undefined for any other key, nonce, ciphertext or tag', async () => {
			const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(12).fill(9)];
			for (const length of [20, 9_000]) {
				const sealed = await crypto.aesGcmSeal(key, nonce, new Uint8Array(length));
				expect(await crypto.aesGcmOpen(spoiled(key, 0), nonce, sealed)).toBeUndefined();
				expect(await crypto.aesGcmOpen(key, spoiled(nonce, 11), sealed)).toBeUndefined();
				const { ciphertext, tag } = sealed;
				for (const other of [
					{ ciphertext: spoiled(ciphertext, 0), tag },
					{ ciphertext: ciphertext.subarray(1), tag },
					{ ciphertext, tag: spoiled(tag, 15) },
					{ ciphertext, tag: tag.subarray(0, 15) },
					{ ciphertext, tag: tag.subarray(0, 0) }
				])
					expect(await crypto.aesGcmOpen(key, nonce, other)).toBeUndefined();
			}
			for (const length of [0, 15])
				expect(await crypto.aesGcmOpen(key, nonce, splitTag(new Uint8Array(length)))).toBeUndefined();
		});

		it('notices when the bytes of a key array were changed after their first use', async () => {
			const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12)];
			const plaintext = new Uint8Array(20_000);
			const seal = async (by: Uint8Array) => hex(joinTag(await crypto.aesGcmSeal(by, nonce, plaintext)));
			const before = await seal(key);
			key.fill(2);
			const after = await seal(key);
			expect(after).toBe(await seal(new Uint8Array(32).fill(2)));
			expect(after).not.toBe(before);
		});

		it('takes only 256-bit keys and 96-bit nonces', async () => {
			const seal = async (key: number, nonce: number) =>
				crypto.aesGcmSeal(new Uint8Array(key), new Uint8Array(nonce), new Uint8Array(1));
			await expect(seal(16, 12)).rejects.toThrow();
			await expect(seal(32, 16)).rejects.toThrow();
		});
	});

	describe(`${name}: X25519`, () => {
		it.each(X25519)('RFC 7748 section 5.2, secret $secret', async ({ secret, publicKey, shared }) => {
			expect(hex(await crypto.x25519(fromHex(secret), fromHex(publicKey)))).toBe(shared);
			expect(hex(await crypto.x25519(viewOf(fromHex(secret)), viewOf(fromHex(publicKey))))).toBe(shared);
		});

		it('lets two people agree (RFC 7748 section 6.1)', async () => {
			expect(hex(await crypto.x25519PublicKey(fromHex(ALICE.secret)))).toBe(ALICE.publicKey);
			expect(hex(await crypto.x25519PublicKey(fromHex(BOB.secret)))).toBe(BOB.publicKey);
			expect(hex(await crypto.x25519(fromHex(ALICE.secret), fromHex(BOB.publicKey)))).toBe(ALICE_AND_BOB);
			expect(hex(await crypto.x25519(fromHex(BOB.secret), fromHex(ALICE.publicKey)))).toBe(ALICE_AND_BOB);
		});

		it.each(SMALL_ORDER_POINTS)('refuses the point of small order %s', async (point) => {
			expect(await crypto.x25519(fromHex(ALICE.secret), fromHex(point))).toBeUndefined();
		});

		it('refuses a public key of another length', async () => {
			for (const length of [0, 31, 33])
				expect(await crypto.x25519(fromHex(ALICE.secret), new Uint8Array(length).fill(9))).toBeUndefined();
		});
	});

	describe(`${name}: BIP-340`, () => {
		it.each(BIP340_VECTORS)('vector $index $comment', async (vector) => {
			const [publicKey, message] = [fromHex(vector.publicKey), fromHex(vector.message)];
			const signature = fromHex(vector.signature);
			expect(await crypto.schnorrVerify(publicKey, message, signature)).toBe(vector.valid);
			if (vector.secretKey === undefined || vector.auxRand === undefined) return;
			const secret = fromHex(vector.secretKey);
			expect(hex(await crypto.schnorrPublicKey(secret))).toBe(vector.publicKey);
			expect(hex(await crypto.schnorrSign(secret, message, fromHex(vector.auxRand)))).toBe(vector.signature);
		});

		it('answers false, not an exception, for bytes of any length', async () => {
			const vector = BIP340_VECTORS[0];
			if (!vector) throw new Error('no vectors');
			const [publicKey, message] = [fromHex(vector.publicKey), fromHex(vector.message)];
			const signature = fromHex(vector.signature);
			expect(await crypto.schnorrVerify(publicKey.subarray(1), message, signature)).toBe(false);
			expect(await crypto.schnorrVerify(publicKey, message.subarray(1), signature)).toBe(false);
			expect(await crypto.schnorrVerify(publicKey, message, signature.subarray(1))).toBe(false);
			expect(await crypto.schnorrVerify(ZERO_32, ZERO_32, new Uint8Array(64))).toBe(false);
			expect(await crypto.schnorrVerify(publicKey, message, new Uint8Array(0))).toBe(false);
		});
	});

	describe(`${name}: many BIP-340 signatures at once`, () => {
		const checks = BIP340_VECTORS.map(({ publicKey, message, signature }) => ({
			publicKey32: fromHex(publicKey),
			message32: fromHex(message),
			signature64: fromHex(signature)
		}));

		it('answers each as it answers it alone, in order', async () => {
			const expected = BIP340_VECTORS.map(({ valid }) => valid);
			expect(await crypto.schnorrVerifyMany(checks)).toEqual(expected);
			expect(await crypto.schnorrVerifyMany([...checks].reverse())).toEqual([...expected].reverse());
			expect(await crypto.schnorrVerifyMany([])).toEqual([]);
		});

		it('is not confused by lengths that are wrong', async () => {
			const [good] = checks;
			if (!good) throw new Error('no vectors');
			const short = { ...good, signature64: good.signature64.subarray(1) };
			const long = { ...good, publicKey32: new Uint8Array(33) };
			expect(await crypto.schnorrVerifyMany([short, good, long, good])).toEqual([false, true, false, true]);
		});
	});

	describe(`${name}: ECDSA on secp256k1`, () => {
		const digest = fromHex(EIP_155.digest);
		const signature = fromHex(EIP_155.r + EIP_155.s + EIP_155.v);
		const recovered = async (r: string, s: string, v: string) =>
			hex(await crypto.ecdsaRecover(digest, fromHex(r + s + v)));

		it('signs without randomness, as RFC 6979 says', async () => {
			const signed = await crypto.ecdsaSign(secretKey(SATOSHI.secret), fromHex(SATOSHI.digest));
			expect(hex(signed.slice(0, 64))).toBe(SATOSHI.signature);
			expect([27, 28]).toContain(signed[64]);
			expect(hex(await crypto.ecdsaRecover(fromHex(SATOSHI.digest), signed))).toBe(SATOSHI.address);
		});

		it("makes the signature of EIP-155's transaction and recovers its sender", async () => {
			expect(hex(await crypto.ecdsaSign(fromHex(EIP_155.secret), digest))).toBe(hex(signature));
			expect(hex(await crypto.ecdsaRecover(digest, signature))).toBe(EIP_155.address);
			expect(hex(await crypto.ecdsaRecover(viewOf(digest), viewOf(signature)))).toBe(EIP_155.address);
		});

		it('knows the address of a key', async () => {
			expect(hex(await crypto.evmAddress(secretKey(1n)))).toBe(SATOSHI.address);
			expect(hex(await crypto.evmAddress(fromHex(EIP_155.secret)))).toBe(EIP_155.address);
		});

		it('refuses the other signature of the same message, with s above half the order', async () => {
			const highS = word(N - BigInt(`0x${EIP_155.s}`));
			expect(await recovered(EIP_155.r, highS, '1c')).toBeUndefined();
			expect(await recovered(EIP_155.r, highS, '1b')).toBeUndefined();
		});

		it('recovers somebody else, or nobody, from another digest', async () => {
			const other = hex(await crypto.ecdsaRecover(spoiled(digest, 0), signature));
			expect(other).not.toBe(EIP_155.address);
		});

		it('refuses v other than 27 and 28', async () => {
			for (const v of ['00', '01', '1a', '1d', '1e', '25', 'ff'])
				expect(await recovered(EIP_155.r, EIP_155.s, v)).toBeUndefined();
		});

		it('refuses r and s of zero or beyond the order', async () => {
			for (const bad of [word(0n), word(N), 'ff'.repeat(32)]) {
				expect(await recovered(bad, EIP_155.s, '1b')).toBeUndefined();
				expect(await recovered(EIP_155.r, bad, '1b')).toBeUndefined();
			}
		});

		it('refuses an r that is no point of the curve', async () => {
			// x = 5 gives no square: nobody could have signed with it.
			expect(await recovered(word(5n), EIP_155.s, '1b')).toBeUndefined();
		});

		it('refuses any other length', async () => {
			expect(await crypto.ecdsaRecover(digest, signature.slice(0, 64))).toBeUndefined();
			expect(await crypto.ecdsaRecover(digest, new Uint8Array(66).fill(27))).toBeUndefined();
			expect(await crypto.ecdsaRecover(digest, new Uint8Array(0))).toBeUndefined();
			expect(await crypto.ecdsaRecover(digest.slice(1), signature)).toBeUndefined();
		});
	});

	describe(`${name}: Wycheproof`, () => {
		it('AES-GCM: seals and opens the valid, refuses every modified tag', async () => {
			expect(
				await failing(WYCHEPROOF_AES_GCM, async (vector, isValid) => {
					const [key, nonce, plaintext, sealed] = [2, 3, 4, 5].map((at) => field(vector, at)) as [
						Uint8Array,
						Uint8Array,
						Uint8Array,
						Uint8Array
					];
					const [opened, again] = [
						await crypto.aesGcmOpen(key, nonce, splitTag(sealed)),
						joinTag(await crypto.aesGcmSeal(key, nonce, plaintext))
					];
					return isValid
						? hex(opened) === vector[4] && hex(again) === vector[5]
						: opened === undefined && hex(again) !== vector[5];
				})
			).toEqual([]);
		});

		it('HMAC-SHA-256: makes the valid tags and no invalid one', async () => {
			expect(
				await failing(
					WYCHEPROOF_HMAC,
					async (vector, isValid) =>
						(hex(await crypto.hmacSha256(field(vector, 2), field(vector, 3))) === vector[4]) === isValid
				)
			).toEqual([]);
		});

		it('HKDF-SHA-256: derives what it should on this provider’s HMAC', async () => {
			expect(
				await failing(WYCHEPROOF_HKDF, async (vector) => {
					const [key, salt, info] = [field(vector, 2), field(vector, 3), field(vector, 4)];
					const derived = await hkdfSha256(crypto, key, salt, info, Number(vector[5]));
					return hex(derived) === vector[6];
				})
			).toEqual([]);
		});

		it('X25519: agrees on every point, twists and odd encodings too, and refuses a secret of zero', async () => {
			expect(
				await failing(WYCHEPROOF_X25519, async (vector) => {
					const shared = hex(await crypto.x25519(field(vector, 2), field(vector, 3)));
					return vector[4] === '00'.repeat(32) ? shared === undefined : shared === vector[4];
				})
			).toEqual([]);
		});

		it('ECDSA: recovers the signer of valid signatures with a low s, of nothing else', async () => {
			let key = '';
			expect(
				await failing(WYCHEPROOF_ECDSA, async (vector, isValid) => {
					if (vector[2] !== '=') key = vector[2] ?? '';
					const signer = bytesToHex(keccak_256(fromHex(key)).slice(12));
					const [digest, rs] = [field(vector, 3), field(vector, 4)];
					const names = async (r: string, s: string): Promise<boolean> => {
						for (const v of ['1b', '1c'])
							if (hex(await crypto.ecdsaRecover(digest, fromHex(r + s + v))) === signer) return true;
						return false;
					};
					const [r, s] = [bytesToHex(rs.slice(0, 32)), bytesToHex(rs.slice(32))];
					const isHigh = rs.length === 64 && BigInt(`0x${s}`) > N / 2n && BigInt(`0x${s}`) < N;
					if (isHigh && (await names(r, s))) return false;
					const low = isHigh ? word(N - BigInt(`0x${s}`)) : s;
					return (await names(r, low)) === (isValid && !X_BEYOND_ORDER.has(vector[0] ?? ''));
				})
			).toEqual([]);
		});
	});
};
