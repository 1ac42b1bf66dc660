/** The state word of a channel, with the time that is left where one is running. */
import { formatSpan } from '../client/format.ts';
import { strings } from '../strings/en.ts';
import type { ChannelView } from '../peer/api.ts';

export type ChannelTone = 'good' | 'busy' | 'warn' | 'off';

export interface ChannelState {
	readonly word: string;
	readonly tone: ChannelTone;
	readonly low: boolean;
	/** The grace is over: the payer's wallet can take the rest. */
	readonly withdrawable: boolean;
}

/** `chainTime` in Unix seconds. */
export const channelState = (channel: ChannelView, chainTime: number): ChannelState => {
	const words = strings.channels.state;
	const plain = { low: false, withdrawable: false };
	switch (channel.status) {
		case 'opening':
			return { ...plain, word: words.opening, tone: 'busy' };
		case 'open': {
			const low = channel.direction === 'out' && channel.remaining * 10n < channel.deposited;
			return { ...plain, low, word: low ? words.low : words.open, tone: low ? 'warn' : 'good' };
		}
		case 'closing': {
			if (channel.closeAt === undefined) return { ...plain, word: words.closing, tone: 'busy' };
			const left = channel.closeAt - chainTime;
			return left > 0
				? { ...plain, word: words.closingIn(formatSpan(left * 1000)), tone: 'busy' }
				: { ...plain, word: words.withdrawable, tone: 'warn', withdrawable: true };
		}
		case 'closed':
			return { ...plain, word: words.closed, tone: 'off' };
		case 'archived':
			return { ...plain, word: words.archived, tone: 'off' };
	}
};
