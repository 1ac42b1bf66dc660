import type { Random } from '../peer/platform.ts';

/** `getRandomValues` refuses more than this many bytes at once. */
const QUOTA_BYTES = 65_536;

export const webRandom: Random = {
	bytes: (length) => {
		const bytes = new Uint8Array(length);
		for (let at = 0; at < length; at += QUOTA_BYTES)
			crypto.getRandomValues(bytes.subarray(at, at + QUOTA_BYTES));
		return bytes;
	}
};
