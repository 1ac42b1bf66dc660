/**
 * One direction of a session: whole BTP-NIPs frames in the STREAM packet of an ILP prepare, and the
 * answer in the packet of its fulfill or reject. Each direction has its own secret (PROTOCOL
 * section 2: with one secret for both, a hop could hand a payer's packet back to it and be paid).
 */
import { decodeFrames, encodeFrames, type UnknownFrame } from '../codec/btp-nips.ts';
import type { Frame } from '../codec/frames.ts';
import type { IlpPacket } from '../codec/ilp.ts';
import {
	decodeStreamPacket,
	encodeStreamPacket,
	sizeOfStreamFrame,
	type StreamFrame
} from '../codec/stream.ts';
import type { Crypto, Random } from '../platform.ts';
import { MAX_STREAM_PLAINTEXT, openPacket, sealPacket, STREAM_IV_LENGTH, type StreamKeys } from './keys.ts';

/** What a packet says beside its frames: two numbers, heads, the credit of an upload, the keys of a ratchet. */
const BESIDE_BYTES = 256;

/** Bytes of frames that one packet holds, a question without an address or an answer. */
export const ANSWER_BYTES = MAX_STREAM_PLAINTEXT - BESIDE_BYTES;

/** The network's byte in the derivation of the secrets. */
export const NETWORKS = { live: 1, test: 2 } as const;

export interface PlainPacket {
	readonly packetType: IlpPacket['type'];
	readonly sequence: bigint;
	/** In a prepare the least to accept; in a reply what arrived. */
	readonly amount: bigint;
	readonly frames?: readonly Frame[];
	/** Instead of `frames`: the same, encoded. */
	readonly datagram?: Uint8Array;
	/** Where the sender wants its pushes (ConnectionNewAddress). */
	readonly newAddress?: string;
	/** Frames of STREAM itself: pieces of uploads, their credit. */
	readonly stream?: readonly StreamFrame[];
}

export interface ReadPacket {
	readonly packetType: IlpPacket['type'];
	readonly sequence: bigint;
	readonly amount: bigint;
	/** `undefined` when a datagram could not be read: the other end wrote it wrongly. */
	readonly frames: readonly (Frame | UnknownFrame)[] | undefined;
	readonly newAddress: string | undefined;
	/** The other frames of STREAM. */
	readonly stream: readonly StreamFrame[];
}

/** Whether these frames fit one packet beside this address; else they go up as a stream (upload.ts). */
export const fitsPacket = (datagram: Uint8Array, newAddress: string | undefined): boolean =>
	datagram.length + (newAddress === undefined ? 0 : addressBytes(newAddress)) <= ANSWER_BYTES;

const addressBytes = (sourceAddress: string): number =>
	sizeOfStreamFrame({ type: 'ConnectionNewAddress', sourceAddress });

/** Throws when the frames do not fit one packet (a bug: whoever collects them counts). */
export const sealFrames = async (
	crypto: Crypto,
	random: Random,
	keys: StreamKeys,
	packet: PlainPacket
): Promise<Uint8Array> => {
	const frames: StreamFrame[] = [...(packet.stream ?? [])];
	if (packet.newAddress !== undefined)
		frames.push({ type: 'ConnectionNewAddress', sourceAddress: packet.newAddress });
	const datagram = packet.datagram ?? encodeFrames(packet.frames ?? []);
	if (datagram.length > 0) frames.push({ type: 'Datagram', data: datagram });
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
	const stream: StreamFrame[] = [];
	for (const frame of packet.value.frames) {
		if (frame.type === 'ConnectionNewAddress') newAddress = frame.sourceAddress;
		else if (frame.type !== 'Datagram') stream.push(frame);
		if (frame.type !== 'Datagram' || !frames) continue;
		const decoded = decodeFrames(frame.data);
		if (decoded.ok) frames.push(...decoded.value);
		else frames = undefined;
	}
	const { packetType, sequence, prepareAmount } = packet.value;
	return { packetType, sequence, amount: prepareAmount, frames, newAddress, stream };
};

/** The frames this version knows. */
export const knownFrames = (frames: readonly (Frame | UnknownFrame)[]): readonly Frame[] =>
	frames.filter((frame): frame is Frame => frame.type !== 'UNKNOWN');
