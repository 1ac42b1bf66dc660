/**
 * What a rollup of the OP stack (Base among them) takes beside gas: for the bytes of a transaction, which it publishes
 * on the chain below. Its own contract names the fee (`GasPriceOracle`, OP stack specifications, "predeploys"); on a chain
 * without that contract there is no such fee.
 */
import { encodeFunctionData } from 'viem';
import type { Hex } from '../../bytes.ts';
import type { Address } from '../chain.ts';

/** At the same address on every chain of the OP stack. */
export const GAS_PRICE_ORACLE: Address = '0x420000000000000000000000000000000000000f';

/** The most it can be for a transaction of so many bytes without its signature, in wei; since the upgrade "Fjord". */
export const encodeDataFeeQuestion = (bytes: number): Hex =>
	encodeFunctionData({
		abi: [
			{
				type: 'function',
				name: 'getL1FeeUpperBound',
				stateMutability: 'view',
				inputs: [{ name: '_unsignedTxSize', type: 'uint256' }],
				outputs: [{ name: '', type: 'uint256' }]
			}
		],
		args: [BigInt(bytes)]
	});

/** Of a transaction: type, numbers, prices, gas, receiver and lengths; of `claimPacked`: selector and four words. */
const ENVELOPE_BYTES = 80;
const CALL_BYTES = 4 + 4 * 32;
/** PackedRows.sol. */
const ROW_BYTES = 157;

/** A redemption of so many channels; one alone is a little smaller. */
export const redeemBytes = (channels: number): number => ENVELOPE_BYTES + CALL_BYTES + ROW_BYTES * channels;
