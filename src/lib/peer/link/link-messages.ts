/** What may be said on a link that is up, by the name of the first protocol data (messages.ts). */
import type { ProtocolData } from '../codec/btp.ts';
import { encodeIlpPacket } from '../codec/ilp.ts';
import { decodeOutcomes, decodeSettleRequest, encodeSettleAnswer } from '../codec/link.ts';
import { err, ok, type Result } from '../result.ts';
import type { BtpRefusal } from './btp-connection.ts';
import type { ClaimExchange } from './claims.ts';
import type { LinksDeps } from './links-deps.ts';
import type { LiveLink } from './live-link.ts';
import type { OutcomeExchange } from './outcomes.ts';
import { find, octets, refusal } from './protocol-data.ts';

export type OnLinkMessage = (
	link: LiveLink,
	data: readonly ProtocolData[]
) => Promise<Result<readonly ProtocolData[], BtpRefusal>>;

export const createLinkMessages = (
	deps: Pick<LinksDeps, 'connector' | 'settle'>,
	{ claims, outcomes }: { claims: ClaimExchange; outcomes: OutcomeExchange }
): OnLinkMessage => {
	type Answer = Promise<Result<readonly ProtocolData[], BtpRefusal>>;

	const onPacket = async (link: LiveLink, data: readonly ProtocolData[], packet: Uint8Array): Answer => {
		const refused = await claims.apply(link, find(data, 'claim'));
		if (refused) return err(refused);
		const reply = await deps.connector().handle(link.peer, packet, () => !link.connection.closed);
		return ok([octets('ilp', encodeIlpPacket(reply))]);
	};

	const onSettle = async (link: LiveLink, bytes: Uint8Array): Answer => {
		const request = decodeSettleRequest(bytes);
		if (!request.ok) return refusal('F01', request.error.reason);
		if (request.value.op !== 'late')
			return ok([octets('settle', encodeSettleAnswer(await deps.settle(link.peer, request.value)))]);
		if ((await deps.connector().takeLate(link.peer, request.value.prepares)) === 'cut')
			return refusal('F00', 'too much of what I delivered is called late', true);
		return ok([octets('settle', encodeSettleAnswer({ op: 'done' }))]);
	};

	return async (link, data) => {
		const [first] = data;
		// Somebody asks whether this end is still there.
		if (!first) return ok([]);
		switch (first.protocolName) {
			case 'ilp':
				return onPacket(link, data, first.data);
			case 'claim': {
				const refused = await claims.apply(link, first.data);
				return refused ? err(refused) : ok([]);
			}
			case 'link': {
				const told = decodeOutcomes(first.data);
				if (!told.ok) return refusal('F01', told.error.reason);
				// The answer says that it is on disk; without one it is told again.
				await outcomes.take(link, told.value.outcomes);
				return ok([]);
			}
			case 'settle':
				return onSettle(link, first.data);
			default:
				return refusal('F00', 'unknown protocol');
		}
	};
};
