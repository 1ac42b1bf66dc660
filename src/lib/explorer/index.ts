/**
 * The chain as its node tells it: the history of channels, single transactions, what acts cost. In the
 * page, and downloaded when somebody looks: the peer in the worker keeps the books, this shows where a
 * figure in them can be seen by anybody.
 *
 * The node is asked for all blocks at once. One that refuses, as public ones do, is asked in pieces for those
 * after the opening and for the newest, and the answer says whether that was all.
 */
import { createClient, encodeFunctionData, http, numberToHex, type RpcLog } from 'viem';
import type { Discovery } from '../client/discovery.ts';
import type { Answer } from '../peer/api.ts';
import type { Hex } from '../peer/bytes.ts';
import { peerError } from '../peer/errors.ts';
import { err, ok } from '../peer/result.ts';
import type { Address } from '../peer/settlement/chain.ts';
import { testDollarAbi } from '../peer/settlement/evm/generated.ts';
import { actsOf, callNameOf, type ChannelAct } from './acts.ts';
import { savingsOf, type GasOfTransaction, type Savings } from './savings.ts';

export type { ActType, ChannelAct } from './acts.ts';
export type { Savings } from './savings.ts';

/** An act with what its transaction's block and receipt say. */
export interface HistoryItem extends ChannelAct {
	/** Unix milliseconds of the block. */
	readonly at: number;
	readonly feeWei: bigint;
}

export interface History {
	/** Newest first. */
	readonly items: readonly HistoryItem[];
	/** False when the node would not tell about all blocks. */
	readonly isComplete: boolean;
}

export interface ChainTransaction {
	readonly hash: Hex;
	/** `unknown`: this node has not heard of it. `refused`: in a block, and nothing came of it. */
	readonly status: 'done' | 'refused' | 'pending' | 'unknown';
	readonly block?: bigint;
	/** Blocks from its own to the newest, both counted. */
	readonly confirmations?: bigint;
	/** Unix milliseconds of its block. */
	readonly at?: number;
	readonly from?: Address;
	/** Undefined for one that makes a contract. */
	readonly to?: Address;
	/** The called function, where this app knows it. */
	readonly call?: string;
	readonly gasUsed?: bigint;
	readonly gasPriceWei?: bigint;
	readonly feeWei?: bigint;
	readonly acts: readonly ChannelAct[];
}

/** Which channel, and when it was opened by this device's clock (Unix milliseconds): where to look first. */
export interface ChannelToLookUp {
	readonly id: Hex;
	readonly openedAt: number;
}

export interface Explorer {
	history(channels: readonly ChannelToLookUp[]): Promise<Answer<History>>;
	transaction(hash: Hex): Promise<Answer<ChainTransaction>>;
	/** What `payments` transfers by the payer would have cost, against the transactions of a history. */
	savings(history: History, payments: number, payer: Address): Promise<Answer<Savings>>;
	/** Wei that a call would cost its sender now. */
	feeOf(call: { readonly from: Address; readonly to: Address; readonly data: Hex }): Promise<Answer<bigint>>;
}

/** Asks the chain's node. */
export type AskChain = <T>(method: string, params: readonly unknown[]) => Promise<T>;

const ANSWER_WITHIN_MS = 10_000;
/** Blocks per question, where a node limits them. */
const RANGE_BLOCKS = 2_000n;
/** Questions about the time after the opening, and as many about the newest: half a day each, in blocks of two seconds. */
const RANGES = 10n;
/** This device's clock and the chain's may disagree by so much. */
const CLOCK_MS = 600_000;

interface RpcBlock {
	readonly number: Hex;
	readonly timestamp: Hex;
}
interface RpcTransaction {
	readonly from: Hex;
	readonly to: Hex | null;
	readonly input: Hex;
}
interface RpcReceipt {
	readonly status: Hex;
	readonly blockNumber: Hex;
	readonly gasUsed: Hex;
	readonly effectiveGasPrice: Hex;
	/** Data fee of OP chains. */
	readonly l1Fee?: Hex;
	readonly logs: readonly RpcLog[];
}

export const openExplorer = (
	{ rpcUrl, contract, token, tokenScale }: Discovery['chain'],
	ask: AskChain = askOver(rpcUrl)
): Explorer => {
	/** What is in a block does not change; a reorganisation shows at the next visit. */
	const receipts = new Map<Hex, Promise<RpcReceipt | null>>();
	const times = new Map<bigint, Promise<number>>();

	const receiptOf = (hash: Hex): Promise<RpcReceipt | null> =>
		remember(receipts, hash, () => ask<RpcReceipt | null>('eth_getTransactionReceipt', [hash]));
	const timeOf = (block: bigint): Promise<number> =>
		remember(times, block, async () => {
			const found = await ask<RpcBlock | null>('eth_getBlockByNumber', [numberToHex(block), false]);
			return Number(found?.timestamp ?? 0) * 1_000;
		});
	const head = async (): Promise<bigint> => BigInt(await ask<Hex>('eth_blockNumber', []));

	const logs = (channels: readonly Hex[], fromBlock: bigint, toBlock: bigint): Promise<readonly RpcLog[]> =>
		ask<readonly RpcLog[]>('eth_getLogs', [
			{
				address: contract,
				// The second topic of every event of the contract is the channel.
				topics: [null, channels],
				fromBlock: numberToHex(fromBlock),
				toBlock: numberToHex(toBlock)
			}
		]);

	/** The first block not before a time, found by halving. */
	const blockAt = async (time: number, newest: bigint): Promise<bigint> => {
		let low = 0n;
		let high = newest;
		while (low < high) {
			const middle = (low + high) / 2n;
			if ((await timeOf(middle)) < time) low = middle + 1n;
			else high = middle;
		}
		return low;
	};

	const logsOfAll = async (
		channels: readonly ChannelToLookUp[]
	): Promise<{ readonly found: readonly RpcLog[]; readonly isComplete: boolean }> => {
		const newest = await head();
		const ids = channels.map(({ id }) => id);
		try {
			return { found: await logs(ids, 0n, newest), isComplete: true };
		} catch {
			const opened = Math.min(...channels.map(({ openedAt }) => openedAt));
			const first = await blockAt(opened - CLOCK_MS, newest);
			const pieces = (newest - first) / RANGE_BLOCKS + 1n;
			const isComplete = pieces <= 2n * RANGES;
			const found: RpcLog[] = [];
			for (let piece = 0n; piece < pieces; piece++) {
				if (!isComplete && piece === RANGES) piece = pieces - RANGES;
				const from = first + piece * RANGE_BLOCKS;
				const last = from + RANGE_BLOCKS - 1n;
				found.push(...(await logs(ids, from, last < newest ? last : newest)));
			}
			return { found, isComplete };
		}
	};

	/** Of a transfer between two accounts that hold the token: the cheapest kind. */
	const transferGas = async (payer: Address): Promise<bigint> => {
		const estimate = async (from: Hex, to: Hex): Promise<bigint> =>
			BigInt(
				await ask<Hex>('eth_estimateGas', [
					{
						from,
						to: token,
						data: encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args: [to, 1n] })
					}
				])
			);
		// A wallet that is empty by now cannot even be asked about; the contract holds the deposits.
		return estimate(payer, contract).catch(() => estimate(contract, payer));
	};

	return {
		history: (channels) =>
			answer(async () => {
				if (channels.length === 0) return { items: [], isComplete: true };
				const { found, isComplete } = await logsOfAll(channels);
				const items = await Promise.all(
					actsOf(found, tokenScale).map(async (act): Promise<HistoryItem> => {
						const [receipt, at] = await Promise.all([receiptOf(act.transaction), timeOf(act.block)]);
						return { ...act, at, feeWei: receipt === null ? 0n : feeOfReceipt(receipt) };
					})
				);
				return { items: items.reverse(), isComplete };
			}),

		transaction: (hash) =>
			answer(async (): Promise<ChainTransaction> => {
				const [found, receipt, newest] = await Promise.all([
					ask<RpcTransaction | null>('eth_getTransactionByHash', [hash]),
					ask<RpcReceipt | null>('eth_getTransactionReceipt', [hash]),
					head()
				]);
				if (found === null) return { hash, status: 'unknown', acts: [] };
				const call = callNameOf(found.input);
				const known = {
					hash,
					from: found.from,
					...(found.to === null ? {} : { to: found.to }),
					...(call === undefined ? {} : { call })
				};
				if (receipt === null) return { ...known, status: 'pending', acts: [] };
				const block = BigInt(receipt.blockNumber);
				return {
					...known,
					status: BigInt(receipt.status) === 0n ? 'refused' : 'done',
					block,
					confirmations: newest - block + 1n,
					at: await timeOf(block),
					gasUsed: BigInt(receipt.gasUsed),
					gasPriceWei: BigInt(receipt.effectiveGasPrice),
					feeWei: feeOfReceipt(receipt),
					acts: actsOf(
						receipt.logs.filter(({ address }) => address.toLowerCase() === contract),
						tokenScale
					)
				};
			}),

		savings: ({ items }, payments, payer) =>
			answer(async () => {
				const hashes = [...new Set(items.map(({ transaction }) => transaction))];
				const transactions = await Promise.all(
					hashes.map(async (hash): Promise<GasOfTransaction> => {
						const receipt = await receiptOf(hash);
						if (receipt === null) return { gas: 0n, feeWei: 0n };
						return shareOf(
							receipt,
							items.filter(({ transaction }) => transaction === hash).length,
							tokenScale
						);
					})
				);
				return savingsOf(payments, await transferGas(payer), transactions);
			}),

		feeOf: (call) =>
			answer(async () => {
				const [gas, price] = await Promise.all([
					ask<Hex>('eth_estimateGas', [call]),
					ask<Hex>('eth_gasPrice', [])
				]);
				return BigInt(gas) * BigInt(price);
			})
	};
};

/** A payee may redeem the claims of many payers at once: each channel bears its part. */
const shareOf = (receipt: RpcReceipt, mine: number, tokenScale: number): GasOfTransaction => {
	const all = BigInt(Math.max(mine, actsOf(receipt.logs, tokenScale).length));
	return {
		gas: (BigInt(receipt.gasUsed) * BigInt(mine)) / all,
		feeWei: (feeOfReceipt(receipt) * BigInt(mine)) / all
	};
};

const feeOfReceipt = ({ gasUsed, effectiveGasPrice, l1Fee }: RpcReceipt): bigint =>
	BigInt(gasUsed) * BigInt(effectiveGasPrice) + BigInt(l1Fee ?? '0x0');

const remember = <K, V>(kept: Map<K, Promise<V>>, key: K, find: () => Promise<V>): Promise<V> => {
	const known = kept.get(key);
	if (known !== undefined) return known;
	const asked = find();
	kept.set(key, asked);
	// What failed, or is not there yet, is asked for again.
	asked.then(
		(value) => value === null && kept.delete(key),
		() => kept.delete(key)
	);
	return asked;
};

const answer = async <T>(work: () => Promise<T>): Promise<Answer<T>> => {
	try {
		return ok(await work());
	} catch (error) {
		return err(peerError('ChainUnreachable', error instanceof Error ? error.message : String(error)));
	}
};

/** Questions of one moment travel together. */
const askOver = (rpcUrl: string): AskChain => {
	const client = createClient({
		transport: http(rpcUrl, { batch: { batchSize: 50 }, retryCount: 0, timeout: ANSWER_WITHIN_MS })
	});
	return <T>(method: string, params: readonly unknown[]) =>
		client.request({ method, params } as never) as Promise<T>;
};
