/** The one word (and colour) for how things are, from the peer's phase and link. */
import { formatSpan } from '../client/format.ts';
import { strings } from '../strings/en.ts';
import type { LinkView } from '../peer/api.ts';

export interface Status {
	readonly tone: 'good' | 'busy' | 'off';
	readonly text: string;
}

export const describeStatus = (view: {
	readonly phase: 'starting' | 'ready' | 'waiting' | 'restarting';
	readonly tab: 'waiting' | 'leader' | 'follower';
	readonly link: LinkView | undefined;
	/** Unix milliseconds. */
	readonly now: number;
}): Status => {
	const words = strings.status;
	if (view.phase === 'restarting') return { tone: 'busy', text: words.restarting };
	if (view.link === undefined)
		return view.phase === 'waiting'
			? { tone: 'off', text: words.waiting }
			: { tone: 'busy', text: words.starting };
	if (view.link.status === 'connecting') return { tone: 'busy', text: words.connecting };
	if (view.link.status === 'offline') {
		const left = view.link.retryAt === undefined ? 0 : view.link.retryAt - view.now;
		return { tone: 'off', text: left > 0 ? words.retryIn(formatSpan(left)) : words.offline };
	}
	return { tone: 'good', text: view.tab === 'follower' ? words.otherTab : words.online };
};
