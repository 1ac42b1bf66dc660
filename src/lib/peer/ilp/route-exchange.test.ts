import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex } from '../bytes.ts';
import {
	ccpControlRequest,
	ccpUpdateRequest,
	decodeCcpRouteControl,
	decodeCcpRouteUpdate,
	NO_ROUTING_TABLE,
	type CcpRoute,
	type CcpRouteControl,
	type CcpRouteUpdate
} from '../codec/ccp.ts';
import { ZERO_FULFILLMENT_CONDITION } from '../codec/ildcp.ts';
import type { IlpPrepare, IlpReply } from '../codec/ilp.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { LIMITS } from '../limits.ts';
import type { LinkRole } from '../link/accounts.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import { ownAddress } from './own-address.ts';
import type { RouteExchange } from './peer-protocols.ts';
import type { RouteExchangeDeps } from './route-exchange/deps.ts';
import { createRouteExchange } from './route-exchange.ts';
import { createRoutes, type Routes } from './routes.ts';

const START = Date.UTC(2030, 0, 1);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const TABLE = '21e55f8e-abcd-4e97-9ab9-bf0ff00a224c';
const OTHER_TABLE = '31e55f8e-abcd-4e97-9ab9-bf0ff00a224c';

const openClock = (): SimulatedClock => createSimulatedClock(START, turn);

// ---------------------------------------------------------------- one node and a neighbour made of paper

interface Asked {
	readonly peer: string;
	readonly control?: CcpRouteControl;
	readonly update?: CcpRouteUpdate;
}

/** A node `test.me` whose neighbours write down what they are asked and answer what they are told to. */
const open = (change: Partial<RouteExchangeDeps> = {}) => {
	const clock = openClock();
	const routes = createRoutes();
	const asked: Asked[] = [];
	const node: { address: string | undefined; answer: () => IlpReply | undefined } = {
		address: 'test.me',
		answer: () => ({ type: 'fulfill', fulfillment: new Uint8Array(32), data: new Uint8Array(0) })
	};
	const exchange = createRouteExchange({
		clock,
		random: createSeededRandom('routes'),
		crypto: nobleCrypto,
		log: () => undefined,
		network: 'test',
		routingSecret: new Uint8Array(32),
		host: {
			address: () => node.address,
			request: (peer, prepare) => {
				const control = decodeCcpRouteControl(prepare.data);
				const update = decodeCcpRouteUpdate(prepare.data);
				if (prepare.destination === 'peer.route.control' && control.ok)
					asked.push({ peer, control: control.value });
				if (prepare.destination === 'peer.route.update' && update.ok)
					asked.push({ peer, update: update.value });
				return Promise.resolve(node.answer());
			},
			ownRoutes: () => routes.all(),
			learn: (route) => routes.learn(route),
			unlearn: (prefix) => routes.unlearn(prefix)
		},
		...change
	});
	const up = (peer: string, role: LinkRole): void => exchange.up({ peer, role, address: `test.${peer}` });
	const hear = async (peer: string, update: Partial<CcpRouteUpdate>): Promise<string> => {
		const full: CcpRouteUpdate = {
			routingTableId: TABLE,
			currentEpoch: update.toEpoch ?? 1,
			fromEpoch: 0,
			toEpoch: 1,
			holdDownTime: 45_000,
			speaker: `test.${peer}`,
			newRoutes: [],
			withdrawnRoutes: [],
			...update
		};
		const reply = await exchange.handle(peer, ccpUpdateRequest(full, clock.now() + 1_000));
		return reply.type === 'reject' ? reply.code : 'understood';
	};
	const control = async (peer: string, change: Partial<CcpRouteControl> = {}): Promise<string> => {
		const full: CcpRouteControl = {
			mode: 'sync',
			lastKnownRoutingTableId: NO_ROUTING_TABLE,
			lastKnownEpoch: 0,
			features: [],
			...change
		};
		const reply = await exchange.handle(peer, ccpControlRequest(full, clock.now() + 1_000));
		return reply.type === 'reject' ? reply.code : 'understood';
	};
	const updates = (peer: string): CcpRouteUpdate[] =>
		asked.flatMap((one) => (one.peer === peer && one.update ? [one.update] : []));
	const controls = (peer: string): CcpRouteControl[] =>
		asked.flatMap((one) => (one.peer === peer && one.control ? [one.control] : []));
	return { clock, routes, asked, node, exchange, up, hear, control, updates, controls };
};

const route = (
	prefix: string,
	path: readonly string[] = ['test.bob'],
	change: Partial<CcpRoute> = {}
): CcpRoute => ({
	prefix,
	path,
	auth: new Uint8Array(32).fill(7),
	props: [],
	...change
});
const learnt = (routes: Routes): string[] =>
	routes
		.learnt()
		.map(({ prefix, peer }) => `${prefix} by ${peer}`)
		.sort();

describe('what a neighbour teaches', () => {
	it('is asked for when it comes up, and learnt', async () => {
		const { up, hear, routes, controls } = open();
		up('bob', 'peer');
		expect(controls('bob')).toEqual([
			{ mode: 'sync', lastKnownRoutingTableId: NO_ROUTING_TABLE, lastKnownEpoch: 0, features: [] }
		]);
		expect(await hear('bob', { newRoutes: [route('test.carol', ['test.bob', 'test.carol'])] })).toBe(
			'understood'
		);
		expect(routes.learnt()).toEqual([
			{ prefix: 'test.carol', peer: 'bob', links: 2, path: ['test.bob', 'test.carol'], relation: 'peer' }
		]);
		expect(routes.find('test.carol.shop')?.peer).toBe('bob');
	});

	it('is asked for again, ever more seldom, when the neighbour has no answer or refuses', async () => {
		const { clock, up, controls, node } = open();
		node.answer = () => undefined;
		up('bob', 'peer');
		await clock.advance(10_000);
		expect(controls('bob')).toHaveLength(4);
		node.answer = () => ({
			type: 'reject',
			code: 'F00',
			triggeredBy: '',
			message: '',
			data: new Uint8Array(0)
		});
		await clock.advance(3_600_000);
		expect(controls('bob').length).toBeLessThan(25);
		node.answer = () => ({ type: 'fulfill', fulfillment: new Uint8Array(32), data: new Uint8Array(0) });
		await clock.advance(300_000);
		const asked = controls('bob').length;
		await clock.advance(3_600_000);
		expect(controls('bob')).toHaveLength(asked);
	});

	it('is asked for again when part of it was lost', async () => {
		const { up, hear, routes, controls } = open();
		up('bob', 'peer');
		await hear('bob', { toEpoch: 2, newRoutes: [route('test.a')] });
		await hear('bob', { fromEpoch: 5, toEpoch: 6, newRoutes: [route('test.b')] });
		expect(learnt(routes)).toEqual(['test.a by bob']);
		expect(controls('bob').at(-1)).toMatchObject({ lastKnownRoutingTableId: TABLE, lastKnownEpoch: 2 });
		await hear('bob', {
			fromEpoch: 2,
			toEpoch: 6,
			newRoutes: [route('test.b')],
			withdrawnRoutes: ['test.a']
		});
		expect(learnt(routes)).toEqual(['test.b by bob']);
	});

	it('is ignored when it is old', async () => {
		const { up, hear, routes } = open();
		up('bob', 'peer');
		await hear('bob', { toEpoch: 4, newRoutes: [route('test.a')] });
		await hear('bob', { fromEpoch: 0, toEpoch: 3, withdrawnRoutes: ['test.a'] });
		await hear('bob', { fromEpoch: 4, toEpoch: 2, withdrawnRoutes: ['test.a'] });
		expect(learnt(routes)).toEqual(['test.a by bob']);
	});

	it('is void when the neighbour began a new table', async () => {
		const { up, hear, routes } = open();
		up('bob', 'peer');
		await hear('bob', { toEpoch: 9, newRoutes: [route('test.a'), route('test.b')] });
		await hear('bob', { routingTableId: OTHER_TABLE, newRoutes: [route('test.b')] });
		expect(learnt(routes)).toEqual(['test.b by bob']);
	});

	it('lasts as long as it says, and every heartbeat prolongs it', async () => {
		const { clock, up, hear, routes, controls } = open();
		up('bob', 'peer');
		await hear('bob', { newRoutes: [route('test.a')], holdDownTime: 45_000 });
		await clock.advance(40_000);
		await hear('bob', { fromEpoch: 1, toEpoch: 1, holdDownTime: 45_000 });
		await clock.advance(44_000);
		expect(learnt(routes)).toEqual(['test.a by bob']);
		await clock.advance(2_000);
		expect(learnt(routes)).toEqual([]);
		expect(controls('bob').at(-1)).toMatchObject({ lastKnownRoutingTableId: NO_ROUTING_TABLE });
	});

	it('lasts not for ever, whatever it says', async () => {
		const { clock, up, hear, routes } = open();
		up('bob', 'peer');
		await hear('bob', { newRoutes: [route('test.a')], holdDownTime: 0xffff_ffff });
		await clock.advance(LIMITS.routeHoldDownMostMs + 1);
		expect(learnt(routes)).toEqual([]);
	});

	it('survives a short interruption', async () => {
		const { clock, up, hear, exchange, routes, controls } = open();
		up('bob', 'peer');
		await hear('bob', { toEpoch: 3, newRoutes: [route('test.a')] });
		exchange.down('bob');
		await clock.advance(10_000);
		expect(learnt(routes)).toEqual(['test.a by bob']);
		up('bob', 'peer');
		expect(controls('bob').at(-1)).toMatchObject({ lastKnownRoutingTableId: TABLE, lastKnownEpoch: 3 });
		exchange.down('bob');
		await clock.advance(60_000);
		expect(learnt(routes)).toEqual([]);
		expect(clock.pending()).toBe(0);
	});

	it.each([
		['my own address', route('test.me')],
		['an address below mine', route('test.me.child')],
		['another network', route('g.a')],
		['everything', route('')],
		['the whole network', route('test')],
		['no address', route('test..a')],
		['a circle', route('test.a', ['test.bob', 'test.me', 'test.a'])],
		['a path of something else', route('test.a', ['unknown'])],
		[
			'too long a path',
			route(
				'test.a',
				Array.from({ length: 33 }, (_, i) => `test.n${i}`)
			)
		],
		[
			'too large a route',
			route(
				'test.a',
				Array.from({ length: 5 }, () => `test.${'a'.repeat(1_000)}`)
			)
		],
		['somebody’s key without his proof', route('test.btp-nips.habcdefghijklmnopqrstuvwxyz')],
		['everybody’s keys', route('test.btp-nips')]
	])('is not learnt when it leads to %s', async (_, odd) => {
		const { up, hear, routes } = open();
		up('bob', 'peer');
		expect(await hear('bob', { newRoutes: [odd, route('test.good')] })).toBe('understood');
		expect(learnt(routes)).toEqual(['test.good by bob']);
	});

	it('is limited', async () => {
		const { up, hear, routes } = open();
		up('bob', 'peer');
		for (let i = 0; i < 11; i++)
			await hear('bob', {
				fromEpoch: i,
				toEpoch: i + 1,
				newRoutes: Array.from({ length: 1_000 }, (_, k) => route(`test.r${i * 1_000 + k}`, []))
			});
		expect(routes.learnt()).toHaveLength(LIMITS.routesPerNeighbour);
	}, 20_000);

	it('is refused from who is no neighbour, and when it is garbage', async () => {
		const { up, hear, exchange, clock } = open();
		expect(await hear('bob', {})).toBe('F00');
		up('bob', 'child');
		expect(await hear('bob', {})).toBe('F00');
		up('bob', 'peer');
		const garbage: IlpPrepare = {
			type: 'prepare',
			amount: 0n,
			expiresAt: clock.now() + 1_000,
			condition: ZERO_FULFILLMENT_CONDITION,
			destination: 'peer.route.update',
			data: new Uint8Array([1, 2, 3])
		};
		expect(await exchange.handle('bob', garbage)).toMatchObject({ code: 'F01' });
		expect(await exchange.handle('bob', { ...garbage, destination: 'peer.route.control' })).toMatchObject({
			code: 'F01'
		});
		expect(await exchange.handle('bob', { ...garbage, destination: 'peer.route.other' })).toMatchObject({
			code: 'F00'
		});
	});
});

describe('the best way', () => {
	const via = async (
		neighbours: readonly (readonly [string, LinkRole, number])[]
	): Promise<string | undefined> => {
		const { up, hear, routes } = open({ exchangesWith: () => true });
		for (const [peer, role, length] of neighbours) {
			up(peer, role);
			const path = Array.from({ length }, (_, i) => (i === 0 ? `test.${peer}` : `test.n${i}`));
			await hear(peer, { newRoutes: [route('test.goal', path)] });
		}
		return routes.find('test.goal.shop')?.peer;
	};

	it('goes through a customer before a peer before a provider', async () => {
		expect(
			await via([
				['up', 'parent', 1],
				['side', 'peer', 4],
				['down', 'child', 9]
			])
		).toBe('down');
		expect(
			await via([
				['up', 'parent', 1],
				['side', 'peer', 4]
			])
		).toBe('side');
	});

	it('is then the shorter one, then the first by name, in whatever order they were heard', async () => {
		expect(
			await via([
				['a', 'peer', 3],
				['b', 'peer', 2]
			])
		).toBe('b');
		expect(
			await via([
				['b', 'peer', 2],
				['a', 'peer', 2]
			])
		).toBe('a');
		expect(
			await via([
				['a', 'peer', 2],
				['b', 'peer', 2]
			])
		).toBe('a');
	});

	it('falls back to the second best when the best is withdrawn', async () => {
		const { up, hear, routes } = open();
		for (const peer of ['a', 'b']) {
			up(peer, 'peer');
			await hear(peer, { newRoutes: [route('test.goal', [`test.${peer}`])] });
		}
		await hear('a', { fromEpoch: 1, toEpoch: 2, withdrawnRoutes: ['test.goal'] });
		expect(learnt(routes)).toEqual(['test.goal by b']);
	});
});

describe('what this node tells', () => {
	it('is its own address, its configured routes and what it learnt, with itself in front', async () => {
		const { clock, up, hear, control, routes, updates } = open();
		routes.set({ prefix: 'test.configured', peer: 'x', links: 1 });
		routes.set({ prefix: 'test.me.child', peer: 'c', links: 1 });
		routes.set({ prefix: '', peer: 'x', links: undefined });
		up('bob', 'peer');
		up('carl', 'peer');
		await hear('bob', { newRoutes: [route('test.dora', ['test.bob', 'test.dora'])] });
		await control('carl');
		await clock.advance(LIMITS.routeUpdateLeastMs);
		const [first] = updates('carl');
		expect(first).toMatchObject({ speaker: 'test.me', fromEpoch: 0, holdDownTime: LIMITS.routeHoldDownMs });
		expect(first?.newRoutes.map(({ prefix, path }) => [prefix, path.join(' ')])).toEqual([
			['test.configured', 'test.me'],
			['test.me', 'test.me'],
			['test.dora', 'test.me test.bob test.dora']
		]);
		expect(updates('bob')).toEqual([]);
	});

	it('leaves out ways through who is told', async () => {
		const { clock, up, hear, control, updates } = open();
		up('bob', 'peer');
		await hear('bob', { newRoutes: [route('test.dora')] });
		await control('bob');
		await clock.advance(1_000);
		expect(updates('bob').flatMap((update) => update.newRoutes.map(({ prefix }) => prefix))).toEqual([
			'test.me'
		]);
		expect(updates('bob')[0]?.withdrawnRoutes).toEqual(['test.dora']);
	});

	it('gives a provider nothing but customers’ ways', async () => {
		const { clock, up, hear, control, updates } = open({ exchangesWith: () => true });
		up('bob', 'peer');
		up('kid', 'child');
		up('boss', 'parent');
		await hear('bob', { newRoutes: [route('test.dora', ['test.bob', 'test.dora'])] });
		await hear('kid', { newRoutes: [route('test.kid', ['test.kid'])] });
		await control('boss');
		await clock.advance(1_000);
		expect(
			updates('boss')
				.flatMap((update) => update.newRoutes.map(({ prefix }) => prefix))
				.sort()
		).toEqual(['test.kid', 'test.me']);
	});

	it('hashes the proof of origin once a node', async () => {
		const { clock, up, hear, control, updates } = open();
		up('bob', 'peer');
		up('carl', 'peer');
		await hear('bob', { newRoutes: [route('test.dora')] });
		await control('carl');
		await clock.advance(1_000);
		const told = updates('carl')[0]?.newRoutes ?? [];
		const secret = new Uint8Array(32);
		const mac = nobleCrypto.hmacSha256(
			secret,
			Uint8Array.from('test.me', (c) => c.charCodeAt(0))
		);
		const authOf = (prefix: string): string =>
			bytesToHex(told.find((one) => one.prefix === prefix)?.auth ?? new Uint8Array(0));
		expect(authOf('test.me')).toBe(bytesToHex(nobleCrypto.sha256(mac)));
		expect(authOf('test.dora')).toBe(bytesToHex(nobleCrypto.sha256(new Uint8Array(32).fill(7))));
	});

	it('comes as soon as something changes, and as a heartbeat', async () => {
		const { clock, up, hear, control, updates } = open();
		up('bob', 'peer');
		up('carl', 'peer');
		await control('carl');
		await clock.advance(1_000);
		await hear('bob', { newRoutes: [route('test.a')] });
		await clock.advance(1_000);
		await hear('bob', { fromEpoch: 1, toEpoch: 2, withdrawnRoutes: ['test.a'] });
		await clock.advance(LIMITS.routeBroadcastMs + 1_000);
		const heard = updates('carl').map((update) => [
			update.fromEpoch,
			update.toEpoch,
			update.newRoutes.length,
			update.withdrawnRoutes.length
		]);
		expect(heard).toEqual([
			[0, 1, 1, 0],
			[1, 2, 1, 0],
			[2, 3, 0, 1],
			[3, 3, 0, 0]
		]);
	});

	it('is told again when nobody heard it, and from where a neighbour asks', async () => {
		const { clock, up, control, updates, node } = open();
		up('carl', 'peer');
		node.answer = () => undefined;
		await control('carl');
		await clock.advance(LIMITS.routeBroadcastMs + 1_000);
		expect(updates('carl').map(({ fromEpoch }) => fromEpoch)).toEqual([0, 0]);
		const id = updates('carl')[0]?.routingTableId ?? '';
		await control('carl', { lastKnownRoutingTableId: id, lastKnownEpoch: 1 });
		await clock.advance(LIMITS.routeBroadcastMs + 1_000);
		expect(updates('carl').at(-1)).toMatchObject({ fromEpoch: 1, newRoutes: [] });
		await control('carl', { lastKnownRoutingTableId: OTHER_TABLE, lastKnownEpoch: 1 });
		await clock.advance(1_000);
		expect(updates('carl').at(-1)).toMatchObject({ fromEpoch: 0 });
	});

	it('costs as much as what changed, however large the table is', async () => {
		const { up, hear, control, updates, clock } = open();
		up('bob', 'peer');
		up('cara', 'peer');
		for (let i = 0; i < 10; i++)
			await hear('bob', {
				fromEpoch: i,
				toEpoch: i + 1,
				newRoutes: Array.from({ length: 1_000 }, (_, k) => route(`test.r${i * 1_000 + k}`))
			});
		// Each of these few bytes had the node go through all of its table: half a minute for what follows.
		const began = performance.now();
		for (let i = 10; i < 1_010; i++) {
			const path = i % 2 === 0 ? ['test.bob', 'test.dora'] : ['test.bob'];
			await hear('bob', { fromEpoch: i, toEpoch: i + 1, newRoutes: [route('test.r5', path)] });
			await control('cara');
		}
		expect(performance.now() - began).toBeLessThan(10_000);
		await control('cara', { mode: 'idle' });
		await control('cara');
		await clock.advance(LIMITS.routeUpdateLeastMs);
		expect(updates('cara')[0]?.currentEpoch).toBe(11_001);
	}, 60_000);

	it('is told to nobody who wants to hear no more', async () => {
		const { clock, up, control, updates, exchange } = open();
		up('carl', 'peer');
		await control('carl');
		await clock.advance(1_000);
		await control('carl', { mode: 'idle' });
		await clock.advance(200_000);
		expect(updates('carl')).toHaveLength(1);
		exchange.stop();
		expect(clock.pending()).toBe(0);
	});

	it('is split when it does not fit one packet', async () => {
		const { clock, up, control, routes, updates } = open();
		for (let i = 0; i < 120; i++) routes.set({ prefix: `test.n${i}${'x'.repeat(900)}`, peer: 'x', links: 1 });
		up('carl', 'peer');
		await control('carl');
		await clock.advance(10_000);
		const told = updates('carl');
		expect(told.flatMap((update) => update.newRoutes)).toHaveLength(121);
		expect(told.length).toBeGreaterThan(3);
		expect(told.every((update, i) => update.fromEpoch === (told[i - 1]?.toEpoch ?? 0))).toBe(true);
	});

	it('begins a new table when this node’s address changes, and none before it has one', async () => {
		const { clock, up, control, updates, node } = open();
		node.address = undefined;
		up('carl', 'peer');
		await control('carl');
		await clock.advance(LIMITS.routeBroadcastMs * 2);
		expect(updates('carl')).toEqual([]);
		node.address = 'test.me';
		await control('carl');
		await clock.advance(1_000);
		node.address = 'test.new';
		await clock.advance(LIMITS.routeBroadcastMs * 2);
		const told = updates('carl');
		expect(new Set(told.map(({ routingTableId }) => routingTableId)).size).toBe(2);
		expect(told.at(-1)?.speaker).toBe('test.new');
	});
});

// ---------------------------------------------------------------- several nodes

interface Node {
	readonly name: string;
	readonly address: string;
	readonly routes: Routes;
	readonly exchange: RouteExchange;
}

/** Nodes whose requests reach each other after a millisecond, while their link is there. */
const network = () => {
	const clock = openClock();
	const nodes = new Map<string, Node>();
	const links = new Set<string>();
	const add = (name: string, change: Partial<RouteExchangeDeps> = {}, address = `test.${name}`): Node => {
		const routes = createRoutes();
		const exchange = createRouteExchange({
			clock,
			random: createSeededRandom(name),
			crypto: nobleCrypto,
			log: () => undefined,
			network: 'test',
			routingSecret: new Uint8Array(32),
			host: {
				address: () => address,
				request: (peer, prepare) =>
					new Promise((resolve) => {
						clock.after(1, () => {
							const to = nodes.get(peer);
							if (!to || !links.has([name, peer].sort().join())) return resolve(undefined);
							void Promise.resolve(to.exchange.handle(name, prepare)).then(resolve);
						});
					}),
				ownRoutes: () => routes.all(),
				learn: (learnt) => routes.learn(learnt),
				unlearn: (prefix) => routes.unlearn(prefix)
			},
			...change
		});
		const node = { name, address, routes, exchange };
		nodes.set(name, node);
		return node;
	};
	const link = (a: Node, b: Node): void => {
		links.add([a.name, b.name].sort().join());
		a.exchange.up({ peer: b.name, role: 'peer', address: b.address });
		b.exchange.up({ peer: a.name, role: 'peer', address: a.address });
	};
	const cut = (a: Node, b: Node): void => {
		links.delete([a.name, b.name].sort().join());
		a.exchange.down(b.name);
		b.exchange.down(a.name);
	};
	return { clock, add, link, cut };
};

describe('a network', () => {
	it('learns every way, and another one when a link is gone', async () => {
		const { clock, add, link, cut } = network();
		const [a, b, c, d] = [add('a'), add('b'), add('c'), add('d')];
		link(a, b);
		link(b, c);
		link(c, d);
		link(d, a);
		await clock.advance(5_000);
		expect(a.routes.find('test.b.x')?.peer).toBe('b');
		expect(a.routes.find('test.c.x')?.links).toBe(2);
		cut(a, b);
		await clock.advance(60_000);
		expect(a.routes.find('test.b.x')).toMatchObject({ peer: 'd', path: ['test.d', 'test.c', 'test.b'] });
	});

	it('forgets who left for good, and does not count to infinity', async () => {
		const { clock, add, link, cut } = network();
		const [a, b, c] = [add('a'), add('b'), add('c')];
		link(a, b);
		link(b, c);
		link(c, a);
		const d = add('d');
		link(c, d);
		await clock.advance(5_000);
		expect(a.routes.find('test.d')?.peer).toBe('c');
		cut(c, d);
		await clock.advance(300_000);
		expect([a, b, c].map((node) => node.routes.find('test.d'))).toEqual([undefined, undefined, undefined]);
	});

	it('takes the address of a key from its owner alone, over any number of nodes', async () => {
		const secret = new Uint8Array(32).fill(5);
		const pubkey = nobleCrypto.schnorrPublicKey(secret);
		const address = await ownAddress(nobleCrypto, 'test', bytesToHex(pubkey));
		const { clock, add, link } = network();
		// Hours pass here: seldom is often enough.
		const calm = { broadcastMs: 300_000, holdDownMs: 600_000 };
		const owner = add(
			'owner',
			{
				...calm,
				owner: {
					pubkey,
					sign: async (digest) => nobleCrypto.schnorrSign(secret, digest, new Uint8Array(32))
				}
			},
			address
		);
		const [a, b] = [add('a', calm), add('b', calm)];
		const thief = add('thief', calm, address);
		link(owner, a);
		link(a, b);
		link(b, thief);
		await clock.advance(5_000);
		expect(b.routes.find(`${address}.x`)).toMatchObject({ peer: 'a', links: 2 });
		// And long after the first signature ran out.
		await clock.advance(LIMITS.routeProofMs * 2);
		expect(b.routes.find(`${address}.x`)).toMatchObject({ peer: 'a' });
		owner.exchange.stop();
		await clock.advance(2 * LIMITS.routeHoldDownMostMs);
		expect(b.routes.find(`${address}.x`)).toBeUndefined();
	});

	it('trusts an unproven address only where it is configured to', async () => {
		const address = await ownAddress(nobleCrypto, 'test', bytesToHex(fromHex('11'.repeat(32))));
		const { clock, add, link } = network();
		const plain = add('plain', {}, address);
		const trusting = add('trusting', { trustsUnproven: ({ peer }) => peer === 'plain' });
		link(plain, trusting);
		await clock.advance(5_000);
		expect(trusting.routes.find(address)?.peer).toBe('plain');
	});
});
