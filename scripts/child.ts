/**
 * A supervised child process: started, waited for until it says it is ready, ended in good order.
 *
 * Children run in a process group of their own, so that Ctrl-C in a terminal reaches the supervisor
 * alone and it decides the order in which they end. That none outlives a killed supervisor is the
 * work of watch-parent.ts, which every child loads first.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ENGINE_OPTIONS } from '../server/akash-peer/engine.ts';

const WATCH_PARENT = new URL('./watch-parent.ts', import.meta.url).href;
/** What every child is started with; the engine as a node wants it (server/akash-peer/engine.ts). */
const NODE_OPTIONS = [...ENGINE_OPTIONS, '--disable-warning=ExperimentalWarning', '--import', WATCH_PARENT];
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

export interface ChildOptions {
	name: string;
	/** A TypeScript file, relative to the project, and its arguments. */
	command: readonly string[];
	/** Where everything but the ready line goes. */
	logFile: string;
	readyWithinMs: number;
	/** Told once if the process ends without having been asked to. */
	onUnexpectedEnd?: (how: string) => void;
}

export interface Child<Ready> {
	readonly ready: Ready;
	readonly pid: number;
	/** Asks it to end, insists after `graceMs`, resolves when it is gone. Twice is as good as once. */
	stop(graceMs?: number): Promise<void>;
	/** Ends it without asking, as a crash would. */
	kill(): Promise<void>;
}

/**
 * Starts a child and resolves with the JSON line that has `"ready": true`.
 *
 * @throws Error with the end of the child's log if it ends, or stays silent, before it is ready
 */
export async function startChild<Ready>(options: ChildOptions): Promise<Child<Ready>> {
	const log = openSync(options.logFile, 'a');
	const child = spawn(process.execPath, [...NODE_OPTIONS, ...options.command], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', log],
		detached: process.platform !== 'win32'
	});
	closeSync(log);
	const ended = new Promise<string>((resolve) => {
		child.once('error', (error) => resolve(error.message));
		child.once('exit', (code, signal) => {
			// What it started itself may have outlived it.
			signalGroup(child, 'SIGTERM');
			resolve(signal ?? `code ${code}`);
		});
	});
	let isAsked = false;
	const end = async (signal: NodeJS.Signals, graceMs: number) => {
		isAsked = true;
		signalGroup(child, signal);
		const insist = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
		await ended;
		clearTimeout(insist);
		await groupGone(child);
	};
	try {
		const ready = await readyLine<Ready>(child, options, ended);
		void ended.then((how) => {
			if (!isAsked) options.onUnexpectedEnd?.(how);
		});
		return {
			ready,
			pid: child.pid ?? 0,
			stop: (graceMs = 4_000) => end('SIGTERM', graceMs),
			kill: () => end('SIGKILL', 0)
		};
	} catch (error) {
		await end('SIGKILL', 0);
		throw error;
	}
}

async function readyLine<Ready>(
	child: ChildProcess,
	options: ChildOptions,
	ended: Promise<string>
): Promise<Ready> {
	const stdout = child.stdout;
	if (stdout === null) throw new Error(`${options.name} has no output`);
	let patience: NodeJS.Timeout | undefined;
	const silent = new Promise<never>((_, reject) => {
		patience = setTimeout(() => {
			reject(
				new Error(
					`${options.name} was not ready within ${options.readyWithinMs / 1000} s${logTail(options.logFile)}`
				)
			);
		}, options.readyWithinMs);
	});
	const gone = ended.then((how): never => {
		throw new Error(`${options.name} ended before it was ready (${how})${logTail(options.logFile)}`);
	});
	const ready = new Promise<Ready>((resolve) => {
		createInterface({ input: stdout }).on('line', (line) => {
			const value = parseReady(line);
			if (value !== undefined) resolve(value as Ready);
			else appendFileSync(options.logFile, `${line}\n`);
		});
	});
	// One of the three wins; a later end of the process must not count as an unhandled failure.
	gone.catch(() => {});
	silent.catch(() => {});
	try {
		return await Promise.race([ready, gone, silent]);
	} finally {
		clearTimeout(patience);
	}
}

function parseReady(line: string): unknown {
	if (!line.startsWith('{')) return undefined;
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === 'object' && value !== null && 'ready' in value && value.ready === true
			? value
			: undefined;
	} catch {
		return undefined;
	}
}

/** Runs a program that answers with one line of JSON and ends. */
export async function runForJson<Answer>(
	name: string,
	command: readonly string[],
	logFile: string
): Promise<Answer> {
	const log = openSync(logFile, 'a');
	const child = spawn(process.execPath, [...NODE_OPTIONS, ...command], {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', log]
	});
	closeSync(log);
	let output = '';
	child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	const line = output
		.split('\n')
		.reverse()
		.find((text) => text.startsWith('{'));
	if (code !== 0 || line === undefined) throw new Error(`${name} ended with ${code}${logTail(logFile)}`);
	return JSON.parse(line) as Answer;
}

/** The child is gone; what it had started in its group (the chain behind its guardian) goes a moment later. */
async function groupGone(child: ChildProcess, withinMs = 2_000): Promise<void> {
	const deadline = Date.now() + withinMs;
	while (child.pid !== undefined && Date.now() < deadline) {
		try {
			process.kill(process.platform === 'win32' ? child.pid : -child.pid, 0);
		} catch {
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
	} catch {
		// It is gone already.
	}
}

function logTail(logFile: string): string {
	if (!existsSync(logFile)) return '';
	const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15);
	return `. The end of ${logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
