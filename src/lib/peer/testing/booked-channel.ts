/** A channel in the middle of its life, for tests: its row, and the funding in the books that such a row comes with. */
import { NOTHING_CLAIMED, type Channel } from '../channel/channel.ts';
import type { Channels } from '../channel/channels.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { tokenToLink } from '../money.ts';

const SOMEBODY = `0x${'11'.repeat(20)}` as const;

/** Open and funded once, with nothing claimed; what its chain would say of its key is nobody's business. */
export const sampleChannel = (
	given: Partial<Channel> & Pick<Channel, 'id' | 'peer' | 'direction' | 'deposited'>
): Channel => ({
	epoch: 0,
	key: {
		payer: SOMEBODY,
		payee: SOMEBODY,
		token: SOMEBODY,
		signer: SOMEBODY,
		grace: 86_400,
		expiry: 9_999_999_999,
		salt: given.id
	},
	status: 'open',
	...NOTHING_CLAIMED,
	fundings: 1,
	closeAt: 0,
	openedAt: 0,
	...given
});

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
