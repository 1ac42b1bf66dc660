/**
 * ILDCP (RFC 31): how a child asks its parent for an address.
 *
 * The request is a prepare to `peer.config` of amount 0 without data; the answer is a fulfill whose
 * data says who the child is now:
 *
 * | field         | encoding                                                     |
 * | ------------- | ------------------------------------------------------------ |
 * | clientAddress | IA5 VarOctetString, an address below the parent's            |
 * | assetScale    | UInt8, digits after the decimal point of one whole unit      |
 * | assetCode     | UTF-8 VarOctetString, `USD`                                  |
 *
 * No money moves, so the condition protects nothing: by custom it is the hash of 32 zero bytes,
 * here and in the other protocols that live under `peer.`.
 */
import { bytesEqual, fromHex } from '../bytes.ts';
import { isAddressAt, isValidAddress } from '../ilp/address.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';
import type { IlpFulfill, IlpPrepare } from './ilp.ts';
import { OerReader, OerWriter, sizeOfVar, utf8Length } from './oer.ts';

const ILDCP_DESTINATION = 'peer.config';

/** The fulfillment of every `peer.*` protocol: 32 zero bytes. */
export const ZERO_FULFILLMENT: Uint8Array = new Uint8Array(32);

/** SHA-256 of 32 zero bytes. */
export const ZERO_FULFILLMENT_CONDITION: Uint8Array = fromHex(
	'66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925'
);

/** What a parent tells its child. */
export interface IldcpConfig {
	readonly clientAddress: string;
	readonly assetScale: number;
	readonly assetCode: string;
}

/** A parent's answer that cannot be read; the child has no address then. */
export type MalformedIldcpResponse = { readonly type: 'MalformedIldcpResponse'; readonly reason: string };

/** `expiresAt` in Unix milliseconds. */
export const ildcpRequest = (expiresAt: number): IlpPrepare => ({
	type: 'prepare',
	amount: 0n,
	expiresAt,
	condition: ZERO_FULFILLMENT_CONDITION,
	destination: ILDCP_DESTINATION,
	data: new Uint8Array(0)
});

/** A prepare to `peer.config` under another condition could never be fulfilled and is no request. */
export const isIldcpRequest = (prepare: IlpPrepare): boolean =>
	prepare.destination === ILDCP_DESTINATION && bytesEqual(prepare.condition, ZERO_FULFILLMENT_CONDITION);

export const ildcpResponse = (config: IldcpConfig): IlpFulfill => {
	if (!isValidAddress(config.clientAddress)) throw new Error(`not an ILP address: ${config.clientAddress}`);
	const writer = new OerWriter(
		sizeOfVar(config.clientAddress.length) + 1 + sizeOfVar(utf8Length(config.assetCode))
	);
	writer.ia5(config.clientAddress);
	writer.uint8(config.assetScale);
	writer.utf8(config.assetCode);
	return { type: 'fulfill', fulfillment: ZERO_FULFILLMENT, data: writer.finish() };
};

export const decodeIldcpResponse = (fulfill: IlpFulfill): Result<IldcpConfig, MalformedIldcpResponse> => {
	const reader = new OerReader(fulfill.data);
	const clientAddress = reader.ia5Of(
		isAddressAt,
		LIMITS.ilpAddressCharacters,
		'clientAddress is not an ILP address'
	);
	const config = { clientAddress, assetScale: reader.uint8(), assetCode: reader.utf8() };
	if (reader.failure !== undefined) return err({ type: 'MalformedIldcpResponse', reason: reader.failure });
	return ok(config);
};
