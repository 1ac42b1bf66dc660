/**
 * The SPSP endpoint of this node (RFC 9): answers `GET /.well-known/pay` for whoever has its payment
 * pointer, in a page of any origin as well.
 *
 * | asked                                      | answered                                   |
 * | ------------------------------------------ | ------------------------------------------ |
 * | GET                                        | 200, another secret each time, `no-cache`  |
 * | HEAD                                       | the same without a body                    |
 * | OPTIONS, as browsers ask beforehand        | 204 and what is allowed                    |
 * | with a query string                        | 400 (RFC 9 "Specification")                |
 * | for a type that is not SPSP's              | 406                                        |
 * | another path of the endpoint               | 404 `InvalidReceiverError`                 |
 * | another method                             | 405                                        |
 * | receipt headers that cannot be read        | 400                                        |
 */
import type { HttpRequest, HttpResponse } from '../http.ts';
import { mediaType } from '../http.ts';
import type { Eventually } from '../platform.ts';
import {
	decodeAnyBase64,
	encodeSpspDetails,
	encodeSpspError,
	RECEIPT_NONCE_LENGTH,
	RECEIPT_SECRET_LENGTH,
	SPSP_MEDIA_TYPE,
	type SpspDetails
} from './spsp.ts';

/** What a query asks to be proven with. */
export interface ReceiptRequest {
	/** 16 bytes. */
	readonly nonce: Uint8Array;
	/** 32 bytes. */
	readonly secret: Uint8Array;
}

export interface SpspServerDeps {
	/** Where the endpoint is, such as `/.well-known/pay`. */
	readonly path: string;
	/** A new address and secret for one client; `undefined` while this node has no address and can receive nothing. */
	readonly open: (receipts: ReceiptRequest | undefined) => Eventually<SpspDetails | undefined>;
}

/** Answers any request; never rejects unless `open` does. */
export type SpspServer = (request: HttpRequest) => Promise<HttpResponse>;

const EMPTY = new Uint8Array(0);
const ALLOWED = 'GET, HEAD, OPTIONS';
/** Pages of every origin may ask: the answer says nothing about who asks. */
const FOR_EVERYBODY = { 'access-control-allow-origin': '*' } as const;
const PREFLIGHT = {
	...FOR_EVERYBODY,
	'access-control-allow-methods': ALLOWED,
	'access-control-allow-headers': 'accept, receipt-nonce, receipt-secret, web-monetization-id',
	'access-control-max-age': '86400'
} as const;
const READABLE = new Set([SPSP_MEDIA_TYPE, 'application/spsp+json', 'application/*', '*/*']);

export const createSpspServer =
	(deps: SpspServerDeps): SpspServer =>
	async (request) => {
		const { method, target, headers } = request;
		const question = target.indexOf('?');
		const path = question < 0 ? target : target.slice(0, question);
		if (path !== deps.path) return refusal(404, 'InvalidReceiverError', 'Invalid receiver ID');
		if (method === 'OPTIONS') return { status: 204, headers: PREFLIGHT, body: EMPTY };
		if (method !== 'GET' && method !== 'HEAD') {
			const refused = refusal(405, 'MethodNotAllowed', `Only ${ALLOWED}`);
			return { ...refused, headers: { ...refused.headers, allow: ALLOWED } };
		}
		if (question >= 0) return refusal(400, 'InvalidRequestError', 'A query string is not allowed');
		if (!accepts(headers['accept'])) return refusal(406, 'NotAcceptable', `Only ${SPSP_MEDIA_TYPE}`);
		const receipts = receiptRequest(headers);
		if (receipts === 'malformed')
			return refusal(
				400,
				'InvalidRequestError',
				'Receipt-Nonce is 16 bytes and Receipt-Secret 32, in base64'
			);
		const details = await deps.open(receipts);
		if (!details) return refusal(503, 'ReceiverUnavailable', 'This receiver has no address now');
		return {
			status: 200,
			headers: {
				...FOR_EVERYBODY,
				'content-type': SPSP_MEDIA_TYPE,
				// RFC 9 knows `no-cache`; caches that are none of SPSP's must not keep a secret either.
				'cache-control': 'no-cache, no-store',
				vary: 'accept'
			},
			body: method === 'HEAD' ? EMPTY : encodeSpspDetails(details)
		};
	};

/** Whoever names no type takes any. */
const accepts = (header: string | undefined): boolean =>
	header === undefined || header.split(',').some((entry) => READABLE.has(mediaType(entry)));

const receiptRequest = (headers: HttpRequest['headers']): ReceiptRequest | 'malformed' | undefined => {
	if (headers['receipt-nonce'] === undefined && headers['receipt-secret'] === undefined) return undefined;
	const nonce = decodeAnyBase64(headers['receipt-nonce']);
	const secret = decodeAnyBase64(headers['receipt-secret']);
	return nonce?.length === RECEIPT_NONCE_LENGTH && secret?.length === RECEIPT_SECRET_LENGTH
		? { nonce, secret }
		: 'malformed';
};

const refusal = (status: number, id: string, message: string): HttpResponse => ({
	status,
	headers: { ...FOR_EVERYBODY, 'content-type': SPSP_MEDIA_TYPE, 'cache-control': 'no-store' },
	body: encodeSpspError(id, message)
});
