import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../bytes.ts';
import { decodeBtpBundle, encodeBtpPacket, type BtpPacket } from '../codec/btp.ts';
import { LIMITS } from '../limits.ts';
import type { Socket } from '../platform.ts';
import { err, ok, unwrap } from '../result.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { createBtpConnection, type BtpHandler } from './btp-connection.ts';
import { octets } from './protocol-data.ts';

/** Turns of promises between what comes in and what goes out, at most. */
const TURNS = 8;
const settle = async (): Promise<void> => {
	for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
};

/** A connection to somebody who reads only when told to. */
const open = (onMessage: BtpHandler) => {
	const clock = createSimulatedClock(Date.UTC(2030, 0, 1), settle);
	const there = { unread: 0, most: 0, isHungUp: false };
	let hear: (message: Uint8Array) => void = () => undefined;
	const socket: Socket = {
		label: 'a slow reader',
		send: ({ length }) => {
			there.unread += length;
			there.most = Math.max(there.most, there.unread);
		},
		bufferedBytes: () => there.unread,
		close: () => (there.isHungUp = true),
		listen: ({ onMessage: heard }) => (hear = heard)
	};
	const connection = createBtpConnection(
		socket,
		{ clock, log: () => undefined },
		{ onMessage, onClose: () => undefined }
	);
	const ask = (requestId: number): void =>
		hear(encodeBtpPacket({ type: 'message', requestId, protocolData: [] }));
	return { clock, connection, there, ask };
};

const ANSWER_BYTES = 30_000;

describe('somebody who asks and never reads the answers', () => {
	it('is hung up on before they fill the memory', async () => {
		const { connection, there, ask } = open(() =>
			Promise.resolve(ok([octets('ilp', new Uint8Array(ANSWER_BYTES))]))
		);
		for (let requestId = 1; requestId <= 2_000 && !there.isHungUp; requestId += 1) {
			ask(requestId);
			await settle();
		}
		expect([there.isHungUp, connection.closed]).toEqual([true, true]);
		expect(there.most).toBeGreaterThan(LIMITS.socketBufferedBytes);
		expect(there.most).toBeLessThan(2 * LIMITS.socketBufferedBytes + 2 * ANSWER_BYTES);
	});

	it('gets no packets before that, and more once it has read', async () => {
		const { connection, there, ask } = open(() =>
			Promise.resolve(ok([octets('ilp', new Uint8Array(ANSWER_BYTES))]))
		);
		for (let requestId = 1; connection.writable(); requestId += 1) {
			ask(requestId);
			await settle();
		}
		expect([there.isHungUp, connection.closed]).toEqual([false, false]);
		expect(there.unread).toBeLessThan(LIMITS.socketBufferedBytes + 2 * ANSWER_BYTES);
		there.unread = 0;
		expect(connection.writable()).toBe(true);
	});
});

describe('requests that nobody answers', () => {
	it('leave nothing behind once their time is over', async () => {
		const { clock, connection, there } = open(() => Promise.resolve(ok([])));
		for (let requests = 0; requests < 1_000; requests += 1) void connection.request([]);
		expect(clock.pending()).toBeGreaterThan(0);
		expect(there.unread).toBeGreaterThan(0);
		await clock.advance(LIMITS.btpResponseMs);
		expect(clock.pending()).toBe(0);
	});
});

const numbered = (n: number): Uint8Array => new Uint8Array([n >> 8, n & 0xff]);
const numberOf = ({ protocolData }: BtpPacket): number => {
	const [high, low] = protocolData[0]?.data ?? [];
	return ((high as number) << 8) | (low as number);
};
const asking = (n: number): BtpPacket => ({
	type: 'message',
	requestId: n,
	protocolData: [octets('ilp', numbered(n))]
});
const together = (...packets: readonly BtpPacket[]): Uint8Array =>
	concatBytes(...packets.map((packet) => encodeBtpPacket(packet)));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** A connection to somebody who keeps what comes, message by message; answers every request with its own data. */
const openTo = ({
	bundles,
	onMessage = (data) => Promise.resolve(ok(data))
}: {
	readonly bundles: boolean;
	readonly onMessage?: BtpHandler;
}) => {
	const clock = createSimulatedClock(Date.UTC(2030, 0, 1), settle);
	const there = { messages: [] as Uint8Array[], isHungUp: false, unread: 0 };
	const here = { asked: [] as number[], closes: 0, bytesOut: 0 };
	let hear: (message: Uint8Array) => void = () => undefined;
	let hangUp: () => void = () => undefined;
	const connection = createBtpConnection(
		{
			label: 'somebody',
			send: (message) => there.messages.push(message.slice()),
			bufferedBytes: () => there.unread,
			close: () => (there.isHungUp = true),
			listen: (handlers) => {
				hear = handlers.onMessage;
				hangUp = handlers.onClose;
			}
		},
		{ clock, log: () => undefined },
		{
			onMessage: (data) => {
				here.asked.push(numberOf({ type: 'message', requestId: 0, protocolData: data }));
				return onMessage(data);
			},
			onClose: () => (here.closes += 1),
			onBytes: (direction, bytes) => {
				if (direction === 'out') here.bytesOut += bytes;
			}
		}
	);
	if (bundles) connection.useBundles();
	const ask = (n: number): void => void connection.request([octets('ilp', numbered(n))]);
	/** To the end of this turn. */
	const turn = (): Promise<void> => clock.advance(0);
	/** Numbers of the packets in each message that came. */
	const came = (): number[][] =>
		there.messages.map((message) => unwrap(decodeBtpBundle(message)).map(numberOf));
	return {
		connection,
		turn,
		there,
		here,
		ask,
		came,
		hear: (b: Uint8Array) => hear(b),
		hangUp: () => hangUp()
	};
};

describe('ends that agreed on bundles', () => {
	it('send what is sent within one turn as one message, in order', async () => {
		const { ask, came, here, there, turn } = openTo({ bundles: true });
		for (const n of upTo(5)) ask(n);
		expect(there.messages).toHaveLength(0);
		await turn();
		ask(6);
		await turn();
		expect(came()).toEqual([upTo(5), [6]]);
		expect(here.bytesOut).toBe(there.messages.reduce((sum, { length }) => sum + length, 0));
	});

	it('let a packet alone wait for nothing: no turn passes', async () => {
		const { ask, hear, came, turn } = openTo({ bundles: true });
		ask(1);
		await settle();
		expect(came()).toEqual([[1]]);
		hear(together({ type: 'response', requestId: 1, protocolData: [] }));
		await settle();
		hear(together(asking(7)));
		await settle();
		expect(came()).toEqual([[1], [7]]);
		await turn();
		expect(came()).toHaveLength(2);
	});

	it('wait for the turn to end where others are under way, although their answers take longer', async () => {
		const later: (() => void)[] = [];
		const { hear, came, turn } = openTo({
			bundles: true,
			onMessage: (data) => new Promise((resolve) => later.push(() => resolve(ok(data))))
		});
		hear(together(...upTo(3).map(asking)));
		later[0]?.();
		await settle();
		later[1]?.();
		await settle();
		expect(came()).toEqual([]);
		await turn();
		expect(came()).toEqual([[1, 2]]);
		// The last one is alone by now.
		later[2]?.();
		await settle();
		expect(came()).toEqual([[1, 2], [3]]);
	});

	it('answer together what was asked together', async () => {
		const { hear, came, here, turn } = openTo({ bundles: true });
		hear(together(...upTo(20).map(asking)));
		await turn();
		expect([here.asked, came()]).toEqual([upTo(20), [upTo(20)]]);
	});

	it('hear every answer of a bundle, and ask anew together', async () => {
		const { connection, hear, came, turn } = openTo({ bundles: true });
		const answers = upTo(3).map(async (n) => {
			const answer = unwrap(await connection.request([octets('ilp', numbered(n))]));
			void connection.request([octets('ilp', numbered(n + 10))]);
			return numberOf({ type: 'response', requestId: n, protocolData: answer });
		});
		await turn();
		const told = [3, 1, 2].map((requestId): BtpPacket => ({
			type: 'response',
			requestId,
			protocolData: [octets('ilp', numbered(requestId + 100))]
		}));
		hear(together(...told));
		expect(await Promise.all(answers)).toEqual([101, 102, 103]);
		await turn();
		expect(came()).toEqual([upTo(3), [13, 11, 12]]);
	});

	it('begin another one before it grows beyond its limits', async () => {
		const { connection, there, came, ask, turn } = openTo({ bundles: true });
		const bytes = Math.floor(LIMITS.btpBundleBytes / 5);
		for (const n of upTo(23)) {
			const data = new Uint8Array(bytes);
			data.set(numbered(n));
			void connection.request([octets('ilp', data)]);
		}
		await turn();
		expect(came().flat()).toEqual(upTo(23));
		expect(there.messages.map(({ length }) => length <= LIMITS.btpBundleBytes)).not.toContain(false);
		expect(came().map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 3]);

		there.messages.length = 0;
		for (const n of upTo(LIMITS.btpBundlePackets + 3)) ask(n);
		await turn();
		expect(came().map(({ length }) => length)).toEqual([LIMITS.btpBundlePackets, 3]);
	});

	it('send what no bundle holds alone, in its place', async () => {
		const { connection, ask, came, there, turn } = openTo({ bundles: true });
		ask(1);
		const data = new Uint8Array(LIMITS.btpBundleBytes);
		data.set(numbered(2));
		void connection.request([octets('ilp', data)]);
		ask(3);
		ask(4);
		await turn();
		expect(came()).toEqual([[1], [2], [3, 4]]);
		expect(there.messages[1]?.length).toBeGreaterThan(LIMITS.btpBundleBytes);
	});

	it('count what is gathered as not taken by the network', async () => {
		const { connection, ask, there, turn } = openTo({ bundles: true });
		there.unread = LIMITS.socketBufferedBytes - 20;
		expect(connection.writable()).toBe(true);
		ask(1);
		ask(2);
		expect([there.messages.length, connection.writable()]).toEqual([0, false]);
		await turn();
		expect(there.messages).toHaveLength(1);
	});

	it('still get what was sent before the connection is closed, and nothing after', async () => {
		const { connection, ask, came, here, there, turn } = openTo({ bundles: true });
		ask(1);
		ask(2);
		connection.close();
		expect([came(), there.isHungUp]).toEqual([[[1, 2]], true]);
		ask(3);
		await turn();
		expect([came(), here.closes]).toEqual([[[1, 2]], 1]);
	});

	it('get the error that ends the connection behind what was sent before', async () => {
		const { ask, hear, there, turn } = openTo({
			bundles: true,
			onMessage: () => Promise.resolve(err({ code: 'F00', text: 'no', close: true }))
		});
		ask(1);
		hear(together(asking(2), asking(3)));
		await turn();
		expect(there.isHungUp).toBe(true);
		// The second refusal came too late.
		expect(there.messages.flatMap((message) => unwrap(decodeBtpBundle(message)))).toMatchObject([
			{ type: 'message', requestId: 1 },
			{ type: 'error', requestId: 2, code: 'F00' }
		]);
	});

	it('get nothing on a connection that broke', async () => {
		const { ask, hangUp, there, turn } = openTo({ bundles: true });
		ask(1);
		hangUp();
		await turn();
		expect(there.messages).toEqual([]);
	});

	it.each([
		['garbage', fromHex('c0ffee')],
		['a packet that ends too early', together(asking(3)).subarray(0, -1)],
		['a packet type of BTP/1', fromHex('0300000001020100')],
		['one byte', new Uint8Array(1)]
	])('are hung up on for a bundle whose third is %s, of which nothing counts', async (_, third) => {
		const { connection, hear, here, there, turn } = openTo({ bundles: true });
		const asked = connection.request([octets('ilp', numbered(9))]);
		await turn();
		const answer: BtpPacket = { type: 'response', requestId: 1, protocolData: [] };
		hear(concatBytes(together(asking(1), answer), third));
		await turn();
		expect([here.asked, there.isHungUp, here.closes, there.messages.length]).toEqual([[], true, 1, 1]);
		expect(await asked).toMatchObject({ ok: false, error: { type: 'BtpUnanswered' } });
	});

	it('are hung up on for more packets than a bundle has', async () => {
		const { hear, here, there, turn } = openTo({ bundles: true });
		hear(together(...upTo(LIMITS.btpBundlePackets + 1).map(asking)));
		await turn();
		expect([here.asked, there.isHungUp]).toEqual([[], true]);
	});

	it('are asked nothing more once a packet of their bundle had ended the connection', async () => {
		const { connection, hear, here, turn } = openTo({
			bundles: true,
			onMessage: () => {
				connection.close();
				return Promise.resolve(ok([]));
			}
		});
		hear(together(...upTo(5).map(asking)));
		await turn();
		expect([here.asked, here.closes]).toEqual([[1], 1]);
	});

	it('hear an answer once, however often a bundle gives it', async () => {
		const { connection, hear, there, turn } = openTo({ bundles: true });
		const asked = connection.request([]);
		await turn();
		const say = (text: string): BtpPacket => ({
			type: 'response',
			requestId: 1,
			protocolData: [octets(text, new Uint8Array(0))]
		});
		hear(together(say('first'), say('second')));
		expect(unwrap(await asked)[0]?.protocolName).toBe('first');
		expect(there.isHungUp).toBe(false);
	});
});

describe('ends that did not agree on bundles', () => {
	it('get every packet at once, in a message of its own', async () => {
		const { ask, came, there, turn } = openTo({ bundles: false });
		for (const n of upTo(3)) {
			ask(n);
			expect(there.messages).toHaveLength(n);
		}
		expect(came()).toEqual([[1], [2], [3]]);
		expect(there.messages[0]).toEqual(encodeBtpPacket(asking(1)));
		await turn();
		expect(there.messages).toHaveLength(3);
	});

	it('are heard to the end of the first packet of a message, whatever follows', async () => {
		const { hear, here, there, turn } = openTo({ bundles: false });
		hear(together(asking(1), asking(2)));
		hear(concatBytes(together(asking(3)), fromHex('c0ffee')));
		await turn();
		expect([here.asked, there.isHungUp]).toEqual([[1, 3], false]);
	});
});
