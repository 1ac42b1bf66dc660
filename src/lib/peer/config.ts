/**
 * What a host decides about its peer. Nothing here names a person, a price, a route or a chain by
 * default: a browser fills it from its origin's discovery document, a node from its config file.
 */
import type { Budgets } from './budgets.ts';
import type { AccountConfig } from './link/account-transport.ts';
import type { LinkTerms } from './link/links-deps.ts';
import type { PayoutTerms } from './link/messages.ts';
import type { Profile } from './api.ts';
import { LIMITS } from './limits.ts';

export interface PeerConfig {
	readonly network: 'live' | 'test';
	/** `own`: routes for others under a first segment of its own; `child`: takes its address from its parent. */
	readonly address: 'own' | 'child';
	readonly uplinks: readonly {
		readonly url: string;
		readonly owner?: string;
		readonly role: 'parent' | 'peer';
	}[];
	/** Persons whose nodes may link as equals, hex. */
	readonly neighbours: readonly string[];
	/** Whether strangers may link as children. */
	readonly acceptGuests: boolean;
	/** Neighbours that speak plain ILP, each with a token and limits of its own; none unless given. */
	readonly accounts?: readonly AccountConfig[];
	/**
	 * Tells routes to accounts, and learns theirs (CCP): {@link AccountConfig.exchangesRoutes}. `trusts`: names of
	 * those whose word for addresses made of keys is taken without the owner's proof.
	 */
	readonly routeExchange?: { readonly trusts: readonly string[] };
	/** `via`: the neighbour's person, or an account's name; `links` to the end, counting the first. */
	readonly routes: readonly { readonly prefix: string; readonly via: string; readonly links?: number }[];
	/** Channels this node opens by itself towards neighbours, token units. */
	readonly deposits: readonly { readonly owner: string; readonly amount: bigint }[];
	readonly feePpm: bigint;
	/** Link units per note at first start; later the person's own setting. */
	readonly price: bigint;
	/** Whether this node keeps and serves announcements of others for nothing. */
	readonly keepsAnnouncements: boolean;
	readonly payoutTerms: PayoutTerms | undefined;
	/** The secret of the on-chain account that is this node's payee; none in a browser. */
	readonly payeeSecret: Uint8Array | undefined;
	/** A person's key given by the host instead of one made here. */
	readonly nostrSecret?: Uint8Array;
	readonly profile?: Profile;
	/** For display only. */
	readonly rpcUrl: string;
	readonly storageKind: 'opfs' | 'memory' | 'file';
	/** Link units: a payee redeems once a channel holds that much; see redeem-rule.ts for what else makes it. */
	readonly redeemThreshold?: bigint;
	/** Link units that one ether is worth, to weigh gas against what it brings. */
	readonly etherPrice?: bigint;
	/** Link units that this node spends on gas for its guests in a day at most; see channel/gas-budget.ts. */
	readonly gasPerDay?: bigint;
	/**
	 * Somebody looks at the questions in this peer's state and answers them: what it locks in channels by itself is
	 * bounded by that person's limits, and beyond them it asks. Otherwise `fundingPerDay` is the end of it.
	 */
	readonly asksPerson?: boolean;
	/** Token units that this node puts into channels by itself in a day at most; four times its deposits unless given. */
	readonly fundingPerDay?: bigint;
	readonly maxIdsPerGet?: number;
	/** Defaults of settings the person can change. */
	readonly budgets?: Partial<Budgets>;
	readonly float?: bigint;
}

/** A dollar a day over all authors, five cents for each, ten dollars in a channel: until the person says otherwise. */
export const DEFAULT_BUDGETS: Budgets = {
	perDay: 1_000_000_000n,
	perPeer: 50_000_000n,
	perChannel: 10_000_000_000n
};
/** 0.0002 USD a note (PROTOCOL section 4). */
export const DEFAULT_PRICE = 200_000n;

/** Each channel once, and filled three times more: beyond that somebody should look. */
export const fundingPerDayOf = (deposits: PeerConfig['deposits']): bigint =>
	4n * deposits.reduce((sum, { amount }) => sum + amount, 0n);

/** What a hub gives its guests, and nodes each other: no credit; strangers never owe. */
export const termsFor = (role: 'parent' | 'child' | 'peer', float: bigint): LinkTerms => {
	switch (role) {
		case 'parent':
			return { role, credit: float, window: LIMITS.windowGuest };
		case 'child':
			return { role, credit: 0n, window: LIMITS.windowGuest };
		case 'peer':
			return { role, credit: 0n, window: LIMITS.windowNode };
	}
};

/** Whether a stranger that dials may link, and as what: a person of the config as an equal, others as guests if any may. */
export const admissionOf = (
	config: Pick<PeerConfig, 'neighbours' | 'acceptGuests'>,
	owner: string
): LinkTerms | undefined => {
	if (config.neighbours.includes(owner)) return termsFor('peer', 0n);
	return config.acceptGuests ? termsFor('child', 0n) : undefined;
};
