/**
 * BTP 2.0 packets (RFC 23): what two neighbours say to each other, one packet per binary WebSocket
 * message. Neighbours who agreed on it put several into one, one after the other: a **bundle**
 * (docs/adr/0039).
 *
 * Envelope: `type` UInt8 · `requestId` UInt32 · VarOctetString with these fields:
 *
 * | type | packet   | fields                                                                         |
 * | ---- | -------- | ------------------------------------------------------------------------------ |
 * | 1    | response | protocolData                                                                   |
 * | 2    | error    | code 3 ASCII · name IA5 · triggeredAt GeneralizedTime · data ≤ 8192 · protocolData |
 * | 6    | message  | protocolData                                                                   |
 * | 7    | transfer | amount UInt64 · protocolData                                                   |
 *
 * protocolData is a SEQUENCE OF { protocolName IA5 · contentType UInt8 · data VarOctetString }. The
 * first entry decides what the packet is about, the others give context; no name occurs twice.
 * Types 3, 4 and 5 were BTP/1 and are refused.
 *
 * A message or transfer asks and a response or error with the same requestId answers; each side
 * numbers its own requests. To an answer nobody waits for, and to bytes that are no packet, there is
 * **no reply**, so that two nodes never argue in a loop. ILP travels as a message whose first entry
 * is `ilp`; a reject is an ordinary response, and an error means BTP itself failed.
 */
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { formatTimestamp, OerReader, OerWriter, parseTimestamp, sizeOfCount, sizeOfVar } from './oer.ts';

export const BTP_PACKET_TYPES = { response: 1, error: 2, message: 6, transfer: 7 } as const;

/** contentType values of RFC 23. Others may come and are passed on as they are. */
export const BTP_CONTENT_TYPES = { octetStream: 0, text: 1, json: 2 } as const;

/** Bytes of an error's data, RFC 23. */
export const MAX_BTP_ERROR_DATA = 8192;

export const BTP_ERROR_NAMES = {
	T00: 'UnreachableError',
	F00: 'NotAcceptedError',
	F01: 'InvalidFieldsError',
	F03: 'TransferNotFoundError',
	F04: 'InvalidFulfillmentError',
	F05: 'DuplicateIdError',
	F06: 'AlreadyRolledBackError',
	F07: 'AlreadyFulfilledError',
	F08: 'InsufficientBalanceError'
} as const;

export type BtpErrorCode = keyof typeof BTP_ERROR_NAMES;

export interface ProtocolData {
	readonly protocolName: string;
	/** One of {@link BTP_CONTENT_TYPES}, or a number up to 255 of someone else's making. */
	readonly contentType: number;
	readonly data: Uint8Array;
}

interface BtpPacketBase {
	/** 0 to 2^32 − 1, unique among what its sender has in flight. */
	readonly requestId: number;
	readonly protocolData: readonly ProtocolData[];
}

export interface BtpMessage extends BtpPacketBase {
	readonly type: 'message';
}

export interface BtpResponse extends BtpPacketBase {
	readonly type: 'response';
}

export interface BtpTransfer extends BtpPacketBase {
	readonly type: 'transfer';
	/** By how much the claim in protocolData grows, in the link's units. */
	readonly amount: bigint;
}

export interface BtpError extends BtpPacketBase {
	readonly type: 'error';
	/** Three ASCII characters, usually a {@link BtpErrorCode}. */
	readonly code: string;
	readonly name: string;
	/** Unix time in milliseconds. */
	readonly triggeredAt: number;
	readonly data: Uint8Array;
}

export type BtpPacket = BtpMessage | BtpResponse | BtpTransfer | BtpError;

/** Answered by silence (see the module's header). */
export type MalformedBtpPacket = { readonly type: 'MalformedBtpPacket'; readonly reason: string };

/**
 * Values outside their range, too many entries and a name used twice are bugs and throw.
 *
 * @param into where to write if it fits, for whoever hands the packet to a socket at once and needs it no longer
 */
export const encodeBtpPacket = (packet: BtpPacket, into?: Uint8Array): Uint8Array => {
	assertProtocols(packet.protocolData);
	const triggeredAt = packet.type === 'error' ? formatGeneralizedTime(packet.triggeredAt) : '';
	const size = sizeOfFields(packet, triggeredAt) + sizeOfProtocolData(packet.protocolData);
	const total = 5 + sizeOfVar(size);
	const writer = new OerWriter(total, into !== undefined && total <= into.length ? into : undefined);
	writer.uint8(BTP_PACKET_TYPES[packet.type]);
	writer.uint32(packet.requestId);
	writer.length(size);
	if (packet.type === 'transfer') writer.uint64(packet.amount);
	if (packet.type === 'error') {
		if (packet.code.length !== ERROR_CODE_LENGTH) throw new Error(`not a BTP error code: ${packet.code}`);
		if (packet.data.length > MAX_BTP_ERROR_DATA) throw new Error(`data of ${packet.data.length} bytes`);
		writer.ascii(packet.code);
		writer.ia5(packet.name);
		writer.ia5(triggeredAt);
		writer.varOctets(packet.data);
	}
	writer.count(packet.protocolData.length);
	for (const { protocolName, contentType, data } of packet.protocolData) {
		writer.ia5(protocolName);
		writer.uint8(contentType);
		writer.varOctets(data);
	}
	return writer.finish();
};

/** Octet strings in the answer are views into `bytes`. */
export const decodeBtpPacket = (bytes: Uint8Array): Result<BtpPacket, MalformedBtpPacket> => {
	const reader = new OerReader(bytes);
	const packet = readPacket(reader);
	return packet === undefined ? malformed(reader) : ok(packet);
};

/**
 * All packets of a message, in order: one at least, and at most {@link LIMITS.btpBundlePackets}. One that cannot be
 * read, or an end in the middle of it, makes the whole message unreadable: a bundle counts whole or not at all.
 */
export const decodeBtpBundle = (bytes: Uint8Array): Result<readonly BtpPacket[], MalformedBtpPacket> => {
	const reader = new OerReader(bytes);
	const packets: BtpPacket[] = [];
	do {
		if (packets.length === LIMITS.btpBundlePackets)
			reader.fail(`more than ${LIMITS.btpBundlePackets} packets in one message`);
		const packet = readPacket(reader);
		if (packet === undefined) return malformed(reader);
		packets.push(packet);
	} while (reader.remaining > 0);
	return ok(packets);
};

/**
 * ASN.1 GeneralizedTime as DER writes it: `YYYYMMDDHHmmss[.f]Z`, the fraction without trailing zeros
 * and absent when zero.
 */
export const formatGeneralizedTime = (time: number): string => {
	const digits = formatTimestamp(time);
	const fraction = digits.slice(14).replace(/0+$/, '');
	return `${digits.slice(0, 14)}${fraction === '' ? '' : `.${fraction}`}Z`;
};

const GENERALIZED_TIME = /^([0-9]{14})(?:\.([0-9]{1,9}))?Z$/;

/**
 * Unix milliseconds. Common implementations always write three digits of fraction, so zeros at the
 * end are accepted; digits beyond milliseconds are dropped.
 */
export const parseGeneralizedTime = (text: string): number | undefined => {
	const match = GENERALIZED_TIME.exec(text);
	return match ? parseTimestamp(match[1] + (match[2] ?? '').padEnd(3, '0').slice(0, 3)) : undefined;
};

const ERROR_CODE_LENGTH = 3;
/** An empty name, a content type and empty data. */
const MIN_PROTOCOL_DATA_LENGTH = 3;

const malformed = (reader: OerReader): Result<never, MalformedBtpPacket> =>
	err({ type: 'MalformedBtpPacket', reason: reader.failure ?? 'malformed' });

/** The next packet, or undefined with the reader's failure. Steps over whatever follows its last field. */
const readPacket = (reader: OerReader): BtpPacket | undefined => {
	const type = reader.uint8();
	const requestId = reader.uint32();
	const outerEnd = reader.enter();
	const packet = readContents(reader, type, requestId);
	reader.leave(outerEnd);
	return reader.failure === undefined ? packet : undefined;
};

const readContents = (reader: OerReader, type: number, requestId: number): BtpPacket | undefined => {
	switch (type) {
		case BTP_PACKET_TYPES.response:
			return { type: 'response', requestId, protocolData: readProtocolData(reader) };
		case BTP_PACKET_TYPES.message:
			return { type: 'message', requestId, protocolData: readProtocolData(reader) };
		case BTP_PACKET_TYPES.transfer: {
			const amount = reader.uint64();
			return { type: 'transfer', requestId, amount, protocolData: readProtocolData(reader) };
		}
		case BTP_PACKET_TYPES.error: {
			const code = reader.ascii(ERROR_CODE_LENGTH);
			const name = reader.ia5();
			const triggeredAt = parseGeneralizedTime(reader.ia5());
			if (triggeredAt === undefined) reader.fail('triggeredAt is not a GeneralizedTime');
			const data = reader.varOctets(MAX_BTP_ERROR_DATA);
			const protocolData = readProtocolData(reader);
			return { type: 'error', requestId, code, name, triggeredAt: triggeredAt ?? 0, data, protocolData };
		}
		default:
			reader.fail(`packet type ${type}`);
			return undefined;
	}
};

const readProtocolData = (reader: OerReader): ProtocolData[] => {
	const count = reader.count(MIN_PROTOCOL_DATA_LENGTH);
	if (count > LIMITS.btpProtocols)
		reader.fail(`${count} protocols where at most ${LIMITS.btpProtocols} are allowed`);
	const entries: ProtocolData[] = [];
	for (let i = 0; i < count && reader.failure === undefined; i++) {
		const protocolName = reader.ia5();
		const contentType = reader.uint8();
		if (isNamed(entries, protocolName, i)) reader.fail('a protocol name occurs twice');
		entries.push({ protocolName, contentType, data: reader.varOctets() });
	}
	return entries;
};

const sizeOfFields = (packet: BtpPacket, triggeredAt: string): number => {
	if (packet.type === 'transfer') return 8;
	if (packet.type !== 'error') return 0;
	const { name, data } = packet;
	return ERROR_CODE_LENGTH + sizeOfVar(name.length) + sizeOfVar(triggeredAt.length) + sizeOfVar(data.length);
};

const sizeOfProtocolData = (entries: readonly ProtocolData[]): number => {
	let size = sizeOfCount(entries.length);
	for (const { protocolName, data } of entries)
		size += sizeOfVar(protocolName.length) + 1 + sizeOfVar(data.length);
	return size;
};

const assertProtocols = (entries: readonly ProtocolData[]): void => {
	if (entries.length > LIMITS.btpProtocols) throw new Error(`${entries.length} protocols in one packet`);
	for (let i = 1; i < entries.length; i++)
		if (isNamed(entries, (entries[i] as ProtocolData).protocolName, i))
			throw new Error('a protocol name occurs twice');
};

/** Whether one of the first `count` entries has this name; there are few, so looking beats a set. */
const isNamed = (entries: readonly ProtocolData[], name: string, count: number): boolean => {
	for (let i = 0; i < count; i++) if (entries[i]?.protocolName === name) return true;
	return false;
};
