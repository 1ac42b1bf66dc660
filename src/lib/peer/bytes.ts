/**
 * Bytes and text, without a host: the core may not use TextEncoder, Buffer or atob, so the few
 * conversions it needs live here. Decoders answer `undefined` for anything that is not canonical.
 */
import { bytesToHex as anyBytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

export { concatBytes };

const HEX_CODES = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0));
/** Of a hash or a key, by far the most there are. */
const HASH_BYTES = 32;
const codes = new Array<number>(2 * HASH_BYTES).fill(0);

/**
 * Lower-case hex. That of a hash is made as one string: put together digit by digit it was a quarter of all memory
 * that a forwarded packet used, since packets are named by their hashes.
 */
export const bytesToHex = (bytes: Uint8Array): string => {
	if (bytes.length !== HASH_BYTES) return anyBytesToHex(bytes);
	for (let i = 0; i < HASH_BYTES; i++) {
		const byte = bytes[i] as number;
		codes[2 * i] = HEX_CODES[byte >> 4] as number;
		codes[2 * i + 1] = HEX_CODES[byte & 15] as number;
	}
	return String.fromCharCode.apply(null, codes);
};

/** Whether `text` has {@link bytesToHex} of `bytes` at `start`; makes no string. */
export const isHexAt = (text: string, start: number, bytes: Uint8Array): boolean => {
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] as number;
		if (text.charCodeAt(start + 2 * i) !== HEX_CODES[byte >> 4]) return false;
		if (text.charCodeAt(start + 2 * i + 1) !== HEX_CODES[byte & 15]) return false;
	}
	return true;
};

const HEX = /^(?:[0-9a-f]{2})*$/;

/** Lower-case hex to bytes; `undefined` for an odd length, upper case or any other character. */
export const hexToBytesStrict = (hex: string): Uint8Array | undefined =>
	HEX.test(hex) ? hexToBytes(hex) : undefined;

/** Hex that this program wrote itself; throws when it is not hex (a bug). */
export const fromHex = (hex: string): Uint8Array => {
	const bytes = hexToBytesStrict(hex.startsWith('0x') ? hex.slice(2) : hex);
	if (!bytes) throw new Error('not lower-case hex');
	return bytes;
};

/** `0x`-prefixed lower-case hex, the form EVM tools use. */
export type Hex = `0x${string}`;
export const toHex0x = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`;

/**
 * Where packets are written. Making a buffer of its own for every packet costs several times as much as
 * filling it, so small ones are cut from a slab, one after the other; no byte is handed out twice, and a
 * slab goes when the last of its packets does. Who keeps a small packet for long keeps its slab alive
 * and should copy it.
 */
const SLAB_BYTES = 16_384;
const LARGEST_CUT = 4_096;
let slab = new Uint8Array(0);
let slabUsed = 0;

export const freshBytes = (size: number): Uint8Array => {
	if (size > LARGEST_CUT) return new Uint8Array(size);
	if (slabUsed + size > slab.length) {
		slab = new Uint8Array(SLAB_BYTES);
		slabUsed = 0;
	}
	slabUsed += size;
	return slab.subarray(slabUsed - size, slabUsed);
};

export const bytesEqual = (a: Uint8Array, b: Uint8Array): boolean => {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
	return difference === 0;
};

/** Order by bytes, shorter first on a tie: the same order SQLite gives BLOBs. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
	const length = Math.min(a.length, b.length);
	for (let i = 0; i < length; i++) {
		const difference = (a[i] as number) - (b[i] as number);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
};

/** Bytes of text in UTF-8. A lone surrogate counts as three or four; {@link utf8Write} refuses it. */
export const utf8Length = (text: string): number => {
	let length = text.length;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x80) continue;
		if (code < 0x800) length += 1;
		else {
			length += 2;
			// Two units of a pair become four bytes.
			if (code >= 0xd800 && code <= 0xdbff) i++;
		}
	}
	return length;
};

/**
 * Writes `text` into `target`, which has room for its {@link utf8Length} from `start`. Answers where it ended;
 * `undefined` at a lone surrogate, which UTF-8 cannot carry.
 */
export const utf8Write = (text: string, target: Uint8Array, start: number): number | undefined => {
	let at = start;
	for (let i = 0; i < text.length; i++) {
		let code = text.charCodeAt(i);
		if (code < 0x80) {
			target[at++] = code;
			continue;
		}
		if (code < 0x800) {
			target[at++] = 0xc0 | (code >> 6);
			target[at++] = 0x80 | (code & 0x3f);
			continue;
		}
		if (code >= 0xd800 && code <= 0xdfff) {
			const low = text.charCodeAt(i + 1);
			if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return undefined;
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
			i++;
			target[at++] = 0xf0 | (code >> 18);
			target[at++] = 0x80 | ((code >> 12) & 0x3f);
		} else {
			target[at++] = 0xe0 | (code >> 12);
		}
		target[at++] = 0x80 | ((code >> 6) & 0x3f);
		target[at++] = 0x80 | (code & 0x3f);
	}
	return at;
};

/** UTF-8 bytes of a string; `undefined` when it holds a lone surrogate, which UTF-8 cannot carry. */
export const utf8Encode = (text: string): Uint8Array | undefined => {
	const out = new Uint8Array(utf8Length(text));
	return utf8Write(text, out, 0) === undefined ? undefined : out;
};

/** UTF-8 bytes of text this program wrote itself (labels, JSON of checked events). */
export const utf8 = (text: string): Uint8Array => {
	const bytes = utf8Encode(text);
	if (!bytes) throw new Error('lone surrogate');
	return bytes;
};

/** Text of the ASCII bytes from `start` to `end`; `undefined` when one is above 127. */
export const asciiDecode = (bytes: Uint8Array, start = 0, end = bytes.length): string | undefined => {
	let seen = 0;
	for (let i = start; i < end; i++) seen |= bytes[i] as number;
	return seen > 0x7f ? undefined : asciiText(bytes, start, end);
};

/**
 * Text of bytes that are known to be ASCII. Sixteen characters at a time, which is several times faster than one
 * by one or all at once.
 */
export const asciiText = (b: Uint8Array, start: number, end: number): string => {
	const { fromCharCode } = String;
	let text = '';
	let i = start;
	for (; i + 16 <= end; i += 16)
		// prettier-ignore
		text += fromCharCode(
			b[i] as number, b[i + 1] as number, b[i + 2] as number, b[i + 3] as number,
			b[i + 4] as number, b[i + 5] as number, b[i + 6] as number, b[i + 7] as number,
			b[i + 8] as number, b[i + 9] as number, b[i + 10] as number, b[i + 11] as number,
			b[i + 12] as number, b[i + 13] as number, b[i + 14] as number, b[i + 15] as number
		);
	if (i + 8 <= end) {
		// prettier-ignore
		text += fromCharCode(
			b[i] as number, b[i + 1] as number, b[i + 2] as number, b[i + 3] as number,
			b[i + 4] as number, b[i + 5] as number, b[i + 6] as number, b[i + 7] as number
		);
		i += 8;
	}
	for (; i < end; i++) text += fromCharCode(b[i] as number);
	return text;
};

/**
 * Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF, and a leading
 * U+FEFF is kept as text. `undefined` for anything else.
 */
export const utf8Decode = (bytes: Uint8Array): string | undefined => {
	const simple = asciiDecode(bytes);
	if (simple !== undefined) return simple;
	const units: string[] = [];
	let chunk: number[] = [];
	for (let i = 0; i < bytes.length;) {
		const first = bytes[i] as number;
		let code: number;
		let more: number;
		let smallest: number;
		if (first < 0x80) {
			code = first;
			more = 0;
			smallest = 0;
		} else if (first >= 0xc2 && first < 0xe0) {
			code = first & 0x1f;
			more = 1;
			smallest = 0x80;
		} else if (first >= 0xe0 && first < 0xf0) {
			code = first & 0x0f;
			more = 2;
			smallest = 0x800;
		} else if (first >= 0xf0 && first < 0xf5) {
			code = first & 0x07;
			more = 3;
			smallest = 0x10000;
		} else return undefined;
		for (let k = 1; k <= more; k++) {
			const next = bytes[i + k];
			if (next === undefined || (next & 0xc0) !== 0x80) return undefined;
			code = (code << 6) | (next & 0x3f);
		}
		if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
		i += more + 1;
		if (code >= 0x10000) {
			code -= 0x10000;
			chunk.push(0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
		} else chunk.push(code);
		if (chunk.length >= 4096) {
			units.push(String.fromCharCode(...chunk));
			chunk = [];
		}
	}
	units.push(String.fromCharCode(...chunk));
	return units.join('');
};

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encode64 = (bytes: Uint8Array, alphabet: string): string => {
	let out = '';
	for (let i = 0; i < bytes.length; i += 3) {
		const a = bytes[i] as number;
		const b = bytes[i + 1];
		const c = bytes[i + 2];
		out += alphabet[a >> 2];
		out += alphabet[((a & 3) << 4) | ((b ?? 0) >> 4)];
		if (b !== undefined) out += alphabet[((b & 15) << 2) | ((c ?? 0) >> 6)];
		if (c !== undefined) out += alphabet[c & 63];
	}
	return out;
};

/** Unused bits must be zero, so that each byte string has exactly one spelling. */
const decode64 = (text: string, alphabet: string): Uint8Array | undefined => {
	if (text.length % 4 === 1) return undefined;
	const out = new Uint8Array(Math.floor((text.length * 3) / 4));
	let buffer = 0;
	let bits = 0;
	let at = 0;
	for (const character of text) {
		const value = alphabet.indexOf(character);
		if (value < 0) return undefined;
		buffer = ((buffer << 6) | value) & 0xfff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[at++] = (buffer >> bits) & 0xff;
		}
	}
	return (buffer & ((1 << bits) - 1)) === 0 ? out : undefined;
};

/** RFC 4648 section 5, no padding. */
export const base64urlEncode = (bytes: Uint8Array): string => encode64(bytes, BASE64URL);
export const base64urlDecode = (text: string): Uint8Array | undefined => decode64(text, BASE64URL);

/** RFC 4648 section 4, padded. */
export const base64Encode = (bytes: Uint8Array): string => {
	const text = encode64(bytes, BASE64);
	return text + '='.repeat((4 - (text.length % 4)) % 4);
};
export const base64Decode = (text: string): Uint8Array | undefined => {
	if (text.length % 4 !== 0) return undefined;
	return decode64(text.replace(/={1,2}$/, ''), BASE64);
};
