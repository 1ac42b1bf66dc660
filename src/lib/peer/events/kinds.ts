/**
 * What a kind number means for keeping an event (NIP-01), and the two tags that end its life:
 * expiration (NIP-40) and deletion (NIP-09).
 *
 * | kinds | class | kept |
 * |---|---|---|
 * | 0, 3, 10000–19999 | replaceable | the newest per author and kind |
 * | 20000–29999 | ephemeral | never; passed on |
 * | 30000–39999 | addressable | the newest per author, kind and `d` tag |
 * | all others | regular | every one |
 *
 * "Newest" is the highest `created_at`, and of two at the same second the one with the lowest id.
 */
import type { NostrEvent } from '../codec/nostr-event.ts';

export const KINDS = {
	profile: 0,
	note: 1,
	follows: 3,
	deletion: 5,
	httpAuth: 27_235,
	announcement: 32_001,
	delegation: 32_002
} as const;

export type KindClass = 'regular' | 'replaceable' | 'ephemeral' | 'addressable';

export const kindClass = (kind: number): KindClass => {
	if (kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000)) return 'replaceable';
	if (kind >= 20_000 && kind < 30_000) return 'ephemeral';
	if (kind >= 30_000 && kind < 40_000) return 'addressable';
	return 'regular';
};

/** The first value of the first tag of this name, as NIP-01 indexes it. */
export const tagValue = (event: Pick<NostrEvent, 'tags'>, name: string): string | undefined =>
	event.tags.find((tag) => tag[0] === name)?.[1];

/** First values of all tags of this name. */
export const tagValues = (event: Pick<NostrEvent, 'tags'>, name: string): readonly string[] =>
	event.tags.flatMap((tag) => (tag[0] === name && tag[1] !== undefined ? [tag[1]] : []));

/** The `d` tag of an addressable event; a missing one is the empty string. */
export const identifierOf = (event: Pick<NostrEvent, 'tags'>): string => tagValue(event, 'd') ?? '';

/**
 * `kind:pubkey:d`, under which at most one version is kept; with a trailing colon for replaceable
 * kinds. `undefined` for regular and ephemeral ones.
 */
export const addressOf = (event: Pick<NostrEvent, 'kind' | 'pubkey' | 'tags'>): string | undefined => {
	switch (kindClass(event.kind)) {
		case 'replaceable':
			return `${event.kind}:${event.pubkey}:`;
		case 'addressable':
			return `${event.kind}:${event.pubkey}:${identifierOf(event)}`;
		case 'regular':
		case 'ephemeral':
			return undefined;
	}
};

/** Whether `a` takes the place of `b` at the same address. An event does not replace itself. */
export const replaces = (
	a: Pick<NostrEvent, 'created_at' | 'id'>,
	b: Pick<NostrEvent, 'created_at' | 'id'>
): boolean => (a.created_at === b.created_at ? a.id < b.id : a.created_at > b.created_at);

const DIGITS = /^(?:0|[1-9][0-9]{0,15})$/;

/** A whole number as tags carry it: decimal, no sign, no leading zero, at most 2^53 − 1. */
export const parseDecimal = (text: string | undefined): number | undefined => {
	if (text === undefined || !DIGITS.test(text)) return undefined;
	const value = Number(text);
	return Number.isSafeInteger(value) ? value : undefined;
};

/** NIP-40, Unix seconds. A value that is no number is no expiration. */
export const expirationOf = (event: Pick<NostrEvent, 'tags'>): number | undefined =>
	parseDecimal(tagValue(event, 'expiration'));

/** `nowMs` in Unix milliseconds; an event is gone from the very second it names. */
export const isExpired = (event: Pick<NostrEvent, 'tags'>, nowMs: number): boolean => {
	const expiration = expirationOf(event);
	return expiration !== undefined && expiration * 1000 <= nowMs;
};

const HEX64 = /^[0-9a-f]{64}$/;

export interface DeletionTargets {
	/** Ids named by `e` tags. Only the author's own count, and never another deletion: the store knows. */
	readonly ids: readonly string[];
	/** Addresses named by `a` tags that are the requester's own; versions up to `until` go. */
	readonly addresses: readonly string[];
	/** Unix seconds: the `created_at` of the request. */
	readonly until: number;
}

/** What a kind 5 asks to forget (NIP-09). Addresses of other authors are left out here already. */
export const deletionTargets = (
	event: Pick<NostrEvent, 'kind' | 'pubkey' | 'tags' | 'created_at'>
): DeletionTargets | undefined => {
	if (event.kind !== KINDS.deletion) return undefined;
	const isOwn = (address: string): boolean => {
		const [kind, pubkey] = address.split(':', 2);
		const number = parseDecimal(kind);
		if (pubkey !== event.pubkey || number === undefined) return false;
		const known = kindClass(number);
		return known === 'replaceable' || known === 'addressable';
	};
	return {
		ids: [...new Set(tagValues(event, 'e').filter((id) => HEX64.test(id)))],
		addresses: [...new Set(tagValues(event, 'a').filter(isOwn))],
		until: event.created_at
	};
};

/** Whether `request` (by this event's author) deletes `event`; requests themselves are kept for ever. */
export const isDeletedBy = (
	event: Pick<NostrEvent, 'id' | 'kind' | 'pubkey' | 'tags' | 'created_at'>,
	request: Pick<NostrEvent, 'kind' | 'pubkey' | 'tags' | 'created_at'>
): boolean => {
	const targets = deletionTargets(request);
	if (!targets || request.pubkey !== event.pubkey || event.kind === KINDS.deletion) return false;
	if (targets.ids.includes(event.id)) return true;
	const address = addressOf(event);
	return address !== undefined && event.created_at <= targets.until && targets.addresses.includes(address);
};
