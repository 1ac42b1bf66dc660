/**
 * When a packet may leave that is written down here.
 *
 * In the log no end of this program undoes it; a power failure within the next milliseconds can. Who would lose by that?
 *
 * | the next one | if this node forgot that the packet left | so it leaves |
 * |---|---|---|
 * | says a hello that is believed | what it delivered comes back with its totals (link/recovery.ts), as long as all it holds of mine is no more than it is believed in a day | from the log |
 * | is a guest | it shows the fulfilment in its hello, and is paid by the packet's row alone | once the disk has it |
 * | is a plain account | as if this node had not: it says no hello, and the row of a packet of an earlier connection ends as rejected in any case (link/ilp-accounts.ts) | from the log |
 * | gets a new claim with it | the claim would be signed anew, for something else | once the disk has it |
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
		const comesBack = link !== undefined && link.role !== 'child' && accounts.prepaid(egress) <= link.window;
		const isTheSame = accountName(egress) !== undefined;
		return (promised) => ((comesBack || isTheSame) && !promised ? 'written' : 'durable');
	};
