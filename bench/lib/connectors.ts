/** The two connectors of the forwarding benchmark, each a process of its own with the same two accounts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ENGINE_OPTIONS } from '../../server/akash-peer/engine.ts';
import { createEnds, openAccount, type Ends, type Workload } from './btp-ends.ts';

export interface MeasuredConnector {
	readonly ends: Ends;
	/** Processor time it has used, all threads, in microseconds. */
	usage(): Promise<number>;
	/** Throws unless both accounts hold what was paid and nothing is under way. */
	checkBooks(): Promise<void>;
	stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPORT_USAGE = new URL('./report-usage.ts', import.meta.url).href;
const NAMES = ['left', 'right'] as const;
const tokenOf = (name: string): string => `token-of-${name}`;

type Line = Readonly<Record<string, string>>;

/** A program of this project; `line` resolves with the JSON line that begins with the key. */
const start = (
	command: readonly string[],
	nodeOptions: readonly string[]
): { readonly child: ChildProcess; readonly line: (key: string) => Promise<Line> } => {
	const child = spawn(process.execPath, [...nodeOptions, '--import', REPORT_USAGE, ...command], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
		env: { ...process.env, DEBUG: 'ilp*error*' }
	});
	const lines = child.stdout && createInterface(child.stdout);
	return {
		child,
		line: (key) =>
			new Promise((resolve, reject) => {
				child.once('exit', (code) => reject(new Error(`${command[0]} ended with ${code}`)));
				lines?.on('line', (line) => {
					if (line.startsWith(`{"${key}"`)) resolve(JSON.parse(line) as Line);
				});
			})
	};
};

const measured = (
	child: ChildProcess,
	ends: Ends,
	balances: () => Promise<{ readonly left: bigint; readonly right: bigint }>
): MeasuredConnector => ({
	ends,
	usage: () =>
		new Promise((resolve) => {
			child.once('message', (message) => {
				const { user, system } = message as NodeJS.CpuUsage;
				resolve(user + system);
			});
			child.send('usage');
		}),
	checkBooks: async () => {
		const { left, right } = await balances();
		if (left !== ends.paid() || right !== -ends.paid())
			throw new Error(`the books say ${left} and ${right}, paid were ${ends.paid()}`);
	},
	stop: async () => {
		await ends.close();
		const ended = new Promise((resolve) => child.once('exit', resolve));
		child.kill('SIGTERM');
		await ended;
	}
});

/** An ordinary node from a config file; its database is a file, and every commit is synced. */
export const startOurs = async (
	folder: string,
	workload: Omit<Workload, 'destination'>,
	nodeOptions: readonly string[]
): Promise<MeasuredConnector> => {
	mkdirSync(folder, { recursive: true });
	const file = join(folder, 'node.json');
	const config = {
		name: 'hop',
		about: 'Forwards.',
		dataDir: join(folder, 'data'),
		network: 'test',
		listen: { host: '127.0.0.1', port: 0, btpPath: '/btp' },
		accounts: NAMES.map((name) => ({
			name,
			role: 'child',
			maxBalance: '1000000000000000',
			freeBytesPerSecond: 2 ** 30,
			btp: { token: tokenOf(name) }
		}))
	};
	writeFileSync(file, JSON.stringify(config));
	const { child, line } = start(
		['server/akash-peer/main.ts', '--config', file],
		[...ENGINE_OPTIONS, ...nodeOptions]
	);
	const ready = await line('ready');
	const open = (name: string) => openAccount(ready['btp'] ?? '', name, tokenOf(name));
	const ends = createEnds(await open('left'), await open('right'), {
		...workload,
		destination: `${ready['address']}.right`
	});
	return measured(child, ends, async () => {
		const status = (await (await fetch(`${ready['http']}/status`)).json()) as {
			readonly balances: Record<string, string>;
			readonly audit: { readonly sum: string; readonly differences: number };
			readonly links: readonly Record<'audit' | 'pendingIn' | 'pendingOut', string>[];
		};
		if (status.audit.sum !== '0' || status.audit.differences !== 0)
			throw new Error('our ledger does not add up');
		if (status.links.some((link) => link.audit !== '0' || link.pendingIn !== '0' || link.pendingOut !== '0'))
			throw new Error('our accounts do not agree with the ledger');
		const of = (name: string): bigint => BigInt(status.balances[`link/ilp:${name}`] ?? 0);
		return { left: of('left'), right: of('right') };
	});
};

const freePort = (): Promise<number> =>
	new Promise((resolve) => {
		const server = createServer();
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});

/** `ilp-connector` (reference-connector.ts); it keeps nothing on disk. */
export const startReference = async (
	workload: Omit<Workload, 'destination'>,
	nodeOptions: readonly string[]
): Promise<MeasuredConnector> => {
	const [left, right, admin] = [await freePort(), await freePort(), await freePort()];
	const command = ['bench/lib/reference-connector.ts', String(left), String(right), String(admin)];
	const { child, line } = start(command, nodeOptions);
	const connected = line('connected');
	await line('ready');
	const open = (name: string, port: number) => openAccount(`ws://127.0.0.1:${port}`, name, tokenOf(name));
	const ends = createEnds(await open('left', left), await open('right', right), {
		...workload,
		destination: 'test.hop.right'
	});
	await connected;
	return measured(child, ends, async () => {
		const answer = await fetch(`http://127.0.0.1:${admin}/balance`);
		const { accounts } = (await answer.json()) as { accounts: Record<string, { balance: string }> };
		const of = (name: string): bigint => BigInt(accounts[name]?.balance ?? 0);
		return { left: of('left'), right: of('right') };
	});
};

/** Frames passed on as they came (bare-relay.ts): less than any connector does. */
export const startRelay = async (
	workload: Omit<Workload, 'destination'>,
	nodeOptions: readonly string[]
): Promise<MeasuredConnector> => {
	const { child, line } = start(['bench/lib/bare-relay.ts'], nodeOptions);
	const ready = await line('relay');
	const open = (name: string) => openAccount(ready[name] ?? '', name, tokenOf(name));
	const [left, right] = await Promise.all([open('left'), open('right')]);
	const ends = createEnds(left, right, { ...workload, destination: 'test.hop.right' });
	// It has no books; the ends saw that all money arrived.
	return measured(child, ends, () => Promise.resolve({ left: ends.paid(), right: -ends.paid() }));
};
