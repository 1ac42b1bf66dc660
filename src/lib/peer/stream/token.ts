/**
 * The session token: how a reader opens an encrypted session with a node it has never spoken to,
 * with no round trip before the first question (PROTOCOL section 2).
 *
 * A node announces an X25519 stream key. The reader makes an ephemeral key, puts its public half
 * into the destination address itself, and both sides derive the same two secrets:
 *
 * ```
 * token       = 0x01 ‖ keyId(4) ‖ issuedAt(u32, Unix s) ‖ ephemeralPublic(32)        41 bytes
 * destination = <ILP address> "." base64url(token)                                   unused bits zero
 * info        = "btp-nips/stream/1" ‖ network(1) ‖ receiver Nostr pubkey(32) ‖ token ‖ streamPublic(32)
 * S_c         = HKDF-SHA256(X25519, salt "", info ‖ "c")      opener's prepares and their replies
 * S_s         = HKDF-SHA256(X25519, salt "", info ‖ "s")      node's prepares and their replies
 * session id  = SHA-256(S_c)[0..16]
 * ```
 *
 * Why two secrets: RFC 29 uses one for both directions, so a hop could send a payer's own packet back
 * to it, and the payer, finding that it decrypts, would "receive" its own payment and give away the
 * fulfillment. With a half for each direction such a packet decrypts nowhere.
 *
 * Everything both sides believe (network, who the receiver is, the token) is bound into `info`:
 * a token replayed at another node, or on the other network, opens nothing.
 */
import { base64urlDecode, base64urlEncode, concatBytes, utf8 } from '../bytes.ts';
import type { Crypto } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { hkdfSha256 } from './hkdf.ts';

export interface SessionToken {
	/** First four bytes of SHA-256 of the node's stream key: which of its keys was used. */
	readonly keyId: Uint8Array;
	/** Unix seconds by the opener's clock; a new session opens only close to it. */
	readonly issuedAt: number;
	/** X25519, fresh for this session. */
	readonly ephemeralPublic: Uint8Array;
}

export interface MalformedToken {
	readonly type: 'MalformedToken';
}

const VERSION = 1;
const TOKEN_BYTES = 41;
/** Characters of the address segment a token becomes. */
export const TOKEN_CHARACTERS = 55;

export const encodeToken = (token: SessionToken): Uint8Array => {
	if (token.keyId.length !== 4 || token.ephemeralPublic.length !== 32) throw new Error('token field length');
	const bytes = concatBytes(Uint8Array.of(VERSION), token.keyId, new Uint8Array(4), token.ephemeralPublic);
	new DataView(bytes.buffer).setUint32(5, token.issuedAt);
	return bytes;
};

export const decodeToken = (bytes: Uint8Array): Result<SessionToken, MalformedToken> => {
	if (bytes.length !== TOKEN_BYTES || bytes[0] !== VERSION) return err({ type: 'MalformedToken' });
	return ok({
		keyId: bytes.slice(1, 5),
		issuedAt: new DataView(bytes.buffer, bytes.byteOffset).getUint32(5),
		ephemeralPublic: bytes.slice(9)
	});
};

/** As the last segment of a destination address. */
export const tokenToSegment = (token: Uint8Array): string => base64urlEncode(token);

/** The bytes of a token; exactly one spelling of each is taken. Answers the raw bytes beside the fields. */
export const tokenFromSegment = (
	segment: string
): Result<SessionToken & { readonly bytes: Uint8Array }, MalformedToken> => {
	const bytes = segment.length === TOKEN_CHARACTERS ? base64urlDecode(segment) : undefined;
	if (!bytes) return err({ type: 'MalformedToken' });
	const token = decodeToken(bytes);
	return token.ok ? ok({ ...token.value, bytes }) : token;
};

/** First four bytes of SHA-256 of an X25519 public key. */
export const streamKeyId = async (crypto: Crypto, publicKey: Uint8Array): Promise<Uint8Array> =>
	(await crypto.sha256(publicKey)).slice(0, 4);

export interface SessionSecrets {
	/** S_c: the opener's prepares and the replies to them. */
	readonly opener: Uint8Array;
	/** S_s: the node's prepares and the replies to them. */
	readonly node: Uint8Array;
}

export const deriveSessionSecrets = async (
	crypto: Crypto,
	input: {
		/** X25519(ephemeral, streamKey); the port has refused the all-zero one. */
		readonly ikm: Uint8Array;
		/** 1 live, 2 test. */
		readonly network: 1 | 2;
		/** Nostr public key of the node's owner, 32 bytes. */
		readonly receiverPubkey: Uint8Array;
		/** The 41 bytes as sent. */
		readonly token: Uint8Array;
		/** The node's X25519 public key, 32 bytes. */
		readonly streamPublic: Uint8Array;
	}
): Promise<SessionSecrets> => {
	const { ikm, network, receiverPubkey, token, streamPublic } = input;
	if (receiverPubkey.length !== 32 || token.length !== TOKEN_BYTES || streamPublic.length !== 32)
		throw new Error('session field length');
	const half = (side: 'c' | 's'): Promise<Uint8Array> =>
		hkdfSha256(
			crypto,
			ikm,
			new Uint8Array(),
			concatBytes(
				utf8('btp-nips/stream/1'),
				Uint8Array.of(network),
				receiverPubkey,
				token,
				streamPublic,
				utf8(side)
			)
		);
	return { opener: await half('c'), node: await half('s') };
};

/** 16 bytes, the name of a session at its two ends; it stays when keys change. */
export const sessionId = async (crypto: Crypto, secrets: SessionSecrets): Promise<Uint8Array> =>
	(await crypto.sha256(secrets.opener)).slice(0, 16);
