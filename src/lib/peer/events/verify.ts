/**
 * The door for events: what comes from outside is unknown, what goes in is a {@link VerifiedEvent}.
 *
 * NIP-01: the id is the SHA-256 of `[0, pubkey, created_at, kind, tags, content]` as JSON without
 * white space, the signature is BIP-340 over the id. Shape and limits are checked first, because
 * they are cheap and a signature check is not; then the id, then the signature.
 *
 * On JSON: the standard escapes seven characters and leaves the rest verbatim; `JSON.stringify`
 * additionally escapes other control characters, and so does every client written in JavaScript.
 * Lone surrogates, which no UTF-8 can carry, are refused (codec/event-v2.ts).
 */
import { bytesToHex, fromHex, utf8 } from '../bytes.ts';
import { encodeEvent, isSafeUint, malformedEvent, type MalformedEvent } from '../codec/event-v2.ts';
import type { EventTemplate, NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import { LIMITS } from '../limits.ts';
import type { Crypto, Random, SchnorrCheck } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';

/** The id is not the hash of the content: something was altered, or the id belongs to another event. */
export interface WrongId {
	readonly type: 'WrongId';
}

/** The author did not sign this. */
export interface WrongSignature {
	readonly type: 'WrongSignature';
}

export type EventError = MalformedEvent | WrongId | WrongSignature;

/** The bytes that are hashed, as text. */
export const serializeEvent = (event: EventTemplate & Pick<NostrEvent, 'pubkey'>): string =>
	JSON.stringify([0, event.pubkey, event.created_at, event.kind, event.tags, event.content]);

/** Lower-case hex. Throws for a lone surrogate (checkTemplate and parseEvent refuse it first). */
export const eventId = async (
	crypto: Crypto,
	event: EventTemplate & Pick<NostrEvent, 'pubkey'>
): Promise<string> => bytesToHex(await crypto.sha256(utf8(serializeEvent(event))));

/**
 * Any value, such as one line of JSON, as an event of the right shape and size: exactly the seven
 * fields, copied. Id and signature are only known to be hex.
 */
export const parseEvent = (value: unknown): Result<NostrEvent, MalformedEvent> => {
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return malformedEvent('not an object');
	const { id, pubkey, created_at, kind, tags, content, sig } = value as Record<string, unknown>;
	if (typeof id !== 'string') return malformedEvent('id is not text');
	if (typeof pubkey !== 'string') return malformedEvent('pubkey is not text');
	if (typeof sig !== 'string') return malformedEvent('sig is not text');
	if (!isSafeUint(created_at)) return malformedEvent('created_at is not a whole number of seconds');
	if (!isSafeUint(kind)) return malformedEvent('kind is not within 0..65535');
	if (typeof content !== 'string') return malformedEvent('content is not text');
	if (!Array.isArray(tags)) return malformedEvent('tags is not an array');
	if (tags.length > LIMITS.eventTags) return malformedEvent(`more than ${LIMITS.eventTags} tags`);
	const copied: string[][] = [];
	for (const tag of tags as unknown[]) {
		if (!Array.isArray(tag)) return malformedEvent('a tag is not an array');
		const strings: string[] = [];
		for (const item of tag as unknown[]) {
			if (typeof item !== 'string') return malformedEvent('a tag holds something that is not text');
			strings.push(item);
		}
		copied.push(strings);
	}
	const event: NostrEvent = { id, pubkey, created_at, kind, tags: copied, content, sig };
	const encoded = encodeEvent(event);
	return encoded.ok ? ok(event) : encoded;
};

/**
 * Many at once, each answer in the place of its value: the same answers as {@link verifyEvent}, but the
 * signatures go to the crypto port together, which may check them on another thread. Never throws for plain
 * data.
 */
export const verifyEvents = async (
	crypto: Crypto,
	values: readonly unknown[]
): Promise<readonly Result<VerifiedEvent, EventError>[]> => {
	const parsed = values.map(parseEvent);
	const ids = await Promise.all(parsed.map(async (one) => (one.ok ? eventId(crypto, one.value) : undefined)));
	const hashed = parsed.map((one, i): Result<NostrEvent, MalformedEvent | WrongId> => {
		if (!one.ok || ids[i] === one.value.id) return one;
		return err({ type: 'WrongId' });
	});
	const checks = hashed.flatMap((one) => (one.ok ? [checkOf(one.value)] : []));
	const signed = await crypto.schnorrVerifyMany(checks);
	let at = 0;
	return hashed.map((one) => {
		if (!one.ok) return one;
		return signed[at++] === true ? ok(one.value as VerifiedEvent) : err({ type: 'WrongSignature' });
	});
};

const checkOf = ({ pubkey, id, sig }: NostrEvent): SchnorrCheck => ({
	publicKey32: fromHex(pubkey),
	message32: fromHex(id),
	signature64: fromHex(sig)
});

/**
 * Everything: shape, limits, id, signature. Never throws, whatever `value` is as long as it is plain
 * data (JSON, CBOR, a structured clone).
 */
export const verifyEvent = async (
	crypto: Crypto,
	value: unknown
): Promise<Result<VerifiedEvent, EventError>> => {
	const parsed = parseEvent(value);
	if (!parsed.ok) return parsed;
	const event = parsed.value;
	if ((await eventId(crypto, event)) !== event.id) return err({ type: 'WrongId' });
	const signed = await crypto.schnorrVerify(fromHex(event.pubkey), fromHex(event.id), fromHex(event.sig));
	return signed ? ok(event as VerifiedEvent) : err({ type: 'WrongSignature' });
};

/** For what a person typed or pasted: whether it can become an event at all. */
export const checkTemplate = (template: EventTemplate): Result<EventTemplate, MalformedEvent> => {
	const parsed = parseEvent({
		...template,
		id: '00'.repeat(32),
		pubkey: '00'.repeat(32),
		sig: '00'.repeat(64)
	});
	return parsed.ok ? ok(template) : parsed;
};

/** Signs with a Nostr or device secret (32 bytes). Throws for a template that checkTemplate refuses. */
export const signEvent = async (
	crypto: Crypto,
	random: Random,
	secret: Uint8Array,
	template: EventTemplate
): Promise<VerifiedEvent> => {
	const { created_at, kind, content } = template;
	const checked = checkTemplate(template);
	if (!checked.ok) throw new Error(`cannot be signed: ${checked.error.reason}`);
	const tags = template.tags.map((tag) => [...tag]);
	const pubkey = bytesToHex(await crypto.schnorrPublicKey(secret));
	const id = await eventId(crypto, { pubkey, created_at, kind, tags, content });
	const sig = bytesToHex(await crypto.schnorrSign(secret, fromHex(id), random.bytes(32)));
	return { id, pubkey, created_at, kind, tags, content, sig } as unknown as VerifiedEvent;
};
