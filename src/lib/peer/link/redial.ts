/**
 * Dialling again and again: at once when told to, else a few times briskly, then after a pause that doubles with
 * each failure, from {@link LIMITS.reconnectFirstMs} to {@link LIMITS.reconnectLastMs}. A connection that lasted was a success.
 */
import { LIMITS } from '../limits.ts';
import type { Cancel, Clock, Log } from '../platform.ts';

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

/** A connection that was up for less than this did not really come up: the back-off goes on. */
const STEADY_MS = 10_000;

/** A neighbour that was killed and began again is back within the brisk tries; whoever is not takes longer. */
const pauseBefore = (tries: number): number =>
	tries < LIMITS.reconnectBriskTries
		? LIMITS.reconnectBriskMs
		: Math.min(LIMITS.reconnectFirstMs * 2 ** (tries - LIMITS.reconnectBriskTries), LIMITS.reconnectLastMs);

/** `dialOnce` resolves when its connection is over; `isOff` says whether it is still wanted. */
export const keepDialling = (
	platform: { readonly clock: Clock; readonly log: Log },
	dialOnce: (isOff: () => boolean) => Promise<DialOutcome>,
	on: {
		readonly connecting: () => void;
		/** `retryAt`: Unix ms. */
		readonly waiting: (retryAt: number, reason: string) => void;
		readonly refused: (reason: string) => void;
	}
): Redialler => {
	const { clock, log } = platform;
	let off = false;
	let wake: () => void = () => undefined;
	let cancelTimer: Cancel = () => undefined;
	const isOff = (): boolean => off;

	const run = async (): Promise<void> => {
		/** Since the link was last up for a while. */
		let tries = 0;
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
			if (outcome.type === 'was-up' && clock.now() - startedAt >= STEADY_MS) tries = 0;
			const wait = pauseBefore(tries++);
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
