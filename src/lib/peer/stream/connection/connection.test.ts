import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes } from '../../bytes.ts';
import type { IlpPrepare, IlpReply } from '../../codec/ilp.ts';
import { encodeStreamPacket, type StreamFrame } from '../../codec/stream.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import type { PacketSender } from '../../ilp/delivery.ts';
import type { Crypto } from '../../platform.ts';
import { unwrap } from '../../result.ts';
import { createStreamWire, type StreamWire, type WireOptions } from '../../testing/stream-wire.ts';
import { conditionOf, deriveStreamKeys, fulfillmentOf, sealPacket } from '../keys.ts';
import { connectStream, pay } from './client.ts';
import { createStreamNetwork } from './network.ts';
import type { Connection } from './connection.ts';
import type { ConnectOptions, PaymentTotals, PayOptions, Stream, StreamConnection } from './stream-api.ts';

const HOUR = 3_600_000;

const pattern = (length: number): Uint8Array =>
	Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff);

/** Takes all money and keeps all bytes. */
const collect = (wire: StreamWire): { bytes: () => Uint8Array; streams: Stream[] } => {
	const parts: Uint8Array[] = [];
	const streams: Stream[] = [];
	wire.far.server.onConnection = (connection) => {
		connection.onStream = (stream) => {
			streams.push(stream);
			stream.setReceiveMax(10n ** 15n);
			stream.onData = (bytes) => void parts.push(bytes);
		};
	};
	return { bytes: () => concatBytes(...parts), streams };
};

const connect = async (wire: StreamWire, options: Partial<ConnectOptions> = {}): Promise<Connection> =>
	(await connectStream(wire.near, { ...(await wire.far.server.generate()), ...options })) as Connection;

/** Lets simulated time pass until the promise is settled. */
const settled = async <T>(wire: StreamWire, promise: Promise<T>): Promise<T> => {
	let isDone = false;
	const done = promise.finally(() => (isDone = true));
	await wire.clock.runWhile(() => !isDone, wire.clock.now() + HOUR);
	if (!isDone) throw new Error('an hour went by');
	return done;
};

const payOver = async (wire: StreamWire, options: Partial<PayOptions>): Promise<PaymentTotals> => {
	const credentials = await settled(wire, wire.far.server.generate());
	return settled(wire, pay(wire.near, { ...credentials, amount: 0n, ...options }));
};

/** A prepare of the client's, made by hand. */
const craft = async (
	wire: StreamWire,
	connection: StreamConnection & { readonly keys: Connection['keys'] },
	packet: { sequence: bigint; amount?: bigint; frames: StreamFrame[] }
): Promise<IlpReply> => {
	const plaintext = encodeStreamPacket({
		packetType: 'prepare',
		sequence: packet.sequence,
		prepareAmount: 0n,
		frames: packet.frames
	});
	const data = await sealPacket(nobleCrypto, connection.keys, wire.near.random.bytes(12), plaintext);
	const condition = await conditionOf(nobleCrypto, await fulfillmentOf(nobleCrypto, connection.keys, data));
	const destination = connection.destinationAccount as string;
	return wire.far.server.answer(
		{
			type: 'prepare',
			amount: packet.amount ?? 0n,
			expiresAt: wire.clock.now() + 9_000,
			condition,
			destination,
			data
		},
		destination.slice('test.far.'.length)
	);
};

describe('whatever the way loses, delays and refuses', () => {
	const percent = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max }).map((n) => n / 100);
	const wires: fc.Arbitrary<WireOptions> = fc.record({
		seed: fc.string({ minLength: 8, maxLength: 8, unit: 'grapheme-ascii' }),
		lostPrepares: percent(30),
		lostReplies: percent(20),
		refused: percent(30),
		refusals: fc.constant(['T00', 'T02', 'T04', 'T05'] as const),
		longestMs: fc.integer({ min: 1, max: 300 }),
		isCryptoLate: fc.boolean(),
		feePercent: fc.bigInt({ min: 0n, max: 3n })
	});

	it('every byte arrives once and in order, and money is conserved to the unit', async () => {
		await fc.assert(
			fc.asyncProperty(
				wires,
				fc.integer({ min: 0, max: 60_000 }),
				fc.oneof(fc.constant(0), fc.integer({ min: 200, max: 20_000 })),
				async (options, length, amount) => {
					const wire = createStreamWire({ ...options, server: { idleMs: HOUR } });
					const far = collect(wire);
					const data = pattern(length);
					const paid = await payOver(wire, {
						data,
						amount: BigInt(amount),
						maxPacketAmount: 1_000n,
						patienceMs: 600_000,
						timeoutMs: HOUR
					});
					expect(paid.error).toBeUndefined();
					expect(bytesEqual(far.bytes(), data)).toBe(true);
					expect(paid.sent).toBe(BigInt(amount));
					expect(wire.books.paid).toBe(paid.sent);
					expect(paid.delivered).toBe(wire.books.arrived - wire.books.lostByHop);
					expect(wire.far.server.totals().money).toBe(wire.books.arrived);
				}
			),
			{ numRuns: 25 }
		);
	}, 60_000);

	it('keeps more than 64 packets under way on a long wire', async () => {
		const wire = createStreamWire({ seed: 'long', longestMs: 200, lostPrepares: 0.02, refused: 0.01 });
		collect(wire);
		const paid = await payOver(wire, { amount: 200_000n, maxPacketAmount: 100n });
		expect(paid).toMatchObject({ sent: 200_000n, error: undefined });
		expect(wire.books.mostUnderWay).toBeGreaterThanOrEqual(64);
	});
});

describe('the limits of a path', () => {
	it('finds the largest packet to the unit from F08, and uses it', async () => {
		const wire = createStreamWire({ maxAmount: 777n });
		collect(wire);
		const paid = await payOver(wire, { amount: 100_000n });
		expect(paid).toMatchObject({ sent: 100_000n, delivered: 100_000n, error: undefined });
		expect(wire.books.largest).toBe(777n);
		expect(paid.packets).toBeLessThan(100_000 / 777 + 25);
	});

	it('takes a path without room for the whole amount in smaller bites', async () => {
		const wire = createStreamWire({ liquidity: 5_000n, longestMs: 20 });
		collect(wire);
		expect(await payOver(wire, { amount: 50_000n })).toMatchObject({ sent: 50_000n, error: undefined });
	});

	it('pays nothing once more is taken on the way than the slippage', async () => {
		const wire = createStreamWire({ feePercent: 1n });
		collect(wire);
		const connection = await connect(wire, { maxPacketAmount: 1_000n });
		const stream = unwrap(connection.openStream());
		stream.setSendMax(10_000n);
		unwrap(await settled(wire, stream.flushed()));
		wire.options.feePercent = 20n;
		stream.setSendMax(20_000n);
		const result = await settled(wire, stream.flushed());
		expect(result).toMatchObject({ ok: false, error: { type: 'RateTooLow', sent: 1_000n, arrives: 800n } });
		expect(stream.sent).toBe(10_000n);
	});

	it('says so when nothing leads there', async () => {
		const wire = createStreamWire();
		const paid = await settled(
			wire,
			pay(wire.near, { destinationAccount: 'test.nowhere.x', sharedSecret: new Uint8Array(32), amount: 5n })
		);
		expect(paid).toMatchObject({ sent: 0n, error: { type: 'Unreachable', code: 'F02' } });
	});
});

describe('a way that cheats', () => {
	/** A node whose packets end up in the test's hands. */
	const intercepted = async (
		answer: (prepare: IlpPrepare, onReply: (reply: IlpReply) => void) => void,
		options: Partial<ConnectOptions> = {}
	) => {
		const wire = createStreamWire();
		const near = { ...wire.near, network: { ...wire.near.network, send: answer } };
		const credentials = await wire.far.server.generate();
		const connection = (await connectStream(near, {
			...credentials,
			rate: { sent: 1n, arrives: 1n },
			...options
		})) as Connection;
		return { wire, connection, stream: unwrap(connection.openStream()) };
	};

	it('is not paid for a wrong fulfillment', async () => {
		const { wire, connection, stream } = await intercepted((_, onReply) =>
			onReply({ type: 'fulfill', fulfillment: new Uint8Array(32), data: new Uint8Array(0) })
		);
		stream.setSendMax(5n);
		await wire.clock.advance(100_000);
		expect(connection.totals().sent).toBe(0n);
		expect(connection.closed?.error?.type).toBe('Unreachable');
	});

	it('gets nowhere with garbage for replies', async () => {
		let n = 0;
		const { wire, connection, stream } = await intercepted((_, onReply) =>
			onReply({ type: 'reject', code: 'T99', triggeredBy: '', message: '', data: pattern(n++ % 200) })
		);
		stream.setSendMax(5n);
		await wire.clock.advance(100_000);
		expect(connection.closed?.error).toEqual({ type: 'NoProgress', code: 'T99' });
		expect(connection.totals().sent).toBe(0n);
	});

	it('is given up when it answers nothing at all', async () => {
		const { wire, connection, stream } = await intercepted(() => undefined);
		stream.setSendMax(5n);
		await wire.clock.advance(100_000);
		expect(connection.closed?.error?.type).toBe('NoProgress');
		expect(connection.totals().sent).toBe(0n);
	});

	it('and a fulfill that comes after all is paid once', async () => {
		const held: { prepare: IlpPrepare; onReply: (reply: IlpReply) => void }[] = [];
		const { wire, connection, stream } = await intercepted(
			(prepare, onReply) => void held.push({ prepare, onReply }),
			{
				idleMs: 0,
				patienceMs: HOUR
			}
		);
		collect(wire);
		stream.setSendMax(5n);
		const first = held.find(({ prepare }) => prepare.amount === 5n);
		const reply = await wire.far.server.answer(
			first?.prepare as IlpPrepare,
			(first?.prepare.destination ?? '').slice(9)
		);
		await wire.clock.advance(33_000);
		first?.onReply(reply);
		first?.onReply(reply);
		expect(reply.type).toBe('fulfill');
		expect(connection.totals().sent).toBe(5n);
		connection.destroy();
	});

	it('cannot hand our own packet back to us for its fulfillment', async () => {
		const held: IlpPrepare[] = [];
		const { connection, stream } = await intercepted((prepare) => void held.push(prepare));
		stream.setSendMax(5n);
		for (const prepare of held) {
			const verdict = await connection.receive(prepare);
			expect(verdict.decide()).toBe(false);
			expect(await verdict.reply()).toMatchObject({ type: 'reject', code: 'F06' });
		}
		expect(held.length).toBeGreaterThan(0);
		connection.destroy();
	});

	it('cannot play a packet twice, whoever sent it', async () => {
		const wire = createStreamWire();
		collect(wire);
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		stream.setSendMax(500n);
		unwrap(await settled(wire, stream.flushed()));
		const paid = wire.seen.find(({ amount }) => amount === 500n && wire.seen.length > 0) as IlpPrepare;
		for (const prepare of wire.seen) {
			const again = await wire.far.server.answer(prepare, prepare.destination.slice('test.far.'.length));
			expect(again).toMatchObject({ type: 'reject' });
			expect((await (await connection.receive(prepare)).reply()).type).toBe('reject');
		}
		expect(paid).toBeDefined();
		expect(wire.far.server.totals().money).toBe(500n);
		connection.destroy();
	});
});

describe('an end that breaks the rules', () => {
	const begun = async () => {
		const wire = createStreamWire();
		const far = collect(wire);
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		stream.write(pattern(10));
		unwrap(await settled(wire, stream.flushed()));
		return { wire, far, connection, server: wire.far.server.connections()[0] as StreamConnection };
	};
	const data = (streamId: bigint, offset: bigint): StreamFrame => ({
		type: 'StreamData',
		streamId,
		offset,
		data: pattern(100)
	});

	it.each([
		['more bytes than it was allowed', data(1n, 10_000_000n), 4],
		['a stream beyond the last id', data(2_001n, 0n), 5],
		['a stream that was ours to open', data(2n, 0n), 8]
	])('is cut off: %s', async (_, frame, code) => {
		const { wire, connection, server } = await begun();
		const reply = await craft(wire, connection, { sequence: 1_000n, frames: [frame] });
		expect(reply).toMatchObject({ type: 'reject', code: 'F99' });
		expect(server.closed?.error).toMatchObject({ type: 'ProtocolViolation', code });
	});

	it('is told that a stream is closed, and money for it is refused', async () => {
		const { wire, connection } = await begun();
		const closed = await craft(wire, connection, {
			sequence: 1_000n,
			frames: [{ type: 'StreamClose', streamId: 1n, errorCode: 9, errorMessage: 'enough' }]
		});
		expect(closed.type).toBe('fulfill');
		const money = await craft(wire, connection, {
			sequence: 1_001n,
			amount: 5n,
			frames: [{ type: 'StreamMoney', streamId: 1n, shares: 1n }]
		});
		expect(money).toMatchObject({ type: 'reject', code: 'F99' });
	});
});

describe('an end that moves', () => {
	/** Both ends send each other bytes and money, at once. */
	const talking = async (options: WireOptions = {}) => {
		const wire = createStreamWire({ longestMs: 100, server: { idleMs: HOUR }, ...options });
		const cameTo = { near: [] as Uint8Array[], far: [] as Uint8Array[] };
		const open = (connection: StreamConnection, came: Uint8Array[]): Stream => {
			const stream = unwrap(connection.openStream());
			stream.onData = (bytes) => void came.push(bytes);
			stream.setReceiveMax(10n ** 9n);
			return stream;
		};
		const accept = (connection: StreamConnection, came: Uint8Array[]): void => {
			connection.onStream = (stream) => {
				stream.setReceiveMax(10n ** 9n);
				stream.onData = (bytes) => void came.push(bytes);
				stream.onEnd = () => undefined;
			};
		};
		let far: StreamConnection | undefined;
		wire.far.server.onConnection = (connection) => {
			far = connection;
			accept(connection, cameTo.far);
		};
		const near = await connect(wire, { idleMs: HOUR });
		accept(near, cameTo.near);
		const nearStream = open(near, cameTo.near);
		nearStream.write(pattern(10));
		unwrap(await settled(wire, nearStream.flushed()));
		const farConnection = far as StreamConnection;
		const farStream = open(farConnection, cameTo.far);
		farStream.write(pattern(10));
		unwrap(await settled(wire, farStream.flushed()));
		const streams = { near: nearStream, far: farStream };
		return { wire, near, far: farConnection, streams, cameTo };
	};
	const segmentOf = (address: string | undefined): string => (address ?? '').split('.').at(-1) as string;

	it.each(['near', 'far'] as const)('loses nothing and pays nothing twice: the %s one', async (who) => {
		const { wire, near, far, streams, cameTo } = await talking({ feePercent: 1n });
		const data = pattern(400_000);
		for (const stream of [streams.near, streams.far]) {
			stream.write(data.slice(10));
			stream.setSendMax(200_000n);
		}
		await wire.clock.advance(150);
		const [mover, other] = who === 'near' ? [near, far] : [far, near];
		const address = `test.elsewhere.${segmentOf(other.destinationAccount)}`;
		wire.move(wire[who], 'test.elsewhere');
		mover.migrate(address);
		unwrap(
			await settled(
				wire,
				Promise.all([streams.near.flushed(), streams.far.flushed()]).then(([a, b]) => (a.ok ? b : a))
			)
		);
		expect(other.destinationAccount).toBe(address);
		expect(bytesEqual(concatBytes(...cameTo.near), data)).toBe(true);
		expect(bytesEqual(concatBytes(...cameTo.far), data)).toBe(true);
		expect([near.totals().sent, far.totals().sent]).toEqual([200_000n, 200_000n]);
		expect(wire.books.paid).toBe(400_000n);
		expect(near.totals().received + far.totals().received).toBe(wire.books.arrived);
		expect(near.totals().delivered + far.totals().delivered).toBe(wire.books.arrived);
		near.destroy();
	});

	it.each(['near', 'far'] as const)(
		'gets no more than a little sent to a stranger it names, and the rest where it was: the %s one',
		async (who) => {
			const { wire, near, far, streams } = await talking();
			const [liar, other] = who === 'near' ? [near, far] : [far, near];
			const before = other.destinationAccount;
			const victim = `test.${who === 'near' ? 'far' : 'near'}.a-stranger`;
			liar.migrate(victim);
			await wire.clock.advance(200);
			expect(other.destinationAccount).toBe(victim);
			wire.seen.length = 0;
			const stream = who === 'near' ? streams.far : streams.near;
			stream.write(pattern(400_000));
			stream.setSendMax(200_000n);
			unwrap(await settled(wire, stream.flushed()));
			expect(other.destinationAccount).toBe(before);
			expect([other.totals().sent, wire.books.paid]).toEqual([200_000n, 200_000n]);
			expect(liar.totals().bytesReceived).toBe(400_010n);
			const toVictim = wire.seen.filter(({ destination }) => destination === victim);
			expect(toVictim.length).toBeGreaterThan(0);
			expect(toVictim.length).toBeLessThan(30);
			for (const { amount, data: bytes } of toVictim) {
				expect(amount).toBe(0n);
				expect(bytes.length).toBeLessThan(128);
			}
			liar.destroy();
		}
	);

	it.each(['near', 'far'] as const)(
		'is found although nobody can reach it for a while, at either address: the %s one',
		async (who) => {
			const { wire, near, far, streams } = await talking();
			const [mover, other] = who === 'near' ? [near, far] : [far, near];
			const address = `test.elsewhere.${segmentOf(other.destinationAccount)}`;
			wire.move(wire[who], 'test.nowhere');
			mover.migrate(address);
			await wire.clock.advance(200);
			const stream = who === 'near' ? streams.far : streams.near;
			stream.write(pattern(100_000));
			await wire.clock.advance(20_000);
			wire.move(wire[who], 'test.elsewhere');
			unwrap(await settled(wire, stream.flushed()));
			expect(other.destinationAccount).toBe(address);
			expect(mover.totals().bytesReceived).toBe(100_010n);
			near.destroy();
		}
	);

	it('is not believed to be there because of answers from where it was', async () => {
		const { wire, near, far, streams } = await talking({ longestMs: 500 });
		streams.far.write(pattern(900_000));
		await wire.clock.advance(20);
		near.migrate('test.far.a-stranger');
		await wire.clock.advance(10_000);
		expect(far.destinationAccount).toBe('test.far.a-stranger');
		const toVictim = wire.seen.filter(({ destination }) => destination === 'test.far.a-stranger');
		expect(toVictim.length).toBeGreaterThan(0);
		expect(Math.max(...toVictim.map(({ data }) => data.length))).toBeLessThan(128);
		near.destroy();
	});
});

describe('money for several streams', () => {
	it('is split by shares, the remainder to the lowest that can take it', async () => {
		const wire = createStreamWire();
		const far = collect(wire);
		const connection = await connect(wire);
		const reply = await craft(wire, connection, {
			sequence: 1n,
			amount: 100n,
			frames: [3n, 1n, 5n].map((streamId) => ({ type: 'StreamMoney', streamId, shares: 1n }) as const)
		});
		expect(reply.type).toBe('fulfill');
		const received = new Map(far.streams.map((stream) => [stream.id, stream.received]));
		expect(received).toEqual(
			new Map([
				[3, 33n],
				[1, 34n],
				[5, 33n]
			])
		);
	});

	it('is refused whole when one of them takes none, and the bytes beside it with it', async () => {
		const wire = createStreamWire();
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => {
				if (stream.id === 1) stream.setReceiveMax(1_000n);
			};
		};
		const connection = await connect(wire);
		const reply = await craft(wire, connection, {
			sequence: 1n,
			amount: 100n,
			frames: [
				{ type: 'StreamMoney', streamId: 1n, shares: 1n },
				{ type: 'StreamMoney', streamId: 3n, shares: 1n },
				{ type: 'StreamData', streamId: 1n, offset: 0n, data: pattern(50) }
			]
		});
		expect(reply).toMatchObject({ type: 'reject', code: 'F99' });
		expect(wire.far.server.totals()).toMatchObject({ money: 0n, bytes: 0n });
	});

	it('is refused when a stream, named twice, would get more than it takes', async () => {
		const wire = createStreamWire();
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => stream.setReceiveMax(60n);
		};
		const connection = await connect(wire);
		const half = { type: 'StreamMoney', streamId: 1n, shares: 1n } as const;
		const reply = await craft(wire, connection, { sequence: 1n, amount: 100n, frames: [half, half] });
		expect(reply).toMatchObject({ type: 'reject', code: 'F99' });
		expect(wire.far.server.totals().money).toBe(0n);
	});

	it('waits for a receiver that takes none yet, and goes on when it does', async () => {
		const wire = createStreamWire();
		let far: Stream | undefined;
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => void (far = stream);
		};
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		stream.setSendMax(100n);
		await wire.clock.advance(5_000);
		expect(stream.sent).toBe(0n);
		far?.setReceiveMax(100n);
		unwrap(await settled(wire, stream.flushed()));
		expect(stream.sent).toBe(100n);
		connection.destroy();
	});
});

describe('a life of a connection', () => {
	it('half-closes: one end is done, the other still speaks', async () => {
		const wire = createStreamWire();
		let far: Stream | undefined;
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => {
				far = stream;
				stream.onData = () => undefined;
				stream.onEnd = () => {
					stream.write(pattern(40_000));
					stream.end();
				};
			};
		};
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		let heard = 0;
		const over = new Promise<void>((resolve) => (stream.onClose = () => resolve()));
		stream.onData = (bytes) => void (heard += bytes.length);
		stream.write(pattern(10));
		stream.end();
		await settled(wire, over);
		expect(heard).toBe(40_000);
		expect(far?.remoteEnded).toBe(true);
		await settled(wire, connection.end());
		expect(wire.far.server.connections()).toHaveLength(0);
	});

	it('carries 300 messages, a stream each, though ids are granted by tens', async () => {
		const wire = createStreamWire();
		let heard = 0;
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => (stream.onData = (bytes) => void (heard += bytes.length));
		};
		const connection = await connect(wire);
		for (let n = 0; n < 300; n++) {
			let opened = connection.openStream();
			while (!opened.ok) {
				await wire.clock.advance(10);
				opened = connection.openStream();
			}
			opened.value.write(pattern(10));
			opened.value.end();
		}
		await settled(wire, connection.end());
		expect(heard).toBe(3_000);
		expect(connection.state.footprint()).toMatchObject({ streams: 0, underWay: 0, listed: 0, closedIds: 0 });
	});

	it('sends a datagram whole, and says whether it arrived', async () => {
		const wire = createStreamWire();
		const heard: Uint8Array[] = [];
		wire.far.server.onConnection = (connection) =>
			(connection.onDatagram = (bytes) => void heard.push(bytes));
		const connection = await connect(wire);
		const arrived = new Promise<boolean>((resolve) => connection.sendDatagram(pattern(20_000), resolve));
		expect(await settled(wire, arrived)).toBe(true);
		expect(heard).toEqual([pattern(20_000)]);
		expect(connection.sendDatagram(new Uint8Array(40_000))).toBe(false);
		connection.destroy();
	});

	it('follows the client to another address', async () => {
		const wire = createStreamWire();
		let far: Stream | undefined;
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => void (far = stream);
		};
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		stream.write(pattern(1));
		unwrap(await settled(wire, stream.flushed()));
		const moved = wire.near.server.attach((prepare) => connection.receive(prepare));
		connection.migrate(moved.address as string);
		await wire.clock.advance(100);
		let heard = 0;
		stream.onData = (bytes) => void (heard += bytes.length);
		far?.write(pattern(500));
		unwrap(await settled(wire, (far as Stream).flushed()));
		expect(heard).toBe(500);
		expect(wire.seen.at(-1)?.destination).toBe(moved.address);
		connection.destroy();
	});

	it('ends by itself after a minute of silence', async () => {
		const wire = createStreamWire();
		collect(wire);
		const connection = await connect(wire);
		const stream = unwrap(connection.openStream());
		stream.write(pattern(1));
		unwrap(await settled(wire, stream.flushed()));
		await wire.clock.advance(59_000);
		expect(connection.closed).toBeUndefined();
		await wire.clock.advance(3_000);
		expect(connection.closed).toEqual({ error: { type: 'Idle' } });
		expect(wire.far.server.connections()).toHaveLength(0);
		expect(wire.clock.pending()).toBe(0);
	});

	it('makes room for others when it brings no money and is silent, and never when it paid', async () => {
		const wire = createStreamWire({ server: { maxConnections: 4 } });
		collect(wire);
		const begin = async (amount: bigint): Promise<{ connection: Connection; say: () => Promise<void> }> => {
			const connection = await connect(wire);
			const stream = unwrap(connection.openStream());
			if (amount > 0n) stream.setSendMax(amount);
			const say = async (): Promise<void> => {
				stream.write(pattern(1));
				unwrap(await settled(wire, stream.flushed()));
			};
			await say();
			return { connection, say };
		};
		const payer = await begin(10n);
		const talker = await begin(0n);
		await begin(0n);
		const first = wire.far.server.connections().at(-1);
		for (let stranger = 0; stranger < 10; stranger++) {
			await begin(0n);
			await talker.say();
		}
		await payer.say();
		expect(wire.far.server.connections()).toHaveLength(4);
		expect([payer, talker].map(({ connection }) => connection.closed)).toEqual([undefined, undefined]);
		expect(wire.far.server.connections()).not.toContain(first);
		for (let more = 0; more < 3; more++) await begin(10n);
		await payer.say();
		const refused = await connect(wire);
		const stream = unwrap(refused.openStream());
		stream.write(pattern(1));
		await wire.clock.advance(1_000);
		expect(refused.totals().fulfilled).toBe(0);
		expect(wire.far.server.totals().money).toBe(40n);
	});

	it('may begin again with the same secret, while a straggler of before is turned away', async () => {
		const wire = createStreamWire();
		collect(wire);
		const credentials = await wire.far.server.generate();
		const once = () => settled(wire, pay(wire.near, { ...credentials, amount: 10n }));
		await once();
		const straggler = wire.seen.find(({ amount }) => amount === 10n) as IlpPrepare;
		const late = await wire.far.server.answer(straggler, straggler.destination.slice('test.far.'.length));
		expect(late.type).toBe('reject');
		expect(await once()).toMatchObject({ sent: 10n, error: undefined });
		expect(wire.far.server.totals().money).toBe(20n);
	});
});

/** As fast as no cryptography is: for what counts packets. Same lengths, same equalities. */
const pretendCrypto: Crypto = {
	...nobleCrypto,
	sha256: (data) => data.slice(0, 32),
	hmacSha256: (key, data) => {
		const mac = new Uint8Array(32);
		for (let i = 0; i < 32; i++) mac[i] = (key[i % key.length] as number) ^ (data[i % data.length] as number);
		return mac;
	},
	aesGcmSeal: (_, nonce, plaintext) => ({
		ciphertext: plaintext.slice(),
		tag: concatBytes(nonce, new Uint8Array(4))
	}),
	aesGcmOpen: (_, nonce, { ciphertext, tag }) =>
		bytesEqual(tag.subarray(0, nonce.length), nonce) ? ciphertext : undefined
};

describe('memory', () => {
	it('holds no more after 100,000 packets than after the first', async () => {
		const wire = createStreamWire({ crypto: pretendCrypto });
		collect(wire);
		const connection = await connect(wire, { maxPacketAmount: 1n });
		const stream = unwrap(connection.openStream());
		stream.setSendMax(1_000n);
		unwrap(await settled(wire, stream.flushed()));
		const [near, far] = [connection, wire.far.server.connections()[0] as Connection];
		const before = [near.state.footprint(), far.state.footprint()];
		stream.setSendMax(100_000n);
		unwrap(await settled(wire, stream.flushed()));
		expect(near.totals().fulfilled).toBeGreaterThanOrEqual(100_000);
		expect([near.state.footprint(), far.state.footprint()]).toEqual(before);
		connection.destroy();
	}, 60_000);

	it('is bounded by the window however slowly the application reads', async () => {
		const wire = createStreamWire({ crypto: pretendCrypto });
		let far: Stream | undefined;
		wire.far.server.onConnection = (connection) => {
			connection.onStream = (stream) => void (far = stream);
		};
		const connection = await connect(wire, { idleMs: 0 });
		const stream = unwrap(connection.openStream());
		let written = 0;
		while (stream.write(pattern(64_000))) written += 64_000;
		await wire.clock.advance(30_000);
		expect(written).toBeLessThanOrEqual(1_048_576 + 262_144);
		const server = wire.far.server.connections()[0] as Connection;
		expect(server.state.footprint().bytes).toBeLessThanOrEqual(262_144);
		expect(server.state.footprint().bytes).toBeGreaterThan(200_000);
		let read = 0;
		while (read < written) {
			for (let bytes = far?.read(); bytes !== undefined; bytes = far?.read()) read += bytes.length;
			await wire.clock.advance(1_000);
		}
		expect(read).toBe(written);
		connection.destroy();
	});
});

describe("the node's own door for packets", () => {
	it('is told the booking and the preimage before the money is taken, and the reply only after', async () => {
		const booking = { kind: 'sell', account: 'income/notes' } as const;
		const wire = createStreamWire({ server: { booking: () => booking } });
		const far = collect(wire);
		const sender: PacketSender = {
			send: async ({ prepare, booking: paid }) => {
				expect(paid).toEqual(prepare.amount > 0n ? { kind: 'buy', account: 'expense/notes' } : undefined);
				const suffix = prepare.destination.slice('test.far.'.length);
				const verdict = await wire.far.server.judge({ prepare, suffix, link: 'near' });
				if (verdict === undefined) throw new Error('nobody there');
				const before = far.streams[0]?.received ?? 0n;
				const isTaken = verdict.decide();
				expect(far.streams[0]?.received ?? 0n).toBe(isTaken ? before + prepare.amount : before);
				const reply = await verdict.reply();
				expect(reply.type).toBe(isTaken ? 'fulfill' : 'reject');
				if (reply.type === 'fulfill') expect(reply.fulfillment).toEqual(verdict.fulfillment);
				if (prepare.amount > 0n) expect(verdict.booking).toEqual(booking);
				return reply;
			},
			addresses: () => ['test.near'],
			maxPacket: () => 1_000n
		};
		const network = createStreamNetwork(sender, () => ({ kind: 'buy', account: 'expense/notes' }));
		const credentials = await wire.far.server.generate();
		const paid = await settled(wire, pay({ ...wire.near, network }, { ...credentials, amount: 5_000n }));
		expect(paid).toMatchObject({ sent: 5_000n, delivered: 5_000n, error: undefined });
	});

	it('leaves alone what is addressed to somebody else', async () => {
		const wire = createStreamWire();
		const prepare: IlpPrepare = {
			type: 'prepare',
			amount: 0n,
			expiresAt: wire.clock.now() + 9_000,
			condition: new Uint8Array(32),
			destination: 'test.far.somebody',
			data: new Uint8Array(0)
		};
		expect(await wire.far.server.judge({ prepare, suffix: 'somebody', link: 'near' })).toBeUndefined();
	});
});

describe('keys', () => {
	it('are the ones of RFC 29', async () => {
		const keys = await deriveStreamKeys(nobleCrypto, new Uint8Array(32));
		expect(keys.encryptionKey).toHaveLength(32);
		expect(bytesEqual(keys.encryptionKey, keys.fulfillmentKey)).toBe(false);
	});
});
