/**
 * What the questions of a packet may look at in the store. Asking costs next to nothing, so that all that one packet
 * asks is bounded together: beyond {@link LIMITS.lookedAtPerPacket} EOSE says that there is more, and a question that
 * comes behind it is refused.
 */
import type { StoredEvent } from '../events/store.ts';
import { LIMITS } from '../limits.ts';

export interface Looks {
	left: number;
}

export const ASK_FOR_LESS = 'ask for less in one packet';
/** Of looking at an event: it is as much work as so many bytes of another. */
const LOOK_BYTES = 1_024;
/** Of a filter that finds nothing: it is as much work as looking at so many events. */
const LOOKS_PER_FILTER = 64;

export const allLooks = (): Looks => ({ left: LIMITS.lookedAtPerPacket });

/** One page of the store, read by so many filters: each may have found all of it. */
export const look = (looks: Looks, page: readonly StoredEvent[], filters: number): void => {
	const found = page.reduce((sum, { size }) => sum + 1 + size / LOOK_BYTES, 0);
	looks.left -= filters * (LOOKS_PER_FILTER + found);
};
