/** HKDF-SHA256 (RFC 5869) on the crypto port, for outputs of up to one hash. */
import { concatBytes } from '../bytes.ts';
import type { Crypto } from '../platform.ts';

/** RFC 5869 section 2.2: no salt means as many zeros as the hash is long (WebCrypto refuses empty keys). */
const NO_SALT = new Uint8Array(32);

/** `length` at most 32 bytes: all this protocol derives are keys. */
export const hkdfSha256 = async (
	crypto: Crypto,
	ikm: Uint8Array,
	salt: Uint8Array,
	info: Uint8Array,
	length = 32
): Promise<Uint8Array> => {
	if (length > 32) throw new Error('HKDF output beyond one hash');
	const key = await crypto.hmacSha256(salt.length === 0 ? NO_SALT : salt, ikm);
	return (await crypto.hmacSha256(key, concatBytes(info, Uint8Array.of(1)))).slice(0, length);
};
