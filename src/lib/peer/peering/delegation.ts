/**
 * Delegation: a person's key says what one of their devices may do (kind 32002, PROTOCOL section 5).
 *
 * ```
 * kind 32002, signed by the owner, content ""
 * d           device key, 64 hex
 * scope       one tag per right: ["scope", "link"], ["scope", "pay", <CAIP-19 asset>, <units a day>], …
 * signer      EVM address of the device's claim key, when it has one, and that key's recoverable ECDSA signature over
 *             SHA-256("btp-nips/signer/1" ‖ device pubkey(32)), 130 hex: ["signer", "0x…", "…"]
 * pop         the device's BIP-340 signature over SHA-256("btp-nips/pop/1" ‖ owner pubkey(32)), 128 hex
 * expiration  Unix s, at most 30 days ahead (NIP-40)
 * ```
 *
 * `pop` proves that the device agreed: without it anybody could claim somebody else's device as their
 * own, and with it a neighbour's books under the device's name. The signature of the claim key does the same
 * for channels: keys of channels are public on the chain, and whoever could name another's signer could register
 * them as its own. Grants travel inside links and are not published; of two for one (owner, device) the one with
 * the higher `created_at` holds.
 */
import { bytesToHex, concatBytes, fromHex, hexToBytesStrict, toHex0x, utf8, type Hex } from '../bytes.ts';
import type { EventTemplate, VerifiedEvent } from '../codec/nostr-event.ts';
import { expirationOf, identifierOf, KINDS, tagValue } from '../events/kinds.ts';
import { signEvent, verifyEvent } from '../events/verify.ts';
import { LIMITS } from '../limits.ts';
import type { Crypto, Random } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import { pubkeyOf } from './keys.ts';

const SCOPES = ['link', 'auth', 'store', 'route', 'redeem', 'sell', 'pay'] as const;
export type Scope = (typeof SCOPES)[number];

export interface DelegationTerms {
	/** Each with what follows it in its tag, such as asset and daily brake of `pay`. */
	readonly scopes: readonly { readonly scope: Scope; readonly terms?: readonly string[] }[];
	/** Unix seconds. */
	readonly expiresAt: number;
}

/** A device's claim key, and that it agrees to sign for that device. */
export interface NamedSigner {
	/** Lower-case EVM address. */
	readonly address: Hex;
	/** 130 hex. */
	readonly proof: string;
}

export interface Delegation extends DelegationTerms {
	/** Nostr key of the person, 64 hex. */
	readonly owner: string;
	/** The device's key, 64 hex. */
	readonly device: string;
	/** Lower-case EVM address of the device's claim key, which has signed that it is. */
	readonly signer?: Hex;
	/** Unix seconds; the highest one per (owner, device) holds. */
	readonly createdAt: number;
	readonly event: VerifiedEvent;
}

export interface InvalidDelegation {
	readonly type: 'InvalidDelegation';
	readonly reason:
		| 'malformed'
		/** Id or signature of the owner. */
		| 'not signed'
		/** The device's signature over the owner, or the claim key's over the device. */
		| 'no possession'
		| 'expired'
		| 'too long'
		/** Made later than now, by more than clocks differ. */
		| 'from the future'
		| 'scope';
}

/** Clocks of two honest nodes differ by less. */
const CLOCK_SKEW_SECONDS = 600;
const ADDRESS = /^0x[0-9a-f]{40}$/;

/** SHA-256, where claims and closes are Keccak-256 of EIP-712 data: this key's proof can be no claim, and no claim a proof. */
const signerDigest = async (crypto: Crypto, device: string): Promise<Uint8Array> =>
	crypto.sha256(concatBytes(utf8('btp-nips/signer/1'), fromHex(device)));

/** What a device says of its claim key. */
export const nameSigner = async (
	crypto: Crypto,
	claimSecret: Uint8Array,
	device: string
): Promise<NamedSigner> => ({
	address: toHex0x(await crypto.evmAddress(claimSecret)),
	proof: bytesToHex(await crypto.ecdsaSign(claimSecret, await signerDigest(crypto, device)))
});

const popDigest = async (crypto: Crypto, owner: string): Promise<Uint8Array> =>
	crypto.sha256(concatBytes(utf8('btp-nips/pop/1'), fromHex(owner)));

/** The device's signature over its owner, 128 hex. */
export const provePossession = async (
	crypto: Crypto,
	random: Random,
	deviceSecret: Uint8Array,
	owner: string
): Promise<string> =>
	bytesToHex(await crypto.schnorrSign(deviceSecret, await popDigest(crypto, owner), random.bytes(32)));

/** What the owner is asked to sign, here or in a wallet or signer elsewhere. `now` in Unix ms. */
export const delegationTemplate = (
	device: string,
	pop: string,
	terms: DelegationTerms & { readonly signer?: NamedSigner },
	now: number
): EventTemplate => ({
	created_at: Math.floor(now / 1000),
	kind: KINDS.delegation,
	content: '',
	tags: [
		['d', device],
		...terms.scopes.map(({ scope, terms: more }) => ['scope', scope, ...(more ?? [])]),
		...(terms.signer === undefined ? [] : [['signer', terms.signer.address, terms.signer.proof]]),
		['pop', pop],
		['expiration', `${terms.expiresAt}`]
	]
});

/** All signatures at once, where the secrets are here; without `claim` it names no signer. `now` in Unix ms. */
export const createDelegation = async (
	crypto: Crypto,
	random: Random,
	secrets: { readonly owner: Uint8Array; readonly device: Uint8Array; readonly claim?: Uint8Array },
	terms: DelegationTerms,
	now: number
): Promise<VerifiedEvent> => {
	const owner = await pubkeyOf(crypto, secrets.owner);
	const pop = await provePossession(crypto, random, secrets.device, owner);
	const device = await pubkeyOf(crypto, secrets.device);
	const signer = secrets.claim && (await nameSigner(crypto, secrets.claim, device));
	const template = delegationTemplate(device, pop, { ...terms, ...(signer ? { signer } : {}) }, now);
	return signEvent(crypto, random, secrets.owner, template);
};

const scopesOf = (event: VerifiedEvent): DelegationTerms['scopes'] =>
	event.tags.flatMap(([name, scope, ...terms]) => {
		// A right this version does not know is no right.
		const known = name === 'scope' && SCOPES.find((one) => one === scope);
		return known ? [{ scope: known, ...(terms.length > 0 ? { terms } : {}) }] : [];
	});

const hasSigned = async (
	crypto: Crypto,
	signer: string,
	device: string,
	proof: string | undefined
): Promise<boolean> => {
	const signature = hexToBytesStrict(proof ?? '');
	if (signature?.length !== 65) return false;
	const recovered = await crypto.ecdsaRecover(await signerDigest(crypto, device), signature);
	return recovered !== undefined && toHex0x(recovered) === signer;
};

/**
 * Checks an event from outside: signatures of owner, device and claim key, that it holds at `now` (Unix ms),
 * and that it gives `scope`. Which device it should be is for the caller to compare.
 */
export const checkDelegation = async (
	crypto: Crypto,
	value: unknown,
	need: { readonly now: number; readonly scope: Scope }
): Promise<Result<Delegation, InvalidDelegation>> => {
	const invalid = (reason: InvalidDelegation['reason']) =>
		err({ type: 'InvalidDelegation' as const, reason });
	const verified = await verifyEvent(crypto, value);
	if (!verified.ok) return invalid(verified.error.type === 'MalformedEvent' ? 'malformed' : 'not signed');
	const event = verified.value;
	const device = identifierOf(event);
	const deviceKey = hexToBytesStrict(device);
	const pop = hexToBytesStrict(tagValue(event, 'pop') ?? '');
	const expiresAt = expirationOf(event);
	const [, signer, proof] = event.tags.find(([name]) => name === 'signer') ?? [];
	if (event.kind !== KINDS.delegation || deviceKey?.length !== 32 || expiresAt === undefined)
		return invalid('malformed');
	if (signer !== undefined && !ADDRESS.test(signer)) return invalid('malformed');
	const now = Math.floor(need.now / 1000);
	if (expiresAt <= now) return invalid('expired');
	if (event.created_at > now + CLOCK_SKEW_SECONDS) return invalid('from the future');
	if (expiresAt - event.created_at > LIMITS.delegationMs / 1000) return invalid('too long');
	const scopes = scopesOf(event);
	if (!scopes.some(({ scope }) => scope === need.scope)) return invalid('scope');
	if (
		pop?.length !== 64 ||
		!(await crypto.schnorrVerify(deviceKey, await popDigest(crypto, event.pubkey), pop))
	)
		return invalid('no possession');
	if (signer !== undefined && !(await hasSigned(crypto, signer, device, proof)))
		return invalid('no possession');
	return ok({
		owner: event.pubkey,
		device,
		scopes,
		...(signer === undefined ? {} : { signer: signer as Hex }),
		createdAt: event.created_at,
		expiresAt,
		event
	});
};
