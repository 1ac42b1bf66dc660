/**
 * What every way of settling must offer to a link, whatever its chain. A claim is chain-neutral
 * here (channel, epoch, cumulative amount, signature bytes); the scheme knows how to sign, check
 * and redeem it. `verify` and `digest` are pure: they never ask a chain.
 */
import type { Hex } from '../bytes.ts';
import type { Crypto } from '../platform.ts';
import type {
	Address,
	ChainPort,
	ChannelKey,
	FundingAuthorization,
	SignedClaim,
	SignedClose
} from './chain.ts';

export interface SettlementScheme {
	/** As written in a claim: 0 is `evm`. */
	readonly id: number;
	readonly name: string;
	/** CAIP-19 of the asset, such as `eip155:31337/erc20:0x…`. */
	readonly asset: string;
	/** Decimals of the token; links keep scale 9. */
	readonly tokenScale: number;
	channelId(key: ChannelKey): Hex;
	signClaim(secret: Uint8Array, key: ChannelKey, epoch: number, cumulative: bigint): Promise<SignedClaim>;
	/** True only if the channel's `signer` signed exactly this (channel, epoch, cumulative). */
	verifyClaim(claim: SignedClaim): Promise<boolean>;
	/** The same of a channel of which nothing is known but its id: whether this signer made the claim. */
	isClaimBy(
		signer: Address,
		claim: Pick<SignedClaim, 'epoch' | 'cumulative' | 'signature'> & { readonly channel: Hex }
	): Promise<boolean>;
	/** By the payee's own key: consent to end the channel at `capture`. */
	signClose(
		secret: Uint8Array,
		key: ChannelKey,
		epoch: number,
		capture: bigint,
		deadline: number
	): Promise<SignedClose>;
	verifyClose(close: SignedClose): Promise<boolean>;
	/** The EIP-712 typed data a wallet is asked to sign to fund a channel (EIP-3009). */
	fundingTypedData(
		funding: Omit<FundingAuthorization, 'signature'>,
		epoch: number,
		tokenDomain: { readonly name: string; readonly version: string }
	): FundingTypedData;
	readonly chain: ChainPort;
}

/** JSON-safe except for bigints, in the shape `eth_signTypedData_v4` and viem expect. */
export interface FundingTypedData {
	readonly domain: {
		readonly name: string;
		readonly version: string;
		readonly chainId: number;
		readonly verifyingContract: Hex;
	};
	readonly types: {
		readonly ReceiveWithAuthorization: readonly { readonly name: string; readonly type: string }[];
	};
	readonly primaryType: 'ReceiveWithAuthorization';
	readonly message: {
		readonly from: Hex;
		readonly to: Hex;
		readonly value: bigint;
		readonly validAfter: bigint;
		readonly validBefore: bigint;
		readonly nonce: Hex;
	};
}

export type CreateScheme = (chain: ChainPort, crypto: Crypto) => SettlementScheme;
