/** Claims on a link: what comes is verified and kept, what the neighbour has not got is shown again. */
import { decodeWireClaim, encodeWireClaim } from '../codec/link.ts';
import type { SignedClaim } from '../settlement/chain.ts';
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
	deps: Pick<LinksDeps, 'platform' | 'commits' | 'channels' | 'scheme' | 'signClaim' | 'onEvent'>,
	spawn: Spawn
): ClaimExchange => {
	const { platform, commits, channels, scheme } = deps;
	const { clock, log } = platform;

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

	const applyClaim = async (link: LiveLink, bytes: Uint8Array): Promise<BtpRefusal | undefined> => {
		const decoded = decodeWireClaim(bytes);
		if (!decoded.ok || !scheme || decoded.value.scheme !== scheme.id)
			return { code: 'F01', text: 'a claim that cannot be read' };
		const claim = decoded.value;
		const judged = channels.judge(link.peer, claim);
		if (!judged.ok) {
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: judged.error.type });
			return { code: 'F00', text: judged.error.type };
		}
		const channel = judged.value;
		const signed: SignedClaim = {
			key: channel.key,
			epoch: claim.epoch,
			cumulative: claim.cumulative,
			signature: claim.signature
		};
		if (!(await scheme.verifyClaim(signed))) {
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: 'ClaimForged' });
			return { code: 'F00', text: 'ClaimForged', close: true };
		}
		if (claim.cumulative <= channel.claimed) {
			log('info', 'ClaimNotIncreasing', { peer: link.peer, channel: claim.channel });
			deps.onEvent({ type: 'claimRefused', peer: link.peer, reason: 'ClaimNotIncreasing' });
			return undefined;
		}
		await commits.run(() => channels.accept(signed, channel, clock.now()));
		deps.onEvent({ type: 'claim', peer: link.peer, channel: claim.channel });
		return undefined;
	};

	return {
		apply: (link, claim) => {
			// Strict order: what a packet may spend includes every claim that came before it.
			const applied = link.claims.then(() => (claim ? applyClaim(link, claim) : undefined));
			link.claims = applied.catch(() => undefined);
			return applied;
		},
		present
	};
};
