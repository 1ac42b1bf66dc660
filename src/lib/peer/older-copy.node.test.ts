/**
 * A whole network in which a guest, its hub or an author comes back on an older copy of its database and goes on.
 * What it forgot, its neighbours tell: its own newer claims, which bind it, and what was delivered for them.
 */
import { copyFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { newFilesIn } from '../../../tests/test-files.ts';
import type { PeerState } from './api.ts';
import type { Hex } from './bytes.ts';
import { migrate } from './storage/migrations.ts';
import { unwrap } from './result.ts';
import { createSettings } from './storage/settings.ts';
import type { SqlDriver } from './storage/sql.ts';
import { createClaimsOnTheWire } from './testing/claims-on-the-wire.ts';
import { replaceableSql } from './testing/replaceable-sql.ts';
import { auditWorld, balanceOf } from './testing/scenario-audit.ts';
import {
	follow,
	fundChannel,
	hasBought,
	nodesReady,
	online,
	publishNotes,
	rest
} from './testing/scenario-steps.ts';
import {
	createWorld,
	NOTE_PRICE,
	PAYOUT_TERMS,
	type SimulatedHost,
	type World,
	type WorldOptions
} from './testing/simulation.ts';

// Each runs hundreds of signatures; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000 });

const newPath = newFilesIn('older-copy');

const KEYS = 'identity.keys';

interface Disk {
	readonly sql: SqlDriver;
	/** Answers how to put back what is on it now. */
	copy(): () => void;
	/** All is gone but the keys. */
	lose(): void;
}

const createDisk = (): Disk => {
	let current = createNodeSql(':memory:');
	return {
		sql: replaceableSql(() => current),
		copy: () => {
			const kept = newPath();
			current.script(`VACUUM INTO '${kept}'`);
			return () => {
				current.close();
				const path = newPath();
				copyFileSync(kept, path);
				current = createNodeSql(path, { durable: 'normal' });
			};
		},
		lose: () => {
			const keys = createSettings(current).get(KEYS) as string;
			current.close();
			current = createNodeSql(':memory:');
			migrate(current);
			createSettings(current).set(KEYS, keys);
		}
	};
};

/** A guest with a channel at the hub; all claims that ever cross a wire, in their order. */
const begin = async (seed: string, options: Pick<WorldOptions, 'payoutThreshold'> = {}) => {
	const disks: Disk[] = [];
	const claims = createClaimsOnTheWire();
	const world = await createWorld({
		...options,
		seed,
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => {
			const disk = createDisk();
			disks.push(disk);
			return disk.sql;
		},
		crypto: 'sync',
		fates: {
			write: () => undefined,
			call: () => undefined,
			message: (bytes) => {
				claims.see(bytes);
				return undefined;
			}
		}
	});
	await nodesReady(world);
	const guest = await world.addGuest('reader');
	await online(world, guest);
	const id = await fundChannel(world, guest);
	await follow(world, guest, world.nodes.bob);
	const read = async (notes: number): Promise<void> => {
		const ids = await publishNotes(world, world.nodes.bob, notes);
		await world.until('reading', hasBought(guest, ids));
	};
	const diskOf = ({ sql }: SimulatedHost): Disk => disks.find((disk) => disk.sql === sql) as Disk;
	const row = ({ sql }: SimulatedHost) =>
		sql.all('SELECT status, promised, settled FROM channel WHERE id = ?', [id])[0];
	return { world, guest, id, claims, read, diskOf, row };
};

/** Half of what it was opened with. */
const topUp = async (world: World, guest: SimulatedHost, channel: Hex): Promise<void> => {
	const { api } = guest.peer;
	const asked = await world.settle(
		'preparing',
		api.prepareFunding({ payer: guest.wallet.address, amount: 500_000n, channel })
	);
	const { funding, typedData } = unwrap(asked);
	unwrap(await world.settle('funding', api.fund({ ...funding, signature: guest.wallet.sign(typedData) })));
};

/** Link units in one of the token. */
const TOKEN = 1_000n;

it.each(['guest', 'hub', 'author'] as const)(
	'the %s comes back as an older copy: it signs nothing lower, learns what it forgot, and goes on with whole books',
	async (who) => {
		const { world, guest, id, claims, read, diskOf, row } = await begin(who);
		const { hub, bob } = world.nodes;
		const victim = { guest, hub, author: bob }[who];
		await read(2);
		await world.advance(world.random.int(3_000));
		const putBack = diskOf(victim).copy();
		const then = BigInt(row(guest)?.['promised'] as number);
		await read(55);
		const shown = BigInt(row(guest)?.['promised'] as number);
		expect(shown).toBeGreaterThan(then);
		victim.crash();
		putBack();
		await victim.start();
		await world.advance(30_000);
		await online(world, guest);
		await rest(world);
		// The other end has it, and says so; a guest gets again at once what it forgot that it had.
		expect(row(guest)?.['promised']).toBe(row(hub)?.['promised']);
		expect(Number(row(guest)?.['promised'])).toBeGreaterThanOrEqual(Number(shown));
		expect(await auditWorld(world, [victim])).toEqual([]);
		expect(balanceOf(victim, 'forgotten')).not.toBe(0n);
		const told = await world.settle('a look', victim.peer.api.state());
		expect(told.notices.map(({ error }) => error.type)).toContain('RecordsOlder');

		await read(20);
		await rest(world);
		for (const promised of claims.promised.values())
			promised.forEach((cumulative, at) => expect(cumulative).toBeGreaterThanOrEqual(promised[at - 1] ?? 0n));
		expect(await auditWorld(world, [victim])).toEqual([]);

		expect((await world.settle('closing', guest.peer.api.closeChannel(id), 120_000)).ok).toBe(true);
		await world.advance(60_000);
		expect(row(guest)).toEqual(row(hub));
		expect(row(guest)?.['status']).toBe('closed');
		expect(await auditWorld(world, [victim])).toEqual([]);
		// Nobody lost by it: what the hub delivered it was paid, to less than one unit of the token.
		const [link] = hub.sql.all('SELECT fulfilled_by_me AS total FROM link WHERE peer = ?', [
			guest.peer.status().device
		]);
		const delivered = BigInt(link?.['total'] as number);
		const paid = BigInt(row(guest)?.['settled'] as number) * TOKEN;
		expect(paid).toBeGreaterThanOrEqual(delivered);
		expect(paid).toBeLessThan(delivered + TOKEN);
		await world.close();
	}
);

it.each(['before its guest had earned', 'before it paid'] as const)(
	'a hub that comes back as it was %s pays nobody again, and who returns is owed what is left',
	async (moment) => {
		const { world, guest, diskOf } = await begin(moment, { payoutThreshold: 7n * NOTE_PRICE });
		const { hub } = world.nodes;
		const wallet = (): bigint => new Map(world.chain.snapshot().balances).get(guest.wallet.address) ?? 0n;
		const notes: string[] = [];
		for (let i = 0; i < 8; i++)
			notes.push(
				unwrap(await world.settle('a note', guest.peer.api.publish({ content: `thought ${i}` }))).id
			);
		const reader = await world.addGuest('second');
		await online(world, reader);
		await fundChannel(world, reader);
		await rest(world);
		let putBack = diskOf(hub).copy();
		// Nothing is paid out until the guest is gone.
		hub.chain.setFault({ type: 'down' });
		await follow(world, reader, guest);
		await world.until('being read', hasBought(reader, notes));
		guest.crash();
		if (moment === 'before it paid') putBack = diskOf(hub).copy();
		hub.chain.setFault(undefined);
		const before = wallet();
		await world.until('a payout', () => wallet() > before);
		await world.advance(30_000);
		const after = wallet();

		hub.crash();
		putBack();
		await hub.start();
		await world.advance(10 * 60_000);
		expect(wallet()).toBe(after);

		await guest.start();
		await online(world, guest);
		await world.advance(60_000);
		await rest(world);
		expect(wallet()).toBe(after);
		expect(await auditWorld(world, [hub])).toEqual([]);
		const { money } = await world.settle('a look', guest.peer.api.state());
		expect(money.held).toBe(money.earned - (after - before) * TOKEN - PAYOUT_TERMS.fee);
		await world.close();
	}
);

it('a guest that lost all but its keys finds its channels on the chain, what it promised at the hub, and spends on', async () => {
	const { world, guest, id, read, diskOf } = await begin('lost');
	const { bob } = world.nodes;
	await read(5);
	// One channel is over; the next is topped up and half used.
	expect((await world.settle('closing', guest.peer.api.closeChannel(id), 120_000)).ok).toBe(true);
	const next = await fundChannel(world, guest);
	await topUp(world, guest, next);
	await read(55);
	await rest(world);
	const before = await world.settle('a look', guest.peer.api.state());
	guest.crash();
	diskOf(guest).lose();
	await guest.start();
	await online(world, guest);
	await world.until('the channels', () => guest.sql.all('SELECT 1 FROM channel').length === 2);
	await world.advance(30_000);
	await online(world, guest);
	await rest(world);
	const after = await world.settle('a look', guest.peer.api.state());
	const seen = ({ channels }: PeerState) =>
		channels.map(({ openedAt: _, ...channel }) => channel).sort((a, b) => (a.id < b.id ? -1 : 1));
	expect(seen(after)).toEqual(seen(before));
	expect(after.money.spendable).toBe(before.money.spendable);
	expect(await auditWorld(world, [guest])).toEqual([]);

	await follow(world, guest, bob);
	await read(20);
	await topUp(world, guest, next);
	await rest(world);
	expect(await auditWorld(world, [guest])).toEqual([]);
	expect((await world.settle('closing', guest.peer.api.closeChannel(next), 120_000)).ok).toBe(true);
	await world.advance(60_000);
	expect(await auditWorld(world, [guest])).toEqual([]);
	await world.close();
});

it('a channel on which nothing was claimed yet is found again by the wallet that paid for it', async () => {
	const { world, guest, id, diskOf } = await begin('unused');
	guest.crash();
	diskOf(guest).lose();
	await guest.start();
	await online(world, guest);
	await world.advance(30_000);
	expect((await world.settle('a look', guest.peer.api.state())).channels).toEqual([]);
	await world.settle('naming a wallet', guest.peer.api.setPayoutAddress(guest.wallet.address));
	await world.advance(10_000);
	await online(world, guest);
	const { channels } = await world.settle('a look', guest.peer.api.state());
	expect(channels).toMatchObject([{ id, direction: 'out', status: 'open', claimed: 0n }]);
	expect((await world.settle('closing', guest.peer.api.closeChannel(id), 120_000)).ok).toBe(true);
	await world.advance(60_000);
	expect(await auditWorld(world, [guest])).toEqual([]);
	await world.close();
});
