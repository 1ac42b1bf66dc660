/**
 * The connector: takes prepares from neighbours and from this node itself, passes them on or hands
 * them to the receiver, and books what their answers mean.
 *
 * Order of the rules for a packet from a neighbour (RFC 27; each refusal names its code):
 *
 * | rule | refusal |
 * |---|---|
 * | readable | F01 Invalid Packet |
 * | not the same packet again on this link | the stored answer |
 * | not one of my own conditions coming back (reflection, PROTOCOL section 2) | F00 Bad Request |
 * | not expired | R00 Transfer Timed Out |
 * | amount ≤ what one packet may carry, here and on the next link | F08 Amount Too Large |
 * | packets and bytes within the link's allowance | T05 Rate Limited |
 * | `peer.*` is answered here and never passed on | F02 Unreachable |
 * | a route or a receiver | F02 Unreachable |
 * | something is left after the fee | R01 Insufficient Source Amount |
 * | time is left for the next hop | R02 Insufficient Timeout |
 * | the neighbour's account covers it | T04 Insufficient Liquidity |
 * | the next link is up, not too full, and covered | T01, T02, T04 |
 *
 * Money follows two commits. Before a packet moves on, its pending transfers, the packet rows and the
 * raised claim are on disk; before a fulfill moves back, the posted transfers are.
 *
 * What nobody can know: a link that breaks between the two. Those packets stay *pending* and are
 * resolved in the next hello (links.ts); the account counts them as used until then. A hop waits for
 * that as long as its own answer can still be in time. A fulfilment that is too late even so is marked
 * *late* until the neighbour has acknowledged that it is not paid, so that both books agree.
 */
import { bytesEqual, bytesToHex, utf8, utf8Decode } from '../bytes.ts';
import type { Channels, Promised } from '../channel/channels.ts';
import {
	decodeIlpPacket,
	encodeAmountTooLarge,
	encodePrepare,
	forwardPrepare,
	type IlpErrorCode,
	type IlpPrepare,
	type IlpReject,
	type IlpReply
} from '../codec/ilp.ts';
import {
	ildcpResponse,
	isIldcpRequest,
	ZERO_FULFILLMENT,
	ZERO_FULFILLMENT_CONDITION
} from '../codec/ildcp.ts';
import type { Ledger, TransferMemo } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import type { LinkAccounts } from '../link/accounts.ts';
import type { Packets } from '../link/packets.ts';
import { afterFee, LINK_ASSET, minOf, type PartsPerMillion } from '../money.ts';
import type { Eventually, Platform } from '../platform.ts';
import type { SignedClaim } from '../settlement/chain.ts';
import type { Commits } from '../storage/commit.ts';
import { schemeOf } from './address.ts';
import { createAllowance, createPacketRate, type Allowance, type PacketRate } from './allowance.ts';
import type { Outgoing, PacketReceiver, PacketSender } from './delivery.ts';
import { isRouteExchange, type RouteExchange } from './peer-protocols.ts';
import type { Route, Routes } from './routes.ts';
import { createShares, type ShareName } from './shares.ts';

export interface ConnectorDeps {
	readonly platform: Pick<Platform, 'clock' | 'crypto' | 'log'>;
	readonly commits: Commits;
	readonly ledger: Ledger;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	readonly packets: Packets;
	readonly routes: Routes;
	readonly receiver: PacketReceiver;
	readonly feePpm: PartsPerMillion;
	/** Addresses at which this node answers, best first. */
	readonly addresses: () => readonly string[];
	/** The address a child gets (ILDCP), or undefined when this link is no child. */
	readonly childAddress: (peer: string) => Eventually<string | undefined>;
	/** `test` or `g`: the other network's addresses are refused. */
	readonly scheme: 'g' | 'test';
	readonly signClaim: (promised: Promised) => Promise<SignedClaim>;
	readonly transport: Transport;
	/** The ILP address a neighbour answers at, when it said: whose T04 is its own. */
	readonly neighbourAddress?: (peer: string) => string | undefined;
	/** What was agreed with a neighbour; without it the same as for everybody. */
	readonly terms?: (peer: string) => NeighbourTerms | undefined;
	/** Answers `peer.route.*`, on a node that exchanges routes. */
	readonly routeExchange?: () => RouteExchange | undefined;
	/** A neighbour's books and mine differ: nothing more is signed to it until one packet is fulfilled again. */
	readonly onDisagreement?: (peer: string, reason: string) => void;
	/** What {@link onDisagreement} said of a neighbour is over: its books and mine agree again. */
	readonly onAgreement?: (peer: string) => void;
}

/** Limits of one neighbour. */
export interface NeighbourTerms {
	/** Link units, of one packet either way. */
	readonly maxPacketAmount?: bigint;
	/** Packets it may send a second. */
	readonly packetsPerSecond?: number;
	readonly freeBytesPerSecond?: number;
}

/** `before`: all who came earlier have left. */
interface Place {
	readonly before: Promise<void>;
	readonly leave: () => void;
}

/** What the links do for the connector. */
export interface Transport {
	state(peer: string): 'up' | 'busy' | 'down';
	/** Resolves with the answer to the encoded prepare, which expires at `expiresAt` (Unix ms); `undefined` when the link broke or stayed silent. */
	transmit(
		peer: string,
		prepare: Uint8Array,
		claim: SignedClaim | undefined,
		expiresAt: number
	): Promise<IlpReply | undefined>;
	/** Tells the neighbour that these fulfilments of its came too late to be counted. */
	refuseLate(peer: string, prepares: readonly Uint8Array[]): void;
	/** Ends the connection: the next hello tells again what could not be written down. */
	drop(peer: string): void;
	/** Shows the neighbour the newest claims once more before the next packet: it may have lost one. */
	presentClaims(peer: string): void;
}

export interface Connector extends PacketSender {
	/**
	 * One `ilp` message from a neighbour; always an answer, which the link sends back. `isLive` is asked
	 * just before the packet is taken on: when its connection is gone by then, nothing is done.
	 */
	handle(peer: string, bytes: Uint8Array, isLive?: () => boolean): Promise<IlpReply>;
	/** A packet of the neighbour that is taken on and not yet answered. */
	isJudging(peer: string, hash: Uint8Array): boolean;
	/** Packets sent to the neighbour by an earlier connection, whose outcome is not known. */
	lost(peer: string): readonly Uint8Array[];
	/** Fulfilments of the neighbour that came too late, and it may not know. */
	untold(peer: string): readonly Uint8Array[];
	/** It knows now. */
	toldLate(peer: string, hashes: readonly Uint8Array[]): Promise<void>;
	/** Gives up packets of neighbours that a crash left undecided and that expired. Inside a transaction. */
	sweep(): void;
	/** What the hello taught about a packet this node sent and never heard of again. */
	resolve(
		peer: string,
		hash: Uint8Array,
		reply: { readonly fulfillment: Uint8Array; readonly data: Uint8Array } | 'rejected'
	): Promise<'counted' | 'late' | 'unknown'>;
	/**
	 * The neighbour does not count this fulfilment of mine. Believed within a day up to W when it is likely (it left
	 * close to the packet's expiry, or was told by a hello), else for {@link LIMITS.lateUnlikely}; `cut`: it says so
	 * too often.
	 */
	takeLate(peer: string, hash: Uint8Array): Promise<'taken' | 'refused' | 'cut'>;
	/** A fulfilment told by a hello: it may honestly have come too late. */
	toldByHello(peer: string, hash: Uint8Array): void;
	/** In a new hello the neighbour's totals are the same as mine. */
	agreed(peer: string): void;
	/** A payout was booked that the neighbour had debited before: what it refused as uncovered is explained. */
	paidOut(peer: string): void;
	/** The free data a neighbour has left. */
	allowance(peer: string): Allowance;
	counts(): ConnectorCounts;
	/** The same of the packets of one neighbour: received from it, and sent to it (`originated` is then 0). */
	countsOf(peer: string): ConnectorCounts;
}

/** Since the start. `inFlight`: taken on and not answered. */
export interface ConnectorCounts {
	readonly received: number;
	readonly forwarded: number;
	readonly originated: number;
	readonly fulfilled: number;
	readonly rejected: number;
	readonly inFlight: number;
}

/** `peer.*` requests of ours: how many links to an address, by static routes. */
export const ROUTE_DESTINATION = 'peer.btp-nips.route';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const EMPTY = new Uint8Array(0);
const DAY_MS = 24 * 3_600_000;
/** What keeping an answer costs beside its data, roughly, in bytes. */
const ANSWER_OVERHEAD = 256;
/** A neighbour's own T04 carries what its books say is covered: UInt64, link units. */
const COVERED_BYTES = 8;
const encodeCovered = (available: bigint): Uint8Array => {
	const out = new Uint8Array(COVERED_BYTES);
	new DataView(out.buffer).setBigUint64(0, available > 0n ? available : 0n);
	return out;
};

/** One per node. What an earlier run left undecided is on disk, and decided by a hello or by `sweep`. */
export const createConnector = (deps: ConnectorDeps): Connector => {
	const { platform, commits, ledger, accounts, packets, routes, receiver, transport } = deps;
	const { clock, crypto, log } = platform;
	const counts = { received: 0, forwarded: 0, originated: 0, fulfilled: 0, rejected: 0, inFlight: 0 };
	const allowances = new Map<string, Allowance>();
	const rates = new Map<string, PacketRate>();
	const countsByPeer = new Map<string, Mutable<ConnectorCounts>>();
	const countsFor = (peer: string): Mutable<ConnectorCounts> => {
		let found = countsByPeer.get(peer);
		if (!found)
			countsByPeer.set(
				peer,
				(found = { received: 0, forwarded: 0, originated: 0, fulfilled: 0, rejected: 0, inFlight: 0 })
			);
		return found;
	};
	const maxPacketOf = (peer: string): bigint => deps.terms?.(peer)?.maxPacketAmount ?? LIMITS.maxPacket;
	/** Answers under way and just given, by link and hash: the same bytes again get the same answer. */
	const answers = new Map<
		string,
		{ readonly until: number; readonly reply: Promise<IlpReply>; bytes: number }
	>();
	let answerBytes = 0;
	let answersSweptAt = 0;
	/** Conditions of my own packets under way, for the reflection guard. */
	const ownConditions = new Set<string>(packets.ownConditions().map(bytesToHex));
	const shares = createShares(packets.forwarded());
	/** How often in a row a neighbour called uncovered what my ledger says is covered. */
	const uncovered = new Map<string, number>();
	/** Why the books differ, of each neighbour whose do. */
	const differing = new Map<string, 'uncovered' | 'late'>();
	const differ = (peer: string, why: 'uncovered' | 'late', reason: string): void => {
		differing.set(peer, why);
		deps.onDisagreement?.(peer, reason);
	};
	const agree = (peer: string, about: 'uncovered' | 'all'): void => {
		uncovered.delete(peer);
		const why = differing.get(peer);
		if (why === undefined || (why === 'late' && about !== 'all')) return;
		differing.delete(peer);
		deps.onAgreement?.(peer);
	};
	/** Fulfilments told by a hello, by link and hash, until their row is forgotten. */
	const byHello = new Map<string, number>();
	/** What neighbours said came late and cannot have, link units. */
	const refusedLate = new Map<string, bigint>();
	/** In this process: who waits for a packet this node began. */
	const origins = new Map<string, Outgoing>();
	const inFlightByLink = new Map<string, number>();
	/** Packets of neighbours being decided, by link and hash. */
	const judging = new Set<string>();
	/** Packets on disk that have not left yet: their claim is being signed. */
	const leaving = new Set<string>();
	/** Who waits for a packet whose link broke, by link and hash. */
	const awaited = new Map<string, (reply: IlpReply) => void>();
	const keyOf = (peer: string, hash: Uint8Array): string => `${peer}/${bytesToHex(hash)}`;
	/** Packets leave in the order of their transactions, so that none overtakes the claim it needs. */
	const tails = new Map<string, Promise<void>>();

	const here = (): string => deps.addresses()[0] ?? '';
	const reject = (code: IlpErrorCode, message: string, data: Uint8Array = EMPTY): IlpReject => ({
		type: 'reject',
		code,
		triggeredBy: here(),
		message,
		data
	});

	const tooLarge = (receivedAmount: bigint, maximumAmount: bigint): IlpReject =>
		reject('F08', 'more than one packet may carry', encodeAmountTooLarge({ receivedAmount, maximumAmount }));

	/** Whether the neighbour keeps to the packets a second that were agreed. */
	const inRate = (peer: string, now: number): boolean => {
		const perSecond = deps.terms?.(peer)?.packetsPerSecond;
		if (perSecond === undefined) return true;
		let rate = rates.get(peer);
		if (!rate) rates.set(peer, (rate = createPacketRate(perSecond, now)));
		return rate.take(now);
	};

	const allowance = (peer: string): Allowance => {
		let found = allowances.get(peer);
		if (!found)
			allowances.set(peer, (found = createAllowance(clock.now(), deps.terms?.(peer)?.freeBytesPerSecond)));
		return found;
	};

	/** What follows my address in a destination of mine; undefined when it is somebody else's. */
	const suffixOf = (destination: string): string | undefined => {
		// A child's address lies below mine: the longer prefix wins. What is mine nobody can teach away from me.
		const route = routes.find(destination);
		if (route && route.path === undefined && route.prefix.length > here().length) return undefined;
		for (const address of deps.addresses()) {
			if (destination === address) return '';
			if (destination.startsWith(address) && destination[address.length] === '.')
				return destination.slice(address.length + 1);
		}
		return undefined;
	};

	/** A place in the line of a link; taken in the transaction that promises, so that the lines agree. */
	const queue = (peer: string): Place => {
		const before = tails.get(peer) ?? Promise.resolve();
		let leave: () => void = () => undefined;
		const mine = new Promise<void>((resolve) => (leave = resolve));
		const tail = before.then(() => mine);
		tails.set(peer, tail);
		void tail.then(() => {
			if (tails.get(peer) === tail) tails.delete(peer);
		});
		return { before, leave };
	};

	const track = (peer: string, by: 1 | -1): void => {
		const now = (inFlightByLink.get(peer) ?? 0) + by;
		if (now === 0) inFlightByLink.delete(peer);
		else inFlightByLink.set(peer, now);
		counts.inFlight += by;
		countsFor(peer).inFlight += by;
	};

	/** A fulfill only counts with the right preimage. */
	const checked = async (reply: IlpReply, condition: Uint8Array): Promise<IlpReply> => {
		// Only I speak for my own address; a stranger far away must not make the one before distrust me.
		if (reply.type === 'reject')
			return reply.triggeredBy !== '' && reply.triggeredBy === here() ? { ...reply, triggeredBy: '' } : reply;
		if (bytesEqual(await crypto.sha256(reply.fulfillment), condition)) return reply;
		return reject('F05', 'the fulfillment does not fit the condition');
	};

	/** Writes down what the neighbour answered; an answer that finds no room on the disk must be heard again. */
	const heard = <T>(peer: string, writing: Promise<T>): Promise<T> =>
		writing.catch((error: unknown) => {
			transport.drop(peer);
			throw error;
		});

	/**
	 * Sends on a link and waits until `deadline`, also when the link breaks meanwhile and the next hello
	 * tells. An answer after that, whenever it comes, goes to `onLate`.
	 */
	const exchange = async (
		peer: string,
		bytes: Uint8Array,
		hash: Uint8Array | undefined,
		promised: Promised | undefined,
		place: Place | undefined,
		condition: Uint8Array,
		expiresAt: number,
		deadline: number,
		onLate: (reply: IlpReply) => Promise<void>
	): Promise<IlpReply | undefined> => {
		let timedOut = false;
		const key = hash && keyOf(peer, hash);
		const leave = async (): Promise<{ readonly sent: Promise<IlpReply | undefined> }> => {
			try {
				const [claim] = await Promise.all([promised && deps.signClaim(promised), place?.before]);
				return { sent: transport.transmit(peer, bytes, claim, expiresAt) };
			} catch (error) {
				log('error', 'a packet could not leave', { peer, error: String(error) });
				return { sent: Promise.resolve(reject('T00', 'it could not leave')) };
			} finally {
				place?.leave();
				if (key !== undefined) leaving.delete(key);
			}
		};
		const { sent } = await leave();
		track(peer, 1);
		const answer = sent.then(async (heard) => {
			track(peer, -1);
			const reply =
				heard ??
				(key === undefined ? undefined : await new Promise<IlpReply>((resolve) => awaited.set(key, resolve)));
			if (!reply) return undefined;
			const good = await checked(reply, condition);
			if (timedOut) await onLate(good);
			return good;
		});
		const timeout = new Promise<undefined>((resolve) => {
			const cancel = clock.after(Math.max(0, deadline - clock.now()), () => {
				timedOut = true;
				resolve(undefined);
			});
			answer.then(cancel, cancel);
		});
		answer.catch((error: unknown) =>
			log('error', 'a late answer could not be booked', { error: String(error) })
		);
		return Promise.race([answer, timeout]);
	};

	const earn = (ingress: string | undefined, egress: string | undefined, fee: bigint): void => {
		const now = clock.now();
		if (fee <= 0n) return;
		if (ingress !== undefined) allowance(ingress).earn(fee, now);
		if (egress !== undefined) allowance(egress).earn(fee, now);
	};

	// ---------------------------------------------------------------- packets from neighbours

	const peerRequest = async (peer: string, prepare: IlpPrepare): Promise<IlpReply> => {
		if (prepare.amount > 0n) return reject('F02', 'requests to a neighbour carry no money');
		if (isIldcpRequest(prepare)) {
			const address = await deps.childAddress(peer);
			if (address === undefined) return reject('F02', 'no address for this link');
			return ildcpResponse({
				clientAddress: address,
				assetScale: LINK_ASSET.scale,
				assetCode: LINK_ASSET.code
			});
		}
		if (
			prepare.destination === ROUTE_DESTINATION &&
			bytesEqual(prepare.condition, ZERO_FULFILLMENT_CONDITION)
		) {
			const address = utf8Decode(prepare.data) ?? '';
			const route = suffixOf(address) === undefined ? routes.find(address) : { prefix: here(), links: 0 };
			if (!route || route.links === undefined || route.links > 254)
				return reject('F02', 'no route that states its length');
			return {
				type: 'fulfill',
				fulfillment: ZERO_FULFILLMENT,
				data: new Uint8Array([route.links, ...utf8(route.prefix)])
			};
		}
		if (isRouteExchange(prepare.destination) && bytesEqual(prepare.condition, ZERO_FULFILLMENT_CONDITION)) {
			const exchange = deps.routeExchange?.();
			if (exchange) return exchange.handle(peer, prepare);
		}
		return reject('F02', 'unknown peer request');
	};

	/** What my books say the neighbour may still send, so that it can see who of us is wrong. */
	const notCovered = (peer: string): IlpReject =>
		reject('T04', 'not covered', encodeCovered(accounts.available(peer)));

	/** Decides about a new packet. When that cannot be written (a full disk), nothing has moved and T00 says so. */
	const admit = async <T>(work: () => T): Promise<T | IlpReject> => {
		try {
			return await commits.run(work);
		} catch (error) {
			log('error', 'a packet could not be taken on', { error: String(error) });
			return reject('T00', 'this node cannot take anything on');
		}
	};

	/** Learns from an answer whether the neighbour's books agree with mine. */
	const compareBooks = (egress: string, amount: bigint, reply: IlpReply): void => {
		if (amount === 0n) return;
		if (reply.type === 'fulfill') {
			agree(egress, 'uncovered');
			return;
		}
		const address = deps.neighbourAddress?.(egress);
		if (
			reply.code !== 'T04' ||
			reply.data.length !== COVERED_BYTES ||
			address === undefined ||
			reply.triggeredBy !== address
		)
			return;
		const times = (uncovered.get(egress) ?? 0) + 1;
		uncovered.set(egress, times);
		transport.presentClaims(egress);
		log('warn', 'the neighbour calls uncovered what my ledger covers', { peer: egress, times });
		if (times === LIMITS.uncoveredRejects) differ(egress, 'uncovered', 'it refuses what my claims cover');
	};
	const mayPromise = (egress: string): boolean => (uncovered.get(egress) ?? 0) < LIMITS.uncoveredRejects;

	/** The row by which a neighbour's prepare is known until long after it expired. Inside a transaction. */
	const insertIncoming = (peer: string, prepare: IlpPrepare, hash: Uint8Array, group: string): void =>
		packets.insert({
			link: peer,
			direction: 'in',
			hash,
			amount: prepare.amount,
			expiresAt: prepare.expiresAt,
			condition: prepare.condition,
			group,
			inLink: undefined,
			inHash: undefined
		});

	const deliver = async (
		peer: string,
		prepare: IlpPrepare,
		hash: Uint8Array,
		suffix: string
	): Promise<IlpReply> => {
		const verdict = await receiver.judge({ prepare, suffix, link: peer });
		if (!verdict) return reject('F02', 'nobody here');
		const group = bytesToHex(hash);
		type Outcome = 'taken' | 'refused' | 'uncovered' | 'expired';
		const outcome = await admit((): Outcome => {
			const now = clock.now();
			// A frozen tab wakes up here: what expired meanwhile must not be fulfilled.
			if (now >= prepare.expiresAt) return 'expired';
			if (prepare.amount > accounts.available(peer) && prepare.amount > 0n) return 'uncovered';
			if (!verdict.decide()) return 'refused';
			if (prepare.amount > 0n) {
				const booking = verdict.booking;
				// Without the preimage on disk a crash would make the neighbour hear "rejected".
				if (!booking || !verdict.fulfillment) throw new Error('money without a booking or a fulfillment');
				insertIncoming(peer, prepare, hash, group);
				packets.settle(peer, 'in', hash, 'fulfilled', now, verdict.fulfillment);
				ledger.record({
					kind: booking.kind,
					from: booking.account,
					to: `link/${peer}`,
					amount: prepare.amount,
					at: now,
					group,
					...(booking.memo ? { memo: booking.memo } : {})
				});
				accounts.fulfilled(peer, 'me', prepare.amount);
			}
			return 'taken';
		});
		if (typeof outcome === 'object') return outcome;
		if (outcome === 'uncovered') return notCovered(peer);
		if (outcome === 'expired') return reject('R00', 'expired here');
		if (outcome === 'refused' || prepare.amount === 0n) return verdict.reply();
		// What ends here pays for the data of both directions, as a fee does at a hop.
		earn(peer, undefined, prepare.amount);
		const fulfillment = verdict.fulfillment as Uint8Array;
		try {
			const reply = await verdict.reply();
			if (reply.type === 'fulfill') return reply;
			log('error', 'a receiver took money and rejected', { peer });
		} catch (error) {
			log('error', 'a receiver took money and broke', { peer, error: String(error) });
		}
		// The money is booked: the proof must leave, even with nothing beside it.
		return { type: 'fulfill', fulfillment, data: EMPTY };
	};

	const forward = async (
		peer: string,
		prepare: IlpPrepare,
		bytes: Uint8Array,
		hash: Uint8Array,
		way: Route
	): Promise<IlpReply> => {
		const egress = way.peer;
		const share: ShareName = { ingress: peer, egress, route: way.prefix };
		const out = afterFee(prepare.amount, deps.feePpm);
		if (prepare.amount > 0n && out === 0n) return reject('R01', 'nothing is left after the fee');
		if (out > maxPacketOf(egress)) return tooLarge(out, maxPacketOf(egress));
		const now = clock.now();
		const outExpiresAt = Math.min(prepare.expiresAt, now + LIMITS.maxHoldMs) - LIMITS.expiryMarginMs;
		if (outExpiresAt <= now + LIMITS.expiryMarginMs) return reject('R02', 'too little time for the next hop');
		const up = transport.state(egress);
		if (up === 'down') return reject('T01', 'the next link is down');
		if (up === 'busy' || (inFlightByLink.get(egress) ?? 0) >= LIMITS.inFlightPerLink)
			return reject('T02', 'the next link is busy');

		const outBytes = forwardPrepare(bytes, out, outExpiresAt);
		const outHash = await crypto.sha256(outBytes);
		const group = bytesToHex(hash);
		const fee = prepare.amount - out;
		let promised: Promised | undefined;
		let place: Place | undefined;
		let isShared = false;

		if (prepare.amount > 0n) {
			const admitted = await admit((): IlpReject | { readonly promised: Promised | undefined } => {
				if (prepare.amount > accounts.available(peer)) return notCovered(peer);
				// One destination of one neighbour may not fill a link that others need (PROTOCOL section 6).
				if (!shares.fits(share, out, accounts.room(egress)))
					return reject('T04', 'too much under way to that destination');
				const covered = accounts.cover(egress, out, clock.now(), mayPromise(egress));
				if (!covered.covered) return reject('T04', 'the next link is not funded');
				insertIncoming(peer, prepare, hash, group);
				packets.insert({
					link: egress,
					direction: 'out',
					hash: outHash,
					amount: out,
					expiresAt: outExpiresAt,
					condition: prepare.condition,
					group,
					inLink: peer,
					inHash: hash,
					route: way.prefix
				});
				const at = clock.now();
				shares.begin(share, out);
				isShared = true;
				leaving.add(keyOf(egress, outHash));
				place = queue(egress);
				ledger.begin({ kind: 'forward', from: `link/${egress}`, to: `link/${peer}`, amount: out, at, group });
				if (fee > 0n)
					ledger.begin({ kind: 'fee', from: 'income/routing', to: `link/${peer}`, amount: fee, at, group });
				return { promised: covered.promised };
			});
			if ('type' in admitted) {
				if (isShared) shares.end(share, out, undefined, now);
				leaving.delete(keyOf(egress, outHash));
				place?.leave();
				return admitted;
			}
			promised = admitted.promised;
		}
		counts.forwarded += 1;
		countsFor(egress).forwarded += 1;

		/** One decision, on disk, that both neighbours' accounts agree with. */
		const finish = async (reply: IlpReply): Promise<'settled' | 'late'> => {
			let isFirst = false;
			const result = await commits.run(() => {
				const at = clock.now();
				if (reply.type === 'reject') {
					isFirst = packets.settle(egress, 'out', outHash, 'rejected', at);
					if (isFirst) ledger.void(group, at);
					packets.settle(peer, 'in', hash, 'rejected', at);
					return 'settled';
				}
				if (packets.find(egress, 'out', outHash)?.state === 'fulfilled') return 'settled';
				// Only while the one before can still be told: otherwise it came late.
				if (at >= prepare.expiresAt || packets.find(peer, 'in', hash)?.state !== 'pending') {
					isFirst = packets.settle(egress, 'out', outHash, 'late', at);
					if (isFirst) ledger.void(group, at);
					packets.settle(peer, 'in', hash, 'rejected', at);
					return 'late';
				}
				isFirst = packets.settle(egress, 'out', outHash, 'fulfilled', at, reply.fulfillment);
				packets.settle(peer, 'in', hash, 'fulfilled', at, reply.fulfillment);
				ledger.post(group, at);
				accounts.fulfilled(egress, 'peer', out);
				accounts.fulfilled(peer, 'me', prepare.amount);
				return 'settled';
			});
			if (isFirst) shares.end(share, out, reply.type === 'fulfill' && result === 'settled', clock.now());
			return result;
		};

		// Half of the margin is for the fulfill's way here, half for its way on.
		const deadline = outExpiresAt + LIMITS.expiryMarginMs / 2;
		const reply = await exchange(
			egress,
			outBytes,
			prepare.amount > 0n ? outHash : undefined,
			promised,
			place,
			prepare.condition,
			outExpiresAt,
			deadline,
			async (late) => {
				if (prepare.amount === 0n) return;
				if ((await heard(egress, finish(late))) === 'late' && late.type === 'fulfill')
					transport.refuseLate(egress, [outHash]);
			}
		);
		if (reply) compareBooks(egress, out, reply);
		if (prepare.amount === 0n) return reply ?? reject('R00', 'no answer from the next hop');
		if (!reply) {
			// The one before is told now; what the next one did stays pending until it is known.
			await commits.run(() => packets.settle(peer, 'in', hash, 'rejected', clock.now()));
			return reject('R00', 'no answer from the next hop');
		}
		if ((await heard(egress, finish(reply))) === 'late') {
			transport.refuseLate(egress, [outHash]);
			return reject('R00', 'answered too late');
		}
		if (reply.type === 'fulfill') earn(peer, egress, fee);
		return reply;
	};

	const route = async (
		peer: string,
		bytes: Uint8Array,
		prepare: IlpPrepare,
		hash: Uint8Array
	): Promise<IlpReply> => {
		const now = clock.now();
		if (ownConditions.has(bytesToHex(prepare.condition))) return reject('F00', 'my own packet came back');
		if (prepare.expiresAt <= now) return reject('R00', 'expired on arrival');
		if (prepare.amount > maxPacketOf(peer)) return tooLarge(prepare.amount, maxPacketOf(peer));
		if (!inRate(peer, now)) return reject('T05', 'too many packets a second');
		if (!allowance(peer).draw(bytes.length, now))
			return reject('T05', 'the free data of this link is used up');
		if (schemeOf(prepare.destination) === 'peer') return peerRequest(peer, prepare);
		if (schemeOf(prepare.destination) !== deps.scheme) return reject('F02', 'another network');
		const child = routes.find(prepare.destination);
		const suffix = suffixOf(prepare.destination);
		if (suffix !== undefined) return deliver(peer, prepare, hash, suffix);
		if (!child) return reject('F02', 'no route');
		if (child.peer === peer) return reject('F02', 'the way leads back');
		return forward(peer, prepare, bytes, hash, child);
	};

	const forgetAnswer = (key: string): void => {
		answerBytes -= answers.get(key)?.bytes ?? 0;
		answers.delete(key);
	};

	/** A refusal that left no trace may be asked again unchanged, and a flood of them must not fill the memory. */
	const keep = (key: string, answer: IlpReply, peer: string, hash: Uint8Array): void => {
		const entry = answers.get(key);
		if (!entry) return;
		if (answer.type === 'reject' && answer.code !== 'F99' && !packets.find(peer, 'in', hash)) {
			answers.delete(key);
			return;
		}
		entry.bytes = answer.data.length + ANSWER_OVERHEAD;
		answerBytes += entry.bytes;
		for (const [old, { bytes }] of answers) {
			if (answerBytes <= LIMITS.answersKeptBytes) break;
			if (bytes > 0) forgetAnswer(old);
		}
	};

	const handle = async (
		peer: string,
		bytes: Uint8Array,
		isLive: () => boolean = () => true
	): Promise<IlpReply> => {
		counts.received += 1;
		const own = countsFor(peer);
		own.received += 1;
		const decoded = decodeIlpPacket(bytes);
		if (!decoded.ok || decoded.value.type !== 'prepare') return reject('F01', 'not a prepare');
		const prepare = decoded.value;
		const hash = await crypto.sha256(bytes);
		if (!isLive()) return reject('T01', 'the link is gone');
		const key = keyOf(peer, hash);
		const now = clock.now();
		// `peer.*` requests are alike by design (ILDCP asks the same again) and carry no money.
		const identify = schemeOf(prepare.destination) !== 'peer';
		if (identify) {
			const known = answers.get(key);
			if (known) return known.reply;
			const stored = prepare.amount > 0n ? packets.find(peer, 'in', hash) : undefined;
			if (stored?.state === 'fulfilled' && stored.fulfillment)
				return { type: 'fulfill', fulfillment: stored.fulfillment, data: EMPTY };
			if (stored) return reject('F99', 'this packet was answered before');
		}
		judging.add(key);
		const reply = route(peer, bytes, prepare, hash)
			.finally(() => judging.delete(key))
			.then((answer) => {
				const outcome = answer.type === 'fulfill' ? 'fulfilled' : 'rejected';
				counts[outcome] += 1;
				own[outcome] += 1;
				allowance(peer).owe(answer.data.length, clock.now());
				keep(key, answer, peer, hash);
				return answer;
			});
		if (identify) {
			// The row on disk remembers longer; only the answer's data needs the memory.
			answers.set(key, { until: Math.min(prepare.expiresAt, now + LIMITS.maxHoldMs), reply, bytes: 0 });
			if (now - answersSweptAt > LIMITS.expiryMarginMs) {
				answersSweptAt = now;
				for (const [old, { until, bytes: held }] of answers) if (until < now && held > 0) forgetAnswer(old);
				for (const [old, until] of byHello) if (until < now) byHello.delete(old);
			}
		}
		return reply;
	};

	// ---------------------------------------------------------------- packets of my own

	const send = async (outgoing: Outgoing): Promise<IlpReply> => {
		const { prepare, booking, onBegin, onOutcome } = outgoing;
		const { amount } = prepare;
		const destination = routes.find(prepare.destination);
		const own = suffixOf(prepare.destination) !== undefined;
		const peerScheme = schemeOf(prepare.destination) === 'peer';
		const egress = destination?.peer;
		const refuse = async (refusal: IlpReject): Promise<IlpReject> => {
			if (onOutcome) await commits.run(() => void onOutcome(refusal));
			return refusal;
		};
		if (own || peerScheme || egress === undefined)
			return refuse(reject('F02', own ? 'that is this node itself' : 'no route'));
		const most = deps.terms?.(egress)?.maxPacketAmount;
		if (most !== undefined && amount > most) return refuse(tooLarge(amount, most));
		const up = transport.state(egress);
		if (up === 'down') return refuse(reject('T01', 'the link is down'));
		if (up === 'busy' || (inFlightByLink.get(egress) ?? 0) >= LIMITS.inFlightPerLink)
			return refuse(reject('T02', 'the link is busy'));
		if (prepare.expiresAt <= clock.now()) return refuse(reject('R00', 'expired before it left'));

		const bytes = encodePrepare(prepare);
		const hash = await crypto.sha256(bytes);
		const group = bytesToHex(hash);
		let promised: Promised | undefined;
		let place: Place | undefined;
		if (amount > 0n || onBegin) {
			const admitted = await commits
				.run((): IlpReject | { readonly promised: Promised | undefined } => {
					if (amount > 0n) {
						if (!booking) throw new Error('money without a booking');
						const covered = accounts.cover(egress, amount, clock.now(), mayPromise(egress));
						if (!covered.covered) return reject('T04', 'the channel does not reach');
						onBegin?.();
						leaving.add(keyOf(egress, hash));
						place = queue(egress);
						packets.insert({
							link: egress,
							direction: 'out',
							hash,
							amount,
							expiresAt: prepare.expiresAt,
							condition: prepare.condition,
							group,
							inLink: undefined,
							inHash: undefined
						});
						ledger.begin({
							kind: booking.kind,
							from: `link/${egress}`,
							to: booking.account,
							amount,
							at: clock.now(),
							group,
							...(booking.memo ? { memo: booking.memo } : {})
						});
						return { promised: covered.promised };
					}
					onBegin?.();
					return { promised: undefined };
				})
				.catch((error: unknown) => {
					// The receipt or the booking could not be written: nothing has left, and whoever sends must know.
					place?.leave();
					throw error;
				});
			if ('type' in admitted) return refuse(admitted);
			promised = admitted.promised;
		}
		counts.originated += 1;
		const condition = bytesToHex(prepare.condition);
		ownConditions.add(condition);
		if (amount > 0n) origins.set(group, outgoing);

		const reply = await exchange(
			egress,
			bytes,
			amount > 0n ? hash : undefined,
			promised,
			place,
			prepare.condition,
			prepare.expiresAt,
			prepare.expiresAt,
			async (late) => {
				// At the origin a valid fulfilment is never too late.
				await heard(egress, settleOwn(egress, hash, late, outgoing));
				ownConditions.delete(condition);
			}
		);
		if (!reply) {
			if (amount === 0n) {
				ownConditions.delete(condition);
				return refuse(reject('R00', 'no answer in time'));
			}
			return reject('R00', 'no answer in time');
		}
		ownConditions.delete(condition);
		compareBooks(egress, amount, reply);
		await heard(egress, settleOwn(egress, hash, reply, outgoing));
		if (reply.type === 'fulfill') earn(undefined, egress, amount);
		return reply;
	};

	const settleOwn = async (
		egress: string,
		hash: Uint8Array,
		reply: IlpReply,
		outgoing: Outgoing | undefined
	): Promise<boolean> => {
		const group = bytesToHex(hash);
		const money = outgoing === undefined || outgoing.prepare.amount > 0n;
		if (!money && !outgoing?.onOutcome) return true;
		return commits.run(() => {
			const at = clock.now();
			if (!money) {
				outgoing?.onOutcome?.(reply);
				return true;
			}
			const row = packets.find(egress, 'out', hash);
			const fulfilled = reply.type === 'fulfill';
			if (
				!row ||
				!packets.settle(
					egress,
					'out',
					hash,
					fulfilled ? 'fulfilled' : 'rejected',
					at,
					fulfilled ? reply.fulfillment : undefined
				)
			)
				return false;
			origins.delete(group);
			const memo: TransferMemo | undefined = outgoing?.onOutcome?.(reply);
			if (fulfilled) {
				ledger.post(group, at, memo);
				accounts.fulfilled(egress, 'peer', row.amount);
			} else ledger.void(group, at);
			return true;
		});
	};

	return {
		handle,
		send,
		allowance,
		addresses: deps.addresses,
		maxPacket: () => LIMITS.maxPacket,
		counts: () => ({ ...counts }),
		countsOf: (peer) => ({ ...countsFor(peer) }),

		isJudging: (peer, hash) => judging.has(keyOf(peer, hash)),
		lost: (peer) =>
			packets
				.pending(peer, 'out')
				.map((row) => row.hash)
				.filter((hash) => !leaving.has(keyOf(peer, hash))),
		untold: (peer) => packets.late(peer).map((row) => row.hash),
		toldLate: (peer, hashes) =>
			commits.run(() => {
				for (const hash of hashes) packets.toldLate(peer, hash);
			}),
		sweep: () => {
			for (const { link, hash } of packets.expired(clock.now() - LIMITS.expiryMarginMs))
				if (!judging.has(keyOf(link, hash))) packets.settle(link, 'in', hash, 'rejected', clock.now());
			shares.sweep(clock.now() - LIMITS.packetMemoryMs);
		},

		resolve: async (peer, hash, outcome) => {
			const row = packets.find(peer, 'out', hash);
			if (!row || row.state !== 'pending')
				return row?.state === 'late' ? 'late' : row?.state === 'fulfilled' ? 'counted' : 'unknown';
			const told: IlpReply =
				outcome === 'rejected' ? reject('R00', 'the link broke') : { type: 'fulfill', ...outcome };
			const waiting = awaited.get(keyOf(peer, hash));
			if (waiting) {
				awaited.delete(keyOf(peer, hash));
				waiting(told);
				return 'counted';
			}
			const reply = await checked(told, row.condition);
			if (row.inLink === undefined || row.inHash === undefined) {
				ownConditions.delete(bytesToHex(row.condition));
				await settleOwn(peer, hash, reply, origins.get(row.group));
				return reply.type === 'fulfill' ? 'counted' : 'unknown';
			}
			const { inLink, inHash, group, amount, route } = row;
			let isFirst = false;
			const result = await commits.run(() => {
				const at = clock.now();
				const upstream = packets.find(inLink, 'in', inHash);
				if (reply.type === 'reject') {
					isFirst = packets.settle(peer, 'out', hash, 'rejected', at);
					if (isFirst) ledger.void(group, at);
					packets.settle(inLink, 'in', inHash, 'rejected', at);
					return 'unknown';
				}
				// The one before may have been told R00 long ago; then nobody pays for this any more.
				if (!upstream || upstream.state !== 'pending' || at >= upstream.expiresAt) {
					isFirst = packets.settle(peer, 'out', hash, 'late', at);
					if (isFirst) ledger.void(group, at);
					packets.settle(inLink, 'in', inHash, 'rejected', at);
					return 'late';
				}
				isFirst = packets.settle(peer, 'out', hash, 'fulfilled', at, reply.fulfillment);
				packets.settle(inLink, 'in', inHash, 'fulfilled', at, reply.fulfillment);
				ledger.post(group, at);
				accounts.fulfilled(peer, 'peer', amount);
				accounts.fulfilled(inLink, 'me', upstream.amount);
				return 'counted';
			});
			if (isFirst && route !== undefined)
				shares.end({ ingress: inLink, egress: peer, route }, amount, result === 'counted', clock.now());
			return result;
		},

		toldByHello: (peer, hash) => {
			byHello.set(keyOf(peer, hash), clock.now() + LIMITS.packetMemoryMs);
		},

		agreed: (peer) => agree(peer, 'all'),
		paidOut: (peer) => agree(peer, 'uncovered'),

		takeLate: (peer, hash) =>
			commits.run(() => {
				const at = clock.now();
				const row = packets.find(peer, 'in', hash);
				if (row?.state !== 'fulfilled') return 'taken';
				const window = accounts.get(peer)?.window ?? 0n;
				const believed = ledger.total({ kind: 'late', account: `link/${peer}`, since: at - DAY_MS });
				const doubted = refusedLate.get(peer) ?? 0n;
				const isCredible =
					(row.settledAt ?? 0) >= row.expiresAt - LIMITS.lateSlackMs || byHello.has(keyOf(peer, hash));
				// On a slow network it may be true without looking so: believed for little, or the books would differ for ever.
				const most = isCredible ? window : minOf(window, LIMITS.lateUnlikely);
				if (believed + row.amount > most) {
					refusedLate.set(peer, doubted + row.amount);
					log('warn', 'a neighbour calls late what was not', { peer, amount: row.amount });
					if (believed + doubted + row.amount <= window) return 'refused';
					differ(peer, 'late', 'it does not pay for what was delivered');
					return 'cut';
				}
				packets.markLate(peer, hash);
				accounts.fulfilled(peer, 'me', -row.amount);
				ledger.record({
					kind: 'late',
					from: `link/${peer}`,
					to: 'expense/late',
					amount: row.amount,
					at,
					group: `late/${row.group}`
				});
				log('warn', 'a fulfilment of mine came too late to be paid', { peer, amount: row.amount });
				return 'taken';
			})
	};
};
