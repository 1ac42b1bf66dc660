/**
 * Deterministic CBOR (RFC 8949 section 4.2.1), cut down to what two nodes need to say to each other.
 *
 * | major type | here |
 * |---|---|
 * | 0 unsigned integer | `number` up to 2^53 − 1, `bigint` above it, to 2^64 − 1 |
 * | 2 byte string | `Uint8Array` |
 * | 3 text string | `string`, strict UTF-8 |
 * | 4 array | `readonly CborValue[]` |
 * | 5 map | `ReadonlyMap`, keys unsigned integers or text |
 * | 7 simple | `false` and `true` only |
 *
 * Everything else (negative numbers, floats, tags, null, indefinite lengths) is malformed. So is every
 * second spelling of a value: a length or integer in more bytes than it needs, map keys out of
 * bytewise order or twice, bytes after the value. A value therefore has one encoding, and equal
 * bytes mean equal values: what was hashed or signed cannot be respelled on the way.
 *
 * A length is believed only as far as there are bytes to back it, so a short input cannot make the
 * reader allocate much or recurse deep.
 */
import { utf8Decode, utf8Encode } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';

export type CborKey = number | string;
export type CborValue = number | bigint | boolean | string | Uint8Array | readonly CborValue[] | CborMap;
export type CborMap = ReadonlyMap<CborKey, CborValue>;

export interface MalformedCbor {
	readonly type: 'MalformedCbor';
	/** For logs. */
	readonly reason: string;
	/** Byte offset at which reading stopped. */
	readonly at: number;
}

const MAX_UINT64 = (1n << 64n) - 1n;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;

export const isCborMap = (value: CborValue): value is CborMap => value instanceof Map;
export const isCborArray = (value: CborValue): value is readonly CborValue[] => Array.isArray(value);

/** Grows by doubling; one copy at the end. */
class Writer {
	private buffer = new Uint8Array(256);
	private length = 0;

	private reserve(extra: number): void {
		if (this.length + extra <= this.buffer.length) return;
		const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
		grown.set(this.buffer.subarray(0, this.length));
		this.buffer = grown;
	}

	byte(value: number): void {
		this.reserve(1);
		this.buffer[this.length++] = value;
	}

	raw(bytes: Uint8Array): void {
		this.reserve(bytes.length);
		this.buffer.set(bytes, this.length);
		this.length += bytes.length;
	}

	/** The initial byte and, shortest first, its argument. */
	head(major: number, argument: number | bigint): void {
		const first = major << 5;
		const value = BigInt(argument);
		if (value < 24n) this.byte(first | Number(value));
		else {
			const width = value < 0x100n ? 0 : value < 0x10000n ? 1 : value < 0x1_0000_0000n ? 2 : 3;
			this.byte(first | (24 + width));
			for (let shift = 8 * (1 << width) - 8; shift >= 0; shift -= 8)
				this.byte(Number((value >> BigInt(shift)) & 0xffn));
		}
	}

	finish(): Uint8Array {
		return this.buffer.slice(0, this.length);
	}
}

const writeText = (writer: Writer, text: string): void => {
	const bytes = utf8Encode(text);
	if (!bytes) throw new Error('CBOR text with a lone surrogate');
	writer.head(TEXT, bytes.length);
	writer.raw(bytes);
};

const writeUint = (writer: Writer, value: number | bigint): void => {
	if (
		typeof value === 'number' ? !Number.isSafeInteger(value) || value < 0 : value < 0n || value > MAX_UINT64
	)
		throw new Error(`CBOR integer ${value} is not within 0..2^64-1`);
	writer.head(UINT, value);
};

/**
 * Bytewise order of encoded keys: integers before text, integers by value, text by the length of its
 * UTF-8 and then by its bytes (RFC 8949 section 4.2.1, on keys in shortest form).
 */
const encodedKey = (key: CborKey): Uint8Array => {
	const writer = new Writer();
	if (typeof key === 'string') writeText(writer, key);
	else writeUint(writer, key);
	return writer.finish();
};

const isBefore = (a: Uint8Array, b: Uint8Array): boolean => {
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const difference = (a[i] as number) - (b[i] as number);
		if (difference !== 0) return difference < 0;
	}
	return a.length < b.length;
};

const write = (writer: Writer, value: CborValue): void => {
	if (typeof value === 'number' || typeof value === 'bigint') writeUint(writer, value);
	else if (typeof value === 'boolean') writer.byte(value ? TRUE : FALSE);
	else if (typeof value === 'string') writeText(writer, value);
	else if (value instanceof Uint8Array) {
		writer.head(BYTES, value.length);
		writer.raw(value);
	} else if (isCborMap(value)) {
		const entries = [...value].map(([key, item]) => ({ key: encodedKey(key), item }));
		entries.sort((a, b) => (isBefore(a.key, b.key) ? -1 : 1));
		writer.head(MAP, entries.length);
		for (const { key, item } of entries) {
			writer.raw(key);
			write(writer, item);
		}
	} else {
		writer.head(ARRAY, value.length);
		for (const item of value) write(writer, item);
	}
};

/** Throws for what this subset cannot say (a bug): negative or fractional numbers, lone surrogates. */
export const encodeCbor = (value: CborValue): Uint8Array => {
	const writer = new Writer();
	write(writer, value);
	return writer.finish();
};

/** A map of the entries whose value is not `undefined`: optional fields are simply absent. */
export const cborMap = (entries: readonly (readonly [CborKey, CborValue | undefined])[]): CborMap =>
	new Map(entries.filter((entry): entry is readonly [CborKey, CborValue] => entry[1] !== undefined));

class Malformed {
	readonly reason: string;
	readonly at: number;
	constructor(reason: string, at: number) {
		this.reason = reason;
		this.at = at;
	}
}

class Reader {
	private readonly bytes: Uint8Array;
	private readonly maxDepth: number;
	private at = 0;

	constructor(bytes: Uint8Array, maxDepth: number) {
		this.bytes = bytes;
		this.maxDepth = maxDepth;
	}

	/** A plain object, caught at the one door below: it never leaves this file. */
	private fail(reason: string): never {
		// eslint-disable-next-line @typescript-eslint/only-throw-error
		throw new Malformed(reason, this.at);
	}

	private left(): number {
		return this.bytes.length - this.at;
	}

	private byte(): number {
		const value = this.bytes[this.at];
		if (value === undefined) return this.fail('ends too early');
		this.at++;
		return value;
	}

	private argument(initial: number): number | bigint {
		const info = initial & 0x1f;
		if (info < 24) return info;
		if (info > 27) return this.fail('indefinite or reserved length');
		const width = 1 << (info - 24);
		if (this.left() < width) return this.fail('ends too early');
		let value = 0n;
		for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(this.byte());
		const smallest = width === 1 ? 24n : 1n << BigInt(4 * width);
		if (value < smallest) return this.fail('not the shortest form');
		return value <= MAX_SAFE ? Number(value) : value;
	}

	/** A length that the rest of the input can back with `bytesEach` bytes an item. */
	private count(initial: number, bytesEach: number): number {
		const value = this.argument(initial);
		if (typeof value === 'bigint' || value * bytesEach > this.left())
			return this.fail('longer than the input');
		return value;
	}

	private text(initial: number): string {
		const length = this.count(initial, 1);
		const text = utf8Decode(this.bytes.subarray(this.at, this.at + length));
		if (text === undefined) return this.fail('text is not UTF-8');
		this.at += length;
		return text;
	}

	private map(initial: number, depth: number): CborMap {
		const size = this.count(initial, 2);
		const map = new Map<CborKey, CborValue>();
		let previous: Uint8Array | undefined;
		for (let i = 0; i < size; i++) {
			const start = this.at;
			const first = this.byte();
			const major = first >> 5;
			const key =
				major === UINT ? this.argument(first) : major === TEXT ? this.text(first) : this.fail('map key type');
			if (typeof key === 'bigint') return this.fail('map key beyond 2^53');
			const encoded = this.bytes.subarray(start, this.at);
			if (previous && !isBefore(previous, encoded)) return this.fail('map keys out of order or twice');
			previous = encoded;
			map.set(key, this.value(depth));
		}
		return map;
	}

	private value(depth: number): CborValue {
		const initial = this.byte();
		switch (initial >> 5) {
			case UINT:
				return this.argument(initial);
			case BYTES: {
				const length = this.count(initial, 1);
				this.at += length;
				return this.bytes.slice(this.at - length, this.at);
			}
			case TEXT:
				return this.text(initial);
			case ARRAY: {
				if (depth >= this.maxDepth) return this.fail('nested too deep');
				const length = this.count(initial, 1);
				const items: CborValue[] = [];
				for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
				return items;
			}
			case MAP:
				if (depth >= this.maxDepth) return this.fail('nested too deep');
				return this.map(initial, depth + 1);
			default:
				if (initial === FALSE) return false;
				if (initial === TRUE) return true;
				return this.fail('type not used here');
		}
	}

	whole(): CborValue {
		const value = this.value(0);
		if (this.left() > 0) this.fail('bytes after the value');
		return value;
	}
}

/** Reads exactly one value that fills `bytes`. `maxDepth` counts arrays and maps within each other. */
export const decodeCbor = (
	bytes: Uint8Array,
	maxDepth: number = LIMITS.cborDepth
): Result<CborValue, MalformedCbor> => {
	try {
		return ok(new Reader(bytes, maxDepth).whole());
	} catch (thrown) {
		if (thrown instanceof Malformed)
			return err({ type: 'MalformedCbor', reason: thrown.reason, at: thrown.at });
		throw thrown;
	}
};
