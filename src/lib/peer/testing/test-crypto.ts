/**
 * The crypto port on noble alone, and randomness that repeats: for tests and for the committed
 * vectors, where the same input must always give the same bytes. Hosts have faster providers.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes, utf8 } from '../bytes.ts';
import type { Crypto, Random } from '../platform.ts';

const attempt = <T>(work: () => T): T | undefined => {
	try {
		return work();
	} catch {
		return undefined;
	}
};

const addressOf = (uncompressed: Uint8Array): Uint8Array => keccak_256(uncompressed.slice(1)).slice(12);

export const testCrypto: Crypto = {
	sha256: (data) => sha256(data),
	hmacSha256: (key, data) => hmac(sha256, key, data),
	aesGcmSeal: (key, nonce, plaintext) => gcm(key, nonce).encrypt(plaintext),
	aesGcmOpen: (key, nonce, sealed) => attempt(() => gcm(key, nonce).decrypt(sealed)),
	x25519PublicKey: (secret) => x25519.getPublicKey(secret),
	x25519: (secret, publicKey) => attempt(() => x25519.getSharedSecret(secret, publicKey)),
	schnorrPublicKey: (secret) => schnorr.getPublicKey(secret),
	schnorrSign: (secret, message, aux) => schnorr.sign(message, secret, aux),
	schnorrVerify: (publicKey, message, signature) =>
		attempt(() => schnorr.verify(signature, message, publicKey)) ?? false,
	ecdsaSign: (secret, digest) => {
		const signature = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' });
		return concatBytes(signature.slice(1), Uint8Array.of(27 + (signature[0] as number)));
	},
	ecdsaRecover: (digest, signature) => {
		const v = signature[64];
		if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
		return attempt(() => {
			const parsed = secp256k1.Signature.fromBytes(
				concatBytes(Uint8Array.of(v - 27), signature.slice(0, 64)),
				'recovered'
			);
			return parsed.hasHighS() ? undefined : addressOf(parsed.recoverPublicKey(digest).toBytes(false));
		});
	},
	evmAddress: (secret) => addressOf(secp256k1.getPublicKey(secret, false))
};

/** SHA-256 of seed and counter: repeatable and unpredictable enough to act as keys. */
export const createTestRandom = (seed = 'seed'): Random => {
	let counter = 0;
	return {
		bytes: (length) => {
			const blocks: Uint8Array[] = [];
			for (let have = 0; have < length; have += 32) blocks.push(sha256(utf8(`${seed}/${counter++}`)));
			return concatBytes(...blocks).slice(0, length);
		}
	};
};
