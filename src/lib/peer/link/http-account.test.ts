import { beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { decodeReply, encodeIlpPacket, encodePrepare, type IlpReply } from '../codec/ilp.ts';
import type { Http, HttpRequest, HttpResponse, OutgoingRequest } from '../http.ts';
import { LIMITS } from '../limits.ts';
import { err, ok } from '../result.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createSimulatedClock, type SimulatedClock } from '../testing/simulated-clock.ts';
import type { AccountConfig, AccountTransport, HttpAccount } from './account-transport.ts';
import { createHttpAccounts, type HttpAccounts } from './http-account.ts';

const START = Date.UTC(2030, 0, 1);
const ID = '42ee09c8-a6de-4ae3-8a47-4732b0cbb07b';
const FULFILL = encodeIlpPacket({ type: 'fulfill', fulfillment: new Uint8Array(32), data: utf8('goods') });
const REJECT = encodeIlpPacket({
	type: 'reject',
	code: 'F99',
	triggeredBy: '',
	message: '',
	data: utf8('no')
});
const OCTETS = { 'content-type': 'application/octet-stream' };

const prepare = (expiresAt = START + 10_000, data = new Uint8Array(1)): Uint8Array =>
	encodePrepare({
		type: 'prepare',
		amount: 5n,
		expiresAt,
		condition: new Uint8Array(32),
		destination: 'test.bob',
		data
	});

let clock: SimulatedClock;
let accounts: HttpAccounts;
let transport: AccountTransport | undefined;
let handled: { name: string; bytes: Uint8Array }[];
let asked: OutgoingRequest[];
/** What the connector makes of a packet, and what the neighbour answers a request. */
let decide: () => Promise<Uint8Array>;
let answer: (request: OutgoingRequest) => ReturnType<Http>;

/** One node with one account over HTTP, and nothing real around it. */
const open = (over: Partial<HttpAccount> = {}): void => {
	const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
	clock = createSimulatedClock(START, turn);
	handled = [];
	asked = [];
	transport = undefined;
	decide = () => Promise.resolve(FULFILL);
	answer = () => Promise.resolve(ok({ status: 200, headers: OCTETS, body: FULFILL }));
	const config: AccountConfig = {
		name: 'bob',
		role: 'peer',
		asset: { code: 'USD', scale: 9 },
		maxBalance: 1_000n,
		over: {
			type: 'http',
			incomingToken: 'from-bob',
			url: 'https://bob.example/ilp',
			outgoingToken: 'to-bob',
			...over
		}
	};
	accounts = createHttpAccounts({
		clock,
		random: createSeededRandom('http'),
		log: () => undefined,
		http: (request) => {
			asked.push(request);
			return answer(request);
		},
		accounts: {
			attach: (_, attached) => {
				transport = attached;
				return () => (transport = undefined);
			},
			handle: (name, bytes) => {
				handled.push({ name, bytes });
				return decide();
			}
		},
		configs: [config]
	});
};
beforeEach(() => open());

const post = (change: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
	accounts.handle({
		method: 'POST',
		target: '/ilp',
		body: prepare(),
		...change,
		headers: { ...OCTETS, authorization: 'Bearer from-bob', ...change.headers }
	});

const send = (expiresAt = START + 10_000): Promise<Uint8Array | undefined> => {
	if (!transport) throw new Error('nothing attached');
	return transport.send(prepare(expiresAt), expiresAt);
};
const codeOf = (reply: Uint8Array | undefined): string | undefined => {
	const decoded = reply && decodeReply(reply);
	if (!decoded?.ok) return undefined;
	const value: IlpReply = decoded.value;
	return value.type === 'reject' ? value.code : 'fulfilled';
};
const failing = (why: 'unreachable' | 'timeout' | 'tooLarge') => (): ReturnType<Http> =>
	Promise.resolve(err({ type: 'HttpFailed', why, reason: why }));
const status = (code: number, body: Uint8Array = new Uint8Array(0)): ReturnType<Http> =>
	Promise.resolve(ok({ status: code, headers: {}, body }));

describe('a packet that comes by POST', () => {
	it('is answered in the same exchange', async () => {
		expect(await post()).toEqual({ status: 200, headers: OCTETS, body: FULFILL });
		expect(handled).toEqual([{ name: 'bob', bytes: prepare() }]);
	});

	it.each([
		'application/octet-stream; charset=binary',
		'APPLICATION/OCTET-STREAM',
		'application/ilp+octet-stream'
	])('may come as %s', async (contentType) => {
		expect((await post({ headers: { 'content-type': contentType } })).status).toBe(200);
	});

	it.each(['', 'application/json', 'text/plain', 'application/octet-streams'])(
		'may not come as %j',
		async (type) => {
			expect((await post({ headers: { 'content-type': type } })).status).toBe(415);
			expect(handled).toEqual([]);
		}
	);

	it.each([
		'',
		'Bearer',
		'Bearer from-bo',
		'Bearer from-bobb',
		'Basic from-bob',
		'from-bob',
		'Bearer to-bob'
	])('under the authorization %j is nobody’s', async (authorization) => {
		const refused = await post({ headers: { authorization } });
		expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
		expect(handled).toEqual([]);
	});

	it('must be a packet', async () => {
		expect((await post({ body: new Uint8Array(0) })).status).toBe(400);
		expect((await post({ body: utf8('hello') })).status).toBe(400);
		expect((await post({ method: 'GET' })).status).toBe(405);
	});

	it('may carry as much as any packet, and no more than one', async () => {
		const full = prepare(START + 10_000, new Uint8Array(LIMITS.ilpDataBytes));
		expect((await post({ body: full })).status).toBe(200);
		const tooLong = new Uint8Array(LIMITS.httpPacketBytes + 1).fill(12);
		expect((await post({ body: tooLong })).status).toBe(413);
	});

	it('waits its turn when too many are open', async () => {
		decide = () => new Promise(() => undefined);
		for (let i = 0; i < LIMITS.httpRequestsPerAccount; i++) void post();
		expect((await post()).status).toBe(429);
	});

	it('is a 500 when this node breaks over it', async () => {
		decide = () => Promise.reject(new Error('bug'));
		expect((await post()).status).toBe(500);
		decide = () => Promise.resolve(FULFILL);
		expect((await post()).status).toBe(200);
	});
});

describe('a packet that wants its answer later', () => {
	const LATER = {
		prefer: 'respond-async',
		'request-id': ID,
		'callback-url': 'https://bob.example/answers'
	};

	it('is accepted, and answered at the callback', async () => {
		expect(await post({ headers: LATER })).toMatchObject({ status: 202 });
		await clock.advance(0);
		expect(asked).toMatchObject([
			{
				url: 'https://bob.example/answers',
				headers: {
					'request-id': ID,
					authorization: 'Bearer to-bob',
					'content-type': 'application/octet-stream'
				},
				body: FULFILL
			}
		]);
	});

	it('is taken on once, however often it is tried', async () => {
		await post({ headers: LATER });
		expect((await post({ headers: LATER })).status).toBe(202);
		await clock.advance(0);
		expect([handled.length, asked.length]).toEqual([1, 1]);
	});

	it('hears again and again until somebody takes the answer', async () => {
		const statuses = [503, 500, 200];
		answer = () => status(statuses.shift() ?? 200);
		await post({ headers: LATER });
		await clock.advance(10_000);
		expect(asked).toHaveLength(3);
	});

	it('is not answered again once the neighbour refused the answer', async () => {
		answer = () => status(400);
		await post({ headers: LATER });
		await clock.advance(10_000);
		expect(asked).toHaveLength(1);
	});

	it('is given up when it has expired, and leaves nothing behind', async () => {
		answer = failing('unreachable');
		await post({ headers: LATER });
		await clock.advance(20_000);
		expect(asked.length).toBeGreaterThan(5);
		expect(asked.length).toBeLessThanOrEqual(10);
		expect(clock.pending()).toBe(0);
	});

	it.each([
		['https://evil.example/answers', ID],
		['https://bob.example.evil.example/', ID],
		['https://bob.example@evil.example/', ID],
		['http://bob.example/answers', ID],
		['https://bob.example/answers', 'no uuid']
	])('is refused with the callback %s and the id %s', async (callback, id) => {
		const headers = { ...LATER, 'callback-url': callback, 'request-id': id };
		expect((await post({ headers })).status).toBe(400);
		expect([handled, asked]).toEqual([[], []]);
	});

	it('is not taken while too many answers wait to be taken, and is again once they expired', async () => {
		answer = failing('unreachable');
		const postNumber = async (number: number): Promise<number> => {
			const id = ID.replace(/^.{8}/, number.toString(16).padStart(8, '0'));
			const { status: code } = await post({
				body: prepare(clock.now() + 10_000),
				headers: { ...LATER, 'request-id': id }
			});
			return code;
		};
		for (let number = 0; number < LIMITS.httpRequestsPerAccount; number++)
			expect(await postNumber(number)).toBe(202);
		await clock.advance(5_000);
		expect(await postNumber(10_000)).toBe(429);
		await clock.advance(5_000);
		expect(await postNumber(10_001)).toBe(202);
	});

	it('is answered at once when it names no callback', async () => {
		expect((await post({ headers: { prefer: 'respond-async', 'request-id': ID } })).status).toBe(200);
	});
});

describe('a packet that leaves by POST', () => {
	it('carries the token and gets what comes back', async () => {
		expect(await send()).toEqual(FULFILL);
		expect(asked).toMatchObject([
			{
				method: 'POST',
				url: 'https://bob.example/ilp',
				headers: {
					accept: 'application/octet-stream',
					'content-type': 'application/octet-stream',
					authorization: 'Bearer to-bob'
				},
				body: prepare(),
				withinMs: 10_000
			}
		]);
		expect(asked[0]?.headers['prefer']).toBeUndefined();
	});

	it.each([
		[() => status(500), 'T00'],
		[() => status(502), 'T00'],
		[() => status(200, utf8('<html>')), 'T00'],
		[() => status(200, prepare()), 'T00'],
		[failing('tooLarge'), 'T00'],
		[failing('unreachable'), 'T01'],
		[() => status(401), 'T01'],
		[() => status(403), 'T01'],
		[() => status(429), 'T02'],
		[() => status(413), 'F00'],
		[() => status(404), 'F00'],
		[() => status(302), 'F00'],
		[failing('timeout'), undefined]
	])('counts %s as %s', async (how, code) => {
		answer = how;
		expect(codeOf(await send())).toBe(code);
	});

	it('finds the neighbour busy when it is', async () => {
		answer = () => new Promise(() => undefined);
		for (let i = 0; i < LIMITS.inFlightPerLink; i++) void send();
		await clock.advance(0);
		expect(transport?.state()).toBe('busy');
	});

	it('has nowhere to go once the node stops', async () => {
		accounts.stop();
		expect(transport).toBeUndefined();
		expect((await post()).status).toBe(503);
	});
});

describe('an answer that comes by callback', () => {
	beforeEach(() => open({ callbackUrl: 'https://me.example/ilp' }));
	const idOf = (request: OutgoingRequest | undefined): string => request?.headers['request-id'] ?? '';
	const callback = (id: string, body = FULFILL): Promise<HttpResponse> =>
		post({ body, headers: { 'request-id': id } });

	it('answers the packet it was sent for, once', async () => {
		answer = () => status(202);
		const first = send();
		const second = send();
		await clock.advance(0);
		expect(asked[0]?.headers).toMatchObject({
			prefer: 'respond-async',
			'callback-url': 'https://me.example/ilp'
		});
		expect(idOf(asked[0])).not.toBe(idOf(asked[1]));
		expect((await callback(idOf(asked[1]), REJECT)).status).toBe(200);
		expect((await callback(idOf(asked[0]))).status).toBe(200);
		expect((await callback(idOf(asked[0]), REJECT)).status).toBe(400);
		expect([codeOf(await first), codeOf(await second)]).toEqual(['fulfilled', 'F99']);
	});

	it('may overtake the 202', async () => {
		let accepted: () => void = () => undefined;
		answer = () => new Promise((resolve) => (accepted = () => resolve(status(202))));
		const sent = send();
		await clock.advance(0);
		await callback(idOf(asked[0]));
		expect(codeOf(await sent)).toBe('fulfilled');
		accepted();
	});

	it('is not waited for when the neighbour answers at once or refuses', async () => {
		expect(codeOf(await send())).toBe('fulfilled');
		answer = () => status(503);
		expect(codeOf(await send())).toBe('T00');
		expect((await callback(idOf(asked[0]))).status).toBe(400);
		expect(clock.pending()).toBe(0);
	});

	it('is nobody’s after the packet expired', async () => {
		answer = () => status(202);
		const sent = send();
		await clock.advance(10_001);
		expect(await sent).toBeUndefined();
		expect((await callback(idOf(asked[0]))).status).toBe(400);
	});

	it('must be a packet that answers', async () => {
		answer = () => status(202);
		const sent = send();
		await clock.advance(0);
		expect((await callback(idOf(asked[0]), FULFILL.slice(0, 20))).status).toBe(400);
		expect((await callback(idOf(asked[0]))).status).toBe(200);
		expect(codeOf(await sent)).toBe('fulfilled');
	});
});
