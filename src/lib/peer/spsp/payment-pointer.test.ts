import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointOf, formatPaymentPointer, parsePaymentPointer, resolveEndpoint } from './payment-pointer.ts';

const endpoint = (text: string): string | undefined => {
	const pointer = parsePaymentPointer(text);
	return pointer.ok ? endpointOf(pointer.value) : undefined;
};

describe('a payment pointer', () => {
	// The first four are the examples of RFC 26.
	it.each([
		['$example.com', 'https://example.com/.well-known/pay'],
		['$example.com/invoices/12345', 'https://example.com/invoices/12345'],
		['$bob.example.com', 'https://bob.example.com/.well-known/pay'],
		['$example.com/bob', 'https://example.com/bob'],
		['$example.com/', 'https://example.com/.well-known/pay'],
		['$Example.COM/Bob', 'https://example.com/Bob'],
		[' $example.com\n', 'https://example.com/.well-known/pay'],
		['$example.com//', 'https://example.com//'],
		['$example.com/bob/', 'https://example.com/bob/'],
		['$example.com/b%C3%B6b', 'https://example.com/b%C3%B6b'],
		["$example.com/a-._~!$&'()*+,;=:@", "https://example.com/a-._~!$&'()*+,;=:@"],
		['$xn--bcher-kva.example', 'https://xn--bcher-kva.example/.well-known/pay'],
		['$127.0.0.1', 'https://127.0.0.1/.well-known/pay'],
		['$[2001:db8::1]/x', 'https://[2001:db8::1]/x'],
		['$[::ffff:192.0.2.1]', 'https://[::ffff:192.0.2.1]/.well-known/pay'],
		['$[1:2:3:4:5:6:7:8]', 'https://[1:2:3:4:5:6:7:8]/.well-known/pay']
	])('%j leads to %s', (text, url) => {
		expect(endpoint(text)).toBe(url);
	});

	it.each([
		['', 'does not begin with $'],
		['example.com', 'does not begin with $'],
		['$', 'no host'],
		['$/bob', 'no host'],
		['$example.com:443', 'not a host name or address'],
		['$bob@example.com', 'not a host name or address'],
		['$example.com?tag=1', 'not a host name or address'],
		['$example.com/bob?tag=1', 'not a path'],
		['$example.com#top', 'not a host name or address'],
		['$example.com/bob#top', 'not a path'],
		['$exämple.com', 'not a host name or address'],
		['$example.com/böb', 'not a path'],
		['$exa mple.com', 'not a host name or address'],
		['$example.com/b b', 'not a path'],
		['$example.com/%zz', 'not a path'],
		['$example.com\\bob', 'not a host name or address'],
		['$https://example.com', 'not a host name or address'],
		['$[::1', 'not a host name or address'],
		['$[1::2::3]', 'not a host name or address'],
		['$[1:2:3:4:5:6:7]', 'not a host name or address'],
		['$[1:2:3:4:5:6:7:8:9]', 'not a host name or address'],
		['$[1:2:3:4:5:6:7::8]', 'not a host name or address'],
		['$[::1.2.3]', 'not a host name or address'],
		['$[1.2.3.4::]', 'not a host name or address'],
		[`$example.com/${'a'.repeat(2_048)}`, 'longer than 2048 characters']
	])('%j is none: %s', (text, reason) => {
		expect(parsePaymentPointer(text)).toEqual({
			ok: false,
			error: { type: 'MalformedPaymentPointer', reason }
		});
	});

	it('is written the way it is read', () => {
		const pointer = fc.record({
			host: fc.domain().filter((host) => !host.includes('@')),
			path: fc.webPath().filter((path) => path !== '/')
		});
		fc.assert(
			fc.property(pointer, (value) => {
				const host = value.host.toLowerCase();
				expect(parsePaymentPointer(formatPaymentPointer(value))).toEqual({
					ok: true,
					value: { host, path: value.path }
				});
			})
		);
	});

	it('survives any text', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				for (const tried of [text, `$${text}`, `https://${text}`]) {
					expect(typeof parsePaymentPointer(tried).ok).toBe('boolean');
					expect(typeof resolveEndpoint(tried).ok).toBe('boolean');
				}
			}),
			{ numRuns: 2_000 }
		);
	});
});

describe('an endpoint', () => {
	it.each([
		['$example.com', 'https://example.com/.well-known/pay'],
		['https://example.com/spsp/alice', 'https://example.com/spsp/alice'],
		['HTTPS://Example.com:8443/Pay', 'https://example.com:8443/Pay'],
		['http://127.0.0.1:7770/.well-known/pay', 'http://127.0.0.1:7770/.well-known/pay'],
		['http://localhost/pay', 'http://localhost/pay'],
		['http://[::1]:80/pay', 'http://[::1]:80/pay']
	])('may be given as %s', (text, url) => {
		expect(resolveEndpoint(text)).toEqual({ ok: true, value: url });
	});

	it.each([
		['http://example.com/pay', 'not https'],
		['http://127.evil.example/pay', 'not https'],
		['https://user@example.com/pay', 'not a host name or address'],
		['https://example.com/pay?x', 'not a path'],
		['https://example.com:99999/', 'not a host name or address'],
		['https:///pay', 'not a host name or address'],
		['ftp://example.com/', 'does not begin with $']
	])('may not be %s', (text, reason) => {
		expect(resolveEndpoint(text)).toEqual({ ok: false, error: { type: 'MalformedPaymentPointer', reason } });
	});
});
