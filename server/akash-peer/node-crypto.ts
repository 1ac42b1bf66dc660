/**
 * The crypto port on `node:crypto`: hashing, AES-GCM and X25519 run in OpenSSL, synchronously, since
 * for packets of a few kilobytes a trip to another thread costs more than the work. OpenSSL has no
 * BIP-340 and cannot recover ECDSA signers: that is libsecp256k1's in WebAssembly (wasm-secp256k1.ts), or noble's, slower,
 * where there is none.
 * Addresses are OpenSSL's too: noble would first make a table of the curve, at every start of a node.
 */
import {
	createCipheriv,
	createDecipheriv,
	createECDH,
	createHmac,
	createPrivateKey,
	createPublicKey,
	createSecretKey,
	diffieHellman,
	hash,
	type KeyObject
} from 'node:crypto';
import {
	addressOf,
	assertAesGcm,
	nobleCrypto,
	type SyncCrypto
} from '../../src/lib/peer/crypto/noble-crypto.ts';
import { perKey } from '../../src/lib/peer/crypto/per-key.ts';
import { AES_GCM_TAG_LENGTH } from '../../src/lib/peer/crypto/sealed.ts';
import { loadSecp256k1 } from './wasm-secp256k1.ts';

/** A 32-byte X25519 key in DER (RFC 8410) is one of these and the key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export const nodeCrypto: SyncCrypto = {
	...nobleCrypto,
	...loadSecp256k1(),

	sha256: (data) => plain(hash('sha256', data, 'buffer')),

	hmacSha256: (key, data) => plain(createHmac('sha256', secretKey(key)).update(data).digest()),

	aesGcmSeal: (key, nonce, plaintext) => {
		assertAesGcm(key, nonce);
		const cipher = createCipheriv('aes-256-gcm', secretKey(key), nonce);
		const ciphertext = plain(cipher.update(plaintext));
		cipher.final();
		return { ciphertext, tag: plain(cipher.getAuthTag()) };
	},

	aesGcmOpen: (key, nonce, sealed) => {
		assertAesGcm(key, nonce);
		if (sealed.tag.length !== AES_GCM_TAG_LENGTH) return undefined;
		const decipher = createDecipheriv('aes-256-gcm', secretKey(key), nonce, {
			authTagLength: AES_GCM_TAG_LENGTH
		});
		decipher.setAuthTag(sealed.tag);
		const plaintext = plain(decipher.update(sealed.ciphertext));
		try {
			decipher.final();
		} catch {
			return undefined;
		}
		return plaintext;
	},

	x25519PublicKey: (secret) => {
		const spki = createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' });
		return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
	},

	x25519: (secret, publicKey) => {
		const ours = privateKey(secret);
		if (publicKey.length !== 32) return undefined;
		const der = Buffer.concat([SPKI_PREFIX, publicKey]);
		const theirs = createPublicKey({ key: der, format: 'der', type: 'spki' });
		try {
			return plain(diffieHellman({ privateKey: ours, publicKey: theirs }));
		} catch {
			// OpenSSL refuses to answer the all-zero secret of a point of small order.
			return undefined;
		}
	},

	evmAddress: (secret) => {
		if (secret.length !== 32) throw new Error(`secret of ${secret.length} bytes, not 32`);
		const pair = createECDH('secp256k1');
		pair.setPrivateKey(secret);
		return addressOf(plain(pair.getPublicKey()));
	}
};

/**
 * The key as an object of OpenSSL's: from bytes, Node 24 spends longer on finding out what kind of key it was given
 * (about 10 µs) than on sealing a packet with it.
 */
const secretKey = perKey((key): KeyObject => createSecretKey(key));

const privateKey = (secret: Uint8Array): KeyObject => {
	if (secret.length !== 32) throw new Error(`secret of ${secret.length} bytes, not 32`);
	return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' });
};

/** A Buffer prints and slices unlike a Uint8Array, so none leaves this file. */
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
