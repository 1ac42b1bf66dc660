/** A channel in the middle of its life, for tests: its row, and the funding in the books that such a row comes with. */
import type { Channel } from '../channel/channel.ts';
import type { Channels } from '../channel/channels.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { tokenToLink } from '../money.ts';

export const insertBooked = (
	{
		channels,
		ledger,
		tokenScale = 6
	}: { readonly channels: Channels; readonly ledger: Ledger; readonly tokenScale?: number },
	channel: Channel
): void => {
	channels.insert(channel);
	if (channel.direction === 'in' || channel.deposited === 0n) return;
	ledger.record({
		kind: 'fund',
		from: 'wallet',
		to: `channel/${channel.id}`,
		amount: tokenToLink(channel.deposited, tokenScale),
		at: channel.openedAt,
		group: `fund/${channel.id}`
	});
};
