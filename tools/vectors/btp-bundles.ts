/** Bundles: messages with several BTP packets, and messages that are none. */
import { bytesToHex, concatBytes, fromHex, utf8 } from '../../src/lib/peer/bytes.ts';
import { decodeBtpBundle, encodeBtpPacket, type BtpPacket } from '../../src/lib/peer/codec/btp.ts';
import { toVectorJson } from '../../src/lib/peer/codec/vectors/json.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';

const EMPTY = new Uint8Array(0);
const TIME = 1_893_553_445_678;

const ask: BtpPacket = {
	type: 'message',
	requestId: 7,
	protocolData: [{ protocolName: 'ilp', contentType: 0, data: fromHex('0c0000') }]
};
const nothing: BtpPacket = { type: 'response', requestId: 7, protocolData: [] };
const refused: BtpPacket = {
	type: 'error',
	requestId: 8,
	code: 'F00',
	name: 'NotAcceptedError',
	triggeredAt: TIME,
	data: utf8('no'),
	protocolData: []
};
const transfer: BtpPacket = { type: 'transfer', requestId: 0xffffffff, amount: 1n, protocolData: [] };

const VALID: readonly (readonly [name: string, packets: readonly BtpPacket[]])[] = [
	['one packet is a bundle too', [ask]],
	['a request and an answer', [ask, nothing]],
	['the same request twice: the codec does not judge', [ask, ask]],
	['one of each type', [nothing, refused, ask, transfer]],
	[
		'a long packet before a short one',
		[
			{
				type: 'message',
				requestId: 1,
				protocolData: [{ protocolName: 'ilp', contentType: 0, data: new Uint8Array(200) }]
			},
			nothing
		]
	]
];

const bytesOf = (packets: readonly BtpPacket[]): Uint8Array =>
	concatBytes(...packets.map((packet) => encodeBtpPacket(packet)));

export const btpBundleVectors = (): Promise<unknown> => {
	const good = bytesOf([ask, nothing]);
	const invalid: readonly (readonly [name: string, bytes: Uint8Array])[] = [
		['nothing', EMPTY],
		['a byte too many', concatBytes(good, new Uint8Array(1))],
		['a byte too few', good.subarray(0, -1)],
		['garbage in the third place', concatBytes(good, fromHex('c0ffee'))],
		['a type of BTP/1 in the second place', concatBytes(bytesOf([ask]), fromHex('0300000001020100'))],
		['an envelope that ends beyond the message', concatBytes(good, fromHex('06000000017f0100'))],
		['a packet half within the envelope of another', fromHex('010000000709' + '0100' + '06000000010201' + '00')],
		['a length that is not in its shortest form', concatBytes(good, fromHex('010000000181020100'))]
	];
	return Promise.resolve({
		source: 'This project; made by tools/vectors.ts. Normative for docs/protocol/links.md.',
		note: 'In packets, {"bytes"} is hex and {"uint"} decimal. `most` of `each` are a bundle, one more is none.',
		valid: VALID.map(([name, packets]) => ({
			name,
			packets: toVectorJson(packets),
			hex: bytesToHex(bytesOf(packets))
		})),
		invalid: invalid.map(([name, bytes]) => {
			const decoded = decodeBtpBundle(bytes);
			return { name, reason: decoded.ok ? undefined : decoded.error.reason, hex: bytesToHex(bytes) };
		}),
		most: { packets: LIMITS.btpBundlePackets, each: bytesToHex(bytesOf([nothing])) }
	});
};
