/** A channel between nodes ends, and not because its payer wanted it to: the next is opened, and notes go on. */
import { expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { LIMITS } from '../limits.ts';
import { auditWorld } from '../testing/scenario-audit.ts';
import { follow, fundChannel, hasBought, nodesReady, publishNotes, rest } from '../testing/scenario-steps.ts';
import { createWorld, type SimulatedHost } from '../testing/simulation.ts';

vi.setConfig({ testTimeout: 90_000 });

const YEAR_S = 365 * 24 * 3_600;

const begin = async (seed: string) => {
	const world = await createWorld({
		seed,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		crypto: 'sync'
	});
	await nodesReady(world);
	const { hub, bob } = world.nodes;
	/** Of the hub towards Bob, oldest first. */
	const channels = () =>
		hub.sql
			.all(`SELECT id, epoch, status FROM channel WHERE direction = 'out' ORDER BY opened_at`)
			.map(({ id, epoch, status }) => ({ id: id as `0x${string}`, epoch: Number(epoch), status }));
	const statuses = () => channels().map(({ status }) => status);
	const readBy = async (guest: SimulatedHost, notes: number): Promise<void> => {
		const ids = await publishNotes(world, bob, notes);
		await world.until('reading', hasBought(guest, ids));
	};
	return { world, hub, bob, channels, statuses, readBy };
};

it('the payee closes it: what was delivered is paid, the rest comes back, and another is opened', async () => {
	const { world, hub, bob, channels, statuses, readBy } = await begin('evicted');
	const guest = await world.addGuest('reader');
	await fundChannel(world, guest);
	await follow(world, guest, bob);
	await readBy(guest, 3);
	await rest(world);
	const [old] = channels();
	if (!old) throw new Error('no channel');
	// Nobody asked it to.
	const request = { op: 'close', channel: old.id, epoch: old.epoch } as const;
	const closing = bob.peer.settler?.answer(hub.peer.status().device, request);
	expect(await world.settle('closing', closing ?? Promise.reject(new Error('no settler')))).toMatchObject({
		op: 'closed'
	});
	await world.until('the next channel', () => statuses()[1] === 'open');
	await readBy(guest, 3);
	await rest(world);
	// An end nobody asked for has to be shown twice.
	await world.until('the end of the old one', () => statuses().join() === 'closed,open', LIMITS.surveyMs);
	await readBy(guest, 3);
	await rest(world);
	expect(await auditWorld(world)).toEqual([]);
	await world.close();
});

it('its end comes near: the next is opened before, the old one is redeemed and goes home, and no note waits', async () => {
	const { world, bob, statuses, readBy } = await begin('renewed');
	world.chain.skip(YEAR_S - LIMITS.graceSeconds - LIMITS.renewBeforeSeconds);
	await world.until('the next channel', () => statuses().join() === 'open,open');
	const guest = await world.addGuest('reader');
	await fundChannel(world, guest);
	await follow(world, guest, bob);
	// The old one is used up first.
	await readBy(guest, 3);
	world.chain.skip(LIMITS.renewBeforeSeconds);
	await world.advance(LIMITS.surveyMs);
	await readBy(guest, 3);
	world.chain.skip(LIMITS.graceSeconds);
	await world.until('the deposit back', () => statuses().join() === 'closed,open', LIMITS.surveyMs * 3);
	await readBy(guest, 3);
	await rest(world);
	expect(statuses()).toEqual(['closed', 'open']);
	expect(await auditWorld(world)).toEqual([]);
	await world.close();
});
