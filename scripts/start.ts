/**
 * `npm start`: the whole local network, until Ctrl-C.
 *
 *   npm start                what was here goes on
 *   npm start -- --fresh     a new chain, new nodes
 *   npm start -- --state DIR --free-ports    beside another one
 */
import './watch-parent.ts';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { APP_DIR, buildApp } from './build-app.ts';
import { ROOT } from './child.ts';
import { startNetwork, type LocalNetwork } from './network.ts';
import { readOptions } from './options.ts';

const options = readOptions({
	fresh: false,
	state: join(ROOT, '.tributary'),
	'free-ports': false,
	control: false
});
const stateDir = resolve(options.state);
const ownerFile = join(stateDir, 'network.pid');

let network: LocalNetwork | undefined;
let starting: Promise<LocalNetwork> | undefined;
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end());

try {
	takeState();
	stage(1, 'The app');
	say((await buildApp()) ? 'built' : 'unchanged since the last build');
	stage(2, 'Chain and nodes');
	if (!isEnding) {
		starting = startNetwork({
			stateDir,
			ports: options['free-ports'] ? 'free' : 'fixed',
			fresh: options.fresh,
			app: APP_DIR,
			control: options.control,
			onProgress: say,
			onTrouble: (line) => console.error(`! ${line}`)
		});
		network = await starting;
		console.log(`\nCtrl-C ends it. State: ${stateDir} (npm start -- --fresh begins anew)`);
		console.log(`Tributary is ready: ${network.nodes.hub.http}`);
	}
} catch (error) {
	if (!isEnding) {
		console.error(error instanceof Error ? error.message : error);
		releaseState();
		process.exit(1);
	}
}

function stage(number: number, name: string): void {
	console.log(`[${number}/2] ${name} …`);
}

function say(line: string): void {
	console.log(`  ${line}`);
}

/** Ends everything once; npm and the terminal may both pass the same Ctrl-C on. */
async function end(): Promise<void> {
	if (isEnding) return;
	isEnding = true;
	console.log('\nEnding the network …');
	// What is half started is waited for: only then is it known, and can be ended.
	await starting?.then((started) => started.stop()).catch(() => {});
	releaseState();
	process.exit(0);
}

/** One network per state folder: two would write the same chain. */
function takeState(): void {
	mkdirSync(stateDir, { recursive: true });
	const owner = readOwner();
	if (owner !== undefined && owner !== process.pid && isStart(owner)) {
		throw new Error(
			`A network runs on ${stateDir} already (process ${owner}). End it first, or give another --state.`
		);
	}
	writeFileSync(ownerFile, String(process.pid));
}

function releaseState(): void {
	if (readOwner() === process.pid) rmSync(ownerFile, { force: true });
}

function readOwner(): number | undefined {
	try {
		return Number(readFileSync(ownerFile, 'utf8')) || undefined;
	} catch {
		return undefined;
	}
}

/** Process ids are used again: on Linux it is checked that the process is one of ours. */
function isStart(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return (
			process.platform !== 'linux' ||
			readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('scripts/start.ts')
		);
	} catch {
		return false;
	}
}
