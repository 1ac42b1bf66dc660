import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, fromHex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { unwrap } from '../result.ts';
import { anyBytes, ilpPacket, mutated, prepare } from '../testing/arbitraries.ts';
import {
	decodeAmountTooLarge,
	decodeIlpPacket,
	decodePrepare,
	decodeReply,
	encodeAmountTooLarge,
	encodeFulfill,
	encodeIlpPacket,
	encodePrepare,
	encodeReject,
	forwardPrepare,
	ilpErrorName,
	readPrepareHeader,
	rewritePrepare,
	type IlpPrepare,
	type IlpReject
} from './ilp.ts';
import { ILP_PACKETS } from './vectors/interledger.ts';

const EMPTY = new Uint8Array(0);

const PREPARE: IlpPrepare = {
	type: 'prepare',
	amount: 5n,
	expiresAt: 1_893_553_445_678,
	condition: new Uint8Array(32).fill(1),
	destination: 'test.a',
	data: EMPTY
};

const REJECT: IlpReject = { type: 'reject', code: 'T00', triggeredBy: 'test.a', message: '', data: EMPTY };

/** A contents of `length` bytes as an envelope would announce it. */
const envelope = (type: number, contents: Uint8Array): Uint8Array => {
	const length = contents.length;
	const prefix = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return concatBytes(Uint8Array.of(type, ...prefix), contents);
};

/** The contents of the shortest prepare; its destination starts at 57. */
const contents = (): Uint8Array => encodePrepare(PREPARE).slice(2);

const changed = (bytes: Uint8Array, at: number, ...values: number[]): Uint8Array => {
	const copy = bytes.slice();
	copy.set(values, at);
	return copy;
};

const reasonOf = (bytes: Uint8Array): string => {
	const decoded = decodeIlpPacket(bytes);
	if (decoded.ok) throw new Error('decoded');
	expect(decoded.error.type).toBe('MalformedIlpPacket');
	return decoded.error.reason;
};

describe('an ILP packet', () => {
	it('comes back as it went', () => {
		fc.assert(
			fc.property(ilpPacket, (packet) => {
				expect(decodeIlpPacket(encodeIlpPacket(packet))).toEqual({ ok: true, value: packet });
			})
		);
	});

	it('is an error with a reason for any bytes that are none, and never an exception', () => {
		fc.assert(
			fc.property(anyBytes, (bytes) => {
				const decoded = decodeIlpPacket(bytes);
				expect(decoded.ok || decoded.error.type === 'MalformedIlpPacket').toBe(true);
			}),
			{ numRuns: 300 }
		);
	});

	it('has one spelling: what decodes after damage encodes to the damaged bytes', () => {
		fc.assert(
			fc.property(mutated(ilpPacket.map(encodeIlpPacket)), (bytes) => {
				const decoded = decodeIlpPacket(bytes);
				if (!decoded.ok) return;
				const again = encodeIlpPacket(decoded.value);
				// Bytes beyond the last field are ignored, so they are missing from the second encoding.
				if (again.length === bytes.length) expect(bytesToHex(again)).toBe(bytesToHex(bytes));
				else expect(bytes.length).toBeGreaterThan(again.length);
			}),
			{ numRuns: 500 }
		);
	});

	it('ignores what follows its last field, inside the envelope and after it', () => {
		const longer = envelope(12, concatBytes(contents(), fromHex('c0ffee')));
		expect(unwrap(decodeIlpPacket(longer))).toEqual(PREPARE);
		expect(unwrap(decodeIlpPacket(concatBytes(encodePrepare(PREPARE), fromHex('00'))))).toEqual(PREPARE);
	});

	it('refuses other types', () => {
		for (const type of [0, 1, 11, 15, 255])
			expect(reasonOf(envelope(type, EMPTY))).toBe(`packet type ${type}`);
	});

	it('refuses a cut at any place', () => {
		for (const hex of Object.values(ILP_PACKETS)) {
			const bytes = fromHex(hex);
			for (let length = 0; length < bytes.length; length++)
				expect(decodeIlpPacket(bytes.subarray(0, length)).ok).toBe(false);
		}
	});

	it('carries 32767 bytes of data and no more', () => {
		const data = new Uint8Array(LIMITS.ilpDataBytes);
		expect(unwrap(decodeIlpPacket(encodePrepare({ ...PREPARE, data })))).toEqual({ ...PREPARE, data });
		const tooMuch = new Uint8Array(LIMITS.ilpDataBytes + 1);
		expect(() => encodePrepare({ ...PREPARE, data: tooMuch })).toThrow();
		expect(() =>
			encodeFulfill({ type: 'fulfill', fulfillment: new Uint8Array(32), data: tooMuch })
		).toThrow();
		expect(() => encodeReject({ ...REJECT, data: tooMuch })).toThrow();
		const forged = envelope(13, concatBytes(new Uint8Array(32), fromHex('828000'), tooMuch));
		expect(reasonOf(forged)).toBe('32768 bytes where at most 32767 are allowed');
	});
});

describe('a prepare', () => {
	it.each([
		['an expiry that is no time', changed(contents(), 8, 0x78), 'not a timestamp'],
		['month 13', changed(contents(), 12, 0x31, 0x33), 'not a timestamp'],
		['an unknown scheme', changed(contents(), 58, 0x58), 'destination is not an ILP address'],
		['an empty destination', changed(contents(), 57, 0), 'destination is not an ILP address'],
		['a destination that is not ASCII', changed(contents(), 58, 0xe9), 'not ASCII']
	])('is refused for %s', (_, bytes, reason) => {
		expect(reasonOf(envelope(12, bytes))).toBe(reason);
	});

	it('is refused where a reply belongs, and the other way round', () => {
		expect(decodeReply(encodePrepare(PREPARE)).ok).toBe(false);
		expect(decodePrepare(encodeReject(REJECT)).ok).toBe(false);
		expect(readPrepareHeader(encodeReject(REJECT)).ok).toBe(false);
		expect(unwrap(decodeReply(encodeReject(REJECT)))).toEqual(REJECT);
	});

	it('throws when the program itself gets a field wrong', () => {
		expect(() => encodePrepare({ ...PREPARE, condition: new Uint8Array(31) })).toThrow();
		expect(() => encodePrepare({ ...PREPARE, destination: 'nowhere' })).toThrow();
		expect(() => encodePrepare({ ...PREPARE, amount: -1n })).toThrow();
		expect(() => encodePrepare({ ...PREPARE, amount: 1n << 64n })).toThrow();
	});

	it('is forwarded with another amount and expiry and nothing else changed', () => {
		fc.assert(
			fc.property(prepare, prepare, (packet, { amount, expiresAt }) => {
				const bytes = encodePrepare(packet);
				const before = bytesToHex(bytes);
				const forwarded = forwardPrepare(bytes, amount, expiresAt);
				expect(bytesToHex(forwarded)).toBe(bytesToHex(encodePrepare({ ...packet, amount, expiresAt })));
				expect(bytesToHex(bytes)).toBe(before);
			})
		);
	});

	it('keeps fields of the future when it is forwarded', () => {
		const bytes = envelope(12, concatBytes(contents(), fromHex('c0ffee')));
		const forwarded = forwardPrepare(bytes, 4n, PREPARE.expiresAt);
		expect(unwrap(readPrepareHeader(forwarded)).amount).toBe(4n);
		expect(bytesToHex(forwarded).endsWith('c0ffee')).toBe(true);
	});

	it('is rewritten where it lies by whoever owns the bytes', () => {
		const bytes = encodePrepare({ ...PREPARE, data: new Uint8Array(300) });
		const forwarded = forwardPrepare(bytes, 4n, PREPARE.expiresAt - 1_000);
		rewritePrepare(bytes, 4n, PREPARE.expiresAt - 1_000);
		expect(bytesToHex(bytes)).toBe(bytesToHex(forwarded));
	});

	it('is all that can be forwarded', () => {
		expect(() => forwardPrepare(encodeReject(REJECT), 1n, 0)).toThrow();
		expect(() => rewritePrepare(encodeReject(REJECT), 1n, 0)).toThrow();
	});
});

describe('a reject', () => {
	it('may carry a code of tomorrow, but not a code that is none', () => {
		const bytes = encodeReject({ ...REJECT, code: 'T42' });
		expect(unwrap(decodeIlpPacket(bytes))).toEqual({ ...REJECT, code: 'T42' });
		expect(reasonOf(changed(bytes, 2, 0x58))).toBe('not an ILP error code');
		expect(reasonOf(changed(bytes, 3, 0xff))).toBe('not ASCII');
		expect(() => encodeReject({ ...REJECT, code: 'X00' as 'T00' })).toThrow();
	});

	it('names the codes of RFC 27', () => {
		expect(ilpErrorName('T04')).toBe('Insufficient Liquidity');
		expect(ilpErrorName('T42')).toBeUndefined();
	});

	it('may come from a node without an address, not from one with a wrong one', () => {
		expect(unwrap(decodeIlpPacket(encodeReject({ ...REJECT, triggeredBy: '' })))).toMatchObject({
			triggeredBy: ''
		});
		expect(() => encodeReject({ ...REJECT, triggeredBy: 'nowhere' })).toThrow();
		expect(reasonOf(changed(encodeReject(REJECT), 6, 0x58))).toBe('triggeredBy is not an ILP address');
	});

	it('has a message of at most 8191 bytes', () => {
		const longest = 'é'.repeat(4095);
		expect(unwrap(decodeIlpPacket(encodeReject({ ...REJECT, message: longest })))).toMatchObject({
			message: longest
		});
		expect(() => encodeReject({ ...REJECT, message: 'é'.repeat(4096) })).toThrow();
		const forged = envelope(14, concatBytes(fromHex('54303000' + '822000'), new Uint8Array(8193)));
		expect(reasonOf(forged)).toBe('8192 bytes where at most 8191 are allowed');
	});
});

describe('the data of F08', () => {
	it('says what came and what may come', () => {
		const data = { receivedAmount: 7n, maximumAmount: 3n };
		expect(bytesToHex(encodeAmountTooLarge(data))).toBe('00000000000000070000000000000003');
		expect(unwrap(decodeAmountTooLarge(encodeAmountTooLarge(data)))).toEqual(data);
	});

	it('may be missing', () => {
		expect(decodeAmountTooLarge(EMPTY).ok).toBe(false);
		expect(decodeAmountTooLarge(new Uint8Array(15)).ok).toBe(false);
	});
});
