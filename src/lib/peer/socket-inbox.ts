/**
 * What every {@link Socket} adapter needs and gets wrong alone: messages that arrive before somebody
 * listens are kept, order is kept while they are handed over, and `onClose` comes exactly once,
 * after the last message, whoever closed, never from within `close()` or `listen()`.
 */
import type { Socket } from './platform.ts';

type Handlers = Parameters<Socket['listen']>[0];

export interface SocketInbox {
	listen(handlers: Handlers): void;
	/** Something arrived. */
	message(message: Uint8Array): void;
	/** The other side or the network ended it: what arrived before is still handed over. */
	ended(): void;
	/** We ended it: nothing more is handed over. */
	closed(): void;
	/** No further message will be handed over that has not arrived yet. */
	isOver(): boolean;
}

export const createSocketInbox = (): SocketInbox => {
	let handlers: Handlers | undefined;
	let kept: Uint8Array[] = [];
	let over = false;
	let closeReported = false;
	/** Handing over happens in a turn of its own; until it is done everything queues behind it. */
	let handingOver = false;

	const drain = (): void => {
		handingOver = false;
		while (handlers !== undefined && kept.length > 0) handlers.onMessage(kept.shift() as Uint8Array);
		if (handlers !== undefined && over && !closeReported) {
			closeReported = true;
			handlers.onClose();
		}
	};
	const handOver = (): void => {
		if (handingOver || handlers === undefined) return;
		handingOver = true;
		void Promise.resolve().then(drain);
	};

	return {
		listen: (given) => {
			if (handlers !== undefined) throw new Error('a socket is listened to once');
			handlers = given;
			if (kept.length > 0 || over) handOver();
		},
		message: (message) => {
			if (over) return;
			if (handlers !== undefined && !handingOver && kept.length === 0) handlers.onMessage(message);
			else {
				kept.push(message);
				handOver();
			}
		},
		ended: () => {
			if (over) return;
			over = true;
			handOver();
		},
		closed: () => {
			kept = [];
			if (over) return;
			over = true;
			handOver();
		},
		isOver: () => over
	};
};
