/**
 * # One GET, and what becomes of its money
 *
 * | came back | money | next |
 * |---|---|---|
 * | the events | moved | checked, stored, booked in one transaction |
 * | something else, readable | moved | asked once by receipt without money; then this node is never paid again |
 * | something unreadable, or nothing in time | moved, or not known | asked by receipt without money |
 * | a refusal, a reject | did not move | the caller decides |
 *
 * An answer in time is checked before its money is booked, so that both are one commit; one that came late, or
 * that is not as promised, is dealt with after it.
 *
 * The receipt is on disk before the money leaves, so a tab that dies in between asks by receipt when
 * it comes back. The day's limits are checked in the transaction that promises the money, against
 * everything promised before: two GETs can never both spend the last cent.
 */
import { bytesToHex, concatBytes } from '../bytes.ts';
import { encodeFrame } from '../codec/btp-nips.ts';
import { decodeEvent } from '../codec/event-v2.ts';
import {
	NOTICE_CODES,
	type EventFrame,
	type Frame,
	type HaveEntry,
	type NoticeFrame,
	type Part
} from '../codec/frames.ts';
import type { NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import type { IlpErrorCode } from '../codec/ilp.ts';
import { expirationOf } from '../events/kinds.ts';
import type { EventStore } from '../events/store.ts';
import { verifyEvent, verifyEvents } from '../events/verify.ts';
import type { Ledger, TransferMemo } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Crypto, Log, Random } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { OpenerSession } from '../stream/session.ts';
import { minOf } from '../money.ts';
import type { Money, Purchase } from './purchases.ts';
import { leastArrived, shares, type ReaderStore } from './reader-store.ts';

export interface BuyerDependencies {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly commits: Commits;
	readonly log: Log;
	readonly ledger: Ledger;
	readonly store: EventStore;
	readonly records: ReaderStore;
	readonly nextRequestId: () => number;
	/** Unix ms at which the day of `now` began. */
	readonly dayStart: (now: number) => number;
	/** An event is on disk. */
	readonly onStored: (event: VerifiedEvent) => void;
	/** The fulfilment of a GET that was given up came after all: ask by receipt. */
	readonly onLate: (purchase: Purchase) => void;
}

/** What to get, for how much. */
export interface Order {
	readonly node: string;
	/** One, if it is a part. */
	readonly entries: readonly HaveEntry[];
	/** Of each entry, or of the part. */
	readonly prices: readonly bigint[];
	readonly part: Part | undefined;
	/** Link units to send: the prices and what the way takes. */
	readonly amount: bigint;
	/** Throws when a limit is reached; runs in the transaction that promises the money. */
	readonly admit: () => void;
}

export type Outcome =
	/** `arrived` is undefined when only the receipt was answered. */
	| { readonly type: 'got'; readonly arrived: bigint | undefined }
	| { readonly type: 'notAdmitted' }
	/** Too little arrived, or prices changed. */
	| { readonly type: 'price'; readonly arrived: bigint; readonly offers: readonly HaveEntry[] }
	| { readonly type: 'missing'; readonly ids: readonly string[]; readonly offers: readonly HaveEntry[] }
	/** Comes in parts, or too much at once. */
	| { readonly type: 'tooLarge'; readonly offers: readonly HaveEntry[] }
	| { readonly type: 'refused'; readonly code: string; readonly offers: readonly HaveEntry[] }
	| { readonly type: 'rejected'; readonly code: IlpErrorCode; readonly triggeredBy: string }
	/** No money moved after all. */
	| { readonly type: 'unpaid' }
	/** Not known yet; its receipt must be asked for again. */
	| { readonly type: 'open'; readonly spoiled: boolean }
	/** Paid, and gone: deleted by its author between. */
	| { readonly type: 'lost' }
	| { readonly type: 'cheated' };

export interface Buyer {
	buy(session: OpenerSession, order: Order): Promise<Outcome>;
	/** Asks by receipt, without money. `answered`: it is known that the money moved. */
	recover(session: OpenerSession, purchase: Purchase, answered: boolean): Promise<Outcome>;
	/** What was got before the ledger knew of its money, and is known now. */
	reconcile(): Promise<void>;
	/** Its own GET has not come back yet. */
	isUnderWay(receipt: Uint8Array): boolean;
}

/** Stops a packet in {@link Order.admit}. */
export class NotAdmitted extends Error {}

type Taken =
	| { readonly type: 'events'; readonly events: readonly VerifiedEvent[] }
	| { readonly type: 'part'; readonly bytes: Uint8Array }
	| { readonly type: 'bad' };

const offersIn = (frames: readonly Frame[]): readonly HaveEntry[] =>
	frames.flatMap((frame) => (frame.type === 'HAVE' ? frame.entries : []));

const noticeIn = (frames: readonly Frame[]): NoticeFrame | undefined =>
	frames.find((frame): frame is NoticeFrame => frame.type === 'NOTICE');

export const createBuyer = (dependencies: BuyerDependencies): Buyer => {
	const { clock, random, crypto, commits, log, ledger, store, records } = dependencies;

	const verified = async (id: string, event: NostrEvent | undefined): Promise<VerifiedEvent | undefined> => {
		if (event?.id !== id) return undefined;
		const checked = await verifyEvent(crypto, event);
		return checked.ok ? checked.value : undefined;
	};

	/** Whether the answer holds what was asked: every id, each signed, each what it was offered as. */
	const take = async (
		purchase: Pick<Purchase, 'ids' | 'part'>,
		entries: readonly HaveEntry[],
		frames: readonly Frame[]
	): Promise<Taken> => {
		const answers = frames.filter((frame): frame is EventFrame => frame.type === 'EVENT');
		const { part, ids } = purchase;
		if (part) {
			const slice = answers.find(
				(frame) => frame.part?.index === part.index && frame.part.count === part.count
			);
			return slice?.bytes ? { type: 'part', bytes: slice.bytes } : { type: 'bad' };
		}
		const asked = ids.map((id) => answers.find((frame) => frame.event?.id === id)?.event);
		const events: VerifiedEvent[] = [];
		for (const [i, checked] of (await verifyEvents(crypto, asked)).entries()) {
			if (!checked.ok) return { type: 'bad' };
			const event = checked.value;
			const entry = entries.find((offered) => offered.id === event.id);
			if (event.id !== ids[i]) return { type: 'bad' };
			if (entry && (entry.author !== event.pubkey || entry.kind !== event.kind)) return { type: 'bad' };
			events.push(event);
		}
		return { type: 'events', events };
	};

	/** The whole event, once its last part is here; `bad` when the parts make none. */
	const assemble = async (id: string, last: Part, bytes: Uint8Array): Promise<VerifiedEvent | 'bad'> => {
		const earlier = records
			.parts(id)
			.filter(({ index, count }) => count === last.count && index < last.index);
		if (earlier.length !== last.index) return 'bad';
		const decoded = decodeEvent(concatBytes(...earlier.map((part) => part.bytes), bytes));
		return (decoded.ok ? await verified(id, decoded.value) : undefined) ?? 'bad';
	};

	/** By the ledger; a purchase of before receipts were booked counts as paid. Inside a transaction. */
	const moneyOf = (purchase: Purchase): Money => {
		const { receipt, at } = purchase;
		const known = records.money(receipt);
		if (known !== 'open') return known ?? 'moved';
		const state = ledger.paymentState({
			receipt: bytesToHex(receipt),
			since: at - LIMITS.maxHoldMs,
			until: at + LIMITS.maxHoldMs
		});
		if (state === 'pending') return 'open';
		const money = state === 'voided' ? 'back' : 'moved';
		records.settleMoney(purchase, money);
		return money;
	};

	/** What an answer was found to hold, whole: ready to be written down. */
	interface Checked {
		readonly taken: Exclude<Taken, { type: 'bad' }>;
		/** None while a part of an event is missing. */
		readonly events: readonly VerifiedEvent[];
	}

	const whole = async ({ ids, part }: Purchase, taken: Taken): Promise<Checked | 'bad'> => {
		if (taken.type === 'bad') return 'bad';
		if (taken.type === 'events') return { taken, events: taken.events };
		if (!part || part.index < part.count - 1) return { taken, events: [] };
		const event = await assemble(ids[0] as string, part, taken.bytes);
		return event === 'bad' ? 'bad' : { taken, events: [event] };
	};

	/** Into the store and the books, inside a transaction that ends the purchase. */
	const write = (purchase: Purchase, { taken, events }: Checked, money: Money, toldArrived: bigint): void => {
		const { node, part, receipt, ids, prices, amount } = purchase;
		const id = ids[0] as string;
		const now = clock.now();
		const [sent, arrived] = money === 'back' ? [0n, 0n] : [amount, toldArrived];
		if (taken.type === 'part' && part && events.length === 0)
			records.savePart(id, { ...part, bytes: taken.bytes, sent, arrived });
		const earlier = part && events.length > 0 ? records.parts(id) : [];
		const sentShares = shares(sent, prices);
		const arrivedShares = shares(arrived, prices);
		events.forEach((event, i) => {
			store.put(event, now);
			records.saveBought(event.id, {
				node,
				author: event.pubkey,
				createdAt: event.created_at,
				expires: expirationOf(event),
				sent: earlier.reduce((sum, one) => sum + one.sent, sentShares[i] ?? 0n),
				arrived: earlier.reduce((sum, one) => sum + one.arrived, arrivedShares[i] ?? 0n),
				receipt: amount > 0n ? receipt : undefined,
				at: now
			});
			records.dropWanted(event.id);
			if (part) records.dropParts(event.id);
		});
		if (amount === 0n) return;
		// A part proves nothing until the event is whole.
		if (events.length > 0) records.countGoodAnswer(node);
		if (money === 'moved' && sent > arrived)
			ledger.record({
				kind: 'way',
				from: 'expense/notes',
				to: 'expense/way',
				amount: sent - arrived,
				at: now,
				group: bytesToHex(receipt),
				memo: { eventIds: ids, author: events[0]?.pubkey ?? node, arrived: `${arrived}` }
			});
	};

	const keep = async (purchase: Purchase, taken: Taken, toldArrived: bigint): Promise<'kept' | 'bad'> => {
		const checked = await whole(purchase, taken);
		if (checked === 'bad') return 'bad';
		const { receipt, amount } = purchase;
		await commits.run(() => {
			// Asked for twice at once, and the other answer was first.
			if (amount > 0n && !records.isOpen(receipt)) return;
			write(purchase, checked, amount === 0n ? 'moved' : moneyOf(purchase), toldArrived);
			if (amount > 0n) records.endPurchase(receipt, 'stored');
		});
		for (const event of checked.events) dependencies.onStored(event);
		return 'kept';
	};

	const cheat = async (purchase: Purchase, frames: readonly Frame[]): Promise<Outcome> => {
		const { node, receipt, amount, ids } = purchase;
		if (amount === 0n) {
			await commits.run(() => {
				for (const id of ids) records.dropWanted(id);
			});
			return { type: 'lost' };
		}
		log('warn', 'a node was paid and did not deliver; it is not paid again', { node, amount: `${amount}` });
		const proof = concatBytes(receipt, ...frames.map(encodeFrame));
		await commits.run(() => {
			records.endPurchase(receipt, 'failed');
			records.markCheated(node, clock.now(), proof);
			if (purchase.part) for (const id of ids) records.dropParts(id);
		});
		return { type: 'cheated' };
	};

	const get = (purchase: Purchase): Frame => ({
		type: 'GET',
		requestId: dependencies.nextRequestId(),
		ids: purchase.ids,
		...(purchase.part ? { part: purchase.part } : {}),
		receipt: purchase.receipt
	});

	const askReceipt = async (
		session: OpenerSession,
		purchase: Purchase,
		answered: boolean,
		entries: readonly HaveEntry[]
	): Promise<Outcome> => {
		const reply = await session.request([get(purchase)]);
		switch (reply.type) {
			case 'spoiled':
				return { type: 'open', spoiled: true };
			case 'timedOut':
			case 'rejected':
				return { type: 'open', spoiled: false };
			case 'fulfilled':
			case 'refused':
				break;
		}
		const { frames } = reply;
		const taken = await take(purchase, entries, frames);
		if (taken.type !== 'bad') {
			if ((await keep(purchase, taken, leastArrived(purchase))) === 'kept')
				return { type: 'got', arrived: undefined };
			return cheat(purchase, frames);
		}
		const notice = noticeIn(frames);
		if (
			reply.type === 'refused' &&
			!answered &&
			(notice?.code === NOTICE_CODES.unpaid || notice?.code === NOTICE_CODES.missing)
		) {
			// After a restart the money may still be on its way behind this question; a second GET would pay twice.
			const mayArrive =
				clock.now() < purchase.at + LIMITS.getExpiryMs && !stayed.has(bytesToHex(purchase.receipt));
			if (mayArrive) return { type: 'open', spoiled: false };
			await commits.run(() => records.cancelPurchase(purchase));
			return { type: 'unpaid' };
		}
		if (notice?.code === NOTICE_CODES.missing) {
			await commits.run(() => {
				records.endPurchase(purchase.receipt, 'failed');
				for (const id of notice.ids ?? []) records.dropWanted(id);
			});
			return { type: 'lost' };
		}
		if (notice?.code === NOTICE_CODES.duplicate || notice?.code === NOTICE_CODES.internal)
			return { type: 'open', spoiled: false };
		return answered ? cheat(purchase, frames) : { type: 'open', spoiled: false };
	};

	const refusal = (frames: readonly Frame[], arrived: bigint): Outcome => {
		const offers = offersIn(frames);
		const notice = noticeIn(frames);
		switch (notice?.code) {
			case NOTICE_CODES.price:
			case NOTICE_CODES.unpaid:
				return { type: 'price', arrived, offers };
			case NOTICE_CODES.missing:
				return { type: 'missing', ids: notice.ids ?? [], offers };
			case NOTICE_CODES.tooLarge:
				return { type: 'tooLarge', offers };
			default:
				return { type: 'refused', code: notice?.code ?? '', offers };
		}
	};

	const underWay = new Set<string>();
	/** Receipts of GETs under way whose money is known to have stayed here. */
	const stayed = new Set<string>();

	const buy = async (session: OpenerSession, order: Order): Promise<Outcome> => {
		const receipt = random.bytes(16);
		const key = bytesToHex(receipt);
		underWay.add(key);
		try {
			return await buyWith(receipt, session, order);
		} finally {
			underWay.delete(key);
			stayed.delete(key);
		}
	};

	const buyWith = async (receipt: Uint8Array, session: OpenerSession, order: Order): Promise<Outcome> => {
		const { node, entries, prices, part, amount } = order;
		const asOfNow = () => {
			const at = clock.now();
			return { day: dependencies.dayStart(at), at };
		};
		let purchase: Purchase = {
			receipt,
			node,
			ids: entries.map(({ id }) => id),
			prices,
			part,
			amount,
			...asOfNow()
		};
		const memo: TransferMemo = {
			eventIds: purchase.ids,
			author: entries[0]?.author ?? node,
			receipt: bytesToHex(receipt)
		};
		let refusedHere = false;
		let answered = false;
		let waiting = true;
		/** In time and as promised: then it is stored by the transaction that books its money. */
		let ready: (Checked & { readonly arrived: bigint }) | undefined;
		let stored = false;
		const reply = await session.request([get(purchase)], {
			amount,
			minimum: prices.reduce((sum, price) => sum + price, 0n),
			...(amount === 0n
				? {}
				: {
						booking: { kind: 'buy', account: 'expense/notes', memo },
						onBegin: () => {
							try {
								order.admit();
							} catch (error) {
								refusedHere = error instanceof NotAdmitted;
								throw error;
							}
							// It counts on the day on which its money leaves, as in the ledger: midnight may have passed.
							purchase = { ...purchase, ...asOfNow() };
							records.savePurchase(purchase, 'asked');
						},
						onReply: async (early) => {
							if (early.type !== 'fulfilled') return;
							const checked = await whole(purchase, await take(purchase, entries, early.frames));
							if (checked !== 'bad') ready = { ...checked, arrived: minOf(early.arrived, amount) };
						},
						onOutcome: (outcome) => {
							if (outcome.type === 'fulfill' && ready && records.storePurchase(receipt)) {
								write(purchase, ready, 'moved', ready.arrived);
								stored = true;
							} else if (outcome.type === 'fulfill') {
								records.savePurchase(purchase, 'answered');
								records.settleMoney(purchase, 'moved');
								answered = true;
								if (!waiting) dependencies.onLate(purchase);
							} else {
								stayed.add(bytesToHex(receipt));
								records.settleMoney(purchase, 'back');
								if (outcome.code !== 'R00') records.cancelPurchase(purchase);
							}
						}
					})
		});
		waiting = false;
		if (refusedHere) return { type: 'notAdmitted' };
		switch (reply.type) {
			case 'rejected': {
				const { code, triggeredBy } = reply;
				return { type: 'rejected', code, triggeredBy };
			}
			case 'timedOut':
			case 'spoiled': {
				if (amount === 0n) return { type: 'open', spoiled: reply.type === 'spoiled' };
				// The disk had no room for the receipt: then no money was promised and nothing left.
				if (!records.isOpen(receipt)) return { type: 'rejected', code: 'T00', triggeredBy: '' };
				const asked = await askReceipt(session, purchase, reply.type === 'spoiled' || answered, entries);
				return asked.type === 'open'
					? { type: 'open', spoiled: asked.spoiled || reply.type === 'spoiled' }
					: asked;
			}
			case 'refused':
				return refusal(reply.frames, reply.arrived);
			case 'fulfilled':
				break;
		}
		const arrived = minOf(reply.arrived, amount);
		if (stored && ready) {
			for (const event of ready.events) dependencies.onStored(event);
			return { type: 'got', arrived };
		}
		const taken = await take(purchase, entries, reply.frames);
		if (taken.type !== 'bad' && (await keep(purchase, taken, arrived)) === 'kept')
			return { type: 'got', arrived };
		if (amount === 0n) return cheat(purchase, reply.frames);
		// Readable and wrong: one chance more, for the proof must not rest on a mishap.
		const again = await askReceipt(session, purchase, true, entries);
		return again.type === 'lost' ? cheat(purchase, reply.frames) : again;
	};

	return {
		buy,
		reconcile: () =>
			commits.run(() => {
				for (const purchase of records.undecided()) moneyOf(purchase);
			}),
		isUnderWay: (receipt) => underWay.has(bytesToHex(receipt)),
		recover: (session, purchase, answered) => {
			const entries = records.wanted(purchase.node).filter(({ id }) => purchase.ids.includes(id));
			return askReceipt(session, purchase, answered, entries);
		}
	};
};
