/** `npm start` as a person has it: one command, one line when it is ready, nothing left when it is gone. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/child.ts';

let folder: string;
let npm: ChildProcess | undefined;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-start-'));
});
afterEach(() => {
	npm?.kill('SIGKILL');
	rmSync(folder, { recursive: true, force: true });
});

/** Starts it and waits for its last line. */
const start = async (...flags: string[]): Promise<{ output: string[]; url: string }> => {
	const child = spawn('npm', ['start', '--', '--state', folder, '--free-ports', ...flags], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true
	});
	npm = child;
	let text = '';
	return new Promise((resolve, reject) => {
		const onData = (chunk: Buffer) => {
			text += chunk.toString();
			const ready = /^Tributary is ready: (http:\/\/127\.0\.0\.1:\d+)$/m.exec(text);
			if (ready?.[1] !== undefined) resolve({ output: text.trimEnd().split('\n'), url: ready[1] });
		};
		child.stdout.on('data', onData);
		child.stderr.on('data', onData);
		child.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${text}`)));
	});
};

/** Where every process of the network listens, from the files it keeps. */
const ports = (): number[] =>
	readdirSync(folder)
		.filter((name) => /^(hub|bob|carol)\.json$/.test(name))
		.flatMap((name) => {
			const config = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
				listen: { port: number };
				chain: { rpcUrl: string };
				faucetUrl: string;
			};
			return [
				config.listen.port,
				Number(new URL(config.chain.rpcUrl).port),
				Number(new URL(config.faucetUrl).port)
			];
		});

const isOpen = (port: number) =>
	new Promise<boolean>((done) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			done(true);
		});
		socket.once('error', () => done(false));
	});
const open = async () => (await Promise.all(ports().map(isOpen))).filter(Boolean).length;

describe('npm start', () => {
	test('says where it is ready, serves there, and ends every child when npm is killed', async () => {
		const { output, url } = await start();
		expect(output.at(-1)).toBe(`Tributary is ready: ${url}`);
		expect((await fetch(`${url}/.well-known/tributary.json`)).status).toBe(200);
		expect(await (await fetch(url)).text()).toContain('<html');
		expect(await open()).toBe(9);

		npm?.kill('SIGKILL');
		await expect.poll(open, { timeout: 20_000, interval: 250 }).toBe(0);
	});

	test('ends at Ctrl-C, twice being as good as once, and goes on with the same people next time', async () => {
		const people = async (url: string) =>
			((await (await fetch(`${url}/.well-known/tributary.json`)).json()) as { pubkey: string }).pubkey;
		const first = await start();
		const hub = await people(first.url);
		// A terminal sends Ctrl-C to the whole group, and npm passes it on once more.
		if (npm?.pid !== undefined) process.kill(-npm.pid, 'SIGINT');
		npm?.kill('SIGINT');
		await expect.poll(open, { timeout: 20_000, interval: 250 }).toBe(0);
		await expect.poll(() => existsSync(join(folder, 'network.pid')), { timeout: 10_000 }).toBe(false);

		const again = await start();
		expect(await people(again.url)).toBe(hub);
		if (npm?.pid !== undefined) process.kill(-npm.pid, 'SIGINT');
		await expect.poll(open, { timeout: 20_000, interval: 250 }).toBe(0);
	});
});
