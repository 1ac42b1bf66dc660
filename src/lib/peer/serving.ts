/**
 * What others may have from this node, for what, and what of theirs it keeps.
 *
 * | event | whose | served | for |
 * |---|---|---|---|
 * | profile, follows, deletion, announcement | this person's | yes | nothing |
 * | any other | this person's | yes | the price of a note, as the person set it |
 * | profile, announcement | anybody's, on a node that keeps announcements | yes | nothing |
 * | any other | somebody else's | no | |
 *
 * What a person says of itself is free, so that it can be found, and so that what it takes back is heard by all; and
 * nobody is paid for another's words. What this table asks is the most: the first notes of a dear author cost less
 * (market/samples.ts), and a price once offered is honoured for a while (market/told-prices.ts).
 *
 * Only a node that keeps announcements takes events of others, those two kinds, and takes nothing for it. Anybody may
 * be anybody as often as he likes, so what arrived first makes room for what comes (upkeep.ts).
 */
import type { NostrEvent } from './codec/nostr-event.ts';
import type { PeerConfig } from './config.ts';
import { KINDS } from './events/kinds.ts';
import type { Identity } from './identity.ts';
import type { SellerDependencies } from './market/seller.ts';
import { ANNOUNCED_KINDS } from './peering/announcer.ts';
import type { PersonalSettings } from './personal-settings.ts';

/** Of this person's events, those that cost nothing. */
const FREE_KINDS: ReadonlySet<number> = new Set([
	KINDS.profile,
	KINDS.follows,
	KINDS.deletion,
	KINDS.announcement
]);

export interface Serving extends Pick<SellerDependencies, 'mayServe' | 'priceOf' | 'mayStore'> {
	/** What this person's next note is to cost a reader: what is announced, and shown to who writes. By the same rule. */
	notePrice(): bigint;
}

export const createServing = (deps: {
	readonly config: Pick<PeerConfig, 'keepsAnnouncements'>;
	readonly identity: Pick<Identity, 'pubkey'>;
	readonly personal: Pick<PersonalSettings, 'price'>;
}): Serving => {
	const { config, identity, personal } = deps;
	const isMine = (event: NostrEvent): boolean => event.pubkey === identity.pubkey();
	const priceOfMine = (kind: number): bigint => (FREE_KINDS.has(kind) ? 0n : personal.price());
	return {
		notePrice: () => priceOfMine(KINDS.note),
		mayServe: (event) => isMine(event) || (config.keepsAnnouncements && ANNOUNCED_KINDS.has(event.kind)),
		priceOf: (event) => (isMine(event) ? priceOfMine(event.kind) : 0n),
		mayStore: (event) => {
			if (!config.keepsAnnouncements)
				return { accept: false, text: 'restricted: this node keeps only its own events' };
			if (!ANNOUNCED_KINDS.has(event.kind))
				return { accept: false, text: 'restricted: only profiles and announcements are kept here' };
			return { accept: true, price: 0n };
		}
	};
};
