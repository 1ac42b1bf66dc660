/**
 * Ordinary nodes, started as their operators start them: two processes with a config file each, an account with
 * each other over HTTP whose answers come by callback (RFC 35), and a child over BTP at either end.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNode } from '../../scripts/build-node.ts';
import { startChild } from '../../scripts/child.ts';
import type { NodeReady } from '../../scripts/network.ts';
import { codeOf, createWorld, fulfil, pay, prepareOf, until, type Plugin } from './btp-world.ts';
import { freePort } from './support.ts';

const DEADLINE_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'tributary-processes-'));
const world = createWorld();
const ends: (() => Promise<void>)[] = [];
/** What crossed between the two, as `status request`. */
const crossed: string[] = [];
let left: NodeReady;
let right: NodeReady;

/** Stands before a node's port and notes what it is asked over HTTP, and what it answers. */
const watch = async (port: number): Promise<number> => {
	const server = createServer((incoming, outgoing) => {
		const { method, url, headers } = incoming;
		const inner = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
			const what = headers['callback-url'] === undefined ? 'an answer' : 'a prepare';
			crossed.push(`${answer.statusCode} for ${what}`);
			outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(outgoing);
		});
		inner.on('error', () => outgoing.destroy());
		incoming.pipe(inner);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	ends.push(async () => {
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		server.closeAllConnections();
		await closed;
	});
	return typeof address === 'object' && address ? address.port : 0;
};

interface Side {
	readonly name: string;
	readonly port: number;
	/** Where the other reaches it. */
	readonly door: number;
}

const start = async (me: Side, other: Side, childName: string): Promise<NodeReady> => {
	const file = join(folder, `${me.name}.json`);
	writeFileSync(
		file,
		JSON.stringify({
			name: me.name,
			about: 'Forwards.',
			dataDir: join(folder, me.name),
			network: 'test',
			listen: { host: '127.0.0.1', port: me.port, btpPath: '/btp', ilpPath: '/ilp' },
			control: true,
			accounts: [
				{
					name: childName,
					role: 'child',
					maxBalance: '1000000',
					freeBytesPerSecond: 1_000_000,
					btp: { token: `token-of-${childName}` }
				},
				{
					name: other.name,
					role: 'peer',
					maxBalance: '1000000',
					freeBytesPerSecond: 1_000_000,
					http: {
						incomingToken: `from-${other.name}`,
						url: `http://127.0.0.1:${other.door}/ilp`,
						outgoingToken: `from-${me.name}`,
						callbackUrl: `http://127.0.0.1:${me.door}/ilp`
					}
				}
			],
			routeExchange: { trusts: [] }
		})
	);
	const child = await startChild<NodeReady>({
		name: me.name,
		command: [await buildNode(), '--config', file],
		logFile: join(folder, `${me.name}.log`),
		readyWithinMs: DEADLINE_MS
	});
	ends.push(() => child.stop());
	return child.ready;
};

beforeAll(async () => {
	const side = async (name: string): Promise<Side> => {
		const port = await freePort();
		return { name, port, door: await watch(port) };
	};
	const [west, east] = [await side('west'), await side('east')];
	[left, right] = await Promise.all([start(west, east, 'alice'), start(east, west, 'bob')]);
}, DEADLINE_MS);
afterAll(async () => {
	await world.close();
	for (const end of ends.reverse()) await end();
	rmSync(folder, { recursive: true, force: true });
});

interface Status {
	readonly balances: Record<string, string>;
	readonly audit: { readonly sum: string; readonly differences: number };
	readonly links: readonly {
		readonly audit: string;
		readonly pendingIn: string;
		readonly pendingOut: string;
	}[];
}
const booksOf = async ({ http }: NodeReady): Promise<Status> =>
	(await (await fetch(`${http}/status`)).json()) as Status;
/** A child of a node, by the reference's plugin; it fulfils what comes. */
const connect = async (
	node: NodeReady,
	name: string,
	onPrepare: (bytes: Uint8Array) => void = () => undefined
): Promise<Plugin> => {
	const plugin = world.plugin({ server: node.btp.replace('ws://', `btp+ws://${name}:token-of-${name}@`) });
	plugin.registerDataHandler((bytes) => {
		onPrepare(new Uint8Array(bytes));
		return Promise.resolve(Buffer.from(fulfil()));
	});
	await plugin.connect();
	return plugin;
};

describe('two nodes from config files', () => {
	it('pass a payment on over HTTP, answered by callback, and their books agree', async () => {
		const received: bigint[] = [];
		await connect(right, 'bob', (bytes) => received.push(prepareOf(bytes).amount));
		const alice = await connect(left, 'alice');
		const to = `${right.address}.bob.shop`;
		await until(
			'the way is known',
			async () => codeOf(await alice.sendData(pay(to, 0n))) === 'fulfilled',
			DEADLINE_MS / 2
		);
		crossed.length = 0;
		const codes = await Promise.all(
			Array.from({ length: 20 }, async (_, index) => codeOf(await alice.sendData(pay(to, BigInt(index + 1)))))
		);
		expect(codes).toEqual(Array<string>(20).fill('fulfilled'));
		expect(received.reduce((sum, amount) => sum + amount, 0n)).toBe(210n);
		// Every prepare was accepted first and answered by a request of its own.
		expect(crossed.filter((one) => one === '202 for a prepare').length).toBeGreaterThanOrEqual(20);
		expect(crossed.filter((one) => one === '200 for an answer').length).toBeGreaterThanOrEqual(20);
		const [west, east] = [await booksOf(left), await booksOf(right)];
		expect([west.balances['link/ilp:alice'], west.balances['link/ilp:east']]).toEqual(['210', '-210']);
		expect([east.balances['link/ilp:west'], east.balances['link/ilp:bob']]).toEqual(['210', '-210']);
		for (const { audit, links } of [west, east]) {
			expect(audit).toEqual({ sum: '0', differences: 0 });
			expect(
				links.filter((link) => link.audit !== '0' || link.pendingIn !== '0' || link.pendingOut !== '0')
			).toEqual([]);
		}
	});

	it('let nobody owe more than the account says', async () => {
		const alice = await connect(left, 'alice');
		const over = pay(`${right.address}.bob.shop`, 1_000_000n);
		expect(codeOf(await alice.sendData(over))).toBe('T04');
	});

	it('keep the door shut without the token', async () => {
		const response = await fetch(`${left.http}/ilp`, {
			method: 'POST',
			headers: { authorization: 'Bearer wrong', 'content-type': 'application/octet-stream' },
			body: new Uint8Array(pay(`${right.address}.bob`, 1n))
		});
		expect(response.status).toBe(401);
	});
});
