import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient, http } from 'viem';
import { CHANNELS_ADDRESSES } from '../src/lib/peer/settlement/evm/addresses.ts';
import { channelsBytecode } from '../src/lib/peer/settlement/evm/generated.ts';
import { freePort } from '../tests/interop/support.ts';
import { startChild, type Child } from './child.ts';
import { addressOf } from './contracts-deployment.ts';

/** The second account of every development chain: public knowledge. */
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

let folder: string;
let chain: Child<{ rpcUrl: string }>;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-deploy-'));
	chain = await startChild<{ rpcUrl: string }>({
		name: 'chain',
		command: ['scripts/anvil.ts', '--port', String(await freePort()), '--state', join(folder, 'chain.json')],
		logFile: join(folder, 'chain.log'),
		readyWithinMs: 20_000
	});
}, 40_000);

afterAll(async () => {
	await chain?.stop();
	rmSync(folder, { recursive: true, force: true });
});

async function run(script: string, ...args: string[]): Promise<{ code: number; said: string }> {
	const child = spawn(process.execPath, [script, '--rpc', chain.ready.rpcUrl, ...args], {
		env: { ...process.env, DEPLOYER_KEY: KEY }
	});
	let said = '';
	child.stdout.on('data', (data: Buffer) => (said += data.toString()));
	child.stderr.on('data', (data: Buffer) => (said += data.toString()));
	const [code] = (await once(child, 'close')) as [number];
	return { code, said };
}

describe('deploying the channel contract', () => {
	it('puts it where the core looks for it, once, and knows it again', async () => {
		const address = addressOf(channelsBytecode);
		expect(Object.values(CHANNELS_ADDRESSES)).toEqual([address, address]);

		const before = await run('scripts/contracts-verify.ts');
		expect(before).toMatchObject({ code: 1 });
		expect(before.said).toContain('is nothing');

		expect((await run('scripts/contracts-deploy.ts', '--dry-run')).said).toContain(
			`Would deploy to ${address}`
		);
		const deployed = await run('scripts/contracts-deploy.ts');
		expect(deployed.said).toContain(`Deployed to ${address}`);
		const client = createPublicClient({ transport: http(chain.ready.rpcUrl) });
		expect(await client.getCode({ address })).toBeDefined();

		expect((await run('scripts/contracts-deploy.ts')).said).toContain('already');
		const verified = await run('scripts/contracts-verify.ts');
		expect(verified.said).toContain('is the contract');
		expect(verified).toMatchObject({ code: 0 });
	}, 120_000);

	it('hands the sources to whoever publishes them', async () => {
		let asked: { url: string | undefined; body: Record<string, unknown> } | undefined;
		const sourcify = createServer((request, response) => {
			let body = '';
			request.on('data', (data: Buffer) => (body += data.toString()));
			request.on('end', () => {
				asked = { url: request.url, body: JSON.parse(body) as Record<string, unknown> };
				response.writeHead(202, { 'content-type': 'application/json' });
				response.end(JSON.stringify({ verificationId: 'one' }));
			});
		}).listen(0, '127.0.0.1');
		await once(sourcify, 'listening');
		const url = `http://127.0.0.1:${(sourcify.address() as AddressInfo).port}`;
		const { said, code } = await run('scripts/contracts-verify.ts', '--publish', '--sourcify', url);
		sourcify.close();
		expect(said).toContain('Sourcify is at it (one)');
		expect(code).toBe(0);
		expect(asked?.url).toBe(`/v2/verify/31337/${addressOf(channelsBytecode)}`);
		expect(asked?.body).toMatchObject({
			contractIdentifier: expect.stringMatching(/contracts\/src\/Channels\.sol:Channels$/) as unknown,
			compilerVersion: expect.stringMatching(/^0\.8\.37\+commit/) as unknown,
			stdJsonInput: { language: 'Solidity' }
		});
	}, 60_000);
});
