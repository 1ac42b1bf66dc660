/**
 * Dialling again and again: at once when a connection that had lasted broke, or when told to; else after a pause
 * that is a part of the time the neighbour has been waited for ({@link LIMITS.reconnectPercent}). So a pause is in
 * proportion to the outage: short ones end at once, and long ones cost few tries. Each is drawn from its upper half,
 * or all guests of a hub that was away would come back in the same moment.
 */
import { LIMITS } from '../limits.ts';
import type { Cancel, Clock, Log, Random } from '../platform.ts';

export type DialOutcome =
	| { readonly type: 'retry'; readonly reason: string }
	/** Trying again would make no difference. */
	| { readonly type: 'never'; readonly reason: string }
	| { readonly type: 'was-up' };

export interface Redialler {
	/** Instead of when the pause is over. */
	now(): void;
	/** Dials no more; a connection that is up is whoever made it to close. */
	stop(): void;
}

/** When so much was waited in vain. */
const pauseAfter = (waitedMs: number, random: Random): number => {
	const part = (waitedMs * LIMITS.reconnectPercent) / 100;
	const most = Math.min(LIMITS.reconnectMostMs, Math.max(LIMITS.reconnectLeastMs, part));
	const [drawn = 0] = random.bytes(1);
	return Math.round((most * (255 + drawn)) / 510);
};

/** `dialOnce` resolves when its connection is over; `isOff` says whether it is still wanted. */
export const keepDialling = (
	platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
	dialOnce: (isOff: () => boolean) => Promise<DialOutcome>,
	on: {
		readonly connecting: () => void;
		/** `retryAt`: Unix ms. */
		readonly waiting: (retryAt: number, reason: string) => void;
		readonly refused: (reason: string) => void;
	}
): Redialler => {
	const { clock, random, log } = platform;
	let off = false;
	let wake: () => void = () => undefined;
	let cancelTimer: Cancel = () => undefined;
	const isOff = (): boolean => off;

	const run = async (): Promise<void> => {
		/** Since the link was last up for a while. The clock cannot tell: a hub may have set it meanwhile. */
		let waitedMs = 0;
		while (!isOff()) {
			on.connecting();
			const startedAt = clock.now();
			// A full disk while greeting must not be the end of all dialling.
			const outcome = await dialOnce(isOff).catch((error: unknown): DialOutcome => {
				log('error', 'dialling broke', { error: String(error) });
				return { type: 'retry', reason: String(error) };
			});
			if (isOff()) return;
			if (outcome.type === 'never') {
				on.refused(outcome.reason);
				return;
			}
			if (outcome.type === 'was-up' && clock.now() - startedAt >= LIMITS.reconnectSteadyMs) {
				waitedMs = 0;
				continue;
			}
			const wait = pauseAfter(waitedMs, random);
			waitedMs += wait;
			on.waiting(clock.now() + wait, outcome.type === 'retry' ? outcome.reason : 'the link broke');
			await new Promise<void>((resolve) => {
				wake = resolve;
				cancelTimer = clock.after(wait, resolve);
			});
		}
	};
	run().catch((error: unknown) => log('error', 'dialling failed', { error: String(error) }));
	const now = (): void => {
		cancelTimer();
		wake();
	};
	return {
		now,
		stop: () => {
			off = true;
			now();
		}
	};
};
