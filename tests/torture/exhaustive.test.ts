/**
 * Lives in the simulation, each once for each thing that can fail in it: here a spread over all of them, and every one
 * in `npm run torture -- --exhaustive`.
 */
import { describe, expect, test } from 'vitest';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import { runExhaustive, troublesOf } from '../../src/lib/peer/testing/exhaustive/exhaustive.ts';

/** No divisor of what can fail at one moment, so that each way to fail gets its turn. */
const EVERY = 101;
const options = {
	turn: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
	openSql: () => createNodeSql(':memory:'),
	crypto: 'sync'
} as const;

describe.each([
	{ life: 'guest', story: 'a guest opens a channel, pays, is paid, cashes out and leaves', atLeast: 500 },
	{ life: 'nodes', story: 'nodes open channels to each other and fill one', atLeast: 300 },
	{ life: 'alone', story: 'a guest leaves a hub that is gone', atLeast: 30 }
] as const)('$story, with one write, message or call that fails', ({ life, atLeast }) => {
	test('all is as if nothing had happened', { timeout: 600_000 }, async () => {
		const plain = await runExhaustive(life, '1', undefined, options);
		expect(plain.wrong).toEqual([]);
		const troubles = troublesOf(plain.moments);
		expect(troubles.length).toBeGreaterThan(atLeast);
		for (const trouble of troubles.filter((_, at) => at % EVERY === EVERY - 1)) {
			const { wrong, hit } = await runExhaustive(life, '1', trouble, options);
			expect(wrong, `${trouble.moment} ${trouble.number} ${trouble.how} (${hit ?? 'never came'})`).toEqual(
				[]
			);
		}
	});
});
