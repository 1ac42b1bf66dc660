import { expect, test } from 'vitest';
import { eventFrameV1, frameBytes, noteOf } from './frames.ts';

test('a note has exactly the characters asked for', () => {
	expect([5, 140, 1_000].map((length) => noteOf(length).content.length)).toEqual([5, 140, 1_000]);
});

test('a frame of version 1 says its length and holds the event as JSON', () => {
	const event = noteOf(140);
	const frame = eventFrameV1(event);
	expect([...frame.subarray(0, 2)]).toEqual([0x01, 0x01]);
	expect(new DataView(frame.buffer).getUint16(2)).toBe(frame.length - 4);
	const payload = JSON.parse(new TextDecoder().decode(frame.subarray(4))) as { nostr: unknown };
	expect(payload.nostr).toEqual(event);
});

test('version 2 is smaller than version 1 at every length, by keys, signature and field names', () => {
	for (const length of [5, 140, 1_000]) {
		const { eventV1, eventV2 } = frameBytes(length);
		expect(eventV1 - eventV2).toBeGreaterThan(300);
	}
});
