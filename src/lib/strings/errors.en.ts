/**
 * What a person is told for each error of the peer: what happened, whether the money is safe, what
 * to do. The keys are exactly those of the peer's error table; the compiler and a test see to it.
 */
import type { PeerErrorType } from '../peer/errors.ts';

export interface ErrorText {
	readonly happened: string;
	readonly money: string;
	readonly advice: string;
}

const SAFE = 'Your money is safe: nothing moved.';

export const errors: Record<PeerErrorType, ErrorText> = {
	HubUnreachable: {
		happened: 'Your hub does not answer.',
		money: 'Your money is safe: nothing can be spent while you are offline.',
		advice:
			'Nothing to do; the app tries again by itself. What you have can be read, and what you write is kept.'
	},
	HubRefused: {
		happened: 'Your hub refused what was asked of it.',
		money: 'Your money is safe: what is in your channel can be had back without the hub.',
		advice:
			'Check that this device’s clock is right, then load the page again. If it stays so, close the channel without the hub.'
	},
	HubDisagrees: {
		happened: 'Your books and your hub’s differ.',
		money:
			'At most the small amount promised ahead is at risk; nothing more is signed until you agree again.',
		advice:
			'Load the page again. If it stays so, close the channel and copy the details for the hub’s operator.'
	},
	RecordsOlder: {
		happened:
			'The records on this device were an older copy, or its power failed while they were written; what was missing was taken over from your hub.',
		money: 'Your money is counted right again: what was spent since is taken off, what was earned is added.',
		advice:
			'Nothing to do. If neither happened, look at what was taken over in the activity: your hub may count what you did not get.'
	},
	NotConnected: {
		happened: 'This needs the hub, and you are not connected.',
		money: SAFE,
		advice: 'Wait for “Online” above and try again.'
	},
	MalformedFrame: {
		happened: 'Another node sent a message that makes no sense.',
		money: 'Your money is safe: the message was refused.',
		advice: 'Nothing to do. If it is always the same author, unfollow.'
	},
	InvalidEvent: {
		happened: 'A note arrived whose signature or content is wrong.',
		money: 'Your money is safe: it was refused and not paid for.',
		advice: 'Nothing to do. If it is always the same author, unfollow.'
	},
	InvalidDelegation: {
		happened: 'A device claims to speak for somebody without proof.',
		money: 'Your money is safe: it was not listened to.',
		advice: 'Nothing to do. The author may have to renew the device’s permission.'
	},
	ClaimNotIncreasing: {
		happened: 'A claim was not above the one before.',
		money: 'Your money is safe: you still hold the higher claim.',
		advice: 'Nothing to do; the hub has to send a correct one.'
	},
	ClaimForged: {
		happened: 'A claim was signed with the wrong key.',
		money: 'Your money is safe: it was refused, and nothing was given for it.',
		advice: 'Nothing to do. If it keeps happening, cash out and copy the details.'
	},
	ClaimBeyondDeposit: {
		happened: 'A claim promises more than the channel holds.',
		money: 'Your money is safe: it was refused, and nothing was given for it.',
		advice: 'Nothing to do; the payer has to top up the channel first.'
	},
	ChannelClosed: {
		happened: 'This channel is closed.',
		money: 'Your money is safe: the unspent deposit went back to the wallet that paid it in.',
		advice: 'Put money in a new channel to go on reading paid notes.'
	},
	ChannelUnknown: {
		happened: 'The hub does not know this channel.',
		money: 'Your money is safe: the chain knows it, and you can have it back without the hub.',
		advice: 'Close the channel without the hub’s help, then open a new one.'
	},
	ChannelTerms: {
		happened: 'The terms of the channel are not acceptable to one side.',
		money: SAFE,
		advice: 'Load the page again to get the hub’s current terms, then try again.'
	},
	NotEnoughInChannel: {
		happened: 'There is not enough in your channel.',
		money: 'Your money is safe: nothing was sent, and the notes wait.',
		advice: 'Put money into your channel.'
	},
	StillInGrace: {
		happened: 'The grace period of the channel is not over.',
		money: 'Your money is safe: it stays in the channel until you withdraw it.',
		advice: 'Come back when the time on the channel’s card is over.'
	},
	AuthorUnknown: {
		happened: 'No announcement of this author was found.',
		money: SAFE,
		advice: 'Nothing to do; it is looked for again by itself. Check the key if you pasted it.'
	},
	AuthorUnreachable: {
		happened: 'The author’s node does not answer.',
		money: 'Your money is safe: you pay only for what arrives.',
		advice: 'Nothing to do; it is asked again by itself.'
	},
	AuthorCheated: {
		happened: 'The author took a payment and did not deliver the note.',
		money: 'The price of this one request is lost; nothing more is paid to this author.',
		advice: 'Unfollow, unless you have a reason to trust them.'
	},
	AnswerSpoiled: {
		happened: 'A note was damaged on its way to you.',
		money: 'It is asked for again with the receipt of the payment, without paying twice.',
		advice: 'Nothing to do; this happens by itself.'
	},
	PriceExpired: {
		happened: 'The offered price is no longer valid.',
		money: SAFE,
		advice: 'Nothing to do; the new price is asked for, and your limit still holds.'
	},
	AuthorUntried: {
		happened: 'This author has not delivered to you yet, and asks more than a stranger is trusted with.',
		money: 'Your money is safe: nothing was sent.',
		advice: 'Nothing to do: dearer notes come once a cheaper one has come as promised.'
	},
	PriceAboveLimit: {
		happened: 'The author asks more than you agreed to.',
		money: 'Your money is safe: nothing is bought above your limit.',
		advice: 'Change the terms for this author, or leave the notes waiting.'
	},
	DailyLimitReached: {
		happened: 'The daily limit is reached.',
		money: 'Your money is safe: nothing more is bought today.',
		advice: 'Wait until tomorrow, or raise the limit.'
	},
	CommitLimitReached: {
		happened: 'More would be locked in a channel than you allow without being asked.',
		money: SAFE,
		advice: 'Allow it this once, or change the limit.'
	},
	ConsentGone: {
		happened: 'This question is answered already, or its day is over.',
		money: SAFE,
		advice: 'Nothing to do; you are asked again when a limit is reached.'
	},
	WayTooDear: {
		happened: 'The nodes on the way take too large a part.',
		money: 'Your money is safe: nothing was sent that way.',
		advice: 'Nothing to do; it is tried again later, when fees may be lower.'
	},
	NoRoute: {
		happened: 'There is no way to this author at the moment.',
		money: 'Your money is safe: the packet came back unpaid.',
		advice: 'Nothing to do; it is tried again by itself.'
	},
	PacketTimedOut: {
		happened: 'An answer did not come in time.',
		money: 'Whether the payment went through is learned from the hub; a note is never paid twice.',
		advice: 'Nothing to do; it is asked for again with the same receipt.'
	},
	WalletRefused: {
		happened: 'The wallet declined.',
		money: SAFE,
		advice: 'Try again if you did not mean to decline.'
	},
	WalletMissing: {
		happened: 'No wallet is connected.',
		money: SAFE,
		advice: 'Connect a wallet and try again.'
	},
	WalletRelayUnreachable: {
		happened: 'WalletConnect’s relay does not answer. Wallets on other devices are reached through it.',
		money: SAFE,
		advice: 'Try again when you are online, or choose a wallet in this browser.'
	},
	WalletWrongChain: {
		happened: 'The wallet is on another chain than this network.',
		money: SAFE,
		advice: 'Let the wallet switch to this network’s chain, or choose another wallet.'
	},
	FundingRefused: {
		happened: 'The funding was not accepted.',
		money: 'Your money is safe: it is still in your wallet.',
		advice: 'Check that the wallet holds the amount, then try again.'
	},
	ChainUnreachable: {
		happened: 'The chain does not answer.',
		money: 'Your money is safe: it stays where it is.',
		advice: 'Opening, closing and cashing out have to wait. Try again later.'
	},
	TransactionRefused: {
		happened: 'The chain refused a transaction.',
		money: 'Your money is safe: a refused transaction changes nothing.',
		advice: 'Try again. If it is refused again, copy the details.'
	},
	ChainMistaken: {
		happened: 'The service that tells about the chain answers for another chain.',
		money: 'Your money is safe: nothing it says is believed, and what is signed is worth nothing elsewhere.',
		advice:
			'Nothing to do if it ends soon. If it stays so, the address of the chain in the settings is wrong.'
	},
	ChainBehind: {
		happened: 'The service that tells about the chain is behind.',
		money: 'Your money is safe: reading goes on with what is in your channel; openings and payouts wait.',
		advice: 'Nothing to do; it is asked again and again.'
	},
	ChainContradicts: {
		happened: 'The service that tells about the chain contradicts itself.',
		money: 'Your money is safe: what does not fit is not believed, and it is asked again.',
		advice: 'Nothing to do if it ends soon. If it stays so, another service should be used.'
	},
	TransactionStuck: {
		happened: 'The chain has not taken a transaction, though more and more was offered for it.',
		money: 'Your money is safe: it is handed in again until it is taken, and can be taken only once.',
		advice: 'Look whether the account that pays for gas has enough.'
	},
	GasTooDear: {
		happened: 'Using the chain costs more than this node pays.',
		money: SAFE,
		advice: 'Nothing to do; it is tried again when it is cheaper.'
	},
	FundingBudgetReached: {
		happened: 'A channel needs money, and today’s budget for channels is used up.',
		money: 'Your money is safe: nothing more was put in.',
		advice: 'Nothing to do; it goes on tomorrow. To go on now, raise the budget in the node’s settings.'
	},
	GasBudgetReached: {
		happened: 'Today’s budget for what this node does on the chain for others is used up.',
		money: 'Your money is safe: what is your own is still redeemed, and what you owe stays owed.',
		advice: 'Nothing to do; it goes on tomorrow. To go on now, raise the budget in the node’s settings.'
	},
	ChainReplaced: {
		happened: 'This network started over with a new chain.',
		money: 'The old chain’s test money is gone with it; your channels there were archived.',
		advice: 'Put money in a new channel to go on. Your key, notes and follows are still here.'
	},
	PayoutTooSmall: {
		happened: 'Too little is held to cash out.',
		money: 'Your money is safe: it stays with your hub.',
		advice: 'Cash out when more has gathered.'
	},
	PayoutFailed: {
		happened: 'The hub could not pay you out.',
		money: 'Your money is safe: the hub still owes it to you, as before.',
		advice: 'Try again later.'
	},
	StorageFull: {
		happened: 'This device has no room left.',
		money: 'Your money is safe: nothing is bought that cannot be stored.',
		advice: 'Free some space on the device, then load the page again.'
	},
	StorageLost: {
		happened: 'The browser cleared this app’s storage.',
		money: 'What was in open channels is at risk up to their deposits until the hub and the chain are asked.',
		advice: 'Import your key’s backup in Settings and reconnect the wallet that paid in.'
	},
	WrongPassword: {
		happened: 'The password does not fit.',
		money: SAFE,
		advice: 'Try again; mind upper and lower case.'
	},
	InvalidKey: {
		happened: 'This is not a key the app can read.',
		money: SAFE,
		advice: 'Paste the whole text, beginning with nsec1 or ncryptsec1.'
	},
	InvalidInput: {
		happened: 'Something in the form is not valid.',
		money: SAFE,
		advice: 'Check what you wrote and try again.'
	},
	Internal: {
		happened: 'The app made a mistake.',
		money: 'Nothing is lost: what was booked is on disk, and anything under way is settled with the hub.',
		advice: 'Load the page again. If it comes back, copy the details and report them.'
	}
};
