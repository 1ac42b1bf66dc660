import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, fromHex } from '../bytes.ts';
import { unwrap } from '../result.ts';
import { anyBytes, mutated, streamFrame, streamPacket } from '../testing/arbitraries.ts';
import { U64_MAX } from './oer.ts';
import { decodeStreamPacket, encodeStreamPacket, sizeOfStreamFrame, type StreamPacket } from './stream.ts';
import { STREAM } from './vectors/interledger.ts';

/** version, prepare, sequence 0, prepareAmount 0; the count and the frames follow. */
const HEADER = '010c01000100';

const EMPTY: StreamPacket = { packetType: 'prepare', sequence: 0n, prepareAmount: 0n, frames: [] };

const framesOf = (hex: string) => unwrap(decodeStreamPacket(fromHex(HEADER + hex))).frames;

const reasonOf = (hex: string): string => {
	const decoded = decodeStreamPacket(fromHex(hex));
	if (decoded.ok) throw new Error('decoded');
	expect(decoded.error.type).toBe('MalformedStreamPacket');
	return decoded.error.reason;
};

describe('a STREAM packet', () => {
	it('comes back as it went', () => {
		fc.assert(
			fc.property(streamPacket, (packet) => {
				expect(decodeStreamPacket(encodeStreamPacket(packet))).toEqual({ ok: true, value: packet });
			})
		);
	});

	it('is an error with a reason for any bytes that are none, and never an exception', () => {
		const almost = anyBytes.map((bytes) => concatBytes(fromHex('010c'), bytes));
		fc.assert(
			fc.property(fc.oneof(anyBytes, almost), (bytes) => {
				const decoded = decodeStreamPacket(bytes);
				expect(decoded.ok || decoded.error.type === 'MalformedStreamPacket').toBe(true);
			}),
			{ numRuns: 300 }
		);
	});

	it('means the same when written again, whatever damage it decoded with', () => {
		fc.assert(
			fc.property(mutated(streamPacket.map(encodeStreamPacket)), (bytes) => {
				const decoded = decodeStreamPacket(bytes);
				if (!decoded.ok) return;
				const again = encodeStreamPacket(decoded.value);
				expect(again.length).toBeLessThanOrEqual(bytes.length);
				expect(decodeStreamPacket(again)).toEqual(decoded);
			}),
			{ numRuns: 500 }
		);
	});

	it('ends where padding begins', () => {
		expect(unwrap(decodeStreamPacket(fromHex(`${STREAM['plain.1']}${'00'.repeat(50)}`)))).toEqual(
			unwrap(decodeStreamPacket(fromHex(STREAM['plain.1'])))
		);
	});

	it('is refused when cut at any place', () => {
		const bytes = fromHex(STREAM['plain.1']);
		for (let length = 0; length < bytes.length; length++)
			expect(decodeStreamPacket(bytes.subarray(0, length)).ok).toBe(false);
	});

	it.each([
		['020c010001000100', 'version 2'],
		['010f010001000100', 'unknown packet type'],
		['010c09010000000000000000' + '01000100', 'integer above 64 bits'],
		['010c' + '0100' + '09010000000000000000' + '0100', 'integer above 64 bits'],
		[HEADER + '03ffffff' + '0100', '16777215 elements do not fit 2 bytes'],
		[HEADER + '0101' + '1103' + '0101' + '01', '1 bytes expected, 0 left'],
		[HEADER + '0101' + '0207' + '066e6f2d6f6e65', 'sourceAddress is not an ILP address'],
		[HEADER + '0101' + '0104' + '0102c328', 'not UTF-8'],
		[HEADER + '0101' + '120e' + '017b' + '0101' + '09010000000000000000', 'integer above 64 bits']
	])('is not %s: %s', (hex, reason) => {
		expect(reasonOf(hex)).toBe(reason);
	});
});

describe('a STREAM frame', () => {
	it('is skipped when its type is unknown', () => {
		const unknown = '2103aabbcc';
		expect(framesOf(`0103${unknown}03020105ff00`)).toEqual([{ type: 'ConnectionMaxData', maxOffset: 5n }]);
	});

	it('may have fields of the future at its end', () => {
		expect(framesOf('0101' + '0304' + '0105' + 'c0de')).toEqual([
			{ type: 'ConnectionMaxData', maxOffset: 5n }
		]);
	});

	it('does not take bytes of the next frame', () => {
		expect(reasonOf(HEADER + '0102' + '0301' + '01' + '0302' + '0105')).toBe('1 bytes expected, 0 left');
	});

	it('reads a limit beyond 64 bits as no limit', () => {
		expect(framesOf('0101' + '120e' + '0101' + '09ffffffffffffffffff' + '0100')).toEqual([
			{ type: 'StreamMaxMoney', streamId: 1n, receiveMax: U64_MAX, totalReceived: 0n }
		]);
	});

	it('carries a whole message as a datagram of type 20', () => {
		const packet: StreamPacket = { ...EMPTY, frames: [{ type: 'Datagram', data: fromHex('c0ffee') }] };
		expect(bytesToHex(encodeStreamPacket(packet))).toBe(`${HEADER}0101` + '2004' + '03c0ffee');
	});

	it('takes the room it says', () => {
		fc.assert(
			fc.property(streamFrame, (frame) => {
				const empty = encodeStreamPacket(EMPTY).length;
				expect(encodeStreamPacket({ ...EMPTY, frames: [frame] }).length - empty).toBe(
					sizeOfStreamFrame(frame)
				);
			})
		);
	});

	it('throws when the program itself gets a field wrong', () => {
		const encode = (frame: StreamPacket['frames'][number]) =>
			encodeStreamPacket({ ...EMPTY, frames: [frame] });
		expect(() => encode({ type: 'StreamMoney', streamId: -1n, shares: 1n })).toThrow();
		expect(() => encode({ type: 'ConnectionClose', errorCode: 256, errorMessage: '' })).toThrow();
		expect(() => encode({ type: 'ConnectionNewAddress', sourceAddress: 'nowhere' })).toThrow();
		expect(() => encodeStreamPacket({ ...EMPTY, sequence: U64_MAX + 1n })).toThrow();
	});
});
