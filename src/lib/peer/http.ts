/**
 * HTTP as the core sees it: messages as plain values. A host that can send them supplies an
 * {@link Http}; a host that listens hands requests to a handler and writes out what it answers.
 * Names of headers are in lower case; where a header came twice, the values are joined with `, `.
 */
import type { Result } from './result.ts';

export interface HttpRequest {
	readonly method: string;
	/** As it was asked for: path and query, beginning with `/`. */
	readonly target: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

export interface HttpResponse {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
}

/** One request out. Never rejects. */
export type Http = (request: OutgoingRequest) => Promise<Result<HttpResponse, HttpFailed>>;

export interface OutgoingRequest {
	readonly method: 'GET' | 'POST';
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: Uint8Array;
	/** From the beginning to the last byte of the answer. */
	readonly withinMs: number;
	/** Bytes of the answer's body; a larger one is cut off and counts as `tooLarge`. Redirects are answers and not followed. */
	readonly maxBodyBytes: number;
}

/**
 * `unreachable`: nothing was sent, or nobody can say that it arrived; `timeout`: no answer in time;
 * `tooLarge`: an answer that is not read.
 */
export interface HttpFailed {
	readonly type: 'HttpFailed';
	readonly why: 'unreachable' | 'timeout' | 'tooLarge';
	readonly reason: string;
}

/** The media type of a `content-type` or one entry of `accept`, without parameters, in lower case. */
export const mediaType = (header: string | undefined): string =>
	(header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1). */
export const bearerToken = (header: string | undefined): string | undefined =>
	/^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header ?? '')?.[1];
