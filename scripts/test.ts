/**
 * Runs the suites of scripts/suites.ts and adds up what they counted.
 *
 *   npm test                    everything
 *   npm run test:fast           types, arrows and the core: no browser, no chain
 *   npm run test:contracts      the contracts
 *   npm run check               types, lint, arrows, format
 *   … -- --only core,browser    only these suites of the command
 *
 * The last line is `N passed, N failed`, with `, N skipped` where something was. The exit code is 0
 * only if nothing failed. A suite fails as a whole (and counts as one failure more) when it takes
 * longer than its budget, when its runner ends badly without having counted a failure, and when it
 * has no files or ran no test at all.
 */
import './watch-parent.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUDGET_SECONDS, FAST_BUDGET_SECONDS } from '../tests/budgets.ts';
import { readOptions } from './options.ts';
import { readReport, SUITES, type Counts, type Suite } from './suites.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const REPORTS = 'test-results/suites';

/** Past its budget a suite has failed already; it may go on a little so that its log says where it was. */
const OVERTIME_SECONDS = 60;
const HEARTBEAT_MS = 15_000;
const SHOWN_LOG_LINES = 150;

const options = readOptions({ fast: false, check: false, contracts: false, only: undefined });
const command = options.fast ? 'fast' : options.check ? 'check' : options.contracts ? 'contracts' : 'full';

const running = new Set<ChildProcess>();
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

process.chdir(ROOT);
process.exitCode = await main();

async function main(): Promise<number> {
	const startedMs = performance.now();
	const suites = chosenSuites();
	// A vitest run beside this one keeps its own report names apart by the process id.
	mkdirSync(join(ROOT, REPORTS), { recursive: true });

	await syncKit();
	const total: Counts = { passed: 0, failed: 0, skipped: 0 };
	for (const batch of batches(suites)) {
		for (const counts of await twoAtATime(batch)) {
			total.passed += counts.passed;
			total.failed += counts.failed;
			total.skipped += counts.skipped;
		}
		if (stopped) return 130;
	}

	const seconds = secondsSince(startedMs);
	if (command === 'fast' && options.only === undefined && seconds > FAST_BUDGET_SECONDS) {
		console.log(
			`✗ test:fast took ${seconds.toFixed(0)} s, its budget is ${FAST_BUDGET_SECONDS} s` +
				' (the first run after an install checks all types anew: run it again)'
		);
		total.failed += 1;
	}
	console.log(`\n${suites.length} suites in ${seconds.toFixed(0)} s`);
	console.log(
		`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`
	);
	return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

function chosenSuites(): Suite[] {
	const only = options.only?.split(',').map((name) => name.trim());
	const unknown = only?.filter((name) => !SUITES.some((suite) => suite.name === name));
	if (unknown && unknown.length > 0) {
		console.error(
			`No suite is called ${unknown.join(', ')}. There are: ${SUITES.map((s) => s.name).join(', ')}`
		);
		process.exit(2);
	}
	return SUITES.filter((suite) => (only ? only.includes(suite.name) : suite.in.includes(command)));
}

/** Neighbours of one group go together, everything else one by one. */
function batches(suites: readonly Suite[]): Suite[][] {
	const result: Suite[][] = [];
	for (const suite of suites) {
		const last = result.at(-1);
		if (last && suite.group !== undefined && last[0]?.group === suite.group) last.push(suite);
		else result.push([suite]);
	}
	return result;
}

/** What may take longest begins first, so that nothing long is left for the end, where it would run alone. */
async function twoAtATime(batch: readonly Suite[]): Promise<Counts[]> {
	const waiting = batch.toSorted((a, b) => BUDGET_SECONDS[b.name] - BUDGET_SECONDS[a.name]);
	const results: Counts[] = [];
	const work = async (): Promise<void> => {
		for (let suite = waiting.shift(); suite && !stopped; suite = waiting.shift()) {
			results.push(await runSuite(suite));
		}
	};
	await Promise.all([work(), work()]);
	return results;
}

/** Kit writes the half of tsconfig.json that knows the routes; tests and type checks read it. */
async function syncKit(): Promise<void> {
	const kit = spawn(process.execPath, ['node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], {
		stdio: ['ignore', 'ignore', 'inherit']
	});
	await new Promise((resolve) => kit.once('exit', resolve));
}

async function runSuite(suite: Suite): Promise<Counts> {
	const missing = suite.inputs.length > 0 && suite.inputs.every((glob) => globSync(glob).length === 0);
	if (missing) return failure(suite, `there is nothing in ${suite.inputs.join(', ')}`);

	let environment: Record<string, string> = {};
	try {
		const provided = suite.provide?.();
		if (provided && 'skip' in provided) {
			console.log(`- ${suite.name}: skipped, ${provided.skip}`);
			return { passed: 0, failed: 0, skipped: 1 };
		}
		environment = provided?.env ?? {};
	} catch (error) {
		return failure(suite, error instanceof Error ? error.message : String(error));
	}

	const slug = suite.name.replace(/[^a-z0-9]+/g, '-');
	const report = `${REPORTS}/${slug}-${process.pid}.json`;
	const log = `${REPORTS}/${slug}-${process.pid}.log`;
	rmSync(report, { force: true });
	const budget = BUDGET_SECONDS[suite.name];
	const startedMs = performance.now();
	const exit = await runToEnd(suite, {
		args: [...suite.command, ...(suite.reportArgs?.(report) ?? [])],
		env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...environment, ...suite.env?.(report) },
		log,
		timeoutMs: (budget + OVERTIME_SECONDS) * 1000
	});
	if (stopped) return { passed: 0, failed: 1, skipped: 0 };

	const seconds = secondsSince(startedMs);
	const { counts, trouble } = judge(suite, exit, report);
	if (seconds > budget) {
		trouble.push(`took ${seconds.toFixed(0)} s, its budget is ${budget} s`);
		counts.failed += 1;
	}
	const mark = counts.failed === 0 ? '✓' : '✗';
	const sum = suite.count
		? `${counts.passed} passed${counts.failed ? `, ${counts.failed} failed` : ''}${counts.skipped ? `, ${counts.skipped} skipped` : ''}`
		: counts.failed === 0
			? 'ok'
			: 'failed';
	console.log(
		`${mark} ${suite.name}: ${sum} (${seconds.toFixed(1)} s)${trouble.map((t) => `\n  ${t}`).join('')}`
	);
	if (counts.failed > 0) showLog(suite, log);
	rmSync(report, { force: true });
	rmSync(log, { force: true });
	return counts;
}

/** Turns how a runner ended, and what it reported, into counts. */
function judge(suite: Suite, exit: Exit, report: string): { counts: Counts; trouble: string[] } {
	const trouble: string[] = [];
	const isBad = exit.code !== 0;
	if (!suite.count) return { counts: { passed: isBad ? 0 : 1, failed: isBad ? 1 : 0, skipped: 0 }, trouble };
	let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
	try {
		counts = { ...suite.count(readReport(ROOT, report)) };
	} catch {
		trouble.push('left no report');
	}
	if (exit.timedOut) trouble.push('was ended: far over its budget');
	if (isBad && counts.failed === 0) {
		if (!exit.timedOut) trouble.push(`ended with ${exit.code ?? exit.signal} though no test failed`);
		counts.failed += 1;
	} else if (counts.passed + counts.failed === 0) {
		trouble.push('ran no test');
		counts.failed += 1;
	}
	return { counts, trouble };
}

function failure(suite: Suite, reason: string): Counts {
	console.log(`✗ ${suite.name}: ${reason}`);
	return { passed: 0, failed: 1, skipped: 0 };
}

interface Exit {
	code: number | null;
	signal: NodeJS.Signals | null;
	timedOut: boolean;
}

interface RunOptions {
	args: string[];
	env: NodeJS.ProcessEnv;
	log: string;
	timeoutMs: number;
}

/** Runs one runner in a process group of its own, so that ending it ends what it started. */
function runToEnd(suite: Suite, { args, env, log, timeoutMs }: RunOptions): Promise<Exit> {
	return new Promise((resolve, reject) => {
		const startedMs = performance.now();
		const child = spawn(
			process.execPath,
			['--disable-warning=ExperimentalWarning', '--import', join(ROOT, 'scripts/watch-parent.ts'), ...args],
			{ env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' }
		);
		running.add(child);
		const file = createWriteStream(log);
		let lastLine = '';
		let timedOut = false;
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on('data', (chunk: Buffer) => {
				file.write(chunk);
				lastLine = chunk.toString().trimEnd().split('\n').at(-1)?.trim() || lastLine;
			});
		}
		const heartbeat = setInterval(() => {
			console.log(`  … ${suite.name}, ${secondsSince(startedMs).toFixed(0)} s: ${lastLine.slice(0, 90)}`);
		}, HEARTBEAT_MS);
		const timeout = setTimeout(() => {
			timedOut = true;
			killGroup(child, 'SIGKILL');
		}, timeoutMs);
		child.once('error', reject);
		child.once('close', (code, signal) => {
			clearInterval(heartbeat);
			clearTimeout(timeout);
			running.delete(child);
			// What the runner left behind (a browser, a chain) goes with it.
			killGroup(child, 'SIGKILL');
			file.end(() => resolve({ code, signal, timedOut }));
		});
	});
}

function showLog(suite: Suite, log: string): void {
	if (!existsSync(log)) return;
	const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
	const shown = lines.slice(-SHOWN_LOG_LINES);
	const note = shown.length < lines.length ? ` (the last ${shown.length} of ${lines.length} lines)` : '';
	console.log(`  ── ${suite.name}${note}`);
	console.log(shown.map((line) => `  │ ${line}`).join('\n'));
	console.log('  ──');
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
	} catch {
		// The whole group is gone already.
	}
}

/** The first signal asks the runners to end; further ones change nothing. */
function stop(): void {
	if (stopped) return;
	stopped = true;
	for (const child of running) killGroup(child, 'SIGTERM');
	setTimeout(() => {
		for (const child of running) killGroup(child, 'SIGKILL');
		process.exit(130);
	}, 3_000).unref();
}

function secondsSince(startedMs: number): number {
	return (performance.now() - startedMs) / 1000;
}
