/** What payers promise in the messages of a world, for tests that know what they may never do. */
import { decodeBtpBundle } from '../codec/btp.ts';
import { decodeWireClaim } from '../codec/link.ts';
import { find } from '../link/protocol-data.ts';

export interface ClaimsOnTheWire {
	/** Of each channel and epoch, what each of its claims came to in the end, in the order in which they were sent. */
	readonly promised: ReadonlyMap<string, readonly bigint[]>;
	/** Looks at a message of a link. */
	see(message: Uint8Array): void;
}

export const createClaimsOnTheWire = (): ClaimsOnTheWire => {
	const promised = new Map<string, readonly bigint[]>();
	return {
		promised,
		see: (message) => {
			const packets = decodeBtpBundle(message);
			for (const { protocolData } of packets.ok ? packets.value : []) {
				const data = find(protocolData, 'claim');
				const claim = data && decodeWireClaim(data);
				if (!claim?.ok) continue;
				const { channel, epoch, cumulative } = claim.value;
				const name = `${channel}/${epoch}`;
				promised.set(name, [...(promised.get(name) ?? []), cumulative]);
			}
		}
	};
};
