import { describe, expect, it } from 'vitest';
import type { StreamFrame } from '../codec/stream.ts';
import { LIMITS } from '../limits.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createUploads, uploadPieceOf, type UploadLimits, type UploadPiece } from './uploads.ts';

const KIB = 1_024;
const LINK = 'link';

const begin = (limits?: UploadLimits) => {
	const clock = createSimulatedClock(0, () => Promise.resolve());
	return { clock, uploads: createUploads(clock, limits) };
};

/** A frame whose header tells its length truly, of zeros. */
const frameOf = (payload: number, type = 2): Uint8Array => {
	const bytes = new Uint8Array(8 + payload);
	bytes.set([2, type, 0xff, 0xff]);
	new DataView(bytes.buffer).setUint32(4, payload);
	return bytes;
};

const piece = (id: number, bytes: Uint8Array, from: number, to: number): UploadPiece => ({
	id,
	offset: from,
	data: bytes.subarray(from, to),
	ends: to === bytes.length
});

const maxData = (frames: readonly StreamFrame[]): number | undefined => {
	const frame = frames.find(({ type }) => type === 'StreamMaxData');
	return frame?.type === 'StreamMaxData' ? Number(frame.maxOffset) : undefined;
};
const maxStream = (frames: readonly StreamFrame[]): number => {
	const frame = frames.find(({ type }) => type === 'ConnectionMaxStreamId');
	return frame?.type === 'ConnectionMaxStreamId' ? Number(frame.maxStreamId) : 0;
};

describe('uploads at a node', () => {
	it('are given credit ahead of their gapless beginning only', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(200 * KIB);
		expect(session.take(piece(1, bytes, 30_000, 60_000), LINK)).toBeUndefined();
		expect(maxData(session.credit(1))).toBe(LIMITS.streamWindowBytes);
		expect(session.take(piece(1, bytes, 0, 30_000), LINK)).toBeUndefined();
		expect(maxData(session.credit(1))).toBe(60_000 + LIMITS.streamWindowBytes);
	});

	it('lose their stream when they run beyond their window', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(200 * KIB);
		session.take(piece(1, bytes, 0, 10_000), LINK);
		expect(session.take(piece(1, bytes, 60_000, 90_000), LINK)).toMatchObject({
			type: 'refused',
			notice: { code: 'incomplete' },
			close: { errorCode: 4 }
		});
		expect(uploads.held(LINK)).toBe(0);
	});

	it('lose their stream when they contradict themselves', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(100 * KIB);
		session.take(piece(1, bytes, 0, 10_000), LINK);
		const other = { id: 1, offset: 5_000, data: Uint8Array.of(1), ends: false };
		expect(session.take(other, LINK)).toMatchObject({ notice: { code: 'malformed' } });
		expect(session.take(piece(1, bytes, 10_000, 20_000), LINK)).toMatchObject({
			notice: { code: 'incomplete' }
		});
	});

	it('are whole only when nothing is missing', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(50_000);
		session.take(piece(1, bytes, 0, 20_000), LINK);
		expect(session.whole(piece(1, bytes, 20_000, bytes.length))).toEqual({ type: 'whole', bytes });
		const late = uploads.session();
		late.take(piece(1, bytes, 0, 10_000), LINK);
		expect(late.whole(piece(1, bytes, 20_000, bytes.length))).toMatchObject({
			notice: { code: 'incomplete' }
		});
	});

	it('are refused with their first bytes when their header says more than is taken', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const event = frameOf(LIMITS.eventBytes + 200, 1);
		expect(session.take(piece(1, event, 0, 100), LINK)).toMatchObject({
			notice: { code: 'too-large', text: `at most ${LIMITS.eventBytes} bytes` }
		});
		const other = frameOf(LIMITS.frameBytes + 1);
		expect(session.take(piece(3, other, 0, 100), LINK)).toMatchObject({ notice: { code: 'too-large' } });
		// The same length as anything but an event is within the limit of a frame.
		expect(session.take(piece(5, frameOf(LIMITS.eventBytes + 200), 0, 100), LINK)).toBeUndefined();
	});

	it('use only numbers of openers, each once, and as many at a time as allowed', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(100 * KIB);
		const take = (id: number) => session.take(piece(id, bytes, 0, 100), LINK);
		expect(take(2)).toMatchObject({ close: { errorCode: 5 } });
		expect(maxStream(session.credit(undefined))).toBe(20);
		for (let id = 1; id < 20; id += 2) expect(take(id)).toBeUndefined();
		expect(take(21)).toMatchObject({ close: { errorCode: 5 } });
		session.forget(7);
		expect(maxStream(session.credit(undefined))).toBe(22);
		expect(take(21)).toBeUndefined();
		expect(take(7)).toMatchObject({ notice: { code: 'incomplete' } });
	});

	it('that never end are dropped, and their numbers and credit come back', async () => {
		const { clock, uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(100 * KIB);
		session.take(piece(1, bytes, 0, 60_000), LINK);
		await clock.advance(LIMITS.uploadIdleMs + 1);
		uploads.sweep();
		expect(uploads.held(LINK)).toBe(0);
		expect(session.used()).toEqual({ highestId: 1, bytes: 60_000 });
		expect(session.take(piece(1, bytes, 60_000, 61_000), LINK)).toMatchObject({
			notice: { code: 'incomplete' }
		});
		const again = uploads.session(session.used());
		expect(again.credit(undefined)).toEqual(session.credit(undefined));
	});

	it('that drip for ever are dropped too', async () => {
		const { clock, uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(100 * KIB);
		let refused = false;
		for (let at = 0; !refused && at < 100; at++) {
			refused = session.take(piece(1, bytes, at, at + 1), LINK) !== undefined;
			await clock.advance(LIMITS.uploadIdleMs - 1);
		}
		expect(refused).toBe(true);
	});

	it('of one link hold no more memory than its share, and answered ones make room first', () => {
		const { uploads } = begin({ eventBytes: 256 * KIB, frameBytes: 1_024 * KIB, linkBytes: 150 * KIB });
		const bytes = frameOf(60_000);
		const first = uploads.session();
		first.take(piece(1, bytes, 0, 50_000), LINK);
		first.answered(piece(1, bytes, 50_000, bytes.length), LINK);
		const second = uploads.session();
		expect(second.take(piece(1, bytes, 0, 50_000), LINK)).toBeUndefined();
		const third = uploads.session();
		expect(third.take(piece(1, bytes, 0, 50_000), LINK)).toBeUndefined();
		expect(uploads.held(LINK)).toBeLessThanOrEqual(150 * KIB);
		const fourth = uploads.session();
		expect(fourth.take(piece(1, bytes, 0, 60_000), LINK)).toEqual({ type: 'busy' });
		expect(fourth.take(piece(1, bytes, 0, 50_000), 'another link')).toBeUndefined();
		second.end();
		expect(fourth.take(piece(1, bytes, 0, 50_000), LINK)).toBeUndefined();
	});

	it('that were answered bring their answer again by their last packet alone', () => {
		const { uploads } = begin();
		const session = uploads.session();
		const bytes = frameOf(50_000);
		session.take(piece(1, bytes, 0, 40_000), LINK);
		session.answered(piece(1, bytes, 40_000, bytes.length), LINK);
		expect(session.whole(piece(1, bytes, 40_000, bytes.length))).toEqual({ type: 'whole', bytes });
	});
});

describe('the stream data of one packet', () => {
	const data = (streamId: bigint, offset = 0n): StreamFrame => ({
		type: 'StreamData',
		streamId,
		offset,
		data: Uint8Array.of(1)
	});
	const close = (streamId: bigint, errorCode = 1): StreamFrame => ({
		type: 'StreamClose',
		streamId,
		errorCode,
		errorMessage: ''
	});

	it('is one piece of one stream, or nothing that is understood', () => {
		expect(uploadPieceOf([])).toBeUndefined();
		expect(uploadPieceOf([close(1n)])).toBeUndefined();
		expect(uploadPieceOf([data(1n)])).toMatchObject({ id: 1, ends: false });
		expect(uploadPieceOf([data(1n), close(1n)])).toMatchObject({ id: 1, ends: true });
		expect(uploadPieceOf([data(1n), close(1n, 9)])).toMatchObject({ ends: false });
		expect(uploadPieceOf([data(1n), data(1n, 1n)])).toBe('malformed');
		expect(uploadPieceOf([data(1n), close(3n)])).toBe('malformed');
		expect(uploadPieceOf([data(1n, 2n ** 64n - 1n)])).toBe('malformed');
		expect(uploadPieceOf([data(2n ** 63n)])).toBe('malformed');
	});
});
