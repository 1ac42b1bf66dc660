/** When a followed node is left alone for a while, and what wordless rejects mean. */
import { peerError, type PeerErrorType } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { ReaderContext, Subscription } from './subscription.ts';

export interface Pauses {
	/** What costs money waits for the next day, or for a higher limit. */
	reachLimit(subscription: Subscription): void;
	pause(subscription: Subscription, forMs: number): void;
	/** Longer each time, up to a minute. */
	backOff(subscription: Subscription, type: PeerErrorType | undefined, reason?: string): void;
	succeed(subscription: Subscription): void;
	/** Asks again after a minute without a word. */
	armSilence(subscription: Subscription): void;
	/** What a hop's or a node's wordless reject means here. */
	rejected(subscription: Subscription, code: string, triggeredBy: string): void;
}

/** What there is to do once a pause is over. */
export interface PauseEnds {
	ask(subscription: Subscription): Promise<void>;
	pump(subscription: Subscription): void;
	recoverNode(node: string): Promise<void>;
}

const RETRY_FIRST_MS = 500;
export const RETRY_LAST_MS = 60_000;
const DAY_MS = 86_400_000;

export const createPauses = (
	{ dependencies, isActive, inBackground, changed }: ReaderContext,
	{ ask, pump, recoverNode }: PauseEnds
): Pauses => {
	const { clock, sender } = dependencies;

	/** What costs money waits for the next day, or for a higher limit. */
	const reachLimit = (subscription: Subscription): void => {
		subscription.error = peerError('DailyLimitReached');
		subscription.dayTimer?.();
		const now = clock.now();
		const tomorrow = dependencies.dayStart(now) + DAY_MS;
		subscription.dayTimer = clock.after(Math.max(1_000, tomorrow - now), () => pump(subscription));
		changed();
	};

	const pause = (subscription: Subscription, forMs: number): void => {
		subscription.pausedUntil = clock.now() + forMs;
		subscription.retryTimer?.();
		subscription.retryTimer = clock.after(forMs, () => {
			subscription.pausedUntil = 0;
			resume(subscription);
		});
		changed();
	};

	const resume = (subscription: Subscription): void => {
		if (!isActive(subscription)) return;
		if (!subscription.live) void ask(subscription);
		else
			inBackground(
				'resume',
				recoverNode(subscription.node).then(() => pump(subscription))
			);
	};

	/** Longer each time, up to a minute. */
	const backOff = (subscription: Subscription, type: PeerErrorType | undefined, reason?: string): void => {
		subscription.failures++;
		if (type) subscription.error = peerError(type, reason);
		pause(
			subscription,
			Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(10, subscription.failures - 1))
		);
	};

	const succeed = (subscription: Subscription): void => {
		subscription.failures = 0;
		subscription.unknownKey = 0;
		const stays = subscription.record.cheated || subscription.error?.type === 'DailyLimitReached';
		if (!stays && subscription.pausedUntil === 0) subscription.error = undefined;
	};

	const armSilence = (subscription: Subscription): void => {
		subscription.silenceTimer?.();
		subscription.silenceTimer = clock.after(LIMITS.subscriptionSilenceMs, () => {
			if (isActive(subscription)) void ask(subscription);
		});
	};

	/** What a hop's or a node's wordless reject means here. */
	const rejected = (subscription: Subscription, code: string, triggeredBy: string): void => {
		const own = sender.addresses()[0] ?? '';
		// My own node, or the hub I am below of.
		const isNear = triggeredBy === '' || own === triggeredBy || own.startsWith(`${triggeredBy}.`);
		switch (code) {
			case 'F06':
				subscription.live = false;
				subscription.unknownKey++;
				// Once is a forgotten session; twice is another stream key.
				if (subscription.unknownKey >= 2) subscription.error = peerError('AuthorUnreachable', 'F06');
				backOff(subscription, undefined);
				return;
			case 'F02':
				backOff(subscription, sender.addresses().length === 0 ? 'NotConnected' : 'NoRoute', triggeredBy);
				return;
			case 'T01':
				backOff(
					subscription,
					isNear && own === triggeredBy ? 'NotConnected' : 'AuthorUnreachable',
					`T01 ${triggeredBy}`
				);
				return;
			case 'T04':
				backOff(subscription, isNear ? 'NotEnoughInChannel' : 'AuthorUnreachable', `T04 ${triggeredBy}`);
				return;
			case 'T02':
			case 'T03':
			case 'T05':
				backOff(subscription, undefined);
				return;
			default:
				backOff(subscription, 'AuthorUnreachable', `${code} ${triggeredBy}`);
		}
	};

	return { reachLimit, pause, backOff, succeed, armSilence, rejected };
};
