/**
 * Two ends of STREAM in one thread, joined by a function call: ours with one hop between them, the reference
 * (`ilp-protocol-stream`) without any. Each resolves when it has moved a workload, and proved that it did.
 */
import { hash } from 'node:crypto';
import { createConnection, createServer, type DataAndMoneyStream } from 'ilp-protocol-stream';
import { deserializeIlpPrepare } from 'ilp-packet';
import { serializeIldcpResponse } from 'ilp-protocol-ildcp';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { bytesEqual } from '../../src/lib/peer/bytes.ts';
import {
	decodePrepare,
	decodeReply,
	encodeIlpPacket,
	encodePrepare,
	forwardPrepare,
	readPrepareHeader
} from '../../src/lib/peer/codec/ilp.ts';
import { unwrap } from '../../src/lib/peer/result.ts';
import { connectStream } from '../../src/lib/peer/stream/connection/client.ts';
import { createStreamServer } from '../../src/lib/peer/stream/connection/server.ts';
import type { StreamDeps, StreamNetwork } from '../../src/lib/peer/stream/connection/stream-api.ts';
import { nodeRandom } from '../../tests/interop/support.ts';

/** Money in every packet that carries any. */
export const AMOUNT = 200;
export const MESSAGE_BYTES = 1_000;
const CHUNK_BYTES = 64_000;

export interface StreamPair {
	/** Packets of money alone. */
	money(packets: number): Promise<void>;
	/** Messages of 1 kB, each in a packet of its own with its money. */
	messages(count: number): Promise<void>;
	/** Bytes in bulk, no money. */
	bulk(chunks: number): Promise<void>;
	close(): Promise<void>;
}

/** @throws Error when money or bytes at the other end are not what was sent */
const check = (what: string, arrived: number, sent: number): void => {
	if (arrived !== sent) throw new Error(`${what}: ${arrived} arrived of ${sent}`);
};

const EXPIRY_MARGIN_MS = 1_000;

/** The way to the server: every packet as bytes, through a hop that reads, rewrites and checks the preimage. */
const throughOneHop = (name: string, server: () => StreamServerAnswer): StreamNetwork => ({
	addresses: () => [name],
	maxPacket: () => 0n,
	send: (prepare, onReply) => {
		const incoming = encodePrepare(prepare);
		const header = unwrap(readPrepareHeader(incoming));
		const outgoing = forwardPrepare(incoming, header.amount, header.expiresAt - EXPIRY_MARGIN_MS);
		const received = unwrap(decodePrepare(outgoing));
		const reply = server()(received);
		if (reply instanceof Promise) throw new Error('the way back must not wait');
		const back = encodeIlpPacket(reply);
		const seen = unwrap(decodeReply(back));
		if (seen.type === 'fulfill' && !bytesEqual(hash('sha256', seen.fulfillment, 'buffer'), header.condition))
			throw new Error('a wrong fulfillment');
		onReply(unwrap(decodeReply(back)));
	}
});

type StreamServerAnswer = (
	prepare: Parameters<StreamNetwork['send']>[0]
) => ReturnType<ReturnType<typeof createStreamServer>['answer']>;

export const createOurPair = async (): Promise<StreamPair> => {
	const host: Omit<StreamDeps, 'network'> = { clock: nodeClock, random: nodeRandom, crypto: nodeCrypto };
	const far = createStreamServer({
		...host,
		network: throughOneHop('test.far', () => nobody),
		secret: host.random.bytes(32)
	});
	const nobody: StreamServerAnswer = () => ({
		type: 'reject',
		code: 'F02',
		triggeredBy: '',
		message: '',
		data: new Uint8Array()
	});
	let bytes = 0;
	let money = 0n;
	far.onConnection = (connection) => {
		connection.onStream = (stream) => {
			stream.setReceiveMax(10n ** 15n);
			stream.onData = (data) => void (bytes += data.length);
			stream.onMoney = (amount) => void (money += amount);
		};
	};
	const network = throughOneHop(
		'test.near',
		() => (prepare) => far.answer(prepare, prepare.destination.slice('test.far.'.length))
	);
	const connection = await connectStream(
		{ ...host, network },
		{ ...(await far.generate()), maxPacketAmount: BigInt(AMOUNT), slippageBasisPoints: 0 }
	);
	const stream = unwrap(connection.openStream());
	let paid = 0n;
	let written = 0;
	/** Everything is acknowledged and at the other end, or this throws. */
	const arrive = async (packets: number | undefined, before: number): Promise<void> => {
		unwrap(await stream.flushed());
		check('money', Number(money), Number(paid));
		check('bytes', bytes, written);
		if (packets !== undefined) check('packets', connection.totals().fulfilled - before, packets);
	};
	stream.setSendMax((paid += BigInt(AMOUNT)));
	await arrive(undefined, 0);
	const message = new Uint8Array(MESSAGE_BYTES).fill(0x61);
	const chunk = new Uint8Array(CHUNK_BYTES).fill(0x62);
	return {
		money: async (packets) => {
			const before = connection.totals().fulfilled;
			stream.setSendMax((paid += BigInt(packets * AMOUNT)));
			await arrive(packets, before);
		},
		messages: async (count) => {
			const before = connection.totals().fulfilled;
			for (let sent = 0; sent < count; sent += 1)
				connection.together(() => {
					stream.write(message);
					stream.setSendMax((paid += BigInt(AMOUNT)));
				});
			written += count * MESSAGE_BYTES;
			await arrive(count, before);
		},
		bulk: async (chunks) => {
			for (let sent = 0; sent < chunks; sent += 1)
				while (!stream.write(chunk)) await new Promise<void>((resolve) => (stream.onWritable = resolve));
			written += chunks * CHUNK_BYTES;
			await arrive(undefined, 0);
		},
		close: async () => {
			await connection.end();
			far.close();
		}
	};
};

type Handler = (data: Buffer) => Promise<Buffer>;

/** One end of the reference's plugin interface; what is sent here is handled there. */
class Plugin {
	peer: Plugin | undefined;
	#handler: Handler | undefined;
	readonly #address: string;

	constructor(address: string) {
		this.#address = address;
	}
	connect = (): Promise<void> => Promise.resolve();
	disconnect = (): Promise<void> => Promise.resolve();
	isConnected = (): boolean => true;
	registerDataHandler = (handler: Handler): void => void (this.#handler = handler);
	deregisterDataHandler = (): void => void (this.#handler = undefined);
	sendData = async (data: Buffer): Promise<Buffer> => {
		if (deserializeIlpPrepare(data).destination === 'peer.config')
			return serializeIldcpResponse({ clientAddress: this.#address, assetCode: 'USD', assetScale: 9 });
		const peer = this.peer;
		if (peer === undefined) throw new Error('nobody at the other end');
		return peer.handle(data);
	};
	handle = (data: Buffer): Promise<Buffer> => {
		if (this.#handler === undefined) throw new Error('nobody listens at the other end');
		return this.#handler(data);
	};
}

export const createReferencePair = async (): Promise<StreamPair> => {
	const near = new Plugin('test.near');
	const far = new Plugin('test.far');
	near.peer = far;
	far.peer = near;
	const server = await createServer({ plugin: far });
	let bytes = 0;
	let money = 0;
	let onArrival = (): void => undefined;
	server.on('connection', (connection) => {
		connection.on('stream', (stream: DataAndMoneyStream) => {
			stream.setReceiveMax(Number.MAX_SAFE_INTEGER);
			stream.on('money', (amount: string) => {
				money += Number(amount);
				onArrival();
			});
			stream.on('data', (data: Buffer) => {
				bytes += data.length;
				onArrival();
			});
		});
	});
	const { destinationAccount, sharedSecret } = server.generateAddressAndSecret();
	const client = await createConnection({
		plugin: near,
		destinationAccount,
		sharedSecret,
		slippage: 0,
		maximumPacketAmount: String(AMOUNT)
	});
	const stream = client.createStream();
	let paid = 0;
	let written = 0;
	const arrive = async (): Promise<void> => {
		await new Promise<void>((resolve) => {
			onArrival = () => {
				if (bytes >= written && money >= paid) resolve();
			};
			onArrival();
		});
		check('money', money, paid);
		check('bytes', bytes, written);
	};
	const message = Buffer.alloc(MESSAGE_BYTES, 0x61);
	const chunk = Buffer.alloc(CHUNK_BYTES, 0x62);
	return {
		money: async (packets) => {
			paid += packets * AMOUNT;
			stream.setSendMax(paid);
			await arrive();
		},
		messages: async (count) => {
			for (let sent = 0; sent < count; sent += 1) {
				// One packet at a time is all it sends; written ahead, messages would share packets.
				const gone = new Promise((resolve) => stream.once('outgoing_money', resolve));
				written += MESSAGE_BYTES;
				paid += AMOUNT;
				stream.write(message);
				stream.setSendMax(paid);
				await gone;
			}
			await arrive();
		},
		bulk: async (chunks) => {
			for (let sent = 0; sent < chunks; sent += 1)
				await new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
			written += chunks * CHUNK_BYTES;
			await arrive();
		},
		close: async () => {
			await client.destroy();
			await server.close();
		}
	};
};
