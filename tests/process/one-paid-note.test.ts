/**
 * The smallest whole thing: two real processes and a real chain. A reader's node funds a channel,
 * asks what there is, pays for it and gets signed events; the author redeems, exact to the unit.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import { ROOT } from '../../scripts/child.ts';
import { startNetwork, type LocalNetwork } from '../../scripts/network.ts';
import { control, eventually, startReader, statusOf, tokenBalanceOf, type ReaderNode } from './nodes.ts';

const NOTE_PRICE = 200_000n;
const TOKEN_UNIT = 1_000n;

describe('a reader and an author, two processes', () => {
	let folder: string;
	let network: LocalNetwork;
	let reader: ReaderNode;

	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), 'tributary-process-'));
		network = await startNetwork({ stateDir: folder, ports: 'free', nodes: ['hub', 'bob'], control: true });
		reader = await startReader(network, folder);
	});
	afterAll(async () => {
		await reader.stop();
		await network.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test('the reader pays for each note when it has it, the author redeems what was promised', async () => {
		const { hub, bob } = network.nodes;
		await eventually(async () => {
			const { channels } = await statusOf(reader.http);
			expect(channels.filter((channel) => channel.status === 'open')).toHaveLength(1);
		});

		const before = await tokenBalanceOf(network, bob.wallet);
		await control(reader.http, 'follow', {
			pubkey: bob.pubkey,
			maxPrice: '1000000',
			dailyLimit: '1000000000'
		});
		const paid = await eventually(async () => {
			const feed = await control<{ event: { pubkey: string; id: string }; cost: string; way: string }[]>(
				reader.http,
				'feed'
			);
			const ofBob = feed.filter((item) => item.event.pubkey === bob.pubkey);
			expect(ofBob.length).toBeGreaterThanOrEqual(10);
			return ofBob;
		});
		for (const note of paid) {
			expect(BigInt(note.cost)).toBeGreaterThan(NOTE_PRICE);
			// One hop takes one percent; rounding adds at most a few units.
			expect(BigInt(note.cost) - BigInt(note.way)).toBeGreaterThanOrEqual(NOTE_PRICE);
		}
		await control(reader.http, 'unfollow', { pubkey: bob.pubkey });

		// Three ledgers and the chain tell one story.
		const quiet = await eventually(async () => {
			const [r, h, b] = await Promise.all([statusOf(reader.http), statusOf(hub.http), statusOf(bob.http)]);
			for (const status of [r, h, b])
				for (const link of status.links) expect([link.pendingIn, link.pendingOut]).toEqual(['0', '0']);
			return { r, h, b };
		});
		for (const status of Object.values(quiet)) {
			expect(status.audit).toEqual({ sum: '0', differences: 0 });
			for (const link of status.links) expect(link.audit).toBe('0');
		}
		const spent =
			BigInt(quiet.r.balances['expense/notes'] ?? '0') + BigInt(quiet.r.balances['expense/way'] ?? '0');
		const fees = -BigInt(quiet.h.balances['income/routing'] ?? '0');
		const earned = -BigInt(quiet.b.balances['income/notes'] ?? '0');
		expect(earned).toBeGreaterThan(0n);
		expect(spent).toBe(earned + fees);

		// Bob redeems what he has not yet: the chain has paid his wallet exactly what the hub promised him.
		await control(bob.http, 'redeem');
		const after = await tokenBalanceOf(network, bob.wallet);
		const channel = (await statusOf(bob.http)).channels.find(({ direction }) => direction === 'in');
		expect(channel?.settled).toBe(channel?.claimed);
		expect(after - before).toBe(BigInt(channel?.settled ?? '0'));
		expect((after - before) * TOKEN_UNIT).toBeGreaterThanOrEqual(earned);
	});

	test('the audit finds every unit beside running nodes and after a crash, and says where one is off', async () => {
		const audit = (): { readonly text: string; readonly status: number | null } => {
			const { stdout, stderr, status } = spawnSync(
				process.execPath,
				[
					'--disable-warning=ExperimentalWarning',
					join(ROOT, 'scripts/audit.ts'),
					...['--state', folder, '--rpc', network.chain.rpcUrl]
				],
				{ encoding: 'utf8' }
			);
			return { text: stdout + stderr, status };
		};
		const running = audit();
		expect(running.text).toContain('Everything adds up.');
		expect(running.text).not.toContain('WRONG');
		expect(running.text).not.toContain('–');
		expect(running.status).toBe(0);

		await reader.kill();
		expect(audit().status).toBe(0);

		const sql = createNodeSql(join(folder, 'reader', 'node.sqlite'));
		sql.run(`UPDATE account SET posted = posted + 1 WHERE name = 'expense/way'`);
		sql.close();
		const off = audit();
		expect(off.status).toBe(1);
		expect(off.text).toMatch(/WRONG +each balance is the sum of its postings/);
		expect(off.text).toMatch(/expense\/way: \d+ is kept, its postings make \d+/);
	});
});
