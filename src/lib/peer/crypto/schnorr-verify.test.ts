import { schnorr } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes.ts';
import { BIP340_VECTORS } from '../testing/vectors/bip340.ts';
import { createSchnorrVerify } from './schnorr-verify.ts';

const SECRETS = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
const AUX = new Uint8Array(32);
const message = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

/** A verifier that has its table for these keys. */
const warm = (): ReturnType<typeof createSchnorrVerify> => {
	const verify = createSchnorrVerify();
	for (const secret of SECRETS)
		for (const byte of [1, 2])
			expect(
				verify(schnorr.getPublicKey(secret), message(byte), schnorr.sign(message(byte), secret, AUX))
			).toBe(true);
	return verify;
};

const noble = (publicKey: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean =>
	schnorr.verify(signature, signed, publicKey);

describe('verifying with a table', () => {
	it('answers like noble for signatures with any byte changed', () => {
		const verify = warm();
		fc.assert(
			fc.property(
				fc.constantFrom(...SECRETS),
				fc.nat(255),
				fc.nat(63),
				fc.nat(255),
				(secret, byte, place, change) => {
					const signature = schnorr.sign(message(byte), secret, AUX);
					signature[place] = (signature[place] ?? 0) ^ change;
					const key = schnorr.getPublicKey(secret);
					expect(verify(key, message(byte), signature)).toBe(noble(key, message(byte), signature));
				}
			),
			{ numRuns: 60 }
		);
	});

	it('answers the vectors of BIP 340, before and after it has tables for their keys', () => {
		const verify = createSchnorrVerify();
		for (let round = 0; round < 3; round++)
			for (const { index, publicKey, message: signed, signature, valid } of BIP340_VECTORS) {
				let answer = false;
				try {
					answer = verify(fromHex(publicKey), fromHex(signed), fromHex(signature));
				} catch {
					// A key that is no point.
				}
				expect([index, answer]).toEqual([index, valid]);
			}
	});

	it('refuses numbers beyond the field and the group, and zero', () => {
		const verify = warm();
		const [secret] = SECRETS as [Uint8Array];
		const key = schnorr.getPublicKey(secret);
		for (const part of [new Uint8Array(32), new Uint8Array(32).fill(0xff)])
			for (const at of [0, 32]) {
				const signature = schnorr.sign(message(9), secret, AUX);
				signature.set(part, at);
				expect(verify(key, message(9), signature)).toBe(false);
			}
	});

	it('does not take one author’s signature for another’s', () => {
		const verify = warm();
		const [one, other] = SECRETS as [Uint8Array, Uint8Array];
		expect(verify(schnorr.getPublicKey(other), message(5), schnorr.sign(message(5), one, AUX))).toBe(false);
	});

	it('still answers rightly when more keys come than it remembers', () => {
		const verify = createSchnorrVerify();
		for (let round = 0; round < 3; round++)
			for (let index = 1; index <= 40; index++) {
				const secret = new Uint8Array(32).fill(index);
				expect(
					verify(schnorr.getPublicKey(secret), message(round), schnorr.sign(message(round), secret, AUX))
				).toBe(true);
			}
	});
});
