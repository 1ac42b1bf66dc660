import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, bytesToHex, fromHex } from '../bytes.ts';
import { unwrap } from '../result.ts';
import { cborMap, decodeCbor, encodeCbor, type CborValue } from './cbor.ts';

/** From RFC 8949, appendix A: those of its examples that this subset can say. */
const RFC_8949: readonly (readonly [string, CborValue])[] = [
	['00', 0],
	['01', 1],
	['0a', 10],
	['17', 23],
	['1818', 24],
	['1819', 25],
	['1864', 100],
	['1903e8', 1000],
	['1a000f4240', 1_000_000],
	['1b000000e8d4a51000', 1_000_000_000_000],
	['1bffffffffffffffff', 18_446_744_073_709_551_615n],
	['f4', false],
	['f5', true],
	['40', new Uint8Array()],
	['4401020304', Uint8Array.of(1, 2, 3, 4)],
	['60', ''],
	['6161', 'a'],
	['6449455446', 'IETF'],
	['62225c', '"\\'],
	['62c3bc', 'ü'],
	['63e6b0b4', '水'],
	['64f0908591', '𐅑'],
	['80', []],
	['83010203', [1, 2, 3]],
	['8301820203820405', [1, [2, 3], [4, 5]]],
	['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
	['a0', new Map()],
	[
		'a201020304',
		new Map([
			[1, 2],
			[3, 4]
		])
	],
	[
		'a26161016162820203',
		new Map<string, CborValue>([
			['a', 1],
			['b', [2, 3]]
		])
	],
	['826161a161626163', ['a', new Map([['b', 'c']])]]
];

const value = fc.letrec<{ value: CborValue; leaf: CborValue }>((tie) => ({
	leaf: fc.oneof(
		fc.maxSafeNat(),
		fc.bigInt(1n << 53n, (1n << 64n) - 1n),
		fc.boolean(),
		fc.string({ unit: 'grapheme' }),
		fc.uint8Array({ maxLength: 40 })
	),
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		tie('leaf'),
		fc.array(tie('value'), { maxLength: 5 }),
		fc
			.array(fc.tuple(fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'grapheme' })), tie('value')), {
				maxLength: 5
			})
			.map((entries) => new Map(entries))
	)
})).value;

describe('deterministic CBOR', () => {
	it.each(RFC_8949)('agrees with RFC 8949 on %s', (hex, example) => {
		expect(bytesToHex(encodeCbor(example))).toBe(hex);
		expect(unwrap(decodeCbor(fromHex(hex)))).toEqual(example);
	});

	it('sorts map keys by their encoded bytes, whatever order they were given in', () => {
		const map = new Map<number | string, CborValue>([
			['aa', 6],
			['z', 5],
			[100, 2],
			['b', 4],
			[10, 1],
			[256, 3]
		]);
		// 10, 100, 256, then "b", "z", "aa": shorter keys sort before longer ones.
		expect(bytesToHex(encodeCbor(map))).toBe(
			'a6' + '0a01' + '186402' + '19010003' + '616204' + '617a05' + '62616106'
		);
	});

	it('leaves out what is undefined', () => {
		expect(
			cborMap([
				[1, 2],
				[3, undefined]
			])
		).toEqual(new Map([[1, 2]]));
	});

	it.each([
		['', 'nothing'],
		['1817', 'an integer in two bytes that fits in one'],
		['190018', 'an integer in three bytes that fits in two'],
		['1a00000100', 'an integer in five bytes that fits in three'],
		['1b0000000000000100', 'an integer in nine bytes'],
		['1c', 'a reserved length'],
		['20', 'a negative integer'],
		['f6', 'null'],
		['f7', 'undefined'],
		['f820', 'another simple value'],
		['f93c00', 'a half float'],
		['fb3ff0000000000000', 'a double'],
		['c001', 'a tag'],
		['5f4101ff', 'indefinite bytes'],
		['7f6161ff', 'indefinite text'],
		['9f01ff', 'an indefinite array'],
		['bf0102ff', 'an indefinite map'],
		['4201', 'bytes cut off'],
		['62c3', 'text cut off'],
		['61ff', 'text that is not UTF-8'],
		['62c080', 'overlong UTF-8'],
		['8201', 'an array cut off'],
		['a101', 'a map cut off'],
		['a20100', 'half a map'],
		['a201010100', 'a key twice'],
		['a202000100', 'keys out of order'],
		['a261610000f4', 'text before integer'],
		['a1410100', 'bytes as a key'],
		['a1f400', 'a boolean as a key'],
		['a11b002000000000000000', 'a key beyond 2^53'],
		['0000', 'two values'],
		['81818181818180', 'seven arrays deep']
	])('refuses %s: %s', (hex) => {
		expect(decodeCbor(fromHex(hex))).toMatchObject({ ok: false, error: { type: 'MalformedCbor' } });
	});

	it('takes six levels and no seventh', () => {
		expect(decodeCbor(fromHex('818181818180')).ok).toBe(true);
		expect(decodeCbor(fromHex('81818181818180')).ok).toBe(false);
	});

	it('believes no length that the input cannot back', () => {
		for (const hex of [
			'9bffffffffffffffff',
			'9affffffff',
			'baffffffff',
			'5affffffff',
			'7bffffffffffffffff',
			'9903e8'
		])
			expect(decodeCbor(fromHex(hex)).ok).toBe(false);
	});

	it('refuses to write what it could not read', () => {
		for (const bad of [-1, 1.5, NaN, 2 ** 53, -1n, 1n << 64n, '\ud800', [['\udc00']]] as CborValue[])
			expect(() => encodeCbor(bad)).toThrow();
	});

	it('gives back every value it wrote', () => {
		fc.assert(
			fc.property(value, (any) => {
				expect(decodeCbor(encodeCbor(any), 99)).toEqual({ ok: true, value: any });
			})
		);
	});

	it('survives any bytes, and what it accepts has no other spelling', () => {
		const mutated = fc.tuple(value, fc.nat(), fc.nat(255)).map(([any, at, byte]) => {
			const bytes = encodeCbor(any);
			bytes[at % bytes.length] = byte;
			return bytes;
		});
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated), (bytes) => {
				const decoded = decodeCbor(bytes, 99);
				if (decoded.ok) expect(bytesEqual(encodeCbor(decoded.value), bytes)).toBe(true);
			}),
			{ numRuns: 2_000 }
		);
	});
});
