import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { testDollarAbi } from '../src/lib/peer/settlement/evm/generated.ts';
import { freePort } from '../tests/interop/support.ts';
import { startChild, type Child } from './child.ts';
import { startFaucet, type Faucet } from './faucet.ts';
import { deployContracts, faucetClient } from './local-chain.ts';

let folder: string;
let chain: Child<{ rpcUrl: string }>;
let faucet: Faucet;
let token: Address;
let time = 1_000_000;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-faucet-'));
	chain = await startChild<{ rpcUrl: string }>({
		name: 'chain',
		command: ['scripts/anvil.ts', '--port', String(await freePort()), '--state', join(folder, 'chain.json')],
		logFile: join(folder, 'chain.log'),
		readyWithinMs: 20_000
	});
	({ token } = await deployContracts(chain.ready.rpcUrl));
	faucet = await startFaucet({ rpcUrl: chain.ready.rpcUrl, token, port: 0, now: () => time });
}, 40_000);

afterAll(async () => {
	await faucet?.close();
	await chain?.stop();
	rmSync(folder, { recursive: true, force: true });
});

const someone = (): Address => privateKeyToAccount(generatePrivateKey()).address;
const ask = (body: string): Promise<Response> => fetch(faucet.url, { method: 'POST', body });
const balances = async (address: Address): Promise<{ token: bigint; wei: bigint }> => {
	const client = faucetClient(chain.ready.rpcUrl);
	const held = await client.readContract({
		address: token,
		abi: testDollarAbi,
		functionName: 'balanceOf',
		args: [address]
	});
	return { token: held, wei: await client.getBalance({ address }) };
};

describe('the faucet', () => {
	it('gives ten dollars and gas to several people at once', async () => {
		const people = [someone(), someone(), someone(), someone()];
		const answers = await Promise.all(people.map((address) => ask(JSON.stringify({ address }))));
		expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
		expect(await answers[0]!.json()).toMatchObject({ token: '10000000', wei: '1000000000000000000' });
		for (const address of people)
			expect(await balances(address)).toEqual({ token: 10_000_000n, wei: 10n ** 18n });
	});

	it('gives to one address once an hour', async () => {
		const address = someone();
		expect((await ask(JSON.stringify({ address }))).status).toBe(200);
		const refused = await ask(JSON.stringify({ address: address.toLowerCase() }));
		expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3600']);
		time += 3_600_000;
		expect((await ask(JSON.stringify({ address }))).status).toBe(200);
		expect((await balances(address)).token).toBe(20_000_000n);
	});

	it('refuses what is no address', async () => {
		for (const body of ['', '{}', '{"address":"0x12"}', `{"address":"${'0'.repeat(2_000)}"}`, '[1']) {
			expect((await ask(body)).status, body.slice(0, 30)).toBe(400);
		}
	});

	it('lets any page ask', async () => {
		const answer = await fetch(faucet.url, { method: 'OPTIONS' });
		expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
	});
});
