/**
 * Answers as they were given, in a few large arrays of bytes. A thousand answers a second as objects would each live just
 * long enough to be carried along by the garbage collector again and again; bytes are copied once and looked at by
 * nobody.
 *
 * The oldest part goes as a whole: when all parts are full, or when every packet answered in it has expired. Of two
 * packets whose hashes begin alike the newer one is found; the other is told from the database.
 */
import { bytesEqual } from '../../bytes.ts';
import { decodeReply, encodeIlpPacket, type IlpReply } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';

export interface KeptAnswers {
	/** `hash`: of the prepare as it came from the neighbour. `until`: nobody asks after that, Unix ms. */
	add(peer: string, hash: Uint8Array, answer: IlpReply, until: number): void;
	find(peer: string, hash: Uint8Array): IlpReply | undefined;
	/** Lets parts go of which nobody asks any more. */
	sweep(now: number): void;
}

interface Part {
	readonly bytes: Uint8Array;
	readonly words: Uint32Array;
	/** Bytes of it that are written. */
	used: number;
	/** Of any answer in it, Unix ms. */
	until: number;
}

/** Bytes of one part; any answer fits. */
const PART_BYTES = LIMITS.answersKeptBytes / 16;
const PARTS = LIMITS.answersKeptBytes / PART_BYTES;
const WORD_BYTES = 4;
/** Of an answer: who asked, and how many bytes the packet has, a word each; the hash of the prepare; the packet. */
const HASH_AT = 2 * WORD_BYTES;
const PACKET_AT = HASH_AT + 32;

/** Thirty bits of a hash and who asked: a number that needs no object of its own. Two packets may share it. */
const nameAt = (bytes: Uint8Array, at: number, neighbour: number): number =>
	(((bytes[at] as number) << 22) |
		((bytes[at + 1] as number) << 14) |
		((bytes[at + 2] as number) << 6) |
		((bytes[at + 3] as number) >> 2)) ^
	(Math.imul(neighbour, 0x9e3779b1) >>> 2);

export const createKeptAnswers = (): KeptAnswers => {
	/** The place of each is a part of the addresses, which go on where they began. */
	const parts: (Part | undefined)[] = new Array<Part | undefined>(PARTS).fill(undefined);
	/** The one that is being filled. */
	let current = 0;
	/** Where the newest answer of each name begins: the number of its part times {@link PART_BYTES}, and its place there. */
	const newest = new Map<number, number>();
	/** Neighbours by the order in which they first asked. */
	const numbers = new Map<string, number>();

	const numberOf = (peer: string): number => {
		const known = numbers.get(peer);
		if (known !== undefined) return known;
		numbers.set(peer, numbers.size);
		return numbers.size - 1;
	};

	/** Forgets what is in a part; its bytes may be used again. */
	const clear = (number: number): void => {
		const part = parts[number];
		if (!part) return;
		for (let at = 0; at < part.used;) {
			const name = nameAt(part.bytes, at + HASH_AT, part.words[at / WORD_BYTES] as number);
			if (newest.get(name) === number * PART_BYTES + at) newest.delete(name);
			at += sizeAt(part, at);
		}
		part.used = part.until = 0;
	};
	/** Whole words, so that the next one begins with one. */
	const sizeOf = (packetBytes: number): number =>
		Math.ceil((PACKET_AT + packetBytes) / WORD_BYTES) * WORD_BYTES;
	const sizeAt = ({ words }: Part, at: number): number => sizeOf(words[at / WORD_BYTES + 1] as number);

	const withRoom = (size: number): Part => {
		const part = parts[current];
		if (part && part.used + size <= PART_BYTES) return part;
		if (part) current = (current + 1) % PARTS;
		const next = parts[current];
		if (next) {
			clear(current);
			return next;
		}
		const bytes = new Uint8Array(PART_BYTES);
		const made: Part = { bytes, words: new Uint32Array(bytes.buffer), used: 0, until: 0 };
		parts[current] = made;
		return made;
	};

	return {
		add: (peer, hash, answer, until) => {
			const packet = encodeIlpPacket(answer);
			const part = withRoom(sizeOf(packet.length));
			const { bytes, words, used: at } = part;
			const neighbour = numberOf(peer);
			words[at / WORD_BYTES] = neighbour;
			words[at / WORD_BYTES + 1] = packet.length;
			bytes.set(hash, at + HASH_AT);
			bytes.set(packet, at + PACKET_AT);
			newest.set(nameAt(hash, 0, neighbour), current * PART_BYTES + at);
			part.used = at + sizeOf(packet.length);
			part.until = Math.max(part.until, until);
		},
		find: (peer, hash) => {
			const neighbour = numbers.get(peer);
			if (neighbour === undefined) return undefined;
			const address = newest.get(nameAt(hash, 0, neighbour));
			if (address === undefined) return undefined;
			const at = address % PART_BYTES;
			const part = parts[(address - at) / PART_BYTES];
			if (!part || part.words[at / WORD_BYTES] !== neighbour) return undefined;
			const { bytes } = part;
			if (!bytesEqual(bytes.subarray(at + HASH_AT, at + PACKET_AT), hash)) return undefined;
			// A copy: the part is written over while the answer is on its way.
			const end = at + PACKET_AT + (part.words[at / WORD_BYTES + 1] as number);
			const decoded = decodeReply(bytes.slice(at + PACKET_AT, end));
			return decoded.ok ? decoded.value : undefined;
		},
		sweep: (now) => {
			for (const [number, part] of parts.entries()) {
				if (!part || part.used === 0 || part.until >= now) continue;
				clear(number);
				parts[number] = undefined;
			}
		}
	};
};
