import { describe, expect, it } from 'vitest';
import { decideCommitment, decideSpend, leftWithin, spendBounds } from './budgets.ts';

const facts = { perDay: 100n, perPeer: 40n, spentToday: 70n, spentOnPeerToday: 20n };
const channel = { perDay: 50n, perChannel: 80n, deposited: 60n, committedToday: 40n };

describe('what may be spent without asking', () => {
	it('is the last unit of a limit, and not one more', () => {
		expect(decideSpend(facts, 20n)).toEqual({ isWithin: true });
		expect(decideSpend(facts, 21n)).toEqual({
			isWithin: false,
			limit: 'peer',
			most: 40n,
			used: 20n,
			wanted: 21n
		});
		expect(decideSpend({ ...facts, perPeer: 1_000n }, 31n)).toMatchObject({
			limit: 'day',
			most: 100n,
			used: 70n
		});
	});

	it('is nothing once a limit was lowered below what is spent', () => {
		const lowered = { ...facts, perDay: 10n };
		expect(decideSpend(lowered, 1n)).toMatchObject({ isWithin: false, limit: 'day' });
		expect(leftWithin(spendBounds(lowered))).toBe(0n);
		expect(leftWithin(spendBounds(facts))).toBe(20n);
		expect(leftWithin([])).toBe(0n);
	});
});

describe('what may be locked in a channel without asking', () => {
	it('fits the channel and the day', () => {
		expect(decideCommitment(channel, 10n)).toEqual({ isWithin: true });
		expect(decideCommitment(channel, 11n)).toMatchObject({ limit: 'day', most: 50n, used: 40n, wanted: 11n });
		expect(decideCommitment(channel, 21n)).toMatchObject({ limit: 'channel', most: 80n, used: 60n });
	});
});
