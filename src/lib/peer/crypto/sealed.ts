/** AES-GCM's answer in the form that most libraries and our server tokens use: the tag behind the ciphertext. */
import { concatBytes } from '../bytes.ts';
import type { Sealed } from '../platform.ts';

export const AES_GCM_TAG_LENGTH = 16;

/** Views, not copies. Fewer bytes than a tag make a shorter one, which no provider accepts. */
export const splitTag = (bytes: Uint8Array): Sealed => {
	const length = Math.max(0, bytes.length - AES_GCM_TAG_LENGTH);
	return { ciphertext: bytes.subarray(0, length), tag: bytes.subarray(length) };
};

export const joinTag = ({ ciphertext, tag }: Sealed): Uint8Array => concatBytes(ciphertext, tag);
