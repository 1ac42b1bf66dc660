import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { toHex0x } from '../../bytes.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import { createSeededRandom } from '../../testing/seeded-random.ts';
import { createGasAccount } from './gas-account.ts';

describe('the account that pays gas', () => {
	it('is the one that viem makes of the same key, and signs the same bytes', async () => {
		const random = createSeededRandom('gas account');
		for (let nonce = 0; nonce < 20; nonce++) {
			const secret = random.bytes(32);
			const theirs = privateKeyToAccount(toHex0x(secret));
			const ours = createGasAccount(secret, nobleCrypto);
			expect(ours.address).toBe(theirs.address.toLowerCase());
			const transaction = {
				type: 'eip1559',
				chainId: 31337,
				nonce,
				to: toHex0x(random.bytes(20)),
				data: toHex0x(random.bytes(100)),
				value: BigInt(nonce),
				gas: 100_000n,
				maxFeePerGas: 2_000_000_000n,
				maxPriorityFeePerGas: 1n
			} as const;
			expect(ours.signTransaction(transaction)).toBe(await theirs.signTransaction(transaction));
		}
	});
});
