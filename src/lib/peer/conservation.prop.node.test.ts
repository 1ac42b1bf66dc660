/** Conservation across a network: no history of acts makes, loses or doubles money. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { actsArbitrary } from './testing/act-arbitraries.ts';
import { runActs } from './testing/scenario-acts.ts';

describe('whatever people and the world do', () => {
	it('the money of five peers, their links and the chain adds up', { timeout: 120_000 }, async () => {
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 0 }), actsArbitrary, async (seed, acts) => {
				const { wrong, story } = await runActs(`acts/${seed}`, acts, {
					turn: () => new Promise((resolve) => setImmediate(resolve)),
					openSql: () => createNodeSql(':memory:')
				});
				expect(wrong, story.join('\n')).toEqual([]);
			}),
			{ numRuns: 6 }
		);
	});
});
