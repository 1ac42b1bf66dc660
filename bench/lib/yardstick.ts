/**
 * The named peer: the reference implementation of STREAM (`ilp-protocol-stream`), client and server in
 * this one process, joined by a function call. It sends one message of 1 kB and some money per packet
 * and waits for both to arrive. There is no network, no hop, no disk, no signature and no proof of
 * delivery: what it reaches is what packets cost by themselves in JavaScript.
 */
import { createConnection, createServer, type DataAndMoneyStream } from 'ilp-protocol-stream';
import { deserializeIlpPrepare } from 'ilp-packet';
import { serializeIldcpResponse } from 'ilp-protocol-ildcp';

const MESSAGE_BYTES = 1_000;
/** Money in each packet, in the yardstick's own units. */
const AMOUNT = 200;

type Handler = (data: Buffer) => Promise<Buffer>;

class Wire {
	packets = 0;
	private handler: Handler | undefined;
	peer: Wire | undefined;
	private readonly address: string;

	constructor(address: string) {
		this.address = address;
	}
	connect = (): Promise<void> => Promise.resolve();
	disconnect = (): Promise<void> => Promise.resolve();
	isConnected = (): boolean => true;
	registerDataHandler = (handler: Handler): void => void (this.handler = handler);
	deregisterDataHandler = (): void => void (this.handler = undefined);
	sendData = async (data: Buffer): Promise<Buffer> => {
		if (deserializeIlpPrepare(data).destination === 'peer.config') {
			return serializeIldcpResponse({ clientAddress: this.address, assetCode: 'USD', assetScale: 9 });
		}
		this.packets += 1;
		const handler = this.peer?.handler;
		if (handler === undefined) throw new Error('nobody listens at the other end');
		return handler(data);
	};
}

export interface Yardstick {
	readonly messagesPerSecond: number;
	readonly packetsPerSecond: number;
}

/** @throws Error when a message or money is missing at the other end */
export const measureReferenceStream = async (messages: number): Promise<Yardstick> => {
	const near = new Wire('test.near');
	const far = new Wire('test.far');
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
			stream.on('data', (chunk: Buffer) => {
				bytes += chunk.length;
				onArrival();
			});
		});
	});
	const arrived = new Promise<void>((resolve) => {
		onArrival = () => {
			if (bytes >= messages * MESSAGE_BYTES && money >= messages * AMOUNT) resolve();
		};
	});
	const { destinationAccount, sharedSecret } = server.generateAddressAndSecret();
	const client = await createConnection({ plugin: near, destinationAccount, sharedSecret, slippage: 0 });
	try {
		near.packets = 0;
		const message = Buffer.alloc(MESSAGE_BYTES, 0x61);
		const stream = client.createStream();
		const start = performance.now();
		for (let sent = 1; sent <= messages; sent += 1) {
			const gone = new Promise((resolve) => stream.once('outgoing_money', resolve));
			stream.write(message);
			stream.setSendMax(sent * AMOUNT);
			await gone;
		}
		await arrived;
		const seconds = (performance.now() - start) / 1_000;
		if (bytes !== messages * MESSAGE_BYTES || money !== messages * AMOUNT) {
			throw new Error(`the reference delivered ${bytes} bytes and ${money} units with ${messages} messages`);
		}
		return { messagesPerSecond: messages / seconds, packetsPerSecond: near.packets / seconds };
	} finally {
		await client.destroy();
		await server.close();
	}
};
