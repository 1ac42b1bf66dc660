import { describe, expect, it } from 'vitest';
import { browserClock } from './browser-clock.ts';

describe('the clock of a browser', () => {
	it('runs what has no delay in the next turn, in order, after all promises', async () => {
		const order: string[] = [];
		await new Promise<void>((resolve) => {
			browserClock.after(0, () => order.push('first'));
			browserClock.after(0, () => {
				order.push('second');
				resolve();
			});
			void Promise.resolve().then(() => order.push('promise'));
			order.push('now');
		});
		expect(order).toEqual(['now', 'promise', 'first', 'second']);
	});

	it('does not make turns that follow each other wait, as nested timers do', async () => {
		const fifty = async (one: (run: () => void) => void): Promise<number> => {
			const start = performance.now();
			for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => one(resolve));
			return performance.now() - start;
		};
		const turns = await fifty((run) => browserClock.after(0, run));
		// From the fifth on, each takes four milliseconds.
		const timers = await fifty((run) => setTimeout(run, 0));
		expect(turns).toBeLessThan(timers);
	});

	it('forgets what was cancelled, and is never early', async () => {
		const fired: string[] = [];
		browserClock.after(0, () => fired.push('turn'))();
		browserClock.after(5, () => fired.push('timer'))();
		const start = browserClock.now();
		await new Promise<void>((resolve) => browserClock.after(20, resolve));
		expect(browserClock.now() - start).toBeGreaterThanOrEqual(19);
		expect(fired).toEqual([]);
	});
});
