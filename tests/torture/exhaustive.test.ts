/**
 * A guest's whole life, once for each thing that can fail in it: here a spread over all of them, and every one in
 * `npm run torture -- --exhaustive`.
 */
import { describe, expect, test } from 'vitest';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import { runExhaustive, troublesOf } from '../../src/lib/peer/testing/scenario-exhaustive.ts';

/** No divisor of what can fail at one moment, so that each way to fail gets its turn. */
const EVERY = 101;
const options = {
	turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
	openSql: () => createNodeSql(':memory:'),
	crypto: 'sync'
} as const;

describe('from opening a channel to closing it, with one write, message or call that fails', () => {
	test('all is as if nothing had happened', { timeout: 600_000 }, async () => {
		const plain = await runExhaustive('1', undefined, options);
		expect(plain.wrong).toEqual([]);
		const troubles = troublesOf(plain.moments);
		expect(troubles.length).toBeGreaterThan(500);
		for (const trouble of troubles.filter((_, at) => at % EVERY === EVERY - 1)) {
			const { wrong, hit } = await runExhaustive('1', trouble, options);
			expect(wrong, `${trouble.moment} ${trouble.number} ${trouble.how} (${hit ?? 'never came'})`).toEqual(
				[]
			);
		}
	});
});
