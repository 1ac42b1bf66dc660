/**
 * Runs Hardhat's two kinds of tests (Solidity; TypeScript on node:test) in one process and writes
 * their counts as JSON to the path given as first argument.
 */
import { writeFileSync } from 'node:fs';
import hre from 'hardhat';

interface Counts {
	passed: number;
	failed: number;
	skipped: number;
}

/** The part of Hardhat's answers that is read here; both tasks wrap it in `value` or `error`. */
interface Answer {
	success: boolean;
	value?: Body;
	error?: Body;
}

interface Body {
	summary?: Counts;
	suiteResults?: { testResults: { status: string }[] }[];
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };

const solidity = bodyOf(await hre.tasks.getTask(['test', 'solidity']).run({}));
// The summary of Solidity tests comes back all zeros: count the results themselves.
for (const { testResults } of solidity.body.suiteResults ?? []) {
	for (const { status } of testResults) {
		if (status === 'Success') total.passed += 1;
		else if (status === 'Skipped') total.skipped += 1;
		else total.failed += 1;
	}
}

const nodejs = bodyOf(await hre.tasks.getTask(['test', 'nodejs']).run({ noCompile: true }));
total.passed += nodejs.body.summary?.passed ?? 0;
total.failed += nodejs.body.summary?.failed ?? 0;
total.skipped += nodejs.body.summary?.skipped ?? 0;

if (total.failed === 0 && !(solidity.success && nodejs.success)) total.failed = 1;

const report = process.argv[2];
if (report !== undefined) writeFileSync(report, JSON.stringify(total));
console.log(`${total.passed} passed, ${total.failed} failed`);
// Hardhat keeps a connection to its simulated chain open.
process.exit(total.failed === 0 ? 0 : 1);

function bodyOf(answer: unknown): { success: boolean; body: Body } {
	const { success, value, error } = answer as Answer;
	return { success, body: value ?? error ?? {} };
}
