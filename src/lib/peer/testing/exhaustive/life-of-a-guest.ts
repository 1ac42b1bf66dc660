/** From opening a channel over paying and being paid to cashing out and closing it. */
import type { Hex } from '../../bytes.ts';
import { nodesReady } from '../scenario-steps.ts';
import type { SimulatedHost } from '../simulation.ts';
import { A_DOLLAR, IS_OPEN, openChannel } from './guest.ts';
import { has, one, rows, STEP_MS, type Life, type Stage } from './stage.ts';

/** Notes of each author. */
const NOTES = 2;
/** What the guest asks for a note: two bring more than a payout costs. */
const HER_PRICE = 900_000n;
const IS_CLOSED = `SELECT 1 FROM channel WHERE direction = 'out' AND status = 'closed'`;

export const lifeOfAGuest: Life = {
	isCountedFrom: 'later',
	live: async (stage) => {
		const { world, step, until } = stage;
		const { hub, bob } = world.nodes;
		const terms = { maxPrice: 2n * HER_PRICE, dailyLimit: A_DOLLAR };
		await nodesReady(world);
		stage.count(true);
		const guest = await world.addGuest('guest');
		await until(() => guest.peer.status().links.length > 0, STEP_MS);
		await openChannel(stage, guest);

		const ofBob = await publishAll(stage, bob, 'what Bob says');
		await step('pay', guest, ({ api }) => api.follow(bob.pubkey, terms), has(guest, ofBob), 'begun');

		await step('a price is set', guest, ({ api }) => api.setPrice(HER_PRICE));
		const ofGuest = await publishAll(stage, guest, 'what she says');
		await step('be paid', bob, ({ api }) => api.follow(guest.pubkey, terms), has(bob, ofGuest), 'begun');

		const unredeemed = `SELECT 1 FROM channel WHERE direction = 'in' AND status = 'open' AND settled <> claimed`;
		for (const host of [hub, bob])
			await step(
				`${host.name} redeems`,
				host,
				({ settler }) => settler?.redeemAll() ?? Promise.reject(new Error('no settler')),
				() => rows(host, unredeemed) === 0
			);

		/** A note whose answer was lost without its connection came too late to be paid; the rest is less than a payout costs. */
		let isTooSmall = false;
		await step(
			'payout',
			guest,
			async ({ api }) => {
				const answer = await api.payout();
				isTooSmall = !answer.ok && answer.error.type === 'PayoutTooSmall';
				return answer;
			},
			() => rows(guest, 'SELECT 1 FROM payout_taken') > 0 || (stage.mayBeLate && isTooSmall)
		);
		await step(
			'close',
			guest,
			({ api }) => api.closeChannel(String(one(guest, IS_OPEN)?.['id'] ?? '') as Hex),
			() => rows(guest, IS_OPEN) === 0 && rows(guest, IS_CLOSED) > 0
		);
	}
};

const publishAll = async (
	{ publish }: Stage,
	author: SimulatedHost,
	what: string
): Promise<readonly string[]> => {
	const ids: string[] = [];
	for (let i = 0; i < NOTES; i++) ids.push(await publish(author, `${what}, part ${i}`));
	return ids;
};
