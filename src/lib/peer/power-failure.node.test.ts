/**
 * The power fails at a reader while it buys, at each moment at which it had written something: what the disk had not
 * taken is gone, and whatever had left in the meantime has left. It comes back, its books agree with its hub's, and nobody
 * but the reader has lost a unit (docs/adr/0038).
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { newFilesIn } from '../../../tests/test-files.ts';
import type { Clock } from './platform.ts';
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
import { createWorld, NOTE_PRICE, urlOf } from './testing/simulation.ts';

// Each of them is a world of its own: half a minute, and more beside other work.
vi.setConfig({ testTimeout: 300_000 });

const newPath = newFilesIn('power-failure');

interface Disk {
	readonly sql: SqlDriver;
	/** Forgets what no sync that has ended had begun to take. */
	loseUnsynced(): void;
}

/** A database whose log is on the disk `syncMs` after it was asked for, as of a driver that syncs aside. */
const createDisk = (clock: Clock, syncMs: number): Disk => {
	let path = '';
	let current!: SqlDriver;
	let synced = 0;
	const written = (): number => statSync(`${path}-wal`).size;
	const open = (): void => {
		current = createNodeSql(path, { durable: 'normal' });
		// So that nothing reaches the database but by its log, which only grows.
		current.script('PRAGMA wal_autocheckpoint = 0');
	};
	path = newPath();
	open();
	return {
		sql: {
			...replaceableSql(() => current),
			durable: () =>
				new Promise((resolve) => {
					const [of, upTo] = [current, written()];
					clock.after(syncMs, () => {
						if (of === current) synced = Math.max(synced, upTo);
						resolve();
					});
				})
		},
		loseUnsynced: () => {
			const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
			current.close();
			path = newPath();
			writeFileSync(path, database);
			writeFileSync(`${path}-wal`, log.subarray(0, synced));
			open();
		}
	};
};

interface Failure {
	/** After the nth write of the reader, from 1, and so much later. */
	readonly write: number;
	readonly laterMs: number;
	/** Until it is started again. */
	readonly awayMs: number;
}

const W = 20_000_000n;
/** Notes that the reader has by then. */
const BEFORE = 43;
/** Link units in one of the token. */
const TOKEN = 1_000n;

const run = async (failure: Failure | undefined) => {
	let writes = 0;
	let isReading = false;
	let fail = (): void => undefined;
	const claims = createClaimsOnTheWire();
	const disks: Disk[] = [];
	const world = await createWorld({
		seed: 'power',
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		// The reader's, the last, is slow: much leaves, and comes back, before its disk has it.
		openSql: (clock) => {
			const disk = createDisk(clock, disks.length === 3 ? 40 : 1);
			disks.push(disk);
			return disk.sql;
		},
		latencyMs: [1, 2],
		crypto: 'sync',
		maxIdsPerGet: 1,
		fates: {
			write: (host) => {
				if (host === 'reader' && isReading && (writes += 1) === failure?.write)
					world.clock.after(failure.laterMs, () => fail());
				return undefined;
			},
			call: () => undefined,
			message: (bytes) => {
				claims.see(bytes);
				return undefined;
			}
		}
	});
	const { hub, bob } = world.nodes;
	await nodesReady(world);
	const guest = await world.addGuest('reader');
	await online(world, guest);
	const channel = await fundChannel(world, guest);
	await follow(world, guest, bob);
	// Trust grows until several are under way at a time; a claim covers fifty, so that the next is due in the middle.
	const before = await publishNotes(world, bob, BEFORE);
	await world.until('the first notes', hasBought(guest, before));
	await world.advance(1_000);

	const sent = (): number => [...claims.promised.values()].flat().length;
	let hasFailed = false;
	fail = () => {
		hasFailed = true;
		guest.crash();
		disks[3]?.loseUnsynced();
	};
	isReading = true;
	const claimsBefore = sent();
	const ids: string[] = [];
	for (let burst = 0; burst < 4; burst += 1) {
		const said = Array.from({ length: 3 }, (_, n) => bob.peer.publish({ kind: 1, content: `${burst} ${n}` }));
		for (const event of await world.settle('publishing', Promise.all(said))) ids.push(event.id);
		await world.advance(25);
	}
	await world.advance(400);
	isReading = false;
	const claimed = sent() - claimsBefore;
	if (hasFailed) {
		await world.advance(failure?.awayMs ?? 0);
		await guest.start();
		await online(world, guest);
	}
	await world.until('every note', hasBought(guest, ids));
	await rest(world);
	// What its hub delivered after the hello is told by the next one.
	world.network.cut(urlOf('hub'));
	await world.advance(10_000);
	await online(world, guest);
	await rest(world);
	const forgotten = balanceOf(guest, 'forgotten');
	const wrong = [...(await auditWorld(world, hasFailed ? [guest] : []))];

	const after = await publishNotes(world, bob, 3);
	await world.until('the notes after it', hasBought(guest, after));
	await rest(world);
	wrong.push(...(await auditWorld(world, hasFailed ? [guest] : [])));
	for (const promised of claims.promised.values())
		promised.forEach((cumulative, at) => {
			if (cumulative < (promised[at - 1] ?? 0n)) wrong.push('a claim that is lower than one before it');
		});
	// What was delivered is paid, to less than one unit of the token.
	const closed = await world.settle('closing', guest.peer.api.closeChannel(channel), 120_000);
	if (!closed.ok) wrong.push(`the channel could not be closed: ${closed.error.type}`);
	await world.advance(60_000);
	const [link] = hub.sql.all('SELECT fulfilled_by_me AS total FROM link WHERE peer = ?', [
		guest.peer.status().device
	]);
	const [row] = hub.sql.all('SELECT settled FROM channel WHERE id = ?', [channel]);
	const unpaid = BigInt(link?.['total'] as number) - BigInt(row?.['settled'] as number) * TOKEN;
	if (unpaid > 0n || unpaid <= -TOKEN) wrong.push(`the hub delivered ${unpaid} more than it was paid`);
	const sold = -balanceOf(bob, 'income/notes');
	await world.close();
	return { wrong, writes, hasFailed, forgotten, sold, claimed };
};

it('the power fails at a reader at each moment of buying: its books agree again, and nobody else loses a unit', async () => {
	const whole = await run(undefined);
	expect(whole).toMatchObject({ wrong: [], forgotten: 0n });
	expect(whole.writes).toBeGreaterThan(8);
	expect(whole.claimed).toBe(1);
	const forgotten: bigint[] = [];
	for (let write = 1; write <= whole.writes; write += 1)
		for (const [laterMs, awayMs] of [
			[0, 1_000],
			[15, 1_000],
			[30, 0]
		] as const) {
			const failure: Failure = { write, laterMs, awayMs };
			const came = await run(failure);
			expect({ failure, ...came }).toMatchObject({ wrong: [], hasFailed: true });
			// What it paid for without knowing is what its author has more, and the way to there.
			const twice = came.sold - whole.sold;
			expect(came.forgotten).toBeGreaterThanOrEqual(twice);
			expect(came.forgotten).toBeLessThanOrEqual(W);
			forgotten.push(came.forgotten);
		}
	// The story is about something: now and then more than one note was on its way.
	expect(forgotten.filter((amount) => amount > 0n).length).toBeGreaterThan(2);
	expect(forgotten.some((amount) => amount > 2n * NOTE_PRICE)).toBe(true);
});
