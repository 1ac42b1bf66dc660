/** Our STREAM client in a worker: the core with the browser host's clock, randomness, crypto and socket. */
import { browserClock } from '../../../src/lib/host/browser-clock.ts';
import { dialWebSocket } from '../../../src/lib/host/browser-socket.ts';
import { createWebCrypto } from '../../../src/lib/host/web-crypto.ts';
import { webRandom } from '../../../src/lib/host/web-random.ts';
import { base64Decode } from '../../../src/lib/peer/bytes.ts';
import { decodeReply, encodePrepare } from '../../../src/lib/peer/codec/ilp.ts';
import { BUNDLES, takesBundles } from '../../../src/lib/peer/link/auth-data.ts';
import { createBtpConnection } from '../../../src/lib/peer/link/btp-connection.ts';
import { unwrap } from '../../../src/lib/peer/result.ts';
import { connectStream } from '../../../src/lib/peer/stream/connection/client.ts';
import { answerWith, timed } from './answering.js';

/** Messages under way: about as many packets as a connection has under way, as money does without being asked. */
const AHEAD = 240;
const entry = (protocolName, data) => ({ protocolName, contentType: 0, data });

let connection;
let stream;
let paid = 0n;
/** Packets with money that are answered, and who waits for one more. */
let answered = 0;
let onAnswer = () => undefined;

answerWith({
	connect: async ({ url, destinationAccount, secret, amount }) => {
		const btp = createBtpConnection(
			unwrap(await dialWebSocket(url)),
			{ clock: browserClock, log: (level, what) => console.warn(level, what) },
			{ onMessage: async () => ({ ok: true, value: [] }), onClose: () => undefined }
		);
		// As two peers do it.
		const said = unwrap(await btp.request([entry('auth', new Uint8Array(0)), BUNDLES]));
		if (takesBundles(said)) btp.useBundles();
		const network = {
			addresses: () => [],
			maxPacket: () => 0n,
			send: async (prepare, onReply) => {
				const [{ data }] = unwrap(await btp.request([entry('ilp', encodePrepare(prepare))]));
				onReply(unwrap(decodeReply(data)));
				if (prepare.amount === 0n) return;
				answered += 1;
				onAnswer();
			}
		};
		connection = await connectStream(
			{ clock: browserClock, random: webRandom, crypto: createWebCrypto(), network },
			{
				destinationAccount,
				sharedSecret: base64Decode(secret),
				maxPacketAmount: BigInt(amount),
				slippageBasisPoints: 0
			}
		);
		stream = unwrap(connection.openStream());
	},
	money: (packets, amount) =>
		timed(async () => {
			stream.setSendMax((paid += BigInt(packets * amount)));
			unwrap(await stream.flushed());
		}),
	messages: (count, amount, bytes) => {
		const message = new Uint8Array(bytes).fill(0x61);
		const before = answered;
		return timed(async () => {
			for (let sent = 0; sent < count; sent += 1) {
				// Each in a packet of its own: what the window has no room for would share one.
				while (sent - (answered - before) >= AHEAD) await new Promise((resolve) => (onAnswer = resolve));
				connection.together(() => {
					stream.write(message);
					stream.setSendMax((paid += BigInt(amount)));
				});
			}
			unwrap(await stream.flushed());
		});
	}
});
