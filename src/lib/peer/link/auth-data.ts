/** The proof of who somebody is, as it travels in a BTP message, and what else is said beside it. */
import type { ProtocolData } from '../codec/btp.ts';
import type { AuthToken } from '../peering/auth-token.ts';
import { find, findText, octets, text } from './protocol-data.ts';

/** Who says so takes bundles from whoever says so too; to anybody else it is one more entry to be ignored (RFC 23). */
export const BUNDLES: ProtocolData = octets('bundles', new Uint8Array(0));

/** What the other side said beside its proof, or with its answer to ours. */
export const takesBundles = (data: readonly ProtocolData[]): boolean =>
	find(data, BUNDLES.protocolName) !== undefined;

export const authData = (token: AuthToken): readonly ProtocolData[] => [
	octets('auth', new Uint8Array(0)),
	text('auth_token', token.authToken),
	octets('delegation', token.delegation),
	BUNDLES
];

/** Undefined when a part is missing. */
export const readToken = (data: readonly ProtocolData[]): AuthToken | undefined => {
	const authToken = findText(data, 'auth_token');
	const delegation = find(data, 'delegation');
	return authToken !== undefined && delegation ? { authToken, delegation } : undefined;
};
