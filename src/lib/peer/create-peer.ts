/**
 * The peer: wires the parts together and keeps no rule of its own.
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
import { fromHex } from './bytes.ts';
import { createChannels, type Promised } from './channel/channels.ts';
import { createHeldClaims } from './channel/held-claims.ts';
import { createSettler, type Settler } from './channel/settler.ts';
import { encodePrepare } from './codec/ilp.ts';
import type { NostrEvent, VerifiedEvent } from './codec/nostr-event.ts';
import { askThePerson, keepToBudget } from './commitments.ts';
import { fundingPerDayOf, termsFor, type PeerConfig } from './config.ts';
import { peerError, type PeerError } from './errors.ts';
import { KINDS } from './events/kinds.ts';
import { createEventStore } from './events/sqlite-store.ts';
import { createConnector, type Connector } from './ilp/connector.ts';
import type { PacketReceiver, PacketSender } from './ilp/delivery.ts';
import { childAddress, ownAddress } from './ilp/own-address.ts';
import type { RouteExchange } from './ilp/peer-protocols.ts';
import { createRouteExchange } from './ilp/route-exchange.ts';
import { createRoutes } from './ilp/routes.ts';
import { loadIdentity } from './identity.ts';
import { createLedger } from './ledger/sqlite-ledger.ts';
import { LIMITS } from './limits.ts';
import { createLinkAccounts } from './link/accounts.ts';
import { accountName, type IlpAccounts } from './link/account-transport.ts';
import { createBtpAccounts } from './link/btp-accounts.ts';
import { createIlpAccounts } from './link/ilp-accounts.ts';
import { createLinks, type Links } from './link/links.ts';
import { createPackets } from './link/packets.ts';
import { createReader } from './market/reader.ts';
import { createSeller } from './market/seller.ts';
import { createNotices } from './notices.ts';
import { ANNOUNCED_KINDS, contactOf, createAnnouncer } from './peering/announcer.ts';
import { createNeighbours } from './peering/neighbours.ts';
import { tokenToLink } from './money.ts';
import { createPeerApi } from './peer-api.ts';
import type { Change, PeerParts, Publish } from './peer-parts.ts';
import { statusOf, type PeerStatus } from './peer-status.ts';
import { createConsents } from './consents.ts';
import { createPersonalSettings } from './personal-settings.ts';
import type { Cancel, Clock, Platform, Socket } from './platform.ts';
import { err, type Result } from './result.ts';
import type { Address, SignedClaim } from './settlement/chain.ts';
import { createEvmScheme } from './settlement/evm/scheme.ts';
import { createCommits, type Commits } from './storage/commit.ts';
import { migrate } from './storage/migrations.ts';
import { createSettings } from './storage/settings.ts';
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
	/** Of its database, for a host that writes there beside it: two of them would wait for each other's syncs. */
	readonly commits: Commits;
	/** Packets to this node that none of its own parts knows go to `receiver` until the answer is called. One at a time. */
	receive(receiver: PacketReceiver): Cancel;
	/** For operators and tests. */
	status(): PeerStatus;
	/** For hosts that publish on their person's behalf, or give others a hand with the chain. */
	readonly settler: Settler | undefined;
	readonly publish: Publish;
}

const SWEEP_EVERY_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** Neighbours with whom no money ever moved are forgotten after this. */
const FORGET_STRANGERS_MS = 30 * DAY_MS;
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
	const packets = createPackets(sql);
	const accounts = createLinkAccounts(sql, ledger, channels, packets);
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
		onChange: (account, isUp) => neighbours.accountChanged(account, isUp)
	});
	const neighbours = createNeighbours({
		platform,
		config,
		own,
		routes,
		accounts: ilpAccounts.configs,
		personal,
		payee,
		notices,
		changed,
		spawn,
		others: () => ({
			links,
			transport,
			routeExchange: late.routeExchange,
			announcer,
			reader,
			sessions,
			seller,
			settler
		})
	});
	const { link } = neighbours;

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
		onEvent: (event) => neighbours.linkChanged(event),
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
		addresses: neighbours.addresses,
		childAddress: (peer) => {
			const account = ilpAccounts.config(peer);
			if (account) return account.role === 'child' ? neighbours.addressOfAccount(account) : undefined;
			return own !== undefined && accounts.get(peer)?.role === 'child'
				? childAddress(crypto, own, peer)
				: undefined;
		},
		terms: ilpAccounts.config,
		routeExchange: () => late.routeExchange,
		neighbourAddress: neighbours.addressOf,
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
				address: () => neighbours.addresses()[0],
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
					signerOf: neighbours.signerOf,
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
		addresses: neighbours.addresses,
		price: personal.price,
		isAnnounced: personal.isAnnounced,
		keepsOthers: config.keepsAnnouncements,
		neighbours: neighbours.contacts,
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
		const hub = link.status === 'online' ? link.contact : undefined;
		if (hub && personal.isAnnounced() && !announcer.isIntroduced(hub)) await announcer.introduce(hub);
		await neighbours.sweep();
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
		neighbours,
		personal,
		consents,
		payee,
		announcer,
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
		commits,
		sender: connector,
		receive: (given) => {
			late.guestReceiver = given;
			return () => {
				if (late.guestReceiver === given) delete late.guestReceiver;
			};
		},
		settler,
		publish,
		status: () =>
			statusOf(parts, {
				in: links.bytes().in + accountTraffic.in,
				out: links.bytes().out + accountTraffic.out
			})
	};
	return peer;
};
