/** Errors that the page itself meets, in the shape of the peer's, so that one component shows both. */
import type { PeerError, PeerErrorType } from '../peer/errors.ts';

export const peerError = (type: PeerErrorType, reason: string): PeerError => ({ type, reason });
