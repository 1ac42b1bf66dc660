/**
 * The main job from the first link to the last transaction, told once for every runtime: a reader
 * funds a channel, follows an author two links away and one three links away, gets what they have and
 * what they publish next, lets go of one, writes herself and is read, cashes out, and leaves, with the
 * hub and without it.
 */
import { bytesToHex } from '../bytes.ts';
import { unwrap, type Result } from '../result.ts';
import { auditWorld, balanceOf, balancesOf } from './scenario-audit.ts';
import {
	bought,
	follow,
	fundChannel,
	hasBought,
	nodesReady,
	online,
	publishNotes,
	redeem,
	rest
} from './scenario-steps.ts';
import { runScenario, type ScenarioOptions, type ScenarioReport, type Telling } from './scenario.ts';
import { NOTE_PRICE, PAYOUT_TERMS, type World } from './simulation.ts';

export interface MainJobOptions extends ScenarioOptions {
	/** Notes each author has before anybody reads. */
	readonly past?: number;
	/** Notes each author publishes while being read. */
	readonly published?: number;
}

const DAY_S = 86_400;

const refused = (answer: Result<unknown, unknown>): boolean => !answer.ok;

export const runMainJob = (seed: string, options: MainJobOptions): Promise<ScenarioReport> =>
	runScenario({ ...options, seed }, (world, telling) => mainJob(world, telling, options));

const mainJob = async (
	world: World,
	{ tell, wrong }: Telling,
	{ past = 6, published = 3 }: MainJobOptions
): Promise<void> => {
	const { hub, bob, carol } = world.nodes;
	const check = (isSo: boolean, sentence: string): void => {
		if (!isSo) wrong.push(sentence);
	};

	await nodesReady(world);
	tell('three nodes are linked, each way funded');
	const bobsPast = await publishNotes(world, bob, past);
	const carolsPast = await publishNotes(world, carol, past);

	const reader = await world.addGuest('reader');
	await online(world, reader);
	tell('the reader is a guest of the hub');
	const channel = await fundChannel(world, reader);
	tell('her channel is funded by one signature');

	await follow(world, reader, bob);
	await world.until("Bob's notes", hasBought(reader, bobsPast));
	tell(`she has Bob's ${past} notes`);
	await follow(world, reader, carol);
	await world.until("Carol's notes", hasBought(reader, carolsPast));
	tell(`and Carol's ${past}`);

	const live = [
		...(await publishNotes(world, bob, published)),
		...(await publishNotes(world, carol, published))
	];
	await world.until('what is published', hasBought(reader, live));
	tell('she gets what they publish now');

	// Letting go.
	unwrap(await world.settle('letting go', reader.peer.api.unfollow(carol.pubkey)));
	const unread = await publishNotes(world, carol, 2);
	await world.advance(30_000);
	check(bought(reader, unread) === 0, 'something was bought after letting go');

	// She writes and is read.
	unwrap(await world.settle('a profile', reader.peer.api.setProfile({ name: 'Reader' })));
	const written: string[] = [];
	for (let i = 0; i < past; i++)
		written.push(
			unwrap(
				await world.settle(
					'a note',
					reader.peer.api.publish({
						content: `what I read today, part ${i + 1} ${bytesToHex(world.random.bytes(3))}`
					})
				)
			).id
		);
	const second = await world.addGuest('second');
	await online(world, second);
	const secondsChannel = await fundChannel(world, second);
	await follow(world, second, reader);
	await world.until("the reader's own notes", hasBought(second, written));
	tell(`a second guest has the reader's ${past} notes`);
	const state = await world.settle('a look', reader.peer.api.state());
	// The way is paid for in whole units: a few arrive beyond the price.
	const surplus = state.money.earned - NOTE_PRICE * BigInt(past);
	check(
		surplus >= 0n && surplus <= 10n * BigInt(past),
		`she earned ${state.money.earned} for ${past} notes at ${NOTE_PRICE}`
	);

	// What is held is less than the payout fee until somebody reads a little more.
	const held = state.money.held;
	const payout = await world.settle('cashing out', reader.peer.api.payout());
	const due = held - PAYOUT_TERMS.fee;
	if (due < 1_000n) check(refused(payout), 'a payout below the fee was made');
	else {
		const { paid, fee } = unwrap(payout);
		check(fee === PAYOUT_TERMS.fee, `a fee of ${fee}`);
		check(paid === due - (due % 1_000n), `${paid} paid out of ${held} held`);
		const after = await world.settle('a look', reader.peer.api.state());
		check(after.money.held === held - paid - fee, `${after.money.held} still held`);
		tell(`she cashes out ${paid}; ${after.money.held} stay with the hub`);
	}

	// Fees at each hop, to the unit.
	await rest(world);
	const spent =
		balancesOf(reader, 'expense/notes') +
		balancesOf(reader, 'expense/way') +
		balancesOf(second, 'expense/notes') +
		balancesOf(second, 'expense/way');
	const earned = [bob, carol, reader].reduce((sum, host) => sum - balanceOf(host, 'income/notes'), 0n);
	const fees = [hub, bob, carol].reduce((sum, host) => sum - balanceOf(host, 'income/routing'), 0n);
	check(spent === earned + fees, `readers spent ${spent}; authors earned ${earned} and hops ${fees}`);
	check(
		fees > 0n && -balanceOf(bob, 'income/routing') > 0n && -balanceOf(hub, 'income/routing') > 0n,
		'a hop took no fee'
	);
	check(
		-balanceOf(carol, 'income/notes') >= NOTE_PRICE * BigInt(past + published),
		'Carol was not paid for each note'
	);

	await redeem(world, [bob, carol]);
	tell('authors redeem their claims');

	// Leaving, with the hub and without it.
	const before = await world.settle('a look', reader.peer.api.state());
	const view = before.channels.find(({ id }) => id === channel);
	const closed = unwrap(await world.settle('closing', reader.peer.api.closeChannel(channel)));
	check(
		view !== undefined && closed.refunded <= view.remaining && view.remaining - closed.refunded < 1_000n,
		`${closed.refunded} came back of ${view?.remaining}`
	);
	tell(`the reader closes her channel: ${closed.refunded} are back`);

	wrong.push(...(await auditAtRest(world)));

	// What she claimed ahead is captured first: it stays with the hub until paid out or spent.
	await redeem(world, [hub]);
	const left = (await world.settle('a look', second.peer.api.state())).channels.find(
		({ id }) => id === secondsChannel
	);
	await hub.stop();
	tell('the hub is gone');
	const asking = unwrap(
		await world.settle('asking to close', second.peer.api.prepareRequestClose(secondsChannel))
	);
	await second.wallet.send(asking);
	unwrap(await world.settle('a look at the chain', second.peer.api.refreshChannel(secondsChannel)));
	check(
		refused(await world.settle('withdrawing', second.peer.api.prepareWithdraw(secondsChannel))),
		'a withdrawal within the grace'
	);
	world.chain.skip(DAY_S + 60);
	await world.advance(30_000);
	const walletBefore = balanceOf(second, 'wallet');
	const withdrawing = unwrap(
		await world.settle('withdrawing', second.peer.api.prepareWithdraw(secondsChannel))
	);
	await second.wallet.send(withdrawing);
	await world.until('the withdrawal', () => balanceOf(second, 'wallet') > walletBefore);
	const back = balanceOf(second, 'wallet') - walletBefore;
	check(
		left !== undefined && back <= left.remaining && left.remaining - back <= left.remaining / 100n,
		`${back} came back of ${left?.remaining}`
	);
	tell(`without the hub, ${back} are back after the grace`);

	await hub.start();
	wrong.push(...(await auditAtRest(world)));
};

const auditAtRest = async (world: World): Promise<readonly string[]> => {
	await rest(world);
	return auditWorld(world);
};
