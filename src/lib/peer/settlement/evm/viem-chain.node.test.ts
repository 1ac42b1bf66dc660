/**
 * The real port against a real node: anvil, on a free port of this machine, for as long as the file runs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, encodeDeployData, encodeFunctionData, http, type Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../../server/akash-peer/node-sql.ts';
import { toHex0x } from '../../bytes.ts';
import { createChannels } from '../../channel/channels.ts';
import { createPayouts } from '../../channel/payouts.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import { createLedger } from '../../ledger/sqlite-ledger.ts';
import { createLinkAccounts } from '../../link/accounts.ts';
import type { Clock } from '../../platform.ts';
import { createCommits } from '../../storage/commit.ts';
import { migrate } from '../../storage/migrations.ts';
import { describeChain } from '../../testing/chain-conformance.ts';
import type { Address, ChainPort } from '../chain.ts';
import { createEvmScheme } from './scheme.ts';
import { channelsAbi, channelsBytecode, testDollarAbi, testDollarBytecode } from './generated.ts';
import { createViemChain, type ViemChainOptions } from './viem-chain.ts';

const CHAIN_ID = 31337;

const clock: Clock = {
	now: () => Date.now(),
	after: (delayMs, run) => {
		const timer = setTimeout(run, delayMs);
		return () => clearTimeout(timer);
	}
};

let anvil: ChildProcess;
let rpcUrl: string;
let faucet: Address;

/** Free when asked; nobody else on this machine is in a hurry to take it. */
const freePort = async (): Promise<number> => {
	const server: Server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
};

const anvilBinary = (): string => {
	const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
	const launcher = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
	const program = process.platform === 'win32' ? 'anvil.exe' : 'anvil';
	return launcher.resolve(`@foundry-rs/anvil-${process.platform}-${cpu}/bin/${program}`);
};

const rpc = async <T = Hex>(method: string, params: readonly unknown[] = []): Promise<T> =>
	(await createClient({ transport: http(rpcUrl, { retryCount: 0 }) }).request({
		method,
		params
	} as never)) as T;

interface RpcReceipt {
	readonly contractAddress: Hex | null;
	readonly status: Hex;
}

const sendFromFaucet = async (transaction: { to?: Address; data: Hex }): Promise<Address> => {
	const hash = await rpc('eth_sendTransaction', [{ from: faucet, ...transaction }]);
	for (;;) {
		const receipt = await rpc<RpcReceipt | null>('eth_getTransactionReceipt', [hash]);
		if (receipt === null) {
			await sleep(5);
			continue;
		}
		expect(receipt.status).toBe('0x1');
		return (receipt.contractAddress?.toLowerCase() ?? '0x') as Address;
	}
};

const deploy = async () => ({
	contract: await sendFromFaucet({
		data: encodeDeployData({ abi: channelsAbi, bytecode: channelsBytecode })
	}),
	token: await sendFromFaucet({
		data: encodeDeployData({ abi: testDollarAbi, bytecode: testDollarBytecode, args: [faucet] })
	})
});

const addressOf = (secret: Uint8Array): Address => toHex0x(nobleCrypto.evmAddress(secret));

/** Fresh contracts and two fresh accounts with gas. */
const createWorld = async () => {
	const { contract, token } = await deploy();
	const secrets = { payer: new Uint8Array(randomBytes(32)), payee: new Uint8Array(randomBytes(32)) };
	for (const secret of Object.values(secrets))
		await rpc('anvil_setBalance', [addressOf(secret), toQuantity(10n ** 18n)]);
	const options = { rpcUrl, chainId: CHAIN_ID, contract, token, tokenScale: 6, clock, pollMs: 100 };
	const port = (changes: Partial<ViemChainOptions>) => createViemChain({ ...options, ...changes });
	return {
		port,
		secrets,
		token,
		payer: port({ accountSecret: secrets.payer }),
		payee: port({ accountSecret: secrets.payee }),
		onlooker: port({}),
		unreachable: port({ accountSecret: secrets.payer, rpcUrl: 'http://127.0.0.1:9' }),
		mint: async (owner: Address, amount: bigint) => {
			const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [owner, amount] });
			await sendFromFaucet({ to: token, data });
		},
		// Anvil calls final what is two epochs of 32 blocks old.
		finalize: async () => void (await rpc('anvil_mine', [toQuantity(70n)])),
		skip: async (seconds: number) => {
			await rpc('evm_increaseTime', [seconds]);
			await rpc('evm_mine');
		},
		settle: <T>(promise: Promise<T>) => promise,
		wait: (ms: number) => sleep(ms)
	};
};

const toQuantity = (value: bigint): Hex => `0x${value.toString(16)}`;

beforeAll(async () => {
	const port = await freePort();
	rpcUrl = `http://127.0.0.1:${port}`;
	anvil = spawn(
		anvilBinary(),
		['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(CHAIN_ID), '--optimism', '--silent'],
		{ stdio: 'ignore' }
	);
	for (let tries = 0; tries < 400; tries++) {
		const accounts = await rpc<Address[]>('eth_accounts').catch(() => undefined);
		if (accounts?.[0]) {
			[faucet] = accounts as [Address];
			return;
		}
		await sleep(25);
	}
	throw new Error('anvil did not answer');
});

afterAll(async () => {
	if (anvil.exitCode !== null) return;
	anvil.kill('SIGKILL');
	await once(anvil, 'exit');
});

describeChain('the JSON-RPC chain', createWorld);

describe('trouble with a JSON-RPC endpoint', () => {
	/** An endpoint in front of anvil that can lose answers. */
	const createLossyEndpoint = async (loses: (method: string) => 'request' | 'answer' | undefined) => {
		const server = createHttpServer((request, response) => {
			const chunks: Buffer[] = [];
			request.on('data', (chunk: Buffer) => chunks.push(chunk));
			request.on('end', () => {
				const body = Buffer.concat(chunks);
				const { method } = JSON.parse(body.toString()) as { method: string };
				const lost = loses(method);
				if (lost === 'request') return response.destroy();
				void fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
					.then((answer) => answer.text())
					.then((text) => (lost === 'answer' ? response.destroy() : response.end(text)));
				return undefined;
			});
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
	};

	it('a transaction whose answer was lost is found, and done once', async () => {
		const world = await createWorld();
		await world.mint(addressOf(world.secrets.payer), 10n);
		const { url, server } = await createLossyEndpoint((method) =>
			method === 'eth_sendRawTransaction' ? 'answer' : undefined
		);
		const port = world.port({ accountSecret: world.secrets.payer, rpcUrl: url });
		expect(await port.transfer(addressOf(world.secrets.payee), 3n)).toMatchObject({ ok: true });
		expect(await world.onlooker.tokenBalance(addressOf(world.secrets.payee))).toEqual({
			ok: true,
			value: 3n
		});
		server.close();
	});

	it('a transaction that did not get through is sent again, and done once', async () => {
		const world = await createWorld();
		await world.mint(addressOf(world.secrets.payer), 10n);
		let losses = 1;
		const { url, server } = await createLossyEndpoint((method) =>
			method === 'eth_sendRawTransaction' && losses-- > 0 ? 'request' : undefined
		);
		const port = world.port({ accountSecret: world.secrets.payer, rpcUrl: url });
		expect(await port.transfer(addressOf(world.secrets.payee), 3n)).toMatchObject({ ok: true });
		expect(await world.onlooker.tokenBalance(addressOf(world.secrets.payee))).toEqual({
			ok: true,
			value: 3n
		});
		server.close();
	});

	it('a transaction that is never mined ends as unknown, not as refused', async () => {
		const world = await createWorld();
		await world.mint(addressOf(world.secrets.payer), 10n);
		const { url, server } = await createLossyEndpoint((method) =>
			method === 'eth_sendRawTransaction' ? 'request' : undefined
		);
		const port = world.port({ accountSecret: world.secrets.payer, rpcUrl: url, receiptTimeoutMs: 500 });
		expect(await port.transfer(addressOf(world.secrets.payee), 3n)).toMatchObject({
			error: { type: 'ChainUnreachable' }
		});
		server.close();
	});

	it('an account without gas is told so', async () => {
		const world = await createWorld();
		const poor = new Uint8Array(randomBytes(32));
		await world.mint(addressOf(poor), 10n);
		const port = world.port({ accountSecret: poor });
		const answer = await port.transfer(addressOf(world.secrets.payee), 3n);
		expect(answer).toMatchObject({ error: { type: 'TransactionRefused' } });
	});

	it('an address without a contract is no empty channel', async () => {
		const world = await createWorld();
		const port = world.port({ contract: `0x${'99'.repeat(20)}` });
		expect(await port.channel(`0x${'00'.repeat(32)}`)).toMatchObject({ error: { type: 'ChainUnreachable' } });
	});

	it('an account that somebody else uses as well is counted anew', async () => {
		const world = await createWorld();
		const payer = addressOf(world.secrets.payer);
		const payee = addressOf(world.secrets.payee);
		await world.mint(payer, 100n);
		const twin = world.port({ accountSecret: world.secrets.payer });
		const sent = [1n, 2n, 4n, 8n].map((amount, i) => (i % 2 ? twin : world.payer).transfer(payee, amount));
		for (const answer of await Promise.all(sent)) expect(answer).toMatchObject({ ok: true });
		expect(await world.onlooker.tokenBalance(payee)).toEqual({ ok: true, value: 15n });
	});
});

describe('a hub that is killed while it pays a guest out', () => {
	const GUEST = '9e'.repeat(32);
	const EARNED = 1_000_000n;
	const FEE = 5_500n;

	/** A hub's books in which a guest has earned. */
	const openBooks = (payee: Address) => {
		const sql = createNodeSql(':memory:');
		migrate(sql);
		const ledger = createLedger(sql);
		const accounts = createLinkAccounts(sql, ledger, createChannels(sql, ledger, 6));
		accounts.meet(GUEST, { owner: GUEST, role: 'child', credit: 0n, window: 0n, at: 0 });
		accounts.learn(GUEST, {
			payee,
			peerCredit: 0n,
			peerWindow: 0n,
			peerMaxPacket: 0n,
			payoutFee: undefined,
			payoutThreshold: undefined
		});
		const earned = { from: `link/${GUEST}`, to: 'expense/notes', amount: EARNED, at: 1, group: 'earned' };
		ledger.record({ kind: 'buy', ...earned });
		accounts.fulfilled(GUEST, 'peer', EARNED);
		return { sql, ledger, accounts };
	};

	/** The hub's program; each start of one is another. */
	const startHub = (books: ReturnType<typeof openBooks>, chain: ChainPort) => {
		const told: Hex[] = [];
		let turn: Promise<unknown> = Promise.resolve();
		const payouts = createPayouts({
			...books,
			platform: { clock, log: () => undefined },
			commits: createCommits(books.sql, clock),
			scheme: createEvmScheme(chain, nobleCrypto),
			terms: { threshold: 1n, fee: FEE, delaySeconds: 60 },
			payees: () => [],
			ask: (_, request) => {
				if (request.op === 'paid') told.push(request.transaction);
				return Promise.resolve({ ok: true, value: { op: 'done' } });
			},
			inTurn: <T>(work: () => Promise<T>): Promise<T> => {
				const mine = turn.then(work, work);
				turn = mine.catch(() => undefined);
				return mine;
			},
			asked: (result) =>
				result.ok ? result : { ok: false, error: { type: 'TransactionRefused', reason: result.error.type } },
			spawn: (work) => void work.catch(() => undefined),
			isStopped: () => false,
			onChange: () => undefined,
			onTrouble: () => undefined,
			onBooked: () => undefined
		});
		return { payouts, told };
	};

	const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

	it.each([
		['before it signed', (): Partial<ChainPort> => ({ prepareTransfer: never }), 'debited'],
		['before it handed it in', (): Partial<ChainPort> => ({ broadcast: never }), 'sent'],
		[
			'before it was told that the chain has it',
			(port: ChainPort): Partial<ChainPort> => ({
				broadcast: (raw) => port.broadcast(raw).then(never<never>)
			}),
			'sent'
		],
		['before it looked it up', (): Partial<ChainPort> => ({ fate: never }), 'sent']
	] as const)('%s pays exactly once', async (_, breaking, state) => {
		const world = await createWorld();
		const wallet = addressOf(new Uint8Array(randomBytes(32)));
		await world.mint(addressOf(world.secrets.payer), 10_000n);
		const books = openBooks(wallet);
		const paid = async (): Promise<bigint> => {
			const balance = await world.onlooker.tokenBalance(wallet);
			return balance.ok ? balance.value : -1n;
		};

		const first = startHub(books, { ...world.payer, ...breaking(world.payer) });
		void first.payouts.pay(GUEST);
		await expect.poll(() => books.sql.all('SELECT state FROM payout')).toEqual([{ state }]);
		await sleep(150);

		const second = startHub(books, world.port({ accountSecret: world.secrets.payer }));
		await second.payouts.resume();
		await expect
			.poll(() => books.sql.all(`SELECT 1 FROM payout WHERE state IN ('debited', 'sent')`), {
				timeout: 5_000
			})
			.toEqual([]);
		await second.payouts.pay(GUEST);
		expect(await paid()).toBe(994n);
		expect(books.ledger.balance('wallet')).toBe(-994_000n);
		expect(books.accounts.get(GUEST)?.paidOutByMe).toBe(994_000n + FEE);
		expect(books.accounts.audit(GUEST)).toBe(0n);
		expect(second.told).toHaveLength(1);
	});
});
