/**
 * # Reading
 *
 * One subscription per followed node. The node tells what it has (HAVE); this side decides what to
 * get, within what the person accepted, and gets it with one packet each way: money forth, events
 * back (buyer.ts).
 *
 * | why an offered event is not got | until |
 * |---|---|
 * | it costs more than the person accepted | the person accepts more |
 * | it costs more than the node is trusted with | cheaper ones came as promised |
 * | the author's or the whole day's limit is reached | tomorrow, or a higher limit |
 * | the way takes more than a tenth | it is measured again |
 * | this node was paid and did not deliver | for ever |
 *
 * ## Trust grows
 *
 * From a node that never delivered, one event at a time and for {@link LIMITS.firstTrust} at most; each
 * good answer (paid, complete and checked) doubles how many GETs may be unanswered, to
 * {@link LIMITS.trustedInFlight}, and how much money may be unchecked: what is under way, and the parts
 * of events that are not whole yet, since a part proves nothing. What costs more than that waits; a dear
 * author's first notes are cheap enough to begin with (samples.ts). A quarter of what may be claimed
 * ahead towards the hub is the most for one author, and a batch takes half of that, so that the next
 * is under way while one is answered; one GET is always allowed.
 *
 * ## The way
 *
 * The first GET sends the price itself. If hops take a share, too little arrives, the author refuses
 * and says what arrived: the rate of the way, kept per author and measured again by every answer.
 *
 * One file each: offers.ts (what there is), batches.ts (what to get next), getting.ts (getting it), pauses.ts
 * (when it is left alone), follow-views.ts (what a person sees).
 *
 * What was offered is on disk with the cursor, so nothing is missed and nothing got twice: a gap in
 * the cursors or a minute of silence, and the node is asked again from where it left off.
 */
import type { OkFrame } from '../codec/frames.ts';
import type { Filter, NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import { peerError, type PeerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { err, type Result } from '../result.ts';
import type { NodeContact } from '../stream/session.ts';
import { queryFree, storeAt } from './ask-once.ts';
import { createBatches } from './batches.ts';
import { createBuyer } from './buyer.ts';
import { createConnections } from './connections.ts';
import { createFollowViews } from './follow-views.ts';
import { createGetting } from './getting.ts';
import { createOffers } from './offers.ts';
import { createPauses } from './pauses.ts';
import { createReaderStore, type Bought } from './reader-store.ts';
import type {
	FollowStatus,
	FollowTerms,
	ReaderContext,
	ReaderDependencies,
	Subscription
} from './subscription.ts';
import { createWanted } from './wanted.ts';

export interface Reader {
	/** Again with other terms changes them. */
	follow(pubkey: string, terms: FollowTerms): void;
	/** Nothing more is asked for from this moment. */
	unfollow(pubkey: string): void;
	/** Goes on with what is followed, after asking for everything that was paid and never came. */
	start(): void;
	stop(): void;
	/** A link came up, or there is money again: what waited is tried now. */
	online(): void;
	/** A limit was changed, or more was allowed: what waited for it is tried now. */
	limitsChanged(): void;
	followed(): readonly string[];
	views(): ReadonlyMap<string, FollowStatus>;
	bought(eventIds: readonly string[]): ReadonlyMap<string, Bought>;
	/** Link units, what is on its way included. */
	spentToday(): bigint;
	/** Has the node keep an event. */
	publishTo(contact: NodeContact, event: NostrEvent, amount?: bigint): Promise<Result<OkFrame, PeerError>>;
	/** What the node has for nothing, once; checked, not stored. */
	queryOnce(
		contact: NodeContact,
		filters: readonly Filter[]
	): Promise<Result<readonly VerifiedEvent[], PeerError>>;
}

/** How far back a new subscription looks. */
const FIRST_EVENTS = 50;
const DEFAULT_IDS_PER_GET = 50;

const defaultFilters = (pubkey: string): readonly Filter[] => [{ authors: [pubkey], limit: FIRST_EVENTS }];

export const createReader = (dependencies: ReaderDependencies): Reader => {
	const { clock, random, crypto, sql, commits, log, store, sender } = dependencies;
	const records = createReaderStore(sql);
	const subscriptions = new Map<string, Subscription>();
	let running = false;
	let requestIds = 0;
	const nextRequestId = (): number => ++requestIds;
	const changed = (): void => dependencies.onChange?.();

	const connections = createConnections({
		sessions: dependencies.sessions,
		findNode: dependencies.findNode,
		onPush: (node, frames) => {
			const subscription = subscriptions.get(node);
			if (subscription) offers.hear(subscription, frames);
		},
		onRenamed: (node, underOldName) => {
			const subscription = subscriptions.get(node);
			if (!subscription) return;
			inBackground('CLOSE', underOldName([{ type: 'CLOSE', requestId: subscription.requestId }]));
			void offers.ask(subscription);
		}
	});

	const buyer = createBuyer({
		clock,
		random,
		crypto,
		commits,
		log,
		ledger: dependencies.ledger,
		store,
		records,
		nextRequestId,
		dayStart: dependencies.dayStart,
		onStored: (event) => dependencies.onStored?.(event),
		onLate: (purchase) => {
			clock.after(0, () => void getting.recover(purchase, true));
		}
	});

	const isActive = (subscription: Subscription): boolean =>
		running && !subscription.closed && subscriptions.get(subscription.node) === subscription;

	const inBackground = (what: string, work: Promise<unknown>): void => {
		work.catch((error: unknown) => log('error', `reader: ${what}`, { error: String(error) }));
	};

	const context: ReaderContext = {
		dependencies,
		records,
		subscriptions,
		connections,
		buyer,
		isRunning: () => running,
		isActive,
		inBackground,
		changed
	};
	// They call each other, and nothing before all of them are here.
	const pauses = createPauses(context, {
		ask: (subscription) => offers.ask(subscription),
		pump: (subscription) => getting.pump(subscription),
		recoverNode: (node) => getting.recoverNode(node)
	});
	const offers = createOffers(context, pauses, {
		pump: (subscription) => getting.pump(subscription),
		recoverNode: (node) => getting.recoverNode(node)
	});
	const getting = createGetting(context, pauses, offers, createBatches(dependencies, records));
	const { ask, seePrice } = offers;
	const { pump, recoverNode, closeWhenIdle } = getting;
	const viewOf = createFollowViews(dependencies, records);

	const subscribe = (
		node: string,
		terms: Required<FollowTerms>,
		stored: { readonly cursor: Uint8Array | undefined; readonly since: number }
	): Subscription => {
		const subscription: Subscription = {
			node,
			requestId: nextRequestId(),
			...terms,
			...stored,
			wanted: createWanted(records.wanted(node)),
			busy: new Set(
				records
					.openPurchases()
					.filter((purchase) => purchase.node === node)
					.flatMap(({ ids }) => ids)
			),
			record: records.record(node),
			slack: 0n,
			inFlight: 0,
			freeInFlight: 0,
			inFlightAmount: 0n,
			maxAmount: undefined,
			idsPerGet: dependencies.maxIdsPerGet ?? DEFAULT_IDS_PER_GET,
			live: false,
			asking: false,
			askAgain: false,
			recovering: false,
			failures: 0,
			priceRefusals: 0,
			spoiled: 0,
			unknownKey: 0,
			error: undefined,
			pausedUntil: 0,
			retryTimer: undefined,
			silenceTimer: undefined,
			dayTimer: undefined,
			lastPrice: undefined,
			closed: false,
			paceCache: undefined
		};
		if (subscription.record.cheated) subscription.error = peerError('AuthorCheated');
		for (const entry of subscription.wanted.values()) seePrice(subscription, entry);
		subscriptions.set(node, subscription);
		return subscription;
	};

	const follow = (
		pubkey: string,
		{ maxPrice, dailyLimit, filters = defaultFilters(pubkey) }: FollowTerms
	): void => {
		const known = subscriptions.get(pubkey);
		const since = known?.since ?? clock.now();
		const terms = { maxPrice, dailyLimit, filters };
		inBackground(
			'following',
			commits.run(() => {
				if (subscriptions.get(pubkey)?.closed === false)
					records.saveFollow({ node: pubkey, since, ...terms });
			})
		);
		if (!known) {
			const subscription = subscribe(pubkey, terms, { cursor: undefined, since });
			void ask(subscription);
			return;
		}
		const asksOtherwise = JSON.stringify(known.filters) !== JSON.stringify(filters);
		known.maxPrice = maxPrice;
		known.dailyLimit = dailyLimit;
		if (asksOtherwise) {
			known.filters = filters;
			known.cursor = undefined;
			void ask(known);
		}
		pump(known);
		changed();
	};

	const halt = (subscription: Subscription): void => {
		subscription.closed = true;
		subscription.retryTimer?.();
		subscription.silenceTimer?.();
		subscription.dayTimer?.();
	};

	const unfollow = (pubkey: string): void => {
		const subscription = subscriptions.get(pubkey);
		if (!subscription) return;
		halt(subscription);
		subscriptions.delete(pubkey);
		inBackground(
			'unfollowing',
			commits.run(() => {
				if (!subscriptions.has(pubkey)) records.removeFollow(pubkey);
			})
		);
		const session = connections.known(pubkey);
		if (session && running)
			inBackground(
				'CLOSE',
				session
					.request([{ type: 'CLOSE', requestId: subscription.requestId }])
					.then(() => closeWhenIdle(subscription))
			);
		changed();
	};

	/** Forgets what made it pause. */
	const wake = (subscription: Subscription): void => {
		subscription.retryTimer?.();
		subscription.pausedUntil = 0;
		subscription.failures = 0;
		if (!subscription.record.cheated) subscription.error = undefined;
	};

	return {
		follow,
		unfollow,
		start: () => {
			if (running) return;
			running = true;
			inBackground(
				'pruning',
				commits.run(() => records.prune(clock.now() - LIMITS.receiptMs)).then(buyer.reconcile)
			);
			for (const { node, cursor, since, ...terms } of records.follows())
				if (!subscriptions.has(node)) subscribe(node, terms, { cursor, since });
			for (const subscription of subscriptions.values()) void ask(subscription);
			// Paid to somebody who is not followed any more: the events are still owed.
			const owed = new Set(records.openPurchases().map(({ node }) => node));
			for (const node of owed) if (!subscriptions.has(node)) inBackground('recovering', recoverNode(node));
		},
		stop: () => {
			running = false;
			for (const subscription of subscriptions.values()) halt(subscription);
			subscriptions.clear();
			connections.closeAll();
		},
		online: () => {
			// The hello tells what became of packets that a broken link left open.
			clock.after(LIMITS.getExpiryMs, () => {
				if (running) inBackground('reconciling', buyer.reconcile());
			});
			for (const subscription of subscriptions.values()) {
				wake(subscription);
				void ask(subscription);
			}
		},
		limitsChanged: () => {
			for (const subscription of subscriptions.values()) pump(subscription);
			changed();
		},
		followed: () => [...subscriptions.keys()],
		views: () => new Map([...subscriptions].map(([node, subscription]) => [node, viewOf(subscription)])),
		bought: (ids) =>
			new Map(
				ids.flatMap((id) => {
					const one = records.bought(id);
					return one ? [[id, one] as const] : [];
				})
			),
		spentToday: () => records.spent(dependencies.dayStart(clock.now())),
		publishTo: async (contact, event, amount = 0n) => {
			if (sender.addresses().length === 0) return err(peerError('NotConnected'));
			return storeAt(connections.to(contact), clock, { requestId: nextRequestId(), event, amount });
		},
		queryOnce: async (contact, filters) => {
			if (sender.addresses().length === 0) return err(peerError('NotConnected'));
			return queryFree(connections.to(contact), filters, { clock, crypto, random, nextRequestId });
		}
	};
};
