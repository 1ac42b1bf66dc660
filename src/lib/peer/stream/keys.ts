/**
 * STREAM's keys and encryption (RFC 29 sections 5.1 and 6). Both ends know a 32-byte shared secret; from it:
 *
 * ```
 * encryptionKey  = HMAC-SHA256(sharedSecret, "ilp_stream_encryption")
 * fulfillmentKey = HMAC-SHA256(sharedSecret, "ilp_stream_fulfillment")
 * data           = iv(12) ‖ tag(16) ‖ AES-256-GCM(encryptionKey, iv, plaintext)     no AAD
 * fulfillment    = HMAC-SHA256(fulfillmentKey, data)
 * condition      = SHA-256(fulfillment)
 * ```
 *
 * The fulfillment covers the data as it travels, so a prepare can be fulfilled only by who holds the
 * secret, and only with its data unchanged. The tag stands **before** the ciphertext, unlike in most
 * libraries. An iv is random and never used twice with one key; a connection closes before either
 * side has sent 2^31 packets.
 *
 * Every function here answers at once when the crypto port does: packets are many, promises are dear.
 */
import { freshBytes, utf8 } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { Crypto, Eventually } from '../platform.ts';
import { whenever } from './whenever.ts';

/** Bytes of a random iv. */
export const STREAM_IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** What encryption adds to a packet, in bytes. */
export const STREAM_OVERHEAD = STREAM_IV_LENGTH + TAG_LENGTH;

/** The largest plaintext that still fits an ILP packet's data, in bytes. */
export const MAX_STREAM_PLAINTEXT = LIMITS.ilpDataBytes - STREAM_OVERHEAD;

const ENCRYPTION_LABEL = utf8('ilp_stream_encryption');
const FULFILLMENT_LABEL = utf8('ilp_stream_fulfillment');

export interface StreamKeys {
	readonly encryptionKey: Uint8Array;
	readonly fulfillmentKey: Uint8Array;
}

export const deriveStreamKeys = (crypto: Crypto, sharedSecret: Uint8Array): Eventually<StreamKeys> =>
	whenever(crypto.hmacSha256(sharedSecret, ENCRYPTION_LABEL), (encryptionKey) =>
		whenever(crypto.hmacSha256(sharedSecret, FULFILLMENT_LABEL), (fulfillmentKey) => ({
			encryptionKey,
			fulfillmentKey
		}))
	);

/** The data of an ILP packet. `iv` is {@link STREAM_IV_LENGTH} fresh random bytes. */
export const sealPacket = (
	crypto: Crypto,
	keys: StreamKeys,
	iv: Uint8Array,
	plaintext: Uint8Array
): Eventually<Uint8Array> => {
	if (iv.length !== STREAM_IV_LENGTH) throw new Error(`iv of ${iv.length} bytes`);
	const length = plaintext.length;
	if (length > MAX_STREAM_PLAINTEXT) throw new Error(`plaintext of ${length} bytes`);
	return whenever(crypto.aesGcmSeal(keys.encryptionKey, iv, plaintext), ({ ciphertext, tag }) => {
		const data = freshBytes(STREAM_OVERHEAD + length);
		data.set(iv);
		data.set(tag, STREAM_IV_LENGTH);
		data.set(ciphertext, STREAM_OVERHEAD);
		return data;
	});
};

/** `undefined` when these keys did not seal it: someone else's data, or damaged on the way. */
export const openPacket = (
	crypto: Crypto,
	keys: StreamKeys,
	data: Uint8Array
): Eventually<Uint8Array | undefined> => {
	if (data.length < STREAM_OVERHEAD) return undefined;
	return crypto.aesGcmOpen(keys.encryptionKey, data.subarray(0, STREAM_IV_LENGTH), {
		ciphertext: data.subarray(STREAM_OVERHEAD),
		tag: data.subarray(STREAM_IV_LENGTH, STREAM_OVERHEAD)
	});
};

/** The fulfillment of a prepare that carries `data`, 32 bytes. Secret until the money may move. */
export const fulfillmentOf = (crypto: Crypto, keys: StreamKeys, data: Uint8Array): Eventually<Uint8Array> =>
	crypto.hmacSha256(keys.fulfillmentKey, data);

/** The condition that a fulfillment meets. Anyone can check a fulfill with it. */
export const conditionOf = (crypto: Crypto, fulfillment: Uint8Array): Eventually<Uint8Array> =>
	crypto.sha256(fulfillment);
