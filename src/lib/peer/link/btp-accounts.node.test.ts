import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { concatBytes, utf8 } from '../bytes.ts';
import { decodeBtpPacket, encodeBtpPacket, type BtpPacket, type ProtocolData } from '../codec/btp.ts';
import { decodeReply, encodeIlpPacket, encodePrepare, type IlpReply } from '../codec/ilp.ts';
import { createPeer } from '../create-peer.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { LIMITS } from '../limits.ts';
import type { Peer } from '../peer.ts';
import type { Socket } from '../platform.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createSimulatedNetwork } from '../testing/simulated-network.ts';
import { accountKey, type AccountConfig } from './account-transport.ts';
import { BUNDLES } from './auth-data.ts';
import { find, octets, text } from './protocol-data.ts';

const START = Date.UTC(2030, 0, 1);
const HUB_URL = 'ws://hub/btp';
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const PREIMAGE = utf8('a preimage that is thirty-two by');
const FULFILL = encodeIlpPacket({ type: 'fulfill', fulfillment: PREIMAGE, data: utf8('goods') });

const account = (name: string, change: Partial<AccountConfig> = {}): AccountConfig => ({
	name,
	role: 'child',
	asset: { code: 'USD', scale: 9 },
	maxBalance: 1_000_000n,
	over: { type: 'btp', token: `token-of-${name}` },
	...change
});

const world = () => {
	const clock = createSimulatedClock(START, turn);
	const network = createSimulatedNetwork(clock, createSeededRandom('network'), { latencyMs: [5, 5] });

	const node = async (name: string, accounts: readonly AccountConfig[], given: { sql?: SqlDriver } = {}) => {
		const sql = given.sql ?? createNodeSql(':memory:');
		let done = false;
		const making = createPeer(
			{
				clock,
				random: createSeededRandom(name),
				crypto: nobleCrypto,
				sql,
				dial: network.dial,
				chain: undefined,
				log: () => undefined
			},
			{
				network: 'test',
				address: 'own',
				uplinks: [],
				neighbours: [],
				acceptGuests: false,
				accounts,
				routes: [{ prefix: 'test.far', via: 'far' }],
				deposits: [],
				feePpm: 0n,
				price: 0n,
				keepsAnnouncements: false,
				payoutTerms: undefined,
				payeeSecret: undefined,
				rpcUrl: '',
				storageKind: 'memory'
			}
		).finally(() => (done = true));
		making.catch(() => undefined);
		await clock.runWhile(() => !done, clock.now() + 10_000);
		const peer = await making;
		return { peer, sql, address: peer.status().addresses[0] as string };
	};
	const hub = async (accounts: readonly AccountConfig[], given: { sql?: SqlDriver } = {}) => {
		const made = await node('hub', accounts, given);
		const unlisten = network.listen(HUB_URL, (socket) => made.peer.accept(socket, HUB_URL));
		made.peer.start();
		return { ...made, unlisten };
	};

	/** Somebody who speaks BTP by hand; `onPrepare` answers what comes. */
	const stranger = async (
		onPrepare: (prepare: Uint8Array) => readonly ProtocolData[] | undefined = () => undefined
	) => {
		const dialling = network.dial(HUB_URL);
		await clock.advance(50);
		const dialled = await dialling;
		if (!dialled.ok) throw new Error('nobody there');
		const socket: Socket = dialled.value;
		const heard: BtpPacket[] = [];
		const state = { closed: false, prepares: 0, lastRequest: 0, answers: [] as number[] };
		socket.listen({
			onMessage: (bytes) => {
				const packet = decodeBtpPacket(bytes);
				if (!packet.ok) return;
				heard.push(packet.value);
				if (packet.value.type !== 'message') {
					if (packet.value.requestId < 1_000) state.answers.push(packet.value.requestId);
					return;
				}
				const prepare = find(packet.value.protocolData, 'ilp');
				state.lastRequest = packet.value.requestId;
				if (prepare) state.prepares += 1;
				const answer = prepare ? onPrepare(prepare) : [];
				if (answer)
					socket.send(
						encodeBtpPacket({ type: 'response', requestId: packet.value.requestId, protocolData: answer })
					);
			},
			onClose: () => (state.closed = true)
		});
		let requestId = 1_000;
		const say = async (
			protocolData: readonly ProtocolData[],
			waitMs = 100
		): Promise<BtpPacket | undefined> => {
			requestId += 1;
			const mine = requestId;
			socket.send(encodeBtpPacket({ type: 'message', requestId: mine, protocolData }));
			await clock.advance(waitMs);
			return heard.find((packet) => packet.requestId === mine && packet.type !== 'message');
		};
		const authenticate = (name: string, token = `token-of-${name}`) =>
			say([octets('auth', new Uint8Array(0)), text('auth_username', name), text('auth_token', token)]);
		const ask = async (packet: Uint8Array, waitMs?: number): Promise<IlpReply | undefined> => {
			const answer = await say([octets('ilp', packet)], waitMs);
			const bytes = answer?.type === 'response' ? find(answer.protocolData, 'ilp') : undefined;
			const reply = bytes && decodeReply(bytes);
			return reply?.ok ? reply.value : undefined;
		};
		return { socket, state, say, authenticate, ask };
	};
	const pay = (destination: string, amount: bigint, n = 0): Uint8Array =>
		encodePrepare({
			type: 'prepare',
			amount,
			expiresAt: clock.now() + 10_000,
			condition: sha256(PREIMAGE),
			destination,
			data: new Uint8Array([n])
		});
	const owes = (peer: Peer, name: string): bigint =>
		peer.status().balances.get(`link/${accountKey(name)}`) ?? 0n;
	const underWay = (peer: Peer): bigint =>
		peer.status().links.reduce((sum, { pendingIn, pendingOut }) => sum + pendingIn + pendingOut, 0n);
	return { clock, network, node, hub, stranger, pay, owes, underWay };
};
const codeOf = (reply: IlpReply | undefined): string | undefined =>
	reply?.type === 'reject' ? reply.code : reply?.type;

describe('a neighbour with a token', () => {
	it('that dials keeps its account through a connection that died without a farewell', async () => {
		const { hub, node, stranger, clock, network, pay, owes } = world();
		const server = await hub([account('a'), account('b')]);
		const client = await node('client', [
			account('hub', {
				role: 'parent',
				over: { type: 'btp', token: 'token-of-b', username: 'b', url: HUB_URL }
			})
		]);
		client.peer.start();
		await clock.advance(1_000);
		network.swallow(HUB_URL);
		await clock.advance(LIMITS.heartbeatMs + LIMITS.heartbeatAnswerMs + 3_000);
		const a = await stranger();
		await a.authenticate('a');
		// Nobody at the other end knows what it is for: it was delivered all the same.
		const reply = await a.ask(pay(`${server.address}.b.x`, 10n));
		expect(reply).toMatchObject({ type: 'reject', code: 'F02', triggeredBy: client.address });
		expect(owes(server.peer, 'a')).toBe(0n);
	});

	it('may ask whether somebody is there, and is asked', async () => {
		const { hub, stranger, clock } = world();
		await hub([account('a')]);
		const a = await stranger();
		await a.authenticate('a');
		expect(await a.say([])).toMatchObject({ type: 'response', protocolData: [] });
		await clock.advance(10 * LIMITS.heartbeatMs);
		expect(a.state.closed).toBe(false);
	});

	it('who answers nothing, or something that is no answer, is not paid, and the money is free again', async () => {
		const { hub, stranger, clock, pay, owes, underWay } = world();
		const { peer, address } = await hub([account('a'), account('far', { role: 'peer' })]);
		const answers: (readonly ProtocolData[] | undefined)[] = [
			undefined,
			[],
			[octets('ilp', new Uint8Array([13, 1, 2, 3]))],
			[
				octets(
					'ilp',
					encodeIlpPacket({ type: 'fulfill', fulfillment: new Uint8Array(32), data: new Uint8Array(0) })
				)
			]
		];
		const far = await stranger(() => answers[far.state.prepares - 1]);
		await far.authenticate('far');
		const a = await stranger();
		await a.authenticate('a');
		const heard: (string | undefined)[] = [];
		for (let n = 0; n < answers.length; n++)
			heard.push(codeOf(await a.ask(pay('test.far.shop', 100n, n), 12_000)));
		expect(heard).toEqual(['R00', 'R00', 'R00', 'F05']);
		await clock.advance(5_000);
		expect([owes(peer, 'a'), owes(peer, 'far'), underWay(peer)]).toEqual([0n, 0n, 0n]);
		expect(peer.status().audit).toEqual({ sum: 0n, differences: 0 });
		expect([address.length > 0, far.state.closed]).toEqual([true, false]);
	});

	it('who fulfils too late is not paid for it', async () => {
		const { hub, stranger, clock, pay, owes, underWay } = world();
		const { peer } = await hub([account('a'), account('far', { role: 'peer' })]);
		const far = await stranger();
		await far.authenticate('far');
		const a = await stranger();
		await a.authenticate('a');
		// Half a second before the packet's own expiry nobody is waited for any more.
		expect(codeOf(await a.ask(pay('test.far.shop', 100n), 9_700))).toBe('R00');
		expect(underWay(peer)).toBe(100n);
		far.socket.send(
			encodeBtpPacket({
				type: 'response',
				requestId: far.state.lastRequest,
				protocolData: [octets('ilp', FULFILL)]
			})
		);
		await clock.advance(1_000);
		expect([owes(peer, 'a'), owes(peer, 'far'), underWay(peer)]).toEqual([0n, 0n, 0n]);
	});

	it('who vanishes with a packet is not waited for beyond its expiry, also when this node ended meanwhile', async () => {
		const { hub, stranger, clock, network, pay, owes, underWay } = world();
		const accounts = [account('a'), account('far', { role: 'peer' })];
		const before = await hub(accounts);
		const far = await stranger();
		await far.authenticate('far');
		const a = await stranger();
		await a.authenticate('a');
		expect(await a.ask(pay('test.far.shop', 100n))).toBeUndefined();
		expect(underWay(before.peer)).toBe(200n);
		before.unlisten();
		network.cut(HUB_URL);
		const stopping = before.peer.stop();
		await clock.advance(1_000);
		await stopping;
		const after = await hub(accounts, { sql: before.sql });
		expect(underWay(after.peer)).toBe(200n);
		await clock.advance(120_000);
		expect([owes(after.peer, 'a'), owes(after.peer, 'far'), underWay(after.peer)]).toEqual([0n, 0n, 0n]);
	});

	it('gets the same answer for the same packet on another connection, and pays once', async () => {
		const { hub, stranger, pay, owes } = world();
		const { peer } = await hub([account('a'), account('far', { role: 'peer' })]);
		const far = await stranger(() => [octets('ilp', FULFILL)]);
		await far.authenticate('far');
		const packet = pay('test.far.shop', 100n);
		const first = await stranger();
		await first.authenticate('a');
		expect(codeOf(await first.ask(packet))).toBe('fulfill');
		const second = await stranger();
		await second.authenticate('a');
		expect(first.state.closed).toBe(true);
		expect(codeOf(await second.ask(packet))).toBe('fulfill');
		expect([owes(peer, 'a'), owes(peer, 'far'), far.state.prepares]).toEqual([100n, -100n, 1]);
	});
});

describe('a neighbour that sends what nobody should', () => {
	/** A prepare whose lengths say more than there is, or more than a packet may hold. */
	const oversized = (dataBytes: number): Uint8Array => {
		const data = new Uint8Array(dataBytes);
		const head = new Uint8Array([
			...[0, 0, 0, 0, 0, 0, 0, 1],
			...utf8('20300101000010000'),
			...sha256(PREIMAGE),
			...[8, ...utf8('test.far')]
		]);
		const length = head.length + 3 + dataBytes;
		return new Uint8Array([
			...[12, 0x83, length >> 16, (length >> 8) & 255, length & 255],
			...head,
			...[0x83, dataBytes >> 16, (dataBytes >> 8) & 255, dataBytes & 255],
			...data
		]);
	};

	it('too much in one packet hears F01, and the next packet is served', async () => {
		const { hub, stranger, pay, owes, underWay } = world();
		const { peer } = await hub([
			account('a', { freeBytesPerSecond: 1_000_000 }),
			account('far', { role: 'peer' })
		]);
		const far = await stranger(() => [octets('ilp', FULFILL)]);
		await far.authenticate('far');
		const a = await stranger();
		await a.authenticate('a');
		for (const bytes of [LIMITS.ilpDataBytes + 1, 100_000, 200_000])
			expect(codeOf(await a.ask(oversized(bytes)))).toBe('F01');
		expect(codeOf(await a.ask(pay('test.far.shop', 100n)))).toBe('fulfill');
		expect([owes(peer, 'a'), far.state.prepares, underWay(peer)]).toEqual([100n, 1, 0n]);
	});

	it('a message larger than any may be loses its connection, and nobody else does', async () => {
		const { hub, stranger, clock, pay } = world();
		await hub([account('a'), account('b'), account('far', { role: 'peer' })]);
		const far = await stranger(() => [octets('ilp', FULFILL)]);
		await far.authenticate('far');
		const [a, b] = [await stranger(), await stranger()];
		await a.authenticate('a');
		await b.authenticate('b');
		a.socket.send(new Uint8Array(LIMITS.socketMessageBytes + 1));
		await clock.advance(100);
		expect([a.state.closed, b.state.closed, far.state.closed]).toEqual([true, false, false]);
		expect(codeOf(await b.ask(pay('test.far.shop', 100n)))).toBe('fulfill');
		// And it may come back.
		const again = await stranger();
		expect(await again.authenticate('a')).toMatchObject({ type: 'response' });
	});

	it('lengths that promise gigabytes, or any other garbage, costs it the connection and us nothing', async () => {
		const { hub, stranger, clock } = world();
		const { peer } = await hub([account('a')]);
		for (const garbage of [
			[6, 0, 0, 0, 1, 0x84, 0xff, 0xff, 0xff, 0xff],
			[6, 0, 0, 0, 1, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
			[6, 0, 0, 0, 1, 4, 4, 0xff, 0xff, 0xff],
			[255],
			[]
		]) {
			const a = await stranger();
			await a.authenticate('a');
			a.socket.send(new Uint8Array(garbage));
			await clock.advance(100);
			expect(a.state.closed).toBe(true);
		}
		expect(peer.status().packets.received).toBe(0);
	});

	it('back what it was given moves nothing', async () => {
		const { hub, stranger, clock, pay, owes, underWay } = world();
		const { peer } = await hub([account('a'), account('far', { role: 'peer' })]);
		const given: Uint8Array[] = [];
		const far = await stranger((prepare) => void given.push(prepare.slice()));
		await far.authenticate('far');
		const a = await stranger();
		await a.authenticate('a');
		expect(await a.ask(pay('test.far.shop', 100n))).toBeUndefined();
		expect(codeOf(await far.ask(given[0] as Uint8Array))).toBe('F02');
		await clock.advance(20_000);
		expect([owes(peer, 'a'), owes(peer, 'far'), underWay(peer), given.length]).toEqual([0n, 0n, 0n, 1]);
	});

	it('answers that nobody asked for is not heard', async () => {
		const { hub, stranger, clock, pay, owes } = world();
		const { peer } = await hub([account('a'), account('far', { role: 'peer' })]);
		const far = await stranger(() => [octets('ilp', FULFILL)]);
		await far.authenticate('far');
		for (const requestId of [0, 1, 2, 0xffffffff])
			far.socket.send(
				encodeBtpPacket({ type: 'response', requestId, protocolData: [octets('ilp', FULFILL)] })
			);
		await clock.advance(100);
		const a = await stranger();
		await a.authenticate('a');
		expect([far.state.closed, owes(peer, 'far')]).toEqual([false, 0n]);
		expect(codeOf(await a.ask(pay('test.far.shop', 100n)))).toBe('fulfill');
	});
});

describe('a plain account', () => {
	it('has a message for each packet, whatever its neighbour says it takes', async () => {
		const { hub, stranger, clock, pay } = world();
		await hub([account('a'), account('far', { role: 'peer' })]);
		const far = await stranger(() => [octets('ilp', FULFILL)]);
		await far.authenticate('far');
		const a = await stranger();
		const answer = await a.say([
			octets('auth', new Uint8Array(0)),
			text('auth_username', 'a'),
			text('auth_token', 'token-of-a'),
			BUNDLES
		]);
		expect(answer).toMatchObject({ type: 'response', protocolData: [] });
		const asking = (n: number): Uint8Array =>
			encodeBtpPacket({
				type: 'message',
				requestId: n,
				protocolData: [octets('ilp', pay('test.far.shop', 100n, n))]
			});
		a.socket.send(concatBytes(asking(1), asking(2)));
		a.socket.send(asking(3));
		await clock.advance(100);
		expect([far.state.prepares, a.state.answers]).toEqual([2, [1, 3]]);
	});

	it('is dialled with nothing but its name and token', async () => {
		const { network, node, clock } = world();
		const heard: Uint8Array[] = [];
		network.listen('ws://b/btp', (socket) =>
			socket.listen({ onMessage: (message) => heard.push(message), onClose: () => undefined })
		);
		const over = { type: 'btp', token: 'a token', username: 'me', url: 'ws://b/btp' } as const;
		const { peer } = await node('dialler', [account('b', { role: 'parent', over })]);
		peer.start();
		await clock.advance(1_000);
		expect(heard).toEqual([
			encodeBtpPacket({
				type: 'message',
				requestId: 1,
				protocolData: [
					octets('auth', new Uint8Array(0)),
					text('auth_username', 'me'),
					text('auth_token', 'a token')
				]
			})
		]);
	});
});

describe('a stranger at the door of accounts', () => {
	it('who guesses a token is shown out at each guess', async () => {
		const { hub, stranger, clock } = world();
		await hub([account('a')]);
		const someone = await stranger();
		expect(await someone.authenticate('a', 'a guess')).toMatchObject({ type: 'error', code: 'F00' });
		await clock.advance(100);
		expect(someone.state.closed).toBe(true);
	});

	it('who says a packet before a token is shown out, and the packet is not looked at', async () => {
		const { hub, stranger, clock, pay } = world();
		const { peer, address } = await hub([account('a')]);
		const someone = await stranger();
		expect(await someone.say([octets('ilp', pay(address, 1n))])).toMatchObject({ type: 'error' });
		await clock.advance(100);
		expect([someone.state.closed, peer.status().packets.received]).toEqual([true, 0]);
	});

	it('who takes its time to authenticate keeps nobody out who does not', async () => {
		const { hub, stranger, clock } = world();
		await hub([account('a')]);
		const crowd = [];
		for (let n = 0; n < 40; n++) crowd.push(await stranger());
		const a = await stranger();
		expect(await a.authenticate('a')).toMatchObject({ type: 'response' });
		await clock.advance(LIMITS.authWindowMs + 1_000);
		expect(crowd.every(({ state }) => state.closed)).toBe(true);
		expect(a.state.closed).toBe(false);
	});
});

describe('a configuration of accounts', () => {
	it.each([
		['a name that is no segment of an address', [account('a.b')]],
		['a name twice', [account('a'), account('a', { over: { type: 'btp', token: 'other' } })]],
		['one token for two', [account('a'), account('b', { over: { type: 'btp', token: 'token-of-a' } })]],
		['another asset', [account('a', { asset: { code: 'EUR', scale: 9 } })]]
	])('with %s is refused at the start', async (_, accounts) => {
		await expect(world().node('hub', accounts)).rejects.toThrow(/account/);
	});
});
