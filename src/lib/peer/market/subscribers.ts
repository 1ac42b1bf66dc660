/**
 * # Telling readers what there is, and what is new
 *
 * A REQ is answered with HAVE and EOSE. A live one stays: what comes into the store after it is pushed as HAVE, until
 * the reader closes it, its session is dropped, or it answers no more. A reader that does not answer is told again,
 * later and later, and then sleeps until its link is up again; one that gets nothing of what it was told is told no
 * more than {@link LIMITS.haveUnread} entries.
 *
 * Subscriptions live in memory. A reader keeps its cursor and asks again after this node was restarted.
 */
import { CLOSED_CODES, type Frame, type HaveFrame, type ReqFrame } from '../codec/frames.ts';
import type { EventStore } from '../events/store.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Log } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { Answer, NodeSession } from '../stream/session.ts';
import type { Catalogue } from './catalogue.ts';
import { cursorOf, seqOf } from './cursor.ts';
import { allLooks, ASK_FOR_LESS, type Looks } from './looks.ts';

export interface SubscribersDependencies {
	readonly clock: Clock;
	readonly commits: Commits;
	readonly log: Log;
	readonly store: EventStore;
	readonly catalogue: Catalogue;
}

export interface Subscribers {
	/** Answers a REQ, and keeps it if it is live; runs in a transaction. */
	ask(session: NodeSession, request: ReqFrame, looks: Looks): Answer;
	/** This one needs no more. */
	close(session: NodeSession, requestId: number): void;
	/** The session is over; what is said to it. */
	dropped(session: NodeSession): readonly Frame[];
	/** Tells live readers what is new in the store; after anything was put there. */
	announce(): void;
	/** This reader got something of what it was told, so that it can be told more. */
	got(session: NodeSession): void;
	/** This link is up: readers beyond it that did not answer are told again. */
	wake(link: string): void;
	/** Live ones. */
	count(): number;
}

/** Live subscriptions of one session; a reader needs one. */
const SUBSCRIPTIONS_PER_SESSION = 16;
/** Readers who are told of something new in one turn. */
const TOLD_PER_TURN = 64;

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

const keyOf = (session: NodeSession, requestId: number): string => `${session.id}/${requestId}`;

export const createSubscribers = (dependencies: SubscribersDependencies): Subscribers => {
	const { clock, commits, log, store, catalogue } = dependencies;
	const subscriptions = new Map<string, Subscription>();
	/** The same of each session, by its id: there may be very many sessions. */
	const bySession = new Map<string, Set<Subscription>>();
	/** Readers are being told, and there is something newer for those who were told already. */
	let announcing = false;
	let again = false;

	const subscriptionsOf = (session: NodeSession): readonly Subscription[] => [
		...(bySession.get(session.id) ?? [])
	];

	const isLive = (subscription: Subscription): boolean =>
		subscriptions.get(subscription.key) === subscription;

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

	/* ------------------------------------------------------------------ what there is */

	const ask = (session: NodeSession, request: ReqFrame, looks: Looks): Answer => {
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
		const found = newest
			? catalogue.newest(request, looks)
			: catalogue.after(request, start, LIMITS.haveEntries, looks);
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

	/* ------------------------------------------------------------------ what is new */

	const pushTo = async (subscription: Subscription): Promise<void> => {
		if (subscription.pushing) return;
		subscription.pushing = true;
		try {
			while (isLive(subscription) && !subscription.asleep) {
				const room = LIMITS.haveUnread - subscription.unread;
				if (room <= 0 || store.lastSeq() <= subscription.scanned) return;
				const { request, session, seq, scanned } = subscription;
				const found = await commits.run(() =>
					catalogue.after(request, scanned, Math.min(room, LIMITS.haveEntries), allLooks())
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

	return {
		ask,
		close: (session, requestId) => unsubscribe(keyOf(session, requestId)),
		dropped: (session) =>
			subscriptionsOf(session).map(({ key, request }) => {
				unsubscribe(key);
				return { type: 'CLOSED', requestId: request.requestId, code: CLOSED_CODES.idle, text: 'ask again' };
			}),
		announce,
		got: (session) => {
			for (const subscription of subscriptionsOf(session)) {
				subscription.unread = 0;
				void pushTo(subscription);
			}
		},
		wake: (link) => {
			for (const subscription of subscriptions.values()) {
				if (subscription.session.link !== link) continue;
				subscription.asleep = false;
				subscription.unanswered = 0;
				void pushTo(subscription);
			}
		},
		count: () => subscriptions.size
	};
};
