/**
 * One epoch of a channel as a value, and everything that can happen to it as a pure step.
 *
 * A channel is money one neighbour (payer) locked for another (payee); a claim is the payer's signed
 * promise "you may capture *cumulative* in this epoch". Claims only rise, so the newest one says
 * everything and losing an older one loses nothing. Nothing here knows which chain holds the money.
 *
 * ## Who owns the truth
 * | fact | authority | everybody else |
 * |---|---|---|
 * | terms (the key), its id | whoever opened it; immutable | recomputes the id, judges the terms once |
 * | deposited, settled, closeAt, epoch | the chain | a copy, taken in by `seen` and `end` |
 * | newest claim signed (`promised`, out) | the payer's row, raised by one UPDATE before it is signed | the payee shows it its own signature in the hello; it adopts a higher one |
 * | newest claim held (`promised`, in) | the payee's row | the payer presents its newest after each hello |
 * | whether a signature holds (`checked`) | the scheme's `verifyClaim`, which is pure | – |
 * | what was delivered for it | the link account, at both ends | never the claim |
 * | what it is worth at the end | the chain's capture | the ledger follows (`end`) |
 *
 * ## Amounts that look alike
 * Of one channel, in token units. "In" is the payee's row, "out" the payer's.
 *
 * | name | includes | does not include |
 * |---|---|---|
 * | deposited | all that was paid into this epoch, top-ups too | what is promised is not taken off |
 * | promised | the cumulative amount of the newest claim signed (out) or held (in), checked or not | anything not signed |
 * | checked | of that, what a signature known to be the signer's says; in only | a held claim nobody looked at yet |
 * | claimed | promised, as the link account counts it; less while a Close that keeps less is under way; the capture once it is over | – |
 * | settled | captured on the chain so far | claims not redeemed |
 * | unredeemed | claimed − settled: lost if the payee sleeps beyond the grace | – |
 * | withheld | what is unredeemed while the payer wants to leave: no packet is paid with it | what the chain has paid |
 * | exposed | claimed − what is checked or settled: lost if the newest claim is forged | claims that were checked |
 * | free | deposited − claimed: what claims may still rise by | what is claimed ahead and not spent |
 *
 * Of the link it belongs to, in link units (link/accounts.ts): *spent* is what was fulfilled for the payer,
 * *W* the most a payer leaves claimed and not spent, *prepaid* and *available* the two ends' view of claims − spent
 * ± payouts + credit, *held* what a neighbour earned and was not paid out, *credit* what it may owe without any claim.
 *
 * ## States
 * ```
 *   opening ──> open <──> closing        closing: the payer asked; no claim is signed or taken any more
 *                │ ^         │
 *         freeze v │ thaw    │           frozen: a Close is signed or asked for; nothing moves until it is
 *             frozen         │                   mined or never can be
 *                └─────┬─────┘
 *                      v
 *             closed | archived          over: only an undone block brings back a closed one (archived: with its chain)
 * ```
 *
 * ## Who serves whom while a channel ends
 * From the moment a payer asks to leave, what it has claimed pays for no more packets, at neither end. Asked for on the
 * chain, that lasts until the claim is redeemed, which the payee does at once: what it delivered in between could only
 * make a redemption that fails dearer, and what the chain has paid it owes. Asked for together, the payee takes only
 * what was delivered or is under way, in the same transaction that freezes the row, and the payer, who cannot know how
 * much that is, counts on none of it. What a neighbour earned is not of the channel and pays as before; so does a
 * channel that only comes to its expiry, which is redeemed a day before and followed by the next.
 */
import type { Hex } from '../bytes.ts';
import type { TransferKind } from '../ledger/ledger.ts';
import { maxOf, minOf } from '../money.ts';
import type { ChannelKey } from '../settlement/chain.ts';

export type ChannelStatus = 'opening' | 'open' | 'frozen' | 'closing' | 'closed' | 'archived';

/** One epoch of a channel. Amounts are token units (the table above tells them apart). */
export interface Channel {
	readonly id: Hex;
	readonly epoch: number;
	readonly peer: string;
	/** `out`: this node pays. */
	readonly direction: 'out' | 'in';
	readonly key: ChannelKey;
	readonly status: ChannelStatus;
	readonly deposited: bigint;
	readonly claimed: bigint;
	readonly promised: bigint;
	readonly settled: bigint;
	/** Of the claim over `promised`; none when that is known only from the chain. In only. */
	readonly signature: Uint8Array | undefined;
	/** The newest claim whose signature was checked, and that signature. In only. */
	readonly checked: bigint;
	readonly checkedSignature: Uint8Array | undefined;
	/** Signed fundings so far: the index of the next one. */
	readonly fundings: number;
	/** Chain time from which the payer can withdraw, Unix seconds; 0 = not asked for. */
	readonly closeAt: number;
	/** By this node's clock, Unix ms. */
	readonly openedAt: number;
}

export type ClaimRefusal =
	| { readonly type: 'ChannelUnknown' }
	| { readonly type: 'ChannelClosed' }
	| { readonly type: 'ClaimBeyondDeposit' }
	| { readonly type: 'ClaimForged' }
	/** Not an error of the link: nothing changes, the packet beside it is judged as usual. */
	| { readonly type: 'ClaimNotIncreasing' };

export type ChannelInput =
	/** Payer: promise this much in all. */
	| { readonly type: 'promise'; readonly cumulative: bigint }
	/**
	 * Payee: a claim came in, its signature checked or not. `trust`: the most that may be exposed on this channel;
	 * never more than what the payer has proven here, so that whoever would cheat has paid as much before.
	 */
	| {
			readonly type: 'claim';
			readonly cumulative: bigint;
			readonly signature: Uint8Array;
			readonly isChecked: boolean;
			readonly trust: bigint;
	  }
	/** Payee: the held claim with this signature turned out to be the signer's, or not. */
	| { readonly type: 'verified' | 'forged'; readonly signature: Uint8Array }
	/** More was promised than this row remembers: shown by one's own signature, or captured by the chain. */
	| { readonly type: 'adopt'; readonly cumulative: bigint }
	/** Payer: a funding of this index was signed. */
	| { readonly type: 'signedFunding'; readonly index: number }
	/**
	 * What the chain shows of this epoch. Answers may overtake each other, so amounts only rise, unless history
	 * was rewritten (`mayFall`): then what was booked is booked back.
	 */
	| {
			readonly type: 'seen';
			readonly deposited: bigint;
			readonly settled: bigint;
			/** Unix seconds, 0 while nobody asked to close. */
			readonly closeAt: number;
			/** The payer can leave soon without asking: the channel expires. */
			readonly isEnding?: boolean;
			readonly mayFall?: boolean;
	  }
	/** The block that ended the epoch was undone; the chain shows this again. */
	| { readonly type: 'resume'; readonly settled: bigint; readonly closeAt: number }
	/** A Close at `capture` is about to be signed (payee) or asked for (payer, who gives up nothing by asking). */
	| { readonly type: 'freeze'; readonly capture: bigint }
	/** That Close can never be mined. */
	| { readonly type: 'thaw' }
	/** The epoch is over on the chain (closed), or its chain is gone (archived). */
	| { readonly type: 'end'; readonly captured: bigint; readonly as: 'closed' | 'archived' };

export type ChannelEffect =
	/** Between accounts of the ledger, in token units and above zero. */
	| {
			readonly type: 'move';
			readonly kind: TransferKind;
			readonly from: Place;
			readonly to: Place;
			readonly amount: bigint;
	  }
	/** The claim to sign, once this is on disk. */
	| { readonly type: 'sign'; readonly cumulative: bigint }
	/** The signature must be checked before the claim counts; hand it in again as checked. */
	| { readonly type: 'check' }
	| { readonly type: 'refuse'; readonly reason: ClaimRefusal['type'] }
	/** The payer wants to leave: what is not on the chain by then is lost. */
	| { readonly type: 'redeem' };

/** `channel`, `claims` and `link` are this channel's and this neighbour's. */
export type Place = 'channel' | 'claims' | 'link' | 'wallet' | 'outside';

export interface ChannelStep {
	/** The same object when nothing changed. */
	readonly channel: Channel;
	readonly effects: readonly ChannelEffect[];
}

/** What is told about claims of a channel on which there is none. */
export const NOTHING_CLAIMED = {
	claimed: 0n,
	promised: 0n,
	settled: 0n,
	signature: undefined,
	checked: 0n,
	checkedSignature: undefined
} as const satisfies Partial<Channel>;

/** Nothing changes such a channel again. */
export const isOver = ({ status }: Channel): boolean => status === 'closed' || status === 'archived';

/** Whether its payer can have the deposit back by itself at that time of the chain (Unix seconds). */
export const mayWithdraw = ({ closeAt, key }: Channel, time: number): boolean =>
	(closeAt > 0 && time >= closeAt) || (key.expiry > 0 && time >= key.expiry);

/** What is known to be good: by a checked signature, or because the chain paid it. */
const proven = ({ checked, settled }: Channel): bigint => maxOf(checked, settled);

/** Token units that are lost if the newest claim held is forged. */
export const exposed = (channel: Channel): bigint =>
	channel.direction === 'out' || isOver(channel) ? 0n : maxOf(0n, channel.claimed - proven(channel));

/** Token units that are lost if the payee sleeps beyond the grace. */
export const unredeemed = (channel: Channel): bigint => channel.claimed - channel.settled;

/** Token units that pay for no packet, because the payer wants to leave. A frozen payee gave back what was not spent. */
export const withheld = (channel: Channel): bigint => {
	const { status, direction, closeAt } = channel;
	const isLeaving = status === 'closing' ? closeAt > 0 : status === 'frozen' && direction === 'out';
	return isLeaving ? unredeemed(channel) : 0n;
};

/** Token units that claims may still rise by. */
export const free = (channel: Channel): bigint => maxOf(0n, channel.deposited - channel.claimed);

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
	a !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at]);

const stay = (channel: Channel, ...effects: readonly ChannelEffect[]): ChannelStep => ({ channel, effects });

/** None for an amount of zero; a negative one goes the other way. */
const move = (kind: TransferKind, from: Place, to: Place, amount: bigint): readonly ChannelEffect[] =>
	amount === 0n
		? []
		: amount > 0n
			? [{ type: 'move', kind, from, to, amount }]
			: [{ type: 'move', kind, from: to, to: from, amount: -amount }];

/** `claimed` becomes this: what the link account counts follows. */
const claimBecomes = (channel: Channel, claimed: bigint): readonly ChannelEffect[] =>
	channel.direction === 'out'
		? move('claim', 'channel', 'link', claimed - channel.claimed)
		: move('claim', 'link', 'claims', claimed - channel.claimed);

/** Pure: no clock, no chain, no database. Whatever comes in whatever state, the answer is a legal channel. */
export const step = (channel: Channel, input: ChannelInput): ChannelStep => {
	if (input.type === 'resume') return resume(channel, input);
	if (isOver(channel))
		return input.type === 'claim'
			? stay(channel, { type: 'refuse', reason: 'ChannelClosed' })
			: stay(channel);
	const { direction, status } = channel;
	switch (input.type) {
		case 'promise': {
			const { cumulative } = input;
			if (direction !== 'out' || status !== 'open') return stay(channel);
			if (cumulative <= channel.claimed || cumulative > channel.deposited) return stay(channel);
			return {
				channel: { ...channel, claimed: cumulative, promised: cumulative },
				effects: [...claimBecomes(channel, cumulative), { type: 'sign', cumulative }]
			};
		}

		case 'claim':
			return takeClaim(channel, input);

		case 'verified': {
			if (direction !== 'in' || !sameBytes(channel.signature, input.signature)) return stay(channel);
			if (channel.checked >= channel.promised) return stay(channel);
			return stay({ ...channel, checked: channel.promised, checkedSignature: channel.signature });
		}

		case 'forged': {
			if (direction !== 'in' || !sameBytes(channel.signature, input.signature)) return stay(channel);
			if (channel.checked >= channel.promised) return stay(channel);
			const promised = proven(channel);
			const claimed = minOf(channel.claimed, promised);
			return {
				channel: {
					...channel,
					claimed,
					promised,
					signature: channel.checked === promised ? channel.checkedSignature : undefined
				},
				effects: claimBecomes(channel, claimed)
			};
		}

		case 'adopt':
			return adopt(channel, input.cumulative);

		case 'signedFunding':
			return input.index < channel.fundings ? stay(channel) : stay({ ...channel, fundings: input.index + 1 });

		case 'seen':
			return see(channel, input);

		case 'freeze': {
			if (status !== 'open') return stay(channel);
			if (direction === 'out') return stay({ ...channel, status: 'frozen' });
			// What is given up goes back to the link account, so that it cannot be spent a second time.
			const claimed = minOf(channel.claimed, maxOf(channel.settled, input.capture));
			return { channel: { ...channel, status: 'frozen', claimed }, effects: claimBecomes(channel, claimed) };
		}

		case 'thaw': {
			if (status !== 'frozen') return stay(channel);
			const claimed = channel.promised;
			return {
				channel: { ...channel, status: channel.closeAt > 0 ? 'closing' : 'open', claimed },
				effects: claimBecomes(channel, claimed)
			};
		}

		case 'end':
			return end(channel, input.captured, input.as);
	}
};

const takeClaim = (
	channel: Channel,
	{ cumulative, signature, isChecked, trust }: Extract<ChannelInput, { type: 'claim' }>
): ChannelStep => {
	const refuse = (reason: ClaimRefusal['type']): ChannelStep => stay(channel, { type: 'refuse', reason });
	if (channel.direction !== 'in') return refuse('ChannelUnknown');
	if (channel.status !== 'open') return refuse('ChannelClosed');
	if (cumulative > channel.deposited) return refuse('ClaimBeyondDeposit');
	if (cumulative <= channel.promised) {
		// It moves nothing, but a forged one tells whom one is dealing with. The held one is on its way to be checked.
		if (!isChecked && !sameBytes(channel.signature, signature)) return stay(channel, { type: 'check' });
		// A checked claim below a held one that is not is worth having should that one fail.
		if (isChecked && cumulative > channel.checked)
			return {
				channel: { ...channel, checked: cumulative, checkedSignature: signature },
				effects: [{ type: 'refuse', reason: 'ClaimNotIncreasing' }]
			};
		return refuse('ClaimNotIncreasing');
	}
	// The first of a channel always: until then nobody has shown to have the key at all.
	const known = proven(channel);
	if (!isChecked && (channel.checked === 0n || cumulative - known > minOf(trust, known)))
		return stay(channel, { type: 'check' });
	return {
		channel: {
			...channel,
			claimed: cumulative,
			promised: cumulative,
			signature,
			...(isChecked ? { checked: cumulative, checkedSignature: signature } : {})
		},
		effects: claimBecomes(channel, cumulative)
	};
};

const adopt = (channel: Channel, cumulative: bigint): ChannelStep => {
	if (cumulative <= channel.claimed) return stay(channel);
	const isNewer = cumulative > channel.promised;
	return {
		channel: {
			...channel,
			claimed: cumulative,
			promised: maxOf(channel.promised, cumulative),
			// The claim behind it is not here; the one that is says less.
			signature: isNewer ? undefined : channel.signature
		},
		effects: claimBecomes(channel, cumulative)
	};
};

const see = (before: Channel, seen: Extract<ChannelInput, { type: 'seen' }>): ChannelStep => {
	const { mayFall = false, isEnding = false } = seen;
	const settled = mayFall ? seen.settled : maxOf(before.settled, seen.settled);
	// The chain paid a claim that is not here: restored from an older copy, or somebody else handed it in.
	const { channel, effects } = adopt(before, settled);
	const isIn = channel.direction === 'in';
	// What is promised stays covered in the payer's books, whatever became of the deposit.
	const least = !mayFall ? before.deposited : isIn ? 0n : channel.claimed;
	const deposited = maxOf(least, seen.deposited);
	const status =
		channel.status === 'frozen'
			? 'frozen'
			: seen.closeAt > 0 || isEnding
				? 'closing'
				: (mayFall ? seen.deposited : deposited) > 0n
					? 'open'
					: 'opening';
	const next = { ...channel, deposited, settled, closeAt: seen.closeAt, status } as const;
	const isSame =
		channel === before &&
		deposited === before.deposited &&
		settled === before.settled &&
		seen.closeAt === before.closeAt &&
		status === before.status;
	return {
		channel: isSame ? before : next,
		effects: [
			// What came in first: a claim that is not here may have been on it.
			...(isIn ? [] : move('fund', 'wallet', 'channel', maxOf(0n, deposited - before.deposited))),
			...effects,
			...(isIn ? [] : move('fund', 'wallet', 'channel', minOf(0n, deposited - before.deposited))),
			...(isIn ? move('redeem', 'claims', 'wallet', settled - before.settled) : []),
			...(isIn && status === 'closing' && before.status !== 'closing' && unredeemed(next) > 0n
				? [{ type: 'redeem' } as const]
				: [])
		]
	};
};

/**
 * What `end` booked is booked back, and what was promised is promised again. A payee that agreed to keep less stays
 * with that unless the payer asked to close, and takes nothing more on it.
 */
const resume = (
	channel: Channel,
	{ settled, closeAt }: Extract<ChannelInput, { type: 'resume' }>
): ChannelStep => {
	if (channel.status !== 'closed') return stay(channel);
	const isOut = channel.direction === 'out';
	const claimed = isOut || closeAt > 0 ? channel.promised : channel.claimed;
	const back = isOut ? channel.settled : minOf(settled, claimed);
	return {
		channel: {
			...channel,
			status: closeAt > 0 ? 'closing' : 'frozen',
			claimed,
			settled: minOf(settled, claimed),
			closeAt
		},
		effects: [
			...(isOut
				? move('refund', 'wallet', 'channel', channel.deposited - back)
				: move('redeem', 'wallet', 'claims', channel.settled - back)),
			...claimBecomes(channel, claimed)
		]
	};
};

/**
 * At what the chain captured, whatever was claimed: both ends read the same number there. It may be less than was
 * settled before, when a block that paid was reorganised away.
 */
const end = (channel: Channel, captured: bigint, as: 'closed' | 'archived'): ChannelStep => {
	const isClosed = as === 'closed';
	const away = isClosed ? 'wallet' : 'outside';
	return {
		channel: {
			...channel,
			status: as,
			claimed: captured,
			promised: maxOf(channel.promised, captured),
			settled: captured,
			closeAt: 0
		},
		effects: [
			...claimBecomes(channel, captured),
			...(channel.direction === 'out'
				? move(isClosed ? 'refund' : 'outside', 'channel', away, channel.deposited - captured)
				: move(isClosed ? 'redeem' : 'outside', 'claims', away, captured - channel.settled))
		]
	};
};
