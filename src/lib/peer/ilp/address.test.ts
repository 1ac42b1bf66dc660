import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import {
	ADDRESS_SCHEMES,
	childAddress,
	isAddressAt,
	isPeerAddress,
	isSameNetwork,
	isValidAddress,
	parseAddress,
	schemeOf
} from './address.ts';

const LONGEST = `g.${'a'.repeat(LIMITS.ilpAddressCharacters - 2)}`;

describe('an ILP address', () => {
	it.each(['g.a', 'test.hub.alice', 'test3.a', 'peer.config', 'g.A-z_0~9.b', 'private.x', 'self.x', LONGEST])(
		'may be %s',
		(text) => {
			expect(isValidAddress(text)).toBe(true);
			expect(parseAddress(text)).toEqual({ ok: true, value: text });
		}
	);

	it.each([
		['', 'unknown scheme'],
		['g', 'nothing after the scheme'],
		['test4.a', 'unknown scheme'],
		['G.a', 'unknown scheme'],
		['.g.a', 'unknown scheme'],
		['g.', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		['g.a.', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		['g..a', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		['g.a b', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		['g.ä', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		['g.a\n', 'a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -'],
		[`${LONGEST}a`, 'longer than 1023 characters']
	])('is not %j: %s', (text, reason) => {
		expect(isValidAddress(text)).toBe(false);
		expect(parseAddress(text)).toEqual({ ok: false, error: { type: 'MalformedAddress', reason } });
	});

	it('always gives a reason exactly when it is invalid', () => {
		const almostAddress = fc.stringMatching(/^(g|peer|test|test1|x)?[.a-c~ ]{0,8}$/);
		fc.assert(fc.property(almostAddress, (text) => parseAddress(text).ok === isValidAddress(text)));
	});

	it('is recognised in bytes as it is in text, wherever it lies', () => {
		const near = fc
			.tuple(
				fc.constantFrom(...ADDRESS_SCHEMES, 'x', ''),
				fc.string({ unit: fc.constantFrom('.', 'a', 'Z', '-', '~', ' ', '\0', 'é', 'ÿ'), maxLength: 8 })
			)
			.map(([scheme, rest]) => scheme + rest);
		/** Bytes that, cut to seven bits or without a zero in front, would spell a scheme. */
		const disguised = ['s\xe5st.a', '\0g.a', '\0\0\0test.a', 'test\xb2.a', `${LONGEST}a`, LONGEST];
		const agrees = (text: string): boolean => {
			const bytes = Uint8Array.from(`..${text}..`, (character) => character.charCodeAt(0));
			return isAddressAt(bytes, 2, 2 + text.length) === isValidAddress(text);
		};
		for (const text of disguised) expect([text, agrees(text)]).toEqual([text, true]);
		fc.assert(fc.property(near, agrees), { numRuns: 2_000 });
	});

	it('starts with its scheme', () => {
		for (const scheme of ADDRESS_SCHEMES) expect(schemeOf(`${scheme}.a.b`)).toBe(scheme);
		expect(isPeerAddress('peer.config')).toBe(true);
		expect(isPeerAddress('g.peer.config')).toBe(false);
		expect(isSameNetwork('test.a', 'test.b')).toBe(true);
		expect(isSameNetwork('test.a', 'test1.a')).toBe(false);
	});
});

describe('a parent', () => {
	it('gives out its own address with one segment more', () => {
		expect(childAddress('test.hub', 'alice')).toEqual({ ok: true, value: 'test.hub.alice' });
	});

	it.each(['', 'a.b', 'a b', '.'])('gives out no segment %j', (segment) => {
		expect(childAddress('test.hub', segment).ok).toBe(false);
	});

	it('gives out nothing that would be too long', () => {
		expect(childAddress(LONGEST, 'a').ok).toBe(false);
	});
});
