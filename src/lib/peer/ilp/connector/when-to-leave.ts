/**
 * When a packet may leave that is written down here.
 *
 * In the log no end of this program undoes it; a power failure within the next milliseconds can. Then it is forgotten
 * here and nowhere else, and what the neighbour delivered for it comes back with the totals of its hello
 * (link/recovery.ts): if it says one, if its word is believed, and as long as all that it holds of mine is no more than
 * it is believed in a day. Anybody else would lose by it, so then the disk has it first, as it has a claim.
 */
import type { Promised } from '../../channel/channels.ts';
import { accountName } from '../../link/account-transport.ts';
import type { LinkAccounts } from '../../link/accounts.ts';
import type { Until } from '../../storage/commit.ts';

/** Inside the transaction that decides about the packet, before it is covered: `promised` is what that took. */
export type WhenToLeave = (egress: string) => (promised: Promised | undefined) => Until;

export const createWhenToLeave =
	(accounts: Pick<LinkAccounts, 'get' | 'prepaid'>): WhenToLeave =>
	(egress) => {
		const link = accounts.get(egress);
		const comesBack =
			link !== undefined &&
			link.role !== 'child' &&
			accountName(egress) === undefined &&
			accounts.prepaid(egress) <= link.window;
		return (promised) => (comesBack && !promised ? 'written' : 'durable');
	};
