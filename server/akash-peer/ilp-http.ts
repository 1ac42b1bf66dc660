/**
 * HTTP of a Node host for the core: requests out by `createNodeHttp`, requests in by `answerHttp`.
 * What is asked and answered is the core's affair (link/http-account.ts, spsp/server.ts); here are
 * sockets, and the patience with them.
 */
import {
	Agent as HttpAgent,
	request as httpRequest,
	type IncomingMessage,
	type ServerResponse
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Http, HttpFailed, HttpRequest, HttpResponse } from '../../src/lib/peer/http.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import { err, ok, type Result } from '../../src/lib/peer/result.ts';

export interface NodeHttp {
	readonly http: Http;
	/** Ends the connections that are kept for the next request. */
	close(): void;
}

/** Connections kept open to one neighbour, and requests that may run over them at a time. */
const SOCKETS = 256;

export const createNodeHttp = (): NodeHttp => {
	const agents = {
		http: new HttpAgent({ keepAlive: true, maxSockets: SOCKETS }),
		https: new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS })
	};
	const http: Http = ({ method, url, headers, body, withinMs, maxBodyBytes }) =>
		new Promise((resolve) => {
			const failed = (why: HttpFailed['why'], reason: string): void => {
				settle(err({ type: 'HttpFailed', why, reason }));
			};
			let settle: (result: Result<HttpResponse, HttpFailed>) => void = (result) => {
				settle = () => undefined;
				clearTimeout(timer);
				resolve(result);
			};
			const timer = setTimeout(() => {
				failed('timeout', `no answer within ${withinMs} ms`);
				outgoing?.destroy();
			}, withinMs);
			const isTls = url.startsWith('https:');
			const start = isTls ? httpsRequest : httpRequest;
			let outgoing: ReturnType<typeof httpRequest> | undefined;
			try {
				outgoing = start(url, {
					method,
					headers: { ...headers, ...(body ? { 'content-length': body.length } : {}) },
					agent: isTls ? agents.https : agents.http
				});
			} catch (error) {
				return failed('unreachable', reasonOf(error));
			}
			outgoing.on('error', (error) => failed('unreachable', reasonOf(error)));
			outgoing.on('response', (incoming) => {
				readBody(incoming, maxBodyBytes).then(
					(bytes) => {
						if (!bytes) {
							failed('tooLarge', `an answer of more than ${maxBodyBytes} bytes`);
							return incoming.destroy();
						}
						settle(ok({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body: bytes }));
					},
					(error: unknown) => failed('unreachable', reasonOf(error))
				);
			});
			outgoing.end(body);
		});
	return {
		http,
		close: () => {
			agents.http.destroy();
			agents.https.destroy();
		}
	};
};

export interface Answering {
	/** Bytes of a body; more is 413 and not read. */
	readonly maxBodyBytes: number;
	/** How long a body may take; LIMITS.httpBodyMs unless given. */
	readonly bodyWithinMs?: number;
	/** Asked with the head alone: an answer here spares the reading of the body. */
	readonly beforeBody?: (request: HttpRequest) => HttpResponse | undefined;
	readonly handle: (request: HttpRequest, isLive: () => boolean) => Promise<HttpResponse>;
}

/** Answers one request of a Node server. A body that trickles in is 408, and the connection ends. */
export const answerHttp = async (
	incoming: IncomingMessage,
	response: ServerResponse,
	{ maxBodyBytes, bodyWithinMs = LIMITS.httpBodyMs, beforeBody, handle }: Answering
): Promise<void> => {
	const head: HttpRequest = {
		method: incoming.method ?? '',
		target: incoming.url ?? '',
		headers: headersOf(incoming),
		body: new Uint8Array(0)
	};
	const refuse = (answer: HttpResponse): void => {
		// What is still coming is not read, so nothing after it on this connection can be either.
		response.setHeader('connection', 'close');
		write(response, answer);
		incoming.resume();
		response.once('finish', () => incoming.destroy());
	};
	const early = beforeBody?.(head);
	if (early) return refuse(early);
	if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) return refuse(statusOnly(413));
	let isLate = false;
	const late = setTimeout(() => {
		isLate = true;
		refuse(statusOnly(408));
	}, bodyWithinMs);
	let body: Uint8Array | undefined;
	try {
		body = await readBody(incoming, maxBodyBytes);
	} catch {
		return;
	} finally {
		clearTimeout(late);
	}
	if (isLate) return;
	if (!body) return refuse(statusOnly(413));
	const answer = await handle({ ...head, body }, () => !response.destroyed);
	if (!response.destroyed) write(response, answer);
};

const write = (response: ServerResponse, { status, headers, body }: HttpResponse): void => {
	response.writeHead(status, { ...headers, 'content-length': body.length });
	response.end(body);
};

const statusOnly = (status: number): HttpResponse => ({ status, headers: {}, body: new Uint8Array(0) });

const headersOf = (message: IncomingMessage): Readonly<Record<string, string>> =>
	Object.fromEntries(
		Object.entries(message.headers).flatMap(([name, value]) =>
			value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]
		)
	);

/** `undefined` beyond the limit; what follows is not read. Rejects when the connection ends before. */
const readBody = async (message: IncomingMessage, limit: number): Promise<Uint8Array | undefined> => {
	const chunks: Buffer[] = [];
	let length = 0;
	// Left early by `return`, the loop would destroy the message and with it the way of the answer.
	for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > limit) return undefined;
		chunks.push(chunk);
	}
	const bytes = Buffer.concat(chunks);
	return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
