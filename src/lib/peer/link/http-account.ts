/**
 * ILP over HTTP (RFC 35): how packets of a plain account travel between servers.
 *
 * ```
 * POST <neighbour's url>                             either, in the same exchange:
 *   authorization: Bearer <token>                      200, the fulfill or reject in the body
 *   content-type: application/octet-stream     ──>   or, when asked for and agreed on:
 *   body: the prepare                                  202, and later
 *   prefer: respond-async       ┐ to be answered       POST <callback-url>   ──>  200, or 400 when
 *   request-id: <UUID>          │ later                  request-id: <the same>     nobody waits for it
 *   callback-url: <our url>     ┘                        body: the fulfill or reject
 * ```
 *
 * The first form is what Rafiki, ilp-plugin-http and interledger-rs speak, the second is the RFC's
 * third draft and Dassie's. Both are spoken here in both directions, told apart by the headers and by
 * the type of the packet, so that one path serves prepares and answers alike.
 *
 * **Who is who** is the bearer token alone. **Where answers are posted** is the neighbour's word, but
 * only at the origin its account is configured with: a token that leaked must not make this node send
 * its own token to a stranger, or knock at doors inside its network.
 *
 * An answer is posted again until somebody takes it or refuses it, or its packet has expired: the money
 * in it is booked here already. The first answer to a packet counts, any further one is a 400. The same
 * `request-id` again is the same packet, tried again, and is taken on once.
 *
 * | what comes back for a prepare             | counts as                            |
 * | ----------------------------------------- | ------------------------------------ |
 * | 200 with a fulfill or reject              | that                                 |
 * | 202, then an answer in time               | that                                 |
 * | 5xx, or something that is no answer       | T00 Internal Error (RFC 35)          |
 * | no connection, 401, 403                   | T01 Peer Unreachable                 |
 * | 429                                       | T02 Peer Busy                        |
 * | any other status                          | F00 Bad Request                      |
 * | nothing until the packet expires          | nothing: the connector says R00      |
 */
import { bytesEqual, utf8Encode } from '../bytes.ts';
import {
	decodeReply,
	encodeIlpPacket,
	ILP_PACKET_TYPES,
	readPrepareHeader,
	type IlpErrorCode
} from '../codec/ilp.ts';
import { bearerToken, mediaType, type Http, type HttpRequest, type HttpResponse } from '../http.ts';
import { LIMITS } from '../limits.ts';
import type { Cancel, Clock, Log, Random } from '../platform.ts';
import { uuidText } from '../codec/ccp.ts';
import type { AccountConfig, AccountTransport, HttpAccount, IlpAccounts } from './account-transport.ts';

export interface HttpAccountsDeps {
	readonly clock: Clock;
	readonly random: Random;
	readonly log: Log;
	readonly http: Http;
	readonly accounts: IlpAccounts;
	/** Of these, the ones over HTTP are served. Tokens and names must differ from each other. */
	readonly configs: readonly AccountConfig[];
}

export interface HttpAccounts {
	/** Answers a request at the path of this node's accounts. `isLive`: whether whoever asks still waits. Never rejects. */
	handle(request: HttpRequest, isLive?: () => boolean): Promise<HttpResponse>;
	/** The account whose token this is; for a host that wants to know before it reads a body. */
	accountOf(headers: HttpRequest['headers']): string | undefined;
	/** Detaches every account; answers under way are posted no more. */
	stop(): void;
}

interface Account {
	readonly name: string;
	readonly over: HttpAccount;
	readonly token: Uint8Array;
	/** Requests of the neighbour that are open here, and answers that are to be posted to it. */
	open: number;
	/** Request ids of its asynchronous prepares, until these have expired. */
	readonly seen: Set<string>;
	/** Packets sent to it whose answers are to come by callback. */
	readonly waiting: Map<string, (reply: Uint8Array) => void>;
}

const OCTETS = 'application/octet-stream';
/** What ilp-plugin-http says instead. */
const ILP_OCTETS = 'application/ilp+octet-stream';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ORIGIN = /^https?:\/\/[^/?#@]+(?=[/?#]|$)/i;
const EMPTY = new Uint8Array(0);

/** Throws when two accounts share a name or a token: a mistake in the configuration. */
export const createHttpAccounts = (deps: HttpAccountsDeps): HttpAccounts => {
	const { clock, random, log, http } = deps;
	const byName = new Map<string, Account>();
	const detach: Cancel[] = [];
	let stopped = false;

	const accountOf = (headers: HttpRequest['headers']): Account | undefined => {
		const shown = utf8Encode(bearerToken(headers['authorization']) ?? '') ?? EMPTY;
		// All are compared, so that time says nothing about which one almost fits.
		let found: Account | undefined;
		for (const account of byName.values()) if (bytesEqual(account.token, shown)) found = account;
		return shown.length === 0 ? undefined : found;
	};

	// ---------------------------------------------------------------- packets from the neighbour

	const handle = async (request: HttpRequest, isLive?: () => boolean): Promise<HttpResponse> => {
		const { headers, body } = request;
		if (request.method !== 'POST') return status(405, { allow: 'POST' });
		const account = accountOf(headers);
		if (!account) return status(401, { 'www-authenticate': 'Bearer' });
		if (body.length > LIMITS.httpPacketBytes) return status(413);
		const type = mediaType(headers['content-type']);
		if (type !== OCTETS && type !== ILP_OCTETS) return status(415);
		if (stopped) return status(503);
		if (body[0] === ILP_PACKET_TYPES.prepare) return takePrepare(account, request, isLive);
		if (body[0] === ILP_PACKET_TYPES.fulfill || body[0] === ILP_PACKET_TYPES.reject)
			return takeReply(account, request);
		return status(400);
	};

	const takePrepare = async (
		account: Account,
		{ headers, body }: HttpRequest,
		isLive: (() => boolean) | undefined
	): Promise<HttpResponse> => {
		const callback = headers['callback-url'];
		const isAsync =
			callback !== undefined || /(^|[,;\s])respond-async($|[,;\s])/i.test(headers['prefer'] ?? '');
		if (isAsync && callback !== undefined) {
			const id = headers['request-id'] ?? '';
			if (!UUID.test(id) || !isOwnUrl(account, callback)) return status(400);
			if (account.seen.has(id)) return status(202);
			if (account.open >= LIMITS.httpRequestsPerAccount) return status(429);
			takeLater(account, body, id, callback);
			return status(202);
		}
		if (account.open >= LIMITS.httpRequestsPerAccount) return status(429);
		const reply = await whileOpen(account, () => take(account, body, isLive));
		return reply ? { status: 200, headers: { 'content-type': OCTETS }, body: reply } : status(500);
	};

	const whileOpen = async <T>(account: Account, work: () => Promise<T>): Promise<T> => {
		account.open += 1;
		try {
			return await work();
		} finally {
			account.open -= 1;
		}
	};

	const take = async (
		account: Account,
		body: Uint8Array,
		isLive?: () => boolean
	): Promise<Uint8Array | undefined> => {
		try {
			return await deps.accounts.handle(account.name, body, isLive);
		} catch (error) {
			log('error', 'a packet over HTTP could not be answered', {
				account: account.name,
				error: String(error)
			});
			return undefined;
		}
	};

	/** The answer goes to the callback, again and again until it was heard or is worth nothing any more. */
	const takeLater = (account: Account, body: Uint8Array, id: string, callback: string): void => {
		const header = readPrepareHeader(body);
		const expiresAt = header.ok
			? Math.min(header.value.expiresAt, clock.now() + LIMITS.maxHoldMs)
			: clock.now() + LIMITS.httpCallbackMs;
		account.seen.add(id);
		clock.after(Math.max(0, expiresAt - clock.now()), () => account.seen.delete(id));
		const post = async (reply: Uint8Array): Promise<void> => {
			for (;;) {
				const answer = await http({
					method: 'POST',
					url: callback,
					headers: { ...outgoingHeaders(account), 'request-id': id },
					body: reply,
					withinMs: LIMITS.httpCallbackMs,
					maxBodyBytes: LIMITS.httpPacketBytes
				});
				if (answer.ok && answer.value.status >= 200 && answer.value.status < 500) return;
				if (stopped || clock.now() + LIMITS.httpCallbackRetryMs >= expiresAt) {
					log('warn', 'an answer could not be posted', { account: account.name });
					return;
				}
				await new Promise<void>((resolve) => clock.after(LIMITS.httpCallbackRetryMs, resolve));
			}
		};
		// Whoever asks and does not take its answers has no more questions taken.
		void whileOpen(account, async () => {
			const reply = await take(account, body);
			if (reply) await post(reply);
		});
	};

	/** An answer to a packet of ours. */
	const takeReply = (account: Account, { headers, body }: HttpRequest): HttpResponse => {
		const id = headers['request-id']?.toLowerCase() ?? '';
		const settle = account.waiting.get(id);
		if (!settle || !decodeReply(body).ok) return status(400);
		account.waiting.delete(id);
		settle(body.slice());
		return status(200);
	};

	// ---------------------------------------------------------------- packets to the neighbour

	const outgoingHeaders = (account: Account): Record<string, string> => ({
		accept: OCTETS,
		'content-type': OCTETS,
		...(account.over.outgoingToken === undefined
			? {}
			: { authorization: `Bearer ${account.over.outgoingToken}` })
	});

	const transportTo = (account: Account, url: string): AccountTransport => {
		const { callbackUrl } = account.over;
		let inFlight = 0;

		const send = async (prepare: Uint8Array, expiresAt: number): Promise<Uint8Array | undefined> => {
			const request = {
				method: 'POST',
				url,
				headers: outgoingHeaders(account),
				body: prepare,
				withinMs: Math.max(0, expiresAt - clock.now()),
				maxBodyBytes: LIMITS.httpPacketBytes
			} as const;
			if (callbackUrl === undefined) return (await post(request)).reply;

			const id = uuidText(uuid4(random));
			let cancel: Cancel = () => undefined;
			const later = new Promise<Uint8Array | undefined>((resolve) => {
				account.waiting.set(id, resolve);
				cancel = clock.after(request.withinMs, () => resolve(undefined));
			});
			const asynchronous = {
				prefer: 'respond-async',
				'request-id': id,
				'callback-url': callbackUrl
			};
			// The answer can overtake the 202 that announces it, and a neighbour may answer at once after all.
			const posted = post({ ...request, headers: { ...request.headers, ...asynchronous } });
			const reply = await Promise.race([
				later,
				posted.then((outcome) => (outcome.isLater ? later : outcome.reply))
			]);
			account.waiting.delete(id);
			cancel();
			return reply;
		};

		const post = async (
			request: Parameters<Http>[0]
		): Promise<{ readonly reply: Uint8Array | undefined; readonly isLater?: true }> => {
			const answer = await http(request);
			if (!answer.ok) {
				if (answer.error.why === 'timeout') return { reply: undefined };
				return answer.error.why === 'tooLarge'
					? { reply: rejection('T00', 'the neighbour sent no packet') }
					: { reply: rejection('T01', 'the neighbour cannot be reached') };
			}
			const { status: code, body } = answer.value;
			if (code === 202) return { reply: undefined, isLater: true };
			if (code === 200)
				return {
					reply: decodeReply(body).ok ? body : rejection('T00', 'the neighbour sent no packet')
				};
			log('warn', 'a neighbour refuses packets over HTTP', { account: account.name, status: code });
			return { reply: rejection(codeOfStatus(code), `the neighbour answered with HTTP ${code}`) };
		};

		return {
			state: () => (inFlight >= LIMITS.inFlightPerLink ? 'busy' : 'up'),
			send: async (prepare, expiresAt) => {
				inFlight += 1;
				try {
					return await send(prepare, expiresAt);
				} finally {
					inFlight -= 1;
				}
			}
		};
	};

	for (const { name, over } of deps.configs) {
		if (over.type !== 'http') continue;
		const token = utf8Encode(over.incomingToken) ?? EMPTY;
		if (bearerToken(`Bearer ${over.incomingToken}`) === undefined)
			throw new Error(`account ${name}: not a bearer token`);
		if (byName.has(name) || [...byName.values()].some((other) => bytesEqual(other.token, token)))
			throw new Error(`account ${name}: its name or token is another account's too`);
		const account: Account = { name, over, token, open: 0, seen: new Set(), waiting: new Map() };
		byName.set(name, account);
		if (over.url !== undefined) detach.push(deps.accounts.attach(name, transportTo(account, over.url)));
	}

	return {
		handle,
		accountOf: (headers) => accountOf(headers)?.name,
		stop: () => {
			stopped = true;
			for (const cancel of detach) cancel();
		}
	};
};

/** A version 4 UUID (RFC 9562 section 5.4). */
const uuid4 = (random: Random): Uint8Array => {
	const bytes = random.bytes(16).slice();
	bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
	bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
	return bytes;
};

const isOwnUrl = (account: Account, url: string): boolean => {
	const own = ORIGIN.exec(account.over.url ?? '')?.[0];
	return (
		own !== undefined &&
		url.length <= LIMITS.urlCharacters &&
		ORIGIN.exec(url)?.[0].toLowerCase() === own.toLowerCase()
	);
};

const codeOfStatus = (code: number): IlpErrorCode => {
	if (code >= 500) return 'T00';
	if (code === 401 || code === 403) return 'T01';
	return code === 429 ? 'T02' : 'F00';
};

const rejection = (code: IlpErrorCode, message: string): Uint8Array =>
	encodeIlpPacket({ type: 'reject', code, triggeredBy: '', message, data: EMPTY });

const status = (code: number, headers: HttpResponse['headers'] = {}): HttpResponse => ({
	status: code,
	headers,
	body: EMPTY
});
