/**
 * WebSockets of a Node host, by `ws`: `dialWebSocket` opens one, `acceptWebSocket` adapts one that a
 * server accepted. A server must be created with {@link SERVER_OPTIONS}: packets are encrypted and do not shrink,
 * and what a stranger sends is bounded in bytes and in pieces, since each piece costs some hundred bytes more.
 *
 * The same holds for what a stranger does not read. A message that waits counts {@link QUEUED_MESSAGE_BYTES} beside its
 * own bytes, and when all sockets together hold more than {@link LIMITS.socketsBufferedBytes}, the one that holds most
 * is cut off.
 */
import type { Duplex } from 'node:stream';
import { WebSocket, type ServerOptions } from 'ws';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import type { Dial, Socket } from '../../src/lib/peer/platform.ts';
import { err, ok } from '../../src/lib/peer/result.ts';
import { createSocketInbox } from '../../src/lib/peer/socket-inbox.ts';

const DIAL_TIMEOUT_MS = 10_000;
/** A peer that does not answer the closing handshake is cut off after this. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Buffers, callbacks and a place in the queue of a message that is not written yet. */
const QUEUED_MESSAGE_BYTES = 512;

export const SERVER_OPTIONS = {
	maxPayload: LIMITS.socketMessageBytes,
	maxFragments: LIMITS.socketMessageFragments,
	maxBufferedChunks: LIMITS.socketMessageChunks,
	perMessageDeflate: false
} as const satisfies ServerOptions;

/** What waits to be written on one socket. */
interface Queue {
	bytes: number;
	readonly cut: () => void;
}

/** Of this process. */
const queues = new Set<Queue>();
let queuedBytes = 0;

const enqueue = (queue: Queue, bytes: number): void => {
	queue.bytes += bytes;
	queuedBytes += bytes;
	if (queuedBytes <= LIMITS.socketsBufferedBytes) return;
	let largest = queue;
	for (const other of queues) if (other.bytes > largest.bytes) largest = other;
	largest.cut();
};

const dequeue = (queue: Queue, bytes: number): void => {
	// What was left when it closed is given back already.
	if (!queues.has(queue)) return;
	queue.bytes -= bytes;
	queuedBytes -= bytes;
};

export const dialWebSocket: Dial = (url) =>
	new Promise((resolve) => {
		let webSocket: WebSocket;
		try {
			webSocket = new WebSocket(url, { ...SERVER_OPTIONS, handshakeTimeout: DIAL_TIMEOUT_MS });
		} catch (error) {
			return resolve(err({ type: 'DialFailed', url, reason: reasonOf(error) }));
		}
		// Adapted at once: a message can come in the same chunk as the end of the handshake.
		const socket = acceptWebSocket(webSocket, url);
		webSocket.once('upgrade', ({ socket: stream }) => socket.over(stream));
		webSocket.once('open', () => resolve(ok(socket)));
		webSocket.once('error', (error) => resolve(err({ type: 'DialFailed', url, reason: reasonOf(error) })));
	});

export interface NodeSocket extends Socket {
	/**
	 * The stream that carries it: from now on all messages of one turn leave in one write. Many packets are decided
	 * by one commit, and each write of its own costs as much as sealing three of them. Where bundles were agreed on
	 * (docs/adr/0039) there is little left to gather; plain accounts have a message for each packet.
	 */
	over(stream: Duplex): void;
}

/** `label` says where it leads, such as the remote address. */
export function acceptWebSocket(webSocket: WebSocket, label: string): NodeSocket {
	const inbox = createSocketInbox();
	let stream: Duplex | undefined;
	let gathering = false;
	const gather = (): void => {
		if (gathering || !stream) return;
		const carrier = stream;
		gathering = true;
		carrier.cork();
		process.nextTick(() => {
			gathering = false;
			carrier.uncork();
		});
	};
	webSocket.binaryType = 'nodebuffer';
	webSocket.on('message', (data, isBinary) => {
		// 1003 (RFC 6455 section 7.4.1): BTP is binary.
		if (!isBinary || !Buffer.isBuffer(data)) return webSocket.close(1003);
		inbox.message(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
	});
	// `close` always follows; without a listener an error would end the process.
	webSocket.on('error', () => {});
	const queue: Queue = {
		bytes: 0,
		cut: () => {
			leave();
			webSocket.terminate();
		}
	};
	const leave = (): void => {
		dequeue(queue, queue.bytes);
		queues.delete(queue);
	};
	queues.add(queue);
	webSocket.on('close', () => {
		leave();
		inbox.ended();
	});
	return {
		label,
		send: (message) => {
			// ws masks in place and may keep the buffer queued, while our callers reuse theirs.
			if (webSocket.readyState !== WebSocket.OPEN) return;
			gather();
			// From the pool: an array of its own takes longer than the rest of this.
			const bytes = message.length + QUEUED_MESSAGE_BYTES;
			enqueue(queue, bytes);
			webSocket.send(Buffer.from(message), () => dequeue(queue, bytes));
		},
		bufferedBytes: () => queue.bytes,
		close: () => {
			inbox.closed();
			webSocket.close();
			const timer = setTimeout(() => webSocket.terminate(), CLOSE_TIMEOUT_MS);
			timer.unref();
			webSocket.once('close', () => clearTimeout(timer));
		},
		listen: inbox.listen,
		over: (carrier) => {
			stream = carrier;
		}
	};
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
