/**
 * Readers and authors on real sessions, stores and ledgers, joined by a wire in memory that takes a
 * fee, can be told to damage, drop, record and replay, and on a clock that moves only when told to.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { nodeCrypto } from '../../../../server/akash-peer/node-crypto.ts';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { bytesToHex } from '../bytes.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import type { Frame, HaveEntry } from '../codec/frames.ts';
import type { IlpFulfill, IlpPrepare, IlpReject } from '../codec/ilp.ts';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import type { EventStore } from '../events/store.ts';
import { createEventStore } from '../events/sqlite-store.ts';
import { signEvent } from '../events/verify.ts';
import type { Incoming, Outgoing, PacketSender, Verdict } from '../ilp/delivery.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LIMITS } from '../limits.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { afterFee } from '../money.ts';
import type { Random } from '../platform.ts';
import { unwrap } from '../result.ts';
import { createCommits, type Commits } from '../storage/commit.ts';
import { MIGRATIONS } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { NodeContact, RequestHandler, Sessions } from '../stream/session.ts';
import { createSessions } from '../stream/sessions.ts';
import { streamKeyId } from '../stream/token.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import { createReader, type Reader } from './reader.ts';
import { createSeller, type Seller } from './seller.ts';
import type { FollowTerms } from './subscription.ts';

const START = Date.UTC(2026, 0, 10, 12);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PRICE = 200_000n;
const TERMS: FollowTerms = { maxPrice: 1_000_000n, dailyLimit: 100_000_000n };
const CENT = 10_000_000n;
const UNPAID_PER_LINK = 8;

interface Peer {
	readonly name: string;
	readonly address: string;
	readonly pubkey: string;
	readonly secret: Uint8Array;
	readonly contact: NodeContact;
	readonly random: Random;
	readonly sql: SqlDriver;
	commits: Commits;
	ledger: Ledger;
	store: EventStore;
	sessions: Sessions;
	seller: Seller;
	reader: Reader;
	sender: PacketSender;
	price: (event: VerifiedEvent) => bigint;
	window: bigint;
	dailyLimit: bigint;
	online: boolean;
	running: boolean;
	/** Whose dear notes have samples here: its own key, unless changed. */
	sells: string;
	/** A day has this many notes of mine; signs and stores one and tells live readers. */
	publish(content: string): Promise<VerifiedEvent>;
	/** The process ends; its database stays. */
	stop(): void;
	/** And begins again. */
	begin(): void;
}

/** Everything the wire carried: what a hop sees. */
interface Carried {
	readonly from: string;
	readonly prepare: IlpPrepare;
	reply: IlpFulfill | IlpReject | undefined;
}

interface World {
	readonly clock: SimulatedClock;
	readonly carried: Carried[];
	/** Parts per million the way takes. */
	fee: bigint;
	/** The answer that was lost arrives after all, five seconds too late. */
	late: boolean;
	/** When a packet that is asked for is written down: at once, unless the disk has other work. */
	beforeBegin: (prepare: IlpPrepare) => Promise<void>;
	onPrepare: (from: string, prepare: IlpPrepare) => 'pass' | 'lose';
	onReply: (
		from: string,
		prepare: IlpPrepare,
		reply: IlpFulfill | IlpReject
	) => IlpFulfill | IlpReject | 'lose';
	peer(name: string): Promise<Peer>;
	/** Hands a packet to whom it is addressed, as a hop would. */
	deliver(prepare: IlpPrepare, link: string): Promise<IlpFulfill | IlpReject>;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const lost = (code: 'R00' | 'F02' | 'T01'): IlpReject => ({
	type: 'reject',
	code,
	triggeredBy: 'test.hub',
	message: '',
	data: new Uint8Array()
});

const stops: (() => void)[] = [];
afterEach(() => {
	for (const stop of stops.splice(0)) stop();
});

const createWorld = (): World => {
	const clock = createSimulatedClock(START, turn);
	const peers: Peer[] = [];
	const carried: Carried[] = [];

	const decideAt = async (
		peer: Peer,
		verdict: Verdict,
		incoming: Incoming
	): Promise<IlpFulfill | IlpReject> => {
		const { prepare, link } = incoming;
		await peer.commits.run(() => {
			const taken = verdict.decide();
			if (taken && prepare.amount > 0n && verdict.booking)
				peer.ledger.record({
					kind: verdict.booking.kind,
					from: verdict.booking.account,
					to: `link/${link}`,
					amount: prepare.amount,
					at: clock.now(),
					group: bytesToHex(prepare.condition),
					...(verdict.booking.memo ? { memo: verdict.booking.memo } : {})
				});
		});
		return verdict.reply();
	};

	const world: World = {
		clock,
		carried,
		fee: 0n,
		late: false,
		beforeBegin: () => Promise.resolve(),
		onPrepare: () => 'pass',
		onReply: (_from, _prepare, reply) => reply,
		deliver: async (prepare, link) => {
			const peer = peers.find(({ address }) => prepare.destination.startsWith(`${address}.`));
			if (!peer || !peer.running || !peer.online) return lost(peer ? 'T01' : 'F02');
			const suffix = prepare.destination.slice(peer.address.length + 1);
			const incoming = { prepare, suffix, link };
			const verdict = await peer.sessions.judge(incoming);
			return verdict ? decideAt(peer, verdict, incoming) : lost('F02');
		},
		peer: async (name) => {
			const random = createSeededRandom(name);
			const secret = random.bytes(32);
			const streamSecret = random.bytes(32);
			const streamKey = nodeCrypto.x25519PublicKey(streamSecret);
			const keyId = bytesToHex(await streamKeyId(nodeCrypto, streamKey));
			const pubkey = bytesToHex(nodeCrypto.schnorrPublicKey(secret));
			const address = `test.hub.${name}`;
			const sql = createNodeSql(':memory:');
			stops.push(() => sql.close());
			for (const { steps } of MIGRATIONS) for (const step of steps) sql.script(step);
			const link = `link/hub`;

			const send = async (outgoing: Outgoing): Promise<IlpFulfill | IlpReject> => {
				const { prepare, booking, onBegin, onReply, onOutcome } = outgoing;
				const { commits, ledger } = peer;
				const group = bytesToHex(prepare.condition);
				await world.beforeBegin(prepare);
				await commits.run(() => {
					onBegin?.();
					if (prepare.amount > 0n && booking)
						ledger.begin({
							kind: booking.kind,
							from: link,
							to: booking.account,
							amount: prepare.amount,
							at: clock.now(),
							group,
							...(booking.memo ? { memo: booking.memo } : {})
						});
				});
				const record: Carried = { from: name, prepare, reply: undefined };
				carried.push(record);
				let reply: IlpFulfill | IlpReject | 'lose' = 'lose';
				if (world.onPrepare(name, prepare) === 'pass') {
					await new Promise<void>((resolve) => clock.after(20, resolve));
					reply = await world.deliver({ ...prepare, amount: afterFee(prepare.amount, world.fee) }, name);
					record.reply = reply;
					reply = world.onReply(name, prepare, reply);
				}
				if (reply === 'lose') {
					await new Promise<void>((resolve) =>
						clock.after(Math.max(0, prepare.expiresAt - clock.now()), resolve)
					);
					reply = lost('R00');
				}
				if (!peer.running) return new Promise(() => undefined);
				const outcome = reply;
				const real = record.reply;
				if (world.late && outcome.type === 'reject' && real?.type === 'fulfill') {
					clock.after(5 * SECOND, () => {
						void commits.run(() => {
							ledger.post(group, clock.now());
							onOutcome?.(real);
						});
					});
					return outcome;
				}
				await onReply?.(outcome);
				await commits.run(() => {
					if (prepare.amount > 0n && outcome.type === 'fulfill') ledger.post(group, clock.now());
					else if (prepare.amount > 0n) ledger.void(group, clock.now());
					onOutcome?.(outcome);
				});
				return outcome;
			};

			const begin = (): void => {
				const commits = createCommits(sql, clock);
				const ledger = createLedger(sql);
				const store = createEventStore(sql);
				const sender: PacketSender = { send, addresses: () => [address], maxPacket: () => 1_000_000_000n };
				const log = (): void => undefined;
				const sessions = createSessions({
					clock,
					random,
					crypto: nodeCrypto,
					sql,
					commits,
					log,
					sender,
					network: 'test',
					unpaidPerLink: UNPAID_PER_LINK,
					unpaidSessions: 2 * UNPAID_PER_LINK,
					pubkey: () => pubkey,
					streamKeys: {
						byId: (id) =>
							bytesToHex(id) === keyId ? { secret: streamSecret, publicKey: streamKey } : undefined
					}
				});
				const seller = createSeller({
					clock,
					crypto: nodeCrypto,
					sql,
					commits,
					log,
					store,
					author: () => peer.sells,
					mayServe: (event) => event.pubkey === pubkey || event.kind === 0,
					priceOf: (event) => (event.kind === 0 ? 0n : peer.price(event)),
					mayStore: (event) =>
						event.kind === 0
							? { accept: true, price: 0n }
							: { accept: false, text: 'restricted: profiles only' }
				});
				sessions.serve(seller);
				const reader = createReader({
					clock,
					random,
					crypto: nodeCrypto,
					sql,
					commits,
					log,
					ledger,
					store,
					sessions,
					sender,
					window: () => peer.window,
					dailyLimit: () => peer.dailyLimit,
					dayStart: (now) => now - (now % 86_400_000),
					findNode: (wanted) => Promise.resolve(peers.find((one) => one.pubkey === wanted)?.contact)
				});
				Object.assign(peer, { commits, ledger, store, sessions, seller, reader, sender, running: true });
				reader.start();
			};

			const peer = {
				name,
				address,
				pubkey,
				secret,
				contact: { pubkey, address, streamKey },
				random,
				sql,
				price: () => PRICE,
				sells: pubkey,
				window: 20_000_000n,
				dailyLimit: 1_000_000_000n,
				online: true,
				running: true,
				begin,
				stop: () => {
					peer.running = false;
					peer.reader.stop();
					peer.sessions.stop();
					peer.commits.stop();
				},
				publish: async (content: string) => {
					const created_at = Math.floor(clock.now() / 1000);
					const event = await signEvent(nodeCrypto, random, secret, {
						kind: 1,
						created_at,
						tags: [],
						content
					});
					const { commits, store, seller } = peer;
					const put = commits.run(() => store.put(event, clock.now()));
					commits.flush();
					await put;
					seller.announce();
					return event;
				}
			} as unknown as Peer;
			peers.push(peer);
			begin();
			return peer;
		}
	};
	return world;
};

const has = (peer: Peer, event: { readonly id: string }, at: number): boolean =>
	peer.store.get(event.id, at) !== undefined;

/** Reader and author with some notes, nothing followed yet. */
const aliceAndBob = async (notes: readonly string[] = ['first', 'second', 'third']) => {
	const world = createWorld();
	const alice = await world.peer('alice');
	const bob = await world.peer('bob');
	const events: VerifiedEvent[] = [];
	for (const content of notes) events.push(await bob.publish(content));
	const { clock } = world;
	const got = (): number => events.filter((event) => has(alice, event, clock.now())).length;
	return { world, clock, alice, bob, events, got };
};

/** Sends frames in a session of one's own, past the reader. */
const talk = (peer: Peer, to: Peer) => peer.sessions.open(to.contact);

/** A request under a clock that only moves when told to. */
const during = async <T>(clock: SimulatedClock, work: Promise<T>): Promise<T> => {
	let done = false;
	const watched = work.finally(() => {
		done = true;
	});
	await clock.runWhile(() => !done, clock.now() + MINUTE);
	return watched;
};

const get = (
	ids: readonly string[],
	receipt: Uint8Array,
	part?: { index: number; count: number }
): Frame => ({
	type: 'GET',
	requestId: 7,
	ids,
	receipt,
	...(part ? { part } : {})
});

const paying = (amount: bigint, minimum = amount) =>
	({
		amount,
		minimum,
		booking: { kind: 'buy', account: 'expense/notes' }
	}) as const;

const types = (frames: readonly Frame[]): readonly string[] =>
	frames.map((frame) => ('code' in frame ? `${frame.type} ${frame.code}` : frame.type));

describe('a followed author', () => {
	it('is read note by note, each paid when it comes', async () => {
		const { clock, alice, bob, events, got } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);

		expect(got()).toBe(3);
		expect(alice.ledger.balance('expense/notes')).toBe(3n * PRICE);
		expect(bob.ledger.balance('income/notes')).toBe(-3n * PRICE);
		expect(alice.reader.spentToday()).toBe(3n * PRICE);
		const [first] = events as [VerifiedEvent];
		expect(bob.seller.earningsOf(first.id)).toEqual({ readers: 1, total: PRICE });
		expect(alice.reader.bought([first.id]).get(first.id)).toMatchObject({
			sent: PRICE,
			arrived: PRICE,
			author: bob.pubkey
		});
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'live',
			error: undefined,
			price: PRICE,
			spentToday: 3n * PRICE,
			waiting: { count: 0, cost: 0n }
		});
		expect(alice.ledger.audit().sum).toBe(0n);
	});

	it('is heard at once when something new is published', async () => {
		const { clock, alice, bob } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);

		const news = await bob.publish('news');
		await clock.advance(200);
		expect(has(alice, news, clock.now())).toBe(true);
	});

	it('is got over a way that takes a share, which is learnt from one refusal', async () => {
		const { world, clock, alice, bob, events, got } = await aliceAndBob();
		world.fee = 10_000n;
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);

		expect(got()).toBe(3);
		const refused = world.carried.filter(
			({ from, prepare, reply }) => from === 'alice' && prepare.amount > 0n && reply?.type === 'reject'
		);
		expect(refused).toHaveLength(1);
		const way = alice.ledger.balance('expense/way');
		expect(way).toBeGreaterThan(0n);
		// What was sent is what the notes cost and what the way took.
		expect(alice.ledger.balance('link/hub')).toBe(-(alice.ledger.balance('expense/notes') + way));
		expect(-bob.ledger.balance('income/notes')).toBe(alice.ledger.balance('expense/notes'));
		for (const { id } of events) {
			const one = alice.reader.bought([id]).get(id);
			expect(one?.arrived).toBeGreaterThanOrEqual(PRICE);
			expect(one?.sent).toBeGreaterThan(one?.arrived ?? 0n);
		}
	});

	it('is left alone when the way takes more than a tenth', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob();
		world.fee = 150_000n;
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);

		expect(got()).toBe(0);
		expect(alice.ledger.balance('expense/notes')).toBe(0n);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'stopped',
			error: { type: 'WayTooDear' }
		});
	});

	it('is not got above the accepted price, and shows what waits', async () => {
		const { clock, alice, bob, got } = await aliceAndBob();
		bob.price = () => 2_000_000n;
		alice.reader.follow(bob.pubkey, { ...TERMS, maxPrice: 500_000n });
		await clock.advance(5 * SECOND);
		expect(got()).toBe(0);
		// The first two are samples.
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			error: { type: 'PriceAboveLimit' },
			waiting: { count: 3, cost: 800_000n + 1_600_000n + 2_000_000n }
		});

		alice.reader.follow(bob.pubkey, { ...TERMS, maxPrice: 2_000_000n });
		await clock.advance(5 * SECOND);
		expect(got()).toBe(3);
	});

	it('is got within the daily limit to the unit, and on the next day', async () => {
		const { clock, alice, bob, got } = await aliceAndBob(['1', '2', '3', '4', '5', '6', '7', '8']);
		alice.reader.follow(bob.pubkey, { ...TERMS, dailyLimit: 3n * PRICE });
		await clock.advance(10 * SECOND);
		expect(got()).toBe(3);
		expect(alice.reader.spentToday()).toBe(3n * PRICE);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'stopped',
			error: { type: 'DailyLimitReached' },
			waiting: { count: 5, cost: 5n * PRICE }
		});

		await clock.run(START + 12 * 60 * MINUTE + 10 * SECOND);
		expect(got()).toBe(6);
	});

	it('counts on the day on which its money left, by limit and ledger alike, not on that on which it was asked for', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(['1', '2', '3', '4', '5', '6', '7', '8']);
		const midnight = START + 12 * 60 * MINUTE;
		await clock.run(midnight - 5 * SECOND);
		world.beforeBegin = async ({ amount }) => {
			const wait = midnight + 100 - clock.now();
			if (amount > 0n && wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
		};
		alice.reader.follow(bob.pubkey, { ...TERMS, dailyLimit: 3n * PRICE });
		await clock.run(midnight - SECOND);
		expect(got()).toBe(0);
		await clock.run(midnight + 10 * SECOND);
		expect(alice.ledger.total({ kind: 'buy', since: midnight })).toBe(3n * PRICE);
		expect(alice.reader.spentToday()).toBe(3n * PRICE);
		expect(got()).toBe(3);
	});

	it('shares the whole day with the others', async () => {
		const { world, clock, alice, bob } = await aliceAndBob(['1', '2', '3', '4', '5']);
		const carol = await world.peer('carol');
		for (const content of ['1', '2', '3', '4', '5']) await carol.publish(content);
		alice.dailyLimit = 7n * PRICE;
		alice.reader.follow(bob.pubkey, TERMS);
		alice.reader.follow(carol.pubkey, TERMS);
		await clock.advance(10 * SECOND);
		expect(alice.reader.spentToday()).toBe(7n * PRICE);
		expect(alice.ledger.balance('expense/notes')).toBe(7n * PRICE);
	});

	it('is not paid any more from the moment it is unfollowed', async () => {
		const { clock, alice, bob } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		alice.reader.unfollow(bob.pubkey);
		const late = await bob.publish('too late');
		await clock.advance(2 * MINUTE);
		expect(has(alice, late, clock.now())).toBe(false);
		expect(bob.seller.subscriptions()).toBe(0);
		expect(alice.ledger.balance('expense/notes')).toBe(3n * PRICE);
		expect(alice.reader.followed()).toEqual([]);
	});

	it('is asked again after a minute of silence, so a lost push is no lost note', async () => {
		const { world, clock, alice, bob } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		world.onPrepare = (from) => (from === 'bob' ? 'lose' : 'pass');
		const note = await bob.publish('pushed into the void');
		await clock.advance(5 * SECOND);
		expect(has(alice, note, clock.now())).toBe(false);
		await clock.advance(MINUTE);
		expect(has(alice, note, clock.now())).toBe(true);
	});

	it('is trusted step by step: one GET at first', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(
			Array.from({ length: 40 }, (_, i) => `note ${i}`)
		);
		let underWay = 0;
		const most: number[] = [];
		world.onPrepare = (from, prepare) => {
			if (from === 'alice' && prepare.amount > 0n) most.push(++underWay);
			return 'pass';
		};
		world.onReply = (from, prepare, reply) => {
			if (from === 'alice' && prepare.amount > 0n) underWay--;
			return reply;
		};
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(10 * SECOND);
		expect(got()).toBe(40);
		expect(most[0]).toBe(1);
		expect(most[1]).toBe(1);
		const paid = world.carried.filter(({ from, prepare }) => from === 'alice' && prepare.amount > 0n);
		expect(paid[0]?.prepare.amount).toBe(PRICE);
		// A quarter of W bounds what is unanswered.
		for (const { prepare } of paid) expect(prepare.amount).toBeLessThanOrEqual(5_000_000n);
	});

	/** What Alice had unchecked when she sent each GET with money, and what she had checked by then. */
	const watchTrust = (world: World) => {
		const seen: { readonly unchecked: bigint; readonly checked: number }[] = [];
		let unchecked = 0n;
		let checked = 0;
		world.onPrepare = (from, prepare) => {
			if (from !== 'alice' || prepare.amount === 0n) return 'pass';
			unchecked += prepare.amount;
			seen.push({ unchecked, checked });
			return 'pass';
		};
		world.onReply = (from, prepare, reply) => {
			if (from !== 'alice' || prepare.amount === 0n) return reply;
			unchecked -= prepare.amount;
			if (reply.type === 'fulfill') checked++;
			return reply;
		};
		return seen;
	};

	it('who is dear is tried with his first notes, and never trusted with more than was checked', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(
			Array.from({ length: 20 }, (_, i) => `dear note ${i}`)
		);
		world.fee = 50_000n;
		bob.price = () => CENT / 2n;
		const seen = watchTrust(world);
		alice.reader.follow(bob.pubkey, { maxPrice: CENT, dailyLimit: 100n * CENT });
		await clock.advance(MINUTE);
		expect(got()).toBe(20);
		expect(seen[0]?.unchecked).toBeLessThanOrEqual(LIMITS.firstTrust);
		for (const { unchecked, checked } of seen)
			expect(unchecked).toBeLessThanOrEqual(LIMITS.firstTrust * 2n ** BigInt(checked));
		const arrived = alice.ledger.balance('expense/notes');
		expect(arrived).toBeGreaterThanOrEqual(17n * (CENT / 2n) + 800_000n + 1_600_000n + 3_200_000n);
		expect(arrived).toBeLessThan(17n * (CENT / 2n) + 5_600_000n + 1_000n);
	});

	it('whose first notes are long past still offers them to a newcomer', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		const events: VerifiedEvent[] = [];
		for (let i = 0; i < 60; i++) {
			events.push(await bob.publish(`dear note ${i}`));
			await clock.advance(SECOND);
		}
		bob.price = () => CENT / 2n;
		alice.reader.follow(bob.pubkey, { maxPrice: CENT, dailyLimit: 100n * CENT });
		await clock.advance(MINUTE);
		const had = events.map((event) => has(alice, event, clock.now()));
		expect(had.slice(0, 3)).toEqual([true, true, true]);
		expect(had.filter((one) => one)).toHaveLength(53);
	});

	it('who is dear and offers nothing to try waits, costs nothing, and is said so', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob();
		bob.sells = '00'.repeat(32);
		bob.price = () => CENT / 2n;
		const seen = watchTrust(world);
		alice.reader.follow(bob.pubkey, { maxPrice: CENT, dailyLimit: 100n * CENT });
		await clock.advance(MINUTE);
		expect(seen).toEqual([]);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'live',
			error: { type: 'AuthorUntried' },
			waiting: { count: 3, cost: 3n * (CENT / 2n) }
		});
		// Something cheap, three times as promised, and he is trusted with that much.
		bob.price = (event) => (event.content.startsWith('cheap') ? PRICE : CENT / 2n);
		for (const n of [1, 2, 3]) {
			await bob.publish(`cheap ${n}`);
			await clock.advance(SECOND);
		}
		await clock.advance(MINUTE);
		expect(got()).toBe(3);
		expect(alice.reader.views().get(bob.pubkey)?.error).toBeUndefined();
	});

	it('has two batches under way at a time, each half of his share', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(
			Array.from({ length: 200 }, (_, i) => `note ${i}`)
		);
		let underWay = 0;
		let most = 0;
		const amounts: bigint[] = [];
		world.onPrepare = (from, prepare) => {
			if (from !== 'alice' || prepare.amount === 0n) return 'pass';
			amounts.push(prepare.amount);
			most = Math.max(most, ++underWay);
			return 'pass';
		};
		world.onReply = (from, prepare, reply) => {
			if (from === 'alice' && prepare.amount > 0n) underWay--;
			return reply;
		};
		alice.reader.follow(bob.pubkey, {
			...TERMS,
			filters: [{ authors: [bob.pubkey], limit: 200 }]
		});
		await clock.advance(20 * SECOND);
		expect(got()).toBe(200);
		// W is two cents, the share half a cent: twice twelve notes, and one in what is left.
		expect(most).toBe(3);
		expect(amounts.reduce((a, b) => (a > b ? a : b))).toBe(12n * PRICE);
	});

	it('gives a long note and a dear one in parts, in order', async () => {
		const { world, clock, alice, bob } = await aliceAndBob([]);
		const long = await bob.publish('x'.repeat(70_000));
		alice.reader.follow(bob.pubkey, { maxPrice: 3n * CENT, dailyLimit: 100n * CENT });
		await clock.advance(5 * SECOND);
		expect(has(alice, long, clock.now())).toBe(true);
		expect(alice.reader.bought([long.id]).get(long.id)?.sent).toBe(PRICE);
		expect(bob.seller.earningsOf(long.id)).toEqual({ readers: 1, total: PRICE });

		// Beyond the samples, to a reader who was served well.
		for (let n = 0; n < 12; n++) {
			await bob.publish(`cheap ${n}`);
			await clock.advance(300);
		}
		bob.price = () => 2n * CENT + 1n;
		alice.window = 100n * CENT;
		const dear = await bob.publish('short and dear');
		await clock.advance(5 * SECOND);
		expect(has(alice, dear, clock.now())).toBe(true);
		const amounts = world.carried
			.filter(({ from, prepare }) => from === 'alice' && prepare.amount > PRICE)
			.map(({ prepare }) => prepare.amount);
		expect(amounts).toEqual([6_666_667n, 6_666_667n, 6_666_667n]);
		expect(alice.reader.bought([dear.id]).get(dear.id)?.sent).toBe(2n * CENT + 1n);
	});

	it('gives free events for nothing', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		const profile = await signEvent(nodeCrypto, bob.random, bob.secret, {
			kind: 0,
			created_at: Math.floor(clock.now() / 1000),
			tags: [],
			content: '{"name":"Bob"}'
		});
		bob.store.put(profile, clock.now());
		alice.reader.follow(bob.pubkey, { maxPrice: 0n, dailyLimit: 0n });
		await clock.advance(2 * SECOND);
		expect(has(alice, profile, clock.now())).toBe(true);
		expect(alice.reader.spentToday()).toBe(0n);
	});
});

describe('when answers go wrong', () => {
	it('a spoiled reply is asked again by receipt and not paid twice', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(['one']);
		world.onReply = (from, prepare, reply) =>
			from === 'alice' && prepare.amount > 0n && reply.type === 'fulfill'
				? { ...reply, data: new Uint8Array(60) }
				: reply;
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(10 * SECOND);
		expect(got()).toBe(1);
		expect(alice.ledger.balance('expense/notes')).toBe(PRICE);
		expect(bob.ledger.balance('income/notes')).toBe(-PRICE);
	});

	it('an answer lost on the way back is asked again by receipt and not paid twice', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(['one']);
		world.onReply = (from, prepare, reply) => (from === 'alice' && prepare.amount > 0n ? 'lose' : reply);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(30 * SECOND);
		expect(got()).toBe(1);
		expect(world.carried.filter(({ from, prepare }) => from === 'alice' && prepare.amount > 0n)).toHaveLength(
			1
		);
	});

	it('a question lost on the way there costs nothing and is asked again', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(['one']);
		let losses = 1;
		world.onPrepare = (from, prepare) =>
			from === 'alice' && prepare.amount > 0n && losses-- > 0 ? 'lose' : 'pass';
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(30 * SECOND);
		expect(got()).toBe(1);
		expect(alice.ledger.balance('expense/notes')).toBe(PRICE);
		expect(alice.reader.spentToday()).toBe(PRICE);
	});

	it('a fulfilment that comes after all is not paid or counted twice', async () => {
		const { world, clock, alice, bob, events, got } = await aliceAndBob(['one']);
		world.late = true;
		world.onReply = (from, prepare, reply) => (from === 'alice' && prepare.amount > 0n ? 'lose' : reply);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(MINUTE);
		const [one] = events as [VerifiedEvent];
		expect(got()).toBe(1);
		expect(alice.ledger.balance('expense/notes')).toBe(PRICE);
		expect(alice.reader.bought([one.id]).get(one.id)?.sent).toBe(PRICE);
		expect(alice.reader.spentToday()).toBe(PRICE);
	});

	it('a note whose payment came back, and that came by receipt all the same, cost nothing', async () => {
		const { world, clock, alice, bob, events, got } = await aliceAndBob(['one']);
		world.onReply = (from, prepare, reply) => (from === 'alice' && prepare.amount > 0n ? 'lose' : reply);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(30 * SECOND);
		const [one] = events as [VerifiedEvent];
		expect(got()).toBe(1);
		// A hop was late: it paid Bob, and Alice nothing.
		expect(alice.ledger.balance('expense/notes')).toBe(0n);
		expect(alice.reader.bought([one.id]).get(one.id)).toMatchObject({ sent: 0n, arrived: 0n });
		expect(alice.reader.spentToday()).toBe(0n);
		expect(alice.reader.views().get(bob.pubkey)?.spentToday).toBe(0n);
	});

	it.each([
		['nothing, when it came back', 'void', 0n],
		['its price, when it was paid', 'post', PRICE]
	] as const)(
		'a note that came by receipt before its payment was decided cost %s',
		async (_, decision, cost) => {
			const { world, clock, alice, bob, events, got } = await aliceAndBob(['one']);
			world.onReply = (from, prepare, reply) => {
				if (from === 'alice' && prepare.amount > 0n && alice.running) alice.stop();
				return reply;
			};
			alice.reader.follow(bob.pubkey, TERMS);
			await clock.advance(5 * SECOND);
			alice.begin();
			await clock.advance(5 * SECOND);
			expect(got()).toBe(1);
			const [one] = events as [VerifiedEvent];
			expect(alice.reader.spentToday()).toBe(PRICE);
			// The hello tells, long after the program that asked is gone.
			const [group] = alice.ledger.pendingGroups() as [string];
			const decided = alice.commits.run(() => alice.ledger[decision](group, clock.now()));
			alice.reader.online();
			await clock.advance(20 * SECOND);
			await decided;
			expect(alice.reader.spentToday()).toBe(cost);
			expect(alice.reader.bought([one.id]).get(one.id)?.sent).toBe(cost);
		}
	);

	it('an empty channel is said, and reading goes on when there is money again', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob();
		let isEmpty = true;
		world.deliver = ((deliver) => (prepare: IlpPrepare, link: string) =>
			isEmpty && prepare.amount > 0n
				? Promise.resolve({ ...lost('T01'), code: 'T04', triggeredBy: 'test.hub' } as const)
				: deliver(prepare, link))(world.deliver);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'stopped',
			error: { type: 'NotEnoughInChannel' },
			waiting: { count: 3, cost: 3n * PRICE }
		});
		expect(alice.reader.spentToday()).toBe(0n);
		isEmpty = false;
		alice.reader.online();
		await clock.advance(2 * SECOND);
		expect(got()).toBe(3);
	});

	it('a reader that dies before the answer gets it by receipt when it is back', async () => {
		const { world, clock, alice, bob, got } = await aliceAndBob(['one']);
		world.onReply = (from, prepare, reply) => {
			if (from === 'alice' && prepare.amount > 0n && alice.running) alice.stop();
			return reply;
		};
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		expect(bob.ledger.balance('income/notes')).toBe(-PRICE);
		expect(got()).toBe(0);

		alice.begin();
		await clock.advance(5 * SECOND);
		expect(alice.reader.followed()).toEqual([bob.pubkey]);
		expect(got()).toBe(1);
		expect(bob.ledger.balance('income/notes')).toBe(-PRICE);
		expect(alice.reader.spentToday()).toBe(PRICE);
	});

	it('an author who fulfils with nothing is paid once and never again', async () => {
		const { clock, alice, bob, got } = await aliceAndBob();
		const honest: RequestHandler = bob.seller;
		bob.sessions.serve({
			...honest,
			prepare: async (request) => {
				const prepared = await honest.prepare(request);
				const isGet = request.frames.some(({ type }) => type === 'GET');
				return { ...prepared, decide: () => (isGet ? { accept: true, frames: [] } : prepared.decide()) };
			}
		});
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * MINUTE);
		expect(got()).toBe(0);
		expect(alice.ledger.balance('expense/notes')).toBe(PRICE);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'stopped',
			error: { type: 'AuthorCheated' }
		});

		alice.stop();
		alice.begin();
		await clock.advance(5 * MINUTE);
		expect(alice.ledger.balance('expense/notes')).toBe(PRICE);
		expect(
			alice.sql.all('SELECT node, length(proof) AS bytes FROM node_record WHERE cheated_at IS NOT NULL')
		).toMatchObject([{ node: bob.pubkey }]);
	});

	it('an author who fulfils with another event is paid once and never again', async () => {
		const { clock, alice, bob, events } = await aliceAndBob(
			Array.from({ length: 30 }, (_, i) => `note ${i}`)
		);
		const [other] = events as [VerifiedEvent];
		const honest: RequestHandler = bob.seller;
		bob.sessions.serve({
			...honest,
			prepare: async (request) => {
				const prepared = await honest.prepare(request);
				const question = request.frames.find((frame) => frame.type === 'GET');
				if (question?.type !== 'GET' || question.ids.includes(other.id)) return prepared;
				return {
					...prepared,
					decide: () => ({
						accept: true,
						frames: [{ type: 'EVENT', requestId: question.requestId, event: other }]
					})
				};
			}
		});
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(MINUTE);
		// At most the first, and the unchecked window behind it.
		const paid = alice.ledger.balance('expense/notes');
		expect(paid).toBeLessThanOrEqual(PRICE + 2_000_000n);
		await clock.advance(10 * MINUTE);
		expect(alice.ledger.balance('expense/notes')).toBe(paid);
		expect(alice.reader.views().get(bob.pubkey)?.error).toEqual({ type: 'AuthorCheated' });
	});

	it('an author who is away is tried again, and read when back', async () => {
		const { clock, alice, bob, got } = await aliceAndBob();
		bob.online = false;
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(20 * SECOND);
		expect(alice.reader.views().get(bob.pubkey)).toMatchObject({
			status: 'asleep',
			error: { type: 'AuthorUnreachable' }
		});
		bob.online = true;
		await clock.advance(MINUTE);
		expect(got()).toBe(3);
	});

	it('an author whose process restarted goes on being read', async () => {
		const { clock, alice, bob } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		bob.stop();
		await clock.advance(10 * MINUTE);
		bob.begin();
		const note = await bob.publish('back again');
		await clock.advance(2 * MINUTE);
		expect(has(alice, note, clock.now())).toBe(true);
	});

	/** Bob is read, and has pushed a note that was got. */
	const bobIsRead = async () => {
		const world = await aliceAndBob();
		const { clock, alice, bob } = world;
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		const pushed = await bob.publish('pushed');
		await clock.advance(2 * SECOND);
		expect(has(alice, pushed, clock.now())).toBe(true);
		return world;
	};

	it('an author whose process restarted tells so, and is read at once', async () => {
		const { world, clock, alice, bob } = await bobIsRead();
		bob.stop();
		bob.begin();
		await during(clock, bob.sessions.tellRestarted('alice'));
		await clock.advance(SECOND);
		const note = await bob.publish('back again');
		await clock.advance(SECOND);
		expect(has(alice, note, clock.now())).toBe(true);
		// Once in a run: a link that comes up again has forgotten nothing.
		const before = world.carried.length;
		await during(clock, bob.sessions.tellRestarted('alice'));
		expect(world.carried).toHaveLength(before);
	});

	it('a push that was lost on the way is sent again', async () => {
		const { clock, alice, bob } = await bobIsRead();
		alice.online = false;
		const note = await bob.publish('while the way was broken');
		await clock.advance(LIMITS.pushAgainMs / 2);
		alice.online = true;
		await clock.advance(LIMITS.pushAgainMs);
		expect(has(alice, note, clock.now())).toBe(true);
	});

	it('a reader who did not answer is told when the link is up again', async () => {
		const { clock, alice, bob } = await bobIsRead();
		alice.online = false;
		const note = await bob.publish('while the link was down');
		await clock.advance(20 * SECOND);
		alice.online = true;
		bob.seller.wake('another link');
		await clock.advance(SECOND);
		expect(has(alice, note, clock.now())).toBe(false);
		bob.seller.wake('alice');
		await clock.advance(SECOND);
		expect(has(alice, note, clock.now())).toBe(true);
	});
});

describe('the seller', () => {
	const receipt = (n: number): Uint8Array => new Uint8Array(16).fill(n);

	const offers = async (clock: SimulatedClock, reader: Peer, author: Peer): Promise<readonly HaveEntry[]> => {
		const reply = await during(
			clock,
			talk(reader, author).request([{ type: 'REQ', requestId: 1, filters: [{}], live: false }])
		);
		if (reply.type !== 'fulfilled') throw new Error(reply.type);
		return reply.frames.flatMap((frame) => (frame.type === 'HAVE' ? frame.entries : []));
	};

	it('answers REQ in one round trip with what there is, its size and its price', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const entries = await offers(clock, alice, bob);
		expect(entries.map(({ id, price, parts, size }) => ({ id, price, parts, size }))).toEqual(
			events.map((event) => ({
				id: event.id,
				price: PRICE,
				parts: 1,
				size: unwrap(encodeEvent(event)).length
			}))
		);
	});

	it('refuses too little money, says what arrived, and takes nothing', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first] = events as [VerifiedEvent];
		const reply = await during(
			clock,
			talk(alice, bob).request([get([first.id], receipt(1))], paying(PRICE - 1n, 0n))
		);
		expect(reply).toMatchObject({ type: 'refused', arrived: PRICE - 1n });
		if (reply.type !== 'refused') return;
		expect(types(reply.frames)).toEqual(['NOTICE price', 'HAVE']);
		expect(reply.frames[0]).toMatchObject({ amount: PRICE - 1n });
		expect(bob.ledger.balance('income/notes')).toBe(0n);
		expect(alice.ledger.balance('expense/notes')).toBe(0n);
	});

	it('refuses less than the reader said must arrive, even if it is the price', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first] = events as [VerifiedEvent];
		const reply = await during(
			clock,
			talk(alice, bob).request([get([first.id], receipt(1))], paying(PRICE, PRICE + 1n))
		);
		expect(reply.type).toBe('refused');
		expect(bob.ledger.balance('income/notes')).toBe(0n);
	});

	it('gives all or nothing, and names what is missing', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first] = events as [VerifiedEvent];
		const unknown = 'ab'.repeat(32);
		const reply = await during(
			clock,
			talk(alice, bob).request([get([first.id, unknown], receipt(1))], paying(2n * PRICE))
		);
		expect(reply).toMatchObject({
			type: 'refused',
			frames: [{ code: 'missing', ids: [unknown] }, { type: 'HAVE' }]
		});
		expect(bob.ledger.balance('income/notes')).toBe(0n);
	});

	it('asks for money when a priced event is asked for without', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first] = events as [VerifiedEvent];
		const reply = await during(clock, talk(alice, bob).request([get([first.id], receipt(1))]));
		expect(reply.type === 'refused' && types(reply.frames)).toEqual(['NOTICE unpaid', 'HAVE']);
	});

	it('honours a price it told for ten minutes, even over a restart, and no longer', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first, second] = events as [VerifiedEvent, VerifiedEvent];
		await offers(clock, alice, bob);
		bob.price = () => 3n * PRICE;
		bob.stop();
		bob.begin();
		await clock.advance(9 * MINUTE);
		const intime = await during(
			clock,
			talk(alice, bob).request([get([first.id], receipt(1))], paying(PRICE))
		);
		expect(intime.type).toBe('fulfilled');
		await clock.advance(2 * MINUTE);
		const late = await during(clock, talk(alice, bob).request([get([second.id], receipt(2))], paying(PRICE)));
		expect(late).toMatchObject({
			type: 'refused',
			frames: [{ code: 'price' }, { entries: [{ price: 3n * PRICE }] }]
		});
	});

	it('answers a paid receipt again from any session: free in a fulfill, with money in a reject', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first] = events as [VerifiedEvent];
		const ask = (amount: bigint) =>
			during(
				clock,
				talk(alice, bob).request([get([first.id], receipt(1))], amount > 0n ? paying(amount) : {})
			);
		expect((await ask(PRICE)).type).toBe('fulfilled');
		const free = await ask(0n);
		expect(free).toMatchObject({ type: 'fulfilled', frames: [{ type: 'EVENT', event: { id: first.id } }] });
		const paidAgain = await ask(PRICE);
		expect(paidAgain).toMatchObject({
			type: 'refused',
			frames: [{ type: 'EVENT', event: { id: first.id } }]
		});
		expect(bob.ledger.balance('income/notes')).toBe(-PRICE);
		expect(bob.seller.earningsOf(first.id)).toEqual({ readers: 1, total: PRICE });
	});

	it('forgets receipts after a month, and never what its notes earned', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first, second] = events as [VerifiedEvent, VerifiedEvent];
		const buy = (event: VerifiedEvent, byte: number) =>
			during(clock, talk(alice, bob).request([get([event.id], receipt(byte))], paying(PRICE)));
		expect((await buy(second, 1)).type).toBe('fulfilled');
		await clock.advance(SECOND);
		expect((await buy(first, 2)).type).toBe('fulfilled');
		await clock.advance(SECOND);
		expect((await buy(second, 3)).type).toBe('fulfilled');
		const left = async (): Promise<unknown[]> => {
			await during(clock, bob.seller.sweep());
			return bob.sql.all('SELECT receipt FROM sale_receipt ORDER BY id').map((row) => row.receipt);
		};
		expect(await left()).toEqual([receipt(1), receipt(2), receipt(3)]);
		const age = (ms: number): number => bob.sql.run('UPDATE sale_receipt SET at = at - ?', [ms]);
		const oldest = Number(bob.sql.all('SELECT min(at) AS at FROM sale_receipt')[0]?.['at']);
		age(LIMITS.receiptMs - (clock.now() - oldest) + SECOND);
		expect(await left()).toEqual([receipt(2), receipt(3)]);
		age(LIMITS.receiptMs);
		expect(await left()).toEqual([]);
		expect(bob.seller.earnings(9)).toMatchObject([
			{ eventId: second.id, readers: 2, total: 2n * PRICE },
			{ eventId: first.id, readers: 1, total: PRICE }
		]);
	});

	it('lets nobody use a receipt for something else', async () => {
		const { clock, alice, bob, events } = await aliceAndBob();
		const [first, second] = events as [VerifiedEvent, VerifiedEvent];
		await during(clock, talk(alice, bob).request([get([first.id], receipt(1))], paying(PRICE)));
		const reply = await during(clock, talk(alice, bob).request([get([second.id], receipt(1))]));
		expect(reply).toMatchObject({ type: 'refused', frames: [{ code: 'restricted' }] });
	});

	it('sells only what it may serve', async () => {
		const { world, clock, alice, bob } = await aliceAndBob();
		const carol = await world.peer('carol');
		const resold = await carol.publish('of Carol');
		bob.store.put(resold, clock.now());
		expect((await offers(clock, alice, bob)).some(({ id }) => id === resold.id)).toBe(false);
		const reply = await during(
			clock,
			talk(alice, bob).request([get([resold.id], receipt(1))], paying(PRICE))
		);
		expect(reply).toMatchObject({ type: 'refused', frames: [{ code: 'missing' }] });
	});

	it('keeps what it agrees to keep, refuses the rest, and counts what others may see', async () => {
		const { clock, alice, bob } = await aliceAndBob();
		const sign = (kind: number) =>
			signEvent(nodeCrypto, alice.random, alice.secret, {
				kind,
				created_at: Math.floor(clock.now() / 1000),
				tags: [],
				content: '{}'
			});
		const profile = await sign(0);
		const publish = (event: VerifiedEvent) => during(clock, alice.reader.publishTo(bob.contact, event));
		expect(await publish(profile)).toMatchObject({ ok: true, value: { accepted: true, text: '' } });
		expect(await publish(profile)).toMatchObject({
			ok: true,
			value: { accepted: true, text: 'duplicate: already here' }
		});
		expect(await publish(await sign(1))).toMatchObject({
			ok: true,
			value: { accepted: false, text: 'restricted: profiles only' }
		});
		expect(await publish({ ...profile, content: '{"name":"Mallory"}' })).toMatchObject({
			ok: true,
			value: { accepted: false, text: 'invalid: WrongId' }
		});
		const found = await during(clock, alice.reader.queryOnce(bob.contact, [{ kinds: [0] }]));
		expect(unwrap(found).map(({ id }) => id)).toEqual([profile.id]);
		const counted = await during(
			clock,
			talk(alice, bob).request([{ type: 'COUNT', requestId: 2, filters: [{ kinds: [0, 1] }] }])
		);
		expect(counted).toMatchObject({ type: 'fulfilled', frames: [{ type: 'COUNT', count: 4 }] });
	});

	/** Events of others that are here and not for sale, as an import leaves them. */
	const keepOthers = async (peer: Peer, count: number): Promise<void> => {
		const { commits, store, random } = peer;
		const put = commits.run(() => {
			for (let i = 0; i < count; i++)
				store.put(
					{
						id: bytesToHex(random.bytes(32)),
						pubkey: '0b'.repeat(32),
						created_at: 1_700_000_000 + i,
						kind: 1,
						tags: [],
						content: 'not for sale',
						sig: '00'.repeat(64)
					} as unknown as VerifiedEvent,
					START
				);
		});
		commits.flush();
		await put;
	};

	it('looks at a part of a large store for each packet, and the cursor leads to what lies behind', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		await keepOthers(bob, 2 * LIMITS.lookedAtPerPacket);
		const note = await bob.publish('behind all of them');
		const session = talk(alice, bob);
		const found: HaveEntry[] = [];
		let packets = 0;
		let cursor: Uint8Array | undefined;
		for (let more = true; more; packets++) {
			const question: Frame = { type: 'REQ', requestId: 1, filters: [{}], live: false };
			const reply = await during(clock, session.request([{ ...question, ...(cursor ? { cursor } : {}) }]));
			const frames = reply.type === 'fulfilled' ? reply.frames : [];
			for (const frame of frames) if (frame.type === 'HAVE') found.push(...frame.entries);
			const end = frames.find((frame) => frame.type === 'EOSE');
			if (end?.type !== 'EOSE') throw new Error(reply.type);
			({ more, cursor } = end);
		}
		expect(found.map(({ id }) => id)).toEqual([note.id]);
		expect(packets).toBeGreaterThan(2);
	});

	it('tells a live reader of a note behind a great many events that are not for sale', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(SECOND);
		await keepOthers(bob, 2 * LIMITS.lookedAtPerPacket);
		const note = await bob.publish('behind all of them');
		await clock.advance(SECOND);
		expect(has(alice, note, clock.now())).toBe(true);
	});

	it('answers the questions of one packet until they have looked at enough, and refuses a heap of them', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		await keepOthers(bob, 2 * LIMITS.lookedAtPerPacket);
		const ask = (frames: readonly Frame[]) => during(clock, talk(alice, bob).request(frames));
		const many = (count: number, type: 'REQ' | 'COUNT'): readonly Frame[] =>
			Array.from({ length: count }, (_, requestId) => ({ type, requestId, filters: [{}], live: false }));
		expect(await ask(many(2, 'REQ'))).toMatchObject({
			type: 'refused',
			frames: [
				{ type: 'EOSE', requestId: 0, more: true },
				{ type: 'CLOSED', requestId: 1, code: 'restricted' }
			]
		});
		expect(await ask([...many(1, 'REQ'), ...many(1, 'COUNT')])).toMatchObject({
			type: 'refused',
			frames: [{ type: 'EOSE' }, { type: 'NOTICE', code: 'too-large' }]
		});
		expect(await ask(many(LIMITS.framesPerPacket + 1, 'COUNT'))).toMatchObject({
			type: 'refused',
			frames: [{ type: 'NOTICE', code: 'too-large' }]
		});
	});

	it('takes no money for a question that costs nothing', async () => {
		const { clock, alice, bob } = await aliceAndBob();
		const reply = await during(
			clock,
			talk(alice, bob).request([{ type: 'REQ', requestId: 1, filters: [{}], live: false }], paying(PRICE))
		);
		expect(reply.type).toBe('refused');
		expect(bob.ledger.balance('income/notes')).toBe(0n);
	});

	it('tells every reader, also when there are more of them than are told in a turn', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		const told = new Set<string>();
		let newest = '';
		for (let one = 0; one < UNPAID_PER_LINK; one++) {
			const session = talk(alice, bob);
			session.onPush((frames) => {
				for (const frame of frames)
					if (frame.type === 'HAVE' && frame.entries.some(({ id }) => id === newest))
						told.add(`${one}/${frame.requestId}`);
				return [];
			});
			const all: readonly Frame[] = Array.from({ length: LIMITS.framesPerPacket }, (_, requestId) => {
				return { type: 'REQ', requestId, filters: [{}], live: true };
			});
			await during(clock, session.request(all));
		}
		await bob.publish('so that the addresses are proven');
		await clock.advance(SECOND);
		newest = (await bob.publish('for everybody')).id;
		await clock.advance(SECOND);
		expect(told.size).toBe(UNPAID_PER_LINK * LIMITS.framesPerPacket);
		expect(bob.seller.subscriptions()).toBe(told.size);
	});

	it('stops pushing to a reader who takes a hundred entries and gets none', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		bob.price = () => 2n * PRICE;
		alice.reader.follow(bob.pubkey, { maxPrice: PRICE, dailyLimit: PRICE });
		await clock.advance(SECOND);
		for (let i = 0; i < 110; i++) {
			await bob.publish(`note ${i}`);
			await clock.advance(100);
		}
		expect(alice.reader.views().get(bob.pubkey)?.waiting.count).toBe(100);
		await clock.advance(2 * MINUTE);
		expect(alice.reader.views().get(bob.pubkey)?.waiting.count).toBe(110);
	});

	it('sends one packet to an address that never answered, and no more', async () => {
		const { world, clock, alice, bob } = await aliceAndBob([]);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(SECOND);
		world.onPrepare = (from) => (from === 'bob' ? 'lose' : 'pass');
		for (let i = 0; i < 5; i++) {
			await bob.publish(`note ${i}`);
			await clock.advance(SECOND);
		}
		expect(world.carried.filter(({ from }) => from === 'bob')).toHaveLength(1);
	});
});

describe('a session', () => {
	it('has a new name every hour, and news still comes at once', async () => {
		const { world, clock, alice, bob } = await aliceAndBob();
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(63 * MINUTE);
		const names = new Set(
			world.carried.filter(({ from }) => from === 'alice').map(({ prepare }) => prepare.destination)
		);
		// The one it was opened by, the one of the keys right after, and one an hour later.
		expect(names.size).toBe(3);
		expect(bob.seller.subscriptions()).toBe(1);
		const note = await bob.publish('under the new name');
		await clock.advance(200);
		expect(has(alice, note, clock.now())).toBe(true);
	});

	it('that never paid makes room when all links together open too many', async () => {
		const { world, clock, alice, bob } = await aliceAndBob([]);
		const live: Frame = { type: 'REQ', requestId: 1, filters: [{}], live: true };
		for (const name of ['alice', 'carol', 'dora', 'emma']) {
			const guest = name === 'alice' ? alice : await world.peer(name);
			for (let i = 0; i < UNPAID_PER_LINK; i++) await during(clock, talk(guest, bob).request([live]));
		}
		expect(bob.seller.subscriptions()).toBe(2 * UNPAID_PER_LINK);
	});

	it('that never paid makes room when a link opens too many', async () => {
		const { clock, alice, bob } = await aliceAndBob([]);
		const first = talk(alice, bob);
		const live: Frame = { type: 'REQ', requestId: 1, filters: [{}], live: true };
		const told: Frame[] = [];
		first.onPush((frames) => {
			told.push(...frames);
			return [];
		});
		await during(clock, first.request([live]));
		await bob.publish('so that the address is proven');
		await clock.advance(SECOND);
		const others = Array.from({ length: UNPAID_PER_LINK }, () =>
			talk(alice, bob).request([{ type: 'CLOSE', requestId: 1 }])
		);
		await during(clock, Promise.all(others));
		await clock.advance(SECOND);
		expect(types(told)).toEqual(['HAVE', 'CLOSED idle']);
		expect(bob.seller.subscriptions()).toBe(0);
	});
});

describe('a hop that cheats', () => {
	it('replays a paid packet and is paid for nothing, even after a restart', async () => {
		const { world, clock, alice, bob } = await aliceAndBob(['one']);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		const paid = world.carried.find(
			({ from, prepare }) => from === 'alice' && prepare.amount > 0n
		) as Carried;
		const replay = () =>
			during(clock, world.deliver({ ...paid.prepare, expiresAt: clock.now() + 10 * SECOND }, 'hub'));
		expect(await replay()).toMatchObject({ type: 'reject', code: 'F99' });
		bob.stop();
		bob.begin();
		await clock.advance(20 * MINUTE);
		expect(await replay()).toMatchObject({ type: 'reject', code: 'F99' });
		expect(bob.ledger.balance('income/notes')).toBe(-PRICE);
	});

	it('plays a refused packet with money again, after a restart and with more money, and is sold nothing', async () => {
		const { world, clock, alice, bob, events } = await aliceAndBob(['one']);
		const [one] = events as [VerifiedEvent];
		world.onPrepare = () => 'lose';
		// The first of its session, so that its name opens another once this one is forgotten.
		void talk(alice, bob).request([get([one.id], new Uint8Array(16).fill(1))], paying(PRICE));
		await clock.advance(SECOND);
		const { prepare } = world.carried.at(-1) as Carried;
		const play = (amount: bigint) =>
			during(clock, world.deliver({ ...prepare, amount, expiresAt: clock.now() + 10 * SECOND }, 'hub'));
		expect(await play(prepare.amount - 1n)).toMatchObject({ type: 'reject', code: 'F99' });
		bob.stop();
		bob.begin();
		expect(await play(prepare.amount)).toMatchObject({ type: 'reject', code: 'F99' });
		expect(bob.ledger.balance('income/notes')).toBe(0n);
		expect(bob.sql.all('SELECT result FROM session_packet')).toEqual([{ result: 'refused' }]);
	});

	it('hands a reader its own packet back and learns no fulfillment', async () => {
		const { world, clock, alice, bob } = await aliceAndBob(['one']);
		let reflected: Promise<IlpFulfill | IlpReject>[] = [];
		const tags = new Set<string>();
		world.onPrepare = (from, prepare) => {
			if (from === 'bob') tags.add(prepare.destination);
			if (from === 'alice' && prepare.amount > 0n)
				for (const destination of tags) reflected.push(world.deliver({ ...prepare, destination }, 'hub'));
			return 'pass';
		};
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		await bob.publish('two');
		await clock.advance(5 * SECOND);
		const answers = await during(clock, Promise.all(reflected));
		reflected = [];
		expect(answers.length).toBeGreaterThan(0);
		for (const answer of answers) expect(answer).toMatchObject({ type: 'reject', code: 'F06' });
	});

	it('opens nothing with a token older than five minutes', async () => {
		const { world, clock, alice, bob } = await aliceAndBob(['one']);
		world.onPrepare = () => 'lose';
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(6 * MINUTE);
		const [held] = world.carried as [Carried];
		expect(await during(clock, world.deliver(held.prepare, 'hub'))).toMatchObject({
			type: 'reject',
			code: 'F06',
			data: new Uint8Array()
		});
	});

	it('changes a packet on the way and it is worth nothing', async () => {
		const { world, clock, alice, bob } = await aliceAndBob(['one']);
		alice.reader.follow(bob.pubkey, TERMS);
		await clock.advance(5 * SECOND);
		const paid = world.carried.find(
			({ from, prepare }) => from === 'alice' && prepare.amount > 0n
		) as Carried;
		const data = paid.prepare.data.slice();
		data[40] = (data[40] as number) ^ 1;
		expect(await during(clock, world.deliver({ ...paid.prepare, data }, 'hub'))).toMatchObject({
			type: 'reject',
			code: 'F06'
		});
	});
});
