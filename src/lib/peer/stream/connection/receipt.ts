/**
 * STREAM receipts (RFC 39): how a third party, the verifier, learns that a payee was paid. It chooses a nonce
 * and shares a secret with the payee; the payee proves in each fulfill how much the stream has received
 * so far; the payer hands the newest proof on, and cannot make one.
 *
 * ```
 * receipt = 0x01 ‖ nonce 16 ‖ streamId UInt8 ‖ totalReceived UInt64 ‖ HMAC-SHA256(secret, the 26 bytes before)
 * ```
 */
import { bytesEqual } from '../../bytes.ts';
import { OerReader, OerWriter } from '../../codec/oer.ts';
import type { Crypto, Eventually } from '../../platform.ts';
import { whenever } from '../whenever.ts';
import type { ReceiptSetup } from './stream-api.ts';

const VERSION = 1;
const RECEIPT_LENGTH = 58;
const SIGNED_LENGTH = 26;
/** The receipt has one byte for it: streams beyond get none. */
export const MAX_RECEIPT_STREAM_ID = 255;

export interface Receipt {
	readonly nonce: Uint8Array;
	readonly streamId: number;
	/** In the receiver's units, since the stream began. */
	readonly totalReceived: bigint;
}

export const createReceipt = (
	crypto: Crypto,
	setup: ReceiptSetup,
	streamId: number,
	totalReceived: bigint
): Eventually<Uint8Array> => {
	const writer = new OerWriter(SIGNED_LENGTH);
	writer.uint8(VERSION);
	writer.fixed(setup.nonce);
	writer.uint8(streamId);
	writer.uint64(totalReceived);
	const signed = writer.finish();
	return whenever(crypto.hmacSha256(setup.secret, signed), (mac) => {
		const receipt = new Uint8Array(RECEIPT_LENGTH);
		receipt.set(signed);
		receipt.set(mac, SIGNED_LENGTH);
		return receipt;
	});
};

/** What a receipt says; undefined for other bytes. Only {@link verifyReceipt} tells whether it is true. */
export const decodeReceipt = (bytes: Uint8Array): Receipt | undefined => {
	if (bytes.length !== RECEIPT_LENGTH || bytes[0] !== VERSION) return undefined;
	const reader = new OerReader(bytes.subarray(1));
	return { nonce: reader.fixed(16), streamId: reader.uint8(), totalReceived: reader.uint64() };
};

/** The verifier's side: undefined unless the holder of `secret` made it. The nonce is the caller's to compare. */
export const verifyReceipt = (
	crypto: Crypto,
	secret: Uint8Array,
	bytes: Uint8Array
): Eventually<Receipt | undefined> => {
	const receipt = decodeReceipt(bytes);
	if (receipt === undefined) return undefined;
	return whenever(crypto.hmacSha256(secret, bytes.subarray(0, SIGNED_LENGTH)), (mac) =>
		bytesEqual(mac, bytes.subarray(SIGNED_LENGTH)) ? receipt : undefined
	);
};
