import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { NOTHING_CLAIMED, type Channel, type ChannelStatus } from './channel.ts';
import { decideFunding, isEnding, isNearEnd, type FundingWish } from './funding-policy.ts';

const DAY = 24 * 3_600;
const TIME = 2_000_000_000;
const YEAR = 365 * DAY;

const channel = (change: Partial<Channel> & { readonly expiry?: number } = {}): Channel => ({
	id: '0x01',
	epoch: 0,
	peer: 'bob',
	direction: 'out',
	key: {
		payer: '0x01',
		payee: '0x02',
		token: '0x03',
		signer: '0x04',
		grace: DAY,
		expiry: change.expiry ?? TIME + YEAR,
		salt: '0x00'
	},
	status: 'open',
	deposited: 100n,
	...NOTHING_CLAIMED,
	fundings: 1,
	closeAt: 0,
	openedAt: 0,
	...change
});
const wish = (channels: readonly Channel[], change: Partial<FundingWish> = {}): FundingWish => ({
	channels,
	wanted: 100n,
	time: TIME,
	...change
});

describe('what a node does about its channels to a neighbour', () => {
	it('opens the first, and waits for one that is being opened', () => {
		expect(decideFunding(wish([]))).toEqual({ type: 'open' });
		expect(decideFunding(wish([channel({ status: 'opening' })]))).toEqual({ type: 'nothing' });
	});

	it('tops up when less than a quarter is left, and not before', () => {
		expect(decideFunding(wish([channel({ claimed: 75n })]))).toEqual({ type: 'nothing' });
		const used = channel({ claimed: 76n });
		expect(decideFunding(wish([used]))).toEqual({ type: 'topUp', channel: used });
	});

	it.each(['frozen', 'closing', 'closed', 'archived'] as const)(
		'opens another beside one that is %s',
		(status) => {
			expect(decideFunding(wish([channel({ status })]))).toEqual({ type: 'open' });
		}
	);

	it('opens the next before the end of one is near, while that can still be used up', () => {
		const ending = channel({ expiry: TIME + DAY + LIMITS.renewBeforeSeconds });
		expect(isNearEnd(ending, TIME)).toBe(true);
		expect(isEnding(ending, TIME)).toBe(false);
		expect(decideFunding(wish([ending]))).toEqual({ type: 'open' });
		expect(decideFunding(wish([ending, channel()]))).toEqual({ type: 'nothing' });
		expect(isEnding(ending, TIME + LIMITS.renewBeforeSeconds)).toBe(true);
	});

	it('does nothing where nothing is wanted', () => {
		expect(decideFunding(wish([], { wanted: 0n }))).toEqual({ type: 'nothing' });
	});

	it('fills only what can be used, and nothing while enough is left or one is being opened', () => {
		const channels = fc.array(
			fc
				.record({
					status: fc.constantFrom<ChannelStatus>(
						'opening',
						'open',
						'frozen',
						'closing',
						'closed',
						'archived'
					),
					deposited: fc.bigInt({ min: 0n, max: 500n }),
					share: fc.integer({ min: 0, max: 100 }),
					expiry: fc.oneof(fc.constant(0), fc.integer({ min: TIME, max: TIME + 30 * DAY }))
				})
				.map(({ share, ...rest }) => channel({ ...rest, claimed: (rest.deposited * BigInt(share)) / 100n })),
			{ maxLength: 6 }
		);
		fc.assert(
			fc.property(channels, fc.bigInt({ min: 0n, max: 400n }), (list, wanted) => {
				const decision = decideFunding(wish(list, { wanted }));
				const usable = list.filter((one) => one.status === 'open' && !isNearEnd(one, TIME));
				const left = usable.reduce((sum, { deposited, claimed }) => sum + deposited - claimed, 0n);
				if (decision.type === 'topUp') expect(decision.channel).toBe(usable.at(-1));
				if (decision.type === 'open') expect(usable).toEqual([]);
				if (decision.type !== 'nothing') {
					expect(list.map(({ status }) => status)).not.toContain('opening');
					expect(left * 4n < wanted || usable.length === 0).toBe(true);
				}
			})
		);
	});
});
