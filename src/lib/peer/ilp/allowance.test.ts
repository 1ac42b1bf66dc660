import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { createAllowance, createPacketRate } from './allowance.ts';

describe('the free data of a link', () => {
	it('is a burst, then a trickle', () => {
		const allowance = createAllowance(0);
		expect(allowance.draw(LIMITS.freeBurstBytes, 0)).toBe(true);
		expect(allowance.draw(1, 0)).toBe(false);
		expect(allowance.draw(LIMITS.freeBytesPerSecond, 1_000)).toBe(true);
		expect(allowance.draw(1, 1_000)).toBe(false);
	});

	it('never saves up more than the burst', () => {
		const allowance = createAllowance(0);
		expect(allowance.bytes(1_000_000_000)).toBe(LIMITS.freeBurstBytes);
	});

	it('draws nothing when it refuses', () => {
		const allowance = createAllowance(0);
		expect(allowance.draw(LIMITS.freeBurstBytes + 1, 0)).toBe(false);
		expect(allowance.draw(LIMITS.freeBurstBytes, 0)).toBe(true);
	});

	it('pays off an answer that was larger than what was left before it lets anything through', () => {
		const allowance = createAllowance(0);
		allowance.owe(LIMITS.freeBurstBytes + 10 * LIMITS.freeBytesPerSecond, 0);
		expect(allowance.draw(1, 9_999)).toBe(false);
		expect(allowance.draw(1, 11_000)).toBe(true);
	});

	it('grows by a kibibyte per thousand units earned, for a day', () => {
		const allowance = createAllowance(0);
		allowance.draw(LIMITS.freeBurstBytes, 0);
		allowance.earn(5n * LIMITS.feeUnitsPerFreeKib, 0);
		expect(allowance.draw(5 * 1_024, 0)).toBe(true);
		allowance.earn(5n * LIMITS.feeUnitsPerFreeKib, 0);
		expect(allowance.bytes(LIMITS.freeEarnedMs + 1)).toBe(LIMITS.freeBurstBytes);
	});

	it('does not go back with a clock that does', () => {
		const allowance = createAllowance(10_000);
		allowance.draw(LIMITS.freeBurstBytes, 10_000);
		expect(allowance.draw(1, 0)).toBe(false);
		expect(allowance.draw(1, 10_000)).toBe(false);
	});
});

describe('the packet rate of an account', () => {
	it("is a second's worth at once, then as many a second", () => {
		const rate = createPacketRate(10, 0);
		const taken = (now: number): number =>
			Array.from({ length: 30 }, () => rate.take(now)).filter(Boolean).length;
		expect([taken(0), taken(0), taken(500), taken(60_000)]).toEqual([10, 0, 5, 10]);
	});

	it('below one a second lets one through now and then', () => {
		const rate = createPacketRate(0.5, 0);
		expect([rate.take(0), rate.take(1_000), rate.take(2_000)]).toEqual([true, false, true]);
	});
});
