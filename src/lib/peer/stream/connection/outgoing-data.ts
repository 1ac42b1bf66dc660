/**
 * The bytes of one stream on their way out. Each byte has an offset from the moment it first leaves, and
 * keeps it: what a packet lost is sent again at the same offset (RFC 29 forbids frames that overlap
 * with other bytes), before anything new.
 */

/** Pieces below this many bytes are joined with their successors instead of each taking a frame. */
const JOIN_BYTES = 1_024;

export interface DataPiece {
	readonly offset: number;
	readonly bytes: Uint8Array;
}

export class OutgoingData {
	/** Bytes written by the application that have not left yet. */
	queued = 0;
	/** Offset of the first of them: bytes that left at least once. */
	next = 0;
	/** Bytes acknowledged. */
	acknowledged = 0;
	readonly #chunks: Uint8Array[] = [];
	/** Bytes of the first chunk that have left. */
	#used = 0;
	readonly #again: DataPiece[] = [];

	/** Everything written was acknowledged. */
	get isDone(): boolean {
		return this.queued === 0 && this.acknowledged === this.next;
	}

	/** There is something to send within a credit that ends at `limit`. */
	isSendable(limit: number): boolean {
		return this.#again.length > 0 || (this.queued > 0 && this.next < limit);
	}

	/** Bytes wait for more credit. */
	isBlocked(limit: number): boolean {
		return this.queued > 0 && this.next >= limit;
	}

	write(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		this.#chunks.push(bytes);
		this.queued += bytes.length;
	}

	/** Up to `room` bytes, lost ones first; new ones only below `limit`. */
	take(room: number, limit: number): DataPiece | undefined {
		const again = this.#again[0];
		if (again !== undefined) {
			if (again.bytes.length <= room) {
				this.#again.shift();
				return again;
			}
			const { offset, bytes } = again;
			this.#again[0] = { offset: offset + room, bytes: bytes.subarray(room) };
			return { offset, bytes: bytes.subarray(0, room) };
		}
		const length = Math.min(room, this.queued, limit - this.next);
		if (length <= 0) return undefined;
		const bytes = this.#takeQueued(length);
		const offset = this.next;
		this.next += bytes.length;
		this.queued -= bytes.length;
		return { offset, bytes };
	}

	/** The packet with these bytes was refused or lost. */
	lost(offset: number, bytes: Uint8Array): void {
		this.#again.push({ offset, bytes });
	}

	clear(): void {
		this.#chunks.length = 0;
		this.#again.length = 0;
		this.#used = 0;
		this.queued = 0;
	}

	/** At most `length` queued bytes: a view of one chunk, or, when that is a crumb, several copied together. */
	#takeQueued(length: number): Uint8Array {
		const first = this.#chunks[0] as Uint8Array;
		const left = first.length - this.#used;
		if (left >= length || left >= JOIN_BYTES) return this.#takeFirst(Math.min(left, length));
		const joined = new Uint8Array(length);
		for (let at = 0; at < length;) {
			const chunk = this.#chunks[0] as Uint8Array;
			const piece = this.#takeFirst(Math.min(chunk.length - this.#used, length - at));
			joined.set(piece, at);
			at += piece.length;
		}
		return joined;
	}

	#takeFirst(length: number): Uint8Array {
		const chunk = this.#chunks[0] as Uint8Array;
		const piece = chunk.subarray(this.#used, this.#used + length);
		this.#used += length;
		if (this.#used === chunk.length) {
			this.#chunks.shift();
			this.#used = 0;
		}
		return piece;
	}
}
