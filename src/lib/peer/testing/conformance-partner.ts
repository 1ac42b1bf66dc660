/**
 * The other end in socket-conformance.ts: it does what the first byte of a message says. It is a
 * file of its own because in the browser's run it lives in another process.
 */
import type { Socket } from '../platform.ts';

export const PARTNER = {
	/** Sends the whole message back. */
	echo: 0,
	/** Sends as many messages as the second byte says, numbered from 0. */
	burst: 1,
	/** Ends the connection. */
	close: 2,
	/** Sends one message, then ends the connection. */
	lastWord: 3,
	/** What it says first, before it is asked anything. */
	greeting: 200
} as const;

export const bePartner = (socket: Socket): void => {
	socket.send(Uint8Array.of(PARTNER.greeting));
	socket.listen({
		onMessage: (message) => {
			switch (message[0]) {
				case PARTNER.burst:
					for (let i = 0; i < (message[1] ?? 0); i++) socket.send(Uint8Array.of(i));
					break;
				case PARTNER.close:
					socket.close();
					break;
				case PARTNER.lastWord:
					socket.send(Uint8Array.of(PARTNER.lastWord));
					socket.close();
					break;
				default:
					socket.send(message);
			}
		},
		onClose: () => {}
	});
};
