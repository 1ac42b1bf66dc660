/**
 * STREAM v1 packets (RFC 29 section 5): what sender and receiver say to each other inside the encrypted data
 * of ILP packets. Keys and encryption are in ../stream/keys.ts; this is the plaintext.
 *
 * | field         | encoding    | meaning                                                             |
 * | ------------- | ----------- | ------------------------------------------------------------------- |
 * | version       | UInt8       | 1                                                                   |
 * | packetType    | UInt8       | 12, 13 or 14: the ILP packet this must have arrived in              |
 * | sequence      | VarUInt     | a reply repeats its request's                                       |
 * | prepareAmount | VarUInt     | in a prepare the least the receiver may accept, in a reply what came |
 * | frames        | SEQUENCE OF | type UInt8, contents VarOctetString                                 |
 *
 * Whatever follows is padding. A frame of an unknown type is skipped, and so is what follows the
 * last known field of a known one: that is how the protocol grows.
 *
 * | type | frame                     | fields                                                      |
 * | ---- | ------------------------- | ----------------------------------------------------------- |
 * | 01   | ConnectionClose           | errorCode UInt8, errorMessage UTF-8                         |
 * | 02   | ConnectionNewAddress      | sourceAddress IA5                                           |
 * | 03   | ConnectionMaxData         | maxOffset                                                   |
 * | 04   | ConnectionDataBlocked     | maxOffset                                                   |
 * | 05   | ConnectionMaxStreamId     | maxStreamId                                                 |
 * | 06   | ConnectionStreamIdBlocked | maxStreamId                                                 |
 * | 07   | ConnectionAssetDetails    | assetCode UTF-8, assetScale UInt8                           |
 * | 10   | StreamClose               | streamId, errorCode UInt8, errorMessage UTF-8               |
 * | 11   | StreamMoney               | streamId, shares                                            |
 * | 12   | StreamMaxMoney            | streamId, receiveMax, totalReceived                         |
 * | 13   | StreamMoneyBlocked        | streamId, sendMax, totalSent                                |
 * | 14   | StreamData                | streamId, offset, data VarOctetString                       |
 * | 15   | StreamMaxData             | streamId, maxOffset                                         |
 * | 16   | StreamDataBlocked         | streamId, maxOffset                                         |
 * | 17   | StreamReceipt (RFC 39)    | streamId, receipt VarOctetString                            |
 * | 20   | Datagram (BTP-NIPs)       | data VarOctetString: one message, whole, on no stream       |
 *
 * Fields without an encoding are VarUInts of at most 64 bits. receiveMax and sendMax may be larger
 * to say "no limit" and are read as the largest 64-bit value.
 */
import { isAddressAt, isValidAddress } from '../ilp/address.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { ILP_PACKET_TYPES, type IlpPacket } from './ilp.ts';
import { OerReader, OerWriter, sizeOfCount, sizeOfVar, sizeOfVarUInt, utf8Length } from './oer.ts';

const STREAM_VERSION = 1;

interface Row<Fields> {
	/** The number on the wire. */
	readonly id: number;
	/** Reads the fields in their order on the wire. */
	read(reader: OerReader): Fields;
	/** Bytes of the contents. */
	size(frame: Fields): number;
	write(writer: OerWriter, frame: Fields): void;
}

const row = <Fields>(
	id: number,
	read: Row<Fields>['read'],
	size: Row<Fields>['size'],
	write: Row<Fields>['write']
): Row<Fields> => ({ id, read, size, write });

/** The frames with one VarUInt: `name` holds it. */
const oneNumber = <Name extends 'maxOffset' | 'maxStreamId'>(id: number, name: Name) =>
	row<{ readonly [Key in Name]: bigint }>(
		id,
		(reader) => ({ [name]: reader.varUInt() }) as { readonly [Key in Name]: bigint },
		(frame) => sizeOfVarUInt(frame[name]),
		(writer, frame) => writer.varUInt(frame[name])
	);

/** The frames that name a stream and an offset. */
const streamOffset = (id: number) =>
	row<{ readonly streamId: bigint; readonly maxOffset: bigint }>(
		id,
		(reader) => ({ streamId: reader.varUInt(), maxOffset: reader.varUInt() }),
		(frame) => sizeOfVarUInt(frame.streamId) + sizeOfVarUInt(frame.maxOffset),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varUInt(frame.maxOffset);
		}
	);

/**
 * Every frame's number and its fields in their order on the wire. Read, measure and write are spelled out for
 * each: a loop over a list of fields is shorter and takes three times as long.
 */
const FRAMES = {
	ConnectionClose: row<{ readonly errorCode: number; readonly errorMessage: string }>(
		0x01,
		(reader) => ({ errorCode: reader.uint8(), errorMessage: reader.utf8() }),
		(frame) => 1 + sizeOfVar(utf8Length(frame.errorMessage)),
		(writer, frame) => {
			writer.uint8(frame.errorCode);
			writer.utf8(frame.errorMessage);
		}
	),
	ConnectionNewAddress: row<{ readonly sourceAddress: string }>(
		0x02,
		(reader) => {
			const sourceAddress = reader.ia5Of(
				isAddressAt,
				LIMITS.ilpAddressCharacters,
				'sourceAddress is not an ILP address'
			);
			return { sourceAddress };
		},
		(frame) => sizeOfVar(frame.sourceAddress.length),
		(writer, frame) => {
			if (!isValidAddress(frame.sourceAddress)) throw new Error(`not an ILP address: ${frame.sourceAddress}`);
			writer.ia5(frame.sourceAddress);
		}
	),
	ConnectionMaxData: oneNumber(0x03, 'maxOffset'),
	ConnectionDataBlocked: oneNumber(0x04, 'maxOffset'),
	ConnectionMaxStreamId: oneNumber(0x05, 'maxStreamId'),
	ConnectionStreamIdBlocked: oneNumber(0x06, 'maxStreamId'),
	ConnectionAssetDetails: row<{ readonly assetCode: string; readonly assetScale: number }>(
		0x07,
		(reader) => ({ assetCode: reader.utf8(), assetScale: reader.uint8() }),
		(frame) => sizeOfVar(utf8Length(frame.assetCode)) + 1,
		(writer, frame) => {
			writer.utf8(frame.assetCode);
			writer.uint8(frame.assetScale);
		}
	),
	StreamClose: row<{ readonly streamId: bigint; readonly errorCode: number; readonly errorMessage: string }>(
		0x10,
		(reader) => ({ streamId: reader.varUInt(), errorCode: reader.uint8(), errorMessage: reader.utf8() }),
		(frame) => sizeOfVarUInt(frame.streamId) + 1 + sizeOfVar(utf8Length(frame.errorMessage)),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.uint8(frame.errorCode);
			writer.utf8(frame.errorMessage);
		}
	),
	StreamMoney: row<{ readonly streamId: bigint; readonly shares: bigint }>(
		0x11,
		(reader) => ({ streamId: reader.varUInt(), shares: reader.varUInt() }),
		(frame) => sizeOfVarUInt(frame.streamId) + sizeOfVarUInt(frame.shares),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varUInt(frame.shares);
		}
	),
	StreamMaxMoney: row<{
		readonly streamId: bigint;
		readonly receiveMax: bigint;
		readonly totalReceived: bigint;
	}>(
		0x12,
		(reader) => ({
			streamId: reader.varUInt(),
			receiveMax: reader.varUIntSaturating(),
			totalReceived: reader.varUInt()
		}),
		(frame) =>
			sizeOfVarUInt(frame.streamId) + sizeOfVarUInt(frame.receiveMax) + sizeOfVarUInt(frame.totalReceived),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varUInt(frame.receiveMax);
			writer.varUInt(frame.totalReceived);
		}
	),
	StreamMoneyBlocked: row<{
		readonly streamId: bigint;
		readonly sendMax: bigint;
		readonly totalSent: bigint;
	}>(
		0x13,
		(reader) => ({
			streamId: reader.varUInt(),
			sendMax: reader.varUIntSaturating(),
			totalSent: reader.varUInt()
		}),
		(frame) => sizeOfVarUInt(frame.streamId) + sizeOfVarUInt(frame.sendMax) + sizeOfVarUInt(frame.totalSent),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varUInt(frame.sendMax);
			writer.varUInt(frame.totalSent);
		}
	),
	StreamData: row<{ readonly streamId: bigint; readonly offset: bigint; readonly data: Uint8Array }>(
		0x14,
		(reader) => ({ streamId: reader.varUInt(), offset: reader.varUInt(), data: reader.varOctets() }),
		(frame) => sizeOfVarUInt(frame.streamId) + sizeOfVarUInt(frame.offset) + sizeOfVar(frame.data.length),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varUInt(frame.offset);
			writer.varOctets(frame.data);
		}
	),
	StreamMaxData: streamOffset(0x15),
	StreamDataBlocked: streamOffset(0x16),
	StreamReceipt: row<{ readonly streamId: bigint; readonly receipt: Uint8Array }>(
		0x17,
		(reader) => ({ streamId: reader.varUInt(), receipt: reader.varOctets() }),
		(frame) => sizeOfVarUInt(frame.streamId) + sizeOfVar(frame.receipt.length),
		(writer, frame) => {
			writer.varUInt(frame.streamId);
			writer.varOctets(frame.receipt);
		}
	),
	Datagram: row<{ readonly data: Uint8Array }>(
		0x20,
		(reader) => ({ data: reader.varOctets() }),
		(frame) => sizeOfVar(frame.data.length),
		(writer, frame) => writer.varOctets(frame.data)
	)
} as const;

export type StreamFrameType = keyof typeof FRAMES;

type FieldsOf<Type extends StreamFrameType> = ReturnType<(typeof FRAMES)[Type]['read']>;

/** A frame as a value: `{ type: 'StreamMoney', streamId: 1n, shares: 1n }`. */
export type StreamFrameOf<Type extends StreamFrameType> = Type extends StreamFrameType
	? { readonly type: Type } & FieldsOf<Type>
	: never;
export type StreamFrame = StreamFrameOf<StreamFrameType>;

export interface StreamPacket {
	/** Must equal the type of the ILP packet that carries it. */
	readonly packetType: IlpPacket['type'];
	readonly sequence: bigint;
	/** In the receiver's units. */
	readonly prepareAmount: bigint;
	/** In their order; frames of unknown types are left out. */
	readonly frames: readonly StreamFrame[];
}

/** It decrypted, so the other end wrote it, and wrongly: close with FrameFormatError. */
export type MalformedStreamPacket = { readonly type: 'MalformedStreamPacket'; readonly reason: string };

/**
 * Values outside their range are bugs and throw.
 *
 * @param into where to write, for whoever seals the packet at once and needs its plaintext no longer
 */
export const encodeStreamPacket = (packet: StreamPacket, into?: Uint8Array): Uint8Array => {
	const { frames } = packet;
	let size = 2 + sizeOfVarUInt(packet.sequence) + sizeOfVarUInt(packet.prepareAmount);
	size += sizeOfCount(frames.length);
	for (const frame of frames) size += sizeOfStreamFrame(frame);

	const writer = new OerWriter(size, into);
	writer.uint8(STREAM_VERSION);
	writer.uint8(ILP_PACKET_TYPES[packet.packetType]);
	writer.varUInt(packet.sequence);
	writer.varUInt(packet.prepareAmount);
	writer.count(frames.length);
	for (const frame of frames) {
		const layout = layoutOf(frame);
		writer.uint8(layout.id);
		writer.length(layout.size(frame));
		layout.write(writer, frame);
	}
	return writer.finish();
};

/** Octet strings in the answer are views into `bytes`. */
export const decodeStreamPacket = (bytes: Uint8Array): Result<StreamPacket, MalformedStreamPacket> => {
	const reader = new OerReader(bytes);
	const version = reader.uint8();
	if (version !== STREAM_VERSION) reader.fail(`version ${version}`);
	const packetType = packetTypeOf(reader.uint8());
	if (packetType === undefined) reader.fail('unknown packet type');
	const sequence = reader.varUInt();
	const prepareAmount = reader.varUInt();
	const count = reader.count(MIN_FRAME_LENGTH);
	const frames: StreamFrame[] = [];
	for (let i = 0; i < count && reader.failure === undefined; i++) {
		const known = ROWS_BY_ID[reader.uint8()];
		const outerEnd = reader.enter();
		if (known) frames.push(known.read(reader));
		reader.leave(outerEnd);
	}
	if (packetType === undefined || reader.failure !== undefined)
		return err({ type: 'MalformedStreamPacket', reason: reader.failure ?? 'malformed' });
	return ok({ packetType, sequence, prepareAmount, frames });
};

/** Bytes that one frame adds to a packet: for filling packets up to their limit. */
export const sizeOfStreamFrame = (frame: StreamFrame): number => 1 + sizeOfVar(layoutOf(frame).size(frame));

/** A type and an empty contents. */
const MIN_FRAME_LENGTH = 2;

const packetTypeOf = (id: number): IlpPacket['type'] | undefined => {
	if (id === ILP_PACKET_TYPES.prepare) return 'prepare';
	if (id === ILP_PACKET_TYPES.fulfill) return 'fulfill';
	return id === ILP_PACKET_TYPES.reject ? 'reject' : undefined;
};

/** The table is the proof that a frame's row takes its fields; the compiler cannot follow it through the name. */
const layoutOf = (frame: StreamFrame): Row<StreamFrame> => FRAMES[frame.type] as unknown as Row<StreamFrame>;

/** By number, with the frame's name put in front of the fields. */
const ROWS_BY_ID: readonly ({ read(reader: OerReader): StreamFrame } | undefined)[] = Array.from(
	{ length: 0x100 },
	(_, id) => {
		const found = Object.entries(FRAMES).find(([, candidate]) => candidate.id === id);
		if (!found) return undefined;
		const [type, { read }] = found;
		return { read: (reader: OerReader) => ({ type, ...read(reader) }) as StreamFrame };
	}
);
