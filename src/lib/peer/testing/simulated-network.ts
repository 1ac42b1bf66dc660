/**
 * A network in memory with latency and trouble, repeatable from a seed. A connection behaves like a
 * WebSocket: whole messages, in order, until it breaks. So a lost segment shows as a delay of
 * everything behind it (TCP sends it again), and worse luck as a broken connection.
 *
 * Nothing here reads a real clock: with a simulated clock and seeded randomness two runs are equal.
 */
import { LIMITS } from '../limits.ts';
import type { Cancel, Clock, Dial, Random, Socket } from '../platform.ts';
import { err, ok } from '../result.ts';
import { createSocketInbox, type SocketInbox } from '../socket-inbox.ts';

export interface SimulatedNetworkOptions {
	/** Shortest and longest time one way, in milliseconds. */
	readonly latencyMs: readonly [number, number];
	/** Messages of a hundred that are lost once and arrive {@link RETRANSMIT_MS} later. */
	readonly lossPercent?: number;
	/** Messages of a thousand at which the connection breaks. */
	readonly breaksPerMille?: number;
	/** Asked about each message, in the order of sending: for those who spoil one on purpose. */
	readonly fateOf?: (message: Uint8Array, label: string) => MessageFate | undefined;
}

/** `lost`: what follows arrives nevertheless. `break`: lost, and the connection with it. */
export type MessageFate = 'lost' | 'twice' | 'break';

export interface SimulatedNetwork {
	readonly dial: Dial;
	/** Serves `url`; a second listener on the same URL is a bug. */
	listen(url: string, onSocket: (socket: Socket) => void): Cancel;
	/** Breaks every connection to `url` now; what is under way is lost. Dialling again works. */
	cut(url: string): void;
	/** While on: nothing to or from `url` arrives (it does once off again) and dialling fails. */
	partition(url: string, on: boolean): void;
	/** Every connection to `url` swallows what is sent from now on, and neither end hears of it; new ones work. */
	swallow(url: string): void;
	/** Connections that are open now. */
	openConnections(): number;
}

const RETRANSMIT_MS = 200;

interface End {
	readonly inbox: SocketInbox;
	/** On their way to this end, the oldest first. */
	readonly arriving: (Uint8Array | 'closed')[];
	arrivingBytes: number;
	/** No message may overtake the one before it. */
	lastArrival: number;
}

interface Connection {
	readonly url: string;
	readonly ends: readonly [End, End];
	broken: boolean;
	/** A cable was pulled: nobody says goodbye. */
	dead: boolean;
}

export const createSimulatedNetwork = (
	clock: Clock,
	random: Random,
	options: SimulatedNetworkOptions
): SimulatedNetwork => {
	const listeners = new Map<string, (socket: Socket) => void>();
	const connections = new Set<Connection>();
	const partitioned = new Set<string>();

	/** An integer in [0, below); `below` is at most 2^24, so the remainder's bias is far below what a test sees. */
	const draw = (below: number): number => {
		const [a = 0, b = 0, c = 0, d = 0] = random.bytes(4);
		return (a * 0x1000000 + b * 0x10000 + c * 0x100 + d) % below;
	};
	const latency = (): number => {
		const [shortest, longest] = options.latencyMs;
		return shortest + draw(longest - shortest + 1);
	};

	const end = (): End => ({ inbox: createSocketInbox(), arriving: [], arrivingBytes: 0, lastArrival: 0 });

	const breakOff = (connection: Connection): void => {
		if (connection.broken) return;
		connection.broken = true;
		connections.delete(connection);
		for (const side of connection.ends) side.inbox.ended();
	};

	const deliver = (connection: Connection, to: End): void => {
		if (partitioned.has(connection.url) || connection.dead) return;
		const message = to.arriving.shift();
		if (message === undefined || connection.broken) return;
		if (message === 'closed') return breakOff(connection);
		to.arrivingBytes -= message.length;
		if (message.length > LIMITS.socketMessageBytes) breakOff(connection);
		else to.inbox.message(message);
	};

	const enqueue = (connection: Connection, to: End, message: Uint8Array | 'closed'): void => {
		if (connection.dead) return;
		const lost = message !== 'closed' && draw(100) < (options.lossPercent ?? 0);
		const arrival = Math.max(to.lastArrival, clock.now() + latency() + (lost ? RETRANSMIT_MS : 0));
		to.lastArrival = arrival;
		to.arriving.push(message);
		if (message !== 'closed') to.arrivingBytes += message.length;
		clock.after(arrival - clock.now(), () => deliver(connection, to));
	};

	const socketAt = (connection: Connection, here: End, there: End, label: string): Socket => ({
		label,
		send: (message) => {
			if (connection.broken || here.inbox.isOver()) return;
			if (draw(1_000) < (options.breaksPerMille ?? 0)) return breakOff(connection);
			const fate = options.fateOf?.(message, label);
			if (fate === 'break') return breakOff(connection);
			if (fate !== 'lost') enqueue(connection, there, message.slice());
			if (fate === 'twice') enqueue(connection, there, message.slice());
		},
		bufferedBytes: () => (connection.broken ? 0 : there.arrivingBytes),
		close: () => {
			if (connection.broken || here.inbox.isOver()) return;
			here.inbox.closed();
			// What was sent before still arrives, then the other end hears of it.
			enqueue(connection, there, 'closed');
		},
		listen: here.inbox.listen
	});

	return {
		dial: (url) =>
			new Promise((resolve) => {
				// There and back: the handshake.
				clock.after(latency() + latency(), () => {
					const onSocket = listeners.get(url);
					if (onSocket === undefined || partitioned.has(url)) {
						resolve(err({ type: 'DialFailed', url, reason: 'nobody answers' }));
						return;
					}
					const ends = [end(), end()] as const;
					const connection: Connection = { url, ends, broken: false, dead: false };
					connections.add(connection);
					onSocket(socketAt(connection, ends[1], ends[0], `from ${url}`));
					resolve(ok(socketAt(connection, ends[0], ends[1], url)));
				});
			}),
		listen: (url, onSocket) => {
			if (listeners.has(url)) throw new Error(`${url} is already served`);
			listeners.set(url, onSocket);
			return () => listeners.delete(url);
		},
		cut: (url) => {
			for (const connection of [...connections]) if (connection.url === url) breakOff(connection);
		},
		swallow: (url) => {
			for (const connection of connections) if (connection.url === url) connection.dead = true;
		},
		partition: (url, on) => {
			if (on) {
				partitioned.add(url);
				return;
			}
			if (!partitioned.delete(url)) return;
			for (const connection of connections) {
				if (connection.url !== url) continue;
				for (const to of connection.ends) {
					// Whatever came due meanwhile found the way closed; the rest has timers of its own, which then
					// find less to do. Order is kept because the queue is.
					const due = to.arriving.length;
					for (let i = 0; i < due; i++) clock.after(0, () => deliver(connection, to));
				}
			}
		},
		openConnections: () => connections.size
	};
};
