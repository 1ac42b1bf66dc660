/**
 * Links: authenticated connections to neighbours, from the first message of a socket to the last.
 *
 * ```
 * dialler                                   listener
 *   auth (token by its device key,    ──>     checks token and delegation
 *         delegation)
 *         time, its own token over    <──     so both know whom they talk to
 *         the dialler's
 *   link: hello                       ──>     learns terms, adopts its own higher claims
 *         hello                       <──
 *   link: outcomes                    ──>     what became of the packets it lost sight of
 *   link: outcomes                    <──
 *   ilp (+ claim), settle, …          <─>
 * ```
 *
 * A neighbour is its **device key**; the person behind it is named by the delegation. There is at most
 * one live connection per device: a newer one replaces the older, whose requests end unanswered.
 *
 * Anything but `auth` before authentication ends the socket. A forged claim ends it too; a claim that
 * is not higher than the one held is noted and changes nothing.
 */
import type { Channels, Promised } from '../channel/channels.ts';
import type { ProtocolData } from '../codec/btp.ts';
import { decodeReply, encodeIlpPacket, type IlpReply } from '../codec/ilp.ts';
import {
	decodeHello,
	decodeOutcomes,
	decodeSettleAnswer,
	decodeSettleRequest,
	decodeWireClaim,
	encodeHello,
	encodeOutcomes,
	encodeSettleAnswer,
	encodeSettleRequest,
	encodeWireClaim
} from '../codec/link.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import type { Connector, Transport } from '../ilp/connector.ts';
import { LIMITS } from '../limits.ts';
import type { Authenticated, AuthError, AuthToken } from '../peering/auth-token.ts';
import type { Cancel, Platform, Socket } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address, SignedClaim } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import type { LinkAccounts, LinkRole } from './accounts.ts';
import { createBtpConnection, type BtpConnection, type BtpRefusal } from './btp-connection.ts';
import type { BtpAccounts, TakenConnection } from './btp-accounts.ts';
import type { Hello, Outcome, PayoutTerms, SettleAnswer, SettleRequest, WireClaim } from './messages.ts';
import type { Packets } from './packets.ts';
import { find, findText, octets, text } from './protocol-data.ts';
import { keepDialling, type DialOutcome, type Redialler } from './redial.ts';

export interface LinksDeps {
	readonly platform: Pick<Platform, 'clock' | 'crypto' | 'log' | 'dial'>;
	readonly commits: Commits;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	readonly packets: Packets;
	/** undefined on a node without a chain. */
	readonly scheme: SettlementScheme | undefined;
	readonly auth: LinkAuth;
	readonly network: 'live' | 'test';
	/** The address my payouts and the channels towards me go to. */
	readonly payee: () => Address | undefined;
	readonly announcement: () => NostrEvent | undefined;
	readonly payoutTerms: PayoutTerms | undefined;
	/** Whether, and as what, a stranger who authenticated may stay. */
	readonly admit: (owner: string, device: string) => LinkTerms | undefined;
	/** Handed in late: the connector needs the links and the links the connector. */
	readonly connector: () => Connector;
	readonly signClaim: (promised: Promised) => Promise<SignedClaim>;
	/** Funding, payouts and closes asked for by a neighbour (channel/settler.ts). */
	readonly settle: (peer: string, request: Exclude<SettleRequest, { op: 'late' }>) => Promise<SettleAnswer>;
	readonly onEvent: (event: LinkEvent) => void;
	/** Neighbours without a device key, known by a token; who shows one becomes theirs. */
	readonly plain?: BtpAccounts;
	/** The neighbour's clock minus mine, in ms; only from a parent. */
	readonly onTime: (offsetMs: number) => void;
}

/** Proofs of who is at each end (peering/auth-token.ts), with this node's keys, clock and replay cache inside. */
export interface LinkAuth {
	create(endpoint: string): Promise<AuthToken>;
	check(token: AuthToken, endpoint: string): Promise<Result<Authenticated, AuthError>>;
	/** What my own token is bound to when it answers this one. */
	answerEndpoint(authToken: string): Promise<string>;
}

/** What this node offers a neighbour: link units it may owe, and the most this node leaves claimed ahead (W). */
export interface LinkTerms {
	readonly role: LinkRole;
	readonly credit: bigint;
	readonly window: bigint;
}

export type LinkEvent =
	| {
			readonly type: 'up';
			readonly peer: string;
			readonly owner: string;
			readonly role: LinkRole;
			readonly hello: Hello;
	  }
	| { readonly type: 'down'; readonly peer: string; readonly owner: string; readonly role: LinkRole }
	| { readonly type: 'connecting'; readonly url: string }
	| { readonly type: 'waiting'; readonly url: string; readonly retryAt: number; readonly reason: string }
	/** The neighbour refuses this node for good (its delegation ended, its key is not who it should be). */
	| { readonly type: 'refused'; readonly url: string; readonly reason: string }
	| { readonly type: 'claim'; readonly peer: string; readonly channel: string }
	| { readonly type: 'claimRefused'; readonly peer: string; readonly reason: string };

export interface Uplink {
	readonly url: string;
	/** The person who must answer there, hex. */
	readonly owner: string | undefined;
	readonly terms: LinkTerms;
}

export interface Links extends Transport {
	/** A socket somebody opened to this node at `url`. */
	accept(socket: Socket, url: string): void;
	/** Keeps a link to a node, reconnecting with back-off, until the answer is called. */
	connect(uplink: Uplink): Cancel;
	/** Dial now instead of waiting for the back-off. */
	retryNow(): void;
	/** Drops the links to parents and dials again: the other side learns what changed here. */
	reconnect(): void;
	/** Neighbours that are connected and have said hello. `peer` and `owner`: keys of device and person, hex. */
	live(): readonly {
		readonly peer: string;
		readonly owner: string;
		readonly role: LinkRole;
		readonly label: string;
	}[];
	/** A settle request to a neighbour; waits for the chain if it must, up to {@link LIMITS.settleAnswerMs}. */
	ask(
		peer: string,
		request: SettleRequest
	): Promise<Result<SettleAnswer, { readonly type: 'NotConnected' | 'HubRefused'; readonly reason: string }>>;
	/** EVM address that the live neighbour's delegation names as the signer of its claims. */
	signerOf(peer: string): Address | undefined;
	/** Of BTP messages since the start, over all links. */
	bytes(): { readonly in: number; readonly out: number };
	/** Neighbours that are here and have been told all they had lost sight of. */
	settled(): readonly string[];
	/** Closes every socket and dials no more. */
	stop(): void;
}

interface Live {
	readonly connection: BtpConnection;
	readonly peer: string;
	readonly owner: string;
	readonly terms: LinkTerms;
	/** EVM address the delegation names as the signer of its claims. */
	readonly signer: Address | undefined;
	/** Claims are applied one after another, and packets judged after the claims before them. */
	claims: Promise<unknown>;
	/** My newest claims are on their way: packets may follow. */
	readonly ready: Promise<void>;
	readonly setReady: () => void;
	/** A claim was refused: the neighbour holds less than I promised, and must get it before it is relied on. */
	claimsOwed: boolean;
	/** That is being done; packets wait for it. */
	presenting: Promise<void> | undefined;
	/** The neighbour knows the outcome of every packet that an earlier connection left open. */
	settled: boolean;
}

const authData = (token: AuthToken): readonly ProtocolData[] => [
	octets('auth', new Uint8Array(0)),
	text('auth_token', token.authToken),
	octets('delegation', token.delegation)
];
const readToken = (data: readonly ProtocolData[]): AuthToken | undefined => {
	const authToken = findText(data, 'auth_token');
	const delegation = find(data, 'delegation');
	return authToken !== undefined && delegation ? { authToken, delegation } : undefined;
};
const notTaken = (code: 'T00' | 'T01', message: string): IlpReply => ({
	type: 'reject',
	code,
	triggeredBy: '',
	message,
	data: new Uint8Array(0)
});
const refusal = (code: BtpRefusal['code'], reason: string, close = false): { ok: false; error: BtpRefusal } =>
	err({ code, text: reason, close });

/** Channels named in a hello, the newest: attempts that were never funded must not make it too long to read. */
const HELLO_CHANNELS = 16;

/** How long to wait before looking again at packets that were undecided when the neighbour asked. */
const OUTCOMES_AGAIN_MS = 1_000;

/** Dials nobody and accepts nobody until it is told to. */
export const createLinks = (deps: LinksDeps): Links => {
	const { platform, commits, accounts, channels, packets, scheme, auth } = deps;
	const { clock, log } = platform;
	const live = new Map<string, Live>();
	const unauthenticated = new Set<BtpConnection>();
	const diallers = new Set<Redialler>();
	const traffic = { in: 0, out: 0 };
	let stopped = false;

	const onBytes = (direction: 'in' | 'out', bytes: number): void => {
		traffic[direction] += bytes;
	};

	// ---------------------------------------------------------------- hello and outcomes

	const hello = (peer: string): Hello => {
		const row = accounts.get(peer);
		const announcement = deps.announcement();
		return {
			version: 1,
			network: deps.network === 'live' ? 1 : 2,
			asset: scheme?.asset ?? '',
			window: row?.window ?? 0n,
			credit: row?.credit ?? 0n,
			maxPacket: LIMITS.maxPacket,
			payee: deps.payee(),
			channels: channels
				.ofPeer(peer, 'out')
				.filter((channel) => channel.status === 'open' || channel.status === 'opening')
				.slice(-HELLO_CHANNELS)
				.map(({ key, epoch }) => ({ key, epoch })),
			claims: channels
				.ofPeer(peer, 'in')
				.slice(-HELLO_CHANNELS)
				.flatMap((channel): WireClaim[] =>
					channel.signature && (channel.status === 'open' || channel.status === 'frozen')
						? [
								{
									scheme: scheme?.id ?? 0,
									channel: channel.id,
									epoch: channel.epoch,
									cumulative: channel.promised,
									signature: channel.signature
								}
							]
						: []
				),
			fulfilledByMe: row?.fulfilledByMe ?? 0n,
			fulfilledByYou: row?.fulfilledByPeer ?? 0n,
			paidOutByMe: row?.paidOutByMe ?? 0n,
			paidOutByYou: row?.paidOutByPeer ?? 0n,
			unresolved: deps.connector().lost(peer).slice(0, LIMITS.inFlightPerLink),
			...(deps.payoutTerms && row?.role === 'child' ? { payoutTerms: deps.payoutTerms } : {}),
			...(announcement ? { announcement } : {})
		};
	};

	/** Takes in the neighbour's side. The money parts are checked: a hello is a stranger's claim. */
	const learn = async (link: Live, theirs: Hello): Promise<void> => {
		const { peer } = link;
		const adoptable: WireClaim[] = [];
		for (const claim of theirs.claims) {
			const channel = channels.get(claim.channel, claim.epoch);
			if (
				!scheme ||
				!channel ||
				channel.direction !== 'out' ||
				channel.peer !== peer ||
				claim.cumulative <= channel.promised
			)
				continue;
			// My own signature, newer than I remember: this database is an older copy. The signature binds me.
			if (
				await scheme.verifyClaim({
					key: channel.key,
					epoch: claim.epoch,
					cumulative: claim.cumulative,
					signature: claim.signature
				})
			)
				adoptable.push(claim);
		}
		await commits.run(() => {
			const at = clock.now();
			accounts.learn(peer, {
				payee: theirs.payee,
				peerCredit: theirs.credit,
				peerWindow: theirs.window,
				peerMaxPacket: theirs.maxPacket,
				payoutFee: theirs.payoutTerms?.fee,
				payoutThreshold: theirs.payoutTerms?.threshold
			});
			for (const claim of adoptable) channels.adopt(claim.channel, claim.epoch, claim.cumulative, at);
		});
		const row = accounts.get(peer);
		if (row && (theirs.fulfilledByYou !== row.fulfilledByMe || theirs.fulfilledByMe !== row.fulfilledByPeer))
			log('info', 'totals differ until lost packets are resolved', { peer });
		else if (row) deps.connector().agreed(peer);
	};

	/** Inside a transaction: what is answered here is final. */
	const outcomeOf = (peer: string, hash: Uint8Array): Outcome => {
		// It came by the connection before and nothing is decided yet.
		if (deps.connector().isJudging(peer, hash)) return { prepare: hash, result: 'pending' };
		const row = packets.find(peer, 'in', hash);
		if (row?.state === 'fulfilled' && row.fulfillment) {
			deps.connector().toldByHello(peer, hash);
			return { prepare: hash, result: 'fulfilled', fulfillment: row.fulfillment, data: new Uint8Array(0) };
		}
		if (row?.state === 'pending') {
			if (row.expiresAt > clock.now()) return { prepare: hash, result: 'pending' };
			packets.settle(peer, 'in', hash, 'rejected', clock.now());
		}
		return { prepare: hash, result: 'rejected' };
	};

	/** Answers what the neighbour lost sight of; what is still under way here is told once it is known. */
	const tellOutcomes = async (link: Live, hashes: readonly Uint8Array[]): Promise<void> => {
		const outcomes =
			hashes.length === 0 ? [] : await commits.run(() => hashes.map((hash) => outcomeOf(link.peer, hash)));
		const known = outcomes.filter((outcome) => outcome.result !== 'pending');
		if (known.length > 0) {
			const told = await link.connection.request([octets('link', encodeOutcomes({ outcomes: known }))]);
			if (!told.ok) return;
		}
		const open = outcomes.filter((outcome) => outcome.result === 'pending').map((outcome) => outcome.prepare);
		if (open.length === 0) {
			link.settled = true;
			return;
		}
		clock.after(OUTCOMES_AGAIN_MS, () => {
			if (!link.connection.closed)
				spawn(
					'outcomes',
					tellOutcomes(link, open).catch((error: unknown) => startOver(link, error))
				);
		});
	};

	const takeOutcomes = async (link: Live, outcomes: readonly Outcome[]): Promise<void> => {
		const late: Uint8Array[] = [];
		for (const outcome of outcomes) {
			if (outcome.result === 'pending') continue;
			const result = await deps
				.connector()
				.resolve(link.peer, outcome.prepare, outcome.result === 'fulfilled' ? outcome : 'rejected');
			if (result === 'late') late.push(outcome.prepare);
		}
		if (late.length > 0) links.refuseLate(link.peer, late);
	};

	/**
	 * Sends the newest claim of each channel of which the neighbour holds less: the message that carried
	 * it was lost with a connection, or came before the neighbour knew the channel. Without it this side
	 * would count on money that the other never saw.
	 */
	const presentClaims = async (link: Live, held: readonly WireClaim[]): Promise<void> => {
		if (!scheme) return;
		for (const { id, epoch, key, status, promised } of channels.ofPeer(link.peer, 'out')) {
			if (status !== 'open' || promised === 0n) continue;
			if (held.some((claim) => claim.channel === id && claim.epoch === epoch && claim.cumulative >= promised))
				continue;
			const { cumulative, signature } = await deps.signClaim({ id, epoch, key, cumulative: promised });
			const wire = encodeWireClaim({ scheme: scheme.id, channel: id, epoch, cumulative, signature });
			// Not waited for: the order on the socket is all that packets behind it need.
			spawn(
				'a claim',
				link.connection.request([octets('claim', wire)]).then((answer) => {
					if (!answer.ok && answer.error.type === 'BtpError') link.claimsOwed = true;
				})
			);
		}
	};

	/** What could not be written down is exchanged again by the next hello. */
	const startOver = (link: Live, error: unknown): never => {
		link.connection.close();
		throw error;
	};

	/** First of all on a new connection: what the other side must hold before packets make sense. */
	const openUp = async (link: Live, theirs: Hello): Promise<void> => {
		try {
			await presentClaims(link, theirs.claims);
		} finally {
			link.setReady();
		}
		const late = deps.connector().untold(link.peer);
		if (late.length > 0) links.refuseLate(link.peer, late);
		await tellOutcomes(link, theirs.unresolved);
	};

	const spawn = (what: string, work: Promise<unknown>): void => {
		work.catch((error: unknown) => log('error', `${what} failed`, { error: String(error) }));
	};

	// ---------------------------------------------------------------- messages of a live link

	const applyClaim = async (link: Live, bytes: Uint8Array): Promise<BtpRefusal | undefined> => {
		const decoded = decodeWireClaim(bytes);
		if (!decoded.ok || !scheme || decoded.value.scheme !== scheme.id)
			return { code: 'F01', text: 'a claim that cannot be read' };
		const claim = decoded.value;
		const judged = channels.judge(link.peer, claim);
		if (!judged.ok) {
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: judged.error.type });
			return { code: 'F00', text: judged.error.type };
		}
		const channel = judged.value;
		const signed: SignedClaim = {
			key: channel.key,
			epoch: claim.epoch,
			cumulative: claim.cumulative,
			signature: claim.signature
		};
		if (!(await scheme.verifyClaim(signed))) {
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: 'ClaimForged' });
			return { code: 'F00', text: 'ClaimForged', close: true };
		}
		if (claim.cumulative <= channel.claimed) {
			log('info', 'ClaimNotIncreasing', { peer: link.peer, channel: claim.channel });
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: 'ClaimNotIncreasing' });
			return undefined;
		}
		await commits.run(() => channels.accept(signed, channel, clock.now()));
		deps.onEvent({ type: 'claim', peer: link.peer, channel: claim.channel });
		return undefined;
	};

	const onLinkMessage = async (
		link: Live,
		data: readonly ProtocolData[]
	): Promise<Result<readonly ProtocolData[], BtpRefusal>> => {
		// Somebody asks whether this end is still there.
		if (data.length === 0) return ok([]);
		const name = data[0]?.protocolName;
		if (name === 'ilp') {
			const claim = find(data, 'claim');
			// Strict order: what this packet may spend includes every claim that came before it.
			const applied = link.claims.then(() => (claim ? applyClaim(link, claim) : undefined));
			link.claims = applied.catch(() => undefined);
			const refused = await applied;
			if (refused) return err(refused);
			const reply = await deps
				.connector()
				.handle(link.peer, find(data, 'ilp') as Uint8Array, () => !link.connection.closed);
			return ok([octets('ilp', encodeIlpPacket(reply))]);
		}
		if (name === 'claim') {
			const applied = link.claims.then(() => applyClaim(link, data[0]?.data as Uint8Array));
			link.claims = applied.catch(() => undefined);
			const refused = await applied;
			return refused ? err(refused) : ok([]);
		}
		if (name === 'link') {
			const bytes = data[0]?.data as Uint8Array;
			const outcomes = decodeOutcomes(bytes);
			if (outcomes.ok) {
				// The answer says that it is on disk; without one it is told again.
				await takeOutcomes(link, outcomes.value.outcomes);
				return ok([]);
			}
			return refusal('F01', outcomes.error.reason);
		}
		if (name === 'settle') {
			const request = decodeSettleRequest(data[0]?.data as Uint8Array);
			if (!request.ok) return refusal('F01', request.error.reason);
			if (request.value.op === 'late') {
				for (const hash of request.value.prepares)
					if ((await deps.connector().takeLate(link.peer, hash)) === 'cut')
						return refusal('F00', 'too much of what I delivered is called late', true);
				return ok([octets('settle', encodeSettleAnswer({ op: 'done' }))]);
			}
			return ok([octets('settle', encodeSettleAnswer(await deps.settle(link.peer, request.value)))]);
		}
		return refusal('F00', 'unknown protocol');
	};

	const goLive = (connection: BtpConnection, who: Authenticated, terms: LinkTerms): Live => {
		const peer = who.device;
		const older = live.get(peer);
		let setReady: () => void = () => undefined;
		const ready = new Promise<void>((resolve) => (setReady = resolve));
		const link: Live = {
			connection,
			peer,
			owner: who.owner,
			terms,
			signer: who.delegation.signer,
			claims: Promise.resolve(),
			ready,
			setReady,
			claimsOwed: false,
			presenting: undefined,
			settled: false
		};
		live.set(peer, link);
		connection.keepAlive();
		older?.connection.close();
		return link;
	};

	const onDown = (link: Live | undefined): void => {
		link?.setReady();
		if (!link || live.get(link.peer) !== link) return;
		live.delete(link.peer);
		deps.onEvent({ type: 'down', peer: link.peer, owner: link.owner, role: link.terms.role });
	};

	// ---------------------------------------------------------------- listening

	const accept = (socket: Socket, url: string): void => {
		if (unauthenticated.size >= LIMITS.unauthenticatedSockets) {
			socket.listen({ onMessage: () => undefined, onClose: () => undefined });
			socket.close();
			return;
		}
		let link: Live | undefined;
		let plain: TakenConnection | undefined;
		let greeted = false;
		let candidate: { who: Authenticated; terms: LinkTerms } | undefined;
		/** One step at a time: whoever does not wait for an answer has something else in mind. */
		let inHandshake = false;

		const onMessage = async (
			data: readonly ProtocolData[]
		): Promise<Result<readonly ProtocolData[], BtpRefusal>> => {
			if (link && greeted) return onLinkMessage(link, data);
			if (plain) return plain.onMessage(data);
			if (inHandshake) return refusal('F00', 'one step at a time', true);
			inHandshake = true;
			try {
				return await handshake(data);
			} finally {
				inHandshake = false;
			}
		};

		const handshake = async (
			data: readonly ProtocolData[]
		): Promise<Result<readonly ProtocolData[], BtpRefusal>> => {
			const now = text('time', String(clock.now()));
			if (!candidate) {
				if (data[0]?.protocolName !== 'auth') return refusal('F00', 'auth comes first', true);
				const plainToken = find(data, 'delegation') ? undefined : findText(data, 'auth_token');
				if (deps.plain && plainToken !== undefined) {
					const name = await deps.plain.authenticate(findText(data, 'auth_username'), plainToken);
					if (name === undefined) return refusal('F00', 'no such account', true);
					if (connection.closed) return refusal('T00', 'closed');
					stopTimer();
					unauthenticated.delete(connection);
					plain = deps.plain.take(name, connection);
					return ok([]);
				}
				const token = readToken(data);
				if (!token) return err({ code: 'F01', text: 'no auth_token', protocolData: [now], close: true });
				const checked = await auth.check(token, url);
				if (!checked.ok)
					return err({ code: 'F00', text: checked.error.type, protocolData: [now], close: true });
				const terms = deps.admit(checked.value.owner, checked.value.device);
				if (!terms) return err({ code: 'F00', text: 'not admitted here', protocolData: [now], close: true });
				await commits.run(() =>
					accounts.meet(checked.value.device, { owner: checked.value.owner, ...terms, at: clock.now() })
				);
				candidate = { who: checked.value, terms };
				// My own token answers theirs, so that nobody can stand in for me.
				const mine = await auth.create(await auth.answerEndpoint(token.authToken));
				return ok([...authData(mine), now]);
			}
			if (data[0]?.protocolName !== 'link') return refusal('F00', 'hello comes first', true);
			const theirs = decodeHello(data[0].data);
			if (!theirs.ok) return refusal('F01', theirs.error.reason, true);
			if (theirs.value.network !== (deps.network === 'live' ? 1 : 2))
				return refusal('F00', 'another network', true);
			if (connection.closed) return refusal('T00', 'closed');
			stopTimer();
			unauthenticated.delete(connection);
			link = goLive(connection, candidate.who, candidate.terms);
			const mine = hello(link.peer);
			await learn(link, theirs.value);
			greeted = true;
			const up = link;
			clock.after(0, () => {
				deps.onEvent({
					type: 'up',
					peer: up.peer,
					owner: up.owner,
					role: up.terms.role,
					hello: theirs.value
				});
				spawn(
					'greeting',
					openUp(up, theirs.value).catch((error: unknown) => startOver(up, error))
				);
			});
			return ok([octets('link', encodeHello(mine))]);
		};

		const connection = createBtpConnection(socket, platform, {
			onMessage,
			onBytes,
			onClose: () => {
				stopTimer();
				unauthenticated.delete(connection);
				plain?.onClose();
				onDown(link);
			}
		});
		const stopTimer = clock.after(LIMITS.authWindowMs, () => {
			if (!link && !plain) connection.close();
		});
		unauthenticated.add(connection);
		if (stopped) connection.close();
	};

	// ---------------------------------------------------------------- dialling

	const dialOnce = async (uplink: Uplink, isStopped: () => boolean): Promise<DialOutcome> => {
		const dialled = await platform.dial(uplink.url);
		if (!dialled.ok) return { type: 'retry', reason: dialled.error.reason };
		let link: Live | undefined;
		let greeted = false;
		/** The neighbour's first messages may come right behind its hello, before that is taken in. */
		let afterHello: Promise<void> | undefined;
		let endHello: () => void = () => undefined;
		let closed: () => void = () => undefined;
		const gone = new Promise<void>((resolve) => (closed = resolve));
		const connection = createBtpConnection(dialled.value, platform, {
			onMessage: async (data) => {
				await afterHello;
				return link && greeted ? onLinkMessage(link, data) : refusal('F00', 'not yet');
			},
			onBytes,
			onClose: () => {
				onDown(link);
				closed();
			}
		});
		unauthenticated.add(connection);
		try {
			if (isStopped()) return { type: 'retry', reason: 'stopped' };
			const mine = await auth.create(uplink.url);
			const asked = clock.now();
			const answer = await connection.request(authData(mine), LIMITS.authWindowMs);
			const beside = answer.ok
				? answer.value
				: answer.error.type === 'BtpError'
					? answer.error.protocolData
					: [];
			const time = Number(findText(beside, 'time'));
			if (uplink.terms.role === 'parent' && Number.isFinite(time) && time > 0)
				deps.onTime(time - (asked + clock.now()) / 2);
			if (!answer.ok) {
				if (answer.error.type === 'BtpUnanswered') return { type: 'retry', reason: 'no answer to auth' };
				// A clock that was off is corrected by now; the next try tells.
				return { type: 'retry', reason: answer.error.text };
			}
			const token = readToken(answer.value);
			const who = token && (await auth.check(token, await auth.answerEndpoint(mine.authToken)));
			if (!who?.ok) return { type: 'retry', reason: 'the other side did not prove who it is' };
			if (uplink.owner !== undefined && who.value.owner !== uplink.owner)
				return { type: 'never', reason: 'another key answered than the one expected' };
			await commits.run(() =>
				accounts.meet(who.value.device, { owner: who.value.owner, ...uplink.terms, at: clock.now() })
			);
			afterHello = new Promise((resolve) => (endHello = resolve));
			const greeting = await connection.request(
				[octets('link', encodeHello(hello(who.value.device)))],
				LIMITS.authWindowMs
			);
			const bytes = greeting.ok ? find(greeting.value, 'link') : undefined;
			const theirs = bytes && decodeHello(bytes);
			if (!theirs?.ok) return { type: 'retry', reason: 'no hello' };
			if (theirs.value.network !== (deps.network === 'live' ? 1 : 2))
				return { type: 'never', reason: 'the other side is on another network' };
			if (connection.closed || isStopped()) return { type: 'retry', reason: 'closed' };
			unauthenticated.delete(connection);
			const up = (link = goLive(connection, who.value, uplink.terms));
			await learn(up, theirs.value);
			greeted = true;
			endHello();
			deps.onEvent({ type: 'up', peer: up.peer, owner: up.owner, role: up.terms.role, hello: theirs.value });
			spawn(
				'greeting',
				openUp(up, theirs.value).catch((error: unknown) => startOver(up, error))
			);
			await gone;
			return { type: 'was-up' };
		} finally {
			endHello();
			unauthenticated.delete(connection);
			connection.close();
		}
	};

	const connect = (uplink: Uplink): Cancel => {
		const { url } = uplink;
		const dialler = keepDialling(platform, (isOff) => dialOnce(uplink, () => isOff() || stopped), {
			connecting: () => deps.onEvent({ type: 'connecting', url }),
			waiting: (retryAt, reason) => deps.onEvent({ type: 'waiting', url, retryAt, reason }),
			refused: (reason) => deps.onEvent({ type: 'refused', url, reason })
		});
		diallers.add(dialler);
		return () => {
			dialler.stop();
			diallers.delete(dialler);
			for (const link of live.values()) if (link.connection.label === url) link.connection.close();
		};
	};

	const links: Links = {
		accept,
		connect,
		retryNow: () => {
			for (const dialler of diallers) dialler.now();
		},
		reconnect: () => {
			for (const link of live.values()) if (link.terms.role === 'parent') link.connection.close();
			// Their diallers wait for the back-off now; cut that short.
			clock.after(0, () => links.retryNow());
		},
		live: () =>
			[...live.values()].map(({ peer, owner, terms, connection }) => ({
				peer,
				owner,
				role: terms.role,
				label: connection.label
			})),
		signerOf: (peer) => live.get(peer)?.signer,
		bytes: () => ({ ...traffic }),
		settled: () => [...live.values()].filter((link) => link.settled).map((link) => link.peer),

		state: (peer) => {
			const link = live.get(peer);
			if (!link || link.connection.closed) return 'down';
			return link.connection.writable() ? 'up' : 'busy';
		},

		transmit: async (peer, prepare, claim): Promise<IlpReply | undefined> => {
			const link = live.get(peer);
			await link?.ready;
			if (link?.claimsOwed) {
				link.claimsOwed = false;
				const presenting = presentClaims(link, []);
				link.presenting = presenting.catch(() => undefined);
				spawn('claims', presenting);
			}
			// Everybody waits for the same, so that nobody overtakes.
			await link?.presenting;
			// It never left: that is an outcome, unlike silence after it did.
			if (!link || link.connection.closed) return notTaken('T01', 'the link is down');
			const data: ProtocolData[] = [octets('ilp', prepare)];
			if (claim && scheme)
				data.push(
					octets(
						'claim',
						encodeWireClaim({
							scheme: scheme.id,
							channel: scheme.channelId(claim.key),
							epoch: claim.epoch,
							cumulative: claim.cumulative,
							signature: claim.signature
						})
					)
				);
			const answer = await link.connection.request(data);
			if (!answer.ok) {
				if (answer.error.type === 'BtpUnanswered') {
					// Every packet's life is over by now: nobody is there, or somebody broken. The next hello tells.
					if (!link.connection.closed) link.connection.close();
					return undefined;
				}
				// BTP itself failed: the packet was never judged, so nothing moved.
				if (claim) link.claimsOwed = true;
				return notTaken('T00', answer.error.text.slice(0, 200));
			}
			const bytes = find(answer.value, 'ilp');
			const reply = bytes && decodeReply(bytes);
			// An answer that is no ILP packet leaves the outcome open, as silence does.
			return reply?.ok ? reply.value : undefined;
		},

		presentClaims: (peer) => {
			const link = live.get(peer);
			if (link) link.claimsOwed = true;
		},

		drop: (peer) => live.get(peer)?.connection.close(),

		refuseLate: (peer, prepares) => {
			const link = live.get(peer);
			if (!link) return;
			spawn(
				'late',
				link.connection
					.request([octets('settle', encodeSettleRequest({ op: 'late', prepares }))])
					.then((answer) => (answer.ok ? deps.connector().toldLate(peer, prepares) : undefined))
			);
		},

		ask: async (peer, request) => {
			// A link that was just dropped to tell it something new is back within a second or two.
			const patience = clock.now() + LIMITS.reconnectPatienceMs;
			while (!live.has(peer) && !stopped && clock.now() < patience)
				await new Promise<void>((resolve) => void clock.after(LIMITS.reconnectFirstMs / 10, resolve));
			const link = live.get(peer);
			if (!link) return err({ type: 'NotConnected', reason: 'the link is down' });
			const answer = await link.connection.request(
				[octets('settle', encodeSettleRequest(request))],
				LIMITS.settleAnswerMs
			);
			if (!answer.ok)
				return answer.error.type === 'BtpUnanswered'
					? err({ type: 'NotConnected', reason: 'the link broke before the answer' })
					: err({ type: 'HubRefused', reason: answer.error.text });
			const bytes = find(answer.value, 'settle');
			const decoded = bytes && decodeSettleAnswer(bytes);
			return decoded?.ok
				? ok(decoded.value)
				: err({ type: 'HubRefused', reason: 'an answer that cannot be read' });
		},

		stop: () => {
			stopped = true;
			for (const dialler of diallers) dialler.stop();
			for (const connection of [...unauthenticated]) connection.close();
			for (const link of [...live.values()]) link.connection.close();
		}
	};
	return links;
};
