/**
 * The chart of accounts: every account there is, what it holds and what not, and every way money may take
 * between them. The ledger keeps to it: a transfer that is not in here, or that would leave an account on the
 * wrong side of zero, is refused, and the transaction it came in is undone. `docs/ledger.md` says the same in
 * sentences, and which figure of which screen comes from where.
 *
 * One sign for all: a transfer lowers `from` and raises `to`. What is owned or owed to this node and what it
 * spent stand above zero, what it earned below, and all together hold nothing.
 */

/** On which side of zero an account may stand, promised transfers out of it (or into it) taken as done. */
export type Side =
	/** Never below: what is not there cannot be moved, nor be promised twice. */
	| 'above'
	/** Never above: only what was earned can be given back. */
	| 'below'
	| 'either';

interface AccountClass {
	readonly side: Side;
	/** In words, with what it does not include. */
	readonly holds: string;
}

/** By name; a trailing slash stands for one account each of a channel (0x hex) or a neighbour (device key, hex). */
export const CHART = {
	wallet: {
		side: 'either',
		holds:
			'tokens that this node moved between its own on-chain account and channels, guests and hub; not what its owner had before or moves by other means, so a first funding takes it below zero'
	},
	'channel/': {
		side: 'above',
		holds:
			'my deposit in a channel I pay from, as far as no claim promises it; not what the channel holds for the payee'
	},
	'claims/': {
		side: 'above',
		holds:
			'claims I hold on a channel that pays me; not what was redeemed, and not what is beyond the newest claim'
	},
	'link/': {
		side: 'either',
		holds:
			'what the neighbour owes me: claimed ahead and not yet spent, or earned through it; below zero I owe the neighbour. Not its credit, which is a limit and no money'
	},
	'income/notes': {
		side: 'below',
		holds: 'what readers paid for my notes, and writers for storing theirs here'
	},
	'income/streams': { side: 'below', holds: 'what came in by STREAM from other software' },
	'income/routing': { side: 'below', holds: 'what stayed here of packets passed on' },
	'income/payout-fees': {
		side: 'below',
		holds: 'what guests paid for being paid out; taken back with a payout that failed'
	},
	'expense/notes': {
		side: 'above',
		holds: 'what was paid for notes, without what the way took once that is known'
	},
	'expense/way': { side: 'above', holds: 'what hops took of what was paid for notes' },
	'expense/streams': { side: 'above', holds: 'what was sent by STREAM to other software' },
	'expense/publishing': { side: 'above', holds: 'what storing my events at other nodes cost' },
	'expense/payout-fees': { side: 'above', holds: 'what the hub took for paying me out' },
	'expense/late': {
		side: 'above',
		holds: 'what I delivered and was not paid for, because my fulfilment came too late'
	},
	forgotten: {
		side: 'either',
		holds:
			'what an older copy of this database no longer knew and a neighbour told: spent since, above zero, less what was earned since; not what was claimed, which is known again'
	},
	outside: {
		side: 'either',
		holds: 'what a chain that is gone took along: channels, claims and debts of it'
	}
} as const satisfies Record<string, AccountClass>;

export type AccountName = keyof typeof CHART;

interface Kind {
	/** From and to, by name in the chart. */
	readonly moves: readonly (readonly [AccountName, AccountName])[];
	/** When it happens; pending first, where it says so. */
	readonly when: string;
}

export const KINDS_OF_TRANSFER = {
	fund: {
		moves: [
			['wallet', 'channel/'],
			['channel/', 'wallet']
		],
		when: 'an opening or top-up is in a block; back when that block was undone'
	},
	claim: {
		moves: [
			['channel/', 'link/'],
			['link/', 'channel/'],
			['link/', 'claims/'],
			['claims/', 'link/']
		],
		when: 'a claim is signed (payer) or accepted (payee); back when it was forged or the channel ends below it'
	},
	redeem: {
		moves: [
			['claims/', 'wallet'],
			['wallet', 'claims/']
		],
		when: 'the chain paid; back when that block was undone'
	},
	refund: {
		moves: [
			['channel/', 'wallet'],
			['wallet', 'channel/']
		],
		when: 'what was not captured came back at the end of a channel; away again when that block was undone'
	},
	buy: {
		moves: [
			['link/', 'expense/notes'],
			['link/', 'expense/streams']
		],
		when: 'pending while the packet is under way; posted when it is fulfilled, voided when it is rejected'
	},
	way: {
		moves: [['expense/notes', 'expense/way']],
		when: 'the author said how much arrived'
	},
	sell: {
		moves: [
			['income/notes', 'link/'],
			['income/streams', 'link/']
		],
		when: 'a packet that pays is taken; posted at once'
	},
	forward: {
		moves: [['link/', 'link/']],
		when: 'pending while the packet is passed on, from the next link to the one before; posted or voided with its answer'
	},
	fee: {
		moves: [['income/routing', 'link/']],
		when: 'the part of a packet passed on that stays here; pending, posted and voided with it'
	},
	late: {
		moves: [['link/', 'expense/late']],
		when: 'the neighbour says that my fulfilment came too late'
	},
	publish: {
		moves: [
			['link/', 'expense/publishing'],
			['income/notes', 'link/']
		],
		when: 'an event is stored for money: pending, then posted or voided at the writer; posted at once at the store'
	},
	payout: {
		moves: [
			['wallet', 'link/'],
			['link/', 'wallet']
		],
		when: 'the hub debits a guest before it signs the payment, and back when it can never be mined; the guest books it once the chain shows it'
	},
	'payout-fee': {
		moves: [
			['income/payout-fees', 'link/'],
			['link/', 'income/payout-fees'],
			['link/', 'expense/payout-fees']
		],
		when: 'with its payout'
	},
	recover: {
		moves: [
			['link/', 'forgotten'],
			['forgotten', 'link/']
		],
		when: 'this database came back as an older copy: what the neighbour delivered since, or counts as delivered by me'
	},
	outside: {
		moves: [
			['channel/', 'outside'],
			['claims/', 'outside'],
			['link/', 'outside'],
			['outside', 'link/']
		],
		when: 'another chain answers than before'
	}
} as const satisfies Record<string, Kind>;

export type TransferKind = keyof typeof KINDS_OF_TRANSFER;

/** The entry of the chart an account belongs to; undefined when there is none. */
export const entryOf = (account: string): AccountName | undefined => {
	if (Object.hasOwn(CHART, account) && !account.endsWith('/')) return account as AccountName;
	const prefix = account.slice(0, account.indexOf('/') + 1);
	return prefix !== '' && account.length > prefix.length && Object.hasOwn(CHART, prefix)
		? (prefix as AccountName)
		: undefined;
};

const ALLOWED: ReadonlySet<string> = new Set(
	Object.entries(KINDS_OF_TRANSFER).flatMap(([kind, { moves }]) =>
		moves.map(([from, to]) => `${kind} ${from} ${to}`)
	)
);

/** Whether money may take this way under that name. */
export const isInChart = (kind: string, from: AccountName, to: AccountName): boolean =>
	ALLOWED.has(`${kind} ${from} ${to}`);
