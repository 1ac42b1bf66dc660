/** No more than one packet may carry, on the link it came by and on the one it leaves by; and something after the fee. */
import type { Rejects } from '../rejects.ts';
import type { Arrival, Departure, Rule } from './rule.ts';

/** Link units that one packet may carry on the link of a neighbour. */
export type MaxPacketOf = (peer: string) => bigint;

export const notTooLarge =
	(maxPacketOf: MaxPacketOf, { tooLarge }: Rejects): Rule<Arrival> =>
	({ peer, prepare: { amount } }) => {
		const most = maxPacketOf(peer);
		return amount > most ? tooLarge(amount, most) : undefined;
	};

export const notTooLargeToLeave =
	(maxPacketOf: MaxPacketOf, { tooLarge }: Rejects): Rule<Departure> =>
	({ way, out }) => {
		const most = maxPacketOf(way.peer);
		return out > most ? tooLarge(out, most) : undefined;
	};

export const somethingLeft =
	({ reject }: Rejects): Rule<Departure> =>
	({ prepare, out }) =>
		prepare.amount > 0n && out === 0n ? reject('R01', 'nothing is left after the fee') : undefined;
