import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { isInDanger, planRedemption, type Redeemable, type RedeemTerms } from './redeem-rule.ts';

const DAY = 24 * 3_600;
const TIME = 2_000_000_000;

interface Numbered extends Redeemable {
	readonly n: number;
}

const CENT = 10_000_000n;
const terms = (change: Partial<RedeemTerms> = {}): RedeemTerms => ({
	time: TIME,
	now: 1_000_000,
	lastAt: 1_000_000,
	threshold: 100n * CENT,
	cost: { base: CENT, row: CENT / 4n },
	...change
});
const holding = (n: number, unredeemed: bigint, change: Partial<Redeemable> = {}): Numbered => ({
	n,
	unredeemed,
	closeAt: 0,
	grace: DAY,
	expiry: 0,
	...change
});
const numbers = (channels: readonly Numbered[] | undefined) => channels?.map(({ n }) => n);

describe('when claims are redeemed', () => {
	it('waits while it would cost more than a hundredth and nothing presses', () => {
		expect(planRedemption([holding(1, 50n * CENT), holding(2, 50n * CENT)], terms())).toBeUndefined();
		expect(planRedemption([], terms())).toBeUndefined();
	});

	it('goes when all together make the gas a hundredth', () => {
		const channels = Array.from({ length: 10 }, (_, n) => holding(n, 40n * CENT));
		expect(planRedemption(channels, terms())).toMatchObject({ why: 'cheap', channels });
	});

	it('goes when one channel holds as much as may be lost', () => {
		const plan = planRedemption([holding(1, CENT), holding(2, 100n * CENT), holding(3, 30n * CENT)], terms());
		expect(plan?.why).toBe('threshold');
		expect(numbers(plan?.channels)).toEqual([2, 3]);
	});

	it('goes after a day, if it brings more than it costs', () => {
		const late = { now: 1_000_000 + LIMITS.redeemEveryMs };
		const plan = planRedemption([holding(1, 3n * CENT), holding(2, CENT / 4n)], terms(late));
		expect(plan).toMatchObject({ why: 'daily' });
		expect(numbers(plan?.channels)).toEqual([1]);
		expect(planRedemption([holding(1, CENT)], terms(late))).toBeUndefined();
	});

	it('saves what is in danger first, the earliest end before the others, and takes along what pays its way', () => {
		const plan = planRedemption(
			[
				holding(1, 90n * CENT),
				holding(2, 2n * CENT, { closeAt: TIME + 2 * DAY }),
				holding(3, 3n * CENT, { closeAt: TIME + DAY }),
				holding(4, CENT / 4n, { closeAt: TIME + 60 }),
				holding(5, 5n * CENT, { expiry: TIME + 2 * DAY })
			],
			terms()
		);
		expect(plan?.why).toBe('danger');
		// The fourth does not pay for its own row.
		expect(numbers(plan?.channels)).toEqual([3, 5, 2, 1]);
	});

	it('sees danger a day before the payer could ask and have its deposit by the expiry', () => {
		const channel = holding(1, CENT, { expiry: TIME });
		expect(isInDanger(channel, TIME - DAY - LIMITS.redeemBeforeSeconds - 1)).toBe(false);
		expect(isInDanger(channel, TIME - DAY - LIMITS.redeemBeforeSeconds)).toBe(true);
	});
});

describe('whatever channels there are', () => {
	const channel = fc.record({
		unredeemed: fc.bigInt({ min: 1n, max: 200n * CENT }),
		closeAt: fc.oneof(fc.constant(0), fc.integer({ min: TIME - DAY, max: TIME + 20 * DAY })),
		grace: fc.integer({ min: 0, max: 14 * DAY }),
		expiry: fc.oneof(fc.constant(0), fc.integer({ min: TIME - DAY, max: TIME + 400 * DAY }))
	});
	const channels = fc
		.array(channel, { maxLength: 150 })
		.map((list) => list.map((each, n): Numbered => ({ ...each, n })));
	const anyTerms = fc.record({
		base: fc.bigInt({ min: 0n, max: 20n * CENT }),
		row: fc.bigInt({ min: 0n, max: 5n * CENT }),
		threshold: fc.bigInt({ min: 1n, max: 200n * CENT }),
		waited: fc.integer({ min: 0, max: 2 * LIMITS.redeemEveryMs })
	});
	type Given = typeof anyTerms extends fc.Arbitrary<infer T> ? T : never;
	const plan = (list: readonly Numbered[], { base, row, threshold, waited }: Given) =>
		planRedemption(list, terms({ cost: { base, row }, threshold, now: 1_000_000 + waited }));
	const sum = (list: readonly Redeemable[]) => list.reduce((total, { unredeemed }) => total + unredeemed, 0n);

	it('a redemption brings more than it costs, names no channel twice, and fits one transaction', () => {
		fc.assert(
			fc.property(channels, anyTerms, (list, given) => {
				const planned = plan(list, given);
				if (!planned) return;
				const { length } = planned.channels;
				expect(length).toBeGreaterThan(0);
				expect(length).toBeLessThanOrEqual(LIMITS.redeemBatch);
				expect(new Set(numbers(planned.channels)).size).toBe(length);
				const cost = given.base + given.row * BigInt(length);
				if (planned.why === 'cheap')
					expect(sum(planned.channels)).toBeGreaterThanOrEqual(cost * LIMITS.redeemCostParts);
				else expect(sum(planned.channels)).toBeGreaterThan(cost);
			}),
			{ numRuns: 300 }
		);
	});

	it('what is in danger and worth it never waits behind what is not', () => {
		fc.assert(
			fc.property(channels, anyTerms, (list, given) => {
				const endangered = list.filter(
					(each) => isInDanger(each, TIME) && each.unredeemed > given.base + given.row
				);
				if (endangered.length === 0) return;
				const planned = plan(list, given);
				expect(planned?.why).toBe('danger');
				const isDangerous = planned?.channels.map((each) => isInDanger(each, TIME)) ?? [];
				expect(isDangerous.lastIndexOf(true)).toBe(isDangerous.filter(Boolean).length - 1);
			}),
			{ numRuns: 300 }
		);
	});

	it('cheaper gas never makes it wait longer', () => {
		fc.assert(
			fc.property(channels, anyTerms, (list, given) => {
				if (!plan(list, given)) return;
				expect(plan(list, { ...given, base: given.base / 2n, row: given.row / 2n })).toBeDefined();
			}),
			{ numRuns: 300 }
		);
	});
});
