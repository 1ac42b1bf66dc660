/**
 * Following the chain: which one it is, what happened to channels while nobody looked and since, and what was
 * left half done. Everything here may be cut off and begun again; reports are taken in from the first block
 * whose events are not on disk.
 *
 * Whoever tells about the chain may lie, be behind, or leave things out. So:
 *
 * | what it does | what comes of it |
 * |---|---|
 * | answers for another chain | nothing it says is believed and nothing signed until it is right again |
 * | knows fewer blocks than before | waited for; nothing new is locked or paid out on its word |
 * | rewrites history | every channel is read again and the books follow, down as well as up |
 * | reports an end that the channel's state does not show | not believed |
 * | reports and shows an end that nothing here explains | it must show that again, and is looked back at (ends.ts) |
 * | leaves reports out | every channel is read now and then, whatever was reported |
 * | shows a deposit that is not there later | little was counted on it until then (deposits.ts) |
 * | shows more captured than was promised | it must show that again (captures.ts) |
 */
import { peerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { maxOf } from '../money.ts';
import type { Cancel } from '../platform.ts';
import type { ChainEvent, ChainPoint, ChainReport } from '../settlement/chain.ts';
import type { ChainMirror } from './chain-mirror.ts';
import { isOver } from './channel.ts';
import type { Closing } from './closing.ts';
import type { Ends } from './ends.ts';
import { closeDeadline, type Errands, type SettlerDeps } from './errands.ts';
import { FUNDING_VALID_SECONDS, type Funding } from './funding.ts';
import type { Payouts } from './payouts.ts';
import type { Redeeming } from './redeeming.ts';

export interface ChainWatch {
	/** Compares the chain with the one known from before; archives all channels when a local one is another. */
	start(): Promise<void>;
	stop(): void;
}

export interface ChainWatchParts {
	readonly errands: Errands;
	readonly mirror: ChainMirror;
	readonly ends: Ends;
	readonly funding: Pick<Funding, 'lookAgain'>;
	readonly redeeming: Pick<Redeeming, 'consider'>;
	readonly closing: Pick<Closing, 'isLeaving' | 'withdraw'>;
	readonly payouts: Pick<Payouts, 'resume' | 'tend' | 'archive'>;
}

const HEAD_EVERY_MS = 15_000;
/** A report that could not be taken in is asked for again after this, then later and later: one call that failed is soon made up for. */
const AGAIN_FIRST_MS = 1_000;
const GENESIS = 'chain.genesis';
const WATCHED = 'chain.watched-block';
/** Begun anew whenever somebody likes; everywhere else a chain's first block is what it is for good. */
const LOCAL_CHAIN_ID = 31_337;
/** Two answers this far apart: no single one ends anything. */
const REPLACED_AFTER_MS = 3_000;
/** One that fell behind for less than this is only between two of its machines. */
const BEHIND_MS = 60_000;
/** How often a report that does not fit is asked for again before it is passed over. */
const CONTRADICTIONS_MOST = 3;
/** Blocks read again for an end that nobody reported: a day of Base. */
const RESCAN_BLOCKS = 43_200n;

const readPoint = (text: string | undefined): ChainPoint | undefined => {
	const [block, hash] = text?.split(' ') ?? [];
	if (block === undefined || block === '0') return undefined;
	return { block: BigInt(block), ...(hash === undefined ? {} : { hash: hash as `0x${string}` }) };
};
const writePoint = ({ block, hash }: ChainPoint): string =>
	hash === undefined ? `${block}` : `${block} ${hash}`;

export const createChainWatch = (deps: SettlerDeps, parts: ChainWatchParts): ChainWatch => {
	const {
		platform: { clock, log },
		commits,
		accounts,
		channels,
		scheme: { chain }
	} = deps;
	const { errands, mirror, ends, funding, redeeming, closing, payouts } = parts;
	const { reconcile } = mirror;
	const { asked, inTurn, spawn, noteStatus, noteDoubt, isStopped, transactions } = errands;
	const { get: setting, set: setSetting } = errands.settings;
	let stopWatch: Cancel = () => undefined;
	let headTimer: Cancel = () => undefined;
	let surveyedAt = 0;
	let behindSince: number | undefined;
	let rewritesLeft = 0;
	let contradictions = 0;
	let againMs = AGAIN_FIRST_MS;

	// ---------------------------------------------------------------- reports

	/** Of the newest watch; what an older one reports is reported again. */
	let watching = 0;

	/** From the first block whose events are not on disk yet. */
	const watch = (): void => {
		const mine = ++watching;
		stopWatch();
		stopWatch = chain.watch(
			() =>
				channels
					.all()
					.filter(({ status }) => status !== 'archived')
					.map((channel) => channel.id),
			readPoint(setting(WATCHED)),
			(report) =>
				spawn(
					inTurn(async () => (mine === watching ? onReport(report) : undefined)).catch((error: unknown) => {
						watchAgain();
						throw error;
					})
				)
		);
	};

	/** The chain went silent between an event and what it means: the same blocks once more, later. */
	const watchAgain = (): void => {
		watching += 1;
		stopWatch();
		// One that contradicts itself may need a while to come to an end.
		stopWatch = clock.after(contradictions > 0 ? HEAD_EVERY_MS : againMs, watch);
		againMs = Math.min(HEAD_EVERY_MS, 2 * againMs);
	};

	/** False when the chain did not answer: the report must not be lost, it may be the last call for claims. */
	const onEvent = async (event: ChainEvent): Promise<boolean> => {
		const channel = channels.get(event.id, event.epoch);
		if (!channel || channel.status === 'archived') return true;
		const isEnd = event.type === 'Closed' || event.type === 'Withdrawn';
		if (channel.status === 'closed' && !(isEnd && event.captured !== channel.settled)) return true;
		const state = asked(await chain.channel(event.id));
		if (!state.ok) return false;
		if (isEnd) {
			if (state.value.epoch > channel.epoch) return ends.told(channel, event.captured);
			contradictions += 1;
			log('warn', 'the end of a channel is reported and not shown', { channel: event.id });
			deps.onTrouble(peerError('ChainContradicts', 'the end of a channel is reported and not shown'));
			return contradictions > CONTRADICTIONS_MOST;
		}
		if (state.value.epoch !== channel.epoch) return true;
		const isUrgent = await commits.run(() => reconcile(channel, state.value));
		if (isUrgent) spawn(redeeming.consider());
		return true;
	};

	const onReport = async ({ events, upTo, isReorganised }: ChainReport): Promise<void> => {
		noteStatus('ok');
		if (isReorganised) {
			log('warn', 'history was rewritten', { block: `${upTo.block}` });
			// Once more later: an answer from before may be under way.
			rewritesLeft = 1;
			const rewritten = await mirror.rewrite();
			if (!rewritten.ok) return watchAgain();
		}
		for (const event of events) {
			const done = await onEvent(event).catch((error: unknown) => {
				log('error', 'a report of the chain could not be taken in', { error: String(error) });
				return false;
			});
			if (isStopped()) return;
			if (!done) return watchAgain();
		}
		contradictions = 0;
		deps.onRelief('ChainContradicts');
		await commits.run(() => setSetting(WATCHED, writePoint(upTo)));
		againMs = AGAIN_FIRST_MS;
		if (events.length > 0) deps.onChange();
	};

	// ---------------------------------------------------------------- looking around

	/** A chain that was further is behind now; for how long tells whether that means anything. */
	const noteHead = (block: bigint): void => {
		const watched = readPoint(setting(WATCHED))?.block ?? 0n;
		if (block >= watched) behindSince = undefined;
		else behindSince ??= clock.now();
		const isBehind = behindSince !== undefined && clock.now() - behindSince >= BEHIND_MS;
		noteDoubt(isBehind ? peerError('ChainBehind', `block ${block} after ${watched}`) : undefined);
	};

	/** False when there is nothing to go by. */
	const readHead = async (): Promise<boolean> => {
		if (!(await checkGenesis())) return false;
		const head = asked(await chain.head());
		if (!head.ok) return false;
		noteHead(head.value.block);
		if (errands.noteChainTime(head.value.time)) deps.onChange();
		await funding.lookAgain();
		return true;
	};

	/** Whatever was reported: how things are. */
	const survey = async (head: bigint | undefined): Promise<void> => {
		const ended = await mirror.survey();
		if (!ended.ok) return;
		surveyedAt = clock.now();
		const isNew = await ends.unreported(ended.value);
		await ends.lookBack();
		if (!isNew || head === undefined) return;
		await commits.run(() => setSetting(WATCHED, writePoint({ block: maxOf(1n, head - RESCAN_BLOCKS) })));
		watch();
	};

	const lookAround = async (): Promise<void> => {
		if (!(await readHead())) return;
		if (rewritesLeft > 0 && (await mirror.rewrite()).ok) rewritesLeft -= 1;
		await mirror.settleDeposits();
		await mirror.settleCaptures();
		await inTurn(ends.settle);
		if (clock.now() - surveyedAt >= LIMITS.surveyMs)
			await inTurn(() => survey(readPoint(setting(WATCHED))?.block));
		await tidy();
	};

	/** Again and again, whatever breaks in between. */
	const keepLooking = (): void => {
		if (!isStopped()) headTimer = clock.after(HEAD_EVERY_MS, () => spawn(lookAround().finally(keepLooking)));
	};

	/** What was left half done: openings nobody funded, closes that were never mined, claims a leaving payer takes along. */
	const tidy = async (): Promise<void> => {
		const now = errands.chainTime();
		if (isStopped() || errands.status() !== 'ok' || now === undefined) return;
		payouts.tend();
		for (const row of channels.all()) {
			const { id, epoch, direction, status: was, openedAt } = row;
			closing.withdraw(row, now);
			const isStale = was === 'opening' && clock.now() - openedAt > 2 * FUNDING_VALID_SECONDS * 1000;
			const isStuck =
				was === 'frozen' &&
				(direction === 'out'
					? !closing.isLeaving(id)
					: now > Number(setting(closeDeadline(id, epoch)) ?? '0'));
			if (!isStale && !isStuck) continue;
			await inTurn(async () => {
				const state = asked(await chain.channel(id));
				if (!state.ok || state.value.epoch !== epoch) return;
				const { value } = state;
				await commits.run(() => {
					const channel = channels.get(id, epoch);
					if (!channel || channel.status !== was) return;
					if (was === 'opening' && value.deposited === 0n)
						return channels.end(id, epoch, 0n, 'archived', clock.now());
					channels.thaw(id, epoch, clock.now());
					reconcile(channels.get(id, epoch) ?? channel, value);
				});
				deps.onChange();
			});
		}
		spawn(redeeming.consider());
	};

	// ---------------------------------------------------------------- which chain it is

	/** A browser profile or a state folder may outlive a local chain; its channels mean nothing on the next. */
	const archiveAll = (genesis: string): Promise<void> =>
		commits.run(() => {
			const at = clock.now();
			let archived = 0;
			for (const channel of channels.all()) {
				if (isOver(channel)) continue;
				channels.end(channel.id, channel.epoch, channel.claimed, 'archived', at);
				archived += 1;
			}
			payouts.archive();
			transactions.archive();
			// What neighbours owed each other was money of that chain.
			for (const { peer } of accounts.all()) accounts.reset(peer, at);
			setSetting(GENESIS, genesis);
			setSetting(WATCHED, '0');
			log('warn', 'another chain answers than before', { archived });
			deps.onTrouble(peerError('ChainReplaced', `${archived} channels archived`));
		});

	/** Whether this is the chain it was; without an answer nobody knows. */
	const checkGenesis = async (): Promise<boolean> => {
		const genesis = await chain.genesisHash();
		if (!genesis.ok) {
			const error = errands.chainError(genesis.error);
			if (error.type === 'ChainMistaken') noteDoubt(error);
			return false;
		}
		noteStatus('ok');
		const before = setting(GENESIS);
		if (before === undefined) await commits.run(() => setSetting(GENESIS, genesis.value));
		else if (before !== genesis.value) {
			if (chain.chainId !== LOCAL_CHAIN_ID) {
				noteDoubt(peerError('ChainMistaken', 'its first block is another than before'));
				return false;
			}
			await new Promise<void>((resolve) => void clock.after(REPLACED_AFTER_MS, resolve));
			const again = await chain.genesisHash();
			if (isStopped() || !again.ok) return false;
			if (again.value !== genesis.value) return again.value === before;
			await archiveAll(genesis.value);
			if (watching > 0) watch();
		}
		return true;
	};

	const start = async (): Promise<void> => {
		// First of all errands: what was signed before goes out before its number is used by another.
		const known = await inTurn(async () => {
			const isKnown = await checkGenesis();
			if (isKnown) {
				await transactions.resume();
				return payouts.resume(readPoint(setting(WATCHED))?.block ?? 0n);
			}
			return false;
		}).catch((error: unknown) => {
			log('error', 'the chain could not be noted', { error: String(error) });
			return false;
		});
		if (isStopped()) return;
		if (!known) {
			headTimer = clock.after(HEAD_EVERY_MS, () => spawn(start()));
			return;
		}
		transactions.start();
		watch();
		try {
			// Openings that a crash cut short, and whatever else happened while this node was off.
			await lookAround();
		} finally {
			keepLooking();
		}
	};

	return {
		start,
		stop: () => {
			transactions.stop();
			stopWatch();
			headTimer();
		}
	};
};
