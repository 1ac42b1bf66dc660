import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { address, anyBytes } from '../testing/arbitraries.ts';
import {
	decodeIldcpResponse,
	ildcpRequest,
	ildcpResponse,
	isIldcpRequest,
	ZERO_FULFILLMENT,
	ZERO_FULFILLMENT_CONDITION
} from './ildcp.ts';

describe('ILDCP', () => {
	it('puts the hash of 32 zero bytes where money would have a condition', () => {
		expect(nobleCrypto.sha256(ZERO_FULFILLMENT)).toEqual(ZERO_FULFILLMENT_CONDITION);
	});

	it('asks at peer.config under that condition only', () => {
		const request = ildcpRequest(0);
		expect(isIldcpRequest(request)).toBe(true);
		expect(isIldcpRequest({ ...request, destination: 'peer.configs' })).toBe(false);
		expect(isIldcpRequest({ ...request, condition: ZERO_FULFILLMENT })).toBe(false);
	});

	it('tells a child who it is', () => {
		const config = fc.record({
			clientAddress: address,
			assetScale: fc.nat(255),
			assetCode: fc.string({ unit: 'grapheme', maxLength: 10 })
		});
		fc.assert(
			fc.property(config, (value) => {
				expect(decodeIldcpResponse(ildcpResponse(value))).toEqual({ ok: true, value });
			})
		);
	});

	it('survives any answer of a parent', () => {
		fc.assert(
			fc.property(anyBytes, (data) => {
				const decoded = decodeIldcpResponse({ type: 'fulfill', fulfillment: ZERO_FULFILLMENT, data });
				expect(decoded.ok || decoded.error.type === 'MalformedIldcpResponse').toBe(true);
			})
		);
	});

	it('neither takes nor gives out a wrong address', () => {
		const answer = ildcpResponse({ clientAddress: 'test.a', assetScale: 9, assetCode: 'USD' });
		answer.data[1] = 0x58;
		expect(decodeIldcpResponse(answer)).toEqual({
			ok: false,
			error: { type: 'MalformedIldcpResponse', reason: 'clientAddress is not an ILP address' }
		});
		expect(() => ildcpResponse({ clientAddress: 'nowhere', assetScale: 9, assetCode: 'USD' })).toThrow();
	});
});
