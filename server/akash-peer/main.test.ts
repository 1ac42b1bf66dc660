/** The program as somebody starts it by hand: a mistake of theirs gets a sentence and an exit code, and no stack trace. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/child.ts';

let folder = '';
let other: Server;
let taken = 0;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-main-'));
	other = createServer();
	await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
	taken = (other.address() as AddressInfo).port;
});
afterAll(() => {
	other.close();
	rmSync(folder, { recursive: true, force: true });
});

/** Runs until it ends; what it said, and how it ended. */
const run = (...args: readonly string[]) =>
	new Promise<{ code: unknown; out: string; said: string }>((resolve) => {
		execFile(process.execPath, ['server/akash-peer/main.ts', ...args], { cwd: ROOT }, (error, out, said) =>
			resolve({ code: error?.code ?? 0, out, said })
		);
	});

const configOf = (listen: { host: string; port: number }): string => {
	const file = join(folder, 'node.json');
	const config = {
		name: 'alone',
		about: '',
		network: 'test',
		dataDir: join(folder, 'alone'),
		listen: { ...listen, btpPath: '/btp' },
		links: [],
		peers: [],
		routes: []
	};
	writeFileSync(file, JSON.stringify(config));
	return file;
};

test('a port that is taken is said in a sentence', async () => {
	const ended = await run('--config', configOf({ host: '127.0.0.1', port: taken }));
	expect(ended).toEqual({
		code: 1,
		out: '',
		said: `port ${taken} of 127.0.0.1 is taken: end the program that listens there, or give another listen.port\n`
	});
});

test('so is a host that is none of this machine, a port that cannot be, and a file that is not there', async () => {
	// An address for documentation (RFC 5737), which no machine has.
	const elsewhere = await run('--config', configOf({ host: '192.0.2.1', port: 0 }));
	expect(elsewhere).toMatchObject({
		code: 1,
		said: expect.stringMatching(/^192\.0\.2\.1 is no address .*\n$/)
	});
	const tooHigh = await run('--config', configOf({ host: '127.0.0.1', port: 70_000 }));
	expect(tooHigh).toMatchObject({ code: 2, said: expect.stringMatching(/^.*listen\.port.*\n$/) });
	const missing = await run('--config', join(folder, 'missing.json'));
	expect(missing).toMatchObject({ code: 2, said: expect.stringMatching(/^.*missing\.json.*\n$/) });
});
