/** Randomness of a Node host, asked of the system by the page: a call for each nonce would cost more than its packet's hash. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../../src/lib/peer/platform.ts';

const POOL_BYTES = 4_096;

const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

export const nodeRandom: Random = {
	bytes: (length) => {
		if (length > POOL_BYTES / 4) return randomFillSync(new Uint8Array(length));
		if (used + length > POOL_BYTES) {
			randomFillSync(pool);
			used = 0;
		}
		const bytes = pool.slice(used, used + length);
		// Nobody who looks into this memory later finds a key there.
		pool.fill(0, used, used + length);
		used += length;
		return bytes;
	}
};
