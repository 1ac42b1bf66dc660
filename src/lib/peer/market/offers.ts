/** What a followed node has: asked for with a cursor, heard in pushes, noted on disk. */
import { bytesEqual } from '../bytes.ts';
import { NOTICE_CODES, type Frame, type HaveEntry, type HaveFrame, type ReqFrame } from '../codec/frames.ts';
import type { Filter } from '../codec/nostr-event.ts';
import { replyError } from './ask-once.ts';
import type { Pauses } from './pauses.ts';
import type { ReaderContext, Subscription } from './subscription.ts';

export interface Offers {
	/** The price of its newest paid event, for the views. */
	seePrice(subscription: Subscription, entry: HaveEntry): void;
	/** New prices and parts of what is wanted already. */
	reprice(subscription: Subscription, offers: readonly HaveEntry[]): void;
	/** A push. */
	hear(subscription: Subscription, frames: readonly Frame[]): void;
	/** REQ from where it left off, again while there is more. */
	ask(subscription: Subscription): Promise<void>;
}

/** As far as an offer shows it; ids and signatures are checked on arrival. */
const matches = (entry: HaveEntry, filter: Filter): boolean =>
	(!filter.ids || filter.ids.includes(entry.id)) &&
	(!filter.authors || filter.authors.includes(entry.author)) &&
	(!filter.kinds || filter.kinds.includes(entry.kind)) &&
	(filter.since === undefined || entry.createdAt >= filter.since) &&
	(filter.until === undefined || entry.createdAt <= filter.until);

export const createOffers = (
	{ dependencies, records, connections, isActive, inBackground, changed }: ReaderContext,
	{ backOff, succeed, armSilence, rejected }: Pauses,
	{
		pump,
		recoverNode
	}: {
		readonly pump: (subscription: Subscription) => void;
		readonly recoverNode: (node: string) => Promise<void>;
	}
): Offers => {
	const { clock, commits, log, store } = dependencies;

	const seePrice = (subscription: Subscription, { price, createdAt }: HaveEntry): void => {
		const { lastPrice } = subscription;
		if (price > 0n && (!lastPrice || createdAt >= lastPrice.createdAt))
			subscription.lastPrice = { price, createdAt };
	};

	/** Notes what is worth getting, with the cursor, in one transaction. */
	const note = (
		subscription: Subscription,
		entries: readonly HaveEntry[],
		cursor: Uint8Array | undefined
	): void => {
		if (cursor) subscription.cursor = cursor;
		const taken = entries.filter((entry) => {
			if (!subscription.filters.some((filter) => matches(entry, filter))) return false;
			if (dependencies.isMuted?.(entry.author)) return false;
			seePrice(subscription, entry);
			return true;
		});
		for (const entry of taken) {
			if (subscription.busy.has(entry.id)) continue;
			if (records.bought(entry.id) || store.get(entry.id, clock.now())) continue;
			subscription.wanted.set(entry);
		}
		const fresh = taken.filter(({ id }) => subscription.wanted.has(id));
		if (!cursor && fresh.length === 0) return;
		inBackground(
			'noting offers',
			commits
				.run(() => {
					if (!isActive(subscription)) return;
					for (const entry of fresh) records.saveWanted(subscription.node, entry);
					if (cursor) records.saveCursor(subscription.node, cursor);
				})
				.catch((error: unknown) => {
					// A later cursor on disk without these entries would lose them: back to what is there.
					subscription.cursor = records.follows().find(({ node }) => node === subscription.node)?.cursor;
					subscription.live = false;
					backOff(subscription, undefined);
					throw error;
				})
		);
	};

	/** New prices and parts of what is wanted already. */
	const reprice = (subscription: Subscription, offers: readonly HaveEntry[]): void => {
		const known = offers.filter(({ id, author, kind }) => {
			const before = subscription.wanted.get(id);
			return before?.author === author && before.kind === kind;
		});
		for (const entry of known) subscription.wanted.set(entry);
		if (known.length === 0) return;
		inBackground(
			'noting prices',
			commits.run(() => {
				if (!isActive(subscription)) return;
				for (const entry of known) records.saveWanted(subscription.node, entry);
			})
		);
	};

	const hear = (subscription: Subscription, frames: readonly Frame[]): void => {
		if (!isActive(subscription)) return;
		armSilence(subscription);
		for (const frame of frames) {
			if (frame.type === 'NOTICE' && frame.code === NOTICE_CODES.restarted) void ask(subscription);
			if (!('requestId' in frame) || frame.requestId !== subscription.requestId) continue;
			if (frame.type === 'HAVE') {
				const expected = subscription.cursor ?? new Uint8Array();
				if (bytesEqual(frame.before, expected)) note(subscription, frame.entries, frame.after);
				else void ask(subscription);
			}
			if (frame.type === 'CLOSED') {
				subscription.live = false;
				backOff(subscription, undefined);
			}
		}
		pump(subscription);
	};

	/** REQ from where it left off, again while there is more. */
	const ask = async (subscription: Subscription): Promise<void> => {
		if (!isActive(subscription)) return;
		if (subscription.asking) {
			subscription.askAgain = true;
			return;
		}
		subscription.asking = true;
		try {
			do {
				subscription.askAgain = false;
				await askPages(subscription);
			} while (subscription.askAgain && isActive(subscription));
		} catch (error) {
			log('error', 'reader: asking', { error: String(error) });
			backOff(subscription, 'Internal', String(error));
		} finally {
			subscription.asking = false;
		}
		changed();
	};

	const askPages = async (subscription: Subscription): Promise<void> => {
		armSilence(subscription);
		const session = await connections.find(subscription.node, subscription.unknownKey >= 2);
		if (!isActive(subscription)) return;
		if (!session) {
			subscription.live = false;
			backOff(subscription, 'AuthorUnknown');
			return;
		}
		for (let more = true; more && isActive(subscription);) {
			const request: ReqFrame = {
				type: 'REQ',
				requestId: subscription.requestId,
				filters: subscription.filters,
				live: true,
				...(subscription.cursor ? { cursor: subscription.cursor } : {})
			};
			const reply = await session.request([request]);
			if (!isActive(subscription)) return;
			if (reply.type !== 'fulfilled') {
				subscription.live = false;
				if (reply.type === 'rejected') rejected(subscription, reply.code, reply.triggeredBy);
				else backOff(subscription, replyError(reply).type, replyError(reply).reason);
				return;
			}
			const mine = reply.frames.filter(
				(frame) => 'requestId' in frame && frame.requestId === subscription.requestId
			);
			const entries = mine.flatMap((frame) =>
				frame.type === 'HAVE' ? (frame satisfies HaveFrame).entries : []
			);
			const end = mine.find((frame) => frame.type === 'EOSE');
			if (end?.type !== 'EOSE') {
				subscription.live = false;
				backOff(subscription, 'AuthorUnreachable', 'no EOSE');
				return;
			}
			// No step forward would be the same page for ever.
			more = end.more && !(subscription.cursor && bytesEqual(subscription.cursor, end.cursor));
			note(subscription, entries, end.cursor);
		}
		subscription.live = true;
		if (subscription.failures > 0 && subscription.error?.type !== 'WayTooDear') {
			subscription.pausedUntil = 0;
			subscription.retryTimer?.();
		}
		succeed(subscription);
		await recoverNode(subscription.node);
		pump(subscription);
	};

	return { seePrice, reprice, hear, ask };
};
