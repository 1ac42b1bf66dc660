import { describe, expect, it } from 'vitest';
import { bytesToHex, concatBytes, fromHex } from '../bytes.ts';
import { decodeFrames } from './btp-nips.ts';
import { decodeFramesV1, encodeFrameV1, MAX_V1_PAYLOAD, type FrameV1 } from './btp-nips-v1.ts';
import vectors from './vectors/btp-nips-v1.json' with { type: 'json' };
import { fromVectorJson } from './vectors/json.ts';

describe('BTP-NIPs frames of version 1', () => {
	it.each(vectors.valid)('reads the vector: $name', ({ hex, frames }) => {
		expect(decodeFramesV1(fromHex(hex))).toEqual({ ok: true, value: fromVectorJson(frames) });
	});

	it.each(vectors.valid.filter((vector) => vector.isOurs))('writes the vector: $name', ({ hex, frames }) => {
		const written = (fromVectorJson(frames) as FrameV1[]).map(encodeFrameV1);
		expect(bytesToHex(concatBytes(...written))).toBe(hex);
	});

	it.each(vectors.invalid)('refuses the vector: $name', ({ hex }) => {
		expect(decodeFramesV1(fromHex(hex))).toMatchObject({ ok: false, error: { type: 'MalformedFrame' } });
	});

	it('are skipped whole by a reader of version 2', () => {
		const close = encodeFrameV1({ type: 'CLOSE', subscriptionId: 'feed' });
		expect(decodeFrames(close)).toEqual({ ok: true, value: [{ type: 'UNKNOWN', code: 3, version: 1 }] });
	});

	it('end where their length field does', () => {
		const filters = Array.from({ length: 16 }, () => ({
			'#t': Array.from({ length: 1_000 }, () => 'tides')
		}));
		expect(JSON.stringify(filters).length).toBeGreaterThan(MAX_V1_PAYLOAD);
		expect(() => encodeFrameV1({ type: 'REQ', subscriptionId: 'feed', filters })).toThrow();
	});

	it('are not written when nobody could read them', () => {
		expect(() => encodeFrameV1({ type: 'CLOSE', subscriptionId: '' })).toThrow();
		expect(() => encodeFrameV1({ type: 'OK', eventId: 'ab', accepted: true, message: '' })).toThrow();
	});
});
