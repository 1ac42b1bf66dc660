/**
 * ILPv4 packets (RFC 27): the three messages with which money and data cross the network.
 *
 * A sender offers money with a **prepare**; every connector on the way offers the next one a little
 * less, until somewhat earlier, for the same condition. Whoever knows the 32 bytes whose SHA-256 is
 * the condition answers with a **fulfill**, and walking back it makes each offer due. A **reject**,
 * or silence until the expiry, makes all of them void.
 *
 * Envelope: `type` UInt8, then one VarOctetString with these fields:
 *
 * | type | packet  | fields                                                                      |
 * | ---- | ------- | --------------------------------------------------------------------------- |
 * | 12   | prepare | amount UInt64 · expiresAt 17 digits · condition 32 · destination IA5 · data  |
 * | 13   | fulfill | fulfillment 32 · data                                                       |
 * | 14   | reject  | code 3 ASCII · triggeredBy IA5 · message UTF-8 · data                       |
 *
 * Amounts are in the units of the link the packet travels on. `data` is a VarOctetString of at most
 * 32767 bytes and belongs to the two ends; connectors pass it on unread. Of a prepare they change
 * the amount and the expiry only, which lie at fixed places, so {@link forwardPrepare} need not
 * encode anything. What follows the last field is ignored, and forwarded with the rest.
 */
import { isAddressAt, isValidAddress } from '../ilp/address.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import {
	copyBytes,
	OerReader,
	OerWriter,
	sizeOfVar,
	TIMESTAMP_LENGTH,
	utf8Length,
	writeTimestamp,
	writeUint64
} from './oer.ts';

/** Bytes of a condition and of a fulfillment. */
const CONDITION_LENGTH = 32;

export const ILP_PACKET_TYPES = { prepare: 12, fulfill: 13, reject: 14 } as const;

export interface IlpPrepare {
	readonly type: 'prepare';
	/** In units of the link it travels on. */
	readonly amount: bigint;
	/** Unix time in milliseconds. */
	readonly expiresAt: number;
	/** SHA-256 of the fulfillment, 32 bytes. */
	readonly condition: Uint8Array;
	readonly destination: string;
	readonly data: Uint8Array;
}

export interface IlpFulfill {
	readonly type: 'fulfill';
	/** 32 bytes. */
	readonly fulfillment: Uint8Array;
	readonly data: Uint8Array;
}

export interface IlpReject {
	readonly type: 'reject';
	readonly code: IlpErrorCode;
	/** The address of the node that refused; empty when it has none yet. */
	readonly triggeredBy: string;
	/** For people who look for a fault; programs go by the code. */
	readonly message: string;
	readonly data: Uint8Array;
}

export type IlpReply = IlpFulfill | IlpReject;
export type IlpPacket = IlpPrepare | IlpReply;

/** What a connector decides by; the data is the ends' affair. */
export type PrepareHeader = Pick<IlpPrepare, 'amount' | 'expiresAt' | 'condition' | 'destination'>;

/** The bytes are not the packet they should be. To the sender of a prepare: F01 Invalid Packet. */
export type MalformedIlpPacket = { readonly type: 'MalformedIlpPacket'; readonly reason: string };

/**
 * Why a packet was refused (RFC 27 section "Error Codes"). F: final, the same packet will never do.
 * T: temporary, the same packet may do later. R: relative, an earlier hop gave too little money or
 * time. 99 is for the ends; T04 and the like come from connectors.
 */
export const ILP_ERROR_NAMES = {
	F00: 'Bad Request',
	F01: 'Invalid Packet',
	F02: 'Unreachable',
	F03: 'Invalid Amount',
	F04: 'Insufficient Destination Amount',
	F05: 'Wrong Condition',
	F06: 'Unexpected Payment',
	F07: 'Cannot Receive',
	F08: 'Amount Too Large',
	F99: 'Application Error',
	T00: 'Internal Error',
	T01: 'Peer Unreachable',
	T02: 'Peer Busy',
	T03: 'Connector Busy',
	T04: 'Insufficient Liquidity',
	T05: 'Rate Limited',
	T99: 'Application Error',
	R00: 'Transfer Timed Out',
	R01: 'Insufficient Source Amount',
	R02: 'Insufficient Timeout',
	R99: 'Application Error'
} as const;

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** A stranger may use a code of tomorrow; its letter still says whether to try again. */
export type IlpErrorCode = `${'F' | 'T' | 'R'}${Digit}${Digit}`;

const ERROR_CODE = /^[FTR][0-9][0-9]$/;
const ERROR_CODE_LENGTH = 3;

/** The name in RFC 27; `undefined` for a code it does not have. */
export const ilpErrorName = (code: IlpErrorCode): string | undefined =>
	(ILP_ERROR_NAMES as Partial<Record<IlpErrorCode, string>>)[code];

export const encodeIlpPacket = (packet: IlpPacket): Uint8Array => {
	switch (packet.type) {
		case 'prepare':
			return encodePrepare(packet);
		case 'fulfill':
			return encodeFulfill(packet);
		case 'reject':
			return encodeReject(packet);
	}
};

/** Values outside their range (an invalid address, too much data) are bugs and throw. */
export const encodePrepare = (packet: IlpPrepare): Uint8Array => {
	assertLength('condition', packet.condition, CONDITION_LENGTH);
	assertData(packet.data);
	if (!isValidAddress(packet.destination)) throw new Error(`not an ILP address: ${packet.destination}`);
	const size = PREPARE_FIXED_LENGTH + sizeOfVar(packet.destination.length) + sizeOfVar(packet.data.length);
	const writer = openEnvelope('prepare', size);
	writer.uint64(packet.amount);
	writer.timestamp(packet.expiresAt);
	writer.fixed(packet.condition);
	writer.ia5(packet.destination);
	writer.varOctets(packet.data);
	return writer.finish();
};

export const encodeFulfill = (packet: IlpFulfill): Uint8Array => {
	assertLength('fulfillment', packet.fulfillment, CONDITION_LENGTH);
	assertData(packet.data);
	const writer = openEnvelope('fulfill', CONDITION_LENGTH + sizeOfVar(packet.data.length));
	writer.fixed(packet.fulfillment);
	writer.varOctets(packet.data);
	return writer.finish();
};

export const encodeReject = (packet: IlpReject): Uint8Array => {
	assertData(packet.data);
	const messageLength = utf8Length(packet.message);
	if (!ERROR_CODE.test(packet.code)) throw new Error(`not an ILP error code: ${packet.code}`);
	if (messageLength > LIMITS.ilpMessageBytes) throw new Error(`message of ${messageLength} bytes`);
	if (!isAddressOrEmpty(packet.triggeredBy)) throw new Error(`not an ILP address: ${packet.triggeredBy}`);
	const size =
		ERROR_CODE_LENGTH +
		sizeOfVar(packet.triggeredBy.length) +
		sizeOfVar(messageLength) +
		sizeOfVar(packet.data.length);
	const writer = openEnvelope('reject', size);
	writer.ascii(packet.code);
	writer.ia5(packet.triggeredBy);
	writer.utf8(packet.message);
	writer.varOctets(packet.data);
	return writer.finish();
};

/** Reads any ILP packet. Octet strings in the answer are views into `bytes`. */
export const decodeIlpPacket = (bytes: Uint8Array): Result<IlpPacket, MalformedIlpPacket> => {
	switch (bytes[0]) {
		case ILP_PACKET_TYPES.prepare:
			return readPacket(bytes, readPrepare);
		case ILP_PACKET_TYPES.fulfill:
			return readPacket(bytes, readFulfill);
		case ILP_PACKET_TYPES.reject:
			return readPacket(bytes, readReject);
		default:
			return err({
				type: 'MalformedIlpPacket',
				reason: bytes.length === 0 ? 'no bytes' : `packet type ${bytes[0]}`
			});
	}
};

/** Reads a packet that must be a prepare, as a request on a link must. */
export const decodePrepare = (bytes: Uint8Array): Result<IlpPrepare, MalformedIlpPacket> =>
	bytes[0] === ILP_PACKET_TYPES.prepare ? readPacket(bytes, readPrepare) : notA('prepare', bytes);

/** Reads a packet that must be a fulfill or a reject, as an answer on a link must. */
export const decodeReply = (bytes: Uint8Array): Result<IlpReply, MalformedIlpPacket> => {
	if (bytes[0] === ILP_PACKET_TYPES.fulfill) return readPacket(bytes, readFulfill);
	return bytes[0] === ILP_PACKET_TYPES.reject ? readPacket(bytes, readReject) : notA('reply', bytes);
};

/** The part of a prepare that a connector reads. The whole packet is checked all the same. */
export const readPrepareHeader = (bytes: Uint8Array): Result<PrepareHeader, MalformedIlpPacket> =>
	bytes[0] === ILP_PACKET_TYPES.prepare ? readPacket(bytes, readHeader) : notA('prepare', bytes);

/**
 * The same prepare for the next hop: a copy of `bytes` with another amount and expiry. `bytes` must
 * have passed {@link readPrepareHeader}; anything else is a bug and throws.
 */
export const forwardPrepare = (bytes: Uint8Array, amount: bigint, expiresAt: number): Uint8Array => {
	const copy = copyBytes(bytes);
	rewritePrepare(copy, amount, expiresAt);
	return copy;
};

/**
 * {@link forwardPrepare} without the copy, for whoever owns `bytes` and is done with them as they came (their
 * hash names the packet on the link it came by).
 */
export const rewritePrepare = (bytes: Uint8Array, amount: bigint, expiresAt: number): void => {
	if (bytes[0] !== ILP_PACKET_TYPES.prepare) throw new Error('not a prepare');
	const lengthByte = bytes[1] as number;
	const contentsAt = 2 + (lengthByte < 0x80 ? 0 : lengthByte & 0x7f);
	writeUint64(amount, bytes, contentsAt);
	writeTimestamp(expiresAt, bytes, contentsAt + 8);
};

/** The data of an F08 reject: what reached the hop that refused, and the most it takes. */
export interface AmountTooLarge {
	/** In the refusing hop's units. */
	readonly receivedAmount: bigint;
	readonly maximumAmount: bigint;
}

/** receivedAmount UInt64 ‖ maximumAmount UInt64. */
export const encodeAmountTooLarge = (data: AmountTooLarge): Uint8Array => {
	const writer = new OerWriter(16);
	writer.uint64(data.receivedAmount);
	writer.uint64(data.maximumAmount);
	return writer.finish();
};

/** F08 data is advice from a stranger: absent or malformed, the code alone must do. */
export const decodeAmountTooLarge = (bytes: Uint8Array): Result<AmountTooLarge, MalformedIlpPacket> => {
	const reader = new OerReader(bytes);
	const data = { receivedAmount: reader.uint64(), maximumAmount: reader.uint64() };
	return reader.failure === undefined ? ok(data) : malformed(reader);
};

/** amount 8 · expiresAt 17 · condition 32: the fields of a prepare that never change their place. */
const PREPARE_FIXED_LENGTH = 8 + TIMESTAMP_LENGTH + CONDITION_LENGTH;

const openEnvelope = (type: IlpPacket['type'], contentsLength: number): OerWriter => {
	const writer = new OerWriter(1 + sizeOfVar(contentsLength));
	writer.uint8(ILP_PACKET_TYPES[type]);
	writer.length(contentsLength);
	return writer;
};

/** The one envelope around the fields of all types. */
const readPacket = <T>(
	bytes: Uint8Array,
	fields: (reader: OerReader) => T
): Result<T, MalformedIlpPacket> => {
	const reader = new OerReader(bytes);
	reader.skip(1);
	reader.enter();
	const packet = fields(reader);
	return reader.failure === undefined ? ok(packet) : malformed(reader);
};

const notA = (wanted: 'prepare' | 'reply', bytes: Uint8Array): Result<never, MalformedIlpPacket> => {
	const decoded = decodeIlpPacket(bytes);
	if (!decoded.ok) return decoded;
	return err({ type: 'MalformedIlpPacket', reason: `a ${decoded.value.type} where a ${wanted} belongs` });
};

const readDestination = (reader: OerReader): string =>
	reader.ia5Of(isAddressAt, LIMITS.ilpAddressCharacters, 'destination is not an ILP address');

const readHeader = (reader: OerReader): PrepareHeader => {
	const amount = reader.uint64();
	const expiresAt = reader.timestamp();
	const condition = reader.fixed(CONDITION_LENGTH);
	const destination = readDestination(reader);
	reader.skipVarOctets(LIMITS.ilpDataBytes);
	return { amount, expiresAt, condition, destination };
};

const readPrepare = (reader: OerReader): IlpPrepare => {
	const amount = reader.uint64();
	const expiresAt = reader.timestamp();
	const condition = reader.fixed(CONDITION_LENGTH);
	const destination = readDestination(reader);
	const data = reader.varOctets(LIMITS.ilpDataBytes);
	return { type: 'prepare', amount, expiresAt, condition, destination, data };
};

const readFulfill = (reader: OerReader): IlpFulfill => ({
	type: 'fulfill',
	fulfillment: reader.fixed(CONDITION_LENGTH),
	data: reader.varOctets(LIMITS.ilpDataBytes)
});

const readReject = (reader: OerReader): IlpReject => {
	const code = reader.ascii(ERROR_CODE_LENGTH);
	if (!isErrorCode(code)) reader.fail('not an ILP error code');
	const triggeredBy = reader.ia5Of(
		isAddressOrNothingAt,
		LIMITS.ilpAddressCharacters,
		'triggeredBy is not an ILP address'
	);
	const message = reader.utf8(LIMITS.ilpMessageBytes);
	const data = reader.varOctets(LIMITS.ilpDataBytes);
	return { type: 'reject', code: code as IlpErrorCode, triggeredBy, message, data };
};

const isErrorCode = (text: string): text is IlpErrorCode => ERROR_CODE.test(text);

const isAddressOrEmpty = (text: string): boolean => text === '' || isValidAddress(text);

const isAddressOrNothingAt = (bytes: Uint8Array, start: number, end: number): boolean =>
	start === end || isAddressAt(bytes, start, end);

const assertLength = (what: string, bytes: Uint8Array, length: number): void => {
	if (bytes.length !== length) throw new Error(`${what} of ${bytes.length} bytes, not ${length}`);
};

const assertData = (data: Uint8Array): void => {
	if (data.length > LIMITS.ilpDataBytes)
		throw new Error(`data of ${data.length} bytes, at most ${LIMITS.ilpDataBytes} fit`);
};

const malformed = (reader: OerReader): Result<never, MalformedIlpPacket> =>
	err({ type: 'MalformedIlpPacket', reason: reader.failure ?? 'malformed' });
