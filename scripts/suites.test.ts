import { expect, test } from 'vitest';
import { BUDGET_SECONDS } from '../tests/budgets.ts';
import { countPlaywright, countVitest, SUITES } from './suites.ts';

test('every suite has a budget and every budget a suite', () => {
	expect(SUITES.map((suite) => suite.name).sort()).toEqual(Object.keys(BUDGET_SECONDS).sort());
});

test('a test file that could not be loaded counts as one failure', () => {
	const report = {
		numPassedTests: 3,
		numFailedTests: 1,
		numPendingTests: 1,
		numTodoTests: 0,
		testResults: [
			{ status: 'failed', assertionResults: [] },
			{ status: 'failed', assertionResults: [{}] },
			{ status: 'passed', assertionResults: [{}, {}, {}] }
		]
	};
	expect(countVitest(report)).toEqual({ passed: 3, failed: 2, skipped: 1 });
});

test('an end-to-end test that passed only at the second try has failed', () => {
	const stats = { expected: 4, unexpected: 0, flaky: 1, skipped: 2 };
	expect(countPlaywright({ stats, errors: [] })).toEqual({ passed: 4, failed: 1, skipped: 2 });
});

test('an error outside of any end-to-end test counts when nothing else failed', () => {
	const stats = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
	expect(countPlaywright({ stats, errors: [{}] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
