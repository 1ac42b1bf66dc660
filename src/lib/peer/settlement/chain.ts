/**
 * The chain port for EVM channels: what a host must be able to read from and send to one chain on
 * which the channel contract lives. The real one (viem-chain.ts) talks JSON-RPC; the simulated one
 * (testing/simulated-chain.ts) keeps the same rules in memory. Both pass testing/chain-conformance.ts.
 *
 * Amounts are in the token's smallest unit (the test dollar has 6 decimals). Times are Unix seconds
 * of the chain's own clock. Addresses are lower-case 0x hex.
 */
import type { Hex } from '../bytes.ts';
import type { Cancel } from '../platform.ts';
import type { Result } from '../result.ts';

export type Address = Hex;

/** The immutable terms of a channel; the id is their hash, bound to chain and contract. */
export interface ChannelKey {
	/** Whose money it is; gets back what was not captured. */
	readonly payer: Address;
	/** The only one claims ever pay. */
	readonly payee: Address;
	/** ERC-20 contract, or the zero address for ETH. */
	readonly token: Address;
	/** Whose signature makes a claim: the claim key of the paying embodiment, never a wallet. */
	readonly signer: Address;
	/** Seconds between a request to close and the withdrawal. */
	readonly grace: number;
	/** Unix seconds after which the payer may withdraw without asking. */
	readonly expiry: number;
	/** 32 bytes; lets the same parties have several channels. */
	readonly salt: Hex;
}

/** The contract's one slot. `deposited === 0n` and no epoch before it: never opened. */
export interface ChannelState {
	readonly deposited: bigint;
	readonly claimed: bigint;
	/** Unix seconds at which withdraw opens, 0 while nobody asked to close. */
	readonly closeAt: number;
	/** Rises by one at each end; signed into every claim. */
	readonly epoch: number;
}

export interface SignedClaim {
	readonly key: ChannelKey;
	readonly epoch: number;
	/** Total ever promised in this epoch, in the token's unit. */
	readonly cumulative: bigint;
	/** 65 bytes r ‖ s ‖ v. */
	readonly signature: Uint8Array;
}

/** The payee's consent to end a channel at `capture`, letting the payer have the rest at once. */
export interface SignedClose {
	readonly key: ChannelKey;
	readonly epoch: number;
	readonly capture: bigint;
	readonly deadline: number;
	readonly signature: Uint8Array;
}

/** An EIP-3009 authorization by the payer's wallet that only opens (or tops up) this one channel. */
export interface FundingAuthorization {
	readonly key: ChannelKey;
	readonly amount: bigint;
	readonly validAfter: number;
	readonly validBefore: number;
	/** Running number of fundings within the epoch; part of the nonce. 0 opens, more tops up. */
	readonly index: number;
	readonly signature: Uint8Array;
}

export type ChainEvent =
	| {
			readonly type: 'Opened';
			readonly id: Hex;
			readonly key: ChannelKey;
			readonly epoch: number;
			readonly amount: bigint;
	  }
	| { readonly type: 'ToppedUp'; readonly id: Hex; readonly epoch: number; readonly amount: bigint }
	| {
			readonly type: 'Claimed';
			readonly id: Hex;
			readonly epoch: number;
			readonly cumulative: bigint;
			readonly paid: bigint;
	  }
	| { readonly type: 'CloseRequested'; readonly id: Hex; readonly epoch: number; readonly closeAt: number }
	/** By the payee or with the payee's signature; `captured` is the epoch's final claimed total. */
	| {
			readonly type: 'Closed';
			readonly id: Hex;
			readonly epoch: number;
			readonly captured: bigint;
			readonly refunded: bigint;
	  }
	| {
			readonly type: 'Withdrawn';
			readonly id: Hex;
			readonly epoch: number;
			readonly captured: bigint;
			readonly refunded: bigint;
	  };

/**
 * What an account does on the chain, each in one transaction. Claims of a `redeem` are of one payee in one token;
 * anybody may hand them in, and those that are worth nothing are skipped unless all are.
 */
export type ChainAct =
	/** The account is the payer. */
	| { readonly type: 'open' | 'topUp'; readonly key: ChannelKey; readonly amount: bigint }
	/** Relays a stranger's funding: opens (index 0) or tops up. */
	| { readonly type: 'fund'; readonly funding: FundingAuthorization }
	| { readonly type: 'redeem'; readonly claims: readonly SignedClaim[] }
	/** Ends the channel now with the payee's signed consent and, if it captures more, a claim. */
	| { readonly type: 'close'; readonly close: SignedClose; readonly claim: SignedClaim | undefined }
	| { readonly type: 'requestClose' | 'withdraw'; readonly key: ChannelKey }
	/** A plain token transfer. */
	| { readonly type: 'transfer'; readonly to: Address; readonly amount: bigint };

export type ChainError =
	/** Nobody answered, or not in time, or nothing that makes sense. Nothing is known about a transaction in flight. */
	| { readonly type: 'ChainUnreachable'; readonly reason: string }
	/** Somebody answers for another chain than this port is for. */
	| { readonly type: 'ChainMistaken'; readonly reason: string }
	/** The chain refused, before or after mining; `reason` is the contract's error name when known. */
	| { readonly type: 'TransactionRefused'; readonly reason: string }
	/** Another transaction of this account has used the number. */
	| { readonly type: 'NumberTaken' }
	/** Gas costs more than this host pays. */
	| { readonly type: 'GasTooDear'; readonly reason: string }
	/** This host holds no key with gas for this chain. */
	| { readonly type: 'NoChainAccount' };

/** Signed and not sent. Whoever keeps `raw` can send it again and again: it is mined at most once. */
export interface SignedTransaction {
	readonly raw: Hex;
	readonly hash: Hex;
	/** The account's running number that it uses up. */
	readonly nonce: number;
	/** It only makes way for the act (an allowance): once it is mined the act is to be prepared again. */
	readonly isPreliminary: boolean;
	/** Wei that it costs at most, at what it offers; with the data fee of a rollup as it is now. */
	readonly cost: bigint;
}

/** What has become of a signed transaction. What is not final may still change. */
export type TransactionFate =
	| {
			readonly type: 'mined';
			readonly hash: Hex;
			readonly transfers: readonly TokenTransfer[];
			readonly isFinal: boolean;
	  }
	/** In a block, and nothing came of it; `reason` is the contract's error name when known. */
	| { readonly type: 'reverted'; readonly hash: Hex; readonly reason: string; readonly isFinal: boolean }
	| { readonly type: 'pending' }
	/** Another transaction used its number, in a block that is final: it can never be mined. */
	| { readonly type: 'impossible' };

/** A movement of this port's token, as its log tells. */
export interface TokenTransfer {
	readonly from: Address;
	readonly to: Address;
	readonly amount: bigint;
}

/** One out of an account, and the transaction it was in. */
export interface Payment extends TokenTransfer {
	readonly hash: Hex;
}

/** A block: one of the same number and another hash is of another history. Without a hash nobody can tell. */
export interface ChainPoint {
	readonly block: bigint;
	readonly hash?: Hex;
}

/** What a watch tells. Reports follow each other without a gap. */
export interface ChainReport {
	readonly events: readonly ChainEvent[];
	/** The newest block it covers. */
	readonly upTo: ChainPoint;
	/**
	 * Blocks that were reported are not on the chain any more. What was told of them may not hold, and what
	 * took their place is told from some blocks further back, so that events come again.
	 */
	readonly isReorganised: boolean;
}

type Read<T> = Promise<Result<T, ChainError>>;

export interface ChainPort {
	readonly chainId: number;
	readonly contract: Address;
	readonly token: Address;
	/** Decimals of the token. */
	readonly tokenScale: number;
	/** The account that pays gas here and receives what claims pay, if this host has one. */
	readonly account: Address | undefined;

	/** Tells one local chain from the next on the same id; `ChainMistaken` when it has another id. */
	genesisHash(): Read<Hex>;
	/** Number and time (Unix seconds) of the newest block. */
	head(): Read<{ readonly block: bigint; readonly time: number }>;
	channel(id: Hex): Read<ChannelState>;
	/** The same of many, in their order. */
	channels(ids: readonly Hex[]): Read<readonly ChannelState[]>;
	tokenBalance(owner: Address): Read<bigint>;
	/** How many transactions of this port's account are in blocks, whoever signed them; 0 without one. */
	nonce(): Read<number>;
	/** EIP-712 domain of the token, for a wallet to sign EIP-3009 with. */
	tokenDomain(): Read<{ readonly name: string; readonly version: string }>;
	/** Wei that redeeming so many channels in one transaction costs at the price of now, about; with the data fee of a rollup. */
	redeemCost(channels: number): Read<bigint>;

	/**
	 * Signs, and sends nothing. What the chain would refuse now is refused now. It takes the account's next number,
	 * or `firstNonce` where the chain does not know yet of what was signed before.
	 */
	prepare(act: ChainAct, firstNonce?: number): Read<SignedTransaction>;
	/**
	 * The same once more under the same number for at least an eighth more gas fee, and at least the price of now:
	 * only one of the two can be mined.
	 */
	outbid(raw: Hex): Read<SignedTransaction>;
	/**
	 * Hands it to the chain and does not wait for a block. Doing it again moves nothing twice; `NumberTaken` once
	 * its number is used, by itself or another: `fate` tells which.
	 */
	broadcast(raw: Hex): Read<null>;
	/** Of the transactions of one number. A stranger's has no `nonce` here: then it is mined, reverted or pending. */
	fate(transaction: { readonly hashes: readonly Hex[]; readonly nonce?: number }): Read<TransactionFate>;

	/**
	 * All that ever happened to one channel, or to all that a payer opened, in order: for who lost the books. An endpoint
	 * that answers for few blocks at once is asked for a year of them for one channel; for a payer it cannot tell.
	 */
	history(of: { readonly id: Hex } | { readonly payer: Address }): Read<readonly ChainEvent[]>;

	/**
	 * What the account moved of the token by plain transfers and into channels, in the blocks from this one on, in order:
	 * for who lost sight of what it paid.
	 */
	payments(from: bigint): Read<readonly Payment[]>;

	/**
	 * Events of the contract touching these channels, in order, from the block after `from` on (or the first), then
	 * live. A chain that has not come as far as `from` is waited for in silence.
	 */
	watch(
		ids: () => readonly Hex[],
		from: ChainPoint | undefined,
		onReport: (report: ChainReport) => void
	): Cancel;
}
