import { describe, expect, it } from 'vitest';
import { afterFee } from '../../src/lib/peer/money.ts';
import { bytes, count, dollars, duration, gasPrice, percent, sentFor, some } from './facts.ts';

describe('numbers in sentences', () => {
	it.each([
		[0n, '$0.00'],
		[200_000n, '$0.0002'],
		[1_000_000_000n, '$1.00'],
		[1_234_567_890_000_000_001n, '$1,234,567,890.000000001']
	])('%s link units are %s', (units, text) => {
		expect(dollars(units)).toBe(text);
	});

	it.each([
		[875n, '875 wei'],
		[1_000_000n, '0.001 gwei'],
		[1_500_000_000n, '1.5 gwei'],
		[20_000_000_000n, '20 gwei']
	])('%s wei are %s', (wei, text) => {
		expect(gasPrice(wei)).toBe(text);
	});

	it.each([
		[1n, 3n, '33.33 %'],
		[1n, 1n, '100 %'],
		[1n, 100_000n, 'less than 0.01 %'],
		[0n, 5n, '0 %'],
		[10_000n, 1_000_000n, '1 %']
	])('%s of %s are %s', (part, whole, text) => {
		expect(percent(part, whole)).toBe(text);
	});

	it('writes counts, sizes and times as people do', () => {
		expect([count(1_234_567), some(1, 'packet'), some(0, 'packet'), some(2, 'entry', 'entries')]).toEqual([
			'1,234,567',
			'one packet',
			'0 packets',
			'2 entries'
		]);
		expect([bytes(1), bytes(4_321), bytes(7_654_321)]).toEqual(['one byte', '4.3 kB', '7.65 MB']);
		expect([duration(1_000), duration(90_000), duration(300_000), duration(3 * 86_400_000)]).toEqual([
			'one second',
			'90 seconds',
			'5 minutes',
			'3 days'
		]);
	});
});

describe('what a way costs', () => {
	it('is the least that lets the price arrive', () => {
		const sent = sentFor(200_000n, 10_000n, 2);
		const arrives = (amount: bigint): bigint => afterFee(afterFee(amount, 10_000n), 10_000n);
		expect(sent).toBe(204_062n);
		expect(arrives(sent)).toBe(200_000n);
		expect(arrives(sent - 1n)).toBe(199_999n);
	});
});
