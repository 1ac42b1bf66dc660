/**
 * Crypto for simulations: right answers at seeded times. A browser's WebCrypto answers later and in
 * any order, node:crypto at once; code that works with both orders of every pair of answers works
 * with either host. Operations started together complete in an order the seed decides.
 */
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Clock, Crypto } from '../platform.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface SimulatedCryptoOptions {
	readonly clock: Clock;
	readonly random: SeededRandom;
	/** `sync`: every answer at once, as a value. */
	readonly mode: 'sync' | 'async';
	/** The longest an answer takes, in milliseconds. */
	readonly longestMs?: number;
}

export const createSimulatedCrypto = ({
	clock,
	random,
	mode,
	longestMs = 3
}: SimulatedCryptoOptions): Crypto => {
	if (mode === 'sync') return nobleCrypto;

	/** The answer is known at once (so inputs may be reused by the caller) and told later. */
	const later =
		<A extends readonly unknown[], R>(operation: (...inputs: A) => R | Promise<R>) =>
		(...inputs: A): Promise<R> => {
			const answer = operation(...inputs);
			const delay = random.int(longestMs + 1);
			return new Promise((resolve) => clock.after(delay, () => resolve(answer)));
		};

	return {
		sha256: later(nobleCrypto.sha256),
		hmacSha256: later(nobleCrypto.hmacSha256),
		aesGcmSeal: later(nobleCrypto.aesGcmSeal),
		aesGcmOpen: later(nobleCrypto.aesGcmOpen),
		x25519PublicKey: later(nobleCrypto.x25519PublicKey),
		x25519: later(nobleCrypto.x25519),
		schnorrPublicKey: later(nobleCrypto.schnorrPublicKey),
		schnorrSign: later(nobleCrypto.schnorrSign),
		schnorrVerify: later(nobleCrypto.schnorrVerify),
		schnorrVerifyMany: later(nobleCrypto.schnorrVerifyMany),
		ecdsaSign: later(nobleCrypto.ecdsaSign),
		ecdsaRecover: later(nobleCrypto.ecdsaRecover),
		evmAddress: later(nobleCrypto.evmAddress)
	};
};
