/**
 * A real chain for the tests of this folder: anvil, on a free port of this machine, for as long as a file runs,
 * with fresh contracts and fresh accounts for each test. What only a test can do to a chain is here too.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, encodeDeployData, encodeFunctionData, http } from 'viem';
import { toHex0x, type Hex } from '../../src/lib/peer/bytes.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import type { Clock } from '../../src/lib/peer/platform.ts';
import type { Address } from '../../src/lib/peer/settlement/chain.ts';
import {
	channelsAbi,
	channelsBytecode,
	testDollarAbi,
	testDollarBytecode
} from '../../src/lib/peer/settlement/evm/generated.ts';
import { createViemChain, type ViemChainOptions } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { freePort } from '../interop/support.ts';

const CHAIN_ID = 31337;

export const clock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	}
};

export const addressOf = (secret: Uint8Array): Address => toHex0x(nobleCrypto.evmAddress(secret));
export const freshSecret = (): Uint8Array => new Uint8Array(randomBytes(32));
const toQuantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

const anvilBinary = (): string => {
	const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
	const launcher = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
	const program = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
	return launcher.resolve(`@foundry-rs/anvil-${process.platform}-${cpu}/bin/${program}`);
};

/** What becomes of one question to the endpoint in front of anvil. */
export type Meddling =
	| 'request lost'
	| 'answer lost'
	| { readonly answer: unknown }
	| { readonly refusal: string }
	| { readonly change: (answer: unknown) => unknown };

export type Anvil = Awaited<ReturnType<typeof startAnvil>>;
export type AnvilWorld = Awaited<ReturnType<Anvil['createWorld']>>;

export const startAnvil = async () => {
	const port = await freePort();
	const rpcUrl = `http://127.0.0.1:${port}`;
	const arguments_ = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(CHAIN_ID)];
	const anvil = spawn(anvilBinary(), [...arguments_, '--optimism', '--silent'], { stdio: 'ignore' });
	const servers: { close(): unknown }[] = [];

	const rpc = async <T = Hex>(method: string, params: readonly unknown[] = []): Promise<T> => {
		const client = createClient({ transport: http(rpcUrl, { retryCount: 0 }) });
		return (await client.request({ method, params } as never)) as T;
	};

	const stop = async (): Promise<void> => {
		for (const server of servers) server.close();
		if (anvil.exitCode !== null) return;
		anvil.kill('SIGKILL');
		await once(anvil, 'exit');
	};

	let faucet: Address | undefined;
	for (let tries = 0; tries < 400 && faucet === undefined; tries += 1) {
		[faucet] = (await rpc<Address[]>('eth_accounts').catch(() => undefined)) ?? [];
		if (faucet === undefined) await sleep(25);
	}
	if (faucet === undefined) {
		await stop();
		throw new Error('anvil did not answer');
	}
	const rich = faucet;

	const sendFromFaucet = async (transaction: { to?: Address; data: Hex }): Promise<Address> => {
		const hash = await rpc('eth_sendTransaction', [{ from: rich, ...transaction }]);
		for (;;) {
			const receipt = await rpc<{ readonly contractAddress: Hex | null; readonly status: Hex } | null>(
				'eth_getTransactionReceipt',
				[hash]
			);
			if (receipt?.status === '0x1') return (receipt.contractAddress?.toLowerCase() ?? '0x') as Address;
			if (receipt) throw new Error('the faucet was refused');
			await sleep(5);
		}
	};

	/** Fresh contracts and two fresh accounts with gas. */
	const createWorld = async () => {
		const contract = await sendFromFaucet({
			data: encodeDeployData({ abi: channelsAbi, bytecode: channelsBytecode })
		});
		const token = await sendFromFaucet({
			data: encodeDeployData({ abi: testDollarAbi, bytecode: testDollarBytecode, args: [rich] })
		});
		const secrets = { payer: freshSecret(), payee: freshSecret() };
		for (const secret of Object.values(secrets))
			await rpc('anvil_setBalance', [addressOf(secret), toQuantity(10n ** 18n)]);
		const options = { rpcUrl, chainId: CHAIN_ID, contract, token, tokenScale: 6, clock, pollMs: 100 };
		const chainPort = (changes: Partial<ViemChainOptions>) => createViemChain({ ...options, ...changes });
		return {
			port: chainPort,
			secrets,
			token,
			contract,
			payer: chainPort({ accountSecret: secrets.payer }),
			payee: chainPort({ accountSecret: secrets.payee }),
			onlooker: chainPort({}),
			unreachable: chainPort({ accountSecret: secrets.payer, rpcUrl: 'http://127.0.0.1:9' }),
			mint: async (owner: Address, amount: bigint) => {
				const args = [owner, amount] as const;
				const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args });
				await sendFromFaucet({ to: token, data });
			},
			// Anvil calls final what is two epochs of 32 blocks old.
			finalize: async () => void (await rpc('anvil_mine', [toQuantity(70n)])),
			skip: async (seconds: number) => {
				await rpc('evm_increaseTime', [seconds]);
				await rpc('evm_mine');
			},
			settle: <T>(promise: Promise<T>) => promise,
			wait: (ms: number) => sleep(ms),
			sleep: (ms: number) => sleep(ms)
		};
	};

	/** An endpoint in front of anvil that loses or changes what goes through. */
	const meddle = async (how: (method: string, params: readonly unknown[]) => Meddling | undefined) => {
		const server = createHttpServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				void (async () => {
					const body = Buffer.concat(chunks);
					const { id, method, params } = JSON.parse(body.toString()) as {
						readonly id: unknown;
						readonly method: string;
						readonly params: readonly unknown[];
					};
					const meddling = how(method, params ?? []);
					const say = (result: unknown) => response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
					if (meddling === 'request lost') return response.destroy();
					if (typeof meddling === 'object' && 'answer' in meddling) return say(meddling.answer);
					if (typeof meddling === 'object' && 'refusal' in meddling)
						return response.end(
							JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32005, message: meddling.refusal } })
						);
					const headers = { 'content-type': 'application/json' };
					const text = await (await fetch(rpcUrl, { method: 'POST', headers, body })).text();
					if (meddling === 'answer lost') return response.destroy();
					if (meddling === undefined) return response.end(text);
					return say(meddling.change((JSON.parse(text) as { readonly result?: unknown }).result));
				})().catch(() => response.destroy());
			});
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		servers.push(server);
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	};

	return { rpcUrl, rpc, stop, createWorld, meddle, sendFromFaucet };
};
