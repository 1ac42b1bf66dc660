/** Plain ILP over BTP with `ilp-plugin-btp` and `ilp-connector` on the other side, over real sockets. */
import { afterEach, describe, expect, it } from 'vitest';
import { decodeBtpBundle, encodeBtpPacket, type BtpPacket } from '../../src/lib/peer/codec/btp.ts';
import { decodeIldcpResponse, ildcpRequest } from '../../src/lib/peer/codec/ildcp.ts';
import { decodeAmountTooLarge, encodePrepare } from '../../src/lib/peer/codec/ilp.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { account, codeOf, createWorld, fulfil, pay, prepareOf, replyOf, until, USD } from './btp-world.ts';
import { freePort } from './support.ts';

const world = createWorld();
afterEach(world.close);

const IN_FLIGHT = 64;
const numbered = (n: number): Uint8Array => new Uint8Array([n >> 8, n]);

describe('ilp-plugin-btp as a child of our node', () => {
	it('gets its address and asset', async () => {
		const node = await world.ourNode([account('a')]);
		const a = await world.client(node.port, 'a');
		const reply = replyOf(await a.sendData(Buffer.from(encodePrepare(ildcpRequest(Date.now() + 5_000)))));
		expect(reply.type === 'fulfill' && decodeIldcpResponse(reply)).toEqual({
			ok: true,
			value: { clientAddress: `${node.address}.a`, assetCode: USD.code, assetScale: USD.scale }
		});
	});

	it(`pays another one, ${IN_FLIGHT} packets at a time, and our books say the same to the unit`, async () => {
		const node = await world.ourNode([account('a'), account('b')]);
		let waiting = 0;
		let most = 0;
		let received = 0n;
		await world.client(node.port, 'b', undefined, async (bytes) => {
			most = Math.max(most, ++waiting);
			await new Promise((resolve) => setTimeout(resolve, 300));
			waiting -= 1;
			const { amount, data } = prepareOf(bytes);
			received += amount;
			return fulfil(data);
		});
		const a = await world.client(node.port, 'a');
		const answers = await Promise.all(
			Array.from({ length: IN_FLIGHT }, async (_, n) =>
				replyOf(await a.sendData(pay(`${node.address}.b.shop`, 1_000n + BigInt(n), { data: numbered(n) })))
			)
		);
		expect(answers.map(({ type, data }) => [type, ...data])).toEqual(
			Array.from({ length: IN_FLIGHT }, (_, n) => ['fulfill', ...numbered(n)])
		);
		expect(most).toBe(IN_FLIGHT);
		expect([node.balance('a'), node.balance('b')]).toEqual([received, -received]);
		expect(node.problems()).toEqual([]);
	});

	it('gets a message for each packet: it never said that it takes bundles', async () => {
		const node = await world.ourNode([account('a'), account('b')]);
		await world.client(node.port, 'b');
		const a = await world.client(node.port, 'a');
		await Promise.all(
			Array.from({ length: IN_FLIGHT }, (_, n) =>
				a.sendData(pay(`${node.address}.b.shop`, 1n, { data: numbered(n) }))
			)
		);
		// A prepare to the one and a fulfill to the other, after an answer to each one's auth.
		expect(node.sent).toHaveLength(2 + 2 * IN_FLIGHT);
		for (const message of node.sent) {
			const packets = unwrap(decodeBtpBundle(message));
			expect(packets).toHaveLength(1);
			expect(message).toEqual(encodeBtpPacket(packets[0] as BtpPacket));
		}
	});

	it.each([
		['F08', 'more than one packet of its account may carry', 2_001n, 'b', {}],
		['F08', "more than the other's account takes", 1_001n, 'small', {}],
		['T04', 'more than it may owe', 1_500n, 'b', { maxBalance: 1_499n }],
		['T01', 'money for a neighbour that is not there', 1n, 'absent', {}],
		['F02', 'money for nobody', 1n, 'nobody.at.all', {}]
	] as const)('hears %s when it sends %s', async (code, _, amount, to, change) => {
		const node = await world.ourNode([
			account('a', { maxPacketAmount: 2_000n, ...change }),
			account('b'),
			account('small', { maxPacketAmount: 1_000n }),
			account('absent')
		]);
		await world.client(node.port, 'b');
		await world.client(node.port, 'small');
		const a = await world.client(node.port, 'a');
		const answer = await a.sendData(pay(`${node.address}.${to}`, amount));
		// What lies below this node's own address and is no child's is for the node itself.
		expect(codeOf(answer)).toBe(code);
		if (code === 'F08')
			expect(decodeAmountTooLarge(replyOf(answer).data)).toMatchObject({
				ok: true,
				value: { receivedAmount: amount, maximumAmount: amount - 1n }
			});
		expect([node.balance('a'), node.problems()]).toEqual([0n, []]);
	});

	it('hears T05 beyond the packets a second that were agreed', async () => {
		const node = await world.ourNode([account('a', { packetsPerSecond: 5 }), account('b')]);
		await world.client(node.port, 'b');
		const a = await world.client(node.port, 'a');
		const codes = await Promise.all(
			Array.from({ length: 8 }, async (_, n) =>
				codeOf(await a.sendData(pay(`${node.address}.b`, 1n, { data: numbered(n) })))
			)
		);
		expect(codes.filter((code) => code === 'fulfilled')).toHaveLength(5);
		expect(new Set(codes)).toEqual(new Set(['fulfilled', 'T05']));
		expect(node.balance('a')).toBe(5n);
	});

	it('has its requests to the neighbour answered here and never passed on', async () => {
		const node = await world.ourNode([account('a'), account('b', { role: 'parent' })]);
		const seen: string[] = [];
		await world.client(node.port, 'b', undefined, (bytes) => {
			seen.push(prepareOf(bytes).destination);
			return Promise.resolve(fulfil());
		});
		const a = await world.client(node.port, 'a');
		expect(codeOf(await a.sendData(pay('peer.something', 0n)))).toBe('F02');
		expect(seen).toEqual([]);
	});

	it.each([
		['with a wrong token', 'a', 'another-token'],
		["with its own token in another's name", 'b', 'token-of-a']
	])('is not let in %s', async (_, name, token) => {
		const node = await world.ourNode([account('a'), account('b')]);
		let isIn = false;
		void world.client(node.port, name, token).then(
			() => (isIn = true),
			() => undefined
		);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(isIn).toBe(false);
		expect(node.peer.status().links.every(({ packets }) => packets.received === 0)).toBe(true);
	});

	it('with two sockets is served on the newer one, and is paid once', async () => {
		const node = await world.ourNode([account('a'), account('b')]);
		let received = 0;
		const count = (): Promise<Uint8Array> => {
			received += 1;
			return Promise.resolve(fulfil());
		};
		const older = world.plugin({
			server: `btp+ws://b:token-of-b@127.0.0.1:${node.port}`,
			// It would come back and be the newer one.
			reconnectInterval: 60_000
		});
		older.registerDataHandler(async () => Buffer.from(await count()));
		await older.connect();
		let byNewer = 0;
		await world.client(node.port, 'b', undefined, () => {
			byNewer += 1;
			return count();
		});
		const a = await world.client(node.port, 'a');
		expect(codeOf(await a.sendData(pay(`${node.address}.b`, 5n)))).toBe('fulfilled');
		expect([received, byNewer, node.balance('b')]).toEqual([1, 1, -5n]);
	});

	it('comes back after its connection broke, and no packet is lost or counted twice', async () => {
		const node = await world.ourNode([account('a'), account('b')]);
		let received = 0n;
		await world.client(node.port, 'b', undefined, (bytes) => {
			received += prepareOf(bytes).amount;
			return Promise.resolve(fulfil());
		});
		const a = await world.client(node.port, 'a');
		expect(codeOf(await a.sendData(pay(`${node.address}.b`, 10n)))).toBe('fulfilled');
		node.cut();
		let n = 0;
		// A packet on a dead socket is answered by nobody; the next one goes by the new one.
		await until('a packet goes through again', async () => {
			const answer = await Promise.race([
				a
					.sendData(pay(`${node.address}.b`, 10n, { data: numbered(n++), expiresInMs: 3_000 }))
					.catch(() => undefined),
				new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 200))
			]);
			return answer !== undefined && codeOf(answer) === 'fulfilled';
		});
		expect([node.balance('a'), node.balance('b')]).toEqual([received, -received]);
		await until('all is settled', () => node.problems().length === 0);
	});
});

describe('ilp-connector', () => {
	it('is a hop between two of our nodes that dial it, and three ledgers agree', async () => {
		const ports = [await freePort(), await freePort()];
		const via = (name: string, port: number | undefined) =>
			account('hop', {
				role: 'peer',
				over: { type: 'btp', token: `secret-of-${name}`, url: `ws://127.0.0.1:${port}` }
			});
		const routes = [{ prefix: 'test', via: 'hop' }];
		const left = await world.ourNode([account('a'), via('left', ports[0])], { routes });
		const right = await world.ourNode([account('b'), via('right', ports[1])], { routes });
		const hop = await world.theirConnector({
			ilpAddress: 'test.hop',
			accounts: {
				left: world.theirAccount('peer', { listener: { port: ports[0], secret: 'secret-of-left' } }),
				right: world.theirAccount('peer', { listener: { port: ports[1], secret: 'secret-of-right' } })
			},
			routes: [
				{ targetPrefix: left.address, peerId: 'left' },
				{ targetPrefix: right.address, peerId: 'right' }
			]
		});
		const listening = hop.listen();
		left.peer.start();
		right.peer.start();
		await listening;

		let received = 0n;
		await world.client(right.port, 'b', undefined, (bytes) => {
			const { amount, data } = prepareOf(bytes);
			received += amount;
			return Promise.resolve(fulfil(data));
		});
		const a = await world.client(left.port, 'a');
		await until(
			'the way is there',
			async () => codeOf(await a.sendData(pay(`${right.address}.b`, 0n))) === 'fulfilled'
		);
		const answers = await Promise.all(
			Array.from({ length: IN_FLIGHT }, async (_, n) =>
				codeOf(await a.sendData(pay(`${right.address}.b.x`, 100n + BigInt(n), { data: numbered(n) })))
			)
		);
		expect(new Set(answers)).toEqual(new Set(['fulfilled']));
		const sum = Array.from({ length: IN_FLIGHT }, (_, n) => 100n + BigInt(n)).reduce(
			(all, one) => all + one,
			0n
		);
		expect(received).toBe(sum);
		expect([left.balance('a'), left.balance('hop'), right.balance('hop'), right.balance('b')]).toEqual([
			sum,
			-sum,
			sum,
			-sum
		]);
		expect(await hop.balances()).toEqual({ left: sum, right: -sum });
		expect([...left.problems(), ...right.problems()]).toEqual([]);
	});

	it('is at both ends of our node, as its children, and three ledgers agree on what our fee is', async () => {
		const node = await world.ourNode([account('a'), account('b')], { feePpm: 10_000n });
		node.peer.start();
		const connector = async (name: string) => {
			const port = await freePort();
			const made = await world.theirConnector({
				accounts: {
					up: world.theirAccount('parent', {
						server: `btp+ws://${name}:token-of-${name}@127.0.0.1:${node.port}`
					}),
					end: world.theirAccount('child', { listener: { port, secret: 'the-end' } })
				}
			});
			return { ...made, port };
		};
		const a = await connector('a');
		const b = await connector('b');
		const ready = Promise.all([a.listen(), b.listen()]);
		let received = 0n;
		const join = async (port: number) => {
			// They listen only once they have asked our node for an address.
			await until('it listens', async () => {
				const socket = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
				return socket !== undefined;
			});
			return world.client(port, 'end', 'the-end', (bytes) => {
				received += prepareOf(bytes).amount;
				return Promise.resolve(fulfil());
			});
		};
		const [payer] = await Promise.all([join(a.port), join(b.port)]);
		await ready;
		for (let n = 0; n < 10; n++)
			expect(codeOf(await payer.sendData(pay(`${node.address}.b.end`, 1_000n, { data: numbered(n) })))).toBe(
				'fulfilled'
			);
		expect(received).toBe(9_900n);
		expect([node.balance('a'), node.balance('b'), node.peer.status().balances.get('income/routing')]).toEqual(
			[10_000n, -9_900n, -100n]
		);
		expect((await a.balances())['up']).toBe(-10_000n);
		expect((await b.balances())['up']).toBe(9_900n);
		expect(node.problems()).toEqual([]);
	});
});
