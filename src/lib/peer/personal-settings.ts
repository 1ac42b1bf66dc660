/**
 * What a person can change, each with its default: from the host's config, or from limits.ts. Kept as
 * text in the database; setting one is a transaction of its own.
 */
import type { Budgets } from './budgets.ts';
import { DEFAULT_BUDGETS, type PeerConfig } from './config.ts';
import { LIMITS } from './limits.ts';
import type { Address } from './settlement/chain.ts';
import type { Commits } from './storage/commit.ts';
import type { Settings } from './storage/settings.ts';

export interface PersonalSettings {
	/** Link units asked per note. */
	price(): bigint;
	/** What may be spent or locked up without asking. */
	budgets(): Budgets;
	/** Link units the hub may hold at most. */
	float(): bigint;
	/** Where payouts go: the wallet that was connected. */
	payoutAddress(): Address | undefined;
	/** Where they went before: a payout may still be on its way there. */
	formerPayoutAddresses(): readonly Address[];
	/** Whether this person wants to be found. */
	isAnnounced(): boolean;
	setPrice(price: bigint): Promise<void>;
	/** Those that are named. */
	setBudgets(change: Partial<Budgets>): Promise<void>;
	setFloat(float: bigint): Promise<void>;
	setPayoutAddress(address: Address): Promise<void>;
	setAnnounced(): Promise<void>;
}

const PRICE = 'peer.price';
const BUDGETS = {
	perDay: 'peer.daily-limit',
	perPeer: 'peer.daily-limit-per-peer',
	perChannel: 'peer.channel-limit'
} as const satisfies Record<keyof Budgets, string>;
const FLOAT = 'peer.float';
const PAYOUT_ADDRESS = 'peer.payout-address';
const FORMER_ADDRESSES = 'peer.payout-addresses-before';
const ANNOUNCED = 'peer.announced';

/** Wallets that a person paid out to before; more than anybody changes while a payout is on its way. */
const FORMER_KEPT = 8;

export const createPersonalSettings = (
	settings: Settings,
	commits: Commits,
	config: Pick<PeerConfig, 'price' | 'budgets' | 'float' | 'address'>
): PersonalSettings => {
	const amount = (key: string, otherwise: bigint): bigint => {
		const value = settings.get(key);
		return value === undefined ? otherwise : BigInt(value);
	};
	const set = (key: string, value: string): Promise<void> => commits.run(() => settings.set(key, value));
	return {
		price: () => amount(PRICE, config.price),
		budgets: () => {
			const defaults = { ...DEFAULT_BUDGETS, ...config.budgets };
			return {
				perDay: amount(BUDGETS.perDay, defaults.perDay),
				perPeer: amount(BUDGETS.perPeer, defaults.perPeer),
				perChannel: amount(BUDGETS.perChannel, defaults.perChannel)
			};
		},
		float: () => amount(FLOAT, config.float ?? LIMITS.floatDefault),
		payoutAddress: () => settings.get(PAYOUT_ADDRESS) as Address | undefined,
		formerPayoutAddresses: () =>
			(settings.get(FORMER_ADDRESSES) ?? '').split(',').filter((one) => one !== '') as Address[],
		// A node that routes for others is there to be found.
		isAnnounced: () => config.address === 'own' || settings.get(ANNOUNCED) === 'yes',
		setPrice: (price) => set(PRICE, `${price}`),
		setBudgets: (change) =>
			commits.run(() => {
				for (const name of Object.keys(BUDGETS) as (keyof Budgets)[])
					if (change[name] !== undefined) settings.set(BUDGETS[name], `${change[name]}`);
			}),
		setFloat: (float) => set(FLOAT, `${float}`),
		setPayoutAddress: (address) =>
			commits.run(() => {
				const before = settings.get(PAYOUT_ADDRESS);
				const former = (settings.get(FORMER_ADDRESSES) ?? '').split(',').filter((one) => one !== '');
				if (before !== undefined && !former.includes(before))
					settings.set(FORMER_ADDRESSES, [before, ...former].slice(0, FORMER_KEPT).join());
				settings.set(PAYOUT_ADDRESS, address);
			}),
		setAnnounced: () => set(ANNOUNCED, 'yes')
	};
};

/** Where money of this node goes on the chain: to the node's own account, or to the wallet the person connected. */
export const payeeOf = (
	account: Address | undefined,
	personal: Pick<PersonalSettings, 'payoutAddress'>
): Address | undefined => account ?? personal.payoutAddress();

/** That one, and where a payout may still be on its way to. */
export const payeesOf = (
	account: Address | undefined,
	personal: Pick<PersonalSettings, 'payoutAddress' | 'formerPayoutAddresses'>
): readonly Address[] => {
	const now = payeeOf(account, personal);
	return [...(now === undefined ? [] : [now]), ...personal.formerPayoutAddresses()];
};
