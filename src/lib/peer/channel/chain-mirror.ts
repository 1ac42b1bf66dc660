/**
 * What the chain says about channels, taken over into their rows and the ledger.
 *
 * In one history a channel's numbers only rise, and answers may overtake each other, so of two answers the
 * higher counts. Only when history was rewritten, or the epoch is another, may they fall; then what was booked
 * is booked back, so that the ledger tells what the chain tells now and nothing is lost on the way:
 *
 * | undone | at the payer | at the payee |
 * |---|---|---|
 * | opening, top-up | channel → wallet, but never below what is promised | promises above it are refused from now on |
 * | claim | – | wallet → claims; the claim is still held and is redeemed again |
 * | request to close | open again | open again |
 * | close, withdraw | wallet → channel, and what was promised is promised again | wallet → claims; frozen, nothing more is taken on it |
 */
import type { Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { linkToTokenDown, tokenToLink } from '../money.ts';
import { err, ok, type Result } from '../result.ts';
import type { ChannelKey, ChannelState } from '../settlement/chain.ts';
import { createCaptures } from './captures.ts';
import { NOTHING_CLAIMED, isOver, type Channel } from './channel.ts';
import { createDeposits } from './deposits.ts';
import type { Errands, SettlerDeps } from './errands.ts';
import { isEnding } from './funding-policy.ts';

export interface ChainMirror {
	/** A channel that the chain has not shown yet. */
	blank(id: Hex, epoch: number, peer: string, direction: 'in' | 'out', key: ChannelKey): Channel;
	/**
	 * Takes over what the chain says about a live epoch; true when the payer wants to leave and something is not
	 * redeemed yet. Inside a transaction.
	 */
	reconcile(
		channel: Channel,
		state: Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>,
		transaction?: string
	): boolean;
	/** A channel that was over lives, and this is how: what its end booked is booked back. Inside a transaction. */
	resume(channel: Channel, state: Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>): void;
	/** Looks at the chain again and books what it says. */
	refresh(id: Hex, transaction?: string): Promise<Result<null, PeerError>>;
	/** History was rewritten: every channel as the chain shows it now, also where that is less. */
	rewrite(): Promise<Result<null, PeerError>>;
	/** Every channel that is not over; answers those whose epoch has ended without a report of it. */
	survey(): Promise<Result<readonly Channel[], PeerError>>;
	/** Counts on deposits that have been there long enough. */
	settleDeposits(): Promise<void>;
	/** Looks again at channels of which more was shown as captured than anything here explains. */
	settleCaptures(): Promise<void>;
}

type Numbers = Pick<ChannelState, 'deposited' | 'claimed' | 'closeAt'>;

const GONE: Numbers = { deposited: 0n, claimed: 0n, closeAt: 0 };

export const createChainMirror = (
	deps: SettlerDeps,
	{ asked, chainTime }: Pick<Errands, 'asked' | 'chainTime'>
): ChainMirror => {
	const {
		platform: { clock, log },
		sql,
		accounts,
		channels,
		commits,
		scheme: { chain, tokenScale }
	} = deps;
	const deposits = createDeposits(sql, {
		perChannel: linkToTokenDown(LIMITS.unsafeDeposit, tokenScale),
		perNode: linkToTokenDown(LIMITS.unsafeDeposits, tokenScale)
	});
	const captures = createCaptures();

	const blank = (
		id: Hex,
		epoch: number,
		peer: string,
		direction: 'in' | 'out',
		key: ChannelKey
	): Channel => ({
		id,
		epoch,
		peer,
		direction,
		key,
		status: 'opening',
		deposited: 0n,
		...NOTHING_CLAIMED,
		fundings: 0,
		closeAt: 0,
		openedAt: clock.now()
	});

	/** Answers whether something should be redeemed before its payer leaves. */
	const take = (channel: Channel, state: Numbers, mayFall: boolean, transaction?: string): boolean => {
		const now = channels.get(channel.id, channel.epoch);
		if (!now || isOver(now)) return false;
		const { id, epoch, direction } = now;
		const at = clock.now();
		const deposited =
			direction === 'out'
				? state.deposited
				: (mayFall ? deposits.doubt : deposits.see)(id, epoch, now.deposited, state.deposited, at);
		const settled = captures.see(now, state.claimed, at);
		const seen = { type: 'seen', deposited, settled, closeAt: state.closeAt, mayFall } as const;
		// A payer that may have signed more than it knows signs nothing.
		const isUnsure = direction === 'out' && captures.isDoubted(now);
		const input = { ...seen, isEnding: isUnsure || isEnding(now, chainTime() ?? 0) };
		const applied = channels.apply(id, epoch, [input], at, transaction);
		// The chain paid a claim that is not here: this database is an older copy.
		if (applied && applied.channel.promised > now.promised) {
			if (direction === 'out') accounts.markOlder(now.peer);
			else {
				const surfaced = tokenToLink(applied.channel.claimed - now.claimed, tokenScale);
				accounts.recoverPaid(now.peer, surfaced, at);
			}
		}
		return applied?.effects.some((effects) => effects.some(({ type }) => type === 'redeem')) === true;
	};

	const reconcile: ChainMirror['reconcile'] = (channel, state, transaction) =>
		take(channel, state, false, transaction);

	const refresh: ChainMirror['refresh'] = async (id, transaction) => {
		const channel = channels.get(id);
		if (!channel) return err(peerError('ChannelUnknown'));
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		if (state.value.epoch !== channel.epoch) return ok(null);
		await commits.run(() => reconcile(channel, state.value, transaction));
		deps.onChange();
		return ok(null);
	};

	/** Another deposit, and all else as it was. Inside a transaction. */
	const see = ({ id, epoch, settled, closeAt }: Channel, deposited: bigint, mayFall: boolean): void => {
		const seen = { type: 'seen', deposited, settled, closeAt, mayFall } as const;
		channels.apply(id, epoch, [seen], clock.now());
	};

	/** The states of channels, each beside its row. */
	const look = async (
		rows: readonly Channel[]
	): Promise<Result<readonly (readonly [Channel, ChannelState])[], PeerError>> => {
		const states = asked(await chain.channels(rows.map(({ id }) => id)));
		if (!states.ok) return states;
		return ok(
			rows.flatMap((row, index) => (states.value[index] ? [[row, states.value[index]] as const] : []))
		);
	};

	const resume: ChainMirror['resume'] = (row, state) => {
		log('warn', 'a channel is open again: the block that ended it was undone, or never was', {
			channel: row.id
		});
		const resumed = { type: 'resume', settled: state.claimed, closeAt: state.closeAt } as const;
		channels.apply(row.id, row.epoch, [resumed], clock.now());
		take(row, state, true);
	};

	/** One row after history was rewritten. Inside a transaction. */
	const rewriteOne = (row: Channel, state: ChannelState): void => {
		if (state.epoch > row.epoch) return;
		const isThisEpoch = state.epoch === row.epoch && state.deposited > 0n;
		if (row.status === 'closed') {
			if (!isThisEpoch) return;
			resume(row, state);
		} else take(row, state.epoch === row.epoch ? state : GONE, true);
	};

	return {
		blank,
		reconcile,
		resume,
		refresh,

		rewrite: async () => {
			const seen = await look(channels.all().filter(({ status }) => status !== 'archived'));
			if (!seen.ok) return seen;
			await commits.run(() => {
				for (const [row, state] of seen.value) rewriteOne(row, state);
			});
			deps.onChange();
			return ok(null);
		},

		survey: async () => {
			const seen = await look(channels.all().filter((row) => !isOver(row)));
			if (!seen.ok) return seen;
			await commits.run(() => {
				for (const [row, state] of seen.value) if (state.epoch === row.epoch) reconcile(row, state);
			});
			if (seen.value.length > 0) deps.onChange();
			return ok(seen.value.flatMap(([row, state]) => (state.epoch > row.epoch ? [row] : [])));
		},

		settleCaptures: async () => {
			const doubted = captures.doubted();
			if (doubted.length === 0) return;
			const states = asked(await chain.channels(doubted.map(({ id }) => id)));
			if (!states.ok) return;
			const gone = await commits.run(() =>
				doubted.filter(({ id, epoch, shown }, index) => {
					const channel = channels.get(id, epoch);
					const state = states.value[index];
					if (!channel || isOver(channel) || state?.epoch !== epoch) {
						captures.forget({ id, epoch });
						return false;
					}
					reconcile(channel, state);
					return state.claimed < shown;
				})
			);
			if (gone.length > 0) deps.onTrouble(peerError('ChainContradicts', 'what was captured is less again'));
			deps.onChange();
		},

		settleDeposits: async () => {
			const ripe = deposits.ripe(clock.now());
			if (ripe.length === 0) return;
			const states = asked(await chain.channels(ripe.map(({ id }) => id)));
			if (!states.ok) return;
			await commits.run(() => {
				for (const [index, { id, epoch, shown }] of ripe.entries()) {
					const state = states.value[index];
					const channel = channels.get(id, epoch);
					if (!channel || isOver(channel) || !state || state.epoch > epoch) deposits.settle(id, epoch);
					else if (state.epoch === epoch && state.deposited >= shown) {
						deposits.settle(id, epoch);
						see(channel, shown, false);
					} else {
						// It was there, and is not, and nobody told of a rewritten history.
						const now = state.epoch === epoch ? state.deposited : 0n;
						see(channel, deposits.doubt(id, epoch, channel.deposited, now, clock.now()), true);
						deps.onTrouble(peerError('ChainContradicts', 'a deposit is gone'));
					}
				}
			});
			deps.onChange();
		}
	};
};
