/**
 * What a node's author can tell about the chain and nobody has to know in order to pay: the newest
 * block, and how often the channel contract was used. Read by JSON-RPC; silence is `undefined`.
 */
import { createClient, http, parseEventLogs, type RpcLog } from 'viem';
import { unpackAmounts } from '../../src/lib/peer/settlement/evm/calldata.ts';
import { channelsAbi } from '../../src/lib/peer/settlement/evm/generated.ts';
import type { Address } from '../../src/lib/peer/settlement/chain.ts';

export interface BlockFacts {
	readonly number: bigint;
	/** Unix seconds. */
	readonly time: number;
	/** Seconds since the block before; `undefined` for the first. */
	readonly sinceParent: number | undefined;
	readonly transactions: number;
	readonly gasUsed: bigint;
	readonly gasLimit: bigint;
	/** Wei per gas. */
	readonly baseFee: bigint;
}

/** How often each thing happened, and the token units it moved. */
export interface ContractActivity {
	readonly opened: number;
	readonly toppedUp: number;
	readonly deposited: bigint;
	readonly claimed: number;
	readonly paid: bigint;
	readonly ended: number;
	readonly refunded: bigint;
}

export interface ChainFacts {
	newestBlock(): Promise<BlockFacts | undefined>;
	/** Of blocks after `after` up to and including `upTo`; at most the newest 2,000 of them. */
	activity(after: bigint, upTo: bigint): Promise<ContractActivity | undefined>;
}

interface RpcBlock {
	readonly number: `0x${string}`;
	readonly timestamp: `0x${string}`;
	readonly gasUsed: `0x${string}`;
	readonly gasLimit: `0x${string}`;
	readonly baseFeePerGas?: `0x${string}`;
	readonly transactions: readonly unknown[];
}

/** Blocks per question: what public endpoints allow. */
const LOG_RANGE_BLOCKS = 2_000n;
const ANSWER_WITHIN_MS = 5_000;

export const createChainFacts = (rpcUrl: string, contract: Address): ChainFacts => {
	const client = createClient({ transport: http(rpcUrl, { retryCount: 0, timeout: ANSWER_WITHIN_MS }) });
	const quantity = (value: bigint): `0x${string}` => `0x${value.toString(16)}`;
	const ask = async <T>(method: string, params: readonly unknown[]): Promise<T | undefined> => {
		try {
			return ((await client.request({ method, params } as never)) as T | null) ?? undefined;
		} catch {
			return undefined;
		}
	};

	return {
		newestBlock: async () => {
			const block = await ask<RpcBlock>('eth_getBlockByNumber', ['latest', false]);
			if (!block) return undefined;
			const number = BigInt(block.number);
			const parent =
				number > 0n ? await ask<RpcBlock>('eth_getBlockByNumber', [quantity(number - 1n), false]) : undefined;
			const time = Number(block.timestamp);
			return {
				number,
				time,
				sinceParent: parent && time - Number(parent.timestamp),
				transactions: block.transactions.length,
				gasUsed: BigInt(block.gasUsed),
				gasLimit: BigInt(block.gasLimit),
				baseFee: BigInt(block.baseFeePerGas ?? '0x0')
			};
		},

		activity: async (after, upTo) => {
			const first = after + 1n > upTo - LOG_RANGE_BLOCKS ? after + 1n : upTo - LOG_RANGE_BLOCKS + 1n;
			if (first > upTo) return NO_ACTIVITY;
			const logs = await ask<readonly RpcLog[]>('eth_getLogs', [
				{ address: contract, fromBlock: quantity(first), toBlock: quantity(upTo) }
			]);
			return logs && activityOf(logs);
		}
	};
};

export const NO_ACTIVITY: ContractActivity = {
	opened: 0,
	toppedUp: 0,
	deposited: 0n,
	claimed: 0,
	paid: 0n,
	ended: 0,
	refunded: 0n
};

export const addActivity = (a: ContractActivity, b: ContractActivity): ContractActivity => ({
	opened: a.opened + b.opened,
	toppedUp: a.toppedUp + b.toppedUp,
	deposited: a.deposited + b.deposited,
	claimed: a.claimed + b.claimed,
	paid: a.paid + b.paid,
	ended: a.ended + b.ended,
	refunded: a.refunded + b.refunded
});

const activityOf = (logs: readonly RpcLog[]): ContractActivity => {
	let sum = NO_ACTIVITY;
	for (const event of parseEventLogs({ abi: channelsAbi, logs: [...logs] as never })) {
		switch (event.eventName) {
			case 'Opened':
				sum = addActivity(sum, { ...NO_ACTIVITY, opened: 1, deposited: event.args.deposited });
				break;
			case 'ToppedUp':
				sum = addActivity(sum, {
					...NO_ACTIVITY,
					toppedUp: 1,
					deposited: unpackAmounts(event.args.amounts).first
				});
				break;
			case 'Claimed':
				sum = addActivity(sum, { ...NO_ACTIVITY, claimed: 1, paid: unpackAmounts(event.args.amounts).first });
				break;
			case 'Closed':
			case 'Withdrawn':
				sum = addActivity(sum, {
					...NO_ACTIVITY,
					ended: 1,
					refunded: unpackAmounts(event.args.amounts).second
				});
				break;
			case 'ClaimSkipped':
			case 'CloseRequested':
				break;
		}
	}
	return sum;
};
