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
import { isValidAddress } from '../ilp/address.ts';
import { err, ok, type Result } from '../result.ts';
import { ILP_PACKET_TYPES, type IlpPacket } from './ilp.ts';
import { OerReader, OerWriter, sizeOfVar, sizeOfVarUInt, utf8Length } from './oer.ts';

const STREAM_VERSION = 1;

/** One kind of value in a frame: how it is read, measured and written. */
interface Field<T> {
	read(reader: OerReader): T;
	size(value: T): number;
	write(writer: OerWriter, value: T): void;
}

const uint8: Field<number> = {
	read: (reader) => reader.uint8(),
	size: () => 1,
	write: (writer, value) => writer.uint8(value)
};

const varUInt: Field<bigint> = {
	read: (reader) => reader.varUInt(),
	size: sizeOfVarUInt,
	write: (writer, value) => writer.varUInt(value)
};

const saturatingVarUInt: Field<bigint> = { ...varUInt, read: (reader) => reader.varUIntSaturating() };

const octets: Field<Uint8Array> = {
	read: (reader) => reader.varOctets(),
	size: (value) => sizeOfVar(value.length),
	write: (writer, value) => writer.varOctets(value)
};

const text: Field<string> = {
	read: (reader) => reader.utf8(),
	size: (value) => sizeOfVar(utf8Length(value)),
	write: (writer, value) => writer.utf8(value)
};

const address: Field<string> = {
	read: (reader) => {
		const value = reader.ia5();
		if (!isValidAddress(value)) reader.fail('sourceAddress is not an ILP address');
		return value;
	},
	size: (value) => sizeOfVar(value.length),
	write: (writer, value) => {
		if (!isValidAddress(value)) throw new Error(`not an ILP address: ${value}`);
		writer.ia5(value);
	}
};

/** Every frame's number and its fields in their order on the wire. */
const FRAMES = {
	ConnectionClose: { id: 0x01, fields: { errorCode: uint8, errorMessage: text } },
	ConnectionNewAddress: { id: 0x02, fields: { sourceAddress: address } },
	ConnectionMaxData: { id: 0x03, fields: { maxOffset: varUInt } },
	ConnectionDataBlocked: { id: 0x04, fields: { maxOffset: varUInt } },
	ConnectionMaxStreamId: { id: 0x05, fields: { maxStreamId: varUInt } },
	ConnectionStreamIdBlocked: { id: 0x06, fields: { maxStreamId: varUInt } },
	ConnectionAssetDetails: { id: 0x07, fields: { assetCode: text, assetScale: uint8 } },
	StreamClose: { id: 0x10, fields: { streamId: varUInt, errorCode: uint8, errorMessage: text } },
	StreamMoney: { id: 0x11, fields: { streamId: varUInt, shares: varUInt } },
	StreamMaxMoney: {
		id: 0x12,
		fields: { streamId: varUInt, receiveMax: saturatingVarUInt, totalReceived: varUInt }
	},
	StreamMoneyBlocked: {
		id: 0x13,
		fields: { streamId: varUInt, sendMax: saturatingVarUInt, totalSent: varUInt }
	},
	StreamData: { id: 0x14, fields: { streamId: varUInt, offset: varUInt, data: octets } },
	StreamMaxData: { id: 0x15, fields: { streamId: varUInt, maxOffset: varUInt } },
	StreamDataBlocked: { id: 0x16, fields: { streamId: varUInt, maxOffset: varUInt } },
	StreamReceipt: { id: 0x17, fields: { streamId: varUInt, receipt: octets } },
	Datagram: { id: 0x20, fields: { data: octets } }
} as const;

export type StreamFrameType = keyof typeof FRAMES;

type ValuesOf<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never };

/** A frame as a value: `{ type: 'StreamMoney', streamId: 1n, shares: 1n }`. */
export type StreamFrameOf<Type extends StreamFrameType> = Type extends StreamFrameType
	? { readonly type: Type } & ValuesOf<(typeof FRAMES)[Type]['fields']>
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

/** Values outside their range are bugs and throw. */
export const encodeStreamPacket = (packet: StreamPacket): Uint8Array => {
	const contentsLengths = packet.frames.map(sizeOfContents);
	let size = 2 + sizeOfVarUInt(packet.sequence) + sizeOfVarUInt(packet.prepareAmount);
	size += sizeOfVarUInt(BigInt(packet.frames.length));
	for (const length of contentsLengths) size += 1 + sizeOfVar(length);

	const writer = new OerWriter(size);
	writer.uint8(STREAM_VERSION);
	writer.uint8(ILP_PACKET_TYPES[packet.packetType]);
	writer.varUInt(packet.sequence);
	writer.varUInt(packet.prepareAmount);
	writer.count(packet.frames.length);
	packet.frames.forEach((frame, i) => {
		writer.uint8(FRAMES[frame.type].id);
		writer.length(contentsLengths[i] as number);
		for (const [name, field] of LAYOUTS[frame.type].fields) field.write(writer, valueOf(frame, name));
	});
	return writer.finish();
};

/** Octet strings in the answer are views into `bytes`. */
export const decodeStreamPacket = (bytes: Uint8Array): Result<StreamPacket, MalformedStreamPacket> => {
	const reader = new OerReader(bytes);
	const version = reader.uint8();
	if (version !== STREAM_VERSION) reader.fail(`version ${version}`);
	const packetType = PACKET_TYPES_BY_ID.get(reader.uint8());
	if (packetType === undefined) reader.fail('unknown packet type');
	const sequence = reader.varUInt();
	const prepareAmount = reader.varUInt();
	const count = reader.count(MIN_FRAME_LENGTH);
	const frames: StreamFrame[] = [];
	for (let i = 0; i < count && reader.failure === undefined; i++) {
		const layout = LAYOUTS_BY_ID.get(reader.uint8());
		const frame = reader.sequence((contents) => layout && readFields(contents, layout));
		if (frame) frames.push(frame);
	}
	if (packetType === undefined || reader.failure !== undefined)
		return err({ type: 'MalformedStreamPacket', reason: reader.failure ?? 'malformed' });
	return ok({ packetType, sequence, prepareAmount, frames });
};

/** Bytes that one frame adds to a packet: for filling packets up to their limit. */
export const sizeOfStreamFrame = (frame: StreamFrame): number => 1 + sizeOfVar(sizeOfContents(frame));

/** A type and an empty contents. */
const MIN_FRAME_LENGTH = 2;

interface Layout {
	readonly type: StreamFrameType;
	readonly fields: readonly (readonly [name: string, field: Field<unknown>])[];
}

const layoutOf = (type: StreamFrameType): Layout => ({
	type,
	fields: Object.entries(FRAMES[type].fields) as [string, Field<unknown>][]
});

const LAYOUTS = Object.fromEntries(
	(Object.keys(FRAMES) as StreamFrameType[]).map((type) => [type, layoutOf(type)])
) as Record<StreamFrameType, Layout>;

const LAYOUTS_BY_ID: ReadonlyMap<number, Layout> = new Map(
	Object.values(LAYOUTS).map((layout) => [FRAMES[layout.type].id, layout])
);

const PACKET_TYPES_BY_ID: ReadonlyMap<number, IlpPacket['type']> = new Map(
	(Object.keys(ILP_PACKET_TYPES) as IlpPacket['type'][]).map((type) => [ILP_PACKET_TYPES[type], type])
);

const valueOf = (frame: StreamFrame, name: string): unknown =>
	(frame as unknown as Record<string, unknown>)[name];

const sizeOfContents = (frame: StreamFrame): number => {
	let size = 0;
	for (const [name, field] of LAYOUTS[frame.type].fields) size += field.size(valueOf(frame, name));
	return size;
};

/** The table above is the proof that the fields read are the ones the frame's type has. */
const readFields = (reader: OerReader, layout: Layout): StreamFrame => {
	const frame: Record<string, unknown> = { type: layout.type };
	for (const [name, field] of layout.fields) frame[name] = field.read(reader);
	return frame as unknown as StreamFrame;
};
