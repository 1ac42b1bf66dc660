/**
 * Being found: what this node says of itself (kinds 0 and 32001), to whom, and what it passes on of
 * others. Announcements travel from neighbour to neighbour as ordinary EVENT frames; each node keeps
 * those of others for nothing, if it is one that does, and passes on what was new to it. What is known
 * already goes no further, so a flood ends by itself.
 */
import type { NostrEvent, VerifiedEvent } from '../codec/nostr-event.ts';
import type { OkFrame } from '../codec/frames.ts';
import { peerError, type PeerError } from '../errors.ts';
import { KINDS } from '../events/kinds.ts';
import type { EventStore } from '../events/store.ts';
import type { Identity } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Crypto } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import type { NodeContact } from '../stream/session.ts';
import {
	checkAnnouncement,
	createAnnouncement,
	newestStreamKey,
	payeeDigest,
	type Announcement
} from './announcement.ts';

export interface AnnouncerDeps {
	readonly clock: Clock;
	readonly crypto: Crypto;
	readonly commits: Commits;
	readonly store: EventStore;
	readonly identity: Identity;
	readonly scheme: SettlementScheme | undefined;
	/** Of the on-chain account that is this node's payee: proves in the announcement that both are one. */
	readonly payeeSecret: Uint8Array | undefined;
	readonly addresses: () => readonly string[];
	/** Link units asked per note. */
	readonly price: () => bigint;
	readonly isAnnounced: () => boolean;
	/** Whether it keeps and passes on what others say of themselves. */
	readonly keepsOthers: boolean;
	/** How to reach the stores of neighbours that are up. */
	readonly neighbours: () => Iterable<NodeContact>;
	readonly publishTo: (contact: NodeContact, event: NostrEvent) => Promise<Result<OkFrame, PeerError>>;
}

export interface Announcer {
	/** What goes into a hello; undefined until there is an address. */
	current(): VerifiedEvent | undefined;
	/** Renews it when the address, the price or the person changed, or half its life is over. */
	refresh(): Promise<void>;
	/** Gives a neighbour this node's profile and announcement. */
	introduce(contact: NodeContact): Promise<Result<null, PeerError>>;
	/** Whether the node heard the last introduction to its end. */
	isIntroduced(contact: NodeContact): boolean;
	/** Tells a neighbour that was away what others said meanwhile. */
	share(contact: NodeContact): Promise<void>;
	/** Passes on what a neighbour just brought. */
	passOn(event: VerifiedEvent): Promise<void>;
	/** The newest valid announcement kept here. */
	of(pubkey: string): Promise<Announcement | undefined>;
	profile(): VerifiedEvent | undefined;
}

/** Of these a node keeps others'. */
export const ANNOUNCED_KINDS: ReadonlySet<number> = new Set([KINDS.profile, KINDS.announcement]);
/** Events told to a neighbour that was away. */
const SHARED_MOST = 100;

/** Where the node of an announcement is reached: its first address, under its newest key. */
export const contactOf = (announced: Announcement): NodeContact | undefined => {
	const address = announced.addresses[0];
	return address === undefined
		? undefined
		: { pubkey: announced.pubkey, address, streamKey: newestStreamKey(announced).key };
};

export const createAnnouncer = (deps: AnnouncerDeps): Announcer => {
	const { clock, crypto, commits, store, identity, scheme } = deps;
	let mine:
		| {
				readonly event: VerifiedEvent;
				readonly address: string;
				readonly price: bigint;
				readonly renewAt: number;
		  }
		| undefined;

	/** Keys of nodes. */
	const introduced = new Set<string>();

	const newest = (kind: number, author: string): VerifiedEvent | undefined =>
		store.query([{ kinds: [kind], authors: [author], limit: 1 }], { now: clock.now(), limit: 1 })[0]?.event;

	/** Which account claims towards this node must pay, signed by that account. */
	const settlement = async (notAfter: number) => {
		const payee = scheme?.chain.account;
		if (!scheme || !payee || !deps.payeeSecret) return {};
		const { contract, chainId } = scheme.chain;
		const digest = payeeDigest({ nostr: identity.pubkey(), payee, contract, chainId, notAfter });
		return {
			settle: { asset: scheme.asset, payee, contract },
			proof: { signature: await crypto.ecdsaSign(deps.payeeSecret, digest), notAfter }
		};
	};

	const refresh = async (): Promise<void> => {
		const address = deps.addresses()[0];
		if (address === undefined) return;
		const now = clock.now();
		const price = deps.price();
		const isSame =
			mine?.address === address && mine.price === price && mine.event.pubkey === identity.pubkey();
		if (mine && isSame && now < mine.renewAt) return;
		const key = await identity.streamKey();
		const event = await identity.sign(
			createAnnouncement({
				addresses: [address],
				streamKeys: [{ key: key.publicKey, id: key.id, device: identity.device, notAfter: key.notAfter }],
				prices: { event: price },
				...(scheme ? { supportedTokens: [scheme.asset] } : {}),
				...(await settlement(key.notAfter)),
				now
			})
		);
		mine = { event, address, price, renewAt: now + LIMITS.announcementMs / 2 };
		if (deps.isAnnounced())
			await commits.run(() => {
				store.put(event, clock.now());
			});
	};

	return {
		current: () => mine?.event,
		refresh,
		profile: () => newest(KINDS.profile, identity.pubkey()),

		of: async (pubkey) => {
			const stored = newest(KINDS.announcement, pubkey);
			const checked = stored && (await checkAnnouncement(crypto, stored, clock.now()));
			return checked?.ok ? checked.value : undefined;
		},

		introduce: async (contact) => {
			introduced.delete(contact.pubkey);
			await refresh();
			for (const event of [newest(KINDS.profile, identity.pubkey()), mine?.event]) {
				if (!event) continue;
				const told = await deps.publishTo(contact, event);
				if (!told.ok) return told;
				if (!told.value.accepted && !told.value.text.startsWith('duplicate'))
					return err(peerError('HubRefused', told.value.text));
			}
			introduced.add(contact.pubkey);
			return ok(null);
		},
		isIntroduced: ({ pubkey }) => introduced.has(pubkey),

		share: async (contact) => {
			if (!deps.keepsOthers) return;
			const known = store.query([{ kinds: [...ANNOUNCED_KINDS], limit: SHARED_MOST }], {
				now: clock.now(),
				limit: SHARED_MOST
			});
			for (const { event } of known)
				if (event.pubkey !== contact.pubkey && event.pubkey !== identity.pubkey())
					await deps.publishTo(contact, event);
		},

		passOn: async (event) => {
			if (!deps.keepsOthers || !ANNOUNCED_KINDS.has(event.kind)) return;
			for (const contact of deps.neighbours())
				if (contact.pubkey !== event.pubkey) await deps.publishTo(contact, event);
		}
	};
};
