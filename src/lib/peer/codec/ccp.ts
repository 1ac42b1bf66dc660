/**
 * CCP, the route exchange between connectors. No RFC describes it: this is what the reference
 * connector speaks, built on the ideas of RFC 10.
 *
 * Two requests, each a prepare of amount 0 under the condition of all `peer.*` protocols; the answer
 * is a fulfill of 32 zero bytes without data.
 *
 * ```
 * listener                                            speaker
 *   peer.route.control   sync, table, epoch    ──>      "send me what I lack of your table"
 *   peer.route.update    table, from, to,      <──      every so often, and as soon as something changes
 *                        new, withdrawn
 *   peer.route.control   idle                  ──>      "send me no more"
 * ```
 *
 * A speaker's routes are a log. Each change is one **epoch**, and an update covers the epochs from
 * `fromEpoch` up to, not including, `toEpoch`. Who lost one asks again from the epoch it knows; who
 * meets another `routingTableId` (the speaker restarted) begins at 0.
 *
 * | route control           | encoding                                                          |
 * | ----------------------- | ----------------------------------------------------------------- |
 * | mode                    | UInt8: 0 idle, 1 sync                                             |
 * | lastKnownRoutingTableId | 16 bytes, a UUID                                                  |
 * | lastKnownEpoch          | UInt32                                                            |
 * | features                | SEQUENCE OF UTF-8 VarOctetString                                  |
 *
 * | route update            | encoding                                                          |
 * | ----------------------- | ----------------------------------------------------------------- |
 * | routingTableId          | 16 bytes, a UUID                                                  |
 * | currentEpoch            | UInt32: where the log ends now                                    |
 * | fromEpoch, toEpoch      | UInt32 each                                                       |
 * | holdDownTime            | UInt32, ms: without another update until then the routes are void |
 * | speaker                 | IA5 VarOctetString, the speaker's address                         |
 * | newRoutes               | SEQUENCE OF prefix IA5 · path SEQUENCE OF IA5 · auth 32 · props   |
 * | withdrawnRoutes         | SEQUENCE OF IA5 prefix                                            |
 *
 * A prop is `flags` UInt8 · `id` UInt16 · VarOctetString, and its flags say what a node that does not
 * know it does: 0x80 optional (else the route is useless to it), 0x40 transitive (pass it on), 0x20
 * partial (somebody on the way did not know it), 0x10 the value is UTF-8 text.
 *
 * Prefixes, path and speaker are text here and nothing more: whether they are addresses, and whose,
 * the receiver of the route judges route by route (ilp/route-exchange/), because one odd route must
 * not cost the others.
 */
import { bytesEqual, bytesToHex, hexToBytesStrict } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import type { IlpFulfill, IlpPrepare } from './ilp.ts';
import { ZERO_FULFILLMENT, ZERO_FULFILLMENT_CONDITION } from './ildcp.ts';
import { OerReader, OerWriter, sizeOfVar, sizeOfVarUInt, utf8Length } from './oer.ts';

const CCP_CONTROL_DESTINATION = 'peer.route.control';
const CCP_UPDATE_DESTINATION = 'peer.route.update';

/** The table id of who has heard no table yet. */
export const NO_ROUTING_TABLE = '00000000-0000-0000-0000-000000000000';

export const CCP_MODES = { idle: 0, sync: 1 } as const;
export type CcpMode = keyof typeof CCP_MODES;

/** What the listener knows, and whether it wants to hear the rest. */
export interface CcpRouteControl {
	readonly mode: CcpMode;
	/** A UUID in lower case. */
	readonly lastKnownRoutingTableId: string;
	readonly lastKnownEpoch: number;
	/** Names of extensions the listener understands; none is in use. */
	readonly features: readonly string[];
}

/** Changes of the speaker's table from one epoch to another. */
export interface CcpRouteUpdate {
	/** A UUID in lower case. */
	readonly routingTableId: string;
	readonly currentEpoch: number;
	readonly fromEpoch: number;
	readonly toEpoch: number;
	/** Milliseconds. */
	readonly holdDownTime: number;
	readonly speaker: string;
	readonly newRoutes: readonly CcpRoute[];
	readonly withdrawnRoutes: readonly string[];
}

export interface CcpRoute {
	readonly prefix: string;
	/** Addresses of the nodes on the way, the speaker first. */
	readonly path: readonly string[];
	/** 32 bytes; see ilp/route-exchange/telling.ts. */
	readonly auth: Uint8Array;
	readonly props: readonly CcpRouteProp[];
}

export interface CcpRouteProp {
	readonly isOptional: boolean;
	readonly isTransitive: boolean;
	readonly isPartial: boolean;
	readonly isUtf8: boolean;
	/** UInt16. */
	readonly id: number;
	readonly value: Uint8Array;
}

/** To the sender: F00 Bad Request. */
export type MalformedCcp = { readonly type: 'MalformedCcp'; readonly reason: string };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_LENGTH = 16;
const AUTH_LENGTH = 32;
const FLAGS = { optional: 0x80, transitive: 0x40, partial: 0x20, utf8: 0x10 } as const;
/** flags 1 · id 2 · empty value 1. */
const MIN_PROP_LENGTH = 4;
/** empty prefix 1 · no path 2 · auth 32 · no props 2. */
const MIN_ROUTE_LENGTH = 37;

/** 16 bytes in the form `8-4-4-4-12` hex digits, lower case. */
export const uuidText = (bytes: Uint8Array): string => {
	const hex = bytesToHex(bytes);
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** The inverse, of a UUID this program made or has read; throws for other text (a bug). */
const uuidBytes = (text: string): Uint8Array => {
	const bytes = UUID.test(text) ? hexToBytesStrict(text.replaceAll('-', '')) : undefined;
	if (!bytes) throw new Error(`not a UUID: ${text}`);
	return bytes;
};

/** `expiresAt` in Unix milliseconds. */
export const ccpControlRequest = (control: CcpRouteControl, expiresAt: number): IlpPrepare => ({
	type: 'prepare',
	amount: 0n,
	expiresAt,
	condition: ZERO_FULFILLMENT_CONDITION,
	destination: CCP_CONTROL_DESTINATION,
	data: encodeCcpRouteControl(control)
});

/** `expiresAt` in Unix milliseconds. */
export const ccpUpdateRequest = (update: CcpRouteUpdate, expiresAt: number): IlpPrepare => ({
	type: 'prepare',
	amount: 0n,
	expiresAt,
	condition: ZERO_FULFILLMENT_CONDITION,
	destination: CCP_UPDATE_DESTINATION,
	data: encodeCcpRouteUpdate(update)
});

/** Which of the two a prepare is; under another condition it could not be fulfilled and is neither. */
export const ccpRequestKind = (
	prepare: Pick<IlpPrepare, 'destination' | 'condition'>
): 'control' | 'update' | undefined => {
	if (!bytesEqual(prepare.condition, ZERO_FULFILLMENT_CONDITION)) return undefined;
	if (prepare.destination === CCP_CONTROL_DESTINATION) return 'control';
	return prepare.destination === CCP_UPDATE_DESTINATION ? 'update' : undefined;
};

/** The answer to either request that was understood. */
export const ccpResponse = (): IlpFulfill => ({
	type: 'fulfill',
	fulfillment: ZERO_FULFILLMENT,
	data: new Uint8Array(0)
});

/** Values outside their range are bugs and throw, as in all encoders. */
export const encodeCcpRouteControl = (control: CcpRouteControl): Uint8Array => {
	const writer = new OerWriter(
		1 + UUID_LENGTH + 4 + sizeOfList(control.features, (feature) => sizeOfVar(utf8Length(feature)))
	);
	writer.uint8(CCP_MODES[control.mode]);
	writer.fixed(uuidBytes(control.lastKnownRoutingTableId));
	writer.uint32(control.lastKnownEpoch);
	writer.count(control.features.length);
	for (const feature of control.features) writer.utf8(feature);
	return writer.finish();
};

export const decodeCcpRouteControl = (bytes: Uint8Array): Result<CcpRouteControl, MalformedCcp> => {
	const reader = new OerReader(bytes);
	const mode = reader.uint8();
	if (mode > CCP_MODES.sync) reader.fail(`mode ${mode}`);
	const control: CcpRouteControl = {
		mode: mode === CCP_MODES.sync ? 'sync' : 'idle',
		lastKnownRoutingTableId: uuidText(reader.fixed(UUID_LENGTH)),
		lastKnownEpoch: reader.uint32(),
		features: readList(reader, 1, () => reader.utf8())
	};
	return reader.failure === undefined ? ok(control) : malformed(reader);
};

/** Values outside their range are bugs and throw, as in all encoders. */
export const encodeCcpRouteUpdate = (update: CcpRouteUpdate): Uint8Array => {
	const writer = new OerWriter(
		UUID_LENGTH +
			16 +
			sizeOfVar(update.speaker.length) +
			sizeOfList(update.newRoutes, sizeOfCcpRoute) +
			sizeOfList(update.withdrawnRoutes, (prefix) => sizeOfVar(prefix.length))
	);
	writer.fixed(uuidBytes(update.routingTableId));
	writer.uint32(update.currentEpoch);
	writer.uint32(update.fromEpoch);
	writer.uint32(update.toEpoch);
	writer.uint32(update.holdDownTime);
	writer.ia5(update.speaker);
	writer.count(update.newRoutes.length);
	for (const route of update.newRoutes) writeRoute(writer, route);
	writer.count(update.withdrawnRoutes.length);
	for (const prefix of update.withdrawnRoutes) writer.ia5(prefix);
	return writer.finish();
};

export const decodeCcpRouteUpdate = (bytes: Uint8Array): Result<CcpRouteUpdate, MalformedCcp> => {
	const reader = new OerReader(bytes);
	const update: CcpRouteUpdate = {
		routingTableId: uuidText(reader.fixed(UUID_LENGTH)),
		currentEpoch: reader.uint32(),
		fromEpoch: reader.uint32(),
		toEpoch: reader.uint32(),
		holdDownTime: reader.uint32(),
		speaker: reader.ia5(LIMITS.ilpAddressCharacters),
		newRoutes: readList(reader, MIN_ROUTE_LENGTH, () => readRoute(reader)),
		withdrawnRoutes: readList(reader, 1, () => reader.ia5(LIMITS.ilpAddressCharacters))
	};
	return reader.failure === undefined ? ok(update) : malformed(reader);
};

/** Bytes of one route in an update: a speaker fills its packets by it. */
export const sizeOfCcpRoute = (route: CcpRoute): number =>
	sizeOfVar(route.prefix.length) +
	sizeOfList(route.path, (hop) => sizeOfVar(hop.length)) +
	AUTH_LENGTH +
	sizeOfList(route.props, (prop) => 3 + sizeOfVar(prop.value.length));

const writeRoute = (writer: OerWriter, route: CcpRoute): void => {
	if (route.auth.length !== AUTH_LENGTH) throw new Error(`auth of ${route.auth.length} bytes`);
	writer.ia5(route.prefix);
	writer.count(route.path.length);
	for (const hop of route.path) writer.ia5(hop);
	writer.fixed(route.auth);
	writer.count(route.props.length);
	for (const prop of route.props) {
		writer.uint8(
			(prop.isOptional ? FLAGS.optional : 0) |
				(prop.isTransitive ? FLAGS.transitive : 0) |
				(prop.isPartial ? FLAGS.partial : 0) |
				(prop.isUtf8 ? FLAGS.utf8 : 0)
		);
		writer.uint16(prop.id);
		writer.varOctets(prop.value);
	}
};

const readRoute = (reader: OerReader): CcpRoute => ({
	prefix: reader.ia5(LIMITS.ilpAddressCharacters),
	path: readList(reader, 1, () => reader.ia5(LIMITS.ilpAddressCharacters)),
	auth: reader.fixed(AUTH_LENGTH),
	props: readList(reader, MIN_PROP_LENGTH, (): CcpRouteProp => {
		const flags = reader.uint8();
		return {
			isOptional: (flags & FLAGS.optional) !== 0,
			isTransitive: (flags & FLAGS.transitive) !== 0,
			isPartial: (flags & FLAGS.partial) !== 0,
			isUtf8: (flags & FLAGS.utf8) !== 0,
			id: reader.uint16(),
			value: reader.varOctets()
		};
	})
});

const readList = <T>(reader: OerReader, minElementSize: number, read: () => T): readonly T[] => {
	const count = reader.count(minElementSize);
	const list: T[] = [];
	for (let i = 0; i < count && reader.failure === undefined; i++) list.push(read());
	return list;
};

const sizeOfList = <T>(list: readonly T[], sizeOf: (item: T) => number): number =>
	list.reduce((size, item) => size + sizeOf(item), sizeOfVarUInt(BigInt(list.length)));

const malformed = (reader: OerReader): Result<never, MalformedCcp> =>
	err({ type: 'MalformedCcp', reason: reader.failure ?? 'malformed' });
