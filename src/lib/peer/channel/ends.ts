/**
 * The ends of channels: which are believed at once, and what is done about the others.
 *
 * An end is the dearest thing that can be said of a channel. A payee that believes it redeems no more, and its payer can
 * have the deposit with all that was promised; a payer that believes it counts on a refund that is not there. So what is
 * told is compared with what is known here:
 *
 * | told, in a report and by the channel's state | at the payee | at the payer |
 * |---|---|---|
 * | as agreed | it signed a Close at exactly that | it asked for a Close, and no more is captured than was promised |
 * | the payer may withdraw by now, and | every checked claim was paid | no more is captured than was promised |
 * | anything else, and | it was paid all that was promised: believed, and watched | – |
 * | | otherwise doubted | doubted |
 *
 * While an end is doubted nothing more is promised or taken on the channel, what is claimed pays for nothing more at the
 * payee, and it tries to redeem. Shown again after {@link LIMITS.lostConfirmMs} it is believed: a payee may have
 * slept, or a payee closed without being asked. But then it stays under watch: where the channel is shown to live in
 * two surveys, it lives, and what was booked is booked back.
 *
 * An end that only the state shows and nobody reports is looked for in older blocks until the next survey, then the
 * worse is believed. Doubts are in memory: a program that begins again finds the end with its first survey.
 */
import type { Hex } from '../bytes.ts';
import { peerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { maxOf, minOf, tokenToLink } from '../money.ts';
import type { ChannelState } from '../settlement/chain.ts';
import type { ChainMirror } from './chain-mirror.ts';
import { isOver, mayWithdraw, type Channel } from './channel.ts';
import { closeAsked, type Errands, type SettlerDeps } from './errands.ts';

export interface Ends {
	/** A report says that this epoch ended at that much, and the channel's state shows an end. False when the chain did not answer. */
	told(channel: Channel, captured: bigint): Promise<boolean>;
	/** Looks again at what is doubted. */
	settle(): Promise<void>;
	/** A survey found these over without a report. True when there are new ones, to be looked for in older blocks. */
	unreported(rows: readonly Channel[]): Promise<boolean>;
	/** With every survey: whether those live after all whose end nothing here explained. */
	lookBack(): Promise<void>;
}

interface Doubt {
	readonly channel: Channel;
	readonly captured: bigint;
	/** Unix ms. */
	readonly since: number;
}

/** Whether what is known here leads to that end. `hasAsked`: its payer, for a Close. `time`: of the chain, Unix seconds. */
const isExplained = (channel: Channel, captured: bigint, time: number, hasAsked: boolean): boolean => {
	const { direction, status, claimed, checked, promised } = channel;
	if (direction === 'out') return captured <= promised && (hasAsked || mayWithdraw(channel, time));
	return status === 'frozen' ? captured === claimed : captured >= checked && mayWithdraw(channel, time);
};

/** A payee that has all it was promised: if it is not true, it only takes no more on the channel for a while. */
const isHarmless = ({ direction, promised, settled }: Channel, captured: bigint): boolean =>
	direction === 'in' && promised <= settled && captured === settled;

const nameOf = ({ id, epoch }: { readonly id: Hex; readonly epoch: number }): string => `${id}/${epoch}`;
/** Of a channel whose end was believed though nothing explained it: when (Unix ms). */
const unexplained = (channel: Channel): string => `end.unexplained/${nameOf(channel)}`;

export const createEnds = (
	deps: SettlerDeps,
	{ asked, chainTime, noteChainTime, settings }: Errands,
	{ reconcile, resume }: Pick<ChainMirror, 'reconcile' | 'resume'>,
	/** Something may have to be redeemed before its payer leaves. */
	onDanger: () => void
): Ends => {
	const {
		platform: { clock, log },
		commits,
		accounts,
		channels,
		scheme: { chain, tokenScale }
	} = deps;
	const doubts = new Map<string, Doubt>();
	/** Over, by the chain, and nobody reported it: looked for in older blocks. */
	const missing = new Set<string>();
	/** Believed to be over, and shown to live by the last survey. */
	const alive = new Set<string>();

	/** The end of an epoch, as the chain tells it now: another than before where history was rewritten. */
	const book = (channel: Channel, captured: bigint, isDoubtful: boolean): Promise<void> =>
		commits.run(() => {
			const { id, epoch } = channel;
			const now = channels.get(id, epoch);
			if (!now || now.status === 'archived') return;
			// Never less than it paid before, never more than there was.
			const believed =
				now.status === 'closed' ? captured : minOf(maxOf(captured, now.settled), now.deposited);
			if (now.status === 'closed' && now.settled !== captured)
				channels.apply(id, epoch, [{ type: 'resume', settled: 0n, closeAt: 0 }], clock.now());
			channels.end(id, epoch, believed, 'closed', clock.now());
			// The chain paid claims that are not here: this database is an older copy.
			if (now.direction === 'in' && now.status !== 'closed' && believed > now.promised)
				accounts.recoverPaid(now.peer, tokenToLink(believed - now.claimed, tokenScale), clock.now());
			if (isDoubtful) settings.set(unexplained(channel), `${clock.now()}`);
			missing.delete(nameOf(channel));
			doubts.delete(nameOf(channel));
		});

	/** Nothing more is promised or taken on it. A payee acts as if its payer had asked for the end just now. */
	const suspend = ({ id, epoch }: Channel): Promise<void> =>
		commits.run(() => {
			const now = channels.get(id, epoch);
			if (!now || isOver(now)) return;
			const { direction, deposited, settled, key } = now;
			const asIfAsked = direction === 'in' && now.closeAt === 0;
			const closeAt = asIfAsked ? (chainTime() ?? 0) + key.grace : now.closeAt;
			const seen = { type: 'seen', deposited, settled, closeAt, isEnding: true } as const;
			channels.apply(id, epoch, [seen], clock.now());
		});

	const isLongEnough = ({ since }: Doubt): boolean => clock.now() - since >= LIMITS.lostConfirmMs;

	const told: Ends['told'] = async (channel, captured) => {
		// Only history can change an end, and then only what is booked.
		if (channel.status === 'closed') {
			await book(channel, captured, false);
			return true;
		}
		const head = asked(await chain.head());
		if (!head.ok) return false;
		noteChainTime(head.value.time);
		const hasAsked = settings.get(closeAsked(channel.id, channel.epoch)) !== undefined;
		const isCertain = isExplained(channel, captured, head.value.time, hasAsked);
		if (isCertain || isHarmless(channel, captured)) {
			await book(channel, captured, !isCertain);
			return true;
		}
		const before = doubts.get(nameOf(channel));
		if (before?.captured === captured) {
			if (isLongEnough(before)) await book(channel, captured, true);
			return true;
		}
		log('warn', 'the end of a channel that nothing here explains is doubted', { channel: channel.id });
		doubts.set(nameOf(channel), { channel, captured, since: clock.now() });
		missing.delete(nameOf(channel));
		await suspend(channel);
		onDanger();
		return true;
	};

	const settleOne = async (doubt: Doubt, state: ChannelState): Promise<void> => {
		const { id, epoch } = doubt.channel;
		const now = channels.get(id, epoch);
		if (!now || isOver(now)) doubts.delete(nameOf(doubt.channel));
		else if (state.epoch === epoch) {
			doubts.delete(nameOf(now));
			await commits.run(() => reconcile(now, state));
			deps.onTrouble(peerError('ChainContradicts', 'the end of a channel was told and is not there'));
		} else if (state.epoch > epoch && isLongEnough(doubt)) await book(now, doubt.captured, true);
	};

	const settle: Ends['settle'] = async () => {
		const doubted = [...doubts.values()];
		if (doubted.length === 0) return;
		const states = asked(await chain.channels(doubted.map(({ channel }) => channel.id)));
		if (!states.ok) return;
		for (const [index, doubt] of doubted.entries()) {
			const state = states.value[index];
			if (state) await settleOne(doubt, state);
		}
		deps.onChange();
	};

	const unreported: Ends['unreported'] = async (rows) => {
		const undoubted = rows.filter((row) => !doubts.has(nameOf(row)));
		const isNew = undoubted.filter((row) => !missing.has(nameOf(row)));
		for (const row of undoubted) {
			if (isNew.includes(row)) {
				missing.add(nameOf(row));
				await suspend(row);
				continue;
			}
			log('warn', 'a channel is over and nobody knows how; the worse is believed', { channel: row.id });
			await book(row, row.direction === 'out' ? row.claimed : row.settled, true);
		}
		if (isNew.length > 0) onDanger();
		return isNew.length > 0;
	};

	/** Their payers could have had the deposit long since. */
	const isWatched = (row: Channel): boolean => {
		if (row.status !== 'closed') return false;
		const at = settings.get(unexplained(row));
		return at !== undefined && clock.now() - Number(at) < LIMITS.endWatchedMs;
	};

	const lookBack: Ends['lookBack'] = async () => {
		const watched = channels.all().filter(isWatched);
		if (watched.length === 0) return;
		const states = asked(await chain.channels(watched.map(({ id }) => id)));
		if (!states.ok) return;
		for (const [index, row] of watched.entries()) {
			const state = states.value[index];
			if (state?.epoch !== row.epoch || state.deposited === 0n) alive.delete(nameOf(row));
			else if (!alive.has(nameOf(row))) alive.add(nameOf(row));
			else {
				alive.delete(nameOf(row));
				await commits.run(() => resume(row, state));
				deps.onTrouble(peerError('ChainContradicts', 'the end of a channel was told and is not there'));
			}
		}
		deps.onChange();
	};

	return { told, settle, unreported, lookBack };
};
