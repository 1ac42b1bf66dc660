/**
 * A node for other people's test suites (docs/interop.md): two child accounts over BTP, one over HTTP,
 * a STREAM receiver behind SPSP and a handle to look at what arrived and to make it pay. A composition
 * root like main.ts, with another configuration: no chain, no guests, no fee, accounts that are
 * trusted with more than any test spends.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { utf8, utf8Decode } from '../../src/lib/peer/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../src/lib/peer/http.ts';
import { isValidAddress } from '../../src/lib/peer/ilp/address.ts';
import {
	createPeer,
	LIMITS,
	type Log,
	type Peer,
	type PeerConfig,
	type Random
} from '../../src/lib/peer/index.ts';
import type { AccountConfig } from '../../src/lib/peer/link/account-transport.ts';
import { createHttpAccounts } from '../../src/lib/peer/link/http-account.ts';
import { LINK_ASSET } from '../../src/lib/peer/money.ts';
import { decodeAnyBase64, SHARED_SECRET_LENGTH } from '../../src/lib/peer/spsp/spsp.ts';
import { answerHttp, createNodeHttp } from './ilp-http.ts';
import { nodeClock } from './node-clock.ts';
import { nodeCrypto } from './node-crypto.ts';
import { acceptWebSocket, dialWebSocket, SERVER_OPTIONS } from './node-socket.ts';
import { createNodeSql } from './node-sql.ts';
import { createStreamReceiver, type StreamReceiver } from './spsp.ts';

/** What a suite needs to know; docs/interop.md says what each is for. Money is decimal text. */
export interface InteropDescription {
	readonly name: string;
	readonly address: string;
	readonly btp: { readonly a: BtpAccess; readonly b: BtpAccess };
	readonly http: { readonly url: string; readonly token: string };
	readonly spsp: string;
	readonly control: string;
	readonly maxPacketAmount: string;
	readonly asset: { readonly code: string; readonly scale: number };
}

export interface BtpAccess {
	/** Without credentials: `token` is the `auth_token`, `account` the `auth_username`. */
	readonly url: string;
	readonly token: string;
	readonly account: string;
}

export interface InteropNode {
	readonly description: InteropDescription;
	/** For tests in the same process. */
	readonly peer: Peer;
	readonly receiver: StreamReceiver;
	stop(): Promise<void>;
}

export interface InteropOptions {
	readonly log: Log;
	/** Further accounts, beside a, b and the one over HTTP. */
	readonly accounts?: readonly AccountConfig[];
	/** What else differs from an ordinary run: for tests. */
	readonly config?: Partial<PeerConfig>;
}

const HOST = '127.0.0.1';
const BTP_PATH = '/btp';
const ILP_PATH = '/ilp';
const SPSP_PATH = '/.well-known/pay';
const CONTROL_PATH = '/control';
/** A payment's data in base64, and the rest. */
const CONTROL_BODY_BYTES = 16 * 1024 * 1024;
/** Far beyond what any suite pays: a million dollars. */
const CREDIT = LIMITS.linkTermsMost;
const GOODBYE_MS = 500;

const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
const token = (): string => randomBytes(24).toString('base64url');

/** Listens on a free port of this machine and keeps its books in a folder that goes with it. */
export const startInterop = async ({ log, accounts = [], config }: InteropOptions): Promise<InteropNode> => {
	const dataDir = mkdtempSync(join(tmpdir(), 'tributary-interop-'));
	const sql = createNodeSql(join(dataDir, 'node.sqlite'));
	const outgoing = createNodeHttp();

	const child = (name: string, over: AccountConfig['over']): AccountConfig => ({
		name,
		role: 'child',
		asset: LINK_ASSET,
		maxBalance: CREDIT,
		freeBytesPerSecond: 1024 ** 3,
		over
	});
	const tokens = { a: token(), b: token(), http: token() };
	const configs: readonly AccountConfig[] = [
		child('a', { type: 'btp', token: tokens.a }),
		child('b', { type: 'btp', token: tokens.b }),
		child('http', { type: 'http', incomingToken: tokens.http }),
		...accounts
	];
	const peer = await createPeer(
		{ clock: nodeClock, random, crypto: nodeCrypto, sql, dial: dialWebSocket, chain: undefined, log },
		{
			network: 'test',
			address: 'own',
			uplinks: [],
			neighbours: [],
			acceptGuests: false,
			accounts: configs,
			routes: [],
			deposits: [],
			feePpm: 0n,
			price: 0n,
			keepsAnnouncements: false,
			payoutTerms: undefined,
			payeeSecret: undefined,
			rpcUrl: '',
			storageKind: 'file',
			...config
		}
	);
	const receiver = createStreamReceiver({
		peer,
		clock: nodeClock,
		random,
		crypto: nodeCrypto,
		http: outgoing.http,
		secret: random.bytes(32),
		path: SPSP_PATH,
		receiveMax: 10n ** 18n
	});
	const httpAccounts = createHttpAccounts({
		clock: nodeClock,
		random,
		log,
		http: outgoing.http,
		accounts: peer.accounts,
		configs
	});

	const control = async (request: HttpRequest): Promise<HttpResponse> => {
		// A page of some site could reach a port of this machine: its origin gives it away.
		if (request.headers['origin'] !== undefined)
			return json(403, { error: 'Only for programs on this machine.' });
		if (request.target === `${CONTROL_PATH}/totals` && request.method === 'GET') {
			const { money, bytes } = receiver.server.totals();
			return json(200, { money: money.toString(), bytes: Number(bytes) });
		}
		if (request.target !== `${CONTROL_PATH}/pay` || request.method !== 'POST')
			return json(404, { error: 'There are GET /totals and POST /pay.' });
		const order = readOrder(request.body);
		if (typeof order === 'string') return json(400, { error: order });
		const chunks: Uint8Array[] = [];
		const paid = await receiver.pay({ ...order, onData: (bytes) => void chunks.push(bytes.slice()) });
		return json(paid.error ? 502 : 200, {
			sent: paid.sent.toString(),
			delivered: paid.delivered.toString(),
			bytes: paid.bytes,
			received: Buffer.concat(chunks).toString('base64'),
			...(paid.error ? { error: paid.error } : {})
		});
	};

	const route = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const path = (request.url ?? '').split('?', 1)[0] ?? '';
		if (path === ILP_PATH)
			return answerHttp(request, response, {
				maxBodyBytes: LIMITS.httpPacketBytes,
				beforeBody: (head) =>
					head.method === 'POST' && httpAccounts.accountOf(head.headers) === undefined
						? { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: new Uint8Array(0) }
						: undefined,
				handle: (given, isLive) => httpAccounts.handle(given, isLive)
			});
		if (path.startsWith(`${CONTROL_PATH}/`))
			return answerHttp(request, response, {
				maxBodyBytes: CONTROL_BODY_BYTES,
				beforeBody: (head) =>
					head.headers['host'] === `${HOST}:${port}` ? undefined : json(421, { error: 'Another host.' }),
				handle: control
			});
		return answerHttp(request, response, { maxBodyBytes: 0, handle: receiver.spsp });
	};

	const server = createServer((request, response) => {
		route(request, response).catch((error: unknown) => {
			log('error', 'a request could not be answered', { error: String(error) });
			if (!response.headersSent) response.writeHead(500);
			response.end();
		});
	});
	const sockets = new WebSocketServer({ ...SERVER_OPTIONS, noServer: true });
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, HOST, resolve);
	});
	const listening = server.address();
	const port = typeof listening === 'object' && listening ? listening.port : 0;
	const btpUrl = `ws://${HOST}:${port}${BTP_PATH}`;
	server.on('upgrade', (request, stream, head) => {
		stream.on('error', () => stream.destroy());
		if ((request.url ?? '').split('?', 1)[0] !== BTP_PATH) {
			stream.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
			return;
		}
		sockets.handleUpgrade(request, stream, head, (webSocket) => {
			const { remoteAddress, remotePort } = request.socket;
			peer.accept(acceptWebSocket(webSocket, `${remoteAddress}:${remotePort}`), btpUrl);
		});
	});
	peer.start();

	let stopping: Promise<void> | undefined;
	const stop = async (): Promise<void> => {
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		receiver.stop();
		httpAccounts.stop();
		await peer.stop();
		outgoing.close();
		server.closeIdleConnections();
		const insist = setTimeout(() => {
			for (const webSocket of sockets.clients) webSocket.terminate();
			server.closeAllConnections();
		}, GOODBYE_MS);
		await closed;
		clearTimeout(insist);
		sockets.close();
		sql.close();
		rmSync(dataDir, { recursive: true, force: true });
	};

	const http = `http://${HOST}:${port}`;
	return {
		peer,
		receiver,
		description: {
			name: 'tributary',
			address: peer.status().addresses[0] ?? '',
			btp: {
				a: { url: btpUrl, token: tokens.a, account: 'a' },
				b: { url: btpUrl, token: tokens.b, account: 'b' }
			},
			http: { url: `${http}${ILP_PATH}`, token: tokens.http },
			spsp: `${http}${SPSP_PATH}`,
			control: `${http}${CONTROL_PATH}`,
			maxPacketAmount: LIMITS.maxPacket.toString(),
			asset: LINK_ASSET
		},
		stop: () => (stopping ??= stop())
	};
};

interface Order {
	readonly destinationAccount: string;
	readonly sharedSecret: Uint8Array;
	readonly amount: bigint;
	readonly data?: Uint8Array;
}

/** Says what is wrong with it, or what to pay. */
const readOrder = (body: Uint8Array): Order | string => {
	let given: Readonly<Record<string, unknown>>;
	try {
		given = Object(JSON.parse(utf8Decode(body) ?? '')) as Readonly<Record<string, unknown>>;
	} catch {
		return 'The body must be JSON.';
	}
	const { destinationAccount, amount } = given;
	if (typeof destinationAccount !== 'string' || !isValidAddress(destinationAccount))
		return 'destinationAccount must be an ILP address.';
	const sharedSecret = decodeAnyBase64(given['sharedSecret']);
	if (sharedSecret?.length !== SHARED_SECRET_LENGTH) return 'sharedSecret must be 32 bytes in base64.';
	const text = amount === undefined ? '0' : typeof amount === 'number' ? String(amount) : amount;
	if (typeof text !== 'string' || !/^[0-9]{1,19}$/.test(text)) return 'amount must be a whole number.';
	const data = given['data'] === undefined ? undefined : decodeAnyBase64(given['data']);
	if (given['data'] !== undefined && !data) return 'data must be base64.';
	return {
		destinationAccount,
		sharedSecret,
		amount: BigInt(text),
		...(data && data.length > 0 ? { data } : {})
	};
};

const json = (status: number, value: unknown): HttpResponse => ({
	status,
	headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
	body: utf8(
		`${JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))}\n`
	)
});
