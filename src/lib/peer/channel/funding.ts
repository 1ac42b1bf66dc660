/**
 * Opening and funding channels, and taking in those that neighbours opened.
 *
 * A node with an account of its own opens and tops up by itself. A guest has a wallet that signs one
 * authorization; the hub sends it and pays the gas. Either way the chain decides: what the other side says,
 * or could not say any more, changes nothing.
 */
import { concatBytes, toHex0x, type Hex } from '../bytes.ts';
import { peerError, type PeerError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { SettleAnswer, SettleRequest } from '../link/messages.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address, ChainAct, ChannelKey, FundingAuthorization } from '../settlement/chain.ts';
import type { ChainMirror } from './chain-mirror.ts';
import type { Channel } from './channel.ts';
import { judgeTerms } from './channels.ts';
import type { Errands, SettlerDeps } from './errands.ts';
import { decideFunding, type FundingDecision } from './funding-policy.ts';

/** What the wallet is to sign; nothing has moved yet. */
export interface PreparedFunding {
	readonly channel: Hex;
	readonly funding: Omit<FundingAuthorization, 'signature'>;
	readonly epoch: number;
}

export interface Funding {
	/** By a node with its own on-chain account, towards a neighbour that is up. Amount in token units. */
	open(peer: string, amount: bigint): Promise<Result<Hex, PeerError>>;
	/** Opens or fills channels towards a neighbour by itself, so that they have `amount` (token units); see funding-policy.ts. */
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
	/** A channel towards this node that a hello or its payer named. */
	importChannel(peer: string, key: ChannelKey, epoch: number): Promise<Result<null, PeerError>>;
	/** Channels that the chain did not show when they were told: looked up again. */
	lookAgain(): Promise<void>;
	/** By a hub: sends a guest's signed funding. */
	relay(peer: string, request: Extract<SettleRequest, { op: 'fund' }>): Promise<SettleAnswer>;
}

/** How long a signed funding may wait for its block, and a new channel may live. */
export const FUNDING_VALID_SECONDS = 3_600;
const DAY_MS = 24 * 3_600_000;
const CHANNEL_LIFE_SECONDS = 365 * 24 * 3_600;
/** Enough to tell apart the channels of two neighbours; a zero costs a quarter of another byte in every call. */
const SALT_BYTES = 8;
/** How often, and of how many channels at once, a neighbour's word is looked up again. */
const UNSEEN_TRIES = 40;
const UNSEEN_MOST = 64;
/** What the purposes of transactions that lock money begin with (transactions.ts). */
const OPENING = 'open/';
const TOP_UP = 'topUp/';

export const createFunding = (
	deps: SettlerDeps,
	errands: Errands,
	{ blank, reconcile, refresh }: ChainMirror
): Funding => {
	const {
		platform: { clock, random, log },
		commits,
		accounts,
		channels,
		scheme
	} = deps;
	const { chain } = scheme;
	const { asked, gate, spawn, toLink, transactions } = errands;

	const newKey = async (peer: string, payer: Address): Promise<Result<ChannelKey, PeerError>> => {
		const payee = accounts.get(peer)?.payee;
		if (!payee) return err(peerError('HubRefused', 'the neighbour names no payee'));
		const head = asked(await chain.head());
		if (!head.ok) return head;
		errands.noteChainTime(head.value.time);
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

	const beingOpened = new Set<Hex>();
	const purposeOf = (id: Hex, epoch: number): string => `${OPENING}${id}/${epoch}`;

	/** Nothing of it was ever signed, so nothing of it will be mined. */
	const archiveUnsigned = async (id: Hex, epoch: number): Promise<void> => {
		if (!transactions.of(purposeOf(id, epoch)))
			await commits.run(() => channels.end(id, epoch, 0n, 'archived', clock.now()));
	};

	/** Openings that an earlier run noted and had not signed when it ended: they would bar the way to another. */
	const archiveAbandoned = async (peer: string): Promise<void> => {
		for (const { id, epoch, key, status } of channels.ofPeer(peer, 'out'))
			if (status === 'opening' && key.payer === chain.account && !beingOpened.has(id))
				await archiveUnsigned(id, epoch);
	};

	const open = async (peer: string, amount: bigint): Promise<Result<Hex, PeerError>> => {
		if (!chain.account) return err(peerError('TransactionRefused', 'no account with gas here'));
		const trusted = gate('money');
		if (!trusted.ok) return trusted;
		const key = await newKey(peer, chain.account);
		if (!key.ok) return key;
		const id = scheme.channelId(key.value);
		const before = asked(await chain.channel(id));
		if (!before.ok) return before;
		const { epoch } = before.value;
		beingOpened.add(id);
		untold.set(id, { peer, key: key.value, epoch });
		try {
			await commits.run(() => channels.insert(blank(id, epoch, peer, 'out', key.value)));
			const sent = asked(await send({ type: 'open', key: key.value, amount }, purposeOf(id, epoch)));
			if (!sent.ok) {
				await archiveUnsigned(id, epoch);
				return sent;
			}
		} finally {
			beingOpened.delete(id);
		}
		const seen = await refresh(id);
		// Told even when this node could not look: the neighbour looks for itself, and again until it sees it.
		await tell(peer);
		return seen.ok ? ok(id) : seen;
	};

	/** Opened in this run, and the neighbour may not know; what an earlier run opened is in the hello. */
	const untold = new Map<Hex, { readonly peer: string; readonly key: ChannelKey; readonly epoch: number }>();

	const tell = async (neighbour: string): Promise<void> => {
		for (const [id, { peer, key, epoch }] of untold) {
			if (peer !== neighbour) continue;
			const status = channels.get(id, epoch)?.status;
			const isComing = status === 'opening' || status === 'open';
			const told = isComing && (await deps.ask(peer, { op: 'channel', key, epoch }));
			if (!told || (told.ok && status === 'open')) untold.delete(id);
			else if (!told.ok) log('warn', 'the neighbour was not told of a channel; it is told again', { peer });
		}
	};

	/** Link units put into channels since midnight (UTC), and what is on its way. */
	const committedToday = (): bigint => {
		const now = clock.now();
		const since = now - (now % DAY_MS);
		return deps.ledger.total({ kind: 'fund', account: 'wallet', since }) + toLink(underWay);
	};
	/** Token units. */
	let underWay = 0n;

	const decide = (peer: string, wanted: bigint): FundingDecision =>
		decideFunding({ channels: channels.ofPeer(peer, 'out'), wanted, time: errands.chainTime() ?? 0 });

	const mayCommit = (peer: string, wanted: bigint, channel: Channel | undefined): boolean =>
		deps.mayCommit({
			amount: toLink(wanted),
			wanted: toLink(wanted),
			deposited: channel ? toLink(channel.deposited - channel.settled) : 0n,
			committedToday: committedToday(),
			peer,
			...(channel ? { channel: channel.id } : {})
		});

	/** Those whose neighbour is being looked after now. */
	const caringFor = new Set<string>();

	const keepFunded = async (peer: string, amount: bigint): Promise<void> => {
		if (!chain.account || caringFor.has(peer) || !gate('money').ok) return;
		caringFor.add(peer);
		try {
			await archiveAbandoned(peer);
			await tell(peer);
			await care(peer, amount);
		} finally {
			caringFor.delete(peer);
		}
	};

	/** Purposes of what is waited for here; {@link underWay} has the amount. */
	const inHand = new Set<string>();
	const send = async (act: ChainAct, purpose: string): ReturnType<typeof transactions.send> => {
		inHand.add(purpose);
		try {
			return await transactions.send(act, purpose);
		} finally {
			inHand.delete(purpose);
		}
	};
	/** How much one that nobody waits for any more puts in, no figure says until its block; whatever is signed comes behind it. */
	const isOneGivenUp = (): boolean =>
		[OPENING, TOP_UP].some((prefix) =>
			transactions.underWay(prefix).some(({ purpose }) => !inHand.has(purpose))
		);

	const care = async (peer: string, amount: bigint): Promise<void> => {
		if (decide(peer, amount).type === 'nothing' || isOneGivenUp()) return;
		// An earlier one may have been mined though its answer was lost: what it put in counts as well.
		for (const { id, epoch, direction, status } of channels.all()) {
			const isSent = status === 'open' || (status === 'opening' && transactions.of(purposeOf(id, epoch)));
			if (direction === 'out' && isSent && !(await refresh(id)).ok) return;
		}
		if (isOneGivenUp()) return;
		const decision = decide(peer, amount);
		if (decision.type === 'nothing') return;
		const channel = decision.type === 'topUp' ? decision.channel : undefined;
		if (!mayCommit(peer, amount, channel)) return;
		underWay += amount;
		try {
			const done = channel ? await topUp(peer, channel, amount) : await open(peer, amount);
			if (!done.ok) deps.onTrouble(done.error);
		} finally {
			underWay -= amount;
		}
	};

	const topUp = async (
		peer: string,
		{ id, key }: Channel,
		amount: bigint
	): Promise<Result<unknown, PeerError>> => {
		const sent = asked(await send({ type: 'topUp', key, amount }, `${TOP_UP}${peer}/${id}`));
		return sent.ok ? refresh(id, sent.value.hash) : sent;
	};

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
			channels.apply(id, epoch, [{ type: 'signedFunding', index: funding.index }], clock.now());
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

	const relay: Funding['relay'] = async (peer, request) => {
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
		const trusted = gate('money');
		if (!trusted.ok)
			return { op: 'refused', code: trusted.error.type, text: 'the chain is not to be trusted now' };
		const sent = asked(
			await transactions.send({ type: 'fund', funding }, `fund/${scheme.channelId(funding.key)}`, {
				onBehalf: { peer }
			})
		);
		// Without an answer it may have been mined all the same; a refused one may be here already.
		if (!sent.ok) {
			if (sent.error.type !== 'GasBudgetReached') spawn(importChannel(peer, funding.key, request.epoch));
			return { op: 'refused', code: sent.error.type, text: sent.error.reason ?? '' };
		}
		const taken = await importChannel(peer, funding.key, request.epoch);
		if (!taken.ok) return { op: 'refused', code: taken.error.type, text: taken.error.reason ?? '' };
		return { op: 'done', transaction: sent.value.hash, epoch: request.epoch };
	};

	return {
		open,
		keepFunded,
		prepareFunding,
		fund,
		importChannel,
		relay,
		lookAgain: async () => {
			for (const { peer, key, epoch } of [...unseen.values()]) await importChannel(peer, key, epoch);
		}
	};
};
