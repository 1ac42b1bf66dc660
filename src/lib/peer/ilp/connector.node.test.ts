import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { utf8 } from '../bytes.ts';
import { createChannels, type Promised } from '../channel/channels.ts';
import { ildcpRequest, ZERO_FULFILLMENT, ZERO_FULFILLMENT_CONDITION } from '../codec/ildcp.ts';
import {
	decodeAmountTooLarge,
	decodePrepare,
	encodePrepare,
	type IlpPrepare,
	type IlpReply
} from '../codec/ilp.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import { accountKey } from '../link/account-transport.ts';
import { createLinkAccounts, type LearnedTerms } from '../link/accounts.ts';
import { createPackets } from '../link/packets.ts';
import type { Eventually } from '../platform.ts';
import type { SignedClaim } from '../settlement/chain.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import { SqlError, type SqlDriver } from '../storage/sql.ts';
import { insertBooked, sampleChannel } from '../testing/booked-channel.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createConnector } from './connector.ts';
import type { Incoming, Verdict } from './delivery.ts';
import { ROUTE_DESTINATION } from './peer-protocols.ts';
import { createRoutes } from './routes.ts';

const START = Date.UTC(2030, 0, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ALICE = 'a1'.repeat(32);
const BOB = 'b0'.repeat(32);
const ME = 'test.me';
const PREIMAGE = utf8('a preimage that is thirty-two by');
const CHANNEL = `0x${'0b'.repeat(32)}` as const;
const FULFILL: IlpReply = { type: 'fulfill', fulfillment: PREIMAGE, data: utf8('goods') };
const ALICE_TERMS = {
	owner: ALICE,
	role: 'child',
	credit: 1_000_000_000n,
	window: LIMITS.windowGuest,
	at: 0
} as const;
const BOB_TERMS = { owner: BOB, role: 'peer', credit: 0n, window: LIMITS.windowNode, at: 0 } as const;

interface Sent {
	readonly peer: string;
	readonly prepare: IlpPrepare;
	readonly bytes: Uint8Array;
	readonly claim: SignedClaim | undefined;
}

const toBob = sampleChannel({ id: CHANNEL, peer: BOB, direction: 'out', deposited: 10_000_000n });

/** A hub with two neighbours: Alice, who is trusted with a dollar, and Bob, to whom it has a channel. */
const open = (
	given: { sql?: SqlDriver; at?: number; signMs?: readonly number[]; durable?: () => Promise<void> } = {}
) => {
	const clock = createSimulatedClock(given.at ?? START, turn);
	const sql = given.sql ?? createNodeSql(':memory:');
	migrate(sql);
	const commits = createCommits(given.durable ? { ...sql, durable: given.durable } : sql, clock);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, 6);
	const packets = createPackets(sql);
	const accounts = createLinkAccounts(sql, ledger, channels, packets);
	const routes = createRoutes();
	if (!given.sql) {
		accounts.meet(ALICE, ALICE_TERMS);
		accounts.meet(BOB, BOB_TERMS);
		insertBooked({ channels, ledger }, toBob);
	}
	routes.set({ prefix: 'test.bob', peer: BOB, links: 3 });
	routes.set({ prefix: 'test.me.alice', peer: ALICE, links: 1 });

	const sent: Sent[] = [];
	const late: { readonly peer: string; readonly count: number }[] = [];
	const presented: string[] = [];
	const disagreements: string[] = [];
	const signMs = [...(given.signMs ?? [])];
	const host: {
		answer: (sent: Sent) => IlpReply | undefined | Promise<IlpReply | undefined>;
		state: 'up' | 'busy' | 'down';
		judge: (incoming: Incoming) => Eventually<Verdict | undefined>;
	} = { answer: () => FULFILL, state: 'up', judge: () => undefined };

	const connector = createConnector({
		platform: { clock, crypto: nobleCrypto, log: () => undefined },
		commits,
		ledger,
		accounts,
		packets,
		routes,
		receiver: { judge: async (incoming) => host.judge(incoming) },
		feePpm: 10_000n,
		addresses: () => [ME],
		childAddress: (peer) => (peer === ALICE ? 'test.me.alice' : undefined),
		scheme: 'test',
		neighbourAddress: (peer) => (peer === BOB ? 'test.bob' : 'test.me.alice'),
		onDisagreement: (peer) => disagreements.push(peer),
		onAgreement: (peer) => {
			disagreements.splice(0, disagreements.length, ...disagreements.filter((one) => one !== peer));
		},
		signClaim: (promised: Promised) =>
			new Promise((resolve) =>
				clock.after(signMs.shift() ?? 0, () =>
					resolve({
						key: promised.key,
						epoch: promised.epoch,
						cumulative: promised.cumulative,
						signature: new Uint8Array(65)
					})
				)
			),
		transport: {
			state: () => host.state,
			transmit: async (peer, bytes, claim) => {
				const decoded = decodePrepare(bytes);
				if (!decoded.ok) throw new Error('not a prepare');
				const one = { peer, prepare: decoded.value, bytes, claim };
				sent.push(one);
				return host.answer(one);
			},
			refuseLate: (peer, prepares) => late.push({ peer, count: prepares.length }),
			presentClaims: (peer) => presented.push(peer),
			drop: () => undefined
		}
	});
	/** Lets the clock run until the promise is there. */
	const wait = async <T>(promise: Promise<T>, mostMs = 60_000): Promise<T> => {
		let done = false;
		const seen = promise.finally(() => (done = true));
		seen.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + mostMs);
		return seen;
	};
	const audit = (): void => {
		expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
		expect([accounts.audit(ALICE), accounts.audit(BOB)]).toEqual([0n, 0n]);
	};
	return {
		clock,
		sql,
		commits,
		ledger,
		channels,
		accounts,
		packets,
		routes,
		connector,
		host,
		sent,
		late,
		presented,
		disagreements,
		wait,
		audit
	};
};
type World = ReturnType<typeof open>;

const prepare = (change: Partial<IlpPrepare> = {}): IlpPrepare => ({
	type: 'prepare',
	amount: 1_000_000n,
	expiresAt: START + 20_000,
	condition: sha256(PREIMAGE),
	destination: 'test.bob.shop',
	data: new Uint8Array([1]),
	...change
});
const from = (world: World, peer: string, packet: IlpPrepare | Uint8Array): Promise<IlpReply> =>
	world.wait(world.connector.handle(peer, packet instanceof Uint8Array ? packet : encodePrepare(packet)));
/** Of a neighbour that lets this node owe it so much. */
const lets = (peerCredit: bigint): LearnedTerms => ({
	payee: undefined,
	peerCredit,
	peerWindow: 0n,
	peerMaxPacket: LIMITS.maxPacket,
	payoutFee: undefined,
	payoutThreshold: undefined
});
const codeOf = (reply: IlpReply): string => (reply.type === 'reject' ? reply.code : 'fulfilled');

/** Takes any money for itself. */
const taking =
	(decide: () => boolean = () => true) =>
	(): Verdict => ({
		decide,
		fulfillment: PREIMAGE,
		booking: { kind: 'sell', account: 'income/notes' },
		reply: () => Promise.resolve(FULFILL)
	});

describe('a packet for somebody else', () => {
	it('is passed on for less money and less time, and the difference is earned', async () => {
		const world = open();
		expect(await from(world, ALICE, prepare())).toEqual(FULFILL);
		expect(world.sent[0]?.prepare.amount).toBe(990_000n);
		expect(world.sent[0]?.prepare.expiresAt).toBe(START + 19_000);
		expect(world.ledger.balance('income/routing')).toBe(-10_000n);
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(1_000_000n);
		world.audit();
	});

	it('moves on once it is in the log, with a new claim once that is on the disk, and its fulfill always then', async () => {
		const waiting: (() => void)[] = [];
		const world = open({ durable: () => new Promise((resolve) => waiting.push(resolve)) });
		const pass = async (n: number): Promise<string[]> => {
			const seen: string[] = [];
			const before = world.sent.length;
			const told = world.connector.handle(ALICE, encodePrepare(prepare({ data: new Uint8Array([n]) })));
			void told.then(({ type }) => seen.push(type));
			for (let syncs = 0; !seen.includes('fulfill'); syncs++) {
				await world.clock.advance(20);
				if (world.sent.length > before && !seen.includes('sent')) seen.push('sent');
				seen.push(`sync ${syncs + 1}`);
				waiting.shift()?.();
				await world.clock.advance(0);
			}
			return seen;
		};
		expect(await pass(1)).toEqual(['sync 1', 'sent', 'sync 2', 'fulfill']);
		expect(await pass(2)).toEqual(['sent', 'sync 1', 'fulfill']);
		expect(world.sent.map(({ claim }) => claim !== undefined)).toEqual([true, false]);
		world.audit();
	});

	it('moves on to a guest once it is on the disk: nobody would believe what it says that it delivered', async () => {
		const waiting: (() => void)[] = [];
		const world = open({ durable: () => new Promise((resolve) => waiting.push(resolve)) });
		const { accounts } = world;
		accounts.meet(BOB, { owner: BOB, role: 'peer', credit: 10_000_000n, window: LIMITS.windowNode, at: 0 });
		accounts.learn(ALICE, lets(10_000_000n));
		const told = world.connector.handle(BOB, encodePrepare(prepare({ destination: 'test.me.alice.notes' })));
		await world.clock.advance(20);
		expect([world.sent.length, waiting.length]).toEqual([0, 1]);
		waiting.shift()?.();
		await world.clock.advance(20);
		expect(world.sent.map(({ claim }) => claim)).toEqual([undefined]);
		waiting.shift()?.();
		expect((await world.wait(told)).type).toBe('fulfill');
		world.audit();
	});

	it('moves on to a plain account once it is in the log: its row could not help that neighbour', async () => {
		const waiting: (() => void)[] = [];
		const world = open({ durable: () => new Promise((resolve) => waiting.push(resolve)) });
		const shop = accountKey('shop');
		world.accounts.meet(shop, { owner: shop, role: 'child', credit: 0n, window: 0n, at: 0 });
		world.accounts.learn(shop, lets(10_000_000n));
		world.routes.set({ prefix: 'test.me.shop', peer: shop, links: 1 });
		const told = world.connector.handle(ALICE, encodePrepare(prepare({ destination: 'test.me.shop' })));
		await world.clock.advance(5);
		expect(world.sent.map(({ peer }) => peer)).toEqual([shop]);
		// What it was paid for is on the disk before anybody hears of it.
		let isTold = false;
		void told.then(() => (isTold = true));
		await world.clock.advance(20);
		expect([waiting.length, isTold]).toEqual([1, false]);
		waiting.shift()?.();
		expect((await world.wait(told)).type).toBe('fulfill');
		world.audit();
	});

	it('whose new claim the disk does not take never leaves and holds nothing back', async () => {
		const full = new SqlError('full', 'no room for another page');
		const disk: Promise<void>[] = [Promise.reject(full)];
		disk[0]?.catch(() => undefined);
		const world = open({ durable: () => disk.shift() ?? Promise.resolve() });
		expect(codeOf(await from(world, ALICE, prepare()))).toBe('T00');
		expect(world.sent).toEqual([]);
		expect(world.ledger.pendingGroups()).toEqual([]);
		expect([world.accounts.pendingIn(ALICE), world.accounts.pendingOut(BOB)]).toEqual([0n, 0n]);
		world.audit();
		expect(await from(world, ALICE, prepare({ data: new Uint8Array([2]) }))).toEqual(FULFILL);
		world.audit();
	});

	it('rounds the fee up, so that a hop never pays for a packet', async () => {
		const world = open();
		await from(world, ALICE, prepare({ amount: 101n }));
		expect(world.sent[0]?.prepare.amount).toBe(99n);
	});

	it('is held no longer than the hop holds anything', async () => {
		const world = open();
		await from(world, ALICE, prepare({ expiresAt: START + 3_600_000 }));
		expect(world.sent[0]?.prepare.expiresAt).toBeLessThanOrEqual(START + LIMITS.maxHoldMs);
	});

	it.each([
		['F01', 'is no packet', new Uint8Array([12, 3, 1, 2, 3])],
		['R00', 'expired on the way', prepare({ expiresAt: START })],
		['F00', 'would be remembered for years', prepare({ expiresAt: START + LIMITS.expiryMostMs + 1 })],
		['F02', 'is for nobody known', prepare({ destination: 'test.carol.x' })],
		['F02', 'is for another network', prepare({ destination: 'g.bob' })],
		['F02', 'leads back where it came from', prepare({ destination: 'test.me.alice.x' })],
		['R01', 'leaves nothing after the fee', prepare({ amount: 1n })],
		['R02', 'leaves no time for the next hop', prepare({ expiresAt: START + 2 * LIMITS.expiryMarginMs })],
		['F08', 'is larger than any packet may be', prepare({ amount: LIMITS.maxPacket + 1n })],
		['F02', 'would carry money to a neighbour request', prepare({ destination: 'peer.config' })]
	])('is refused with %s when it %s', async (code, _, packet) => {
		const world = open();
		expect(codeOf(await from(world, ALICE, packet))).toBe(code);
		expect(world.sent).toEqual([]);
		expect(world.ledger.statement({ limit: 9 }).map(({ kind }) => kind)).toEqual(['fund']);
	});

	it('says in an F08 how much would be taken', async () => {
		const reply = await from(open(), ALICE, prepare({ amount: LIMITS.maxPacket + 5n }));
		expect(decodeAmountTooLarge(reply.data)).toEqual({
			ok: true,
			value: { receivedAmount: LIMITS.maxPacket + 5n, maximumAmount: LIMITS.maxPacket }
		});
	});

	it('is refused with T01 or T02 while the next link is down or busy', async () => {
		const world = open();
		world.host.state = 'down';
		expect(codeOf(await from(world, ALICE, prepare()))).toBe('T01');
		world.host.state = 'busy';
		expect(codeOf(await from(world, ALICE, prepare({ data: new Uint8Array([2]) })))).toBe('T02');
	});

	it('is refused with T04 and the covered amount when the neighbour has not paid', async () => {
		const world = open();
		const reply = await from(world, BOB, prepare({ destination: 'test.me.alice' }));
		expect(codeOf(reply)).toBe('T04');
		expect(reply.data).toEqual(new Uint8Array(8));
		expect(world.sent).toEqual([]);
	});

	it('is refused with T04 and no word about accounts when the next link is not funded', async () => {
		const world = open();
		world.channels.apply(CHANNEL, 0, [{ type: 'seen', deposited: 0n, settled: 0n, closeAt: 1 }], 0);
		const reply = await from(world, ALICE, prepare());
		expect([codeOf(reply), reply.data.length]).toEqual(['T04', 0]);
	});

	it('is refused with T05 when its bytes are beyond the free data', async () => {
		const world = open();
		const large = (n: number) => prepare({ amount: 0n, data: new Uint8Array(30_000).fill(n) });
		world.host.answer = () => ({
			type: 'reject',
			code: 'F99',
			triggeredBy: '',
			message: '',
			data: new Uint8Array(0)
		});
		expect(codeOf(await from(world, ALICE, large(1)))).toBe('F99');
		expect(codeOf(await from(world, ALICE, large(2)))).toBe('F99');
		expect(codeOf(await from(world, ALICE, large(3)))).toBe('T05');
	});

	it('may not fill a link that others need: one neighbour gets a quarter of the room', async () => {
		const world = open();
		world.host.answer = () => new Promise(() => undefined);
		const big = (n: number) => prepare({ amount: 900_000_000n, data: new Uint8Array([n]) });
		void world.connector.handle(ALICE, encodePrepare(big(1)));
		await world.clock.advance(10);
		world.accounts.meet(ALICE, { ...ALICE_TERMS, credit: 100_000_000_000n });
		expect(codeOf(await from(world, ALICE, big(2)))).toBe('T04');
		expect(world.sent).toHaveLength(1);
	});

	it('that comes twice is answered once, before and after the memory of it is gone, and moves money once', async () => {
		const world = open();
		const bytes = encodePrepare(prepare());
		const both = [world.connector.handle(ALICE, bytes), world.connector.handle(ALICE, bytes)];
		expect(await world.wait(Promise.all(both))).toEqual([FULFILL, FULFILL]);
		expect(world.sent).toHaveLength(1);
		const again = open({ sql: world.sql, at: START + 5_000 });
		expect(await from(again, ALICE, bytes)).toEqual({ ...FULFILL, data: new Uint8Array(0) });
		expect(again.sent).toEqual([]);
		expect(again.ledger.balance(`link/${ALICE}`)).toBe(1_000_000n);
	});
});

describe('the same bytes from two neighbours', () => {
	it('are two packets: one that is paid and one that is refused, each with its own money', async () => {
		const world = open();
		const carol = 'ca'.repeat(32);
		world.accounts.meet(carol, { owner: carol, role: 'child', credit: 1_000_000_000n, window: 0n, at: 0 });
		// Longer than a hop holds anything, so that each is passed on with an expiry of its own.
		const bytes = encodePrepare(prepare({ expiresAt: START + 60_000 }));
		const answers: ((reply: IlpReply) => void)[] = [];
		world.host.answer = () => new Promise((resolve) => answers.push(resolve));
		const first = world.connector.handle(ALICE, bytes);
		await world.clock.advance(10);
		const second = world.connector.handle(carol, bytes);
		await world.clock.advance(10);
		expect(world.sent).toHaveLength(2);
		answers[0]?.(FULFILL);
		expect(await world.wait(first)).toEqual(FULFILL);
		answers[1]?.({
			type: 'reject',
			code: 'F99',
			triggeredBy: 'test.bob.shop',
			message: '',
			data: new Uint8Array(0)
		});
		expect(codeOf(await world.wait(second))).toBe('F99');
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(1_000_000n);
		expect(world.ledger.balance(`link/${carol}`)).toBe(0n);
		expect(world.accounts.audit(carol)).toBe(0n);
		world.audit();
	});
});

describe('the room on a link', () => {
	/** 20 packets of a tenth of W would fill the way to Bob twice. */
	const TENTH = LIMITS.windowNode / 10n;
	const crowd = () => {
		const world = open();
		world.accounts.meet(ALICE, { ...ALICE_TERMS, credit: 100_000_000_000n });
		world.routes.set({ prefix: 'test.bob.slow', peer: BOB, links: 4 });
		let n = 0;
		const ask = (destination: string, given: { amount?: bigint; from?: string } = {}) =>
			world.connector.handle(
				given.from ?? ALICE,
				encodePrepare(
					prepare({
						destination,
						amount: given.amount ?? TENTH,
						data: new Uint8Array([n >> 8, n++]),
						expiresAt: world.clock.now() + 20_000
					})
				)
			);
		const isSlow = (sent: Sent): boolean => sent.prepare.destination.startsWith('test.bob.slow');
		world.host.answer = (sent) => (isSlow(sent) ? new Promise(() => undefined) : FULFILL);
		/** Asks until the share is used up; answers how many packets went through. */
		const fill = async (destination: () => string, most = 20): Promise<number> => {
			const before = world.sent.length;
			for (let i = 0; i < most; i++) void ask(destination());
			await world.clock.advance(100);
			return world.sent.length - before;
		};
		return { ...world, ask, fill };
	};

	it('is left to others behind the same neighbour by a destination that does not answer', async () => {
		const world = crowd();
		const sent = await world.fill(() => 'test.bob.slow.author');
		expect([sent, world.accounts.pendingOut(BOB) * 4n <= LIMITS.windowNode]).toEqual([2, true]);
		expect((await world.wait(world.ask('test.bob.quick'))).type).toBe('fulfill');
	});

	it('is not had by writing another token behind the prefix', async () => {
		const world = crowd();
		let token = 0;
		expect(await world.fill(() => `test.bob.slow.author.token${token++}`)).toBe(2);
	});

	it('is not taken from one neighbour by what another sent', async () => {
		const world = crowd();
		const carol = 'ca'.repeat(32);
		world.accounts.meet(carol, {
			owner: carol,
			role: 'child',
			credit: 100n * LIMITS.maxPacket,
			window: 0n,
			at: 0
		});
		await world.fill(() => 'test.bob.slow.author');
		const before = world.sent.length;
		void world.ask('test.bob.slow.author', { from: carol });
		await world.clock.advance(100);
		expect(world.sent.length - before).toBe(1);
	});

	it('always has a place for one packet, however large', async () => {
		const world = crowd();
		const whole = prepare({ amount: LIMITS.maxPacket, destination: 'test.bob.slow.x' });
		world.accounts.meet(BOB, { ...BOB_TERMS, window: LIMITS.maxPacket });
		void world.connector.handle(ALICE, encodePrepare(whole));
		await world.clock.advance(100);
		expect(world.sent).toHaveLength(1);
	});

	it('shrinks to a tenth for a destination that never fulfils, and grows again once it does', async () => {
		const world = crowd();
		const small = { amount: TENTH / 2n };
		for (let i = 0; i < 6; i++) {
			void world.ask('test.bob.slow.author', small);
			await world.clock.advance(30_000);
			const [lost] = world.connector.lost(BOB);
			await world.wait(world.connector.resolve(BOB, lost as Uint8Array, 'rejected'));
		}
		expect(world.accounts.pendingOut(BOB)).toBe(0n);
		const rarely = await world.fill(() => 'test.bob.slow.author');
		expect(rarely).toBe(1);
		for (const hash of world.connector.lost(BOB))
			await world.wait(world.connector.resolve(BOB, hash, 'rejected'));

		world.host.answer = () => FULFILL;
		for (let i = 0; i < 8; i++) await world.wait(world.ask('test.bob.slow.author', small));
		world.host.answer = () => new Promise(() => undefined);
		expect(await world.fill(() => 'test.bob.slow.author')).toBe(2);
		world.audit();
	});

	it('counts what was under way before a restart, and remembers who rarely fulfils', async () => {
		const before = crowd();
		expect(await before.fill(() => 'test.bob.slow.author')).toBe(2);
		const after = open({ sql: before.sql, at: before.clock.now() });
		after.routes.set({ prefix: 'test.bob.slow', peer: BOB, links: 4 });
		const again = prepare({
			destination: 'test.bob.slow.other',
			amount: TENTH,
			data: new Uint8Array([99]),
			expiresAt: after.clock.now() + 20_000
		});
		expect(codeOf(await from(after, ALICE, again))).toBe('T04');
		for (const hash of after.connector.lost(BOB))
			await after.wait(after.connector.resolve(BOB, hash, 'rejected'));
		expect((await from(after, ALICE, { ...again, data: new Uint8Array([98]) })).type).toBe('fulfill');
	});
});

describe('requests to the neighbour itself', () => {
	it('tell a child its address, and nobody else one', async () => {
		const world = open();
		expect((await from(world, ALICE, ildcpRequest(START + 5_000))).type).toBe('fulfill');
		expect(codeOf(await from(world, BOB, ildcpRequest(START + 5_000)))).toBe('F02');
	});

	it('tell how many links lead to an address', async () => {
		const ask = (address: string) =>
			prepare({
				amount: 0n,
				destination: ROUTE_DESTINATION,
				condition: ZERO_FULFILLMENT_CONDITION,
				data: utf8(address)
			});
		const world = open();
		expect(await from(world, ALICE, ask('test.bob.shop'))).toEqual({
			type: 'fulfill',
			fulfillment: ZERO_FULFILLMENT,
			data: new Uint8Array([3, ...utf8('test.bob')])
		});
		expect(codeOf(await from(world, ALICE, ask('test.carol')))).toBe('F02');
	});

	it('are never passed on', async () => {
		const world = open();
		world.routes.set({ prefix: 'peer', peer: BOB, links: 1 });
		expect(codeOf(await from(world, ALICE, prepare({ amount: 0n, destination: 'peer.settle' })))).toBe('F02');
		expect(world.sent).toEqual([]);
	});
});

describe('a neighbour that is a stranger again', () => {
	it('begins as it began the first time, unless something is still under way to it', async () => {
		const world = open();
		const { connector, clock } = world;
		const full = connector.allowance(ALICE).bytes(clock.now());
		let answer: (reply: IlpReply) => void = () => undefined;
		world.host.answer = () => new Promise((resolve) => (answer = resolve));
		const reply = connector.handle(ALICE, encodePrepare(prepare({ data: new Uint8Array(5_000) })));
		await clock.advance(100);
		expect(connector.allowance(ALICE).bytes(clock.now())).toBeLessThan(full);
		connector.forget([ALICE, BOB]);
		expect(connector.countsOf(ALICE).received).toBe(0);
		expect(connector.countsOf(BOB).inFlight).toBe(1);
		expect(connector.allowance(ALICE).bytes(clock.now())).toBe(full);
		answer(FULFILL);
		expect((await world.wait(reply)).type).toBe('fulfill');
		expect(connector.countsOf(BOB).inFlight).toBe(0);
		world.audit();
	});
});

describe('a packet for this node', () => {
	it('is paid when its receiver takes it, in one transaction with what it did', async () => {
		const world = open();
		world.host.judge = taking();
		expect(await from(world, ALICE, prepare({ destination: 'test.me.shop' }))).toEqual(FULFILL);
		expect(world.ledger.balance('income/notes')).toBe(-1_000_000n);
		world.audit();
	});

	it('moves nothing when its receiver breaks while deciding', async () => {
		const world = open();
		world.host.judge = taking(() => {
			throw new Error('a bug');
		});
		expect(codeOf(await from(world, ALICE, prepare({ destination: ME })))).toBe('T00');
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(0n);
	});

	it('is fulfilled even if its receiver breaks after the money was taken', async () => {
		const world = open();
		world.host.judge = () => ({ ...taking()(), reply: () => Promise.reject(new Error('a bug')) });
		expect(await from(world, ALICE, prepare({ destination: ME }))).toEqual({
			...FULFILL,
			data: new Uint8Array(0)
		});
	});

	it('is not fulfilled by a tab that froze until it had expired', async () => {
		const world = open();
		world.host.judge = () => new Promise((resolve) => world.clock.after(5_000, () => resolve(taking()())));
		const reply = await from(world, ALICE, prepare({ destination: ME, expiresAt: START + 4_000 }));
		expect(codeOf(reply)).toBe('R00');
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(0n);
	});

	it('is covered by what earlier packets left, however many come at once', async () => {
		const world = open();
		world.host.judge = taking();
		const replies = await world.wait(
			Promise.all(
				[1, 2, 3].map((n) =>
					world.connector.handle(
						ALICE,
						encodePrepare(prepare({ destination: ME, amount: 400_000_000n, data: new Uint8Array([n]) }))
					)
				)
			)
		);
		expect(replies.map(codeOf).sort()).toEqual(['T04', 'fulfilled', 'fulfilled']);
	});
});

describe('what the next hop answers', () => {
	it('with a wrong preimage is a refusal: upstream hears F05 and nothing moves', async () => {
		const world = open();
		world.host.answer = () => ({ ...FULFILL, fulfillment: new Uint8Array(32) });
		expect(codeOf(await from(world, ALICE, prepare()))).toBe('F05');
		expect(world.ledger.pendingGroups()).toEqual([]);
		expect(world.accounts.pendingIn(ALICE)).toBe(0n);
		world.audit();
	});

	it('too late is refused: upstream has heard R00, and the next hop is told that it is not paid', async () => {
		const world = open();
		world.host.answer = () => new Promise((resolve) => world.clock.after(20_001, () => resolve(FULFILL)));
		expect(codeOf(await from(world, ALICE, prepare()))).toBe('R00');
		await world.clock.advance(5_000);
		expect(world.late).toEqual([{ peer: BOB, count: 1 }]);
		expect(world.ledger.balance(`link/${BOB}`)).toBe(world.channels.claims(BOB).to);
		expect(world.connector.untold(BOB)).toHaveLength(1);
		world.audit();
	});

	it('in the last moments is paid on both links or on none, and always told as it was booked', async () => {
		// This packet may be answered until 20,000 ms; the hop waits 500 ms less, its own packet lives 1,000 ms less.
		const moments = [18_999, 19_000, 19_001, 19_498, 19_499, 19_500, 19_501, 19_999, 20_000, 20_001];
		const told: string[] = [];
		for (const at of moments) {
			const world = open();
			world.host.answer = () => new Promise((resolve) => world.clock.after(at, () => resolve(FULFILL)));
			const code = codeOf(await from(world, ALICE, prepare()));
			await world.clock.advance(5_000);
			const [earned, spent] = [ALICE, BOB].map((peer) => world.accounts.get(peer));
			const paid = [earned?.fulfilledByMe, spent?.fulfilledByPeer];
			expect(paid).toEqual(code === 'fulfilled' ? [1_000_000n, 990_000n] : [0n, 0n]);
			expect([world.accounts.pendingIn(ALICE), world.accounts.pendingOut(BOB)]).toEqual([0n, 0n]);
			expect(world.late).toEqual(code === 'fulfilled' ? [] : [{ peer: BOB, count: 1 }]);
			world.audit();
			told.push(code);
		}
		expect(told[0]).toBe('fulfilled');
		expect(told.at(-1)).toBe('R00');
		// Once it is too late it stays too late.
		expect(told.lastIndexOf('fulfilled')).toBeLessThan(told.indexOf('R00'));
	});

	it('too late still counts where the packet began', async () => {
		const world = open();
		const outcomes: string[] = [];
		world.host.answer = () => new Promise((resolve) => world.clock.after(25_000, () => resolve(FULFILL)));
		const reply = await world.wait(
			world.connector.send({
				prepare: prepare(),
				booking: { kind: 'buy', account: 'expense/notes' },
				onOutcome: (outcome) => void outcomes.push(outcome.type)
			})
		);
		expect(codeOf(reply)).toBe('R00');
		expect(outcomes).toEqual([]);
		await world.clock.advance(10_000);
		expect(outcomes).toEqual(['fulfill']);
		expect(world.ledger.balance('expense/notes')).toBe(1_000_000n);
		world.audit();
	});

	it('in the name of this hub is passed on without that name', async () => {
		const world = open();
		world.host.answer = () => ({
			type: 'reject',
			code: 'T04',
			triggeredBy: ME,
			message: '',
			data: new Uint8Array(8)
		});
		expect(await from(world, ALICE, prepare())).toMatchObject({ code: 'T04', triggeredBy: '' });
	});

	it('after the link broke is told by the next hello, while there is time', async () => {
		const world = open();
		world.host.answer = () => undefined;
		const reply = world.connector.handle(ALICE, encodePrepare(prepare({ data: new Uint8Array(5_000) })));
		await world.clock.advance(2_000);
		const [lost] = world.connector.lost(BOB);
		expect(lost).toBeDefined();
		await world.wait(
			world.connector.resolve(BOB, lost as Uint8Array, { fulfillment: PREIMAGE, data: utf8('goods') })
		);
		expect(await world.wait(reply)).toEqual(FULFILL);
		world.audit();
	});

	it.each(['passed on', 'of my own'])(
		'after the link broke and %s is told to be known once what it means is on the disk',
		async (whose) => {
			const waiting: (() => void)[] = [];
			const world = open({ durable: () => new Promise((resolve) => waiting.push(resolve)) });
			const sync = async (): Promise<void> => {
				await world.clock.advance(20);
				for (const done of waiting.splice(0)) done();
				await world.clock.advance(20);
			};
			world.host.answer = () => undefined;
			const reply =
				whose === 'of my own'
					? world.connector.send({ prepare: prepare(), booking: { kind: 'buy', account: 'expense/notes' } })
					: world.connector.handle(ALICE, encodePrepare(prepare()));
			await sync();
			const [lost] = world.connector.lost(BOB);
			let isAcknowledged = false;
			const told = world.connector
				.resolve(BOB, lost as Uint8Array, { fulfillment: PREIMAGE, data: utf8('goods') })
				.finally(() => (isAcknowledged = true));
			// Whoever is acknowledged forgets, and a power failure here would leave this node alone with the question.
			await world.clock.advance(50);
			expect([world.packets.find(BOB, 'out', lost as Uint8Array)?.state, waiting.length]).toEqual([
				'fulfilled',
				1
			]);
			expect(isAcknowledged).toBe(false);
			await sync();
			expect(await world.wait(told)).toBe('counted');
			expect((await world.wait(reply)).type).toBe('fulfill');
			world.audit();
		}
	);

	it('after the link broke is not told to be known when the disk has no room for it', async () => {
		const world = open();
		world.host.answer = () => undefined;
		const reply = world.connector.send({
			prepare: prepare(),
			booking: { kind: 'buy', account: 'expense/notes' },
			onOutcome: () => {
				throw new SqlError('full', 'no room for another page');
			}
		});
		reply.catch(() => undefined);
		await world.clock.advance(100);
		const [lost] = world.connector.lost(BOB);
		const told = world.connector.resolve(BOB, lost as Uint8Array, {
			fulfillment: PREIMAGE,
			data: utf8('goods')
		});
		await expect(world.wait(told)).rejects.toThrow('no room');
		await expect(world.wait(reply)).rejects.toThrow('no room');
		expect(world.connector.lost(BOB)).toHaveLength(1);
	});
});

describe('a crash between the pending transfer and the answer', () => {
	const crashed = async (): Promise<{ sql: SqlDriver; lost: Uint8Array }> => {
		const world = open();
		world.host.answer = () => new Promise(() => undefined);
		void world.connector.handle(ALICE, encodePrepare(prepare({ data: new Uint8Array(5_000) })));
		await world.clock.advance(100);
		return { sql: world.sql, lost: world.connector.lost(BOB)[0] as Uint8Array };
	};

	it('is resolved by the hello in time: both sides count', async () => {
		const { sql, lost } = await crashed();
		const world = open({ sql, at: START + 5_000 });
		const told = await world.wait(
			world.connector.resolve(BOB, lost, { fulfillment: PREIMAGE, data: new Uint8Array(0) })
		);
		expect(told).toBe('counted');
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(1_000_000n);
		world.audit();
	});

	it('is resolved by the hello too late: nobody upstream pays, so the next hop is refused', async () => {
		const { sql, lost } = await crashed();
		const world = open({ sql, at: START + 50_000 });
		expect(world.accounts.pendingIn(ALICE)).toBe(1_000_000n);
		await world.wait(world.commits.run(() => world.connector.sweep()));
		expect(world.accounts.pendingIn(ALICE)).toBe(0n);
		const told = await world.wait(
			world.connector.resolve(BOB, lost, { fulfillment: PREIMAGE, data: new Uint8Array(0) })
		);
		expect(told).toBe('late');
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(0n);
		world.audit();
	});

	it('is void when the next hop never saw the packet', async () => {
		const { sql, lost } = await crashed();
		const world = open({ sql, at: START + 5_000 });
		await world.wait(world.connector.resolve(BOB, lost, 'rejected'));
		expect(world.ledger.pendingGroups()).toEqual([]);
		expect([world.accounts.pendingIn(ALICE), world.accounts.pendingOut(BOB)]).toEqual([0n, 0n]);
		world.audit();
	});

	it('does not open the door to my own packet coming back', async () => {
		const before = open();
		before.host.answer = () => new Promise(() => undefined);
		void before.connector.send({ prepare: prepare(), booking: { kind: 'buy', account: 'expense/notes' } });
		await before.clock.advance(100);
		const world = open({ sql: before.sql, at: START + 1_000 });
		expect(codeOf(await from(world, ALICE, prepare({ destination: ME })))).toBe('F00');
	});
});

describe('a packet of my own', () => {
	it('that comes back while it is under way is refused', async () => {
		const world = open();
		world.host.answer = () => new Promise(() => undefined);
		void world.connector.send({ prepare: prepare({ amount: 0n }) });
		await world.clock.advance(10);
		expect(codeOf(await from(world, BOB, prepare({ amount: 0n, destination: ME })))).toBe('F00');
	});

	it('that is not written does not leave', async () => {
		const world = open();
		const sending = world.connector.send({
			prepare: prepare(),
			booking: { kind: 'buy', account: 'expense/notes' },
			onBegin: () => {
				throw new Error('disk full');
			}
		});
		await expect(world.wait(sending)).rejects.toThrow('disk full');
		expect(world.sent).toEqual([]);
		expect(world.ledger.pendingGroups()).toEqual([]);
		// And it holds up nobody behind it.
		expect((await from(world, ALICE, prepare())).type).toBe('fulfill');
	});

	it('leaves once it is in the log, but on the disk first with a new claim or where no hello would bring it back', async () => {
		const waiting: (() => void)[] = [];
		const world = open({ durable: () => new Promise((resolve) => waiting.push(resolve)) });
		const syncs = async (): Promise<void> => {
			for (let n = 0; n < 3; n += 1) {
				await world.clock.advance(20);
				waiting.shift()?.();
			}
		};
		/** Whether it has left before the disk took anything. */
		const send = async (destination: string, amount: bigint): Promise<boolean> => {
			const before = world.sent.length;
			void world.connector.send({
				prepare: prepare({ destination, amount, data: new Uint8Array([before]) }),
				booking: { kind: 'buy', account: 'expense/notes' }
			});
			await world.clock.advance(5);
			const isAtOnce = world.sent.length > before;
			await syncs();
			expect(world.sent.length).toBe(before + 1);
			return isAtOnce;
		};
		expect(await send('test.bob.shop', 1_000_000n)).toBe(false);
		expect(world.sent[0]?.claim).toBeDefined();
		expect(await send('test.bob.shop', 1_000_000n)).toBe(true);
		expect(world.sent[1]?.claim).toBeUndefined();
		// What he may spend of mine without a claim is more than he would be believed.
		await world.wait(world.commits.run(() => world.accounts.learn(BOB, lets(LIMITS.windowNode)), 'written'));
		expect(await send('test.bob.shop', 1_000_000n)).toBe(false);
		// A guest is not believed at all.
		await world.wait(world.commits.run(() => world.accounts.learn(ALICE, lets(10_000_000n)), 'written'));
		expect(await send('test.me.alice.notes', 1_000_000n)).toBe(false);
		world.audit();
	});

	it('whose claim the disk does not take never leaves and holds nothing back', async () => {
		const disk: Promise<void>[] = [Promise.reject(new SqlError('full', 'no room for another page'))];
		disk[0]?.catch(() => undefined);
		const world = open({ durable: () => disk.shift() ?? Promise.resolve() });
		const send = (n: number): Promise<IlpReply> =>
			world.wait(
				world.connector.send({
					prepare: prepare({ data: new Uint8Array([n]) }),
					booking: { kind: 'buy', account: 'expense/notes' }
				})
			);
		await expect(send(1)).rejects.toThrow('no room');
		expect(world.sent).toEqual([]);
		expect([world.ledger.pendingGroups(), world.accounts.pendingOut(BOB)]).toEqual([[], 0n]);
		expect((await send(2)).type).toBe('fulfill');
		world.audit();
	});

	it('never overtakes the claim it needs, however slow the signing', async () => {
		const world = open({ signMs: [500, 1] });
		const send = (n: number, amount: bigint) =>
			world.connector.send({
				prepare: prepare({ amount, data: new Uint8Array([n]) }),
				booking: { kind: 'buy', account: 'expense/notes' }
			});
		await world.wait(Promise.all([send(1, 1_000n), send(2, 1_000n), send(3, 1_000n)]));
		expect(world.sent.map(({ prepare: { data } }) => data[0])).toEqual([1, 2, 3]);
		expect(world.sent.map(({ claim }) => claim !== undefined)).toEqual([true, false, false]);
	});

	it('passes a hop and an origin in the order of their transactions', async () => {
		const world = open({ signMs: [300] });
		const forwarded = world.connector.handle(ALICE, encodePrepare(prepare({ data: new Uint8Array([1]) })));
		await world.clock.advance(0);
		const own = world.connector.send({
			prepare: prepare({ data: new Uint8Array([2]) }),
			booking: { kind: 'buy', account: 'expense/notes' }
		});
		await world.wait(Promise.all([forwarded, own]));
		expect(world.sent.map(({ prepare: { data } }) => data[0])).toEqual([1, 2]);
	});
});

describe('a payer that wants to leave', () => {
	const leaving = {
		type: 'seen',
		deposited: toBob.deposited,
		settled: 0n,
		closeAt: 9_999,
		isEnding: false
	} as const;

	it('is served nothing more, though its claims cover it: T04, and nothing moves', async () => {
		const world = open();
		world.accounts.meet(ALICE, { owner: ALICE, role: 'child', credit: 0n, window: 0n, at: 0 });
		const fromAlice = { ...toBob, id: `0x${'0a'.repeat(32)}`, peer: ALICE, direction: 'in' } as const;
		insertBooked(world, fromAlice);
		const claim = { cumulative: 5_000n, signature: new Uint8Array(65), isChecked: true, trust: 0n } as const;
		world.channels.apply(fromAlice.id, 0, [{ type: 'claim', ...claim }], 1);
		expect(await from(world, ALICE, prepare())).toEqual(FULFILL);
		world.channels.apply(fromAlice.id, 0, [leaving], 2);
		world.host.judge = taking();
		for (const destination of ['test.bob.shop', 'test.me.shop'])
			expect(codeOf(await from(world, ALICE, prepare({ destination, data: new Uint8Array([2]) })))).toBe(
				'T04'
			);
		expect(world.sent.length).toBe(1);
		world.audit();
	});

	it.each([
		['together', { type: 'freeze', capture: 0n }],
		['on the chain', leaving]
	] as const)('%s sends nothing more, though what it claimed would cover it', async (_, end) => {
		const world = open();
		const send = (n: number) =>
			world.wait(
				world.connector.send({
					prepare: prepare({ data: new Uint8Array([n]) }),
					booking: { kind: 'buy', account: 'expense/notes' }
				})
			);
		expect(await send(1)).toEqual(FULFILL);
		expect(world.accounts.prepaid(BOB)).toBeGreaterThan(1_000_000n);
		world.channels.apply(CHANNEL, 0, [end], 1);
		expect(codeOf(await send(2))).toBe('T04');
		expect(codeOf(await from(world, ALICE, prepare()))).toBe('T04');
		expect(world.sent.length).toBe(1);
		world.audit();
	});
});

describe('a neighbour whose books differ', () => {
	const uncovered: IlpReply = {
		type: 'reject',
		code: 'T04',
		triggeredBy: 'test.bob',
		message: '',
		data: new Uint8Array(8)
	};
	const buy = (world: World, n: number, amount = 1_000n) =>
		world.wait(
			world.connector.send({
				prepare: prepare({ amount, data: new Uint8Array([n]) }),
				booking: { kind: 'buy', account: 'expense/notes' }
			})
		);

	it('gets the newest claim shown again, and after three refusals nothing more is signed to it', async () => {
		const world = open();
		world.host.answer = () => uncovered;
		for (let n = 0; n < LIMITS.uncoveredRejects; n++) await buy(world, n);
		expect(world.presented).toEqual([BOB, BOB, BOB]);
		expect(world.disagreements).toEqual([BOB]);
		const claimed = world.channels.get(CHANNEL)?.claimed;
		expect(codeOf(await buy(world, 9, LIMITS.windowNode))).toBe('T04');
		expect(world.channels.get(CHANNEL)?.claimed).toBe(claimed);
	});

	it('is believed again once it fulfils what is already promised', async () => {
		const world = open();
		world.host.answer = () => uncovered;
		for (let n = 0; n < LIMITS.uncoveredRejects; n++) await buy(world, n);
		world.host.answer = () => FULFILL;
		expect((await buy(world, 5)).type).toBe('fulfill');
		expect((await buy(world, 6, LIMITS.windowNode / 2n + 1n)).type).toBe('fulfill');
		expect(world.disagreements).toEqual([]);
	});

	it.each(['agreed', 'paidOut'] as const)(
		'is believed again, and the person hears no more of it, once the books agree (%s)',
		async (how) => {
			const world = open();
			world.host.answer = () => uncovered;
			for (let n = 0; n < LIMITS.uncoveredRejects; n++) await buy(world, n);
			expect(world.disagreements).toEqual([BOB]);
			world.connector[how](ALICE);
			expect(world.disagreements).toEqual([BOB]);
			world.connector[how](BOB);
			expect(world.disagreements).toEqual([]);
			world.host.answer = () => FULFILL;
			expect((await buy(world, 6, LIMITS.windowNode / 2n + 1n)).type).toBe('fulfill');
		}
	);

	it('is not meant by a T04 from further on', async () => {
		const world = open();
		world.host.answer = () => ({ ...uncovered, triggeredBy: 'test.bob.carol' });
		for (let n = 0; n < LIMITS.uncoveredRejects; n++) await buy(world, n);
		expect(world.disagreements).toEqual([]);
	});

	/** Fulfils one packet of Alice's and answers its hash. */
	const delivered = async (world: World, n: number, amount: bigint): Promise<Uint8Array> => {
		world.host.judge = taking();
		const bytes = encodePrepare(
			prepare({ destination: ME, amount, data: new Uint8Array([n]), expiresAt: world.clock.now() + 20_000 })
		);
		await from(world, ALICE, bytes);
		return sha256(bytes);
	};

	it('may call late what was told by a hello, once', async () => {
		const world = open();
		const hash = await delivered(world, 1, 1_000_000n);
		world.connector.toldByHello(ALICE, hash);
		expect(await world.wait(world.connector.takeLate(ALICE, [hash]))).toBe('taken');
		await world.wait(world.connector.takeLate(ALICE, [hash]));
		expect(world.ledger.balance('expense/late')).toBe(1_000_000n);
		expect(world.ledger.balance(`link/${ALICE}`)).toBe(0n);
		world.audit();
	});

	it('is believed again when what it refused for was a fulfilment that came late', async () => {
		const world = open();
		const hash = await delivered(world, 1, 1_000_000n);
		world.host.answer = () => ({ ...uncovered, triggeredBy: 'test.me.alice' });
		const toAlice = (n: number, amount: bigint) =>
			world.wait(
				world.connector.send({
					prepare: prepare({ destination: 'test.me.alice', amount, data: new Uint8Array([n]) }),
					booking: { kind: 'buy', account: 'expense/notes' }
				})
			);
		// What the fulfilment brought is spent with her, and she does not know of it.
		for (let n = 0; n < LIMITS.uncoveredRejects; n++) await toAlice(n, 1_000n);
		expect(world.disagreements).toEqual([ALICE]);
		world.connector.toldByHello(ALICE, hash);
		await world.wait(world.connector.takeLate(ALICE, [hash]));
		expect(world.disagreements).toEqual([]);
		world.audit();
	});

	it('may not call late everything it got: beyond W it is cut', async () => {
		const world = open();
		const verdicts: string[] = [];
		for (let n = 0; n < 6; n++) {
			const hash = await delivered(world, n, 10_000_000n);
			verdicts.push(await world.wait(world.connector.takeLate(ALICE, [hash])));
		}
		expect(verdicts.at(-1)).toBe('cut');
		expect(world.ledger.balance('expense/late')).toBeLessThanOrEqual(LIMITS.windowGuest);
		expect(world.disagreements).toContain(ALICE);
		// A payout explains nothing here; equal totals in a hello do.
		world.connector.paidOut(ALICE);
		expect(world.disagreements).toContain(ALICE);
		world.connector.agreed(ALICE);
		expect(world.disagreements).not.toContain(ALICE);
		world.audit();
	});
});
