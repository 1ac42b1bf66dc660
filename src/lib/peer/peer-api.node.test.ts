import { expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { createLedger } from './ledger/sqlite-ledger.ts';
import { createWorld } from './testing/simulation.ts';

it('what came in by STREAM is earned too; and a node whose address is made of its key keeps that key', async () => {
	const world = await createWorld({
		seed: 'person',
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		crypto: 'sync'
	});
	const { bob, hub } = world.nodes;
	const before = await world.settle('a look', bob.peer.api.state());
	// The ledger is one program's at a time.
	await bob.stop();
	createLedger(bob.sql).record({
		kind: 'sell',
		from: 'income/streams',
		to: `link/${hub.peer.status().device}`,
		amount: 7n,
		at: world.clock.now(),
		group: 'stream'
	});
	await world.settle('starting', bob.start());
	const { api } = bob.peer;
	const after = await world.settle('a look', api.state());
	expect(after.money.earned).toBe(before.money.earned + 7n);
	expect(await world.settle('importing', api.importKey('11'.repeat(32)))).toMatchObject({
		error: { type: 'InvalidInput' }
	});
	expect((await world.settle('a look', api.state())).me.pubkey).toBe(bob.pubkey);

	const guest = await world.addGuest('guest');
	expect(await world.settle('importing', guest.peer.api.importKey('11'.repeat(32)))).toMatchObject({
		ok: true
	});
	await world.close();
});
