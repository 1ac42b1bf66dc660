/**
 * Generated from contracts/src by `npm run contracts`. Do not edit.
 *
 * Where the channel contract lives on the chains it is meant for, by chain id. The address follows from
 * its code (CREATE2); that it is named here does not say that it has been deployed there yet:
 * `npm run contracts:verify` asks the chain.
 */
import type { Address } from '../chain.ts';

export const CHANNELS_ADDRESSES: Readonly<Record<number, Address>> = {
	/** Base */
	8453: '0xc2830221a5ae763ad191dedbe281e950e447fa86',
	/** Base Sepolia */
	84532: '0xc2830221a5ae763ad191dedbe281e950e447fa86'
};
