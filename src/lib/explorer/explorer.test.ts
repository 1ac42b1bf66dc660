import { encodeAbiParameters, encodeEventTopics, type RpcLog } from 'viem';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../peer/bytes.ts';
import { unwrap } from '../peer/result.ts';
import { channelsAbi } from '../peer/settlement/evm/generated.ts';
import { openExplorer, type AskChain } from './index.ts';
import { savingsOf } from './savings.ts';

const CHANNEL: Hex = `0x${'c1'.repeat(32)}`;
const OTHER: Hex = `0x${'c2'.repeat(32)}`;
const CONTRACT: Hex = `0x${'11'.repeat(20)}`;
const PAYER: Hex = `0x${'22'.repeat(20)}`;
const hashOf = (n: number): Hex => `0x${String(n).padStart(64, '0')}`;
const quantity = (n: bigint | number): Hex => `0x${n.toString(16)}`;

const CHAIN = {
	id: 31_337,
	name: 'Local Base',
	rpcUrl: 'http://127.0.0.1:1',
	contract: CONTRACT,
	token: `0x${'33'.repeat(20)}` as Hex,
	tokenSymbol: 'tUSD',
	tokenScale: 6,
	genesis: hashOf(0)
};

const log = (block: number, topics: readonly unknown[], data: Hex): RpcLog => ({
	address: CONTRACT,
	topics: topics as [Hex, ...Hex[]],
	data,
	blockHash: hashOf(block),
	blockNumber: quantity(block),
	blockTimestamp: '0x0',
	transactionHash: hashOf(block),
	transactionIndex: '0x0',
	logIndex: '0x0',
	removed: false
});

const amounts = (moved: bigint, total: bigint): Hex =>
	encodeAbiParameters([{ type: 'uint256' }], [(moved << 96n) | total]);

const opened = (block: number, deposited: bigint): RpcLog =>
	log(
		block,
		encodeEventTopics({
			abi: channelsAbi,
			eventName: 'Opened',
			args: { channelId: CHANNEL, payer: PAYER, payee: PAYER }
		}),
		encodeAbiParameters(
			[
				{ type: 'address' },
				{ type: 'address' },
				{ type: 'uint32' },
				{ type: 'uint40' },
				{ type: 'bytes32' },
				{ type: 'uint24' },
				{ type: 'uint96' }
			],
			[CHAIN.token, PAYER, 86_400, 0, hashOf(1), 0, deposited]
		)
	);
const claimed = (block: number, paid: bigint, channelId = CHANNEL): RpcLog =>
	log(
		block,
		encodeEventTopics({ abi: channelsAbi, eventName: 'Claimed', args: { channelId } }),
		amounts(paid, paid)
	);
const closed = (block: number, refunded: bigint): RpcLog =>
	log(
		block,
		encodeEventTopics({ abi: channelsAbi, eventName: 'Closed', args: { channelId: CHANNEL } }),
		amounts(500_000n, refunded)
	);

/** A chain of ten blocks, one transaction each, 100,000 gas at 2 wei. The third redeems for two channels. */
const LOGS: Readonly<Record<number, readonly RpcLog[]>> = {
	2: [opened(2, 2_000_000n)],
	3: [claimed(3, 500_000n), { ...claimed(3, 700_000n, OTHER), logIndex: '0x1' }],
	4: [closed(4, 1_500_000n)]
};

const answers = (more: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {}): AskChain => {
	const known: Record<string, (params: readonly unknown[]) => unknown> = {
		eth_blockNumber: () => quantity(10),
		eth_getBlockByNumber: ([block]) => ({ number: block, timestamp: quantity(1_000 + Number(block)) }),
		eth_getTransactionReceipt: ([hash]) => {
			const block = Number(String(hash).slice(-3));
			return block > 10
				? null
				: {
						status: '0x1',
						blockNumber: quantity(block),
						gasUsed: quantity(100_000),
						effectiveGasPrice: '0x2',
						logs: LOGS[block] ?? []
					};
		},
		eth_getLogs: ([filter]) => {
			const { fromBlock, toBlock } = filter as { fromBlock: Hex; toBlock: Hex };
			return Object.values(LOGS)
				.flat()
				.filter(
					({ blockNumber, topics }) =>
						topics[1] === CHANNEL &&
						Number(blockNumber) >= Number(fromBlock) &&
						Number(blockNumber) <= Number(toBlock)
				);
		},
		eth_estimateGas: () => quantity(50_000),
		...more
	};
	return <T>(method: string, params: readonly unknown[]) =>
		Promise.resolve().then(() => known[method]?.(params) as T);
};

describe('what the chain tells of a channel', () => {
	it('lists its whole life, newest first, with amounts in link units and what each transaction cost', async () => {
		const { items, isComplete } = unwrap(
			await openExplorer(CHAIN, answers()).history([{ id: CHANNEL, openedAt: 1_002_000 }])
		);
		expect(isComplete).toBe(true);
		expect(items.map(({ type, amount, at, feeWei }) => [type, amount, at, feeWei])).toEqual([
			['Closed', 1_500_000_000n, 1_004_000, 200_000n],
			['Claimed', 500_000_000n, 1_003_000, 200_000n],
			['Opened', 2_000_000_000n, 1_002_000, 200_000n]
		]);
	});

	it('reads in pieces where the node refuses long ranges: after the opening and the newest, and says what is missing', async () => {
		const whole = answers();
		let newest = 3_000;
		const asked: number[] = [];
		const ask = answers({
			eth_blockNumber: () => quantity(newest),
			eth_getLogs: (params) => {
				const { fromBlock, toBlock } = params[0] as { fromBlock: Hex; toBlock: Hex };
				if (Number(toBlock) - Number(fromBlock) >= 2_000) throw new Error('range too long');
				asked.push(Number(fromBlock));
				return whole('eth_getLogs', params);
			}
		});
		const explorer = openExplorer(CHAIN, ask);
		const opened = { id: CHANNEL, openedAt: 1_002_000 };
		expect(unwrap(await explorer.history([opened]))).toMatchObject({
			isComplete: true,
			items: { length: 3 }
		});
		newest = 1_000_000;
		asked.length = 0;
		expect(unwrap(await explorer.history([opened]))).toMatchObject({
			isComplete: false,
			items: { length: 3 }
		});
		expect(asked).toHaveLength(20);
		expect([asked[0], asked[9], asked[10], asked[19]]).toEqual([0, 18_000, 982_000, 1_000_000]);
		// Opened in the middle of the chain's life: what is before is left out, and missed by nobody.
		asked.length = 0;
		const later = { id: CHANNEL, openedAt: (1_000 + 990_600) * 1_000 };
		expect(unwrap(await explorer.history([later]))).toMatchObject({ isComplete: true });
		expect(asked[0]).toBe(990_000);
	});

	it('is an error to show, not an exception, when the node does not answer', async () => {
		const explorer = openExplorer(CHAIN, () => Promise.reject(new Error('fetch failed')));
		expect(await explorer.history([{ id: CHANNEL, openedAt: 1_002_000 }])).toMatchObject({
			ok: false,
			error: { type: 'ChainUnreachable' }
		});
	});

	it('tells a transaction in a block from one that waits and one nobody has heard of', async () => {
		const ask = answers({
			eth_getTransactionByHash: ([hash]) =>
				hash === hashOf(999) ? null : { from: PAYER, to: CONTRACT, input: '0x00000000' }
		});
		const explorer = openExplorer(CHAIN, ask);
		expect(unwrap(await explorer.transaction(hashOf(3)))).toMatchObject({
			status: 'done',
			block: 3n,
			confirmations: 8n,
			feeWei: 200_000n,
			acts: [{ type: 'Claimed' }, { type: 'Claimed', channel: OTHER }]
		});
		expect(unwrap(await explorer.transaction(hashOf(11)))).toMatchObject({ status: 'pending', acts: [] });
		expect(unwrap(await explorer.transaction(hashOf(999)))).toMatchObject({ status: 'unknown' });
	});

	it('counts a redemption shared with other channels by its share', async () => {
		const explorer = openExplorer(CHAIN, answers());
		const history = unwrap(await explorer.history([{ id: CHANNEL, openedAt: 1_002_000 }]));
		expect(unwrap(await explorer.savings(history, 100, PAYER))).toEqual(
			savingsOf(100, 50_000n, [
				{ gas: 100_000n, feeWei: 200_000n },
				{ gas: 50_000n, feeWei: 100_000n },
				{ gas: 100_000n, feeWei: 200_000n }
			])
		);
	});
});

describe('what channels save', () => {
	it('is the difference in gas at the price that was paid, and below zero until it pays off', () => {
		const channel = [{ gas: 250_000n, feeWei: 500_000n }];
		expect(savingsOf(100, 50_000n, channel)).toMatchObject({
			aloneGas: 5_000_000n,
			togetherGas: 250_000n,
			aloneWei: 10_000_000n,
			savedWei: 9_500_000n,
			paysOffAt: 6
		});
		expect(savingsOf(5, 50_000n, channel).savedWei).toBe(0n);
		expect(savingsOf(1, 50_000n, channel).savedWei).toBe(-400_000n);
	});

	it('is nothing where nothing was sent', () => {
		expect(savingsOf(0, 50_000n, [])).toMatchObject({ savedWei: 0n, gasPriceWei: 0n });
	});
});
