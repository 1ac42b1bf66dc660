/**
 * A STREAM receiver of a Node host: an SPSP endpoint that gives out addresses and secrets, and a
 * server that answers at them. What is paid is kept, and bytes are sent back as they came.
 */
import type { Clock, Crypto, Peer, Random } from '../../src/lib/peer/index.ts';
import type { Http } from '../../src/lib/peer/http.ts';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import { paySpsp } from '../../src/lib/peer/spsp/pay.ts';
import { createSpspServer, type SpspServer } from '../../src/lib/peer/spsp/server.ts';
import { pay } from '../../src/lib/peer/stream/connection/client.ts';
import { createStreamNetwork } from '../../src/lib/peer/stream/connection/network.ts';
import { createStreamServer } from '../../src/lib/peer/stream/connection/server.ts';
import type {
	PaymentTotals,
	PayOptions,
	Stream,
	StreamDeps,
	StreamServer
} from '../../src/lib/peer/stream/connection/stream-api.ts';

export interface StreamReceiver {
	readonly server: StreamServer;
	/** Answers at `path`. */
	readonly spsp: SpspServer;
	/** Sends money and bytes from this node. */
	pay(options: PayOptions): Promise<PaymentTotals>;
	/** The same, to a payment pointer or SPSP URL. */
	payPointer(pointer: string, options: Parameters<typeof paySpsp>[3]): ReturnType<typeof paySpsp>;
	stop(): void;
}

export interface StreamReceiverDeps {
	readonly peer: Pick<Peer, 'sender' | 'receive'>;
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	/** Asks other SPSP endpoints. */
	readonly http: Http;
	/** 32 bytes: with the same ones, addresses that were given out before a restart still work. */
	readonly secret: Uint8Array;
	/** Path of the SPSP endpoint, such as `/.well-known/pay`. */
	readonly path: string;
	/** The most that one stream may bring, link units. */
	readonly receiveMax: bigint;
}

export const createStreamReceiver = ({
	peer,
	path,
	receiveMax,
	http,
	...deps
}: StreamReceiverDeps): StreamReceiver => {
	const network = createStreamNetwork(peer.sender, () => ({ kind: 'buy', account: 'expense/streams' }));
	const stream: StreamDeps = { ...deps, network };
	const server = createStreamServer({
		...stream,
		secret: deps.secret,
		asset: LINK_ASSET,
		booking: () => ({ kind: 'sell', account: 'income/streams' })
	});
	server.onConnection = (connection) => {
		connection.onStream = (opened) => {
			opened.setReceiveMax(receiveMax);
			echo(opened);
		};
	};
	const leave = peer.receive(server);
	return {
		server,
		spsp: createSpspServer({
			path,
			open: async (receipt) => {
				if (network.addresses().length === 0) return undefined;
				const credentials = await server.generate(receipt ? { receipt } : {});
				return { ...credentials, receiptsEnabled: receipt !== undefined, asset: LINK_ASSET };
			}
		}),
		pay: (options) => pay({ ...stream, server }, { asset: LINK_ASSET, ...options }),
		payPointer: (pointer, options) =>
			paySpsp(http, { ...stream, server }, pointer, { asset: LINK_ASSET, ...options }),
		stop: () => {
			leave();
			server.close();
		}
	};
};

/** Sends back what comes. Nothing more is read while the other end is slow to take it: that bounds our memory. */
const echo = (stream: Stream): void => {
	let waiting: Uint8Array | undefined;
	let ended = false;
	const move = (): void => {
		for (;;) {
			waiting ??= stream.read();
			if (waiting === undefined) break;
			if (!stream.write(waiting.slice())) return;
			waiting = undefined;
		}
		if (ended) stream.end();
	};
	stream.onReadable = move;
	stream.onWritable = move;
	stream.onEnd = () => {
		ended = true;
		move();
	};
};
