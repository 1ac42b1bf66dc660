/**
 * This embodiment's keys on disk, the delegation that lets its device speak on links, its stream
 * keys, and the proofs of both (peering/keys.ts tells what each key may do).
 */
import * as nip49 from 'nostr-tools/nip49';
import { nip19 } from 'nostr-tools';
import { bytesEqual, bytesToHex, fromHex, hexToBytesStrict, toHex0x } from './bytes.ts';
import type { EventTemplate, VerifiedEvent } from './codec/nostr-event.ts';
import { peerError, type PeerError } from './errors.ts';
import { signEvent } from './events/verify.ts';
import { LIMITS } from './limits.ts';
import type { LinkAuth } from './link/links-deps.ts';
import {
	answerEndpoint,
	checkAuthToken,
	createAuthToken,
	createReplayCache,
	createSeenTokens
} from './peering/auth-token.ts';
import { createDelegation } from './peering/delegation.ts';
import {
	createKeys,
	createStreamKey,
	isSecret,
	pubkeyOf,
	type Keys,
	type StreamKey
} from './peering/keys.ts';
import type { Clock, Platform } from './platform.ts';
import { err, ok, type Result } from './result.ts';
import type { Address } from './settlement/chain.ts';
import { createSettings } from './storage/settings.ts';
import type { SqlDriver } from './storage/sql.ts';

export interface Identity {
	/** Nostr key of the person, x-only hex; another one after an import. */
	pubkey(): string;
	/** Key of this device, x-only hex: its name on links. */
	readonly device: string;
	/** Signs claims, and nothing that a wallet would. */
	readonly claimSecret: Uint8Array;
	readonly claimAddress: Address;
	/** As the person. */
	sign(template: EventTemplate): Promise<VerifiedEvent>;
	/** BIP 340 as the person, over 32 bytes whose hashing names what they are for (ilp/route-proof.ts). */
	signDigest(digest32: Uint8Array): Promise<Uint8Array>;
	readonly auth: LinkAuth;
	/** The one to announce; a new one when the old is half spent. */
	streamKey(): Promise<StreamKey>;
	/** `undefined` for a key that never was or has ended. */
	streamKeyById(id: Uint8Array): StreamKey | undefined;
	/** The person's key as `ncryptsec1…` (NIP-49). Error: InvalidInput without a password. */
	exportKey(password: string): Result<string, PeerError>;
	/**
	 * Becomes another person; device and channels stay. Takes `nsec1…` (NIP-19), `ncryptsec1…` with its password
	 * (NIP-49) or 64 hex digits; answers the new public key. Errors: WrongPassword, InvalidKey; then nothing changed.
	 */
	importKey(secret: string, password: string | undefined): Promise<Result<string, PeerError>>;
}

const KEYS = 'identity.keys';
const STREAM_KEYS = 'identity.stream-keys';
/** NIP-49: 2^16 rounds, the least it names; a phone takes about a second. */
const SCRYPT_LOG_N = 16;

/** Makes the keys on the first start and finds them again afterwards; `given` replaces the person's. */
export const loadIdentity = async (
	platform: Pick<Platform, 'random' | 'crypto'> & { readonly clock: Clock; readonly sql: SqlDriver },
	given: Uint8Array | undefined
): Promise<Identity> => {
	const { random, crypto, clock, sql } = platform;
	const { get: read, set: write } = createSettings(sql);

	const stored = read(KEYS);
	const parsed =
		stored === undefined
			? undefined
			: (JSON.parse(stored) as Record<'nostr' | 'device' | 'claim' | 'account', string>);
	let keys: Keys = parsed
		? {
				nostr: fromHex(parsed.nostr),
				device: fromHex(parsed.device),
				claim: fromHex(parsed.claim),
				account: fromHex(parsed.account)
			}
		: createKeys(random);
	if (given) keys = { ...keys, nostr: given };
	let nostr = keys.nostr as Uint8Array;
	const save = (): void =>
		write(
			KEYS,
			JSON.stringify({
				nostr: bytesToHex(nostr),
				device: bytesToHex(keys.device),
				claim: bytesToHex(keys.claim),
				account: bytesToHex(keys.account)
			})
		);
	sql.transaction(save);

	let pubkey = await pubkeyOf(crypto, nostr);
	const device = await pubkeyOf(crypto, keys.device);
	const claimAddress = toHex0x(await crypto.evmAddress(keys.claim));

	let delegation: { readonly event: VerifiedEvent; readonly renewAt: number } | undefined;
	const currentDelegation = async (): Promise<VerifiedEvent> => {
		const now = clock.now();
		if (delegation && now < delegation.renewAt) return delegation.event;
		const event = await createDelegation(
			crypto,
			random,
			{ owner: nostr, device: keys.device, claim: keys.claim },
			{
				scopes: [
					{ scope: 'link' },
					{ scope: 'auth' },
					{ scope: 'store' },
					{ scope: 'sell' },
					{ scope: 'pay' }
				],
				expiresAt: Math.floor((now + LIMITS.delegationMs) / 1000)
			},
			now
		);
		delegation = { event, renewAt: now + LIMITS.delegationMs / 2 };
		return event;
	};

	let streamKeys: StreamKey[] = (
		JSON.parse(read(STREAM_KEYS) ?? '[]') as {
			secret: string;
			public: string;
			id: string;
			notAfter: number;
		}[]
	).map((key) => ({
		secret: fromHex(key.secret),
		publicKey: fromHex(key.public),
		id: fromHex(key.id),
		notAfter: key.notAfter
	}));
	const saveStreamKeys = (): void =>
		write(
			STREAM_KEYS,
			JSON.stringify(
				streamKeys.map((key) => ({
					secret: bytesToHex(key.secret),
					public: bytesToHex(key.publicKey),
					id: bytesToHex(key.id),
					notAfter: key.notAfter
				}))
			)
		);

	const seen = createReplayCache(undefined, createSeenTokens(sql));

	return {
		pubkey: () => pubkey,
		device,
		claimSecret: keys.claim,
		claimAddress,
		sign: (template) => signEvent(crypto, random, nostr, template),
		signDigest: async (digest32) => crypto.schnorrSign(nostr, digest32, random.bytes(32)),

		auth: {
			create: async (endpoint) =>
				createAuthToken(crypto, random, {
					deviceSecret: keys.device,
					endpoint,
					delegation: await currentDelegation(),
					now: clock.now()
				}),
			check: (token, endpoint) => checkAuthToken(crypto, token, { endpoint, now: clock.now(), seen }),
			answerEndpoint: (authToken) => answerEndpoint(crypto, authToken)
		},

		streamKey: async () => {
			const now = clock.now();
			const newest = streamKeys[streamKeys.length - 1];
			if (newest && newest.notAfter * 1000 - now > LIMITS.streamKeyMs / 2) return newest;
			const fresh = await createStreamKey(crypto, random, now);
			streamKeys = [...streamKeys.filter((key) => key.notAfter * 1000 > now), fresh];
			sql.transaction(saveStreamKeys);
			return fresh;
		},
		streamKeyById: (id) =>
			streamKeys.find((key) => bytesEqual(key.id, id) && key.notAfter * 1000 > clock.now()),

		exportKey: (password) => {
			if (password.length === 0) return err(peerError('InvalidInput', 'a password is needed'));
			return ok(nip49.encrypt(nostr, password, SCRYPT_LOG_N));
		},

		importKey: async (text, password) => {
			const secret = readSecret(text.trim(), password);
			if (!secret.ok) return secret;
			nostr = secret.value;
			keys = { ...keys, nostr };
			pubkey = await pubkeyOf(crypto, nostr);
			delegation = undefined;
			sql.transaction(save);
			return ok(pubkey);
		}
	};
};

/** nsec1…, ncryptsec1… (with its password) or 64 hex digits. */
const readSecret = (text: string, password: string | undefined): Result<Uint8Array, PeerError> => {
	try {
		if (text.startsWith('ncryptsec1')) {
			if (password === undefined || password === '')
				return err(peerError('WrongPassword', 'this backup needs its password'));
			let secret: Uint8Array;
			try {
				secret = nip49.decrypt(text, password);
			} catch (error) {
				return err(peerError('WrongPassword', String(error)));
			}
			// Anybody can seal 32 bytes that are no key; taken over, they would break every signature from then on.
			return isSecret(secret) ? ok(secret) : err(peerError('InvalidKey'));
		}
		if (text.startsWith('nsec1')) {
			const decoded = nip19.decode(text);
			if (decoded.type === 'nsec' && isSecret(decoded.data)) return ok(decoded.data);
		}
		const bytes = hexToBytesStrict(text);
		if (bytes && isSecret(bytes)) return ok(bytes);
	} catch {
		// Not bech32: falls through to the one answer for all that is no key.
	}
	return err(peerError('InvalidKey'));
};
