/**
 * The same values through the codecs of the Interledger reference packages, which run in Node only:
 * equal bytes out, equal values in, and after damage nothing decodes here that they read differently.
 */
import { deserialize as deserializeBtp, serialize as serializeBtp } from 'btp-packet';
import fc from 'fast-check';
import { deserializeIlpPacket, serializeIlpPacket, type IlpPacket as ReferenceIlpPacket } from 'ilp-packet';
import { serializeIldcpRequest, serializeIldcpResponse } from 'ilp-protocol-ildcp';
import { Packet as ReferenceStreamPacket } from 'ilp-protocol-stream/dist/src/packet.js';
import { Reader, Writer } from 'oer-utils';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../bytes.ts';
import { address, btpPacket, ilpPacket, mutated, streamPacket, uint64 } from '../testing/arbitraries.ts';
import { BTP_PACKET_TYPES, decodeBtpPacket, encodeBtpPacket, type BtpPacket } from './btp.ts';
import { ildcpRequest, ildcpResponse } from './ildcp.ts';
import { decodeIlpPacket, encodeIlpPacket, ILP_PACKET_TYPES, type IlpPacket } from './ilp.ts';
import { OerReader, OerWriter, sizeOfVar, sizeOfVarUInt } from './oer.ts';
import { decodeStreamPacket, encodeStreamPacket, type StreamFrame, type StreamPacket } from './stream.ts';

/**
 * Times the reference's date library writes in four digits and our century means by them. It cannot
 * read the first instant of 1970: it takes a zero for no date.
 */
const SENSIBLE_TIME = { min: 1, max: 4_102_444_800_000 } as const;
const time = fc.integer(SENSIBLE_TIME);

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

describe('oer-utils', () => {
	it('writes the same VarUInts and octet strings and reads ours', () => {
		fc.assert(
			fc.property(uint64, fc.uint8Array({ maxLength: 300 }), (value, octets) => {
				const writer = new OerWriter(sizeOfVarUInt(value) + sizeOfVar(octets.length));
				writer.varUInt(value);
				writer.varOctets(octets);
				const bytes = writer.finish();

				const theirs = new Writer();
				theirs.writeVarUInt(value.toString());
				theirs.writeVarOctetString(buffer(octets));
				expect(bytesToHex(bytes)).toBe(theirs.getBuffer().toString('hex'));

				const reader = new Reader(buffer(bytes));
				expect(BigInt(reader.readVarUInt())).toBe(value);
				expect(reader.readVarOctetString().equals(octets)).toBe(true);
			})
		);
	});

	it('reads what we read, and refuses lengths we refuse', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
				const ours = new OerReader(bytes);
				const octets = ours.varOctets();
				const theirs = new Reader(buffer(bytes));
				// Theirs also stops at lengths of more than 6 bytes; neither fits.
				if (ours.failure === undefined) expect(theirs.readVarOctetString().equals(octets)).toBe(true);
				else expect(() => theirs.readVarOctetString()).toThrow();
			}),
			{ numRuns: 500 }
		);
	});
});

const toReferenceIlp = (packet: IlpPacket): ReferenceIlpPacket => {
	const type = ILP_PACKET_TYPES[packet.type] as number;
	const data = buffer(packet.data);
	switch (packet.type) {
		case 'prepare':
			return {
				type,
				data: {
					amount: packet.amount.toString(),
					expiresAt: new Date(packet.expiresAt),
					executionCondition: buffer(packet.condition),
					destination: packet.destination,
					data
				}
			} as ReferenceIlpPacket;
		case 'fulfill':
			return { type, data: { fulfillment: buffer(packet.fulfillment), data } } as ReferenceIlpPacket;
		case 'reject': {
			const { code, triggeredBy, message } = packet;
			return { type, data: { code, triggeredBy, message, data } } as ReferenceIlpPacket;
		}
	}
};

const sensible = ilpPacket.chain((packet) =>
	packet.type === 'prepare'
		? time.map((expiresAt): IlpPacket => ({ ...packet, expiresAt }))
		: fc.constant<IlpPacket>(packet)
);

describe('ilp-packet', () => {
	it('writes the same bytes and reads ours', () => {
		fc.assert(
			fc.property(sensible, (packet) => {
				const theirs = serializeIlpPacket(toReferenceIlp(packet));
				expect(bytesToHex(encodeIlpPacket(packet))).toBe(theirs.toString('hex'));
				expect(deserializeIlpPacket(theirs)).toMatchObject(toReferenceIlp(packet));
				expect(decodeIlpPacket(new Uint8Array(theirs))).toEqual({ ok: true, value: packet });
			})
		);
	});

	it('reads damaged packets like us wherever we read them at all', () => {
		fc.assert(
			fc.property(mutated(sensible.map(encodeIlpPacket)), (bytes) => {
				const ours = decodeIlpPacket(bytes);
				if (!ours.ok) return;
				expect(deserializeIlpPacket(buffer(bytes))).toMatchObject(toReferenceIlp(ours.value));
			}),
			{ numRuns: 500 }
		);
	});
});

type ReferenceBtpPacket = Parameters<typeof serializeBtp>[0];

const toReferenceBtp = (packet: BtpPacket): ReferenceBtpPacket => {
	const protocolData = packet.protocolData.map((entry) => ({ ...entry, data: buffer(entry.data) }));
	const { requestId } = packet;
	const type = BTP_PACKET_TYPES[packet.type] as number;
	if (packet.type === 'transfer')
		return {
			type,
			requestId,
			data: { amount: packet.amount.toString(), protocolData }
		} as ReferenceBtpPacket;
	if (packet.type !== 'error') return { type, requestId, data: { protocolData } } as ReferenceBtpPacket;
	const { code, name } = packet;
	const triggeredAt = new Date(packet.triggeredAt).toISOString();
	const data = buffer(packet.data).toString('utf8');
	return { type, requestId, data: { code, name, triggeredAt, data, protocolData } } as ReferenceBtpPacket;
};

describe('btp-packet', () => {
	const withoutErrors = btpPacket.filter((packet) => packet.type !== 'error');

	it('writes the same bytes and reads ours', () => {
		fc.assert(
			fc.property(withoutErrors, (packet) => {
				const theirs = serializeBtp(toReferenceBtp(packet));
				expect(bytesToHex(encodeBtpPacket(packet))).toBe(theirs.toString('hex'));
				expect(deserializeBtp(theirs)).toEqual(toReferenceBtp(packet));
			})
		);
	});

	it('writes errors that we read', () => {
		const error = fc.record({
			type: fc.constant('error' as const),
			requestId: fc.nat(),
			code: fc.constantFrom('F00', 'T00'),
			name: fc.constant('NotAcceptedError'),
			triggeredAt: time,
			data: fc.string({ unit: 'grapheme-ascii' }).map((text) => new Uint8Array(buffer(Buffer.from(text)))),
			protocolData: fc.constant([])
		});
		fc.assert(
			fc.property(error, (packet) => {
				const theirs = serializeBtp(toReferenceBtp(packet));
				expect(decodeBtpPacket(new Uint8Array(theirs))).toEqual({ ok: true, value: packet });
				// Our time is the canonical one: the same bytes unless the milliseconds end in a zero.
				const isSame = bytesToHex(encodeBtpPacket(packet)) === theirs.toString('hex');
				expect(isSame).toBe(packet.triggeredAt % 10 !== 0);
			})
		);
	});

	it('reads damaged packets like us wherever we read them at all', () => {
		fc.assert(
			fc.property(mutated(withoutErrors.map(encodeBtpPacket)), (bytes) => {
				const ours = decodeBtpPacket(bytes);
				if (!ours.ok || ours.value.type === 'error') return;
				expect(deserializeBtp(buffer(bytes))).toEqual(toReferenceBtp(ours.value));
			}),
			{ numRuns: 500 }
		);
	});
});

/** The reference's names for our fields. */
const RENAMED: Readonly<Record<string, string>> = {
	sourceAddress: 'sourceAccount',
	assetCode: 'sourceAssetCode',
	assetScale: 'sourceAssetScale'
};

const comparable = (value: unknown): unknown => {
	if (typeof value === 'string' || typeof value === 'number') return value;
	return value instanceof Uint8Array ? bytesToHex(value) : String(value);
};

/** A frame of either side as plain fields, without the reference's numeric type. */
const comparableFrame = (frame: object): Record<string, unknown> => {
	const { type, name, ...fields } = frame as { type: unknown; name?: string };
	const entries = Object.entries(fields).map(([key, value]) => [RENAMED[key] ?? key, comparable(value)]);
	return { type: name ?? type, ...(Object.fromEntries(entries) as object) };
};

const comparableReference = (packet: ReferenceStreamPacket) => ({
	packetType: packet.ilpPacketType as number,
	sequence: packet.sequence.toString(),
	prepareAmount: packet.prepareAmount.toString(),
	frames: packet.frames.map(comparableFrame)
});

/** The reference knows no datagrams and skips them. */
const known = (frame: StreamFrame): boolean => frame.type !== 'Datagram';

const comparableOurs = (packet: StreamPacket) => ({
	packetType: ILP_PACKET_TYPES[packet.packetType] as number,
	sequence: packet.sequence.toString(),
	prepareAmount: packet.prepareAmount.toString(),
	frames: packet.frames.filter(known).map(comparableFrame)
});

describe('ilp-protocol-stream', () => {
	it('reads our packets, skipping our own frame, and writes the same bytes', () => {
		fc.assert(
			fc.property(streamPacket, (packet) => {
				const theirs = ReferenceStreamPacket._deserializeUnencrypted(buffer(encodeStreamPacket(packet)));
				expect(comparableReference(theirs)).toEqual(comparableOurs(packet));
				const ofBoth = encodeStreamPacket({ ...packet, frames: packet.frames.filter(known) });
				expect(theirs._serialize().toString('hex')).toBe(bytesToHex(ofBoth));
			})
		);
	});

	it('reads damaged packets like us wherever we read them at all', () => {
		fc.assert(
			fc.property(mutated(streamPacket.map(encodeStreamPacket)), (bytes) => {
				const ours = decodeStreamPacket(bytes);
				if (!ours.ok) return;
				const theirs = ReferenceStreamPacket._deserializeUnencrypted(buffer(bytes));
				expect(comparableReference(theirs)).toEqual(comparableOurs(ours.value));
			}),
			{ numRuns: 500 }
		);
	});
});

describe('ilp-protocol-ildcp', () => {
	it('asks and answers with the same bytes', () => {
		fc.assert(
			fc.property(time, address, fc.nat(255), (expiresAt, clientAddress, assetScale) => {
				const request = serializeIldcpRequest({ expiresAt: new Date(expiresAt) });
				expect(bytesToHex(encodeIlpPacket(ildcpRequest(expiresAt)))).toBe(request.toString('hex'));
				const config = { clientAddress, assetScale, assetCode: 'USD' };
				const response = serializeIldcpResponse(config);
				expect(bytesToHex(encodeIlpPacket(ildcpResponse(config)))).toBe(response.toString('hex'));
			})
		);
	});
});
