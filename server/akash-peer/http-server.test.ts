import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Socket } from '../../src/lib/peer/platform.ts';
import { createHttpServer, toJson, type HttpServer, type HttpServerOptions } from './http-server.ts';

const PAGE =
	'<!doctype html><script>start()</script><script src="/a.js"></script><script type="module">x</script>';

let folder: string;
let server: HttpServer;
let accepted: { socket: Socket; url: string }[];

const serve = async (options: Partial<HttpServerOptions> = {}): Promise<void> => {
	server = await createHttpServer({
		host: '127.0.0.1',
		port: 0,
		btpPath: '/btp',
		discovery: () => Promise.resolve({ name: 'hub' }),
		onSocket: (socket, url) => accepted.push({ socket, url }),
		...options
	});
};

interface Answer {
	readonly status: number;
	readonly headers: Record<string, string | string[] | undefined>;
	readonly body: string;
}

/** Not fetch: it would tidy the path and keep the Host header to itself. */
const ask = (path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
	new Promise<Answer>((resolve, reject) => {
		const request = httpRequest(
			{
				host: '127.0.0.1',
				port: server.port,
				path,
				method: init.method ?? 'GET',
				headers: init.headers ?? {}
			},
			(response) => {
				let body = '';
				response.on('data', (chunk: Buffer) => (body += chunk.toString()));
				response.on('end', () =>
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
				);
			}
		);
		request.on('error', reject);
		request.end(init.body);
	});

const dial = (path: string, headers: Record<string, string> = {}): Promise<string> =>
	new Promise((resolve) => {
		const webSocket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
		webSocket.on('open', () => resolve('open'));
		webSocket.on('error', (error) => resolve(error.message));
	});

beforeEach(() => {
	accepted = [];
	folder = mkdtempSync(join(tmpdir(), 'http-server-'));
	const app = join(folder, 'app');
	mkdirSync(join(app, '_app/immutable/chunks'), { recursive: true });
	writeFileSync(join(folder, 'secret.txt'), 'secret');
	writeFileSync(join(app, 'index.html'), PAGE);
	writeFileSync(join(app, 'manifest.webmanifest'), '{}');
	writeFileSync(join(app, 'sqlite3.wasm'), 'wasm');
	writeFileSync(join(app, 'service-worker.js'), 'sw');
	writeFileSync(join(app, '_app/immutable/chunks/a.js'), 'plain');
	writeFileSync(join(app, '_app/immutable/chunks/a.js.gz'), 'gzipped');
	symlinkSync(join(folder, 'secret.txt'), join(app, 'link.txt'));
});

afterEach(async () => {
	await server.close();
	rmSync(folder, { recursive: true });
});

describe('the app', () => {
	beforeEach(() => serve({ app: join(folder, 'app') }));

	it.each([
		['/manifest.webmanifest', 'application/manifest+json; charset=utf-8'],
		['/sqlite3.wasm', 'application/wasm'],
		['/service-worker.js', 'text/javascript; charset=utf-8']
	])('serves %s as %s, asked for again each time', async (path, type) => {
		const { status, headers } = await ask(path);
		expect(status).toBe(200);
		expect(headers['content-type']).toBe(type);
		expect(headers['cache-control']).toBe('no-cache');
		expect(headers['x-content-type-options']).toBe('nosniff');
	});

	it('has one page for every address that is no file', async () => {
		for (const path of ['/', '/people/npub1abc', '/channels?x=1']) {
			const { status, headers, body } = await ask(path);
			expect([status, headers['content-type'], body]).toEqual([200, 'text/html; charset=utf-8', PAGE]);
		}
	});

	it('lets the scripts written into the page run, and no others', async () => {
		const { headers } = await ask('/');
		const policy = String(headers['content-security-policy']);
		const scripts = policy.split('; ').find((part) => part.startsWith('script-src'));
		// printf 'start()' | openssl dgst -sha256 -binary | base64; the same of 'x'
		expect(scripts).toBe(
			`script-src 'self' 'wasm-unsafe-eval' 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00=' 'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='`
		);
	});

	it('lets no picture be loaded from elsewhere', async () => {
		const { headers } = await ask('/');
		expect(String(headers['content-security-policy'])).toContain(`img-src 'self' data: blob:;`);
	});

	it('says that a missing part of the app is missing', async () => {
		expect((await ask('/_app/immutable/chunks/gone.js')).status).toBe(404);
		expect((await ask('/_app/gone')).status).toBe(404);
		expect((await ask('/picture.png')).status).toBe(404);
	});

	it('lets a browser keep what has its hash in its name', async () => {
		const { headers } = await ask('/_app/immutable/chunks/a.js');
		expect(headers['cache-control']).toContain('immutable');
	});

	it('sends the packed file to whoever takes it', async () => {
		const path = '/_app/immutable/chunks/a.js';
		const packed = await ask(path, { headers: { 'accept-encoding': 'br, gzip' } });
		expect([packed.headers['content-encoding'], packed.body]).toEqual(['gzip', 'gzipped']);
		expect(packed.headers['content-type']).toBe('text/javascript; charset=utf-8');
		const refused = await ask(path, { headers: { 'accept-encoding': 'gzip;q=0' } });
		expect([refused.headers['content-encoding'], refused.body]).toEqual([undefined, 'plain']);
	});

	it('sends nothing twice to whoever has it', async () => {
		const first = await ask('/');
		const again = await ask('/', { headers: { 'if-none-match': String(first.headers['etag']) } });
		expect([again.status, again.body]).toEqual([304, '']);
	});

	it('answers HEAD without a body', async () => {
		const { status, headers, body } = await ask('/', { method: 'HEAD' });
		expect([status, headers['content-length'], body]).toEqual([200, String(PAGE.length), '']);
	});

	it.each([
		'/../secret.txt',
		'/%2e%2e/secret.txt',
		'/..%2fsecret.txt',
		'/_app/../../secret.txt',
		'/..%5csecret.txt',
		'/%00',
		'/%',
		'/link.txt'
	])('keeps inside its folder: %s', async (path) => {
		const { status, body } = await ask(path);
		expect([400, 404]).toContain(status);
		expect(body).not.toContain('secret');
	});

	it('takes no orders', async () => {
		expect((await ask('/', { method: 'POST' })).status).toBe(405);
	});
});

describe('what the node says of itself', () => {
	it('tells everybody how to find it', async () => {
		await serve();
		const { headers, body } = await ask('/.well-known/tributary.json', { headers: { host: 'elsewhere' } });
		expect(JSON.parse(body)).toEqual({ name: 'hub' });
		expect([headers['access-control-allow-origin'], headers['cache-control']]).toEqual(['*', 'no-store']);
	});

	it('tells its state to this machine', async () => {
		await serve({ status: () => ({ balances: new Map([['link/a', 5n]]) }) });
		expect(JSON.parse((await ask('/status')).body)).toEqual({ balances: { 'link/a': '5' } });
	});

	it('keeps its state from a page that made a name of its own point here', async () => {
		await serve({ status: () => ({}) });
		expect((await ask('/status', { headers: { host: 'evil.example' } })).status).toBe(403);
	});

	it('writes money as decimal strings at any depth', () => {
		expect(toJson({ a: [1n, new Map([['b', 2n ** 70n]])] })).toBe(
			'{"a":["1",{"b":"1180591620717411303424"}]}'
		);
	});
});

describe('orders', () => {
	const order = (body: string, headers: Record<string, string> = {}) =>
		ask('/control/clock/move', { method: 'POST', body, headers });

	it('reach the node with their body', async () => {
		await serve({
			control: ({ method, path, body }) =>
				Promise.resolve({ status: 202, value: { method, path, body, paid: 1n } })
		});
		const { status, body } = await order('{"seconds":5}');
		expect([status, JSON.parse(body)]).toEqual([
			202,
			{ method: 'POST', path: 'clock/move', body: { seconds: 5 }, paid: '1' }
		]);
	});

	it('are taken only where a supervisor asked for it', async () => {
		await serve();
		expect((await order('{}')).status).toBe(405);
	});

	it('are not taken from a web page', async () => {
		await serve({ control: () => Promise.resolve({ status: 200, value: null }) });
		expect((await order('{}', { origin: 'http://evil.example' })).status).toBe(403);
		expect((await order('{}', { host: 'evil.example' })).status).toBe(403);
	});

	it('must be JSON of a sensible size', async () => {
		await serve({ control: () => Promise.resolve({ status: 200, value: null }) });
		expect((await order('{')).status).toBe(400);
		expect((await order(`"${'x'.repeat(16 * 1024 * 1024)}"`)).status).toBe(413);
	});

	it('answer what went wrong', async () => {
		await serve({ control: () => Promise.reject(new Error('no such channel')) });
		const { status, body } = await order('');
		expect([status, JSON.parse(body)]).toEqual([500, { error: 'no such channel' }]);
	});
});

describe('links', () => {
	it('are handed on with the URL that was dialled', async () => {
		await serve();
		expect(await dial('/btp')).toBe('open');
		expect(await dial('/btp', { host: `localhost:${server.port}` })).toBe('open');
		expect(accepted.map(({ url }) => url)).toEqual([
			`ws://127.0.0.1:${server.port}/btp`,
			`ws://localhost:${server.port}/btp`
		]);
	});

	it('may come by a public name', async () => {
		await serve({ publicUrls: ['wss://hub.example/btp'] });
		expect(await dial('/btp', { host: 'hub.example' })).toBe('open');
		expect(accepted[0]?.url).toBe('wss://hub.example/btp');
	});

	it('are refused under a name that is not this node', async () => {
		await serve();
		expect(await dial('/btp', { host: 'other.example' })).toContain('421');
		expect(await dial('/btp', { host: '127.0.0.1:1' })).toContain('421');
		expect(accepted).toEqual([]);
	});

	it('are made at their path alone', async () => {
		await serve();
		expect(await dial('/')).toContain('404');
		expect(await dial('/btp?x')).toContain('404');
		expect((await ask('/btp')).status).toBe(426);
	});

	it('end with the server', async () => {
		await serve();
		await dial('/btp');
		const ended = new Promise<void>((resolve) => {
			accepted[0]?.socket.listen({ onMessage: () => undefined, onClose: resolve });
		});
		await server.close();
		await ended;
	});
});

it('does not fall over what is no HTTP', async () => {
	await serve();
	const answer = await new Promise<string>((resolve) => {
		let text = '';
		const socket = connect(server.port, '127.0.0.1', () => socket.write('\x16\x03\x01 hello\r\n\r\n'));
		socket.on('data', (chunk) => (text += chunk.toString()));
		socket.on('close', () => resolve(text));
	});
	expect(answer).toMatch(/^HTTP\/1\.1 400/);
	expect((await ask('/.well-known/tributary.json')).status).toBe(200);
});
