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
 * ahead towards the hub is the most for one author, and a batch takes a quarter of that, so that four
 * are under way while the first is answered; one GET is always allowed.
 *
 * ## The way
 *
 * The first GET sends the price itself. If hops take a share, too little arrives, the author refuses
 * and says what arrived: the rate of the way, kept per author and measured again by every answer.
 *
 * What was offered is on disk with the cursor, so nothing is missed and nothing got twice: a gap in
 * the cursors or a minute of silence, and the node is asked again from where it left off.
 */
import { bytesEqual, bytesToHex } from '../bytes.ts';
import type { Frame, HaveEntry, HaveFrame, OkFrame, Part, ReqFrame } from '../codec/frames.ts';
import type { Filter, NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import { peerError, type PeerError, type PeerErrorType } from '../errors.ts';
import type { EventStore } from '../events/store.ts';
import type { PacketSender } from '../ilp/delivery.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import { ceilDiv, maxOf, minOf } from '../money.ts';
import type { Cancel, Clock, Crypto, Log, Random } from '../platform.ts';
import { err, type Result } from '../result.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { NodeContact, OpenerSession, Sessions } from '../stream/session.ts';
import { fillAnswer, MAX_IDS, queryFree, replyError, storeAt } from './ask-once.ts';
import { createBuyer, NotAdmitted, type Outcome } from './buyer.ts';
import { createConnections } from './connections.ts';
import { partPrice } from './parts.ts';
import { createReaderStore, type Bought, type NodeRecord, type Purchase } from './reader-store.ts';

export interface ReaderDependencies {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly log: Log;
	readonly ledger: Ledger;
	readonly store: EventStore;
	readonly sessions: Pick<Sessions, 'open'>;
	readonly sender: Pick<PacketSender, 'maxPacket' | 'addresses'>;
	/** W: what may be claimed ahead towards the hub, link units. */
	readonly window: () => bigint;
	/** For all authors together, link units. */
	readonly dailyLimit: () => bigint;
	/** Unix ms at which the day of `now` began. */
	readonly dayStart: (now: number) => number;
	readonly isMuted?: (pubkey: string) => boolean;
	/** Where a node answers, from its announcement; `fresh`: look for a newer one. */
	readonly findNode: (pubkey: string, fresh: boolean) => Promise<NodeContact | undefined>;
	/** Events in one GET; 1 gets each by itself. */
	readonly maxIdsPerGet?: number;
	/** On disk. */
	readonly onStored?: (event: VerifiedEvent) => void;
	/** A view changed. */
	readonly onChange?: () => void;
}

export interface FollowTerms {
	/** Link units per event that the person accepted. */
	readonly maxPrice: bigint;
	readonly dailyLimit: bigint;
	/** Default: everything of this author, beginning with the newest {@link FIRST_EVENTS}. */
	readonly filters?: readonly Filter[];
}

export interface FollowStatus {
	/** searching: not found yet. asleep: it does not answer. stopped: see `error`. */
	readonly status: 'searching' | 'live' | 'asleep' | 'stopped';
	readonly error: PeerError | undefined;
	/** Of its newest paid event. */
	readonly price: bigint | undefined;
	readonly maxPrice: bigint;
	readonly dailyLimit: bigint;
	readonly spentToday: bigint;
	/** At the pace of the events of the last seven days. */
	readonly perDay: bigint;
	/** Offered, and not got because of a limit or an error. */
	readonly waiting: { readonly count: number; readonly cost: bigint };
}

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
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 60_000;
/** Failures in a row after which an author counts as asleep. */
const ASLEEP_AFTER = 3;
/** Unreadable or vanished answers after which nothing more is paid to a node until the next start. */
const SPOILED_MAX = 3;
/** Refusals for the price in a row before pausing. */
const PRICE_TRIES = 5;
/** Free GETs under way per node. */
const FREE_IN_FLIGHT = 4;
/** Batches that fit an author's share: one round trip of several is not waited for. */
const BATCHES_IN_SHARE = 4n;
/** Beyond a thousand dollars trust means nothing. */
const TRUST_DOUBLINGS = 20;
const WEEK_S = 7 * 86_400;
const DAY_S = 86_400;
const DAY_MS = 86_400_000;

interface Subscription {
	readonly node: string;
	readonly requestId: number;
	maxPrice: bigint;
	dailyLimit: bigint;
	filters: readonly Filter[];
	/** Unix ms. */
	since: number;
	cursor: Uint8Array | undefined;
	readonly wanted: Map<string, HaveEntry>;
	/** Ids in GETs under way or in purchases whose outcome is open. */
	readonly busy: Set<string>;
	record: NodeRecord;
	/** Added to what is sent when the measured rate was not quite enough. */
	slack: bigint;
	inFlight: number;
	freeInFlight: number;
	inFlightAmount: bigint;
	/** Most that one GET carries after F08. */
	maxAmount: bigint | undefined;
	idsPerGet: number;
	live: boolean;
	asking: boolean;
	askAgain: boolean;
	recovering: boolean;
	failures: number;
	priceRefusals: number;
	spoiled: number;
	unknownKey: number;
	error: PeerError | undefined;
	/** Nothing is got before this time (Unix ms). */
	pausedUntil: number;
	retryTimer: Cancel | undefined;
	silenceTimer: Cancel | undefined;
	dayTimer: Cancel | undefined;
	lastPrice: { readonly price: bigint; readonly createdAt: number } | undefined;
	closed: boolean;
	paceCache: { readonly at: number; readonly perDay: bigint; readonly spentToday: bigint } | undefined;
}

const defaultFilters = (pubkey: string): readonly Filter[] => [{ authors: [pubkey], limit: FIRST_EVENTS }];

/** As far as an offer shows it; ids and signatures are checked on arrival. */
const matches = (entry: HaveEntry, filter: Filter): boolean =>
	(!filter.ids || filter.ids.includes(entry.id)) &&
	(!filter.authors || filter.authors.includes(entry.author)) &&
	(!filter.kinds || filter.kinds.includes(entry.kind)) &&
	(filter.since === undefined || entry.createdAt >= filter.since) &&
	(filter.until === undefined || entry.createdAt <= filter.until);

/** Reached a limit; says which error the person sees. */
class LimitReached extends NotAdmitted {}

export const createReader = (dependencies: ReaderDependencies): Reader => {
	const { clock, random, crypto, sql, commits, log, store, sender } = dependencies;
	const records = createReaderStore(sql);
	const subscriptions = new Map<string, Subscription>();
	/** Receipts that are being asked for. */
	const asking = new Set<string>();
	let running = false;
	let requestIds = 0;
	const nextRequestId = (): number => ++requestIds;
	const changed = (): void => dependencies.onChange?.();

	const connections = createConnections({
		sessions: dependencies.sessions,
		findNode: dependencies.findNode,
		onPush: (node, frames) => {
			const subscription = subscriptions.get(node);
			if (subscription) hear(subscription, frames);
		},
		onRenamed: (node, underOldName) => {
			const subscription = subscriptions.get(node);
			if (!subscription) return;
			inBackground('CLOSE', underOldName([{ type: 'CLOSE', requestId: subscription.requestId }]));
			void ask(subscription);
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
			clock.after(0, () => void recover(purchase, true));
		}
	});

	const isActive = (subscription: Subscription): boolean =>
		running && !subscription.closed && subscriptions.get(subscription.node) === subscription;

	/** Work that nobody waits for; a disk error in it must not kill the host. */
	const inBackground = (what: string, work: Promise<unknown>): void => {
		work.catch((error: unknown) => log('error', `reader: ${what}`, { error: String(error) }));
	};

	/* ------------------------------------------------------------------ limits */

	const leftToday = (subscription: Subscription): bigint => {
		const day = dependencies.dayStart(clock.now());
		const own = subscription.dailyLimit - records.spent(day, subscription.node);
		return maxOf(0n, minOf(own, dependencies.dailyLimit() - records.spent(day)));
	};

	const admit = (subscription: Subscription, amount: bigint): void => {
		if (!isActive(subscription) || amount > leftToday(subscription)) throw new LimitReached();
	};

	/** What costs money waits for the next day, or for a higher limit. */
	const reachLimit = (subscription: Subscription): void => {
		subscription.error = peerError('DailyLimitReached');
		subscription.dayTimer?.();
		const now = clock.now();
		const tomorrow = dependencies.dayStart(now) + DAY_MS;
		subscription.dayTimer = clock.after(Math.max(1_000, tomorrow - now), () => pump(subscription));
		changed();
	};

	/* ------------------------------------------------------------------ pauses */

	const pause = (subscription: Subscription, forMs: number): void => {
		subscription.pausedUntil = clock.now() + forMs;
		subscription.retryTimer?.();
		subscription.retryTimer = clock.after(forMs, () => {
			subscription.pausedUntil = 0;
			resume(subscription);
		});
		changed();
	};

	const resume = (subscription: Subscription): void => {
		if (!isActive(subscription)) return;
		if (!subscription.live) void ask(subscription);
		else
			inBackground(
				'resume',
				recoverNode(subscription.node).then(() => pump(subscription))
			);
	};

	/** Longer each time, up to a minute. */
	const backOff = (subscription: Subscription, type: PeerErrorType | undefined, reason?: string): void => {
		subscription.failures++;
		if (type) subscription.error = peerError(type, reason);
		pause(
			subscription,
			Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(10, subscription.failures - 1))
		);
	};

	const succeed = (subscription: Subscription): void => {
		subscription.failures = 0;
		subscription.unknownKey = 0;
		const stays = subscription.record.cheated || subscription.error?.type === 'DailyLimitReached';
		if (!stays && subscription.pausedUntil === 0) subscription.error = undefined;
	};

	const armSilence = (subscription: Subscription): void => {
		subscription.silenceTimer?.();
		subscription.silenceTimer = clock.after(LIMITS.subscriptionSilenceMs, () => {
			if (isActive(subscription)) void ask(subscription);
		});
	};

	/** What a hop's or a node's wordless reject means here. */
	const rejected = (subscription: Subscription, code: string, triggeredBy: string): void => {
		const own = sender.addresses()[0] ?? '';
		// My own node, or the hub I am below of.
		const isNear = triggeredBy === '' || own === triggeredBy || own.startsWith(`${triggeredBy}.`);
		switch (code) {
			case 'F06':
				subscription.live = false;
				subscription.unknownKey++;
				// Once is a forgotten session; twice is another stream key.
				if (subscription.unknownKey >= 2) subscription.error = peerError('AuthorUnreachable', 'F06');
				backOff(subscription, undefined);
				return;
			case 'F02':
				backOff(subscription, sender.addresses().length === 0 ? 'NotConnected' : 'NoRoute', triggeredBy);
				return;
			case 'T01':
				backOff(
					subscription,
					isNear && own === triggeredBy ? 'NotConnected' : 'AuthorUnreachable',
					`T01 ${triggeredBy}`
				);
				return;
			case 'T04':
				backOff(subscription, isNear ? 'NotEnoughInChannel' : 'AuthorUnreachable', `T04 ${triggeredBy}`);
				return;
			case 'T02':
			case 'T03':
			case 'T05':
				backOff(subscription, undefined);
				return;
			default:
				backOff(subscription, 'AuthorUnreachable', `${code} ${triggeredBy}`);
		}
	};

	/* ------------------------------------------------------------------ what there is */

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
			subscription.wanted.set(entry.id, entry);
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
		for (const entry of known) subscription.wanted.set(entry.id, entry);
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

	/* ------------------------------------------------------------------ getting it */

	/** What to send so that `price` arrives, by the newest measure of the way. */
	const toSend = ({ record, slack }: Subscription, price: bigint): bigint => {
		if (price === 0n || record.arrived === 0n || record.sent === record.arrived)
			return price + (price > 0n ? slack : 0n);
		// Every hop rounds down: with two more units three of them still deliver the price.
		return ceilDiv(price * record.sent, record.arrived) + 2n + slack;
	};

	/** Link units that may be unchecked at a time. */
	const trustIn = ({ record }: Subscription): bigint =>
		LIMITS.firstTrust * 2n ** BigInt(Math.min(TRUST_DOUBLINGS, record.goodAnswers));

	/** Paid for parts of events that are not whole yet, but for one of them. */
	const uncheckedParts = (subscription: Subscription, except = ''): bigint =>
		[...subscription.wanted.values()].some(({ parts }) => parts > 1)
			? records.unchecked(subscription.node, except)
			: 0n;

	const allowedInFlight = ({ record }: Subscription): number =>
		Math.min(LIMITS.trustedInFlight, 2 ** Math.min(10, record.goodAnswers));

	interface Batch {
		readonly entries: readonly HaveEntry[];
		readonly prices: readonly bigint[];
		readonly part: Part | undefined;
		readonly amount: bigint;
	}

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
		const open = [...subscription.wanted.values()].filter(
			(entry) => !subscription.busy.has(entry.id) && entry.price <= subscription.maxPrice
		);
		const free = open.filter(({ price }) => price === 0n);
		if (free.length > 0 && subscription.freeInFlight < FREE_IN_FLIGHT) {
			const [first] = free as [HaveEntry];
			if (first.parts > 1) return partBatch(subscription, first);
			const entries = fillAnswer(
				free.filter(({ parts }) => parts === 1),
				Math.min(MAX_IDS, subscription.idsPerGet)
			);
			return { entries, prices: entries.map(() => 0n), part: undefined, amount: 0n };
		}
		if (subscription.record.cheated || subscription.spoiled >= SPOILED_MAX) return 'nothing';
		const allowed = allowedInFlight(subscription);
		if (subscription.inFlight >= allowed) return 'wait';
		const dear = open.filter(({ price }) => price > 0n);
		const trust = trustIn(subscription) - subscription.inFlightAmount;
		const inParts = uncheckedParts(subscription);
		// All of an event must be within the trust: its parts count until it is whole.
		const paid = dear.filter(
			({ id, price, parts }) =>
				toSend(subscription, price) + (parts > 1 ? uncheckedParts(subscription, id) : inParts) <= trust
		);
		const [first] = paid;
		if (!first) return dear.length > 0 && subscription.inFlight > 0 ? 'wait' : 'nothing';

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
		for (const entry of paid) {
			if (entry.parts > 1) continue;
			if (affordable.length > 0 && toSend(subscription, sum + entry.price) > most) break;
			sum += entry.price;
			affordable.push(entry);
		}
		const entries = fillAnswer(affordable, Math.min(MAX_IDS, subscription.idsPerGet));
		const prices = entries.map(({ price }) => price);
		const amount = toSend(
			subscription,
			prices.reduce((total, price) => total + price, 0n)
		);
		return { entries, prices, part: undefined, amount };
	};

	const pump = (subscription: Subscription): void => {
		// Looked at anew each time: the limit may have been raised, or the day be another.
		if (subscription.error?.type === 'DailyLimitReached') subscription.error = undefined;
		while (isActive(subscription) && subscription.live && !subscription.recovering) {
			if (clock.now() < subscription.pausedUntil) return;
			const session = connections.known(subscription.node);
			if (!session) return;
			const batch = nextBatch(subscription);
			if (batch === 'limit') return reachLimit(subscription);
			if (typeof batch === 'string') return;
			inBackground('getting', getBatch(subscription, session, batch));
		}
	};

	const getBatch = async (
		subscription: Subscription,
		session: OpenerSession,
		batch: Batch
	): Promise<void> => {
		const { entries, amount } = batch;
		const isPaid = amount > 0n;
		for (const { id } of entries) subscription.busy.add(id);
		if (isPaid) subscription.inFlight++;
		else subscription.freeInFlight++;
		subscription.inFlightAmount += amount;
		let keepBusy = false;
		try {
			const outcome = await buyer.buy(session, {
				...batch,
				node: subscription.node,
				admit: () => admit(subscription, amount)
			});
			keepBusy = await settle(subscription, batch, outcome);
		} catch (error) {
			log('error', 'reader: a GET', { error: String(error) });
			backOff(subscription, 'Internal', String(error));
		} finally {
			if (isPaid) subscription.inFlight--;
			else subscription.freeInFlight--;
			subscription.inFlightAmount -= amount;
			if (!keepBusy) for (const { id } of entries) subscription.busy.delete(id);
			subscription.paceCache = undefined;
			changed();
		}
		if (subscription.closed) closeWhenIdle(subscription);
		else pump(subscription);
	};

	/** What an outcome changes; true while its ids must not be asked for again. */
	const settle = async (subscription: Subscription, batch: Batch, outcome: Outcome): Promise<boolean> => {
		const { entries, amount, part } = batch;
		switch (outcome.type) {
			case 'got': {
				const complete = !part || part.index === part.count - 1;
				if (complete) for (const { id } of entries) subscription.wanted.delete(id);
				subscription.priceRefusals = 0;
				subscription.spoiled = 0;
				if (amount > 0n) await learn(subscription, amount, outcome.arrived);
				succeed(subscription);
				return false;
			}
			case 'notAdmitted':
				if (isActive(subscription)) reachLimit(subscription);
				return false;
			case 'price': {
				reprice(subscription, outcome.offers);
				subscription.priceRefusals++;
				if (amount > 0n && outcome.arrived * 100n < amount * LIMITS.minDelivered) {
					subscription.error = peerError('WayTooDear', `${outcome.arrived} of ${amount}`);
					pause(subscription, RETRY_LAST_MS);
					return false;
				}
				const asked = batch.prices.reduce((sum, price) => sum + price, 0n);
				const measured = subscription.record.arrived > 0n;
				if (amount > 0n) await learn(subscription, amount, outcome.arrived);
				if (measured && outcome.arrived < asked) subscription.slack += asked - outcome.arrived;
				if (subscription.priceRefusals >= PRICE_TRIES) {
					subscription.priceRefusals = 0;
					backOff(subscription, 'PriceExpired');
				}
				return false;
			}
			case 'missing': {
				reprice(subscription, outcome.offers);
				const gone = outcome.ids.filter((id) => entries.some((entry) => entry.id === id));
				if (gone.length === 0) return refusedTwice(subscription, 'missing');
				await drop(subscription, gone);
				return false;
			}
			case 'tooLarge':
				reprice(subscription, outcome.offers);
				if (entries.length > 1) subscription.idsPerGet = Math.max(1, entries.length >> 1);
				else return refusedTwice(subscription, 'too-large');
				return false;
			case 'refused':
				reprice(subscription, outcome.offers);
				backOff(subscription, 'AuthorUnreachable', outcome.code);
				return false;
			case 'rejected':
				if (outcome.code === 'F08' && amount > 1n) {
					subscription.maxAmount = amount / 2n;
					if (entries.length > 1) return false;
				}
				rejected(subscription, outcome.code, outcome.triggeredBy);
				if (!subscription.live) void ask(subscription);
				return false;
			case 'unpaid':
				backOff(subscription, 'PacketTimedOut');
				return false;
			case 'open':
				if (outcome.spoiled) subscription.spoiled++;
				backOff(subscription, outcome.spoiled ? 'AnswerSpoiled' : 'PacketTimedOut');
				return amount > 0n;
			case 'lost':
				subscription.spoiled++;
				for (const { id } of entries) subscription.wanted.delete(id);
				return false;
			case 'cheated':
				subscription.record = records.record(subscription.node);
				subscription.error = peerError('AuthorCheated');
				return false;
		}
	};

	/** The same refusal for a changed offer is progress; for an unchanged one it would go on for ever. */
	const refusedTwice = (subscription: Subscription, code: string): boolean => {
		if (++subscription.priceRefusals >= 2) backOff(subscription, 'AuthorUnreachable', code);
		return false;
	};

	const drop = async (subscription: Subscription, ids: readonly string[]): Promise<void> => {
		for (const id of ids) subscription.wanted.delete(id);
		await commits.run(() => {
			for (const id of ids) records.dropWanted(id);
		});
	};

	/** Measures the way. `arrived` is the other end's word: never more than was sent. */
	const learn = async (
		subscription: Subscription,
		sent: bigint,
		arrived: bigint | undefined
	): Promise<void> => {
		const { node } = subscription;
		if (arrived !== undefined && arrived <= sent && arrived * 100n >= sent * LIMITS.minDelivered)
			await commits.run(() => records.saveRate(node, sent, arrived));
		subscription.record = records.record(node);
	};

	/* ------------------------------------------------------------------ by receipt */

	const recover = async (purchase: Purchase, answered: boolean): Promise<void> => {
		const key = bytesToHex(purchase.receipt);
		if (!running || asking.has(key) || !records.isOpen(purchase.receipt)) return;
		asking.add(key);
		try {
			const session = await connections.find(purchase.node);
			if (!session || !running) return;
			const outcome = await buyer.recover(session, purchase, answered);
			const subscription = subscriptions.get(purchase.node);
			if (!subscription) return;
			const isOver = outcome.type !== 'open';
			if (isOver) for (const id of purchase.ids) subscription.busy.delete(id);
			if (outcome.type === 'got') {
				const { part } = purchase;
				if (!part || part.index === part.count - 1)
					for (const id of purchase.ids) subscription.wanted.delete(id);
				subscription.record = records.record(purchase.node);
				subscription.spoiled = 0;
			}
			if (outcome.type === 'lost') for (const id of purchase.ids) subscription.wanted.delete(id);
			if (outcome.type === 'cheated') {
				subscription.record = records.record(purchase.node);
				subscription.error = peerError('AuthorCheated');
			}
			if (outcome.type === 'open' && outcome.spoiled) subscription.spoiled++;
			subscription.paceCache = undefined;
			changed();
		} finally {
			asking.delete(key);
		}
	};

	/** Everything paid or perhaps paid to this node that never came, oldest first. */
	const recoverNode = async (node: string): Promise<void> => {
		const subscription = subscriptions.get(node);
		const open = records
			.openPurchases()
			.filter(({ node: paid, receipt }) => paid === node && !buyer.isUnderWay(receipt));
		if (open.length === 0) return;
		if (subscription) subscription.recovering = true;
		try {
			for (const purchase of open) await recover(purchase, purchase.answered);
		} finally {
			if (subscription) subscription.recovering = false;
		}
		const isLeft = records.openPurchases().some((one) => one.node === node && !buyer.isUnderWay(one.receipt));
		if (isLeft && subscription && isActive(subscription)) backOff(subscription, 'AnswerSpoiled');
	};

	/* ------------------------------------------------------------------ following */

	const closeWhenIdle = (subscription: Subscription): void => {
		if (!subscription.closed || subscription.inFlight > 0 || subscription.freeInFlight > 0) return;
		if (!subscriptions.has(subscription.node)) connections.close(subscription.node);
	};

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
			wanted: new Map(records.wanted(node).map((entry) => [entry.id, entry])),
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

	/* ------------------------------------------------------------------ views */

	const paceOf = (subscription: Subscription): { readonly perDay: bigint; readonly spentToday: bigint } => {
		const now = clock.now();
		const cached = subscription.paceCache;
		if (cached && now - cached.at < LIMITS.heartbeatMs) return cached;
		const nowS = Math.floor(now / 1000);
		const { sent, oldest } = records.pace(subscription.node, nowS - WEEK_S);
		const seconds = oldest === undefined ? WEEK_S : Math.min(WEEK_S, Math.max(DAY_S, nowS - oldest));
		const fresh = {
			at: now,
			perDay: (sent * BigInt(DAY_S)) / BigInt(seconds),
			spentToday: records.spent(dependencies.dayStart(now), subscription.node)
		};
		subscription.paceCache = fresh;
		return fresh;
	};

	const statusOf = ({
		live,
		error,
		failures,
		pausedUntil,
		record,
		spoiled
	}: Subscription): FollowStatus['status'] => {
		const isPaused =
			pausedUntil > 0 && (error?.type === 'WayTooDear' || error?.type === 'NotEnoughInChannel');
		if (record.cheated || spoiled >= SPOILED_MAX || isPaused || error?.type === 'DailyLimitReached')
			return 'stopped';
		if (live && failures < ASLEEP_AFTER) return 'live';
		return failures >= ASLEEP_AFTER && error?.type !== 'AuthorUnknown' ? 'asleep' : 'searching';
	};

	const viewOf = (subscription: Subscription): FollowStatus => {
		const { error, maxPrice, dailyLimit, lastPrice } = subscription;
		const status = statusOf(subscription);
		// Nothing of it is under way, so nothing will make it trusted by itself.
		const isUntried = subscription.inFlight === 0;
		const waiting = [...subscription.wanted.values()].filter(
			({ id, price }) =>
				!subscription.busy.has(id) &&
				(price > maxPrice ||
					(status === 'stopped' && price > 0n) ||
					(isUntried && toSend(subscription, price) > trustIn(subscription)))
		);
		const isIdle = status === 'live' && !error;
		const tooDear = isIdle && waiting.some(({ price }) => price > maxPrice);
		const untried = isIdle && !tooDear && waiting.length > 0;
		return {
			status,
			error: tooDear ? peerError('PriceAboveLimit') : untried ? peerError('AuthorUntried') : error,
			price: lastPrice?.price,
			maxPrice,
			dailyLimit,
			...(({ perDay, spentToday }) => ({ perDay, spentToday }))(paceOf(subscription)),
			waiting: { count: waiting.length, cost: waiting.reduce((sum, { price }) => sum + price, 0n) }
		};
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
