/**
 * # Selling events
 *
 * | asked | answered | money |
 * |---|---|---|
 * | REQ | HAVE and EOSE, later HAVE pushes; CLOSED when it cannot be served | none |
 * | GET | every event asked for, or a refusal with fresh prices | the sum of their prices |
 * | EVENT | OK | what `mayStore` asks |
 * | COUNT | COUNT | none |
 * | CLOSE | nothing | none |
 *
 * The price is compared with what ILP delivered, never with a number in a payload. An answer to GET
 * is all or nothing. What was sold is written in the transaction that takes the money, so an answer
 * that was lost on the way can be asked for again by its receipt.
 *
 * A packet holds at most one GET or EVENT: its money belongs to one question. What all questions of a packet have
 * looked at in the store is bounded, because asking costs next to nothing: beyond {@link LIMITS.lookedAtPerPacket}
 * EOSE says that there is more, and a question that comes behind it is refused.
 */
import type { UnknownFrame } from '../codec/btp-nips.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import {
	CLOSED_CODES,
	NOTICE_CODES,
	type CountFrame,
	type EventFrame,
	type Frame,
	type GetFrame,
	type HaveEntry,
	type HaveFrame,
	type NoticeFrame,
	type OkFrame,
	type ReqFrame
} from '../codec/frames.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import { matchesFilter } from '../events/filter.ts';
import type { EventStore, PutOutcome, StoredEvent } from '../events/store.ts';
import { verifyEvent, type EventError } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import { minOf } from '../money.ts';
import type { Clock, Crypto, Log } from '../platform.ts';
import type { Result } from '../result.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { ANSWER_BYTES } from '../stream/session-packets.ts';
import type {
	Answer,
	NodeSession,
	PreparedAnswer,
	RequestHandler,
	SessionRequest
} from '../stream/session.ts';
import { cursorOf, seqOf } from './cursor.ts';
import { EVENT_FRAME_OVERHEAD, partBytes, partPrice, partsOf } from './parts.ts';
import { createSamples } from './samples.ts';

export interface SellerDependencies {
	readonly clock: Clock;
	readonly crypto: Crypto;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly log: Log;
	readonly store: EventStore;
	/** What of the store others may see at all: a guest sells its own, a hub also gives announcements. */
	readonly mayServe: (event: VerifiedEvent) => boolean;
	/** Whose events are for sale here, hex. */
	readonly author: () => string;
	/** Link units for the whole event; 0 is free. The first of a dear author cost less (samples.ts). */
	readonly priceOf: (event: VerifiedEvent) => bigint;
	/** Whether a stranger's event is taken in, and what for. `text` has a NIP-01 prefix. */
	readonly mayStore: (event: VerifiedEvent, from: StoreRequest) => StorePolicy;
	/** A stranger's event is in the store, on disk. */
	readonly onStored?: (event: VerifiedEvent) => void;
	/** Sold, on disk. */
	readonly onSold?: (eventIds: readonly string[], amount: bigint) => void;
}

export interface StoreRequest {
	/** Device key of the neighbour it came by, hex. */
	readonly link: string;
	readonly arrived: bigint;
}

export type StorePolicy =
	{ readonly accept: true; readonly price: bigint } | { readonly accept: false; readonly text: string };

export interface Earned {
	readonly readers: number;
	readonly total: bigint;
}

export interface Seller extends RequestHandler {
	/** Tells live readers what is new in the store; after anything was put there. */
	announce(): void;
	/** This link is up: readers beyond it that did not answer are told again. */
	wake(link: string): void;
	earningsOf(eventId: string): Earned;
	/** The most that the next note can cost, while it is one of the first; undefined beyond them. */
	nextAtMost(): bigint | undefined;
	/** Newest sale first. */
	earnings(limit: number): readonly (Earned & { readonly eventId: string; readonly at: number })[];
	/** Live ones. */
	subscriptions(): number;
	/** Drops prices and receipts that ran out; about once an hour. */
	sweep(): Promise<void>;
}

/** Live subscriptions of one session; a reader needs one. */
const SUBSCRIPTIONS_PER_SESSION = 16;
/** Ids in one GET: more would hardly fit an answer, and a refusal repeats them. */
const IDS_PER_GET = 128;
/** A COUNT looks at no more than this many events, all its filters together. */
const COUNT_LIMIT = 4_096;
const ASK_FOR_LESS = 'ask for less in one packet';
/** Of looking at an event: it is as much work as so many bytes of another. */
const LOOK_BYTES = 1_024;
/** Of a filter that finds nothing: it is as much work as looking at so many events. */
const LOOKS_PER_FILTER = 64;
/** Readers who are told of something new in one turn. */
const TOLD_PER_TURN = 64;
/** A price is noted for this much longer than promised, so that a busy node need not note it each time. */
const OFFER_SLACK_MS = 5_000;

interface Subscription {
	readonly key: string;
	readonly session: NodeSession;
	readonly request: ReqFrame;
	/** Arrival number up to which the reader was told. */
	seq: number;
	/** Up to where there was nothing more for it. */
	scanned: number;
	/** Entries pushed since it last got something. */
	unread: number;
	unanswered: number;
	asleep: boolean;
	pushing: boolean;
}

/** What the questions of a packet may still look at. */
interface Looks {
	left: number;
}

const allLooks = (): Looks => ({ left: LIMITS.lookedAtPerPacket });

/** One page of the store, read by so many filters: each may have found all of it. */
const look = (looks: Looks, page: readonly StoredEvent[], filters: number): void => {
	const found = page.reduce((sum, { size }) => sum + 1 + size / LOOK_BYTES, 0);
	looks.left -= filters * (LOOKS_PER_FILTER + found);
};

const notice = (
	requestId: number,
	code: string,
	text: string,
	rest: Partial<Pick<NoticeFrame, 'ids' | 'amount'>> = {}
): NoticeFrame => ({ type: 'NOTICE', requestId, code, text, ...rest });

export const createSeller = (dependencies: SellerDependencies): Seller => {
	const { clock, crypto, sql, commits, log, store, mayServe, mayStore } = dependencies;
	const samples = createSamples(store, dependencies.author, dependencies.priceOf, () => clock.now());
	const { priceOf } = samples;
	const subscriptions = new Map<string, Subscription>();
	/** The same of each session, by its id: there may be very many sessions. */
	const bySession = new Map<string, Set<Subscription>>();
	/** Readers are being told, and there is something newer for those who were told already. */
	let announcing = false;
	let again = false;
	/** Of each event the price it was last noted at, and until when. */
	const noted = new Map<string, { readonly price: bigint; readonly until: number }>();

	/* ------------------------------------------------------------------ prices */

	/** Notes that this price was told; runs in a transaction. */
	const offerPrice = (event: VerifiedEvent, now: number): bigint => {
		const price = priceOf(event);
		const before = noted.get(event.id);
		if (before?.price === price && before.until >= now + LIMITS.priceHonouredMs) return price;
		const until = now + LIMITS.priceHonouredMs + OFFER_SLACK_MS;
		sql.run(
			`INSERT INTO offer (event_id, price, honoured_until) VALUES (?, ?, ?)
			ON CONFLICT (event_id, price) DO UPDATE SET honoured_until = excluded.honoured_until`,
			[event.id, price, until]
		);
		noted.set(event.id, { price, until });
		return price;
	};

	/** The lowest price anybody was told and may still count on. */
	const honouredPrice = (event: VerifiedEvent, now: number): bigint => {
		const row = sql.all('SELECT min(price) AS price FROM offer WHERE event_id = ? AND honoured_until >= ?', [
			event.id,
			now
		])[0];
		const told = row?.price;
		return told === null || told === undefined
			? priceOf(event)
			: minOf(BigInt(told as number), priceOf(event));
	};

	const haveEntry = ({ event, size }: StoredEvent, now: number): HaveEntry => {
		const price = offerPrice(event, now);
		return {
			id: event.id,
			author: event.pubkey,
			kind: event.kind,
			createdAt: event.created_at,
			size,
			price,
			parts: partsOf(size, price)
		};
	};

	/* ------------------------------------------------------------------ what there is */

	interface Found {
		readonly entries: readonly HaveEntry[];
		/** Everything up to here was looked at. */
		readonly seq: number;
		readonly more: boolean;
	}

	const isOffered = (request: ReqFrame, event: VerifiedEvent): boolean =>
		mayServe(event) && (request.maxPrice === undefined || priceOf(event) <= request.maxPrice);

	/** In order of arrival; runs in a transaction. At least one page is looked at, so that each answer leads on. */
	const findAfter = (request: ReqFrame, start: number, limit: number, looks: Looks): Found => {
		const now = clock.now();
		const entries: HaveEntry[] = [];
		let seq = start;
		for (;;) {
			const page = store.after(seq, request.filters, { now, limit: LIMITS.haveEntries });
			look(looks, page, request.filters.length);
			for (const stored of page) {
				if (entries.length === limit) return { entries, seq, more: true };
				seq = stored.seq;
				if (isOffered(request, stored.event)) entries.push(haveEntry(stored, now));
			}
			if (page.length < LIMITS.haveEntries)
				return { entries, seq: Math.max(seq, store.lastSeq()), more: false };
			if (looks.left <= 0) return { entries, seq, more: true };
		}
	};

	/** The newest, for a reader without a cursor who asked with a limit; runs in a transaction. */
	const findNewest = (request: ReqFrame, looks: Looks): Found => {
		const now = clock.now();
		const found = store.query(request.filters, { now, limit: LIMITS.haveEntries });
		look(looks, found, request.filters.length);
		// A stranger must see what he can afford to try, however many newer ones there are.
		const tried = samples
			.all()
			.filter(
				({ event }) =>
					!found.some((one) => one.event.id === event.id) &&
					request.filters.some((filter) => matchesFilter(event, filter))
			);
		const newest = found.slice(0, LIMITS.haveEntries - tried.length);
		const offered = [...newest, ...tried].filter(({ event }) => isOffered(request, event));
		return { entries: offered.map((stored) => haveEntry(stored, now)), seq: store.lastSeq(), more: false };
	};

	/* ------------------------------------------------------------------ REQ, CLOSE, COUNT */

	const keyOf = (session: NodeSession, requestId: number): string => `${session.id}/${requestId}`;

	const subscriptionsOf = (session: NodeSession): readonly Subscription[] => [
		...(bySession.get(session.id) ?? [])
	];

	const subscribe = (subscription: Subscription): void => {
		subscriptions.set(subscription.key, subscription);
		const { id } = subscription.session;
		bySession.set(id, (bySession.get(id) ?? new Set()).add(subscription));
	};

	const unsubscribe = (key: string): void => {
		const subscription = subscriptions.get(key);
		if (!subscription) return;
		subscriptions.delete(key);
		const others = bySession.get(subscription.session.id);
		others?.delete(subscription);
		if (others?.size === 0) bySession.delete(subscription.session.id);
	};

	const answerReq = (session: NodeSession, request: ReqFrame, looks: Looks): Answer => {
		const { requestId, cursor } = request;
		const key = keyOf(session, requestId);
		const told = cursor && cursor.length > 0 ? seqOf(cursor) : 0;
		const closed = (code: string, text: string): Answer => ({
			accept: false,
			frames: [{ type: 'CLOSED', requestId, code, text }]
		});
		if (told === undefined) return closed(CLOSED_CODES.invalid, 'unknown cursor');
		if (looks.left <= 0) return closed(CLOSED_CODES.restricted, ASK_FOR_LESS);
		const isNew = !subscriptions.has(key);
		if (request.live && isNew && subscriptionsOf(session).length >= SUBSCRIPTIONS_PER_SESSION)
			return closed(CLOSED_CODES.restricted, 'too many subscriptions');
		// A cursor beyond the end is of an earlier store: begin again, the reader knows what it has.
		const start = told > store.lastSeq() ? 0 : told;
		const newest = told === 0 && request.filters.some(({ limit }) => limit !== undefined);
		const found = newest ? findNewest(request, looks) : findAfter(request, start, LIMITS.haveEntries, looks);
		unsubscribe(key);
		if (request.live && !found.more)
			subscribe({
				key,
				session,
				request,
				seq: found.seq,
				scanned: found.seq,
				unread: 0,
				unanswered: 0,
				asleep: false,
				pushing: false
			});
		const after = cursorOf(found.seq);
		const have: HaveFrame = {
			type: 'HAVE',
			requestId,
			before: cursor ?? new Uint8Array(),
			after,
			entries: found.entries
		};
		return {
			accept: true,
			frames: [
				...(found.entries.length > 0 ? [have] : []),
				{ type: 'EOSE', requestId, cursor: after, more: found.more }
			]
		};
	};

	const answerCount = ({ requestId, filters = [] }: CountFrame, looks: Looks): Answer => {
		if (looks.left <= 0)
			return { accept: false, frames: [notice(requestId, NOTICE_CODES.tooLarge, ASK_FOR_LESS)] };
		const limit = Math.floor(COUNT_LIMIT / Math.max(1, filters.length));
		const found = store.query(filters, { now: clock.now(), limit });
		look(looks, found, filters.length);
		const count = found.filter(({ event }) => mayServe(event)).length;
		return { accept: true, frames: [{ type: 'COUNT', requestId, count }] };
	};

	/* ------------------------------------------------------------------ GET */

	const partText = (get: GetFrame): string => (get.part ? `${get.part.index}/${get.part.count}` : '');

	const eventFrames = (get: GetFrame, found: readonly StoredEvent[]): readonly EventFrame[] => {
		const { requestId, part } = get;
		if (!part) return found.map(({ event }) => ({ type: 'EVENT', requestId, event }));
		return found.flatMap(({ event }) => {
			const encoded = encodeEvent(event);
			if (!encoded.ok) return [];
			return [{ type: 'EVENT', requestId, part, bytes: partBytes(encoded.value, part.index, part.count) }];
		});
	};

	const answerBytes = (get: GetFrame, found: readonly StoredEvent[]): number => {
		const share = get.part?.count ?? 1;
		return found.reduce((sum, { size }) => sum + Math.ceil(size / share) + EVENT_FRAME_OVERHEAD, 0);
	};

	const freshHave = (get: GetFrame, found: readonly StoredEvent[], now: number): readonly HaveFrame[] => {
		const entries = found.slice(0, LIMITS.haveEntries).map((stored) => haveEntry(stored, now));
		const nowhere = new Uint8Array();
		if (entries.length === 0) return [];
		return [{ type: 'HAVE', requestId: get.requestId, before: nowhere, after: nowhere, entries }];
	};

	const answerGet = (request: SessionRequest, get: GetFrame): Answer => {
		const { session, arrived } = request;
		const { requestId, ids, receipt } = get;
		const now = clock.now();
		const idsText = ids.join();

		const paid = sql.all('SELECT ids, part FROM sale_receipt WHERE receipt = ?', [receipt])[0];
		const found = [...new Set(ids)].flatMap((id) => {
			const stored = store.get(id, now);
			return stored && (paid || mayServe(stored.event)) ? [stored] : [];
		});
		const missing = ids.filter((id) => !found.some(({ event }) => event.id === id));
		const missed = (): NoticeFrame => notice(requestId, NOTICE_CODES.missing, 'not here', { ids: missing });

		if (paid) {
			if (paid.ids !== idsText || paid.part !== partText(get))
				return {
					accept: false,
					frames: [notice(requestId, NOTICE_CODES.restricted, 'that receipt is for something else')]
				};
			// Paid before: the same again for nothing, and money sent with the question goes back.
			return {
				accept: arrived === 0n,
				frames: [...eventFrames(get, found), ...(missing.length > 0 ? [missed()] : [])]
			};
		}
		const refuse = (...frames: readonly Frame[]): Answer => ({
			accept: false,
			frames: [...frames, ...freshHave(get, found, now)]
		});
		if (ids.length > IDS_PER_GET)
			return { accept: false, frames: [notice(requestId, NOTICE_CODES.tooLarge, 'ask for fewer')] };
		if (missing.length > 0) return refuse(missed());
		if (found.length !== ids.length) return refuse(notice(requestId, NOTICE_CODES.malformed, 'an id twice'));

		const prices = found.map(({ event }) => honouredPrice(event, now));
		if (get.part) {
			const { index, count } = get.part;
			const allowed = partsOf((found[0] as StoredEvent).size, prices[0] as bigint);
			if (ids.length !== 1 || index >= count || count !== allowed)
				return refuse(notice(requestId, NOTICE_CODES.malformed, `comes in ${allowed} parts`));
			prices[0] = partPrice(prices[0] as bigint, index, count);
		} else if (found.some(({ size }, i) => partsOf(size, prices[i] as bigint) > 1))
			return refuse(notice(requestId, NOTICE_CODES.tooLarge, 'comes in parts'));
		if (answerBytes(get, found) > ANSWER_BYTES)
			return refuse(notice(requestId, NOTICE_CODES.tooLarge, 'ask for fewer'));

		const price = prices.reduce((sum, each) => sum + each, 0n);
		if (arrived < price || request.short || (price === 0n && arrived > 0n)) {
			const code = arrived === 0n && price > 0n ? NOTICE_CODES.unpaid : NOTICE_CODES.price;
			return refuse(notice(requestId, code, `costs ${price}`, { ids, amount: arrived }));
		}
		if (arrived > 0n) {
			sql.run('INSERT INTO sale_receipt (receipt, ids, part, paid, at) VALUES (?, ?, ?, ?, ?)', [
				receipt,
				idsText,
				partText(get),
				arrived,
				now
			]);
			const reader = get.part && get.part.index > 0 ? 0 : 1;
			found.forEach(({ event, seq }, i) => {
				// What came beyond the sum (the way is paid for in whole units) goes to the first.
				const amount = (prices[i] as bigint) + (i === 0 ? arrived - price : 0n);
				sql.run(
					`INSERT INTO earning (seq, event_id, readers, total, at) VALUES (?, ?, ?, ?, ?)
					ON CONFLICT (seq) DO UPDATE SET readers = readers + excluded.readers,
						total = total + excluded.total, at = excluded.at`,
					[seq, event.id, reader, amount, now]
				);
			});
		}
		return {
			accept: true,
			frames: eventFrames(get, found),
			afterwards: () => {
				for (const subscription of subscriptionsOf(session)) {
					subscription.unread = 0;
					void pushTo(subscription);
				}
				if (arrived > 0n) dependencies.onSold?.(ids, arrived);
			}
		};
	};

	/* ------------------------------------------------------------------ EVENT: please store */

	const PUT_TEXTS: Readonly<
		Record<PutOutcome['result'], { readonly accepted: boolean; readonly text: string }>
	> = {
		stored: { accepted: true, text: '' },
		replaced: { accepted: true, text: '' },
		duplicate: { accepted: true, text: 'duplicate: already here' },
		superseded: { accepted: true, text: 'duplicate: a newer version is here' },
		deleted: { accepted: false, text: 'blocked: its author deleted it' },
		expired: { accepted: false, text: 'invalid: expired' },
		ephemeral: { accepted: false, text: 'mute: nobody listened' }
	};

	const answerEvent = (
		request: SessionRequest,
		frame: EventFrame,
		verified: Result<VerifiedEvent, EventError> | undefined
	): Answer => {
		const { requestId } = frame;
		const { arrived, session } = request;
		const eventId = frame.event?.id ?? '0'.repeat(64);
		const answer = (accepted: boolean, text: string): OkFrame => ({
			type: 'OK',
			requestId,
			eventId,
			accepted,
			text
		});
		if (!verified) return { accept: false, frames: [answer(false, 'invalid: no whole event')] };
		if (!verified.ok) return { accept: false, frames: [answer(false, `invalid: ${verified.error.type}`)] };
		const event = verified.value;
		const now = clock.now();
		// Free, and money sent along goes back.
		if (store.get(event.id, now))
			return { accept: arrived === 0n, frames: [answer(true, PUT_TEXTS.duplicate.text)] };
		const policy = mayStore(event, { link: session.link, arrived });
		if (!policy.accept) return { accept: false, frames: [answer(false, policy.text)] };
		if (arrived < policy.price || request.short)
			return {
				accept: false,
				frames: [
					answer(false, `restricted: storing costs ${policy.price}`),
					notice(requestId, NOTICE_CODES.price, `costs ${policy.price}`, { amount: arrived })
				]
			};
		const { result } = store.put(event, now);
		const { accepted, text } = PUT_TEXTS[result];
		const stored = result === 'stored' || result === 'replaced';
		if (!stored) return { accept: accepted && arrived === 0n, frames: [answer(accepted, text)] };
		return {
			accept: true,
			frames: [answer(true, text)],
			afterwards: () => {
				dependencies.onStored?.(event);
				announce();
			}
		};
	};

	/* ------------------------------------------------------------------ one packet */

	const prepare = async (request: SessionRequest): Promise<PreparedAnswer> => {
		const { frames, session, arrived } = request;
		const paidFor = frames.filter(
			(frame): frame is GetFrame | EventFrame => frame.type === 'GET' || frame.type === 'EVENT'
		);
		const [first] = paidFor;
		const verified =
			first?.type === 'EVENT' && first.event && paidFor.length === 1
				? await verifyEvent(crypto, first.event)
				: undefined;

		const answerOne = (frame: Frame | UnknownFrame, looks: Looks): Answer => {
			switch (frame.type) {
				case 'REQ':
					return answerReq(session, frame, looks);
				case 'CLOSE':
					unsubscribe(keyOf(session, frame.requestId));
					return { accept: true, frames: [] };
				case 'COUNT':
					return answerCount(frame, looks);
				case 'GET':
					return answerGet(request, frame);
				case 'EVENT':
					return answerEvent(request, frame, verified);
				default:
					return { accept: true, frames: [] };
			}
		};

		const decide = (): Answer => {
			if (frames.length > LIMITS.framesPerPacket)
				return {
					accept: false,
					frames: [{ type: 'NOTICE', code: NOTICE_CODES.tooLarge, text: ASK_FOR_LESS, amount: arrived }]
				};
			if (paidFor.length > 1)
				return {
					accept: false,
					frames: paidFor.map(({ requestId }) =>
						notice(requestId, NOTICE_CODES.malformed, 'more than one GET or EVENT in a packet')
					)
				};
			if (!first && arrived > 0n)
				return {
					accept: false,
					frames: [
						{ type: 'NOTICE', code: NOTICE_CODES.price, text: 'nothing here costs money', amount: arrived }
					]
				};
			const looks = allLooks();
			const answers = frames.map((frame) => ({ frame, answer: answerOne(frame, looks) }));
			const deciding = first ? answers.filter(({ frame }) => frame === first) : answers;
			const fitting: Frame[] = [];
			let bytes = first ? deciding.reduce((sum, { answer }) => sum + roughBytes(answer.frames), 0) : 0;
			for (const { frame, answer } of answers) {
				if (frame !== first) bytes += roughBytes(answer.frames);
				if (frame === first || bytes <= ANSWER_BYTES) fitting.push(...answer.frames);
			}
			return {
				accept: !request.short && deciding.every(({ answer }) => answer.accept),
				frames: fitting,
				afterwards: () => {
					for (const { answer } of answers) answer.afterwards?.();
				}
			};
		};
		if (arrived === 0n || !first) return { decide };
		const eventIds = first.type === 'GET' ? first.ids : first.event ? [first.event.id] : [];
		return {
			decide,
			booking: {
				kind: first.type === 'GET' ? 'sell' : 'publish',
				account: 'income/notes',
				memo: { eventIds, peer: session.link }
			}
		};
	};

	/* ------------------------------------------------------------------ pushes */

	const isLive = (subscription: Subscription): boolean =>
		subscriptions.get(subscription.key) === subscription;

	const pushTo = async (subscription: Subscription): Promise<void> => {
		if (subscription.pushing) return;
		subscription.pushing = true;
		try {
			while (isLive(subscription) && !subscription.asleep) {
				const room = LIMITS.haveUnread - subscription.unread;
				if (room <= 0 || store.lastSeq() <= subscription.scanned) return;
				const { request, session, seq, scanned } = subscription;
				const found = await commits.run(() =>
					findAfter(request, scanned, Math.min(room, LIMITS.haveEntries), allLooks())
				);
				if (found.entries.length === 0) {
					// Nothing for this reader: it keeps its cursor.
					subscription.scanned = found.seq;
					continue;
				}
				const { requestId } = request;
				const outcome = await session.push([
					{
						type: 'HAVE',
						requestId,
						before: cursorOf(seq),
						after: cursorOf(found.seq),
						entries: found.entries
					}
				]);
				if (outcome === 'answered') {
					subscription.seq = found.seq;
					subscription.scanned = found.seq;
					subscription.unread += found.entries.length;
					subscription.unanswered = 0;
					continue;
				}
				if (outcome === 'unanswered') subscription.unanswered++;
				if (subscription.unanswered >= LIMITS.pushesUnanswered) subscription.asleep = true;
				else if (outcome === 'unanswered')
					clock.after(
						LIMITS.pushAgainMs * 2 ** (subscription.unanswered - 1),
						() => void pushTo(subscription)
					);
				return;
			}
		} catch (error) {
			log('warn', 'a push failed', { error: String(error) });
		} finally {
			subscription.pushing = false;
		}
	};

	/** Some readers a turn: however many there are, others get theirs. Who comes meanwhile is told at the end. */
	const announce = (): void => {
		if (announcing) {
			again = true;
			return;
		}
		announcing = true;
		const readers = subscriptions.values();
		const tellSome = (): void => {
			for (let told = 0; told < TOLD_PER_TURN; told++) {
				const { done, value } = readers.next();
				if (done) {
					announcing = false;
					if (again) {
						again = false;
						announce();
					}
					return;
				}
				void pushTo(value);
			}
			clock.after(0, tellSome);
		};
		tellSome();
	};

	const earned = (row: { readonly readers?: unknown; readonly total?: unknown } | undefined): Earned => ({
		readers: (row?.readers as number | undefined) ?? 0,
		total: BigInt((row?.total as number | bigint | undefined) ?? 0)
	});

	return {
		prepare,
		announce,
		wake: (link) => {
			for (const subscription of subscriptions.values()) {
				if (subscription.session.link !== link) continue;
				subscription.asleep = false;
				subscription.unanswered = 0;
				void pushTo(subscription);
			}
		},
		dropped: (session) =>
			subscriptionsOf(session).map(({ key, request }) => {
				unsubscribe(key);
				return { type: 'CLOSED', requestId: request.requestId, code: CLOSED_CODES.idle, text: 'ask again' };
			}),
		earningsOf: (eventId) =>
			earned(
				sql.all(
					'SELECT readers, total FROM earning WHERE seq = (SELECT seq FROM event WHERE id = unhex(?))',
					[eventId]
				)[0]
			),
		earnings: (limit) =>
			sql
				.all('SELECT event_id, readers, total, at FROM earning ORDER BY at DESC, event_id LIMIT ?', [limit])
				.map((row) => ({ ...earned(row), eventId: row.event_id as string, at: row.at as number })),
		nextAtMost: samples.nextAtMost,
		subscriptions: () => subscriptions.size,
		sweep: async () => {
			const now = clock.now();
			for (const [id, { until }] of noted) if (until < now) noted.delete(id);
			await commits.run(() => {
				sql.run('DELETE FROM offer WHERE honoured_until < ?', [now]);
				// The oldest come first.
				sql.run(
					`DELETE FROM sale_receipt WHERE id < coalesce(
						(SELECT id FROM sale_receipt WHERE at >= ? ORDER BY id LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
					[now - LIMITS.receiptMs]
				);
			});
		}
	};
};

/** An upper bound of what frames take in an answer. */
const roughBytes = (frames: readonly Frame[]): number =>
	frames.reduce((sum, frame) => {
		if (frame.type === 'HAVE') return sum + 128 + frame.entries.length * 104;
		if (frame.type !== 'EVENT') return sum + 5_000;
		const bytes = frame.bytes?.length ?? (frame.event ? encodedLength(frame.event) : 0);
		return sum + bytes + EVENT_FRAME_OVERHEAD;
	}, 0);

const encodedLength = (event: VerifiedEvent | NonNullable<EventFrame['event']>): number => {
	const encoded = encodeEvent(event);
	return encoded.ok ? encoded.value.length : 0;
};
