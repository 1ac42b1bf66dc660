/**
 * A whole network in which a guest, or its hub, comes back on an older copy of its database and goes on. What it
 * delivered or got since the copy it has forgotten; what it signed it has not, for the other end shows it.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { decodeBtpPacket } from './codec/btp.ts';
import { decodeWireClaim } from './codec/link.ts';
import { find } from './link/protocol-data.ts';
import type { SqlDriver } from './storage/sql.ts';
import { auditWorld } from './testing/scenario-audit.ts';
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
	/** What one database by itself, the wallets and the chain tell. That two ends count alike is asked elsewhere. */
	const wrong = async (): Promise<readonly string[]> =>
		(await auditWorld(world)).filter((sentence) => !sentence.startsWith('the network: '));
	return { world, guest, id, claims, read, diskOf, row, wrong };
};

/** Link units in one of the token. */
const TOKEN = 1_000n;

describe.each(['guest', 'hub'] as const)('a %s that comes back as an older copy of itself', (who) => {
	it.each(['a', 'b'])(
		'signs nothing lower, keeps its books whole, and the payer pays for nothing it did not get (seed %s)',
		async (seed) => {
			const { world, guest, id, claims, read, diskOf, row, wrong } = await begin(seed);
			const { hub } = world.nodes;
			const [victim, witness] = who === 'hub' ? [hub, guest] : [guest, hub];
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
			// The other end has it, and says so.
			expect([row(guest)?.['promised'], row(hub)?.['promised']].map(Number)).toEqual(
				[shown, shown].map(Number)
			);
			expect(await wrong()).toEqual([]);

			// It goes on as far as the other end's books cover it.
			await publishNotes(world, world.nodes.bob, 55);
			await world.advance(180_000);
			await rest(world);
			for (const promised of claims.values())
				promised.forEach((cumulative, at) =>
					expect(cumulative).toBeGreaterThanOrEqual(promised[at - 1] ?? 0n)
				);
			expect(await wrong()).toEqual([]);

			expect((await world.settle('closing', guest.peer.api.closeChannel(id), 120_000)).ok).toBe(true);
			await world.advance(60_000);
			expect(row(guest)).toEqual(row(hub));
			expect(row(guest)?.['status']).toBe('closed');
			expect(await wrong()).toEqual([]);
			const column = who === 'hub' ? 'fulfilled_by_peer' : 'fulfilled_by_me';
			const links = witness.sql.all(`SELECT ${column} AS total FROM link WHERE peer = ?`, [
				String(witness.sql.all('SELECT peer FROM channel WHERE id = ?', [id])[0]?.['peer'])
			]);
			const delivered = BigInt(links[0]?.['total'] as number);
			const paid = BigInt(row(guest)?.['settled'] as number) * TOKEN;
			expect(paid).toBeLessThan(delivered + TOKEN);
			// A hub forgot what it delivered, and loses that; a guest's memory costs its hub nothing.
			if (who === 'guest') expect(paid).toBeGreaterThanOrEqual(delivered);
			await world.close();
		}
	);
});
