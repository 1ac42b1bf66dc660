/**
 * The public surface of the core: one peer, the same source in a browser worker and in Node.
 */
/** Wires a peer from what its host supplies. */
export { createPeer } from './create-peer.ts';
export type { Peer } from './peer.ts';
export type { PeerStatus } from './peer-status.ts';
/** What a host decides about its peer, and the defaults a person can change. */
export { DEFAULT_BUDGETS, DEFAULT_PRICE, type PeerConfig } from './config.ts';
/** What a person can see and do. */
export type * from './api.ts';
/** What a host must supply. */
export type { Cancel, Clock, Crypto, Dial, DialError, Log, Platform, Random, Socket } from './platform.ts';
/** Expected failures are values. */
export { err, ok, type Result } from './result.ts';
/** Everything a person or a peer must hear of. */
export { ERRORS, peerError, type PeerError, type PeerErrorType } from './errors.ts';
/** Every limit, with its reason. */
export { LIMITS } from './limits.ts';
