/** Random route controls and updates. */
import fc from 'fast-check';
import { uuidText, type CcpRoute, type CcpRouteControl, type CcpRouteUpdate } from '../codec/ccp.ts';
import { address } from './arbitraries.ts';

const uint32 = fc.nat(0xffff_ffff);
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidText);

export const ccpRouteControl: fc.Arbitrary<CcpRouteControl> = fc.record({
	mode: fc.constantFrom('idle', 'sync'),
	lastKnownRoutingTableId: uuid,
	lastKnownEpoch: uint32,
	features: fc.array(fc.string({ unit: 'grapheme', maxLength: 10 }), { maxLength: 5 })
});

/** As the reference writes them: what is not optional is transitive, what is not transitive not partial. */
const prop = fc
	.record({
		isOptional: fc.boolean(),
		isTransitive: fc.boolean(),
		isPartial: fc.boolean(),
		isUtf8: fc.constant(false),
		id: fc.nat(0xffff),
		value: fc.uint8Array({ maxLength: 150 })
	})
	.map((value) => {
		const isTransitive = value.isTransitive || !value.isOptional;
		return { ...value, isTransitive, isPartial: value.isPartial && value.isOptional && isTransitive };
	});

export const ccpRoute: fc.Arbitrary<CcpRoute> = fc.record({
	prefix: fc.oneof(address, fc.constantFrom('', 'g', 'test')),
	path: fc.array(address, { maxLength: 4 }),
	auth: fc.uint8Array({ minLength: 32, maxLength: 32 }),
	props: fc.array(prop, { maxLength: 2 })
});

export const ccpRouteUpdate: fc.Arbitrary<CcpRouteUpdate> = fc.record({
	routingTableId: uuid,
	currentEpoch: uint32,
	fromEpoch: uint32,
	toEpoch: uint32,
	holdDownTime: uint32,
	speaker: address,
	newRoutes: fc.array(ccpRoute, { maxLength: 4 }),
	withdrawnRoutes: fc.array(address, { maxLength: 4 })
});
