/** What a person sees of a followed author. */
import { peerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { toSend, trustIn } from './batches.ts';
import type { ReaderStore } from './reader-store.ts';
import {
	SPOILED_MAX,
	type FollowStatus,
	type ReaderDependencies,
	type Subscription
} from './subscription.ts';

/** Failures in a row after which an author counts as asleep. */
const ASLEEP_AFTER = 3;
const WEEK_S = 7 * 86_400;
const DAY_S = 86_400;

export const createFollowViews = (
	{ clock, dayStart }: Pick<ReaderDependencies, 'clock' | 'dayStart'>,
	records: ReaderStore
): ((subscription: Subscription) => FollowStatus) => {
	const paceOf = (subscription: Subscription): { readonly perDay: bigint; readonly spentToday: bigint } => {
		const now = clock.now();
		const cached = subscription.paceCache;
		if (cached && now - cached.at < LIMITS.heartbeatMs) return cached;
		const nowS = Math.floor(now / 1000);
		const { sent, oldest } = records.pace(subscription.node, nowS - WEEK_S);
		const seconds = oldest === undefined ? WEEK_S : Math.min(WEEK_S, Math.max(DAY_S, nowS - oldest));
		const fresh = {
			at: now,
			perDay: (sent * BigInt(DAY_S)) / BigInt(seconds),
			spentToday: records.spent(dayStart(now), subscription.node)
		};
		subscription.paceCache = fresh;
		return fresh;
	};

	const statusOf = ({
		live,
		error,
		failures,
		pausedUntil,
		record,
		spoiled
	}: Subscription): FollowStatus['status'] => {
		const isPaused =
			pausedUntil > 0 && (error?.type === 'WayTooDear' || error?.type === 'NotEnoughInChannel');
		if (record.cheated || spoiled >= SPOILED_MAX || isPaused || error?.type === 'DailyLimitReached')
			return 'stopped';
		if (live && failures < ASLEEP_AFTER) return 'live';
		return failures >= ASLEEP_AFTER && error?.type !== 'AuthorUnknown' ? 'asleep' : 'searching';
	};

	const viewOf = (subscription: Subscription): FollowStatus => {
		const { error, maxPrice, dailyLimit, lastPrice } = subscription;
		const status = statusOf(subscription);
		// Nothing of it is under way, so nothing will make it trusted by itself.
		const isUntried = subscription.inFlight === 0;
		const waiting = [...subscription.wanted.values()].filter(
			({ id, price }) =>
				!subscription.busy.has(id) &&
				(price > maxPrice ||
					(status === 'stopped' && price > 0n) ||
					(isUntried && toSend(subscription, price) > trustIn(subscription)))
		);
		const isIdle = status === 'live' && !error;
		const tooDear = isIdle && waiting.some(({ price }) => price > maxPrice);
		const untried = isIdle && !tooDear && waiting.length > 0;
		return {
			status,
			error: tooDear ? peerError('PriceAboveLimit') : untried ? peerError('AuthorUntried') : error,
			price: lastPrice?.price,
			maxPrice,
			dailyLimit,
			...(({ perDay, spentToday }) => ({ perDay, spentToday }))(paceOf(subscription)),
			waiting: { count: waiting.length, cost: waiting.reduce((sum, { price }) => sum + price, 0n) }
		};
	};

	return viewOf;
};
