import { beforeEach, describe, expect, it } from 'vitest';
import {
	decodeFunctionData,
	encodeFunctionData,
	hashTypedData,
	parseTransaction,
	recoverTypedDataAddress,
	type Hex
} from 'viem';
import { channelsAbi } from '../peer/settlement/evm/generated.ts';
import { createDemoWallet, type DemoWallet, type DemoWalletPorts } from './demo-wallet.ts';
import type { Question } from './demo-wallet-words.ts';
import { smartAccountAbi } from './smart-account.generated.ts';

const CONTRACT = `0x${'11'.repeat(20)}` as const;
const TOKEN = `0x${'22'.repeat(20)}` as const;
const SETTINGS = {
	id: 'org.tributary.demo',
	account: 'key' as const,
	faucet: 'http://faucet/',
	chain: {
		id: 31_337,
		name: 'Local Base',
		rpcUrl: 'http://rpc/',
		contract: CONTRACT,
		token: TOKEN,
		tokenSymbol: 'tUSD',
		tokenScale: 6,
		genesis: `0x${'33'.repeat(32)}` as const
	}
};
const SOMEBODY = `0x${'99'.repeat(20)}`;
const KEY = {
	payer: CONTRACT,
	payee: CONTRACT,
	token: TOKEN,
	signer: CONTRACT,
	grace: 86_400,
	expiry: 2_000_000_000,
	salt: `0x${'55'.repeat(32)}`
} as const;

/** A wallet whose owner answers at once, a chain and a faucet that remember what they were asked. */
const createWorld = () => {
	const stored = new Map<string, string>();
	const world = {
		questions: [] as Question[],
		approve: true,
		balance: 0n,
		filled: [] as string[],
		rpc: [] as { method: string; params: unknown[] }[],
		sent: [] as Hex[]
	};
	const ports: DemoWalletPorts = {
		origin: 'app.example',
		storage: {
			getItem: (key) => stored.get(key) ?? null,
			setItem: (key, value) => void stored.set(key, value),
			removeItem: (key) => void stored.delete(key)
		},
		ask: async (question, after) => {
			world.questions.push(question);
			if (world.approve) await after(() => {});
			return world.approve;
		},
		fetch: (url, init) => {
			const body = JSON.parse(String(init.body)) as {
				method: string;
				params: unknown[];
				address: string;
				id: number;
			};
			if (url === SETTINGS.faucet) {
				world.filled.push(body.address);
				world.balance = 10_000_000n;
				return Promise.resolve(Response.json({}));
			}
			world.rpc.push(body);
			if (body.method === 'eth_sendRawTransaction') world.sent.push(body.params[0] as Hex);
			const results: Record<string, unknown> = {
				eth_getCode: world.sent.length === 0 ? '0x' : '0x60',
				eth_getBalance: '0xde0b6b3a7640000',
				eth_call: `0x${world.balance.toString(16).padStart(64, '0')}`,
				eth_chainId: '0x7a69',
				eth_blockNumber: '0x10',
				eth_getTransactionCount: '0x0',
				eth_estimateGas: '0x5208',
				eth_maxPriorityFeePerGas: '0x1',
				eth_getBlockByNumber: { baseFeePerGas: '0x7', number: '0x10', transactions: [] },
				eth_sendRawTransaction: `0x${'77'.repeat(32)}`
			};
			const result = results[body.method];
			const answer = result === undefined ? { error: { code: -32_601, message: 'not here' } } : { result };
			return Promise.resolve(Response.json({ jsonrpc: '2.0', id: body.id, ...answer }));
		}
	};
	return {
		world,
		wallet: createDemoWallet(SETTINGS, ports),
		again: () => createDemoWallet(SETTINGS, ports),
		/** The second wallet of the same key: a contract. */
		smart: createDemoWallet({ ...SETTINGS, account: 'contract' }, ports)
	};
};

const ask = (wallet: DemoWallet, method: string, ...params: readonly unknown[]): Promise<unknown> =>
	wallet.provider.request({ method, params });

const funding = (from: unknown, changes: Record<string, unknown> = {}) => ({
	domain: { name: 'Test Dollar', version: '1', chainId: 31_337, verifyingContract: TOKEN },
	types: {
		ReceiveWithAuthorization: [
			{ name: 'from', type: 'address' },
			{ name: 'to', type: 'address' },
			{ name: 'value', type: 'uint256' },
			{ name: 'validAfter', type: 'uint256' },
			{ name: 'validBefore', type: 'uint256' },
			{ name: 'nonce', type: 'bytes32' }
		]
	},
	primaryType: 'ReceiveWithAuthorization' as const,
	message: {
		from,
		to: CONTRACT,
		value: '2000000',
		validAfter: '0',
		validBefore: '1900000000',
		nonce: `0x12345678${'00'.repeat(28)}`
	},
	...changes
});

describe('the demo wallet', () => {
	let { world, wallet, again } = createWorld();
	beforeEach(() => ({ world, wallet, again } = createWorld()));

	const connect = async (): Promise<Hex> => {
		const [address] = (await ask(wallet, 'eth_requestAccounts')) as [Hex];
		world.questions.length = 0;
		return address;
	};

	it('shows no address before its owner has agreed', async () => {
		expect(await ask(wallet, 'eth_accounts')).toEqual([]);
		world.approve = false;
		await expect(ask(wallet, 'eth_requestAccounts')).rejects.toMatchObject({ code: 4001 });
		expect(await ask(wallet, 'eth_accounts')).toEqual([]);
	});

	it('asks once to connect, fills itself, and remembers both over a reload', async () => {
		const [address] = (await ask(wallet, 'eth_requestAccounts')) as [Hex];
		expect(world.questions.map(({ title }) => title)).toEqual(['Connect to app.example?']);
		expect(world.filled).toEqual([address]);
		expect(await ask(again(), 'eth_accounts')).toEqual([address]);
		expect(await ask(again(), 'eth_requestAccounts')).toEqual([address]);
		expect(world.questions).toHaveLength(1);
	});

	it('says in words what a funding allows, and signs exactly that', async () => {
		const address = await connect();
		const typedData = funding(address);
		const signature = await ask(wallet, 'eth_signTypedData_v4', address, JSON.stringify(typedData));
		const [question] = world.questions;
		expect(question?.title).toBe('Put 2.00 tUSD into a payment channel?');
		expect(question?.sentence).toContain(
			'let the hub move 2.00 tUSD from your wallet into one payment channel'
		);
		expect(question?.facts).toContainEqual(['In it', '10.00 tUSD']);
		const signer = await recoverTypedDataAddress({
			...(typedData as unknown as Parameters<typeof recoverTypedDataAddress>[0]),
			signature: signature as Hex
		});
		expect(signer).toBe(address);
	});

	it('signs nothing that its owner refuses', async () => {
		const address = await connect();
		world.approve = false;
		await expect(ask(wallet, 'eth_signTypedData_v4', address, funding(address))).rejects.toMatchObject({
			code: 4001
		});
		await expect(ask(wallet, 'personal_sign', '0x6869', address)).rejects.toMatchObject({ code: 4001 });
	});

	it('does not call money to a stranger a channel', async () => {
		const address = await connect();
		const typedData = funding(address, { message: { ...funding(address).message, to: SOMEBODY } });
		await ask(wallet, 'eth_signTypedData_v4', address, typedData);
		expect(world.questions[0]?.sentence).toContain('cannot say what this signature allows');
		expect(world.questions[0]?.raw).toContain(SOMEBODY);
	});

	it('signs for its own chain and its own account only', async () => {
		const address = await connect();
		const onBase = funding(address, { domain: { ...funding(address).domain, chainId: 8_453 } });
		await expect(ask(wallet, 'eth_signTypedData_v4', address, onBase)).rejects.toMatchObject({ code: 4100 });
		await expect(ask(wallet, 'eth_signTypedData_v4', SOMEBODY, funding(SOMEBODY))).rejects.toMatchObject({
			code: 4100
		});
		expect(world.questions).toEqual([]);
	});

	it('sends what its owner approved, signed by its own key', async () => {
		const address = await connect();
		const data = encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [KEY] });
		const hash = await ask(wallet, 'eth_sendTransaction', { from: address, to: CONTRACT, data });
		expect(hash).toBe(`0x${'77'.repeat(32)}`);
		expect(world.questions[0]?.title).toBe('Ask to close your payment channel?');
		const sent = parseTransaction(world.sent[0]!);
		expect([sent.to, sent.chainId]).toEqual([CONTRACT, 31_337]);
		expect(decodeFunctionData({ abi: channelsAbi, data: sent.data! }).functionName).toBe('requestClose');
	});

	it('passes reading on and refuses what it does not know', async () => {
		expect(await ask(wallet, 'eth_blockNumber')).toBe('0x10');
		await expect(ask(wallet, 'eth_sign', SOMEBODY, '0x')).rejects.toMatchObject({ code: 4200 });
		await expect(ask(wallet, 'wallet_addEthereumChain', {})).rejects.toMatchObject({ code: 4200 });
		await expect(ask(wallet, 'wallet_switchEthereumChain', { chainId: '0x2105' })).rejects.toMatchObject({
			code: 4902
		});
		expect(await ask(wallet, 'wallet_switchEthereumChain', { chainId: '0x7a69' })).toBeNull();
	});

	it('tells its listeners when it is disconnected', async () => {
		await connect();
		const heard: unknown[] = [];
		wallet.provider.on('accountsChanged', (accounts) => heard.push(accounts));
		await ask(wallet, 'wallet_revokePermissions', {});
		expect([heard, await ask(wallet, 'eth_accounts')]).toEqual([[[]], []]);
	});
});

describe('the smart account of the demo wallet', () => {
	let { world, wallet, smart } = createWorld();
	beforeEach(() => ({ world, wallet, smart } = createWorld()));

	it('has an address of its own, which is made on the chain when it is connected, and is filled', async () => {
		const [key] = (await ask(wallet, 'eth_requestAccounts')) as [Hex];
		world.balance = 0n;
		const [address] = (await ask(smart, 'eth_requestAccounts')) as [Hex];
		expect(address).not.toBe(key.toLowerCase());
		expect(world.sent).toHaveLength(1);
		expect(parseTransaction(world.sent[0]!).to).toBe('0x4e59b44847b379578588920ca78fbf26c0b4956c');
		expect(world.filled).toEqual([key, address]);
		expect(world.questions[1]).toMatchObject({
			wallet: 'Demo smart account',
			facts: expect.arrayContaining([['Signs for it', `the key of ${key}`]]) as unknown
		});
	});

	it('signs by its key in its own domain, behind a byte that says how', async () => {
		const [address] = (await ask(smart, 'eth_requestAccounts')) as [Hex];
		const typedData = funding(address);
		const signature = (await ask(smart, 'eth_signTypedData_v4', address, typedData)) as Hex;
		expect(signature).toMatch(/^0x01[0-9a-f]{130}$/);
		const digest = hashTypedData(typedData as unknown as Parameters<typeof hashTypedData>[0]);
		const signer = await recoverTypedDataAddress({
			domain: { name: 'Demo Smart Account', version: '1', chainId: 31_337, verifyingContract: address },
			types: { AccountMessage: [{ name: 'digest', type: 'bytes32' }] },
			primaryType: 'AccountMessage',
			message: { digest },
			signature: `0x${signature.slice(4)}`
		});
		expect([signer]).toEqual(await ask(wallet, 'eth_requestAccounts'));
	});

	it('sends through its contract', async () => {
		const [address] = (await ask(smart, 'eth_requestAccounts')) as [Hex];
		const data = encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [KEY] });
		await ask(smart, 'eth_sendTransaction', { from: address, to: CONTRACT, data });
		const sent = parseTransaction(world.sent[1]!);
		expect(sent.to).toBe(address);
		expect(decodeFunctionData({ abi: smartAccountAbi, data: sent.data! })).toEqual({
			functionName: 'execute',
			args: [CONTRACT, 0n, data]
		});
	});
});
