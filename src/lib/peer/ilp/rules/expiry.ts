/**
 * Time. A packet is taken while it lives, held no longer than this node holds anything, and passed on
 * with a margin less, so that the fulfilment can still be told to the one before (RFC 27).
 */
import { LIMITS } from '../../limits.ts';
import type { Rejects } from '../rejects.ts';
import type { Arrival, Departure, Rule } from './rule.ts';

export const notExpired =
	({ reject }: Rejects): Rule<Arrival> =>
	({ prepare, now }) =>
		prepare.expiresAt <= now ? reject('R00', 'expired on arrival') : undefined;

/**
 * A packet with money is remembered until it expires, also one that is rejected at once, so nobody says until when
 * without a bound. Others shorten what they pass on, as this node does, so that such a packet comes from a neighbour itself.
 */
export const expiresSoon =
	({ reject }: Rejects): Rule<Arrival> =>
	({ prepare, now }) =>
		prepare.amount > 0n && prepare.expiresAt > now + LIMITS.expiryMostMs
			? reject('F00', 'expires more than a day from now')
			: undefined;

/** When a packet expires on the next link; all three are Unix ms. */
export const expiryOnNextLink = (expiresAt: number, now: number): number =>
	Math.min(expiresAt, now + LIMITS.maxHoldMs) - LIMITS.expiryMarginMs;

export const enoughTime =
	({ reject }: Rejects): Rule<Departure> =>
	({ outExpiresAt, now }) =>
		outExpiresAt <= now + LIMITS.expiryMarginMs
			? reject('R02', 'too little time for the next hop')
			: undefined;
