/**
 * What two neighbours say to each other beside ILP packets, as values. The bytes are in
 * codec/link.ts. Each rides in the protocol data of a BTP message:
 *
 * | protocol name | direction | request → answer |
 * |---|---|---|
 * | `auth` + `auth_token` + `delegation` | dialler → listener | who I am → who I am, and `time` |
 * | `link` | both | hello → hello, then outcomes → (empty) |
 * | `claim` | both | beside `ilp` in the same message, applied before the packet |
 * | `settle` | both | fund, channel, payout, close, late, paid → done, paidOut, closed or refused |
 *
 * All totals are in link units (USD, scale 9) over the life of the link and only rise.
 */
import type { NostrEvent } from '../codec/nostr-event.ts';
import type { Address, ChannelKey, FundingAuthorization } from '../settlement/chain.ts';
import type { Hex } from '../bytes.ts';

/** A claim as it rides beside a packet (PROTOCOL section 6): the channel key is known from the hello. */
export interface WireClaim {
	/** SettlementScheme.id; 0 is evm. */
	readonly scheme: number;
	readonly channel: Hex;
	readonly epoch: number;
	/** In the token's unit. */
	readonly cumulative: bigint;
	readonly signature: Uint8Array;
}

export interface Hello {
	readonly version: 1;
	/** 1 live, 2 test: a node is on one of them, never both. */
	readonly network: 1 | 2;
	/** CAIP-19 of the asset channels hold; links themselves are USD at scale 9. */
	readonly asset: string;
	/** W: the most value this side may have claimed ahead of what was fulfilled. */
	readonly window: bigint;
	/** Credit this side gives the other: how far the other may owe it without a claim. */
	readonly credit: bigint;
	readonly maxPacket: bigint;
	/** Where channels towards this side must pay, and where its payouts go. */
	readonly payee: Address | undefined;
	/** Channels this side opened towards the other. */
	readonly channels: readonly { readonly key: ChannelKey; readonly epoch: number }[];
	/** The newest claim this side holds from the other, per channel. */
	readonly claims: readonly WireClaim[];
	/** Sum of what this side fulfilled for the other, and of what it saw the other fulfill. */
	readonly fulfilledByMe: bigint;
	readonly fulfilledByYou: bigint;
	readonly paidOutByMe: bigint;
	readonly paidOutByYou: bigint;
	/** SHA-256 of prepares this side sent whose outcome it does not know. */
	readonly unresolved: readonly Uint8Array[];
	/** Only from a node that pays guests out. */
	readonly payoutTerms?: PayoutTerms;
	/** This side's own announcement (kind 32001), so that a neighbour needs no look-up. */
	readonly announcement?: NostrEvent;
}

export interface PayoutTerms {
	/** Paid out by itself above this much held. */
	readonly threshold: bigint;
	/** Taken from each payout. */
	readonly fee: bigint;
	/** At most this long until the transfer is sent. */
	readonly delaySeconds: number;
}

/** What became of the other side's unresolved prepares. */
export interface Outcomes {
	readonly outcomes: readonly Outcome[];
}

export type Outcome = { readonly prepare: Uint8Array } & (
	| { readonly result: 'fulfilled'; readonly fulfillment: Uint8Array; readonly data: Uint8Array }
	| { readonly result: 'rejected' }
	/** Still under way here; the answer will come on this socket. */
	| { readonly result: 'pending' }
);

export type SettleRequest =
	/** Please put this signed funding on the chain for me; you pay the gas. */
	| { readonly op: 'fund'; readonly funding: FundingAuthorization; readonly epoch: number }
	/** I opened or topped up this channel towards you myself; look at the chain. */
	| { readonly op: 'channel'; readonly key: ChannelKey; readonly epoch: number }
	/** Please pay out what you hold for me, to my payee address. */
	| { readonly op: 'payout' }
	/** Please end this channel of mine now, keeping only what you are owed. */
	| { readonly op: 'close'; readonly channel: Hex; readonly epoch: number }
	/**
	 * I paid you out what I held for you, less the fee; look at the chain. Said again after each hello until
	 * the other side has booked it.
	 */
	| { readonly op: 'paid'; readonly transaction: Hex; readonly amount: bigint; readonly fee: bigint }
	/** These fulfilments of yours came when I could no longer be paid for them; I do not count them. */
	| { readonly op: 'late'; readonly prepares: readonly Uint8Array[] };

export type SettleAnswer =
	| { readonly op: 'done'; readonly transaction?: Hex; readonly epoch?: number }
	| { readonly op: 'paidOut'; readonly transaction: Hex; readonly amount: bigint; readonly fee: bigint }
	| { readonly op: 'closed'; readonly transaction: Hex; readonly captured: bigint; readonly refunded: bigint }
	/** `code` is a type of the error table; `text` is for a person. */
	| { readonly op: 'refused'; readonly code: string; readonly text: string };
