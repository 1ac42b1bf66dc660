import { describe, expect, it } from 'vitest';
import type { HistoryItem } from '../explorer/index.ts';
import type { ActivityItem } from '../peer/api.ts';
import { strings } from '../strings/en.ts';
import { accountName, directionOf, inFilter, isOnChain, onChain, titleOf, type Names } from './postings.ts';

const HUB = 'aa'.repeat(32);
const BOB = 'bb'.repeat(32);
const CHANNEL = `0x${'12'.repeat(32)}`;
const names: Names = { hub: HUB, name: (pubkey) => (pubkey === BOB ? 'Bob' : pubkey.slice(0, 4)) };

const item = (
	kind: ActivityItem['kind'],
	from: string,
	to: string,
	memo: ActivityItem['memo'] = {}
): ActivityItem => ({
	id: 1,
	at: 0,
	kind,
	state: 'posted',
	from,
	to,
	amount: 1n,
	memo
});

describe('postings in words', () => {
	it.each([
		[
			item('buy', `link/${HUB}`, 'expense/notes', { author: BOB, eventIds: ['1'] }),
			'Bought a note from Bob',
			'out'
		],
		[
			item('buy', `link/${HUB}`, 'expense/notes', { author: BOB, eventIds: ['1', '2'] }),
			'Bought 2 notes from Bob',
			'out'
		],
		[item('buy', `link/${HUB}`, 'expense/notes'), 'Asked for notes', 'out'],
		[item('way', 'expense/notes', 'expense/way'), 'Part that the way took', 'move'],
		[item('sell', 'income/notes', `link/${HUB}`, { eventIds: ['1'] }), 'A reader paid for a note', 'in'],
		[item('fund', 'wallet', `channel/${CHANNEL}`), 'Put into your channel', 'move'],
		[item('claim', `channel/${CHANNEL}`, `link/${HUB}`), 'Claim signed', 'move'],
		[item('claim', `link/${HUB}`, `claims/${CHANNEL}`), 'Claim received', 'move'],
		[item('redeem', `claims/${CHANNEL}`, 'wallet'), 'Claims redeemed on the chain', 'move'],
		[item('refund', `channel/${CHANNEL}`, 'wallet'), 'Unspent deposit came back', 'move'],
		[item('forward', `link/${HUB}`, `link/${BOB}`), 'Passed a packet on', 'move'],
		[item('fee', 'income/routing', `link/${BOB}`), 'Fee for passing on', 'in'],
		[item('publish', `link/${HUB}`, 'expense/publishing'), 'Stored a note at another node', 'out'],
		[item('payout', `link/${HUB}`, 'wallet'), 'Cashed out to your wallet', 'move'],
		[item('payout-fee', `link/${HUB}`, 'expense/payout-fees'), 'Fee for cashing out', 'out'],
		[item('late', `link/${HUB}`, 'expense/late'), 'Not paid: the answer was too late', 'out'],
		[item('recover', `link/${HUB}`, 'forgotten'), strings.activity.kind.recover, 'out'],
		[item('recover', 'forgotten', `link/${HUB}`), strings.activity.kind.recover, 'in'],
		[item('outside', 'outside', 'wallet'), 'Wallet money from or to elsewhere', 'in'],
		[item('outside', 'wallet', 'outside'), 'Wallet money from or to elsewhere', 'out']
	] as const)('%#: $kind', (posting, title, direction) => {
		expect(titleOf(posting, names)).toBe(title);
		expect(directionOf(posting)).toBe(direction);
	});

	it('each kind is under "All" and exactly one more heading', () => {
		const kinds = [
			'fund',
			'claim',
			'redeem',
			'refund',
			'buy',
			'way',
			'sell',
			'forward',
			'fee',
			'publish',
			'payout',
			'payout-fee',
			'late',
			'recover',
			'outside'
		] as const;
		for (const kind of kinds) {
			const posting = item(kind, 'wallet', 'outside');
			expect(inFilter(posting, 'all')).toBe(true);
			expect(
				(['reading', 'earning', 'moving', 'routing'] as const).filter((filter) => inFilter(posting, filter))
			).toHaveLength(1);
		}
	});
});

describe('a posting on the chain', () => {
	const act = (type: HistoryItem['type'], amount: bigint, at: number): HistoryItem => ({
		type,
		amount,
		at,
		channel: CHANNEL as `0x${string}`,
		transaction: `0x${at}`,
		block: BigInt(at),
		index: 0,
		feeWei: 0n
	});
	const history = [
		act('Closed', 3n, 50),
		act('Claimed', 1n, 40),
		act('ToppedUp', 2n, 30),
		act('Claimed', 1n, 20),
		act('Opened', 2n, 10)
	];
	const posting = (kind: ActivityItem['kind'], amount: bigint, at: number): ActivityItem => ({
		...item(kind, 'wallet', 'outside'),
		amount,
		at
	});

	it('is the act of its amount that is nearest in time', () => {
		expect(onChain(posting('fund', 2n, 12), history)?.at).toBe(10);
		expect(onChain(posting('fund', 2n, 31), history)?.at).toBe(30);
		expect(onChain(posting('redeem', 1n, 21), history)?.at).toBe(20);
		expect(onChain(posting('refund', 3n, 60), history)?.type).toBe('Closed');
		expect(onChain(posting('fund', 5n, 12), history)).toBeUndefined();
	});

	it('is, for a claim, the first act after it that pays claims out', () => {
		expect(onChain(posting('claim', 9n, 15), history)?.at).toBe(20);
		expect(onChain(posting('claim', 9n, 25), history)?.at).toBe(40);
		expect(onChain(posting('claim', 9n, 60), history)).toBeUndefined();
	});

	it('is looked for only where the chain can show it', () => {
		expect(isOnChain(posting('fund', 1n, 0))).toBe(true);
		expect(isOnChain(posting('buy', 1n, 0))).toBe(false);
		expect(isOnChain({ ...posting('fund', 1n, 0), state: 'voided' })).toBe(false);
	});
});

describe('accounts in words', () => {
	it.each([
		['wallet', 'Your wallet'],
		['outside', 'Elsewhere'],
		[`channel/${CHANNEL}`, 'Your channel 0x121212…1212'],
		[`claims/${CHANNEL}`, 'Claims you hold on 0x121212…1212'],
		[`link/${HUB}`, 'Account with your hub'],
		[`link/${BOB}`, 'Account with Bob'],
		['expense/way', 'Spent: the way'],
		['income/notes', 'Income: notes'],
		['hub', 'hub'],
		['something/new', 'something/new']
	])('%s', (account, name) => {
		expect(accountName(account, names)).toBe(name);
	});
});
