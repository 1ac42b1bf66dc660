import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { auditWorld } from '../testing/scenario-audit.ts';
import { follow, fundChannel, hasBought, nodesReady, rest } from '../testing/scenario-steps.ts';
import { createWorld } from '../testing/simulation.ts';

it('a note that was paid for and has expired since is missed by nobody', async () => {
	const world = await createWorld({
		seed: 'expired',
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		crypto: 'sync'
	});
	await nodesReady(world);
	const { bob } = world.nodes;
	const guest = await world.addGuest('reader');
	await fundChannel(world, guest);
	await follow(world, guest, bob);
	const expires = Math.floor(world.clock.now() / 1000) + 120;
	const draft = { kind: 1, content: 'for two minutes', tags: [['expiration', `${expires}`]] };
	const { id } = await world.settle('publishing', bob.peer.publish(draft));
	await world.until('reading', hasBought(guest, [id]));
	await rest(world);
	expect(await auditWorld(world)).toEqual([]);
	await world.advance(240_000);
	expect(guest.sql.all('SELECT 1 FROM event WHERE id = unhex(?)', [id])).toEqual([]);
	expect(await auditWorld(world)).toEqual([]);
	await world.close();
}, 60_000);
