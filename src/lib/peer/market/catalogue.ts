/** What of the store a reader's filters find here, with what it costs. All of it runs in a transaction: prices are noted. */
import type { HaveEntry, ReqFrame } from '../codec/frames.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import { matchesFilter } from '../events/filter.ts';
import type { EventStore, StoredEvent } from '../events/store.ts';
import { LIMITS } from '../limits.ts';
import type { Clock } from '../platform.ts';
import { look, type Looks } from './looks.ts';
import { partsOf } from './parts.ts';
import type { Samples } from './samples.ts';
import type { ToldPrices } from './told-prices.ts';

export interface Found {
	readonly entries: readonly HaveEntry[];
	/** Everything up to here was looked at. */
	readonly seq: number;
	readonly more: boolean;
}

export interface Catalogue {
	/** In order of arrival. At least one page is looked at, so that each answer leads on. */
	after(request: ReqFrame, start: number, limit: number, looks: Looks): Found;
	/** The newest, for a reader without a cursor who asked with a limit. */
	newest(request: ReqFrame, looks: Looks): Found;
	/** Of one event, at the price that is told from now on. `now`: Unix ms. */
	entry(stored: StoredEvent, now: number): HaveEntry;
}

export interface CatalogueDependencies {
	readonly clock: Clock;
	readonly store: EventStore;
	readonly samples: Samples;
	readonly prices: ToldPrices;
	readonly mayServe: (event: VerifiedEvent) => boolean;
}

export const createCatalogue = (dependencies: CatalogueDependencies): Catalogue => {
	const { clock, store, samples, prices, mayServe } = dependencies;

	const entry = ({ event, size }: StoredEvent, now: number): HaveEntry => {
		const price = prices.tell(event, now);
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

	const isOffered = (request: ReqFrame, event: VerifiedEvent): boolean =>
		mayServe(event) && (request.maxPrice === undefined || samples.priceOf(event) <= request.maxPrice);

	return {
		entry,
		after: (request, start, limit, looks) => {
			const now = clock.now();
			const entries: HaveEntry[] = [];
			let seq = start;
			for (;;) {
				const page = store.after(seq, request.filters, { now, limit: LIMITS.haveEntries });
				look(looks, page, request.filters.length);
				for (const stored of page) {
					if (entries.length === limit) return { entries, seq, more: true };
					seq = stored.seq;
					if (isOffered(request, stored.event)) entries.push(entry(stored, now));
				}
				if (page.length < LIMITS.haveEntries)
					return { entries, seq: Math.max(seq, store.lastSeq()), more: false };
				if (looks.left <= 0) return { entries, seq, more: true };
			}
		},
		newest: (request, looks) => {
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
			return { entries: offered.map((stored) => entry(stored, now)), seq: store.lastSeq(), more: false };
		}
	};
};
