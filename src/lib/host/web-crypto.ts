/**
 * The crypto port in a browser: WebCrypto where it is faster, noble for the rest. Measured in Chromium,
 * WebCrypto answers in a few microseconds, so AES-GCM always goes there (ten times faster than
 * JavaScript at any size) and hashing from a few blocks on. Curves stay with noble: browsers differ in
 * X25519, and none has BIP-340 or ECDSA recovery.
 *
 * As with any asynchronous reader, bytes handed in must not change before the answer has come.
 */
import { bytesEqual } from '../peer/bytes.ts';
import { assertAesGcm, nobleCrypto } from '../peer/crypto/noble-crypto.ts';
import { AES_GCM_TAG_LENGTH, joinTag, splitTag } from '../peer/crypto/sealed.ts';
import type { Crypto, Eventually } from '../peer/platform.ts';

/** Bytes from which WebCrypto hashes; below, JavaScript is done before a promise could be. */
const HASH_FROM = 256;

// Named through the value, because hosts without a DOM know these types by other names.
type Subtle = typeof crypto.subtle;
type Key = Awaited<ReturnType<Subtle['importKey']>>;

/** `hashFrom` is for tests: 0 sends everything that WebCrypto can do to it. */
export const createWebCrypto = (subtle: Subtle = crypto.subtle, hashFrom = HASH_FROM): Crypto => {
	const hmacKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
	);
	const aesKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
	);

	return {
		...nobleCrypto,

		sha256: (data) => {
			if (data.length < hashFrom) return nobleCrypto.sha256(data);
			return subtle.digest('SHA-256', view(data)).then(toBytes);
		},

		hmacSha256: (key, data) => {
			// WebCrypto imports no empty HMAC key.
			if (data.length < hashFrom || key.length === 0) return nobleCrypto.hmacSha256(key, data);
			return withKey(hmacKey(key), (imported) => subtle.sign('HMAC', imported, view(data))).then(toBytes);
		},

		aesGcmSeal: (key, nonce, plaintext) => {
			assertAesGcm(key, nonce);
			const iv = view(nonce);
			return withKey(aesKey(key), (imported) =>
				subtle.encrypt({ name: 'AES-GCM', iv }, imported, view(plaintext))
			).then((sealed) => splitTag(toBytes(sealed)));
		},

		aesGcmOpen: (key, nonce, sealed) => {
			assertAesGcm(key, nonce);
			if (sealed.tag.length !== AES_GCM_TAG_LENGTH) return undefined;
			const iv = view(nonce);
			const joined = joinTag(sealed);
			return withKey(aesKey(key), (imported) =>
				subtle.decrypt({ name: 'AES-GCM', iv }, imported, view(joined))
			).then(toBytes, authenticationFailed);
		}
	};
};

type ImportKey = (bytes: Parameters<Subtle['digest']>[1]) => Promise<Key>;

/**
 * Importing a key costs as much as using it once, so the last import of a key array lives as long as
 * the array does. The copy notices an array that was filled with another key since.
 */
const importedKeys = (importKey: ImportKey): ((key: Uint8Array) => Eventually<Key>) => {
	const imported = new WeakMap<Uint8Array, { readonly copy: Uint8Array; key: Eventually<Key> }>();
	return (bytes) => {
		const known = imported.get(bytes);
		if (known && bytesEqual(known.copy, bytes)) return known.key;
		const copy = new Uint8Array(bytes);
		const importing = importKey(copy);
		const entry = { copy, key: importing as Eventually<Key> };
		imported.set(bytes, entry);
		// Whoever comes later need not wait, not even for a promise.
		return importing.then((key) => (entry.key = key));
	};
};

const withKey = (key: Eventually<Key>, use: (key: Key) => Promise<ArrayBuffer>): Promise<ArrayBuffer> =>
	key instanceof Promise ? key.then(use) : use(key);

/** WebCrypto's types exclude shared memory, which nothing here ever is. */
const view = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

const toBytes = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);

/** WebCrypto's only way to say that the tag does not match is an OperationError. */
const authenticationFailed = (error: unknown): undefined => {
	if (error instanceof DOMException && error.name === 'OperationError') return undefined;
	throw error;
};
