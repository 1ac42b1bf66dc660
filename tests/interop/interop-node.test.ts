/**
 * `npm run interop` as another project's suite would use it: the reference's plugins and STREAM on one
 * side, the node with the line it printed on the other.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import IlpPacket from 'ilp-packet';
import PluginBtp from 'ilp-plugin-btp';
import PluginHttp from 'ilp-plugin-http';
import { fetch as fetchIldcp } from 'ilp-protocol-ildcp';
import {
	createConnection,
	createServer as createStreamServer,
	type DataAndMoneyStream
} from 'ilp-protocol-stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InteropDescription } from '../../server/akash-peer/interop.ts';
import { freePort } from './support.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEADLINE_MS = 60_000;

interface Plugin {
	connect(): Promise<void>;
	disconnect(): Promise<void>;
	sendData(data: Buffer): Promise<Buffer>;
	registerDataHandler(handler: (data: Buffer) => Promise<Buffer>): void;
	deregisterDataHandler(): void;
	isConnected(): boolean;
	on(event: string, listener: () => void): void;
	removeListener(event: string, listener: () => void): void;
	removeAllListeners(): void;
	once(event: string, listener: () => void): void;
}

let child: ChildProcess;
let node: InteropDescription;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
	child = spawn(process.execPath, ['scripts/interop.ts'], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', 'inherit']
	});
	node = await new Promise<InteropDescription>((resolve, reject) => {
		child.once('exit', (code) => reject(new Error(`the node ended with ${code}`)));
		if (child.stdout)
			createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line) as InteropDescription));
	});
}, DEADLINE_MS);
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});
afterAll(async () => {
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGTERM');
	expect(await ended).toBe(0);
});

const btp = async (who: 'a' | 'b'): Promise<Plugin> => {
	const { url, token, account } = node.btp[who];
	const server = url.replace('ws://', `btp+ws://${account}:${token}@`);
	const plugin = new PluginBtp({ server }) as unknown as Plugin;
	await plugin.connect();
	closing.push(() => plugin.disconnect());
	return plugin;
};
const totals = async (): Promise<{ money: bigint; bytes: number }> => {
	const answer = (await (await fetch(`${node.control}/totals`)).json()) as { money: string; bytes: number };
	return { money: BigInt(answer.money), bytes: answer.bytes };
};
const credentials = async (): Promise<{ destinationAccount: string; sharedSecret: Buffer }> => {
	const response = await fetch(node.spsp, { headers: { accept: 'application/spsp4+json' } });
	const answer = (await response.json()) as { destination_account: string; shared_secret: string };
	return {
		destinationAccount: answer.destination_account,
		sharedSecret: Buffer.from(answer.shared_secret, 'base64')
	};
};
/** Sends by the reference client; resolves with what came back. */
const send = async (plugin: Plugin, amount: number, data: Buffer): Promise<Buffer> => {
	const connection = await createConnection({ plugin, ...(await credentials()), slippage: 0 });
	const stream: DataAndMoneyStream = connection.createStream();
	const chunks: Buffer[] = [];
	// The reference closes both directions at once: what comes back is waited for before it does.
	const echoed = new Promise<void>((resolve) =>
		stream.on('data', (chunk: Buffer) => {
			chunks.push(chunk);
			if (Buffer.concat(chunks).length >= data.length) resolve();
		})
	);
	if (data.length > 0) stream.write(data);
	if (amount > 0) await stream.sendTotal(amount);
	if (data.length > 0) await echoed;
	await connection.end();
	return Buffer.concat(chunks);
};
/** A STREAM server of the reference behind a plugin, and what it got. */
const serve = async (plugin: Plugin) => {
	const server = await createStreamServer({ plugin, serverSecret: Buffer.alloc(32, 7) });
	const got = { money: 0n, bytes: 0 };
	server.on('connection', (connection) => {
		connection.on('stream', (stream: DataAndMoneyStream) => {
			stream.setReceiveMax(10 ** 12);
			stream.on('money', (amount: string) => (got.money += BigInt(amount)));
			stream.on('data', (chunk: Buffer) => {
				got.bytes += chunk.length;
				stream.write(chunk);
			});
		});
	});
	return { ...server.generateAddressAndSecret(), got };
};
const order = async (body: Record<string, unknown>): Promise<Record<string, unknown>> => {
	const response = await fetch(`${node.control}/pay`, { method: 'POST', body: JSON.stringify(body) });
	return { status: response.status, ...((await response.json()) as object) };
};

describe('the node that npm run interop starts', () => {
	it('prints what a suite needs', () => {
		expect(node).toMatchObject({
			name: 'tributary',
			address: expect.stringMatching(/^test\./) as string,
			btp: { a: { account: 'a' }, b: { account: 'b' } },
			maxPacketAmount: '1000000000',
			asset: { code: 'USD', scale: 9 }
		});
		expect(node.btp.a.token).not.toBe(node.btp.b.token);
	});

	it('gives each account an address below its own', async () => {
		const plugin = await btp('a');
		expect(await fetchIldcp(plugin.sendData.bind(plugin))).toEqual({
			clientAddress: `${node.address}.a`,
			assetCode: 'USD',
			assetScale: 9
		});
	});

	it('turns a wrong token away', async () => {
		const { url } = node.btp.a;
		const server = url.replace('ws://', 'btp+ws://a:wrong@');
		const plugin = new PluginBtp({ server }) as unknown as Plugin;
		closing.push(() => plugin.disconnect().catch(() => undefined));
		const outcome = await Promise.race([
			plugin.connect().then(
				() => 'connected',
				() => 'refused'
			),
			new Promise((resolve) => setTimeout(() => resolve('not connected'), 1_500))
		]);
		expect(outcome).not.toBe('connected');
	});

	it('is paid by the reference client over BTP, and sends its bytes back', async () => {
		const before = await totals();
		const data = Buffer.alloc(100_000, 'tributary');
		const back = await send(await btp('a'), 1_000_000, data);
		expect(back.equals(data)).toBe(true);
		const after = await totals();
		expect(after).toEqual({ money: before.money + 1_000_000n, bytes: before.bytes + 100_000 });
	});

	it('is paid by the reference client over HTTP', async () => {
		const before = await totals();
		const plugin = new PluginHttp({
			incoming: { port: await freePort(), staticToken: 'unused' },
			outgoing: { url: node.http.url, staticToken: node.http.token }
		}) as unknown as Plugin;
		await plugin.connect();
		closing.push(() => plugin.disconnect());
		await send(plugin, 5_000, Buffer.alloc(0));
		expect((await totals()).money - before.money).toBe(5_000n);
	});

	it('carries payments from one account to the other', async () => {
		const [a, b] = [await btp('a'), await btp('b')];
		const { destinationAccount, sharedSecret, got } = await serve(b);
		const connection = await createConnection({ plugin: a, destinationAccount, sharedSecret, slippage: 0 });
		await connection.createStream().sendTotal(123_456);
		await connection.end();
		expect(got.money).toBe(123_456n);
	});

	it('pays a server of the reference when told to', async () => {
		const { destinationAccount, sharedSecret, got } = await serve(await btp('b'));
		const data = Buffer.alloc(20_000, 'paid');
		const paid = await order({
			destinationAccount,
			sharedSecret: sharedSecret.toString('base64'),
			amount: '2000000000',
			data: data.toString('base64')
		});
		expect(paid).toMatchObject({ status: 200, sent: '2000000000', delivered: '2000000000', bytes: 20_000 });
		expect(got).toEqual({ money: 2_000_000_000n, bytes: 20_000 });
	});

	it('takes orders it understands, from programs alone', async () => {
		expect(await order({})).toMatchObject({ status: 400 });
		expect(await order({ destinationAccount: 'test.nobody', sharedSecret: 'AA==', amount: 1 })).toMatchObject(
			{
				status: 400
			}
		);
		const page = await fetch(`${node.control}/totals`, { headers: { origin: 'https://evil.example' } });
		expect(page.status).toBe(403);
		expect((await fetch(`${node.control}/nothing`, { method: 'POST' })).status).toBe(404);
		// A page can make a browser GET anything.
		expect((await fetch(`${node.control}/redeem`)).status).toBe(405);
	});

	it('rejects what is too large for one packet with F08, and says how much is not', async () => {
		const plugin = await btp('a');
		const { destinationAccount } = await credentials();
		const reply = await plugin.sendData(
			IlpPacket.serializeIlpPrepare({
				amount: (BigInt(node.maxPacketAmount) + 1n).toString(),
				expiresAt: new Date(Date.now() + 10_000),
				executionCondition: Buffer.alloc(32),
				destination: destinationAccount,
				data: Buffer.alloc(0)
			})
		);
		const reject = IlpPacket.deserializeIlpReject(reply);
		expect(reject.code).toBe('F08');
		expect(reject.data.readBigUInt64BE(8)).toBe(BigInt(node.maxPacketAmount));
	});

	it('does what docs/interop.md shows', async () => {
		const { stdout } = await promisify(execFile)(
			process.execPath,
			['docs/interop-example.mjs', JSON.stringify(node)],
			{ cwd: ROOT, timeout: DEADLINE_MS }
		);
		expect(stdout).toContain('paid 1000000, echoed 5 bytes');
	});
});
