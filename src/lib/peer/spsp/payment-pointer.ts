/**
 * Payment pointers (RFC 26): an address for people that leads to an SPSP endpoint.
 *
 * | pointer                       | endpoint                                |
 * | ----------------------------- | --------------------------------------- |
 * | `$example.com`                | `https://example.com/.well-known/pay`   |
 * | `$example.com/`               | the same                                |
 * | `$example.com/invoices/12345` | `https://example.com/invoices/12345`    |
 *
 * `"$" host path-abempty`, with host and path as in RFC 3986: no port, no user, no query, no fragment,
 * and ASCII only, because look-alike letters of other scripts would lead money astray. What breaks
 * one of these is no pointer; nothing is repaired. Of the host, letters count as lower case; the path
 * is left as it is written.
 */
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';

export interface PaymentPointer {
	/** Lower case; an IPv6 address keeps its brackets. */
	readonly host: string;
	/** Empty, or beginning with `/`. Never `/` alone, which means the same as empty. */
	readonly path: string;
}

export type MalformedPaymentPointer = { readonly type: 'MalformedPaymentPointer'; readonly reason: string };

const WELL_KNOWN = '/.well-known/pay';

/** reg-name of RFC 3986 section 3.2.2, which also covers IPv4; an empty one has no https URL (RFC 9110 section 4.2.2). */
const REG_NAME = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
/** path-abempty of RFC 3986 section 3.3. */
const PATH = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*$/;
const IP_LITERAL = /^\[(.*)\]$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
const HEX_GROUP = /^[0-9A-Fa-f]{1,4}$/;

/** Reads what a person typed or pasted; white space around it is not theirs. */
export const parsePaymentPointer = (text: string): Result<PaymentPointer, MalformedPaymentPointer> => {
	const malformed = (reason: string) => err({ type: 'MalformedPaymentPointer', reason });
	const pointer = text.trim();
	if (pointer.length > LIMITS.urlCharacters)
		return malformed(`longer than ${LIMITS.urlCharacters} characters`);
	if (!pointer.startsWith('$')) return malformed('does not begin with $');
	const slash = pointer.indexOf('/');
	const host = slash < 0 ? pointer.slice(1) : pointer.slice(1, slash);
	const path = slash < 0 ? '' : pointer.slice(slash);
	if (host === '') return malformed('no host');
	if (!isHost(host)) return malformed('not a host name or address');
	if (!PATH.test(path)) return malformed('not a path');
	return ok({ host: host.toLowerCase(), path: path === '/' ? '' : path });
};

/** As it is shown to people. */
export const formatPaymentPointer = ({ host, path }: PaymentPointer): string => `$${host}${path}`;

/** The URL of its SPSP endpoint (RFC 26 "Payment Setup Protocol Receiver Endpoint Resolution"). */
export const endpointOf = ({ host, path }: PaymentPointer): string =>
	`https://${host}${path === '' ? WELL_KNOWN : path}`;

/**
 * The endpoint of a pointer, or of an endpoint's own URL, which clients should take, too (RFC 9).
 * A URL must be https, or http on this machine; it may name a port, but no user, query or fragment.
 */
export const resolveEndpoint = (text: string): Result<string, MalformedPaymentPointer> => {
	const url = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(text.trim());
	if (!url) {
		const pointer = parsePaymentPointer(text);
		return pointer.ok ? ok(endpointOf(pointer.value)) : pointer;
	}
	const malformed = (reason: string) => err({ type: 'MalformedPaymentPointer', reason });
	const [, scheme = '', authority = '', path = ''] = url;
	if (text.length > LIMITS.urlCharacters) return malformed(`longer than ${LIMITS.urlCharacters} characters`);
	const port = /:([0-9]{0,5})$/.exec(authority);
	const host = port ? authority.slice(0, port.index) : authority;
	if (!isHost(host) || Number(port?.[1] ?? 0) > 65_535) return malformed('not a host name or address');
	if (scheme.toLowerCase() === 'http' && !isLoopback(host)) return malformed('not https');
	if (!PATH.test(path)) return malformed('not a path');
	return ok(`${scheme.toLowerCase()}://${authority.toLowerCase()}${path}`);
};

const isHost = (text: string): boolean => {
	const literal = IP_LITERAL.exec(text);
	return literal ? isIpv6(literal[1] ?? '') : REG_NAME.test(text);
};

const isLoopback = (host: string): boolean =>
	['localhost', '[::1]'].includes(host.toLowerCase()) || (IPV4.test(host) && host.startsWith('127.'));

/** IPv6address of RFC 3986 section 3.2.2: eight groups, or fewer around one `::`; the last two may be an IPv4 address. */
const isIpv6 = (text: string): boolean => {
	const halves = text.split('::');
	if (halves.length > 2) return false;
	const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
	const last = groups.at(-1) ?? '';
	const hasIpv4 = IPV4.test(last) && text.endsWith(last);
	const hex = hasIpv4 ? groups.slice(0, -1) : groups;
	if (!hex.every((group) => HEX_GROUP.test(group))) return false;
	const length = hex.length + (hasIpv4 ? 2 : 0);
	return halves.length === 2 ? length < 8 : length === 8;
};
