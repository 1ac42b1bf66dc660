/** What tests with other programs share. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Random } from '../../src/lib/peer/platform.ts';

export const nodeRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/** A port of this machine that nobody listens on: for software that must be told one. */
export const freePort = (): Promise<number> =>
	new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
		});
	});
