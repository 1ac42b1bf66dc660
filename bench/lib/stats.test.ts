import { describe, expect, test } from 'vitest';
import { percentile, rounded, spreadOf } from './stats.ts';

describe('percentile', () => {
	test('is the middle value of an odd count, in whatever order they came', () => {
		expect(percentile([9, 1, 5], 50)).toBe(5);
	});
	test('lies between two values where no value is exactly there', () => {
		expect(percentile([1, 2, 3, 4], 50)).toBe(2.5);
		expect(percentile([0, 100], 95)).toBeCloseTo(95);
	});
	test('refuses to make a figure out of nothing', () => {
		expect(() => percentile([], 50)).toThrow(RangeError);
	});
});

test('a spread has both ends and the middle', () => {
	expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
});

test('three digits are what such measurements can carry', () => {
	expect(rounded(1234.5)).toBe(1230);
	expect(rounded(0.012345)).toBe(0.0123);
});
