/**
 * The local chain: anvil, with a guardian around it.
 *
 *   node scripts/anvil.ts --port 7745 --state .tributary/chain.json
 *
 * Anvil is a foreign program: it does not watch its parent and it writes its state file in place.
 * The guardian gives it both. It ends anvil with itself, so that anvil can save; it keeps the last
 * state that reads as whole JSON beside the file, and puts it back if a crash has cut the file
 * short; and it ends an anvil that a crash of an earlier guardian has left behind on the same state.
 *
 * Prints `{"ready":true,"rpcUrl":…}` once the chain answers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CHAIN_ID } from './chain-id.ts';

const SAVE_EVERY_SECONDS = 1;
const BACKUP_EVERY_MS = 15_000;
const READY_WITHIN_MS = 20_000;

const { values } = parseArgs({ options: { port: { type: 'string' }, state: { type: 'string' } } });
const { port, state } = values;
if (port === undefined || state === undefined) throw new Error('Usage: anvil.ts --port PORT --state FILE');

const backup = `${state}.last-good`;
const pidFile = `${state}.pid`;

await endLeftover();
restoreState();
const anvil = spawn(
	anvilBinary(),
	[
		...['--host', '127.0.0.1', '--port', port, '--chain-id', String(CHAIN_ID), '--optimism', '--silent'],
		...['--state', state, '--state-interval', String(SAVE_EVERY_SECONDS)]
	],
	{ stdio: ['ignore', 'inherit', 'inherit'] }
);
writeFileSync(pidFile, String(anvil.pid));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
	process.on(signal, () => anvil.kill('SIGTERM'));
anvil.once('error', (error) => {
	console.error(error.message);
	process.exit(1);
});
anvil.once('exit', (code) => {
	rmSync(pidFile, { force: true });
	backUp();
	process.exit(code ?? 1);
});
setInterval(backUp, BACKUP_EVERY_MS).unref();

const rpcUrl = `http://127.0.0.1:${port}`;
await untilItAnswers(rpcUrl, anvil);
console.log(JSON.stringify({ ready: true, rpcUrl, chainId: CHAIN_ID }));

/** Anvil's own program inside its platform package: the package's launcher would be one process more. */
function anvilBinary(): string {
	const os = process.platform;
	const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
	const require = createRequire(import.meta.url);
	// The platform packages are dependencies of the launcher, so they are looked for from there.
	const launcher = createRequire(require.resolve('@foundry-rs/anvil/package.json'));
	return launcher.resolve(`@foundry-rs/anvil-${os}-${cpu}/bin/anvil${os === 'win32' ? '.exe' : ''}`);
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
	const deadline = Date.now() + READY_WITHIN_MS;
	const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] });
	while (Date.now() < deadline && child.exitCode === null) {
		try {
			const response = await fetch(url, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body
			});
			const { result } = (await response.json()) as { result?: string };
			if (Number(result) === CHAIN_ID) return;
			throw new Error(`Port ${port} answers for chain ${result}, not ${CHAIN_ID}`);
		} catch (error) {
			if (error instanceof TypeError) await sleep(25);
			else throw error;
		}
	}
	throw new Error(`Anvil did not answer on ${url}`);
}

/** The chain's state as saved, or the last whole one if the file was cut short. */
function restoreState(): void {
	if (state === undefined || !existsSync(state)) return;
	if (!isWhole(state)) {
		console.error(`${state} is damaged`);
		if (existsSync(backup)) copyFileSync(backup, state);
		else renameSync(state, `${state}.damaged`);
	}
	if (existsSync(state)) keepFirstBeginning(state);
}

/**
 * Anvil makes a first block at every start and saves it beside the one it then reads. From the second start on it has
 * several to choose from, and may take the chain for another.
 */
function keepFirstBeginning(file: string): void {
	interface Saved {
		blocks?: { header: { number: string; timestamp: string } }[];
	}
	const saved = JSON.parse(readFileSync(file, 'utf8')) as Saved;
	const first = saved.blocks
		?.filter(({ header }) => Number(header.number) === 0)
		.toSorted((a, b) => Number(a.header.timestamp) - Number(b.header.timestamp))[0];
	if (saved.blocks === undefined || first === undefined) return;
	const kept = saved.blocks.filter((block) => block === first || Number(block.header.number) > 0);
	if (kept.length === saved.blocks.length) return;
	writeFileSync(`${file}.new`, JSON.stringify({ ...saved, blocks: kept }));
	renameSync(`${file}.new`, file);
}

let backedUpMs = 0;
function backUp(): void {
	if (state === undefined || !existsSync(state)) return;
	const changedMs = statSync(state).mtimeMs;
	if (changedMs === backedUpMs) return;
	const copy = `${backup}.new`;
	copyFileSync(state, copy);
	if (isWhole(copy)) {
		renameSync(copy, backup);
		backedUpMs = changedMs;
	}
}

function isWhole(file: string): boolean {
	try {
		JSON.parse(readFileSync(file, 'utf8'));
		return true;
	} catch {
		return false;
	}
}

/** Two anvils on one state file would overwrite each other's blocks. */
async function endLeftover(): Promise<void> {
	if (!existsSync(pidFile)) return;
	const pid = Number(readFileSync(pidFile, 'utf8'));
	if (!isAnvil(pid)) return;
	process.kill(pid, 'SIGTERM');
	for (let tries = 0; tries < 100 && isAnvil(pid); tries += 1) await sleep(50);
}

/** Process ids are used again: only a process that is called anvil is taken for the one left behind. */
function isAnvil(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return process.platform !== 'linux' || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'anvil';
	} catch {
		return false;
	}
}
