/**
 * Postings of the ledger in words: which kind it is to a person, whether money came, went or only
 * changed its place, and what the accounts are called.
 */
import { shortHex, shortNpub } from '../client/format.ts';
import { strings } from '../strings/en.ts';
import type { HistoryItem } from '../explorer/index.ts';
import type { ActivityItem } from '../peer/api.ts';

export type Direction = 'in' | 'out' | 'move';
export type PostingFilter = keyof typeof strings.activity.filters;

export interface Names {
	/** The hub's Nostr key, if known. */
	readonly hub: string | undefined;
	name(pubkey: string): string;
}

const FILTERS: Record<ActivityItem['kind'], Exclude<PostingFilter, 'all'>> = {
	buy: 'reading',
	way: 'reading',
	publish: 'reading',
	sell: 'earning',
	payout: 'earning',
	'payout-fee': 'earning',
	late: 'earning',
	fund: 'moving',
	claim: 'moving',
	redeem: 'moving',
	refund: 'moving',
	recover: 'moving',
	outside: 'moving',
	forward: 'routing',
	fee: 'routing'
};

export const inFilter = (item: ActivityItem, filter: PostingFilter): boolean =>
	filter === 'all' || FILTERS[item.kind] === filter;

export const directionOf = (item: ActivityItem): Direction => {
	if (item.to.startsWith('expense/') && !item.from.startsWith('expense/')) return 'out';
	if (item.from.startsWith('income/')) return 'in';
	if (item.kind === 'outside') return item.from === 'outside' ? 'in' : 'out';
	if (item.kind === 'recover') return item.from === 'forgotten' ? 'in' : 'out';
	return 'move';
};

export const titleOf = (item: ActivityItem, names: Names): string => {
	const words = strings.activity.kind;
	switch (item.kind) {
		case 'buy': {
			const count = item.memo.eventIds?.length ?? 0;
			const what = count === 0 ? words.ask : words.buy(count);
			return item.memo.author === undefined ? what : `${what} ${words.buyFrom(names.name(item.memo.author))}`;
		}
		case 'sell':
			return words.sell(Math.max(1, item.memo.eventIds?.length ?? 1));
		case 'claim':
			return item.to.startsWith('claims/') ? words.claimIn : words.claim;
		default:
			return words[item.kind];
	}
};

const isNamedAccount = (
	account: string
): account is Exclude<keyof typeof strings.activity.account, 'channel' | 'claims' | 'link' | 'hub'> =>
	Object.hasOwn(strings.activity.account, account) && !['channel', 'claims', 'link', 'hub'].includes(account);

export const accountName = (account: string, names: Names): string => {
	const words = strings.activity.account;
	const slash = account.indexOf('/');
	const head = account.slice(0, slash);
	const rest = account.slice(slash + 1);
	if (head === 'channel') return words.channel(shortHex(rest));
	if (head === 'claims') return words.claims(shortHex(rest));
	if (head === 'link')
		return words.link(
			rest === names.hub ? words.hub : /^[0-9a-f]{64}$/.test(rest) ? names.name(rest) : shortNpub(rest)
		);
	return isNamedAccount(account) ? words[account] : account;
};

/** What the chain shows of a kind of posting. */
const ACTS: Partial<Record<ActivityItem['kind'], readonly HistoryItem['type'][]>> = {
	fund: ['Opened', 'ToppedUp'],
	refund: ['Closed', 'Withdrawn'],
	redeem: ['Claimed', 'Closed'],
	claim: ['Claimed', 'Closed', 'Withdrawn']
};

/** Whether the chain can show this posting, or what became of it. */
export const isOnChain = ({ kind, state }: ActivityItem): boolean =>
	state === 'posted' && ACTS[kind] !== undefined;

/**
 * The act that a posting of this channel is about, of a history newest first. A claim is about the first act
 * after it that pays claims out; anything else about the act of its amount that is nearest in time.
 */
export const onChain = (item: ActivityItem, history: readonly HistoryItem[]): HistoryItem | undefined => {
	const acts = history.filter(({ type }) => ACTS[item.kind]?.includes(type));
	if (item.kind === 'claim') return acts.filter(({ at }) => at >= item.at).at(-1);
	const distance = ({ at }: HistoryItem): number => Math.abs(at - item.at);
	return acts
		.filter(({ amount }) => amount === item.amount)
		.reduce<HistoryItem | undefined>(
			(nearest, act) => (nearest === undefined || distance(act) < distance(nearest) ? act : nearest),
			undefined
		);
};
