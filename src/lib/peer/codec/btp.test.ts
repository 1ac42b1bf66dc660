import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, fromHex, utf8 } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { unwrap } from '../result.ts';
import { anyBytes, btpPacket, mutated } from '../testing/arbitraries.ts';
import {
	decodeBtpBundle,
	decodeBtpPacket,
	encodeBtpPacket,
	formatGeneralizedTime,
	MAX_BTP_ERROR_DATA,
	parseGeneralizedTime,
	type BtpError,
	type BtpPacket,
	type ProtocolData
} from './btp.ts';
import vectors from './vectors/btp-bundles.json' with { type: 'json' };
import { BTP_PACKETS } from './vectors/interledger.ts';
import { fromVectorJson } from './vectors/json.ts';

const EMPTY = new Uint8Array(0);
const TIME = 1_893_553_445_678;

const entry = (protocolName: string): ProtocolData => ({ protocolName, contentType: 0, data: EMPTY });

const ERROR: BtpError = {
	type: 'error',
	requestId: 1,
	code: 'F00',
	name: 'NotAcceptedError',
	triggeredAt: TIME,
	data: EMPTY,
	protocolData: []
};

const reasonOf = (hex: string): string => {
	const decoded = decodeBtpPacket(fromHex(hex));
	if (decoded.ok) throw new Error('decoded');
	expect(decoded.error.type).toBe('MalformedBtpPacket');
	return decoded.error.reason;
};

describe('a BTP packet', () => {
	it('comes back as it went', () => {
		fc.assert(
			fc.property(btpPacket, (packet) => {
				expect(decodeBtpPacket(encodeBtpPacket(packet))).toEqual({ ok: true, value: packet });
			})
		);
	});

	it('is an error with a reason for any bytes that are none, and never an exception', () => {
		fc.assert(
			fc.property(anyBytes, (bytes) => {
				const decoded = decodeBtpPacket(bytes);
				expect(decoded.ok || decoded.error.type === 'MalformedBtpPacket').toBe(true);
			}),
			{ numRuns: 300 }
		);
	});

	it('has one spelling: what decodes after damage encodes to the damaged bytes', () => {
		const strict = btpPacket.filter((packet) => packet.type !== 'error');
		fc.assert(
			fc.property(mutated(strict.map(encodeBtpPacket)), (bytes) => {
				const decoded = decodeBtpPacket(bytes);
				// An error's time may be written in several ways; see below.
				if (!decoded.ok || decoded.value.type === 'error') return;
				const again = encodeBtpPacket(decoded.value);
				if (again.length === bytes.length) expect(bytesToHex(again)).toBe(bytesToHex(bytes));
				else expect(bytes.length).toBeGreaterThan(again.length);
			}),
			{ numRuns: 500 }
		);
	});

	it('survives damage to an error too', () => {
		fc.assert(
			fc.property(mutated(fc.constant(encodeBtpPacket({ ...ERROR, data: utf8('no') }))), (bytes) => {
				const decoded = decodeBtpPacket(bytes);
				if (decoded.ok) expect(decodeBtpPacket(encodeBtpPacket(decoded.value))).toEqual(decoded);
			}),
			{ numRuns: 300 }
		);
	});

	it('ignores what follows its last field, inside the envelope and after it', () => {
		expect(unwrap(decodeBtpPacket(fromHex('0100000001040100c0ff')))).toEqual({
			type: 'response',
			requestId: 1,
			protocolData: []
		});
		expect(decodeBtpPacket(fromHex(`${BTP_PACKETS['response.empty']}c0ffee`)).ok).toBe(true);
	});

	it.each([
		['', '1 bytes expected, 0 left'],
		['03' + '00000001' + '020100', 'packet type 3'],
		['06' + '00000001' + '020101', '1 elements do not fit 0 bytes'],
		['06' + '00000001' + '0504ffffffff', '4294967295 elements do not fit 0 bytes'],
		['06' + '00000001' + '080102' + '01610000' + '0161', '1 bytes expected, 0 left'],
		['06' + '00000001' + '0a0102' + '01610000' + '01610000', 'a protocol name occurs twice'],
		['06' + '00000001' + '060101' + '01e90000', 'not ASCII']
	])('is not %s: %s', (hex, reason) => {
		expect(reasonOf(hex)).toBe(reason);
	});

	it('is refused when cut at any place', () => {
		for (const hex of Object.values(BTP_PACKETS)) {
			const bytes = fromHex(hex);
			for (let length = 0; length < bytes.length; length++)
				expect(decodeBtpPacket(bytes.subarray(0, length)).ok).toBe(false);
		}
	});

	it('has no more protocols than the limit', () => {
		const entries = Array.from({ length: LIMITS.btpProtocols + 1 }, (_, i) => entry(`p${i}`));
		const most = { type: 'message', requestId: 1, protocolData: entries.slice(1) } as const;
		expect(unwrap(decodeBtpPacket(encodeBtpPacket(most)))).toEqual(most);
		expect(() => encodeBtpPacket({ ...most, protocolData: entries })).toThrow();
		const body = concatBytes(
			fromHex('0121'),
			...entries.map((_, i) => fromHex(`01${(32 + i).toString(16)}0000`))
		);
		const hex = `060000000181${body.length.toString(16)}${bytesToHex(body)}`;
		expect(reasonOf(hex)).toBe('33 protocols where at most 32 are allowed');
	});

	it('is no error with a code beyond ASCII or too much data', () => {
		const bytes = encodeBtpPacket({ ...ERROR, data: new Uint8Array(MAX_BTP_ERROR_DATA) });
		expect(unwrap(decodeBtpPacket(bytes))).toMatchObject({ data: new Uint8Array(MAX_BTP_ERROR_DATA) });
		const hex = bytesToHex(bytes);
		expect(reasonOf(hex.replace('463030', 'c63030'))).toBe('not ASCII');
		// One byte more: in the length of the data, in the data and in the length of the whole.
		const outer = (bytes.length - 8).toString(16);
		const oneMore = (bytes.length - 7).toString(16);
		const longer = hex.replace(`82${outer}`, `82${oneMore}`).replace('82200000', '8220010000');
		expect(reasonOf(longer)).toBe('8193 bytes where at most 8192 are allowed');
	});

	it('throws when the program itself gets a field wrong', () => {
		const message = { type: 'message', requestId: 1, protocolData: [] } as const;
		expect(() => encodeBtpPacket({ ...message, requestId: 2 ** 32 })).toThrow();
		expect(() => encodeBtpPacket({ ...message, protocolData: [entry('a'), entry('a')] })).toThrow();
		expect(() => encodeBtpPacket({ ...message, protocolData: [entry('é')] })).toThrow();
		expect(() => encodeBtpPacket({ ...ERROR, code: 'F0' })).toThrow();
		expect(() => encodeBtpPacket({ ...ERROR, data: new Uint8Array(MAX_BTP_ERROR_DATA + 1) })).toThrow();
	});
});

const together = (packets: readonly BtpPacket[]): Uint8Array =>
	concatBytes(...packets.map((packet) => encodeBtpPacket(packet)));
const bundle = fc.array(btpPacket, { minLength: 1, maxLength: 8 });

describe('a bundle', () => {
	it('is its packets in order', () => {
		fc.assert(
			fc.property(bundle, (packets) => {
				expect(decodeBtpBundle(together(packets))).toEqual({ ok: true, value: packets });
			})
		);
	});

	it('is an error with a reason for any bytes that are none, and never an exception', () => {
		fc.assert(
			fc.property(fc.oneof(anyBytes, mutated(bundle.map(together))), (bytes) => {
				const decoded = decodeBtpBundle(bytes);
				if (decoded.ok) expect(decodeBtpBundle(together(decoded.value))).toEqual(decoded);
				else expect(decoded.error.type).toBe('MalformedBtpPacket');
			}),
			{ numRuns: 500 }
		);
	});

	it('begins with what its bytes are as a packet', () => {
		fc.assert(
			fc.property(mutated(bundle.map(together)), (bytes) => {
				const whole = decodeBtpBundle(bytes);
				if (whole.ok) expect(unwrap(decodeBtpPacket(bytes))).toEqual(whole.value[0]);
			})
		);
	});

	it('counts as nothing when it ends in the middle of a packet', () => {
		const whole = together([ERROR, { type: 'response', requestId: 1, protocolData: [entry('a')] }]);
		const first = encodeBtpPacket(ERROR).length;
		for (let length = 0; length < whole.length; length++)
			expect(decodeBtpBundle(whole.subarray(0, length)).ok).toBe(length === first);
	});

	it('ignores what follows the last field inside an envelope, and nothing after it', () => {
		expect(unwrap(decodeBtpBundle(fromHex('0100000001040100c0ff' + '0100000002020100')))).toMatchObject([
			{ requestId: 1 },
			{ requestId: 2 }
		]);
		expect(decodeBtpBundle(fromHex('0100000001020100' + 'c0ffee')).ok).toBe(false);
	});

	it.each(vectors.valid)('reads and writes the vector: $name', ({ packets, hex }) => {
		expect(unwrap(decodeBtpBundle(fromHex(hex)))).toEqual(fromVectorJson(packets));
		expect(bytesToHex(together(fromVectorJson(packets) as readonly BtpPacket[]))).toBe(hex);
	});

	it.each(vectors.invalid)('refuses the vector: $name', ({ reason, hex }) => {
		expect(decodeBtpBundle(fromHex(hex))).toEqual({
			ok: false,
			error: { type: 'MalformedBtpPacket', reason }
		});
	});

	it('has no more packets than the limit', () => {
		const { packets, each } = vectors.most;
		expect(packets).toBe(LIMITS.btpBundlePackets);
		expect(unwrap(decodeBtpBundle(fromHex(each.repeat(packets))))).toHaveLength(packets);
		expect(decodeBtpBundle(fromHex(each.repeat(packets + 1)))).toMatchObject({
			error: { reason: 'more than 256 packets in one message' }
		});
	});
});

describe('GeneralizedTime', () => {
	it.each([
		[TIME, '20300102030405.678Z'],
		[TIME - 8, '20300102030405.67Z'],
		[TIME - 78, '20300102030405.6Z'],
		[TIME - 678, '20300102030405Z']
	])('%d is %s', (time, text) => {
		expect(formatGeneralizedTime(time)).toBe(text);
		expect(parseGeneralizedTime(text)).toBe(time);
	});

	it('may come with zeros at its end, or finer than a millisecond', () => {
		expect(parseGeneralizedTime('20300102030405.000Z')).toBe(TIME - 678);
		expect(parseGeneralizedTime('20300102030405.678999Z')).toBe(TIME);
	});

	it.each([
		'',
		'20300102030405',
		'20300102030405.Z',
		'20300102030405.678',
		'20300102030460Z',
		'20301302030405Z'
	])('is not %j', (text) => expect(parseGeneralizedTime(text)).toBeUndefined());
});
