import type { IlpPrepare } from '../../codec/ilp.ts';
import type { Packets } from '../../link/packets.ts';

/**
 * The row by which a neighbour's prepare is known until long after it expired. Inside a transaction.
 * `group`: of the transfers it causes. `fulfilled`: it is decided in the same transaction.
 */
export const insertIncoming = (
	packets: Pick<Packets, 'insert'>,
	peer: string,
	{ amount, expiresAt, condition }: IlpPrepare,
	hash: Uint8Array,
	group: string,
	fulfilled?: { readonly fulfillment: Uint8Array; readonly at: number }
): void =>
	packets.insert({
		link: peer,
		direction: 'in',
		hash,
		amount,
		expiresAt,
		condition,
		group,
		inLink: undefined,
		inHash: undefined,
		...(fulfilled ? { fulfilled } : {})
	});
