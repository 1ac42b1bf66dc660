/** A guest takes her money home from a hub that is gone: two transactions from her wallet, a grace apart. */
import type { Hex } from '../../bytes.ts';
import { nodesReady, redeem, rest } from '../scenario-steps.ts';
import { A_DOLLAR, IS_OPEN, openChannel } from './guest.ts';
import { has, one, STEP_MS, type Life } from './stage.ts';

const DAY_S = 86_400;

export const leavingAlone: Life = {
	isCountedFrom: 'later',
	live: async (stage) => {
		const { world, step, until } = stage;
		const { hub, bob } = world.nodes;
		await nodesReady(world);
		const guest = await world.addGuest('guest');
		await until(() => guest.peer.status().links.length > 0, STEP_MS);
		await openChannel(stage, guest);
		const note = await stage.publish(bob, 'what Bob says');
		const terms = { maxPrice: A_DOLLAR, dailyLimit: A_DOLLAR };
		await step('read', guest, ({ api }) => api.follow(bob.pubkey, terms), has(guest, [note]), 'begun');
		await rest(world);
		await redeem(world, [hub]);
		const channel = String(one(guest, IS_OPEN)?.['id'] ?? '') as Hex;
		const is = (status: string) => (): boolean =>
			one(guest, 'SELECT status FROM channel WHERE id = ?', [channel])?.['status'] === status;
		await stage.leaves(hub);

		stage.count(true);
		const leave = async (what: string, status: string, ask: 'prepareRequestClose' | 'prepareWithdraw') => {
			const transaction = await step(what, guest, ({ api }) => api[ask](channel));
			if (transaction === undefined) throw new Error(`${what}: nothing to sign`);
			await guest.wallet.send(transaction);
			await step('a look at the chain', guest, ({ api }) => api.refreshChannel(channel), is(status));
		};
		await leave('ask to close', 'closing', 'prepareRequestClose');
		world.chain.skip(DAY_S + 60);
		await until(() => false, 30_000);
		await leave('withdraw', 'closed', 'prepareWithdraw');
		await stage.returns(hub);
	}
};
