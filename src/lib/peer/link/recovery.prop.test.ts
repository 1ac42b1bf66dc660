import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minOf } from '../money.ts';
import { decideRecovery, type Remembered } from './recovery.ts';

const W = 20n;
/** A guest that claimed 100 and got 85 for it; its hub may owe it 50. */
const mine = (change: Partial<Remembered> = {}): Remembered => ({
	role: 'parent',
	window: W,
	credit: 50n,
	peerCredit: 0n,
	fulfilledByMe: 0n,
	fulfilledByPeer: 85n,
	isOlder: false,
	balance: 15n,
	inDoubt: 0n,
	claimable: 0n,
	takenToday: 0n,
	...change
});
const theirs = (fulfilledByMe: bigint, fulfilledByYou = 0n) => ({ fulfilledByMe, fulfilledByYou });
const NOTHING = { got: 0n, gave: 0n };

describe('what a neighbour tells that I got', () => {
	it('and I do not remember is believed up to W a day', () => {
		expect(decideRecovery(mine(), theirs(95n))).toEqual({ ...NOTHING, got: 10n, gave: 0n });
		expect(decideRecovery(mine({ takenToday: 11n }), theirs(95n))).toEqual(NOTHING);
	});

	it('may be what is under way: that is told by its outcome', () => {
		expect(decideRecovery(mine({ inDoubt: 10n }), theirs(95n))).toEqual(NOTHING);
		expect(decideRecovery(mine({ inDoubt: 4n }), theirs(95n))).toEqual({ ...NOTHING, got: 6n, gave: 0n });
	});

	it('is believed as far as my signatures reach once one came up that I had forgotten', () => {
		const older = mine({ isOlder: true, balance: 500n, takenToday: 1_000n });
		expect(decideRecovery(older, theirs(585n))).toEqual({ ...NOTHING, got: 500n, gave: 0n });
		expect(decideRecovery(older, theirs(586n))).toEqual(NOTHING);
	});

	it('is believed no further for what it says that I may owe it: that is its word as well', () => {
		const older = mine({ isOlder: true, peerCredit: 1_000_000n });
		expect(decideRecovery(older, theirs(85n + 15n + W))).toEqual({ ...NOTHING, got: 15n + W });
		expect(decideRecovery(older, theirs(85n + 15n + W + 1n))).toEqual(NOTHING);
	});

	it('is believed of a guest that was paid out as far as it was paid, and W beyond', () => {
		const hub = mine({ role: 'child', isOlder: true, peerCredit: 1_000_000n, balance: 300n });
		expect(decideRecovery(hub, theirs(85n + 310n))).toEqual({ ...NOTHING, got: 310n });
		expect(decideRecovery(hub, theirs(85n + 900n))).toEqual({ ...NOTHING, got: 300n });
		// What the hub owed it by its own books it owes it still.
		const owing = mine({ role: 'child', isOlder: true, peerCredit: 1_000_000n, balance: -50n });
		expect(decideRecovery(owing, theirs(85n + W))).toEqual({ ...NOTHING, got: W });
		expect(decideRecovery(owing, theirs(85n + W + 1n))).toEqual(NOTHING);
	});

	it('is not believed of a stranger to whom this node owes nothing by any signature', () => {
		expect(decideRecovery(mine({ role: 'child', peerCredit: 50n }), theirs(95n))).toEqual(NOTHING);
	});
});

describe('what a neighbour tells that it got', () => {
	it('is believed as far as it could have paid for it', () => {
		const hub = mine({ role: 'child', credit: 0n, balance: -15n, claimable: 900n, fulfilledByMe: 85n });
		expect(decideRecovery(hub, theirs(85n, 1_020n))).toEqual({ ...NOTHING, gave: 935n });
		expect(decideRecovery(hub, theirs(85n, 1_021n))).toEqual(NOTHING);
	});

	it('pays for what it tells that I got', () => {
		expect(decideRecovery(mine({ balance: 0n }), theirs(95n, 10n))).toEqual({
			...NOTHING,
			got: 10n,
			gave: 10n
		});
	});
});

it('whatever is told, a lie takes no more than what was claimed and is held, and nothing when nothing is forgotten', () => {
	const amount = fc.bigInt({ min: 0n, max: 1_000n });
	const remembered = fc.record({
		role: fc.constantFrom('parent' as const, 'child' as const, 'peer' as const),
		window: amount,
		credit: amount,
		peerCredit: amount,
		fulfilledByMe: amount,
		fulfilledByPeer: amount,
		isOlder: fc.boolean(),
		balance: fc.bigInt({ min: -1_000n, max: 1_000n }),
		inDoubt: amount,
		claimable: amount,
		takenToday: amount
	});
	fc.assert(
		fc.property(remembered, amount, amount, (before, told, counted) => {
			const { got, gave } = decideRecovery(before, theirs(told, counted));
			const after = before.balance + gave - got;
			if (got > 0n) {
				expect(after).toBeGreaterThanOrEqual(-before.peerCredit);
				expect(after).toBeGreaterThanOrEqual(minOf(0n, before.balance) - before.window);
				if (!before.isOlder) {
					expect(before.role).not.toBe('child');
					expect(got + before.takenToday).toBeLessThanOrEqual(before.window);
				}
			}
			if (gave > 0n) expect(after).toBeLessThanOrEqual(before.credit + before.window + before.claimable);
			// As two ends that remember everything differ: by what is under way.
			const honest = theirs(before.fulfilledByPeer + before.inDoubt, before.fulfilledByMe);
			expect(decideRecovery(before, honest)).toEqual(NOTHING);
		})
	);
});
