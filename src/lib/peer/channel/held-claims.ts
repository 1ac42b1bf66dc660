/**
 * The claims a payee holds: taken in, kept, checked.
 *
 * A signature costs a thousand times what everything else about a claim does. Claims only rise, so checking the
 * newest says all that checking those before it would, and most need no check of their own:
 *
 * | when | what |
 * |---|---|
 * | the first of a channel | checked before it counts: until then nobody has shown to have the key |
 * | one by which more would be exposed than the payer has proven on the channel, than {@link LIMITS.uncheckedPerLink} or, over all links, {@link LIMITS.uncheckedPerNode} | checked before it counts |
 * | any other | counts at once; checked after {@link LIMITS.uncheckedMs}, by then the newest |
 * | before anything is built on them: redeeming, a hello, a Close, a payout, a start | all of them checked |
 *
 * A forged one takes what is counted back to the newest claim that was checked, on disk, and ends the link; what was
 * delivered for it stays in the link's account as a debt, so that coming back with another one gains nothing. All
 * forgers together can have got what was exposed, which the two limits bound, and each as much as it had paid before.
 *
 * Claims of one channel that come while a group is being written share a row, a transfer and a transaction.
 */
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { WireClaim } from '../link/messages.ts';
import { tokenToLink } from '../money.ts';
import type { Cancel, Platform } from '../platform.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import { isOver, type Channel, type ClaimRefusal } from './channel.ts';
import type { Channels } from './channels.ts';
import { createExposure } from './exposure.ts';

export interface HeldClaims {
	/**
	 * Claims of one channel are judged in the order of these calls. Resolves once the claim is on disk, or with why
	 * it is not; rejects when the disk failed. Whoever is told `ClaimForged` ends the link.
	 */
	take(peer: string, claim: WireClaim): Promise<ClaimRefusal['type'] | undefined>;
	/** When it resolves, every claim that was held (of one neighbour, or of all) has been checked. */
	check(peer?: string): Promise<void>;
	/** While `work` runs, no claim is held (of one neighbour, or of all) that is not checked. */
	whileChecked<T>(peer: string | undefined, work: () => Promise<T>): Promise<T>;
	/** Link units that are counted on and not checked. */
	exposed(): bigint;
	stop(): void;
}

export interface HeldClaimsDeps {
	readonly platform: Pick<Platform, 'clock' | 'log'>;
	readonly commits: Commits;
	readonly channels: Channels;
	readonly scheme: Pick<SettlementScheme, 'verifyClaim' | 'tokenScale'>;
	/** More is held than before; on disk. */
	readonly onHeld: (peer: string, id: Hex) => void;
	/** A claim that was counted on turned out forged: the link is to be ended. The debt is on disk. */
	readonly onForged: (peer: string, id: Hex) => void;
}

interface Waiting {
	readonly claim: WireClaim;
	isChecked: boolean;
	/** Lower ones that came before it and that its signature speaks for. */
	covers: readonly Waiting[];
	readonly resolve: (refusal: ClaimRefusal['type'] | undefined) => void;
	readonly reject: (reason: unknown) => void;
}

interface Held {
	/** Of the first of the queue, as many as were settled; the next one, if any, must be checked first. */
	readonly refusals: readonly (ClaimRefusal['type'] | undefined)[];
	readonly channel: Channel | undefined;
	readonly rose: boolean;
}

const isRising = ({ promised, deposited }: Channel, batch: readonly Waiting[]): boolean => {
	let last = promised;
	for (const { claim } of batch) {
		if (claim.cumulative <= last) return false;
		last = claim.cumulative;
	}
	return last <= deposited;
};

const answer = (waiting: Waiting, refusal: ClaimRefusal['type'] | undefined): void => {
	for (const covered of waiting.covers) answer(covered, refusal);
	waiting.resolve(refusal);
};

export const createHeldClaims = (deps: HeldClaimsDeps): HeldClaims => {
	const { commits, channels, scheme } = deps;
	const { clock, log } = deps.platform;
	const exposure = createExposure({ perLink: LIMITS.uncheckedPerLink, perNode: LIMITS.uncheckedPerNode });
	const oneToken = tokenToLink(1n, scheme.tokenScale);
	const queues = new Map<string, Waiting[]>();
	const timers = new Map<string, Cancel>();
	/** Neighbours (undefined: all) of whom nothing is held unchecked right now, and for how many reasons. */
	const strict = new Map<string | undefined, number>();
	const forgers = new Set<string>();
	let stopped = false;

	const nameOf = (id: Hex, epoch: number): string => `${id}/${epoch}`;
	const isStrict = (peer: string): boolean => strict.has(peer) || strict.has(undefined) || forgers.has(peer);

	/** Takes over what the row says, and sees to it that what is exposed is checked in time. */
	const note = (channel: Channel): void => {
		const amount = channels.exposure(channel);
		exposure.note(channel, amount);
		if (amount > 0n) checkSoon(channel.id, channel.epoch, channel.peer);
	};

	const checkSoon = (id: Hex, epoch: number, peer: string): void => {
		const name = nameOf(id, epoch);
		if (timers.has(name) || stopped) return;
		timers.set(
			name,
			clock.after(LIMITS.uncheckedMs, () => {
				timers.delete(name);
				checkAndCut(id, epoch, peer).catch((error: unknown) => {
					log('error', 'a claim could not be checked', { error: String(error) });
					checkSoon(id, epoch, peer);
				});
			})
		);
	};
	// What an earlier run left unchecked counts until it is.
	for (const channel of channels.unchecked()) note(channel);

	const distrust = ({ peer, id }: Channel): void => {
		forgers.add(peer);
		log('warn', 'a claim was forged', { peer, channel: id });
	};

	/** False when the claim that is held turns out forged. */
	const checkOne = async (id: Hex, epoch: number): Promise<boolean> => {
		const channel = channels.get(id, epoch);
		if (!channel) return true;
		const { key, promised, signature } = channel;
		if (isOver(channel) || channel.checked >= promised || !signature) {
			note(channel);
			return true;
		}
		const isGood = await scheme.verifyClaim({ key, epoch, cumulative: promised, signature });
		await commits.run(() => {
			channels.apply(id, epoch, [{ type: isGood ? 'verified' : 'forged', signature }], clock.now());
		});
		note(channels.get(id, epoch) ?? channel);
		if (!isGood) distrust(channel);
		return isGood;
	};

	/** Nobody waits for an answer to tell that the link ends. */
	const checkAndCut = async (id: Hex, epoch: number, peer: string): Promise<void> => {
		if (!(await checkOne(id, epoch))) deps.onForged(peer, id);
	};

	/** Inside a transaction: as many as need no check first. */
	const hold = (peer: string, id: Hex, epoch: number, batch: readonly Waiting[]): Held => {
		const channel = channels.get(id, epoch);
		if (channel?.direction !== 'in' || channel.peer !== peer)
			return { refusals: batch.map(() => 'ChannelUnknown'), channel: undefined, rose: false };
		const trust = isStrict(peer) ? 0n : exposure.most(channel) / oneToken;
		// Where each is more than the one before, the last says it all.
		const spoken = isRising(channel, batch) ? batch.slice(-1) : batch;
		const inputs = spoken.map(({ claim: { cumulative, signature }, isChecked }) => {
			return { type: 'claim', cumulative, signature, isChecked, trust } as const;
		});
		const applied = channels.apply(id, epoch, inputs, clock.now());
		const { channel: now, effects } = applied ?? { channel, effects: [] };
		exposure.reserve(now, channels.exposure(now));
		const refusals = effects.flatMap((ofOne) => {
			if (ofOne.some(({ type }) => type === 'check')) return [];
			return [ofOne.find((effect) => effect.type === 'refuse')?.reason];
		});
		const rose = now.promised > channel.promised;
		return {
			refusals: rose && spoken.length === 1 ? batch.map(() => undefined) : refusals,
			channel: now,
			rose
		};
	};

	/** The newest that is within the deposit speaks for all before it. False when it is not the signer's. */
	const checkNewest = async (channel: Channel, queue: Waiting[]): Promise<boolean> => {
		const { key, epoch, promised, deposited } = channel;
		const newest = queue.reduce<Waiting | undefined>((best, waiting) => {
			const { cumulative } = waiting.claim;
			const isUseful = cumulative > promised && cumulative <= deposited;
			return isUseful && cumulative > (best?.claim.cumulative ?? 0n) ? waiting : best;
		}, undefined);
		const chosen = newest ?? queue[0];
		if (!chosen) return true;
		const { cumulative, signature } = chosen.claim;
		if (!(await scheme.verifyClaim({ key, epoch, cumulative, signature }))) return false;
		chosen.isChecked = true;
		const before = queue.splice(0, queue.indexOf(chosen) + 1);
		chosen.covers = before.filter((waiting) => waiting !== chosen && waiting.claim.cumulative < cumulative);
		queue.unshift(
			chosen,
			...before.filter((waiting) => waiting !== chosen && !chosen.covers.includes(waiting))
		);
		return true;
	};

	const drain = async (peer: string, id: Hex, epoch: number, queue: Waiting[]): Promise<void> => {
		while (queue.length > 0) {
			// As many as are here when the transaction runs; none leaves the queue before it is on disk.
			const { refusals, channel, rose } = await commits.run(() => hold(peer, id, epoch, queue));
			if (channel) note(channel);
			queue.splice(0, refusals.length).forEach((waiting, at) => answer(waiting, refusals[at]));
			if (rose) deps.onHeld(peer, id);
			if (queue.length === 0 || !channel || refusals.length > 0) continue;
			if (await checkNewest(channel, queue)) continue;
			// What is held from before may be as good as this one.
			await checkOne(id, epoch);
			for (const waiting of queue.splice(0)) answer(waiting, 'ClaimForged');
			distrust(channel);
		}
	};

	const begin = async (name: string, peer: string, { channel: id, epoch }: WireClaim): Promise<void> => {
		const queue = queues.get(name) ?? [];
		try {
			await drain(peer, id, epoch, queue);
		} catch (error) {
			for (const waiting of queue.splice(0)) waiting.reject(error);
			// What was reserved is given back when the row is looked at.
			checkSoon(id, epoch, peer);
		} finally {
			queues.delete(name);
		}
	};

	const check = async (peer?: string): Promise<void> => {
		for (const channel of channels.unchecked(peer))
			await checkAndCut(channel.id, channel.epoch, channel.peer);
	};

	return {
		take: (peer, claim) =>
			new Promise((resolve, reject) => {
				const name = `${peer}/${nameOf(claim.channel, claim.epoch)}`;
				const waiting = { claim, isChecked: false, covers: [], resolve, reject };
				const known = queues.get(name);
				if (known) return void known.push(waiting);
				queues.set(name, [waiting]);
				void begin(name, peer, claim);
			}),
		check,
		whileChecked: async (peer, work) => {
			strict.set(peer, (strict.get(peer) ?? 0) + 1);
			try {
				await check(peer);
				return await work();
			} finally {
				const left = (strict.get(peer) ?? 1) - 1;
				if (left === 0) strict.delete(peer);
				else strict.set(peer, left);
			}
		},
		exposed: exposure.total,
		stop: () => {
			stopped = true;
			for (const cancel of timers.values()) cancel();
			timers.clear();
		}
	};
};
