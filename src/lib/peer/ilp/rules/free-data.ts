/** The bytes a neighbour may still send for nothing (allowance.ts): every packet draws its own. */
import type { Allowance } from '../allowance.ts';
import type { Rejects } from '../rejects.ts';
import type { Arrival, Rule } from './rule.ts';

export const withinFreeData =
	(allowance: (peer: string) => Allowance, { reject }: Rejects): Rule<Arrival> =>
	({ peer, bytes, now }) =>
		allowance(peer).draw(bytes.length, now)
			? undefined
			: reject('T05', 'the free data of this link is used up');
