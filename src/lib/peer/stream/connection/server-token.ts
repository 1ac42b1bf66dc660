/**
 * How a server knows its payers without keeping anything: what it needs to know about a connection is in the
 * address it gave out, sealed for itself, and the secret follows from the address.
 *
 * ```
 * token        = iv 12 ‖ AES-256-GCM(HMAC(serverSecret, "ilp_stream_connection_token"), iv, contents) with its tag
 * contents     = flags UInt8 (1 tag, 2 receipt) ‖ [tag VarOctetString] ‖ [nonce 16 ‖ receiptSecret 32]
 * address      = <node> "." base64url(token)
 * sharedSecret = HMAC(HMAC(serverSecret, "ilp_stream_shared_secret"), token)
 * ```
 *
 * The two ways of deriving are the reference's; the contents are nobody's business but ours.
 */
import { base64urlDecode, base64urlEncode, concatBytes, utf8, utf8Decode } from '../../bytes.ts';
import { OerReader, OerWriter, sizeOfVar } from '../../codec/oer.ts';
import { splitTag } from '../../crypto/sealed.ts';
import type { Crypto, Eventually, Random } from '../../platform.ts';
import { whenever } from '../whenever.ts';
import type { GenerateOptions, ReceiptSetup } from './stream-api.ts';

const IV_LENGTH = 12;
const TOKEN_LABEL = utf8('ilp_stream_connection_token');
const SECRET_LABEL = utf8('ilp_stream_shared_secret');
const HAS_TAG = 1;
const HAS_RECEIPT = 2;
const MOST_TAG_BYTES = 256;
/** Session tokens have this length (../token.ts); ours never do, so that no address is both. */
const SESSION_TOKEN_LENGTH = 41;
const MAX_TOKEN_CHARACTERS = 640;

export interface ServerKeys {
	readonly token: Uint8Array;
	readonly secret: Uint8Array;
}

export interface TokenContents {
	readonly tag: string | undefined;
	readonly receipt: ReceiptSetup | undefined;
}

export const deriveServerKeys = (crypto: Crypto, serverSecret: Uint8Array): Eventually<ServerKeys> =>
	whenever(crypto.hmacSha256(serverSecret, TOKEN_LABEL), (token) =>
		whenever(crypto.hmacSha256(serverSecret, SECRET_LABEL), (secret) => ({ token, secret }))
	);

/** The last segment of an address and the secret that goes with it. */
export const createServerToken = async (
	crypto: Crypto,
	random: Random,
	keys: ServerKeys,
	{ tag, receipt }: GenerateOptions
): Promise<{ readonly segment: string; readonly sharedSecret: Uint8Array }> => {
	const iv = random.bytes(IV_LENGTH);
	const tagBytes = tag === undefined ? undefined : utf8(tag);
	if (tagBytes !== undefined && tagBytes.length > MOST_TAG_BYTES)
		throw new Error(`tag of ${tagBytes.length} bytes`);
	if (receipt !== undefined && (receipt.nonce.length !== 16 || receipt.secret.length !== 32))
		throw new Error('a receipt needs a nonce of 16 bytes and a secret of 32');
	let size = 1 + (tagBytes === undefined ? 0 : sizeOfVar(tagBytes.length)) + (receipt === undefined ? 0 : 48);
	// iv and GCM tag are 28 bytes; one more byte at the end is ignored on reading.
	const isAmbiguous = size + 28 === SESSION_TOKEN_LENGTH;
	if (isAmbiguous) size++;
	const writer = new OerWriter(size);
	writer.uint8((tagBytes === undefined ? 0 : HAS_TAG) | (receipt === undefined ? 0 : HAS_RECEIPT));
	if (tagBytes !== undefined) writer.varOctets(tagBytes);
	if (receipt !== undefined) {
		writer.fixed(receipt.nonce);
		writer.fixed(receipt.secret);
	}
	if (isAmbiguous) writer.uint8(0);
	const sealed = await crypto.aesGcmSeal(keys.token, iv, writer.finish());
	const token = concatBytes(iv, sealed.ciphertext, sealed.tag);
	return { segment: base64urlEncode(token), sharedSecret: await crypto.hmacSha256(keys.secret, token) };
};

/** `undefined` for a segment that these keys did not make. */
export const openServerToken = (
	crypto: Crypto,
	keys: ServerKeys,
	segment: string
): Eventually<(TokenContents & { readonly sharedSecret: Uint8Array }) | undefined> => {
	const token = segment.length > MAX_TOKEN_CHARACTERS ? undefined : base64urlDecode(segment);
	if (token === undefined || token.length <= IV_LENGTH + 16) return undefined;
	return whenever(
		crypto.aesGcmOpen(keys.token, token.subarray(0, IV_LENGTH), splitTag(token.subarray(IV_LENGTH))),
		(contents) => {
			const read = contents === undefined ? undefined : readContents(contents);
			if (read === undefined) return undefined;
			return whenever(crypto.hmacSha256(keys.secret, token), (sharedSecret) => ({ ...read, sharedSecret }));
		}
	);
};

const readContents = (bytes: Uint8Array): TokenContents | undefined => {
	const reader = new OerReader(bytes);
	const flags = reader.uint8();
	const tag = flags & HAS_TAG ? utf8Decode(reader.varOctets()) : undefined;
	const receipt =
		flags & HAS_RECEIPT ? { nonce: reader.fixed(16).slice(), secret: reader.fixed(32).slice() } : undefined;
	return reader.failure === undefined ? { tag, receipt } : undefined;
};
