/**
 * The chain port over JSON-RPC, for a browser worker and for Node alike.
 *
 * - **Refusals are known before gas is spent.** Every transaction is first run without sending it
 *   (`eth_estimateGas`); what reverts comes back as the contract's or the token's error name.
 * - **Several transactions may be under way.** Numbering and sending is one at a time; waiting for
 *   receipts is not. A transaction whose sending got no answer is sent again, unchanged, until it is
 *   mined or the time is up: the same bytes can be mined only once.
 * - **`ChainUnreachable` after sending means unknown**, not failed. Ask the channel's state (or the
 *   balance) before doing it again; the contract itself refuses a second opening, claim or close.
 * - Watching is polling, because every RPC endpoint can do that and a sleeping laptop loses nothing.
 */
import {
	BaseError,
	createClient,
	decodeErrorResult,
	decodeFunctionResult,
	encodeFunctionData,
	formatLog,
	http,
	HttpRequestError,
	keccak256,
	parseEventLogs,
	TimeoutError,
	type Abi,
	type RpcLog
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex0x, type Hex } from '../../bytes.ts';
import type { Cancel, Clock } from '../../platform.ts';
import { err, ok, type Result } from '../../result.ts';
import type {
	Address,
	ChainError,
	ChainEvent,
	ChainPort,
	ChannelKey,
	FundingAuthorization,
	Receipt,
	SignedClaim,
	SignedTransaction,
	TokenTransfer
} from '../chain.ts';
import { compactSignature, packRows, unpackAmounts } from './calldata.ts';
import { channelsAbi, testDollarAbi } from './generated.ts';
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
	readonly clock: Clock;
	/** How often receipts and events are asked for, in milliseconds. */
	readonly pollMs?: number;
	/** One RPC answer may take this long. */
	readonly requestTimeoutMs?: number;
	/** A transaction may take this long to be mined. */
	readonly receiptTimeoutMs?: number;
}

/** Blocks per question for events: what public endpoints allow. */
const LOG_RANGE_BLOCKS = 2_000n;
/** More channels than this are told apart here and not by the endpoint. */
const LOG_FILTER_IDS = 100;
/** How often sending starts over when somebody else used the account's number. */
const NONCE_TRIES = 3;
/** Added to the estimate, which is made on an older block than the one that mines: a fifth. */
const withGasMargin = (gas: bigint): bigint => gas + gas / 5n;

const PORT_ABI = [...channelsAbi, ...testDollarAbi] as const;
/** The names of everything that either contract can refuse with. */
const ERRORS_ABI: Abi = PORT_ABI.filter(({ type }) => type === 'error');

interface RpcReceipt {
	readonly status: Hex;
	readonly logs: RpcLog[];
	readonly blockNumber: Hex;
	readonly gasUsed: Hex;
	readonly effectiveGasPrice: Hex;
	/** Data fee of OP chains. */
	readonly l1Fee?: Hex;
}

interface Call {
	readonly to: Address;
	readonly data: Hex;
	readonly value: bigint;
}

type Failed = { readonly ok: false; readonly error: ChainError };

const lower = (hex: Hex): Hex => hex.toLowerCase() as Hex;
const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

const unreachable = (reason: string): Failed => err({ type: 'ChainUnreachable', reason });
const refused = (reason: string): Failed => err({ type: 'TransactionRefused', reason });

export const createViemChain = ({
	rpcUrl,
	chainId,
	contract,
	token,
	tokenScale,
	accountSecret,
	clock,
	pollMs = 1_000,
	requestTimeoutMs = 10_000,
	receiptTimeoutMs = 60_000
}: ViemChainOptions): ChainPort => {
	const client = createClient({ transport: http(rpcUrl, { retryCount: 0, timeout: requestTimeoutMs }) });
	const signer = accountSecret && privateKeyToAccount(toHex0x(accountSecret));
	const account = signer && lower(signer.address);
	const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

	/** One RPC question; whatever goes wrong comes back as a value. */
	const rpc = async <T>(method: string, params: readonly unknown[]): Promise<Result<T, ChainError>> => {
		try {
			return ok((await client.request({ method, params } as never)) as T);
		} catch (error) {
			return failureOf(error);
		}
	};

	const call = async (to: Address, data: Hex): Promise<Result<Hex, ChainError>> => {
		const from = account === undefined ? {} : { from: account };
		const answer = await rpc<Hex>('eth_call', [{ ...from, to, data }, 'latest']);
		if (answer.ok && answer.value === '0x') return unreachable(`no contract at ${to}`);
		return answer;
	};

	const readToken = async (functionName: 'name' | 'version'): Promise<Result<string, ChainError>> => {
		const answer = await call(token, encodeFunctionData({ abi: testDollarAbi, functionName }));
		return answer.ok
			? ok(decodeFunctionResult({ abi: testDollarAbi, functionName, data: answer.value }))
			: answer;
	};

	// Sending

	const oneAtATime = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
		let last: Promise<unknown> = Promise.resolve();
		return (work) => {
			const mine = last.then(work, work);
			last = mine.catch(() => undefined);
			return mine;
		};
	};
	const numbering = oneAtATime();
	/** An allowance names an amount and no channel, so approving and opening is one act. */
	const funding = oneAtATime();
	let nextNonce = 0;
	let underWay = 0;

	const send = async (request: Call): Promise<Result<Receipt, ChainError>> => {
		if (signer === undefined || account === undefined) return err({ type: 'NoChainAccount' });
		underWay++;
		try {
			const sent = await numbering(() => broadcast(request));
			if (!sent.ok) return sent;
			return await mined(sent.value.hash, sent.value.raw, request);
		} finally {
			underWay--;
		}
	};

	/** Estimates, numbers and signs. */
	const sign = async ({ to, data, value }: Call): Promise<Result<SignedTransaction, ChainError>> => {
		if (signer === undefined) return err({ type: 'NoChainAccount' });
		const estimate = await rpc<Hex>('eth_estimateGas', [
			{ from: signer.address, to, data, value: quantity(value) }
		]);
		if (!estimate.ok) return estimate;
		const [counted, tip, block] = await Promise.all([
			rpc<Hex>('eth_getTransactionCount', [signer.address, 'pending']),
			rpc<Hex>('eth_maxPriorityFeePerGas', []),
			rpc<{ readonly baseFeePerGas: Hex }>('eth_getBlockByNumber', ['latest', false])
		]);
		if (!counted.ok) return counted;
		if (!tip.ok) return tip;
		if (!block.ok) return block;
		// Alone, the chain's count is the truth; among others it may not know yet what was just sent.
		const onChain = Number(counted.value);
		const nonce = underWay > 1 ? Math.max(onChain, nextNonce) : onChain;
		const raw = await signer.signTransaction({
			type: 'eip1559',
			chainId,
			nonce,
			to,
			data,
			value,
			gas: withGasMargin(BigInt(estimate.value)),
			maxPriorityFeePerGas: BigInt(tip.value),
			maxFeePerGas: 2n * BigInt(block.value.baseFeePerGas) + BigInt(tip.value)
		});
		return ok({ hash: keccak256(raw), raw, nonce });
	};

	const handIn = async (raw: Hex): Promise<Result<null, ChainError>> => {
		const sent = await rpc<Hex>('eth_sendRawTransaction', [raw]);
		return sent.ok || (sent.error.type === 'TransactionRefused' && isKnownAlready(sent.error.reason))
			? ok(null)
			: sent;
	};

	/** Signs and sends. An answer that is missing counts as sent. */
	const broadcast = async (
		request: Call,
		triesLeft = NONCE_TRIES
	): Promise<Result<SignedTransaction, ChainError>> => {
		const signed = await sign(request);
		if (!signed.ok) return signed;
		const sent = await handIn(signed.value.raw);
		if (!sent.ok && sent.error.type === 'TransactionRefused') {
			if (triesLeft > 1 && isNumberTaken(sent.error.reason)) {
				nextNonce = 0;
				return broadcast(request, triesLeft - 1);
			}
			return sent;
		}
		nextNonce = signed.value.nonce + 1;
		return signed;
	};

	/** The final count first: what is neither mined by then nor has its number left is gone for good. */
	const fate: ChainPort['fate'] = async ({ hash, nonce }) => {
		let isPassed = false;
		if (nonce !== undefined && account !== undefined) {
			const counted = await rpc<Hex>('eth_getTransactionCount', [account, 'finalized']);
			if (!counted.ok) return counted;
			isPassed = Number(counted.value) > nonce;
		}
		const found = await rpc<RpcReceipt | null>('eth_getTransactionReceipt', [hash]);
		if (!found.ok) return found;
		if (found.value === null) return ok({ type: isPassed ? 'impossible' : 'pending' });
		if (BigInt(found.value.status) === 0n) return ok({ type: 'reverted' });
		return ok({ type: 'mined', transfers: transfersIn(found.value.logs, token) });
	};

	const mined = async (hash: Hex, raw: Hex, request: Call): Promise<Result<Receipt, ChainError>> => {
		const until = clock.now() + receiptTimeoutMs;
		for (let asked = 1; ; asked++) {
			const found = await rpc<RpcReceipt | null>('eth_getTransactionReceipt', [hash]);
			if (found.ok && found.value !== null) return receiptOf(hash, found.value, request);
			if (clock.now() >= until) return unreachable(`not mined within ${receiptTimeoutMs / 1_000} s`);
			if (asked % 5 === 0) await rpc('eth_sendRawTransaction', [raw]);
			// The first blocks of a local chain come at once.
			await sleep(asked < 4 ? Math.min(pollMs, 50) : pollMs);
		}
	};

	const receiptOf = async (
		transaction: Hex,
		{ status, blockNumber, gasUsed, effectiveGasPrice, l1Fee }: RpcReceipt,
		request: Call
	): Promise<Result<Receipt, ChainError>> => {
		if (BigInt(status) === 0n) {
			const again = await rpc<Hex>('eth_call', [
				{ from: account, to: request.to, data: request.data, value: quantity(request.value) },
				blockNumber
			]);
			return again.ok ? refused('reverted') : again;
		}
		const gasCostWei = BigInt(gasUsed) * BigInt(effectiveGasPrice) + BigInt(l1Fee ?? '0x0');
		return ok({ transaction, block: BigInt(blockNumber), gasCostWei });
	};

	const transferCall = (to: Address, amount: bigint): Call => ({
		to: token,
		data: encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args: [to, amount] }),
		value: 0n
	});

	const sendToContract = (data: Hex, value = 0n): Promise<Result<Receipt, ChainError>> =>
		send({ to: contract, data, value });

	/** Opens or tops up with the account's own money, approving exactly the amount first where needed. */
	const fund = (
		functionName: 'open' | 'topUp',
		key: ChannelKey,
		amount: bigint
	): Promise<Result<Receipt, ChainError>> =>
		funding(async () => {
			const data = encodeFunctionData({ abi: channelsAbi, functionName, args: [key, amount] });
			if (account === undefined) return err({ type: 'NoChainAccount' });
			if (key.token === ZERO_ADDRESS) return sendToContract(data, amount);
			// Somebody else's channel is refused by the contract: no allowance for that.
			if (key.payer !== account) return sendToContract(data);
			const allowed = await call(
				key.token,
				encodeFunctionData({ abi: testDollarAbi, functionName: 'allowance', args: [account, contract] })
			);
			if (!allowed.ok) return allowed;
			let approvalCostWei = 0n;
			if (BigInt(allowed.value) < amount) {
				const approve = encodeFunctionData({
					abi: testDollarAbi,
					functionName: 'approve',
					args: [contract, amount]
				});
				const approved = await send({ to: key.token, data: approve, value: 0n });
				if (!approved.ok) return approved;
				approvalCostWei = approved.value.gasCostWei;
			}
			const receipt = await sendToContract(data);
			if (!receipt.ok) return receipt;
			return ok({ ...receipt.value, gasCostWei: receipt.value.gasCostWei + approvalCostWei });
		});

	const claimOne = ({ key, cumulative, signature }: SignedClaim): Promise<Result<Receipt, ChainError>> =>
		sendToContract(
			encodeFunctionData({
				abi: channelsAbi,
				functionName: 'claim',
				args: [key, cumulative, compactSignature(signature)]
			})
		);

	const claimBatch = async (
		claims: readonly [SignedClaim, ...SignedClaim[]]
	): Promise<Result<Receipt, ChainError>> => {
		const { payee, token: paidIn } = claims[0].key;
		const functionName = 'claimPacked';
		const args = [payee, paidIn, packRows(claims)] as const;
		const data = encodeFunctionData({ abi: channelsAbi, functionName, args });
		// A batch of stale rows succeeds and pays nothing: not worth its gas.
		if (account !== undefined) {
			const dry = await call(contract, data);
			if (!dry.ok) return dry;
			if (BigInt(dry.value) === 0n) return refused('ClaimNotIncreasing');
		}
		return sendToContract(data);
	};

	const redeem = async (claims: readonly SignedClaim[]): Promise<Result<Receipt, ChainError>> => {
		const groups = new Map<string, [SignedClaim, ...SignedClaim[]]>();
		for (const claim of claims) {
			const name = `${claim.key.payee} ${claim.key.token}`;
			const group = groups.get(name);
			if (group) group.push(claim);
			else groups.set(name, [claim]);
		}
		let answer: Result<Receipt, ChainError> = refused('ClaimNotIncreasing');
		let gasCostWei = 0n;
		for (const group of groups.values()) {
			answer = group.length === 1 ? await claimOne(group[0]) : await claimBatch(group);
			if (!answer.ok) return answer;
			gasCostWei += answer.value.gasCostWei;
		}
		return answer.ok ? ok({ ...answer.value, gasCostWei }) : answer;
	};

	// Watching

	const eventsBetween = async (
		from: bigint,
		to: bigint,
		ids: readonly Hex[]
	): Promise<Result<readonly ChainEvent[], ChainError>> => {
		if (ids.length === 0) return ok([]);
		const logs = await rpc<RpcLog[]>('eth_getLogs', [
			{
				address: contract,
				fromBlock: quantity(from),
				toBlock: quantity(to),
				topics: ids.length <= LOG_FILTER_IDS ? [null, ids] : []
			}
		]);
		if (!logs.ok) return logs;
		const wanted = new Set(ids);
		return ok(eventsOf(logs.value).filter(({ id }) => wanted.has(id)));
	};

	const watch: ChainPort['watch'] = (ids, fromBlock, onEvents): Cancel => {
		let next = fromBlock;
		let isCancelled = false;
		let cancelTimer: Cancel | undefined;
		const poll = async (): Promise<void> => {
			const head = await rpc<Hex>('eth_blockNumber', []);
			while (!isCancelled && head.ok && BigInt(head.value) >= next) {
				const last = next + LOG_RANGE_BLOCKS - 1n;
				const upTo = last < BigInt(head.value) ? last : BigInt(head.value);
				const events = await eventsBetween(next, upTo, ids());
				if (isCancelled || !events.ok) break;
				next = upTo + 1n;
				onEvents(events.value, upTo);
			}
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
			const block = await rpc<{ readonly hash: Hex }>('eth_getBlockByNumber', ['0x0', false]);
			return block.ok ? ok(block.value.hash) : block;
		},

		head: async () => {
			const block = await rpc<{ readonly number: Hex; readonly timestamp: Hex }>('eth_getBlockByNumber', [
				'latest',
				false
			]);
			return block.ok
				? ok({ block: BigInt(block.value.number), time: Number(block.value.timestamp) })
				: block;
		},

		channel: async (id) => {
			const functionName = 'getChannel';
			const answer = await call(contract, encodeFunctionData({ abi: channelsAbi, functionName, args: [id] }));
			return answer.ok
				? ok(decodeFunctionResult({ abi: channelsAbi, functionName, data: answer.value }))
				: answer;
		},

		tokenBalance: async (owner) => {
			const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'balanceOf', args: [owner] });
			const answer = await call(token, data);
			return answer.ok ? ok(BigInt(answer.value)) : answer;
		},

		tokenDomain: async () => {
			const [name, version] = await Promise.all([readToken('name'), readToken('version')]);
			if (!name.ok) return name;
			if (!version.ok) return version;
			return ok({ name: name.value, version: version.value });
		},

		open: (key, amount) => fund('open', key, amount),
		topUp: (key, amount) => fund('topUp', key, amount),
		openWithAuthorization: (authorized) => sendToContract(authorizedFunding(authorized)),
		redeem,

		close: ({ key, capture, deadline, signature }, claim) =>
			sendToContract(
				encodeFunctionData({
					abi: channelsAbi,
					functionName: 'closeWithSignature',
					args: [
						key,
						capture,
						claim?.cumulative ?? 0n,
						toHex0x(claim?.signature ?? new Uint8Array()),
						deadline,
						toHex0x(signature)
					]
				})
			),

		requestClose: (key) =>
			sendToContract(encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [key] })),

		withdraw: (key) =>
			sendToContract(encodeFunctionData({ abi: channelsAbi, functionName: 'withdraw', args: [key] })),

		transfer: (to, amount) => send(transferCall(to, amount)),
		prepareTransfer: (to, amount) => numbering(() => sign(transferCall(to, amount))),
		broadcast: (raw) => numbering(() => handIn(raw)),
		fate,

		watch
	};
};

const authorizedFunding = ({
	key,
	amount,
	validAfter,
	validBefore,
	index,
	signature
}: FundingAuthorization): Hex => {
	const authorization = {
		validAfter: BigInt(validAfter),
		validBefore: BigInt(validBefore),
		signature: toHex0x(signature)
	};
	return index === 0
		? encodeFunctionData({
				abi: channelsAbi,
				functionName: 'openWithAuthorization',
				args: [key, amount, authorization]
			})
		: encodeFunctionData({
				abi: channelsAbi,
				functionName: 'topUpWithAuthorization',
				args: [key, amount, BigInt(index), authorization]
			});
};

const eventsOf = (logs: readonly RpcLog[]): ChainEvent[] =>
	parseEventLogs({ abi: channelsAbi, logs: logs.map((log) => formatLog(log)) }).flatMap(
		(log): ChainEvent[] => {
			const { channelId: id } = log.args;
			switch (log.eventName) {
				case 'Opened': {
					const { payer, payee, token, signer, grace, expiry, salt, epoch, deposited } = log.args;
					const key: ChannelKey = {
						payer: lower(payer),
						payee: lower(payee),
						token: lower(token),
						signer: lower(signer),
						grace,
						expiry,
						salt
					};
					return [{ type: 'Opened', id, key, epoch, amount: deposited }];
				}
				case 'ToppedUp': {
					const { epoch, first: amount } = unpackAmounts(log.args.amounts);
					return [{ type: 'ToppedUp', id, epoch, amount }];
				}
				case 'Claimed': {
					const { epoch, first: paid, second: cumulative } = unpackAmounts(log.args.amounts);
					return [{ type: 'Claimed', id, epoch, cumulative, paid }];
				}
				case 'CloseRequested':
					return [{ type: 'CloseRequested', id, epoch: log.args.epoch, closeAt: log.args.closeAt }];
				case 'Closed':
				case 'Withdrawn': {
					const { epoch, first: captured, second: refunded } = unpackAmounts(log.args.amounts);
					return [{ type: log.eventName, id, epoch, captured, refunded }];
				}
				case 'ClaimSkipped':
					return [];
			}
		}
	);

const transfersIn = (logs: readonly RpcLog[], token: Address): readonly TokenTransfer[] =>
	parseEventLogs({
		abi: testDollarAbi,
		eventName: 'Transfer',
		logs: logs.filter(({ address }) => lower(address) === token).map((log) => formatLog(log))
	}).map(({ args }) => ({ from: lower(args.from), to: lower(args.to), amount: args.value }));

/** No connection, no answer in time, an answer that is none: unreachable. All else was an answer. */
const failureOf = (error: unknown): Failed => {
	const data = revertDataOf(error);
	if (data !== undefined) return refused(reasonOf(data));
	if (!(error instanceof BaseError)) return unreachable(String(error));
	const isTransport = error.walk(
		(cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError
	);
	if (isTransport) return unreachable(error.shortMessage);
	return refused(error.details || error.shortMessage);
};

/** The revert data that an RPC error carries, wherever viem and the endpoint put it. */
const revertDataOf = (error: unknown): Hex | undefined => {
	for (
		let at: unknown = error;
		typeof at === 'object' && at !== null;
		at = (at as { cause?: unknown }).cause
	) {
		const { data } = at as { data?: unknown };
		const inner = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data;
		if (typeof inner === 'string' && /^0x[0-9a-fA-F]{8,}$/.test(inner)) return inner as Hex;
	}
	return undefined;
};

/** The name of the error; a deposit that the token refused gives the token's reason. */
const reasonOf = (data: Hex): string => {
	try {
		const { errorName, args } = decodeErrorResult({ abi: ERRORS_ABI, data });
		const [first] = args ?? [];
		if (errorName === 'DepositFailed' && typeof first === 'string' && first.length >= 10)
			return reasonOf(first as Hex);
		return errorName === 'Error' && typeof first === 'string' ? first : errorName;
	} catch {
		return 'reverted';
	}
};

const isKnownAlready = (reason: string): boolean =>
	/already (known|imported)|known transaction/i.test(reason);
const isNumberTaken = (reason: string): boolean => /nonce|replacement/i.test(reason);
