/**
 * AES-256-GCM (FIPS 197, NIST SP 800-38D) for packets of a few blocks: noble's answers at a tenth of its price,
 * because what depends on the key alone is made once per key (per-key.ts): the round keys and a table to multiply by
 * the hash key with. Where a host has the cipher itself, that is faster from a few hundred bytes on; below, the way
 * there costs more than this.
 *
 * A block of the cipher is 14 rounds; each but the last looks up 16 bytes in a table of what SubBytes, ShiftRows and
 * MixColumns make of one. GHASH is one multiplication per block in the field of 2^128, bit 0 first:
 *
 * ```
 * y · H = y0·H + x^32·(y1·H + x^32·(y2·H + x^32·(y3·H)))        y in words of 32 bits
 * w · H = the sum over the eight nibbles of w of table[place][nibble]
 * ```
 *
 * Which places of a table are read depends on the key, as in noble: see docs/adr/0038 for what that means.
 */
import { freshBytes } from '../bytes.ts';
import type { Sealed } from '../platform.ts';
import { perKey } from './per-key.ts';

const BLOCK = 16;
const ROUND_KEYS = 60;
const LAST_ROUND = ROUND_KEYS - 4;

/** SubBytes; and for each place of a column, what a byte there becomes of by SubBytes and MixColumns. */
const SBOX = new Uint8Array(256);
const ROUND = new Int32Array(4 * 256);

const double = (byte: number): number => ((byte << 1) ^ ((byte >> 7) * 0x11b)) & 0xff;

(() => {
	// Powers of 3, which generates the field: the inverse of 3^n is 3^(255 − n).
	const powers = new Uint8Array(255);
	for (let n = 0, power = 1; n < 255; n++, power ^= double(power)) powers[n] = power;
	for (let byte = 0; byte < 256; byte++) {
		const inverse = byte === 0 ? 0 : (powers[(255 - powers.indexOf(byte)) % 255] as number);
		const twice = inverse * 0x101;
		const sub = (twice ^ (twice >> 4) ^ (twice >> 5) ^ (twice >> 6) ^ (twice >> 7) ^ 0x63) & 0xff;
		SBOX[byte] = sub;
		const column = (double(sub) << 24) | (sub << 16) | (sub << 8) | (double(sub) ^ sub);
		for (let place = 0; place < 4; place++)
			ROUND[place * 256 + byte] = (column >>> (8 * place)) | (column << (32 - 8 * place));
	}
})();

interface PacketKey {
	readonly rounds: Int32Array;
	/** `H` times each nibble in each place of a word: 8 × 16 × 4 words. */
	readonly table: Int32Array;
}

/** The block that {@link encrypt} made, and the sum that {@link absorb} goes on with: nothing here waits. */
const pad = new Int32Array(4);
const sum = new Int32Array(4);

const keyOf = perKey((key): PacketKey => {
	const rounds = expand(key);
	encrypt(rounds, 0, 0, 0, 0);
	return { rounds, table: tableOf(pad) };
});

export const sealAesGcm = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Sealed => {
	const { length } = plaintext;
	const sealed = freshBytes(length + BLOCK);
	const ciphertext = sealed.subarray(0, length);
	const { rounds, table } = keyOf(key);
	crypt(rounds, nonce, plaintext, ciphertext);
	authenticate(rounds, table, nonce, ciphertext);
	const tag = sealed.subarray(length);
	for (let i = 0; i < BLOCK; i++) tag[i] = byteOf(sum, i);
	return { ciphertext, tag };
};

/** `undefined` when the tag does not match. */
export const openAesGcm = (
	key: Uint8Array,
	nonce: Uint8Array,
	{ ciphertext, tag }: Sealed
): Uint8Array | undefined => {
	const { rounds, table } = keyOf(key);
	authenticate(rounds, table, nonce, ciphertext);
	let difference = tag.length ^ BLOCK;
	for (let i = 0; i < BLOCK; i++) difference |= byteOf(sum, i) ^ (tag[i] ?? 0);
	if (difference !== 0) return undefined;
	const plaintext = new Uint8Array(ciphertext.length);
	crypt(rounds, nonce, ciphertext, plaintext);
	return plaintext;
};

/** Counter mode; the first block of the counter is the tag's. */
const crypt = (rounds: Int32Array, nonce: Uint8Array, from: Uint8Array, to: Uint8Array): void => {
	const n0 = wordAt(nonce, 0);
	const n1 = wordAt(nonce, 4);
	const n2 = wordAt(nonce, 8);
	const { length } = from;
	for (let at = 0, counter = 2; at < length; at += BLOCK, counter++) {
		encrypt(rounds, n0, n1, n2, counter);
		const here = length - at < BLOCK ? length - at : BLOCK;
		for (let i = 0; i < here; i++) to[at + i] = (from[at + i] as number) ^ byteOf(pad, i);
	}
};

/** Leaves the tag in `sum`. */
const authenticate = (
	rounds: Int32Array,
	table: Int32Array,
	nonce: Uint8Array,
	ciphertext: Uint8Array
): void => {
	const { length } = ciphertext;
	const whole = length - (length % BLOCK);
	sum.fill(0);
	let at = 0;
	for (; at < whole; at += BLOCK)
		absorb(
			table,
			wordAt(ciphertext, at),
			wordAt(ciphertext, at + 4),
			wordAt(ciphertext, at + 8),
			wordAt(ciphertext, at + 12)
		);
	if (at < length) {
		pad.fill(0);
		for (let i = 0; at + i < length; i++)
			pad[i >> 2] = (pad[i >> 2] as number) | ((ciphertext[at + i] as number) << (24 - 8 * (i & 3)));
		absorb(table, pad[0] as number, pad[1] as number, pad[2] as number, pad[3] as number);
	}
	// No additional data; then the length in bits, in 8 bytes.
	absorb(table, 0, 0, length / 0x2000_0000, length << 3);
	encrypt(rounds, wordAt(nonce, 0), wordAt(nonce, 4), wordAt(nonce, 8), 1);
	for (let i = 0; i < 4; i++) sum[i] = (sum[i] as number) ^ (pad[i] as number);
};

const wordAt = (bytes: Uint8Array, at: number): number =>
	((bytes[at] as number) << 24) |
	((bytes[at + 1] as number) << 16) |
	((bytes[at + 2] as number) << 8) |
	(bytes[at + 3] as number);

const byteOf = (words: Int32Array, at: number): number =>
	((words[at >> 2] as number) >>> (24 - 8 * (at & 3))) & 0xff;

/** FIPS 197 section 5.2, for keys of eight words. */
const expand = (key: Uint8Array): Int32Array => {
	const rounds = new Int32Array(ROUND_KEYS);
	const sub = (word: number): number =>
		((SBOX[word >>> 24] as number) << 24) |
		((SBOX[(word >>> 16) & 0xff] as number) << 16) |
		((SBOX[(word >>> 8) & 0xff] as number) << 8) |
		(SBOX[word & 0xff] as number);
	for (let i = 0; i < 8; i++) rounds[i] = wordAt(key, 4 * i);
	for (let i = 8, constant = 1; i < ROUND_KEYS; i++) {
		let word = rounds[i - 1] as number;
		if (i % 8 === 0) {
			word = sub((word << 8) | (word >>> 24)) ^ (constant << 24);
			constant <<= 1;
		} else if (i % 8 === 4) word = sub(word);
		rounds[i] = (rounds[i - 8] as number) ^ word;
	}
	return rounds;
};

/** Leaves the cipher of a block in `pad`. */
const encrypt = (rounds: Int32Array, b0: number, b1: number, b2: number, b3: number): void => {
	let s0 = b0 ^ (rounds[0] as number);
	let s1 = b1 ^ (rounds[1] as number);
	let s2 = b2 ^ (rounds[2] as number);
	let s3 = b3 ^ (rounds[3] as number);
	for (let k = 4; k < LAST_ROUND; k += 4) {
		const t0 = column(s0, s1, s2, s3) ^ (rounds[k] as number);
		const t1 = column(s1, s2, s3, s0) ^ (rounds[k + 1] as number);
		const t2 = column(s2, s3, s0, s1) ^ (rounds[k + 2] as number);
		s3 = column(s3, s0, s1, s2) ^ (rounds[k + 3] as number);
		s0 = t0;
		s1 = t1;
		s2 = t2;
	}
	pad[0] = lastColumn(s0, s1, s2, s3) ^ (rounds[LAST_ROUND] as number);
	pad[1] = lastColumn(s1, s2, s3, s0) ^ (rounds[LAST_ROUND + 1] as number);
	pad[2] = lastColumn(s2, s3, s0, s1) ^ (rounds[LAST_ROUND + 2] as number);
	pad[3] = lastColumn(s3, s0, s1, s2) ^ (rounds[LAST_ROUND + 3] as number);
};

const column = (a: number, b: number, c: number, d: number): number =>
	(ROUND[a >>> 24] as number) ^
	(ROUND[0x100 | ((b >>> 16) & 0xff)] as number) ^
	(ROUND[0x200 | ((c >>> 8) & 0xff)] as number) ^
	(ROUND[0x300 | (d & 0xff)] as number);

const lastColumn = (a: number, b: number, c: number, d: number): number =>
	((SBOX[a >>> 24] as number) << 24) |
	((SBOX[(b >>> 16) & 0xff] as number) << 16) |
	((SBOX[(c >>> 8) & 0xff] as number) << 8) |
	(SBOX[d & 0xff] as number);

const tableOf = (hashKey: Int32Array): Int32Array => {
	const table = new Int32Array(8 * 16 * 4);
	const power = hashKey.slice();
	for (let place = 0; place < 8; place++) {
		const from = place * 64;
		for (let bit = 8; bit > 0; bit >>= 1) {
			table.set(power, from + bit * 4);
			timesX(power);
		}
		for (let nibble = 3; nibble < 16; nibble++) {
			const lowest = nibble & -nibble;
			if (lowest === nibble) continue;
			for (let word = 0; word < 4; word++)
				table[from + nibble * 4 + word] =
					(table[from + lowest * 4 + word] as number) ^
					(table[from + (nibble ^ lowest) * 4 + word] as number);
		}
	}
	return table;
};

/** x^128 is 1 + x + x^2 + x^7. */
const timesX = (words: Int32Array): void => {
	const w0 = words[0] as number;
	const w1 = words[1] as number;
	const w2 = words[2] as number;
	const w3 = words[3] as number;
	words[3] = (w3 >>> 1) | (w2 << 31);
	words[2] = (w2 >>> 1) | (w1 << 31);
	words[1] = (w1 >>> 1) | (w0 << 31);
	words[0] = (w0 >>> 1) ^ (-(w3 & 1) & 0xe1000000);
};

/** One step of GHASH: adds a block to the sum and multiplies it by `H`. */
const absorb = (table: Int32Array, b0: number, b1: number, b2: number, b3: number): void => {
	const y0 = b0 ^ (sum[0] as number);
	const y1 = b1 ^ (sum[1] as number);
	const y2 = b2 ^ (sum[2] as number);
	let word = b3 ^ (sum[3] as number);
	let z0 = 0;
	let z1 = 0;
	let z2 = 0;
	let z3 = 0;
	for (let left = 3; ; left--) {
		for (let at = 0, shift = 28; shift >= 0; at += 64, shift -= 4) {
			const entry = at | (((word >>> shift) & 15) << 2);
			z0 ^= table[entry] as number;
			z1 ^= table[entry + 1] as number;
			z2 ^= table[entry + 2] as number;
			z3 ^= table[entry + 3] as number;
		}
		if (left === 0) break;
		// Times x^32: what leaves on the right comes back on the left.
		const over = z3;
		z3 = z2;
		z2 = z1;
		z1 = z0 ^ (over << 31) ^ (over << 30) ^ (over << 25);
		z0 = over ^ (over >>> 1) ^ (over >>> 2) ^ (over >>> 7);
		word = left === 3 ? y2 : left === 2 ? y1 : y0;
	}
	sum[0] = z0;
	sum[1] = z1;
	sum[2] = z2;
	sum[3] = z3;
};
