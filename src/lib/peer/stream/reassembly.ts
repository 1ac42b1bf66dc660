/**
 * The bytes of one stream as they come in: in any order, twice, or overlapping. Pure: no clock, no limits.
 *
 * What overlaps must be equal, because a stream says each byte once; whoever sends something else
 * under an offset that is taken contradicts itself, and nothing of that piece is used.
 */

export interface Piece {
	/** Where in the stream it begins, in bytes. */
	readonly offset: number;
	readonly data: Uint8Array;
}

export interface Reassembly {
	/** Up to here nothing is missing. */
	contiguous(): number;
	/** One beyond the last byte that came. */
	highest(): number;
	/** Bytes of memory it holds. */
	capacity(): number;
	/** What it would hold with this piece. */
	capacityWith(piece: Piece): number;
	/** False when it contradicts what came before; then nothing is taken. */
	add(piece: Piece): boolean;
	/** The first bytes, at most so many, without a gap. A view: valid until the next `add`. */
	head(length: number): Uint8Array;
	/**
	 * The whole stream when this piece is its end and nothing else is missing; `undefined` while
	 * something is, or when the piece contradicts what came. Takes nothing.
	 */
	wholeWith(end: Piece): Uint8Array | undefined;
}

/** Half-open. */
type Range = readonly [start: number, end: number];

const FIRST_CAPACITY = 4_096;

export const createReassembly = (): Reassembly => {
	let bytes = new Uint8Array(0);
	/** What came: in order, apart from each other. */
	let ranges: readonly Range[] = [];

	const contiguous = (): number => {
		const first = ranges[0];
		return first?.[0] === 0 ? first[1] : 0;
	};
	const highest = (): number => ranges.at(-1)?.[1] ?? 0;

	const capacityWith = ({ offset, data }: Piece): number => {
		const needed = offset + data.length;
		if (needed <= bytes.length) return bytes.length;
		return Math.max(needed, bytes.length * 2, FIRST_CAPACITY);
	};

	const agrees = ({ offset, data }: Piece): boolean => {
		const end = offset + data.length;
		for (const [from, to] of ranges)
			for (let at = Math.max(from, offset); at < Math.min(to, end); at++)
				if (bytes[at] !== data[at - offset]) return false;
		return true;
	};

	const add = (piece: Piece): boolean => {
		const { offset, data } = piece;
		if (!agrees(piece)) return false;
		if (data.length === 0) return true;
		const capacity = capacityWith(piece);
		if (capacity > bytes.length) {
			const larger = new Uint8Array(capacity);
			larger.set(bytes);
			bytes = larger;
		}
		bytes.set(data, offset);
		let start = offset;
		let end = offset + data.length;
		const apart: Range[] = [];
		for (const range of ranges) {
			if (range[1] < start || range[0] > end) apart.push(range);
			else {
				start = Math.min(start, range[0]);
				end = Math.max(end, range[1]);
			}
		}
		ranges = [...apart, [start, end] as const].sort((a, b) => a[0] - b[0]);
		return true;
	};

	return {
		contiguous,
		highest,
		capacity: () => bytes.length,
		capacityWith,
		add,
		head: (length) => bytes.subarray(0, Math.min(length, contiguous())),
		wholeWith: (end) => {
			const size = end.offset + end.data.length;
			if (highest() > size || !agrees(end)) return undefined;
			let reached = 0;
			for (const [from, to] of [...ranges, [end.offset, size] as const].sort((a, b) => a[0] - b[0]))
				if (from <= reached) reached = Math.max(reached, to);
			if (reached < size) return undefined;
			const whole = bytes.slice(0, size);
			if (whole.length === size) {
				whole.set(end.data, end.offset);
				return whole;
			}
			const longer = new Uint8Array(size);
			longer.set(whole);
			longer.set(end.data, end.offset);
			return longer;
		}
	};
};
