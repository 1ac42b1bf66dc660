/**
 * Canonical OER, as much of it as Interledger uses (RFC 30). Everything is big-endian.
 *
 * | name                | bytes                                                                   |
 * | ------------------- | ----------------------------------------------------------------------- |
 * | UInt8/16/32/64      | 1, 2, 4 or 8 bytes                                                      |
 * | fixed octet string  | the bytes; both sides know how many                                     |
 * | length determinant  | n ≤ 127: one byte n. Otherwise `0x80 + k`, then n in k bytes            |
 * | VarOctetString      | length determinant, then the bytes; text is IA5 (ASCII) or UTF-8        |
 * | VarUInt             | length determinant, then the shortest unsigned integer: 0 is `01 00`    |
 * | SEQUENCE            | the fields one after another: no tags, no preamble                      |
 * | SEQUENCE OF         | the count as a VarUInt, then the elements                               |
 * | ILP timestamp       | 17 ASCII digits `YYYYMMDDHHmmssSSS`, UTC                                |
 *
 * **One value, one spelling.** RFC 30 obliges writers to be canonical and lets readers choose. This
 * reader refuses a length with leading zeros, a long form that fits the short one, and a padded
 * integer: what decodes re-encodes to the same bytes, so no hop can restyle a packet.
 *
 * **A reader latches its first failure.** After that every read answers an empty value of its type
 * and reads nothing, so a decoder is written straight through and asks {@link OerReader.failure}
 * once, at the end. Loops over a count also stop on it.
 */
import { utf8, utf8Decode } from '../bytes.ts';

/** Largest value of a UInt64. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

const EMPTY = new Uint8Array(0);

/** Lengths are JavaScript numbers; more than this cannot fit any buffer anyway. */
const MAX_LENGTH_BYTES = 6;

/**
 * Reads one SEQUENCE from untrusted bytes. Octet strings are views into the input, not copies:
 * whoever keeps one beyond the life of the input copies it.
 */
export class OerReader {
	/** Why the first failing read failed; `undefined` as long as all went well. */
	failure: string | undefined = undefined;
	readonly #bytes: Uint8Array;
	#at: number;
	#end: number;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
		this.#at = 0;
		this.#end = bytes.length;
	}

	/** Position of the next byte, counted from the start of the input. */
	get offset(): number {
		return this.#at;
	}

	/** Bytes left; none after a failure. */
	get remaining(): number {
		return this.#end - this.#at;
	}

	/** Latches `reason` unless something failed earlier. For checks that only the decoder knows. */
	fail(reason: string): void {
		if (this.failure !== undefined) return;
		this.failure = reason;
		this.#at = this.#end;
	}

	uint8(): number {
		const at = this.#take(1);
		return at < 0 ? 0 : this.#byte(at);
	}

	uint16(): number {
		return this.#uint(2);
	}

	uint32(): number {
		return this.#uint(4);
	}

	uint64(): bigint {
		const high = this.#uint(4);
		const low = this.#uint(4);
		return joinUint64(high, low);
	}

	/** Exactly `length` bytes, as a view; all zero after a failure. */
	fixed(length: number): Uint8Array {
		const at = this.#take(length);
		return at < 0 ? new Uint8Array(length) : this.#bytes.subarray(at, at + length);
	}

	/** A VarOctetString of at most `maxLength` bytes, as a view. */
	varOctets(maxLength = Number.MAX_SAFE_INTEGER): Uint8Array {
		const length = this.#length();
		if (length > maxLength) this.fail(`${length} bytes where at most ${maxLength} are allowed`);
		const at = this.#take(length);
		return at < 0 ? EMPTY : this.#bytes.subarray(at, at + length);
	}

	/** A VarOctetString that is read as a SEQUENCE of its own; failures in it are failures here. */
	sequence<T>(read: (contents: OerReader) => T): T {
		const length = this.#length();
		const at = this.#take(length);
		const end = this.#end;
		const after = this.#at;
		// The same reader, fenced in: whatever follows the last known field is skipped on the way out.
		if (at >= 0) {
			this.#at = at;
			this.#end = after;
		}
		const value = read(this);
		this.#end = end;
		this.#at = this.failure === undefined ? after : end;
		return value;
	}

	/** A VarOctetString of ASCII characters 0 to 127 (IA5String). */
	ia5(maxLength?: number): string {
		const bytes = this.varOctets(maxLength);
		const text = ascii(bytes);
		if (text === undefined) this.fail('not ASCII');
		return text ?? '';
	}

	/** A VarOctetString of strict UTF-8. */
	utf8(maxLength?: number): string {
		const text = utf8Decode(this.varOctets(maxLength));
		if (text === undefined) this.fail('not UTF-8');
		return text ?? '';
	}

	/** A VarUInt that fits 64 bits; a larger one is a failure. */
	varUInt(): bigint {
		const [value, fits] = this.#varUInt();
		if (!fits) this.fail('integer above 64 bits');
		return value;
	}

	/**
	 * A VarUInt of any size, where everything above 64 bits counts as the largest 64-bit value:
	 * RFC 29 demands it of StreamMaxMoney.receiveMax and StreamMoneyBlocked.sendMax, which may mean
	 * "no limit".
	 */
	varUIntSaturating(): bigint {
		return this.#varUInt()[0];
	}

	/** A VarUInt up to `max` (default 2^53 − 1) as a number. */
	varUIntNumber(max = Number.MAX_SAFE_INTEGER): number {
		const value = this.varUInt();
		if (value > BigInt(max)) {
			this.fail(`${value} where at most ${max} is allowed`);
			return 0;
		}
		return Number(value);
	}

	/**
	 * The count of a SEQUENCE OF whose elements take at least `minElementSize` bytes each. A count
	 * that the remaining bytes cannot hold is refused before anything is allocated for it.
	 */
	count(minElementSize: number): number {
		const count = this.varUIntNumber();
		if (count * minElementSize <= this.remaining) return count;
		this.fail(`${count} elements do not fit ${this.remaining} bytes`);
		return 0;
	}

	/** Unix time in milliseconds from the 17 digits of an ILP timestamp. */
	timestamp(): number {
		const at = this.#take(TIMESTAMP_LENGTH);
		if (at < 0) return 0;
		const digits = ascii(this.#bytes.subarray(at, at + TIMESTAMP_LENGTH));
		const time = digits === undefined ? undefined : parseTimestamp(digits);
		if (time === undefined) this.fail('not a timestamp');
		return time ?? 0;
	}

	/** Start of the next `length` bytes, stepping over them; −1 when they are not there. */
	#take(length: number): number {
		if (this.failure !== undefined) return -1;
		const at = this.#at;
		if (length > this.#end - at) {
			this.fail(`${length} bytes expected, ${this.#end - at} left`);
			return -1;
		}
		this.#at = at + length;
		return at;
	}

	#byte(at: number): number {
		return this.#bytes[at] as number;
	}

	/** Up to 6 bytes, which a number holds exactly. */
	#uint(size: number): number {
		const at = this.#take(size);
		let value = 0;
		if (at >= 0) for (let i = at; i < at + size; i++) value = value * 256 + this.#byte(i);
		return value;
	}

	#length(): number {
		const first = this.uint8();
		if (first < 0x80) return first;
		const size = first & 0x7f;
		if (size === 0 || size > MAX_LENGTH_BYTES) {
			this.fail(`length in ${size} bytes`);
			return 0;
		}
		const length = this.#uint(size);
		if (length < 0x80 || length < 256 ** (size - 1)) this.fail('length is not in its shortest form');
		return this.failure === undefined ? length : 0;
	}

	/** The value, cut to 64 bits' maximum, and whether it was that small. */
	#varUInt(): readonly [value: bigint, fits: boolean] {
		const size = this.#length();
		if (size === 0) this.fail('integer of no bytes');
		const at = this.#take(size);
		if (at < 0) return [0n, true];
		if (size > 1 && this.#byte(at) === 0) {
			this.fail('integer is not in its shortest form');
			return [0n, true];
		}
		if (size > 8) return [U64_MAX, false];
		let high = 0;
		let low = 0;
		for (let i = at; i < at + size; i++) {
			high = (high * 256 + Math.floor(low / 0x100_0000)) % 0x1_0000_0000;
			low = (low % 0x100_0000) * 256 + this.#byte(i);
		}
		return [joinUint64(high, low), true];
	}
}

/**
 * Writes into one buffer of a size computed beforehand with the `size…` functions below. A wrong
 * size or a value outside its type is a bug of this program and throws.
 */
export class OerWriter {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(size: number) {
		this.#bytes = new Uint8Array(size);
	}

	uint8(value: number): void {
		this.#uint(value, 1);
	}

	uint16(value: number): void {
		this.#uint(value, 2);
	}

	uint32(value: number): void {
		this.#uint(value, 4);
	}

	uint64(value: bigint): void {
		assertUint64(value);
		this.#uint(Number(value >> 32n), 4);
		this.#uint(Number(value & 0xffff_ffffn), 4);
	}

	/** The bytes alone; the reader knows how many. */
	fixed(bytes: Uint8Array): void {
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	/** A length determinant. Whoever writes one writes that many bytes next. */
	length(length: number): void {
		if (length < 0x80) return this.#uint(length, 1);
		const size = uintSize(length);
		this.#uint(0x80 | size, 1);
		this.#uint(length, size);
	}

	varOctets(bytes: Uint8Array): void {
		this.length(bytes.length);
		this.fixed(bytes);
	}

	/** Every character must be in 0 to 127. */
	ia5(text: string): void {
		this.length(text.length);
		this.ascii(text);
	}

	/** ASCII characters without a length in front of them. */
	ascii(text: string): void {
		for (let i = 0; i < text.length; i++) {
			const code = text.charCodeAt(i);
			if (code > 0x7f) throw new Error('not ASCII');
			this.#uint(code, 1);
		}
	}

	utf8(text: string): void {
		this.varOctets(utf8(text));
	}

	varUInt(value: bigint): void {
		assertUint64(value);
		const size = sizeOfVarUInt(value) - 1;
		this.#uint(size, 1);
		if (size > 4) this.#uint(Number(value >> 32n), size - 4);
		this.#uint(Number(value & 0xffff_ffffn), Math.min(size, 4));
	}

	/** The count of a SEQUENCE OF. */
	count(count: number): void {
		this.varUInt(BigInt(count));
	}

	/** 17 digits; see {@link formatTimestamp}. */
	timestamp(time: number): void {
		this.ascii(formatTimestamp(time));
	}

	/** The finished bytes; throws when the announced size and what was written disagree. */
	finish(): Uint8Array {
		if (this.#at !== this.#bytes.length) throw new Error(`wrote ${this.#at} of ${this.#bytes.length} bytes`);
		return this.#bytes;
	}

	#uint(value: number, size: number): void {
		if (!(Number.isInteger(value) && value >= 0 && value < 256 ** size))
			throw new Error(`${value} is not an unsigned integer of ${size} bytes`);
		if (this.#at + size > this.#bytes.length) throw new Error('wrote more than the announced size');
		let rest = value;
		for (let i = size - 1; i >= 0; i--) {
			this.#bytes[this.#at + i] = rest % 256;
			rest = Math.floor(rest / 256);
		}
		this.#at += size;
	}
}

/** Bytes of the length determinant for `length` bytes. */
export const sizeOfLength = (length: number): number => (length < 0x80 ? 1 : 1 + uintSize(length));

/** Bytes of a VarOctetString that holds `length` bytes. */
export const sizeOfVar = (length: number): number => sizeOfLength(length) + length;

/** Bytes of a VarUInt, its length included. */
export const sizeOfVarUInt = (value: bigint): number => {
	let size = 1;
	for (let rest = value >> 8n; rest > 0n; rest >>= 8n) size++;
	return 1 + size;
};

/** Bytes of text in UTF-8, without its length; a lone surrogate is a bug and throws on writing. */
export const utf8Length = (text: string): number => {
	let length = 0;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x80) length += 1;
		else if (code < 0x800) length += 2;
		else if (code >= 0xd800 && code <= 0xdbff) {
			length += 4;
			i++;
		} else length += 3;
	}
	return length;
};

/** Text of ASCII bytes; `undefined` when one is above 127. */
export const ascii = (bytes: Uint8Array): string | undefined => {
	for (const byte of bytes) if (byte > 0x7f) return undefined;
	let text = '';
	for (let at = 0; at < bytes.length; at += 4096)
		text += String.fromCharCode(...bytes.subarray(at, at + 4096));
	return text;
};

/** Characters of an ILP timestamp. */
export const TIMESTAMP_LENGTH = 17;

const DAY_MS = 86_400_000;
const DAYS_BEFORE_1970 = 719_528;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const;

/**
 * `YYYYMMDDHHmmssSSS` in UTC for a Unix time in whole milliseconds. Years 0000 to 9999, Gregorian
 * throughout; anything else does not fit the format and throws.
 */
export const formatTimestamp = (time: number): string => {
	const day = Math.floor(time / DAY_MS) + DAYS_BEFORE_1970;
	let year = Math.floor(day / 365.2425);
	if (day < daysBeforeYear(year)) year--;
	else if (day >= daysBeforeYear(year + 1)) year++;
	if (!Number.isInteger(time) || year < 0 || year > 9999) throw new Error(`${time} does not fit a timestamp`);
	const dayOfYear = day - daysBeforeYear(year);
	let month = 12;
	while (dayOfYear < daysBeforeMonth(year, month)) month--;
	const dayOfMonth = dayOfYear - daysBeforeMonth(year, month) + 1;
	const ms = time - (day - DAYS_BEFORE_1970) * DAY_MS;
	return (
		pad(year, 4) +
		pad(month, 2) +
		pad(dayOfMonth, 2) +
		pad(Math.floor(ms / 3_600_000), 2) +
		pad(Math.floor(ms / 60_000) % 60, 2) +
		pad(Math.floor(ms / 1000) % 60, 2) +
		pad(ms % 1000, 3)
	);
};

/** The inverse; `undefined` for other than 17 digits, month 13, 30 February, hour 24, second 60. */
export const parseTimestamp = (text: string): number | undefined => {
	if (!/^[0-9]{17}$/.test(text)) return undefined;
	const number = (from: number, to: number): number => Number(text.slice(from, to));
	const year = number(0, 4);
	const month = number(4, 6);
	const day = number(6, 8);
	const hour = number(8, 10);
	const minute = number(10, 12);
	const second = number(12, 14);
	if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
	const dayOfYear = daysBeforeMonth(year, month) + day - 1;
	if (day < 1 || dayOfYear >= daysBeforeMonth(year, month + 1)) return undefined;
	const days = daysBeforeYear(year) + dayOfYear - DAYS_BEFORE_1970;
	return days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000 + number(14, 17);
};

/** Days from 1 January of year 0, itself a leap year, to 1 January of `year`. */
const daysBeforeYear = (year: number): number =>
	365 * year + Math.ceil(year / 4) - Math.ceil(year / 100) + Math.ceil(year / 400);

/** Days of the year before the first of `month`; month 13 is the whole year. */
const daysBeforeMonth = (year: number, month: number): number => {
	const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
	return (DAYS_BEFORE_MONTH[month - 1] as number) + (leap && month > 2 ? 1 : 0);
};

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

const joinUint64 = (high: number, low: number): bigint =>
	high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);

const assertUint64 = (value: bigint): void => {
	if (value < 0n || value > U64_MAX) throw new Error(`${value} is not an unsigned 64-bit integer`);
};

/** Bytes of the shortest big-endian form of a length. */
const uintSize = (value: number): number => {
	let size = 1;
	for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) size++;
	return size;
};
