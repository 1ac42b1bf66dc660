/** One followed node as the parts of the reader see it, and what they share. */
import type { BeyondLimit } from '../budgets.ts';
import type { HaveEntry, Part } from '../codec/frames.ts';
import type { Filter, VerifiedEvent } from '../codec/nostr-event.ts';
import type { PeerError } from '../errors.ts';
import type { EventStore } from '../events/store.ts';
import type { PacketSender } from '../ilp/delivery.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Cancel, Clock, Crypto, Log, Random } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { NodeContact, Sessions } from '../stream/session.ts';
import type { Buyer } from './buyer.ts';
import type { Connections } from './connections.ts';
import type { NodeRecord, ReaderStore } from './reader-store.ts';
import type { Wanted } from './wanted.ts';

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
	/** For all authors together, link units; what was allowed beyond it today is in it. */
	readonly dailyLimit: () => bigint;
	/** What was allowed today for this author beyond the limit of its follow. */
	readonly allowedBeyond?: (node: string) => bigint;
	/** More is wanted today than a limit lets through. */
	readonly onLimit?: (node: string, beyond: BeyondLimit) => void;
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

export interface Subscription {
	readonly node: string;
	readonly requestId: number;
	maxPrice: bigint;
	dailyLimit: bigint;
	filters: readonly Filter[];
	/** Unix ms. */
	since: number;
	cursor: Uint8Array | undefined;
	readonly wanted: Wanted;
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

/** One GET to be. */
export interface Batch {
	readonly entries: readonly HaveEntry[];
	readonly prices: readonly bigint[];
	readonly part: Part | undefined;
	readonly amount: bigint;
}

export interface ReaderContext {
	readonly dependencies: ReaderDependencies;
	readonly records: ReaderStore;
	readonly subscriptions: ReadonlyMap<string, Subscription>;
	readonly connections: Connections;
	readonly buyer: Buyer;
	readonly isRunning: () => boolean;
	/** Followed, and the reader runs. */
	readonly isActive: (subscription: Subscription) => boolean;
	/** Work that nobody waits for; a disk error in it must not kill the host. */
	readonly inBackground: (what: string, work: Promise<unknown>) => void;
	/** A view changed. */
	readonly changed: () => void;
}

/** Unreadable or vanished answers after which nothing more is paid to a node until the next start. */
export const SPOILED_MAX = 3;
