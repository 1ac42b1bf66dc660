/**
 * Nodes meet, open a channel each way on each link, and fill the one that is used up, all by themselves: nobody is there
 * to ask again.
 */
import { nodesAreReady } from '../scenario-steps.ts';
import type { SimulatedHost } from '../simulation.ts';
import { A_DOLLAR, openChannel } from './guest.ts';
import { has, one, STEP_MS, type Life } from './stage.ts';

/** Token units that a node wants in a channel: less than one step of its claims, so that the first of them uses it up. */
const DEPOSIT = 1_000_000n;
const NOTES = 2;

export const nodesFundEachOther: Life = {
	isCountedFrom: 'the start',
	options: { nodeDeposit: DEPOSIT },
	live: async (stage) => {
		const { world, step, until } = stage;
		const { hub, bob } = world.nodes;
		if (!(await until(() => nodesAreReady(world), STEP_MS))) throw new Error('no channels between nodes');

		// What a guest does is another life.
		stage.count(false);
		const guest = await world.addGuest('guest');
		await until(() => guest.peer.status().links.length > 0, STEP_MS);
		await openChannel(stage, guest);
		const notes: string[] = [];
		for (let i = 0; i < NOTES; i++) notes.push(await stage.publish(bob, `what Bob says, part ${i}`));

		stage.count(true);
		const terms = { maxPrice: A_DOLLAR, dailyLimit: A_DOLLAR };
		await step('read', guest, ({ api }) => api.follow(bob.pubkey, terms), has(guest, notes), 'begun');
		if (!(await until(() => putIn(hub) > DEPOSIT, STEP_MS))) throw new Error('nobody filled the channel');
	}
};

/** Token units in the channel towards the neighbour. */
const putIn = (host: SimulatedHost): bigint =>
	BigInt(
		(one(host, `SELECT sum(deposited) AS sum FROM channel WHERE direction = 'out'`)?.['sum'] ?? 0) as number
	);
