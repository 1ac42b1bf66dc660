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

	it('fires in the order of time, whatever the order of setting, each after the promises of the one before', async () => {
		const order: string[] = [];
		await new Promise<void>((resolve) => {
			browserClock.after(60, resolve);
			browserClock.after(30, () => order.push('third'));
			browserClock.after(5, () => {
				order.push('first');
				void Promise.resolve().then(() => order.push('its promise'));
			});
			browserClock.after(5, () => order.push('second'));
			// Busy until all but the last are due.
			const start = performance.now();
			while (performance.now() - start < 40);
		});
		expect(order).toEqual(['first', 'its promise', 'second', 'third']);
	});

	it('fires the few that are left of thousands', async () => {
		const fired: number[] = [];
		const start = performance.now();
		for (let i = 0; i < 5_000; i++) {
			const cancel = browserClock.after(10 + (i % 7), () => fired.push(i));
			if (i % 1_000 === 999) continue;
			cancel();
			cancel();
		}
		const late = browserClock.after(60_000, () => fired.push(-1));
		await new Promise<void>((resolve) => browserClock.after(40, resolve));
		late();
		expect(performance.now() - start).toBeGreaterThanOrEqual(40);
		expect([...fired].sort((a, b) => a - b)).toEqual([999, 1_999, 2_999, 3_999, 4_999]);
	});

	it('sets further ones from one that fires, and calls off one that is due', async () => {
		const fired: string[] = [];
		await new Promise<void>((resolve) => {
			let callOff = (): unknown => undefined;
			browserClock.after(5, () => {
				callOff();
				browserClock.after(1, () => fired.push('further'));
				browserClock.after(20, resolve);
			});
			callOff = browserClock.after(6, () => fired.push('called off'));
			const start = performance.now();
			while (performance.now() - start < 10);
		});
		expect(fired).toEqual(['further']);
	});
});
