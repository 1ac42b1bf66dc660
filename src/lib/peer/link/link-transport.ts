/** How packets leave on links that are up: after the claims that the neighbour must hold before them. */
import type { ProtocolData } from '../codec/btp.ts';
import { decodeReply, type IlpReply } from '../codec/ilp.ts';
import { encodeSettleRequest, encodeWireClaim } from '../codec/link.ts';
import type { Transport } from '../ilp/transport.ts';
import type { ClaimExchange } from './claims.ts';
import type { LinksDeps } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import { find, octets } from './protocol-data.ts';
import type { Spawn } from './spawn.ts';

const notTaken = (code: 'T00' | 'T01', message: string): IlpReply => ({
	type: 'reject',
	code,
	triggeredBy: '',
	message,
	data: new Uint8Array(0)
});

/** `live`: the links that are up, by device. */
export const createLinkTransport = (
	{ scheme, connector }: Pick<LinksDeps, 'scheme' | 'connector'>,
	{ live, claims, spawn }: { live: ReadonlyMap<string, LiveLink>; claims: ClaimExchange; spawn: Spawn }
): Transport => ({
	state: (peer) => {
		const link = live.get(peer);
		if (!link || link.connection.closed) return 'down';
		return link.connection.writable() ? 'up' : 'busy';
	},

	transmit: async (peer, prepare, claim): Promise<IlpReply | undefined> => {
		const link = live.get(peer);
		await link?.ready;
		if (link?.claimsOwed) {
			link.claimsOwed = false;
			const presenting = claims.present(link, []);
			link.presenting = presenting.catch(() => undefined);
			spawn('claims', presenting);
		}
		// Everybody waits for the same, so that nobody overtakes.
		await link?.presenting;
		// It never left: that is an outcome, unlike silence after it did.
		if (!link || link.connection.closed) return notTaken('T01', 'the link is down');
		const data: ProtocolData[] = [octets('ilp', prepare)];
		if (claim && scheme)
			data.push(
				octets(
					'claim',
					encodeWireClaim({
						scheme: scheme.id,
						channel: scheme.channelId(claim.key),
						epoch: claim.epoch,
						cumulative: claim.cumulative,
						signature: claim.signature
					})
				)
			);
		const answer = await link.connection.request(data);
		if (!answer.ok) {
			if (answer.error.type === 'BtpUnanswered') {
				// Every packet's life is over by now: nobody is there, or somebody broken. The next hello tells.
				if (!link.connection.closed) link.connection.close();
				return undefined;
			}
			// BTP itself failed: the packet was never judged, so nothing moved.
			if (claim) link.claimsOwed = true;
			return notTaken('T00', answer.error.text.slice(0, 200));
		}
		const bytes = find(answer.value, 'ilp');
		const reply = bytes && decodeReply(bytes);
		// An answer that is no ILP packet leaves the outcome open, as silence does.
		return reply?.ok ? reply.value : undefined;
	},

	presentClaims: (peer) => {
		const link = live.get(peer);
		if (link) link.claimsOwed = true;
	},

	drop: (peer) => live.get(peer)?.connection.close(),

	refuseLate: (peer, prepares) => {
		const link = live.get(peer);
		if (!link) return;
		spawn(
			'late',
			link.connection
				.request([octets('settle', encodeSettleRequest({ op: 'late', prepares }))])
				.then((answer) => (answer.ok ? connector().toldLate(peer, prepares) : undefined))
		);
	}
});
