/**
 * BIP-340 by libsecp256k1 in WebAssembly: the binary that the package nostr-wasm 0.1.0 carries, spoken to
 * directly, because the package itself only checks whole events. A host compiles the binary and hands in a
 * way to make an instance; how that is done differs, and the core has no `WebAssembly`.
 *
 * Five times as fast at verifying as JavaScript, twice as fast as JavaScript with a table for a key it has
 * seen (schnorr-verify.ts), six times at signing (in Node; Chromium runs JavaScript faster). Memory is fixed at one MiB; nothing is allocated
 * after the start, and a secret is overwritten as soon as it was used.
 */
import type { Crypto } from '../platform.ts';
import type { SyncCrypto } from './noble-crypto.ts';

/** What the binary wants from its host, under the names it was linked with. */
export type Secp256k1Imports = Readonly<Record<'a', Readonly<Record<string, (...args: number[]) => number>>>>;

/** What it offers, under the names it was linked with. All pointers are offsets in its memory. */
interface Exports {
	/** Memory. */
	readonly g: { readonly buffer: ArrayBuffer };
	/** Runs its constructors. */
	readonly h: () => void;
	/** malloc(bytes) */
	readonly i: (bytes: number) => number;
	/** secp256k1_context_create(flags) */
	readonly o: (flags: number) => number;
	/** secp256k1_xonly_pubkey_parse(context, key out, 32 bytes in): 1 or 0 */
	readonly p: (context: number, key: number, bytes: number) => number;
	/** secp256k1_xonly_pubkey_serialize(context, 32 bytes out, key in) */
	readonly q: (context: number, bytes: number, key: number) => number;
	/** secp256k1_keypair_create(context, pair out, 32 bytes in): 1 or 0 */
	readonly r: (context: number, pair: number, secret: number) => number;
	/** secp256k1_keypair_xonly_pub(context, key out, parity out or 0, pair in) */
	readonly s: (context: number, key: number, parity: number, pair: number) => number;
	/** secp256k1_schnorrsig_sign32(context, 64 bytes out, 32 bytes in, pair in, 32 bytes in): 1 or 0 */
	readonly t: (context: number, signature: number, message: number, pair: number, aux: number) => number;
	/** secp256k1_schnorrsig_verify(context, 64 bytes in, message, its length, key in): 1 or 0 */
	readonly u: (context: number, signature: number, message: number, length: number, key: number) => number;
}

/** SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY */
const SIGN_AND_VERIFY = 513 | 257;
/** Bytes of the library's own forms of a key and of a key pair. */
const KEY_BYTES = 64;
const PAIR_BYTES = 96;

export type SchnorrProvider = Pick<SyncCrypto, 'schnorrPublicKey' | 'schnorrSign' | 'schnorrVerify'>;

/**
 * @param instantiate Makes an instance of the binary and answers its exports.
 * @throws Error when they are not those of nostr-wasm 0.1.0.
 */
export const createWasmSchnorr = (instantiate: (imports: Secp256k1Imports) => object): SchnorrProvider => {
	let heap = new Uint8Array();
	const never = (): never => {
		// Only a wrong argument makes the library complain, and all of them are checked here.
		throw new Error('libsecp256k1 gave up');
	};
	const library = instantiate({
		a: {
			a: never,
			b: never,
			c: never,
			d: never,
			e: never,
			f: (to = 0, from = 0, bytes = 0) => {
				heap.copyWithin(to, from, from + bytes);
				return to;
			}
		}
	}) as Exports;
	if (typeof library.u !== 'function') throw new Error('not the WebAssembly of nostr-wasm 0.1.0');
	heap = new Uint8Array(library.g.buffer);
	library.h();

	const context = library.o(SIGN_AND_VERIFY);
	const [secret, message, aux, key, signature] = [32, 32, 32, 32, 64].map((bytes) => library.i(bytes)) as [
		number,
		number,
		number,
		number,
		number
	];
	const parsedKey = library.i(KEY_BYTES);
	const pair = library.i(PAIR_BYTES);

	const withSecret = <T>(bytes: Uint8Array, use: () => T): T => {
		if (bytes.length !== 32) throw new Error(`secret of ${bytes.length} bytes, not 32`);
		try {
			heap.set(bytes, secret);
			if (library.r(context, pair, secret) !== 1) throw new Error('secret of zero or beyond the order');
			return use();
		} finally {
			heap.fill(0, secret, secret + 32);
			heap.fill(0, pair, pair + PAIR_BYTES);
		}
	};

	return {
		schnorrPublicKey: (bytes) =>
			withSecret(bytes, () => {
				library.s(context, parsedKey, 0, pair);
				library.q(context, key, parsedKey);
				return heap.slice(key, key + 32);
			}),

		schnorrSign: (bytes, message32, aux32) => {
			if (message32.length !== 32) throw new Error(`message of ${message32.length} bytes, not 32`);
			if (aux32.length !== 32) throw new Error(`auxiliary bytes: ${aux32.length}, not 32`);
			return withSecret(bytes, () => {
				heap.set(message32, message);
				heap.set(aux32, aux);
				if (library.t(context, signature, message, pair, aux) !== 1) throw new Error('no signature');
				return heap.slice(signature, signature + 64);
			});
		},

		schnorrVerify: (publicKey32, message32, signature64) => {
			if (publicKey32.length !== 32 || message32.length !== 32 || signature64.length !== 64) return false;
			heap.set(publicKey32, key);
			if (library.p(context, parsedKey, key) !== 1) return false;
			heap.set(message32, message);
			heap.set(signature64, signature);
			return library.u(context, signature, message, 32, parsedKey) === 1;
		}
	};
};

/** A provider whose BIP-340 is another's. */
export const withSchnorr = <C extends Crypto>(
	crypto: C,
	schnorr: SchnorrProvider
): C & Pick<SyncCrypto, keyof SchnorrProvider | 'schnorrVerifyMany'> => ({
	...crypto,
	...schnorr,
	schnorrVerifyMany: (checks) =>
		checks.map((check) => schnorr.schnorrVerify(check.publicKey32, check.message32, check.signature64))
});
