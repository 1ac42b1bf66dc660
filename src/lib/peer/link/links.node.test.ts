import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { concatBytes, fromHex, utf8 } from '../bytes.ts';
import { NOTHING_CLAIMED, type Channel } from '../channel/channel.ts';
import { createChannels } from '../channel/channels.ts';
import { createHeldClaims } from '../channel/held-claims.ts';
import {
	BTP_CONTENT_TYPES,
	decodeBtpBundle,
	encodeBtpPacket,
	type BtpPacket,
	type ProtocolData
} from '../codec/btp.ts';
import { encodeHello, encodeWireClaim } from '../codec/link.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { loadIdentity, type Identity } from '../identity.ts';
import type { Connector } from '../ilp/connector.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Socket } from '../platform.ts';
import type { Address, ChannelKey } from '../settlement/chain.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import { createCommits } from '../storage/commit.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createSimulatedNetwork } from '../testing/simulated-network.ts';
import { createLinkAccounts } from './accounts.ts';
import { BUNDLES } from './auth-data.ts';
import { createLinks, type Links } from './links.ts';
import type { LinkEvent } from './links-deps.ts';
import type { Hello } from './messages.ts';
import { createPackets, type Packets } from './packets.ts';

const START = Date.UTC(2030, 0, 1);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const HUB_URL = 'ws://hub/btp';
const PAYEE: Address = `0x${'22'.repeat(20)}`;
const TERMS = { credit: 0n, window: LIMITS.windowGuest } as const;

interface End {
	readonly sql: SqlDriver;
	readonly links: Links;
	readonly identity: Identity;
	readonly events: LinkEvent[];
	readonly prepares: Uint8Array[];
	readonly accounts: ReturnType<typeof createLinkAccounts>;
	readonly channels: ReturnType<typeof createChannels>;
	readonly packets: Packets;
	readonly scheme: ReturnType<typeof createEvmScheme>;
	readonly clock: Clock;
}

const world = () => {
	const clock = createSimulatedClock(START, turn);
	/** Every message that somebody sent, of all connections. */
	const messages: { readonly label: string; readonly packets: number }[] = [];
	const network = createSimulatedNetwork(clock, createSeededRandom('network'), {
		latencyMs: [5, 5],
		fateOf: (message, label) => {
			const decoded = decodeBtpBundle(message);
			messages.push({ label, packets: decoded.ok ? decoded.value.length : 0 });
			return undefined;
		}
	});
	const chain = createSimulatedChain({ clock });

	const end = async (
		name: string,
		given: {
			network?: 'live' | 'test';
			clockOffsetMs?: number;
			admit?: boolean;
			sql?: SqlDriver;
			payee?: () => Address;
			connector?: Partial<Connector>;
		} = {}
	): Promise<End> => {
		let offset = given.clockOffsetMs ?? 0;
		const own: Clock = { now: () => clock.now() + offset, after: clock.after };
		const sql = given.sql ?? createNodeSql(':memory:');
		migrate(sql);
		const random = createSeededRandom(name);
		const identity = await loadIdentity({ random, crypto: nobleCrypto, clock: own, sql }, undefined);
		const ledger = createLedger(sql);
		const channels = createChannels(sql, ledger, 6);
		const packets = createPackets(sql);
		const accounts = createLinkAccounts(sql, ledger, channels, packets);
		const scheme = createEvmScheme(chain.port(), nobleCrypto);
		const events: LinkEvent[] = [];
		const prepares: Uint8Array[] = [];
		const commits = createCommits(sql, own);
		/** Knows no packets; keeps what it was handed. */
		const connector: Pick<
			Connector,
			| 'handle'
			| 'isJudging'
			| 'lost'
			| 'untold'
			| 'agreed'
			| 'toldByHello'
			| 'takeLate'
			| 'toldLate'
			| 'resolve'
		> = {
			handle: (_, bytes) => {
				prepares.push(bytes);
				return Promise.resolve({
					type: 'reject',
					code: 'F99',
					triggeredBy: '',
					message: name,
					data: new Uint8Array(0)
				});
			},
			isJudging: () => false,
			lost: () => [],
			untold: () => [],
			agreed: () => undefined,
			toldByHello: () => undefined,
			takeLate: () => Promise.resolve('cut'),
			toldLate: () => Promise.resolve(),
			resolve: () => Promise.resolve('unknown'),
			...given.connector
		};
		const heldClaims = createHeldClaims({
			platform: { clock: own, log: () => undefined },
			commits,
			channels,
			scheme,
			onHeld: () => undefined,
			onForged: (peer) => links.drop(peer)
		});
		const links: Links = createLinks({
			platform: { clock: own, random, crypto: nobleCrypto, log: () => undefined, dial: network.dial },
			commits,
			accounts,
			channels,
			packets,
			scheme,
			heldClaims,
			auth: identity.auth,
			network: given.network ?? 'test',
			payee: given.payee ?? (() => PAYEE),
			announcement: () => undefined,
			payoutTerms: undefined,
			admit: () => (given.admit === false ? undefined : { role: 'child', ...TERMS }),
			connector: () => connector as Connector,
			signClaim: ({ key, epoch, cumulative }) =>
				scheme.signClaim(identity.claimSecret, key, epoch, cumulative),
			settle: () => Promise.resolve({ op: 'refused', code: 'PayoutFailed', text: '' }),
			refresh: () => Promise.resolve(),
			onEvent: (event) => events.push(event),
			onTime: (difference) => {
				offset += difference;
			}
		});
		return { sql, links, identity, events, prepares, accounts, channels, packets, scheme, clock: own };
	};

	const hub = async (given: Parameters<typeof end>[1] = {}): Promise<End> => {
		const made = await end('hub', given);
		network.listen(HUB_URL, (socket) => made.links.accept(socket, HUB_URL));
		return made;
	};
	const dial = (from: End, owner?: string): (() => void) =>
		from.links.connect({ url: HUB_URL, owner, terms: { role: 'parent', ...TERMS } });

	/** Somebody who speaks BTP by hand. */
	const stranger = async () => {
		const dialled = await new Promise<Socket>((resolve, reject) => {
			void network
				.dial(HUB_URL)
				.then((result) => (result.ok ? resolve(result.value) : reject(new Error('nobody there'))));
			void clock.advance(50);
		});
		const heard: BtpPacket[] = [];
		const state = { closed: false };
		dialled.listen({
			onMessage: (bytes) => {
				const packets = decodeBtpBundle(bytes);
				if (packets.ok) heard.push(...packets.value);
			},
			onClose: () => (state.closed = true)
		});
		let requestId = 0;
		const say = async (protocolData: readonly ProtocolData[]): Promise<BtpPacket | undefined> => {
			requestId += 1;
			const mine = requestId;
			dialled.send(encodeBtpPacket({ type: 'message', requestId: mine, protocolData }));
			await clock.advance(100);
			return heard.find((packet) => packet.requestId === mine && packet.type !== 'message');
		};
		return { socket: dialled, state, heard, say };
	};
	return { clock, network, messages, chain, end, hub, dial, stranger };
};

const octets = (protocolName: string, data: Uint8Array): ProtocolData => ({
	protocolName,
	contentType: BTP_CONTENT_TYPES.octetStream,
	data
});
const auth = ({ authToken, delegation }: { authToken: string; delegation: Uint8Array }): ProtocolData[] => [
	octets('auth', new Uint8Array(0)),
	{ protocolName: 'auth_token', contentType: BTP_CONTENT_TYPES.text, data: utf8(authToken) },
	octets('delegation', delegation)
];
const HELLO: Hello = {
	version: 1,
	network: 2,
	asset: '',
	window: 0n,
	credit: 0n,
	maxPacket: 0n,
	payee: undefined,
	channels: [],
	claims: [],
	fulfilledByMe: 0n,
	fulfilledByYou: 0n,
	paidOutByMe: 0n,
	paidOutByYou: 0n,
	unresolved: []
};
const textOf = (packet: BtpPacket | undefined): string =>
	packet?.type === 'error' ? String.fromCharCode(...packet.data) : (packet?.type ?? 'silence');
const types = ({ events }: End): string[] => events.map(({ type }) => type);

describe('a link comes up', () => {
	it('between two that prove who they are, and each knows the other', async () => {
		const { hub, end, dial, clock } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest, server.identity.pubkey());
		await clock.advance(500);
		expect(guest.links.live()).toMatchObject([
			{ peer: server.identity.device, owner: server.identity.pubkey(), role: 'parent' }
		]);
		expect(server.links.live()).toMatchObject([{ peer: guest.identity.device, role: 'child' }]);
		expect(guest.accounts.get(server.identity.device)?.payee).toBe(PAYEE);
	});

	it('with what changed while its hello was under way', async () => {
		const { hub, end, dial, clock } = world();
		const later: Address = `0x${'33'.repeat(20)}`;
		const server = await hub();
		// Each time a few milliseconds further into authentication and hello.
		for (let afterMs = 5; afterMs <= 60; afterMs += 5) {
			let payee = PAYEE;
			const guest = await end(`guest ${afterMs}`, { payee: () => payee });
			dial(guest);
			await clock.advance(afterMs);
			payee = later;
			guest.links.reconnect();
			await clock.advance(10_000);
			expect(server.accounts.get(guest.identity.device)?.payee, `after ${afterMs} ms`).toBe(later);
			guest.links.stop();
		}
	});

	it('once a clock that is an hour off has learned by how much', async () => {
		const { hub, end, dial, clock } = world();
		const [server, guest] = [await hub(), await end('guest', { clockOffsetMs: -3_600_000 })];
		dial(guest);
		await clock.advance(5_000);
		expect(server.links.live()).toHaveLength(1);
		expect(Math.abs(guest.clock.now() - clock.now())).toBeLessThan(1_000);
	});

	it('again after it broke, later and later while nobody answers', async () => {
		const { hub, end, dial, clock, network } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest);
		await clock.advance(60_000);
		network.partition(HUB_URL, true);
		network.cut(HUB_URL);
		await clock.advance(60_000);
		const tries = guest.events.filter(({ type }) => type === 'connecting').length;
		expect(tries).toBeGreaterThan(20);
		expect(tries).toBeLessThan(50);
		network.partition(HUB_URL, false);
		guest.links.retryNow();
		await clock.advance(1_000);
		expect(server.links.live()).toHaveLength(1);
	});

	it('again after it died without a farewell, and the other end lets go of it too', async () => {
		const { hub, end, dial, clock, network } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest);
		await clock.advance(20_000);
		network.swallow(HUB_URL);
		await clock.advance(LIMITS.heartbeatMs + LIMITS.heartbeatAnswerMs + 1_000);
		expect(types(guest)).toEqual(['connecting', 'up', 'down', 'connecting', 'up']);
		expect(server.links.live()).toHaveLength(1);
		expect(guest.links.state(server.identity.device)).toBe('up');
	});

	it('and stays for a day in which nobody has anything to say', async () => {
		const { hub, end, dial, clock } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest);
		await clock.advance(24 * 3_600_000);
		expect(types(guest)).toEqual(['connecting', 'up']);
		expect(types(server)).toEqual(['up']);
	});

	it('once per device: the newer socket wins and the older is closed', async () => {
		const { hub, end, dial, clock, network } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest);
		await clock.advance(500);
		const first = server.links.live()[0];
		dial(guest);
		await clock.advance(500);
		expect(server.links.live()).toHaveLength(1);
		expect(server.links.live()[0]?.peer).toBe(first?.peer);
		expect(network.openConnections()).toBe(1);
		expect(types(server).filter((type) => type === 'down')).toEqual([]);
	});
});

describe('neighbours who both take bundles', () => {
	const PREPARES = 12;
	const prepare = (n: number): Uint8Array => new Uint8Array([12, n]);
	const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

	it('send in one message what is sent in one turn, and the answers in one', async () => {
		const { hub, end, dial, clock, messages } = world();
		const [server, guest] = [await hub(), await end('guest')];
		dial(guest);
		await clock.advance(500);
		// Hello and what belongs to it: nobody had two things to say at once.
		expect(new Set(messages.map(({ packets }) => packets))).toEqual(new Set([1]));
		messages.length = 0;
		const before = guest.links.bytes();
		const replies = upTo(PREPARES).map((n) =>
			guest.links.transmit(server.identity.device, prepare(n), undefined, clock.now() + 10_000)
		);
		await clock.advance(100);
		expect((await Promise.all(replies)).map((reply) => reply?.type)).toEqual(
			Array.from({ length: PREPARES }, () => 'reject')
		);
		expect(server.prepares.map(([, n]) => n)).toEqual(upTo(PREPARES));
		expect(messages.map(({ packets }) => packets)).toEqual([PREPARES, PREPARES]);
		const [mine, theirs] = [guest.links.bytes(), server.links.bytes()];
		expect([mine.out, mine.in]).toEqual([theirs.in, theirs.out]);
		expect(mine.out - before.out).toBeGreaterThan(PREPARES);
	});

	/** Somebody who speaks by hand, says that it takes bundles, and has proved who it is. */
	const guestByHand = async (made: ReturnType<typeof world>) => {
		const server = await made.hub();
		const someone = await made.stranger();
		const token = await (await made.end('guest')).identity.auth.create(HUB_URL);
		const answer = await someone.say([...auth(token), BUNDLES]);
		expect(answer?.protocolData.map(({ protocolName }) => protocolName)).toContain('bundles');
		const asking = (requestId: number, data: ProtocolData): Uint8Array =>
			encodeBtpPacket({ type: 'message', requestId, protocolData: [data] });
		return { server, someone, asking };
	};

	it('still take one step of the handshake at a time', async () => {
		const made = world();
		const { server, someone, asking } = await guestByHand(made);
		const hello = octets('link', encodeHello(HELLO));
		someone.socket.send(concatBytes(asking(50, hello), asking(51, hello)));
		await made.clock.advance(100);
		expect(someone.heard.filter(({ type }) => type === 'error').map(textOf)).toContain('one step at a time');
		expect([someone.state.closed, server.links.live()]).toEqual([true, []]);
	});

	it('have nothing of a bundle handled that ends in garbage', async () => {
		const made = world();
		const { server, someone, asking } = await guestByHand(made);
		await someone.say([octets('link', encodeHello(HELLO))]);
		expect(server.links.live()).toHaveLength(1);
		const ilp = (n: number): Uint8Array => asking(60 + n, octets('ilp', prepare(n)));
		someone.socket.send(concatBytes(ilp(0), ilp(1)));
		await made.clock.advance(100);
		expect(server.prepares).toHaveLength(2);
		someone.socket.send(concatBytes(ilp(2), ilp(3), fromHex('c0ffee')));
		await made.clock.advance(100);
		expect([server.prepares.length, someone.state.closed, server.links.live()]).toEqual([2, true, []]);
	});

	it.each([
		['before it has proved who it is', true],
		['without having said that it takes them', false]
	])('are not believed to be one who sends several packets %s', async (_, says) => {
		const made = world();
		const server = await made.hub();
		const someone = await made.stranger();
		const token = await (await made.end('guest')).identity.auth.create(HUB_URL);
		const hello = octets('link', encodeHello(HELLO));
		const asking = (requestId: number, data: readonly ProtocolData[]): Uint8Array =>
			encodeBtpPacket({ type: 'message', requestId, protocolData: data });
		const first = asking(50, says ? [...auth(token), BUNDLES] : auth(token));
		someone.socket.send(says ? concatBytes(first, asking(51, [hello])) : first);
		await made.clock.advance(100);
		// The second was not looked at.
		expect(someone.heard.map(({ type, requestId }) => [type, requestId])).toEqual([['response', 50]]);
		if (says) return;
		someone.socket.send(asking(52, [hello]));
		await made.clock.advance(100);
		const ilp = (n: number): Uint8Array => asking(60 + n, [octets('ilp', prepare(n))]);
		someone.socket.send(concatBytes(ilp(0), ilp(1)));
		someone.socket.send(ilp(2));
		made.messages.length = 0;
		await made.clock.advance(100);
		expect(server.prepares.map(([, n]) => n)).toEqual([0, 2]);
		expect(made.messages.every(({ packets }) => packets === 1)).toBe(true);
	});
});

describe('after a connection was lost', () => {
	const hashOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
	const PROOF = new Uint8Array(32).fill(9);

	it('each packet whose answer got lost is settled as the other side has booked it', async () => {
		const { hub, end, dial, clock } = world();
		const told: unknown[] = [];
		const guest = await end('guest', {
			connector: {
				lost: () => [hashOf(1), hashOf(2), hashOf(3), hashOf(4)],
				resolve: (_, prepare, outcome) => {
					told.push([prepare[0], outcome === 'rejected' ? outcome : outcome.fulfillment]);
					return Promise.resolve(outcome === 'rejected' ? 'unknown' : 'counted');
				}
			}
		});
		const server = await hub();
		const { packets } = server;
		const row = (n: number, expiresAt: number) =>
			packets.insert({
				link: guest.identity.device,
				direction: 'in',
				hash: hashOf(n),
				amount: 5n,
				expiresAt,
				condition: new Uint8Array(32),
				group: `${n}`,
				inLink: undefined,
				inHash: undefined
			});
		server.sql.transaction(() => {
			// 1 was fulfilled, 2 expired undecided, 3 is under way for ten seconds more, 4 never arrived.
			row(1, START + 60_000);
			packets.settle(guest.identity.device, 'in', hashOf(1), 'fulfilled', START, PROOF);
			row(2, START - 1);
			row(3, START + 60_000);
		});
		dial(guest);
		await clock.advance(5_000);
		expect(told).toEqual([
			[1, PROOF],
			[2, 'rejected'],
			[4, 'rejected']
		]);
		expect(server.links.settled()).toEqual([]);
		server.sql.transaction(() =>
			packets.settle(guest.identity.device, 'in', hashOf(3), 'fulfilled', clock.now(), PROOF)
		);
		await clock.advance(5_000);
		expect(told[3]).toEqual([3, PROOF]);
		expect(server.links.settled()).toEqual([guest.identity.device]);
		// What was told as expired is final here, too.
		expect(packets.find(guest.identity.device, 'in', hashOf(2))?.state).toBe('rejected');
	});

	it.each([
		['one less than a hello names', LIMITS.inFlightPerLink - 1, true],
		['more than a hello names', LIMITS.inFlightPerLink + 1, false]
	])('of %s the answers may be forgotten only when all were asked for', async (_, count, isAll) => {
		const { hub, end, dial, clock } = world();
		const lost = Array.from(
			{ length: count },
			(__, n) => nobleCrypto.sha256(utf8(`packet ${n}`)) as Uint8Array
		);
		let told = 0;
		const guest = await end('guest', {
			connector: {
				lost: () => lost,
				resolve: () => {
					told += 1;
					return Promise.resolve('unknown');
				}
			}
		});
		const server = await hub();
		dial(guest);
		await clock.advance(5_000);
		expect(told).toBe(Math.min(count, LIMITS.inFlightPerLink));
		expect(server.links.settled()).toEqual(isAll ? [guest.identity.device] : []);
	});

	it('what is found to have come too late is told back', async () => {
		const { hub, end, dial, clock } = world();
		const late: number[] = [];
		const guest = await end('guest', {
			connector: { lost: () => [hashOf(1)], resolve: () => Promise.resolve('late') }
		});
		await hub({
			connector: {
				takeLate: (_, hashes) => {
					late.push(...hashes.map((hash) => hash[0] as number));
					return Promise.resolve('taken');
				}
			}
		});
		dial(guest);
		await clock.advance(5_000);
		expect(late).toEqual([1]);
		expect(guest.links.live()).toHaveLength(1);
	});
});

describe('a link does not come up', () => {
	it('when another key answers than expected: refused for good', async () => {
		const { hub, end, dial, clock } = world();
		await hub();
		const guest = await end('guest');
		dial(guest, 'ee'.repeat(32));
		await clock.advance(120_000);
		expect(types(guest)).toEqual(['connecting', 'refused']);
	});

	it('between the live and a test network', async () => {
		const { hub, end, dial, clock } = world();
		const [server, guest] = [await hub({ network: 'live' }), await end('guest')];
		dial(guest);
		await clock.advance(1_000);
		expect([...server.links.live(), ...guest.links.live()]).toEqual([]);
	});

	it('with somebody who is not admitted, who keeps asking ever more rarely', async () => {
		const { hub, end, dial, clock } = world();
		const [server, guest] = [await hub({ admit: false }), await end('guest')];
		dial(guest);
		await clock.advance(1_000);
		expect(server.accounts.all()).toEqual([]);
		expect(guest.events.at(-1)).toMatchObject({ type: 'waiting', reason: 'not admitted here' });
	});
});

describe('a stranger at the door', () => {
	it('who says anything before auth is shown out', async () => {
		const { hub, stranger, clock } = world();
		await hub();
		const someone = await stranger();
		expect(textOf(await someone.say([octets('ilp', new Uint8Array(3))]))).toBe('auth comes first');
		await clock.advance(100);
		expect(someone.state.closed).toBe(true);
	});

	it('who says nothing is shown out when the time is up', async () => {
		const { hub, stranger, clock } = world();
		await hub();
		const someone = await stranger();
		await clock.advance(LIMITS.authWindowMs - 200);
		expect(someone.state.closed).toBe(false);
		await clock.advance(1_000);
		expect(someone.state.closed).toBe(true);
	});

	it('a crowd that says nothing is bounded, and keeps nobody out who has something to say', async () => {
		const { hub, end, stranger, dial, clock } = world();
		const server = await hub();
		const crowd = [];
		for (let i = 0; i < LIMITS.unauthenticatedSockets; i++) crowd.push(await stranger());
		await clock.advance(100);
		expect(crowd.every((each) => !each.state.closed)).toBe(true);
		const oneMore = await stranger();
		await clock.advance(100);
		expect(crowd.map((each) => each.state.closed)).toEqual(crowd.map((_, i) => i === 0));
		expect(oneMore.state.closed).toBe(false);
		dial(await end('guest'));
		await clock.advance(100);
		expect(server.links.live()).toHaveLength(1);
		expect(crowd.filter((each) => each.state.closed)).toHaveLength(2);
		await clock.advance(LIMITS.authWindowMs);
		expect(crowd.every((each) => each.state.closed)).toBe(true);
		expect(server.links.live()).toHaveLength(1);
	});

	it('who authenticates and then says nothing is shown out too', async () => {
		const { hub, end, stranger, clock } = world();
		await hub();
		const someone = await stranger();
		expect((await someone.say(auth(await (await end('guest')).identity.auth.create(HUB_URL))))?.type).toBe(
			'response'
		);
		await clock.advance(LIMITS.authWindowMs + 1_000);
		expect(someone.state.closed).toBe(true);
	});

	it('who sends what is no BTP is shown out without an answer', async () => {
		const { hub, stranger, clock } = world();
		await hub();
		const someone = await stranger();
		someone.socket.send(new Uint8Array([9, 9, 9]));
		await clock.advance(100);
		expect(someone.state.closed).toBe(true);
	});

	it.each([
		['made for another endpoint', 'ws://elsewhere/btp', 0, 'AuthWrongEndpoint'],
		['that is stale', HUB_URL, LIMITS.authFreshMs + 2_000, 'AuthStale']
	])('with a token %s is refused and told the time', async (_, endpoint, laterMs, reason) => {
		const { hub, end, stranger, clock } = world();
		await hub();
		const token = await (await end('guest')).identity.auth.create(endpoint);
		await clock.advance(laterMs);
		const someone = await stranger();
		const answer = await someone.say(auth(token));
		expect(textOf(answer)).toBe(reason);
		expect(answer?.type === 'error' && answer.protocolData.map(({ protocolName }) => protocolName)).toEqual([
			'time'
		]);
	});

	it('with a token that was used before is refused', async () => {
		const { hub, end, stranger } = world();
		await hub();
		const token = await (await end('guest')).identity.auth.create(HUB_URL);
		await (await stranger()).say(auth(token));
		expect(textOf(await (await stranger()).say(auth(token)))).toBe('AuthReplayed');
	});

	it('with a token that was used before this node was started again is refused', async () => {
		const { hub, end, stranger, network } = world();
		const before = await hub();
		const token = await (await end('guest')).identity.auth.create(HUB_URL);
		await (await stranger()).say(auth(token));
		network.cut(HUB_URL);
		const again = await end('hub', { sql: before.sql });
		expect(await again.identity.auth.check(token, HUB_URL)).toEqual({
			ok: false,
			error: { type: 'AuthReplayed' }
		});
	});

	it.each([
		['cannot be read', new Uint8Array([0xff])],
		['is of the other network', encodeHello({ ...HELLO, network: 1 })]
	])('whose hello %s is shown out', async (_, hello) => {
		const { hub, end, stranger, clock } = world();
		const server = await hub();
		const someone = await stranger();
		await someone.say(auth(await (await end('guest')).identity.auth.create(HUB_URL)));
		expect((await someone.say([octets('link', hello)]))?.type).toBe('error');
		await clock.advance(100);
		expect([someone.state.closed, server.links.live().length]).toEqual([true, 0]);
	});
});

describe('a claim', () => {
	/** A guest's hand-made link to a hub that knows one channel from it. */
	const linked = async () => {
		const made = world();
		const server = await made.hub();
		const guest = await made.end('guest');
		const key: ChannelKey = {
			payer: `0x${'11'.repeat(20)}`,
			payee: PAYEE,
			token: made.chain.token,
			signer: guest.identity.claimAddress,
			grace: 86_400,
			expiry: 9_999_999_999,
			salt: `0x${'33'.repeat(32)}`
		};
		const id = server.scheme.channelId(key);
		const channel: Channel = {
			id,
			epoch: 0,
			peer: guest.identity.device,
			direction: 'in',
			key,
			status: 'open',
			deposited: 1_000n,
			...NOTHING_CLAIMED,
			fundings: 0,
			closeAt: 0,
			openedAt: 0
		};
		server.channels.insert(channel);
		const someone = await made.stranger();
		await someone.say(auth(await guest.identity.auth.create(HUB_URL)));
		await someone.say([octets('link', encodeHello(HELLO))]);
		const sign = async (cumulative: bigint, secret = guest.identity.claimSecret, epoch = 0) => {
			const claim = await server.scheme.signClaim(secret, key, epoch, cumulative);
			return octets(
				'claim',
				encodeWireClaim({ scheme: 0, channel: id, epoch, cumulative, signature: claim.signature })
			);
		};
		return { ...made, server, guest, someone, sign, id };
	};

	it('beside a packet is applied before the packet is looked at', async () => {
		const { server, someone, sign, guest } = await linked();
		const answer = await someone.say([octets('ilp', new Uint8Array(1)), await sign(100n)]);
		expect(answer?.type).toBe('response');
		expect(server.accounts.available(guest.identity.device)).toBe(100_000n);
		expect(server.prepares).toHaveLength(1);
	});

	it('that is lower than the one held is noted; nothing changes and the link stays', async () => {
		const { server, someone, sign, id, clock } = await linked();
		await someone.say([await sign(100n)]);
		expect((await someone.say([await sign(50n)]))?.type).toBe('response');
		await clock.advance(1_000);
		expect([server.channels.get(id)?.claimed, someone.state.closed]).toEqual([100n, false]);
		expect(server.events.at(-1)).toMatchObject({ type: 'claimRefused', reason: 'ClaimNotIncreasing' });
	});

	it('by the wrong key ends the link and gives no credit', async () => {
		const { server, someone, sign, id, clock } = await linked();
		expect(
			textOf(
				await someone.say([octets('ilp', new Uint8Array(1)), await sign(100n, new Uint8Array(32).fill(7))])
			)
		).toBe('ClaimForged');
		await clock.advance(100);
		expect([server.channels.get(id)?.claimed, someone.state.closed, server.prepares.length]).toEqual([
			0n,
			true,
			0
		]);
	});

	it.each([
		[
			'for a closed channel',
			'ChannelClosed',
			(channels: End['channels'], id: `0x${string}`) =>
				channels.apply(id, 0, [{ type: 'seen', deposited: 0n, settled: 0n, closeAt: 1 }], 0),
			10n,
			0
		],
		['for a channel nobody knows', 'ChannelUnknown', () => undefined, 10n, 1],
		['beyond the deposit', 'ClaimBeyondDeposit', () => undefined, 1_001n, 0]
	] as const)(
		'%s is a BTP error: no credit, the packet beside it is not looked at, the link stays',
		async (_, reason, change, cumulative, epoch) => {
			const { server, someone, sign, id, guest } = await linked();
			change(server.channels, id);
			const answer = await someone.say([
				octets('ilp', new Uint8Array(1)),
				await sign(cumulative, guest.identity.claimSecret, epoch)
			]);
			expect(textOf(answer)).toBe(reason);
			expect([
				server.accounts.available(guest.identity.device),
				server.prepares.length,
				someone.state.closed
			]).toEqual([0n, 0, false]);
		}
	);

	it('that cannot be read is a BTP error', async () => {
		const { someone } = await linked();
		expect((await someone.say([octets('claim', new Uint8Array([1, 2, 3]))]))?.type).toBe('error');
		expect(someone.state.closed).toBe(false);
	});

	it('is not an amount in a BTP transfer', async () => {
		const { server, someone, guest, clock } = await linked();
		someone.socket.send(
			encodeBtpPacket({
				type: 'transfer',
				requestId: 99,
				amount: 1_000n,
				protocolData: [octets('ilp', new Uint8Array(1))]
			})
		);
		await clock.advance(100);
		expect([server.accounts.available(guest.identity.device), server.prepares.length]).toEqual([0n, 0]);
	});
});
