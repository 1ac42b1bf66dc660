/**
 * A whole network in one process: peers from `createPeer`, unchanged, on a simulated clock, network,
 * chain and crypto, and real SQLite in memory.
 *
 * ```
 *   reader (guest) ──┐
 *                    hub ── bob ── carol        a BTP link and a channel each way on every ──
 *   second (guest) ──┘
 * ```
 *
 * A run is a function of its seed: the same seed ends in the same state to the last byte, in Node and
 * in a browser. What a host may do to a peer can be done here on purpose: break its connections, end
 * it between two commits and start it again on the same database, take its chain away.
 */
import { decodeFunctionData, hashTypedData } from 'viem/utils';
import type { Budgets } from '../budgets.ts';
import { fromHex, toHex0x, type Hex } from '../bytes.ts';
import type { WalletTransaction } from '../api.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { ownAddress } from '../ilp/own-address.ts';
import { createPeer, type Peer, type PeerConfig, type Platform } from '../index.ts';
import { pubkeyOf } from '../peering/keys.ts';
import type { Cancel, Clock, Socket } from '../platform.ts';
import { err, type Result } from '../result.ts';
import type { Address, ChainError, ChainPort, ChannelKey } from '../settlement/chain.ts';
import type { FundingTypedData } from '../settlement/scheme.ts';
import { channelsAbi } from '../settlement/evm/generated.ts';
import { SqlError, type SqlDriver } from '../storage/sql.ts';
import { createChainActs } from './chain-acts.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { createSimulatedChain, type SimulatedChain, type SimulatedChainPort } from './simulated-chain.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';
import { createSimulatedCrypto } from './simulated-crypto.ts';
import { createSimulatedNetwork, type MessageFate, type SimulatedNetwork } from './simulated-network.ts';
import { stateHash } from './state-hash.ts';

export interface WorldOptions {
	readonly seed: string;
	/** See {@link createSimulatedClock}. */
	readonly turn: () => Promise<void>;
	/** A new, empty database; if it syncs aside, by this clock. */
	readonly openSql: (clock: Clock) => SqlDriver | Promise<SqlDriver>;
	readonly latencyMs?: readonly [number, number];
	readonly lossPercent?: number;
	/** Messages of a thousand at which a connection breaks; may be changed later by `world.trouble`. */
	readonly breaksPerMille?: number;
	readonly crypto?: 'sync' | 'async';
	/** Events asked for in one GET. */
	readonly maxIdsPerGet?: number;
	/** Link units above which the hub pays a guest out by itself. */
	readonly payoutThreshold?: bigint;
	/** Token units that a node wants in each of its channels. */
	readonly nodeDeposit?: bigint;
	/** This node has a person who is asked, with these limits, before it locks more in channels. */
	readonly asked?: { readonly node: NodeName; readonly budgets: Partial<Budgets> };
	/** Asked at every moment at which something can fail, in order. */
	readonly fates?: Fates;
	readonly onLog?: (line: string) => void;
}

/**
 * One thing at a time may go wrong where a run meets the world outside; `undefined`: nothing does.
 * Repeatable: with the same seed the n-th moment is the same moment until something is done to it.
 */
export interface Fates {
	/** `refuse`: undone at its end, as on a full disk. The others end the program, without it or with it on the disk. */
	write(host: string): 'refuse' | 'crash before' | 'crash after' | undefined;
	/** `label` is of the socket it is sent on: the URL, or `from URL` at the listening end. */
	message(message: Uint8Array, label: string): MessageFate | undefined;
	/** `unheard`: the chain never gets it. `unanswered`: it does, and the answer is lost. */
	call(host: string, method: string): 'unheard' | 'unanswered' | undefined;
}

const NODES = ['hub', 'bob', 'carol'] as const;
export type NodeName = (typeof NODES)[number];

/** Who dials whom. */
const DIALS: Readonly<Record<NodeName, readonly NodeName[]>> = { hub: [], bob: ['hub'], carol: ['bob'] };
const NEIGHBOURS: Readonly<Record<NodeName, readonly NodeName[]>> = {
	hub: ['bob'],
	bob: ['hub', 'carol'],
	carol: ['bob']
};
export const urlOf = (name: NodeName): string => `sim://${name}/btp`;

/** What the local network of real processes uses too: 1 % a hop, 0.0002 USD a note, 20 USD a channel. */
export const FEE_PPM = 10_000n;
export const NOTE_PRICE = 200_000n;
const NODE_DEPOSIT = 20_000_000n;
export const PAYOUT_TERMS = { threshold: 1_000_000_000n, fee: 1_000_000n, delaySeconds: 60 } as const;
/** Token units that each wallet has at the beginning. */
export const WALLET_START = 100_000_000n;

const START_MS = 1_767_225_600_000; // 2026-01-01

export interface SimulatedHost {
	readonly name: string;
	readonly sql: SqlDriver;
	readonly pubkey: string;
	/** Whose on-chain money this peer's ledger tells about. */
	readonly wallet: SimulatedWallet;
	/** This host's way to the chain. */
	readonly chain: SimulatedChainPort;
	/** The one that runs; throws while none does. */
	readonly peer: Peer;
	readonly running: boolean;
	/** While on, no transaction finds room: each is undone at its end, as on a full disk. */
	setFull(full: boolean): void;
	/** Ends it between two commits, without a word to anybody. */
	crash(): void;
	/** Ends it in good order. */
	stop(): Promise<void>;
	/** Begins again on the same database. With {@link Fates} it may have ended again by then. */
	start(): Promise<void>;
}

export interface SimulatedWallet {
	readonly address: Address;
	/** Signs what a page shows its person: EIP-712 typed data. */
	sign(typedData: FundingTypedData): Uint8Array;
	/** Sends a transaction to the channel contract, as a wallet does: it knows nothing but the bytes. */
	send(transaction: WalletTransaction): Promise<void>;
}

export interface World {
	readonly clock: SimulatedClock;
	/** For the scenario's own choices. */
	readonly random: SeededRandom;
	readonly network: SimulatedNetwork;
	readonly chain: SimulatedChain;
	readonly nodes: Readonly<Record<NodeName, SimulatedHost>>;
	/** Nodes and guests. */
	hosts(): readonly SimulatedHost[];
	/** A browser profile at the hub; starts it. */
	addGuest(name: string): Promise<SimulatedHost>;
	advance(ms: number): Promise<void>;
	/** Lets time pass until the promise settles; throws after `withinMs`. */
	settle<T>(what: string, promise: Promise<T>, withinMs?: number): Promise<T>;
	/** Lets time pass until it is so; throws after `withinMs`. */
	until(what: string, isSo: () => boolean, withinMs?: number): Promise<void>;
	/** From now on so many messages of a thousand break their connection. */
	trouble(breaksPerMille: number): void;
	/** For all hosts at once; `undefined` heals. */
	chainDown(down: boolean): void;
	hash(): string;
	/** Stops every peer and closes every database. */
	close(): Promise<void>;
}

/** Of one run of one peer: when it is over, nothing the old program still holds has any effect. */
interface Life {
	alive: boolean;
	readonly sockets: Set<Socket>;
}

export const createWorld = async (options: WorldOptions): Promise<World> => {
	const random = createSeededRandom(options.seed);
	const clock = createSimulatedClock(START_MS, options.turn);
	const cryptoMode = options.crypto ?? 'async';
	let breaksPerMille = options.breaksPerMille ?? 0;
	const network = createSimulatedNetwork(clock, random.fork('network'), {
		latencyMs: options.latencyMs ?? [5, 40],
		lossPercent: options.lossPercent ?? 0,
		get breaksPerMille() {
			return breaksPerMille;
		},
		...(options.fates ? { fateOf: options.fates.message } : {})
	});
	const chain = createSimulatedChain({ clock });
	const hosts: SimulatedHost[] = [];
	const secretOf = (name: string): Uint8Array => random.fork(`secret/${name}`).bytes(32);

	const settle = async <T>(what: string, promise: Promise<T>, withinMs = 120_000): Promise<T> => {
		let done = false;
		const end = (): void => {
			done = true;
		};
		promise.then(end, end);
		if (!(await clock.runWhile(() => !done, clock.now() + withinMs)))
			throw new Error(`${what}: not within ${withinMs} ms`);
		return promise;
	};

	/** What the peers tell their persons: mostly it says why a story does not go on. */
	const waitingFor = async (): Promise<readonly string[]> => {
		const lines: string[] = [];
		for (const { name, peer } of hosts.filter(({ running }) => running)) {
			const { notices, follows } = await peer.api.state();
			for (const { error } of notices) lines.push(`${name}: ${error.type} ${error.reason ?? ''}`.trimEnd());
			for (const { pubkey, maxPrice, waiting, error } of follows)
				if (waiting.count > 0)
					lines.push(
						`${name} waits for ${waiting.count} notes of ${hosts.find((host) => host.pubkey === pubkey)?.name ?? pubkey}` +
							` that cost ${waiting.cost}; it pays up to ${maxPrice} for one${error ? `: ${error.type}` : ''}`
					);
		}
		return lines;
	};

	const until = async (what: string, isSo: () => boolean, withinMs = 120_000): Promise<void> => {
		const last = clock.now() + withinMs;
		while (!isSo()) {
			if (clock.now() >= last)
				throw new Error([`${what}: not within ${withinMs} ms`, ...(await waitingFor())].join('\n  '));
			await clock.advance(100);
		}
	};

	const walletOf = (secret: Uint8Array): SimulatedWallet => {
		const address = toHex0x(nobleCrypto.evmAddress(secret) as Uint8Array);
		const acts = createChainActs(
			chain.port(address),
			(ms) => new Promise((resolve) => void clock.after(ms, resolve))
		);
		chain.mint(address, WALLET_START);
		return {
			address,
			sign: (typedData) =>
				nobleCrypto.ecdsaSign(
					secret,
					fromHex(hashTypedData(typedData as Parameters<typeof hashTypedData>[0]).slice(2))
				) as Uint8Array,
			send: async ({ to, data }) => {
				if (to !== chain.contract) throw new Error('the wallet was asked to send to another contract');
				const { functionName, args } = decodeFunctionData({ abi: channelsAbi, data });
				const key = keyOf((args as readonly unknown[] | undefined)?.[0] as ChannelKey);
				const sent = functionName === 'requestClose' ? acts.requestClose(key) : acts.withdraw(key);
				const done = await settle(functionName, sent);
				if (!done.ok) throw new Error(`${functionName}: ${JSON.stringify(done.error)}`);
			}
		};
	};

	// ---------------------------------------------------------------- a peer's ports

	const clockOf = (life: Life): Clock => ({
		now: clock.now,
		after: (delayMs, run): Cancel =>
			life.alive
				? clock.after(delayMs, () => {
						if (life.alive) run();
					})
				: () => undefined
	});

	const socketOf = (life: Life, socket: Socket): Socket => {
		life.sockets.add(socket);
		return {
			label: socket.label,
			send: (message) => {
				if (life.alive) socket.send(message);
			},
			bufferedBytes: socket.bufferedBytes,
			close: socket.close,
			listen: ({ onMessage, onClose }) =>
				socket.listen({
					onMessage: (message) => {
						if (life.alive) onMessage(message);
					},
					onClose: () => {
						life.sockets.delete(socket);
						if (life.alive) onClose();
					}
				})
		};
	};

	/** Writes of an ended program never reach the disk. */
	const sqlOf = (
		name: string,
		life: Life,
		sql: SqlDriver,
		isFull: () => boolean,
		end: () => void
	): SqlDriver => {
		const ended = (): SqlError => new SqlError('closed', 'this program has ended');
		const full = (): SqlError => new SqlError('full', 'the simulated disk is full');
		const checked = (): SqlDriver => {
			if (!life.alive) throw ended();
			return sql;
		};
		let depth = 0;
		/** One write to the disk: a transaction, or a statement outside of one. */
		const written = <T>(write: () => T): T => {
			if (depth > 0) return write();
			const fate = options.fates?.write(name);
			if (fate === 'crash before') {
				end();
				throw ended();
			}
			depth += 1;
			try {
				const answer = sql.transaction(() => {
					const value = write();
					if (isFull() || fate === 'refuse') throw full();
					return value;
				});
				if (fate !== 'crash after') return answer;
			} finally {
				depth -= 1;
			}
			end();
			throw ended();
		};
		const { durable } = sql;
		/** An ended program never hears of it. */
		const synced = (): Promise<void> =>
			new Promise((resolve, reject) => {
				if (life.alive)
					durable?.().then(() => {
						if (life.alive) resolve();
					}, reject);
			});
		return {
			...(durable ? { durable: synced } : {}),
			all: (text, parameters) => checked().all(text, parameters),
			run: (text, parameters) => written(() => checked().run(text, parameters)),
			script: (text) => checked().script(text),
			transaction: (work) => written(() => checked().transaction(work)),
			current: () => checked().current(),
			size: () => checked().size(),
			close: () => undefined
		};
	};

	/** What an ended program asked for may still happen; it never hears of it, and asks nothing more. */
	const chainOf = (name: string, life: Life, port: SimulatedChainPort): ChainPort => {
		const asked =
			<A extends readonly unknown[], T>(
				method: string,
				ask: (...inputs: A) => Promise<Result<T, ChainError>>
			) =>
			(...inputs: A): Promise<Result<T, ChainError>> =>
				new Promise((resolve, reject) => {
					if (!life.alive) return;
					const fate = options.fates?.call(name, method);
					const lost = err({ type: 'ChainUnreachable', reason: 'no answer' } as const);
					const heard = fate === 'unheard' ? Promise.resolve(lost) : ask(...inputs);
					heard.then(
						(answer) => {
							if (life.alive) resolve(fate === undefined ? answer : lost);
						},
						(error: unknown) => reject(error instanceof Error ? error : new Error(String(error)))
					);
				});
		return {
			chainId: port.chainId,
			contract: port.contract,
			token: port.token,
			tokenScale: port.tokenScale,
			account: port.account,
			genesisHash: asked('genesisHash', port.genesisHash),
			head: asked('head', port.head),
			channel: asked('channel', port.channel),
			channels: asked('channels', port.channels),
			tokenBalance: asked('tokenBalance', port.tokenBalance),
			nonce: asked('nonce', port.nonce),
			tokenDomain: asked('tokenDomain', port.tokenDomain),
			redeemCost: asked('redeemCost', port.redeemCost),
			prepare: asked('prepare', port.prepare),
			outbid: asked('outbid', port.outbid),
			broadcast: asked('broadcast', port.broadcast),
			fate: asked('fate', port.fate),
			history: asked('history', port.history),
			payments: asked('payments', port.payments),
			watch: (ids, from, onReport) =>
				port.watch(
					() => (life.alive ? ids() : []),
					from,
					(report) => {
						if (life.alive) onReport(report);
					}
				)
		};
	};

	const addHost = async (
		name: string,
		config: PeerConfig,
		wallet: SimulatedWallet,
		port: SimulatedChainPort,
		pubkey: string,
		url: string | undefined
	): Promise<SimulatedHost> => {
		const sql = await options.openSql(clock);
		let life: Life | undefined;
		let peer: Peer | undefined;
		let unlisten: Cancel = () => undefined;
		let lives = 0;
		let full = false;

		const end = (): void => {
			if (life) {
				life.alive = false;
				for (const socket of [...life.sockets]) socket.close();
			}
			unlisten();
			life = undefined;
			peer = undefined;
		};

		const host: SimulatedHost = {
			name,
			sql,
			pubkey,
			wallet,
			chain: port,
			get peer() {
				if (!peer) throw new Error(`${name} is not running`);
				return peer;
			},
			get running() {
				return peer !== undefined;
			},
			setFull: (next) => {
				full = next;
			},
			crash: end,
			stop: async () => {
				if (peer) await settle(`stopping ${name}`, peer.api.stop());
				end();
			},
			start: async () => {
				if (life) throw new Error(`${name} is running`);
				lives += 1;
				const mine: Life = { alive: true, sockets: new Set() };
				life = mine;
				const ownClock = clockOf(mine);
				const ownRandom = random.fork(`${name}/${lives}`);
				const platform: Platform = {
					clock: ownClock,
					random: ownRandom,
					crypto: createSimulatedCrypto({
						clock: ownClock,
						random: ownRandom.fork('crypto'),
						mode: cryptoMode
					}),
					sql: sqlOf(name, mine, sql, () => full, end),
					dial: async (address) => {
						const dialled = await network.dial(address);
						if (!dialled.ok) return dialled;
						if (!mine.alive) dialled.value.close();
						return { ok: true, value: socketOf(mine, dialled.value) };
					},
					chain: chainOf(name, mine, port),
					log: (level, what, details) => {
						if (mine.alive)
							options.onLog?.(
								`${clock.now() - START_MS} ${name} ${level}: ${what} ${details ? JSON.stringify(details, plain) : ''}`
							);
					}
				};
				let made: Peer;
				try {
					made = await settle(`making ${name}`, createPeer(platform, config));
				} catch (error) {
					end();
					// A program that could not write when it began has ended like any other.
					if (options.fates !== undefined && error instanceof SqlError) return;
					throw error;
				}
				peer = made;
				if (url !== undefined)
					unlisten = network.listen(url, (socket) => made.accept(socketOf(mine, socket), url));
				made.start();
			}
		};
		hosts.push(host);
		await host.start();
		return host;
	};

	// ---------------------------------------------------------------- who is there

	const common = {
		network: 'test',
		neighbours: [],
		routes: [],
		deposits: [],
		rpcUrl: 'sim://chain',
		storageKind: 'memory'
	} as const;
	const people = new Map<NodeName, { readonly pubkey: string; readonly address: string }>();
	for (const name of NODES) {
		const pubkey = await pubkeyOf(nobleCrypto, secretOf(name));
		people.set(name, { pubkey, address: await ownAddress(nobleCrypto, 'test', pubkey) });
	}
	const person = (name: NodeName): { readonly pubkey: string; readonly address: string } => {
		const found = people.get(name);
		if (!found) throw new Error(name);
		return found;
	};

	/** From each node to each other: the neighbour that is next, and how many links it is. */
	const routesOf = (name: NodeName): PeerConfig['routes'] => {
		const at = NODES.indexOf(name);
		return NODES.filter((to) => to !== name).map((to) => {
			const distance = NODES.indexOf(to) - at;
			const via = NODES[at + Math.sign(distance)] ?? to;
			return { prefix: person(to).address, via: person(via).pubkey, links: Math.abs(distance) };
		});
	};

	const addNode = (name: NodeName): Promise<SimulatedHost> => {
		const payeeSecret = secretOf(`${name}/account`);
		const wallet = walletOf(payeeSecret);
		return addHost(
			name,
			{
				...common,
				address: 'own',
				uplinks: DIALS[name].map((to) => ({ url: urlOf(to), owner: person(to).pubkey, role: 'peer' })),
				neighbours: NEIGHBOURS[name].map((to) => person(to).pubkey),
				acceptGuests: name === 'hub',
				routes: routesOf(name),
				deposits: NEIGHBOURS[name].map((to) => ({
					owner: person(to).pubkey,
					amount: options.nodeDeposit ?? NODE_DEPOSIT
				})),
				feePpm: FEE_PPM,
				price: NOTE_PRICE,
				keepsAnnouncements: true,
				payoutTerms:
					name === 'hub'
						? { ...PAYOUT_TERMS, threshold: options.payoutThreshold ?? PAYOUT_TERMS.threshold }
						: undefined,
				payeeSecret,
				...(options.asked?.node === name ? { asksPerson: true, budgets: options.asked.budgets } : {}),
				nostrSecret: secretOf(name),
				profile: { name }
			},
			wallet,
			chain.port(wallet.address),
			person(name).pubkey,
			urlOf(name)
		);
	};

	const addGuest = async (name: string): Promise<SimulatedHost> => {
		const nostrSecret = secretOf(name);
		return addHost(
			name,
			{
				...common,
				address: 'child',
				uplinks: [{ url: urlOf('hub'), owner: person('hub').pubkey, role: 'parent' }],
				acceptGuests: false,
				feePpm: 0n,
				price: NOTE_PRICE,
				keepsAnnouncements: false,
				payoutTerms: undefined,
				payeeSecret: undefined,
				nostrSecret,
				...(options.maxIdsPerGet === undefined ? {} : { maxIdsPerGet: options.maxIdsPerGet })
			},
			walletOf(secretOf(`${name}/wallet`)),
			chain.port(),
			await pubkeyOf(nobleCrypto, nostrSecret),
			undefined
		);
	};

	const nodes = { hub: await addNode('hub'), bob: await addNode('bob'), carol: await addNode('carol') };

	return {
		clock,
		random: random.fork('scenario'),
		network,
		chain,
		nodes,
		hosts: () => hosts,
		addGuest,
		advance: clock.advance,
		settle,
		until,
		trouble: (next) => {
			breaksPerMille = next;
		},
		chainDown: (down) => {
			for (const host of hosts) host.chain.setFault(down ? { type: 'down' } : undefined);
		},
		hash: () =>
			stateHash({ databases: hosts.map(({ name, sql }) => ({ name, sql })), chain: chain.snapshot() }),
		close: async () => {
			for (const host of hosts) {
				if (host.running) await host.stop();
				host.sql.close();
			}
		}
	};
};

/** A key as it came out of a transaction's data: addresses there have capitals as a checksum. */
const keyOf = (key: ChannelKey): ChannelKey => {
	const lower = (address: Hex): Hex => address.toLowerCase() as Hex;
	return {
		...key,
		payer: lower(key.payer),
		payee: lower(key.payee),
		token: lower(key.token),
		signer: lower(key.signer),
		salt: lower(key.salt)
	};
};

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);
