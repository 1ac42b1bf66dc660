import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex, utf8, utf8Encode } from '../bytes.ts';
import {
	formatTimestamp,
	OerReader,
	OerWriter,
	parseTimestamp,
	sizeOfLength,
	sizeOfVar,
	sizeOfVarUInt,
	U64_MAX,
	utf8Length
} from './oer.ts';
import { OER_LENGTHS, OER_VAR_UINTS } from './vectors/interledger.ts';

const reading = (hex: string) => new OerReader(fromHex(hex));

const written = (size: number, write: (writer: OerWriter) => void): string => {
	const writer = new OerWriter(size);
	write(writer);
	return bytesToHex(writer.finish());
};

const uint64 = fc.bigInt({ min: 0n, max: U64_MAX });

describe('VarUInt', () => {
	it.each(OER_VAR_UINTS)('%d is %s', (value, hex) => {
		expect(written(sizeOfVarUInt(value), (writer) => writer.varUInt(value))).toBe(hex);
		expect(reading(hex).varUInt()).toBe(value);
	});

	it('reads what it wrote, for every 64-bit value', () => {
		fc.assert(
			fc.property(uint64, (value) => {
				const writer = new OerWriter(sizeOfVarUInt(value));
				writer.varUInt(value);
				const reader = new OerReader(writer.finish());
				expect(reader.varUInt()).toBe(value);
				expect(reader.remaining).toBe(0);
			})
		);
	});

	it.each([
		['00', 'integer of no bytes'],
		['020001', 'integer is not in its shortest form'],
		['020080', 'integer is not in its shortest form'],
		['810101', 'length is not in its shortest form'],
		['09010000000000000000', 'integer above 64 bits'],
		['0401', '4 bytes expected, 1 left'],
		['', '1 bytes expected, 0 left']
	])('refuses %s: %s', (hex, reason) => {
		const reader = reading(hex);
		reader.varUInt();
		expect(reader.failure).toBe(reason);
	});

	it('saturates where the field may mean "no limit"', () => {
		const reader = reading('09010000000000000000' + '08ffffffffffffffff' + '0105');
		expect(reader.varUIntSaturating()).toBe(U64_MAX);
		expect(reader.varUIntSaturating()).toBe(U64_MAX);
		expect(reader.varUIntSaturating()).toBe(5n);
		expect(reader.failure).toBeUndefined();
	});

	it('refuses a number above the most that its reader can hold', () => {
		expect(reading('071fffffffffffff').varUIntNumber()).toBe(Number.MAX_SAFE_INTEGER);
		const beyond = reading('0720000000000000');
		expect(beyond.varUIntNumber()).toBe(0);
		expect(beyond.failure).toBe('9007199254740992 where at most 9007199254740991 is allowed');
	});
});

describe('a length determinant', () => {
	it.each(OER_LENGTHS)('of %d bytes is %s', (length, hex) => {
		const bytes = new Uint8Array(length).fill(7);
		const encoded = written(sizeOfVar(length), (writer) => writer.varOctets(bytes));
		expect(encoded.slice(0, 2 * sizeOfLength(length))).toBe(hex);
		expect(new OerReader(fromHex(encoded)).varOctets()).toEqual(bytes);
	});

	it.each([
		['80', 'length in 0 bytes'],
		['817f' + '00'.repeat(127), 'length is not in its shortest form'],
		['820080' + '00'.repeat(128), 'length is not in its shortest form'],
		['ff' + 'ff'.repeat(127), 'length in 127 bytes'],
		['86ffffffffffff', '281474976710655 bytes expected, 0 left'],
		['82ff', '2 bytes expected, 1 left'],
		['03aabb', '3 bytes expected, 2 left']
	])('refuses %.12s…: %s', (hex, reason) => {
		const reader = reading(hex);
		expect(reader.varOctets()).toEqual(new Uint8Array(0));
		expect(reader.failure).toBe(reason);
	});
});

describe('a reader', () => {
	it('keeps its first failure and answers empty values from then on', () => {
		const reader = reading('01');
		reader.uint32();
		const first = reader.failure;
		expect(first).toBe('4 bytes expected, 1 left');
		expect(reader.uint8()).toBe(0);
		expect(reader.uint64()).toBe(0n);
		expect(reader.fixed(3)).toEqual(new Uint8Array(3));
		expect(reader.varOctets()).toEqual(new Uint8Array(0));
		expect(reader.utf8()).toBe('');
		expect(reader.varUInt()).toBe(0n);
		expect(reader.timestamp()).toBe(0);
		expect(reader.sequence((contents) => contents.uint16())).toBe(0);
		reader.fail('later');
		expect(reader.failure).toBe(first);
		expect(reader.remaining).toBe(0);
	});

	it('fences a sequence in and skips what it does not know at its end', () => {
		const reader = reading('03aabbcc' + 'dd');
		expect(reader.sequence((contents) => [contents.uint8(), contents.remaining])).toEqual([0xaa, 2]);
		expect(reader.uint8()).toBe(0xdd);
		expect(reader.failure).toBeUndefined();
	});

	it('does not read out of a sequence into what follows it', () => {
		const reader = reading('01aa' + 'bbcc');
		reader.sequence((contents) => contents.uint16());
		expect(reader.failure).toBe('2 bytes expected, 1 left');
	});

	it('refuses a count that the bytes cannot hold before anybody allocates for it', () => {
		const reader = reading('04ffffffff' + '0000');
		expect(reader.count(2)).toBe(0);
		expect(reader.failure).toBe('4294967295 elements do not fit 2 bytes');
	});

	it('refuses text that is not what it should be', () => {
		const notUtf8 = reading('02c328');
		expect(notUtf8.utf8()).toBe('');
		expect(notUtf8.failure).toBe('not UTF-8');
		const notAscii = reading('02c3a9');
		expect(notAscii.ia5()).toBe('');
		expect(notAscii.failure).toBe('not ASCII');
	});

	it('hands out views, not copies', () => {
		const bytes = fromHex('02aabb');
		const view = new OerReader(bytes).varOctets();
		bytes[1] = 0x11;
		expect(view[0]).toBe(0x11);
	});

	it('answers something for any bytes, and never throws', () => {
		const reads: ((reader: OerReader) => unknown)[] = [
			(reader) => reader.uint8(),
			(reader) => reader.uint16(),
			(reader) => reader.uint32(),
			(reader) => reader.uint64(),
			(reader) => reader.fixed(5),
			(reader) => reader.varOctets(),
			(reader) => reader.ia5(),
			(reader) => reader.utf8(),
			(reader) => reader.varUInt(),
			(reader) => reader.varUIntSaturating(),
			(reader) => reader.varUIntNumber(),
			(reader) => reader.count(3),
			(reader) => reader.timestamp(),
			(reader) => reader.sequence((contents) => contents.varOctets())
		];
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(reads.length - 1)), (bytes, order) => {
				const reader = new OerReader(bytes);
				for (const i of order) reads[i]?.(reader);
				expect(reader.offset).toBeLessThanOrEqual(bytes.length);
			})
		);
	});
});

describe('a writer', () => {
	it('writes every kind of field', () => {
		const hex = written(1 + 2 + 4 + 8 + 2 + 3 + 3 + 2, (writer) => {
			writer.uint8(1);
			writer.uint16(0x0203);
			writer.uint32(0xfffffffe);
			writer.uint64(0x0102030405060708n);
			writer.fixed(Uint8Array.of(9, 9));
			writer.ia5('hi');
			writer.utf8('é');
			writer.count(3);
		});
		expect(hex).toBe('010203fffffffe01020304050607080909' + '026869' + '02c3a9' + '0103');
	});

	it.each<[string, (writer: OerWriter) => void]>([
		['a byte of 256', (writer) => writer.uint8(256)],
		['a negative number', (writer) => writer.uint8(-1)],
		['a fraction', (writer) => writer.uint16(1.5)],
		['more than 64 bits', (writer) => writer.uint64(U64_MAX + 1n)],
		['a negative bigint', (writer) => writer.varUInt(-1n)],
		['a character beyond ASCII', (writer) => writer.ia5('é')],
		['half a surrogate pair', (writer) => writer.utf8('\ud800')],
		['more than announced', (writer) => writer.fixed(new Uint8Array(101))]
	])('throws on %s', (_, write) => {
		expect(() => write(new OerWriter(100))).toThrow();
	});

	it('throws when less was written than announced', () => {
		const writer = new OerWriter(2);
		writer.uint8(1);
		expect(() => writer.finish()).toThrow('wrote 1 of 2 bytes');
	});

	it('measures text as it will be written', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				const bytes = utf8Encode(text);
				if (bytes) expect(utf8Length(text)).toBe(bytes.length);
			})
		);
		expect(utf8Length('aé漢🎈')).toBe(utf8('aé漢🎈').length);
	});
});

describe('an ILP timestamp', () => {
	/** Years 0000 to 9999. */
	const FIRST = -62_167_219_200_000;
	const LAST = 253_402_300_799_999;

	it.each([
		[0, '19700101000000000'],
		[1_893_553_445_678, '20300102030405678'],
		[951_782_400_000, '20000229000000000'],
		[4_107_542_399_999, '21000228235959999'],
		[4_107_542_400_000, '21000301000000000'],
		[FIRST, '00000101000000000'],
		[LAST, '99991231235959999']
	])('%d is %s', (time, text) => {
		expect(formatTimestamp(time)).toBe(text);
		expect(parseTimestamp(text)).toBe(time);
	});

	it('agrees with the calendar of the language', () => {
		fc.assert(
			fc.property(fc.integer({ min: FIRST, max: LAST }), (time) => {
				const text = formatTimestamp(time);
				expect(text).toBe(new Date(time).toISOString().replace(/[^0-9]/g, ''));
				expect(parseTimestamp(text)).toBe(time);
			}),
			{ numRuns: 500 }
		);
	});

	it.each([
		['20300002030405678', 'month 0'],
		['20301302030405678', 'month 13'],
		['20300100030405678', 'day 0'],
		['20300132030405678', 'day 32'],
		['20300229030405678', '29 February of a common year'],
		['21000229030405678', '29 February of 2100'],
		['20300102240405678', 'hour 24'],
		['20300102036005678', 'minute 60'],
		['20300102030460678', 'second 60'],
		['2030010203040567', '16 digits'],
		['203001020304056789', '18 digits'],
		['2030010203040567x', 'a letter'],
		['+0300102030405678', 'a sign'],
		['2030010203040567٣', 'a digit that is not ASCII']
	])('refuses %s: %s', (text) => {
		expect(parseTimestamp(text)).toBeUndefined();
	});

	it('throws for a time that the format cannot hold', () => {
		expect(() => formatTimestamp(LAST + 1)).toThrow();
		expect(() => formatTimestamp(FIRST - 1)).toThrow();
		expect(() => formatTimestamp(0.5)).toThrow();
		expect(() => formatTimestamp(Number.NaN)).toThrow();
	});
});
