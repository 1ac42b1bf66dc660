/**
 * BTP 2.0 over one socket (RFC 23): requests with ids, answers matched to them, and nothing else.
 * What the messages mean is the business of links.ts.
 *
 * Rules that avoid loops between two confused ends: an answer that fits no request and a frame that
 * cannot be read get **no answer**; an unreadable frame closes the socket.
 *
 * Between ends that agreed on it, what is sent within one turn leaves as one message (bundle.ts), and a message is
 * read to its end: whole, or not at all, before the first of its packets is handled. Anybody else gets a message for each
 * packet at once, and what follows the packet in a message of theirs is ignored, as RFC 23 has it.
 */
import {
	decodeBtpBundle,
	decodeBtpPacket,
	encodeBtpPacket,
	type BtpErrorCode,
	BTP_ERROR_NAMES,
	type BtpPacket,
	type ProtocolData
} from '../codec/btp.ts';
import { utf8, utf8Decode } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { Cancel, Platform, Socket } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { createBundle, type Bundle } from './bundle.ts';

export type BtpFailure =
	| {
			readonly type: 'BtpError';
			readonly code: string;
			readonly text: string;
			readonly protocolData: readonly ProtocolData[];
	  }
	/** Nothing came in time, or the socket closed: the outcome is unknown. */
	| { readonly type: 'BtpUnanswered' };

/** `close`: the socket is shut once the error is on its way. */
export type BtpRefusal = {
	readonly code: BtpErrorCode;
	readonly text: string;
	readonly protocolData?: readonly ProtocolData[];
	readonly close?: boolean;
};

/** What a request of the other side gets: the protocol data of a response, or an error. Called in the order of arrival. */
export type BtpHandler = (
	protocolData: readonly ProtocolData[]
) => Promise<Result<readonly ProtocolData[], BtpRefusal>>;

export interface BtpConnection {
	/** Who this is, for logs. */
	readonly label: string;
	/** Waits for the answer, at most {@link LIMITS.btpResponseMs} unless told otherwise (ms). */
	request(
		protocolData: readonly ProtocolData[],
		timeoutMs?: number
	): Promise<Result<readonly ProtocolData[], BtpFailure>>;
	/** False when the socket is gone or too slow to take more. */
	writable(): boolean;
	readonly closed: boolean;
	/**
	 * From now on silence is looked into: BTP has no ping and a browser's WebSocket none that a page could send, so
	 * after {@link LIMITS.heartbeatMs} without a message an empty one goes out, to which any end must say something.
	 * Nothing for {@link LIMITS.heartbeatAnswerMs} closes the connection: the other end is gone without a farewell.
	 */
	keepAlive(): void;
	/** Both ends said that they take bundles: from now on several packets may share a message, either way. */
	useBundles(): void;
	/** What was sent before still leaves. Open requests end as `BtpUnanswered`. */
	close(): void;
}

/** Where packets are written: a socket has taken a copy when `send` returns, so one place does for all. */
const scratch = new Uint8Array(4_096);

/** Takes the socket over. `onClose` comes once, whoever closed. */
export const createBtpConnection = (
	socket: Socket,
	platform: Pick<Platform, 'clock' | 'log'>,
	handlers: {
		readonly onMessage: BtpHandler;
		readonly onClose: () => void;
		readonly onBytes?: (direction: 'in' | 'out', bytes: number) => void;
	}
): BtpConnection => {
	const { clock, log } = platform;
	const waiting = new Map<
		number,
		{ resolve: (result: Result<readonly ProtocolData[], BtpFailure>) => void; cancel: Cancel }
	>();
	/** Requests of the other side that have no answer yet. */
	let answering = 0;
	let nextId = 1;
	let closed = false;
	let heardAt = clock.now();
	let stopListening: Cancel = () => undefined;
	/** Undefined where nobody agreed on bundles. */
	let bundle: Bundle | undefined;

	const bufferedBytes = (): number => socket.bufferedBytes() + (bundle?.bytes ?? 0);

	const shut = (): void => {
		if (closed) return;
		closed = true;
		stopListening();
		for (const { resolve, cancel } of waiting.values()) {
			cancel();
			resolve(err({ type: 'BtpUnanswered' }));
		}
		waiting.clear();
		handlers.onClose();
	};

	const send = (packet: BtpPacket): void => {
		if (closed) return;
		// Answers to somebody who never reads them must not fill the memory.
		if (bufferedBytes() > 2 * LIMITS.socketBufferedBytes) {
			log('warn', 'the other side does not read', { to: socket.label });
			connection.close();
			return;
		}
		if (bundle) bundle.add(packet);
		else sendMessage(encodeBtpPacket(packet, scratch));
	};

	const sendMessage = (bytes: Uint8Array): void => {
		if (closed) return;
		handlers.onBytes?.('out', bytes.length);
		socket.send(bytes);
	};

	/** `undefined`: cannot be read. */
	const read = (bytes: Uint8Array): readonly BtpPacket[] | undefined => {
		if (bytes.length > LIMITS.socketMessageBytes) return undefined;
		if (bundle) {
			const packets = decodeBtpBundle(bytes);
			return packets.ok ? packets.value : undefined;
		}
		const packet = decodeBtpPacket(bytes);
		return packet.ok ? [packet.value] : undefined;
	};

	const take = (packet: BtpPacket): void => {
		if (packet.type === 'response' || packet.type === 'error') {
			const request = waiting.get(packet.requestId);
			if (!request) return;
			waiting.delete(packet.requestId);
			request.cancel();
			request.resolve(
				packet.type === 'response'
					? ok(packet.protocolData)
					: err({
							type: 'BtpError',
							code: packet.code,
							text: utf8Decode(packet.data) ?? '',
							protocolData: packet.protocolData
						})
			);
			return;
		}
		const handle =
			packet.type === 'transfer'
				? refuseTransfer(packet.requestId)
				: answer(packet.requestId, packet.protocolData);
		handle.catch((error: unknown) => {
			log('error', 'a BTP message broke its handler', { from: socket.label, error: String(error) });
			connection.close();
		});
	};

	/** Money moves by claims here; an amount that nothing proves is not taken. */
	const refuseTransfer = async (requestId: number): Promise<void> =>
		reply(requestId, err({ code: 'F00', text: 'transfers are not used on this link; send a claim' }));

	const answer = (requestId: number, protocolData: readonly ProtocolData[]): Promise<void> => {
		answering += 1;
		return handlers.onMessage(protocolData).then((result) => {
			reply(requestId, result);
			answering -= 1;
		});
	};

	const reply = (requestId: number, result: Awaited<ReturnType<BtpHandler>>): void => {
		if (closed) return;
		if (result.ok) {
			send({ type: 'response', requestId, protocolData: result.value });
			return;
		}
		const { code, text, protocolData: beside, close } = result.error;
		send({
			type: 'error',
			requestId,
			code,
			name: BTP_ERROR_NAMES[code],
			triggeredAt: clock.now(),
			data: utf8(text),
			protocolData: beside ?? []
		});
		if (close) connection.close();
	};

	const listenAfter = (delayMs: number): void => {
		stopListening = clock.after(delayMs, () => {
			// A clock that was set back must not silence the question for ever.
			const silentMs = Math.abs(clock.now() - heardAt);
			if (silentMs < LIMITS.heartbeatMs) {
				listenAfter(LIMITS.heartbeatMs - silentMs);
				return;
			}
			void connection.request([], LIMITS.heartbeatAnswerMs).then((answer) => {
				if (closed) return;
				if (answer.ok || answer.error.type === 'BtpError') listenAfter(LIMITS.heartbeatMs);
				else {
					log('warn', 'nobody is there any more', { to: socket.label });
					connection.close();
				}
			});
		});
	};

	const connection: BtpConnection = {
		label: socket.label,
		get closed() {
			return closed;
		},
		request: (protocolData, timeoutMs = LIMITS.btpResponseMs) =>
			new Promise((resolve) => {
				if (closed) {
					resolve(err({ type: 'BtpUnanswered' }));
					return;
				}
				while (waiting.has(nextId)) nextId = nextId === 0xffffffff ? 1 : nextId + 1;
				const requestId = nextId;
				nextId = nextId === 0xffffffff ? 1 : nextId + 1;
				const cancel = clock.after(timeoutMs, () => {
					waiting.delete(requestId);
					resolve(err({ type: 'BtpUnanswered' }));
				});
				waiting.set(requestId, { resolve, cancel });
				send({ type: 'message', requestId, protocolData });
			}),
		keepAlive: () => listenAfter(LIMITS.heartbeatMs),
		useBundles: () => {
			bundle ??= createBundle(clock, sendMessage, () => waiting.size + answering <= 1);
		},
		writable: () => !closed && bufferedBytes() < LIMITS.socketBufferedBytes,
		close: () => {
			if (closed) return;
			bundle?.leave();
			socket.close();
			shut();
		}
	};

	socket.listen({
		onMessage: (bytes) => {
			if (closed) return;
			heardAt = clock.now();
			handlers.onBytes?.('in', bytes.length);
			const packets = read(bytes);
			if (!packets) {
				log('warn', 'unreadable BTP frame', { from: socket.label, bytes: bytes.length });
				connection.close();
				return;
			}
			for (const packet of packets) if (!closed) take(packet);
		},
		onClose: shut
	});

	return connection;
};
