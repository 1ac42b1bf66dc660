/**
 * BIP-340 and recoverable ECDSA by libsecp256k1 in WebAssembly: the binary that the package tiny-secp256k1 carries (it is
 * Bitcoin Core's library behind Rust's bindings), spoken to directly, because the package answers a key that is none by an exception
 * out of the WebAssembly, and each of those leaves a piece of its stack behind. Here nothing gets in that would make it throw.
 *
 * At verifying four to eight times as fast as JavaScript, two to four times as fast as JavaScript with a table for a key it
 * has seen (schnorr-verify.ts), at recovering the signer of a claim six times.
 *
 * Its tables make it a megabyte, so it is a node's; a browser has noble.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { addressOf, type SyncCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';

export type Secp256k1 = Pick<
	SyncCrypto,
	'schnorrPublicKey' | 'schnorrSign' | 'schnorrVerify' | 'schnorrVerifyMany' | 'ecdsaSign' | 'ecdsaRecover'
>;

/** Where an argument is written, or an answer is, in the memory. */
interface Place {
	readonly value: number;
}

/** What is used of the binary. Everything goes in and comes out by places of fixed length. */
interface Exports {
	readonly memory: { readonly buffer: ArrayBuffer };
	/** 32 bytes. */
	readonly PRIVATE_INPUT: Place;
	/** 65 bytes. */
	readonly PUBLIC_KEY_INPUT: Place;
	/** 32 bytes. */
	readonly X_ONLY_PUBLIC_KEY_INPUT: Place;
	/** 32 bytes. */
	readonly HASH_INPUT: Place;
	/** 32 bytes: auxiliary randomness. */
	readonly EXTRA_DATA_INPUT: Place;
	/** 64 bytes. */
	readonly SIGNATURE_INPUT: Place;
	/** Whether the first bytes of PUBLIC_KEY_INPUT are a point, 1 or 0; of 32 bytes: an x-only one. */
	readonly isPoint: (bytes: number) => number;
	/** PRIVATE_INPUT to X_ONLY_PUBLIC_KEY_INPUT. */
	readonly xOnlyPointFromScalar: () => void;
	/** HASH_INPUT, PRIVATE_INPUT and EXTRA_DATA_INPUT to SIGNATURE_INPUT. */
	readonly signSchnorr: (hasExtraData: 1) => void;
	/** SIGNATURE_INPUT, HASH_INPUT, X_ONLY_PUBLIC_KEY_INPUT: 1 or 0. Throws when the last is no point. */
	readonly verifySchnorr: () => number;
	/** HASH_INPUT and PRIVATE_INPUT to SIGNATURE_INPUT (RFC 6979, low s); answers the recovery id. */
	readonly signRecoverable: (hasExtraData: 0) => number;
	/** HASH_INPUT and SIGNATURE_INPUT to PUBLIC_KEY_INPUT: 1 or 0. Throws when r or s is not below the order. */
	readonly recover: (bytes: number, recoveryId: number) => number;
}

/** What is used of a global that Node has and its types leave out. */
interface SyncWebAssembly {
	readonly Module: new (bytes: Uint8Array) => object;
	readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const SECRET_BYTES = 32;
const UNCOMPRESSED_BYTES = 65;
/** The order of the curve, and half of it: a signature with a greater s is not taken (BIP-62). */
const ORDER = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex');
const HALF_ORDER = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');
const ZERO = Buffer.alloc(32);

const isWithin = (number: Uint8Array, below: Buffer): boolean =>
	Buffer.compare(number, ZERO) > 0 && Buffer.compare(number, below) < 0;

/** Undefined where its file is not (a bundle without node_modules) or is none of tiny-secp256k1 2.2.4. */
export const loadSecp256k1 = (
	file = new URL('secp256k1.wasm', import.meta.resolve('tiny-secp256k1'))
): Secp256k1 | undefined => {
	try {
		const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: SyncWebAssembly })
			.WebAssembly;
		const { exports } = new Instance(new Module(readFileSync(file)), {
			// To blind the multiplications that a secret takes part in.
			'./rand.js': { generateInt32: () => randomInt(-(2 ** 31), 2 ** 31) },
			'./validate_error.js': {
				throwError: (code: number) => {
					throw new Error(`libsecp256k1 gave up (${code})`);
				}
			}
		});
		return createSecp256k1(exports as Exports);
	} catch {
		return undefined;
	}
};

const createSecp256k1 = (library: Exports): Secp256k1 => {
	const memory = new Uint8Array(library.memory.buffer);
	const place = ({ value }: Place, bytes: number): Uint8Array => memory.subarray(value, value + bytes);
	const secretPlace = place(library.PRIVATE_INPUT, SECRET_BYTES);
	const publicKey = place(library.PUBLIC_KEY_INPUT, UNCOMPRESSED_BYTES);
	const xOnly = place(library.X_ONLY_PUBLIC_KEY_INPUT, 32);
	const message = place(library.HASH_INPUT, 32);
	const aux = place(library.EXTRA_DATA_INPUT, 32);
	const signature = place(library.SIGNATURE_INPUT, 64);

	const withSecret = <T>(secret: Uint8Array, use: () => T): T => {
		if (secret.length !== SECRET_BYTES) throw new Error(`secret of ${secret.length} bytes, not 32`);
		if (!isWithin(secret, ORDER)) throw new Error('secret of zero or beyond the order');
		try {
			secretPlace.set(secret);
			return use();
		} finally {
			secretPlace.fill(0);
		}
	};
	const setMessage = (bytes: Uint8Array): void => {
		if (bytes.length !== 32) throw new Error(`message of ${bytes.length} bytes, not 32`);
		message.set(bytes);
	};

	/** Notes come by author: the last key that was a point need not be looked at again, which takes a twelfth of a check. */
	let lastPoint: Buffer | undefined;
	const isPoint = (key: Uint8Array): boolean => {
		if (lastPoint?.equals(key)) return true;
		publicKey.set(key);
		if (library.isPoint(32) !== 1) return false;
		lastPoint = Buffer.from(key);
		return true;
	};

	const schnorrVerify: Secp256k1['schnorrVerify'] = (publicKey32, message32, signature64) => {
		if (publicKey32.length !== 32 || message32.length !== 32 || signature64.length !== 64) return false;
		if (!isPoint(publicKey32)) return false;
		xOnly.set(publicKey32);
		message.set(message32);
		signature.set(signature64);
		return library.verifySchnorr() === 1;
	};

	return {
		schnorrPublicKey: (secret) =>
			withSecret(secret, () => {
				library.xOnlyPointFromScalar();
				return xOnly.slice();
			}),

		schnorrSign: (secret, message32, aux32) => {
			if (aux32.length !== 32) throw new Error(`auxiliary bytes: ${aux32.length}, not 32`);
			return withSecret(secret, () => {
				setMessage(message32);
				aux.set(aux32);
				library.signSchnorr(1);
				return signature.slice();
			});
		},

		schnorrVerify,

		schnorrVerifyMany: (checks) =>
			checks.map((check) => schnorrVerify(check.publicKey32, check.message32, check.signature64)),

		ecdsaSign: (secret, digest32) =>
			withSecret(secret, () => {
				setMessage(digest32);
				const recoveryId = library.signRecoverable(0);
				const signed = new Uint8Array(65);
				signed.set(signature);
				signed[64] = 27 + recoveryId;
				return signed;
			}),

		ecdsaRecover: (digest32, signature65) => {
			const v = signature65[64];
			if (digest32.length !== 32 || signature65.length !== 65 || (v !== 27 && v !== 28)) return undefined;
			const s = signature65.subarray(32, 64);
			if (!isWithin(signature65.subarray(0, 32), ORDER) || !isWithin(s, ORDER)) return undefined;
			if (Buffer.compare(s, HALF_ORDER) > 0) return undefined;
			message.set(digest32);
			signature.set(signature65.subarray(0, 64));
			return library.recover(UNCOMPRESSED_BYTES, v - 27) === 1 ? addressOf(publicKey) : undefined;
		}
	};
};
