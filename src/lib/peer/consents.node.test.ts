/** A limit is met: the reader stops, the person is asked once, and what is answered is kept to the unit. */
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import type { PeerState } from './api.ts';
import { createConsents } from './consents.ts';
import { createCommits } from './storage/commit.ts';
import { migrate } from './storage/migrations.ts';
import { auditWorld } from './testing/scenario-audit.ts';
import { fundChannel, nodesReady, publishNotes } from './testing/scenario-steps.ts';
import { createSimulatedClock } from './testing/simulated-clock.ts';
import { createWorld, NOTE_PRICE, type SimulatedHost, type World } from './testing/simulation.ts';

const DAY_MS = 86_400_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A guest with a channel who follows Bob, and may spend a little more than three notes cost on him. */
const begin = async (seed: string): Promise<{ readonly world: World; readonly guest: SimulatedHost }> => {
	const world = await createWorld({ turn, openSql: () => createNodeSql(':memory:'), seed, crypto: 'sync' });
	await nodesReady(world);
	const guest = await world.addGuest('guest');
	await fundChannel(world, guest);
	await publishNotes(world, world.nodes.bob, 8);
	return { world, guest };
};
const stateOf = (world: World, guest: SimulatedHost): Promise<PeerState> =>
	world.settle('a look', guest.peer.api.state());
const boughtBy = (guest: SimulatedHost): number =>
	guest.sql.all('SELECT 1 FROM bought WHERE sent > 0').length;
const asked = (guest: SimulatedHost) => (): boolean =>
	guest.sql.all('SELECT 1 FROM consent WHERE answer IS NULL').length > 0;

it('an author’s limit is met: the person is asked once, allows it, and gets what was asked for', async () => {
	const { world, guest } = await begin('allow');
	const bob = world.nodes.bob.pubkey;
	const dailyLimit = (NOTE_PRICE * 7n) / 2n;
	await world.settle('following', guest.peer.api.follow(bob, { maxPrice: NOTE_PRICE * 2n, dailyLimit }));
	await world.until('the question', asked(guest));
	const before = await stateOf(world, guest);
	expect(boughtBy(guest)).toBe(3);
	expect(before.notices.map(({ error }) => error.type)).toContain('DailyLimitReached');
	expect(before.consents).toHaveLength(1);
	const [question] = before.consents;
	expect(question).toMatchObject({
		act: 'spend',
		limit: 'peer',
		peer: bob,
		most: dailyLimit,
		channel: undefined
	});
	expect(question?.used).toBeLessThanOrEqual(dailyLimit);
	expect(question?.wanted).toBeGreaterThanOrEqual(NOTE_PRICE * 5n);

	// Not again after a restart, and not for more of the same.
	guest.crash();
	await guest.start();
	await publishNotes(world, world.nodes.bob, 1);
	await world.advance(30_000);
	expect((await stateOf(world, guest)).consents).toEqual(before.consents);
	expect(boughtBy(guest)).toBe(3);

	const answered = await world.settle('allowing', guest.peer.api.answerConsent(question?.id ?? '', 'allow'));
	expect(answered.ok).toBe(true);
	await world.until('what was asked for', () => boughtBy(guest) === 8);
	// The ninth came after the question.
	await world.advance(60_000);
	const after = await stateOf(world, guest);
	expect(boughtBy(guest)).toBe(8);
	expect(after.money.spentToday).toBeLessThanOrEqual((question?.used ?? 0n) + (question?.wanted ?? 0n));
	expect(after.consents).toEqual([]);
	expect(
		await world.settle('again', guest.peer.api.answerConsent(question?.id ?? '', 'allow'))
	).toMatchObject({
		ok: false,
		error: { type: 'ConsentGone' }
	});

	await world.until('rest', () => guest.peer.status().links.every(({ pendingOut }) => pendingOut === 0n));
	expect(await auditWorld(world)).toEqual([]);
	await world.close();
}, 60_000);

it('the day’s limit is met: nothing is a no by itself, a no is kept, and a higher limit needs no question', async () => {
	const { world, guest } = await begin('deny');
	const { api } = guest.peer;
	await world.settle('limiting', api.setBudgets({ perDay: 0n }));
	await world.settle(
		'following',
		api.follow(world.nodes.bob.pubkey, { maxPrice: NOTE_PRICE * 2n, dailyLimit: NOTE_PRICE * 100n })
	);
	await world.advance(20_000);
	expect(boughtBy(guest)).toBe(0);
	expect((await stateOf(world, guest)).consents).toEqual([]);
	await world.settle('raising', api.setBudgets({ perDay: (NOTE_PRICE * 5n) / 2n }));
	await world.until('the question', asked(guest));
	const [question] = (await stateOf(world, guest)).consents;
	expect(question).toMatchObject({ limit: 'day' });
	await world.settle('denying', api.answerConsent(question?.id ?? '', 'deny'));
	await publishNotes(world, world.nodes.bob, 1);
	await world.advance(60_000);
	const denied = await stateOf(world, guest);
	expect(boughtBy(guest)).toBe(2);
	expect(denied.consents).toEqual([]);
	expect(denied.notices.map(({ error }) => error.type)).not.toContain('DailyLimitReached');

	await world.settle('raising', api.setBudgets({ perDay: NOTE_PRICE * 100n }));
	await world.until('the rest', () => boughtBy(guest) === 9);
	expect((await stateOf(world, guest)).consents).toEqual([]);
	await world.close();
}, 60_000);

it('what a channel may hold is asked about once, and an answer lasts the day', async () => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const clock = createSimulatedClock(DAY_MS * 20_000, turn);
	const heard: string[] = [];
	const consents = createConsents({
		sql,
		commits: createCommits(sql, clock),
		clock,
		onAsked: ({ type }) => heard.push(type),
		onSettled: () => undefined,
		onError: () => undefined
	});
	const facts = { perDay: 100n, perChannel: 50n, deposited: 40n, committedToday: 0n };
	const where = { peer: 'ab'.repeat(32), channel: '0x01' } as const;
	expect(consents.mayCommit(facts, 10n, where)).toBe(true);
	expect(consents.mayCommit(facts, 20n, where)).toBe(false);
	expect(consents.mayCommit(facts, 30n, where)).toBe(false);
	await clock.advance(10);
	expect(heard).toEqual(['CommitLimitReached']);
	const [question] = consents.open();
	expect(question).toMatchObject({
		act: 'commit',
		limit: 'channel',
		channel: '0x01',
		used: 40n,
		wanted: 20n
	});
	const allowing = consents.answer(question?.id ?? '', 'allow');
	await clock.advance(10);
	expect((await allowing).ok).toBe(true);
	expect(consents.mayCommit(facts, 20n, where)).toBe(true);
	expect(consents.mayCommit(facts, 21n, where)).toBe(false);
	await clock.advance(DAY_MS);
	expect(consents.mayCommit(facts, 20n, where)).toBe(false);
	sql.close();
});

it('a node with a person asks before it opens a channel: a no keeps it closed, a yes opens this one and no other', async () => {
	const DOLLARS = 1_000_000_000n;
	const world = await createWorld({
		turn,
		openSql: () => createNodeSql(':memory:'),
		seed: 'locking',
		crypto: 'sync',
		// Each of its two channels is to have twenty dollars.
		asked: { node: 'bob', budgets: { perDay: 25n * DOLLARS, perChannel: 20n * DOLLARS } }
	});
	const { bob } = world.nodes;
	const opened = (): number =>
		bob.sql.all(`SELECT 1 FROM channel WHERE direction = 'out' AND status = 'open'`).length;
	await world.until('the question', () => asked(bob)() && opened() === 1);
	const before = await stateOf(world, bob);
	expect(before.notices.map(({ error }) => error.type)).toContain('CommitLimitReached');
	expect(before.consents).toHaveLength(1);
	const [question] = before.consents;
	expect(question).toMatchObject({
		act: 'commit',
		limit: 'day',
		most: 25n * DOLLARS,
		used: 20n * DOLLARS,
		wanted: 20n * DOLLARS
	});
	const { hub, carol } = world.nodes;
	expect([hub.pubkey, carol.pubkey]).toContain(question?.peer);

	// Not again after a restart; and a no holds until the day is over.
	bob.crash();
	await bob.start();
	await world.advance(180_000);
	expect((await stateOf(world, bob)).consents).toEqual(before.consents);
	await world.settle('denying', bob.peer.api.answerConsent(question?.id ?? '', 'deny'));
	await world.advance(180_000);
	expect(opened()).toBe(1);
	expect((await stateOf(world, bob)).consents).toEqual([]);

	// Another limit is another question.
	await world.settle('limiting', bob.peer.api.setBudgets({ perDay: 30n * DOLLARS }));
	await world.until('the next question', asked(bob));
	const [next] = (await stateOf(world, bob)).consents;
	await world.settle('allowing', bob.peer.api.answerConsent(next?.id ?? '', 'allow'));
	await world.until('the other channel', () => opened() === 2, 30_000);
	await nodesReady(world);
	const after = await stateOf(world, bob);
	expect(after.consents).toEqual([]);
	expect(after.notices.map(({ error }) => error.type)).not.toContain('CommitLimitReached');
	await world.advance(30_000);
	expect(await auditWorld(world)).toEqual([]);
	await world.close();
}, 60_000);
