import { expect, it } from 'vitest';
import { LIMITS } from './limits.ts';
import { createSimulatedClock } from './testing/simulated-clock.ts';
import { createParentClock } from './parent-clock.ts';

const NOON = Date.UTC(2026, 11, 1, 12);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

it('a clock that is off shows what the parent’s shows, and goes on with the host’s', async () => {
	const host = createSimulatedClock(NOON, () => Promise.resolve());
	const clock = createParentClock(host);
	clock.correct(-5 * HOUR_MS);
	expect(clock.now()).toBe(NOON - 5 * HOUR_MS);
	clock.correct(7.4);
	await host.advance(1_000);
	expect(clock.now()).toBe(NOON - 5 * HOUR_MS + 1_007);
});

it('a parent that moves the clock on at every connection begins one new day by it, and no second', () => {
	const clock = createParentClock(createSimulatedClock(NOON, () => Promise.resolve()));
	const days = new Set<number>();
	for (let connection = 0; connection < 100; connection++) {
		clock.correct(DAY_MS);
		days.add(Math.floor(clock.now() / DAY_MS));
	}
	expect(days.size).toBe(1);
	expect(clock.now() - NOON).toBeLessThanOrEqual(LIMITS.clockOffMostMs);
});

it('a time that means nothing leaves a clock that can be read', () => {
	const clock = createParentClock(createSimulatedClock(NOON, () => Promise.resolve()));
	for (const told of [1e300, -1e300, Number.MAX_SAFE_INTEGER]) {
		clock.correct(told);
		expect(Math.abs(clock.now() - NOON)).toBeLessThanOrEqual(LIMITS.clockOffMostMs);
	}
});
