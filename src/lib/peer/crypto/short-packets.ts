/**
 * What is short is hashed, sealed and opened here, whatever the host has: a packet that carries money and no bytes
 * is a few blocks long, and to reach WebCrypto takes longer than the work (docs/adr/0037). The libraries are used in a way
 * that makes what depends on the key alone once per key. From which length on the host's own way pays is the host's to say.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { AES } from '@stablelib/aes';
import { GCM } from '@stablelib/gcm';
import type { Crypto } from '../platform.ts';
import { assertAesGcm, type SyncCrypto } from './noble-crypto.ts';
import { perKey } from './per-key.ts';
import { AES_GCM_TAG_LENGTH, joinTag, splitTag } from './sealed.ts';

/** Bytes from which the provider itself is asked. */
export interface ShortPackets {
	readonly hashFrom: number;
	readonly cipherFrom: number;
}

/** The two blocks of the key's pads, hashed. */
const keyedHmac = perKey((key) => hmac.create(sha256, key));
/** Round keys, and the key of GHASH. */
const keyedGcm = perKey((key) => new GCM(new AES(key)));

export function withShortPackets(provider: SyncCrypto, from: ShortPackets): SyncCrypto;
export function withShortPackets(provider: Crypto, from: ShortPackets): Crypto;
export function withShortPackets(provider: Crypto, { hashFrom, cipherFrom }: ShortPackets): Crypto {
	return {
		...provider,
		sha256: (data) => (data.length < hashFrom ? sha256(data) : provider.sha256(data)),
		hmacSha256: (key, data) =>
			data.length < hashFrom ? keyedHmac(key).clone().update(data).digest() : provider.hmacSha256(key, data),
		aesGcmSeal: (key, nonce, plaintext) => {
			if (plaintext.length >= cipherFrom) return provider.aesGcmSeal(key, nonce, plaintext);
			assertAesGcm(key, nonce);
			return splitTag(keyedGcm(key).seal(nonce, plaintext));
		},
		aesGcmOpen: (key, nonce, sealed) => {
			if (sealed.ciphertext.length >= cipherFrom) return provider.aesGcmOpen(key, nonce, sealed);
			assertAesGcm(key, nonce);
			if (sealed.tag.length !== AES_GCM_TAG_LENGTH) return undefined;
			return keyedGcm(key).open(nonce, joinTag(sealed)) ?? undefined;
		}
	};
}
