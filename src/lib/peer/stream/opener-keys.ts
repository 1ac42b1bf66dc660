/**
 * Keys of an opener's session: made from the node's announced key without a word to it, then moved on with
 * it step by step (ratchet.ts).
 */
import { base64urlEncode, fromHex } from '../bytes.ts';
import type { RatchetFrame } from '../codec/frames.ts';
import { LIMITS } from '../limits.ts';
import type { Clock, Crypto, Random } from '../platform.ts';
import { epochOf, takeStep, type Epoch } from './ratchet.ts';
import { NETWORKS } from './session-packets.ts';
import type { NodeContact } from './session.ts';
import { deriveSessionSecrets, encodeToken, streamKeyId, tokenToSegment } from './token.ts';

const TAG_LENGTH = 16;
/** A step is asked for this long before the name is too old, so that it is there in time. */
const ASK_EARLIER_MS = 10 * 60_000;

/** One name, its keys, and where the node answers to it. */
export interface OpenerEpoch extends Epoch {
	/** Last segment of the address to which the node pushes under these keys. */
	readonly tag: string;
	readonly madeAt: number;
	/** The address the node was told, once it answered. */
	toldAddress: string | undefined;
	/** An answer under these keys was read. */
	confirmed: boolean;
}

/** The opener's half of the step to come. */
export interface Ephemeral {
	readonly secret: Uint8Array;
	readonly publicKey: Uint8Array;
}

export interface OpenerKeys {
	epoch(): OpenerEpoch;
	/** What a packet under the newest keys says beside its frames. */
	asking(): Promise<readonly RatchetFrame[]>;
	/**
	 * The node offered a step in an answer under `epoch`; the new epoch when it was taken. An offer that came
	 * before, or under older keys, is none.
	 */
	take(epoch: OpenerEpoch, offer: RatchetFrame): Promise<OpenerEpoch | undefined>;
}

interface Dependencies {
	readonly clock: Clock;
	readonly crypto: Crypto;
	readonly random: Random;
	readonly network: keyof typeof NETWORKS;
}

/** `undefined` for a stream key of small order, which gives no secret. */
export const createOpenerKeys = async (
	{ clock, crypto, random, network }: Dependencies,
	contact: NodeContact
): Promise<OpenerKeys | undefined> => {
	const madeAt = clock.now();
	// Drawn before anything is awaited, so that a run repeats whatever the crypto provider's pace.
	const secret = random.bytes(32);
	const tag = base64urlEncode(random.bytes(TAG_LENGTH));
	const ikm = await crypto.x25519(secret, contact.streamKey);
	if (!ikm) return undefined;
	const publicKey = await crypto.x25519PublicKey(secret);
	const token = encodeToken({
		keyId: await streamKeyId(crypto, contact.streamKey),
		issuedAt: Math.floor(madeAt / 1000),
		ephemeralPublic: publicKey
	});
	const secrets = await deriveSessionSecrets(crypto, {
		ikm,
		network: NETWORKS[network],
		receiverPubkey: fromHex(contact.pubkey),
		token,
		streamPublic: contact.streamKey
	});
	const fresh = (of: Epoch, itsTag: string): OpenerEpoch => ({
		...of,
		tag: itsTag,
		madeAt: clock.now(),
		toldAddress: undefined,
		confirmed: false
	});

	let epoch: OpenerEpoch = {
		...fresh(await epochOf(crypto, tokenToSegment(token), secrets), tag),
		madeAt
	};
	/** Until the node's half came; the first one is in the token and need not be sent. */
	let ephemeral: Ephemeral | undefined = { secret, publicKey };
	let isSent = false;
	let drawing: Promise<void> | undefined;

	return {
		epoch: () => epoch,
		asking: async () => {
			if (!ephemeral && clock.now() - epoch.madeAt >= LIMITS.tokenRotateMs - ASK_EARLIER_MS) {
				if (!drawing) {
					const drawn = random.bytes(32);
					const draw = async (): Promise<void> => {
						ephemeral = { secret: drawn, publicKey: await crypto.x25519PublicKey(drawn) };
						isSent = true;
					};
					drawing = draw().finally(() => (drawing = undefined));
				}
				await drawing;
			}
			return ephemeral && isSent ? [{ type: 'RATCHET', ephemeral: ephemeral.publicKey }] : [];
		},
		take: async (under, { ephemeral: nodePublic, token: name }) => {
			if (under !== epoch || !ephemeral || !name) return undefined;
			const mine = ephemeral;
			ephemeral = undefined;
			isSent = false;
			const nextTag = base64urlEncode(random.bytes(TAG_LENGTH));
			const step = { openerPublic: mine.publicKey, nodePublic, name };
			const next = await takeStep(crypto, under.secrets, mine.secret, nodePublic, step);
			if (!next) return undefined;
			epoch = fresh(next, nextTag);
			return epoch;
		}
	};
};
