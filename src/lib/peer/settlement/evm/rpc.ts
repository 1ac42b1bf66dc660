/**
 * The door to a JSON-RPC endpoint. An endpoint is a stranger: each answer is read by somebody who says what it
 * must look like, and one that does not look so is an answer that did not come.
 */
import {
	BaseError,
	createClient,
	decodeErrorResult,
	http,
	HttpRequestError,
	TimeoutError,
	type Abi,
	type RpcLog
} from 'viem';
import type { Hex } from '../../bytes.ts';
import { err, ok, type Result } from '../../result.ts';
import type { ChainError } from '../chain.ts';
import { channelsAbi, testDollarAbi } from './generated.ts';

/** The answer as its type, or undefined when it is none. */
type Read<T> = (answer: unknown) => T | undefined;

export type Ask = <T>(
	method: string,
	params: readonly unknown[],
	read: Read<T>
) => Promise<Result<T, ChainError>>;

type Failed = { readonly ok: false; readonly error: ChainError };

export const unreachable = (reason: string): Failed => err({ type: 'ChainUnreachable', reason });
export const refused = (reason: string): Failed => err({ type: 'TransactionRefused', reason });

/** One question; whatever goes wrong comes back as a value. */
export const createRpc = (url: string, timeoutMs: number): Ask => {
	const client = createClient({ transport: http(url, { retryCount: 0, timeout: timeoutMs }) });
	return async (method, params, read) => {
		let answer: unknown;
		try {
			answer = await client.request({ method, params } as never);
		} catch (error) {
			return failureOf(error);
		}
		const value = read(answer);
		return value === undefined ? unreachable(`${method}: an answer that makes no sense`) : ok(value);
	};
};

// What answers look like

export const hexData: Read<Hex> = (answer) =>
	typeof answer === 'string' && /^0x[0-9a-fA-F]*$/.test(answer) ? (answer as Hex) : undefined;

export const hash: Read<Hex> = (answer) =>
	typeof answer === 'string' && /^0x[0-9a-fA-F]{64}$/.test(answer) ? (answer as Hex) : undefined;

export const quantity: Read<bigint> = (answer) =>
	typeof answer === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(answer) ? BigInt(answer) : undefined;

/** `null` is an answer of its own: there is no such thing. */
export const orNothing =
	<T>(read: Read<T>): Read<{ readonly found: T | undefined }> =>
	(answer) => {
		if (answer === null) return { found: undefined };
		const found = read(answer);
		return found === undefined ? undefined : { found };
	};

const fieldsOf = (answer: unknown): Readonly<Record<string, unknown>> =>
	typeof answer === 'object' && answer !== null ? (answer as Readonly<Record<string, unknown>>) : {};

export interface Block {
	readonly number: bigint;
	readonly hash: Hex;
	/** Unix seconds. */
	readonly time: number;
	/** Wei. */
	readonly baseFee: bigint;
}

export const block: Read<Block> = (answer) => {
	const fields = fieldsOf(answer);
	const number = quantity(fields['number']);
	const name = hash(fields['hash']);
	const time = quantity(fields['timestamp']);
	const baseFee = quantity(fields['baseFeePerGas'] ?? '0x0');
	return number === undefined || name === undefined || time === undefined || baseFee === undefined
		? undefined
		: { number, hash: name, time: Number(time), baseFee };
};

const isLog = (log: unknown): log is RpcLog => {
	const { address, topics, data } = fieldsOf(log);
	return (
		hexData(address) !== undefined &&
		hexData(data) !== undefined &&
		Array.isArray(topics) &&
		topics.every((topic) => hash(topic) !== undefined)
	);
};

export const logs: Read<readonly RpcLog[]> = (answer) =>
	Array.isArray(answer) && answer.every(isLog)
		? answer.filter((log) => fieldsOf(log)['removed'] !== true)
		: undefined;

export interface MinedTransaction {
	readonly isReverted: boolean;
	readonly block: Hex;
	readonly logs: readonly RpcLog[];
}

export const minedTransaction: Read<MinedTransaction> = (answer) => {
	const fields = fieldsOf(answer);
	const status = quantity(fields['status']);
	const number = hexData(fields['blockNumber']);
	const written = logs(fields['logs']);
	return status === undefined || number === undefined || written === undefined
		? undefined
		: { isReverted: status === 0n, block: number, logs: written };
};

// What refusals say

/** The names of everything that either contract can refuse with. */
const ERRORS_ABI: Abi = [...channelsAbi, ...testDollarAbi].filter(({ type }) => type === 'error');

/** No connection, no answer in time: unreachable. All else was an answer. */
const failureOf = (error: unknown): Failed => {
	const data = revertDataOf(error);
	if (data !== undefined) return refused(reasonOf(data));
	if (!(error instanceof BaseError)) return unreachable(String(error));
	const isTransport = error.walk(
		(cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError
	);
	if (isTransport) return unreachable(error.shortMessage);
	const reason = error.details || error.shortMessage;
	return /nonce too low|replacement/i.test(reason) ? err({ type: 'NumberTaken' }) : refused(reason);
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
