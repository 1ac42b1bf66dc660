/**
 * The local network: a chain with its contracts, a faucet, and the nodes hub, bob and carol.
 *
 *   browser ── hub ── bob ── carol        every ── is a BTP link with a funded channel each way
 *
 * `npm start` brings it up on fixed ports and keeps it; tests bring up their own on free ports:
 *
 *   const network = await startNetwork({ stateDir, ports: 'free' });
 *   …
 *   await network.stop();
 *
 * Everything that lasts is in one folder, because chain and nodes only make sense together: a node
 * remembers claims on channels that exist on this chain alone.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { buildNode } from './build-node.ts';
import { CHAIN_ID } from './chain-id.ts';
import { runForJson, startChild, type Child } from './child.ts';
import { deployContracts, fundWallets, type LocalContracts } from './local-chain.ts';

const NODE_NAMES = ['hub', 'bob', 'carol'] as const;
export type NodeName = (typeof NODE_NAMES)[number];

/** Where each part listens on 127.0.0.1. The app is served by the hub, so its port is the app's origin. */
const FIXED_PORTS = { hub: 7770, bob: 7771, carol: 7772, chain: 7745, faucet: 7746 } as const;
export type Ports = Record<keyof typeof FIXED_PORTS, number>;

/** Who dials whom, and what each of the two puts into its channel to the other (test dollar, millionths). */
const LINKS: readonly { from: NodeName; to: NodeName; deposit: string }[] = [
	{ from: 'bob', to: 'hub', deposit: '20000000' },
	{ from: 'carol', to: 'bob', deposit: '20000000' }
];

/** What a node takes for forwarding, in millionths of the amount. */
const FEE_PPM = '10000';
/** What a note costs its reader: 0.0002 USD in the link's unit, a billionth of a dollar. */
const NOTE_PRICE = '200000';

const ABOUT: Record<NodeName, string> = {
	hub: 'The door to this network: takes guests in, keeps their announcements, forwards their packets.',
	bob: 'Writes about the chain this network settles on. Two links from a guest of the hub.',
	carol: 'Writes about packets, fees and prices on the way to her. Three links from a guest of the hub.'
};

const NODE_READY_WITHIN_MS = 30_000;

export interface NetworkOptions {
	/** The folder of everything that lasts. Created if it is not there. */
	stateDir: string;
	/** The ports everybody knows (the next free one where one is taken), any free ones, or exactly these. */
	ports: 'fixed' | 'free' | Ports;
	/** Forget what the folder holds. */
	fresh?: boolean;
	/** The built app that the hub serves. */
	app?: string;
	/** Which nodes to bring up; a chain and a faucet are always there. */
	nodes?: readonly NodeName[];
	/** Nodes answer POST /control/*: for tests. */
	control?: boolean;
	/** What the hub tells browsers besides: another explorer, a project with a WalletConnect relay. */
	hub?: { explorer?: string; walletConnect?: { projectId: string; relayUrl?: string } };
	/** Told what is being done, in words for a person. */
	onProgress?: (line: string) => void;
	/** Told when a process ended without being asked. It is started again. */
	onTrouble?: (line: string) => void;
}

/** What a node prints when it serves. */
export interface NodeReady {
	ready: true;
	name: string;
	pubkey: string;
	address: string;
	http: string;
	btp: string;
}

/** A process of the network, for tests that take it away for a while. */
export interface NetworkProcess {
	readonly pid: number;
	/** Ends the process in good order. */
	stop(): Promise<void>;
	/** Ends it as a crash would. */
	kill(): Promise<void>;
	/** Starts it again on the same port and files. */
	start(): Promise<void>;
}

export interface NetworkNode extends NodeReady, NetworkProcess {
	/** The address of its wallet on the chain. */
	readonly wallet: `0x${string}`;
}

export interface LocalNetwork {
	readonly ports: Ports;
	readonly chain: LocalContracts & NetworkProcess & { readonly id: number; readonly rpcUrl: string };
	readonly faucetUrl: string;
	/** What its nodes run, relative to the project. */
	readonly program: string;
	readonly nodes: Readonly<Record<NodeName, NetworkNode>>;
	stop(): Promise<void>;
}

interface Identity {
	name: string;
	pubkey: string;
	address: string;
}

/**
 * Brings the network up, on what the state folder holds or anew.
 *
 * @throws Error with a sentence and the end of the log of what did not start; nothing is left running
 */
export async function startNetwork(options: NetworkOptions): Promise<LocalNetwork> {
	const stateDir = resolve(options.stateDir);
	const names = options.nodes ?? NODE_NAMES;
	const say = options.onProgress ?? (() => {});
	const stops: (() => Promise<void>)[] = [];
	const stopAll = async () => {
		for (const stop of stops.splice(0).reverse()) await stop();
	};

	if (options.fresh) forgetNetwork(stateDir);
	mkdirSync(stateDir, { recursive: true });
	const logOf = (name: string) => join(stateDir, `${name}.log`);
	for (const name of ['chain', 'faucet', ...names]) rmSync(logOf(name), { force: true });

	try {
		const ports =
			options.ports === 'free'
				? await freePorts()
				: options.ports === 'fixed'
					? await knownPorts(say)
					: options.ports;

		const program = await buildNode();
		const supervise = (name: string, start: Start) =>
			keepRunning(name, start, options.onTrouble ?? (() => {}));

		const anvil = await supervise('chain', (onUnexpectedEnd) =>
			startChild<{ rpcUrl: string }>({
				name: 'the chain',
				command: ['scripts/anvil.ts', '--port', String(ports.chain), '--state', join(stateDir, 'chain.json')],
				logFile: logOf('chain'),
				readyWithinMs: 25_000,
				onUnexpectedEnd
			})
		);
		stops.push(() => anvil.stop());
		const rpcUrl = `http://127.0.0.1:${ports.chain}`;
		const contracts = await deployContracts(rpcUrl);
		say(`chain ${CHAIN_ID} on ${rpcUrl}, channel contract ${contracts.contract}`);

		const faucet = await supervise('faucet', (onUnexpectedEnd) =>
			startChild({
				name: 'the faucet',
				command: [
					'scripts/faucet.ts',
					'--port',
					String(ports.faucet),
					'--rpc',
					rpcUrl,
					'--token',
					contracts.token
				],
				logFile: logOf('faucet'),
				readyWithinMs: 15_000,
				onUnexpectedEnd
			})
		);
		stops.push(() => faucet.stop());
		const faucetUrl = `http://127.0.0.1:${ports.faucet}`;

		const walletKeys = walletKeysIn(stateDir);
		const walletOf = (name: NodeName) => privateKeyToAddress(walletKeys[name]);
		await fundWallets(rpcUrl, contracts.token, names.map(walletOf));

		const configFileOf = (name: NodeName) => join(stateDir, `${name}.json`);
		const configOf = (name: NodeName) => ({
			name,
			about: ABOUT[name],
			dataDir: join(stateDir, name),
			network: 'test',
			address: 'own',
			listen: {
				host: '127.0.0.1',
				port: ports[name],
				btpPath: '/btp',
				...(name === 'hub' && options.app !== undefined ? { app: resolve(options.app) } : {})
			},
			acceptGuests: name === 'hub',
			chain: {
				rpcUrl,
				chainId: CHAIN_ID,
				...contracts,
				tokenScale: 6,
				privateKey: walletKeys[name],
				...(name === 'hub' ? { explorer: options.hub?.explorer } : {})
			},
			// Gas here costs a thousand times what it costs on a rollup.
			settlement: { etherPrice: '5000000000' },
			faucetUrl,
			...(name === 'hub' ? { walletConnect: options.hub?.walletConnect } : {}),
			feePpm: FEE_PPM,
			// The hub's own notes welcome newcomers, who have nothing to pay with yet.
			price: name === 'hub' ? '0' : NOTE_PRICE,
			notes: { past: name, facts: true },
			control: options.control ?? false
		});
		// A node makes its key when it first looks into its folder; routes need all keys before anybody serves.
		const identities = Object.fromEntries(
			await Promise.all(
				names.map(async (name) => {
					writeConfig(configFileOf(name), { ...configOf(name), links: [], peers: [], routes: [] });
					const command = [program, '--config', configFileOf(name), '--identity'];
					return [name, await runForJson<Identity>(name, command, logOf(name))] as const;
				})
			)
		) as Record<NodeName, Identity>;
		for (const name of names) {
			const links = LINKS.filter(({ from, to }) => from === name && names.includes(to));
			const peers = LINKS.filter(({ from, to }) => to === name && names.includes(from));
			writeConfig(configFileOf(name), {
				...configOf(name),
				links: links.map(({ to, deposit }) => ({
					url: `ws://127.0.0.1:${ports[to]}/btp`,
					pubkey: identities[to].pubkey,
					kind: 'peer',
					deposit
				})),
				peers: peers.map(({ from, deposit }) => ({ pubkey: identities[from].pubkey, kind: 'peer', deposit })),
				routes: routesOf(name, names).map(({ to, via, links: count }) => ({
					prefix: identities[to].address,
					via: identities[via].pubkey,
					links: count
				}))
			});
		}

		const nodes: Partial<Record<NodeName, NetworkNode>> = {};
		const startNode = async (name: NodeName): Promise<void> => {
			const node = await supervise(name, (onUnexpectedEnd) =>
				startChild<NodeReady>({
					name,
					command: [program, '--config', configFileOf(name)],
					logFile: logOf(name),
					readyWithinMs: NODE_READY_WITHIN_MS,
					onUnexpectedEnd
				})
			);
			stops.push(() => node.stop());
			nodes[name] = Object.assign(processOf(node), node.ready as NodeReady, { wallet: walletOf(name) });
			say(`${name} on http://127.0.0.1:${ports[name]}`);
		};
		// Whoever is there first dials the others until they are. All have started or given up before any is stopped.
		for (const started of await Promise.allSettled(names.map(startNode)))
			if (started.status === 'rejected') throw started.reason;

		return {
			ports,
			chain: Object.assign(processOf(anvil), contracts, { id: CHAIN_ID, rpcUrl }),
			faucetUrl,
			program,
			nodes: nodes as Record<NodeName, NetworkNode>,
			stop: stopAll
		};
	} catch (error) {
		await stopAll();
		throw error;
	}
}

/** Removes chain and nodes from a state folder, together, and nothing else that may be in it. */
function forgetNetwork(stateDir: string): void {
	const files = [
		'chain.json',
		'chain.json.last-good',
		'chain.json.damaged',
		'wallets.json',
		'chain.log',
		'faucet.log'
	];
	for (const file of [...files, ...NODE_NAMES.flatMap((name) => [name, `${name}.json`, `${name}.log`])]) {
		rmSync(join(stateDir, file), { recursive: true, force: true });
	}
}

interface Kept extends NetworkProcess {
	readonly ready: unknown;
}

const processOf = (kept: Kept): NetworkProcess => ({
	get pid() {
		return kept.pid;
	},
	stop: () => kept.stop(),
	kill: () => kept.kill(),
	start: () => kept.start()
});

/** Starts the process; it reports an end that nobody asked for. */
type Start = (onUnexpectedEnd: (how: string) => void) => Promise<Child<unknown>>;

const RESTART_PAUSE_MS = 1_000;

/** Starts a process and starts it again, after a pause, whenever it ends without being asked. */
async function keepRunning(name: string, start: Start, trouble: (line: string) => void): Promise<Kept> {
	let child: Child<unknown> | undefined;
	let pause: NodeJS.Timeout | undefined;
	let restarting: Promise<void> | undefined;
	let isWanted = true;
	const ended = (how: string) => {
		child = undefined;
		if (!isWanted) return;
		trouble(`${name} ended by itself (${how}) and is started again`);
		pause = setTimeout(() => {
			restarting = again();
		}, RESTART_PAUSE_MS);
	};
	const again = async () => {
		try {
			child = await start(ended);
		} catch (error) {
			trouble(error instanceof Error ? error.message : String(error));
			ended('it did not start');
		}
	};
	const end = async (how: (child: Child<unknown>) => Promise<void>) => {
		isWanted = false;
		clearTimeout(pause);
		await restarting;
		if (child !== undefined) await how(child);
		child = undefined;
	};
	child = await start(ended);
	return {
		ready: child.ready,
		get pid() {
			return child?.pid ?? 0;
		},
		async start() {
			if (child !== undefined) return;
			isWanted = true;
			child = await start(ended);
		},
		stop: () => end((running) => running.stop()),
		kill: () => end((running) => running.kill())
	};
}

/**
 * The static routes of a node: to each other node, by the neighbour that is next on the way, with the
 * number of links from here. Guests of the hub live below the hub's address and need no route of
 * their own.
 */
function routesOf(
	name: NodeName,
	names: readonly NodeName[]
): { to: NodeName; via: NodeName; links: number }[] {
	const at = NODE_NAMES.indexOf(name);
	return names
		.filter((to) => to !== name)
		.map((to) => {
			const distance = NODE_NAMES.indexOf(to) - at;
			const via = NODE_NAMES[at + Math.sign(distance)] ?? to;
			return { to, via, links: Math.abs(distance) };
		});
}

/** One chain key per node, made once and kept with the rest of the state. */
function walletKeysIn(stateDir: string): Record<NodeName, `0x${string}`> {
	const file = join(stateDir, 'wallets.json');
	try {
		return JSON.parse(readFileSync(file, 'utf8')) as Record<NodeName, `0x${string}`>;
	} catch {
		const keys = { hub: generatePrivateKey(), bob: generatePrivateKey(), carol: generatePrivateKey() };
		writeConfig(file, keys);
		return keys;
	}
}

function writeConfig(file: string, value: unknown): void {
	writeFileSync(file, `${JSON.stringify(value, null, '\t')}\n`, { mode: 0o600 });
}

/** The ports everybody knows; where one is taken, the next free one that is nobody else's. */
async function knownPorts(say: (line: string) => void): Promise<Ports> {
	const ports: Ports = { ...FIXED_PORTS };
	for (const name of Object.keys(ports) as (keyof Ports)[]) {
		const wanted = FIXED_PORTS[name];
		const others = new Set([...Object.values(FIXED_PORTS), ...Object.values(ports)]);
		others.delete(wanted);
		let port: number = wanted;
		while (others.has(port) || !(await isFree(port))) port += 1;
		ports[name] = port;
		if (port === wanted) continue;
		say(`port ${wanted} is taken by another program: ${name} uses ${port}`);
		if (name === 'hub') say('a browser keeps its data per origin: on this port it starts as a new reader');
	}
	return ports;
}

async function freePorts(): Promise<Ports> {
	const ports: Ports = { ...FIXED_PORTS };
	const servers = [];
	// All are held until all are known, so that no two are the same.
	for (const name of Object.keys(ports) as (keyof Ports)[]) {
		const server = createServer();
		await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
		const address = server.address();
		if (typeof address === 'object' && address !== null) ports[name] = address.port;
		servers.push(server);
	}
	for (const server of servers) await new Promise((done) => server.close(done));
	return ports;
}

/** Free means: nobody answers, and it can be listened on. Either alone is not enough on every system. */
async function isFree(port: number): Promise<boolean> {
	const answers = await new Promise<boolean>((done) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			done(true);
		});
		socket.once('error', () => done(false));
	});
	if (answers) return false;
	return new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});
}
