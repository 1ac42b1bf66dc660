/** What links and accounts do for the connector: how a packet reaches a neighbour, and what is said beside it. */
import type { IlpReply } from '../codec/ilp.ts';
import type { SignedClaim } from '../settlement/chain.ts';

/** A neighbour is named by the key of its link: a device's, hex, or `ilp:` and the name of an account. */
export interface Transport {
	state(peer: string): 'up' | 'busy' | 'down';
	/** Resolves with the answer to the encoded prepare, which expires at `expiresAt` (Unix ms); `undefined` when the link broke or stayed silent. */
	transmit(
		peer: string,
		prepare: Uint8Array,
		claim: SignedClaim | undefined,
		expiresAt: number
	): Promise<IlpReply | undefined>;
	/** Tells the neighbour that these fulfilments of its came too late to be counted. */
	refuseLate(peer: string, prepares: readonly Uint8Array[]): void;
	/** Ends the connection: the next hello tells again what could not be written down. */
	drop(peer: string): void;
	/** Shows the neighbour the newest claims once more before the next packet: it may have lost one. */
	presentClaims(peer: string): void;
}
