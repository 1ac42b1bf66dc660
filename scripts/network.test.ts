import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './child.ts';
import { startNetwork } from './network.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-network-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const start = (options: { fresh?: boolean } = {}) =>
	startNetwork({ stateDir: folder, ports: 'free', nodes: [], ...options });

const ask = async (rpcUrl: string, method: string, ...params: unknown[]): Promise<unknown> => {
	const response = await fetch(rpcUrl, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
	});
	return ((await response.json()) as { result: unknown }).result;
};
const genesisOf = async (rpcUrl: string) =>
	((await ask(rpcUrl, 'eth_getBlockByNumber', '0x0', false)) as { hash: string }).hash;

const answers = (url: string) =>
	new Promise<boolean>((done) => {
		const socket = connect(Number(new URL(url).port), '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			done(true);
		});
		socket.once('error', () => done(false));
	});

test('the chain goes on where it was, and --fresh begins another at the same addresses', async () => {
	const first = await start();
	const genesis = await genesisOf(first.chain.rpcUrl);
	const height = await ask(first.chain.rpcUrl, 'eth_blockNumber');
	await first.stop();

	const again = await start();
	expect(await genesisOf(again.chain.rpcUrl)).toBe(genesis);
	expect(await ask(again.chain.rpcUrl, 'eth_blockNumber')).toBe(height);
	expect(again.chain.contract).toBe(first.chain.contract);
	await again.stop();

	// Each start leaves a first block of its own in the state.
	for (let starts = 0; starts < 2; starts += 1) {
		await sleep(1_100);
		const later = await start();
		expect(await genesisOf(later.chain.rpcUrl)).toBe(genesis);
		await later.stop();
	}

	// A block's hash holds its time in seconds: another second, another genesis.
	await sleep(1_100);
	const fresh = await start({ fresh: true });
	expect(await genesisOf(fresh.chain.rpcUrl)).not.toBe(genesis);
	expect(fresh.chain.contract).toBe(first.chain.contract);
	await fresh.stop();
}, 30_000);

test('a chain file that a crash cut short is put back to its last whole state', async () => {
	const first = await start();
	const height = await ask(first.chain.rpcUrl, 'eth_blockNumber');
	await first.stop();
	writeFileSync(join(folder, 'chain.json'), '{"block":{"number":"0x1"');

	const again = await start();
	expect(await ask(again.chain.rpcUrl, 'eth_blockNumber')).toBe(height);
	await again.stop();
}, 30_000);

test('killing the supervisor ends the chain and the faucet', async () => {
	const program = `
		const { startNetwork } = await import(${JSON.stringify(join(ROOT, 'scripts/network.ts'))});
		const network = await startNetwork({ stateDir: ${JSON.stringify(folder)}, ports: 'free', nodes: [] });
		console.log(JSON.stringify([network.chain.rpcUrl, network.faucetUrl]));
		setInterval(() => {}, 1000);`;
	const supervisor = spawn(process.execPath, ['--input-type=module', '-e', program], {
		stdio: ['ignore', 'pipe', 'inherit']
	});
	const line = await new Promise<string>((done) =>
		supervisor.stdout.once('data', (chunk: Buffer) => done(String(chunk)))
	);
	const urls = JSON.parse(line) as string[];
	expect(await Promise.all(urls.map(answers))).toEqual([true, true]);

	supervisor.kill('SIGKILL');
	await expect
		.poll(() => Promise.all(urls.map(answers)), { timeout: 8_000, interval: 100 })
		.toEqual([false, false]);
}, 30_000);

test('a chain whose guardian was killed comes back on its port with the blocks it had', async () => {
	const network = await start();
	const { rpcUrl, pid } = network.chain;
	const height = await ask(rpcUrl, 'eth_blockNumber');
	// Anvil saves once a second.
	await sleep(1_500);
	// The guardian alone: anvil lives on without it and must not be in the way of the next.
	process.kill(pid, 'SIGKILL');
	await expect.poll(() => ![0, pid].includes(network.chain.pid), { timeout: 10_000 }).toBe(true);
	await expect
		.poll(() => ask(rpcUrl, 'eth_blockNumber').catch(() => 'down'), { timeout: 10_000 })
		.toBe(height);
	await network.stop();
	expect(await answers(rpcUrl)).toBe(false);
}, 30_000);

test('a chain that was taken away is down until it is started again', async () => {
	const network = await start();
	await network.chain.kill();
	expect(await answers(network.chain.rpcUrl)).toBe(false);
	await network.chain.start();
	expect(await answers(network.chain.rpcUrl)).toBe(true);
	await network.stop();
}, 30_000);
