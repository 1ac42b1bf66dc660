import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { isValidAddress } from './address.ts';
import { base32, childAddress, ownAddress } from './own-address.ts';

const KEY = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

describe('base32', () => {
	/** RFC 4648 section 10, in lower case and without padding. */
	it.each([
		['', ''],
		['f', 'my'],
		['fo', 'mzxq'],
		['foo', 'mzxw6'],
		['foob', 'mzxw6yq'],
		['fooba', 'mzxw6ytb'],
		['foobar', 'mzxw6ytboi']
	])('writes %j as %j', (text, expected) => {
		expect(base32(utf8(text))).toBe(expected);
	});
});

describe('addresses', () => {
	it('of a routing node are the hash of its key, on the network it is on', async () => {
		const test = await ownAddress(nobleCrypto, 'test', KEY);
		expect(test).toMatch(/^test\.btp-nips\.h[a-z2-7]{26}$/);
		expect(await ownAddress(nobleCrypto, 'live', KEY)).toBe(test.replace('test', 'g'));
		expect(isValidAddress(test)).toBe(true);
	});

	it('of a child are the same at every connection, below the parent, and another for another device', async () => {
		const parent = await ownAddress(nobleCrypto, 'test', KEY);
		const child = await childAddress(nobleCrypto, parent, KEY);
		expect(await childAddress(nobleCrypto, parent, KEY)).toBe(child);
		expect(child.startsWith(`${parent}.`)).toBe(true);
		expect(await childAddress(nobleCrypto, parent, KEY.replace('79', '78'))).not.toBe(child);
	});
});
