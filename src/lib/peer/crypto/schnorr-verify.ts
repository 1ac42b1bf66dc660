/**
 * BIP-340 verification for readers: many signatures by few keys.
 *
 * Nearly all of the work is one multiplication of the signer's point. With a table of its multiples
 * that costs a third, and the table costs less than one verification without it, so a key that is seen
 * a second time gets one. The answers are noble's: only the order of the work differs.
 */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex } from '../bytes.ts';

const { Point } = secp256k1;
const { Fn, Fp } = Point;
type CurvePoint = InstanceType<typeof Point>;

/** Bits of a window: 520 points, about 130 kB. Wider ones take longer to fill than they save. */
const WINDOW_BITS = 4;
/** Keys with a table, and keys seen once, that are remembered: more authors than anybody reads in one sitting. */
const KEYS_KEPT = 32;
const ONCE_KEPT = 256;

/** Keeps the newest `most` entries by last use. */
const createRecent = <V>(most: number) => {
	const entries = new Map<string, V>();
	return {
		take: (key: string): V | undefined => {
			const value = entries.get(key);
			entries.delete(key);
			return value;
		},
		put: (key: string, value: V): void => {
			entries.set(key, value);
			if (entries.size > most) for (const oldest of entries.keys()) return void entries.delete(oldest);
		}
	};
};

/** Throws on a key that is no point, like noble; the caller answers "no" then. */
export const createSchnorrVerify = (): ((
	publicKey32: Uint8Array,
	message32: Uint8Array,
	signature64: Uint8Array
) => boolean) => {
	const tables = createRecent<CurvePoint>(KEYS_KEPT);
	const once = createRecent<true>(ONCE_KEPT);

	return (publicKey32, message32, signature64) => {
		if (publicKey32.length !== 32 || signature64.length !== 64) return false;
		const key = bytesToHex(publicKey32);
		let point = tables.take(key);
		if (!point) {
			if (!once.take(key)) {
				const valid = schnorr.verify(signature64, message32, publicKey32);
				// A key that signed nothing is not worth remembering.
				if (valid) once.put(key, true);
				return valid;
			}
			point = schnorr.utils.lift_x(numberOf(publicKey32)).precompute(WINDOW_BITS, false);
		}
		tables.put(key, point);

		const rBytes = signature64.subarray(0, 32);
		const r = numberOf(rBytes);
		const s = numberOf(signature64.subarray(32));
		if (r === 0n || r >= Fp.ORDER || s === 0n || s >= Fn.ORDER) return false;
		const challenge = Fn.create(
			numberOf(schnorr.utils.taggedHash('BIP0340/challenge', rBytes, publicKey32, message32))
		);
		// R = s·G − e·P must be a point with an even y and x = r.
		const R = Point.BASE.multiplyUnsafe(s).add(point.multiplyUnsafe(Fn.neg(challenge)));
		if (R.is0()) return false;
		const { x, y } = R.toAffine();
		return (y & 1n) === 0n && x === r;
	};
};

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);
