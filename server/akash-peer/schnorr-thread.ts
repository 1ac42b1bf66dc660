/** The other end of schnorr-threads.ts: checks what it is sent, one batch a message. */
import { parentPort } from 'node:worker_threads';
import { nodeCrypto } from './node-crypto.ts';
import { CHECK_BYTES, type Answer, type Batch } from './schnorr-threads.ts';

parentPort?.on('message', ({ id, packed }: Batch) => {
	const valid = new Uint8Array(packed.length / CHECK_BYTES);
	for (let i = 0; i < valid.length; i++) {
		const at = i * CHECK_BYTES;
		const part = (from: number, to: number): Uint8Array => packed.subarray(at + from, at + to);
		valid[i] = nodeCrypto.schnorrVerify(part(0, 32), part(32, 64), part(64, 128)) ? 1 : 0;
	}
	parentPort?.postMessage({ id, valid } satisfies Answer);
});
