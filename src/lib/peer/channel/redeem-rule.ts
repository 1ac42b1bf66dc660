/**
 * When claims are turned into money, and which together. Pure: what it weighs is given.
 *
 * A claim is worth something only until the payer has its deposit back, and redeeming costs gas, less for each
 * channel the more go together. So they wait for each other, and something ends the waiting:
 *
 * | why | when |
 * |---|---|
 * | `danger` | a payer asked to close, or the channel's end is near; and it brings more than it costs |
 * | `threshold` | one channel holds as much as may be lost to a payee that sleeps too long; and it brings more than it costs |
 * | `cheap` | the gas is at most a hundredth of what all of it brings |
 * | `daily` | nothing was redeemed for a day, and it brings more than it costs |
 *
 * What is in danger comes first, the earliest end before the others; then what holds most. A channel comes
 * along as long as it pays its own row as well as the reason for the whole demands.
 */
import { LIMITS } from '../limits.ts';

/** Amounts are link units, times Unix seconds of the chain. */
export interface Redeemable {
	/** Claimed and not yet redeemed, > 0. */
	readonly unredeemed: bigint;
	/** 0 while nobody asked to close. */
	readonly closeAt: number;
	readonly grace: number;
	/** 0: never. */
	readonly expiry: number;
}

export interface RedeemTerms {
	/** Unix seconds of the newest block. */
	readonly time: number;
	/** Unix ms of this host: now, and when something was redeemed last. */
	readonly now: number;
	readonly lastAt: number;
	/** Link units. */
	readonly threshold: bigint;
	/** What a redemption costs, and each channel in it on top. */
	readonly cost: { readonly base: bigint; readonly row: bigint };
}

export type RedeemReason = 'danger' | 'threshold' | 'cheap' | 'daily';

export interface Redemption<C> {
	readonly why: RedeemReason;
	/** In order; at most {@link LIMITS.redeemBatch}. */
	readonly channels: readonly C[];
}

/** From when on its payer could have the deposit back soon, whatever the payee does. */
const dangerFrom = ({ closeAt, grace, expiry }: Redeemable): number => {
	if (closeAt > 0) return 0;
	return expiry === 0 ? Number.POSITIVE_INFINITY : expiry - grace - LIMITS.redeemBeforeSeconds;
};

export const isInDanger = (channel: Redeemable, time: number): boolean => time >= dangerFrom(channel);

/** When it is too late: the payer may withdraw. */
const endOf = ({ closeAt, expiry }: Redeemable): number =>
	Math.min(closeAt > 0 ? closeAt : Number.POSITIVE_INFINITY, expiry > 0 ? expiry : Number.POSITIVE_INFINITY);

const sumOf = (channels: readonly Redeemable[]): bigint =>
	channels.reduce((sum, { unredeemed }) => sum + unredeemed, 0n);

export const planRedemption = <C extends Redeemable>(
	channels: readonly C[],
	{ time, now, lastAt, threshold, cost }: RedeemTerms
): Redemption<C> | undefined => {
	const priceOf = (count: number): bigint => cost.base + cost.row * BigInt(count);
	const bySize = (a: C, b: C): number =>
		a.unredeemed < b.unredeemed ? 1 : a.unredeemed > b.unredeemed ? -1 : 0;
	const paysItself = (channel: C): boolean => channel.unredeemed > cost.row;
	const paysWell = (channel: C): boolean => channel.unredeemed >= cost.row * LIMITS.redeemCostParts;
	const isWorth = (batch: readonly C[]): boolean => sumOf(batch) > priceOf(batch.length);

	const endangered = channels
		.filter((channel) => isInDanger(channel, time) && paysItself(channel))
		.sort((a, b) => endOf(a) - endOf(b) || bySize(a, b));
	const others = channels.filter((channel) => !endangered.includes(channel)).sort(bySize);
	const take = (list: readonly C[]): readonly C[] => list.slice(0, LIMITS.redeemBatch);
	const cheap = take(others.filter(paysWell));

	// Where the earliest ends are not worth their gas, the largest may be.
	const saved = [take([...endangered, ...cheap]), take([...endangered].sort(bySize))].find(isWorth);
	if (endangered.length > 0 && saved) return { why: 'danger', channels: saved };

	const full = others.filter(({ unredeemed }) => unredeemed >= threshold);
	const risky = take([...full, ...cheap.filter((channel) => !full.includes(channel))]);
	if (full.length > 0 && isWorth(risky)) return { why: 'threshold', channels: risky };
	if (cheap.length > 0 && sumOf(cheap) >= priceOf(cheap.length) * LIMITS.redeemCostParts)
		return { why: 'cheap', channels: cheap };

	const all = take(others.filter(paysItself));
	if (now - lastAt >= LIMITS.redeemEveryMs && isWorth(all)) return { why: 'daily', channels: all };
	return undefined;
};
