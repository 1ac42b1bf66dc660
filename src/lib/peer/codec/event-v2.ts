/**
 * The compact form of a Nostr event (PROTOCOL section 3): a CBOR array in place of JSON.
 *
 * ```
 * [ id(32), pubkey(32), created_at, kind, tags, content, sig(64) ]
 * ```
 *
 * Ids and keys inside tags are most of a small event, so a tag string of an even number, 32 or more,
 * of lower-case hex digits travels as half as many bytes. Which strings do is fixed, not the
 * sender's choice: the other form is malformed, and so every event has one encoding, whose length is
 * the size that is priced and whose slices are the parts that are sold.
 *
 * Decoding gives back the NIP-01 event exactly. It does not check id or signature (events/verify.ts
 * does). What NIP-01 allows and this form cannot carry (a lone surrogate, a fractional time) is
 * refused everywhere in a node, so that whatever was stored can also be sent.
 */
import { bytesToHex, hexToBytesStrict, utf8Encode } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { decodeCbor, encodeCbor, isCborArray, type CborValue } from './cbor.ts';
import type { NostrEvent } from './nostr-event.ts';

export interface MalformedEvent {
	readonly type: 'MalformedEvent';
	/** For logs and import reports, such as `id is not 64 hex digits`. */
	readonly reason: string;
}

export const malformedEvent = (reason: string): Result<never, MalformedEvent> =>
	err({ type: 'MalformedEvent', reason });

/** 16 bytes and more: shorter hex (a colour, a number) is likelier text and would gain little. */
const PACKED_HEX = /^(?:[0-9a-f]{2}){16,}$/;

export const isSafeUint = (value: unknown): value is number =>
	typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A tag value, packed when it is hex; `undefined` for a lone surrogate. */
export const packTagString = (text: string): string | Uint8Array | undefined => {
	if (PACKED_HEX.test(text)) return hexToBytesStrict(text);
	return utf8Encode(text) ? text : undefined;
};

/** The inverse; `undefined` when the string is not in the form it must have. */
export const unpackTagString = (value: CborValue): string | undefined => {
	if (value instanceof Uint8Array) return value.length >= 16 ? bytesToHex(value) : undefined;
	return typeof value === 'string' && !PACKED_HEX.test(value) ? value : undefined;
};

/** The array above, for embedding in a frame. Checks every field and limit, but neither id nor signature. */
export const eventToCbor = (event: NostrEvent): Result<CborValue, MalformedEvent> => {
	const id = hexToBytesStrict(event.id);
	if (id?.length !== 32) return malformedEvent('id is not 64 lower-case hex digits');
	const pubkey = hexToBytesStrict(event.pubkey);
	if (pubkey?.length !== 32) return malformedEvent('pubkey is not 64 lower-case hex digits');
	const sig = hexToBytesStrict(event.sig);
	if (sig?.length !== 64) return malformedEvent('sig is not 128 lower-case hex digits');
	if (!isSafeUint(event.created_at)) return malformedEvent('created_at is not a whole number of seconds');
	if (!isSafeUint(event.kind) || event.kind > 0xffff) return malformedEvent('kind is not within 0..65535');
	if (event.tags.length > LIMITS.eventTags) return malformedEvent(`more than ${LIMITS.eventTags} tags`);
	// Before anything is packed: a cheap upper bound on work for absurd input.
	if (event.content.length > LIMITS.eventBytes) return malformedEvent('too large');
	if (!utf8Encode(event.content)) return malformedEvent('content holds a lone surrogate');
	const tags: CborValue[] = [];
	for (const tag of event.tags) {
		const packed: CborValue[] = [];
		for (const text of tag) {
			const value = packTagString(text);
			if (value === undefined) return malformedEvent('a tag holds a lone surrogate');
			packed.push(value);
		}
		tags.push(packed);
	}
	return ok([id, pubkey, event.created_at, event.kind, tags, event.content, sig]);
};

export const eventFromCbor = (value: CborValue): Result<NostrEvent, MalformedEvent> => {
	if (!isCborArray(value) || value.length !== 7) return malformedEvent('not an array of seven');
	const [id, pubkey, createdAt, kind, tags, content, sig] = value as [
		CborValue,
		CborValue,
		CborValue,
		CborValue,
		CborValue,
		CborValue,
		CborValue
	];
	if (!(id instanceof Uint8Array) || id.length !== 32) return malformedEvent('id is not 32 bytes');
	if (!(pubkey instanceof Uint8Array) || pubkey.length !== 32)
		return malformedEvent('pubkey is not 32 bytes');
	if (!isSafeUint(createdAt)) return malformedEvent('created_at is not a number of seconds');
	if (!isSafeUint(kind) || kind > 0xffff) return malformedEvent('kind is not within 0..65535');
	if (!isCborArray(tags)) return malformedEvent('tags is not an array');
	if (tags.length > LIMITS.eventTags) return malformedEvent(`more than ${LIMITS.eventTags} tags`);
	if (typeof content !== 'string') return malformedEvent('content is not text');
	if (!(sig instanceof Uint8Array) || sig.length !== 64) return malformedEvent('sig is not 64 bytes');
	const unpacked: string[][] = [];
	for (const tag of tags) {
		if (!isCborArray(tag)) return malformedEvent('a tag is not an array');
		const strings: string[] = [];
		for (const item of tag) {
			const text = unpackTagString(item);
			if (text === undefined) return malformedEvent('a tag string is not in its one form');
			strings.push(text);
		}
		unpacked.push(strings);
	}
	return ok({
		id: bytesToHex(id),
		pubkey: bytesToHex(pubkey),
		created_at: createdAt,
		kind,
		tags: unpacked,
		content,
		sig: bytesToHex(sig)
	});
};

/** `too large` beyond {@link LIMITS.eventBytes}; the length of the answer is the event's size everywhere. */
export const encodeEvent = (event: NostrEvent): Result<Uint8Array, MalformedEvent> => {
	const value = eventToCbor(event);
	if (!value.ok) return value;
	const bytes = encodeCbor(value.value);
	return bytes.length > LIMITS.eventBytes ? malformedEvent('too large') : ok(bytes);
};

export const decodeEvent = (bytes: Uint8Array): Result<NostrEvent, MalformedEvent> => {
	if (bytes.length > LIMITS.eventBytes) return malformedEvent('too large');
	const value = decodeCbor(bytes);
	return value.ok ? eventFromCbor(value.value) : malformedEvent(`CBOR: ${value.error.reason}`);
};
