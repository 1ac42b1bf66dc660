import { expect, it } from 'vitest';
import type { Asked } from './consents.ts';
import { LIMITS } from './limits.ts';
import type { LinkRow } from './link/accounts.ts';
import { createReadingLimits } from './reading-limits.ts';

const HOUR_MS = 3_600_000;

it('a reader may spend what its person set and, on top of it, what that person allowed today; beyond, the person is asked', () => {
	const asked: Asked[] = [];
	const { dailyLimit, allowedBeyond, onLimit, dayStart } = createReadingLimits({
		personal: { budgets: () => ({ perDay: 1_000n, perPeer: 50n, perChannel: 9n }) },
		consents: {
			allowed: (act, limit, subject) => {
				if (act === 'commit') return 1_000_000n;
				return limit === 'day' ? 7n : subject === 'bob' ? 3n : 0n;
			},
			ask: (question) => asked.push(question)
		},
		accounts: { get: () => undefined },
		hub: () => undefined
	});
	expect(dailyLimit()).toBe(1_007n);
	expect(allowedBeyond?.('bob')).toBe(3n);
	expect(allowedBeyond?.('carol')).toBe(0n);
	onLimit?.('bob', { limit: 'peer', most: 53n, used: 53n, wanted: 1n });
	expect(asked).toEqual([{ act: 'spend', peer: 'bob', limit: 'peer', most: 53n, used: 53n, wanted: 1n }]);

	// Days are those of UTC, wherever the person is.
	const midnight = Date.UTC(2030, 0, 2);
	expect([midnight, midnight + 1, midnight + 24 * HOUR_MS - 1].map(dayStart)).toEqual(
		Array.from({ length: 3 }, () => midnight)
	);
	expect(dayStart(midnight - 1)).toBe(midnight - 24 * HOUR_MS);
});

it('what may be claimed ahead is what the link to the hub has, and a guest’s before there is one', () => {
	let hub: string | undefined;
	const { window } = createReadingLimits({
		personal: { budgets: () => ({ perDay: 0n, perPeer: 0n, perChannel: 0n }) },
		consents: { allowed: () => 0n, ask: () => undefined },
		accounts: { get: (peer) => (peer === 'hub' ? ({ window: 5n } as LinkRow) : undefined) },
		hub: () => hub
	});
	expect(window()).toBe(LIMITS.windowGuest);
	hub = 'a hub that was never linked';
	expect(window()).toBe(LIMITS.windowGuest);
	hub = 'hub';
	expect(window()).toBe(5n);
});
