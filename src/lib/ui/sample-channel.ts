/** For tests: a channel of two dollars that this node pays from, on which nothing was claimed yet. */
import type { ChannelView } from '../peer/api.ts';

export const CENT = 10_000_000n;

export const sampleChannel = (some: Partial<ChannelView> = {}): ChannelView => ({
	id: '0x01',
	peer: 'hub',
	direction: 'out',
	status: 'open',
	deposited: 200n * CENT,
	claimed: 0n,
	remaining: 200n * CENT,
	settled: 0n,
	closeAt: undefined,
	grace: 86_400,
	payer: '0x02',
	openedAt: 0,
	...some
});
