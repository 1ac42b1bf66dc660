/**
 * The crypto port in a browser: WebCrypto where it is faster, noble for the rest. WebCrypto's answers
 * come from another thread, and the way there and back costs more than hashing or sealing a short
 * message in JavaScript; the thresholds say from what length it pays. Curves stay with noble: browsers
 * differ in X25519, and none has BIP-340 or ECDSA recovery.
 *
 * As with any asynchronous reader, bytes handed in must not change before the answer has come.
 */
import { bytesEqual } from '../peer/bytes.ts';
import { AES_GCM_TAG_LENGTH, assertAesGcm, nobleCrypto } from '../peer/crypto/noble-crypto.ts';
import type { Crypto } from '../peer/platform.ts';

/** Bytes from which WebCrypto is used. Tests pass 0 to use it for everything. */
export interface WebCryptoThresholds {
	readonly hash: number;
	readonly aesGcm: number;
}

const DEFAULT_THRESHOLDS: WebCryptoThresholds = { hash: 8_192, aesGcm: 2_048 };

export const createWebCrypto = (
	subtle: SubtleCrypto = crypto.subtle,
	thresholds: WebCryptoThresholds = DEFAULT_THRESHOLDS
): Crypto => {
	const hmacKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
	);
	const aesKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
	);

	return {
		...nobleCrypto,

		sha256: (data) => {
			if (data.length < thresholds.hash) return nobleCrypto.sha256(data);
			return subtle.digest('SHA-256', view(data)).then(toBytes);
		},

		hmacSha256: (key, data) => {
			// WebCrypto imports no empty HMAC key.
			if (data.length < thresholds.hash || key.length === 0) return nobleCrypto.hmacSha256(key, data);
			return hmacKey(key)
				.then((imported) => subtle.sign('HMAC', imported, view(data)))
				.then(toBytes);
		},

		aesGcmSeal: (key, nonce, plaintext) => {
			if (plaintext.length < thresholds.aesGcm) return nobleCrypto.aesGcmSeal(key, nonce, plaintext);
			assertAesGcm(key, nonce);
			const iv = view(nonce);
			return aesKey(key)
				.then((imported) => subtle.encrypt({ name: 'AES-GCM', iv }, imported, view(plaintext)))
				.then(toBytes);
		},

		aesGcmOpen: (key, nonce, sealed) => {
			if (sealed.length < Math.max(thresholds.aesGcm, AES_GCM_TAG_LENGTH))
				return nobleCrypto.aesGcmOpen(key, nonce, sealed);
			assertAesGcm(key, nonce);
			const iv = view(nonce);
			return aesKey(key)
				.then((imported) => subtle.decrypt({ name: 'AES-GCM', iv }, imported, view(sealed)))
				.then(toBytes, authenticationFailed);
		}
	};
};

type ImportKey = (bytes: BufferSource) => Promise<CryptoKey>;

/**
 * Importing a key costs as much as using it once, so the last import of a key array lives as long as
 * the array does. The copy notices an array that was filled with another key since.
 */
const importedKeys = (importKey: ImportKey): ((key: Uint8Array) => Promise<CryptoKey>) => {
	const imported = new WeakMap<Uint8Array, { readonly copy: Uint8Array; readonly key: Promise<CryptoKey> }>();
	return (bytes) => {
		const known = imported.get(bytes);
		if (known && bytesEqual(known.copy, bytes)) return known.key;
		const copy = new Uint8Array(bytes);
		const key = importKey(copy);
		imported.set(bytes, { copy, key });
		return key;
	};
};

/** WebCrypto's types exclude shared memory, which nothing here ever is. */
const view = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

const toBytes = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);

/** WebCrypto's only way to say that the tag does not match is an OperationError. */
const authenticationFailed = (error: unknown): undefined => {
	if (error instanceof DOMException && error.name === 'OperationError') return undefined;
	throw error;
};
