/**
 * The peer: wires the parts together and keeps no rule of its own. Whoever wants to know what a part does opens the
 * part; here is what each is given, in the order in which they are made:
 *
 * | | made | because |
 * |---|---|---|
 * | 1 | clock, books | all else writes there, and asks what time it is |
 * | 2 | keys, settings, questions to the person | an address is made of a key, a limit is a setting |
 * | 3 | neighbours, accounts, claims, links | packets need somebody to come from and go to |
 * | 4 | connector, exchanged routes | decides about every packet between links and sessions |
 * | 5 | sessions, seller, reader | what is in packets from here and to here: events, for money |
 * | 6 | settler | brings to the chain what the links promised |
 * | 7 | announcer, publishing | say where this node is and what it asks, which is known by now |
 * | 8 | upkeep, beginning and end, the person's side (peer.ts) | use all of it |
 *
 * ```
 *            links ── connector ── sessions ── seller   (what others may read here)
 *              │          │            └────── reader   (what this person reads)
 *           accounts    ledger ──────────────────┘
 *              │          │
 *           channels ── settler ── chain          store (events)
 * ```
 *
 * Some parts need one that is made after them: links bring packets to the connector, and the connector sends them by
 * links. Such a part gets a function that finds the other when something happens. Nothing does before `start`, except
 * that the database is read and the node's own announcement is written.
 */
import { openBooks } from './books.ts';
import { createChanges } from './changes.ts';
import type { Promised } from './channel/channels.ts';
import { createHeldClaims } from './channel/held-claims.ts';
import { gasPerDayOf } from './channel/gas-budget.ts';
import { createSettler } from './channel/settler.ts';
import { commitmentRule } from './commitments.ts';
import { admissionOf, type PeerConfig } from './config.ts';
import { createConsents } from './consents.ts';
import { loadIdentity } from './identity.ts';
import { createConnector, type Connector } from './ilp/connector.ts';
import { ownAddress } from './ilp/own-address.ts';
import { createRoutes } from './ilp/routes.ts';
import { LIMITS } from './limits.ts';
import { createBtpAccounts } from './link/btp-accounts.ts';
import { createIlpAccounts } from './link/ilp-accounts.ts';
import { createLinks, type Links } from './link/links.ts';
import { createSpawn } from './link/spawn.ts';
import { createReader } from './market/reader.ts';
import { createSeller } from './market/seller.ts';
import { createNotices } from './notices.ts';
import { createParentClock } from './parent-clock.ts';
import { handOver, type Peer } from './peer.ts';
import { createAnnouncer } from './peering/announcer.ts';
import { createDisagreements } from './peering/disagreements.ts';
import { createExchangedRoutes } from './peering/exchanged-routes.ts';
import { createFindNode } from './peering/find-node.ts';
import { createNeighbours } from './peering/neighbours.ts';
import { createPersonalSettings, payeeOf, payeesOf } from './personal-settings.ts';
import type { Platform } from './platform.ts';
import { createPublishing } from './publishing.ts';
import { createReadingLimits } from './reading-limits.ts';
import { createReceivers } from './receivers.ts';
import { createServing } from './serving.ts';
import type { Address, SignedClaim } from './settlement/chain.ts';
import { createEvmScheme } from './settlement/evm/scheme.ts';
import { createSessions } from './stream/sessions.ts';

/** Throws when the database is of a newer release, or an account of the config cannot be meant. */
export const createPeer = async (host: Platform, config: PeerConfig): Promise<Peer> => {
	// ---------------------------------------------------------------- 1. clock and books

	const clock = createParentClock(host.clock);
	const platform: Platform = { ...host, clock };
	const { sql, crypto, random, log } = platform;
	const spawn = createSpawn(log);
	const scheme = platform.chain ? createEvmScheme(platform.chain, crypto) : undefined;
	const books = openBooks(sql, clock, scheme?.tokenScale);
	const { commits, settings, ledger, store, channels, packets, accounts } = books;

	// ---------------------------------------------------------------- 2. who this is

	const identity = await loadIdentity(platform, config.nostrSecret);
	const routes = createRoutes();
	const { changed, moneyChanged, onChange } = createChanges();
	const notices = createNotices(clock, () => changed('state'));
	/** Of a node that gives addresses to others; anybody else is told one by its parent. */
	const own =
		config.address === 'own' ? await ownAddress(crypto, config.network, identity.pubkey()) : undefined;
	const personal = createPersonalSettings(settings, commits, config);
	const consents = createConsents({
		sql,
		commits,
		clock,
		onAsked: notices.add,
		onSettled: notices.clear,
		onError: (error) => log('error', 'a question could not be put', { error: String(error) })
	});
	const payee = (): Address | undefined => payeeOf(platform.chain?.account, personal);
	const signClaim = (promised: Promised): Promise<SignedClaim> => {
		if (!scheme) throw new Error('a claim without a scheme');
		return scheme.signClaim(identity.claimSecret, promised.key, promised.epoch, promised.cumulative);
	};

	// ---------------------------------------------------------------- 3. neighbours

	const ilpAccounts = createIlpAccounts({
		clock,
		commits,
		links: accounts,
		packets,
		configs: config.accounts ?? [],
		connector: () => connector,
		onChange: (account, isUp) => neighbours.accountChanged(account, isUp)
	});
	const neighbours = createNeighbours({
		platform,
		config,
		own,
		routes,
		accounts: ilpAccounts.configs,
		roleOf: (peer) => accounts.get(peer)?.role,
		personal,
		payee,
		notices,
		changed,
		spawn,
		others: () => ({ links, transport, routeExchange, announcer, reader, sessions, seller, settler })
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
	const heldClaims =
		scheme &&
		createHeldClaims({
			platform,
			commits,
			channels,
			scheme,
			onHeld: (_, id) => {
				settler?.considerRedeeming(id);
				changed('state');
			},
			onForged: (peer) => links.drop(peer)
		});
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
		admit: (owner) => admissionOf(config, owner),
		connector: () => connector,
		signClaim,
		settle: async (peer, request) =>
			settler?.answer(peer, request) ??
			({ op: 'refused', code: 'ChainUnreachable', text: 'this node knows no chain' } as const),
		refresh: async (channel) => settler?.refresh(channel),
		onEvent: neighbours.linkChanged,
		...(ilpAccounts.configs.length === 0 ? {} : { plain: btpAccounts }),
		onTime: clock.correct
	});
	const transport = ilpAccounts.transport(links);

	// ---------------------------------------------------------------- 4. packets

	const receivers = createReceivers(() => sessions);
	const disagreements = createDisagreements({ clock, notices, drop: links.drop });
	const connector: Connector = createConnector({
		platform,
		commits,
		ledger,
		accounts,
		packets,
		routes,
		receiver: receivers,
		feePpm: config.feePpm,
		addresses: neighbours.addresses,
		childAddress: neighbours.childAddress,
		terms: ilpAccounts.config,
		routeExchange: () => routeExchange,
		neighbourAddress: neighbours.addressOf,
		onDisagreement: disagreements.begun,
		onAgreement: disagreements.over,
		scheme: config.network === 'live' ? 'g' : 'test',
		signClaim,
		transport
	});
	const routeExchange = createExchangedRoutes({
		platform,
		config,
		own,
		identity,
		addresses: neighbours.addresses,
		account: ilpAccounts.config,
		transport,
		routes
	});

	// ---------------------------------------------------------------- 5. events for money

	const ports = { clock, random, crypto, sql, commits, log };
	const sessions = createSessions({
		...ports,
		sender: connector,
		network: config.network,
		pubkey: identity.pubkey,
		streamKeys: { byId: identity.streamKeyById }
	});
	const serving = createServing({ config, identity, personal });
	const seller = createSeller({
		...ports,
		store,
		author: identity.pubkey,
		...serving,
		onStored: (event) => {
			if (own !== undefined) spawn('passing on', announcer.passOn(event));
			publishing.stored(event);
		},
		onSold: moneyChanged
	});
	sessions.serve(seller);
	const reader = createReader({
		...ports,
		ledger,
		store,
		sessions,
		sender: connector,
		...createReadingLimits({ personal, consents, accounts, hub: () => link.device }),
		findNode: createFindNode({
			clock,
			commits,
			store,
			announcer: () => announcer,
			hub: () => link.contact,
			queryOnce: (contact, filters) => reader.queryOnce(contact, filters)
		}),
		...(config.maxIdsPerGet === undefined ? {} : { maxIdsPerGet: config.maxIdsPerGet }),
		onStored: (event) => publishing.stored(event),
		onChange: () => changed('state')
	});

	// ---------------------------------------------------------------- 6. the chain

	const settler =
		scheme &&
		heldClaims &&
		createSettler({
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
			gasPerDay: gasPerDayOf(
				config.gasPerDay ?? LIMITS.gasPerDay,
				config.asksPerson ? () => personal.budgets().perDay : undefined
			),
			mayCommit: commitmentRule({ config, scheme, consents, personal, accounts, notices }),
			signerOf: neighbours.signerOf,
			ask: links.ask,
			onChange: moneyChanged,
			onTrouble: notices.add,
			onRelief: notices.clear,
			payees: () => payeesOf(platform.chain?.account, personal),
			onBooked: connector.paidOut
		});

	// ---------------------------------------------------------------- 7. what others may know

	const announcer = createAnnouncer({
		clock,
		crypto,
		commits,
		store,
		identity,
		scheme,
		payeeSecret: config.payeeSecret,
		addresses: neighbours.addresses,
		price: serving.notePrice,
		isAnnounced: personal.isAnnounced,
		keepsOthers: config.keepsAnnouncements,
		neighbours: neighbours.contacts,
		publishTo: reader.publishTo
	});
	const publishing = createPublishing({
		clock,
		commits,
		store,
		identity,
		personal,
		announcer,
		seller,
		link,
		profile: config.profile,
		changed
	});
	await publishing.begin();

	// ---------------------------------------------------------------- 8. all of it

	return handOver({
		...books,
		platform,
		config,
		spawn,
		identity,
		personal,
		consents,
		payee,
		notices,
		changed,
		onChange,
		neighbours,
		ilpAccounts,
		btpAccounts,
		accountTraffic,
		heldClaims,
		links,
		receivers,
		connector,
		routeExchange,
		sessions,
		serving,
		seller,
		reader,
		settler,
		announcer,
		publish: publishing.publish,
		announce: publishing.announce
	});
};
