/**
 * Who may announce an address that is made of a key (PROTOCOL section 7). `<scheme>.btp-nips.h…` holds
 * the hash of its owner's key, so a route to it counts only with that key's signature, which travels
 * as a prop of the route (CCP, optional and transitive: whoever does not know it passes it on):
 *
 * | bytes | field                                                     |
 * | ----- | --------------------------------------------------------- |
 * | 32    | the owner's public key (x-only, BIP 340)                  |
 * | 16    | the routing table's id at the owner: of this run of it    |
 * | 4     | expiry, Unix seconds                                      |
 * | 64    | BIP-340 signature over SHA-256("btp-nips/route/1" ‖ prefix ‖ 0x00 ‖ table id ‖ expiry) |
 *
 * Nobody else can draw the address's traffic to himself for longer than the expiry; that somebody on
 * the way lies about the length of the way, no signature prevents.
 */
import { bytesToHex, concatBytes, utf8 } from '../bytes.ts';
import type { CcpRoute, CcpRouteProp } from '../codec/ccp.ts';
import { OerReader, OerWriter } from '../codec/oer.ts';
import type { Crypto } from '../platform.ts';
import { ownAddress } from './own-address.ts';

/** The prop's id; chosen here, since nobody registers them. */
export const ROUTE_PROOF_PROP = 0x4e50;

const PROOF_LENGTH = 32 + 16 + 4 + 64;
const DOMAIN = utf8('btp-nips/route/1');
const OWNED = /^(?:g|test)\.btp-nips(?:$|\.)/;

/** Whether a prefix lies where addresses belong to keys. */
export const needsRouteProof = (prefix: string): boolean => OWNED.test(prefix);

/** What the owner signs. `tableId` 16 bytes, `expiresAt` Unix seconds. */
export const routeProofDigest = async (
	crypto: Crypto,
	prefix: string,
	tableId: Uint8Array,
	expiresAt: number
): Promise<Uint8Array> => {
	const writer = new OerWriter(4);
	writer.uint32(expiresAt);
	return crypto.sha256(concatBytes(DOMAIN, utf8(prefix), new Uint8Array(1), tableId, writer.finish()));
};

/** The prop a signature becomes. */
export const routeProofProp = (
	pubkey: Uint8Array,
	tableId: Uint8Array,
	expiresAt: number,
	signature: Uint8Array
): CcpRouteProp => {
	const writer = new OerWriter(PROOF_LENGTH);
	writer.fixed(pubkey);
	writer.fixed(tableId);
	writer.uint32(expiresAt);
	writer.fixed(signature);
	return {
		isOptional: true,
		isTransitive: true,
		isPartial: false,
		isUtf8: false,
		id: ROUTE_PROOF_PROP,
		value: writer.finish()
	};
};

/** Whether the owner of the prefix's key announced it; `nowMs` in Unix milliseconds. Any props may come. */
export const hasRouteProof = async (
	crypto: Crypto,
	network: 'live' | 'test',
	route: Pick<CcpRoute, 'prefix' | 'props'>,
	nowMs: number
): Promise<boolean> => {
	const prop = route.props.find(({ id }) => id === ROUTE_PROOF_PROP);
	if (!prop || prop.value.length !== PROOF_LENGTH) return false;
	const reader = new OerReader(prop.value);
	const pubkey = reader.fixed(32);
	const tableId = reader.fixed(16);
	const expiresAt = reader.uint32();
	const signature = reader.fixed(64);
	if (expiresAt * 1_000 <= nowMs) return false;
	if ((await ownAddress(crypto, network, bytesToHex(pubkey))) !== route.prefix) return false;
	const digest = await routeProofDigest(crypto, route.prefix, tableId, expiresAt);
	return crypto.schnorrVerify(pubkey, digest, signature);
};
