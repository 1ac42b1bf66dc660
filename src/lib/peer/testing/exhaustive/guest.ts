/** How a guest of the hub comes to a channel, asked again until it is there. */
import { err, ok } from '../../result.ts';
import type { SimulatedHost } from '../simulation.ts';
import { rows, type Stage } from './stage.ts';

/** Token units the guest puts into her channel. */
const DEPOSIT = 1_000_000n;
/** Link units. */
export const A_DOLLAR = 1_000_000_000n;
export const IS_OPEN = `SELECT id FROM channel WHERE direction = 'out' AND status = 'open'`;

export const openChannel = async ({ step }: Stage, guest: SimulatedHost): Promise<void> => {
	await step('a wallet is named', guest, ({ api }) => api.setPayoutAddress(guest.wallet.address));
	// The hub is told by a new hello.
	await step('online again', guest, async ({ api }) =>
		(await api.state()).link.status === 'online' ? ok(null) : err('not yet')
	);
	await step(
		'open',
		guest,
		async ({ api }) => {
			const request = await api.prepareFunding({ payer: guest.wallet.address, amount: DEPOSIT });
			if (!request.ok) return request;
			const { funding, typedData } = request.value;
			return api.fund({ ...funding, signature: guest.wallet.sign(typedData) });
		},
		() => rows(guest, IS_OPEN) > 0
	);
};
