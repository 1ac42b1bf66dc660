/**
 * `npm run contracts:prove`: has a theorem prover show what `contracts/proof` asserts, for every history.
 *
 * The compiler's SMTChecker turns every assertion into a question whether some state and some input
 * break it; Debian's z3 answers. The proofs are inductions written out, one act a step, so nothing is
 * bounded: its engine for single functions (BMC) is enough. The compiler from npm cannot load z3 itself,
 * so it asks through its callback. The result is written to
 * `contracts/snapshots/proof.json`, committed so that a reader knows what was proved without waiting; it names the text
 * it is of, and `contracts/test/results.test.ts` fails when that is no longer what is here.
 *
 * Ends with 1 when an assertion is wrong or could not be proved, and with 2 when z3 is missing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { provedText } from './contracts-digests.ts';
import { readOptions } from './options.ts';

/** The part of the compiler's JavaScript door that is used here. */
interface Solc {
	compile(
		input: string,
		callbacks: {
			import: (path: string) => { contents: string } | { error: string };
			smtSolver: (query: string) => { contents: string } | { error: string };
		}
	): string;
	version(): string;
}

interface Message {
	severity: 'error' | 'warning' | 'info';
	errorCode?: string;
	formattedMessage: string;
	message: string;
}

readOptions({});

const QUERY_SECONDS = 60;
/** What the compiler's own bridge to z3 passes, without its limit on effort. */
const Z3_OPTIONS = [
	'-smt2',
	'-in',
	'rewriter.pull_cheap_ite=true',
	'fp.spacer.q3.use_qgen=true',
	'fp.spacer.mbqi=false',
	'fp.spacer.ground_pobs=false'
];
/** What the checker says of an assertion that no input breaks. */
const PROVED = 'check is safe';

const contractsDir = fileURLToPath(new URL('../contracts/', import.meta.url));
const RESULT = `${contractsDir}snapshots/proof.json`;
const PROOFS = [{ file: 'proof/ChannelLife.sol', contract: 'ChannelLife' }];

const z3 = spawnSync('z3', ['--version'], { encoding: 'utf8' });
if (z3.status !== 0) {
	console.error(
		"The prover z3 is missing: install Debian's package z3 (`apt install z3`) and run this again."
	);
	process.exit(2);
}

/** Said of every proof, and about neither an assertion nor a sum. */
const IDLE =
	/engine of the SMTChecker is deprecated|does not yet implement type error|unsupported language feature/;
/** Mistakes that a prover must find: if it finds none, it proves nothing. */
const CANARIES: readonly (readonly [before: string, after: string])[] = [
	['return (capture - claimed, deposited - capture);', 'return (capture, deposited - capture);'],
	['amount = reached - claimed;', 'amount = reached;'],
	['cumulative < deposited ? cumulative : deposited', 'cumulative'],
	['from != 0 && time >= from', 'from != 0'],
	['total <= type(uint96).max', 'total <= type(uint128).max'],
	['closeAt == 0, IChannels.ChannelClosing', 'closeAt < 100, IChannels.ChannelClosing']
];

const solc = createRequire(import.meta.url)('solc') as Solc;
const accounting = read('src/ChannelAccounting.sol');
const result: Record<string, unknown> = {
	solver: z3.stdout.trim(),
	compiler: solc.version(),
	text: provedText()
};
let isProved = true;
for (const { file, contract } of PROOFS) {
	const started = performance.now();
	const { proved, open } = prove(file, contract, accounting);
	for (const { formattedMessage } of open) console.error(formattedMessage);
	if (open.length > 0 || proved.length === 0) isProved = false;
	result[contract] = { proved: countsOf(proved), unproved: open.length, mistakesFound: CANARIES.length };
	console.log(
		`${contract}: ${proved.length} proved, ${open.length} not, in ${((performance.now() - started) / 1_000).toFixed(1)} s`
	);
	for (const [before, after] of CANARIES) {
		if (!accounting.includes(before)) throw new Error(`The accounting no longer says ${before}`);
		if (prove(file, contract, accounting.replace(before, after)).open.length > 0) continue;
		isProved = false;
		console.error(`${contract} does not notice ${after} in place of ${before}`);
	}
}
if (isProved) {
	writeFileSync(RESULT, `${JSON.stringify(result, null, '\t')}\n`);
	console.log(`${CANARIES.length} mistakes put into the accounting were all found.`);
}
process.exitCode = isProved ? 0 : 1;

function prove(file: string, contract: string, library: string): { proved: Message[]; open: Message[] } {
	const output = solc.compile(
		JSON.stringify({
			language: 'Solidity',
			sources: { [file]: { content: read(file) }, 'src/ChannelAccounting.sol': { content: library } },
			settings: {
				evmVersion: 'prague',
				modelChecker: {
					engine: 'bmc',
					solvers: ['smtlib2'],
					contracts: { [file]: [contract] },
					targets: ['assert', 'underflow', 'overflow'],
					showUnproved: true,
					showProvedSafe: true,
					showUnsupported: true,
					timeout: QUERY_SECONDS * 1_000
				},
				outputSelection: { '*': { '*': [] } }
			}
		}),
		{ import: (path) => ({ contents: read(path) }), smtSolver: solve }
	);
	const { errors = [] } = JSON.parse(output) as { errors?: Message[] };
	const said = errors.filter(({ message }) => !IDLE.test(message));
	const proved = said.filter(({ message }) => message.includes(PROVED));
	return { proved, open: said.filter((message) => !proved.includes(message)) };
}

function read(path: string): string {
	return readFileSync(`${contractsDir}${path}`, 'utf8');
}

function solve(query: string): { contents: string } | { error: string } {
	const { stdout, error } = spawnSync('z3', Z3_OPTIONS, {
		input: query,
		encoding: 'utf8',
		timeout: QUERY_SECONDS * 1_000,
		maxBuffer: 2 ** 28
	});
	if (/^(sat|unsat|unknown|\(error)/.test(stdout)) return { contents: stdout };
	return { error: error?.message ?? 'z3 gave no answer' };
}

/** How many of each kind: assertions, underflows, overflows. */
function countsOf(messages: readonly Message[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { message } of messages) {
		const kind = /BMC: (.*?)(?: \(|check)/.exec(message)?.[1]?.trim() ?? message;
		counts[kind] = (counts[kind] ?? 0) + 1;
	}
	return counts;
}
