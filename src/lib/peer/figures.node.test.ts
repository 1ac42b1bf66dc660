/**
 * Every figure of money that a screen shows, added up a second time from the exported statement alone, as
 * docs/ledger.md says where it comes from: no row of a channel, link, purchase or note is looked at.
 */
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { strings } from '../strings/en.ts';
import { fundChannel, hasBought, nodesReady, online, publishNotes } from './testing/scenario-steps.ts';
import { createWorld, NOTE_PRICE, type SimulatedHost, type World } from './testing/simulation.ts';

interface Line {
	readonly time: string;
	readonly kindId: string;
	readonly accountId: string;
	readonly counterpartId: string;
	readonly amountUnits: string;
	readonly postedUnits: string;
	readonly state: string;
	readonly author: string;
}

const linesOf = async (world: World, host: SimulatedHost): Promise<readonly Line[]> => {
	let text = '';
	let cursor: string | undefined;
	do {
		const query = {
			format: 'json',
			words: strings.statement,
			...(cursor === undefined ? {} : { cursor })
		} as const;
		const page = await world.settle('the statement', host.peer.api.statement(query));
		text += page.text;
		cursor = page.next;
	} while (cursor !== undefined);
	return JSON.parse(text) as readonly Line[];
};

const sumOf = (lines: readonly Line[], column: 'postedUnits' | 'amountUnits' = 'postedUnits'): bigint =>
	lines.reduce((sum, line) => sum + BigInt(line[column]), 0n);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

it('every figure of a guest who reads and is read follows from the statement alone', async () => {
	const world = await createWorld({
		turn: () => new Promise((resolve) => setImmediate(resolve)),
		openSql: () => createNodeSql(':memory:'),
		seed: 'figures',
		crypto: 'sync'
	});
	await nodesReady(world);
	const guest = await world.addGuest('guest');
	const reader = await world.addGuest('reader');
	for (const host of [guest, reader]) {
		await fundChannel(world, host);
		await online(world, host);
	}
	const terms = { maxPrice: NOTE_PRICE * 2n, dailyLimit: NOTE_PRICE * 1_000n };
	const ofBob = await publishNotes(world, world.nodes.bob, 4);
	await world.settle('following', guest.peer.api.follow(world.nodes.bob.pubkey, terms));
	await world.until('reading', hasBought(guest, ofBob));
	await world.settle('publishing', guest.peer.api.publish({ content: 'read me' }));
	const [mine] = await publishNotes(world, guest, 1);
	await world.settle('following', reader.peer.api.follow(guest.pubkey, terms));
	await world.until('being read', hasBought(reader, [mine ?? '']));
	await world.until('rest', () =>
		[guest, reader].every(({ peer }) =>
			peer.status().links.every((link) => link.pendingOut + link.pendingIn === 0n)
		)
	);

	const state = await world.settle('the state', guest.peer.api.state());
	const lines = await linesOf(world, guest);
	const of = (account: string, ...kinds: readonly string[]): readonly Line[] =>
		lines.filter(
			({ accountId, kindId }) => accountId === account && (kinds.length === 0 || kinds.includes(kindId))
		);
	const link = lines.find(({ accountId }) => accountId.startsWith('link/'))?.accountId ?? '';
	const today = lines.filter(
		({ time }) => Date.parse(time) >= world.clock.now() - (world.clock.now() % 86_400_000)
	);

	// What the hub holds: what is left of earnings, once claims are spent.
	const earned = sumOf(
		of(link, 'sell', 'publish', 'forward', 'fee', 'late').filter(
			({ amountUnits, kindId }) => kindId === 'late' || !amountUnits.startsWith('-')
		)
	);
	const paidOut = -sumOf(of(link, 'payout', 'payout-fee'));
	const held = max(0n, min(sumOf(of(link)), earned - paidOut));
	expect(held).toBe(state.money.held);
	expect(state.money.earned).toBeGreaterThan(0n);
	expect(-sumOf(of('income/notes'))).toBe(state.money.earned);
	expect(-sumOf(today.filter(({ accountId }) => accountId.startsWith('income/notes')))).toBe(
		state.money.earnedToday
	);
	const spent = today.filter(
		({ accountId, kindId, state: settled }) =>
			kindId === 'buy' && accountId.startsWith('expense/') && settled !== strings.statement.states.voided
	);
	expect(sumOf(spent, 'amountUnits')).toBe(state.money.spentToday);
	expect(state.money.spentToday).toBeGreaterThan(0n);

	const [channel] = state.channels;
	const account = `channel/${channel?.id ?? ''}`;
	const unspent = max(0n, sumOf(of(link)) - held);
	expect(sumOf(of(account, 'fund'))).toBe(channel?.deposited);
	expect(-sumOf(of(account, 'claim'))).toBe(channel?.claimed);
	expect(sumOf(of(account)) + unspent).toBe(channel?.remaining);
	expect(sumOf(of(account)) + unspent).toBe(state.money.spendable);

	for (const follow of state.follows)
		expect(
			sumOf(
				spent.filter(({ author }) => author === follow.pubkey),
				'amountUnits'
			)
		).toBe(follow.spentToday);

	const feed = await world.settle('the feed', guest.peer.api.feed({ limit: 100 }));
	const total = (figure: 'cost' | 'way' | 'earned'): bigint =>
		feed.reduce((sum, item) => sum + (item[figure] ?? 0n), 0n);
	expect(total('cost')).toBe(sumOf(of('expense/notes', 'buy')));
	expect(total('way')).toBe(sumOf(of('expense/way')));
	expect(total('earned')).toBe(state.money.earned);
	const earnings = await world.settle('the earnings', guest.peer.api.earnings({ limit: 100 }));
	expect(earnings.reduce((sum, { amount }) => sum + amount, 0n)).toBe(state.money.earned);

	const activity = await world.settle('the activity', guest.peer.api.activity({ limit: 200 }));
	expect(activity.map(({ from, to, amount }) => `${from} ${to} ${amount}`).reverse()).toEqual(
		lines
			.filter(({ amountUnits }) => !amountUnits.startsWith('-'))
			.map(({ counterpartId, accountId, amountUnits }) => `${counterpartId} ${accountId} ${amountUnits}`)
	);
	await world.close();
}, 60_000);
