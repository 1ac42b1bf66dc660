import { expect, it } from 'vitest';
import { commitmentRule, keepToBudget, type Commitment } from './commitments.ts';
import type { PeerErrorType } from './errors.ts';
import type { LinkRow } from './link/accounts.ts';

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

it('a node with a person asks that person about the other end, by name; one without keeps to four times its deposits', () => {
	const asked: unknown[] = [];
	const said: string[] = [];
	const ruleOf = (asksPerson: boolean) =>
		commitmentRule({
			// Two dollars and three, of a token with six decimals.
			config: {
				asksPerson,
				deposits: [
					{ owner: 'bob', amount: 2_000_000n },
					{ owner: 'carol', amount: 3_000_000n }
				]
			},
			scheme: { tokenScale: 6 },
			consents: {
				mayCommit: (facts, amount, where) => {
					asked.push({ ...facts, amount, ...where });
					return false;
				}
			},
			personal: { budgets: () => ({ perDay: 1n, perPeer: 2n, perChannel: 3n }) },
			accounts: { get: () => ({ owner: 'bob' }) as LinkRow },
			notices: { add: ({ type }) => said.push(type), clear: () => undefined }
		});
	const dollars = 1_000_000_000n;
	const commitment: Commitment = {
		amount: dollars,
		wanted: 3n * dollars,
		deposited: 0n,
		committedToday: 19n * dollars,
		peer: 'a device of bob'
	};

	expect(ruleOf(true)(commitment)).toBe(false);
	expect(asked).toEqual([
		{
			perDay: 1n,
			perPeer: 2n,
			perChannel: 3n,
			deposited: 0n,
			committedToday: 19n * dollars,
			amount: dollars,
			peer: 'bob'
		}
	]);
	expect(said).toEqual([]);

	expect(ruleOf(false)(commitment)).toBe(true);
	expect(ruleOf(false)({ ...commitment, committedToday: 19n * dollars + 1n })).toBe(false);
	expect(said).toEqual(['FundingBudgetReached']);
	expect(asked).toHaveLength(1);
});
