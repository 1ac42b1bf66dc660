/** Addresses made of keys, announced over nodes that trust nobody's word for them: real sockets, nothing configured. */
import { afterEach, describe, expect, it } from 'vitest';
import type { AccountConfig } from '../../src/lib/peer/link/account-transport.ts';
import { account, codeOf, createWorld, fulfil, pay, replyOf, until, type Node } from './btp-world.ts';

const world = createWorld();
afterEach(world.close);

const NOBODY = { routeExchange: { trusts: [] } };
const listening = (name: string, change: Partial<AccountConfig> = {}) =>
	account(name, { role: 'peer', ...change });
const dialling = (name: string, to: Node, change: Partial<AccountConfig> = {}) =>
	account(name, { role: 'peer', over: { type: 'btp', token: `token-of-${name}`, url: to.url }, ...change });

/** left ── hop ── right: the hop owns neither address, and children at both ends pay each other. */
const open = async (toRight: Partial<AccountConfig> = {}) => {
	const hop = await world.ourNode([listening('left'), listening('right', toRight)], NOBODY);
	const left = await world.ourNode([account('a'), dialling('left', hop)], NOBODY);
	const right = await world.ourNode([account('b'), dialling('right', hop)], NOBODY);
	for (const node of [hop, left, right]) node.peer.start();
	const a = await world.client(left.port, 'a');
	await world.client(right.port, 'b', undefined, () => Promise.resolve(fulfil()));
	return { hop, left, right, a };
};

describe('the owner of an address', () => {
	it('proves it to nodes two links away, and is paid', async () => {
		const { hop, left, right, a } = await open();
		const codeFor = async (amount: bigint): Promise<string> =>
			codeOf(await a.sendData(pay(`${right.address}.b`, amount)));
		await until('the proof has come through', async () => (await codeFor(0n)) === 'fulfilled', 15_000);
		expect(await codeFor(700n)).toBe('fulfilled');
		expect([left.balance('a'), right.balance('b')]).toEqual([700n, -700n]);
		expect([left, hop, right].flatMap((node) => node.problems())).toEqual([]);
	}, 30_000);

	it('who keeps routes from a neighbour is not known beyond it', async () => {
		const { hop, left, right, a } = await open({ exchangesRoutes: false });
		const refusedBy = async (destination: string): Promise<string> => {
			const reply = replyOf(await a.sendData(pay(destination, 0n)));
			return reply.type === 'reject' ? `${reply.code} ${reply.triggeredBy}` : reply.type;
		};
		await until('left has learnt of the hop', async () =>
			(await refusedBy(`${hop.address}.nobody`)).endsWith(hop.address)
		);
		await until('right has asked the hop for routes', () =>
			hop.peer.status().links.some(({ peer, packets }) => peer === 'ilp:right' && packets.rejected > 0)
		);
		expect(await refusedBy(`${right.address}.b`)).toBe(`F02 ${left.address}`);
	}, 30_000);
});
