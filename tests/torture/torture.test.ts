/**
 * The short form of `npm run torture`: real processes, a real chain and a real Chromium under load, killed at random.
 * What each kill was and what came of it is in the failure's message.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { torture } from './torture.ts';
import { startTortureWorld, type TortureWorld } from './world.ts';

const KILLS = 20;

describe('a network under load', () => {
	let world: TortureWorld;
	beforeAll(async () => {
		world = await startTortureWorld();
	}, 120_000);
	afterAll(() => world.stop());

	test(
		`loses nothing and pays for nothing twice when its peers are killed ${KILLS} times`,
		{ timeout: 600_000 },
		async () => {
			const reports = await torture(world, { kills: KILLS, seed: 'npm test' });
			expect(reports.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
			expect(reports).toHaveLength(KILLS);
		}
	);
});
