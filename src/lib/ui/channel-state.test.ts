import { describe, expect, it } from 'vitest';
import type { ChannelView } from '../peer/api.ts';
import { channelState } from './channel-state.ts';

const channel = (some: Partial<ChannelView>): ChannelView => ({
	id: '0x01',
	peer: 'hub',
	direction: 'out',
	status: 'open',
	deposited: 2_000n,
	claimed: 0n,
	remaining: 2_000n,
	settled: 0n,
	closeAt: undefined,
	grace: 86_400,
	payer: '0x02',
	openedAt: 0,
	...some
});

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
