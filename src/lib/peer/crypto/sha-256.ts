/**
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) for packets: noble's answers, without its objects. A packet of money is
 * hashed twice and is shorter than what noble allocates for it, so that collecting the garbage cost as much as the
 * hashing. The two blocks of a key's pads are hashed once per key (per-key.ts).
 *
 * Nothing here depends on a secret but the values themselves: no branch, no address.
 */
import { perKey } from './per-key.ts';

const BLOCK = 64;
const HASH = 32;
/** The first of the bytes that say, behind the data, how long it was: in bits, in 8 bytes. */
const LENGTH_AT = BLOCK - 8;

/** The first 32 bits of the fraction. */
const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0;

const PRIMES = ((): readonly number[] => {
	const primes: number[] = [];
	for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
	return primes;
})();

/** FIPS 180-4 sections 4.2.2 and 5.3.3. */
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

/** The message schedule, and the last blocks of what is hashed: nothing here waits, so one of each will do. */
const W = new Int32Array(64);
const state = new Int32Array(8);
const last = new Uint8Array(2 * BLOCK);
const inner = new Uint8Array(HASH);

/** Takes one block of `bytes` into the state (FIPS 180-4 section 6.2.2). */
const compress = (bytes: Uint8Array, from: number): void => {
	for (let t = 0, at = from; t < 16; t++, at += 4)
		W[t] =
			((bytes[at] as number) << 24) |
			((bytes[at + 1] as number) << 16) |
			((bytes[at + 2] as number) << 8) |
			(bytes[at + 3] as number);
	for (let t = 16; t < 64; t++) {
		const x = W[t - 15] as number;
		const y = W[t - 2] as number;
		const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
		const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
		W[t] = (s0 + s1 + (W[t - 7] as number) + (W[t - 16] as number)) | 0;
	}
	let a = state[0] as number;
	let b = state[1] as number;
	let c = state[2] as number;
	let d = state[3] as number;
	let e = state[4] as number;
	let f = state[5] as number;
	let g = state[6] as number;
	let h = state[7] as number;
	for (let t = 0; t < 64; t++) {
		const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
		const one = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (W[t] as number)) | 0;
		const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
		const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
		h = g;
		g = f;
		f = e;
		e = (d + one) | 0;
		d = c;
		c = b;
		b = a;
		a = (one + two) | 0;
	}
	state[0] = (state[0] as number) + a;
	state[1] = (state[1] as number) + b;
	state[2] = (state[2] as number) + c;
	state[3] = (state[3] as number) + d;
	state[4] = (state[4] as number) + e;
	state[5] = (state[5] as number) + f;
	state[6] = (state[6] as number) + g;
	state[7] = (state[7] as number) + h;
};

/** Takes `data` and the padding into the state; `before` bytes were taken already. */
const finish = (data: Uint8Array, before: number, target: Uint8Array): void => {
	const whole = data.length - (data.length % BLOCK);
	for (let at = 0; at < whole; at += BLOCK) compress(data, at);
	const rest = data.length - whole;
	last.fill(0);
	for (let i = 0; i < rest; i++) last[i] = data[whole + i] as number;
	last[rest] = 0x80;
	const blocks = rest < LENGTH_AT ? 1 : 2;
	let bits = (before + data.length) * 8;
	for (let at = blocks * BLOCK - 1; bits > 0; at--) {
		last[at] = bits % 256;
		bits = Math.floor(bits / 256);
	}
	for (let block = 0; block < blocks; block++) compress(last, block * BLOCK);
	for (let i = 0; i < HASH; i++) target[i] = (state[i >> 2] as number) >>> (24 - 8 * (i & 3));
};

export const sha256 = (data: Uint8Array): Uint8Array => {
	state.set(START);
	const hash = new Uint8Array(HASH);
	finish(data, 0, hash);
	return hash;
};

/** The state after a block of the key and each pad. */
interface Pads {
	readonly inner: Int32Array;
	readonly outer: Int32Array;
}

const padsOf = perKey((key): Pads => {
	const short = key.length > BLOCK ? sha256(key) : key;
	const after = (pad: number): Int32Array => {
		const block = new Uint8Array(BLOCK).fill(pad);
		for (let i = 0; i < short.length; i++) block[i] = (short[i] as number) ^ pad;
		state.set(START);
		compress(block, 0);
		return state.slice();
	};
	return { inner: after(0x36), outer: after(0x5c) };
});

export const hmacSha256 = (key: Uint8Array, data: Uint8Array): Uint8Array => {
	const pads = padsOf(key);
	state.set(pads.inner);
	finish(data, BLOCK, inner);
	state.set(pads.outer);
	const mac = new Uint8Array(HASH);
	finish(inner, BLOCK, mac);
	return mac;
};
