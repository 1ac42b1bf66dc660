/**
 * The SPSP client (RFC 9): from a payment pointer to a place where a STREAM can be sent.
 *
 * Redirects are not followed. RFC 26 wants a sender to see both hosts, the one of the pointer and the
 * one that answers; so the person is told where it leads and decides.
 */
import { mediaType, type Http, type HttpResponse } from '../http.ts';
import { base64Encode } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import { resolveEndpoint, type MalformedPaymentPointer } from './payment-pointer.ts';
import type { ReceiptRequest } from './server.ts';
import {
	decodeSpspDetails,
	SPSP_ACCEPT,
	SPSP_MEDIA_TYPE,
	type MalformedSpsp,
	type SpspDetails
} from './spsp.ts';

export type SpspError =
	| MalformedPaymentPointer
	| MalformedSpsp
	/** Nobody answered, or with a server's error: the same may work later. */
	| { readonly type: 'SpspUnreachable'; readonly reason: string }
	/** There is a server, and no such receiver. */
	| { readonly type: 'InvalidReceiver' }
	/** The endpoint points elsewhere; `location` as it was answered. */
	| { readonly type: 'SpspRedirected'; readonly location: string };

export interface SpspAnswer extends SpspDetails {
	/** The URL that answered, for people. */
	readonly endpoint: string;
	/** How long this answer may be used again (RFC 9 "Response Headers"); 0 unless the server said so. */
	readonly maxAgeSeconds: number;
}

/** Asks the endpoint of a pointer or URL; with `receipts`, that what arrives be attested under them. */
export const querySpsp = async (
	http: Http,
	pointer: string,
	receipts?: ReceiptRequest
): Promise<Result<SpspAnswer, SpspError>> => {
	const endpoint = resolveEndpoint(pointer);
	if (!endpoint.ok) return endpoint;
	const answer = await http({
		method: 'GET',
		url: endpoint.value,
		headers: {
			accept: SPSP_ACCEPT,
			...(receipts
				? { 'receipt-nonce': base64Encode(receipts.nonce), 'receipt-secret': base64Encode(receipts.secret) }
				: {})
		},
		withinMs: LIMITS.spspAnswerMs,
		maxBodyBytes: LIMITS.spspBodyBytes
	});
	if (!answer.ok) return err({ type: 'SpspUnreachable', reason: answer.error.reason });
	return readAnswer(endpoint.value, answer.value);
};

const readAnswer = (endpoint: string, response: HttpResponse): Result<SpspAnswer, SpspError> => {
	const { status, headers, body } = response;
	if (status >= 300 && status < 400)
		return err({
			type: 'SpspRedirected',
			location: (headers['location'] ?? '').slice(0, LIMITS.urlCharacters)
		});
	if (status === 404 || status === 410) return err({ type: 'InvalidReceiver' });
	if (status !== 200) return err({ type: 'SpspUnreachable', reason: `HTTP ${status}` });
	const type = mediaType(headers['content-type']);
	if (type !== SPSP_MEDIA_TYPE && type !== 'application/spsp+json')
		return err({ type: 'MalformedSpsp', reason: `content type ${type.slice(0, LIMITS.nameCharacters)}` });
	const details = decodeSpspDetails(body);
	if (!details.ok) return details;
	return ok({ ...details.value, endpoint, maxAgeSeconds: maxAge(headers['cache-control']) });
};

/** `no-cache` and `no-store` win over a `max-age` beside them; an age that is no positive number is none. */
const maxAge = (header: string | undefined): number => {
	const directives = (header ?? '').split(',').map((directive) => directive.trim().toLowerCase());
	if (directives.includes('no-cache') || directives.includes('no-store')) return 0;
	const age = directives.map((directive) => /^max-age="?([0-9]{1,9})"?$/.exec(directive)?.[1]).find(Boolean);
	return Number(age ?? 0);
};
