/** What process tests need beside the network: a reader without a browser, and a look into any node. */
import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, http, type Hex } from 'viem';
import { readContract } from 'viem/actions';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { startChild } from '../../scripts/child.ts';
import { fundWallets } from '../../scripts/local-chain.ts';
import type { LocalNetwork, NodeReady } from '../../scripts/network.ts';
import { testDollarAbi } from '../../src/lib/peer/settlement/evm/generated.ts';

/** GET /status as JSON writes it: bigints are decimal text. */
export interface NodeStatus {
	readonly pubkey: string;
	readonly device: string;
	readonly wallet: Hex;
	readonly links: readonly {
		readonly peer: string;
		readonly owner: string;
		readonly role: string;
		readonly balance: string;
		readonly audit: string;
		readonly pendingIn: string;
		readonly pendingOut: string;
	}[];
	readonly channels: readonly {
		readonly id: Hex;
		readonly epoch: number;
		readonly direction: 'in' | 'out';
		readonly status: string;
		readonly deposited: string;
		readonly claimed: string;
		readonly settled: string;
	}[];
	readonly balances: Readonly<Record<string, string>>;
	readonly audit: { readonly sum: string; readonly differences: number };
	readonly packets: Readonly<Record<string, number>>;
	readonly traffic: { readonly in: number; readonly out: number };
	readonly events: number;
}

export interface ReaderNode extends NodeReady {
	readonly wallet: Hex;
	/** Of the run that runs now. */
	readonly pid: number;
	stop(): Promise<void>;
	kill(): Promise<void>;
	/** Again, on the same files. */
	start(): Promise<void>;
}

export const statusOf = async (nodeUrl: string): Promise<NodeStatus> =>
	(await fetch(`${nodeUrl}/status`)).json() as Promise<NodeStatus>;

export const control = async <Answer = unknown>(
	nodeUrl: string,
	path: string,
	body: unknown = {}
): Promise<Answer> => {
	const answer = await fetch(`${nodeUrl}/control/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body)
	});
	if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
	return answer.json() as Promise<Answer>;
};

/** Tries until `look` stops throwing; the last failure is the test's. */
export const eventually = async <T>(look: () => Promise<T>, withinMs = 60_000): Promise<T> => {
	const deadline = Date.now() + withinMs;
	for (;;) {
		try {
			return await look();
		} catch (error) {
			if (Date.now() > deadline) throw error;
			await new Promise((resolve) => setTimeout(resolve, 200));
		}
	}
};

export const tokenBalanceOf = (network: LocalNetwork, owner: Hex): Promise<bigint> =>
	readContract(createClient({ transport: http(network.chain.rpcUrl) }), {
		address: network.chain.token,
		abi: testDollarAbi,
		functionName: 'balanceOf',
		args: [owner]
	});

/** A node that only reads: a child of the hub with an on-chain account of its own. `also`: further entries of its config. */
export const startReader = async (
	network: LocalNetwork,
	folder: string,
	name = 'reader',
	deposit = '2000000',
	also: Readonly<Record<string, unknown>> = {}
): Promise<ReaderNode> => {
	const { hub } = network.nodes;
	const privateKey = generatePrivateKey();
	const wallet = privateKeyToAddress(privateKey);
	await fundWallets(network.chain.rpcUrl, network.chain.token, [wallet]);
	const dataDir = join(folder, name);
	mkdirSync(dataDir, { recursive: true });
	const file = join(folder, `${name}.json`);
	const config = (port: number) => ({
		name,
		about: 'Reads.',
		dataDir,
		network: 'test',
		address: 'child',
		listen: { host: '127.0.0.1', port, btpPath: '/btp' },
		acceptGuests: false,
		chain: {
			rpcUrl: network.chain.rpcUrl,
			chainId: network.chain.id,
			contract: network.chain.contract,
			token: network.chain.token,
			tokenScale: 6,
			privateKey
		},
		feePpm: '0',
		price: '200000',
		notes: { facts: false },
		control: true,
		links: [{ url: hub.btp, pubkey: hub.pubkey, kind: 'parent', deposit }],
		peers: [],
		routes: [],
		...also
	});
	const writeConfig = (port: number): void => writeFileSync(file, JSON.stringify(config(port)));
	writeConfig(0);
	const begin = () =>
		startChild<NodeReady>({
			name,
			command: [network.program, '--config', file],
			logFile: join(folder, `${name}.log`),
			readyWithinMs: 30_000
		});
	let child = await begin();
	const { ready } = child;
	// A later run listens on the port of the first.
	const { port } = new URL(ready.http);
	return {
		...ready,
		wallet,
		get pid() {
			return child.pid;
		},
		stop: () => child.stop(),
		kill: () => child.kill(),
		start: async () => {
			writeConfig(Number(port));
			child = await begin();
		}
	};
};
