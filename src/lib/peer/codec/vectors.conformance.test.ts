/**
 * The published vectors and those made with other implementations, byte for byte, in both directions
 * and in every host.
 */
import { describe, expect, it } from 'vitest';
import { base64Decode, bytesToHex, concatBytes, fromHex, utf8 } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import {
	conditionOf,
	deriveStreamKeys,
	fulfillmentOf,
	MAX_STREAM_PLAINTEXT,
	openPacket,
	sealPacket
} from '../stream/keys.ts';
import { decodeBtpPacket, encodeBtpPacket, type BtpPacket } from './btp.ts';
import { decodeIldcpResponse, ildcpRequest, ildcpResponse, isIldcpRequest } from './ildcp.ts';
import {
	decodeAmountTooLarge,
	decodeIlpPacket,
	decodePrepare,
	encodeAmountTooLarge,
	encodeIlpPacket,
	ILP_ERROR_NAMES,
	type IlpErrorCode,
	type IlpFulfill,
	type IlpPacket,
	type IlpPrepare
} from './ilp.ts';
import {
	decodeStreamPacket,
	encodeStreamPacket,
	sizeOfStreamFrame,
	type StreamFrame,
	type StreamPacket
} from './stream.ts';
import { unwrap } from '../result.ts';
import { createReceipt, verifyReceipt } from '../stream/connection/receipt.ts';
import { OerReader, OerWriter, sizeOfVar, sizeOfVarUInt } from './oer.ts';
import {
	BTP_PACKETS,
	ILDCP_PACKETS,
	ILP_PACKETS,
	OER_LENGTHS,
	OER_VAR_UINTS,
	STREAM,
	STREAM_CAPACITY,
	STREAM_FRAMES,
	STREAM_PACKET_ID,
	STREAM_RECEIPT,
	STREAM_SERVER_SHARED_SECRET
} from './vectors/interledger.ts';
import { STREAM_FIXTURES, type StreamFixture } from './vectors/stream-rfc29.ts';

const TIME = 1_893_553_445_678; // 2030-01-02T03:04:05.678Z
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const EMPTY = new Uint8Array(0);

const counting = (from: number, length: number): Uint8Array =>
	Uint8Array.from({ length }, (_, i) => from + i);

describe('ILP packets', () => {
	const prepare: IlpPrepare = {
		type: 'prepare',
		amount: 107n,
		expiresAt: TIME,
		condition: nobleCrypto.sha256(counting(0x40, 32)),
		destination: 'example.alice',
		data: fromHex('010203')
	};
	const cases: readonly (readonly [keyof typeof ILP_PACKETS, IlpPacket])[] = [
		['prepare.1', prepare],
		['prepare.max', { ...prepare, amount: U64_MAX, destination: 'test.a', data: EMPTY }],
		['prepare.long', { ...prepare, data: counting(0, 200) }],
		['fulfill.1', { type: 'fulfill', fulfillment: counting(0x40, 32), data: utf8('abc') }],
		[
			'reject.F08',
			{
				type: 'reject',
				code: 'F08',
				triggeredBy: 'test.node',
				message: 'too big',
				data: encodeAmountTooLarge({ receivedAmount: 1_000_001n, maximumAmount: 1_000_000n })
			}
		],
		['reject.R00', { type: 'reject', code: 'R00', triggeredBy: '', message: 'é', data: EMPTY }]
	];

	it.each(cases)('%s', (name, packet) => {
		expect(bytesToHex(encodeIlpPacket(packet))).toBe(ILP_PACKETS[name]);
		expect(decodeIlpPacket(fromHex(ILP_PACKETS[name]))).toEqual({ ok: true, value: packet });
	});
});

describe('OER', () => {
	it.each(OER_VAR_UINTS)('the integer %d is %s', (value, hex) => {
		const writer = new OerWriter(sizeOfVarUInt(value));
		writer.varUInt(value);
		expect(bytesToHex(writer.finish())).toBe(hex);
		expect(new OerReader(fromHex(hex)).varUInt()).toBe(value);
	});

	it.each(OER_LENGTHS)('the length of %d bytes is %s', (length, hex) => {
		const writer = new OerWriter(sizeOfVar(length));
		writer.varOctets(new Uint8Array(length));
		const bytes = writer.finish();
		expect(bytesToHex(bytes.subarray(0, hex.length / 2))).toBe(hex);
		expect(new OerReader(bytes).varOctets()).toHaveLength(length);
	});
});

describe('ILP rejects', () => {
	it.each(Object.keys(ILP_ERROR_NAMES) as IlpErrorCode[])('%s', (code) => {
		const reject = { type: 'reject', code, triggeredBy: 'test.a', message: 'no', data: EMPTY } as const;
		const hex = `0e0e${bytesToHex(utf8(code))}06746573742e61026e6f00`;
		expect(bytesToHex(encodeIlpPacket(reject))).toBe(hex);
		expect(unwrap(decodeIlpPacket(fromHex(hex)))).toEqual(reject);
	});

	it('F08 says what came and what may come', () => {
		const { data } = unwrap(decodeIlpPacket(fromHex(ILP_PACKETS['reject.F08']))) as IlpPacket;
		expect(unwrap(decodeAmountTooLarge(data))).toEqual({
			receivedAmount: 1_000_001n,
			maximumAmount: 1_000_000n
		});
	});
});

describe('ILDCP', () => {
	const config = { clientAddress: 'test.twin.alice', assetScale: 9, assetCode: 'USD' };

	it('asks', () => {
		expect(bytesToHex(encodeIlpPacket(ildcpRequest(TIME)))).toBe(ILDCP_PACKETS.request);
		expect(isIldcpRequest(unwrap(decodePrepare(fromHex(ILDCP_PACKETS.request))))).toBe(true);
	});

	it('answers', () => {
		expect(bytesToHex(encodeIlpPacket(ildcpResponse(config)))).toBe(ILDCP_PACKETS.response);
		const answer = unwrap(decodeIlpPacket(fromHex(ILDCP_PACKETS.response))) as IlpFulfill;
		expect(decodeIldcpResponse(answer)).toEqual({ ok: true, value: config });
	});
});

describe('BTP packets', () => {
	const text = (protocolName: string, value: string) => ({
		protocolName,
		contentType: 1,
		data: utf8(value)
	});
	const cases: readonly (readonly [keyof typeof BTP_PACKETS, BtpPacket])[] = [
		[
			'auth',
			{
				type: 'message',
				requestId: 1,
				protocolData: [
					{ protocolName: 'auth', contentType: 0, data: EMPTY },
					text('auth_username', 'alice'),
					text('auth_token', 's3cret')
				]
			}
		],
		['response.empty', { type: 'response', requestId: 1, protocolData: [] }],
		[
			'message.ilp',
			{
				type: 'message',
				requestId: 0x01020304,
				protocolData: [
					{
						protocolName: 'ilp',
						contentType: 0,
						data: encodeIlpPacket({ type: 'fulfill', fulfillment: counting(0x40, 32), data: EMPTY })
					}
				]
			}
		],
		[
			'error',
			{
				type: 'error',
				requestId: 1,
				code: 'F00',
				name: 'NotAcceptedError',
				triggeredAt: TIME,
				data: utf8('no'),
				protocolData: []
			}
		],
		[
			'transfer',
			{
				type: 'transfer',
				requestId: 2,
				amount: 1000n,
				protocolData: [{ protocolName: 'claim', contentType: 2, data: utf8('{}') }]
			}
		]
	];

	it.each(cases)('%s', (name, packet) => {
		expect(bytesToHex(encodeBtpPacket(packet))).toBe(BTP_PACKETS[name]);
		expect(decodeBtpPacket(fromHex(BTP_PACKETS[name]))).toEqual({ ok: true, value: packet });
	});
});

describe('STREAM', () => {
	const packet: StreamPacket = {
		packetType: 'prepare',
		sequence: 1n,
		prepareAmount: 100n,
		frames: [
			{ type: 'ConnectionNewAddress', sourceAddress: 'test.bob' },
			{ type: 'ConnectionAssetDetails', assetCode: 'USD', assetScale: 9 },
			{ type: 'StreamMoney', streamId: 1n, shares: 1n },
			{ type: 'StreamMaxMoney', streamId: 1n, receiveMax: U64_MAX, totalReceived: 0n },
			{ type: 'StreamData', streamId: 1n, offset: 0n, data: utf8('hello') }
		]
	};

	it('writes and reads a packet', () => {
		expect(bytesToHex(encodeStreamPacket(packet))).toBe(STREAM['plain.1']);
		expect(decodeStreamPacket(fromHex(STREAM['plain.1']))).toEqual({ ok: true, value: packet });
	});

	it('derives keys, seals, opens and proves', async () => {
		const keys = await deriveStreamKeys(nobleCrypto, counting(0, 32));
		expect(bytesToHex(keys.encryptionKey)).toBe(STREAM.keys.encryptionKey);
		expect(bytesToHex(keys.fulfillmentKey)).toBe(STREAM.keys.fulfillmentKey);

		const sealed = STREAM['sealed.1'];
		const data = await sealPacket(nobleCrypto, keys, fromHex(sealed.iv), fromHex(STREAM['plain.1']));
		expect(bytesToHex(data)).toBe(sealed.data);
		expect(await openPacket(nobleCrypto, keys, data)).toEqual(fromHex(STREAM['plain.1']));

		const fulfillment = await fulfillmentOf(nobleCrypto, keys, data);
		expect(bytesToHex(fulfillment)).toBe(sealed.fulfillment);
		expect(bytesToHex(await conditionOf(nobleCrypto, fulfillment))).toBe(sealed.condition);
	});

	const frames: readonly (readonly [keyof typeof STREAM_FRAMES, StreamFrame])[] = [
		['ConnectionClose(1,"")', { type: 'ConnectionClose', errorCode: 1, errorMessage: '' }],
		['ConnectionMaxData(65534)', { type: 'ConnectionMaxData', maxOffset: 65_534n }],
		['ConnectionMaxStreamId(20)', { type: 'ConnectionMaxStreamId', maxStreamId: 20n }],
		['StreamClose(1,1,"")', { type: 'StreamClose', streamId: 1n, errorCode: 1, errorMessage: '' }],
		['StreamMaxData(1,16384)', { type: 'StreamMaxData', streamId: 1n, maxOffset: 16_384n }],
		[
			'StreamMoneyBlocked(1,500,3)',
			{ type: 'StreamMoneyBlocked', streamId: 1n, sendMax: 500n, totalSent: 3n }
		],
		[
			'StreamReceipt(1,<58 bytes>)',
			{
				type: 'StreamReceipt',
				streamId: 1n,
				receipt: fromHex(STREAM_FRAMES['StreamReceipt(1,<58 bytes>)'].slice(10))
			}
		]
	];

	it.each(frames)('frame %s', (name, frame) => {
		const header = '010c010001000101'; // version, prepare, sequence 0, prepareAmount 0, one frame
		const hex = header + STREAM_FRAMES[name];
		const alone: StreamPacket = { packetType: 'prepare', sequence: 0n, prepareAmount: 0n, frames: [frame] };
		expect(bytesToHex(encodeStreamPacket(alone))).toBe(hex);
		expect(decodeStreamPacket(fromHex(hex))).toEqual({ ok: true, value: alone });
		expect(sizeOfStreamFrame(frame)).toBe(STREAM_FRAMES[name].length / 2);
	});
});

describe('around STREAM', () => {
	const secret = counting(0x80, 32);

	it('the secret of an address', () => {
		const key = nobleCrypto.hmacSha256(secret, utf8('ilp_stream_shared_secret'));
		const shared = nobleCrypto.hmacSha256(key, counting(5, 40));
		expect(bytesToHex(shared)).toBe(STREAM_SERVER_SHARED_SECRET);
	});

	it('the name of a packet', () => {
		const name = concatBytes(utf8('ilp_stream_packet_id'), fromHex('0000000000000005'));
		expect(bytesToHex(nobleCrypto.hmacSha256(counting(0, 32), name))).toBe(STREAM_PACKET_ID);
	});

	it('a receipt', async () => {
		const receipt = await createReceipt(nobleCrypto, { nonce: counting(0, 16), secret }, 1, 500n);
		expect(bytesToHex(receipt)).toBe(STREAM_RECEIPT);
		expect(await verifyReceipt(nobleCrypto, secret, receipt)).toEqual({
			nonce: counting(0, 16),
			streamId: 1,
			totalReceived: 500n
		});
	});

	it('as much data as fits a packet', () => {
		const money: StreamFrame = { type: 'StreamMoney', streamId: 1n, shares: 1n };
		const limits: StreamFrame[] = [
			{ type: 'StreamMaxMoney', streamId: 1n, receiveMax: U64_MAX, totalReceived: 0n },
			{ type: 'StreamMaxData', streamId: 1n, maxOffset: 16_384n }
		];
		const { onlyData, withMoney, withMoneyAndControl } = STREAM_CAPACITY;
		const sizes = limits.map(sizeOfStreamFrame);
		expect(withMoney).toBe(onlyData - sizeOfStreamFrame(money));
		expect(withMoneyAndControl).toBe(withMoney - sizes.reduce((sum, size) => sum + size, 0));

		const data: StreamFrame = {
			type: 'StreamData',
			streamId: 1n,
			offset: 0n,
			data: new Uint8Array(onlyData)
		};
		const alone: StreamPacket = { packetType: 'prepare', sequence: 1n, prepareAmount: 0n, frames: [data] };
		expect(encodeStreamPacket(alone).length).toBeLessThanOrEqual(MAX_STREAM_PLAINTEXT);
	});
});

describe('the fixtures of RFC 29', () => {
	const packetOf = ({ packet }: StreamFixture): StreamPacket => ({
		packetType: ({ 12: 'prepare', 13: 'fulfill', 14: 'reject' } as const)[packet.packetType as 12 | 13 | 14],
		sequence: BigInt(packet.sequence),
		prepareAmount: BigInt(packet.amount),
		frames: packet.frames.map(frameOf)
	});

	const RENAMED: Readonly<Record<string, string>> = {
		sourceAccount: 'sourceAddress',
		sourceAssetCode: 'assetCode',
		sourceAssetScale: 'assetScale'
	};
	const TEXTS = ['errorMessage', 'sourceAccount', 'sourceAssetCode'];

	const valueOf = (key: string, value: string | number): unknown => {
		if (typeof value === 'number' || TEXTS.includes(key)) return value;
		return key === 'data' || key === 'receipt' ? base64Decode(value) : BigInt(value);
	};

	const frameOf = (frame: StreamFixture['packet']['frames'][number]): StreamFrame => {
		const fields = Object.entries(frame).filter(([key]) => key !== 'type' && key !== 'name');
		const entries = fields.map(([key, value]) => [RENAMED[key] ?? key, valueOf(key, value)]);
		return { type: frame.name, ...Object.fromEntries(entries) } as StreamFrame;
	};

	it('number 53', () => {
		expect(STREAM_FIXTURES).toHaveLength(53);
	});

	it.each(STREAM_FIXTURES)('$name', (fixture) => {
		const bytes = base64Decode(fixture.buffer) as Uint8Array;
		const packet = packetOf(fixture);
		expect(decodeStreamPacket(bytes)).toEqual({ ok: true, value: packet });
		if (!fixture.decode_only) expect(encodeStreamPacket(packet)).toEqual(bytes);
	});
});
