import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex } from '../bytes.ts';
import type { Hello, Outcomes, SettleAnswer, SettleRequest, WireClaim } from '../link/messages.ts';
import { unwrap, type Result } from '../result.ts';
import {
	decodeWireClaim,
	decodeHello,
	decodeOutcomes,
	decodeSettleAnswer,
	decodeSettleRequest,
	encodeWireClaim,
	encodeHello,
	encodeOutcomes,
	encodeSettleAnswer,
	encodeSettleRequest
} from './link.ts';
import vectors from './vectors/link-v1.json' with { type: 'json' };
import { fromVectorJson } from './vectors/json.ts';

const DECODERS: Readonly<Record<string, (data: Uint8Array) => Result<unknown>>> = {
	claim: decodeWireClaim,
	hello: decodeHello,
	outcomes: decodeOutcomes,
	settleRequest: decodeSettleRequest,
	settleAnswer: decodeSettleAnswer
};

const ENCODERS: Readonly<Record<string, (value: unknown) => Uint8Array>> = {
	claim: (value) => encodeWireClaim(value as WireClaim),
	hello: (value) => encodeHello(value as Hello),
	outcomes: (value) => encodeOutcomes(value as Outcomes),
	settleRequest: (value) => encodeSettleRequest(value as SettleRequest),
	settleAnswer: (value) => encodeSettleAnswer(value as SettleAnswer)
};

describe('messages between neighbours', () => {
	it.each(vectors.valid)('reads and writes the vector: $message $name', ({ message, hex, value }) => {
		const decoded = unwrap(DECODERS[message]!(fromHex(hex)));
		expect(decoded).toEqual(fromVectorJson(value));
		expect(bytesToHex(ENCODERS[message]!(decoded))).toBe(hex);
	});

	it.each(vectors.invalid)('refuses the vector: $message $name', ({ message, hex }) => {
		expect(DECODERS[message]!(fromHex(hex))).toMatchObject({
			ok: false,
			error: { type: 'MalformedLinkMessage' }
		});
	});

	it('is named in the reason, with the field', () => {
		expect(decodeWireClaim(fromHex('a10000'))).toEqual({
			ok: false,
			error: { type: 'MalformedLinkMessage', reason: 'claim: channel' }
		});
	});

	it('ignores keys it does not know', () => {
		expect(decodeSettleRequest(fromHex('a200021863' + '6161'))).toEqual({
			ok: true,
			value: { op: 'payout' }
		});
	});

	it('survives any bytes', () => {
		const mutated = fc
			.tuple(fc.constantFrom(...vectors.valid), fc.nat(), fc.nat(255))
			.map(([vector, at, byte]) => {
				const bytes = fromHex(vector.hex);
				bytes[at % bytes.length] = byte;
				return bytes;
			});
		fc.assert(
			fc.property(
				fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated),
				fc.constantFrom(...Object.keys(DECODERS)),
				(bytes, message) => {
					const decoded = DECODERS[message]!(bytes);
					// What was understood can be said again in no more bytes.
					if (decoded.ok) expect(ENCODERS[message]!(decoded.value).length).toBeLessThanOrEqual(bytes.length);
				}
			),
			{ numRuns: 2_000 }
		);
	});

	it('refuses to write what nobody could read', () => {
		const claim: WireClaim = {
			scheme: 0,
			channel: `0x${'66'.repeat(32)}`,
			epoch: 0,
			cumulative: 1n,
			signature: new Uint8Array(65)
		};
		expect(() => encodeWireClaim({ ...claim, channel: '0x66' })).toThrow();
		expect(() => encodeWireClaim({ ...claim, cumulative: -1n })).toThrow();
		expect(() => encodeWireClaim({ ...claim, cumulative: 1n << 64n })).toThrow();
	});
});
