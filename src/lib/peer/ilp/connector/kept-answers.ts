/**
 * Answers as they were given, in a few large arrays of bytes. A thousand answers a second as objects would each live just
 * long enough to be carried along by the garbage collector again and again; bytes are copied once and looked at by
 * nobody.
 *
 * The oldest part goes as a whole: when all parts are full, or when every packet answered in it has expired.
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
	used: number;
	/** Of any answer in it, Unix ms. */
	until: number;
	/** The newest answer of each {@link nameOf}, as its number in `starts` and `peers`. */
	readonly newest: Map<number, number>;
	/** Where the answers begin: hash, then packet, up to where the next one begins. */
	readonly starts: number[];
	readonly peers: string[];
}

/** Bytes of one part; any answer fits. */
const PART_BYTES = LIMITS.answersKeptBytes / 16;
const PARTS = LIMITS.answersKeptBytes / PART_BYTES;
const HASH_BYTES = 32;

/** Thirty bits of a hash: a number that needs no object of its own. Two packets may share it; the newer one is found. */
const nameOf = (hash: Uint8Array): number =>
	((hash[0] as number) << 22) |
	((hash[1] as number) << 14) |
	((hash[2] as number) << 6) |
	((hash[3] as number) >> 2);

export const createKeptAnswers = (): KeptAnswers => {
	/** The oldest first; answers are added to the last. */
	let parts: Part[] = [];

	const withRoom = (size: number): Part => {
		const last = parts.at(-1);
		if (last && last.used + size <= PART_BYTES) return last;
		const oldest = parts.length === PARTS ? parts.shift() : undefined;
		const part: Part = {
			bytes: oldest?.bytes ?? new Uint8Array(PART_BYTES),
			used: 0,
			until: 0,
			newest: new Map(),
			starts: [],
			peers: []
		};
		parts.push(part);
		return part;
	};

	return {
		add: (peer, hash, answer, until) => {
			const packet = encodeIlpPacket(answer);
			const size = HASH_BYTES + packet.length;
			const part = withRoom(size);
			part.bytes.set(hash, part.used);
			part.bytes.set(packet, part.used + HASH_BYTES);
			part.newest.set(nameOf(hash), part.starts.length);
			part.starts.push(part.used);
			part.peers.push(peer);
			part.used += size;
			part.until = Math.max(part.until, until);
		},
		find: (peer, hash) => {
			const name = nameOf(hash);
			for (let at = parts.length - 1; at >= 0; at -= 1) {
				const { newest, starts, peers, bytes, used } = parts[at] as Part;
				const number = newest.get(name);
				if (number === undefined || peers[number] !== peer) continue;
				const start = starts[number] as number;
				if (!bytesEqual(bytes.subarray(start, start + HASH_BYTES), hash)) continue;
				// A copy: the part is written over while the answer is on its way.
				const decoded = decodeReply(bytes.slice(start + HASH_BYTES, starts[number + 1] ?? used));
				return decoded.ok ? decoded.value : undefined;
			}
			return undefined;
		},
		sweep: (now) => {
			if (parts.some(({ until }) => until < now)) parts = parts.filter(({ until }) => until >= now);
		}
	};
};
