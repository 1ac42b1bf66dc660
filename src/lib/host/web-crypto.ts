/**
 * The crypto port in a browser. What is short is done here and now (crypto/short-packets.ts); the rest goes to
 * WebCrypto, which answers in three to seven microseconds, whatever the length. Curves stay with noble: browsers differ
 * in X25519, and none has BIP-340 or ECDSA recovery.
 *
 * As with any asynchronous reader, bytes handed in must not change before the answer has come.
 */
import { assertAesGcm, nobleCrypto } from '../peer/crypto/noble-crypto.ts';
import { perKey } from '../peer/crypto/per-key.ts';
import { AES_GCM_TAG_LENGTH, joinTag, splitTag } from '../peer/crypto/sealed.ts';
import { withShortPackets, type ShortPackets } from '../peer/crypto/short-packets.ts';
import type { Crypto, Eventually } from '../peer/platform.ts';

/** Where both take equally long in Chromium. */
const FROM: ShortPackets = { hashFrom: 512, cipherFrom: 160 };

// Named through the value, because hosts without a DOM know these types by other names.
type Subtle = typeof crypto.subtle;
type Key = Awaited<ReturnType<Subtle['importKey']>>;

/** `from` is for tests: zeros send everything that WebCrypto can do to it. */
export const createWebCrypto = (subtle: Subtle = crypto.subtle, from = FROM): Crypto => {
	const hmacKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
	);
	const aesKey = importedKeys((bytes) =>
		subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
	);

	const provider: Crypto = {
		...nobleCrypto,

		sha256: (data) => subtle.digest('SHA-256', view(data)).then(toBytes),

		hmacSha256: (key, data) => {
			// WebCrypto imports no empty HMAC key.
			if (key.length === 0) return nobleCrypto.hmacSha256(key, data);
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
	return withShortPackets(provider, from);
};

type ImportKey = (bytes: Parameters<Subtle['digest']>[1]) => Promise<Key>;

/** Importing a key costs as much as using it once. */
const importedKeys = (importKey: ImportKey): ((key: Uint8Array) => Eventually<Key>) => {
	const entryOf = perKey((key) => {
		const importing = importKey(view(key));
		const entry: { key: Eventually<Key> } = { key: importing };
		// Whoever comes later need not wait, not even for a promise.
		entry.key = importing.then((imported) => (entry.key = imported));
		return entry;
	});
	return (bytes) => entryOf(bytes).key;
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
