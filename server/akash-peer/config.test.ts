import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import { readNodeConfig, type NodeConfig } from './config.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tributary-config-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NODE = {
	name: 'hub',
	about: 'Forwards.',
	dataDir: 'data',
	network: 'test',
	listen: { host: '127.0.0.1', port: 0, btpPath: '/btp' }
};
const child = (change: object = {}): object => ({
	name: 'alice',
	role: 'child',
	maxBalance: '1000000000',
	btp: { token: 'secret' },
	...change
});
const read = (change: object = {}): NodeConfig => {
	const file = join(folder, 'node.json');
	writeFileSync(file, JSON.stringify({ ...NODE, ...change }));
	return readNodeConfig(file);
};

describe('a config file', () => {
	it('may be as docs/interop.md has it', () => {
		const page = readFileSync(new URL('../../docs/interop.md', import.meta.url), 'utf8');
		const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
		const { accounts, routes } = read(JSON.parse(example) as object);
		expect(accounts.map(({ name, over }) => `${name} ${over.type}`)).toEqual(['alice btp', 'east http']);
		expect(routes).toEqual([{ prefix: 'test.far', via: 'east' }]);
	});

	it('needs little for a node that only forwards', () => {
		expect(read()).toEqual({
			...NODE,
			address: 'own',
			acceptGuests: false,
			feePpm: 0n,
			price: 0n,
			notes: { facts: false },
			control: false,
			accounts: [],
			links: [],
			peers: [],
			routes: []
		});
	});

	it('gives neighbours accounts over BTP and HTTP, with their limits', () => {
		const { accounts, routeExchange, routes } = read({
			accounts: [
				child({ packetsPerSecond: 50, freeBytesPerSecond: 1_000 }),
				{
					name: 'upstream',
					role: 'peer',
					maxBalance: '0',
					maxOwed: '5000',
					maxPacketAmount: '700',
					exchangesRoutes: false,
					http: {
						incomingToken: 'theirs',
						url: 'https://up.example/ilp',
						outgoingToken: 'ours',
						callbackUrl: 'https://me.example/ilp'
					}
				}
			],
			routeExchange: { trusts: ['upstream'] },
			routes: [{ prefix: 'test.far', via: 'upstream', links: 2 }]
		});
		expect(accounts).toEqual([
			{
				name: 'alice',
				role: 'child',
				asset: LINK_ASSET,
				maxBalance: 1_000_000_000n,
				packetsPerSecond: 50,
				freeBytesPerSecond: 1_000,
				over: { type: 'btp', token: 'secret' }
			},
			{
				name: 'upstream',
				role: 'peer',
				asset: LINK_ASSET,
				maxBalance: 0n,
				maxOwed: 5_000n,
				maxPacketAmount: 700n,
				exchangesRoutes: false,
				over: {
					type: 'http',
					incomingToken: 'theirs',
					url: 'https://up.example/ilp',
					outgoingToken: 'ours',
					callbackUrl: 'https://me.example/ilp'
				}
			}
		]);
		expect(routeExchange).toEqual({ trusts: ['upstream'] });
		expect(routes).toEqual([{ prefix: 'test.far', via: 'upstream', links: 2 }]);
	});

	it.each([
		['accounts[0].name', { accounts: [child({ name: 'two.segments' })] }],
		['accounts[1].name', { accounts: [child(), child({ btp: { token: 'other' } })] }],
		['accounts[1]', { accounts: [child(), child({ name: 'bob' })] }],
		['accounts[0]', { accounts: [child({ btp: { token: '' } })] }],
		['accounts[0]', { accounts: [child({ http: { incomingToken: 'x' } })] }],
		['accounts[0].role', { accounts: [child({ role: 'friend' })] }],
		['accounts[0].maxBalance', { accounts: [child({ maxBalance: '-1' })] }],
		['accounts[0].packetsPerSecond', { accounts: [child({ packetsPerSecond: 0 })] }],
		['accounts[0].btp.url', { accounts: [child({ btp: { token: 'x', url: 'http://up.example' } })] }],
		[
			'accounts[0].http.url',
			{ accounts: [child({ btp: undefined, http: { incomingToken: 'x', url: 'up' } })] }
		],
		[
			'accounts[0].http.incomingToken',
			{ accounts: [child({ btp: undefined, http: { incomingToken: 'with spaces' } })] }
		],
		['routeExchange.trusts[0]', { accounts: [child()], routeExchange: { trusts: ['bob'] } }],
		['routes[0].via', { accounts: [child()], routes: [{ prefix: 'test.far', via: 'bob' }] }],
		['receiver.path', { receiver: { receiveMax: '1' } }],
		['chain.contract', { chain: { rpcUrl: 'http://127.0.0.1:1', chainId: 1, contract: '0x12' } }],
		['listen.ilpPath', { listen: { ...NODE.listen, ilpPath: 5 } }]
	])('with a wrong value is refused with its place: %s', (place, change) => {
		expect(() => read(change)).toThrow(`config: ${place}`);
	});
});
