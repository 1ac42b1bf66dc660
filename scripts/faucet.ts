/**
 * Test money for whoever asks, on a local chain only: ten test dollars, minted by the token's owner,
 * and one ETH for gas from the chain's first development account.
 *
 *   scripts/n24 scripts/faucet.ts --rpc http://127.0.0.1:7745 --token 0x… --port 7746 --key 0x…
 *
 *   POST /  {"address":"0x…"}  →  200 {"token":"10000000","wei":"1000000000000000000","transactions":["0x…","0x…"]}
 *                                 400 no address · 429 had some within the hour · 502 the chain did not do it
 *
 * `--key` is the token owner's, if that is not the first development account. Prints one line of JSON when it serves. Transactions go out one after
 * another, because two at once from one account would be given the same nonce.
 */
import './watch-parent.ts';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createClient, encodeFunctionData, http, isAddress, type Address, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { getChainId, sendTransaction, waitForTransactionReceipt } from 'viem/actions';
import { testDollarAbi } from '../src/lib/peer/settlement/evm/generated.ts';
import { CHAIN_ID } from './chain-id.ts';
import { faucetAccount } from './local-chain.ts';

export interface FaucetOptions {
	readonly rpcUrl: string;
	readonly token: Address;
	/** The token owner's, if that is not the first development account. */
	readonly key?: Hex;
	/** 0 takes any free one. */
	readonly port: number;
	readonly now?: () => number;
}

export interface Faucet {
	readonly url: string;
	close(): Promise<void>;
}

const TOKEN_AMOUNT = 10_000_000n;
const WEI_AMOUNT = 10n ** 18n;
const ONCE_PER_MS = 3_600_000;
/** Bytes; an address and its braces. */
const MAX_BODY = 1_024;
/** Addresses remembered; a local network has few people. */
const MAX_REMEMBERED = 10_000;
const POLL_MS = 100;

export async function startFaucet(options: FaucetOptions): Promise<Faucet> {
	const client = createClient({ transport: http(options.rpcUrl), pollingInterval: POLL_MS });
	const chainId = await getChainId(client);
	if (chainId !== CHAIN_ID) throw new Error(`the faucet is for chain ${CHAIN_ID}, this is ${chainId}`);
	const owner = options.key === undefined ? faucetAccount : privateKeyToAccount(options.key);
	const [bank] = (await client.request({ method: 'eth_accounts' })) as Address[];
	if (bank === undefined) throw new Error('the chain has no development account to give ETH from');

	const now = options.now ?? Date.now;
	const lastGiven = new Map<string, number>();
	let queue: Promise<unknown> = Promise.resolve();

	const give = async (address: Address): Promise<Hex[]> => {
		const tokens = await sendTransaction(client, {
			account: owner,
			chain: null,
			to: options.token,
			data: encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [address, TOKEN_AMOUNT] })
		});
		const wei = await sendTransaction(client, { account: bank, chain: null, to: address, value: WEI_AMOUNT });
		for (const hash of [tokens, wei]) {
			const { status } = await waitForTransactionReceipt(client, { hash });
			if (status !== 'success') throw new Error(`${hash} was refused`);
		}
		return [tokens, wei];
	};

	const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		response.setHeader('access-control-allow-origin', '*');
		response.setHeader('access-control-allow-headers', 'content-type');
		response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
		if (request.method === 'OPTIONS') return void response.writeHead(204).end();
		if (request.method !== 'POST') return answer(response, 405, { error: 'POST {"address":"0x…"}' });
		const address = parseAddress(await readBody(request));
		if (address === undefined) return answer(response, 400, { error: 'POST {"address":"0x…"}' });
		const key = address.toLowerCase();
		const last = lastGiven.get(key);
		if (last !== undefined && now() - last < ONCE_PER_MS) {
			response.setHeader('retry-after', Math.ceil((last + ONCE_PER_MS - now()) / 1_000));
			return answer(response, 429, { error: 'this address had some within the hour' });
		}
		// At once, so that a second click while the first is under way gets nothing more.
		if (lastGiven.size >= MAX_REMEMBERED) lastGiven.clear();
		lastGiven.set(key, now());
		const given = queue.then(() => give(address));
		queue = given.catch(() => undefined);
		try {
			const transactions = await given;
			answer(response, 200, { token: TOKEN_AMOUNT.toString(), wei: WEI_AMOUNT.toString(), transactions });
		} catch (error) {
			lastGiven.delete(key);
			answer(response, 502, { error: error instanceof Error ? error.message : String(error) });
		}
	};

	const server = createServer((request, response) => {
		serve(request, response).catch(() => response.destroy());
	});
	server.listen(options.port, '127.0.0.1');
	await once(server, 'listening');
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: async () => {
			server.close();
			server.closeAllConnections();
			await queue;
		}
	};
}

function answer(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Undefined when it is too long to be a request. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
	let body = '';
	for await (const chunk of request) {
		body += String(chunk);
		if (body.length > MAX_BODY) return undefined;
	}
	return body;
}

function parseAddress(body: string | undefined): Address | undefined {
	try {
		const { address } = JSON.parse(body ?? '') as { address?: unknown };
		return typeof address === 'string' && isAddress(address, { strict: false }) ? address : undefined;
	} catch {
		return undefined;
	}
}

if (process.argv[1] === import.meta.filename) {
	const { values } = parseArgs({
		options: {
			rpc: { type: 'string' },
			token: { type: 'string' },
			port: { type: 'string', default: '0' },
			key: { type: 'string' }
		}
	});
	const { rpc, token, key } = values;
	if (rpc === undefined || token === undefined) {
		console.error('faucet.ts --rpc URL --token 0x… [--port N] [--key 0x…]');
		process.exit(2);
	}
	const faucet = await startFaucet({
		rpcUrl: rpc,
		token: token as Address,
		key: key as Hex,
		port: Number(values.port)
	});
	console.log(JSON.stringify({ ready: true, url: faucet.url }));
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => void faucet.close().then(() => process.exit(0)));
	}
}
