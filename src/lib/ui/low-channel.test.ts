import { describe, expect, it } from 'vitest';
import type { ChannelView, FollowView, PeerState } from '../peer/api.ts';
import { peerError } from '../peer/errors.ts';
import { lowChannel } from './low-channel.ts';
import { CENT, sampleChannel } from './sample-channel.ts';

const follow = (some: Partial<FollowView> = {}): FollowView => ({
	pubkey: 'bb',
	name: 'Bob',
	status: 'live',
	error: undefined,
	price: CENT,
	maxPrice: CENT,
	dailyLimit: 100n * CENT,
	spentToday: 0n,
	perDay: 0n,
	links: 2,
	waiting: { count: 0, cost: 0n },
	...some
});

const low = (
	channels: readonly ChannelView[],
	follows: readonly FollowView[] = [follow()],
	money: Pick<PeerState['money'], 'wallet'> = { wallet: 1_000n * CENT }
): ReturnType<typeof lowChannel> => lowChannel({ channels, follows, money: money as PeerState['money'] });

describe('a channel that needs money soon', () => {
	it('is told below a tenth of the deposit, with the days that the rest lasts', () => {
		expect(low([sampleChannel({ remaining: 20n * CENT })])).toBeUndefined();
		expect(low([sampleChannel({ remaining: 19n * CENT })], [follow({ perDay: 4n * CENT })])).toMatchObject({
			isUsedUp: false,
			days: 4
		});
		expect(low([sampleChannel({ remaining: 19n * CENT })])?.days).toBeUndefined();
	});

	it('is told in time to those who read much: when half is gone and the rest is no day’s reading', () => {
		const much = [follow({ perDay: 40n * CENT }), follow({ perDay: 30n * CENT })];
		expect(
			low([sampleChannel({ remaining: 101n * CENT })], [follow({ perDay: 150n * CENT })])
		).toBeUndefined();
		expect(low([sampleChannel({ remaining: 70n * CENT })], much)).toBeUndefined();
		expect(low([sampleChannel({ remaining: 69n * CENT })], much)).toMatchObject({ isUsedUp: false, days: 0 });
	});

	it('is used up when a note was offered that it cannot pay, whatever is left', () => {
		const waits = follow({ error: peerError('NotEnoughInChannel') });
		expect(low([sampleChannel({ remaining: 50n * CENT, deposited: 100n * CENT })], [waits])?.isUsedUp).toBe(
			true
		);
		expect(low([sampleChannel({ remaining: 0n })], [])?.isUsedUp).toBe(true);
	});

	it('is nothing to tell where nothing can be topped up', () => {
		expect(low([])).toBeUndefined();
		expect(low([sampleChannel({ remaining: 0n, direction: 'in' })])).toBeUndefined();
		expect(low([sampleChannel({ remaining: 0n, status: 'closing' })])).toBeUndefined();
	});

	it('offers what was put in so far, but enough for what waits, at most two dollars and what the wallet holds', () => {
		const empty = { remaining: 0n };
		expect(low([sampleChannel({ ...empty, deposited: 5n * CENT })])?.topUp).toBe(5n * CENT);
		const waits = follow({
			error: peerError('NotEnoughInChannel'),
			waiting: { count: 10, cost: 30n * CENT }
		});
		expect(low([sampleChannel({ ...empty, deposited: 5n * CENT })], [waits, follow()])).toMatchObject({
			waiting: { count: 10, cost: 30n * CENT },
			topUp: 60n * CENT
		});
		expect(low([sampleChannel({ ...empty, deposited: 900n * CENT })])?.topUp).toBe(200n * CENT);
		expect(low([sampleChannel(empty)], [], { wallet: 70n * CENT })?.topUp).toBe(70n * CENT);
		expect(low([sampleChannel(empty)], [], { wallet: 0n })?.topUp).toBe(0n);
		expect(low([sampleChannel(empty)], [], { wallet: undefined })?.topUp).toBe(200n * CENT);
	});
});
