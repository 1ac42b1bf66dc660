/**
 * The parts of a running peer, as the person's side (peer-api.ts) gets them from where they are wired
 * (create-peer.ts).
 */
import type { Changes } from './changes.ts';
import type { Channels } from './channel/channels.ts';
import type { Settler } from './channel/settler.ts';
import type { Consents } from './consents.ts';
import type { PeerConfig } from './config.ts';
import type { EventStore } from './events/store.ts';
import type { Identity } from './identity.ts';
import type { Connector } from './ilp/connector.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LinkAccounts } from './link/accounts.ts';
import type { Links } from './link/links.ts';
import type { Reader } from './market/reader.ts';
import type { Seller } from './market/seller.ts';
import type { Notices } from './notices.ts';
import type { Announcer } from './peering/announcer.ts';
import type { Neighbours } from './peering/neighbours.ts';
import type { PersonalSettings } from './personal-settings.ts';
import type { Serving } from './serving.ts';
import type { Platform } from './platform.ts';
import type { Publishing } from './publishing.ts';
import type { Address } from './settlement/chain.ts';
import type { Commits } from './storage/commit.ts';
import type { Settings } from './storage/settings.ts';

/** What the parts share with the person's side (peer-api.ts). */
export interface PeerParts
	extends Pick<Changes, 'changed' | 'onChange'>, Pick<Publishing, 'announce' | 'publish'> {
	readonly platform: Platform;
	readonly config: PeerConfig;
	readonly sql: Platform['sql'];
	readonly commits: Commits;
	readonly settings: Settings;
	readonly ledger: Ledger;
	readonly store: EventStore;
	readonly identity: Identity;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	readonly links: Links;
	readonly connector: Connector;
	readonly serving: Pick<Serving, 'notePrice'>;
	readonly seller: Seller;
	readonly reader: Reader;
	readonly settler: Settler | undefined;
	readonly neighbours: Pick<Neighbours, 'link' | 'addresses' | 'linksTo' | 'learnLinksTo'>;
	readonly personal: PersonalSettings;
	readonly consents: Consents;
	/** Where money of this node goes on the chain. */
	readonly payee: () => Address | undefined;
	readonly announcer: Announcer;
	/** More may be spent or locked than before, or less: what waited for it goes on. */
	readonly limitsChanged: () => void;
	readonly notices: Notices;
}
