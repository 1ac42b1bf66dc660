/**
 * The list of everything `npm test` runs, in order. Adding a suite is one entry here and one budget
 * in tests/budgets.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BUDGET_SECONDS } from '../tests/budgets.ts';
import { provideBrowser } from './browsers.ts';

export type SuiteName = keyof typeof BUDGET_SECONDS;

export interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

export interface Suite {
	name: SuiteName;
	/** The commands that run it. `full` is `npm test`. */
	in: readonly ('full' | 'fast' | 'check' | 'contracts')[];
	/** Suites of one group that follow each other run two at a time; those without a group run alone. */
	group?: 'static' | 'long';
	/** Globs of the files it works on. It fails when they match nothing. */
	inputs: readonly string[];
	/** A JavaScript file and its arguments, run by this Node. */
	command: readonly string[];
	/** Extra environment, given the path where the runner shall write its JSON. */
	env?: (report: string) => Record<string, string>;
	/** Extra arguments, given that path. */
	reportArgs?: (report: string) => string[];
	/** Reads the runner's JSON. Without it the step counts as one test: it passed or it did not. */
	count?: (json: unknown) => Counts;
	/** Brings what the suite needs. A sentence back means: skip it, and say so. */
	provide?: () => Environment | { skip: string };
}

interface Environment {
	env: Record<string, string>;
}

const TSC = 'node_modules/typescript/bin/tsc';

export const SUITES: readonly Suite[] = [
	{
		name: 'lock',
		in: ['full', 'fast', 'check'],
		group: 'static',
		inputs: ['package-lock.json'],
		command: ['scripts/complete-lock.mjs', '--check']
	},
	{
		// Compiles the contracts; the linter and the check of their tests read the types that this writes.
		name: 'contract bindings',
		in: ['full', 'contracts', 'check'],
		inputs: ['contracts/src/**/*.sol'],
		command: ['scripts/contracts.ts', '--check']
	},
	types('core', 'core', ['src/lib/peer/**/*.ts'], ['full', 'fast', 'check']),
	types('workers', 'workers', ['src/workers/**/*.ts'], ['full', 'fast', 'check']),
	types(
		'service worker',
		'sw',
		['src/service-worker.ts', 'src/service-worker/**/*.ts'],
		['full', 'fast', 'check']
	),
	types('node', 'node', ['scripts/**/*.ts', 'server/**/*.ts'], ['full', 'fast', 'check']),
	types('contracts', 'contracts', ['contracts/**/*.ts'], ['full', 'check', 'contracts']),
	types('e2e', 'e2e', ['tests/e2e/**/*.ts'], ['full', 'check']),
	{
		name: 'types: svelte',
		in: ['full', 'check'],
		group: 'static',
		inputs: ['src/routes/**/*.svelte'],
		command: [
			'node_modules/svelte-check/bin/svelte-check',
			'--tsconfig',
			'./tsconfig.json',
			'--output',
			'human',
			'--fail-on-warnings'
		]
	},
	{
		name: 'lint',
		in: ['full', 'check'],
		group: 'static',
		inputs: ['src/**/*.ts'],
		command: ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']
	},
	{
		name: 'arrows',
		in: ['full', 'fast', 'check'],
		group: 'static',
		inputs: ['src/**/*.ts'],
		command: [
			'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
			'--config',
			'.dependency-cruiser.mjs',
			'src',
			'scripts',
			'server'
		]
	},
	{
		name: 'format',
		in: ['check'],
		group: 'static',
		inputs: ['src/**/*.ts'],
		command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']
	},
	sideBySide(vitest('core', ['full', 'fast'], ['src/**/*.test.ts'])),
	{
		// Its files run one by one, and half of what the contracts' runner does uses one core.
		...vitest(
			'node',
			['full'],
			['src/**/*.node.test.ts', '{server,scripts,bench,tests/interop,tests/chain,tests/fuzz}/**/*.test.ts']
		),
		group: 'long'
	},
	// What of it moves money, with the simulated world and without a chain: for `test:fast` alone.
	fastOnly('node: money', sideBySide(vitest('node', ['fast'], ['src/lib/peer/**/*.node.test.ts'])), [
		'src/lib/peer',
		// Files share a process, which saves loading the core again for each: a third of the time.
		'--no-isolate',
		// What takes longest and is told by shorter ones too.
		...[
			'older-copy',
			'power-failure',
			'audit',
			'every-column',
			'conservation.prop',
			'hello-after-drop',
			'announcing',
			'consents',
			'renewal',
			'expired-note',
			'uploads',
			'large-profile',
			'sqlite-store'
		].map((name) => `--exclude=**/${name}.node.test.ts`)
	]),
	{
		name: 'contracts',
		in: ['full', 'contracts'],
		group: 'long',
		inputs: ['contracts/test/**/*.{sol,ts}'],
		command: ['scripts/test-contracts.ts'],
		reportArgs: (report) => [report],
		count: (json) => json as Counts
	},
	{
		// Builds the app, which the end-to-end tests then find built.
		name: 'bundle',
		in: ['full'],
		inputs: ['src/routes/**/*.svelte'],
		command: ['scripts/bundle-size.ts']
	},
	{
		...vitest('browser', ['full'], ['src/**/*.{browser,conformance}.test.ts']),
		provide: () => needBrowser('chromium', 'TRIBUTARY_CHROMIUM')
	},
	vitest('process', ['full'], ['tests/process/**/*.test.ts']),
	{
		...vitest('torture', ['full'], ['tests/torture/**/*.test.ts']),
		provide: () => needBrowser('chromium', 'TRIBUTARY_CHROMIUM')
	},
	playwright('chromium', 'chromium', 'TRIBUTARY_CHROMIUM'),
	playwright('firefox', 'firefox-esr', 'TRIBUTARY_FIREFOX')
];

function types(
	name: 'core' | 'workers' | 'service worker' | 'node' | 'contracts' | 'e2e',
	config: string,
	inputs: string[],
	inCommands: Suite['in']
): Suite {
	return {
		name: `types: ${name}`,
		in: inCommands,
		group: 'static',
		inputs,
		command: [
			...[TSC, '-p', `tsconfig.${config}.json`, '--pretty', 'false'],
			// What has not changed since the last run is not checked again.
			...['--incremental', '--tsBuildInfoFile', `node_modules/.cache/tsc/${config}.tsbuildinfo`]
		]
	};
}

/** Nothing in it waits for a real clock, a disk or a socket: its files may run on both cores at once. */
function sideBySide(suite: Suite): Suite {
	return { ...suite, command: [...suite.command, '--maxWorkers=2'] };
}

/** A part of another suite under a name of its own. */
function fastOnly(name: SuiteName, suite: Suite, filters: readonly string[]): Suite {
	return { ...suite, name, command: [...suite.command, ...filters] };
}

function vitest(
	project: 'core' | 'node' | 'browser' | 'process' | 'torture',
	inCommands: Suite['in'],
	inputs: string[]
): Suite {
	return {
		name: project,
		in: inCommands,
		inputs,
		command: [
			'node_modules/vitest/vitest.mjs',
			'run',
			'--project',
			project,
			'--reporter=default',
			'--reporter=json'
		],
		reportArgs: (report) => [`--outputFile.json=${report}`],
		count: countVitest
	};
}

function playwright(
	project: 'chromium' | 'firefox',
	browser: 'chromium' | 'firefox-esr',
	variable: string
): Suite {
	return {
		name: `e2e: ${project}`,
		in: ['full'],
		inputs: ['tests/e2e/**/*.spec.ts'],
		command: ['node_modules/@playwright/test/cli.js', 'test', `--project=${project}`, '--reporter=list,json'],
		env: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
		count: countPlaywright,
		provide: () => needBrowser(browser, variable, browser === 'firefox-esr')
	};
}

/** A browser for the suite: found or installed. Only an optional one may be missing without failing. */
function needBrowser(
	name: 'chromium' | 'firefox-esr',
	variable: string,
	isOptional = false
): Environment | { skip: string } {
	const provided = provideBrowser(name);
	if ('path' in provided) return { env: { [variable]: provided.path } };
	if (isOptional) return { skip: provided.reason };
	throw new Error(provided.reason);
}

interface VitestReport {
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numTodoTests: number;
	testResults: { status: string; assertionResults: unknown[] }[];
}

/** A file that could not even be loaded has no test to count: it counts as one failure. */
export function countVitest(json: unknown): Counts {
	const report = json as VitestReport;
	const unloadable = report.testResults.filter(
		(file) => file.status === 'failed' && file.assertionResults.length === 0
	).length;
	return {
		passed: report.numPassedTests,
		failed: report.numFailedTests + unloadable,
		skipped: report.numPendingTests + report.numTodoTests
	};
}

interface PlaywrightReport {
	stats: { expected: number; unexpected: number; flaky: number; skipped: number };
	errors: unknown[];
}

/** A test that passed only when tried again did not pass. */
export function countPlaywright(json: unknown): Counts {
	const { stats, errors } = json as PlaywrightReport;
	return {
		passed: stats.expected,
		failed: stats.unexpected + stats.flaky + (stats.unexpected + stats.flaky === 0 ? errors.length : 0),
		skipped: stats.skipped
	};
}

export function readReport(root: string, report: string): unknown {
	return JSON.parse(readFileSync(join(root, report), 'utf8'));
}
