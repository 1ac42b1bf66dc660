/**
 * Money is there. These two run in the transaction that books the packet, on what is committed and what was
 * decided before it in the same group, so that two packets never spend the same unit.
 */
import type { LinkAccounts } from '../../link/accounts.ts';
import type { Rejects } from '../rejects.ts';
import { maxOf } from '../../money.ts';
import type { ShareName, Shares } from '../shares.ts';
import type { Arrival, Departure, Rule } from './rule.ts';

/** The neighbour's account covers what it sends. */
export const covered =
	(
		accounts: Pick<LinkAccounts, 'available'>,
		{ notCovered }: Rejects
	): Rule<Pick<Arrival, 'peer' | 'prepare'>> =>
	({ peer, prepare }) => {
		if (prepare.amount === 0n) return undefined;
		const available = accounts.available(peer);
		return prepare.amount > available ? notCovered(available) : undefined;
	};

/** One destination of one neighbour may not fill a link that others need (PROTOCOL section 6). */
export const withinShare =
	(
		accounts: Pick<LinkAccounts, 'prepaid' | 'room'>,
		shares: Pick<Shares, 'fits'>,
		{ reject }: Rejects
	): Rule<Departure> =>
	({ peer, way, out }) => {
		const share: ShareName = { ingress: peer, egress: way.peer, route: way.prefix };
		// What is paid for already is most often enough; what channels could add costs several questions more.
		return shares.fits(share, out, () => maxOf(0n, accounts.prepaid(way.peer))) ||
			shares.fits(share, out, () => accounts.room(way.peer))
			? undefined
			: reject('T04', 'too much under way to that destination');
	};
