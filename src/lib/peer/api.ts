/**
 * What a person can see and do, as the page (through a worker) or an operator's program uses it.
 * Everything here survives structured cloning: plain data, `bigint` for money in link units (USD,
 * scale 9) unless a name says otherwise, Unix milliseconds for times unless it says seconds.
 *
 * `state()` is small and pushed whole; lists (feed, activity, people) are asked for again when their
 * number in `revision` changes.
 */
import type { BudgetLimit, Budgets } from './budgets.ts';
import type { NostrEvent } from './codec/nostr-event.ts';
import type { Hex } from './bytes.ts';
import type { PeerError } from './errors.ts';
import type { Result } from './result.ts';
import type { Address, FundingAuthorization } from './settlement/chain.ts';
import type { FundingTypedData } from './settlement/scheme.ts';
import type { StatementPage, StatementQuery } from './ledger/statement.ts';
import type { TransferKind, TransferMemo, TransferState } from './ledger/ledger.ts';

export interface PeerApi {
	state(): Promise<PeerState>;
	/** Calls back with the whole state after each change (at most every 50 ms). Answers an id for `unwatch`. */
	watch(onState: (state: PeerState) => void): Promise<number>;
	unwatch(id: number): Promise<void>;

	feed(query: {
		readonly limit: number;
		readonly before?: FeedPosition;
		readonly author?: string;
	}): Promise<readonly FeedItem[]>;
	activity(query: { readonly limit: number; readonly before?: number }): Promise<readonly ActivityItem[]>;
	/** The ledger as a file, page by page; `cursor` is the `next` of the page before. */
	statement(query: StatementQuery): Promise<StatementPage>;
	/** Everybody announced at the hub, plus those followed. */
	people(): Promise<readonly Person[]>;
	person(pubkey: string): Promise<Person>;
	/** What my notes earned, newest first. */
	earnings(query: { readonly limit: number }): Promise<readonly Earning[]>;
	/** How many payments these books hold: what would have been one transaction each on the chain. */
	paymentCounts(): Promise<PaymentCounts>;

	/** Starts a paid (or free) subscription. `maxPrice` per note and the daily limit are the person's consent. */
	follow(
		pubkey: string,
		terms: { readonly maxPrice: bigint; readonly dailyLimit: bigint }
	): Promise<Answer<null>>;
	/** Stops at once: nothing more is got or paid. */
	unfollow(pubkey: string): Promise<Answer<null>>;
	/** Changes the limits that are named (link units); questions they answer are gone. `perDay: 0n` stops all spending. */
	setBudgets(change: Partial<Budgets>): Promise<Answer<null>>;
	/**
	 * Answers one question of `state().consents`. `allow` lets through what was asked for and not a unit more;
	 * `deny` lets nothing through. Neither is asked again before `until`. Error: ConsentGone.
	 */
	answerConsent(id: string, answer: 'allow' | 'deny'): Promise<Answer<null>>;
	/** The most the hub may hold of what I earn; 0 takes no money on credit. Dials the hub again to tell it. */
	setFloat(float: bigint): Promise<Answer<null>>;

	/** Signs with my key, keeps it, offers it to my readers. */
	publish(draft: {
		readonly content: string;
		readonly tags?: readonly (readonly string[])[];
		readonly kind?: number;
	}): Promise<Answer<NostrEvent>>;
	setPrice(pricePerNote: bigint): Promise<Answer<null>>;
	setProfile(profile: Profile): Promise<Answer<NostrEvent>>;
	/** Announces me at the hub so that others can find and pay me; done by itself on the first post. */
	announce(): Promise<Answer<null>>;

	/** What the wallet must sign to open (or top up) the channel to the hub. `amount` in the token's unit. */
	prepareFunding(request: {
		readonly payer: Address;
		readonly amount: bigint;
		readonly channel?: Hex;
	}): Promise<Answer<FundingRequest>>;
	/** Hands the signed funding to the hub, waits until the chain has it. */
	fund(funding: FundingAuthorization): Promise<Answer<{ readonly channel: Hex }>>;
	/** Asks the hub to end it now; the unspent deposit is back in the wallet when this resolves. */
	closeChannel(channel: Hex): Promise<Answer<{ readonly refunded: bigint }>>;
	/** Without the hub: what the wallet must send, first to ask, and after the grace to withdraw. */
	prepareRequestClose(channel: Hex): Promise<Answer<WalletTransaction>>;
	prepareWithdraw(channel: Hex): Promise<Answer<WalletTransaction>>;
	/** Reads the chain again for this channel (after the wallet sent something). */
	refreshChannel(channel: Hex): Promise<Answer<null>>;
	/** Dials the hub now instead of when the next try is due. */
	retryLink(): Promise<Answer<null>>;
	/** Where payouts go; the wallet that funded, unless set. */
	setPayoutAddress(address: Address): Promise<Answer<null>>;
	/** Cashes out what the hub holds, minus its announced fee. Amounts in link units. */
	payout(): Promise<Answer<{ readonly paid: bigint; readonly fee: bigint; readonly transaction: Hex }>>;

	/** NIP-49. */
	exportKey(password: string): Promise<Answer<string>>;
	/**
	 * nsec1… or ncryptsec1…; replaces the person, keeps channels (they belong to this device). Errors: WrongPassword,
	 * InvalidKey; InvalidInput on a node that has an address of its own, which is made of its key.
	 */
	importKey(secret: string, password?: string): Promise<Answer<{ readonly pubkey: string }>>;
	/** Lines of JSONL; call repeatedly with chunks of whole lines. */
	importEvents(lines: readonly string[]): Promise<ImportCounts>;
	/** Everything of this person as JSONL. */
	exportEvents(): Promise<string>;
	stop(): Promise<void>;
}

export type Answer<T> = Result<T, PeerError>;

export interface PeerState {
	readonly me: { readonly pubkey: string; readonly profile: Profile; readonly announced: boolean };
	readonly link: LinkView;
	readonly chain: ChainView;
	readonly storage: {
		readonly kind: 'opfs' | 'memory' | 'file';
		readonly bytes: number;
		readonly maxBytes: number;
	};
	readonly channels: readonly ChannelView[];
	readonly money: {
		/** What the wallet in `payoutAddress` holds on chain; undefined while no wallet is known. */
		readonly wallet: bigint | undefined;
		/** In my channels and still mine. */
		readonly spendable: bigint;
		/** Held by my hub for me (earned and not yet paid out or spent); below zero never. */
		readonly held: bigint;
		/** The most the hub may hold: my float. */
		readonly float: bigint;
		readonly spentToday: bigint;
		readonly earnedToday: bigint;
		readonly earned: bigint;
	};
	/** What may be spent or locked up without asking; see budgets.ts. */
	readonly budgets: Budgets;
	/** What waits because a limit would be passed, oldest first; each asked once. */
	readonly consents: readonly Consent[];
	readonly payout:
		{ readonly address: Address | undefined; readonly fee: bigint; readonly threshold: bigint } | undefined;
	/**
	 * What I ask per note, what publishing costs me (0 on my own node), and the most the next note can cost while it
	 * is one of my first: strangers try a dear author with those.
	 */
	readonly price: {
		readonly perNote: bigint;
		readonly publish: bigint;
		readonly nextAtMost: bigint | undefined;
	};
	readonly follows: readonly FollowView[];
	/** Newest first; each stays until its cause is gone or it is dismissed. */
	readonly notices: readonly Notice[];
	readonly revision: { readonly feed: number; readonly activity: number; readonly people: number };
}

/** A question: may more be spent, or locked in a channel, than the limit says? Until it is answered nothing moves. */
export interface Consent {
	readonly id: string;
	readonly at: number;
	readonly limit: BudgetLimit;
	/** The author who would be paid, or the person at the other end of the channel; undefined when it is several. */
	readonly peer: string | undefined;
	/** What would be locked, and where; undefined for what is spent, and for a channel yet to be opened. */
	readonly channel: Hex | undefined;
	/** `spend`: paid for notes. `commit`: locked in a channel, and still mine. */
	readonly act: 'spend' | 'commit';
	/** The limit as it stands, what is used of it, and how much is asked for on top of that. Link units. */
	readonly most: bigint;
	readonly used: bigint;
	readonly wanted: bigint;
	/** The question and its answer end here: at the end of the day. */
	readonly until: number;
}

export interface Notice {
	readonly id: string;
	readonly at: number;
	readonly error: PeerError;
}

export interface LinkView {
	/** `leader`less tabs show the leader's link. */
	readonly status: 'connecting' | 'online' | 'offline';
	readonly url: string;
	/** The hub's Nostr key, once authenticated. */
	readonly hub: string | undefined;
	/** My ILP address below the hub (ILDCP). */
	readonly address: string | undefined;
	readonly since: number;
	/** When the next try to connect is due, while offline. */
	readonly retryAt: number | undefined;
}

export interface ChainView {
	readonly status: 'ok' | 'down' | 'unknown';
	readonly id: number;
	readonly rpcUrl: string;
	readonly contract: Address;
	readonly token: Address;
	readonly tokenScale: number;
	/** Unix seconds of the chain's newest block. */
	readonly time: number | undefined;
}

export interface ChannelView {
	readonly id: Hex;
	readonly peer: string;
	readonly direction: 'out' | 'in';
	readonly status: 'opening' | 'open' | 'closing' | 'closed' | 'archived';
	/** Link units. */
	readonly deposited: bigint;
	/** Promised by signed claims. */
	readonly claimed: bigint;
	/** Still mine: deposited minus what was spent through it (claims ahead count as mine while unspent). */
	readonly remaining: bigint;
	/** Captured on the chain. */
	readonly settled: bigint;
	/** Unix seconds at which withdraw opens, while closing without the hub. */
	readonly closeAt: number | undefined;
	/** Seconds that pass between such a request and the withdrawal. */
	readonly grace: number;
	readonly payer: Address;
	readonly openedAt: number;
}

export interface FollowView {
	readonly pubkey: string;
	readonly name: string;
	/** searching: no announcement yet. asleep: the author did not answer. stopped: a limit or error, see `error`. */
	readonly status: 'searching' | 'live' | 'asleep' | 'stopped';
	readonly error: PeerError | undefined;
	readonly price: bigint | undefined;
	readonly maxPrice: bigint;
	readonly dailyLimit: bigint;
	readonly spentToday: bigint;
	/** What a day costs at the pace of the last seven days (or since following). */
	readonly perDay: bigint;
	/** Links to the author, where the hub states it. */
	readonly links: number | undefined;
	/** Offered and not got (over a limit or above the accepted price). */
	readonly waiting: { readonly count: number; readonly cost: bigint };
}

export interface Profile {
	readonly name?: string;
	readonly about?: string;
	readonly picture?: string;
}

export interface Person {
	readonly pubkey: string;
	readonly profile: Profile;
	/** From the announcement (kind 32001), if there is a valid one. */
	readonly price: bigint | undefined;
	readonly announced: boolean;
	readonly links: number | undefined;
	readonly followed: boolean;
	readonly notes: number;
}

export interface FeedPosition {
	readonly createdAt: number;
	readonly id: string;
}

export interface FeedItem {
	readonly event: NostrEvent;
	readonly profile: Profile;
	/** What I sent for it, and of that what the way took; both 0 for free notes. Undefined for my own. */
	readonly cost: bigint | undefined;
	readonly way: bigint | undefined;
	readonly links: number | undefined;
	/** For my own notes: what readers paid so far and how many. */
	readonly earned: bigint | undefined;
	readonly readers: number | undefined;
	readonly receivedAt: number;
}

export interface ActivityItem {
	readonly id: number;
	readonly at: number;
	readonly kind: TransferKind;
	readonly state: TransferState;
	readonly from: string;
	readonly to: string;
	readonly amount: bigint;
	readonly memo: TransferMemo;
}

export interface Earning {
	readonly eventId: string;
	readonly content: string;
	readonly at: number;
	readonly amount: bigint;
	readonly readers: number;
}

export interface PaymentCounts {
	/** To authors, each for one answer. */
	readonly made: number;
	/** From readers of mine. */
	readonly taken: number;
}

export interface FundingRequest {
	readonly channel: Hex;
	readonly funding: Omit<FundingAuthorization, 'signature'>;
	readonly typedData: FundingTypedData;
	/** What the hub charges for relaying it, in link units. */
	readonly fee: bigint;
}

export interface WalletTransaction {
	readonly to: Address;
	readonly data: Hex;
	readonly value: bigint;
}

export interface ImportCounts {
	readonly stored: number;
	readonly replaced: number;
	readonly duplicate: number;
	readonly invalid: number;
	/** One line per refused event: line number within this call, and why. */
	readonly reasons: readonly { readonly line: number; readonly reason: string }[];
}
