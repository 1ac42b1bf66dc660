/**
 * Following the chain: which one it is, what happened to channels while nobody looked and since, and what was
 * left half done. Everything here may be cut off and begun again; reports are taken in from the first block
 * whose events are not on disk.
 */
import { peerError } from '../errors.ts';
import type { Cancel } from '../platform.ts';
import type { ChainEvent } from '../settlement/chain.ts';
import type { ChainMirror } from './chain-mirror.ts';
import { isOver, unredeemed } from './channel.ts';
import type { Closing } from './closing.ts';
import { closeDeadline, type Errands, type SettlerDeps } from './errands.ts';
import { FUNDING_VALID_SECONDS, type Funding } from './funding.ts';
import type { Payouts } from './payouts.ts';
import type { Redeeming } from './redeeming.ts';

export interface ChainWatch {
	/** Compares the chain with the one known from before; archives all channels when it is another. */
	start(): Promise<void>;
	stop(): void;
}

export interface ChainWatchParts {
	readonly errands: Errands;
	readonly mirror: ChainMirror;
	readonly funding: Pick<Funding, 'lookAgain'>;
	readonly redeeming: Pick<Redeeming, 'redeemAll'>;
	readonly closing: Pick<Closing, 'isLeaving'>;
	readonly payouts: Pick<Payouts, 'resume' | 'tend' | 'archive'>;
}

const HEAD_EVERY_MS = 15_000;
const GENESIS = 'chain.genesis';
const WATCHED = 'chain.watched-block';

export const createChainWatch = (deps: SettlerDeps, parts: ChainWatchParts): ChainWatch => {
	const {
		platform: { clock, log },
		commits,
		accounts,
		channels,
		scheme: { chain }
	} = deps;
	const { errands, funding, redeeming, closing, payouts } = parts;
	const { reconcile, refresh } = parts.mirror;
	const { asked, inTurn, spawn, noteStatus, isStopped } = errands;
	const { get: setting, set: setSetting } = errands.settings;
	let stopWatch: Cancel = () => undefined;
	let headTimer: Cancel = () => undefined;

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
					.filter((channel) => !isOver(channel))
					.map((channel) => channel.id),
			BigInt(setting(WATCHED) ?? '0'),
			(events, upTo) =>
				spawn(
					inTurn(async () => (mine === watching ? onEvents(events, upTo) : undefined)).catch(
						(error: unknown) => {
							watchAgain();
							throw error;
						}
					)
				)
		);
	};

	/** The chain went silent between an event and what it means: the same blocks once more, later. */
	const watchAgain = (): void => {
		watching += 1;
		stopWatch();
		stopWatch = clock.after(HEAD_EVERY_MS, watch);
	};

	/** False when the chain did not answer: the report must not be lost, it may be the last call for claims. */
	const onEvent = async (event: ChainEvent): Promise<boolean> => {
		const channel = channels.get(event.id, event.epoch);
		if (!channel || isOver(channel)) return true;
		if (event.type === 'Closed' || event.type === 'Withdrawn') {
			await commits.run(() => channels.end(event.id, event.epoch, event.captured, 'closed', clock.now()));
			return true;
		}
		const state = asked(await chain.channel(event.id));
		if (!state.ok) return false;
		if (state.value.epoch !== channel.epoch) return true;
		const isUrgent = await commits.run(() => reconcile(channel, state.value));
		if (isUrgent) spawn(redeeming.redeemAll());
		return true;
	};

	const onEvents = async (events: readonly ChainEvent[], upTo: bigint): Promise<void> => {
		noteStatus('ok');
		for (const event of events) {
			const done = await onEvent(event).catch((error: unknown) => {
				log('error', 'a report of the chain could not be taken in', { error: String(error) });
				return false;
			});
			if (isStopped()) return;
			if (!done) return watchAgain();
		}
		await commits.run(() => setSetting(WATCHED, String(upTo)));
		if (events.length > 0) deps.onChange();
	};

	const readHead = async (): Promise<void> => {
		const head = asked(await chain.head());
		if (!head.ok) return;
		if (errands.noteChainTime(head.value.time)) deps.onChange();
		await funding.lookAgain();
	};

	/** Again and again, whatever breaks in between. */
	const keepLooking = (): void => {
		if (!isStopped())
			headTimer = clock.after(HEAD_EVERY_MS, () => spawn(readHead().then(tidy).finally(keepLooking)));
	};

	/** What was left half done: openings nobody funded, closes that were never mined, claims a leaving payer takes along. */
	const tidy = async (): Promise<void> => {
		const now = errands.chainTime();
		if (isStopped() || errands.status() !== 'ok' || now === undefined) return;
		payouts.tend();
		for (const { id, epoch, direction, status: was, openedAt } of channels.all()) {
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
					reconcile(channel, value);
				});
				deps.onChange();
			});
		}
		if (
			channels
				.all()
				.some(
					(channel) => channel.direction === 'in' && channel.status === 'closing' && unredeemed(channel) > 0n
				)
		)
			await redeeming.redeemAll();
	};

	/** A browser profile or a state folder may outlive a local chain; its channels mean nothing on the next. */
	const checkGenesis = async (): Promise<boolean> => {
		const genesis = asked(await chain.genesisHash());
		if (!genesis.ok) return false;
		const before = setting(GENESIS);
		if (before === genesis.value) return true;
		if (before === undefined) {
			await commits.run(() => setSetting(GENESIS, genesis.value));
			return true;
		}
		await commits.run(() => {
			const at = clock.now();
			let archived = 0;
			for (const channel of channels.all()) {
				if (isOver(channel)) continue;
				channels.end(channel.id, channel.epoch, channel.claimed, 'archived', at);
				archived += 1;
			}
			payouts.archive();
			// What neighbours owed each other was money of that chain.
			for (const { peer } of accounts.all()) accounts.reset(peer, at);
			setSetting(GENESIS, genesis.value);
			setSetting(WATCHED, '0');
			log('warn', 'another chain answers than before', { archived });
			deps.onTrouble(peerError('ChainReplaced', `${archived} channels archived`));
		});
		return true;
	};

	const start = async (): Promise<void> => {
		// First of all errands: a payout that was signed before goes out before its number is used by another.
		const known = await inTurn(async () => {
			const isKnown = await checkGenesis();
			if (isKnown) await payouts.resume();
			return isKnown;
		}).catch((error: unknown) => {
			log('error', 'the chain could not be noted', { error: String(error) });
			return false;
		});
		if (isStopped()) return;
		if (!known) {
			headTimer = clock.after(HEAD_EVERY_MS, () => spawn(start()));
			return;
		}
		watch();
		try {
			await readHead();
			// Openings that a crash cut short, and whatever else happened while this node was off.
			for (const channel of channels.all())
				if (channel.status === 'opening' || channel.status === 'open') await refresh(channel.id);
			await tidy();
		} finally {
			keepLooking();
		}
	};

	return {
		start,
		stop: () => {
			stopWatch();
			headTimer();
		}
	};
};
