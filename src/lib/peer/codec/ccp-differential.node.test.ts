/** The same values through the reference's codec for the route exchange: equal bytes, equal meaning. */
import fc from 'fast-check';
import {
	deserializeCcpRouteControlRequestPayload,
	deserializeCcpRouteUpdateRequest,
	deserializeCcpRouteUpdateRequestPayload,
	serializeCcpResponse,
	serializeCcpRouteControlRequestPayload,
	serializeCcpRouteUpdateRequest,
	serializeCcpRouteUpdateRequestPayload,
	type CcpRouteControlRequest,
	type CcpRouteUpdateRequest
} from 'ilp-protocol-ccp';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../bytes.ts';
import { mutated } from '../testing/arbitraries.ts';
import { ccpRouteControl, ccpRouteUpdate } from '../testing/ccp-arbitraries.ts';
import {
	CCP_MODES,
	ccpRequestKind,
	ccpResponse,
	ccpUpdateRequest,
	decodeCcpRouteControl,
	decodeCcpRouteUpdate,
	encodeCcpRouteControl,
	encodeCcpRouteUpdate,
	type CcpRouteControl,
	type CcpRouteUpdate
} from './ccp.ts';
import { decodePrepare, encodeIlpPacket, encodePrepare } from './ilp.ts';

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

const toReferenceControl = (control: CcpRouteControl): CcpRouteControlRequest => ({
	...control,
	mode: CCP_MODES[control.mode],
	features: [...control.features]
});

const toReferenceUpdate = (update: CcpRouteUpdate): CcpRouteUpdateRequest => ({
	routingTableId: update.routingTableId,
	currentEpochIndex: update.currentEpoch,
	fromEpochIndex: update.fromEpoch,
	toEpochIndex: update.toEpoch,
	holdDownTime: update.holdDownTime,
	speaker: update.speaker,
	newRoutes: update.newRoutes.map(({ prefix, path, auth, props }) => ({
		prefix,
		path: [...path],
		auth: buffer(auth),
		props: props.map(({ isUtf8, value, ...prop }) =>
			isUtf8
				? { ...prop, isUtf8, value: buffer(value).toString('utf8') }
				: { ...prop, isUtf8, value: buffer(value) }
		)
	})),
	withdrawnRoutes: [...update.withdrawnRoutes]
});

describe('ilp-protocol-ccp', () => {
	it('writes the same route controls and reads ours', () => {
		fc.assert(
			fc.property(ccpRouteControl, (control) => {
				const theirs = serializeCcpRouteControlRequestPayload(toReferenceControl(control));
				expect(bytesToHex(encodeCcpRouteControl(control))).toBe(theirs.toString('hex'));
				expect(deserializeCcpRouteControlRequestPayload(theirs)).toEqual(toReferenceControl(control));
				expect(decodeCcpRouteControl(new Uint8Array(theirs))).toEqual({ ok: true, value: control });
			})
		);
	});

	it('writes the same route updates and reads ours', () => {
		fc.assert(
			fc.property(ccpRouteUpdate, (update) => {
				const theirs = serializeCcpRouteUpdateRequestPayload(toReferenceUpdate(update));
				expect(bytesToHex(encodeCcpRouteUpdate(update))).toBe(theirs.toString('hex'));
				expect(deserializeCcpRouteUpdateRequestPayload(theirs)).toEqual(toReferenceUpdate(update));
				expect(decodeCcpRouteUpdate(new Uint8Array(theirs))).toEqual({ ok: true, value: update });
			})
		);
	});

	it('reads damaged ones like us wherever we read them at all', () => {
		fc.assert(
			fc.property(mutated(ccpRouteUpdate.map(encodeCcpRouteUpdate)), (bytes) => {
				const ours = decodeCcpRouteUpdate(bytes);
				if (!ours.ok) return;
				expect(deserializeCcpRouteUpdateRequestPayload(buffer(bytes))).toEqual(toReferenceUpdate(ours.value));
			}),
			{ numRuns: 500 }
		);
		fc.assert(
			fc.property(mutated(ccpRouteControl.map(encodeCcpRouteControl)), (bytes) => {
				const ours = decodeCcpRouteControl(bytes);
				if (!ours.ok) return;
				expect(deserializeCcpRouteControlRequestPayload(buffer(bytes))).toEqual(
					toReferenceControl(ours.value)
				);
			}),
			{ numRuns: 500 }
		);
	});

	it('takes our packets, and we take its packets', () => {
		fc.assert(
			fc.property(ccpRouteUpdate, (update) => {
				const ours = encodePrepare(ccpUpdateRequest(update, Date.now() + 60_000));
				expect(deserializeCcpRouteUpdateRequest(buffer(ours))).toEqual(toReferenceUpdate(update));
				const theirs = decodePrepare(
					new Uint8Array(serializeCcpRouteUpdateRequest(toReferenceUpdate(update)))
				);
				if (!theirs.ok) throw new Error('their prepare is not read');
				expect(ccpRequestKind(theirs.value)).toBe('update');
				expect(decodeCcpRouteUpdate(theirs.value.data)).toEqual({ ok: true, value: update });
			}),
			{ numRuns: 30 }
		);
		expect(bytesToHex(encodeIlpPacket(ccpResponse()))).toBe(serializeCcpResponse().toString('hex'));
	});
});
