/**
 * The EVM settlement scheme: claims are EIP-712 signatures that the channel contract redeems
 * (`contracts/src/interfaces/IChannels.sol`). Signing and checking are pure; only `chain` knows a network.
 */
import type { Hex } from '../../bytes.ts';
import type { ChannelKey } from '../chain.ts';
import type { CreateScheme, SettlementScheme } from '../scheme.ts';
import { CHANNELS_ADDRESSES } from './addresses.ts';
import {
	createTypedData,
	isAmountOfEpoch,
	isChannelKey,
	MAX_UINT40,
	RECEIVE_WITH_AUTHORIZATION,
	toAddress,
	ZERO_ADDRESS
} from './typed-data.ts';

/** Number of this scheme in a `claim`. */
const EVM_SCHEME_ID = 0;

export const createEvmScheme: CreateScheme = (chain, crypto) => {
	// Where money is real there is one contract, and nobody's configuration names another.
	const known = CHANNELS_ADDRESSES[chain.chainId];
	if (known !== undefined && chain.contract !== known)
		throw new Error('not the channel contract of this chain');
	const typedData = createTypedData(chain.chainId, chain.contract);

	/** Neither a malformed signature nor one by somebody else gets through. */
	const isSignedBy = async (signer: Hex, digest: Uint8Array, signature: Uint8Array): Promise<boolean> => {
		const recovered = await crypto.ecdsaRecover(digest, signature);
		return recovered !== undefined && toAddress(recovered) === signer;
	};

	const isClaimBy: SettlementScheme['isClaimBy'] = async (
		signer,
		{ channel, epoch, cumulative, signature }
	) =>
		isAmountOfEpoch(epoch, cumulative) &&
		isSignedBy(signer, typedData.claimDigest(channel, epoch, cumulative), signature);

	const assertKey = (key: ChannelKey): void => {
		if (!isChannelKey(key)) throw new Error('malformed channel key');
	};

	return {
		id: EVM_SCHEME_ID,
		name: 'evm',
		asset:
			chain.token === ZERO_ADDRESS
				? `eip155:${chain.chainId}/slip44:60`
				: `eip155:${chain.chainId}/erc20:${chain.token}`,
		tokenScale: chain.tokenScale,
		chain,

		channelId: (key) => {
			assertKey(key);
			return typedData.channelId(key);
		},

		signClaim: async (secret, key, epoch, cumulative) => {
			assertKey(key);
			if (!isAmountOfEpoch(epoch, cumulative)) throw new Error('epoch or amount out of range');
			const digest = typedData.claimDigest(typedData.channelId(key), epoch, cumulative);
			return { key, epoch, cumulative, signature: await crypto.ecdsaSign(secret, digest) };
		},

		verifyClaim: async ({ key, ...claim }) =>
			isChannelKey(key) && isClaimBy(key.signer, { ...claim, channel: typedData.channelId(key) }),
		isClaimBy,

		signClose: async (secret, key, epoch, capture, deadline) => {
			assertKey(key);
			if (!isAmountOfEpoch(epoch, capture)) throw new Error('epoch or amount out of range');
			const digest = typedData.closeDigest(typedData.channelId(key), epoch, capture, deadline);
			return { key, epoch, capture, deadline, signature: await crypto.ecdsaSign(secret, digest) };
		},

		verifyClose: async ({ key, epoch, capture, deadline, signature }) => {
			if (!isChannelKey(key) || !isAmountOfEpoch(epoch, capture)) return false;
			if (!Number.isInteger(deadline) || deadline < 0 || deadline > MAX_UINT40) return false;
			const digest = typedData.closeDigest(typedData.channelId(key), epoch, capture, deadline);
			return isSignedBy(key.payee, digest, signature);
		},

		fundingTypedData: ({ key, amount, validAfter, validBefore, index }, epoch, tokenDomain) => {
			assertKey(key);
			return {
				domain: { ...tokenDomain, chainId: chain.chainId, verifyingContract: key.token },
				types: { ReceiveWithAuthorization: RECEIVE_WITH_AUTHORIZATION },
				primaryType: 'ReceiveWithAuthorization',
				message: {
					from: key.payer,
					to: chain.contract,
					value: amount,
					validAfter: BigInt(validAfter),
					validBefore: BigInt(validBefore),
					nonce: typedData.authorizationNonce(typedData.channelId(key), epoch, index)
				}
			};
		}
	};
};
