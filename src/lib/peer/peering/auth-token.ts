/**
 * Who is at the other end of a link (PROTOCOL section 6).
 *
 * The dialler's first BTP message and the listener's answer to it carry, as protocol data beside an
 * empty `auth`:
 *
 * | protocol | content |
 * |---|---|
 * | `auth_token` | text, base64 of the JSON of a NIP-98 event (kind 27235) signed by the **device** key: `u` the endpoint, `method` `BTP`, created within 60 s of now |
 * | `delegation` | bytes: the owner's delegation of scope `link` to that device (delegation.ts), as v2 event bytes |
 * | `time` | text, only in answers, errors too: the listener's Unix milliseconds in decimal |
 *
 * `u` of the dialler is the URL as dialled, compared exactly with the one the listener knows itself
 * by, so that a token given to one node opens nothing at another. `u` of the answer is
 * `btp-answer:<hex SHA-256 of the dialler's auth_token>`: it proves that the answer was made for this very
 * connection, so nobody else can stand in for the listener with an older one.
 *
 * A token is worth one connection: its id is remembered, on disk, for as long as it is fresh. A dialler whose
 * clock is wrong is refused as stale, learns the difference from `time`, keeps it as an offset, and
 * tries again.
 */
import { base64Decode, base64Encode, bytesToHex, utf8, utf8Decode } from '../bytes.ts';
import { decodeEvent, encodeEvent } from '../codec/event-v2.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import { KINDS, parseDecimal, tagValue } from '../events/kinds.ts';
import { signEvent, verifyEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import type { Crypto, Random } from '../platform.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { err, ok, unwrap, type Result } from '../result.ts';
import { checkDelegation, type Delegation, type InvalidDelegation } from './delegation.ts';

export interface AuthToken {
	/** Text of `auth_token`. */
	readonly authToken: string;
	/** Bytes of `delegation`. */
	readonly delegation: Uint8Array;
}

export interface Authenticated {
	/** Nostr key of the person, 64 hex. */
	readonly owner: string;
	/** The key this link's account is kept under, 64 hex. */
	readonly device: string;
	readonly delegation: Delegation;
}

export type AuthError =
	| { readonly type: 'AuthMalformed'; readonly reason: string }
	/** Made for another endpoint; `endpoint` is what it says. */
	| { readonly type: 'AuthWrongEndpoint'; readonly endpoint: string }
	/** Too old or from the future; the answer's `time` tells the dialler by how much. */
	| { readonly type: 'AuthStale'; readonly differenceMs: number }
	| { readonly type: 'AuthReplayed' }
	/** More fresh tokens than are remembered: refused, because a replay could not be told. */
	| { readonly type: 'AuthBusy' }
	| { readonly type: 'AuthNotSigned' }
	/** The delegation is for another device than signed the token. */
	| { readonly type: 'AuthWrongDevice' }
	| InvalidDelegation;

/** Base64: an auth event has three short tags and no content. */
const MAX_TOKEN_CHARACTERS = 4_096;
/** A delegation has a handful of tags. */
const MAX_DELEGATION_BYTES = 16_384;

/** `now` in Unix ms, corrected by the offset learned from `time`. */
export const createAuthToken = async (
	crypto: Crypto,
	random: Random,
	input: {
		readonly deviceSecret: Uint8Array;
		/** Exactly as dialled. */
		readonly endpoint: string;
		readonly delegation: NostrEvent;
		readonly now: number;
	}
): Promise<AuthToken> => {
	const event = await signEvent(crypto, random, input.deviceSecret, {
		created_at: Math.floor(input.now / 1000),
		kind: KINDS.httpAuth,
		content: '',
		tags: [
			['u', input.endpoint],
			['method', 'BTP'],
			// Two connections within one second still have two ids.
			['nonce', bytesToHex(random.bytes(16))]
		]
	});
	return {
		authToken: base64Encode(utf8(JSON.stringify(event))),
		delegation: unwrap(encodeEvent(input.delegation))
	};
};

/** Ids of tokens that could still be fresh. */
export interface ReplayCache {
	/** Remembers `id` until `until` (Unix ms). `false` when it is here already, `undefined` when full. */
	add(id: string, until: number, now: number): boolean | undefined;
	readonly size: number;
}

/** Where a replay cache survives a restart; each write is on disk when it returns. */
export interface SeenTokens {
	all(): readonly { readonly id: string; readonly until: number }[];
	add(id: string, until: number): void;
	/** Forgets what could not be fresh any more at `now`. */
	sweep(now: number): void;
}

/** `capacity` in tokens; each takes some 100 bytes for at most two minutes. Without `stored` a restart forgets them. */
export const createReplayCache = (capacity = 65_536, stored?: SeenTokens): ReplayCache => {
	const untilById = new Map<string, number>(stored?.all().map(({ id, until }) => [id, until]));
	let sweptAt = 0;
	return {
		add: (id, until, now) => {
			const known = untilById.get(id);
			if (known !== undefined && known > now) return false;
			if (untilById.size >= capacity || now - sweptAt > LIMITS.authFreshMs) {
				sweptAt = now;
				for (const [old, end] of untilById) if (end <= now) untilById.delete(old);
				stored?.sweep(now);
			}
			if (untilById.size >= capacity) return undefined;
			untilById.set(id, until);
			stored?.add(id, until);
			return true;
		},
		get size() {
			return untilById.size;
		}
	};
};

/** In the table `auth_seen`. */
export const createSeenTokens = (sql: SqlDriver): SeenTokens => ({
	all: () =>
		sql
			.all('SELECT id, until FROM auth_seen')
			.map((row) => ({ id: row['id'] as string, until: Number(row['until']) })),
	add: (id, until) => {
		sql.transaction(() => sql.run('INSERT OR REPLACE INTO auth_seen (id, until) VALUES (?, ?)', [id, until]));
	},
	sweep: (now) => {
		sql.transaction(() => sql.run('DELETE FROM auth_seen WHERE until <= ?', [now]));
	}
});

const readToken = (token: string): unknown => {
	const bytes = token.length <= MAX_TOKEN_CHARACTERS ? base64Decode(token) : undefined;
	const json = bytes && utf8Decode(bytes);
	if (json === undefined) return undefined;
	try {
		return JSON.parse(json) as unknown;
	} catch {
		return undefined;
	}
};

/** Cheapest checks first; nothing is remembered of a token that is not valid in every way. */
export const checkAuthToken = async (
	crypto: Crypto,
	token: AuthToken,
	context: {
		/** What `u` must say. */
		readonly endpoint: string;
		/** Unix ms. */
		readonly now: number;
		readonly seen: ReplayCache;
	}
): Promise<Result<Authenticated, AuthError>> => {
	const malformed = (reason: string) => err({ type: 'AuthMalformed' as const, reason });
	if (token.delegation.length > MAX_DELEGATION_BYTES) return malformed('delegation: too large');
	const granted = decodeEvent(token.delegation);
	if (!granted.ok) return malformed(`delegation: ${granted.error.reason}`);
	const verified = await verifyEvent(crypto, readToken(token.authToken));
	if (!verified.ok)
		return verified.error.type === 'MalformedEvent'
			? malformed(verified.error.reason)
			: err({ type: 'AuthNotSigned' });
	const event = verified.value;
	if (event.kind !== KINDS.httpAuth) return malformed('kind');
	if (tagValue(event, 'method') !== 'BTP') return malformed('method');
	const endpoint = tagValue(event, 'u') ?? '';
	if (endpoint !== context.endpoint) return err({ type: 'AuthWrongEndpoint', endpoint });
	const differenceMs = event.created_at * 1000 - context.now;
	if (Math.abs(differenceMs) > LIMITS.authFreshMs) return err({ type: 'AuthStale', differenceMs });
	const delegation = await checkDelegation(crypto, granted.value, { now: context.now, scope: 'link' });
	if (!delegation.ok) return delegation;
	if (delegation.value.device !== event.pubkey) return err({ type: 'AuthWrongDevice' });
	const isNew = context.seen.add(event.id, event.created_at * 1000 + LIMITS.authFreshMs + 1, context.now);
	if (isNew === undefined) return err({ type: 'AuthBusy' });
	if (!isNew) return err({ type: 'AuthReplayed' });
	return ok({ owner: delegation.value.owner, device: event.pubkey, delegation: delegation.value });
};

/** What `u` of a listener's answer says: made for this one token. */
export const answerEndpoint = async (crypto: Crypto, authToken: string): Promise<string> =>
	`btp-answer:${bytesToHex(await crypto.sha256(utf8(authToken)))}`;

/** The content of `time`, from Unix ms. */
export const encodeTime = (now: number): Uint8Array => utf8(`${Math.floor(now)}`);

/** Unix ms; `undefined` for anything but a decimal number. */
export const decodeTime = (data: Uint8Array): number | undefined =>
	data.length <= 16 ? parseDecimal(utf8Decode(data)) : undefined;
