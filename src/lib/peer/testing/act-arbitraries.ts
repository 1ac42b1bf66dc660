/** Any act, and any history of them; see scenario-acts.ts. */
import fc from 'fast-check';
import { AUTHORS, GUESTS, HOSTS, NODES, type Act } from './scenario-acts.ts';

const act: fc.Arbitrary<Act> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			act: fc.constant('publish' as const),
			who: fc.constantFrom(...AUTHORS),
			notes: fc.integer({ min: 1, max: 4 })
		})
	},
	{
		weight: 4,
		arbitrary: fc.record({
			act: fc.constantFrom('follow' as const, 'follow' as const, 'unfollow' as const),
			who: fc.constantFrom(...GUESTS),
			author: fc.constantFrom(...AUTHORS)
		})
	},
	{
		weight: 2,
		arbitrary: fc.record({
			act: fc.constant('fund' as const),
			who: fc.constantFrom(...GUESTS),
			amount: fc.bigInt({ min: 1n, max: 2_000_000n })
		})
	},
	fc.record({
		act: fc.constantFrom('cash out' as const, 'close' as const),
		who: fc.constantFrom(...GUESTS)
	}),
	fc.record({ act: fc.constant('redeem' as const), who: fc.constantFrom(...NODES) }),
	fc.record({ act: fc.constant('break' as const), link: fc.constantFrom('hub' as const, 'bob' as const) }),
	fc.record({
		act: fc.constant('crash' as const),
		who: fc.constantFrom(...HOSTS),
		awayMs: fc.integer({ min: 0, max: 20_000 })
	}),
	fc.record({ act: fc.constant('chain away' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
	{
		weight: 3,
		arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 10_000 }) })
	}
);

export const actsArbitrary: fc.Arbitrary<Act[]> = fc.array(act, { minLength: 1, maxLength: 30 });

/** A history that follows from a number. */
export const actsOf = (seed: number): readonly Act[] =>
	fc.sample(actsArbitrary, { seed, numRuns: 1 })[0] ?? [];
