/**
 * `npm run contracts:mutate`: makes small mistakes in the contract, one at a time, and asks whether the
 * tests notice. Slither and its like look at code; this looks at the tests.
 *
 * A mutant is one token or one statement changed: a comparison shifted or turned round, plus for minus,
 * a check or an effect left out, a constant off by one, two accounts swapped. It is compiled and meets
 * the quick Solidity tests. When they pass and the optimizer makes the same bytecode of it as of the
 * contract, the compiler itself has shown that nothing changed; else it meets the invariants. What survives those too must be explained in
 * `contracts/mutants-explained.json`, or the run fails.
 *
 * It works on a copy in a temporary folder. The report is `contracts/mutation-report.md`. Each file's result names the
 * program it is of, and `contracts/test/results.test.ts` fails when that is no longer the contract.
 *
 *   npm run contracts:mutate -- ChannelAccounting.sol ChannelState.sol     these files only
 *   npm run contracts:mutate -- --report     writes the report of what earlier runs found out
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { channelsProgram } from './contracts-digests.ts';
import { MONEY_PATHS, mutantsOf, type Mutant } from './contracts-mutants.ts';
import { readCommand, refuse } from './options.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const WATCH_PARENT = new URL('./watch-parent.ts', import.meta.url).href;
const EXPLAINED = join(root, 'contracts/mutants-explained.json');
const RESULTS = join(root, 'contracts/snapshots/mutants.json');
const REPORT = join(root, 'contracts/mutation-report.md');
const QUICK = ['contracts/test/Channels.t.sol', 'contracts/test/ChannelsAttacks.t.sol'];
const INVARIANTS = ['contracts/test/ChannelsInvariants.t.sol'];
const ARTIFACT = 'artifacts/contracts/src/Channels.sol/Channels.json';
/** A mutant may loop for ever. */
const TEST_TIMEOUT_MS = 180_000;
const BUILD_TIMEOUT_MS = 900_000;

type Outcome =
	| 'does not compile'
	| 'same bytecode'
	| 'killed'
	| 'killed by an invariant'
	| 'explained'
	| 'survived'
	| 'not run';

type Results = Record<
	string,
	{
		/** Digest of the contract's bytecode when its mutants met the tests. */
		program: string;
		mutants: number;
		counts: Partial<Record<Outcome, number>>;
		explained: string[];
		survived: string[];
	}
>;

const { options, words } = readCommand('FILE.sol …', { report: false });
const files = words.length === 0 ? MONEY_PATHS : words;
const explained = readJson<Record<string, string>>(EXPLAINED);

const testsHash = createHash('sha256')
	.update([...QUICK, ...INVARIANTS].map((file) => readFileSync(join(root, file), 'utf8')).join(''))
	.digest('hex');
const require = createRequire(import.meta.url);
const solc = require('solc') as { compile(input: string): string };
const sources = readSources(join(root, 'contracts/src'), '');
const strange = files.find((file) => sources[file] === undefined);
if (strange !== undefined)
	refuse(`There is no contracts/src/${strange}. There are: ${Object.keys(sources).sort().join(', ')}`);
/** What these tests said about mutants of these sources. */
const cache = join(
	root,
	'node_modules/.cache/contract-mutants',
	createHash('sha256').update(testsHash).update(JSON.stringify(sources)).digest('hex').slice(0, 16)
);
const original = options.report ? '' : compile(sources);
const optimized = options.report ? '' : compile(sources, true);
if (original === undefined) throw new Error('The contract itself does not compile');

const copy = mkdtempSync(join(tmpdir(), 'tributary-mutants-'));
const outcomes: { mutant: Mutant; outcome: Outcome }[] = [];
try {
	const artifact = options.report ? { bytecode: '' } : prepareCopy(original);
	const seen = new Map<string, Outcome>();
	for (const file of files) {
		const source = sources[file];
		if (source === undefined) throw new Error(`There is no contracts/src/${file}`);
		for (const mutant of mutantsOf(file, source)) {
			const outcome = remembered(mutant, artifact, seen);
			outcomes.push({ mutant, outcome });
			if (outcome === 'survived') console.log(`survived: ${nameOf(mutant)}`);
		}
		console.log(`${file}: ${summaryOf(outcomes.filter(({ mutant }) => mutant.file === file))}`);
	}
} finally {
	rmSync(copy, { recursive: true, force: true });
}
const results = { ...readJson<Results>(RESULTS), ...resultsOf(outcomes) };
writeFileSync(RESULTS, `${JSON.stringify(results, null, '\t')}\n`);
writeFileSync(REPORT, await format(report(results), { ...(await resolveConfig(REPORT)), filepath: REPORT }));
process.exitCode = outcomes.some(({ outcome }) => outcome === 'survived' || outcome === 'not run') ? 1 : 0;

/** What was found out about this mutant by these tests before: a run that is cut short goes on where it was. */
function remembered(mutant: Mutant, artifact: { bytecode: string }, seen: Map<string, Outcome>): Outcome {
	const key = createHash('sha256').update(`${testsHash} ${mutant.file} ${mutant.source}`).digest('hex');
	const file = join(cache, key);
	const known = existsSync(file) ? (readFileSync(file, 'utf8') as Outcome) : undefined;
	if (known === 'survived' && nameOf(mutant) in explained) return 'explained';
	if (known !== undefined) return known;
	if (options.report) return 'not run';
	const outcome = judge(mutant, artifact, seen);
	mkdirSync(cache, { recursive: true });
	writeFileSync(file, outcome);
	return outcome;
}

function judge(mutant: Mutant, artifact: { bytecode: string }, seen: Map<string, Outcome>): Outcome {
	const mutated = { ...sources, [mutant.file]: mutant.source };
	const bytecode = compile(mutated);
	if (bytecode === undefined) return 'does not compile';
	const known = seen.get(bytecode);
	if (known !== undefined) return known;
	install(artifact, bytecode);
	let outcome: Outcome = 'killed';
	if (passes(QUICK)) {
		if (bytecode === original || compile(mutated, true) === optimized) outcome = 'same bytecode';
		else if (nameOf(mutant) in explained) outcome = 'explained';
		else outcome = passes(INVARIANTS) ? 'survived' : 'killed by an invariant';
	}
	seen.set(bytecode, outcome);
	return outcome;
}

/**
 * The creation code of the contract, without what names its sources. The optimizer takes most of the time,
 * so it is left for those that the tests let pass.
 */
function compile(content: Record<string, string>, isOptimized = false): string | undefined {
	const input = {
		language: 'Solidity',
		sources: Object.fromEntries(
			Object.entries(content).map(([path, text]) => [`contracts/src/${path}`, { content: text }])
		),
		settings: {
			viaIR: true,
			optimizer: { enabled: isOptimized, runs: 1_000_000 },
			evmVersion: 'prague',
			metadata: { bytecodeHash: 'none', appendCBOR: false },
			outputSelection: { 'contracts/src/Channels.sol': { Channels: ['evm.bytecode.object'] } }
		}
	};
	const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
		errors?: { severity: string }[];
		contracts?: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>;
	};
	if (output.errors?.some(({ severity }) => severity === 'error')) return undefined;
	return output.contracts?.['contracts/src/Channels.sol']?.['Channels']?.evm.bytecode.object;
}

/** The tests take the contract's code from its artifact, so that they need not be compiled again. */
function install(artifact: { bytecode: string }, bytecode: string): void {
	writeFileSync(join(copy, ARTIFACT), JSON.stringify({ ...artifact, bytecode: `0x${bytecode}` }));
}

function passes(tests: readonly string[]): boolean {
	return hardhat(['test', 'solidity', '--no-compile', ...tests]).status === 0;
}

function hardhat(args: readonly string[], timeout = TEST_TIMEOUT_MS) {
	// A mutant may never end, and nobody may outlive this run.
	return spawnSync(
		process.execPath,
		['--import', WATCH_PARENT, 'node_modules/hardhat/dist/src/cli.js', ...args],
		{
			cwd: copy,
			encoding: 'utf8',
			timeout,
			killSignal: 'SIGKILL',
			env: { ...process.env, CONTRACTS_QUICK: '1' }
		}
	);
}

function prepareCopy(bytecode: string): { bytecode: string } {
	for (const path of ['package.json', 'hardhat.config.ts', 'tsconfig.json']) {
		cpSync(join(root, path), join(copy, path));
	}
	cpSync(join(root, 'contracts'), join(copy, 'contracts'), {
		recursive: true,
		filter: (path) => !path.endsWith('.test.ts') && !path.includes('/script')
	});
	takeContractFromItsArtifact();
	symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
	const built = hardhat(['build', '--no-tests'], BUILD_TIMEOUT_MS);
	const tested = hardhat(['test', 'solidity', ...QUICK, ...INVARIANTS], BUILD_TIMEOUT_MS);
	if (built.status !== 0 || tested.status !== 0) {
		throw new Error(`The copy does not build and pass:\n${built.stderr}${tested.stdout}${tested.stderr}`);
	}
	const artifact = JSON.parse(readFileSync(join(copy, ARTIFACT), 'utf8')) as { bytecode: string };
	install(artifact, bytecode);
	if (!passes(QUICK)) throw new Error('The tests fail on the contract as it is');
	return artifact;
}

/** In the copy, so that no test has to be compiled again for a mutant. */
function takeContractFromItsArtifact(): void {
	const file = join(copy, 'contracts/test/support/ChannelsTest.sol');
	const text = readFileSync(file, 'utf8');
	const changed = text.replace("import {Channels} from '../../src/Channels.sol';\n", '').replace(
		'return new Channels();',
		`bytes memory code = vm.getCode('Channels.sol:Channels');
        address deployed;
        assembly {
            deployed := create(0, add(code, 32), mload(code))
        }
        return IChannels(deployed);`
	);
	if (changed.length < text.length) throw new Error(`${file} does not deploy the contract as expected`);
	writeFileSync(file, changed);
	rmSync(join(copy, 'contracts/test/support/ChannelsOracle.sol'));
}

function readSources(folder: string, prefix: string): Record<string, string> {
	const found: Record<string, string> = {};
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) Object.assign(found, readSources(path, `${prefix}${entry.name}/`));
		else if (entry.name.endsWith('.sol')) found[`${prefix}${entry.name}`] = readFileSync(path, 'utf8');
	}
	return found;
}

/** Names a mutant by what it does rather than where, so that the name outlives an edit elsewhere in the file. */
function nameOf({ file, what, before, after }: Mutant): string {
	const digest = createHash('sha256').update(before).digest('hex').slice(0, 6);
	return `${file}: ${what}: ${before.trim()} → ${after.trim() || '(nothing)'} [${digest}]`;
}

function summaryOf(some: readonly { outcome: Outcome }[]): string {
	const counts = new Map<Outcome, number>();
	for (const { outcome } of some) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
	return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}

function resultsOf(some: typeof outcomes): Results {
	const found: Results = {};
	const program = channelsProgram();
	for (const { mutant, outcome } of some) {
		const result = (found[mutant.file] ??= {
			program,
			mutants: 0,
			counts: {},
			explained: [],
			survived: []
		});
		result.mutants += 1;
		result.counts[outcome] = (result.counts[outcome] ?? 0) + 1;
		if (outcome === 'explained' || outcome === 'survived') result[outcome].push(nameOf(mutant));
	}
	return found;
}

function report(results: Results): string {
	const outcomesShown: Outcome[] = [
		'killed',
		'killed by an invariant',
		'same bytecode',
		'does not compile',
		'explained',
		'survived',
		'not run'
	];
	const lines = [
		'# Mutants of the channel contract',
		'',
		'Written by `npm run contracts:mutate`; what it does is told in `scripts/contracts-mutate.ts`. A run that was cut',
		'short is continued by the next one; until then some are not run.',
		'',
		`| file | mutants | ${outcomesShown.join(' | ')} |`,
		`| --- | --: |${' --: |'.repeat(outcomesShown.length)}`
	];
	for (const [file, { mutants, counts }] of Object.entries(results).sort()) {
		lines.push(
			`| ${file} | ${mutants} | ${outcomesShown.map((outcome) => counts[outcome] ?? 0).join(' | ')} |`
		);
	}
	lines.push('', '## Explained', '', 'Mutants that behave as the contract does, and why.', '');
	for (const name of Object.values(results).flatMap((result) => result.explained)) {
		lines.push(`- \`${name}\` — ${explained[name] ?? ''}`);
	}
	const survived = Object.values(results).flatMap((result) => result.survived);
	if (survived.length > 0) lines.push('', '## Survived', '', ...survived.map((name) => `- \`${name}\``));
	return `${lines.join('\n')}\n`;
}

function readJson<T extends object>(file: string): T {
	return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : ({} as T);
}
