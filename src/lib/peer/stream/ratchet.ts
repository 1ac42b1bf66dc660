/**
 * # How a session's keys move on
 *
 * The first secrets of a session come from the node's announced stream key, which lives a week: who steals
 * it later could read what was recorded. So both ends step away from it with their first exchange, and again at
 * least hourly, by a Diffie-Hellman of two keys that exist nowhere else and are erased.
 *
 * ```
 * E1   the opener's ephemeral: in the first step the one in its token, later one it sends in RATCHET
 * E2   the node's, fresh for this step
 * name = 0x02 ‖ random(40)              the session's next name, last segment of the destination
 * S_x' = HKDF-SHA256(ikm = S_x ‖ X25519(E1, E2), salt "", info = "btp-nips/ratchet/1" ‖ E1 ‖ E2 ‖ name ‖ x)
 *        x = "c" or "s": each half moves on by itself
 * ```
 *
 * | step | opener | node |
 * |---|---|---|
 * | 1 | a packet under the old key (later: with RATCHET E1) | draws E2 and a name, keeps the new secrets beside the old |
 * | 2 | | says RATCHET (E2, name) in **every** answer under the old key |
 * | 3 | derives, erases its ephemeral, sends its next packet under the new key and name | |
 * | 4 | | a packet under the new key arrived: says nothing more of it, pushes under the new key |
 * | 5 | an answer under the new key arrived | |
 * | 6 | 35 s later: erases the old key | 35 s later: erases the old key |
 *
 * Between 4 and 6 packets under the old key are taken as ever and answered under the key they came
 * with: they were under way. 35 s is longer than any packet lives. The id of the session, its sequence
 * numbers, request ids, subscriptions and uploads do not change.
 *
 * Nothing can be lost by loss: until a new packet arrived, the node repeats the same offer; the opener derives
 * once, from an answer to a packet under its newest key. An opener with nothing to say confirms by an empty packet.
 */
import { concatBytes, utf8 } from '../bytes.ts';
import type { Crypto, Random } from '../platform.ts';
import { hkdfSha256 } from './hkdf.ts';
import { deriveStreamKeys, type StreamKeys } from './keys.ts';
import { tokenToSegment, type SessionSecrets } from './token.ts';

/** How long the key before is still understood; longer than any packet is under way. */
export const OLD_KEY_MS = 35_000;

const NAME_VERSION = 2;
const NAME_RANDOM_BYTES = 40;

/** One name of a session and the keys that go with it. */
export interface Epoch {
	/** Last segment of the destination. */
	readonly name: string;
	readonly secrets: SessionSecrets;
	/** Of the opener's prepares and the replies to them. */
	readonly openerKeys: StreamKeys;
	readonly nodeKeys: StreamKeys;
}

export const epochOf = async (crypto: Crypto, name: string, secrets: SessionSecrets): Promise<Epoch> => ({
	name,
	secrets,
	openerKeys: await deriveStreamKeys(crypto, secrets.opener),
	nodeKeys: await deriveStreamKeys(crypto, secrets.node)
});

/** A name nobody can guess, 41 bytes. */
export const createName = (random: Random): Uint8Array =>
	concatBytes(Uint8Array.of(NAME_VERSION), random.bytes(NAME_RANDOM_BYTES));

/** What both ends say of one step. */
export interface RatchetStep {
	/** E1, 32 bytes. */
	readonly openerPublic: Uint8Array;
	/** E2, 32 bytes. */
	readonly nodePublic: Uint8Array;
	/** 41 bytes. */
	readonly name: Uint8Array;
}

/** The secrets after a step; `shared` is X25519(E1, E2), which the port has refused when it is all zero. */
export const deriveNextSecrets = async (
	crypto: Crypto,
	secrets: SessionSecrets,
	shared: Uint8Array,
	{ openerPublic, nodePublic, name }: RatchetStep
): Promise<SessionSecrets> => {
	const half = (secret: Uint8Array, side: 'c' | 's'): Promise<Uint8Array> =>
		hkdfSha256(
			crypto,
			concatBytes(secret, shared),
			new Uint8Array(),
			concatBytes(utf8('btp-nips/ratchet/1'), openerPublic, nodePublic, name, utf8(side))
		);
	return { opener: await half(secrets.opener, 'c'), node: await half(secrets.node, 's') };
};

/**
 * One end's part: its own ephemeral secret (erased here, whatever comes of it) and the other's public key.
 * `undefined` for a key of small order, which makes no secret.
 */
export const takeStep = async (
	crypto: Crypto,
	secrets: SessionSecrets,
	ephemeralSecret: Uint8Array,
	otherPublic: Uint8Array,
	step: RatchetStep
): Promise<Epoch | undefined> => {
	const shared = await crypto.x25519(ephemeralSecret, otherPublic);
	ephemeralSecret.fill(0);
	if (!shared) return undefined;
	const next = await deriveNextSecrets(crypto, secrets, shared, step);
	shared.fill(0);
	return epochOf(crypto, tokenToSegment(step.name), next);
};

/** Overwrites the keys of an epoch that is over. */
export const eraseEpoch = ({ secrets, openerKeys, nodeKeys }: Epoch): void => {
	for (const bytes of [
		secrets.opener,
		secrets.node,
		openerKeys.encryptionKey,
		openerKeys.fulfillmentKey,
		nodeKeys.encryptionKey,
		nodeKeys.fulfillmentKey
	])
		bytes.fill(0);
};
