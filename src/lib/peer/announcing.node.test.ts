import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { KINDS } from './events/kinds.ts';
import { nodesReady } from './testing/scenario-steps.ts';
import { createWorld } from './testing/simulation.ts';

describe('who publishes for the first time is announced to the hub', () => {
	// The mark, the note, the profile, the announcement: each may find the disk full.
	it.each([0, 1, 2, 3, 4])('although write %i of it finds no room, with the next note', async (failing) => {
		let writes: number | undefined;
		const world = await createWorld({
			seed: 'announcing',
			turn: () => new Promise((resolve) => setImmediate(resolve)),
			openSql: () => createNodeSql(':memory:'),
			crypto: 'sync',
			fates: {
				write: (host) =>
					host === 'guest' && writes !== undefined && writes++ === failing ? 'refuse' : undefined,
				message: () => undefined,
				call: () => undefined
			}
		});
		try {
			await nodesReady(world);
			const guest = await world.addGuest('guest');
			await world.until('online', () => guest.peer.status().addresses.length > 0);
			await world.advance(2_000);
			writes = 0;
			await world.settle('the first note', guest.peer.api.publish({ content: 'one' }));
			writes = undefined;
			expect((await world.settle('the next note', guest.peer.api.publish({ content: 'two' }))).ok).toBe(true);
			await world.advance(2_000);
			const kept = world.nodes.hub.sql.all(
				'SELECT kind FROM event JOIN author ON author.id = event.author WHERE lower(hex(author.pubkey)) = ? ORDER BY kind',
				[guest.pubkey]
			);
			expect(kept.map(({ kind }) => kind)).toEqual([KINDS.profile, KINDS.announcement]);
		} finally {
			await world.close();
		}
	});
});
