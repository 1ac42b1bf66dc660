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

export type ChainError =
	/** Nobody answered, or not in time. Nothing is known about a transaction in flight. */
	| { readonly type: 'ChainUnreachable'; readonly reason: string }
	/** The chain refused, before or after mining; `reason` is the contract's error name when known. */
	| { readonly type: 'TransactionRefused'; readonly reason: string }
	/** This host holds no key with gas for this chain. */
	| { readonly type: 'NoChainAccount' };

export interface Receipt {
	readonly transaction: Hex;
	readonly block: bigint;
	/** Wei spent on gas, 0 when somebody else paid. */
	readonly gasCostWei: bigint;
}

/** Signed and not sent. Whoever keeps `raw` can send it again and again: it is mined at most once. */
export interface SignedTransaction {
	readonly raw: Hex;
	readonly hash: Hex;
	/** The account's running number that it uses up. */
	readonly nonce: number;
}

/** What has become of a signed transaction. `pending` is the only one that may still change. */
export type TransactionFate =
	| { readonly type: 'mined'; readonly transfers: readonly TokenTransfer[] }
	/** In a block, and nothing came of it. */
	| { readonly type: 'reverted' }
	| { readonly type: 'pending' }
	/** Another transaction used its number, in a block that is final: it can never be mined. */
	| { readonly type: 'impossible' };

/** A movement of this port's token, as its log tells. */
export interface TokenTransfer {
	readonly from: Address;
	readonly to: Address;
	readonly amount: bigint;
}

type Sent = Promise<Result<Receipt, ChainError>>;
type Read<T> = Promise<Result<T, ChainError>>;

export interface ChainPort {
	readonly chainId: number;
	readonly contract: Address;
	readonly token: Address;
	/** Decimals of the token. */
	readonly tokenScale: number;
	/** The account that pays gas here and receives what claims pay, if this host has one. */
	readonly account: Address | undefined;

	/** Tells one local chain from the next on the same id. */
	genesisHash(): Read<Hex>;
	/** Number and time (Unix seconds) of the newest block. */
	head(): Read<{ readonly block: bigint; readonly time: number }>;
	channel(id: Hex): Read<ChannelState>;
	tokenBalance(owner: Address): Read<bigint>;
	/** EIP-712 domain of the token, for a wallet to sign EIP-3009 with. */
	tokenDomain(): Read<{ readonly name: string; readonly version: string }>;

	/** The account here is the payer; approves the exact amount when the token needs it. */
	open(key: ChannelKey, amount: bigint): Sent;
	/** Relays a stranger's funding: opens (index 0) or tops up. */
	openWithAuthorization(funding: FundingAuthorization): Sent;
	topUp(key: ChannelKey, amount: bigint): Sent;
	/** Anybody may submit; only the payee is paid. Stale claims in a batch are skipped. */
	redeem(claims: readonly SignedClaim[]): Sent;
	/** Ends the channel now with the payee's signed consent and, if it captures more, a claim. */
	close(close: SignedClose, claim: SignedClaim | undefined): Sent;
	requestClose(key: ChannelKey): Sent;
	withdraw(key: ChannelKey): Sent;
	/** A plain token transfer from the account here, in one go. */
	transfer(to: Address, amount: bigint): Sent;
	/**
	 * The same in steps, for whoever must write down what it is about to send: signs, and sends nothing. What the
	 * chain would refuse now is refused now. Until it is broadcast the next transaction of this account takes its
	 * number, and then it can never be mined.
	 */
	prepareTransfer(to: Address, amount: bigint): Read<SignedTransaction>;
	/**
	 * Hands it to the chain and does not wait for a block. Doing it again moves nothing twice; it is refused once
	 * its number is used, by itself or another: `fate` tells which.
	 */
	broadcast(raw: Hex): Read<null>;
	/** Of one's own. A stranger's has no `nonce` here: then it is mined, reverted or pending. */
	fate(transaction: { readonly hash: Hex; readonly nonce?: number }): Read<TransactionFate>;

	/** Events of the contract touching these channels, in order, from `fromBlock` on, then live. */
	watch(
		ids: () => readonly Hex[],
		fromBlock: bigint,
		onEvents: (events: readonly ChainEvent[], upToBlock: bigint) => void
	): Cancel;
}
