/**
 * Which packets were seen lately, by sequence number and by four bytes of their authentication tag. STREAM
 * has one key for both directions and numbers that both ends count from 1, so a hop can play back
 * what it recorded: a packet of the other end a second time, or one of our own as if it were theirs.
 */

/** Numbers remembered: several times the packets that can be under way. */
const SIZE = 1_024;

export class PacketMemory {
	readonly #tags = new Uint32Array(SIZE);
	#highest = 0;

	/** Marks a packet as seen. */
	add(sequence: number, tag: number): void {
		if (sequence > this.#highest) this.#highest = sequence;
		this.#tags[sequence % SIZE] = tag;
	}

	has(sequence: number, tag: number): boolean {
		return this.#tags[sequence % SIZE] === tag;
	}

	/** Too old to be remembered: as good as seen. */
	isForgotten(sequence: number): boolean {
		return sequence + SIZE <= this.#highest;
	}
}

/** Four bytes of the GCM tag of sealed data (RFC 29: iv 12 ‖ tag 16 ‖ ciphertext), never 0. */
export const packetTag = (data: Uint8Array): number =>
	(((data[12] as number) << 24) |
		((data[13] as number) << 16) |
		((data[14] as number) << 8) |
		(data[15] as number) |
		1) >>>
	0;
