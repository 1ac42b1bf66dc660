import { expect, it } from 'vitest';
import type { ChannelView } from '../peer/api.ts';
import { goneChannel } from './gone-channel.ts';
import { CENT, sampleChannel } from './sample-channel.ts';

const channel = (some: Partial<ChannelView> = {}): ChannelView =>
	sampleChannel({ claimed: 30n * CENT, remaining: 170n * CENT, ...some });

it('nothing is said while a channel is there to pay from, and to those who never had one', () => {
	expect(goneChannel([])).toBeUndefined();
	expect(goneChannel([channel({ direction: 'in', status: 'closed' })])).toBeUndefined();
	expect(goneChannel([channel()])).toBeUndefined();
	expect(
		goneChannel([channel({ status: 'closed' }), channel({ id: '0x02', status: 'opening' })])
	).toBeUndefined();
});

it('of a channel on its way out it says what is still to come back', () => {
	const closing = channel({ status: 'closing' });
	expect(goneChannel([closing])).toEqual({ channel: closing, how: 'leaving', rest: 170n * CENT });
});

it('of the newest that is over it says what went back', () => {
	const before = channel({ status: 'closed', openedAt: 1, settled: 200n * CENT });
	const last = channel({ id: '0x02', status: 'closed', openedAt: 2, settled: 30n * CENT, remaining: 0n });
	expect(goneChannel([last, before])).toEqual({ channel: last, how: 'closed', rest: 170n * CENT });
	const lost = channel({ id: '0x03', status: 'archived', openedAt: 3 });
	expect(goneChannel([last, lost])).toEqual({ channel: lost, how: 'archived', rest: 0n });
});
