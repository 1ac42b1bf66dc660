/**
 * What is done to whom, and when it counts as being back: for a peer, the first packet with money that began
 * after the kill and was fulfilled at it; for the chain, the first answer a node gets from it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../src/lib/peer/testing/seeded-random.ts';
import type { PeerName, TortureWorld } from './world.ts';

export interface Kill {
	readonly kind: string;
	/** Who is to be back. */
	readonly victim: PeerName | 'chain';
	/** Ends it and calls `ended` when it is gone; then starts again what must be started, at once. */
	run(world: TortureWorld, ended: () => void): Promise<void>;
}

const killed = (name: 'hub' | 'bob' | 'carol' | 'reader'): Kill => ({
	kind: `kill -9 ${name}`,
	victim: name,
	run: async (world, ended) => {
		await world.kill(name);
		ended();
		await world.start(name);
	}
});

/** How long a stopped chain stays silent: longer than a poll, shorter than a person's patience. */
const SILENT_MS = 1_500;

const KILLS: readonly (Kill & { readonly weight: number })[] = [
	{ ...killed('hub'), weight: 5 },
	{ ...killed('bob'), weight: 5 },
	{ ...killed('carol'), weight: 3 },
	{ ...killed('reader'), weight: 4 },
	{
		kind: 'kill -9 chromium',
		victim: 'browser',
		weight: 2,
		run: async ({ browser }, ended) => {
			await browser.killBrowser();
			ended();
			await browser.startBrowser();
		}
	},
	{ kind: 'tab crashes', victim: 'browser', weight: 3, run: ({ browser }, ended) => browser.crashTab(ended) },
	{
		kind: 'worker terminated',
		victim: 'browser',
		weight: 4,
		run: async ({ browser }, ended) => {
			await browser.terminateWorker();
			ended();
		}
	},
	{
		kind: 'tab closed, another leads',
		victim: 'browser',
		weight: 2,
		run: ({ browser }, ended) => browser.changeTab(ended)
	},
	{
		kind: 'kill -9 chain',
		victim: 'chain',
		weight: 1,
		run: async ({ network }, ended) => {
			await network.chain.kill();
			ended();
			await network.chain.start();
		}
	},
	{
		kind: 'chain silent',
		victim: 'chain',
		weight: 1,
		run: async ({ network }, ended) => {
			// Its group: the guardian and anvil.
			process.kill(-network.chain.pid, 'SIGSTOP');
			ended();
			await sleep(SILENT_MS);
			process.kill(-network.chain.pid, 'SIGCONT');
		}
	}
];

/** Each kind once in a while, by its weight, in an order of the seed's. */
export const createSchedule = (random: SeededRandom): (() => Kill) => {
	let deck: Kill[] = [];
	return () => {
		if (deck.length === 0)
			deck = random.shuffle(KILLS.flatMap((kill) => Array.from({ length: kill.weight }, () => kill)));
		return deck.pop() as Kill;
	};
};
