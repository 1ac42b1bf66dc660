/**
 * SPSP (RFC 9): how somebody who holds a payment pointer learns where to send a STREAM and under
 * which secret. One GET:
 *
 * ```
 * GET /.well-known/pay                          200 application/spsp4+json
 * accept: application/spsp4+json, …      ──>    {"destination_account": "test.hub.alice.t0ken",
 *                                        <──     "shared_secret": "…32 bytes in base64…"}
 * ```
 *
 * The secret is meant for this client alone, so each query makes another and nothing may be cached.
 * With `Receipt-Nonce` and `Receipt-Secret` (both base64) a third party who pays or verifies asks for
 * STREAM receipts; `receipts_enabled` says that they will come.
 *
 * What else an answer may hold (RFC 9 "Response Body": an invoice's balance and asset, the name of the
 * receiver) is read where it is well formed and left out where it is not, because a payment needs only
 * the first two fields.
 */
import { base64Encode, base64urlDecode, utf8, utf8Decode } from '../bytes.ts';
import { isPeerAddress, isValidAddress } from '../ilp/address.ts';
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';

export const SPSP_MEDIA_TYPE = 'application/spsp4+json';
/** What a client takes; the second is the name of version 3, which some servers still give to the same fields. */
export const SPSP_ACCEPT = 'application/spsp4+json, application/spsp+json';

export const SHARED_SECRET_LENGTH = 32;
export const RECEIPT_NONCE_LENGTH = 16;
export const RECEIPT_SECRET_LENGTH = 32;

/** Where and under which secret to open a STREAM. */
export interface SpspDetails {
	readonly destinationAccount: string;
	/** 32 bytes. */
	readonly sharedSecret: Uint8Array;
	/** STREAM receipts will come with every fulfill, under the nonce and secret of the query. */
	readonly receiptsEnabled: boolean;
	/** Of an invoice: what is still to pay, in the units of `asset`. */
	readonly outstanding?: bigint;
	readonly asset?: { readonly code: string; readonly scale: number };
	/** What the receiver calls itself; a stranger's claim. */
	readonly receiverName?: string;
}

/** An answer that is no SPSP answer: nobody can be paid there. */
export type MalformedSpsp = { readonly type: 'MalformedSpsp'; readonly reason: string };

/** The body of an answer. */
export const encodeSpspDetails = (details: SpspDetails): Uint8Array =>
	utf8(
		JSON.stringify({
			destination_account: details.destinationAccount,
			shared_secret: base64Encode(details.sharedSecret),
			...(details.receiptsEnabled ? { receipts_enabled: true } : {}),
			...(details.asset ? { asset_info: details.asset } : {}),
			...(details.receiverName === undefined ? {} : { receiver_info: { name: details.receiverName } })
		})
	);

/** The body of the 404 for a receiver that does not exist (RFC 9 "Errors"). */
export const encodeSpspError = (id: string, message: string): Uint8Array =>
	utf8(JSON.stringify({ id, message }));

/** Reads the body of an answer, any bytes. */
export const decodeSpspDetails = (body: Uint8Array): Result<SpspDetails, MalformedSpsp> => {
	const malformed = (reason: string) => err({ type: 'MalformedSpsp', reason });
	const text = utf8Decode(body);
	if (text === undefined) return malformed('not UTF-8');
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return malformed('not JSON');
	}
	const answer = object(json);
	if (!answer) return malformed('not an object');
	const destinationAccount = answer['destination_account'];
	if (typeof destinationAccount !== 'string' || !isPayable(destinationAccount))
		return malformed('destination_account is not an ILP address');
	const sharedSecret = decodeAnyBase64(answer['shared_secret']);
	if (sharedSecret?.length !== SHARED_SECRET_LENGTH)
		return malformed('shared_secret is not 32 bytes in base64');
	const asset = readAsset(answer['asset_info']);
	const outstanding = readOutstanding(answer['balance']);
	const receiverName = object(answer['receiver_info'])?.['name'];
	return ok({
		destinationAccount,
		sharedSecret,
		receiptsEnabled: answer['receipts_enabled'] === true,
		...(outstanding === undefined ? {} : { outstanding }),
		...(asset ? { asset } : {}),
		...(typeof receiverName === 'string'
			? { receiverName: receiverName.slice(0, LIMITS.nameCharacters) }
			: {})
	});
};

/**
 * Base64 with either alphabet, padded or not: RFC 9 wants the padded one of RFC 4648 section 4, and
 * servers are found that send base64url. The unused bits must be zero all the same.
 */
export const decodeAnyBase64 = (value: unknown): Uint8Array | undefined =>
	typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value)
		? base64urlDecode(value.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
		: undefined;

/** Neither the neighbour on this link nor this very node can be whom a stranger wants paid. */
const isPayable = (address: string): boolean =>
	isValidAddress(address) && !isPeerAddress(address) && !address.startsWith('self.');

const object = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
	typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Readonly<Record<string, unknown>>)
		: undefined;

const readAsset = (value: unknown): SpspDetails['asset'] => {
	const { code, scale } = object(value) ?? {};
	if (typeof code !== 'string' || code.length > LIMITS.nameCharacters) return undefined;
	return Number.isInteger(scale) && (scale as number) >= 0 && (scale as number) <= 255
		? { code, scale: scale as number }
		: undefined;
};

/** An invoice states what is missing as a negative number; a positive one is for pulling, which nobody does here. */
const readOutstanding = (value: unknown): bigint | undefined => {
	const current = object(value)?.['current'];
	return typeof current === 'string' && /^-[1-9][0-9]{0,18}$|^0$/.test(current)
		? -BigInt(current)
		: undefined;
};
