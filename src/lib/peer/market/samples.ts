/**
 * What a stranger can try before he trusts: the first notes of a dear author cost less.
 *
 * A reader pays a node that never delivered no more than {@link LIMITS.firstTrust} for one answer, and twice as
 * much after each good one (reader.ts). Nothing that is signed, sliced or told beforehand would let him check an
 * answer that he does not have; so an author who asks more must have something cheaper, or nobody could begin.
 * The nth note for sale in the store, counted from 0 in order of arrival, costs at most four fifths of
 * firstTrust · 2^n: the rest is for the way. An author whose price is below that sells no sample.
 *
 * | price of a note | samples |
 * |---|---|
 * | up to $0.0008 | none |
 * | $0.005 | three: $0.0008, $0.0016, $0.0032 |
 * | $1 | eleven |
 */
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import type { EventStore, StoredEvent } from '../events/store.ts';
import { LIMITS } from '../limits.ts';
import { minOf } from '../money.ts';

export interface Samples {
	/** Link units: the author's price, or less if the event is a sample. */
	priceOf(event: VerifiedEvent): bigint;
	/** Those that are cheaper than the author's price, in order of arrival. */
	all(): readonly StoredEvent[];
	/** The most that the next note can cost; undefined when that is the author's business alone. */
	nextAtMost(): bigint | undefined;
}

/** Of what a stranger is trusted with; a way that takes as much as any may still fits beside it. */
const SAMPLE_PERCENT = 80n;
/** As many doublings reach the largest packet. */
const STEPS = 11;
/** Events looked at to find the first ones for sale: profiles and the like are free. */
const LOOKED_AT = 64;

/** The nth sample's price at most, in link units. */
export const samplePrice = (n: number): bigint =>
	(LIMITS.firstTrust * SAMPLE_PERCENT * 2n ** BigInt(n)) / 100n;

/** `author`: whose events are sold here, hex. `fullPriceOf`: 0 is free. */
export const createSamples = (
	store: EventStore,
	author: () => string,
	fullPriceOf: (event: VerifiedEvent) => bigint,
	now: () => number
): Samples => {
	let known:
		{ readonly seq: number; readonly author: string; readonly first: readonly StoredEvent[] } | undefined;

	/** The first for sale; free ones are those that are free at any price. */
	const first = (): readonly StoredEvent[] => {
		const seq = store.lastSeq();
		const mine = author();
		if (known?.seq !== seq || known.author !== mine) {
			const oldest = store.after(0, [{ authors: [mine] }], { now: now(), limit: LOOKED_AT });
			known = {
				seq,
				author: mine,
				first: oldest.filter(({ event }) => fullPriceOf(event) > 0n).slice(0, STEPS)
			};
		}
		return known.first;
	};

	const priceOf = (event: VerifiedEvent): bigint => {
		const price = fullPriceOf(event);
		if (price <= samplePrice(0)) return price;
		const n = first().findIndex((one) => one.event.id === event.id);
		return n < 0 ? price : minOf(price, samplePrice(n));
	};

	return {
		priceOf,
		all: () => first().filter(({ event }) => priceOf(event) < fullPriceOf(event)),
		nextAtMost: () => {
			const n = first().length;
			return n < STEPS ? samplePrice(n) : undefined;
		}
	};
};
