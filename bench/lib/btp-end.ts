/**
 * The Node end of `npm run bench -- browser`: our STREAM server behind a BTP WebSocket on the loopback. Both clients
 * meet the same one.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { nodeClock } from '../../server/akash-peer/node-clock.ts';
import { nodeCrypto } from '../../server/akash-peer/node-crypto.ts';
import { acceptWebSocket, SERVER_OPTIONS } from '../../server/akash-peer/node-socket.ts';
import type { ProtocolData } from '../../src/lib/peer/codec/btp.ts';
import { ildcpResponse, isIldcpRequest } from '../../src/lib/peer/codec/ildcp.ts';
import {
	decodePrepare,
	decodeReply,
	encodeIlpPacket,
	encodePrepare,
	type IlpReply
} from '../../src/lib/peer/codec/ilp.ts';
import { BUNDLES, takesBundles } from '../../src/lib/peer/link/auth-data.ts';
import { createBtpConnection, type BtpConnection } from '../../src/lib/peer/link/btp-connection.ts';
import { ok, unwrap } from '../../src/lib/peer/result.ts';
import { createStreamServer } from '../../src/lib/peer/stream/connection/server.ts';
import type { StreamCredentials, StreamDeps } from '../../src/lib/peer/stream/connection/stream-api.ts';
import { nodeRandom } from '../../tests/interop/support.ts';

const ADDRESS = 'test.end';

export interface Received {
	readonly money: bigint;
	readonly bytes: bigint;
	readonly packets: number;
}

export interface BtpEnd {
	readonly url: string;
	/** For one more client. */
	generate(): Promise<StreamCredentials>;
	/** What came in all, from whomever. */
	received(): Received;
	close(): void;
}

export const startBtpEnd = async (): Promise<BtpEnd> => {
	const children = new Map<string, BtpConnection>();
	const toChild = async (destination: string, bytes: Uint8Array): Promise<IlpReply> => {
		const child = [...children].find(([address]) => destination.startsWith(`${address}.`));
		const answer = await child?.[1].request(ilpEntry(bytes));
		return answer?.ok && answer.value[0] !== undefined
			? unwrap(decodeReply(answer.value[0].data))
			: { type: 'reject', code: 'T01', triggeredBy: ADDRESS, message: '', data: new Uint8Array() };
	};
	const deps: StreamDeps = {
		clock: nodeClock,
		random: nodeRandom,
		crypto: nodeCrypto,
		network: {
			addresses: () => [ADDRESS],
			maxPacket: () => 0n,
			send: (prepare, onReply) => void toChild(prepare.destination, encodePrepare(prepare)).then(onReply)
		}
	};
	const server = createStreamServer({ ...deps, secret: deps.random.bytes(32), idleMs: 0 });
	server.onConnection = (connection) => {
		connection.onStream = (stream) => {
			stream.setReceiveMax(10n ** 15n);
			stream.onData = () => undefined;
		};
	};

	const answer = async (child: string, { protocolName, data }: ProtocolData): Promise<ProtocolData[]> => {
		if (protocolName !== 'ilp') return [];
		const prepare = unwrap(decodePrepare(data));
		if (isIldcpRequest(prepare))
			return ilpEntry(
				encodeIlpPacket(ildcpResponse({ clientAddress: child, assetCode: 'USD', assetScale: 9 }))
			);
		const reply = await server.answer(prepare, prepare.destination.slice(ADDRESS.length + 1));
		return ilpEntry(encodeIlpPacket(reply));
	};

	const sockets = new WebSocketServer({ ...SERVER_OPTIONS, host: '127.0.0.1', port: 0 });
	sockets.on('connection', (webSocket, { socket: stream }) => {
		const child = `${ADDRESS}.child${children.size}`;
		const socket = acceptWebSocket(webSocket, child);
		socket.over(stream);
		const btp = createBtpConnection(
			socket,
			{ clock: nodeClock, log: (level, what, details) => console.error(level, what, details ?? '') },
			{
				onMessage: async (data) => {
					const [first] = data;
					if (first?.protocolName === 'auth' && takesBundles(data)) {
						btp.useBundles();
						return ok([BUNDLES]);
					}
					return ok(first === undefined ? [] : await answer(child, first));
				},
				onClose: () => children.delete(child)
			}
		);
		children.set(child, btp);
	});
	await once(sockets, 'listening');

	return {
		url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
		generate: () => server.generate(),
		received: () => server.totals(),
		close: () => {
			server.close();
			for (const child of children.values()) child.close();
			sockets.close();
		}
	};
};

const ilpEntry = (data: Uint8Array): ProtocolData[] => [{ protocolName: 'ilp', contentType: 0, data }];
