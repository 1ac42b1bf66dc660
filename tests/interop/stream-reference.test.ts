/**
 * STREAM with the reference implementation at the other end, both ways: `ilp-protocol-stream` pays and talks to
 * our server, we pay and talk to its, and `@interledger/stream-receiver` is paid by us.
 */
import { randomBytes } from 'node:crypto';
import { StreamServer as StatelessReceiver } from '@interledger/stream-receiver';
import { deserializeIlpPrepare, serializeIlpReply } from 'ilp-packet';
import { createConnection, createServer, verifyReceipt, type DataAndMoneyStream } from 'ilp-protocol-stream';
import { describe, expect, it } from 'vitest';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { connectStream, pay } from '../../src/lib/peer/stream/connection/client.ts';
import { verifyReceipt as verifyOurs } from '../../src/lib/peer/stream/connection/receipt.ts';
import type { Stream, StreamConnection } from '../../src/lib/peer/stream/connection/stream-api.ts';
import { SmallInterledger } from './stream-world.ts';

const pattern = (length: number): Buffer =>
	Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff));

const until = async (done: () => boolean): Promise<void> => {
	while (!done()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** Takes all money and sends all bytes back. */
const echo = (connection: StreamConnection): void => {
	connection.onStream = (stream) => {
		stream.setReceiveMax(10n ** 15n);
		stream.onData = (bytes) => void stream.write(bytes);
	};
};

describe('the reference client and our server', () => {
	it('pays us, and hears from us what it wrote', async () => {
		const world = new SmallInterledger();
		const { server } = world.ours('test.us');
		server.onConnection = echo;
		const { destinationAccount, sharedSecret } = await server.generate({ tag: 'order 12' });
		const client = await createConnection({
			plugin: world.plugin('test.them'),
			destinationAccount,
			sharedSecret: Buffer.from(sharedSecret),
			maximumPacketAmount: '300'
		});
		const stream = client.createStream();
		const back: Buffer[] = [];
		stream.on('data', (bytes: Buffer) => back.push(bytes));
		const sent = pattern(300_000);
		stream.write(sent);
		await stream.sendTotal(5_000);
		await until(() => Buffer.concat(back).length >= sent.length);
		expect(Buffer.concat(back).equals(sent)).toBe(true);
		expect(server.totals()).toMatchObject({ money: 5_000n, bytes: 300_000n });
		expect(server.connections()[0]?.tag).toBe('order 12');
		expect(client.destinationAssetCode).toBe('USD');
		await client.end();
		expect(server.connections()).toHaveLength(0);
	});

	it('opens stream after stream, far beyond the twenty ids it begins with', async () => {
		const world = new SmallInterledger();
		const { server } = world.ours('test.us');
		const heard: string[] = [];
		server.onConnection = (connection) => {
			connection.onStream = (stream) => {
				const parts: Uint8Array[] = [];
				stream.onData = (bytes) => void parts.push(bytes);
				stream.onEnd = () => {
					heard.push(Buffer.concat(parts).toString());
					stream.end();
				};
			};
		};
		const { destinationAccount, sharedSecret } = await server.generate();
		const client = await createConnection({
			plugin: world.plugin('test.them'),
			destinationAccount,
			sharedSecret: Buffer.from(sharedSecret)
		});
		for (let n = 0; n < 40; n += 1) {
			const stream = client.createStream();
			stream.end(`message ${n}`);
			await until(() => heard.length > n);
		}
		expect(heard).toEqual(Array.from({ length: 40 }, (_, n) => `message ${n}`));
		await client.end();
	});

	it('gets a receipt that the verifier of the reference accepts', async () => {
		const world = new SmallInterledger();
		const { server } = world.ours('test.us');
		server.onConnection = echo;
		const receipt = { nonce: new Uint8Array(randomBytes(16)), secret: new Uint8Array(randomBytes(32)) };
		const { destinationAccount, sharedSecret } = await server.generate({ receipt });
		const client = await createConnection({
			plugin: world.plugin('test.them'),
			destinationAccount,
			sharedSecret: Buffer.from(sharedSecret)
		});
		const stream = client.createStream();
		await stream.sendTotal(1_234);
		const proof = verifyReceipt(stream.receipt as Buffer, Buffer.from(receipt.secret));
		expect(proof.totalReceived.toString()).toBe('1234');
		expect(proof.nonce.equals(receipt.nonce)).toBe(true);
		await client.end();
	});

	it('is slowed by a reader that does not read, and loses nothing', async () => {
		const world = new SmallInterledger();
		const { server } = world.ours('test.us');
		let far: Stream | undefined;
		server.onConnection = (connection) => {
			connection.onStream = (stream) => void (far = stream);
		};
		const { destinationAccount, sharedSecret } = await server.generate();
		const client = await createConnection({
			plugin: world.plugin('test.them'),
			destinationAccount,
			sharedSecret: Buffer.from(sharedSecret)
		});
		const sent = pattern(700_000);
		client.createStream().write(sent);
		await until(() => far !== undefined);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(server.totals().bytes).toBeLessThanOrEqual(262_144n);
		const read: Uint8Array[] = [];
		let length = 0;
		await until(() => {
			for (let bytes = far?.read(); bytes !== undefined; bytes = far?.read()) {
				read.push(bytes);
				length += bytes.length;
			}
			return length >= sent.length;
		});
		expect(Buffer.concat(read).equals(sent)).toBe(true);
		await client.destroy();
	});
});

describe('our client and the reference server', () => {
	it('pays it, talks to it and hears its answer, within the windows that no document names', async () => {
		const world = new SmallInterledger();
		const us = world.ours('test.us');
		const server = await createServer({ plugin: world.plugin('test.them') });
		let money = 0;
		const heard: Buffer[] = [];
		server.on('connection', (connection) => {
			connection.on('stream', (stream: DataAndMoneyStream) => {
				stream.setReceiveMax(Number.MAX_SAFE_INTEGER);
				stream.on('money', (amount: string) => (money += Number(amount)));
				stream.on('data', (bytes: Buffer) => {
					heard.push(bytes);
					stream.write(bytes);
				});
			});
		});
		const { destinationAccount, sharedSecret } = server.generateAddressAndSecret();
		const connection = await connectStream(us, {
			destinationAccount,
			sharedSecret: new Uint8Array(sharedSecret),
			maxPacketAmount: 100n,
			asset: { code: 'USD', scale: 9 }
		});
		const stream = unwrap(connection.openStream());
		const back: Uint8Array[] = [];
		stream.onData = (bytes) => void back.push(bytes);
		const sent = pattern(300_000);
		stream.write(sent);
		stream.setSendMax(20_000n);
		unwrap(await stream.flushed());
		await until(() => Buffer.concat(back).length >= sent.length);
		expect(money).toBe(20_000);
		expect(stream).toMatchObject({ sent: 20_000n, delivered: 20_000n });
		expect(Buffer.concat(heard).equals(sent)).toBe(true);
		expect(Buffer.concat(back).equals(sent)).toBe(true);
		await connection.end();
		expect(connection.closed).toEqual({ error: undefined });
		await server.close();
	});

	it('sends more in closed streams than the reference counts, and is not stopped by its count', async () => {
		const world = new SmallInterledger();
		const us = world.ours('test.us');
		const server = await createServer({ plugin: world.plugin('test.them') });
		let bytes = 0;
		server.on('connection', (connection) => {
			connection.on('stream', (stream: DataAndMoneyStream) => {
				stream.on('data', (data: Buffer) => (bytes += data.length));
			});
		});
		const { destinationAccount, sharedSecret } = server.generateAddressAndSecret();
		const connection = await connectStream(us, {
			destinationAccount,
			sharedSecret: new Uint8Array(sharedSecret)
		});
		for (let n = 1; n <= 30; n += 1) {
			let stream: Stream | undefined;
			await until(() => {
				const opened = connection.openStream();
				if (opened.ok) stream = opened.value;
				return opened.ok;
			});
			stream?.write(pattern(20_000));
			unwrap(await (stream as Stream).flushed());
			stream?.end();
			await until(() => bytes >= n * 20_000);
		}
		expect(bytes).toBe(600_000);
		await connection.end();
		await server.close();
	});

	it('gets a receipt from it that our verifier accepts', async () => {
		const world = new SmallInterledger();
		const us = world.ours('test.us');
		const server = await createServer({ plugin: world.plugin('test.them') });
		server.on('connection', (connection) => {
			connection.on('stream', (stream: DataAndMoneyStream) => stream.setReceiveMax(Number.MAX_SAFE_INTEGER));
		});
		const [receiptNonce, receiptSecret] = [randomBytes(16), randomBytes(32)];
		const { destinationAccount, sharedSecret } = server.generateAddressAndSecret({
			receiptNonce,
			receiptSecret
		});
		const paid = await pay(us, {
			destinationAccount,
			sharedSecret: new Uint8Array(sharedSecret),
			amount: 777n
		});
		expect(paid).toMatchObject({ sent: 777n, delivered: 777n, error: undefined });
		const receipt = await verifyOurs(nodeCrypto, new Uint8Array(receiptSecret), paid.receipt as Uint8Array);
		expect(receipt).toMatchObject({ streamId: 1, totalReceived: 777n });
		await server.close();
	});
});

describe('our client and @interledger/stream-receiver', () => {
	it('pays it in many packets, with bytes beside the money, and proves it', async () => {
		const world = new SmallInterledger();
		const us = world.ours('test.us');
		const receiver = new StatelessReceiver({ serverSecret: randomBytes(32), serverAddress: 'test.shop' });
		const receiptSetup = { nonce: randomBytes(16), secret: randomBytes(32) };
		let total = 0;
		const heard: Buffer[] = [];
		world.other('test.shop', async (bytes) => {
			const reply = receiver.createReply(deserializeIlpPrepare(Buffer.from(bytes)));
			if (!('accept' in reply)) return serializeIlpReply(reply);
			total += Number(deserializeIlpPrepare(Buffer.from(bytes)).amount);
			for (const frame of reply.dataFrames ?? []) heard.push(frame.data);
			reply.setTotalReceived(total);
			return serializeIlpReply(reply.accept());
		});
		const { ilpAddress, sharedSecret } = receiver.generateCredentials({
			receiptSetup,
			asset: { code: 'EUR', scale: 2 }
		});
		const paid = await pay(us, {
			destinationAccount: ilpAddress,
			sharedSecret: new Uint8Array(sharedSecret),
			amount: 10_000n,
			maxPacketAmount: 90n
		});
		expect(paid).toMatchObject({ sent: 10_000n, delivered: 10_000n, error: undefined });
		expect(total).toBe(10_000);
		const receipt = await verifyOurs(
			nodeCrypto,
			new Uint8Array(receiptSetup.secret),
			paid.receipt as Uint8Array
		);
		expect(receipt?.totalReceived).toBe(10_000n);
	});

	it('hears at once that a secret is wrong', async () => {
		const world = new SmallInterledger();
		const us = world.ours('test.us');
		const receiver = new StatelessReceiver({ serverSecret: randomBytes(32), serverAddress: 'test.shop' });
		world.other('test.shop', async (bytes) => {
			const reply = receiver.createReply(deserializeIlpPrepare(Buffer.from(bytes)));
			return serializeIlpReply('accept' in reply ? reply.accept() : reply);
		});
		const { ilpAddress } = receiver.generateCredentials();
		const paid = await pay(us, {
			destinationAccount: ilpAddress,
			sharedSecret: new Uint8Array(32),
			amount: 5n
		});
		expect(paid).toMatchObject({ sent: 0n, error: { type: 'Unreachable', code: 'F06' } });
	});
});
