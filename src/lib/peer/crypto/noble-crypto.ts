/**
 * The crypto port on noble alone: plain JavaScript, synchronous, the same in every host. Simulations
 * and the core's tests use it as it is; hosts take from it what they have nothing faster for.
 *
 * Lengths of secrets, nonces and digests are this program's own and a wrong one throws. Whatever may
 * have come from a stranger (public keys, signatures, sealed bytes) never throws.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes } from '../bytes.ts';
import type { Crypto } from '../platform.ts';
import { createSchnorrVerify } from './schnorr-verify.ts';
import { AES_GCM_TAG_LENGTH, joinTag, splitTag } from './sealed.ts';

/** {@link Crypto} that always answers at once. */
export type SyncCrypto = {
	readonly [Name in keyof Crypto]: (...args: Parameters<Crypto[Name]>) => Awaited<ReturnType<Crypto[Name]>>;
};

const verifySchnorr = createSchnorrVerify();

export const nobleCrypto: SyncCrypto = {
	sha256: (data) => sha256(data),

	hmacSha256: (key, data) => hmac(sha256, key, data),

	aesGcmSeal: (key, nonce, plaintext) => {
		assertAesGcm(key, nonce);
		return splitTag(gcm(key, nonce).encrypt(plaintext));
	},

	aesGcmOpen: (key, nonce, sealed) => {
		assertAesGcm(key, nonce);
		if (sealed.tag.length !== AES_GCM_TAG_LENGTH) return undefined;
		return attempt(() => gcm(key, nonce).decrypt(joinTag(sealed)));
	},

	x25519PublicKey: (secret) => x25519.getPublicKey(secret),

	x25519: (secret, publicKey) => {
		assertLength('secret', secret, 32);
		return attempt(() => x25519.getSharedSecret(secret, publicKey));
	},

	schnorrPublicKey: (secret) => schnorr.getPublicKey(secret),

	schnorrSign: (secret, message32, aux32) => {
		assertLength('message', message32, 32);
		return schnorr.sign(message32, secret, aux32);
	},

	schnorrVerify: (publicKey32, message32, signature64) =>
		message32.length === 32 && (attempt(() => verifySchnorr(publicKey32, message32, signature64)) ?? false),

	schnorrVerifyMany: (checks) =>
		checks.map((check) => nobleCrypto.schnorrVerify(check.publicKey32, check.message32, check.signature64)),

	ecdsaSign: (secret, digest32) => {
		assertLength('digest', digest32, 32);
		const signature = secp256k1.sign(digest32, secret, { prehash: false, format: 'recovered' });
		// noble puts the recovery bit first; Ethereum puts it last and counts from 27.
		return concatBytes(signature.subarray(1), Uint8Array.of(27 + (signature[0] as number)));
	},

	ecdsaRecover: (digest32, signature65) => {
		const v = signature65[64];
		if (digest32.length !== 32 || signature65.length !== 65 || (v !== 27 && v !== 28)) return undefined;
		return attempt(() => {
			const signature = secp256k1.Signature.fromBytes(signature65.subarray(0, 64), 'compact');
			if (signature.hasHighS()) return undefined;
			const publicKey = signature.addRecoveryBit(v - 27).recoverPublicKey(digest32);
			return addressOf(publicKey.toBytes(false));
		});
	},

	evmAddress: (secret) => addressOf(secp256k1.getPublicKey(secret, false))
};

/** AES-256 keys and the 96-bit nonces that GCM is made for; throws on any other. */
export const assertAesGcm = (key: Uint8Array, nonce: Uint8Array): void => {
	assertLength('key', key, 32);
	assertLength('nonce', nonce, 12);
};

/** The last 20 bytes of Keccak-256 over an uncompressed public key without its leading 04. */
export const addressOf = (uncompressedPublicKey: Uint8Array): Uint8Array =>
	keccak_256(uncompressedPublicKey.subarray(1)).slice(12);

const assertLength = (what: string, bytes: Uint8Array, length: number): void => {
	if (bytes.length !== length) throw new Error(`${what} of ${bytes.length} bytes, not ${length}`);
};

/** noble throws on what a stranger got wrong; here that is an answer. */
const attempt = <T>(run: () => T): T | undefined => {
	try {
		return run();
	} catch {
		return undefined;
	}
};
