/**
 * How far the reader may go, as the person and the link to the hub have it: the limits of a day and of an author with
 * what the person allowed beyond them today (consents.ts), and what may be claimed ahead towards the hub.
 */
import type { Consents } from './consents.ts';
import { LIMITS } from './limits.ts';
import type { LinkAccounts } from './link/accounts.ts';
import type { ReaderDependencies } from './market/subscription.ts';
import type { PersonalSettings } from './personal-settings.ts';

export type ReadingLimits = Pick<
	ReaderDependencies,
	'window' | 'dailyLimit' | 'allowedBeyond' | 'onLimit' | 'dayStart'
>;

const DAY_MS = 24 * 3_600_000;

export const createReadingLimits = (deps: {
	readonly personal: Pick<PersonalSettings, 'budgets'>;
	readonly consents: Pick<Consents, 'allowed' | 'ask'>;
	readonly accounts: Pick<LinkAccounts, 'get'>;
	/** The hub's device, once it was met. */
	readonly hub: () => string | undefined;
}): ReadingLimits => {
	const { personal, consents, accounts } = deps;
	return {
		window: () => {
			const hub = deps.hub();
			return (hub === undefined ? undefined : accounts.get(hub)?.window) ?? LIMITS.windowGuest;
		},
		dailyLimit: () => personal.budgets().perDay + consents.allowed('spend', 'day'),
		allowedBeyond: (node) => consents.allowed('spend', 'peer', node),
		onLimit: (node, beyond) => consents.ask({ ...beyond, act: 'spend', peer: node }),
		// Days are those of UTC, for every node and every limit.
		dayStart: (now) => now - (now % DAY_MS)
	};
};
