/**
 * Where links meet the chain: opening and funding channels, taking in those others opened, redeeming
 * claims, paying guests out, ending channels, and following what the chain says about them.
 *
 * Every step writes its intention before the chain hears of it and its result after, so that a crash in
 * between is told from the chain, never guessed:
 *
 * | step | on disk before | afterwards |
 * |---|---|---|
 * | open / fund | channel `opening` | `open` with what the chain shows as deposited |
 * | redeem | nothing (claims are already ours) | `settled` from the chain |
 * | payout | debited, then the signed transaction (payouts.ts) | done, or credited back once it can never be mined |
 * | close by the payee | frozen at the captured amount | `closed`, or thawed when the chain refused it |
 *
 * A chain that is down stops these and nothing else: links with funded channels go on.
 */
import { concatBytes, toHex0x, type Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import type { LinkAccounts } from '../link/accounts.ts';
import type { PayoutTerms, SettleAnswer, SettleRequest } from '../link/messages.ts';
import { ceilDiv, maxOf, minOf, tokenToLink } from '../money.ts';
import type { Cancel, Platform } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type {
	Address,
	ChainError,
	ChainEvent,
	ChannelKey,
	FundingAuthorization
} from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import { createSettings } from '../storage/settings.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { judgeTerms, type Channel, type Channels, type ChannelStatus } from './channels.ts';
import { createPayouts } from './payouts.ts';

export interface SettlerDeps {
	readonly platform: Pick<Platform, 'clock' | 'random' | 'crypto' | 'log'>;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly ledger: Ledger;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	readonly scheme: SettlementScheme;
	readonly claimAddress: () => Address;
	/** This node's on-chain account, when it is its own payee (hubs, authors with a server). */
	readonly payeeSecret: Uint8Array | undefined;
	readonly payoutTerms: PayoutTerms | undefined;
	readonly redeemThreshold: bigint;
	/** The address the delegation of a linked device names as signer of its claims. */
	readonly signerOf: (peer: string) => Address | undefined;
	readonly ask: (
		peer: string,
		request: SettleRequest
	) => Promise<
		Result<SettleAnswer, { readonly type: 'NotConnected' | 'HubRefused'; readonly reason: string }>
	>;
	readonly onChange: () => void;
	readonly onTrouble: (error: PeerError) => void;
	/** Where this node is paid out to: the address of now first, then those of before. */
	readonly payees: () => readonly Address[];
	/** A payout was booked here: the books agree with that neighbour's again. */
	readonly onBooked: (peer: string) => void;
}

export interface Settler {
	/** Compares the chain with the one known from before; archives all channels when it is another. */
	start(): Promise<void>;
	stop(): void;
	readonly status: () => 'ok' | 'down' | 'unknown';
	/** Newest block's time, Unix seconds, as last seen. */
	readonly chainTime: () => number | undefined;
	/** By a node with its own on-chain account, towards a neighbour that is up. Amount in token units. */
	open(peer: string, amount: bigint): Promise<Result<Hex, PeerError>>;
	/** Adds `amount` (token units) to the open channel towards a neighbour when less than a quarter of that is left. */
	keepFunded(peer: string, amount: bigint): Promise<void>;
	/** By a guest: the key of a new channel (or a known one to top up) and what the wallet must sign. */
	prepareFunding(
		peer: string,
		payer: Address,
		amount: bigint,
		channel?: Hex
	): Promise<Result<PreparedFunding, PeerError>>;
	/** Sends the signed funding to the hub and waits for the chain. */
	fund(peer: string, funding: FundingAuthorization): Promise<Result<Hex, PeerError>>;
	/** Asks the neighbour to end my channel; answers what came back to the wallet, in link units. */
	requestCooperativeClose(id: Hex): Promise<Result<bigint, PeerError>>;
	/** A neighbour is here whose hello counts this much as paid out to it (link units). */
	greet(peer: string, counted: bigint): void;
	/**
	 * Asks the hub to pay out all it holds; in link units, once the chain shows it. Errors: ChainUnreachable,
	 * HubUnreachable, HubRefused, PayoutTooSmall, PayoutFailed.
	 */
	payout(
		peer: string
	): Promise<Result<{ readonly paid: bigint; readonly fee: bigint; readonly transaction: Hex }, PeerError>>;
	/** What a neighbour asks of this node. */
	answer(peer: string, request: Exclude<SettleRequest, { op: 'late' }>): Promise<SettleAnswer>;
	/** A channel towards this node that a hello named. */
	importChannel(peer: string, key: ChannelKey, epoch: number): Promise<Result<null, PeerError>>;
	/** After a claim came in: redeems when enough is unredeemed. */
	considerRedeeming(id: Hex): void;
	/** Redeems all that is unredeemed now; answers how much, in link units. */
	redeemAll(): Promise<Result<bigint, PeerError>>;
	/** Looks at the chain again and books what it says. */
	refresh(id: Hex): Promise<Result<null, PeerError>>;
	readonly scheme: SettlementScheme;
	/** EIP-712 name and version of the token, for the wallet's signature. */
	tokenDomain(): Promise<Result<{ readonly name: string; readonly version: string }, PeerError>>;
}

/** What the wallet is to sign; nothing has moved yet. */
export interface PreparedFunding {
	readonly channel: Hex;
	readonly funding: Omit<FundingAuthorization, 'signature'>;
	readonly epoch: number;
}

/** How long a signed funding may wait for its block, and a new channel may live. */
const FUNDING_VALID_SECONDS = 3_600;
const CHANNEL_LIFE_SECONDS = 365 * 24 * 3_600;
/** Enough to tell apart the channels of two neighbours; a zero costs a quarter of another byte in every call. */
const SALT_BYTES = 8;
const CLOSE_VALID_SECONDS = 3_600;
const HEAD_EVERY_MS = 15_000;
/** How often a chain that lags behind the hub's word is asked again, and how long apart. */
const LAG_TRIES = 10;
const LAG_EVERY_MS = 500;
/** How often, and of how many channels at once, a neighbour's word is looked up again. */
const UNSEEN_TRIES = 40;
const UNSEEN_MOST = 64;

const GENESIS = 'chain.genesis';
const WATCHED = 'chain.watched-block';
/** Chain time after which a signed Close can never be mined, per channel and epoch. */
const closeDeadline = (id: Hex, epoch: number): string => `close.deadline/${id}/${epoch}`;

/** Asks the chain nothing before `start`. */
export const createSettler = (deps: SettlerDeps): Settler => {
	const { platform, sql, commits, ledger, accounts, channels, scheme } = deps;
	const { clock, random, log } = platform;
	const { chain } = scheme;
	const toLink = (token: bigint): bigint => tokenToLink(token, scheme.tokenScale);
	let status: 'ok' | 'down' | 'unknown' = 'unknown';
	let chainTime: number | undefined;
	let stopped = false;
	let stopWatch: Cancel = () => undefined;
	let headTimer: Cancel = () => undefined;
	/** Channels whose cooperative close this process waits for. */
	const leaving = new Set<Hex>();
	/** One chain errand at a time: redeeming, closing and paying out share one account and its nonce. */
	let errands: Promise<unknown> = Promise.resolve();

	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const mine = errands.then(work, work);
		errands = mine.catch(() => undefined);
		return mine;
	};

	const { get: setting, set: setSetting } = createSettings(sql);

	const noteStatus = (now: 'ok' | 'down'): void => {
		if (status === now) return;
		status = now;
		if (now === 'down') deps.onTrouble(peerError('ChainUnreachable'));
		deps.onChange();
	};

	/** What a chain's failure means to a person; also keeps the status. */
	const chainError = (error: ChainError): PeerError => {
		if (error.type === 'ChainUnreachable') {
			noteStatus('down');
			return peerError('ChainUnreachable', error.reason);
		}
		return peerError(
			'TransactionRefused',
			error.type === 'TransactionRefused' ? error.reason : 'no account with gas here'
		);
	};
	const asked = <T>(result: Result<T, ChainError>): Result<T, PeerError> => {
		if (!result.ok) return err(chainError(result.error));
		noteStatus('ok');
		return result;
	};

	const payouts = createPayouts({
		...deps,
		terms: deps.payoutTerms,
		inTurn,
		asked,
		spawn: (work) => spawn(work),
		isStopped: () => stopped
	});

	const blank = (
		id: Hex,
		epoch: number,
		peer: string,
		direction: 'in' | 'out',
		key: ChannelKey
	): Channel => ({
		id,
		epoch,
		peer,
		direction,
		key,
		status: 'opening',
		deposited: 0n,
		claimed: 0n,
		promised: 0n,
		settled: 0n,
		signature: undefined,
		fundings: 0,
		closeAt: 0,
		openedAt: clock.now()
	});

	/** Takes over what the chain says about a live epoch. Inside a transaction. */
	const reconcile = (
		channel: Channel,
		state: { readonly deposited: bigint; readonly claimed: bigint; readonly closeAt: number },
		transaction?: string
	): void => {
		const now = channels.get(channel.id, channel.epoch);
		if (!now || now.status === 'closed' || now.status === 'archived') return;
		const at = clock.now();
		const memo = { channel: now.id, peer: now.peer, ...(transaction === undefined ? {} : { transaction }) };
		// Answers may overtake each other; within an epoch both numbers only rise.
		const deposited = maxOf(now.deposited, state.deposited);
		const settled = maxOf(now.settled, state.claimed);
		// The chain paid a claim that this database does not know (it was restored, or somebody else handed it in).
		if (settled > now.claimed) channels.adopt(now.id, now.epoch, settled, at);
		const added = deposited - now.deposited;
		if (now.direction === 'out' && added > 0n)
			ledger.record({
				kind: 'fund',
				from: 'wallet',
				to: `channel/${now.id}`,
				amount: toLink(added),
				at,
				group: `fund/${now.id}/${now.epoch}/${deposited}`,
				memo
			});
		const redeemed = settled - now.settled;
		if (now.direction === 'in' && redeemed > 0n)
			ledger.record({
				kind: 'redeem',
				from: `claims/${now.id}`,
				to: 'wallet',
				amount: toLink(redeemed),
				at,
				group: `redeem/${now.id}/${now.epoch}/${settled}`,
				memo
			});
		const status =
			now.status === 'opening' || now.status === 'open' || now.status === 'closing'
				? state.closeAt > 0
					? 'closing'
					: deposited > 0n
						? 'open'
						: 'opening'
				: now.status;
		channels.update(now.id, now.epoch, { deposited, settled, closeAt: state.closeAt, status });
	};

	const refresh = async (id: Hex): Promise<Result<null, PeerError>> => {
		const channel = channels.get(id);
		if (!channel) return err(peerError('ChannelUnknown'));
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		if (state.value.epoch !== channel.epoch) return ok(null);
		await commits.run(() => reconcile(channel, state.value));
		deps.onChange();
		return ok(null);
	};

	// ---------------------------------------------------------------- what the chain reports

	/** Of the newest watch; what an older one reports is reported again. */
	let watching = 0;

	/** From the first block whose events are not on disk yet. */
	const watch = (): void => {
		const mine = ++watching;
		stopWatch();
		stopWatch = chain.watch(
			() =>
				channels
					.all()
					.filter((channel) => channel.status !== 'closed' && channel.status !== 'archived')
					.map((channel) => channel.id),
			BigInt(setting(WATCHED) ?? '0'),
			(events, upTo) =>
				spawn(
					inTurn(async () => (mine === watching ? onEvents(events, upTo) : undefined)).catch(
						(error: unknown) => {
							watchAgain();
							throw error;
						}
					)
				)
		);
	};

	/** The chain went silent between an event and what it means: the same blocks once more, later. */
	const watchAgain = (): void => {
		watching += 1;
		stopWatch();
		stopWatch = clock.after(HEAD_EVERY_MS, watch);
	};

	/** False when the chain did not answer: the report must not be lost, it may be the last call for claims. */
	const onEvent = async (event: ChainEvent): Promise<boolean> => {
		const channel = channels.get(event.id, event.epoch);
		if (!channel || channel.status === 'closed' || channel.status === 'archived') return true;
		if (event.type === 'Closed' || event.type === 'Withdrawn') {
			await commits.run(() => channels.end(event.id, event.epoch, event.captured, 'closed', clock.now()));
			return true;
		}
		const state = asked(await chain.channel(event.id));
		if (!state.ok) return false;
		if (state.value.epoch === channel.epoch) await commits.run(() => reconcile(channel, state.value));
		// The payer wants to leave: what is not redeemed by then is lost.
		if (event.type === 'CloseRequested' && channel.direction === 'in') spawn(redeemAll());
		return true;
	};

	const onEvents = async (events: readonly ChainEvent[], upTo: bigint): Promise<void> => {
		noteStatus('ok');
		for (const event of events) {
			const done = await onEvent(event).catch((error: unknown) => {
				log('error', 'a report of the chain could not be taken in', { error: String(error) });
				return false;
			});
			if (stopped) return;
			if (!done) return watchAgain();
		}
		await commits.run(() => setSetting(WATCHED, String(upTo)));
		if (events.length > 0) deps.onChange();
	};

	const readHead = async (): Promise<void> => {
		const head = asked(await chain.head());
		if (head.ok && chainTime !== head.value.time) {
			chainTime = head.value.time;
			deps.onChange();
		}
		if (head.ok)
			for (const { peer, key, epoch } of [...unseen.values()]) await importChannel(peer, key, epoch);
	};

	/** Again and again, whatever breaks in between. */
	const keepLooking = (): void => {
		if (!stopped)
			headTimer = clock.after(HEAD_EVERY_MS, () => spawn(readHead().then(tidy).finally(keepLooking)));
	};

	/** What was left half done: openings nobody funded, closes that were never mined, claims a leaving payer takes along. */
	const tidy = async (): Promise<void> => {
		if (stopped || status !== 'ok' || chainTime === undefined) return;
		const now = chainTime;
		payouts.tend();
		for (const { id, epoch, direction, status: was, openedAt } of channels.all()) {
			const isStale = was === 'opening' && clock.now() - openedAt > 2 * FUNDING_VALID_SECONDS * 1000;
			const isStuck =
				was === 'frozen' &&
				(direction === 'out' ? !leaving.has(id) : now > Number(setting(closeDeadline(id, epoch)) ?? '0'));
			if (!isStale && !isStuck) continue;
			await inTurn(async () => {
				const state = asked(await chain.channel(id));
				if (!state.ok || state.value.epoch !== epoch) return;
				const { value } = state;
				await commits.run(() => {
					const channel = channels.get(id, epoch);
					if (!channel || channel.status !== was) return;
					if (was === 'opening' && value.deposited === 0n)
						return channels.end(id, epoch, 0n, 'archived', clock.now());
					if (was === 'frozen' && direction === 'in') channels.thaw(id, epoch, clock.now());
					if (was === 'frozen' && direction === 'out') channels.update(id, epoch, { status: 'open' });
					reconcile(channel, value);
				});
				deps.onChange();
			});
		}
		if (
			channels
				.all()
				.some(
					(channel) => channel.direction === 'in' && channel.status === 'closing' && unredeemed(channel) > 0n
				)
		)
			await redeemAll();
	};

	const spawn = (work: Promise<unknown>): void => {
		work.catch((error: unknown) => log('error', 'a chain errand broke', { error: String(error) }));
	};

	/** A browser profile or a state folder may outlive a local chain; its channels mean nothing on the next. */
	const checkGenesis = async (): Promise<boolean> => {
		const genesis = asked(await chain.genesisHash());
		if (!genesis.ok) return false;
		const before = setting(GENESIS);
		if (before === genesis.value) return true;
		if (before === undefined) {
			await commits.run(() => setSetting(GENESIS, genesis.value));
			return true;
		}
		await commits.run(() => {
			const at = clock.now();
			let archived = 0;
			for (const channel of channels.all()) {
				if (channel.status === 'closed' || channel.status === 'archived') continue;
				channels.end(channel.id, channel.epoch, channel.claimed, 'archived', at);
				archived += 1;
			}
			payouts.archive();
			// What neighbours owed each other was money of that chain.
			for (const { peer } of accounts.all()) accounts.reset(peer, at);
			setSetting(GENESIS, genesis.value);
			setSetting(WATCHED, '0');
			log('warn', 'another chain answers than before', { archived });
			deps.onTrouble(peerError('ChainReplaced', `${archived} channels archived`));
		});
		return true;
	};

	const start = async (): Promise<void> => {
		// First of all errands: a payout that was signed before goes out before its number is used by another.
		const known = await inTurn(async () => {
			const isKnown = await checkGenesis();
			if (isKnown) await payouts.resume();
			return isKnown;
		}).catch((error: unknown) => {
			log('error', 'the chain could not be noted', { error: String(error) });
			return false;
		});
		if (stopped) return;
		if (!known) {
			headTimer = clock.after(HEAD_EVERY_MS, () => spawn(start()));
			return;
		}
		watch();
		try {
			await readHead();
			// Openings that a crash cut short, and whatever else happened while this node was off.
			for (const channel of channels.all())
				if (channel.status === 'opening' || channel.status === 'open') await refresh(channel.id);
			await tidy();
		} finally {
			keepLooking();
		}
	};

	// ---------------------------------------------------------------- opening

	const newKey = async (peer: string, payer: Address): Promise<Result<ChannelKey, PeerError>> => {
		const payee = accounts.get(peer)?.payee;
		if (!payee) return err(peerError('HubRefused', 'the neighbour names no payee'));
		const head = asked(await chain.head());
		if (!head.ok) return head;
		chainTime = head.value.time;
		return ok({
			payer,
			payee,
			token: chain.token,
			signer: deps.claimAddress(),
			grace: LIMITS.graceSeconds,
			expiry: head.value.time + CHANNEL_LIFE_SECONDS,
			salt: toHex0x(concatBytes(new Uint8Array(32 - SALT_BYTES), random.bytes(SALT_BYTES)))
		});
	};

	const open = async (peer: string, amount: bigint): Promise<Result<Hex, PeerError>> => {
		if (!chain.account) return err(peerError('TransactionRefused', 'no account with gas here'));
		const key = await newKey(peer, chain.account);
		if (!key.ok) return key;
		const id = scheme.channelId(key.value);
		const before = asked(await chain.channel(id));
		if (!before.ok) return before;
		const { epoch } = before.value;
		await commits.run(() => channels.insert(blank(id, epoch, peer, 'out', key.value)));
		const opened = await inTurn(() => chain.open(key.value, amount));
		if (!opened.ok && opened.error.type !== 'ChainUnreachable')
			await commits.run(() => channels.end(id, epoch, 0n, 'archived', clock.now()));
		const sent = asked(opened);
		if (!sent.ok) return sent;
		const seen = await refresh(id);
		if (!seen.ok) return seen;
		const told = await deps.ask(peer, { op: 'channel', key: key.value, epoch });
		if (!told.ok) log('warn', 'the neighbour was not told of a channel; its next hello will', { peer });
		return ok(id);
	};

	const keepFunded = (peer: string, amount: bigint): Promise<void> =>
		inTurn(async () => {
			const channel = channels.ofPeer(peer, 'out').find(({ status }) => status === 'open');
			if (!channel || (channel.deposited - channel.claimed) * 4n >= amount) return;
			// An earlier top-up may have been mined though its answer was lost.
			const seen = await refresh(channel.id);
			const fresh = channels.get(channel.id, channel.epoch);
			if (!seen.ok || fresh?.status !== 'open' || (fresh.deposited - fresh.claimed) * 4n >= amount) return;
			const sent = asked(await chain.topUp(channel.key, amount));
			if (sent.ok) await refresh(channel.id);
			else deps.onTrouble(sent.error);
		});

	const prepareFunding = async (
		peer: string,
		payer: Address,
		amount: bigint,
		channel?: Hex
	): Promise<Result<PreparedFunding, PeerError>> => {
		if (amount <= 0n) return err(peerError('InvalidInput', 'an amount above zero'));
		const known = channel === undefined ? undefined : channels.get(channel);
		if (channel !== undefined && (!known || known.direction !== 'out' || known.status !== 'open'))
			return err(peerError('ChannelClosed'));
		const key = known ? ok(known.key) : await newKey(peer, payer);
		if (!key.ok) return key;
		const id = scheme.channelId(key.value);
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		const head = asked(await chain.head());
		if (!head.ok) return head;
		// Index 0 opens; each funding ever signed has its own, so that a lost answer spoils no later one.
		const index = known ? Math.max(1, known.fundings) : 0;
		return ok({
			channel: id,
			epoch: state.value.epoch,
			funding: {
				key: key.value,
				amount,
				validAfter: 0,
				validBefore: head.value.time + FUNDING_VALID_SECONDS,
				index
			}
		});
	};

	const fund = async (peer: string, funding: FundingAuthorization): Promise<Result<Hex, PeerError>> => {
		const id = scheme.channelId(funding.key);
		if (funding.key.signer !== deps.claimAddress())
			return err(peerError('InvalidInput', 'a channel of another device'));
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		const { epoch } = state.value;
		await commits.run(() => {
			if (!channels.get(id, epoch)) channels.insert(blank(id, epoch, peer, 'out', funding.key));
			channels.update(id, epoch, { fundings: funding.index + 1 });
		});
		deps.onChange();
		const answer = await deps.ask(peer, { op: 'fund', funding, epoch });
		const seen = await refresh(id);
		const channel = channels.get(id, epoch);
		const arrived = channel !== undefined && channel.deposited >= state.value.deposited + funding.amount;
		// The chain decides, whatever the hub said or could not say.
		if (arrived) {
			deps.onChange();
			return ok(id);
		}
		if (!answer.ok) return err(peerError(answer.error.type, answer.error.reason));
		if (answer.value.op === 'refused') return err(peerError('FundingRefused', answer.value.text));
		if (!seen.ok) return seen;
		return err(peerError('FundingRefused', 'the chain does not show the deposit'));
	};

	/** Channels of neighbours that the chain could not be asked about, or does not show yet. */
	const unseen = new Map<
		Hex,
		{ readonly peer: string; readonly key: ChannelKey; readonly epoch: number; readonly tries: number }
	>();

	const importChannel = async (
		peer: string,
		key: ChannelKey,
		epoch: number
	): Promise<Result<null, PeerError>> => {
		const imported = await tryImport(peer, key, epoch);
		const id = scheme.channelId(key);
		const tries = (unseen.get(id)?.tries ?? 0) + 1;
		const isOpen =
			!imported.ok &&
			(imported.error.type === 'ChainUnreachable' || imported.error.type === 'ChannelUnknown');
		if (isOpen && tries <= UNSEEN_TRIES && (unseen.has(id) || unseen.size < UNSEEN_MOST))
			unseen.set(id, { peer, key, epoch, tries });
		else unseen.delete(id);
		return imported;
	};

	const tryImport = async (
		peer: string,
		key: ChannelKey,
		epoch: number
	): Promise<Result<null, PeerError>> => {
		const payee = chain.account;
		if (!payee) return err(peerError('ChannelTerms', 'this node takes no channels'));
		const id = scheme.channelId(key);
		const known = channels.get(id, epoch);
		if (known && (known.peer !== peer || known.direction !== 'in'))
			return err(peerError('ChannelUnknown', "it is somebody else's"));
		if (known && known.status !== 'opening' && known.status !== 'open')
			return err(peerError('ChannelClosed'));
		const head = asked(await chain.head());
		if (!head.ok) return head;
		const terms = judgeTerms(key, {
			payee,
			token: chain.token,
			signer: deps.signerOf(peer),
			chainTime: head.value.time,
			graceSeconds: LIMITS.graceSeconds
		});
		if (!terms.ok) return err(peerError('ChannelTerms', terms.error.reason));
		const state = asked(await chain.channel(id));
		if (!state.ok) return state;
		if (state.value.epoch !== epoch || state.value.deposited === 0n)
			return err(peerError('ChannelUnknown', 'the chain does not show it'));
		await commits.run(() => {
			if (!channels.get(id, epoch)) channels.insert(blank(id, epoch, peer, 'in', key));
			const channel = channels.get(id, epoch);
			if (channel) reconcile(channel, state.value);
		});
		deps.onChange();
		return ok(null);
	};

	// ---------------------------------------------------------------- redeeming

	const unredeemed = (channel: Channel): bigint => channel.claimed - channel.settled;

	const redeemAll = (): Promise<Result<bigint, PeerError>> =>
		inTurn(async () => {
			if (!chain.account) return ok(0n);
			const due = channels
				.all()
				.filter(
					(channel) =>
						channel.direction === 'in' &&
						(channel.status === 'open' || channel.status === 'closing') &&
						unredeemed(channel) > 0n &&
						channel.signature
				);
			if (due.length === 0) return ok(0n);
			const sent = asked(
				await chain.redeem(
					due.map((channel) => ({
						key: channel.key,
						epoch: channel.epoch,
						cumulative: channel.promised,
						signature: channel.signature as Uint8Array
					}))
				)
			);
			if (!sent.ok) {
				deps.onTrouble(sent.error);
				return sent;
			}
			let total = 0n;
			for (const channel of due) {
				const state = asked(await chain.channel(channel.id));
				if (!state.ok) return state;
				if (state.value.epoch !== channel.epoch) continue;
				total += toLink(state.value.claimed - channel.settled);
				await commits.run(() => reconcile(channel, state.value, sent.value.transaction));
			}
			deps.onChange();
			return ok(total);
		});

	let redeemDue = false;
	const considerRedeeming = (id: Hex): void => {
		const channel = channels.get(id);
		if (!channel || redeemDue || toLink(unredeemed(channel)) < deps.redeemThreshold) return;
		redeemDue = true;
		spawn(redeemAll().finally(() => (redeemDue = false)));
	};

	// ---------------------------------------------------------------- ending and paying out

	/** The least this node must keep of a channel so that its ledger is whole; the rest goes home. */
	const captureOf = (channel: Channel): bigint => {
		const row = accounts.get(channel.peer);
		const unspent = maxOf(
			0n,
			accounts.available(channel.peer) - (row?.credit ?? 0n) - accounts.held(channel.peer, 'me')
		);
		const owed = maxOf(0n, toLink(channel.claimed) - unspent);
		return maxOf(channel.settled, minOf(channel.claimed, ceilDiv(owed, toLink(1n))));
	};

	const closeForPayer = async (peer: string, id: Hex, epoch: number): Promise<SettleAnswer> => {
		const secret = deps.payeeSecret;
		const channel = channels.get(id, epoch);
		if (!secret || !channel || channel.direction !== 'in' || channel.peer !== peer)
			return { op: 'refused', code: 'ChannelUnknown', text: 'no such channel here' };
		return inTurn(async (): Promise<SettleAnswer> => {
			const head = asked(await chain.head());
			if (!head.ok) return { op: 'refused', code: head.error.type, text: 'the chain does not answer' };
			const deadline = head.value.time + CLOSE_VALID_SECONDS;
			const capture = await commits.run((): bigint | undefined => {
				const now = channels.get(id, epoch);
				if (now?.status !== 'open') return undefined;
				const keep = captureOf(now);
				channels.freeze(id, epoch, keep, clock.now());
				setSetting(closeDeadline(id, epoch), `${deadline}`);
				return keep;
			});
			if (capture === undefined) return { op: 'refused', code: 'ChannelClosed', text: 'it is not open' };
			const frozen = channels.get(id, epoch) as Channel;
			const close = await scheme.signClose(secret, frozen.key, epoch, capture, deadline);
			const claim =
				frozen.signature && capture > frozen.settled
					? { key: frozen.key, epoch, cumulative: frozen.promised, signature: frozen.signature }
					: undefined;
			const sent = await chain.close(close, claim);
			if (!sent.ok) {
				// Only a refusal proves that it will never be mined; silence keeps it frozen until the chain tells.
				if (sent.error.type !== 'ChainUnreachable')
					await commits.run(() => channels.thaw(id, epoch, clock.now()));
				return { op: 'refused', code: chainError(sent.error).type, text: 'the chain did not take the close' };
			}
			await commits.run(() =>
				channels.end(id, epoch, capture, 'closed', clock.now(), sent.value.transaction)
			);
			deps.onChange();
			return {
				op: 'closed',
				transaction: sent.value.transaction,
				captured: capture,
				refunded: frozen.deposited - capture
			};
		});
	};

	const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
	const isEnded = (id: Hex, epoch: number): boolean => {
		const now = channels.get(id, epoch)?.status;
		return now === 'closed' || now === 'archived';
	};

	const requestCooperativeClose = async (id: Hex): Promise<Result<bigint, PeerError>> => {
		const channel = channels.get(id);
		if (!channel || channel.direction !== 'out') return err(peerError('ChannelUnknown'));
		if (channel.status !== 'open' && channel.status !== 'frozen') return err(peerError('ChannelClosed'));
		if (leaving.has(id)) return err(peerError('ChannelClosed', 'it is being closed'));
		leaving.add(id);
		try {
			return await leave(channel);
		} finally {
			leaving.delete(id);
		}
	};

	const leave = async (channel: Channel): Promise<Result<bigint, PeerError>> => {
		const { id } = channel;
		const statusIs = (from: ChannelStatus, to: ChannelStatus): Promise<void> =>
			commits.run(() => {
				// The chain may have ended it meanwhile; then nothing brings it back.
				if (channels.get(id, channel.epoch)?.status === from)
					channels.update(id, channel.epoch, { status: to });
			});
		// Nothing more is promised on it from here on.
		await statusIs('open', 'frozen');
		deps.onChange();
		const answer = await deps.ask(channel.peer, { op: 'close', channel: id, epoch: channel.epoch });
		const thaw = () => statusIs('frozen', 'open');
		const state = await chain.channel(id);
		const ended = state.ok && state.value.epoch > channel.epoch;
		if (answer.ok && answer.value.op === 'closed' && ended) {
			const { captured, transaction } = answer.value;
			// The chain's own report says what was captured; the neighbour's word only when that does not come.
			for (let tries = 0; tries < LAG_TRIES && !isEnded(id, channel.epoch); tries += 1)
				await wait(LAG_EVERY_MS);
			if (!isEnded(id, channel.epoch)) {
				const believed = minOf(maxOf(captured, channel.settled), channel.deposited);
				if (captured !== believed || captured > channel.claimed)
					log('error', 'the neighbour captured what was not promised', { channel: id });
				await commits.run(() =>
					channels.end(id, channel.epoch, believed, 'closed', clock.now(), transaction)
				);
			}
			deps.onChange();
			const after = channels.get(id, channel.epoch) ?? channel;
			return ok(toLink(after.deposited - after.settled));
		}
		if (state.ok && !ended) await thaw();
		deps.onChange();
		if (!answer.ok)
			return err(
				peerError(answer.error.type === 'NotConnected' ? 'HubUnreachable' : 'HubRefused', answer.error.reason)
			);
		return err(
			peerError(
				'HubRefused',
				answer.value.op === 'refused' ? answer.value.text : 'the chain does not show the close'
			)
		);
	};

	return {
		start,
		stop: () => {
			stopped = true;
			stopWatch();
			headTimer();
		},
		status: () => status,
		chainTime: () => chainTime,
		open,
		keepFunded,
		prepareFunding,
		fund,
		requestCooperativeClose,
		importChannel,
		considerRedeeming,
		redeemAll,
		refresh,
		scheme,
		tokenDomain: async () => asked(await chain.tokenDomain()),

		greet: payouts.greet,

		payout: async (peer) => {
			const paid = await payouts.request(peer);
			if (!paid.ok) return paid;
			const { amount, fee, transaction } = paid.value;
			return ok({ paid: amount, fee, transaction });
		},

		answer: async (peer, request) => {
			switch (request.op) {
				case 'fund': {
					const { funding } = request;
					const payee = chain.account;
					const head = asked(await chain.head());
					if (!payee || !head.ok)
						return { op: 'refused', code: 'ChainUnreachable', text: 'the chain does not answer' };
					const terms = judgeTerms(funding.key, {
						payee,
						token: chain.token,
						signer: deps.signerOf(peer),
						chainTime: head.value.time,
						graceSeconds: LIMITS.graceSeconds
					});
					if (!terms.ok) return { op: 'refused', code: 'ChannelTerms', text: terms.error.reason };
					const sent = asked(await inTurn(() => chain.openWithAuthorization(funding)));
					// Without an answer it may have been mined all the same; a refused one may be here already.
					if (!sent.ok) {
						spawn(importChannel(peer, funding.key, request.epoch));
						return { op: 'refused', code: sent.error.type, text: sent.error.reason ?? '' };
					}
					const taken = await importChannel(peer, funding.key, request.epoch);
					if (!taken.ok) return { op: 'refused', code: taken.error.type, text: taken.error.reason ?? '' };
					return { op: 'done', transaction: sent.value.transaction, epoch: request.epoch };
				}
				case 'channel': {
					const taken = await importChannel(peer, request.key, request.epoch);
					return taken.ok
						? { op: 'done', epoch: request.epoch }
						: { op: 'refused', code: taken.error.type, text: taken.error.reason ?? '' };
				}
				case 'payout':
					return payouts.pay(peer);
				case 'paid': {
					const taken = await payouts.take(peer, request);
					return taken.ok
						? { op: 'done' }
						: { op: 'refused', code: taken.error.type, text: taken.error.reason ?? '' };
				}
				case 'close':
					return closeForPayer(peer, request.channel, request.epoch);
			}
		}
	};
};
