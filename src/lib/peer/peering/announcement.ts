/**
 * The announcement: where a node answers, with which keys, at what price (kind 32001, PROTOCOL
 * section 5). Published by those who want to be found; a mere reader publishes none.
 *
 * | tag | values | times |
 * |---|---|---|
 * | `d` | `ilp-node-info` | 1 |
 * | `ilp-address` | an ILP address below which a session token may stand | 1..16, best first |
 * | `stream-key` | X25519 key (64 hex), its id (8 hex), device key (64 hex), not-after (Unix s) | 1..16 |
 * | `expiration` | Unix s, not after any stream key's not-after (NIP-40) | 1 |
 * | `price` | what (`event:1`, `kb`, `hour`), amount, asset code, scale | 0..n |
 * | `frames` | versions of BTP-NIPs frames spoken, such as `1`, `2` | 0..1, missing means `1` |
 * | `btp` | WebSocket URL at which links are accepted | 0..1 |
 * | `settle` | scheme, CAIP-19 asset, payee, contract | 0..n |
 * | `proof` | signature (130 hex), not-after (Unix s) | 0..1, for the first `settle` of scheme `evm` |
 * | `base-address` `supported-tokens` `ilp-endpoint` `version` `features` | for people and older peers | 0..1 |
 *
 * `proof` is the payee's EIP-712 signature that money for this Nostr key may go to it; without one a
 * payee is only what the Nostr key says:
 *
 * ```
 * domain  { name "BTP-NIPs", version "1", chainId, verifyingContract: contract }
 * NodeInfo(bytes32 nostr,address payee,address contract,uint256 chainId,uint64 notAfter)
 * ```
 *
 * Everything here is a stranger's claim. Formats and proof are checked; URLs are only recognised, not
 * trusted (whoever dials decides about private ranges). What this version does not know is ignored;
 * what it knows and is wrong makes the announcement invalid.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesEqual, bytesToHex, concatBytes, fromHex, hexToBytesStrict, toHex0x, utf8 } from '../bytes.ts';
import type { EventTemplate, VerifiedEvent } from '../codec/nostr-event.ts';
import { expirationOf, identifierOf, KINDS, parseDecimal, tagValue, tagValues } from '../events/kinds.ts';
import { verifyEvent } from '../events/verify.ts';
import { isValidAddress } from '../ilp/address.ts';
import { LIMITS } from '../limits.ts';
import { LINK_ASSET, tokenToLink } from '../money.ts';
import type { Crypto } from '../platform.ts';
import { err, ok, type Result } from '../result.ts';
import type { Address } from '../settlement/chain.ts';
import { domainHash } from '../settlement/evm/typed-data.ts';
import { streamKeyId, TOKEN_CHARACTERS } from '../stream/token.ts';

const ANNOUNCEMENT_IDENTIFIER = 'ilp-node-info';

/** In link units (USD, scale 9). `undefined`: not stated, ask by REQ. */
export interface Prices {
	/** For a note (kind 1), whole. */
	readonly event?: bigint;
	/** For 1,000 bytes. */
	readonly kb?: bigint;
	/** For an hour of standing subscription. */
	readonly hour?: bigint;
}

export interface Settle {
	readonly scheme: 'evm';
	/** CAIP-19, such as `eip155:31337/erc20:0x…`. */
	readonly asset: string;
	readonly chainId: number;
	readonly payee: Address;
	/** The channel contract. */
	readonly contract: Address;
	/** Whether the payee signed for this Nostr key. */
	readonly proven: boolean;
}

export interface AnnouncedStreamKey {
	/** X25519 public key, 32 bytes. */
	readonly key: Uint8Array;
	readonly id: Uint8Array;
	/** 64 hex. */
	readonly device: string;
	/** Unix seconds. */
	readonly notAfter: number;
}

export interface Announcement {
	/** 64 hex. */
	readonly pubkey: string;
	/** Best first, at least one. */
	readonly addresses: readonly string[];
	readonly btp?: string;
	readonly streamKeys: readonly AnnouncedStreamKey[];
	readonly prices: Prices;
	readonly settle?: Settle;
	/** Versions of BTP-NIPs frames. */
	readonly frames: readonly number[];
	readonly version?: string;
	readonly features: readonly string[];
	/** Unix seconds. */
	readonly expiresAt: number;
	readonly event: VerifiedEvent;
}

export interface InvalidAnnouncement {
	readonly type: 'InvalidAnnouncement';
	readonly reason:
		| 'not signed'
		| 'malformed'
		| 'address'
		| 'stream key'
		/** A key ends before the announcement does. */
		| 'outlives its keys'
		| 'expired'
		| 'too long'
		| 'from the future'
		| 'price'
		| 'settle'
		| 'proof'
		| 'url';
}

/** More is not needed and would only cost whoever reads it. */
const MAX_LISTED = 16;
const CLOCK_SKEW_SECONDS = 600;
const EVM_ADDRESS = /^0x[0-9a-f]{40}$/;
const CAIP19_EVM = /^eip155:([1-9][0-9]{0,14})\/(?:erc20:0x[0-9a-f]{40}|slip44:60)$/;
const WEBSOCKET_URL = /^wss?:\/\/[A-Za-z0-9.\-[\]:]+(?:\/[\x21-\x7e]*)?$/;
const PRICE_NAMES = { 'event:1': 'event', kb: 'kb', hour: 'hour' } as const;
const UINT64 = /^(?:0|[1-9][0-9]{0,18})$/;

/* ---------------------------------------------------------------- the payee's proof */

export interface PayeeBinding {
	/** 64 hex. */
	readonly nostr: string;
	readonly payee: Address;
	readonly contract: Address;
	readonly chainId: number;
	/** Unix seconds. */
	readonly notAfter: number;
}

const BINDING_FIELDS = [
	{ name: 'nostr', type: 'bytes32' },
	{ name: 'payee', type: 'address' },
	{ name: 'contract', type: 'address' },
	{ name: 'chainId', type: 'uint256' },
	{ name: 'notAfter', type: 'uint64' }
] as const;

/** For a wallet's `eth_signTypedData_v4`. */
export const payeeTypedData = (binding: PayeeBinding) =>
	({
		domain: {
			name: 'BTP-NIPs',
			version: '1',
			chainId: binding.chainId,
			verifyingContract: binding.contract
		},
		types: { NodeInfo: BINDING_FIELDS },
		primaryType: 'NodeInfo',
		message: {
			nostr: toHex0x(fromHex(binding.nostr)),
			payee: binding.payee,
			contract: binding.contract,
			chainId: BigInt(binding.chainId),
			notAfter: BigInt(binding.notAfter)
		}
	}) as const;

const TYPE_HASH = keccak_256(
	utf8(`NodeInfo(${BINDING_FIELDS.map(({ name, type }) => `${type} ${name}`).join(',')})`)
);

const word = (bytes: Uint8Array): Uint8Array => concatBytes(new Uint8Array(32 - bytes.length), bytes);
const uintWord = (value: number): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));

/** The digest of {@link payeeTypedData}. */
export const payeeDigest = (binding: PayeeBinding): Uint8Array =>
	keccak_256(
		concatBytes(
			Uint8Array.of(0x19, 0x01),
			domainHash('BTP-NIPs', '1', binding.chainId, binding.contract),
			keccak_256(
				concatBytes(
					TYPE_HASH,
					fromHex(binding.nostr),
					word(fromHex(binding.payee)),
					word(fromHex(binding.contract)),
					uintWord(binding.chainId),
					uintWord(binding.notAfter)
				)
			)
		)
	);

/* ---------------------------------------------------------------- making one */

export interface AnnouncementTerms {
	readonly addresses: readonly string[];
	readonly btp?: string;
	readonly streamKeys: readonly AnnouncedStreamKey[];
	/** In link units. */
	readonly prices: Prices;
	readonly settle?: Pick<Settle, 'asset' | 'payee' | 'contract'>;
	/** 65 bytes over {@link payeeDigest}. */
	readonly proof?: { readonly signature: Uint8Array; readonly notAfter: number };
	/** Assets of channels taken here, for people and older peers. */
	readonly supportedTokens?: readonly string[];
	readonly version?: string;
	readonly features?: readonly string[];
	/** Unix seconds; cut to the first stream key's end and to a week from now. */
	readonly expiresAt?: number;
	/** Unix ms. */
	readonly now: number;
}

/** To be signed by the person's key. */
export const createAnnouncement = (terms: AnnouncementTerms): EventTemplate => {
	const createdAt = Math.floor(terms.now / 1000);
	const expiresAt = Math.min(
		terms.expiresAt ?? Infinity,
		createdAt + LIMITS.announcementMs / 1000,
		...terms.streamKeys.map(({ notAfter }) => notAfter)
	);
	const price = (what: string, amount: bigint | undefined): string[][] =>
		amount === undefined ? [] : [['price', what, `${amount}`, LINK_ASSET.code, `${LINK_ASSET.scale}`]];
	const { settle, proof } = terms;
	return {
		created_at: createdAt,
		kind: KINDS.announcement,
		content: '',
		tags: [
			['d', ANNOUNCEMENT_IDENTIFIER],
			...terms.addresses.map((address) => ['ilp-address', address]),
			...(terms.btp === undefined ? [] : [['btp', terms.btp]]),
			...terms.streamKeys.map(({ key, id, device, notAfter }) => [
				'stream-key',
				bytesToHex(key),
				bytesToHex(id),
				device,
				`${notAfter}`
			]),
			...price('event:1', terms.prices.event),
			...price('kb', terms.prices.kb),
			...price('hour', terms.prices.hour),
			...(settle ? [['settle', 'evm', settle.asset, settle.payee, settle.contract]] : []),
			...(settle ? [['base-address', settle.payee]] : []),
			...(proof ? [['proof', bytesToHex(proof.signature), `${proof.notAfter}`]] : []),
			...(terms.supportedTokens ? [['supported-tokens', ...terms.supportedTokens]] : []),
			['frames', '2'],
			...(terms.version === undefined ? [] : [['version', terms.version]]),
			...(terms.features ? [['features', ...terms.features]] : []),
			['expiration', `${expiresAt}`]
		]
	};
};

/* ---------------------------------------------------------------- reading one */

type Reason = InvalidAnnouncement['reason'];
const invalid = (reason: Reason): Result<never, InvalidAnnouncement> =>
	err({ type: 'InvalidAnnouncement', reason });

const tagsNamed = (event: VerifiedEvent, name: string): readonly (readonly string[])[] =>
	event.tags.filter((tag) => tag[0] === name);

const readStreamKeys = async (
	crypto: Crypto,
	event: VerifiedEvent
): Promise<readonly AnnouncedStreamKey[] | undefined> => {
	const keys: AnnouncedStreamKey[] = [];
	for (const [, keyHex = '', idHex = '', device = '', end] of tagsNamed(event, 'stream-key')) {
		const key = hexToBytesStrict(keyHex);
		const id = hexToBytesStrict(idHex);
		const notAfter = parseDecimal(end);
		if (key?.length !== 32 || id?.length !== 4 || notAfter === undefined) return undefined;
		if (hexToBytesStrict(device)?.length !== 32 || keys.length >= MAX_LISTED) return undefined;
		if (!bytesEqual(await streamKeyId(crypto, key), id)) return undefined;
		if (keys.some((other) => bytesEqual(other.id, id))) return undefined;
		keys.push({ key, id, device, notAfter });
	}
	return keys.length > 0 ? keys : undefined;
};

/** Prices in other assets, or finer than a link's unit, are somebody else's business and left out. */
const readPrices = (event: VerifiedEvent): Prices | undefined => {
	const prices: { -readonly [K in keyof Prices]: Prices[K] } = {};
	for (const [, what, amount = '', asset, scaleText] of tagsNamed(event, 'price')) {
		const name = PRICE_NAMES[what as keyof typeof PRICE_NAMES] as keyof Prices | undefined;
		const scale = parseDecimal(scaleText);
		if (!UINT64.test(amount) || scale === undefined) return undefined;
		if (name === undefined || asset !== LINK_ASSET.code || scale > LINK_ASSET.scale) continue;
		if (prices[name] !== undefined) return undefined;
		prices[name] = tokenToLink(BigInt(amount), scale);
	}
	return prices;
};

const readSettle = (event: VerifiedEvent): Omit<Settle, 'proven'> | 'none' | undefined => {
	const tag = tagsNamed(event, 'settle').find((one) => one[1] === 'evm');
	if (!tag) return 'none';
	const [, , asset = '', payee = '', contract = ''] = tag;
	const chainId = Number(CAIP19_EVM.exec(asset)?.[1]);
	if (!Number.isSafeInteger(chainId) || !EVM_ADDRESS.test(payee) || !EVM_ADDRESS.test(contract))
		return undefined;
	return { scheme: 'evm', asset, chainId, payee: payee as Address, contract: contract as Address };
};

/** A proof that is there must hold: one that does not is a reason to trust nothing else either. */
const checkProof = async (
	crypto: Crypto,
	event: VerifiedEvent,
	settle: Omit<Settle, 'proven'>,
	now: number
): Promise<'proven' | 'none' | 'wrong'> => {
	const tag = tagsNamed(event, 'proof')[0];
	if (!tag) return 'none';
	const signature = hexToBytesStrict(tag[1] ?? '');
	const notAfter = parseDecimal(tag[2]);
	if (signature?.length !== 65 || notAfter === undefined || notAfter <= now) return 'wrong';
	const { payee, contract, chainId } = settle;
	const digest = payeeDigest({ nostr: event.pubkey, payee, contract, chainId, notAfter });
	const signer = await crypto.ecdsaRecover(digest, signature);
	return signer && toHex0x(signer) === payee ? 'proven' : 'wrong';
};

/** For events whose signature was checked. `nowMs` in Unix ms. Which of two holds is for the store. */
const parseAnnouncement = async (
	crypto: Crypto,
	event: VerifiedEvent,
	nowMs: number
): Promise<Result<Announcement, InvalidAnnouncement>> => {
	const now = Math.floor(nowMs / 1000);
	if (event.kind !== KINDS.announcement || identifierOf(event) !== ANNOUNCEMENT_IDENTIFIER)
		return invalid('malformed');
	const expiresAt = expirationOf(event);
	if (expiresAt === undefined) return invalid('malformed');
	if (expiresAt <= now) return invalid('expired');
	if (event.created_at > now + CLOCK_SKEW_SECONDS) return invalid('from the future');
	if (expiresAt - event.created_at > LIMITS.announcementMs / 1000) return invalid('too long');

	const addresses = tagValues(event, 'ilp-address');
	if (addresses.length === 0 || addresses.length > MAX_LISTED) return invalid('address');
	const room = LIMITS.ilpAddressCharacters - TOKEN_CHARACTERS - 1;
	if (!addresses.every((address) => isValidAddress(address) && address.length <= room))
		return invalid('address');

	const streamKeys = await readStreamKeys(crypto, event);
	if (!streamKeys) return invalid('stream key');
	if (streamKeys.some(({ notAfter }) => notAfter < expiresAt)) return invalid('outlives its keys');
	const lastEnd = event.created_at + LIMITS.streamKeyMs / 1000 + CLOCK_SKEW_SECONDS;
	if (streamKeys.some(({ notAfter }) => notAfter > lastEnd)) return invalid('stream key');

	const prices = readPrices(event);
	if (!prices) return invalid('price');
	const btp = tagValue(event, 'btp');
	if (btp !== undefined && (btp.length > 2_048 || !WEBSOCKET_URL.test(btp))) return invalid('url');

	const settle = readSettle(event);
	if (!settle) return invalid('settle');
	const proof = settle === 'none' ? 'none' : await checkProof(crypto, event, settle, now);
	if (proof === 'wrong') return invalid('proof');

	const frames = tagsNamed(event, 'frames')[0]?.slice(1) ?? ['1'];
	const version = tagValue(event, 'version');
	return ok({
		pubkey: event.pubkey,
		addresses,
		...(btp === undefined ? {} : { btp }),
		streamKeys,
		prices,
		...(settle === 'none' ? {} : { settle: { ...settle, proven: proof === 'proven' } }),
		frames: frames.map(parseDecimal).filter((one): one is number => one !== undefined),
		...(version === undefined ? {} : { version }),
		features: tagsNamed(event, 'features')[0]?.slice(1) ?? [],
		expiresAt,
		event
	});
};

/** For anything from outside: signature first, then everything above. */
export const checkAnnouncement = async (
	crypto: Crypto,
	value: unknown,
	nowMs: number
): Promise<Result<Announcement, InvalidAnnouncement>> => {
	const verified = await verifyEvent(crypto, value);
	if (!verified.ok) return invalid(verified.error.type === 'MalformedEvent' ? 'malformed' : 'not signed');
	return parseAnnouncement(crypto, verified.value, nowMs);
};

/** The key a reader uses: the one that lasts longest. */
export const newestStreamKey = (announcement: Announcement): AnnouncedStreamKey =>
	announcement.streamKeys.reduce((best, key) => (key.notAfter > best.notAfter ? key : best));
