import { describe, expect, it } from 'vitest';
import vectors from '../../../../../contracts/vectors/typed-data.json' with { type: 'json' };
import { toHex0x, type Hex } from '../../bytes.ts';
import type { ChannelKey } from '../chain.ts';
import { createTypedData } from './typed-data.ts';

const hex = (text: string): Hex => text as Hex;

/** Written by the contract's tests, where the contract answered the same (contracts/test/differential.test.ts). */
describe('what the contract hashes', () => {
	const typedData = createTypedData(vectors.chainId, hex(vectors.contract));

	it.each(vectors.vectors)('is hashed here: channel $id', (vector) => {
		const { key, epoch, deadline, index } = vector;
		const amount = BigInt(vector.amount);
		const id = typedData.channelId(key as ChannelKey);
		expect({
			id,
			nonce: typedData.authorizationNonce(id, epoch, index),
			claim: toHex0x(typedData.claimDigest(id, epoch, amount)),
			close: toHex0x(typedData.closeDigest(id, epoch, amount, deadline)),
			requestClose: toHex0x(typedData.requestCloseDigest(id, epoch, amount, deadline))
		}).toEqual({
			id: vector.id,
			nonce: vector.nonce,
			claim: vector.claim,
			close: vector.close,
			requestClose: vector.requestClose
		});
	});
});
