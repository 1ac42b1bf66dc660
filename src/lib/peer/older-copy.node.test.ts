/**
 * A whole network in which a guest, its hub or an author comes back on an older copy of its database and goes on.
 * What it forgot, its neighbours tell: its own newer claims, which bind it, and what was delivered for them.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { decodeBtpPacket } from './codec/btp.ts';
import { decodeWireClaim } from './codec/link.ts';
import { find } from './link/protocol-data.ts';
import type { SqlDriver } from './storage/sql.ts';
import { auditWorld, balanceOf } from './testing/scenario-audit.ts';
import {
	follow,
	fundChannel,
	hasBought,
	nodesReady,
	online,
	publishNotes,
	rest
} from './testing/scenario-main-job.ts';
import { createWorld, type SimulatedHost } from './testing/simulation.ts';

// Each runs hundreds of signatures; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'older-copy-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Disk {
	readonly sql: SqlDriver;
	/** Answers how to put back what is on it now. */
	copy(): () => void;
}

const createDisk = (() => {
	let files = 0;
	const newPath = (): string => join(folder, `${(files += 1)}.sqlite`);
	return (): Disk => {
		let current = createNodeSql(':memory:');
		return {
			sql: {
				all: (sql, parameters) => current.all(sql, parameters),
				run: (sql, parameters) => current.run(sql, parameters),
				script: (sql) => current.script(sql),
				transaction: (work) => current.transaction(work),
				size: () => current.size(),
				close: () => current.close()
			},
			copy: () => {
				const kept = newPath();
				current.script(`VACUUM INTO '${kept}'`);
				return () => {
					current.close();
					const path = newPath();
					copyFileSync(kept, path);
					current = createNodeSql(path, { durable: 'normal' });
				};
			}
		};
	};
})();

/** A guest with a channel at the hub; all claims that ever cross a wire, in their order. */
const begin = async (seed: string) => {
	const disks: Disk[] = [];
	const claims = new Map<string, bigint[]>();
	const world = await createWorld({
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
				const packet = decodeBtpPacket(bytes);
				const data = packet.ok ? find(packet.value.protocolData, 'claim') : undefined;
				const claim = data && decodeWireClaim(data);
				if (!claim?.ok) return undefined;
				const { channel, epoch, cumulative } = claim.value;
				const name = `${channel}/${epoch}`;
				claims.set(name, [...(claims.get(name) ?? []), cumulative]);
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
		expect(await auditWorld(world)).toEqual([]);
		expect(balanceOf(victim, 'forgotten')).not.toBe(0n);
		const told = await world.settle('a look', victim.peer.api.state());
		expect(told.notices.map(({ error }) => error.type)).toContain('RecordsOlder');

		await read(20);
		await rest(world);
		for (const promised of claims.values())
			promised.forEach((cumulative, at) => expect(cumulative).toBeGreaterThanOrEqual(promised[at - 1] ?? 0n));
		expect(await auditWorld(world)).toEqual([]);

		expect((await world.settle('closing', guest.peer.api.closeChannel(id), 120_000)).ok).toBe(true);
		await world.advance(60_000);
		expect(row(guest)).toEqual(row(hub));
		expect(row(guest)?.['status']).toBe('closed');
		expect(await auditWorld(world)).toEqual([]);
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
