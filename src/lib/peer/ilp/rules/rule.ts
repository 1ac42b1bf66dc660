/**
 * A rule looks at one packet and refuses it, or has nothing against it. Rules know neither each other
 * nor what follows; their order is the lists in connector.ts and connector/forward.ts.
 */
import type { IlpPrepare, IlpReject } from '../../codec/ilp.ts';
import type { Route } from '../routes.ts';

/** The refusal, or undefined. Synchronous: what comes next must see what this one saw. */
export type Rule<T> = (packet: T) => IlpReject | undefined;

/** A prepare as it came from a neighbour. */
export interface Arrival {
	/** The neighbour. */
	readonly peer: string;
	readonly prepare: IlpPrepare;
	/** The prepare as it crossed the link. */
	readonly bytes: Uint8Array;
	/** Unix ms. */
	readonly now: number;
}

/** The same prepare as it would leave for the next hop. */
export interface Departure extends Arrival {
	readonly way: Route;
	/** What is left after the fee, link units. */
	readonly out: bigint;
	/** When it expires on the next link, Unix ms. */
	readonly outExpiresAt: number;
}

/** What the first rule that minds says. */
export const firstRefusal = <T>(rules: readonly Rule<T>[], packet: T): IlpReject | undefined => {
	for (const rule of rules) {
		const refusal = rule(packet);
		if (refusal) return refusal;
	}
	return undefined;
};
