/**
 * A relay for WalletConnect on this machine: keeps messages by topic and hands them to whoever subscribes.
 * It speaks the part of the relay's JSON-RPC that clients use and, as the real one, reads nothing inside.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

export interface WalletRelay {
	readonly url: string;
	close(): Promise<void>;
}

/** Numbers by which the two libraries know what a message is about. */
const TAGS = { proposal: 1100, answer: 1101, settlement: 1102 } as const;

interface Message {
	readonly topic: string;
	readonly message: string;
	readonly tag: number;
}
interface Request {
	readonly id: number;
	readonly method?: string;
	readonly params: Message & {
		readonly topics?: readonly string[];
		/** Of the two calls that pair and that agree: several messages in one. */
		readonly pairingTopic?: string;
		readonly sessionTopic?: string;
		readonly sessionProposal?: string;
		readonly sessionProposalResponse?: string;
		readonly sessionSettlementRequest?: string;
	};
}

export async function startWalletRelay(): Promise<WalletRelay> {
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	const subscribers = new Map<string, Map<WebSocket, string>>();
	const kept = new Map<string, { readonly message: Message; readonly from: string }[]>();
	/** Who speaks on each socket: a client that comes back is the same one, and hears nothing of its own either. */
	const clients = new Map<WebSocket, string>();
	const clientOf = (socket: WebSocket): string => clients.get(socket) ?? '';
	let lastId = Date.now() * 1_000;

	const deliver = (socket: WebSocket, subscription: string, { topic, message, tag }: Message): void => {
		const params = { id: subscription, data: { topic, message, tag, publishedAt: Date.now() } };
		socket.send(JSON.stringify({ id: ++lastId, jsonrpc: '2.0', method: 'irn_subscription', params }));
	};
	const subscribe = (socket: WebSocket, topic: string): string => {
		const subscription = `subscription of ${topic.slice(0, 8)} ${++lastId}`;
		subscribers.set(topic, (subscribers.get(topic) ?? new Map()).set(socket, subscription));
		const all = kept.get(topic) ?? [];
		const waiting = all.filter(({ from }) => from !== clientOf(socket));
		kept.set(
			topic,
			all.filter((one) => !waiting.includes(one))
		);
		// After the answer, by which the client learns the subscription's name.
		setTimeout(() => waiting.forEach(({ message }) => deliver(socket, subscription, message)), 10);
		return subscription;
	};
	const publish = (socket: WebSocket, message: Message): void => {
		const from = clientOf(socket);
		const others = [...(subscribers.get(message.topic) ?? [])].filter(([one]) => clientOf(one) !== from);
		if (others.length === 0) kept.set(message.topic, [...(kept.get(message.topic) ?? []), { message, from }]);
		for (const [one, subscription] of others) deliver(one, subscription, message);
	};

	server.on('connection', (socket, { url }) => {
		clients.set(socket, issuerOf(url));
		socket.on('close', () => {
			clients.delete(socket);
			for (const sockets of subscribers.values()) sockets.delete(socket);
		});
		socket.on('message', (data) => {
			const { id, method, params } = JSON.parse((data as Buffer).toString('utf8')) as Request;
			if (method === undefined) return;
			let result: unknown = true;
			if (method === 'irn_subscribe') result = subscribe(socket, params.topic);
			if (method === 'irn_batchSubscribe') result = params.topics?.map((topic) => subscribe(socket, topic));
			if (method === 'irn_publish') publish(socket, params);
			const { pairingTopic = '', sessionTopic = '' } = params;
			if (method === 'wc_proposeSession') {
				// Before it: nobody hears its own message.
				subscribe(socket, pairingTopic);
				publish(socket, { topic: pairingTopic, message: params.sessionProposal ?? '', tag: TAGS.proposal });
			}
			if (method === 'wc_approveSession') {
				subscribe(socket, sessionTopic);
				publish(socket, {
					topic: pairingTopic,
					message: params.sessionProposalResponse ?? '',
					tag: TAGS.answer
				});
				publish(socket, {
					topic: sessionTopic,
					message: params.sessionSettlementRequest ?? '',
					tag: TAGS.settlement
				});
			}
			if (method === 'irn_batchFetchMessages') result = { messages: [], hasMore: false };
			socket.send(JSON.stringify({ id, jsonrpc: '2.0', result }));
		});
	});
	await once(server, 'listening');
	return {
		url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: async () => {
			for (const socket of server.clients) socket.terminate();
			await new Promise((resolve) => server.close(resolve));
		}
	};
}

/** A client says who it is by a token in the address: the `iss` of its payload, which stays over visits. */
function issuerOf(url = ''): string {
	const token = new URL(url, 'ws://relay').searchParams.get('auth') ?? '';
	const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
	return payload === '' ? '' : ((JSON.parse(payload) as { iss?: string }).iss ?? '');
}
