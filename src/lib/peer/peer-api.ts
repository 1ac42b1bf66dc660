/**
 * The person's side of the peer: what the page shows and asks for (api.ts), answered from the parts.
 * It decides nothing about money; it reads the ledger, the channels and the reader's views.
 */
import type {
	ActivityItem,
	Answer,
	ChannelView,
	FeedItem,
	FollowView,
	ImportCounts,
	PeerApi,
	PeerState,
	Person,
	Profile,
	WalletTransaction
} from './api.ts';
import type { Hex } from './bytes.ts';
import type { Channel } from './channel/channel.ts';
import type { Filter, NostrEvent, VerifiedEvent } from './codec/nostr-event.ts';
import type { Change } from './changes.ts';
import type { PeerParts } from './peer-parts.ts';
import { peerError } from './errors.ts';
import { importLines } from './events/import.ts';
import { KINDS } from './events/kinds.ts';
import { createStatements } from './ledger/statement.ts';
import { LIMITS } from './limits.ts';
import { maxOf, tokenToLink } from './money.ts';
import type { Cancel } from './platform.ts';
import { err, ok } from './result.ts';
import type { Address } from './settlement/chain.ts';
import { encodeRequestClose, encodeWithdraw } from './settlement/evm/calldata.ts';

/** What a new follow begins with is nobody's limit yet. */
const LIMIT_OF_BUDGET = [
	['perDay', 'day'],
	['perChannel', 'channel']
] as const;
const PUSH_EVERY_MS = 50;
const WALLET_EVERY_MS = 10_000;
const FEED_MOST = 200;
const HEX64 = /^[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
/** A profile longer than this is not shown: names are for lists. */
const NAME_CHARACTERS = 80;

/** Kind 0 content is a stranger's JSON: only the three texts are taken, and cut to size. */
const parseProfile = (content: string): Profile => {
	let value: unknown;
	try {
		value = JSON.parse(content);
	} catch {
		return {};
	}
	if (typeof value !== 'object' || value === null) return {};
	const { name, about, picture } = value as Record<string, unknown>;
	return {
		...(typeof name === 'string' && name.trim() !== ''
			? { name: name.trim().slice(0, NAME_CHARACTERS) }
			: {}),
		...(typeof about === 'string' ? { about: about.slice(0, 1_000) } : {}),
		...(typeof picture === 'string' ? { picture: picture.slice(0, 2_000) } : {})
	};
};

export const createPeerApi = (parts: PeerParts, stop: () => Promise<void>): PeerApi => {
	const {
		platform,
		config,
		sql,
		commits,
		ledger,
		store,
		identity,
		accounts,
		channels,
		reader,
		serving,
		seller,
		settler,
		notices,
		personal,
		consents,
		payee,
		announcer
	} = parts;
	const { clock, crypto, log } = platform;

	const revision = { feed: 1, activity: 1, people: 1 };
	const watchers = new Map<number, (state: PeerState) => void>();
	let nextWatch = 1;
	let pushing: Cancel | undefined;
	let walletBalance: bigint | undefined;
	let walletTimer: Cancel = () => undefined;
	let stopped = false;

	const scale = platform.chain?.tokenScale ?? 6;
	const toLink = (token: bigint): bigint => tokenToLink(token, scale);
	const me = (): string => identity.pubkey();
	const today = (): number => clock.now() - (clock.now() % 86_400_000);

	const profileOf = (pubkey: string): Profile => {
		const event = store.query([{ kinds: [KINDS.profile], authors: [pubkey], limit: 1 }], {
			now: clock.now(),
			limit: 1
		})[0]?.event;
		return event ? parseProfile(event.content) : {};
	};

	// ---------------------------------------------------------------- state

	/** What I claimed ahead towards a neighbour and did not spend: still mine, though promised. */
	const unspent = (peer: string): bigint =>
		maxOf(0n, ledger.balance(`link/${peer}`) - accounts.held(peer, 'peer'));

	const channelView = (channel: Channel, first: boolean): ChannelView => ({
		id: channel.id,
		peer: accounts.get(channel.peer)?.owner ?? channel.peer,
		direction: channel.direction,
		status: channel.status === 'frozen' ? 'closing' : channel.status,
		deposited: toLink(channel.deposited),
		claimed: toLink(channel.claimed),
		remaining:
			channel.status === 'closed' || channel.status === 'archived'
				? 0n
				: toLink(channel.deposited - channel.claimed) +
					(first && channel.direction === 'out' ? unspent(channel.peer) : 0n),
		settled: toLink(channel.settled),
		closeAt: channel.closeAt > 0 ? channel.closeAt : undefined,
		grace: channel.key.grace,
		payer: channel.key.payer,
		openedAt: channel.openedAt
	});

	const channelViews = (): readonly ChannelView[] => {
		const seen = new Set<string>();
		return channels.all().map((channel) => {
			const live =
				channel.direction === 'out' && channel.status !== 'closed' && channel.status !== 'archived';
			const first = live && !seen.has(channel.peer);
			if (first) seen.add(channel.peer);
			return channelView(channel, first);
		});
	};

	const state = (): PeerState => {
		const link = parts.neighbours.link;
		const views = channelViews();
		const device = link.device;
		const row = device === undefined ? undefined : accounts.get(device);
		const payout =
			row?.payoutFee === undefined
				? undefined
				: { address: payee(), fee: row.payoutFee, threshold: row.payoutThreshold ?? 0n };
		const { bytes, maxBytes } = sql.size();
		const { chain } = platform;
		return {
			me: { pubkey: me(), profile: profileOf(me()), announced: personal.isAnnounced() },
			link: {
				status: link.status,
				url: link.url,
				hub: link.owner,
				address: link.address,
				since: link.since,
				retryAt: link.retryAt
			},
			chain: {
				status: settler?.status() ?? 'unknown',
				id: chain?.chainId ?? 0,
				rpcUrl: config.rpcUrl,
				contract: chain?.contract ?? '0x',
				token: chain?.token ?? '0x',
				tokenScale: scale,
				time: settler?.chainTime()
			},
			storage: { kind: config.storageKind, bytes, maxBytes },
			channels: views,
			money: {
				wallet: walletBalance,
				spendable: views
					.filter((view) => view.direction === 'out' && view.status === 'open')
					.reduce((sum, view) => sum + view.remaining, 0n),
				held: device === undefined ? 0n : accounts.held(device, 'peer'),
				float: personal.float(),
				// From the books, where a payment that did not happen is undone; the limits count what may have been paid.
				spentToday: ledger.total({ kind: 'buy', since: today(), includePending: true }),
				earnedToday: ledger.total({ kind: 'sell', since: today() }),
				earned: -ledger.balance('income/notes') - ledger.balance('income/streams')
			},
			budgets: personal.budgets(),
			consents: consents.open(),
			payout,
			price: { perNote: serving.notePrice(), publish: 0n, nextAtMost: seller.nextAtMost() },
			follows: followViews(),
			notices: notices.all(),
			revision: { ...revision }
		};
	};

	const followViews = (): readonly FollowView[] => {
		const hub = parts.neighbours.link.contact?.pubkey;
		return [...reader.views()]
			.filter(([pubkey]) => pubkey !== hub)
			.map(([pubkey, view]) => ({
				pubkey,
				name: profileOf(pubkey).name ?? '',
				status: view.status,
				error: view.error,
				price: view.price,
				maxPrice: view.maxPrice,
				dailyLimit: view.dailyLimit,
				spentToday: view.spentToday,
				perDay: view.perDay,
				links: parts.neighbours.linksTo(pubkey),
				waiting: view.waiting
			}));
	};

	const push = (): void => {
		if (pushing || watchers.size === 0 || stopped) return;
		pushing = clock.after(PUSH_EVERY_MS, () => {
			pushing = undefined;
			const now = state();
			for (const onState of watchers.values()) onState(now);
		});
	};
	parts.onChange((what: Change) => {
		if (what !== 'state') revision[what] += 1;
		push();
	});

	const readWallet = async (): Promise<void> => {
		walletTimer();
		if (stopped) return;
		const address = payee();
		if (address && platform.chain) {
			const balance = await platform.chain.tokenBalance(address);
			const now = balance.ok ? toLink(balance.value) : walletBalance;
			if (now !== walletBalance) {
				walletBalance = now;
				push();
			}
		}
		if (!stopped) walletTimer = clock.after(WALLET_EVERY_MS, () => void readWallet());
	};

	// ---------------------------------------------------------------- lists

	const authorsInFeed = (): string[] => {
		const hub = parts.neighbours.link.contact?.pubkey;
		return [...new Set([me(), ...reader.followed(), ...(hub === undefined ? [] : [hub])])];
	};

	const feedItems = (events: readonly VerifiedEvent[]): readonly FeedItem[] => {
		const bought = reader.bought(events.map((event) => event.id));
		const profiles = new Map(
			[...new Set(events.map(({ pubkey }) => pubkey))].map((pubkey) => [pubkey, profileOf(pubkey)])
		);
		return events.map((event) => {
			const mine = event.pubkey === me();
			const paid = bought.get(event.id);
			const earnings = mine ? seller.earningsOf(event.id) : undefined;
			return {
				event,
				profile: profiles.get(event.pubkey) ?? {},
				cost: mine ? undefined : (paid?.sent ?? 0n),
				way: mine ? undefined : paid ? paid.sent - paid.arrived : 0n,
				links: mine ? undefined : parts.neighbours.linksTo(event.pubkey),
				earned: earnings?.total,
				readers: earnings?.readers,
				receivedAt: paid?.at ?? event.created_at * 1000
			};
		});
	};

	const personOf = async (pubkey: string): Promise<Person> => {
		const announced = await announcer.of(pubkey);
		return {
			pubkey,
			profile: profileOf(pubkey),
			price: announced?.prices.event,
			announced: announced !== undefined,
			links: parts.neighbours.linksTo(pubkey),
			followed: reader.followed().includes(pubkey),
			notes: store.count([{ kinds: [KINDS.note], authors: [pubkey] }], clock.now())
		};
	};

	/** A channel by its first digits, a neighbour by the name its person gave, or the first digits of the key. */
	const statement = createStatements(sql, (id) => {
		const owner = accounts.get(id)?.owner;
		const name = owner === undefined ? undefined : profileOf(owner).name;
		return name?.replace(/[\p{Cc}\p{Cf}]/gu, ' ') ?? id.slice(0, 10);
	});

	const parent = (): string | undefined => parts.neighbours.link.device;
	const set = async (work: Promise<void>): Promise<Answer<null>> => {
		await work;
		parts.changed('state');
		return ok(null);
	};
	const guard = async <T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> => {
		try {
			return await work();
		} catch (error) {
			log('error', 'a command broke', { error: String(error) });
			const full =
				error instanceof Error && error.name === 'SqlError' && (error as { kind?: string }).kind === 'full';
			const failed = peerError(full ? 'StorageFull' : 'Internal', String(error));
			notices.add(failed);
			return err(failed);
		}
	};

	void readWallet();

	const api: PeerApi = {
		state: () => Promise.resolve(state()),
		watch: (onState) => {
			const id = nextWatch++;
			watchers.set(id, onState);
			onState(state());
			return Promise.resolve(id);
		},
		unwatch: (id) => {
			watchers.delete(id);
			return Promise.resolve();
		},

		feed: ({ limit, before, author }) => {
			const most = Math.min(limit, FEED_MOST);
			const authors = author === undefined ? authorsInFeed() : [author];
			const filter: Filter = { kinds: [KINDS.note], authors, ...(before ? { until: before.createdAt } : {}) };
			const found = store
				.query([filter], { now: clock.now(), limit: most + (before ? 50 : 0) })
				.map(({ event }) => event);
			const after = before
				? found.filter((event) => event.created_at < before.createdAt || event.id > before.id)
				: found;
			return Promise.resolve(feedItems(after.slice(0, most)));
		},

		activity: ({ limit, before }) =>
			Promise.resolve(
				ledger
					.statement({ limit: Math.min(limit, FEED_MOST), ...(before === undefined ? {} : { before }) })
					.map((transfer): ActivityItem => ({
						id: transfer.id,
						at: transfer.at,
						kind: transfer.kind,
						state: transfer.state,
						from: transfer.from,
						to: transfer.to,
						amount: transfer.amount,
						memo: transfer.memo ?? {}
					}))
			),

		statement: (query) => Promise.resolve(statement(query)),

		people: async () => {
			const hub = parts.neighbours.link.contact?.pubkey;
			const announced = store
				.query([{ kinds: [KINDS.announcement], limit: FEED_MOST }], { now: clock.now(), limit: FEED_MOST })
				.map(({ event }) => event.pubkey);
			const pubkeys = [...new Set([...announced, ...reader.followed()])].filter(
				(pubkey) => pubkey !== me() && pubkey !== hub
			);
			const people: Person[] = [];
			for (const pubkey of pubkeys) {
				if (parts.neighbours.linksTo(pubkey) === undefined)
					parts.neighbours.learnLinksTo(pubkey).catch(() => undefined);
				people.push(await personOf(pubkey));
			}
			return people;
		},
		person: (pubkey) => personOf(pubkey),

		earnings: ({ limit }) =>
			Promise.resolve(
				seller.earnings(Math.min(limit, FEED_MOST)).map(({ eventId, readers, total, at }) => ({
					eventId,
					readers,
					amount: total,
					at,
					content: store.get(eventId, clock.now())?.event.content ?? ''
				}))
			),

		paymentCounts: () => Promise.resolve({ made: ledger.count('buy'), taken: ledger.count('sell') }),

		follow: (pubkey, terms) =>
			guard(async () => {
				if (!HEX64.test(pubkey)) return err(peerError('InvalidInput', 'not a public key'));
				if (pubkey === me()) return err(peerError('InvalidInput', 'that is you'));
				if (terms.maxPrice < 0n || terms.dailyLimit < 0n)
					return err(peerError('InvalidInput', 'a limit below zero'));
				await consents.forget('peer', pubkey);
				reader.follow(pubkey, terms);
				parts.neighbours.learnLinksTo(pubkey).catch(() => undefined);
				await saveFollows();
				parts.changed('people');
				parts.changed('feed');
				return ok(null);
			}),
		unfollow: (pubkey) =>
			guard(async () => {
				reader.unfollow(pubkey);
				await saveFollows();
				parts.changed('people');
				return ok(null);
			}),
		setBudgets: (change) =>
			guard(async () => {
				if (Object.values(change).some((limit) => limit < 0n))
					return err(peerError('InvalidInput', 'a limit below zero'));
				await personal.setBudgets(change);
				for (const [name, limit] of LIMIT_OF_BUDGET)
					if (change[name] !== undefined) await consents.forget(limit);
				parts.limitsChanged();
				parts.changed('state');
				return ok(null);
			}),
		answerConsent: (id, answer) =>
			guard(async () => {
				const answered = await consents.answer(id, answer);
				if (!answered.ok) return answered;
				parts.limitsChanged();
				parts.changed('state');
				return ok(null);
			}),

		setFloat: (float) =>
			guard(async () => {
				if (float < 0n || float > LIMITS.floatMost)
					return err(peerError('InvalidInput', 'more than a hub may hold'));
				await set(personal.setFloat(float));
				parts.links.reconnect();
				return ok(null);
			}),

		publish: ({ content, tags, kind }) =>
			guard(async () => {
				if (content.trim() === '' && (kind ?? KINDS.note) === KINDS.note)
					return err(peerError('InvalidInput', 'an empty note'));
				const event = await parts.publish({ kind: kind ?? KINDS.note, content, ...(tags ? { tags } : {}) });
				const hub = parts.neighbours.link.contact;
				if (!personal.isAnnounced() || (hub && !announcer.isIntroduced(hub))) {
					const announced = await parts.announce();
					// The note is kept and on sale; being found comes once the hub answers.
					if (!announced.ok) notices.add(announced.error);
				}
				return ok(event);
			}),
		setPrice: (price) =>
			guard(async () => {
				if (price < 0n || price > LIMITS.maxPacket)
					return err(peerError('InvalidInput', 'a price between nothing and a dollar'));
				await set(personal.setPrice(price));
				await announcer.refresh();
				if (personal.isAnnounced()) await parts.announce();
				seller.announce();
				return ok(null);
			}),
		setProfile: (profile) =>
			guard(async () => {
				const event = await parts.publish({ kind: KINDS.profile, content: JSON.stringify(profile) });
				if (personal.isAnnounced()) await parts.announce();
				return ok(event);
			}),
		announce: () => guard(parts.announce),

		prepareFunding: ({ payer, amount, channel }) =>
			guard(async () => {
				const hub = parent();
				if (!settler || hub === undefined) return err(peerError('NotConnected'));
				if (!ADDRESS.test(payer)) return err(peerError('InvalidInput', 'not an address'));
				const prepared = await settler.prepareFunding(hub, payer.toLowerCase() as Address, amount, channel);
				if (!prepared.ok) return prepared;
				const domain = await settler.tokenDomain();
				if (!domain.ok) return domain;
				return ok({
					channel: prepared.value.channel,
					funding: prepared.value.funding,
					typedData: settler.scheme.fundingTypedData(
						prepared.value.funding,
						prepared.value.epoch,
						domain.value
					),
					fee: 0n
				});
			}),
		fund: (funding) =>
			guard(async () => {
				const hub = parent();
				if (!settler || hub === undefined) return err(peerError('NotConnected'));
				const funded = await settler.fund(hub, funding);
				void readWallet();
				if (!funded.ok) return funded;
				reader.online();
				return ok({ channel: funded.value });
			}),
		closeChannel: (channel) =>
			guard(async () => {
				if (!settler) return err(peerError('NotConnected'));
				const refunded = await settler.requestCooperativeClose(channel);
				void readWallet();
				return refunded.ok ? ok({ refunded: refunded.value }) : refunded;
			}),
		prepareRequestClose: (channel) =>
			walletTransaction(channel, (found) => ({
				to: found.contract,
				data: encodeRequestClose(found.channel.key),
				value: 0n
			})),
		prepareWithdraw: (channel) =>
			walletTransaction(channel, (found) => {
				const time = settler?.chainTime() ?? 0;
				if (found.channel.closeAt === 0 || time < found.channel.closeAt) return undefined;
				return { to: found.contract, data: encodeWithdraw(found.channel.key), value: 0n };
			}),
		refreshChannel: (channel) =>
			guard(async () => {
				if (!settler) return err(peerError('NotConnected'));
				const refreshed = await settler.refresh(channel);
				void readWallet();
				return refreshed;
			}),
		retryLink: () => {
			parts.links.retryNow();
			return Promise.resolve(ok(null));
		},
		setPayoutAddress: (address) =>
			guard(async () => {
				if (!ADDRESS.test(address)) return err(peerError('InvalidInput', 'not an address'));
				const lower = address.toLowerCase();
				if (payee() === lower) return ok(null);
				await set(personal.setPayoutAddress(lower as Address));
				void settler?.recallByPayer(lower as Address);
				// The hub learns it in a hello.
				parts.links.reconnect();
				void readWallet();
				return ok(null);
			}),
		payout: () =>
			guard(async () => {
				const hub = parent();
				if (!settler || hub === undefined) return err(peerError('NotConnected'));
				const paid = await settler.payout(hub);
				void readWallet();
				return paid;
			}),

		exportKey: (password) => Promise.resolve(identity.exportKey(password)),
		importKey: (secret, password) =>
			guard(async () => {
				// What it routes for others is reached by it, signed with the key it is made of.
				if (config.address === 'own')
					return err(peerError('InvalidInput', 'the address of this node is made of its key'));
				const imported = await identity.importKey(secret, password);
				if (!imported.ok) return imported;
				await announcer.refresh();
				parts.links.reconnect();
				parts.changed('people');
				parts.changed('feed');
				return ok({ pubkey: imported.value });
			}),
		importEvents: (lines) => importEvents(lines),
		exportEvents: () => {
			const events: NostrEvent[] = store
				.query([{ authors: [me()] }], { now: clock.now(), limit: 1_000_000 })
				.map(({ event }) => event);
			return Promise.resolve(
				events.map((event) => JSON.stringify(event)).join('\n') + (events.length > 0 ? '\n' : '')
			);
		},
		stop: async () => {
			stopped = true;
			walletTimer();
			await stop();
		}
	};

	/** The follow list is an event like any other (NIP-02), so that other software can read it. */
	async function saveFollows(): Promise<void> {
		const hub = parts.neighbours.link.contact?.pubkey;
		const tags = reader
			.followed()
			.filter((pubkey) => pubkey !== hub)
			.map((pubkey) => ['p', pubkey]);
		await parts.publish({ kind: KINDS.follows, content: '', tags });
	}

	async function walletTransaction(
		id: Hex,
		build: (found: { readonly channel: Channel; readonly contract: Address }) => WalletTransaction | undefined
	): Promise<Answer<WalletTransaction>> {
		const channel = channels.get(id);
		const contract = platform.chain?.contract;
		if (!channel || !contract || channel.direction !== 'out') return err(peerError('ChannelUnknown'));
		if (channel.status === 'closed' || channel.status === 'archived') return err(peerError('ChannelClosed'));
		if (settler) await settler.refresh(id);
		const transaction = build({ channel: channels.get(id) ?? channel, contract });
		return transaction ? ok(transaction) : err(peerError('StillInGrace'));
	}

	async function importEvents(lines: readonly string[]): Promise<ImportCounts> {
		const counts = await importLines(
			{ crypto, store, commit: (work) => commits.run(work), now: () => clock.now() },
			lines
		);
		if (counts.stored + counts.replaced > 0) {
			parts.changed('feed');
			parts.changed('people');
			seller.announce();
		}
		return counts;
	}

	return api;
};
