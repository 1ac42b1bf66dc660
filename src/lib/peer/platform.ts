/**
 * Everything a host must supply. The core reads no clock, draws no random number and opens no
 * socket by itself: whatever is uncertain enters here, so the same peer runs in a browser worker,
 * in a Node process and, on simulated ports, as a repeatable experiment.
 */
import type { Result } from './result.ts';
import type { ChainPort } from './settlement/chain.ts';
import type { SqlDriver } from './storage/sql.ts';

export interface Platform {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly sql: SqlDriver;
	/** Dials out. Hosts that also listen hand accepted sockets to `peer.acceptSocket`. */
	readonly dial: Dial;
	/** `undefined` on a host that knows no chain: links then carry only free data. */
	readonly chain: ChainPort | undefined;
	readonly log: Log;
}

/** Milliseconds. Timers may be late, never early; `cancel` after firing is harmless. */
export interface Clock {
	/** Unix time in milliseconds, as this host believes it. */
	now(): number;
	after(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

export interface Random {
	/** Cryptographically strong except in simulations. */
	bytes(length: number): Uint8Array;
}

/** A provider may answer at once (node:crypto) or later (WebCrypto); callers always `await`. */
export type Eventually<T> = T | Promise<T>;

/** A BIP-340 signature and what it should sign. */
export interface SchnorrCheck {
	readonly publicKey32: Uint8Array;
	readonly message32: Uint8Array;
	readonly signature64: Uint8Array;
}

/**
 * What AES-GCM makes. Protocols differ in where the tag goes, so it is not glued to the ciphertext here: whoever
 * sends both puts them where they belong, without a copy between.
 */
export interface Sealed {
	readonly ciphertext: Uint8Array;
	/** 16 bytes. */
	readonly tag: Uint8Array;
}

/**
 * Symmetric and curve primitives. Keys and outputs are raw bytes. Nothing here draws randomness:
 * nonces, ephemeral secrets and auxiliary bytes are handed in from {@link Random}.
 */
export interface Crypto {
	sha256(data: Uint8Array): Eventually<Uint8Array>;
	hmacSha256(key: Uint8Array, data: Uint8Array): Eventually<Uint8Array>;
	/** AES-256-GCM without additional data. */
	aesGcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Eventually<Sealed>;
	/** `undefined` when the tag does not match or is not 16 bytes. */
	aesGcmOpen(key: Uint8Array, nonce: Uint8Array, sealed: Sealed): Eventually<Uint8Array | undefined>;
	x25519PublicKey(secret: Uint8Array): Eventually<Uint8Array>;
	/** `undefined` for a point of small order (all-zero output). */
	x25519(secret: Uint8Array, publicKey: Uint8Array): Eventually<Uint8Array | undefined>;
	/** BIP-340 x-only public key of a 32-byte secret. */
	schnorrPublicKey(secret: Uint8Array): Eventually<Uint8Array>;
	schnorrSign(secret: Uint8Array, message32: Uint8Array, aux32: Uint8Array): Eventually<Uint8Array>;
	/** Never throws: anything malformed is `false`. */
	schnorrVerify(publicKey32: Uint8Array, message32: Uint8Array, signature64: Uint8Array): Eventually<boolean>;
	/**
	 * Many of them, each answer in the place of its question: a host with threads to spare checks them there.
	 * Never throws or rejects.
	 */
	schnorrVerifyMany(checks: readonly SchnorrCheck[]): Eventually<readonly boolean[]>;
	/** secp256k1 ECDSA over a digest, RFC 6979, low-s; answers r ‖ s ‖ v with v 27 or 28. */
	ecdsaSign(secret: Uint8Array, digest32: Uint8Array): Eventually<Uint8Array>;
	/** The 20-byte EVM address that signed; `undefined` for any malformed or high-s signature. */
	ecdsaRecover(digest32: Uint8Array, signature65: Uint8Array): Eventually<Uint8Array | undefined>;
	/** The 20-byte EVM address of a secret key. */
	evmAddress(secret: Uint8Array): Eventually<Uint8Array>;
}

/**
 * One message-preserving, ordered, bidirectional pipe (a WebSocket, later a WebRTC data channel).
 * `send` never throws. After `onClose` nothing more arrives.
 */
export interface Socket {
	/** Where it leads, for people and logs. */
	readonly label: string;
	/** Has taken a copy when it returns. */
	send(message: Uint8Array): void;
	/** Bytes handed to `send` and not yet taken by the network; a slow reader shows here. */
	bufferedBytes(): number;
	close(): void;
	/** Set once, right after receiving the socket; messages before that are kept for it. */
	listen(handlers: { onMessage(message: Uint8Array): void; onClose(): void }): void;
}

export type Dial = (url: string) => Promise<Result<Socket, DialError>>;
export type DialError = { readonly type: 'DialFailed'; readonly url: string; readonly reason: string };

/** Structured, low volume. Never secrets, never note contents. */
export interface Log {
	(
		level: 'debug' | 'info' | 'warn' | 'error',
		what: string,
		details?: Readonly<Record<string, unknown>>
	): void;
}
