/**
 * The two ends of the forwarding benchmark: a payer and a payee that speak just enough BTP and ILP, by hand, to
 * cost little beside the connector between them. Packets are made beforehand; of an answer only what must be
 * right is looked at, and that is all of it that says whether the packet was paid.
 */
import { createHash } from 'node:crypto';
import { WebSocket, WebSocketServer } from 'ws';
import { encodeBtpPacket } from '../../src/lib/peer/codec/btp.ts';
import { encodeIlpPacket, encodePrepare } from '../../src/lib/peer/codec/ilp.ts';
import { octets, text } from '../../src/lib/peer/link/protocol-data.ts';

const PREIMAGE = new Uint8Array(32).fill(7);
const CONDITION = new Uint8Array(createHash('sha256').update(PREIMAGE).digest());
/** Type and request id of a BTP packet, before its length. */
const HEAD_BYTES = 5;
const RESPONSE = 1;
const MESSAGE = 6;
const FULFILL = 13;
const PREPARE = 12;
/** Every packet pays another amount, so that none is a repetition. */
const LEAST = 1_000n;
const EXPIRES_IN_MS = 29_000;

export interface Workload {
	readonly destination: string;
	/** Bytes of data in each prepare, and in each fulfill. */
	readonly dataBytes: number;
}

export interface Ends {
	/**
	 * Sends so many packets, `inFlight` at a time; resolves with the seconds that took and how long each was
	 * under way (ms). Rejects unless every one is fulfilled and all money is at the other end.
	 */
	run(packets: number, inFlight: number): Promise<{ readonly seconds: number; readonly eachMs: number[] }>;
	/** Paid since the beginning. */
	paid(): bigint;
	close(): Promise<void>;
}

/** Where an ILP packet begins in a BTP packet whose first protocol data is `ilp`. */
const ilpStart = (bytes: Buffer): number => {
	let at = skipLength(bytes, HEAD_BYTES);
	at = skipLength(bytes, at) + (bytes[at] ?? 0);
	// Name (length and three letters), content type.
	return skipLength(bytes, at + 5);
};
const skipLength = (bytes: Buffer, at: number): number => {
	const first = bytes[at] ?? 0;
	return at + 1 + (first < 0x80 ? 0 : first & 0x7f);
};
/** And the first field of an ILP packet. */
const ilpContents = (bytes: Buffer, start: number): number => skipLength(bytes, start + 1);

/** Answers every prepare on the socket; what it got is in the answer's `money`. */
const serve = (socket: WebSocket, dataBytes: number): { money: bigint } => {
	const got = { money: 0n };
	const fulfill = encodeIlpPacket({
		type: 'fulfill',
		fulfillment: PREIMAGE,
		data: new Uint8Array(dataBytes)
	});
	const answer = Buffer.from(
		encodeBtpPacket({ type: 'response', requestId: 0, protocolData: [octets('ilp', fulfill)] })
	);
	socket.on('message', (data) => {
		const bytes = data as Buffer;
		if (bytes[0] !== MESSAGE) return;
		const start = ilpStart(bytes);
		if (bytes[start] !== PREPARE) throw new Error('something else than a prepare came');
		got.money += bytes.readBigUInt64BE(ilpContents(bytes, start));
		const mine = Buffer.from(answer);
		bytes.copy(mine, 1, 1, HEAD_BYTES);
		socket.send(mine);
	});
	return got;
};

const DIAL_FOR_MS = 10_000;

/** Tries until somebody listens. */
const dial = async (url: string): Promise<WebSocket> => {
	for (const end = Date.now() + DIAL_FOR_MS; ;) {
		const socket = new WebSocket(url, { perMessageDeflate: false });
		const error = await new Promise<Error | undefined>((resolve) => {
			socket.once('open', () => resolve(undefined));
			socket.once('error', resolve);
		});
		if (!error) return socket;
		if (Date.now() > end) throw error;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
};

/** Opens a socket to an account over BTP. */
export const openAccount = async (url: string, name: string, token: string): Promise<WebSocket> => {
	const socket = await dial(url);
	const authenticated = new Promise<void>((resolve, reject) => {
		socket.once('message', (data) => {
			if ((data as Buffer)[0] === RESPONSE) resolve();
			else reject(new Error(`${name} was turned away`));
		});
		socket.once('close', () => reject(new Error(`${name} was hung up on`)));
	});
	socket.send(
		encodeBtpPacket({
			type: 'message',
			requestId: 0,
			protocolData: [
				octets('auth', new Uint8Array(0)),
				text('auth_username', name),
				text('auth_token', token)
			]
		})
	);
	await authenticated;
	return socket;
};

/** `near` pays what arrives at `far`, whatever is between them. */
export const createEnds = (near: WebSocket, far: WebSocket, { destination, dataBytes }: Workload): Ends => {
	const got = serve(far, dataBytes);
	const waiting = new Map<number, number>();
	let sent = 0;
	let paid = 0n;
	let onAnswer: (requestId: number) => void = () => undefined;
	let fail: (error: Error) => void = () => undefined;

	near.on('message', (data) => {
		const bytes = data as Buffer;
		if (bytes[0] === MESSAGE) return;
		const start = ilpStart(bytes);
		const contents = ilpContents(bytes, start);
		const isPaid =
			bytes[0] === RESPONSE &&
			bytes[start] === FULFILL &&
			bytes.subarray(contents, contents + 32).equals(PREIMAGE);
		if (isPaid) onAnswer(bytes.readUInt32BE(1));
		else fail(new Error(`not fulfilled: ${bytes.subarray(start).toString('latin1')}`));
	});
	near.on('close', () => fail(new Error('the payer was hung up on')));

	const make = (): { readonly requestId: number; readonly bytes: Uint8Array; readonly amount: bigint } => {
		sent += 1;
		const amount = LEAST + BigInt(sent);
		const prepare = encodePrepare({
			type: 'prepare',
			amount,
			expiresAt: Date.now() + EXPIRES_IN_MS,
			condition: CONDITION,
			destination,
			data: new Uint8Array(dataBytes)
		});
		const requestId = sent;
		return {
			requestId,
			bytes: encodeBtpPacket({ type: 'message', requestId, protocolData: [octets('ilp', prepare)] }),
			amount
		};
	};

	return {
		run: async (count, inFlight) => {
			const packets = Array.from({ length: count }, make);
			const eachMs: number[] = [];
			const moneyBefore = got.money;
			let next = 0;
			const start = performance.now();
			await new Promise<void>((resolve, reject) => {
				fail = reject;
				const send = (): void => {
					const packet = packets[next];
					if (!packet) return;
					next += 1;
					waiting.set(packet.requestId, performance.now());
					near.send(packet.bytes);
				};
				onAnswer = (requestId) => {
					const since = waiting.get(requestId);
					if (since === undefined) return reject(new Error('an answer that nobody waits for'));
					waiting.delete(requestId);
					eachMs.push(performance.now() - since);
					if (eachMs.length === count) resolve();
					else send();
				};
				for (let index = 0; index < inFlight; index += 1) send();
			});
			const seconds = (performance.now() - start) / 1_000;
			const money = packets.reduce((sum, { amount }) => sum + amount, 0n);
			if (got.money - moneyBefore !== money) throw new Error('other money arrived than was sent');
			paid += money;
			return { seconds, eachMs };
		},
		paid: () => paid,
		close: async () => {
			fail = () => undefined;
			// One may be closed by the other.
			const open = [near, far].filter((socket) => socket.readyState !== WebSocket.CLOSED);
			const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
			for (const socket of open) socket.close();
			await Promise.all(closed);
		}
	};
};

/** The same two ends joined by one WebSocket: what a packet costs without a hop. */
export const createDirectEnds = async (workload: Workload): Promise<Ends> => {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
	await new Promise((resolve) => server.once('listening', resolve));
	const address = server.address();
	const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
	const near = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, {
		perMessageDeflate: false
	});
	await new Promise((resolve) => near.once('open', resolve));
	const ends = createEnds(near, await accepted, workload);
	return {
		...ends,
		close: async () => {
			await ends.close();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		}
	};
};
