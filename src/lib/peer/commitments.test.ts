import { expect, it } from 'vitest';
import { keepToBudget, type Commitment } from './commitments.ts';
import type { PeerErrorType } from './errors.ts';

it('an operator’s node locks what its config allows in a day and fills no channel without end; beyond, it tells why', () => {
	const said: string[] = [];
	const mayCommit = keepToBudget({
		fundingPerDay: 100n,
		onTrouble: ({ type }) => said.push(type),
		onRelief: (type: PeerErrorType) => said.push(`no ${type}`)
	});
	const commitment: Commitment = { amount: 20n, wanted: 20n, deposited: 0n, committedToday: 0n, peer: 'bob' };
	const of = (change: Partial<Commitment>): boolean => mayCommit({ ...commitment, ...change });
	expect(of({ committedToday: 80n })).toBe(true);
	expect(of({ committedToday: 81n })).toBe(false);
	expect(of({ deposited: 60n })).toBe(true);
	expect(of({ deposited: 61n })).toBe(false);
	expect(said).toEqual([
		'no FundingBudgetReached',
		'FundingBudgetReached',
		'no FundingBudgetReached',
		'FundingBudgetReached'
	]);
});
