/**
 * The one port of a Node host: BTP over WebSocket, the discovery document, the app, and for whoever
 * sits on the same machine the node's state.
 *
 * A link authenticates by signing the URL it dialled (PROTOCOL section 6), so a socket is handed on
 * together with that URL, and only when it is one of this server's own: otherwise a hub in the middle
 * could have its guests sign for it and pass the signature on. The same check on every loopback-only
 * route keeps a web page from reaching it under a name that it made point here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Socket } from '../../src/lib/peer/platform.ts';
import { answerHttp, type Answering } from './ilp-http.ts';
import { acceptWebSocket, SERVER_OPTIONS } from './node-socket.ts';
import { createStaticApp } from './static-app.ts';

export interface HttpServerOptions {
	readonly host: string;
	/** 0 for any free one. */
	readonly port: number;
	/** Where WebSockets are accepted, such as `/btp`. */
	readonly btpPath: string;
	/** Other URLs (ws:, wss:) under which this server is reached, such as behind a proxy that ends TLS. */
	readonly publicUrls?: readonly string[];
	/** Folder of the built app. */
	readonly app?: string;
	/** The discovery document; anybody may read it. */
	readonly discovery?: () => Promise<unknown>;
	/** Paths that are answered in ways of their own, whatever the method: packets over HTTP, payment pointers. */
	readonly services?: Readonly<Record<string, Answering>>;
	/** The node's state, for this machine alone. */
	readonly status?: () => unknown;
	/** Orders from a supervisor or a test on this machine: `/control/<path>`. What it throws is answered as 500. */
	readonly control?: Control;
	/** `url` is the one the dialler wrote. */
	readonly onSocket: (socket: Socket, url: string) => void;
}

export type Control = (order: ControlOrder) => Promise<ControlAnswer>;

export interface ControlOrder {
	/** A GET carries no origin: it may look, and must change nothing. */
	readonly method: 'GET' | 'POST';
	/** What follows `/control/`. */
	readonly path: string;
	/** JSON, or undefined. */
	readonly body: unknown;
}

export interface ControlAnswer {
	readonly status: number;
	readonly value: unknown;
}

export interface HttpServer {
	/** Where it listens. */
	readonly port: number;
	/** Refuses what comes, ends every connection, resolves when all are gone. */
	close(): Promise<void>;
}

const DISCOVERY_PATH = '/.well-known/tributary.json';
const CONTROL_PATH = '/control/';
/** What a test lets a node pay, in base64, and the rest. */
const CONTROL_BODY_BYTES = 16 * 1024 * 1024;
/** A request head that trickles in slower than this is somebody holding the door open. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 20_000;
const IDLE_MS = 5_000;
const HEADER_BYTES = 8 * 1024;
/** Sockets at once: a process has a few thousand file descriptors. */
const CONNECTIONS = 2_000;
/** How long closing sockets may say goodbye. */
const GOODBYE_MS = 500;

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Rejects when the port cannot be listened on, throws when the app's folder is not there. */
export const createHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
	const app = options.app === undefined ? undefined : createStaticApp(options.app);
	/** Host header → the URL that was dialled. */
	const urlByHost = new Map<string, string>();
	let closing = false;

	const server = createServer(
		{
			headersTimeout: HEADERS_WITHIN_MS,
			requestTimeout: REQUEST_WITHIN_MS,
			keepAliveTimeout: IDLE_MS,
			connectionsCheckingInterval: 2_000,
			maxHeaderSize: HEADER_BYTES
		},
		(request, response) => {
			answer(request, response).catch(() => {
				if (!response.headersSent) json(response, 500, { error: 'This node could not answer.' });
				else response.destroy();
			});
		}
	);
	server.maxConnections = CONNECTIONS;
	const webSockets = new WebSocketServer({ ...SERVER_OPTIONS, noServer: true });

	const isLocal = (request: IncomingMessage): boolean =>
		LOOPBACK.has(request.socket.remoteAddress ?? '') && urlByHost.has(hostOf(request));

	const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		response.setHeader('x-content-type-options', 'nosniff');
		response.setHeader('referrer-policy', 'no-referrer');
		const path = pathOf(request);
		if (path === undefined) return json(response, 400, { error: 'This is no address.' });

		if (options.control && path.startsWith(CONTROL_PATH))
			return answerControl(options.control, request, response, path);
		const service = options.services?.[path];
		if (service) return answerHttp(request, response, service);
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			response.setHeader('allow', 'GET, HEAD');
			return json(response, 405, { error: 'Only GET is answered here.' });
		}
		if (options.discovery && path === DISCOVERY_PATH) {
			response.setHeader('access-control-allow-origin', '*');
			return json(response, 200, await options.discovery());
		}
		if (options.status && path === '/status') {
			if (!isLocal(request)) return json(response, 403, { error: 'Only for programs on this machine.' });
			return json(response, 200, await options.status());
		}
		if (path === options.btpPath) {
			response.setHeader('upgrade', 'websocket');
			return json(response, 426, { error: 'Links are made by WebSocket.' });
		}
		if (!app) return json(response, 404, { error: 'There is nothing here.' });
		response.setHeader('x-frame-options', 'DENY');
		return app(request, response, path);
	};

	const answerControl = async (
		control: Control,
		request: IncomingMessage,
		response: ServerResponse,
		path: string
	): Promise<void> => {
		// A page in a browser on this machine is local, too: its origin gives it away, and so does its form's type.
		const isForeign = request.headers.origin !== undefined || !isLocal(request);
		if (isForeign) return json(response, 403, { error: 'Only for programs on this machine.' });
		const { method } = request;
		if (method !== 'POST' && method !== 'GET')
			return json(response, 405, { error: 'Orders are sent by POST.' });
		const text = await readBody(request, CONTROL_BODY_BYTES);
		if (text === undefined) {
			response.setHeader('connection', 'close');
			return json(response, 413, { error: `More than ${CONTROL_BODY_BYTES} bytes.` });
		}
		let body: unknown;
		try {
			body = text === '' ? undefined : JSON.parse(text);
		} catch {
			return json(response, 400, { error: 'This is no JSON.' });
		}
		try {
			const { status, value } = await control({ method, path: path.slice(CONTROL_PATH.length), body });
			return json(response, status, value);
		} catch (error) {
			return json(response, 500, { error: error instanceof Error ? error.message : String(error) });
		}
	};

	server.on('upgrade', (request, stream, head) => {
		stream.on('error', () => stream.destroy());
		const url = urlByHost.get(hostOf(request));
		if (closing || request.url !== options.btpPath) return refuseUpgrade(stream, '404 Not Found');
		if (url === undefined) return refuseUpgrade(stream, '421 Misdirected Request');
		webSockets.handleUpgrade(request, stream, head, (webSocket) => {
			const { remoteAddress, remotePort } = request.socket;
			const socket = acceptWebSocket(webSocket, `${remoteAddress}:${remotePort}`);
			socket.over(stream);
			options.onSocket(socket, url);
		});
	});
	server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
		// Browsers open connections ahead of need: an answer without a question would be taken for that of the next one.
		if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') stream.destroy();
		else refuseUpgrade(stream, '400 Bad Request');
	});

	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port, options.host, () => {
			server.off('error', reject);
			resolve();
		});
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : options.port;
	const names = new Set(['127.0.0.1', 'localhost', '[::1]']);
	if (options.host !== '0.0.0.0' && options.host !== '::')
		names.add(options.host.includes(':') ? `[${options.host}]` : options.host);
	for (const name of names) urlByHost.set(`${name}:${port}`, `ws://${name}:${port}${options.btpPath}`);
	for (const url of options.publicUrls ?? []) urlByHost.set(new URL(url).host, url);

	return {
		port,
		close: async () => {
			closing = true;
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			for (const webSocket of webSockets.clients) webSocket.close(1001);
			server.closeIdleConnections();
			const insist = setTimeout(() => {
				for (const webSocket of webSockets.clients) webSocket.terminate();
				server.closeAllConnections();
			}, GOODBYE_MS);
			await closed;
			clearTimeout(insist);
			webSockets.close();
		}
	};
};

/** JSON with money as decimal strings and maps as objects. */
export const toJson = (value: unknown): string =>
	JSON.stringify(value ?? null, (_, item: unknown) => {
		if (typeof item === 'bigint') return item.toString();
		return item instanceof Map ? Object.fromEntries(item) : item;
	});

const json = (response: ServerResponse, status: number, value: unknown): void => {
	response.writeHead(status, {
		'content-type': 'application/json; charset=utf-8',
		'cache-control': 'no-store'
	});
	response.end(response.req.method === 'HEAD' ? undefined : `${toJson(value)}\n`);
};

const hostOf = (request: IncomingMessage): string => (request.headers.host ?? '').toLowerCase();

/** Without the query. `URL` would also resolve `..`, which is left to whoever serves files to refuse. */
const pathOf = (request: IncomingMessage): string | undefined => {
	const path = (request.url ?? '').split(/[?#]/, 1)[0];
	return path?.startsWith('/') ? path : undefined;
};

/** `undefined` beyond the limit; what follows is not read. */
const readBody = async (request: IncomingMessage, limit: number): Promise<string | undefined> => {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > limit) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
};

const refuseUpgrade = (stream: Duplex, status: string): void => {
	if (stream.writable) stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
	else stream.destroy();
};
