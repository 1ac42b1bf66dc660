/**
 * # Selling events
 *
 * | asked | answered | money |
 * |---|---|---|
 * | REQ | HAVE and EOSE, later HAVE pushes; CLOSED when it cannot be served (subscribers.ts) | none |
 * | GET | every event asked for, or a refusal with fresh prices | the sum of their prices |
 * | EVENT | OK (storing.ts) | what `mayStore` asks |
 * | COUNT | COUNT | none |
 * | CLOSE | nothing | none |
 *
 * The price is compared with what ILP delivered, never with a number in a payload. An answer to GET
 * is all or nothing. What was sold is written in the transaction that takes the money, so an answer
 * that was lost on the way can be asked for again by its receipt.
 *
 * A packet holds at most one GET or EVENT: its money belongs to one question. What all of its questions look at in the
 * store is bounded together (looks.ts).
 */
import type { UnknownFrame } from '../codec/btp-nips.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import {
	NOTICE_CODES,
	type CountFrame,
	type EventFrame,
	type Frame,
	type GetFrame,
	type HaveFrame,
	type NoticeFrame
} from '../codec/frames.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import type { EventStore, StoredEvent } from '../events/store.ts';
import { verifyEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Crypto, Log } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { ANSWER_BYTES } from '../stream/session-packets.ts';
import type { Answer, PreparedAnswer, RequestHandler, SessionRequest } from '../stream/session.ts';
import { createCatalogue } from './catalogue.ts';
import { allLooks, ASK_FOR_LESS, look, type Looks } from './looks.ts';
import { notice } from './notice.ts';
import { EVENT_FRAME_OVERHEAD, partBytes, partPrice, partsOf } from './parts.ts';
import { createSamples } from './samples.ts';
import { createStoring, type StoringDependencies } from './storing.ts';
import { createSubscribers, type Subscribers } from './subscribers.ts';
import { createToldPrices } from './told-prices.ts';

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
	readonly mayStore: StoringDependencies['mayStore'];
	readonly onStored?: StoringDependencies['onStored'];
	/** Sold, on disk. */
	readonly onSold?: (eventIds: readonly string[], amount: bigint) => void;
}

export interface Earned {
	readonly readers: number;
	readonly total: bigint;
}

export interface Seller extends RequestHandler, Pick<Subscribers, 'announce' | 'wake'> {
	earningsOf(eventId: string): Earned;
	/** The most that the next note can cost, while it is one of the first; undefined beyond them. */
	nextAtMost(): bigint | undefined;
	/** Newest sale first. */
	earnings(limit: number): readonly (Earned & { readonly eventId: string; readonly at: number })[];
	/** Live ones. */
	subscriptions: Subscribers['count'];
	/** Drops prices and receipts that ran out; about once an hour. */
	sweep(): Promise<void>;
}

/** Ids in one GET: more would hardly fit an answer, and a refusal repeats them. */
const IDS_PER_GET = 128;
/** A COUNT looks at no more than this many events, all its filters together. */
const COUNT_LIMIT = 4_096;

export const createSeller = (dependencies: SellerDependencies): Seller => {
	const { clock, crypto, sql, commits, log, store, mayServe } = dependencies;
	const samples = createSamples(store, dependencies.author, dependencies.priceOf, () => clock.now());
	const prices = createToldPrices(sql, samples.priceOf);
	const catalogue = createCatalogue({ clock, store, samples, prices, mayServe });
	const subscribers = createSubscribers({ clock, commits, log, store, catalogue });
	const answerEvent = createStoring({
		clock,
		store,
		mayStore: dependencies.mayStore,
		onStored: (event) => {
			dependencies.onStored?.(event);
			subscribers.announce();
		}
	});

	/* ------------------------------------------------------------------ COUNT */

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
		const entries = found.slice(0, LIMITS.haveEntries).map((stored) => catalogue.entry(stored, now));
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

		const costs = found.map(({ event }) => prices.honoured(event, now));
		if (get.part) {
			const { index, count } = get.part;
			const allowed = partsOf((found[0] as StoredEvent).size, costs[0] as bigint);
			if (ids.length !== 1 || index >= count || count !== allowed)
				return refuse(notice(requestId, NOTICE_CODES.malformed, `comes in ${allowed} parts`));
			costs[0] = partPrice(costs[0] as bigint, index, count);
		} else if (found.some(({ size }, i) => partsOf(size, costs[i] as bigint) > 1))
			return refuse(notice(requestId, NOTICE_CODES.tooLarge, 'comes in parts'));
		if (answerBytes(get, found) > ANSWER_BYTES)
			return refuse(notice(requestId, NOTICE_CODES.tooLarge, 'ask for fewer'));

		const price = costs.reduce((sum, each) => sum + each, 0n);
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
				const amount = (costs[i] as bigint) + (i === 0 ? arrived - price : 0n);
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
				subscribers.got(session);
				if (arrived > 0n) dependencies.onSold?.(ids, arrived);
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
					return subscribers.ask(session, frame, looks);
				case 'CLOSE':
					subscribers.close(session, frame.requestId);
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

	/* ------------------------------------------------------------------ what it brought */

	const earned = (row: { readonly readers?: unknown; readonly total?: unknown } | undefined): Earned => ({
		readers: (row?.readers as number | undefined) ?? 0,
		total: BigInt((row?.total as number | bigint | undefined) ?? 0)
	});

	return {
		prepare,
		announce: subscribers.announce,
		wake: subscribers.wake,
		dropped: subscribers.dropped,
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
		subscriptions: subscribers.count,
		sweep: async () => {
			const now = clock.now();
			await commits.run(() => {
				prices.sweep(now);
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
