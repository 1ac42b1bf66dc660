/** A large event among whole peers: from a guest to its hub, and from node to node, each time as an upload. */
import { expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { fromHex } from '../bytes.ts';
import { nodesReady, online } from '../testing/scenario-steps.ts';
import { auditWorld } from '../testing/scenario-audit.ts';
import { createWorld, type SimulatedHost } from '../testing/simulation.ts';

vi.setConfig({ testTimeout: 60_000 });

it('a profile of 200 KiB reaches every node over links that lose segments, once', async () => {
	const world = await createWorld({
		seed: 'large profile',
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		latencyMs: [20, 200],
		lossPercent: 5
	});
	try {
		await nodesReady(world);
		const guest = await world.addGuest('writer');
		await online(world, guest);
		// Long enough for everything that is said at the beginning to be paid back by the free rate.
		await world.advance(120_000);
		const profile = await world.settle(
			'publishing',
			guest.peer.publish({ kind: 0, content: JSON.stringify({ about: 'x'.repeat(200 * 1_024) }) })
		);
		const announced = guest.peer.api.announce();
		const knows =
			({ sql }: SimulatedHost) =>
			(): boolean =>
				sql.all('SELECT 1 FROM event WHERE id = ?', [fromHex(profile.id)]).length === 1;
		const { hub, bob, carol } = world.nodes;
		for (const node of [hub, bob, carol]) await world.until(`at ${node.name}`, knows(node), 30 * 60_000);
		expect(await world.settle('announcing', announced)).toEqual({ ok: true, value: null });
		expect(await auditWorld(world)).toEqual([]);
	} finally {
		await world.close();
	}
});
