/** The proof of who somebody is, as it travels in a BTP message. */
import type { ProtocolData } from '../codec/btp.ts';
import type { AuthToken } from '../peering/auth-token.ts';
import { find, findText, octets, text } from './protocol-data.ts';

export const authData = (token: AuthToken): readonly ProtocolData[] => [
	octets('auth', new Uint8Array(0)),
	text('auth_token', token.authToken),
	octets('delegation', token.delegation)
];

/** Undefined when a part is missing. */
export const readToken = (data: readonly ProtocolData[]): AuthToken | undefined => {
	const authToken = findText(data, 'auth_token');
	const delegation = find(data, 'delegation');
	return authToken !== undefined && delegation ? { authToken, delegation } : undefined;
};
