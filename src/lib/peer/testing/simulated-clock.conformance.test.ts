import { describe, expect, it } from 'vitest';
import { createSimulatedClock } from './simulated-clock.ts';

/** Node and Chromium both have MessageChannel; its message comes after every promise that can settle. */
const turn = (): Promise<void> =>
	new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => {
			port1.close();
			resolve();
		};
		port2.postMessage(0);
	});

describe('the simulated clock', () => {
	it('fires by time, then in the order set, and the time is then what it says', async () => {
		const clock = createSimulatedClock(1_000, turn);
		const fired: string[] = [];
		const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
		clock.after(20, note('late'));
		clock.after(10, note('first'));
		clock.after(10, note('second'));
		clock.after(0, note('now'));
		await clock.run(1_015);
		expect(fired).toEqual(['now@1000', 'first@1010', 'second@1010']);
		expect(clock.now()).toBe(1_015);
		await clock.advance(5);
		expect(fired.at(-1)).toBe('late@1020');
		expect(clock.pending()).toBe(0);
	});

	it('lets promises settle before the next timer', async () => {
		const clock = createSimulatedClock(0, turn);
		const order: string[] = [];
		clock.after(1, () => {
			void (async () => {
				for (let i = 0; i < 20; i++) await Promise.resolve();
				order.push('promises');
			})();
		});
		clock.after(1, () => order.push('next timer'));
		await clock.run(10);
		expect(order).toEqual(['promises', 'next timer']);
	});

	it('fires what a timer sets while it runs, and nothing that was cancelled', async () => {
		const clock = createSimulatedClock(0, turn);
		const fired: number[] = [];
		const never = clock.after(5, () => fired.push(-1));
		const tick = (): void => {
			fired.push(clock.now());
			never();
			clock.after(3, tick);
		};
		clock.after(3, tick);
		await clock.run(10);
		expect(fired).toEqual([3, 6, 9]);
		never();
		expect(clock.pending()).toBe(1);
	});

	it('keeps the order of a thousand timers set in any order', async () => {
		const clock = createSimulatedClock(0, () => Promise.resolve());
		const fired: number[] = [];
		for (let i = 0; i < 1_000; i++) {
			const at = (i * 7_919) % 1_009;
			clock.after(at, () => fired.push(at));
		}
		await clock.run(2_000);
		expect(fired).toEqual([...fired].sort((a, b) => a - b));
		expect(fired).toHaveLength(1_000);
	});

	it('runs while something is still to come and says when time was up', async () => {
		const clock = createSimulatedClock(0, turn);
		let done = false;
		clock.after(50, () => {
			done = true;
		});
		clock.after(60, () => undefined);
		expect(await clock.runWhile(() => !done, 40)).toBe(false);
		expect(clock.now()).toBe(40);
		expect(await clock.runWhile(() => !done, 1_000)).toBe(true);
		expect(clock.now()).toBe(50);
	});
});
