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
import { asciiDecode, asciiText, freshBytes, utf8Decode, utf8Length, utf8Write } from '../bytes.ts';

export { utf8Length };

/** Largest value of a UInt64. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

const EMPTY = new Uint8Array(0);

/** Lengths are JavaScript numbers; more than this cannot fit any buffer anyway. */
const MAX_LENGTH_BYTES = 6;

/**
 * The bridge between bigint and bytes: storing in the one view and loading from the other is a single
 * machine instruction each, where shifts and masks of bigints make a new object at every step.
 */
const WIDE = new BigUint64Array(1);
const WORDS = new Uint32Array(WIDE.buffer);
WIDE[0] = 1n;
/** Which half of {@link WORDS} is the low one depends on the machine. */
const LOW = WORDS[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

const joinUint64 = (high: number, low: number): bigint => {
	WORDS[HIGH] = high;
	WORDS[LOW] = low;
	return WIDE[0] as bigint;
};

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
		const at = this.#at;
		if (at < this.#end) {
			this.#at = at + 1;
			return this.#byte(at);
		}
		this.#take(1);
		return 0;
	}

	uint16(): number {
		return this.#uint(2);
	}

	uint32(): number {
		return this.#uint(4);
	}

	uint64(): bigint {
		const at = this.#take(8);
		return at < 0 ? 0n : joinUint64(this.#wordAt(at), this.#wordAt(at + 4));
	}

	/** Exactly `length` bytes, as a view; all zero after a failure. */
	fixed(length: number): Uint8Array {
		const at = this.#take(length);
		return at < 0 ? new Uint8Array(length) : this.#bytes.subarray(at, at + length);
	}

	/** A VarOctetString of at most `maxLength` bytes, as a view. */
	varOctets(maxLength = Number.MAX_SAFE_INTEGER): Uint8Array {
		const length = this.#lengthUpTo(maxLength);
		const at = this.#take(length);
		return at < 0 ? EMPTY : this.#bytes.subarray(at, at + length);
	}

	/** Steps over `length` bytes. */
	skip(length: number): void {
		this.#take(length);
	}

	/** Steps over a VarOctetString of at most `maxLength` bytes. */
	skipVarOctets(maxLength = Number.MAX_SAFE_INTEGER): void {
		this.#take(this.#lengthUpTo(maxLength));
	}

	/**
	 * Steps into a VarOctetString that holds a SEQUENCE of its own: until {@link leave} the reader ends where
	 * the contents end. Answers what `leave` wants back.
	 */
	enter(): number {
		const outerEnd = this.#end;
		const length = this.#length();
		const at = this.#take(length);
		if (at >= 0) {
			this.#at = at;
			this.#end = at + length;
		}
		return outerEnd;
	}

	/** Steps out again, over whatever follows the last field that was read. */
	leave(outerEnd: number): void {
		this.#at = this.failure === undefined ? this.#end : outerEnd;
		this.#end = outerEnd;
	}

	/** A VarOctetString that is read as a SEQUENCE of its own; failures in it are failures here. */
	sequence<T>(read: (contents: OerReader) => T): T {
		const outerEnd = this.enter();
		const value = read(this);
		this.leave(outerEnd);
		return value;
	}

	/** A VarOctetString of ASCII characters 0 to 127 (IA5String). */
	ia5(maxLength = Number.MAX_SAFE_INTEGER): string {
		const length = this.#lengthUpTo(maxLength);
		const at = this.#take(length);
		return at < 0 ? '' : this.#ascii(at, length);
	}

	/**
	 * An IA5String with a grammar, which is checked on the bytes before they become text.
	 *
	 * @param isValid knows only ASCII
	 */
	ia5Of(
		isValid: (bytes: Uint8Array, start: number, end: number) => boolean,
		maxLength: number,
		reason: string
	): string {
		const length = this.#lengthUpTo(maxLength);
		const at = this.#take(length);
		if (at < 0) return '';
		if (isValid(this.#bytes, at, at + length)) return asciiText(this.#bytes, at, at + length);
		this.#ascii(at, length);
		this.fail(reason);
		return '';
	}

	/** `length` ASCII characters without a length in front of them. */
	ascii(length: number): string {
		const at = this.#take(length);
		return at < 0 ? '' : this.#ascii(at, length);
	}

	/** A VarOctetString of strict UTF-8. */
	utf8(maxLength?: number): string {
		const text = utf8Decode(this.varOctets(maxLength));
		if (text === undefined) this.fail('not UTF-8');
		return text ?? '';
	}

	/** A VarUInt that fits 64 bits; a larger one is a failure. */
	varUInt(): bigint {
		const size = this.#integer();
		if (size > 8) this.fail('integer above 64 bits');
		return this.#integerOf(size);
	}

	/**
	 * A VarUInt of any size, where everything above 64 bits counts as the largest 64-bit value:
	 * RFC 29 demands it of StreamMaxMoney.receiveMax and StreamMoneyBlocked.sendMax, which may mean
	 * "no limit".
	 */
	varUIntSaturating(): bigint {
		return this.#integerOf(this.#integer());
	}

	/** A VarUInt up to `max` (default 2^53 − 1) as a number. */
	varUIntNumber(max = Number.MAX_SAFE_INTEGER): number {
		const size = this.#integer();
		if (size <= MAX_LENGTH_BYTES) {
			const value = this.#uintAt(this.#at - size, size);
			if (value <= max) return value;
			this.fail(`${value} where at most ${max} is allowed`);
			return 0;
		}
		if (size > 8) this.fail('integer above 64 bits');
		const value = this.#integerOf(size);
		if (value <= BigInt(max)) return Number(value);
		this.fail(`${value} where at most ${max} is allowed`);
		return 0;
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
		const time = timestampAt(this.#bytes, at);
		if (!Number.isNaN(time)) return time;
		this.fail('not a timestamp');
		return 0;
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

	/** Four bytes; the sign does not matter to the {@link WORDS} they go to. */
	#wordAt(at: number): number {
		return (
			(this.#byte(at) << 24) | (this.#byte(at + 1) << 16) | (this.#byte(at + 2) << 8) | this.#byte(at + 3)
		);
	}

	/** Up to 6 bytes, which a number holds exactly. */
	#uintAt(at: number, size: number): number {
		let value = 0;
		for (let i = at; i < at + size; i++) value = value * 256 + this.#byte(i);
		return value;
	}

	#uint(size: number): number {
		const at = this.#take(size);
		return at < 0 ? 0 : this.#uintAt(at, size);
	}

	#ascii(at: number, length: number): string {
		const text = asciiDecode(this.#bytes, at, at + length);
		if (text === undefined) this.fail('not ASCII');
		return text ?? '';
	}

	#length(): number {
		const first = this.uint8();
		return first < 0x80 ? first : this.#longLength(first & 0x7f);
	}

	#longLength(size: number): number {
		if (size === 0 || size > MAX_LENGTH_BYTES) {
			this.fail(`length in ${size} bytes`);
			return 0;
		}
		const length = this.#uint(size);
		if (length < 0x80 || length < 256 ** (size - 1)) this.fail('length is not in its shortest form');
		return this.failure === undefined ? length : 0;
	}

	#lengthUpTo(maxLength: number): number {
		const length = this.#length();
		if (length > maxLength) this.fail(`${length} bytes where at most ${maxLength} are allowed`);
		return length;
	}

	/** Steps over a VarUInt and answers its size, which is 0 after a failure. */
	#integer(): number {
		const size = this.#length();
		if (size === 0) this.fail('integer of no bytes');
		const at = this.#take(size);
		if (at < 0) return 0;
		if (size === 1 || this.#byte(at) !== 0) return size;
		this.fail('integer is not in its shortest form');
		return 0;
	}

	/** The integer of `size` bytes that was just stepped over, cut to 64 bits' maximum. */
	#integerOf(size: number): bigint {
		if (this.failure !== undefined) return 0n;
		if (size > 8) return U64_MAX;
		const low = Math.min(size, 4);
		return joinUint64(this.#uintAt(this.#at - size, size - low), this.#uintAt(this.#at - low, low));
	}
}

/** A copy of its own, made as {@link OerWriter} makes its buffers. */
export const copyBytes = (bytes: Uint8Array): Uint8Array => {
	const copy = freshBytes(bytes.length);
	copy.set(bytes);
	return copy;
};

/**
 * Writes into one buffer of a size computed beforehand with the `size…` functions below. A wrong
 * size or a value outside its type is a bug of this program and throws.
 */
export class OerWriter {
	readonly #bytes: Uint8Array;
	#at = 0;

	/** @param into where to write, from its beginning, instead of a buffer of its own */
	constructor(size: number, into?: Uint8Array) {
		this.#bytes = into === undefined ? freshBytes(size) : into.subarray(0, size);
	}

	uint8(value: number): void {
		if (!(Number.isInteger(value) && value >= 0 && value < 0x100)) throw notUnsigned(value, 1);
		this.#bytes[this.#room(1)] = value;
	}

	uint16(value: number): void {
		this.#uint(value, 2);
	}

	uint32(value: number): void {
		this.#uint(value, 4);
	}

	uint64(value: bigint): void {
		writeUint64(value, this.#bytes, this.#room(8));
	}

	/** The bytes alone; the reader knows how many. */
	fixed(bytes: Uint8Array): void {
		this.#bytes.set(bytes, this.#room(bytes.length));
	}

	/** A length determinant. Whoever writes one writes that many bytes next. */
	length(length: number): void {
		if (length < 0x80) return this.uint8(length);
		const size = uintSize(length);
		this.uint8(0x80 | size);
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
		const at = this.#room(text.length);
		for (let i = 0; i < text.length; i++) {
			const code = text.charCodeAt(i);
			if (code > 0x7f) throw new Error('not ASCII');
			this.#bytes[at + i] = code;
		}
	}

	utf8(text: string): void {
		const length = utf8Length(text);
		this.length(length);
		if (utf8Write(text, this.#bytes, this.#room(length)) === undefined) throw new Error('lone surrogate');
	}

	varUInt(value: bigint): void {
		assertUint64(value);
		WIDE[0] = value;
		const high = WORDS[HIGH] as number;
		const low = WORDS[LOW] as number;
		const size = high === 0 ? uintSize(low) : 4 + uintSize(high);
		const at = this.#room(1 + size);
		this.#bytes[at] = size;
		if (size > 4) put(this.#bytes, at + 1, high, size - 4);
		put(this.#bytes, at + 1 + Math.max(0, size - 4), low, Math.min(size, 4));
	}

	/** The count of a SEQUENCE OF. */
	count(count: number): void {
		const size = uintSize(count);
		this.uint8(size);
		this.#uint(count, size);
	}

	/** 17 digits; see {@link formatTimestamp}. */
	timestamp(time: number): void {
		writeTimestamp(time, this.#bytes, this.#room(TIMESTAMP_LENGTH));
	}

	/** The finished bytes; throws when the announced size and what was written disagree. */
	finish(): Uint8Array {
		if (this.#at !== this.#bytes.length) throw new Error(`wrote ${this.#at} of ${this.#bytes.length} bytes`);
		return this.#bytes;
	}

	/** Start of the next `size` bytes, stepping over them. */
	#room(size: number): number {
		const at = this.#at;
		if (at + size > this.#bytes.length) throw new Error('wrote more than the announced size');
		this.#at = at + size;
		return at;
	}

	/** Up to 6 bytes. */
	#uint(value: number, size: number): void {
		if (!(Number.isInteger(value) && value >= 0 && value < 256 ** size)) throw notUnsigned(value, size);
		const at = this.#room(size);
		if (size > 4) put(this.#bytes, at, Math.floor(value / 0x1_0000_0000), size - 4);
		put(this.#bytes, at + Math.max(0, size - 4), value % 0x1_0000_0000, Math.min(size, 4));
	}
}

/** Writes a UInt64 in place. */
export const writeUint64 = (value: bigint, target: Uint8Array, at: number): void => {
	assertUint64(value);
	WIDE[0] = value;
	const low = WORDS[LOW] as number;
	put(target, at, WORDS[HIGH] as number, 4);
	put(target, at + 4, low, 4);
};

/** The last `size` bytes, at most 4, of a number below 2^32. */
const put = (target: Uint8Array, at: number, value: number, size: number): void => {
	let rest = value;
	for (let i = at + size - 1; i >= at; i--) {
		target[i] = rest & 0xff;
		rest >>>= 8;
	}
};

/** Bytes of the length determinant for `length` bytes. */
export const sizeOfLength = (length: number): number => (length < 0x80 ? 1 : 1 + uintSize(length));

/** Bytes of a VarOctetString that holds `length` bytes. */
export const sizeOfVar = (length: number): number => sizeOfLength(length) + length;

/** Bytes of a VarUInt, its length included; of a value within 64 bits. */
export const sizeOfVarUInt = (value: bigint): number => {
	WIDE[0] = value;
	const high = WORDS[HIGH] as number;
	return high === 0 ? 1 + uintSize(WORDS[LOW] as number) : 5 + uintSize(high);
};

/** Bytes of the count of a SEQUENCE OF. */
export const sizeOfCount = (count: number): number => 1 + uintSize(count);

/** Characters of an ILP timestamp. */
export const TIMESTAMP_LENGTH = 17;

const DAY_MS = 86_400_000;
/** From 1 March of year 0, where the arithmetic below begins: the leap day is then the last of its year. */
const DAYS_BEFORE_1970 = 719_468;
const FIRST_TIME = -62_167_219_200_000;
const LAST_TIME = 253_402_300_799_999;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Writes `YYYYMMDDHHmmssSSS` in UTC for a Unix time in whole milliseconds. Years 0000 to 9999, Gregorian
 * throughout; anything else does not fit the format and throws.
 */
export const writeTimestamp = (time: number, target: Uint8Array, at: number): void => {
	if (!(Number.isInteger(time) && time >= FIRST_TIME && time <= LAST_TIME))
		throw new Error(`${time} does not fit a timestamp`);
	const days = Math.floor(time / DAY_MS);
	const ms = time - days * DAY_MS;
	// January and February of year 0 lie before the count begins, and 400 years later in its cycle.
	const cycle = days + DAYS_BEFORE_1970 < 0 ? 1 : 0;
	const day = days + DAYS_BEFORE_1970 + cycle * 146_097;
	const era = (day / 146_097) | 0;
	const dayOfEra = day - era * 146_097;
	const yearOfEra =
		((dayOfEra - ((dayOfEra / 1_460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) |
		0;
	const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
	const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
	const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
	const year = yearOfEra + 400 * (era - cycle) + (month <= 2 ? 1 : 0);
	const century = (year / 100) | 0;
	const seconds = (ms / 1_000) | 0;
	const minutes = (seconds / 60) | 0;
	const hours = (minutes / 60) | 0;
	const fraction = ms - seconds * 1_000;
	writeTwo(target, at, century);
	writeTwo(target, at + 2, year - century * 100);
	writeTwo(target, at + 4, month);
	writeTwo(target, at + 6, dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1);
	writeTwo(target, at + 8, hours);
	writeTwo(target, at + 10, minutes - hours * 60);
	writeTwo(target, at + 12, seconds - minutes * 60);
	const tenths = (fraction / 10) | 0;
	writeTwo(target, at + 14, tenths);
	target[at + 16] = ZERO + fraction - tenths * 10;
};

const ZERO = 0x30;

const writeTwo = (target: Uint8Array, at: number, value: number): void => {
	const tens = (value / 10) | 0;
	target[at] = ZERO + tens;
	target[at + 1] = ZERO + value - tens * 10;
};

/** The inverse: NaN for other than digits, month 13, 30 February, hour 24, second 60. */
const timestampAt = (bytes: Uint8Array, at: number): number => {
	// Negative as soon as one of them is below 0 or above 9.
	let sign = 0;
	for (let i = at; i < at + TIMESTAMP_LENGTH; i++) {
		const digit = (bytes[i] as number) - ZERO;
		sign |= digit | (9 - digit);
	}
	if (sign < 0) return Number.NaN;
	const year = two(bytes, at) * 100 + two(bytes, at + 2);
	const month = two(bytes, at + 4);
	const day = two(bytes, at + 6);
	const hour = two(bytes, at + 8);
	const minute = two(bytes, at + 10);
	const second = two(bytes, at + 12);
	if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return Number.NaN;
	if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
	const fromMarch = month > 2 ? year : year - 1;
	const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
	// Of year −1, in which year 0 begins here, both centuries count as none.
	const leapDays = (fromMarch >> 2) - ((fromMarch / 100) | 0) + ((fromMarch / 400) | 0);
	const days = 365 * fromMarch + leapDays + dayOfYear - DAYS_BEFORE_1970;
	const ms = two(bytes, at + 14) * 10 + (bytes[at + 16] as number) - ZERO;
	return days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
};

const two = (bytes: Uint8Array, at: number): number =>
	(bytes[at] as number) * 10 + (bytes[at + 1] as number) - ZERO * 11;

const daysOfMonth = (year: number, month: number): number => {
	if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
	return DAYS_OF_MONTH[month - 1] as number;
};

/** {@link writeTimestamp} as text. */
export const formatTimestamp = (time: number): string => {
	const bytes = new Uint8Array(TIMESTAMP_LENGTH);
	writeTimestamp(time, bytes, 0);
	return asciiDecode(bytes) as string;
};

/** The inverse; `undefined` for other than 17 digits, month 13, 30 February, hour 24, second 60. */
export const parseTimestamp = (text: string): number | undefined => {
	if (text.length !== TIMESTAMP_LENGTH) return undefined;
	// Whatever is beyond a byte must not be cut to one that looks like a digit.
	const time = timestampAt(
		Uint8Array.from(text, (character) => Math.min(character.charCodeAt(0), 0xff)),
		0
	);
	return Number.isNaN(time) ? undefined : time;
};

const assertUint64 = (value: bigint): void => {
	if (value < 0n || value > U64_MAX) throw new Error(`${value} is not an unsigned 64-bit integer`);
};

const notUnsigned = (value: number, size: number): Error =>
	new Error(`${value} is not an unsigned integer of ${size} bytes`);

/** Bytes of the shortest big-endian form of a length. */
const uintSize = (value: number): number => {
	if (value < 0x100) return 1;
	if (value < 0x1_0000) return 2;
	if (value < 0x100_0000) return 3;
	if (value < 0x1_0000_0000) return 4;
	return value < 0x100_0000_0000 ? 5 : 6;
};
