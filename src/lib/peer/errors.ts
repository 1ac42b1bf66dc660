/**
 * One table of everything that can go wrong and a person or a peer must hear of. A peer gets an ILP
 * code; a person gets a sentence that says what happened, whether the money is safe and what to do
 * (the sentences are in the string catalogue of the page, keyed by `type`, so that they can be
 * translated). Errors are plain data and cross a worker boundary unharmed.
 */
export interface PeerError {
	readonly type: PeerErrorType;
	/** For logs and copyable details; not shown as the message. */
	readonly reason?: string;
}

/**
 * - `fault`: whose doing it usually is.
 * - `retry`: the same again may work without anybody changing anything.
 * - `money`: `safe` nothing moved or what moved is accounted for; `bounded` at most a stated limit is at risk;
 *   `unknown` the outcome is not known yet and will be learned from the peer or the chain.
 */
export interface ErrorRow {
	readonly fault: 'mine' | 'peer' | 'chain' | 'wallet' | 'storage' | 'network' | 'person';
	readonly retry: boolean;
	readonly money: 'safe' | 'bounded' | 'unknown';
}

export const ERRORS = {
	// the link to the hub
	HubUnreachable: { fault: 'network', retry: true, money: 'safe' },
	HubRefused: { fault: 'peer', retry: false, money: 'safe' },
	HubDisagrees: { fault: 'peer', retry: false, money: 'bounded' },
	/** This database is an older copy of itself, after a power failure by a few milliseconds; what it had forgotten was taken over from a neighbour. */
	RecordsOlder: { fault: 'storage', retry: false, money: 'bounded' },
	NotConnected: { fault: 'network', retry: true, money: 'safe' },
	// bytes from strangers
	MalformedFrame: { fault: 'peer', retry: false, money: 'safe' },
	InvalidEvent: { fault: 'peer', retry: false, money: 'safe' },
	InvalidDelegation: { fault: 'peer', retry: false, money: 'safe' },
	// claims and channels
	ClaimNotIncreasing: { fault: 'peer', retry: false, money: 'safe' },
	ClaimForged: { fault: 'peer', retry: false, money: 'safe' },
	ClaimBeyondDeposit: { fault: 'peer', retry: false, money: 'safe' },
	ChannelClosed: { fault: 'peer', retry: false, money: 'safe' },
	ChannelUnknown: { fault: 'peer', retry: false, money: 'safe' },
	ChannelTerms: { fault: 'peer', retry: false, money: 'safe' },
	NotEnoughInChannel: { fault: 'person', retry: false, money: 'safe' },
	StillInGrace: { fault: 'person', retry: true, money: 'safe' },
	// reading
	AuthorUnknown: { fault: 'peer', retry: true, money: 'safe' },
	AuthorUnreachable: { fault: 'peer', retry: true, money: 'safe' },
	/** Fulfilled with nothing, garbage or the wrong event; not paid again. */
	AuthorCheated: { fault: 'peer', retry: false, money: 'bounded' },
	AnswerSpoiled: { fault: 'peer', retry: true, money: 'unknown' },
	PriceExpired: { fault: 'peer', retry: true, money: 'safe' },
	/** It asks more than a node is trusted with that has not delivered yet, and offers nothing cheaper to begin with. */
	AuthorUntried: { fault: 'peer', retry: true, money: 'safe' },
	PriceAboveLimit: { fault: 'person', retry: false, money: 'safe' },
	DailyLimitReached: { fault: 'person', retry: false, money: 'safe' },
	/** More would be locked in channels than the person allows without being asked. */
	CommitLimitReached: { fault: 'person', retry: false, money: 'safe' },
	/** Answered before, or its day is over. */
	ConsentGone: { fault: 'person', retry: false, money: 'safe' },
	WayTooDear: { fault: 'network', retry: true, money: 'safe' },
	NoRoute: { fault: 'network', retry: true, money: 'safe' },
	PacketTimedOut: { fault: 'network', retry: true, money: 'unknown' },
	// the wallet and the chain
	WalletRefused: { fault: 'wallet', retry: true, money: 'safe' },
	WalletMissing: { fault: 'wallet', retry: false, money: 'safe' },
	/** The relay between this device and a wallet on another one (WalletConnect) does not answer. */
	WalletRelayUnreachable: { fault: 'network', retry: true, money: 'safe' },
	WalletWrongChain: { fault: 'wallet', retry: false, money: 'safe' },
	FundingRefused: { fault: 'chain', retry: false, money: 'safe' },
	ChainUnreachable: { fault: 'chain', retry: true, money: 'safe' },
	TransactionRefused: { fault: 'chain', retry: false, money: 'safe' },
	/** The endpoint answers for another chain than it was given for; nothing it says is believed. */
	ChainMistaken: { fault: 'chain', retry: true, money: 'safe' },
	/** It knows fewer blocks than it told of before. */
	ChainBehind: { fault: 'chain', retry: true, money: 'safe' },
	/** What it says of a channel at one time does not fit what it says at another. */
	ChainContradicts: { fault: 'chain', retry: true, money: 'safe' },
	/** In no block although more and more was offered; it is handed in again until it is. */
	TransactionStuck: { fault: 'chain', retry: true, money: 'safe' },
	GasTooDear: { fault: 'chain', retry: true, money: 'safe' },
	/** A channel needs money, and this node's own budget for channels is used up. */
	FundingBudgetReached: { fault: 'person', retry: false, money: 'safe' },
	/** A neighbour wants something done on the chain, and what this node spends on gas for it, or for all strangers, is used up for today. */
	GasBudgetReached: { fault: 'person', retry: false, money: 'safe' },
	ChainReplaced: { fault: 'chain', retry: false, money: 'safe' },
	PayoutTooSmall: { fault: 'person', retry: false, money: 'safe' },
	PayoutFailed: { fault: 'chain', retry: true, money: 'safe' },
	// this device
	StorageFull: { fault: 'storage', retry: false, money: 'safe' },
	StorageLost: { fault: 'storage', retry: false, money: 'bounded' },
	WrongPassword: { fault: 'person', retry: true, money: 'safe' },
	InvalidKey: { fault: 'person', retry: false, money: 'safe' },
	InvalidInput: { fault: 'person', retry: false, money: 'safe' },
	Internal: { fault: 'mine', retry: true, money: 'unknown' }
} as const satisfies Record<string, ErrorRow>;

export type PeerErrorType = keyof typeof ERRORS;

export const peerError = (type: PeerErrorType, reason?: string): PeerError =>
	reason === undefined ? { type } : { type, reason };
