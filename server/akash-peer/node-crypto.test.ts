import { expect, it } from 'vitest';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { createWasmSchnorr, withSchnorr } from '../../src/lib/peer/crypto/wasm-schnorr.ts';
import { describeCrypto } from '../../src/lib/peer/testing/crypto-conformance.ts';
import { loadWasmSchnorr, nodeCrypto } from './node-crypto.ts';

const wasm = loadWasmSchnorr();

describeCrypto('node:crypto', nodeCrypto);
if (wasm) describeCrypto('noble with WebAssembly', withSchnorr(nobleCrypto, wasm));

it('finds the WebAssembly that is installed beside it', () => {
	expect(wasm).toBeDefined();
	expect(nodeCrypto.schnorrVerify).not.toBe(nobleCrypto.schnorrVerify);
});

it('notices another build of the WebAssembly', () => {
	expect(() => createWasmSchnorr(() => ({ memory: {} }))).toThrow('nostr-wasm');
});

it('refuses secrets that are none, as noble does', () => {
	for (const crypto of [nodeCrypto, nobleCrypto])
		for (const secret of [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(31).fill(1)]) {
			expect(() => crypto.schnorrPublicKey(secret)).toThrow();
			expect(() => crypto.schnorrSign(secret, new Uint8Array(32), new Uint8Array(32))).toThrow();
		}
});
