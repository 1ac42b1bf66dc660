import { bytesToHex } from '../../bytes.ts';

/**
 * One prepare on one link: a key of maps, and the ledger's group of what it moves. Two neighbours may send the same
 * bytes, and one of them be paid. `hash`: SHA-256 of the prepare as it crosses that link.
 */
export const packetKey = (peer: string, hash: Uint8Array): string => `${peer}/${bytesToHex(hash)}`;
