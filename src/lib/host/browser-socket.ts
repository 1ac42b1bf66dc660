/**
 * Dials over the browser's WebSocket. One binary message is one message of the port; a text message
 * or one larger than LIMITS.socketMessageBytes is not BTP and ends the connection.
 */
import { LIMITS } from '../peer/limits.ts';
import type { Dial, Socket } from '../peer/platform.ts';
import { err, ok } from '../peer/result.ts';
import { createSocketInbox } from '../peer/socket-inbox.ts';

/** Milliseconds; a browser itself would wait for minutes for a host that swallows packets. */
const DIAL_TIMEOUT_MS = 10_000;

/** RFC 6455 section 7.4.1: 1003 a type of data that cannot be accepted, 1009 too big. */
const UNSUPPORTED_DATA = 1003;
const TOO_BIG = 1009;

export const dialWebSocket: Dial = (url) =>
	new Promise((resolve) => {
		const failed = (reason: string): void => resolve(err({ type: 'DialFailed', url, reason }));
		let webSocket: WebSocket;
		try {
			webSocket = new WebSocket(url);
		} catch (error) {
			// A URL that is none, or ws: from a page served over https:.
			return failed(error instanceof Error ? error.message : String(error));
		}
		webSocket.binaryType = 'arraybuffer';
		const timeout = setTimeout(() => {
			failed('timed out');
			webSocket.close();
		}, DIAL_TIMEOUT_MS);
		webSocket.onopen = () => {
			clearTimeout(timeout);
			resolve(ok(adapt(webSocket, url)));
		};
		// Browsers tell scripts no more than this about a failed connection.
		webSocket.onclose = () => {
			clearTimeout(timeout);
			failed('could not connect');
		};
	});

function adapt(webSocket: WebSocket, url: string): Socket {
	const inbox = createSocketInbox();
	webSocket.onmessage = ({ data }: MessageEvent<unknown>) => {
		if (!(data instanceof ArrayBuffer)) webSocket.close(...reason(UNSUPPORTED_DATA));
		else if (data.byteLength > LIMITS.socketMessageBytes) webSocket.close(...reason(TOO_BIG));
		else return inbox.message(new Uint8Array(data));
		inbox.ended();
	};
	webSocket.onclose = () => inbox.ended();
	return {
		label: url,
		send: (message) => {
			// Before it is open (never here) this would throw; after it is closed it is dropped by itself.
			if (webSocket.readyState === WebSocket.OPEN) webSocket.send(message as Uint8Array<ArrayBuffer>);
		},
		bufferedBytes: () => webSocket.bufferedAmount,
		close: () => {
			webSocket.close();
			// The closing handshake can take as long as the network likes; for us it is over now.
			inbox.closed();
		},
		listen: inbox.listen
	};
}

/** Scripts may only close with 1000 or 3000–4999, so the code of the RFC goes into the reason. */
const reason = (code: number): [number, string] => [3000 + (code - 1000), `code ${code}`];
