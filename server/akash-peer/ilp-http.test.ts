import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/lib/peer/bytes.ts';
import type { HttpRequest, OutgoingRequest } from '../../src/lib/peer/http.ts';
import { LIMITS } from '../../src/lib/peer/limits.ts';
import { answerHttp, createNodeHttp, type Answering } from './ilp-http.ts';

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

const listen = (server: Server): Promise<number> =>
	new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			resolve(typeof address === 'object' && address ? address.port : 0);
		});
		closing.push(() => {
			server.closeAllConnections();
			server.close();
		});
	});

/** A server that echoes bodies, and what it was asked. */
const echo = async (change: Partial<Answering> = {}) => {
	const asked: HttpRequest[] = [];
	const port = await listen(
		createServer((request, response) => {
			void answerHttp(request, response, {
				maxBodyBytes: LIMITS.httpPacketBytes,
				handle: (given) => {
					asked.push(given);
					return Promise.resolve({ status: 200, headers: { 'x-was': given.method }, body: given.body });
				},
				...change
			});
		})
	);
	return { url: `http://127.0.0.1:${port}/ilp?x`, port, asked };
};

const client = () => {
	const node = createNodeHttp();
	closing.push(() => node.close());
	return node.http;
};
const request = (url: string, change: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
	method: 'POST',
	url,
	headers: { 'x-name': 'value' },
	body: utf8('hello'),
	withinMs: 3_000,
	maxBodyBytes: 100_000,
	...change
});

/** Writes raw text to a port and resolves with all that came back when the other side ends. */
const raw = (port: number, text: string): Promise<string> =>
	new Promise((resolve) => {
		let heard = '';
		const socket = connect(port, '127.0.0.1', () => socket.write(text));
		socket.on('data', (chunk) => (heard += chunk.toString()));
		socket.on('error', () => undefined);
		socket.on('close', () => resolve(heard));
		closing.push(() => socket.destroy());
	});

describe('HTTP between two Node hosts', () => {
	it('carries method, target, headers and body', async () => {
		const { url, asked } = await echo();
		const answer = await client()(request(url));
		expect(answer).toMatchObject({
			ok: true,
			value: { status: 200, headers: { 'x-was': 'POST' }, body: utf8('hello') }
		});
		expect(asked).toMatchObject([{ target: '/ilp?x', headers: { 'x-name': 'value' } }]);
	});

	it('carries many at a time over few connections', async () => {
		const { url } = await echo();
		const http = client();
		const answers = await Promise.all(
			Array.from({ length: 200 }, (_, i) => http(request(url, { body: utf8(`${i}`) })))
		);
		expect(answers.map((answer) => answer.ok && answer.value.body)).toEqual(
			Array.from({ length: 200 }, (_, i) => utf8(`${i}`))
		);
	});

	it('tells a server that is not there from one that says nothing, too much or stops halfway', async () => {
		const http = client();
		const { url } = await echo();
		expect(await http(request('http://127.0.0.1:1/'))).toMatchObject({ error: { why: 'unreachable' } });
		expect(await http(request('nonsense'))).toMatchObject({ error: { why: 'unreachable' } });
		expect(await http(request(url, { maxBodyBytes: 4 }))).toMatchObject({ error: { why: 'tooLarge' } });
		const silent = await listen(createServer(() => undefined));
		expect(await http(request(`http://127.0.0.1:${silent}/`, { withinMs: 100 }))).toMatchObject({
			error: { why: 'timeout' }
		});
		const breaking = await listen(
			createServer((_, response) => {
				response.writeHead(200, { 'content-length': 10 });
				response.write('half', () => response.destroy());
			})
		);
		expect(await http(request(`http://127.0.0.1:${breaking}/`))).toMatchObject({
			error: { why: 'unreachable' }
		});
	});

	it('goes where it was sent and no further', async () => {
		const port = await listen(
			createServer((_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
		);
		expect(await client()(request(`http://127.0.0.1:${port}/`))).toMatchObject({ value: { status: 302 } });
	});
});

describe('a request that comes in', () => {
	it('is refused by its head before its body is read', async () => {
		const { port, asked } = await echo({
			beforeBody: () => ({ status: 401, headers: {}, body: new Uint8Array(0) })
		});
		const heard = await raw(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n');
		expect(heard).toMatch(/^HTTP\/1.1 401 /);
		expect(asked).toEqual([]);
	});

	it('may announce no more than fits, and bring no more than that', async () => {
		const { port, asked } = await echo({ maxBodyBytes: 10 });
		const announced = await raw(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n');
		const brought = await raw(
			port,
			'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n'
		);
		expect([announced.slice(0, 12), brought.slice(0, 12)]).toEqual(['HTTP/1.1 413', 'HTTP/1.1 413']);
		expect(asked).toEqual([]);
	});

	it('is cut off when its body trickles', async () => {
		const { port, asked } = await echo({ bodyWithinMs: 100 });
		const from = Date.now();
		const heard = await raw(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n1');
		expect(heard).toMatch(/^HTTP\/1.1 408 /);
		expect(Date.now() - from).toBeGreaterThanOrEqual(95);
		expect(asked).toEqual([]);
	});

	it('that breaks off leaves the server standing', async () => {
		const { url, port } = await echo();
		const socket = connect(port, '127.0.0.1', () => {
			socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n123');
			setTimeout(() => socket.destroy(), 20);
		});
		await new Promise((resolve) => socket.on('close', resolve));
		expect(await client()(request(url))).toMatchObject({ ok: true });
	});
});
