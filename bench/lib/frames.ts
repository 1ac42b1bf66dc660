/**
 * How many bytes a note takes, before encryption: the EVENT frame in JSON (version 1, the seed's) and
 * in CBOR (version 2), the line about it in a HAVE, and the GET that asks for it.
 */
import { hexToBytes, randomBytes } from '@noble/hashes/utils.js';
import { finalizeEvent } from 'nostr-tools/pure';
import { encodeFrame } from '../../src/lib/peer/codec/btp-nips.ts';
import { encodeEvent } from '../../src/lib/peer/codec/event-v2.ts';
import type { Frame } from '../../src/lib/peer/codec/frames.ts';
import type { NostrEvent } from '../../src/lib/peer/codec/nostr-event.ts';

export interface FrameBytes {
	readonly characters: number;
	readonly eventV1: number;
	readonly eventV2: number;
	/** What one more entry adds to a HAVE. */
	readonly haveEntry: number;
	/** A GET for one event. */
	readonly get: number;
}

const HEADER_BYTES = 4;
const SECRET = hexToBytes('01'.repeat(32));
const PRICE = 200_000n;
const REQUEST_ID = 1_000;

/** Always the same: sizes of CBOR numbers depend on their values. */
export const noteOf = (characters: number, createdAt = 1_800_000_000): NostrEvent => {
	const text = 'Paid notes are small, and what carries them should be smaller. ';
	const content = text.repeat(Math.ceil(characters / text.length)).slice(0, characters);
	const { id, pubkey, created_at, kind, tags, sig } = finalizeEvent(
		{ kind: 1, created_at: createdAt, tags: [], content },
		SECRET
	);
	return { id, pubkey, created_at, kind, tags, content, sig };
};

/** Version 1: the same four bytes in front, then `{payment, nostr, metadata}` as JSON without spaces. */
export const eventFrameV1 = (event: NostrEvent): Uint8Array => {
	const payload = new TextEncoder().encode(
		JSON.stringify({
			payment: { amount: `${PRICE}`, currency: 'USD', purpose: 'event' },
			nostr: event,
			metadata: { timestamp: event.created_at, sender: event.pubkey }
		})
	);
	const frame = new Uint8Array(HEADER_BYTES + payload.length);
	frame.set([0x01, 0x01, payload.length >> 8, payload.length & 0xff]);
	frame.set(payload, HEADER_BYTES);
	return frame;
};

export const frameBytes = (characters: number): FrameBytes => {
	const event = noteOf(characters);
	const encoded = encodeEvent(event);
	if (!encoded.ok) throw new Error(encoded.error.reason);
	const have = (count: number): Frame => ({
		type: 'HAVE',
		requestId: REQUEST_ID,
		before: new Uint8Array(8),
		after: new Uint8Array(8),
		entries: Array.from({ length: count }, () => ({
			id: event.id,
			author: event.pubkey,
			kind: event.kind,
			createdAt: event.created_at,
			size: encoded.value.length,
			price: PRICE,
			parts: 1
		}))
	});
	return {
		characters,
		eventV1: eventFrameV1(event).length,
		eventV2: bytesOf({ type: 'EVENT', requestId: REQUEST_ID, event }),
		haveEntry: bytesOf(have(2)) - bytesOf(have(1)),
		get: bytesOf({ type: 'GET', requestId: REQUEST_ID, ids: [event.id], receipt: randomBytes(16) })
	};
};

const bytesOf = (frame: Frame): number => encodeFrame(frame).length;
