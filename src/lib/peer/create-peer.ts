/**
 * The peer: wires the parts together and keeps no rule of its own but who is connected to whom.
 *
 * ```
 *            links ── connector ── sessions ── seller   (what others may read here)
 *              │          │            └────── reader   (what this person reads)
 *           accounts    ledger ──────────────────┘
 *              │          │
 *           channels ── settler ── chain          store (events)
 * ```
 */
import type { PeerApi } from './api.ts';
import { fromHex, utf8, type Hex } from './bytes.ts';
import { createChannels, type Promised } from './channel/channels.ts';
import { createHeldClaims } from './channel/held-claims.ts';
import { createSettler, type Settler } from './channel/settler.ts';
import { decodeIldcpResponse, ildcpRequest, ZERO_FULFILLMENT_CONDITION } from './codec/ildcp.ts';
import { encodePrepare } from './codec/ilp.ts';
import type { NostrEvent, VerifiedEvent } from './codec/nostr-event.ts';
import { askThePerson, keepToBudget } from './commitments.ts';
import { fundingPerDayOf, termsFor, type PeerConfig } from './config.ts';
import { peerError, type PeerError } from './errors.ts';
import { KINDS } from './events/kinds.ts';
import { createEventStore } from './events/sqlite-store.ts';
import { verifyEvent } from './events/verify.ts';
import { createConnector, type Connector } from './ilp/connector.ts';
import type { ConnectorCounts } from './ilp/connector/counts.ts';
import { schemeOf } from './ilp/address.ts';
import type { PacketReceiver, PacketSender } from './ilp/delivery.ts';
import { childAddress, ownAddress } from './ilp/own-address.ts';
import { ROUTE_DESTINATION, type RouteExchange } from './ilp/peer-protocols.ts';
import { createRouteExchange } from './ilp/route-exchange.ts';
import { createRoutes } from './ilp/routes.ts';
import { loadIdentity } from './identity.ts';
import { createLedger } from './ledger/sqlite-ledger.ts';
import { LIMITS } from './limits.ts';
import { createLinkAccounts } from './link/accounts.ts';
import { accountKey, accountName, type AccountConfig, type IlpAccounts } from './link/account-transport.ts';
import { createBtpAccounts } from './link/btp-accounts.ts';
import { createIlpAccounts } from './link/ilp-accounts.ts';
import { createLinks, type Links } from './link/links.ts';
import type { LinkEvent } from './link/links-deps.ts';
import type { Hello } from './link/messages.ts';
import { createPackets } from './link/packets.ts';
import { createReader } from './market/reader.ts';
import { createSeller } from './market/seller.ts';
import { createNotices } from './notices.ts';
import { checkAnnouncement } from './peering/announcement.ts';
import { ANNOUNCED_KINDS, contactOf, createAnnouncer } from './peering/announcer.ts';
import { LINK_ASSET, tokenToLink } from './money.ts';
import { createPeerApi } from './peer-api.ts';
import type { Change, LinkState, PeerParts, Publish } from './peer-parts.ts';
import { createConsents } from './consents.ts';
import { createPersonalSettings } from './personal-settings.ts';
import type { Cancel, Clock, Platform, Socket } from './platform.ts';
import { err, type Result } from './result.ts';
import type { Address, SignedClaim } from './settlement/chain.ts';
import { createEvmScheme } from './settlement/evm/scheme.ts';
import { createCommits } from './storage/commit.ts';
import { migrate } from './storage/migrations.ts';
import { createSettings } from './storage/settings.ts';
import type { NodeContact } from './stream/session.ts';
import { createSessions } from './stream/sessions.ts';

export interface Peer {
	readonly api: PeerApi;
	/** Dials its uplinks and resumes what it was doing. */
	start(): void;
	/** Lets nothing new begin, writes what is queued, closes every socket. The database stays open. */
	stop(): Promise<void>;
	/** A socket somebody opened to this node under `url`. */
	accept(socket: Socket, url: string): void;
	/** Neighbours that speak plain ILP: for a host that carries their packets another way than BTP. */
	readonly accounts: IlpAccounts;
	/** Originates packets on this node: for a host that pays by STREAM. */
	readonly sender: PacketSender;
	/** Packets to this node that none of its own parts knows go to `receiver` until the answer is called. One at a time. */
	receive(receiver: PacketReceiver): Cancel;
	/** For operators and tests. */
	status(): PeerStatus;
	/** For hosts that publish on their person's behalf, or give others a hand with the chain. */
	readonly settler: Settler | undefined;
	readonly publish: Publish;
}

export interface PeerStatus {
	readonly pubkey: string;
	readonly device: string;
	readonly addresses: readonly string[];
	readonly links: readonly {
		readonly peer: string;
		readonly owner: string;
		readonly role: string;
		readonly balance: bigint;
		readonly audit: bigint;
		readonly pendingIn: bigint;
		readonly pendingOut: bigint;
		readonly packets: ConnectorCounts;
	}[];
	readonly channels: readonly {
		readonly id: Hex;
		readonly epoch: number;
		readonly direction: 'in' | 'out';
		readonly status: string;
		readonly deposited: bigint;
		readonly claimed: bigint;
		readonly settled: bigint;
	}[];
	readonly balances: ReadonlyMap<string, bigint>;
	readonly audit: { readonly sum: bigint; readonly differences: number };
	readonly packets: ConnectorCounts;
	readonly traffic: { readonly in: number; readonly out: number };
	readonly events: number;
	readonly commits: { readonly commits: number; readonly units: number };
}

/** Channels of a neighbour's hello that are looked up on the chain; a link has one or two. */
const CHANNELS_PER_HELLO = 4;
const SWEEP_EVERY_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** Neighbours with whom no money ever moved are forgotten after this. */
const FORGET_STRANGERS_MS = 30 * DAY_MS;
/** What a hub shows a stranger before anything is paid. */
const SAMPLE_LIMIT = 100;
/** Kinds a node serves for nothing, its own and, if it keeps them, others'. */
const FREE_KINDS: ReadonlySet<number> = new Set([
	KINDS.profile,
	KINDS.follows,
	KINDS.deletion,
	KINDS.announcement
]);
export const createPeer = async (host: Platform, config: PeerConfig): Promise<Peer> => {
	// Protocol times follow the parent's clock once it is known; timers follow the host's.
	let offsetMs = 0;
	const clock: Clock = {
		now: () => host.clock.now() + offsetMs,
		after: (delay, run) => host.clock.after(delay, run)
	};
	const platform: Platform = { ...host, clock };
	const { sql, crypto, random, log } = platform;

	const migrated = migrate(sql);
	if (!migrated.ok)
		throw new Error(
			`the database is of a newer release (${migrated.error.feature} ${migrated.error.version})`
		);
	const commits = createCommits(sql, clock);
	const settings = createSettings(sql);
	const ledger = createLedger(sql);
	const store = createEventStore(sql);
	const identity = await loadIdentity(platform, config.nostrSecret);
	const scheme = platform.chain ? createEvmScheme(platform.chain, crypto) : undefined;
	const channels = createChannels(sql, ledger, scheme?.tokenScale ?? 6);
	const accounts = createLinkAccounts(sql, ledger, channels);
	const packets = createPackets(sql);
	const routes = createRoutes();

	const listeners = new Set<(what: Change) => void>();
	const changed = (what: Change): void => {
		for (const listener of listeners) listener(what);
	};

	const notices = createNotices(clock, () => changed('state'));

	const spawn = (what: string, work: Promise<unknown>): void => {
		work.catch((error: unknown) => log('error', `${what} broke`, { error: String(error) }));
	};

	// ---------------------------------------------------------------- where this node is

	const own =
		config.address === 'own' ? await ownAddress(crypto, config.network, identity.pubkey()) : undefined;
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
	/** How to reach the store of each live neighbour. */
	const contacts = new Map<string, NodeContact>();

	// ---------------------------------------------------------------- packets, sessions, links

	const late: {
		receiver?: PacketReceiver;
		guestReceiver?: PacketReceiver;
		connector?: Connector;
		settler?: Settler;
		routeExchange?: RouteExchange;
	} = {};
	const receiver: PacketReceiver = {
		judge: async (incoming) =>
			(await late.receiver?.judge(incoming)) ?? (await late.guestReceiver?.judge(incoming))
	};
	const part = <K extends keyof typeof late>(name: K): NonNullable<(typeof late)[K]> => {
		const found = late[name];
		if (!found) throw new Error(`${name} is used before it exists`);
		return found as NonNullable<(typeof late)[K]>;
	};

	const personal = createPersonalSettings(settings, commits, config);
	const consents = createConsents({
		sql,
		commits,
		clock,
		onAsked: (error) => notices.add(error),
		onSettled: (type) => notices.clear(type),
		onError: (error) => log('error', 'a question could not be put', { error: String(error) })
	});
	/** The on-chain account of a node, or the wallet a person connected. */
	const payee = (): Address | undefined => platform.chain?.account ?? personal.payoutAddress();
	const signers = new Map<string, Address>();

	const signClaim = (promised: Promised): Promise<SignedClaim> => {
		if (!scheme) throw new Error('a claim without a scheme');
		return scheme.signClaim(identity.claimSecret, promised.key, promised.epoch, promised.cumulative);
	};

	const ilpAccounts = createIlpAccounts({
		clock,
		commits,
		links: accounts,
		packets,
		configs: config.accounts ?? [],
		connector: () => part('connector'),
		onChange: (account, isUp) => {
			if (isUp) spawn('account up', onAccountUp(account));
			else late.routeExchange?.down(accountKey(account.name));
		}
	});
	await ilpAccounts.open();
	const accountTraffic = { in: 0, out: 0 };
	const btpAccounts = createBtpAccounts({
		platform,
		configs: ilpAccounts.configs,
		accounts: ilpAccounts,
		onBytes: (direction, bytes) => {
			accountTraffic[direction] += bytes;
		}
	});

	const heldClaims = scheme
		? createHeldClaims({
				platform,
				commits,
				channels,
				scheme,
				onHeld: (_, id) => {
					late.settler?.considerRedeeming(id);
					changed('state');
				},
				onForged: (peer) => links.drop(peer)
			})
		: undefined;

	const links: Links = createLinks({
		platform,
		commits,
		accounts,
		channels,
		packets,
		scheme,
		heldClaims,
		auth: identity.auth,
		network: config.network,
		payee,
		announcement: () => announcer.current(),
		payoutTerms: config.payoutTerms,
		admit: (owner) => {
			if (config.neighbours.includes(owner)) return termsFor('peer', 0n);
			return config.acceptGuests ? termsFor('child', 0n) : undefined;
		},
		connector: () => part('connector'),
		signClaim,
		settle: async (peer, request) =>
			late.settler
				? late.settler.answer(peer, request)
				: { op: 'refused', code: 'ChainUnreachable', text: 'this node knows no chain' },
		refresh: async (channel) => late.settler?.refresh(channel),
		onEvent: (event) => onLinkEvent(event),
		...(ilpAccounts.configs.length === 0 ? {} : { plain: btpAccounts }),
		onTime: (offset) => {
			offsetMs += Math.round(offset);
		}
	});

	const transport = ilpAccounts.transport(links);
	/** Neighbours whose books differ from mine. */
	const differing = new Set<string>();
	const connector = createConnector({
		platform,
		commits,
		ledger,
		accounts,
		packets,
		routes,
		receiver,
		feePpm: config.feePpm,
		addresses,
		childAddress: (peer) => {
			const account = ilpAccounts.config(peer);
			if (account) return account.role === 'child' ? addressOfAccount(account) : undefined;
			return own !== undefined && accounts.get(peer)?.role === 'child'
				? childAddress(crypto, own, peer)
				: undefined;
		},
		terms: ilpAccounts.config,
		routeExchange: () => late.routeExchange,
		neighbourAddress: (peer) =>
			contacts.get(peer)?.address ?? (peer === link.device ? link.contact?.address : undefined),
		onDisagreement: (peer, reason) => {
			differing.add(peer);
			notices.add(peerError('HubDisagrees', reason));
			// What one of us forgot is told in the next hello.
			clock.after(0, () => links.drop(peer));
		},
		onAgreement: (peer) => {
			differing.delete(peer);
			if (differing.size === 0) notices.clear('HubDisagrees');
		},
		scheme: config.network === 'live' ? 'g' : 'test',
		signClaim,
		transport
	});
	late.connector = connector;
	const { routeExchange } = config;
	if (routeExchange)
		late.routeExchange = createRouteExchange({
			clock,
			random,
			crypto,
			log,
			network: config.network,
			// Made anew each time, as the table is: it proves nothing about an earlier run.
			routingSecret: random.bytes(32),
			trustsUnproven: ({ peer }) => routeExchange.trusts.includes(accountName(peer) ?? ''),
			exchangesWith: ({ peer, role }) => ilpAccounts.config(peer)?.exchangesRoutes ?? role !== 'child',
			...(own === undefined
				? {}
				: { owner: { pubkey: fromHex(identity.pubkey()), sign: identity.signDigest } }),
			host: {
				address: () => addresses()[0],
				request: async (peer, prepare) =>
					transport.transmit(peer, encodePrepare(prepare), undefined, prepare.expiresAt),
				ownRoutes: routes.all,
				learn: routes.learn,
				unlearn: routes.unlearn
			}
		});

	const sessions = createSessions({
		clock,
		random,
		crypto,
		sql,
		commits,
		log,
		sender: connector,
		network: config.network,
		pubkey: identity.pubkey,
		streamKeys: {
			byId: (id) => {
				const key = identity.streamKeyById(id);
				return key && { secret: key.secret, publicKey: key.public };
			}
		}
	});
	late.receiver = sessions;

	const isMine = (event: NostrEvent): boolean => event.pubkey === identity.pubkey();
	const seller = createSeller({
		clock,
		crypto,
		sql,
		commits,
		log,
		store,
		author: identity.pubkey,
		mayServe: (event) => isMine(event) || (config.keepsAnnouncements && ANNOUNCED_KINDS.has(event.kind)),
		priceOf: (event) => (FREE_KINDS.has(event.kind) || !isMine(event) ? 0n : personal.price()),
		mayStore: (event) => {
			if (!config.keepsAnnouncements)
				return { accept: false, text: 'restricted: this node keeps only its own events' };
			if (!ANNOUNCED_KINDS.has(event.kind))
				return { accept: false, text: 'restricted: only profiles and announcements are kept here' };
			return { accept: true, price: 0n };
		},
		onStored: (event) => {
			if (own !== undefined) spawn('passing on', announcer.passOn(event));
			onStored(event);
		},
		onSold: () => {
			changed('activity');
			changed('state');
		}
	});
	sessions.serve(seller);

	const onStored = (event: VerifiedEvent): void => {
		changed(event.kind === KINDS.note ? 'feed' : 'people');
		if (event.kind === KINDS.profile) changed('feed');
		if (event.kind === KINDS.note) changed('activity');
		changed('state');
		seller.announce();
	};

	const reader = createReader({
		clock,
		random,
		crypto,
		sql,
		commits,
		log,
		ledger,
		store,
		sessions,
		sender: connector,
		window: () =>
			link.device === undefined
				? LIMITS.windowGuest
				: (accounts.get(link.device)?.window ?? LIMITS.windowGuest),
		dailyLimit: () => personal.budgets().perDay + consents.allowed('spend', 'day'),
		allowedBeyond: (node) => consents.allowed('spend', 'peer', node),
		onLimit: (node, beyond) => consents.ask({ ...beyond, act: 'spend', peer: node }),
		dayStart: (now) => now - (now % DAY_MS),
		findNode: async (pubkey, fresh) => {
			if (link.contact?.pubkey === pubkey) return link.contact;
			const here = await announcer.of(pubkey);
			if (here && !fresh) return contactOf(here);
			if (!link.contact) return here && contactOf(here);
			const asked = await reader.queryOnce(link.contact, [
				{ kinds: [KINDS.profile, KINDS.announcement], authors: [pubkey] }
			]);
			if (asked.ok && asked.value.length > 0)
				await commits.run(() => {
					for (const event of asked.value) store.put(event, clock.now());
				});
			const newer = await announcer.of(pubkey);
			return newer && contactOf(newer);
		},
		...(config.maxIdsPerGet === undefined ? {} : { maxIdsPerGet: config.maxIdsPerGet }),
		onStored,
		onChange: () => changed('state')
	});

	const settler =
		scheme && heldClaims
			? createSettler({
					platform,
					sql,
					commits,
					ledger,
					accounts,
					channels,
					heldClaims,
					scheme,
					claimAddress: () => identity.claimAddress,
					payeeSecret: config.payeeSecret,
					payoutTerms: config.payoutTerms,
					redeemThreshold: config.redeemThreshold ?? LIMITS.redeemThreshold,
					etherPrice: config.etherPrice ?? LIMITS.etherPrice,
					mayCommit: config.asksPerson
						? askThePerson({
								consents,
								budgets: personal.budgets,
								ownerOf: (peer) => accounts.get(peer)?.owner ?? peer
							})
						: keepToBudget({
								fundingPerDay: tokenToLink(
									config.fundingPerDay ?? fundingPerDayOf(config.deposits),
									scheme.tokenScale
								),
								onTrouble: notices.add,
								onRelief: notices.clear
							}),
					signerOf: (peer) => signers.get(peer),
					ask: links.ask,
					onChange: () => {
						changed('activity');
						changed('state');
					},
					onTrouble: notices.add,
					onRelief: notices.clear,
					payees: () => {
						const now = payee();
						return [...(now === undefined ? [] : [now]), ...personal.formerPayoutAddresses()];
					},
					onBooked: (peer) => connector.paidOut(peer)
				})
			: undefined;
	if (settler) late.settler = settler;

	// ---------------------------------------------------------------- announcements

	const announcer = createAnnouncer({
		clock,
		crypto,
		commits,
		store,
		identity,
		scheme,
		payeeSecret: config.payeeSecret,
		addresses,
		price: personal.price,
		isAnnounced: personal.isAnnounced,
		keepsOthers: config.keepsAnnouncements,
		neighbours: () => contacts.values(),
		publishTo: (contact, event) => reader.publishTo(contact, event)
	});

	const announce = async (): Promise<Result<null, PeerError>> => {
		await personal.setAnnounced();
		// Dated so that any profile this person has elsewhere wins over the empty one.
		if (!announcer.profile()) await publish({ kind: KINDS.profile, content: '{}', createdAt: 0 });
		await announcer.refresh();
		changed('state');
		if (!link.contact) return err(peerError('HubUnreachable'));
		return announcer.introduce(link.contact);
	};

	// ---------------------------------------------------------------- links up and down

	const askAddress = async (peer: string): Promise<string | undefined> => {
		const expiresAt = clock.now() + LIMITS.maxHoldMs;
		const reply = await transport.transmit(
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
		const announced = await announcer.of(pubkey);
		const address = link.contact?.pubkey === pubkey ? link.contact.address : announced?.addresses[0];
		if (address === undefined) return;
		const expiresAt = clock.now() + LIMITS.maxHoldMs;
		const reply = await links.transmit(
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
		reader.follow(link.contact.pubkey, {
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
		for (const account of ilpAccounts.configs) {
			const peer = accountKey(account.name);
			const address = addressOfAccount(account);
			if (account.role === 'child' && address !== undefined) routes.set({ prefix: address, peer, links: 1 });
			if (account.role === 'parent' && !config.uplinks.some(({ role }) => role === 'parent'))
				routes.set({ prefix: '', peer, links: undefined });
			for (const route of config.routes)
				if (route.via === account.name) routes.set({ prefix: route.prefix, peer, links: route.links });
		}
	};
	placeAccounts();

	const onAccountUp = async (account: AccountConfig): Promise<void> => {
		const peer = accountKey(account.name);
		if (account.role === 'parent' && own === undefined && link.address === undefined) {
			accountAddress = (await askAddress(peer)) ?? accountAddress;
			placeAccounts();
		}
		late.routeExchange?.up({
			peer,
			role: account.role,
			address: account.role === 'child' ? addressOfAccount(account) : undefined
		});
	};

	/** Claims of mine on channels that may not be here, by neighbour, for as long as the chain does not answer. */
	const unrecalled = new Map<string, Hello['claims']>();
	const recall = async (peer: string, claims: Hello['claims']): Promise<void> => {
		const found = await settler?.recallByClaims(peer, claims);
		if (!found?.ok) return void unrecalled.set(peer, claims);
		unrecalled.delete(peer);
		if (found.value === undefined) return;
		if (payee() === undefined) await personal.setPayoutAddress(found.value);
		// What I got for those claims is told in the next hello.
		links.drop(peer);
	};

	const onUp = async (event: Extract<LinkEvent, { type: 'up' }>): Promise<void> => {
		const { peer, owner, role, hello } = event;
		// First of all: a child asks for its address, and is written to, as soon as the link is up.
		if (role === 'child' && own !== undefined)
			routes.set({ prefix: await childAddress(crypto, own, peer), peer, links: 1 });
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

	function onLinkEvent(event: LinkEvent): void {
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
				notices.add(
					peerError(
						'RecordsOlder',
						`${event.got} got, ${event.gave} given, ${event.paid} paid out with ${event.peer}`
					)
				);
				changed('activity');
				break;
			case 'claimRefused':
				log('warn', 'a claim was refused', { peer: event.peer, reason: event.reason });
				break;
		}
		changed('state');
	}

	// ---------------------------------------------------------------- publishing

	const publish: Publish = async ({ kind, content, tags, createdAt }) => {
		const event = await identity.sign({
			kind,
			content,
			tags: tags ?? [],
			created_at: createdAt ?? Math.floor(clock.now() / 1000)
		});
		await commits.run(() => {
			store.put(event, clock.now());
		});
		onStored(event);
		return event;
	};

	if (config.profile && !announcer.profile())
		await publish({ kind: KINDS.profile, content: JSON.stringify(config.profile) });
	await announcer.refresh();

	// ---------------------------------------------------------------- life

	/** Channels to neighbours that are there have what the config says, as far as may be locked. */
	const keepFunded = async (): Promise<void> => {
		for (const { owner, amount } of config.deposits)
			for (const { peer } of links.live().filter((live) => live.owner === owner))
				await settler?.keepFunded(peer, amount);
	};

	let stopped = false;
	let stopSweep = (): void => undefined;
	const sweep = async (): Promise<void> => {
		const now = clock.now();
		await sessions.sweep();
		await seller.sweep();
		await commits.run(() => {
			connector.sweep();
			packets.sweep(now - LIMITS.packetMemoryMs, [...links.settled(), ...ilpAccounts.keys()]);
			store.sweep(now);
			accounts.forget(now - FORGET_STRANGERS_MS);
		});
		await ilpAccounts.sweep();
		await announcer.refresh();
		for (const [peer, claims] of unrecalled) await recall(peer, claims);
		await keepFunded();
	};
	/** Again and again, whatever breaks in between. */
	const keepSweeping = (): void =>
		spawn(
			'sweeping',
			sweep().finally(() => {
				if (!stopped) stopSweep = clock.after(SWEEP_EVERY_MS, keepSweeping);
			})
		);

	const parts: PeerParts = {
		platform,
		config,
		sql,
		commits,
		settings,
		ledger,
		store,
		identity,
		accounts,
		channels,
		links,
		connector,
		seller,
		reader,
		settler,
		linkState: () => link,
		addresses,
		personal,
		consents,
		payee,
		announcer,
		linksTo: (pubkey) => linkCounts.get(pubkey),
		learnLinksTo,
		announce,
		publish,
		limitsChanged: () => {
			reader.limitsChanged();
			spawn('funding channels', keepFunded());
		},
		onChange: (listener) => void listeners.add(listener),
		changed,
		notices
	};
	const stopConnecting: (() => void)[] = [];

	const stop = async (): Promise<void> => {
		if (stopped) return;
		stopped = true;
		stopSweep();
		for (const cancel of stopConnecting) cancel();
		reader.stop();
		settler?.stop();
		late.routeExchange?.stop();
		btpAccounts.stop();
		links.stop();
		heldClaims?.stop();
		sessions.stop();
		// Whatever the closing sockets set off is queued by now.
		await Promise.resolve();
		commits.stop();
	};

	const api = createPeerApi(parts, stop);
	const peer: Peer = {
		api,
		start: () => {
			reader.start();
			for (const uplink of config.uplinks)
				stopConnecting.push(
					links.connect({
						url: uplink.url,
						owner: uplink.owner,
						// Read at each dial: a float that was changed goes into the next hello.
						get terms() {
							return termsFor(uplink.role, personal.float());
						}
					})
				);
			btpAccounts.start();
			if (heldClaims) spawn('checking claims', heldClaims.check());
			if (settler) spawn('the chain', settler.start());
			keepSweeping();
		},
		// By way of the person's side: it reads the wallet now and then, and must not once the database is closed.
		stop: api.stop,
		accept: links.accept,
		accounts: ilpAccounts,
		sender: connector,
		receive: (given) => {
			late.guestReceiver = given;
			return () => {
				if (late.guestReceiver === given) delete late.guestReceiver;
			};
		},
		settler,
		publish,
		status: () => ({
			pubkey: identity.pubkey(),
			device: identity.device,
			addresses: addresses(),
			links: accounts.all().map((row) => ({
				peer: row.peer,
				owner: row.owner,
				role: row.role,
				balance: ledger.balance(`link/${row.peer}`),
				audit: accounts.audit(row.peer),
				pendingIn: accounts.pendingIn(row.peer),
				pendingOut: accounts.pendingOut(row.peer),
				packets: connector.countsOf(row.peer)
			})),
			channels: channels.all().map(({ id, epoch, direction, status, deposited, claimed, settled }) => ({
				id,
				epoch,
				direction,
				status,
				deposited,
				claimed,
				settled
			})),
			balances: ledger.balances(),
			audit: (() => {
				const { sum, differences } = ledger.audit();
				return { sum, differences: differences.length };
			})(),
			packets: connector.counts(),
			traffic: {
				in: links.bytes().in + accountTraffic.in,
				out: links.bytes().out + accountTraffic.out
			},
			events: store.stats().events,
			commits: commits.counts()
		})
	};
	return peer;
};
