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
 * | with money, expires within a day | F00 Bad Request |
 * | amount ≤ what one packet may carry, here and on the next link | F08 Amount Too Large |
 * | packets and bytes within the link's allowance | T05 Rate Limited |
 * | `peer.*` is answered here and never passed on | F02 Unreachable |
 * | a route or a receiver | F02 Unreachable |
 * | something is left after the fee | R01 Insufficient Source Amount |
 * | time is left for the next hop | R02 Insufficient Timeout |
 * | the neighbour's account covers it | T04 Insufficient Liquidity |
 * | the next link is up, not too full, and covered | T01, T02, T04 |
 *
 * Each rule is a file in rules/. What then becomes of the packet, in connector/:
 *
 * | | |
 * |---|---|
 * | peer-requests | questions to this node itself, answered |
 * | deliver | for a receiver here |
 * | forward, settle-forwarded | for somebody else: the two commits, and the end of the packet |
 * | originate | begun here |
 * | when-to-leave | in the log or on the disk first |
 * | exchange | one packet on one link: its turn, its answer, its deadline |
 * | answers, kept-answers | the same packet again |
 * | agreement, lateness | where a neighbour's books differ from mine |
 *
 * Money follows two commits. Before a packet moves on, its pending transfers and the packet rows are written, and on
 * disk with a raised claim or where anybody else could lose by a power failure; before a fulfill moves back, all of that and the
 * posted transfers are on disk.
 *
 * What nobody can know: a link that breaks between the two. Those packets stay *pending* and are
 * resolved in the next hello (link/hello.ts); the account counts them as used until then. A hop waits for
 * that as long as its own answer can still be in time. A fulfilment that is too late even so is marked
 * *late* until the neighbour has acknowledged that it is not paid, so that both books agree.
 */
import { decodeIlpPacket, type IlpReply } from '../codec/ilp.ts';
import { LIMITS } from '../limits.ts';
import { schemeOf } from './address.ts';
import { createAllowance, type Allowance } from './allowance.ts';
import { createAdmit } from './connector/admit.ts';
import { createAgreement } from './connector/agreement.ts';
import { createAnswers } from './connector/answers.ts';
import { createCounts, type ConnectorCounts } from './connector/counts.ts';
import { createDeliver } from './connector/deliver.ts';
import type { ConnectorDeps } from './connector/deps.ts';
import { createExchange } from './connector/exchange.ts';
import { createForward } from './connector/forward.ts';
import { createLateness } from './connector/lateness.ts';
import { createOriginate } from './connector/originate.ts';
import { packetKey } from './connector/packet-key.ts';
import { createPeerRequests } from './connector/peer-requests.ts';
import { createSettleForwarded } from './connector/settle-forwarded.ts';
import type { PacketSender } from './delivery.ts';
import { createRejects } from './rejects.ts';
import { notTooLarge } from './rules/amount.ts';
import { expiresSoon, notExpired } from './rules/expiry.ts';
import { withinFreeData } from './rules/free-data.ts';
import { createLinkIsFree } from './rules/next-link.ts';
import { withinRate } from './rules/rate.ts';
import { notReflected } from './rules/reflection.ts';
import { firstRefusal, type Arrival, type Rule } from './rules/rule.ts';
import { createShares } from './shares.ts';

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
	/** What the hello taught about a packet this node sent and never heard of again; resolves once that is on disk. */
	resolve(
		peer: string,
		hash: Uint8Array,
		reply: { readonly fulfillment: Uint8Array; readonly data: Uint8Array } | 'rejected'
	): Promise<'counted' | 'late' | 'unknown'>;
	/** The neighbour does not count these fulfilments of mine (connector/lateness.ts); `cut`: it says so too often. */
	takeLate(peer: string, hashes: readonly Uint8Array[]): Promise<'taken' | 'refused' | 'cut'>;
	/** A fulfilment told by a hello: it may honestly have come too late. */
	toldByHello(peer: string, hash: Uint8Array): void;
	/** In a new hello the neighbour's totals are the same as mine. */
	agreed(peer: string): void;
	/** A payout was booked that the neighbour had debited before: what it refused as uncovered is explained. */
	paidOut(peer: string): void;
	/** These neighbours are strangers again: what is kept of each goes. */
	forget(peers: readonly string[]): void;
	/** The free data a neighbour has left. */
	allowance(peer: string): Allowance;
	counts(): ConnectorCounts;
	/** The same of the packets of one neighbour: received from it, and sent to it (`originated` is then 0). */
	countsOf(peer: string): ConnectorCounts;
}

/** One per node. What an earlier run left undecided is on disk, and decided by a hello or by `sweep`. */
export const createConnector = (deps: ConnectorDeps): Connector => {
	const { platform, commits, packets, routes, transport } = deps;
	const { clock, crypto } = platform;
	const terms = deps.terms ?? ((): undefined => undefined);
	const here = (): string => deps.addresses()[0] ?? '';
	const rejects = createRejects(here);
	const { reject } = rejects;
	const counts = createCounts();
	const answers = createAnswers(packets, commits, rejects);
	const shares = createShares(packets.forwarded());
	const agreement = createAgreement(deps);
	const lateness = createLateness(deps, agreement);
	const admit = createAdmit(deps, rejects);
	const exchange = createExchange(deps, { here, rejects, counts });
	const settleForwarded = createSettleForwarded(deps, shares);
	const linkIsFree = createLinkIsFree(transport, counts.inFlight, rejects);
	const maxPacketOf = (peer: string): bigint => terms(peer)?.maxPacketAmount ?? LIMITS.maxPacket;
	/** Packets of neighbours being decided, by link and hash. */
	const judging = new Set<string>();

	const allowances = new Map<string, Allowance>();
	const allowance = (peer: string): Allowance => {
		let found = allowances.get(peer);
		if (!found) allowances.set(peer, (found = createAllowance(clock.now(), terms(peer)?.freeBytesPerSecond)));
		return found;
	};
	const earn = (peer: string, amount: bigint): void => {
		if (amount > 0n) allowance(peer).earn(amount, clock.now());
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

	const own = createOriginate(deps, { rejects, counts, agreement, exchange, suffixOf, linkIsFree, earn });
	const answerPeerRequest = createPeerRequests(deps, { here, suffixOf, rejects });
	const deliver = createDeliver(deps, { rejects, admit, earn });
	const forward = createForward(deps, {
		rejects,
		counts,
		shares,
		maxPacketOf,
		linkIsFree,
		admit,
		agreement,
		exchange,
		settle: settleForwarded,
		earn: (ingress, egress, fee) => {
			earn(ingress, fee);
			earn(egress, fee);
		}
	});

	/** In this order, for whatever comes from a neighbour; those of the next hop are in connector/forward.ts. */
	const toArrive: readonly Rule<Arrival>[] = [
		notReflected(own.conditions, rejects),
		notExpired(rejects),
		expiresSoon(rejects),
		notTooLarge(maxPacketOf, rejects),
		withinRate(terms, rejects),
		withinFreeData(allowance, rejects)
	];

	const judge = async (arrival: Arrival, hash: Uint8Array): Promise<IlpReply> => {
		const { peer, prepare } = arrival;
		const { destination } = prepare;
		const refusal = firstRefusal(toArrive, arrival);
		if (refusal) return refusal;
		const scheme = schemeOf(destination);
		if (scheme === 'peer') return answerPeerRequest(peer, prepare);
		if (scheme !== deps.scheme) return reject('F02', 'another network');
		const suffix = suffixOf(destination);
		if (suffix !== undefined) return deliver(arrival, hash, suffix);
		const way = routes.find(destination);
		if (!way) return reject('F02', 'no route');
		if (way.peer === peer) return reject('F02', 'the way leads back');
		return forward(arrival, hash, way);
	};

	const handle: Connector['handle'] = async (peer, bytes, isLive = () => true) => {
		counts.received(peer);
		const decoded = decodeIlpPacket(bytes);
		if (!decoded.ok || decoded.value.type !== 'prepare') return reject('F01', 'not a prepare');
		const prepare = decoded.value;
		const hash = await crypto.sha256(bytes);
		if (!isLive()) return reject('T01', 'the link is gone');
		const key = packetKey(peer, hash);
		const now = clock.now();
		// `peer.*` requests are alike by design (ILDCP asks the same again) and carry no money.
		const identify = schemeOf(prepare.destination) !== 'peer';
		if (identify) {
			const known = answers.find(key, peer, prepare, hash);
			if (known) return known;
		}
		judging.add(key);
		const reply = judge({ peer, prepare, bytes, now }, hash).then(
			(answer) => {
				judging.delete(key);
				counts.answered(peer, answer.type === 'fulfill' ? 'fulfilled' : 'rejected');
				allowance(peer).owe(answer.data.length, clock.now());
				answers.keep(key, answer, peer, hash);
				return answer;
			},
			(error: unknown) => {
				judging.delete(key);
				throw error;
			}
		);
		if (identify) answers.begin(key, prepare, reply, now);
		return reply;
	};

	const resolve: Connector['resolve'] = async (peer, hash, outcome) => {
		const row = packets.find(peer, 'out', hash);
		if (row?.state === 'late') return 'late';
		if (row?.state === 'fulfilled') return 'counted';
		if (row?.state !== 'pending') return 'unknown';
		const told: IlpReply =
			outcome === 'rejected' ? reject('R00', 'the link broke') : { type: 'fulfill', ...outcome };
		const written = exchange.tell(peer, hash, told);
		if (written) {
			await written;
			return 'counted';
		}
		const reply = await exchange.checked(told, row.condition);
		const { inLink, inHash, group, amount: out, route } = row;
		if (inLink === undefined || inHash === undefined) {
			await own.resolve(row, reply);
			return reply.type === 'fulfill' ? 'counted' : 'unknown';
		}
		const share = route === undefined ? undefined : { ingress: inLink, egress: peer, route };
		// Without its row the one before was told long ago.
		const before = packets.find(inLink, 'in', inHash);
		const { amount, expiresAt } = before ?? { amount: 0n, expiresAt: 0 };
		const packet = {
			ingress: inLink,
			inHash,
			amount,
			expiresAt,
			egress: peer,
			outHash: hash,
			outExpiresAt: row.expiresAt,
			out,
			group,
			share
		};
		const result = await settleForwarded(packet, reply);
		if (reply.type === 'reject') return 'unknown';
		return result === 'settled' ? 'counted' : 'late';
	};

	return {
		handle,
		resolve,
		send: own.send,
		allowance,
		addresses: deps.addresses,
		maxPacket: () => LIMITS.maxPacket,
		counts: counts.all,
		countsOf: counts.of,
		isJudging: (peer, hash) => judging.has(packetKey(peer, hash)),
		lost: (peer) =>
			packets
				.pending(peer, 'out')
				.map((row) => row.hash)
				.filter((hash) => !exchange.isLeaving(peer, hash)),
		untold: (peer) => packets.late(peer).map((row) => row.hash),
		toldLate: (peer, hashes) =>
			commits.run(() => {
				for (const hash of hashes) packets.toldLate(peer, hash);
			}),
		sweep: () => {
			const now = clock.now();
			for (const { link, hash } of packets.expired(now - LIMITS.expiryMarginMs))
				if (!judging.has(packetKey(link, hash))) packets.settle(link, 'in', hash, 'rejected', now);
			shares.sweep(now - LIMITS.packetMemoryMs);
			lateness.sweep();
		},
		forget: (peers) => {
			for (const peer of peers) {
				allowances.delete(peer);
				counts.forget(peer);
			}
		},
		takeLate: lateness.take,
		toldByHello: lateness.toldByHello,
		agreed: agreement.agreed,
		paidOut: agreement.explained
	};
};
