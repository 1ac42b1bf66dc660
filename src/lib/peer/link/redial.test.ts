import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { keepDialling, type DialOutcome } from './redial.ts';

const NOBODY: DialOutcome = { type: 'retry', reason: 'nobody answers' };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A neighbour that can be dialled or not, and a connection that lasts until it is broken. */
const open = (seed = '1') => {
	const clock = createSimulatedClock(0, turn);
	const tries: number[] = [];
	let isHere = false;
	let breakIt: () => void = () => undefined;
	const redialler = keepDialling(
		{ clock, random: createSeededRandom(seed), log: () => undefined },
		async () => {
			tries.push(clock.now());
			if (!isHere) return NOBODY;
			await new Promise<void>((resolve) => (breakIt = resolve));
			return { type: 'was-up' };
		},
		{ connecting: () => undefined, waiting: () => undefined, refused: () => undefined }
	);
	return {
		clock,
		tries,
		redialler,
		come: () => (isHere = true),
		go: () => {
			isHere = false;
			breakIt();
		},
		cut: () => breakIt()
	};
};

describe('a neighbour is dialled again', () => {
	it('at once when a connection that had lasted breaks', async () => {
		const world = open();
		world.come();
		await world.clock.advance(LIMITS.reconnectSteadyMs + 1_000);
		world.cut();
		await world.clock.advance(1);
		expect(world.tries.at(-1)).toBe(LIMITS.reconnectSteadyMs + 1_000);
	});

	it('after a pause when it breaks as soon as it is up', async () => {
		const world = open();
		world.come();
		await world.clock.advance(1_000);
		for (let i = 0; i < 100; i++) {
			world.cut();
			await world.clock.advance(100);
		}
		expect(world.tries.length).toBeLessThan(30);
	});

	it.each([500, 2_000, 10_000, 60_000, 600_000])(
		'within a quarter of the %i ms it was away',
		async (away) => {
			for (const seed of ['1', '2', '3']) {
				const world = open(seed);
				world.come();
				await world.clock.advance(LIMITS.reconnectSteadyMs + 1_000);
				world.go();
				await world.clock.advance(away);
				world.come();
				const before = world.tries.length;
				await world.clock.advance(LIMITS.reconnectLeastMs + away / 4);
				expect(world.tries.length).toBeGreaterThan(before);
			}
		}
	);

	it('and an hour of nobody costs few tries', async () => {
		const world = open();
		await world.clock.advance(3_600_000);
		expect(world.tries.length).toBeLessThan(80);
	});

	it('by everybody at a moment of their own', async () => {
		const last = await Promise.all(
			Array.from({ length: 20 }, async (_, seed) => {
				const world = open(`${seed}`);
				await world.clock.advance(30_000);
				return world.tries.at(-1);
			})
		);
		expect(new Set(last).size).toBeGreaterThan(15);
	});

	it('when told to, instead of when the pause is over', async () => {
		const world = open();
		await world.clock.advance(60_000);
		const before = world.tries.length;
		world.redialler.now();
		await world.clock.advance(1);
		expect(world.tries.length).toBe(before + 1);
		world.redialler.stop();
		await world.clock.advance(600_000);
		expect(world.tries.length).toBe(before + 1);
	});
});
