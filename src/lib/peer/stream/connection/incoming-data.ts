/**
 * The bytes of one stream as they come in: packets overtake each other and come twice, the application
 * reads in order. What may be buffered is bounded by the credit the other end was given (StreamMaxData),
 * which the caller checks before a byte gets here.
 */

/** Small pieces are joined up to this many bytes, so that a million single bytes are not a million objects. */
const JOIN_BYTES = 1_024;
/** Holes in the data at a time. A sender with fewer packets under way than this never makes more. */
const MAX_HOLES = 1_024;

export class IncomingData {
	/** Where the first byte is that has not come yet. */
	next = 0;
	/** Bytes the application has read: where its next `read` begins. */
	consumed = 0;
	/** End of the farthest byte that came. */
	highest = 0;
	readonly #ready: Uint8Array[] = [];
	/** Came too early: in order, none overlapping another, none touching `next`. */
	readonly #early: { offset: number; bytes: Uint8Array }[] = [];

	/** Bytes held in memory. */
	get buffered(): number {
		let early = 0;
		for (const piece of this.#early) early += piece.bytes.length;
		return this.next - this.consumed + early;
	}

	get isReadable(): boolean {
		return this.#ready.length > 0;
	}

	/** Something before the farthest byte is missing. */
	get hasHoles(): boolean {
		return this.#early.length > 0;
	}

	/** False when these bytes would open one hole too many: the packet is to be refused, and will come again. */
	fits(offset: number): boolean {
		return offset <= this.next || this.#early.length < MAX_HOLES;
	}

	/** Takes bytes whose end lies within the credit. Bytes that came before are skipped. */
	add(offset: number, bytes: Uint8Array): void {
		const end = offset + bytes.length;
		if (end > this.highest) this.highest = end;
		if (end <= this.next) return;
		if (offset <= this.next) {
			this.#push(bytes.subarray(this.next - offset));
			this.#pullEarly();
		} else this.#keepEarly(offset, bytes);
	}

	/** The next bytes in order; they count as consumed. */
	take(): Uint8Array | undefined {
		const bytes = this.#ready.shift();
		if (bytes !== undefined) this.consumed += bytes.length;
		return bytes;
	}

	/** Forgets everything unread. */
	clear(): void {
		this.#ready.length = 0;
		this.#early.length = 0;
		this.consumed = this.next;
	}

	#push(bytes: Uint8Array): void {
		this.next += bytes.length;
		const last = this.#ready.at(-1);
		if (last !== undefined && last.length + bytes.length <= JOIN_BYTES) {
			const joined = new Uint8Array(last.length + bytes.length);
			joined.set(last);
			joined.set(bytes, last.length);
			this.#ready[this.#ready.length - 1] = joined;
		} else this.#ready.push(ownBytes(bytes));
	}

	#pullEarly(): void {
		let first = this.#early[0];
		while (first !== undefined && first.offset <= this.next) {
			this.#early.shift();
			if (first.offset + first.bytes.length > this.next)
				this.#push(first.bytes.subarray(this.next - first.offset));
			first = this.#early[0];
		}
	}

	/** Puts what is new of these bytes between the pieces that came early before. */
	#keepEarly(offset: number, bytes: Uint8Array): void {
		const early = this.#early;
		let at = early.length;
		while (at > 0 && (early[at - 1] as { offset: number }).offset > offset) at--;
		let start = offset;
		const end = offset + bytes.length;
		const before = early[at - 1];
		if (before !== undefined) start = Math.max(start, before.offset + before.bytes.length);
		while (start < end) {
			const after = early[at];
			const stop = after === undefined ? end : Math.min(end, after.offset);
			if (start < stop)
				early.splice(at++, 0, {
					offset: start,
					bytes: ownBytes(bytes.subarray(start - offset, stop - offset))
				});
			if (after === undefined) return;
			start = Math.max(start, after.offset + after.bytes.length);
			at++;
		}
	}
}

/**
 * Bytes that may be kept. A view keeps the whole packet it lies in alive: one byte in each of 262,144
 * padded packets would cost gigabytes, so views of less than half their buffer are copied.
 */
const ownBytes = (bytes: Uint8Array): Uint8Array =>
	bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
