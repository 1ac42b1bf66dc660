/**
 * What is said to the channel contract in other words than the ABI's own.
 *
 * - **Leaving**: what a person's own wallet sends to leave a channel without the other side: ask, wait
 *   for the grace, withdraw. The peer only prepares these; it holds no key that could send them.
 * - **Signatures in two words** (EIP-2098): r, and s with v − 27 in its highest bit.
 * - **Packed rows**: a claim in 157 bytes, laid out in `contracts/src/PackedRows.sol`.
 * - **Amounts of an event**: an epoch and two amounts in one word.
 */
import { encodeFunctionData } from 'viem/utils';
import { concatBytes, fromHex, toHex0x, type Hex } from '../../bytes.ts';
import type { ChannelKey, SignedClaim } from '../chain.ts';
import { channelsAbi } from './generated.ts';
import { MAX_UINT96 } from './typed-data.ts';

export const encodeRequestClose = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'requestClose', args: [key] });

export const encodeWithdraw = (key: ChannelKey): Hex =>
	encodeFunctionData({ abi: channelsAbi, functionName: 'withdraw', args: [key] });

const WORD = 32;
const V_AT = 64;

/** A canonical signature of 65 bytes (r ‖ s ‖ v, s in the lower half) as the two words of EIP-2098. */
export const compactSignature = (signature: Uint8Array): readonly [Hex, Hex] => {
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
