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

/** `chainTime` in Unix seconds; `perDay`: what reading costs a day, as far as it is known. */
export const channelState = (channel: ChannelView, chainTime: number, perDay = 0n): ChannelState => {
	const words = strings.channels.state;
	const plain = { low: false, withdrawable: false };
	switch (channel.status) {
		case 'opening':
			return { ...plain, word: words.opening, tone: 'busy' };
		case 'open': {
			const low = channel.direction === 'out' && isLow(channel, perDay);
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

/** Below a tenth of the deposit; for those who read much already when half is gone and the rest is no day's reading. */
const isLow = ({ remaining, deposited }: ChannelView, perDay: bigint): boolean =>
	remaining * 10n < deposited || (remaining * 2n < deposited && remaining < perDay);
