/**
 * Random values for property tests: valid packets of every kind, and bytes that almost are packets.
 */
import fc from 'fast-check';
import type { BtpPacket, ProtocolData } from '../codec/btp.ts';
import { ILP_ERROR_NAMES, type IlpErrorCode, type IlpPacket, type IlpPrepare } from '../codec/ilp.ts';
import { U64_MAX } from '../codec/oer.ts';
import type { StreamFrame, StreamFrameOf, StreamFrameType, StreamPacket } from '../codec/stream.ts';
import { ADDRESS_SCHEMES } from '../ilp/address.ts';

export const anyBytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });

/** Small numbers, borders and large ones in turn: their encodings have different lengths. */
export const uint64: fc.Arbitrary<bigint> = fc.oneof(
	fc.bigInt({ min: 0n, max: 300n }),
	fc.bigInt({ min: 0n, max: U64_MAX }),
	fc.constantFrom(0n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, U64_MAX)
);

const uint8 = fc.nat(255);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const data = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 120, maxLength: 300 }));
/** Well-formed text: no lone surrogates. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const ia5 = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)) });

/** Years 0000 to 9999 in Unix milliseconds. */
export const time: fc.Arbitrary<number> = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

export const address: fc.Arbitrary<string> = fc
	.tuple(
		fc.constantFrom(...ADDRESS_SCHEMES),
		fc.array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,20}$/), { minLength: 1, maxLength: 8 })
	)
	.map(([scheme, segments]) => [scheme, ...segments].join('.'));

export const prepare: fc.Arbitrary<IlpPrepare> = fc.record({
	type: fc.constant('prepare'),
	amount: uint64,
	expiresAt: time,
	condition: bytes32,
	destination: address,
	data
});

export const ilpPacket: fc.Arbitrary<IlpPacket> = fc.oneof(
	prepare,
	fc.record({ type: fc.constant('fulfill'), fulfillment: bytes32, data }),
	fc.record({
		type: fc.constant('reject'),
		code: fc.constantFrom(...(Object.keys(ILP_ERROR_NAMES) as IlpErrorCode[])),
		triggeredBy: fc.oneof(fc.constant(''), address),
		message: text,
		data
	})
);

const protocolData: fc.Arbitrary<ProtocolData[]> = fc.uniqueArray(
	fc.record({ protocolName: ia5, contentType: uint8, data }),
	{ maxLength: 5, selector: (entry) => entry.protocolName }
);

const requestId = fc.nat(0xffff_ffff);

export const btpPacket: fc.Arbitrary<BtpPacket> = fc.oneof(
	fc.record({ type: fc.constantFrom('message', 'response'), requestId, protocolData }),
	fc.record({ type: fc.constant('transfer'), requestId, amount: uint64, protocolData }),
	fc.record({
		type: fc.constant('error'),
		requestId,
		code: fc.stringMatching(/^[FT]0[0-9]$/),
		name: ia5,
		triggeredAt: time,
		data,
		protocolData
	})
);

/** One arbitrary a frame, so that a frame without one does not compile. */
const FRAMES: { readonly [Type in StreamFrameType]: fc.Arbitrary<Omit<StreamFrameOf<Type>, 'type'>> } = {
	ConnectionClose: fc.record({ errorCode: uint8, errorMessage: text }),
	ConnectionNewAddress: fc.record({ sourceAddress: address }),
	ConnectionMaxData: fc.record({ maxOffset: uint64 }),
	ConnectionDataBlocked: fc.record({ maxOffset: uint64 }),
	ConnectionMaxStreamId: fc.record({ maxStreamId: uint64 }),
	ConnectionStreamIdBlocked: fc.record({ maxStreamId: uint64 }),
	ConnectionAssetDetails: fc.record({ assetCode: text, assetScale: uint8 }),
	StreamClose: fc.record({ streamId: uint64, errorCode: uint8, errorMessage: text }),
	StreamMoney: fc.record({ streamId: uint64, shares: uint64 }),
	StreamMaxMoney: fc.record({ streamId: uint64, receiveMax: uint64, totalReceived: uint64 }),
	StreamMoneyBlocked: fc.record({ streamId: uint64, sendMax: uint64, totalSent: uint64 }),
	StreamData: fc.record({ streamId: uint64, offset: uint64, data }),
	StreamMaxData: fc.record({ streamId: uint64, maxOffset: uint64 }),
	StreamDataBlocked: fc.record({ streamId: uint64, maxOffset: uint64 }),
	StreamReceipt: fc.record({ streamId: uint64, receipt: data }),
	Datagram: fc.record({ data })
};

export const streamFrame: fc.Arbitrary<StreamFrame> = fc.oneof(
	...Object.entries(FRAMES).map(([type, fields]) =>
		(fields as fc.Arbitrary<object>).map((value) => ({ type, ...value }) as StreamFrame)
	)
);

export const streamPacket: fc.Arbitrary<StreamPacket> = fc.record({
	packetType: fc.constantFrom('prepare', 'fulfill', 'reject'),
	sequence: uint64,
	prepareAmount: uint64,
	frames: fc.array(streamFrame, { maxLength: 8 })
});

/** Valid bytes with a few bytes changed, dropped, doubled or put in. */
export const mutated = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> => {
	const change = fc.record({
		how: fc.constantFrom('set', 'flip', 'drop', 'insert', 'cut'),
		where: fc.double({ min: 0, max: 1, noNaN: true }),
		value: uint8
	});
	return fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 3 })).map(([bytes, changes]) => {
		const out = [...bytes];
		for (const { how, where, value } of changes) {
			const at = Math.min(out.length - 1, Math.floor(where * out.length));
			if (out.length === 0) continue;
			if (how === 'set') out[at] = value;
			if (how === 'flip') out[at] = (out[at] as number) ^ (1 << (value & 7));
			if (how === 'drop') out.splice(at, 1);
			if (how === 'insert') out.splice(at, 0, value);
			if (how === 'cut') out.length = at;
		}
		return Uint8Array.from(out);
	});
};
