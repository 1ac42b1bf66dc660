import { bytesToHex } from '../../bytes.ts';

/** Key of maps: one prepare on one link. `hash`: SHA-256 of the prepare as it crosses that link. */
export const packetKey = (peer: string, hash: Uint8Array): string => `${peer}/${bytesToHex(hash)}`;
