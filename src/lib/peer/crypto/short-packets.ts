/**
 * What is short is hashed, sealed and opened here, whatever the host has: a packet that carries money and no bytes
 * is a few blocks long, and to reach OpenSSL or WebCrypto takes longer than the work (docs/adr/0038). From which
 * length on the host's own way pays is the host's to say.
 */
import type { Crypto } from '../platform.ts';
import { openAesGcm, sealAesGcm } from './aes-gcm.ts';
import { assertAesGcm, type SyncCrypto } from './noble-crypto.ts';
import { hmacSha256, sha256 } from './sha-256.ts';

/** Bytes from which the provider itself is asked. */
export interface ShortPackets {
	readonly hashFrom: number;
	readonly cipherFrom: number;
}

export function withShortPackets(provider: SyncCrypto, from: ShortPackets): SyncCrypto;
export function withShortPackets(provider: Crypto, from: ShortPackets): Crypto;
export function withShortPackets(provider: Crypto, { hashFrom, cipherFrom }: ShortPackets): Crypto {
	return {
		...provider,
		sha256: (data) => (data.length < hashFrom ? sha256(data) : provider.sha256(data)),
		hmacSha256: (key, data) =>
			data.length < hashFrom ? hmacSha256(key, data) : provider.hmacSha256(key, data),
		aesGcmSeal: (key, nonce, plaintext) => {
			if (plaintext.length >= cipherFrom) return provider.aesGcmSeal(key, nonce, plaintext);
			assertAesGcm(key, nonce);
			return sealAesGcm(key, nonce, plaintext);
		},
		aesGcmOpen: (key, nonce, sealed) => {
			if (sealed.ciphertext.length >= cipherFrom) return provider.aesGcmOpen(key, nonce, sealed);
			assertAesGcm(key, nonce);
			return openAesGcm(key, nonce, sealed);
		}
	};
}
