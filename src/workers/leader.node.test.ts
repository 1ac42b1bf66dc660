import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../server/akash-peer/node-sql.ts';
import type { Discovery } from '../lib/client/discovery.ts';
import type { Call, Outcome, Update } from '../lib/client/tab-protocol.ts';
import type { PeerApi, PeerState } from '../lib/peer/api.ts';
import { peerError } from '../lib/peer/errors.ts';
import type { Clock } from '../lib/peer/platform.ts';
import { err, ok } from '../lib/peer/result.ts';
import { SqlError, type SqlDriver } from '../lib/peer/storage/sql.ts';
import { lead, type LeaderPorts, type PeerSetup } from './leader.ts';
import { createRequestLog } from './request-log.ts';

const DISCOVERY: Discovery = {
	name: 'hub',
	network: 'test',
	btp: 'ws://127.0.0.1:7770/btp',
	pubkey: 'ab'.repeat(32),
	chain: {
		id: 31_337,
		name: 'Local Base',
		rpcUrl: 'http://127.0.0.1:7745/',
		contract: `0x${'11'.repeat(20)}`,
		token: `0x${'22'.repeat(20)}`,
		tokenSymbol: 'tUSD',
		tokenScale: 6,
		genesis: `0x${'33'.repeat(32)}`
	}
};
const NEW_CHAIN: Discovery = { ...DISCOVERY, chain: { ...DISCOVERY.chain, genesis: `0x${'44'.repeat(32)}` } };

const call = (method: Call['method'], id = 'one', ...args: readonly unknown[]): Call => ({
	id,
	method,
	args
});
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const createWorld = (sql: SqlDriver = createNodeSql(':memory:')) => {
	const timers: (() => void)[] = [];
	const setups: PeerSetup[] = [];
	const updates: Update[] = [];
	const world = {
		sql,
		setups,
		updates,
		origin: ok(DISCOVERY) as Awaited<ReturnType<LeaderPorts['fetchDiscovery']>>,
		published: 0,
		/** What `publish` does; it may hang or throw. */
		publish: (): Promise<unknown> => Promise.resolve(ok(`note ${++world.published}`)),
		link: 'online' as PeerState['link']['status'],
		tell: (_: PeerState): void => {},
		/** The next timer fires. */
		tick: async (): Promise<void> => {
			timers.shift()?.();
			await soon();
		},
		state: (): PeerState => ({ link: { status: world.link } }) as PeerState,
		begin: () =>
			lead(
				{
					clock: { now: () => 1_000, after: (_, run) => (timers.push(run), () => {}) } satisfies Clock,
					openStorage: () => Promise.resolve({ sql, kind: 'memory' as const }),
					fetchDiscovery: () => Promise.resolve(world.origin),
					runPeer: (setup) => {
						setups.push(setup);
						const api = {
							watch: (onState: (state: PeerState) => void) => {
								world.tell = onState;
								return Promise.resolve(1);
							},
							state: () => Promise.resolve(world.state()),
							feed: () => Promise.resolve([`feed of peer ${setups.length}`]),
							publish: () => world.publish()
						};
						return Promise.resolve({ api: api as unknown as PeerApi, stop: () => Promise.resolve() });
					}
				},
				(update) => updates.push(update)
			)
	};
	return world;
};

describe('the leader', () => {
	it('runs the peer with what the origin says, and shows its state', async () => {
		const world = createWorld();
		const leader = await world.begin();
		expect(world.setups[0]?.discovery).toEqual(DISCOVERY);
		expect(world.updates.at(-1)).toEqual({ state: world.state(), discovery: DISCOVERY, trouble: undefined });
		expect(await leader.answer(call('feed'))).toEqual({ returned: ['feed of peer 1'] });
	});

	it('starts without the origin on what it knew last', async () => {
		const world = createWorld();
		await world.begin();
		world.origin = err(peerError('HubUnreachable'));
		await world.begin();
		expect(world.setups[1]?.discovery).toEqual(DISCOVERY);
	});

	it('waits for the origin at the very first start, and says so', async () => {
		const world = createWorld();
		world.origin = err(peerError('HubUnreachable', 'no network'));
		const leader = await world.begin();
		expect(world.updates.at(-1)?.trouble).toEqual(peerError('HubUnreachable', 'no network'));
		const list = leader.answer(call('feed', 'list'));
		expect(await leader.answer(call('publish'))).toEqual({
			failed: peerError('HubUnreachable', 'no network')
		});
		await world.tick();
		world.origin = ok(DISCOVERY);
		await world.tick();
		expect(await list).toEqual({ returned: ['feed of peer 1'] });
		expect(world.updates.at(-1)?.trouble).toBeUndefined();
	});

	it('runs the peer anew when the link is down and the origin names another chain', async () => {
		const world = createWorld();
		await world.begin();
		world.origin = ok(NEW_CHAIN);
		await world.tick();
		expect(world.setups).toHaveLength(1);
		world.link = 'offline';
		world.tell(world.state());
		await world.tick();
		expect(world.setups.map(({ discovery }) => discovery)).toEqual([DISCOVERY, NEW_CHAIN]);
	});

	it('answers a bug of the peer as an error, and a full disk as one', async () => {
		const world = createWorld();
		const leader = await world.begin();
		world.publish = () => Promise.reject(new Error('a bug'));
		expect(await leader.answer(call('publish', 'a'))).toEqual({ failed: peerError('Internal', 'a bug') });
		world.publish = () => Promise.reject(new SqlError('full', 'no room'));
		expect(await leader.answer(call('publish', 'b'))).toEqual({
			failed: peerError('StorageFull', 'no room')
		});
	});

	it('touches nothing when the database is damaged', async () => {
		const updates: Update[] = [];
		const leader = await lead(
			{
				...({} as LeaderPorts),
				openStorage: () => Promise.reject(new SqlError('corrupt', 'not a database')),
				fetchDiscovery: () => Promise.resolve(ok(DISCOVERY))
			},
			(update) => updates.push(update)
		);
		expect(updates.at(-1)?.trouble?.type).toBe('StorageLost');
		expect(await leader.answer(call('feed'))).toMatchObject({ failed: { type: 'StorageLost' } });
	});
});

describe('a call that is sent again', () => {
	it('is done once, by one leader', async () => {
		const world = createWorld();
		const leader = await world.begin();
		const [first, second] = await Promise.all([
			leader.answer(call('publish')),
			leader.answer(call('publish'))
		]);
		expect([first, second, await leader.answer(call('publish'))]).toEqual(
			Array(3).fill({ returned: ok('note 1') })
		);
	});

	it('is done once, though the leader died before its answer arrived', async () => {
		const world = createWorld();
		await (await world.begin()).answer(call('publish'));
		expect(await (await world.begin()).answer(call('publish'))).toEqual({ returned: ok('note 1') });
	});

	it('is not tried again when the leader died in the middle', async () => {
		const world = createWorld();
		world.publish = () => new Promise(() => {});
		void (await world.begin()).answer(call('publish'));
		await soon();
		const next = await world.begin();
		expect(await next.answer(call('publish'))).toMatchObject({ failed: { type: 'Internal' } });
	});

	it('keeps money and bytes in a remembered answer', async () => {
		const sql = createNodeSql(':memory:');
		const outcome: Outcome = { returned: ok({ paid: 2n ** 70n, bytes: Uint8Array.of(1, 2), text: 'ok' }) };
		const work = (): Promise<Outcome> => Promise.resolve(outcome);
		await createRequestLog(sql, () => 1).once(call('payout'), work);
		expect(
			await createRequestLog(sql, () => 1).once(call('payout'), () => Promise.reject(new Error('again')))
		).toEqual(outcome);
	});

	it('is forgotten after an hour, and beyond a thousand newer ones', async () => {
		const sql = createNodeSql(':memory:');
		let now = 0;
		const requests = createRequestLog(sql, () => now);
		const work = (): Promise<Outcome> => Promise.resolve({ returned: null });
		const remembered = (): unknown => sql.all('SELECT count(*) AS n FROM tab_request')[0]?.['n'];
		for (let i = 0; i < 1_010; i++) await requests.once(call('setPrice', `${i}`), work);
		expect(remembered()).toBe(1_000);
		now += 3_600_001;
		await requests.once(call('setPrice', 'later'), work);
		expect(remembered()).toBe(1);
	});
});
