/**
 * What to get next: within what the person accepted, what is left of the day, what the node is trusted
 * with, and this author's share of what may be claimed ahead. See the header of reader.ts.
 */
import { decideSpend, leftWithin, spendBounds, type BeyondLimit, type SpendFacts } from '../budgets.ts';
import type { HaveEntry } from '../codec/frames.ts';
import { LIMITS } from '../limits.ts';
import { ceilDiv, minOf } from '../money.ts';
import { fillAnswer, MAX_IDS } from './ask-once.ts';
import { partPrice } from './parts.ts';
import type { ReaderStore } from './reader-store.ts';
import { SPOILED_MAX, type Batch, type ReaderDependencies, type Subscription } from './subscription.ts';

export interface Batches {
	/** Link units that may still be spent on this author today. */
	leftToday(subscription: Subscription): bigint;
	/** Which limit keeps back what waits, and how much that is; undefined when none does. */
	beyondLimit(subscription: Subscription): BeyondLimit | undefined;
	/** The next GET, or why there is none now. */
	nextBatch(subscription: Subscription): Batch | 'nothing' | 'limit' | 'wait';
}

/** Free GETs under way per node. */
const FREE_IN_FLIGHT = 4;
/**
 * Batches that fit an author's share: while one is answered the next is under way. More of them are smaller, and each
 * costs its packets and claims: with four, half as many notes came in a second as with two (`bench -- main`).
 */
const BATCHES_IN_SHARE = 2n;
/** Beyond a thousand dollars trust means nothing. */
const TRUST_DOUBLINGS = 20;

/** What to send so that `price` arrives, by the newest measure of the way. */
export const toSend = ({ record, slack }: Subscription, price: bigint): bigint => {
	if (price === 0n || record.arrived === 0n || record.sent === record.arrived)
		return price + (price > 0n ? slack : 0n);
	// Every hop rounds down: with two more units three of them still deliver the price.
	return ceilDiv(price * record.sent, record.arrived) + 2n + slack;
};

/** Link units that may be unchecked at a time. */
export const trustIn = ({ record }: Subscription): bigint =>
	LIMITS.firstTrust * 2n ** BigInt(Math.min(TRUST_DOUBLINGS, record.goodAnswers));

const allowedInFlight = ({ record }: Subscription): number =>
	Math.min(LIMITS.trustedInFlight, 2 ** Math.min(10, record.goodAnswers));

/** What may be got now, as far as the person accepts it, the longest waiting first: free ones, or those that cost. */
function* openOf(
	{ wanted, busy, maxPrice }: Subscription,
	cost: 'free' | 'paid'
): Generator<HaveEntry, undefined> {
	for (const entry of wanted.values())
		if ((entry.price === 0n) === (cost === 'free') && entry.price <= maxPrice && !busy.has(entry.id))
			yield entry;
}

export const createBatches = (dependencies: ReaderDependencies, records: ReaderStore): Batches => {
	const { clock, sender } = dependencies;

	const factsOf = ({ node, dailyLimit }: Subscription): SpendFacts => {
		const day = dependencies.dayStart(clock.now());
		return {
			perDay: dependencies.dailyLimit(),
			perPeer: dailyLimit + (dependencies.allowedBeyond?.(node) ?? 0n),
			spentToday: records.spent(day),
			spentOnPeerToday: records.spent(day, node)
		};
	};

	const leftToday = (subscription: Subscription): bigint => leftWithin(spendBounds(factsOf(subscription)));

	const beyondLimit = (subscription: Subscription): BeyondLimit | undefined => {
		let cost = 0n;
		for (const { price } of openOf(subscription, 'paid')) cost += toSend(subscription, price);
		const decision = decideSpend(factsOf(subscription), cost);
		return decision.isWithin ? undefined : decision;
	};

	/** Paid for parts of events that are not whole yet, but for one of them. */
	const uncheckedParts = (subscription: Subscription, except = ''): bigint =>
		subscription.wanted.inParts() > 0 ? records.unchecked(subscription.node, except) : 0n;

	const partBatch = (subscription: Subscription, entry: HaveEntry): Batch => {
		const have = records.parts(entry.id).filter(({ count }) => count === entry.parts).length;
		const price = partPrice(entry.price, have, entry.parts);
		return {
			entries: [entry],
			prices: [price],
			part: { index: have, count: entry.parts },
			amount: toSend(subscription, price)
		};
	};

	/** The next GET, or why there is none now. */
	const nextBatch = (subscription: Subscription): Batch | 'nothing' | 'limit' | 'wait' => {
		if (subscription.wanted.free() > 0 && subscription.freeInFlight < FREE_IN_FLIGHT) {
			const free = [...openOf(subscription, 'free')];
			const [first] = free;
			if (first && first.parts > 1) return partBatch(subscription, first);
			if (first) {
				const entries = fillAnswer(
					free.filter(({ parts }) => parts === 1),
					Math.min(MAX_IDS, subscription.idsPerGet)
				);
				return { entries, prices: entries.map(() => 0n), part: undefined, amount: 0n };
			}
		}
		if (subscription.record.cheated || subscription.spoiled >= SPOILED_MAX) return 'nothing';
		const allowed = allowedInFlight(subscription);
		if (subscription.inFlight >= allowed) return 'wait';
		const trust = trustIn(subscription) - subscription.inFlightAmount;
		const inParts = uncheckedParts(subscription);
		// All of an event must be within the trust: its parts count until it is whole.
		const isTrusted = ({ id, price, parts }: HaveEntry): boolean =>
			toSend(subscription, price) + (parts > 1 ? uncheckedParts(subscription, id) : inParts) <= trust;
		// One by one: of thousands that wait, a GET looks only at those it takes.
		const paid = openOf(subscription, 'paid');
		const nextTrusted = (): HaveEntry | undefined => {
			let entry = paid.next().value;
			while (entry && !isTrusted(entry)) entry = paid.next().value;
			return entry;
		};
		const first = nextTrusted();
		if (!first) return subscription.inFlight > 0 ? 'wait' : 'nothing';

		const share = (dependencies.window() * LIMITS.authorShareOfWindow) / 100n;
		const room = minOf(share - subscription.inFlightAmount, trust - inParts);
		const left = leftToday(subscription);
		const single: Batch =
			first.parts > 1
				? partBatch(subscription, first)
				: {
						entries: [first],
						prices: [first.price],
						part: undefined,
						amount: toSend(subscription, first.price)
					};
		if (single.amount > left) return 'limit';
		if (single.amount > room && subscription.inFlight > 0) return 'wait';
		const most = minOf(
			minOf(minOf(room, share / BATCHES_IN_SHARE), left),
			minOf(subscription.maxAmount ?? sender.maxPacket(), sender.maxPacket())
		);
		const isKnown = subscription.record.goodAnswers > 0;
		if (first.parts > 1 || !isKnown || subscription.idsPerGet === 1) return single;

		let sum = 0n;
		const affordable: HaveEntry[] = [];
		for (let entry: HaveEntry | undefined = first; entry; entry = nextTrusted()) {
			if (entry.parts > 1) continue;
			if (affordable.length > 0 && toSend(subscription, sum + entry.price) > most) break;
			sum += entry.price;
			affordable.push(entry);
			if (affordable.length === MAX_IDS) break;
		}
		const entries = fillAnswer(affordable, Math.min(MAX_IDS, subscription.idsPerGet));
		const prices = entries.map(({ price }) => price);
		const amount = toSend(
			subscription,
			prices.reduce((total, price) => total + price, 0n)
		);
		return { entries, prices, part: undefined, amount };
	};

	return { leftToday, beyondLimit, nextBatch };
};
