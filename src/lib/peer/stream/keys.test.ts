import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { LIMITS } from '../limits.ts';
import {
	conditionOf,
	deriveStreamKeys,
	fulfillmentOf,
	MAX_STREAM_PLAINTEXT,
	openPacket,
	sealPacket,
	STREAM_OVERHEAD
} from './keys.ts';

const IV = new Uint8Array(12).fill(3);
const keysOf = (byte: number) => deriveStreamKeys(nobleCrypto, new Uint8Array(32).fill(byte));

describe('a sealed STREAM packet', () => {
	it('opens with the same secret and no other', async () => {
		const plaintext = Uint8Array.of(1, 2, 3);
		const data = await sealPacket(nobleCrypto, await keysOf(1), IV, plaintext);
		expect(data.length).toBe(plaintext.length + STREAM_OVERHEAD);
		expect(await openPacket(nobleCrypto, await keysOf(1), data)).toEqual(plaintext);
		expect(await openPacket(nobleCrypto, await keysOf(2), data)).toBeUndefined();
	});

	it('does not open when any byte was changed, or when it is too short to be one', async () => {
		const keys = await keysOf(1);
		const data = await sealPacket(nobleCrypto, keys, IV, Uint8Array.of(1, 2, 3));
		for (let at = 0; at < data.length; at++) {
			const changed = data.slice();
			changed[at] = (changed[at] as number) ^ 0x80;
			expect(await openPacket(nobleCrypto, keys, changed)).toBeUndefined();
		}
		for (const length of [0, 12, 27, 28])
			expect(await openPacket(nobleCrypto, keys, data.subarray(0, length))).toBeUndefined();
	});

	it('fills the data of an ILP packet exactly at its largest', async () => {
		const keys = await keysOf(1);
		const data = await sealPacket(nobleCrypto, keys, IV, new Uint8Array(MAX_STREAM_PLAINTEXT));
		expect(data.length).toBe(LIMITS.ilpDataBytes);
		expect(() => sealPacket(nobleCrypto, keys, IV, new Uint8Array(MAX_STREAM_PLAINTEXT + 1))).toThrow();
		expect(() => sealPacket(nobleCrypto, keys, IV.subarray(1), new Uint8Array(1))).toThrow();
	});

	it('is fulfilled by the secret alone, and only with the data that was sealed', async () => {
		const keys = await keysOf(1);
		const data = await sealPacket(nobleCrypto, keys, IV, Uint8Array.of(1, 2, 3));
		const condition = await conditionOf(nobleCrypto, await fulfillmentOf(nobleCrypto, keys, data));
		const fromOtherSecret = await fulfillmentOf(nobleCrypto, await keysOf(2), data);
		const fromOtherData = await fulfillmentOf(nobleCrypto, keys, data.subarray(1));
		expect(await conditionOf(nobleCrypto, fromOtherSecret)).not.toEqual(condition);
		expect(await conditionOf(nobleCrypto, fromOtherData)).not.toEqual(condition);
	});
});
