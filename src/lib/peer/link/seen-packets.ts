/**
 * Which packets may have been here, in a few bits each: whether a new packet is known is asked several times, and
 * hardly ever it is, so that mostly no table need be looked through. Never wrong when it says no.
 *
 * A packet is noted by the second in which it expires, because the same bytes again carry the same expiry. Of seconds
 * beyond the last {@link SECONDS} nothing is noted, and every packet may have been here.
 */
export interface SeenPackets {
	/** `hash`: of the prepare, which expires at `expiresAt`, Unix ms. */
	add(hash: Uint8Array, expiresAt: number): void;
	mayHold(hash: Uint8Array, expiresAt: number): boolean;
}

/** More than a packet lives. Each costs so many bytes. */
const SECONDS = 128;
const BYTES_PER_SECOND = 8_192;

/** One of the two places of a packet among the 65,536 bits of a second: hashes are as good as random. */
const bitOf = (hash: Uint8Array, at: 0 | 2): number => ((hash[at] as number) << 8) | (hash[at + 1] as number);
const set = (bits: Uint8Array, bit: number): void => {
	bits[bit >> 3] = (bits[bit >> 3] as number) | (1 << (bit & 7));
};
const isSet = (bits: Uint8Array, bit: number): boolean =>
	(((bits[bit >> 3] as number) >> (bit & 7)) & 1) === 1;

/** `horizon`: what expires until then may have been here, Unix ms. */
export const createSeenPackets = (horizon: number): SeenPackets => {
	const bySecond = new Map<number, Uint8Array>();
	let until = horizon;

	const noted = (second: number): Uint8Array => {
		const found = bySecond.get(second);
		if (found) return found;
		const bits = new Uint8Array(BYTES_PER_SECOND);
		bySecond.set(second, bits);
		if (bySecond.size > SECONDS) {
			const first = Math.min(...bySecond.keys());
			bySecond.delete(first);
			until = Math.max(until, 1_000 * first + 999);
		}
		return bits;
	};

	return {
		add: (hash, expiresAt) => {
			if (expiresAt <= until) return;
			const bits = noted(Math.floor(expiresAt / 1_000));
			set(bits, bitOf(hash, 0));
			set(bits, bitOf(hash, 2));
		},
		mayHold: (hash, expiresAt) => {
			if (expiresAt <= until) return true;
			const bits = bySecond.get(Math.floor(expiresAt / 1_000));
			return bits !== undefined && isSet(bits, bitOf(hash, 0)) && isSet(bits, bitOf(hash, 2));
		}
	};
};
