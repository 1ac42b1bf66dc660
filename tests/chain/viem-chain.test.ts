/** The real port against a real chain, and against endpoints that lose answers or make them up. */
import { toFunctionSelector } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hex } from '../../src/lib/peer/bytes.ts';
import { createChainActs } from '../../src/lib/peer/testing/chain-acts.ts';
import { describeChain } from '../../src/lib/peer/testing/chain-conformance.ts';
import type { ChainPort, ChainReport } from '../../src/lib/peer/settlement/chain.ts';
import { nobleCrypto } from '../../src/lib/peer/crypto/noble-crypto.ts';
import { GAS_PRICE_ORACLE, redeemBytes } from '../../src/lib/peer/settlement/evm/data-fee.ts';
import { createEvmScheme } from '../../src/lib/peer/settlement/evm/scheme.ts';
import type { ViemChainOptions } from '../../src/lib/peer/settlement/evm/viem-chain.ts';
import { addressOf, freshSecret, startAnvil, type Anvil, type AnvilWorld, type Meddling } from './anvil.ts';

let anvil: Anvil;
beforeAll(async () => {
	anvil = await startAnvil();
});
afterAll(() => anvil.stop());

describeChain('the JSON-RPC chain', () => anvil.createWorld());

const actsOf = (world: AnvilWorld, port: ChainPort) => createChainActs(port, world.sleep);

describe('trouble with a JSON-RPC endpoint', () => {
	const rich = async () => {
		const world = await anvil.createWorld();
		const payer = addressOf(world.secrets.payer);
		const payee = addressOf(world.secrets.payee);
		await world.mint(payer, 100n);
		const through = async (
			how: (method: string, params: readonly unknown[]) => Meddling | undefined,
			changes: Partial<ViemChainOptions> = {}
		) => world.port({ accountSecret: world.secrets.payer, rpcUrl: await anvil.meddle(how), ...changes });
		const has = async () => {
			const balance = await world.onlooker.tokenBalance(payee);
			return balance.ok ? balance.value : undefined;
		};
		return { world, payer, payee, through, has, pay: { type: 'transfer', to: payee, amount: 3n } as const };
	};

	it('a transaction whose answer was lost is found, and done once', async () => {
		const { world, payee, through, has } = await rich();
		const port = await through((method) => (method === 'eth_sendRawTransaction' ? 'answer lost' : undefined));
		expect(await actsOf(world, port).transfer(payee, 3n)).toMatchObject({ ok: true });
		expect(await has()).toBe(3n);
	});

	it('a transaction that did not get through is sent again, and done once', async () => {
		const { world, payee, through, has } = await rich();
		let losses = 1;
		const port = await through((method) =>
			method === 'eth_sendRawTransaction' && losses-- > 0 ? 'request lost' : undefined
		);
		expect(await actsOf(world, port).transfer(payee, 3n)).toMatchObject({ ok: true });
		expect(await has()).toBe(3n);
	});

	it('a node that does not keep the state of the final block tells what is mined, and of nothing that it is gone', async () => {
		const { through, pay } = await rich();
		const port = await through((method, [, at]) =>
			method === 'eth_getTransactionCount' && at === 'finalized'
				? { refusal: 'BlockOutOfRangeError: block height is 27 but requested was 0' }
				: undefined
		);
		const signed = await port.prepare(pay);
		if (!signed.ok) throw new Error(signed.error.type);
		const { raw, hash, nonce } = signed.value;
		const fate = () => port.fate({ hashes: [hash], nonce });
		expect(await fate()).toEqual({ ok: true, value: { type: 'pending' } });
		expect(await port.broadcast(raw)).toMatchObject({ ok: true });
		await expect.poll(fate).toMatchObject({ ok: true, value: { type: 'mined', hash, isFinal: false } });
		await anvil.rpc('anvil_mine', ['0x46']);
		expect(await fate()).toMatchObject({ ok: true, value: { type: 'mined', hash, isFinal: true } });
		const never: Hex = `0x${'11'.repeat(32)}`;
		expect(await port.fate({ hashes: [never], nonce })).toEqual({ ok: true, value: { type: 'pending' } });
	});

	it('an account without gas is told so', async () => {
		const { world, payee } = await rich();
		const poor = freshSecret();
		await world.mint(addressOf(poor), 10n);
		const port = world.port({ accountSecret: poor });
		expect(await port.prepare({ type: 'transfer', to: payee, amount: 3n })).toMatchObject({
			error: { type: 'TransactionRefused' }
		});
	});

	it('an address without a contract is no empty channel', async () => {
		const { world } = await rich();
		const port = world.port({ contract: `0x${'99'.repeat(20)}` });
		expect(await port.channel(`0x${'00'.repeat(32)}`)).toMatchObject({ error: { type: 'ChainUnreachable' } });
	});

	it('an account that somebody else uses as well is counted anew', async () => {
		const { world, payee, has } = await rich();
		const mine = actsOf(world, world.payer);
		const twin = actsOf(world, world.port({ accountSecret: world.secrets.payer }));
		const sent = [1n, 2n, 4n, 8n].map((amount, i) => (i % 2 ? twin : mine).transfer(payee, amount));
		for (const answer of await Promise.all(sent)) expect(answer).toMatchObject({ ok: true });
		expect(await has()).toBe(15n);
	});

	it('one of another chain is told from one that does not answer', async () => {
		const { world, through } = await rich();
		const port = await through((method) => (method === 'eth_chainId' ? { answer: '0x2105' } : undefined));
		expect(await port.genesisHash()).toMatchObject({ error: { type: 'ChainMistaken' } });
		expect(await world.payer.genesisHash()).toMatchObject({ ok: true });
	});

	it.each([
		['nothing', null],
		['a number', 7],
		['a list', []],
		['words', 'forty'],
		['an empty object', {}],
		['bytes', '0x'],
		['too many bytes', `0x${'ff'.repeat(300)}`]
	] as const)('answers of the wrong shape are no answers: %s', async (_, answer) => {
		const { through, pay } = await rich();
		const port = await through((method) => (method === 'eth_sendRawTransaction' ? undefined : { answer }));
		const id: Hex = `0x${'11'.repeat(32)}`;
		// Each answers with a value; that no receipt exists is an answer too.
		for (const asked of [
			port.genesisHash(),
			port.head(),
			port.channel(id),
			port.channels([id]),
			port.tokenDomain(),
			port.redeemCost(1),
			port.prepare(pay)
		])
			expect(await asked).toMatchObject({ ok: false });
		const fate = await port.fate({ hashes: [id], nonce: 0 });
		if (fate.ok) expect(fate.value).toEqual({ type: 'pending' });
		let reports = 0;
		const cancel = port.watch(
			() => [id],
			undefined,
			() => (reports += 1)
		);
		await new Promise((resolve) => setTimeout(resolve, 250));
		cancel();
		expect(reports).toBe(0);
	});

	it('logs of another contract are no events of ours', async () => {
		const { world, through } = await rich();
		const port = await through((method) =>
			method === 'eth_getLogs'
				? { answer: [{ address: `0x${'99'.repeat(20)}`, topics: [`0x${'11'.repeat(32)}`], data: '0x' }] }
				: undefined
		);
		const report = await new Promise<ChainReport>((resolve) => {
			const cancel = port.watch(
				() => [`0x${'11'.repeat(32)}`],
				undefined,
				(told) => {
					cancel();
					resolve(told);
				}
			);
		});
		expect(report.events).toEqual([]);
		expect(await world.payer.head()).toMatchObject({ ok: true });
	});

	it('the past of a channel is read in parts where an endpoint answers for few blocks at once', async () => {
		const { world, payer, payee, through } = await rich();
		const acts = actsOf(world, world.payer);
		const key = {
			payer,
			payee,
			token: world.payer.token,
			signer: addressOf(freshSecret()),
			grace: 86_400,
			expiry: 0,
			salt: `0x${'05'.repeat(32)}`
		} as const;
		expect(await acts.open(key, 10n)).toMatchObject({ ok: true });
		await anvil.rpc('anvil_mine', ['0x8']);
		expect(await acts.topUp(key, 5n)).toMatchObject({ ok: true });
		let asked = 0;
		const port = await through(
			(method, params) => {
				if (method !== 'eth_getLogs') return undefined;
				asked += 1;
				const { fromBlock, toBlock } = params[0] as { readonly fromBlock: Hex; readonly toBlock: Hex };
				const isWide = toBlock === ('latest' as string) || BigInt(toBlock) - BigInt(fromBlock) >= 4n;
				return isWide ? { refusal: 'query exceeds max block range' } : undefined;
			},
			{ historyRange: 4n }
		);
		const { channelId } = createEvmScheme(world.payer, nobleCrypto);
		const id = channelId(key);
		expect(await port.history({ id })).toMatchObject({
			ok: true,
			value: [
				{ type: 'Opened', key, amount: 10n },
				{ type: 'ToppedUp', amount: 5n }
			]
		});
		// All at once, and then in parts back to the opening, not to the first block.
		expect(asked).toBeGreaterThan(2);
		expect(asked).toBeLessThan(8);
		expect(await port.history({ payer })).toMatchObject({ ok: false });
		const paid = await port.payments(0n);
		expect(paid.ok && paid.value.map(({ to, amount }) => [to, amount])).toEqual([
			[port.contract, 10n],
			[port.contract, 5n]
		]);
	});

	it('a rollup’s fee for the bytes of a transaction is in what redeeming costs', async () => {
		const { world, through } = await rich();
		const cost = async (count: number, port: ChainPort = world.payee): Promise<bigint> => {
			const told = await port.redeemCost(count);
			if (!told.ok) throw new Error(told.error.type);
			return told.value;
		};
		/** Answers getL1FeeUpperBound(size) with a trillion wei a byte, and refuses everything else. */
		const selector = toFunctionSelector('getL1FeeUpperBound(uint256)').slice(2);
		const oracle = `0x5f3560e01c63${selector}14601157` + `5f5ffd5b60043564e8d4a51000025f5260205ff3`;
		// Anvil's blocks set another price for gas each time.
		await anvil.rpc('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
		await anvil.rpc('anvil_mine', ['0x1']);
		const [one, hundred] = [await cost(1), await cost(100)];
		await anvil.rpc('anvil_setCode', [GAS_PRICE_ORACLE, oracle]);
		try {
			expect((await cost(1)) - one).toBe(10n ** 12n * BigInt(redeemBytes(1)));
			expect((await cost(100)) - hundred).toBe(10n ** 12n * BigInt(redeemBytes(100)));
			// One that is older than the question refuses it.
			await anvil.rpc('anvil_setCode', [GAS_PRICE_ORACLE, '0x5f5ffd']);
			expect(await cost(1)).toBe(one);
			const mad = await through((method, params) =>
				method === 'eth_call' && (params[0] as { readonly to: string }).to === GAS_PRICE_ORACLE
					? { answer: '0x01' }
					: undefined
			);
			expect(await mad.redeemCost(1)).toMatchObject({ error: { type: 'ChainUnreachable' } });
		} finally {
			await anvil.rpc('anvil_setCode', [GAS_PRICE_ORACLE, '0x']);
		}
		expect(await cost(1)).toBe(one);
	});

	it('a price of gas that nobody should pay is not signed, and a tip is cut', async () => {
		const { through, pay, world } = await rich();
		const dear = await through((method) =>
			method === 'eth_getBlockByNumber'
				? { change: (block) => ({ ...(block as object), baseFeePerGas: '0xffffffffffff' }) }
				: undefined
		);
		expect(await dear.prepare(pay)).toMatchObject({ error: { type: 'GasTooDear' } });
		const tipped = await through((method) =>
			method === 'eth_maxPriorityFeePerGas' ? { answer: '0xffffffffffff' } : undefined
		);
		expect(await tipped.prepare(pay)).toMatchObject({ ok: true });
		const { raw } = await prepared(tipped);
		// Twenty gwei a unit at most go to whoever mines it.
		const sent = await world.payer.broadcast(raw);
		expect(sent).toMatchObject({ ok: true });

		async function prepared(port: ChainPort) {
			const signed = await port.prepare(pay);
			if (!signed.ok) throw new Error(signed.error.type);
			return signed.value;
		}
	});
});
