/**
 * The chain port over JSON-RPC, for a browser worker and for Node alike.
 *
 * - **Refusals are known before gas is spent.** Every transaction is first run without sending it
 *   (`eth_estimateGas`); what reverts comes back as the contract's or the token's error name.
 * - **Prices are capped.** Who is asked what gas costs could be lying in a miner's favour: beyond
 *   `gasPriceMost` nothing is signed, and no tip above a tenth of it.
 * - **A watch is polling**, because every RPC endpoint can do that and a sleeping laptop loses nothing. It
 *   remembers the hash of the last block it reported: when that block has another hash, history was
 *   rewritten, and when it is missing, the endpoint is behind and is waited for.
 */
import {
	decodeFunctionResult,
	encodeEventTopics,
	encodeFunctionData,
	keccak256,
	parseTransaction
} from 'viem';
import type { Hex } from '../../bytes.ts';
import { nobleCrypto, type SyncCrypto } from '../../crypto/noble-crypto.ts';
import { LIMITS } from '../../limits.ts';
import { maxOf, minOf } from '../../money.ts';
import type { Cancel, Clock } from '../../platform.ts';
import { err, ok, type Result } from '../../result.ts';
import type {
	Address,
	ChainAct,
	ChainError,
	ChainEvent,
	ChainPoint,
	ChainPort,
	ChainReport,
	ChannelState,
	Payment,
	TransactionFate
} from '../chain.ts';
import { encodeAct, encodeApproval, type Call } from './calldata.ts';
import { createGasAccount } from './gas-account.ts';
import { encodeDataFeeQuestion, GAS_PRICE_ORACLE, redeemBytes } from './data-fee.ts';
import { channelsAbi, testDollarAbi } from './generated.ts';
import { eventsOf, paymentsIn, transfersIn } from './logs.ts';
import {
	block,
	createRpc,
	hash,
	hexData,
	logs,
	minedTransaction,
	orNothing,
	quantity,
	refused,
	unreachable
} from './rpc.ts';
import { ZERO_ADDRESS } from './typed-data.ts';

export interface ViemChainOptions {
	readonly rpcUrl: string;
	readonly chainId: number;
	/** The channel contract. */
	readonly contract: Address;
	readonly token: Address;
	/** Decimals of the token. */
	readonly tokenScale: number;
	/** 32 bytes: the key that pays gas here. Without it the port can only look. */
	readonly accountSecret?: Uint8Array;
	/** Signs for it. */
	readonly crypto?: Pick<SyncCrypto, 'evmAddress' | 'ecdsaSign'>;
	readonly clock: Clock;
	/** How often events are asked for, in milliseconds. */
	readonly pollMs?: number;
	/** One RPC answer may take this long. */
	readonly requestTimeoutMs?: number;
	/** Blocks per question for the past of a channel, where the endpoint does not answer for all at once. */
	readonly historyRange?: bigint;
	/** Wei for a unit of gas, tip included. */
	readonly gasPriceMost?: bigint;
}

/** Blocks per question for events: what public endpoints allow. */
const LOG_RANGE_BLOCKS = 2_000n;
/** What most endpoints answer for. */
const HISTORY_RANGE_BLOCKS = 10_000n;
/** A year of Base, which is as long as a channel of ours lives. */
const HISTORY_BLOCKS = 15_768_000n;
/** More channels than this are told apart here and not by the endpoint. */
const LOG_FILTER_IDS = 100;
/** Channels per question for states: 64 kB of answer. */
const STATES_AT_ONCE = 500;
/** Added to the estimate, which is made on an older block than the one that mines: a fifth. */
const withGasMargin = (gas: bigint): bigint => gas + gas / 5n;
/** Endpoints take a transaction's place only for a tenth more; an eighth is surely more than that. */
const outbidding = (price: bigint): bigint => price + price / 8n + 1n;
/** Bytes of a signed transaction beside its data. */
const SIGNED_BYTES = 200;
const bytesOf = (data: Hex): number => (data.length - 2) / 2;
/** Gas of `claimPacked` in a token, without and for each row (contracts/snapshots/gas.json). */
const REDEEM_GAS = 40_000n;
const REDEEM_ROW_GAS = 13_300n;

interface Price {
	readonly maxFeePerGas: bigint;
	readonly maxPriorityFeePerGas: bigint;
}

const toQuantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

export const createViemChain = ({
	rpcUrl,
	chainId,
	contract,
	token,
	tokenScale,
	accountSecret,
	crypto = nobleCrypto,
	clock,
	pollMs = 1_000,
	requestTimeoutMs = 10_000,
	historyRange = HISTORY_RANGE_BLOCKS,
	gasPriceMost = LIMITS.gasPriceMost
}: ViemChainOptions): ChainPort => {
	const ask = createRpc(rpcUrl, requestTimeoutMs);
	const signer = accountSecret && createGasAccount(accountSecret, crypto);
	const account = signer?.address;

	const blockAt = (at: bigint | 'latest') =>
		ask('eth_getBlockByNumber', [at === 'latest' ? at : toQuantity(at), false], orNothing(block));

	const newest = async () => {
		const found = await blockAt('latest');
		if (!found.ok) return found;
		return found.value.found ? ok(found.value.found) : unreachable('no newest block');
	};

	const call = async (to: Address, data: Hex): Promise<Result<Hex, ChainError>> => {
		const from = account === undefined ? {} : { from: account };
		const answer = await ask('eth_call', [{ ...from, to, data }, 'latest'], hexData);
		if (answer.ok && answer.value === '0x') return unreachable(`no contract at ${to}`);
		return answer;
	};

	/** Answers of contracts are bytes like any other. */
	const decoded = <T>(data: Result<Hex, ChainError>, decode: (data: Hex) => T): Result<T, ChainError> => {
		if (!data.ok) return data;
		try {
			return ok(decode(data.value));
		} catch {
			return unreachable('a contract answered what it cannot answer');
		}
	};

	/** Wei for the bytes of a transaction; none where nobody takes it, or the chain's contract is older than the question. */
	const dataFee = async (bytes: number): Promise<Result<bigint, ChainError>> => {
		const question = { to: GAS_PRICE_ORACLE, data: encodeDataFeeQuestion(bytes) };
		const answer = await ask('eth_call', [question, 'latest'], hexData);
		if (!answer.ok) return answer.error.type === 'TransactionRefused' ? ok(0n) : answer;
		if (answer.value === '0x') return ok(0n);
		return answer.value.length === 66 ? ok(BigInt(answer.value)) : unreachable('a fee that is no number');
	};

	const readToken = async (functionName: 'name' | 'version'): Promise<Result<string, ChainError>> =>
		decoded(await call(token, encodeFunctionData({ abi: testDollarAbi, functionName })), (data) =>
			decodeFunctionResult({ abi: testDollarAbi, functionName, data })
		);

	const channels = async (ids: readonly Hex[]): Promise<Result<readonly ChannelState[], ChainError>> => {
		const states: ChannelState[] = [];
		for (let at = 0; at < ids.length; at += STATES_AT_ONCE) {
			const some = ids.slice(at, at + STATES_AT_ONCE);
			const functionName = 'states';
			const data = encodeFunctionData({ abi: channelsAbi, functionName, args: [some] });
			const answer = decoded(await call(contract, data), (bytes) =>
				decodeFunctionResult({ abi: channelsAbi, functionName, data: bytes })
			);
			if (!answer.ok) return answer;
			if (answer.value.length !== some.length) return unreachable('states of other channels');
			states.push(...answer.value);
		}
		return ok(states);
	};

	// Sending

	/** What a new transaction offers: twice the base fee, so that it stays good while that rises for six full blocks. */
	const priceOfNow = async (): Promise<Result<Price, ChainError>> => {
		const [tip, head] = await Promise.all([ask('eth_maxPriorityFeePerGas', [], quantity), newest()]);
		if (!tip.ok) return tip;
		if (!head.ok) return head;
		const maxPriorityFeePerGas = minOf(tip.value, gasPriceMost / 10n);
		const { baseFee } = head.value;
		if (baseFee + maxPriorityFeePerGas > gasPriceMost)
			return err({ type: 'GasTooDear', reason: `${baseFee} wei for a unit of gas` });
		return ok({
			maxPriorityFeePerGas,
			maxFeePerGas: minOf(2n * baseFee + maxPriorityFeePerGas, gasPriceMost)
		});
	};

	/** What is to be sent first so that the act can be: the exact allowance, where there is less. */
	const approvalFor = async (act: ChainAct): Promise<Result<Call | undefined, ChainError>> => {
		if (act.type !== 'open' && act.type !== 'topUp') return ok(undefined);
		const { key, amount } = act;
		// Somebody else's channel is refused by the contract: no allowance for that.
		if (key.token === ZERO_ADDRESS || account === undefined || key.payer !== account) return ok(undefined);
		const args = [account, contract] as const;
		const allowed = decoded(
			await call(key.token, encodeFunctionData({ abi: testDollarAbi, functionName: 'allowance', args })),
			BigInt
		);
		if (!allowed.ok) return allowed;
		return ok(allowed.value < amount ? encodeApproval(key.token, contract, amount) : undefined);
	};

	/** A batch of stale rows succeeds and pays nothing: not worth its gas. */
	const isWorthless = async (act: ChainAct, { to, data }: Call): Promise<Result<boolean, ChainError>> => {
		if (act.type !== 'redeem' || act.claims.length === 1) return ok(false);
		return decoded(await call(to, data), (paid) => BigInt(paid) === 0n);
	};

	const prepare: ChainPort['prepare'] = async (act, firstNonce = 0) => {
		if (signer === undefined) return err({ type: 'NoChainAccount' });
		const wanted = encodeAct(act, contract, token);
		if (!wanted) return refused('ClaimNotIncreasing');
		const approval = await approvalFor(act);
		if (!approval.ok) return approval;
		const { to, data, value } = approval.value ?? wanted;
		const worthless = await isWorthless(act, wanted);
		if (!worthless.ok) return worthless;
		if (worthless.value) return refused('ClaimNotIncreasing');
		const price = await priceOfNow();
		if (!price.ok) return price;
		// With its price, so that an account that cannot pay is refused now.
		const request = {
			from: signer.address,
			to,
			data,
			value: toQuantity(value),
			maxFeePerGas: toQuantity(price.value.maxFeePerGas),
			maxPriorityFeePerGas: toQuantity(price.value.maxPriorityFeePerGas)
		};
		const [gas, counted, fee] = await Promise.all([
			ask('eth_estimateGas', [request], quantity),
			ask('eth_getTransactionCount', [signer.address, 'pending'], quantity),
			dataFee(bytesOf(data) + SIGNED_BYTES)
		]);
		if (!gas.ok) return gas;
		if (!counted.ok) return counted;
		if (!fee.ok) return fee;
		const limit = withGasMargin(gas.value);
		const nonce = Math.max(Number(counted.value), firstNonce);
		const raw = signer.signTransaction({
			type: 'eip1559',
			chainId,
			nonce,
			to,
			data,
			value,
			gas: limit,
			...price.value
		});
		const cost = limit * price.value.maxFeePerGas + fee.value;
		return ok({ raw, hash: keccak256(raw), nonce, isPreliminary: approval.value !== undefined, cost });
	};

	const outbid: ChainPort['outbid'] = async (raw) => {
		if (signer === undefined) return err({ type: 'NoChainAccount' });
		const now = await priceOfNow();
		if (!now.ok) return now;
		const { nonce = 0, to, data, value, gas, ...before } = parseTransaction(raw);
		const price: Price = {
			maxFeePerGas: maxOf(now.value.maxFeePerGas, outbidding(before.maxFeePerGas ?? 0n)),
			maxPriorityFeePerGas: maxOf(
				now.value.maxPriorityFeePerGas,
				outbidding(before.maxPriorityFeePerGas ?? 0n)
			)
		};
		if (price.maxFeePerGas > gasPriceMost)
			return err({ type: 'GasTooDear', reason: `${price.maxFeePerGas} wei for a unit of gas` });
		const fee = await dataFee(bytesOf(raw));
		if (!fee.ok) return fee;
		const again = signer.signTransaction({
			type: 'eip1559',
			chainId,
			nonce,
			...(to ? { to } : {}),
			...(data ? { data } : {}),
			...(value === undefined ? {} : { value }),
			...(gas === undefined ? {} : { gas }),
			...price
		});
		const cost = (gas ?? 0n) * price.maxFeePerGas + fee.value;
		return ok({ raw: again, hash: keccak256(again), nonce, isPreliminary: false, cost });
	};

	const broadcast: ChainPort['broadcast'] = async (raw) => {
		const sent = await ask('eth_sendRawTransaction', [raw], hash);
		if (sent.ok) return ok(null);
		const isKnown =
			sent.error.type === 'TransactionRefused' &&
			/already (known|imported)|known transaction/i.test(sent.error.reason);
		return isKnown ? ok(null) : sent;
	};

	/** Of a receipt: whether its block can still be undone. */
	const isFinalBlock = async (number: Hex): Promise<Result<boolean, ChainError>> => {
		const final = await ask('eth_getBlockByNumber', ['finalized', false], orNothing(block));
		if (!final.ok) return final;
		return ok(final.value.found !== undefined && final.value.found.number >= BigInt(number));
	};

	/** Why it failed, by running it again on the state of its block; the chain does not keep that. */
	const whyReverted = async (name: Hex, at: Hex): Promise<string> => {
		const found = await ask('eth_getTransactionByHash', [name], (answer) => {
			const { to, input, value } = (answer ?? {}) as Record<string, unknown>;
			return hexData(input) && { to, data: input, value };
		});
		if (!found.ok) return 'reverted';
		const again = await ask('eth_call', [{ from: account, ...(found.value as object) }, at], hexData);
		return !again.ok && again.error.type === 'TransactionRefused' ? again.error.reason : 'reverted';
	};

	/**
	 * The final count first: what is neither mined by then nor has its number left is gone for good. A node that
	 * does not keep the state of that block (a local chain begun again, a pruned one) refuses to count: then nothing
	 * is known to be gone, and what is mined is known all the same.
	 */
	const fate = async ({
		hashes,
		nonce
	}: Parameters<ChainPort['fate']>[0]): Promise<Result<TransactionFate, ChainError>> => {
		let isPassed = false;
		if (nonce !== undefined && account !== undefined) {
			const counted = await ask('eth_getTransactionCount', [account, 'finalized'], quantity);
			if (!counted.ok && counted.error.type !== 'TransactionRefused') return counted;
			isPassed = counted.ok && Number(counted.value) > nonce;
		}
		for (const name of hashes) {
			const answer = await ask('eth_getTransactionReceipt', [name], orNothing(minedTransaction));
			if (!answer.ok) return answer;
			const { found } = answer.value;
			if (!found) continue;
			const final = isPassed ? ok(true) : await isFinalBlock(found.block);
			if (!final.ok) return final;
			const isFinal = final.value;
			return found.isReverted
				? ok({ type: 'reverted', hash: name, reason: await whyReverted(name, found.block), isFinal })
				: ok({ type: 'mined', hash: name, transfers: transfersIn(found.logs, token), isFinal });
		}
		return ok({ type: isPassed ? 'impossible' : 'pending' });
	};

	// Watching

	const eventsBetween = async (
		from: bigint,
		to: bigint,
		ids: readonly Hex[]
	): Promise<Result<ChainReport['events'], ChainError>> => {
		if (ids.length === 0) return ok([]);
		const range = { address: contract, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
		const topics = ids.length <= LOG_FILTER_IDS ? [null, ids] : [];
		const found = await ask('eth_getLogs', [{ ...range, topics }], logs);
		if (!found.ok) return found;
		const wanted = new Set(ids);
		const own = found.value.filter(({ address }) => address.toLowerCase() === contract);
		return ok(eventsOf(own).filter(({ id }) => wanted.has(id)));
	};

	/** Of all blocks; where that is too much for the endpoint, newest first until it is enough, or a year. */
	const everyEvent = async (
		topics: readonly unknown[],
		isEnough?: (events: readonly ChainEvent[]) => boolean
	): Promise<Result<readonly ChainEvent[], ChainError>> => {
		const read = async (from: bigint, to: bigint | 'latest') => {
			const toBlock = to === 'latest' ? to : toQuantity(to);
			const found = await ask(
				'eth_getLogs',
				[{ address: contract, fromBlock: toQuantity(from), toBlock, topics }],
				logs
			);
			return found.ok
				? ok(eventsOf(found.value.filter(({ address }) => address.toLowerCase() === contract)))
				: found;
		};
		const all = await read(0n, 'latest');
		if (all.ok || !isEnough) return all;
		const head = await newest();
		if (!head.ok) return head;
		const first = maxOf(0n, head.value.number - HISTORY_BLOCKS);
		let events: readonly ChainEvent[] = [];
		for (let to = head.value.number; to >= first && !isEnough(events); to -= historyRange) {
			const some = await read(maxOf(first, to - historyRange + 1n), to);
			if (!some.ok) return some;
			events = [...some.value, ...events];
		}
		return ok(events);
	};

	const history: ChainPort['history'] = async (of) => {
		let ids: readonly Hex[];
		if ('id' in of) ids = [of.id];
		else {
			const args = { payer: of.payer };
			const topics = encodeEventTopics({ abi: channelsAbi, eventName: 'Opened', args });
			const opened = await everyEvent(topics);
			if (!opened.ok) return opened;
			ids = [...new Set(opened.value.map(({ id }) => id))];
		}
		if (ids.length === 0) return ok([]);
		// There is nothing before the first epoch of each.
		return everyEvent([null, ids], (events) => {
			const firsts = events.filter(({ type, epoch }) => type === 'Opened' && epoch === 0);
			return new Set(firsts.map(({ id }) => id)).size === ids.length;
		});
	};

	const payments: ChainPort['payments'] = async (from) => {
		if (!account) return ok([]);
		const topics = encodeEventTopics({ abi: testDollarAbi, eventName: 'Transfer', args: { from: account } });
		const read = async (first: bigint, to: bigint | 'latest') => {
			const toBlock = to === 'latest' ? to : toQuantity(to);
			const range = { address: token, fromBlock: toQuantity(first), toBlock, topics };
			const found = await ask('eth_getLogs', [range], logs);
			return found.ok ? ok(paymentsIn(found.value, token, account)) : found;
		};
		const all = await read(from, 'latest');
		if (all.ok) return all;
		const head = await newest();
		if (!head.ok) return head;
		const found: Payment[] = [];
		for (let first = from; first <= head.value.number; first += historyRange) {
			const some = await read(first, minOf(head.value.number, first + historyRange - 1n));
			if (!some.ok) return some;
			found.push(...some.value);
		}
		return ok(found);
	};

	const watch: ChainPort['watch'] = (ids, from, onReport): Cancel => {
		let point: ChainPoint | undefined = from;
		let next = from ? from.block + 1n : 0n;
		let isReorganised = false;
		let isCancelled = false;
		let cancelTimer: Cancel | undefined;

		/** False while the endpoint has not come as far as what was reported. */
		const isThere = async (): Promise<boolean> => {
			if (point?.hash === undefined) return true;
			const known = await blockAt(point.block);
			if (!known.ok || !known.value.found) return false;
			if (known.value.found.hash === point.hash) return true;
			isReorganised = true;
			next = maxOf(0n, point.block - BigInt(LIMITS.reorgBlocks));
			point = undefined;
			return true;
		};

		const look = async (): Promise<void> => {
			if (!(await isThere())) return;
			const head = await newest();
			while (!isCancelled && head.ok && head.value.number >= next) {
				const last = next + LOG_RANGE_BLOCKS - 1n;
				const end = last < head.value.number ? await blockAt(last) : ok({ found: head.value });
				if (!end.ok || !end.value.found) return;
				const { number, hash: name } = end.value.found;
				const events = await eventsBetween(next, number, ids());
				if (isCancelled || !events.ok) return;
				point = { block: number, hash: name };
				next = number + 1n;
				const report = { events: events.value, upTo: point, isReorganised };
				isReorganised = false;
				onReport(report);
			}
		};
		const poll = async (): Promise<void> => {
			await look();
			if (!isCancelled) cancelTimer = clock.after(pollMs, () => void poll());
		};
		void poll();
		return () => {
			isCancelled = true;
			cancelTimer?.();
		};
	};

	return {
		chainId,
		contract,
		token,
		tokenScale,
		account,

		genesisHash: async () => {
			const id = await ask('eth_chainId', [], quantity);
			if (!id.ok) return id;
			if (id.value !== BigInt(chainId))
				return err({ type: 'ChainMistaken', reason: `chain ${id.value} answers instead of ${chainId}` });
			const first = await blockAt(0n);
			if (!first.ok) return first;
			return first.value.found ? ok(first.value.found.hash) : unreachable('no first block');
		},

		head: async () => {
			const head = await newest();
			return head.ok ? ok({ block: head.value.number, time: head.value.time }) : head;
		},

		channel: async (id) => {
			const functionName = 'getChannel';
			const data = encodeFunctionData({ abi: channelsAbi, functionName, args: [id] });
			return decoded(await call(contract, data), (bytes) =>
				decodeFunctionResult({ abi: channelsAbi, functionName, data: bytes })
			);
		},
		channels,

		tokenBalance: async (owner) => {
			const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'balanceOf', args: [owner] });
			return decoded(await call(token, data), BigInt);
		},

		nonce: async () => {
			const counted = account ? await ask('eth_getTransactionCount', [account, 'latest'], quantity) : ok(0n);
			return counted.ok ? ok(Number(counted.value)) : counted;
		},

		tokenDomain: async () => {
			const [name, version] = await Promise.all([readToken('name'), readToken('version')]);
			if (!name.ok) return name;
			if (!version.ok) return version;
			return ok({ name: name.value, version: version.value });
		},

		redeemCost: async (count) => {
			const [tip, head, data] = await Promise.all([
				ask('eth_maxPriorityFeePerGas', [], quantity),
				newest(),
				dataFee(redeemBytes(count))
			]);
			if (!tip.ok) return tip;
			if (!head.ok) return head;
			if (!data.ok) return data;
			const gas = REDEEM_GAS + REDEEM_ROW_GAS * BigInt(count);
			return ok((head.value.baseFee + tip.value) * gas + data.value);
		},

		prepare,
		outbid,
		broadcast,
		fate,
		history,
		payments,
		watch
	};
};
