/**
 * The keys of one embodiment (a browser profile, a twin). Each does one thing, so that losing one
 * loses no more than that:
 *
 * | key | curve | signs | if stolen |
 * |---|---|---|---|
 * | nostr | secp256k1, BIP-340 | events of the person | the identity; may live in a signer instead, then absent here |
 * | device | secp256k1, BIP-340 | links (NIP-98), our own AUTH | links in the owner's name until the delegation ends |
 * | claim | secp256k1, ECDSA | payment claims of this device's channels | the deposits of those channels, to their payees only |
 * | account | secp256k1, ECDSA | transactions and payee proofs of a host that pays its own gas | what the account holds |
 * | stream | X25519 | nothing; opens sessions (stream/token.ts) | sessions of at most its week |
 *
 * A wallet that a person connects is none of these and never gives its key.
 */
import { bytesToHex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { Crypto, Random } from '../platform.ts';
import { streamKeyId } from '../stream/token.ts';

/** 32-byte secrets. */
export interface Keys {
	/** `undefined` when the person's key stays with an extension or a remote signer. */
	readonly nostr: Uint8Array | undefined;
	readonly device: Uint8Array;
	readonly claim: Uint8Array;
	/** The chain account of this host: gas, payouts received. A guest whose wallet does both never uses it. */
	readonly account: Uint8Array;
}

export interface StreamKey {
	readonly secret: Uint8Array;
	readonly publicKey: Uint8Array;
	/** First 4 bytes of SHA-256 of `publicKey`. */
	readonly id: Uint8Array;
	/** Unix seconds; a session opened later finds nobody. */
	readonly notAfter: number;
}

/** Order of secp256k1 (SEC 2): a secret is 1 … n − 1. */
const SECP256K1_ORDER = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;

/** Whether 32 bytes can be a secp256k1 secret: all but a 2^-128 part of them. */
export const isSecret = (bytes: Uint8Array): boolean => {
	if (bytes.length !== 32) return false;
	const value = BigInt(`0x${bytesToHex(bytes)}`);
	return value > 0n && value < SECP256K1_ORDER;
};

const createSecret = (random: Random): Uint8Array => {
	for (;;) {
		const secret = random.bytes(32);
		if (isSecret(secret)) return secret;
	}
};

/** Fresh keys for everything, the person's included. */
export const createKeys = (random: Random): Keys => ({
	nostr: createSecret(random),
	device: createSecret(random),
	claim: createSecret(random),
	account: createSecret(random)
});

/** A stream key that lives as long as one may (a week) from `now` (Unix ms), or until `notAfter` (Unix s). */
export const createStreamKey = async (
	crypto: Crypto,
	random: Random,
	now: number,
	notAfter: number = Math.floor((now + LIMITS.streamKeyMs) / 1000)
): Promise<StreamKey> => {
	const secret = random.bytes(32);
	const publicKey = await crypto.x25519PublicKey(secret);
	return { secret, publicKey, id: await streamKeyId(crypto, publicKey), notAfter };
};

/** Lower-case hex of the BIP-340 public key: how people and devices are named. */
export const pubkeyOf = async (crypto: Crypto, secret: Uint8Array): Promise<string> =>
	bytesToHex(await crypto.schnorrPublicKey(secret));
