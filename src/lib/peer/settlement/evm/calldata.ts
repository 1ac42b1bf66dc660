/**
 * What is said to the channel contract.
 *
 * - **Acts**: what an account sends, as contract and data.
 * - **Leaving**: what a person's own wallet sends to leave a channel without the other side: ask, wait
 *   for the grace, withdraw. The peer only prepares these; it holds no key that could send them.
 * - **Signatures in two words** (EIP-2098): r, and s with v − 27 in its highest bit.
 * - **Packed rows**: a claim in 157 bytes, laid out in `contracts/src/PackedRows.sol`.
 * - **Amounts of an event**: an epoch and two amounts in one word.
 */
import { encodeFunctionData } from 'viem/utils';
import { concatBytes, fromHex, toHex0x, type Hex } from '../../bytes.ts';
import type { Address, ChainAct, ChannelKey, FundingAuthorization, SignedClaim } from '../chain.ts';
import { channelsAbi, testDollarAbi } from './generated.ts';
import { MAX_UINT96, ZERO_ADDRESS } from './typed-data.ts';

export const encodeRequestClose = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [key] });

export const encodeWithdraw = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'withdraw', args: [key] });

const WORD = 32;
const V_AT = 64;

/** A canonical signature of 65 bytes (r ‖ s ‖ v, s in the lower half) as the two words of EIP-2098. */
const compactSignature = (signature: Uint8Array): readonly [Hex, Hex] => {
	const vs = signature.slice(WORD, V_AT);
	if (signature[V_AT] === 28) vs[0] = (vs[0] ?? 0) | 0x80;
	return [toHex0x(signature.slice(0, WORD)), toHex0x(vs)];
};

/** Big-endian, in so many bytes. */
const uint = (value: bigint | number, bytes: number): Uint8Array =>
	fromHex(value.toString(16).padStart(2 * bytes, '0'));

/** The rows of `claimPacked`; all claims are of one payee in one token. */
export const packRows = (claims: readonly SignedClaim[]): Hex =>
	toHex0x(
		concatBytes(
			...claims.flatMap(({ key, cumulative, signature }) => [
				fromHex(key.payer),
				fromHex(key.signer),
				uint(key.grace, 4),
				uint(key.expiry, 5),
				fromHex(key.salt),
				uint(cumulative, 12),
				...compactSignature(signature).map((word) => fromHex(word))
			])
		)
	);

/** What an event says of an epoch; the event's documentation says which amounts these are. */
export const unpackAmounts = (
	amounts: bigint
): { readonly epoch: number; readonly first: bigint; readonly second: bigint } => ({
	epoch: Number(amounts >> 192n),
	first: (amounts >> 96n) & MAX_UINT96,
	second: amounts & MAX_UINT96
});

const encodeFunding = ({
	key,
	amount,
	validAfter,
	validBefore,
	index,
	signature
}: FundingAuthorization): Hex => {
	const authorization = {
		validAfter: BigInt(validAfter),
		validBefore: BigInt(validBefore),
		signature: toHex0x(signature)
	};
	return index === 0
		? encodeFunctionData({
				abi: channelsAbi,
				functionName: 'openWithAuthorization',
				args: [key, amount, authorization]
			})
		: encodeFunctionData({
				abi: channelsAbi,
				functionName: 'topUpWithAuthorization',
				args: [key, amount, BigInt(index), authorization]
			});
};

const encodeRedeem = (claims: readonly [SignedClaim, ...SignedClaim[]]): Hex => {
	const [{ key, cumulative, signature }] = claims;
	return claims.length === 1
		? encodeFunctionData({
				abi: channelsAbi,
				functionName: 'claim',
				args: [key, cumulative, compactSignature(signature)]
			})
		: encodeFunctionData({
				abi: channelsAbi,
				functionName: 'claimPacked',
				args: [key.payee, key.token, packRows(claims)]
			});
};

export interface Call {
	readonly to: Address;
	readonly data: Hex;
	/** Wei. */
	readonly value: bigint;
}

/** `contract` is the channels', `token` what a plain transfer moves. Undefined: there is nothing to send. */
export const encodeAct = (act: ChainAct, contract: Address, token: Address): Call | undefined => {
	const toContract = (data: Hex, value = 0n): Call => ({ to: contract, data, value });
	switch (act.type) {
		case 'open':
		case 'topUp': {
			const { type: functionName, key, amount } = act;
			const data = encodeFunctionData({ abi: channelsAbi, functionName, args: [key, amount] });
			return toContract(data, key.token === ZERO_ADDRESS ? amount : 0n);
		}
		case 'fund':
			return toContract(encodeFunding(act.funding));
		case 'redeem': {
			const [first, ...rest] = act.claims;
			return first && toContract(encodeRedeem([first, ...rest]));
		}
		case 'close': {
			const { key, capture, deadline, signature } = act.close;
			const cumulative = act.claim?.cumulative ?? 0n;
			const claimSignature = toHex0x(act.claim?.signature ?? new Uint8Array());
			return toContract(
				encodeFunctionData({
					abi: channelsAbi,
					functionName: 'closeWithSignature',
					args: [key, capture, cumulative, claimSignature, deadline, toHex0x(signature)]
				})
			);
		}
		case 'requestClose':
			return toContract(encodeRequestClose(act.key));
		case 'withdraw':
			return toContract(encodeWithdraw(act.key));
		case 'transfer': {
			const args = [act.to, act.amount] as const;
			const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args });
			return { to: token, data, value: 0n };
		}
	}
};

/** Lets the contract take exactly that much of the account's tokens. */
export const encodeApproval = (token: Address, contract: Address, amount: bigint): Call => {
	const args = [contract, amount] as const;
	return {
		to: token,
		data: encodeFunctionData({ abi: testDollarAbi, functionName: 'approve', args }),
		value: 0n
	};
};
