/** Routes learnt from `ilp-connector` and by it: nobody's routes are configured here. */
import { afterEach, describe, expect, it } from 'vitest';
import { account, codeOf, createWorld, fulfil, pay, prepareOf, until, type Node } from './btp-world.ts';
import { freePort } from './support.ts';

const world = createWorld();
afterEach(world.close);

/** An account of a reference connector with which it exchanges routes. */
const exchanging = (options: object) => ({
	...world.theirAccount('peer', options),
	sendRoutes: true,
	receiveRoutes: true
});
const ours = (name: string, port: number) =>
	account('theirs', {
		role: 'peer',
		over: { type: 'btp', token: `secret-of-${name}`, url: `ws://127.0.0.1:${port}` }
	});

/** Starts two of our nodes and a reference connector between them, which listens at the two ports. */
const connect = async (near: number, far: number, left: Node, right: Node): Promise<void> => {
	const hop = await world.theirConnector({
		routeBroadcastEnabled: true,
		routeBroadcastInterval: 500,
		ilpAddress: 'test.hop',
		accounts: {
			left: exchanging({ listener: { port: near, secret: 'secret-of-left' } }),
			right: exchanging({ listener: { port: far, secret: 'secret-of-right' } })
		}
	});
	const listening = hop.listen();
	left.peer.start();
	right.peer.start();
	await listening;
};

describe('routes that ilp-connector tells and hears', () => {
	it('lead from a child of ours over it to a child of ours, and back', async () => {
		const [near, far] = [await freePort(), await freePort()];
		const trusting = { routeExchange: { trusts: ['theirs'] } };
		const left = await world.ourNode([account('a'), ours('left', near)], trusting);
		const right = await world.ourNode([account('b'), ours('right', far)], trusting);
		await connect(near, far, left, right);

		let received = 0n;
		const child = (port: number, name: string) =>
			world.client(port, name, undefined, (bytes) => {
				received += prepareOf(bytes).amount;
				return Promise.resolve(fulfil());
			});
		const a = await child(left.port, 'a');
		const b = await child(right.port, 'b');
		const reaches = (from: typeof a, to: string) => async () =>
			codeOf(await from.sendData(pay(to, 0n))) === 'fulfilled';
		await until('the way east is known', reaches(a, `${right.address}.b`), 15_000);
		await until('the way west is known', reaches(b, `${left.address}.a`), 15_000);

		expect(codeOf(await a.sendData(pay(`${right.address}.b.shop`, 700n)))).toBe('fulfilled');
		expect(codeOf(await b.sendData(pay(`${left.address}.a.shop`, 300n)))).toBe('fulfilled');
		expect(received).toBe(1_000n);
		expect([left.balance('a'), left.balance('theirs'), right.balance('theirs'), right.balance('b')]).toEqual([
			400n,
			-400n,
			400n,
			-400n
		]);
		expect(codeOf(await a.sendData(pay('test.nowhere', 1n)))).toBe('F02');
		expect([...left.problems(), ...right.problems()]).toEqual([]);
	}, 40_000);

	it('are not believed about addresses made of keys unless the neighbour is trusted', async () => {
		const [near, far] = [await freePort(), await freePort()];
		const left = await world.ourNode([account('a'), ours('left', near)], { routeExchange: { trusts: [] } });
		const right = await world.ourNode([account('b'), ours('right', far)], { routeExchange: { trusts: [] } });
		await connect(near, far, left, right);
		await world.client(right.port, 'b');
		const a = await world.client(left.port, 'a');
		// The connector's own address is its own word.
		await until(
			'the connector is known',
			async () => codeOf(await a.sendData(pay('test.hop', 0n))) !== 'F02',
			15_000
		);
		expect(codeOf(await a.sendData(pay(`${right.address}.b`, 0n)))).toBe('F02');
	}, 40_000);
});
