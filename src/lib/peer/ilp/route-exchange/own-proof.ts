/** The proof that this node's own address is its own (ilp/route-proof.ts), signed anew in good time. */
import { fromHex } from '../../bytes.ts';
import type { CcpRouteProp } from '../../codec/ccp.ts';
import { LIMITS } from '../../limits.ts';
import { needsRouteProof, routeProofDigest, routeProofProp } from '../route-proof.ts';
import type { RouteExchangeDeps } from './deps.ts';

export interface OwnProof {
	/** For the newest address that {@link renew} was asked to sign for; none while it is not signed. */
	props(): readonly CcpRouteProp[];
	/** Signs for the address in this table, if that is due; `tell` is called when the signature is there. */
	renew(address: string, tableId: string): void;
	/** The address or the table is another one. */
	forget(): void;
}

export const createOwnProof = (
	{ clock, crypto, log, owner }: Pick<RouteExchangeDeps, 'clock' | 'crypto' | 'log' | 'owner'>,
	{
		address,
		isStopped,
		tell
	}: {
		readonly address: () => string | undefined;
		readonly isStopped: () => boolean;
		readonly tell: () => void;
	}
): OwnProof => {
	let proof: { readonly prop: CcpRouteProp; readonly renewAt: number } | undefined;
	let signing = false;

	return {
		props: () => (proof ? [proof.prop] : []),
		renew: (prefix, tableId) => {
			if (!owner || !needsRouteProof(prefix) || signing) return;
			if (proof && clock.now() < proof.renewAt) return;
			signing = true;
			const id = fromHex(tableId.replaceAll('-', ''));
			const expiresAt = Math.floor((clock.now() + LIMITS.routeProofMs) / 1_000);
			const renewAt = clock.now() + LIMITS.routeProofMs / 2;
			routeProofDigest(crypto, prefix, id, expiresAt)
				.then((digest) => owner.sign(digest))
				.then(
					(signature) => {
						signing = false;
						if (isStopped()) return;
						if (address() === prefix)
							proof = { prop: routeProofProp(owner.pubkey, id, expiresAt, signature), renewAt };
						tell();
					},
					(error: unknown) => {
						signing = false;
						log('error', 'a route could not be signed', { error: String(error) });
					}
				);
		},
		forget: () => {
			proof = undefined;
		}
	};
};
