import { describe, expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { runFaults } from './testing/scenario-faults.ts';
import { runMainJob } from './testing/scenario-main-job.ts';
import { nodesReady } from './testing/scenario-steps.ts';
import { runPayoutAway } from './testing/scenario-payout.ts';
import { runSettlement } from './testing/scenario-settlement.ts';
import { createWorld, type World } from './testing/simulation.ts';

// Each runs hundreds of signatures; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000 });

const ports = {
	turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
	openSql: () => createNodeSql(':memory:')
};

describe('the main job among four peers and a second guest, simulated', () => {
	it('adds up to the unit, and one seed ends in one state twice, another in another', async () => {
		const first = await runMainJob('one', ports);
		expect(first.wrong).toEqual([]);
		expect((await runMainJob('one', ports)).hash).toBe(first.hash);
		expect((await runMainJob('two', ports)).hash).not.toBe(first.hash);
	});

	it('adds up on a slow network that loses segments, with crypto that answers at once', async () => {
		const report = await runMainJob('slow', {
			...ports,
			latencyMs: [50, 400],
			lossPercent: 5,
			crypto: 'sync'
		});
		expect(report.wrong).toEqual([]);
	});

	it('adds up when each note is got by itself', async () => {
		const report = await runMainJob('single', { ...ports, maxIdsPerGet: 1 });
		expect(report.wrong).toEqual([]);
	});
});

describe('reading while connections break, programs end and the chain is away, simulated', () => {
	it.each(['a', 'b'])(
		'heals to books that agree, every note got once and paid once (seed %s)',
		async (seed) => {
			const report = await runFaults(seed, { ...ports, rounds: 6 });
			expect(report.wrong).toEqual([]);
		}
	);
});

describe('funding, redeeming, cashing out and closing in the middle of trouble, simulated', () => {
	it('leaves ledgers, channels and chain that tell one story', async () => {
		const report = await runSettlement('a', ports);
		expect(report.wrong).toEqual([]);
	});
});

describe('a guest that earns above the threshold and goes away, simulated', () => {
	it.each(['a', 'c', 'e'])('is paid exactly once by the hub alone (seed %s)', async (seed) => {
		const report = await runPayoutAway(seed, ports);
		expect(report.wrong).toEqual([]);
	});
});

describe('a node that ends between noting an opening and signing it, simulated', () => {
	it('forgets that one and opens another', async () => {
		/** Asked before there is one. */
		const made: { world?: World } = {};
		let hasEnded = false;
		const isNotedOnly = `SELECT 1 FROM channel WHERE direction = 'out' AND status = 'opening'
			AND 'open/' || id || '/' || epoch NOT IN (SELECT purpose FROM chain_transaction)`;
		const world = (made.world = await createWorld({
			...ports,
			seed: 'unsigned',
			fates: {
				write: (host) => {
					if (hasEnded || host !== 'bob' || !made.world) return undefined;
					hasEnded = made.world.nodes.bob.sql.all(isNotedOnly).length > 0;
					return hasEnded ? 'crash before' : undefined;
				},
				message: () => undefined,
				call: () => undefined
			}
		}));
		const { bob } = world.nodes;
		await world.until('the end of Bob', () => !bob.running);
		expect(bob.sql.all(isNotedOnly)).toHaveLength(1);
		await bob.start();
		await nodesReady(world);
		expect(bob.sql.all(`SELECT 1 FROM channel WHERE direction = 'out' AND status = 'archived'`)).toHaveLength(
			1
		);
		await world.close();
	});
});
