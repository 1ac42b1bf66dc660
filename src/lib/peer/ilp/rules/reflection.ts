/**
 * Not one of my own packets coming back (PROTOCOL section 2): a neighbour that returns what I sent could
 * otherwise make me fulfil, as receiver, what I pay for as sender.
 */
import { bytesToHex } from '../../bytes.ts';
import type { Rejects } from '../rejects.ts';
import type { Arrival, Rule } from './rule.ts';

/** `ownConditions`: of packets that began here and are under way, hex. */
export const notReflected =
	(ownConditions: ReadonlySet<string>, { reject }: Rejects): Rule<Arrival> =>
	({ prepare }) =>
		ownConditions.size > 0 && ownConditions.has(bytesToHex(prepare.condition))
			? reject('F00', 'my own packet came back')
			: undefined;
