/**
 * Openers and nodes of sessions (stream/session.ts) joined by a wire of hops on a simulated clock. Each
 * hop gives so much for nothing (the connector's own allowance) and may lose, delay, repeat or refuse
 * what the test wants. A node keeps events at a price; money is only counted, not booked.
 */
import { bytesToHex } from '../bytes.ts';
import type { EventFrame, Frame } from '../codec/frames.ts';
import {
	encodePrepare,
	type IlpErrorCode,
	type IlpFulfill,
	type IlpPrepare,
	type IlpReject
} from '../codec/ilp.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createAllowance, type Allowance } from '../ilp/allowance.ts';
import type { PacketSender } from '../ilp/delivery.ts';
import { LIMITS } from '../limits.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createCommits, type Commits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import type {
	NodeContact,
	NodeSession,
	RequestHandler,
	Sessions,
	SessionsDependencies
} from '../stream/session.ts';
import { createSessions } from '../stream/sessions.ts';
import { streamKeyId } from '../stream/token.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';

export type Reply = IlpFulfill | IlpReject;

/** Everything the wire carried, as a hop sees it. */
export interface Carried {
	readonly from: string;
	readonly prepare: IlpPrepare;
	reply: Reply | undefined;
}

export interface WirePeer {
	readonly name: string;
	readonly contact: NodeContact;
	/** The key it announced. */
	readonly streamSecret: Uint8Array;
	readonly sql: SqlDriver;
	sessions: Sessions;
	/** Sessions that asked something, by id. */
	readonly met: Map<string, NodeSession>;
	/** Frames its handler saw, in order, only those whose packet was decided. */
	readonly asked: Frame[];
	/** Ids of the events it keeps. */
	readonly kept: string[];
	/** What it was paid, in the transactions that took it. */
	earned: bigint;
	/** For keeping one event. */
	price: bigint;
	commits: Commits;
	/** Ends it between two commits and starts it again on the same database. */
	restart(): void;
	stop(): void;
}

export interface SessionWire {
	readonly clock: SimulatedClock;
	readonly random: SeededRandom;
	readonly carried: readonly Carried[];
	/** One per hop between two peers, the nearer to the opener first. */
	readonly allowances: readonly Allowance[];
	/** `lose`: nothing arrives and R00 comes at the expiry. A code: the first hop refuses so. */
	onPrepare: (carried: Carried) => 'pass' | 'lose' | IlpErrorCode;
	onReply: (carried: Carried, reply: Reply) => Reply | 'lose';
	/** Ms one way. */
	delay: () => number;
	peer(name: string, limits?: Pick<SessionsDependencies, 'uploads' | 'unpaidPerLink'>): Promise<WirePeer>;
	/** Gives a packet to whom it is addressed, as a hop may. */
	deliver(prepare: IlpPrepare): Promise<Reply>;
	/** Lets time pass until it settles. */
	during<T>(work: Promise<T>, withinMs?: number): Promise<T>;
	close(): void;
}

const START = Date.UTC(2026, 0, 10, 12);

export const rejection = (code: IlpErrorCode): IlpReject => ({
	type: 'reject',
	code,
	triggeredBy: 'test.hop',
	message: '',
	data: new Uint8Array()
});

export const createSessionWire = (options: {
	readonly seed: string;
	readonly turn: () => Promise<void>;
	/** A new, empty database. */
	readonly openSql: () => SqlDriver;
	/** Hops between an opener and a node; 1 unless given, 0 for a wire that gives everything for nothing. */
	readonly hops?: number;
}): SessionWire => {
	const random = createSeededRandom(options.seed);
	const clock = createSimulatedClock(START, options.turn);
	const allowances = Array.from({ length: options.hops ?? 0 }, () => createAllowance(clock.now()));
	const carried: Carried[] = [];
	const peers: (WirePeer & { readonly address: string; running: boolean })[] = [];
	const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

	const deliver = async (prepare: IlpPrepare): Promise<Reply> => {
		const peer = peers.find(({ address }) => prepare.destination.startsWith(`${address}.`));
		if (!peer) return rejection('F02');
		const { sessions, commits } = peer;
		const suffix = prepare.destination.slice(peer.address.length + 1);
		const verdict = await sessions.judge({ prepare, suffix, link: 'hop' });
		if (!verdict) return rejection('F02');
		const isExpired = await commits.run(() => {
			if (clock.now() >= prepare.expiresAt) return true;
			if (verdict.decide()) peer.earned += prepare.amount;
			return false;
		});
		return isExpired ? rejection('R00') : verdict.reply();
	};

	const senderOf = (name: string, address: string): PacketSender => ({
		addresses: () => [address],
		maxPacket: () => LIMITS.maxPacket,
		send: async ({ prepare, onBegin, onReply, onOutcome }) => {
			const record: Carried = { from: name, prepare, reply: undefined };
			onBegin?.();
			carried.push(record);
			const bytes = encodePrepare(prepare).length;
			const fate = wire.onPrepare(record);
			const there = wire.delay();
			const back = wire.delay();
			const answer = async (): Promise<Reply | 'lose'> => {
				if (fate === 'lose') return 'lose';
				if (fate !== 'pass') return rejection(fate);
				for (const allowance of allowances) if (!allowance.draw(bytes, clock.now())) return rejection('T05');
				await sleep(there);
				if (clock.now() >= prepare.expiresAt) return rejection('R00');
				const reply = await deliver(prepare);
				record.reply = reply;
				for (const allowance of allowances) allowance.owe(reply.data.length, clock.now());
				await sleep(back);
				return wire.onReply(record, reply);
			};
			const late = sleep(prepare.expiresAt - clock.now()).then((): Reply => rejection('R00'));
			const first = await Promise.race([answer().then((reply) => (reply === 'lose' ? late : reply)), late]);
			await onReply?.(first);
			onOutcome?.(first);
			return first;
		}
	});

	const handlerOf = (peer: WirePeer): RequestHandler => ({
		prepare: ({ session, frames, arrived, short }) => {
			peer.met.set(session.id, session);
			return Promise.resolve({
				...(arrived > 0n ? { booking: { kind: 'publish', account: 'income/notes' } as const } : {}),
				decide: () => {
					peer.asked.push(...frames.filter((frame): frame is Frame => frame.type !== 'UNKNOWN'));
					const event = frames.find((frame): frame is EventFrame => frame.type === 'EVENT');
					const eventId = event?.event?.id;
					if (!event || eventId === undefined) return { accept: arrived === 0n, frames: [] };
					const ok = (accepted: boolean, text: string): Frame => ({
						type: 'OK',
						requestId: event.requestId,
						eventId,
						accepted,
						text
					});
					if (peer.kept.includes(eventId))
						return { accept: arrived === 0n, frames: [ok(true, 'duplicate: already here')] };
					if (short || arrived < peer.price)
						return { accept: false, frames: [ok(false, `restricted: storing costs ${peer.price}`)] };
					peer.kept.push(eventId);
					return { accept: true, frames: [ok(true, '')] };
				}
			});
		},
		dropped: () => []
	});

	const wire: SessionWire = {
		clock,
		random,
		carried,
		allowances,
		onPrepare: () => 'pass',
		onReply: (_, reply) => reply,
		delay: () => 10,
		deliver,
		peer: async (name, limits = {}) => {
			const ownRandom = random.fork(name);
			const streamSecret = ownRandom.bytes(32);
			const streamKey = nobleCrypto.x25519PublicKey(streamSecret);
			const keyId = bytesToHex(await streamKeyId(nobleCrypto, streamKey));
			const pubkey = bytesToHex(nobleCrypto.schnorrPublicKey(ownRandom.bytes(32)));
			const address = `test.hop.${name}`;
			const sql = options.openSql();
			migrate(sql);
			const begin = (): void => {
				peer.commits = createCommits(sql, clock);
				peer.sessions = createSessions({
					clock,
					random: ownRandom,
					crypto: nobleCrypto,
					sql,
					commits: peer.commits,
					log: () => undefined,
					sender: senderOf(name, address),
					network: 'test',
					pubkey: () => pubkey,
					streamKeys: {
						byId: (id) =>
							bytesToHex(id) === keyId ? { secret: streamSecret, publicKey: streamKey } : undefined
					},
					...limits
				});
				peer.sessions.serve(handlerOf(peer));
			};
			const peer = {
				name,
				address,
				contact: { pubkey, address, streamKey },
				streamSecret,
				sql,
				met: new Map<string, NodeSession>(),
				asked: [],
				kept: [],
				earned: 0n,
				price: 0n,
				running: true,
				restart: () => {
					peer.stop();
					begin();
				},
				stop: () => {
					peer.sessions.stop();
					peer.commits.stop();
				}
			} as unknown as (typeof peers)[number];
			begin();
			peers.push(peer);
			return peer;
		},
		during: async (work, withinMs = 60_000) => {
			let done = false;
			const end = (): void => {
				done = true;
			};
			work.then(end, end);
			if (!(await clock.runWhile(() => !done, clock.now() + withinMs)))
				throw new Error(`not within ${withinMs} ms`);
			return work;
		},
		close: () => {
			for (const peer of peers) {
				peer.stop();
				peer.sql.close();
			}
		}
	};
	return wire;
};
