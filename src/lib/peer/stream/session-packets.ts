/**
 * One direction of a session: whole BTP-NIPs frames in the STREAM packet of an ILP prepare, and the
 * answer in the packet of its fulfill or reject. Each direction has its own secret (PROTOCOL
 * section 2: with one secret for both, a hop could hand a payer's packet back to it and be paid).
 */
import { concatBytes } from '../bytes.ts';
import { decodeFrames, encodeFrame, type UnknownFrame } from '../codec/btp-nips.ts';
import type { Frame } from '../codec/frames.ts';
import type { IlpPacket } from '../codec/ilp.ts';
import { decodeStreamPacket, encodeStreamPacket, type StreamFrame } from '../codec/stream.ts';
import type { Crypto, Random } from '../platform.ts';
import { MAX_STREAM_PLAINTEXT, openPacket, sealPacket, STREAM_IV_LENGTH, type StreamKeys } from './keys.ts';

/**
 * Bytes of frames one answer holds: a STREAM packet takes at most 26 more for version, type, two
 * numbers, the count and the head of the Datagram frame.
 */
export const ANSWER_BYTES = MAX_STREAM_PLAINTEXT - 32;

/** The network's byte in the derivation of the secrets. */
export const NETWORKS = { live: 1, test: 2 } as const;

export interface PlainPacket {
	readonly packetType: IlpPacket['type'];
	readonly sequence: bigint;
	/** In a prepare the least to accept; in a reply what arrived. */
	readonly amount: bigint;
	readonly frames: readonly Frame[];
	/** Where the sender wants its pushes (ConnectionNewAddress). */
	readonly newAddress?: string;
}

export interface ReadPacket {
	readonly packetType: IlpPacket['type'];
	readonly sequence: bigint;
	readonly amount: bigint;
	/** `undefined` when a datagram could not be read: the other end wrote it wrongly. */
	readonly frames: readonly (Frame | UnknownFrame)[] | undefined;
	readonly newAddress: string | undefined;
}

/** Throws when the frames do not fit one packet (a bug: whoever collects them counts). */
export const sealFrames = async (
	crypto: Crypto,
	random: Random,
	keys: StreamKeys,
	packet: PlainPacket
): Promise<Uint8Array> => {
	const frames: StreamFrame[] = [];
	if (packet.newAddress !== undefined)
		frames.push({ type: 'ConnectionNewAddress', sourceAddress: packet.newAddress });
	if (packet.frames.length > 0)
		frames.push({ type: 'Datagram', data: concatBytes(...packet.frames.map(encodeFrame)) });
	const plaintext = encodeStreamPacket({
		packetType: packet.packetType,
		sequence: packet.sequence,
		prepareAmount: packet.amount,
		frames
	});
	return sealPacket(crypto, keys, random.bytes(STREAM_IV_LENGTH), plaintext);
};

/** `undefined` when it was not sealed with these keys, or is no STREAM packet. */
export const openFrames = async (
	crypto: Crypto,
	keys: StreamKeys,
	data: Uint8Array
): Promise<ReadPacket | undefined> => {
	const plaintext = await openPacket(crypto, keys, data);
	if (!plaintext) return undefined;
	const packet = decodeStreamPacket(plaintext);
	if (!packet.ok) return undefined;
	let frames: (Frame | UnknownFrame)[] | undefined = [];
	let newAddress: string | undefined;
	for (const frame of packet.value.frames) {
		if (frame.type === 'ConnectionNewAddress') newAddress = frame.sourceAddress;
		if (frame.type !== 'Datagram' || !frames) continue;
		const decoded = decodeFrames(frame.data);
		if (decoded.ok) frames.push(...decoded.value);
		else frames = undefined;
	}
	const { packetType, sequence, prepareAmount } = packet.value;
	return { packetType, sequence, amount: prepareAmount, frames, newAddress };
};

/** The frames this version knows. */
export const knownFrames = (frames: readonly (Frame | UnknownFrame)[]): readonly Frame[] =>
	frames.filter((frame): frame is Frame => frame.type !== 'UNKNOWN');
