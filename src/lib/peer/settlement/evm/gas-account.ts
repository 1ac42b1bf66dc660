/**
 * The account that pays gas: it signs EIP-1559 transactions with the host's own ECDSA. viem's accounts bring a second
 * implementation of the curve along, whose tables are made at every start, before a node serves anybody.
 */
import { keccak256, parseSignature, serializeTransaction, type TransactionSerializableEIP1559 } from 'viem';
import { toHex0x, type Hex } from '../../bytes.ts';
import type { SyncCrypto } from '../../crypto/noble-crypto.ts';
import type { Address } from '../chain.ts';

export interface GasAccount {
	/** Lower case. */
	readonly address: Address;
	/** The bytes that are handed in. */
	signTransaction(transaction: TransactionSerializableEIP1559): Hex;
}

/** `secret`: 32 bytes. */
export const createGasAccount = (
	secret: Uint8Array,
	crypto: Pick<SyncCrypto, 'evmAddress' | 'ecdsaSign'>
): GasAccount => ({
	address: toHex0x(crypto.evmAddress(secret)),
	signTransaction: (transaction) => {
		const digest = keccak256(serializeTransaction(transaction), 'bytes');
		return serializeTransaction(transaction, parseSignature(toHex0x(crypto.ecdsaSign(secret, digest))));
	}
});
