import { describe, expect, it } from 'vitest';
import type { ChannelView } from '../peer/api.ts';
import { channelState } from './channel-state.ts';
import { sampleChannel } from './sample-channel.ts';

const channel = (some: Partial<ChannelView>): ChannelView =>
	sampleChannel({ deposited: 2_000n, remaining: 2_000n, ...some });

describe('the state word of a channel', () => {
	it('is Low below a tenth of the deposit, for what I pay from', () => {
		expect(channelState(channel({ remaining: 200n }), 0)).toMatchObject({ word: 'Open', low: false });
		expect(channelState(channel({ remaining: 199n }), 0)).toMatchObject({ word: 'Low', low: true });
		expect(channelState(channel({ remaining: 0n, direction: 'in' }), 0)).toMatchObject({
			word: 'Open',
			low: false
		});
	});

	it('counts the grace down by the clock of the chain, then offers the withdrawal', () => {
		const closing = channel({ status: 'closing', closeAt: 100_000 });
		expect(channelState(closing, 100_000 - 23 * 3600)).toMatchObject({
			word: 'Closing · 23 h',
			withdrawable: false
		});
		expect(channelState(closing, 100_000)).toMatchObject({ word: 'Ready to withdraw', withdrawable: true });
	});

	it('closing with the hub has no countdown', () => {
		expect(channelState(channel({ status: 'closing' }), 0)).toMatchObject({
			word: 'Closing',
			withdrawable: false
		});
	});

	it('names every other state', () => {
		expect(
			(['opening', 'closed', 'archived'] as const).map((status) => channelState(channel({ status }), 0).word)
		).toEqual(['Opening', 'Closed', 'Archived']);
	});
});
