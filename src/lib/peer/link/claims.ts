/** Claims on a link: what comes is taken in (channel/held-claims.ts), what the neighbour has not got is shown again. */
import { decodeWireClaim, encodeWireClaim } from '../codec/link.ts';
import type { BtpRefusal } from './btp-connection.ts';
import type { LinksDeps } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import type { WireClaim } from './messages.ts';
import { octets } from './protocol-data.ts';
import type { Spawn } from './spawn.ts';

export interface ClaimExchange {
	/** After all claims that came before it; a forged one ends the connection. */
	apply(link: LiveLink, claim: Uint8Array | undefined): Promise<BtpRefusal | undefined>;
	/** `held`: claims the neighbour is known to have. */
	present(link: LiveLink, held: readonly WireClaim[]): Promise<void>;
}

export const createClaims = (
	deps: Pick<LinksDeps, 'channels' | 'heldClaims' | 'scheme' | 'signClaim' | 'onEvent'>,
	spawn: Spawn
): ClaimExchange => {
	const { channels, heldClaims, scheme } = deps;

	/**
	 * Sends the newest claim of each channel of which the neighbour holds less: the message that carried
	 * it was lost with a connection, or came before the neighbour knew the channel. Without it this side
	 * would count on money that the other never saw.
	 */
	const present = async (link: LiveLink, held: readonly WireClaim[]): Promise<void> => {
		if (!scheme) return;
		for (const { id, epoch, key, status, promised } of channels.ofPeer(link.peer, 'out')) {
			if (status !== 'open' || promised === 0n) continue;
			if (held.some((claim) => claim.channel === id && claim.epoch === epoch && claim.cumulative >= promised))
				continue;
			const { cumulative, signature } = await deps.signClaim({ id, epoch, key, cumulative: promised });
			const wire = encodeWireClaim({ scheme: scheme.id, channel: id, epoch, cumulative, signature });
			// Not waited for: the order on the socket is all that packets behind it need.
			spawn(
				'a claim',
				link.connection.request([octets('claim', wire)]).then((answer) => {
					if (!answer.ok && answer.error.type === 'BtpError') link.claimsOwed = true;
				})
			);
		}
	};

	const take = async (link: LiveLink, bytes: Uint8Array): Promise<BtpRefusal | undefined> => {
		const decoded = decodeWireClaim(bytes);
		if (!decoded.ok || !scheme || !heldClaims || decoded.value.scheme !== scheme.id)
			return { code: 'F01', text: 'a claim that cannot be read' };
		const refusal = await heldClaims.take(link.peer, decoded.value);
		if (refusal === undefined) return undefined;
		deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: refusal });
		// Nothing changes by it, and the packet beside it is judged as usual.
		if (refusal === 'ClaimNotIncreasing') return undefined;
		return { code: 'F00', text: refusal, close: refusal === 'ClaimForged' };
	};

	return {
		apply: (link, claim) => {
			const mine = claim && take(link, claim);
			// Strict order: what a packet may spend includes every claim that came before it.
			const applied = link.claims.then(() => mine);
			link.claims = applied.catch(() => undefined);
			return applied;
		},
		present
	};
};
