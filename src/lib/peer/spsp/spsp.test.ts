import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Encode, base64urlEncode, utf8, utf8Decode } from '../bytes.ts';
import type { Http, HttpRequest, HttpResponse } from '../http.ts';
import { err, ok } from '../result.ts';
import { querySpsp } from './client.ts';
import { createSpspServer, type ReceiptRequest } from './server.ts';
import { decodeSpspDetails, encodeSpspDetails, type SpspDetails } from './spsp.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const DETAILS: SpspDetails = {
	destinationAccount: 'test.hub.alice.t0ken',
	sharedSecret: SECRET,
	receiptsEnabled: false
};
const ENDPOINT = '/.well-known/pay';

/** A server that makes another secret for each query, and remembers what was asked. */
const serve = () => {
	const opened: (ReceiptRequest | undefined)[] = [];
	const server = createSpspServer({
		path: ENDPOINT,
		open: (receipts) => {
			opened.push(receipts);
			return {
				destinationAccount: `test.hub.alice.t${opened.length}`,
				sharedSecret: new Uint8Array(32).fill(opened.length),
				receiptsEnabled: receipts !== undefined
			};
		}
	});
	const ask = (change: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
		server({ method: 'GET', target: ENDPOINT, headers: {}, body: new Uint8Array(0), ...change });
	return { ask, opened };
};
const jsonOf = (response: HttpResponse): unknown => JSON.parse(utf8Decode(response.body) ?? '');

describe('the SPSP server', () => {
	it('gives another secret to each who asks, and lets nobody keep it', async () => {
		const { ask } = serve();
		const first = await ask({ headers: { accept: 'application/spsp4+json, application/spsp+json' } });
		expect(first.status).toBe(200);
		expect(first.headers).toMatchObject({
			'content-type': 'application/spsp4+json',
			'cache-control': 'no-cache, no-store',
			'access-control-allow-origin': '*'
		});
		expect(jsonOf(first)).toEqual({
			destination_account: 'test.hub.alice.t1',
			shared_secret: base64Encode(new Uint8Array(32).fill(1))
		});
		expect(jsonOf(await ask())).toMatchObject({ destination_account: 'test.hub.alice.t2' });
	});

	it.each([
		undefined,
		'*/*',
		'application/*',
		'text/html, application/SPSP4+json;q=0.5',
		'application/spsp+json'
	])('answers who accepts %s', async (accept) => {
		const { ask } = serve();
		expect((await ask({ headers: accept === undefined ? {} : { accept } })).status).toBe(200);
	});

	it('has nothing for who wants a page', async () => {
		const { ask, opened } = serve();
		expect((await ask({ headers: { accept: 'text/html' } })).status).toBe(406);
		expect(opened).toEqual([]);
	});

	it('answers the question that browsers ask before they ask', async () => {
		const { ask, opened } = serve();
		const answer = await ask({ method: 'OPTIONS' });
		expect(answer).toMatchObject({
			status: 204,
			headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, HEAD, OPTIONS' }
		});
		expect(answer.headers['access-control-allow-headers']).toContain('receipt-nonce');
		expect(opened).toEqual([]);
	});

	it('promises receipts to who sends nonce and secret', async () => {
		const { ask, opened } = serve();
		const nonce = new Uint8Array(16).fill(7);
		const headers = { 'receipt-nonce': base64urlEncode(nonce), 'receipt-secret': base64Encode(SECRET) };
		expect(jsonOf(await ask({ headers }))).toMatchObject({ receipts_enabled: true });
		expect(opened).toEqual([{ nonce, secret: SECRET }]);
	});

	it.each([
		{ 'receipt-nonce': base64Encode(new Uint8Array(16)) },
		{ 'receipt-secret': base64Encode(SECRET) },
		{ 'receipt-nonce': base64Encode(new Uint8Array(15)), 'receipt-secret': base64Encode(SECRET) },
		{ 'receipt-nonce': 'ä', 'receipt-secret': base64Encode(SECRET) }
	])('does not guess at half a receipt: %j', async (headers) => {
		const { ask, opened } = serve();
		expect((await ask({ headers: headers as Record<string, string> })).status).toBe(400);
		expect(opened).toEqual([]);
	});

	it('refuses a query string, as RFC 9 demands', async () => {
		const { ask } = serve();
		expect((await ask({ target: `${ENDPOINT}?amount=1` })).status).toBe(400);
		expect((await ask({ target: `${ENDPOINT}?` })).status).toBe(400);
	});

	it('knows one receiver', async () => {
		const { ask } = serve();
		const answer = await ask({ target: '/bob' });
		expect(answer.status).toBe(404);
		expect(jsonOf(answer)).toEqual({ id: 'InvalidReceiverError', message: 'Invalid receiver ID' });
	});

	it('takes nothing but questions', async () => {
		const { ask } = serve();
		expect(await ask({ method: 'POST' })).toMatchObject({
			status: 405,
			headers: { allow: 'GET, HEAD, OPTIONS' }
		});
		const head = await ask({ method: 'HEAD' });
		expect([head.status, head.body.length]).toEqual([200, 0]);
	});

	it('says so while it has no address', async () => {
		const server = createSpspServer({ path: ENDPOINT, open: () => undefined });
		const answer = await server({ method: 'GET', target: ENDPOINT, headers: {}, body: new Uint8Array(0) });
		expect(answer.status).toBe(503);
	});
});

describe('an SPSP answer', () => {
	it('is read as it was written', () => {
		const full: SpspDetails = {
			...DETAILS,
			receiptsEnabled: true,
			asset: { code: 'USD', scale: 9 },
			receiverName: 'Alice'
		};
		expect(decodeSpspDetails(encodeSpspDetails(DETAILS))).toEqual({ ok: true, value: DETAILS });
		expect(decodeSpspDetails(encodeSpspDetails(full))).toEqual({ ok: true, value: full });
	});

	const read = (change: Record<string, unknown>) =>
		decodeSpspDetails(
			utf8(
				JSON.stringify({
					destination_account: DETAILS.destinationAccount,
					shared_secret: base64Encode(SECRET),
					...change
				})
			)
		);

	it('may write its secret in either base64', () => {
		expect(read({ shared_secret: base64urlEncode(SECRET) })).toEqual({ ok: true, value: DETAILS });
		expect(read({ shared_secret: base64Encode(SECRET).replace('=', '') })).toEqual({
			ok: true,
			value: DETAILS
		});
	});

	it('says what an invoice still lacks', () => {
		expect(
			read({ balance: { maximum: '-10000', current: '-5360' }, asset_info: { code: 'USD', scale: 2 } })
		).toEqual({ ok: true, value: { ...DETAILS, outstanding: 5360n, asset: { code: 'USD', scale: 2 } } });
	});

	it('loses of its extras only those that are malformed', () => {
		const odd = { balance: { current: 12 }, asset_info: { code: 'USD', scale: -1 }, receiver_info: 'Bob' };
		expect(read(odd)).toEqual({ ok: true, value: DETAILS });
	});

	it.each([
		[{ destination_account: 'nowhere' }],
		[{ destination_account: 'peer.config' }],
		[{ destination_account: 'self.me' }],
		[{ destination_account: undefined }],
		[{ shared_secret: base64Encode(SECRET.slice(1)) }],
		[{ shared_secret: 'x'.repeat(44) }],
		[{ shared_secret: 7 }]
	])('without the two fields that matter is none: %j', (change) => {
		expect(read(change)).toMatchObject({ ok: false, error: { type: 'MalformedSpsp' } });
	});

	it('may be any bytes', () => {
		const json = fc.json().map((text) => utf8(text));
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array(), json), (bytes) => {
				const decoded = decodeSpspDetails(bytes);
				expect(decoded.ok || decoded.error.type === 'MalformedSpsp').toBe(true);
			}),
			{ numRuns: 2_000 }
		);
	});
});

describe('the SPSP client', () => {
	const answering =
		(response: Partial<HttpResponse>): Http =>
		() =>
			Promise.resolve(
				ok({
					status: 200,
					headers: { 'content-type': 'application/spsp4+json; charset=utf-8' },
					body: encodeSpspDetails(DETAILS),
					...response
				})
			);
	const query = (http: Http) => querySpsp(http, '$example.com');

	it('asks where the pointer leads', async () => {
		const { ask } = serve();
		const asked: unknown[] = [];
		const http: Http = async ({ method, url, headers }) => {
			asked.push({ url, headers });
			return ok(await ask({ method, headers }));
		};
		const answer = await querySpsp(http, '$example.com', {
			nonce: new Uint8Array(16),
			secret: SECRET
		});
		expect(asked).toEqual([
			{
				url: 'https://example.com/.well-known/pay',
				headers: {
					accept: 'application/spsp4+json, application/spsp+json',
					'receipt-nonce': base64Encode(new Uint8Array(16)),
					'receipt-secret': base64Encode(SECRET)
				}
			}
		]);
		expect(answer).toMatchObject({
			ok: true,
			value: { destinationAccount: 'test.hub.alice.t1', receiptsEnabled: true, maxAgeSeconds: 0 }
		});
	});

	it.each([
		['max-age=60', 60],
		['public, Max-Age="30"', 30],
		['no-cache, max-age=60', 0],
		['max-age=-1', 0],
		['max-age=1.5', 0],
		[undefined, 0]
	])('knows how long an answer lasts: %s', async (cacheControl, maxAgeSeconds) => {
		const headers = {
			'content-type': 'application/spsp4+json',
			...(cacheControl === undefined ? {} : { 'cache-control': cacheControl })
		};
		expect(await query(answering({ headers }))).toMatchObject({ ok: true, value: { maxAgeSeconds } });
	});

	it('tells where it was sent instead of going there', async () => {
		const answer = await query(answering({ status: 302, headers: { location: 'https://evil.example/' } }));
		expect(answer).toEqual({
			ok: false,
			error: { type: 'SpspRedirected', location: 'https://evil.example/' }
		});
	});

	it('tells no such receiver from no server', async () => {
		expect(await query(answering({ status: 404 }))).toMatchObject({ error: { type: 'InvalidReceiver' } });
		expect(await query(answering({ status: 503 }))).toMatchObject({ error: { type: 'SpspUnreachable' } });
		const failing: Http = () => Promise.resolve(err({ type: 'HttpFailed', why: 'timeout', reason: 'late' }));
		expect(await query(failing)).toEqual({ ok: false, error: { type: 'SpspUnreachable', reason: 'late' } });
	});

	it('takes no page for an answer', async () => {
		const headers = { 'content-type': 'text/html' };
		expect(await query(answering({ headers }))).toMatchObject({ error: { type: 'MalformedSpsp' } });
	});

	it('asks nobody for what is no pointer', async () => {
		expect(await querySpsp(answering({}), 'bob')).toMatchObject({
			error: { type: 'MalformedPaymentPointer' }
		});
	});
});
