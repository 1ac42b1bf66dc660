import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex, utf8 } from '../bytes.ts';
import { ccpRoute, ccpRouteControl, ccpRouteUpdate } from '../testing/ccp-arbitraries.ts';
import { anyBytes, mutated } from '../testing/arbitraries.ts';
import {
	ccpControlRequest,
	ccpRequestKind,
	ccpResponse,
	ccpUpdateRequest,
	decodeCcpRouteControl,
	decodeCcpRouteUpdate,
	encodeCcpRouteControl,
	encodeCcpRouteUpdate,
	sizeOfCcpRoute,
	uuidText,
	type CcpRouteControl,
	type CcpRouteUpdate
} from './ccp.ts';
import { decodePrepare, encodePrepare } from './ilp.ts';
import { CCP_PAYLOADS } from './vectors/ccp.ts';

const TABLE = '21e55f8e-abcd-4e97-9ab9-bf0ff00a224c';

const control: CcpRouteControl = {
	mode: 'sync',
	lastKnownRoutingTableId: TABLE,
	lastKnownEpoch: 32,
	features: ['foo', 'bar']
};

const update: CcpRouteUpdate = {
	routingTableId: TABLE,
	currentEpoch: 52,
	fromEpoch: 46,
	toEpoch: 50,
	holdDownTime: 30_000,
	speaker: 'test.alice',
	newRoutes: [
		{
			prefix: 'test.bob',
			path: ['test.alice', 'test.bob'],
			auth: Uint8Array.from({ length: 32 }, (_, i) => i),
			props: [
				{ isOptional: true, isTransitive: true, isPartial: false, isUtf8: true, id: 2, value: utf8('hi') }
			]
		}
	],
	withdrawnRoutes: ['test.carl']
};

describe('the bytes of the reference', () => {
	it('route control', () => {
		expect(bytesToHex(encodeCcpRouteControl(control))).toBe(CCP_PAYLOADS.control);
		expect(decodeCcpRouteControl(fromHex(CCP_PAYLOADS.control))).toEqual({ ok: true, value: control });
	});

	it('route update', () => {
		expect(bytesToHex(encodeCcpRouteUpdate(update))).toBe(CCP_PAYLOADS.update);
		expect(decodeCcpRouteUpdate(fromHex(CCP_PAYLOADS.update))).toEqual({ ok: true, value: update });
	});
});

describe('a request', () => {
	it('is known by its destination and the condition of peer protocols', () => {
		const asking = ccpControlRequest(control, 0);
		const telling = ccpUpdateRequest(update, 0);
		expect(ccpRequestKind(asking)).toBe('control');
		expect(ccpRequestKind(telling)).toBe('update');
		expect(ccpRequestKind({ ...asking, destination: 'peer.route' })).toBeUndefined();
		expect(ccpRequestKind({ ...telling, condition: new Uint8Array(32) })).toBeUndefined();
	});

	it('travels in a prepare without money', () => {
		const decoded = decodePrepare(encodePrepare(ccpUpdateRequest(update, 0)));
		expect(decoded.ok && decoded.value.amount).toBe(0n);
		expect(decoded.ok && decodeCcpRouteUpdate(decoded.value.data)).toEqual({ ok: true, value: update });
	});

	it('is answered with 32 zero bytes', () => {
		expect(ccpResponse()).toEqual({
			type: 'fulfill',
			fulfillment: new Uint8Array(32),
			data: new Uint8Array(0)
		});
	});
});

describe('the codec', () => {
	it('reads what it wrote', () => {
		fc.assert(
			fc.property(ccpRouteControl, (value) => {
				expect(decodeCcpRouteControl(encodeCcpRouteControl(value))).toEqual({ ok: true, value });
			})
		);
		fc.assert(
			fc.property(ccpRouteUpdate, (value) => {
				expect(decodeCcpRouteUpdate(encodeCcpRouteUpdate(value))).toEqual({ ok: true, value });
			})
		);
	});

	it('knows the size of a route before it writes it', () => {
		fc.assert(
			fc.property(ccpRoute, (route) => {
				const without = encodeCcpRouteUpdate({ ...update, newRoutes: [] });
				const withOne = encodeCcpRouteUpdate({ ...update, newRoutes: [route] });
				expect(withOne.length - without.length).toBe(sizeOfCcpRoute(route));
			})
		);
	});

	it('ignores what a later version adds at the end', () => {
		expect(decodeCcpRouteControl(fromHex(`${CCP_PAYLOADS.control}ff00`))).toEqual({
			ok: true,
			value: control
		});
		expect(decodeCcpRouteUpdate(fromHex(`${CCP_PAYLOADS.update}ff00`))).toEqual({ ok: true, value: update });
	});

	it('survives any bytes, and damaged ones', () => {
		const damaged = fc.oneof(
			anyBytes,
			mutated(ccpRouteControl.map(encodeCcpRouteControl)),
			mutated(ccpRouteUpdate.map(encodeCcpRouteUpdate))
		);
		fc.assert(
			fc.property(damaged, (bytes) => {
				for (const decoded of [decodeCcpRouteControl(bytes), decodeCcpRouteUpdate(bytes)])
					expect(decoded.ok || decoded.error.type === 'MalformedCcp').toBe(true);
			}),
			{ numRuns: 20_000 }
		);
	});

	it('allocates nothing for routes that cannot be there', () => {
		const head = CCP_PAYLOADS.update.slice(0, (16 + 16 + 11) * 2);
		expect(decodeCcpRouteUpdate(fromHex(`${head}06ffffffffffff`))).toMatchObject({ ok: false });
		expect(decodeCcpRouteUpdate(fromHex(`${head}0400ffffff`))).toMatchObject({ ok: false });
	});

	it('refuses a mode it does not know', () => {
		expect(decodeCcpRouteControl(fromHex(`02${CCP_PAYLOADS.control.slice(2)}`))).toEqual({
			ok: false,
			error: { type: 'MalformedCcp', reason: 'mode 2' }
		});
	});

	it('writes no table id that is none, and no auth of another length', () => {
		expect(() => encodeCcpRouteControl({ ...control, lastKnownRoutingTableId: 'mine' })).toThrow();
		const [route] = update.newRoutes;
		const short = { ...route, auth: new Uint8Array(31) } as (typeof update.newRoutes)[number];
		expect(() => encodeCcpRouteUpdate({ ...update, newRoutes: [short] })).toThrow();
		expect(uuidText(new Uint8Array(16))).toBe('00000000-0000-0000-0000-000000000000');
	});
});
