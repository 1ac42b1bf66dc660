/**
 * The neighbours of a node: who is there, how to reach them and what is done when a link comes up or goes.
 *
 * | who comes up | what is done |
 * |---|---|
 * | the parent | the node asks for its address, sends all else that way, reads what the hub says for nothing and goes on with whom it follows |
 * | a child | it can be sent to under an address below this node's; what it is owed is looked at |
 * | a peer | configured prefixes go that way; both introduce themselves and those they know |
 * | anybody | channels of its hello are looked up on the chain, those to it are kept funded, and who waited for it hears of it |
 *
 * Accounts that speak plain ILP have their addresses and ways whether somebody is connected or not.
 */
import { utf8 } from '../bytes.ts';
import type { Changes } from '../changes.ts';
import type { Settler } from '../channel/settler.ts';
import { decodeIldcpResponse, ildcpRequest, ZERO_FULFILLMENT_CONDITION } from '../codec/ildcp.ts';
import { encodePrepare } from '../codec/ilp.ts';
import type { PeerConfig } from '../config.ts';
import { peerError } from '../errors.ts';
import { KINDS } from '../events/kinds.ts';
import { verifyEvent } from '../events/verify.ts';
import { schemeOf } from '../ilp/address.ts';
import { childAddress } from '../ilp/own-address.ts';
import { ROUTE_DESTINATION, type RouteExchange } from '../ilp/peer-protocols.ts';
import type { Routes } from '../ilp/routes.ts';
import type { Transport } from '../ilp/transport.ts';
import { LIMITS } from '../limits.ts';
import { accountKey, type AccountConfig } from '../link/account-transport.ts';
import type { LinkRole } from '../link/accounts.ts';
import type { Links } from '../link/links.ts';
import type { LinkEvent } from '../link/links-deps.ts';
import type { Hello } from '../link/messages.ts';
import type { Spawn } from '../link/spawn.ts';
import type { Reader } from '../market/reader.ts';
import type { Seller } from '../market/seller.ts';
import { LINK_ASSET } from '../money.ts';
import type { Notices } from '../notices.ts';
import type { PersonalSettings } from '../personal-settings.ts';
import type { Eventually, Platform } from '../platform.ts';
import type { Address } from '../settlement/chain.ts';
import type { NodeContact, Sessions } from '../stream/session.ts';
import { checkAnnouncement } from './announcement.ts';
import { contactOf, type Announcer } from './announcer.ts';

/** The link to the parent, as a person is told of it. */
export interface LinkState {
	status: 'connecting' | 'online' | 'offline';
	url: string;
	/** Device and person of the parent, once met. */
	device: string | undefined;
	owner: string | undefined;
	address: string | undefined;
	since: number;
	retryAt: number | undefined;
	/** How to reach the hub's own store. */
	contact: NodeContact | undefined;
}

export interface Neighbours {
	readonly link: Readonly<LinkState>;
	/** Of this node: none until its parent has said one, unless it has its own. */
	addresses(): readonly string[];
	/** What a child is told when it asks: an address below this node's. Nobody else is given one. */
	childAddress(peer: string): Eventually<string | undefined>;
	/** How to reach the store of each live neighbour that is no guest. */
	contacts(): Iterable<NodeContact>;
	/** The ILP address of a neighbour's store, once it is known. */
	addressOf(peer: string): string | undefined;
	/** Who signs the claims of a neighbour, by its delegation. */
	signerOf(peer: string): Address | undefined;
	/** How many links away somebody is, when the parent has said so. */
	linksTo(pubkey: string): number | undefined;
	learnLinksTo(pubkey: string): Promise<void>;
	accountChanged(account: AccountConfig, isUp: boolean): void;
	linkChanged(event: LinkEvent): void;
	/** These are strangers again: what is kept of each goes. */
	forget(peers: readonly string[]): void;
	/** Asks the chain again what it did not answer. */
	sweep(): Promise<void>;
}

export interface NeighboursDeps {
	readonly platform: Platform;
	readonly config: PeerConfig;
	/** This node's own address, for one that gives addresses to others. */
	readonly own: string | undefined;
	readonly routes: Pick<Routes, 'set' | 'remove'>;
	readonly accounts: readonly AccountConfig[];
	/** What a neighbour on a link is to this node. */
	readonly roleOf: (peer: string) => LinkRole | undefined;
	readonly personal: Pick<PersonalSettings, 'isAnnounced' | 'setPayoutAddress'>;
	readonly payee: () => Address | undefined;
	readonly notices: Notices;
	readonly changed: Changes['changed'];
	/** Runs beside; what breaks in it is logged under its name. */
	readonly spawn: Spawn;
	/** What is made after this; asked for when something happens. */
	readonly others: () => {
		readonly links: Links;
		readonly transport: Pick<Transport, 'transmit'>;
		readonly routeExchange: RouteExchange | undefined;
		readonly announcer: Announcer;
		readonly reader: Reader;
		readonly sessions: Pick<Sessions, 'tellRestarted'>;
		readonly seller: Pick<Seller, 'wake'>;
		readonly settler: Settler | undefined;
	};
}

/** Channels of a neighbour's hello that are looked up on the chain; a link has one or two. */
const CHANNELS_PER_HELLO = 4;
/** What a hub shows a stranger before anything is paid. */
const SAMPLE_LIMIT = 100;

export const createNeighbours = (deps: NeighboursDeps): Neighbours => {
	const { platform, config, own, routes, accounts, personal, payee, notices, changed, spawn, others } = deps;
	const { clock, crypto, log } = platform;

	const link: LinkState = {
		status: 'offline',
		url: config.uplinks.find((uplink) => uplink.role === 'parent')?.url ?? '',
		device: undefined,
		owner: undefined,
		address: undefined,
		since: clock.now(),
		retryAt: undefined,
		contact: undefined
	};
	/** By a parent that speaks plain ILP. */
	let accountAddress: string | undefined;
	const addresses = (): readonly string[] => {
		const address = own ?? link.address ?? accountAddress;
		return address === undefined ? [] : [address];
	};
	const linkCounts = new Map<string, number>();
	const contacts = new Map<string, NodeContact>();
	const signers = new Map<string, Address>();
	/** Addresses of children that have been here. */
	const children = new Map<string, string>();

	const askAddress = async (peer: string): Promise<string | undefined> => {
		const expiresAt = clock.now() + LIMITS.maxHoldMs;
		const reply = await others().transport.transmit(
			peer,
			encodePrepare(ildcpRequest(expiresAt)),
			undefined,
			expiresAt
		);
		if (reply?.type !== 'fulfill') return undefined;
		const decoded = decodeIldcpResponse(reply);
		// Another network or another unit would make every amount and route wrong.
		if (!decoded.ok || decoded.value.assetScale !== LINK_ASSET.scale) return undefined;
		const { clientAddress } = decoded.value;
		return schemeOf(clientAddress) === (config.network === 'live' ? 'g' : 'test') ? clientAddress : undefined;
	};

	const learnLinksTo = async (pubkey: string): Promise<void> => {
		if (link.device === undefined) return;
		const announced = await others().announcer.of(pubkey);
		const address = link.contact?.pubkey === pubkey ? link.contact.address : announced?.addresses[0];
		if (address === undefined) return;
		const expiresAt = clock.now() + LIMITS.maxHoldMs;
		const reply = await others().links.transmit(
			link.device,
			encodePrepare({
				type: 'prepare',
				amount: 0n,
				expiresAt,
				condition: ZERO_FULFILLMENT_CONDITION,
				destination: ROUTE_DESTINATION,
				data: utf8(address)
			}),
			undefined,
			expiresAt
		);
		const count = reply?.type === 'fulfill' ? reply.data[0] : undefined;
		if (count === undefined) return;
		linkCounts.set(pubkey, count + 1);
		changed('people');
		changed('feed');
		changed('state');
	};

	const refollowHub = (): void => {
		if (!link.contact) return;
		others().reader.follow(link.contact.pubkey, {
			maxPrice: 0n,
			dailyLimit: 0n,
			filters: [
				{ kinds: [KINDS.profile, KINDS.announcement], limit: SAMPLE_LIMIT },
				{ kinds: [KINDS.note], authors: [link.contact.pubkey], limit: SAMPLE_LIMIT }
			]
		});
	};

	/** Below this node's own address, when it has one. */
	const addressOfAccount = ({ name }: AccountConfig): string | undefined => {
		const [address] = addresses();
		return address === undefined ? undefined : `${address}.${name}`;
	};

	/** Ways over accounts are there whether somebody is connected or not: a packet then hears T01, not F02. */
	const placeAccounts = (): void => {
		for (const account of accounts) {
			const peer = accountKey(account.name);
			const address = addressOfAccount(account);
			if (account.role === 'child' && address !== undefined) routes.set({ prefix: address, peer, links: 1 });
			if (account.role === 'parent' && !config.uplinks.some(({ role }) => role === 'parent'))
				routes.set({ prefix: '', peer, links: undefined });
			for (const route of config.routes)
				if (route.via === account.name) routes.set({ prefix: route.prefix, peer, links: route.links });
		}
	};
	const onAccountUp = async (account: AccountConfig): Promise<void> => {
		const peer = accountKey(account.name);
		if (account.role === 'parent' && own === undefined && link.address === undefined) {
			accountAddress = (await askAddress(peer)) ?? accountAddress;
			placeAccounts();
		}
		others().routeExchange?.up({
			peer,
			role: account.role,
			address: account.role === 'child' ? addressOfAccount(account) : undefined
		});
	};

	/** Claims of mine on channels that may not be here, by neighbour, for as long as the chain does not answer. */
	const unrecalled = new Map<string, Hello['claims']>();
	const recall = async (peer: string, claims: Hello['claims']): Promise<void> => {
		const found = await others().settler?.recallByClaims(peer, claims);
		if (!found?.ok) return void unrecalled.set(peer, claims);
		unrecalled.delete(peer);
		if (found.value === undefined) return;
		if (payee() === undefined) await personal.setPayoutAddress(found.value);
		// What I got for those claims is told in the next hello.
		others().links.drop(peer);
	};

	const onUp = async (event: Extract<LinkEvent, { type: 'up' }>): Promise<void> => {
		const { peer, owner, role, hello } = event;
		const { announcer, reader, sessions, seller, settler } = others();
		// First of all: a child asks for its address, and is written to, as soon as the link is up.
		if (role === 'child' && own !== undefined) {
			const prefix = await childAddress(crypto, own, peer);
			children.set(peer, prefix);
			routes.set({ prefix, peer, links: 1 });
		}
		const announced = hello.announcement ? await verifyEvent(crypto, hello.announcement) : undefined;
		const checked = announced?.ok ? await checkAnnouncement(crypto, announced.value, clock.now()) : undefined;
		const contact = checked?.ok && checked.value.pubkey === owner ? contactOf(checked.value) : undefined;
		if (contact && role !== 'child') contacts.set(peer, contact);

		if (role === 'parent') {
			routes.set({ prefix: '', peer, links: undefined });
			link.device = peer;
			link.owner = owner;
			link.contact = contact;
			link.address = (await askAddress(peer)) ?? link.address;
			placeAccounts();
			link.status = 'online';
			link.since = clock.now();
			link.retryAt = undefined;
			notices.clear('HubUnreachable');
			await announcer.refresh();
			changed('state');
			refollowHub();
			reader.online();
			for (const pubkey of reader.followed()) spawn('counting links', learnLinksTo(pubkey));
			if (personal.isAnnounced() && contact) spawn('announcing', announcer.introduce(contact));
		}
		for (const route of config.routes)
			if (route.via === owner) routes.set({ prefix: route.prefix, peer, links: route.links });
		if (role === 'peer' && contact) {
			reader.online();
			spawn(
				'introducing',
				announcer.introduce(contact).then(() => announcer.share(contact))
			);
		}
		spawn('recalling channels', recall(peer, hello.claims));
		if (role === 'child') settler?.greet(peer, hello.paidOutByYou);
		spawn('telling readers', sessions.tellRestarted(peer));
		seller.wake(peer);
		if (settler && platform.chain?.account) {
			// The newest only: each costs a question to the chain, and a stranger's hello may name any number.
			for (const { key, epoch } of hello.channels.slice(-CHANNELS_PER_HELLO))
				spawn('importing a channel', settler.importChannel(peer, key, epoch));
			const wanted = config.deposits.find((deposit) => deposit.owner === owner);
			if (wanted) spawn('funding a channel', settler.keepFunded(peer, wanted.amount));
		}
	};

	const onLinkEvent = (event: LinkEvent): void => {
		const { links } = others();
		switch (event.type) {
			case 'up': {
				const signer = links.signerOf(event.peer);
				if (signer) signers.set(event.peer, signer);
				// Half of it done is worse than all of it a second later.
				spawn(
					'link up',
					onUp(event).catch((error: unknown) => {
						links.drop(event.peer);
						throw error;
					})
				);
				break;
			}
			case 'down':
				contacts.delete(event.peer);
				if (event.role === 'parent') {
					link.status = 'offline';
					link.since = clock.now();
				}
				break;
			case 'connecting':
				if (event.url === link.url && link.status !== 'online') link.status = 'connecting';
				break;
			case 'waiting':
				if (event.url === link.url) {
					link.status = 'offline';
					link.retryAt = event.retryAt;
					notices.add(peerError('HubUnreachable', event.reason));
				}
				break;
			case 'refused':
				if (event.url === link.url) {
					link.status = 'offline';
					link.retryAt = undefined;
					notices.add(peerError('HubRefused', event.reason));
				}
				break;
			case 'recovered':
				notices.add(peerError('RecordsOlder', `${event.got} got, ${event.gave} given with ${event.peer}`));
				changed('activity');
				break;
			case 'claimRefused':
				log('warn', 'a claim was refused', { peer: event.peer, reason: event.reason });
				break;
		}
		changed('state');
	};

	placeAccounts();
	return {
		link,
		addresses,
		childAddress: (peer) => {
			const account = accounts.find(({ name }) => accountKey(name) === peer);
			if (account) return account.role === 'child' ? addressOfAccount(account) : undefined;
			return own !== undefined && deps.roleOf(peer) === 'child' ? childAddress(crypto, own, peer) : undefined;
		},
		contacts: () => contacts.values(),
		addressOf: (peer) =>
			contacts.get(peer)?.address ?? (peer === link.device ? link.contact?.address : undefined),
		signerOf: (peer) => signers.get(peer),
		linksTo: (pubkey) => linkCounts.get(pubkey),
		learnLinksTo,
		accountChanged: (account, isUp) => {
			if (isUp) spawn('account up', onAccountUp(account));
			else others().routeExchange?.down(accountKey(account.name));
		},
		linkChanged: onLinkEvent,
		forget: (peers) => {
			for (const peer of peers) {
				signers.delete(peer);
				const prefix = children.get(peer);
				if (prefix !== undefined) routes.remove(prefix);
				children.delete(peer);
			}
		},
		sweep: async () => {
			for (const [peer, claims] of unrecalled) await recall(peer, claims);
		}
	};
};
