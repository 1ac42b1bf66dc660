import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { describeCrypto } from '../../src/lib/peer/testing/crypto-conformance.ts';
import { nodeCrypto } from './node-crypto.ts';
import { loadSecp256k1 } from './wasm-secp256k1.ts';

const wasm = loadSecp256k1();

describeCrypto('node:crypto', nodeCrypto);
if (wasm) describeCrypto('noble with WebAssembly', { ...nobleCrypto, ...wasm });

it('finds the WebAssembly that is installed beside it', () => {
	expect(wasm).toBeDefined();
	expect(nodeCrypto.schnorrVerify).not.toBe(nobleCrypto.schnorrVerify);
	expect(nodeCrypto.ecdsaRecover).not.toBe(nobleCrypto.ecdsaRecover);
});

it('does without WebAssembly that is not there, or is another', () => {
	expect(loadSecp256k1(new URL('not-there.wasm', import.meta.url))).toBe(undefined);
	expect(loadSecp256k1(new URL(import.meta.url))).toBe(undefined);
});

it('refuses secrets that are none, as noble does', () => {
	const bytes32 = new Uint8Array(32);
	for (const crypto of [nodeCrypto, nobleCrypto])
		for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)]) {
			expect(() => crypto.schnorrPublicKey(secret)).toThrow();
			expect(() => crypto.schnorrSign(secret, bytes32, bytes32)).toThrow();
			expect(() => crypto.ecdsaSign(secret, bytes32)).toThrow();
		}
});

it('signs and finds signers as noble does, and refuses what noble refuses', () => {
	const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
		fc.uint8Array({ minLength: length, maxLength: length });
	fc.assert(
		fc.property(bytes(32), bytes(32), fc.nat(64), fc.nat(255), (seed, digest, at, byte) => {
			const secret = nobleCrypto.sha256(seed);
			const signature = nodeCrypto.ecdsaSign(secret, digest);
			expect(signature).toEqual(nobleCrypto.ecdsaSign(secret, digest));
			expect(nodeCrypto.ecdsaRecover(digest, signature)).toEqual(nodeCrypto.evmAddress(secret));
			signature[at] = byte;
			expect(nodeCrypto.ecdsaRecover(digest, signature)).toEqual(nobleCrypto.ecdsaRecover(digest, signature));
		}),
		{ numRuns: 300 }
	);
});

it('is none the worse for twenty thousand keys and signatures that are none', () => {
	const secret = new Uint8Array(32).fill(5);
	const message = new Uint8Array(32).fill(6);
	const key = nodeCrypto.schnorrPublicKey(secret);
	const signature = nodeCrypto.schnorrSign(secret, message, new Uint8Array(32));
	const beyond = new Uint8Array(65).fill(0xff);
	beyond[64] = 27;
	// No point has this x (BIP-340's own example of one that is not on the curve).
	const noKey = new Uint8Array(
		Buffer.from('eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34', 'hex')
	);
	const zero = new Uint8Array(32);
	for (let n = 0; n < 20_000; n += 1) {
		for (const none of [noKey, zero])
			if (nodeCrypto.schnorrVerify(none, message, signature)) expect.fail('a key that is none');
		if (nodeCrypto.ecdsaRecover(message, beyond) !== undefined) expect.fail('a signature that is none');
	}
	expect(nodeCrypto.schnorrVerify(key, message, signature)).toBe(true);
});
