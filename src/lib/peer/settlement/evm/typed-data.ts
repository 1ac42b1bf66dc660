/**
 * What is signed for the channel contract, byte for byte (EIP-712).
 *
 * | type | who signs | why |
 * | --- | --- | --- |
 * | `Claim(bytes32 channelId,uint24 epoch,uint96 cumulative)` | the channel's signer | pays the payee up to `cumulative` in this epoch |
 * | `Close(bytes32 channelId,uint24 epoch,uint96 capture,uint40 deadline)` | the payee | ends the epoch at `capture` |
 * | `RequestClose(bytes32 channelId,uint24 epoch,uint96 deposited,uint40 deadline)` | the payer or the signer | starts the grace |
 * | `ReceiveWithAuthorization(…)` (EIP-3009, the token's domain) | the payer's wallet | funds one channel, once |
 *
 * ```
 * digest    = keccak256(0x19 ‖ 0x01 ‖ domain ‖ keccak256(typehash ‖ one 32-byte word a field))
 * domain    = keccak256(typehash ‖ keccak256(name) ‖ keccak256(version) ‖ chainId ‖ contract)
 * channelId = keccak256(chainId ‖ contract ‖ payer ‖ payee ‖ token ‖ signer ‖ grace ‖ expiry ‖ salt)   one word each
 * nonce     = keccak256(channelId ‖ epoch ‖ index)                                                     of EIP-3009
 * ```
 *
 * The hash of the domain is computed once and a channel's id once per key object, because a claim may
 * ride with every packet: what is left are two short Keccak runs, about ten times less work than a
 * general EIP-712 library does. A test compares both on random input.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, concatBytes, fromHex, toHex0x, utf8, type Hex } from '../../bytes.ts';
import type { Address, ChannelKey, FundingAuthorization } from '../chain.ts';

/** The EIP-712 name and version of the channel contract. */
export const CHANNELS_DOMAIN = { name: 'Tributary Channels', version: '1' } as const;

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000';

/** Largest values of the contract's integer fields. */
export const MAX_UINT96 = 2n ** 96n - 1n;
export const MAX_UINT40 = 2 ** 40 - 1;
export const MAX_UINT32 = 2 ** 32 - 1;
export const MAX_UINT24 = 2 ** 24 - 1;

/** The fields of `ReceiveWithAuthorization`, in the order of EIP-3009. */
export const RECEIVE_WITH_AUTHORIZATION = [
	{ name: 'from', type: 'address' },
	{ name: 'to', type: 'address' },
	{ name: 'value', type: 'uint256' },
	{ name: 'validAfter', type: 'uint256' },
	{ name: 'validBefore', type: 'uint256' },
	{ name: 'nonce', type: 'bytes32' }
] as const;

const typehash = (type: string): Uint8Array => keccak_256(utf8(type));

const DOMAIN_TYPE = typehash(
	'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
);
const CLAIM_TYPE = typehash('Claim(bytes32 channelId,uint24 epoch,uint96 cumulative)');
const CLOSE_TYPE = typehash('Close(bytes32 channelId,uint24 epoch,uint96 capture,uint40 deadline)');
const REQUEST_CLOSE_TYPE = typehash(
	'RequestClose(bytes32 channelId,uint24 epoch,uint96 deposited,uint40 deadline)'
);
const RECEIVE_TYPE = typehash(
	`ReceiveWithAuthorization(${RECEIVE_WITH_AUTHORIZATION.map(({ name, type }) => `${type} ${name}`).join(',')})`
);

const WORD = 32;
const DIGEST_PREFIX = Uint8Array.of(0x19, 0x01);

/** One value as a 32-byte word: a number big-endian, an address or a hash as it is, zeros before it. */
type Field = Uint8Array | Hex | bigint | number;

const word = (field: Field): Uint8Array => {
	const out = new Uint8Array(WORD);
	if (typeof field === 'bigint' || typeof field === 'number') {
		let rest = BigInt(field);
		for (let at = WORD - 1; rest > 0n; at--) {
			out[at] = Number(rest & 0xffn);
			rest >>= 8n;
		}
		return out;
	}
	const bytes = typeof field === 'string' ? fromHex(field) : field;
	if (bytes.length > WORD) throw new Error('longer than a word');
	out.set(bytes, WORD - bytes.length);
	return out;
};

const hashWords = (...fields: readonly Field[]): Uint8Array => keccak_256(concatBytes(...fields.map(word)));

/** The hash of an EIP-712 domain of the usual four fields. */
export const domainHash = (name: string, version: string, chainId: number, contract: Address): Uint8Array =>
	hashWords(DOMAIN_TYPE, keccak_256(utf8(name)), keccak_256(utf8(version)), chainId, contract);

const digestOf = (domain: Uint8Array, ...fields: readonly Field[]): Uint8Array =>
	keccak_256(concatBytes(DIGEST_PREFIX, domain, hashWords(...fields)));

const ADDRESS = /^0x[0-9a-f]{40}$/;
const BYTES32 = /^0x[0-9a-f]{64}$/;

const isUint = (value: number, max: number): boolean => Number.isInteger(value) && value >= 0 && value <= max;

/** Whether a key that came from outside has the form the contract can take; lower-case hex only. */
export const isChannelKey = (key: ChannelKey): boolean =>
	ADDRESS.test(key.payer) &&
	ADDRESS.test(key.payee) &&
	ADDRESS.test(key.token) &&
	ADDRESS.test(key.signer) &&
	BYTES32.test(key.salt) &&
	isUint(key.grace, MAX_UINT32) &&
	isUint(key.expiry, MAX_UINT40);

/** Whether (epoch, amount) fits the contract's fields. */
export const isAmountOfEpoch = (epoch: number, amount: bigint): boolean =>
	isUint(epoch, MAX_UINT24) && amount >= 0n && amount <= MAX_UINT96;

/** The digests of one channel contract on one chain. All throw on input of the wrong form: check strangers' first. */
export interface TypedData {
	channelId(key: ChannelKey): Hex;
	/** Amounts in the token's smallest unit. */
	claimDigest(id: Hex, epoch: number, cumulative: bigint): Uint8Array;
	/** `deadline` in Unix seconds. */
	closeDigest(id: Hex, epoch: number, capture: bigint, deadline: number): Uint8Array;
	requestCloseDigest(id: Hex, epoch: number, deposited: bigint, deadline: number): Uint8Array;
	/** The EIP-3009 nonce: index 0 opens, 1 and above top up. */
	authorizationNonce(id: Hex, epoch: number, index: number): Hex;
	/** What the payer's wallet signs to fund a channel; the domain is the token's. */
	fundingDigest(
		funding: Omit<FundingAuthorization, 'signature'>,
		epoch: number,
		tokenDomain: { readonly name: string; readonly version: string }
	): Uint8Array;
}

export const createTypedData = (chainId: number, contract: Address): TypedData => {
	const domain = domainHash(CHANNELS_DOMAIN.name, CHANNELS_DOMAIN.version, chainId, contract);
	const ids = new WeakMap<ChannelKey, Hex>();

	const channelId = (key: ChannelKey): Hex => {
		const known = ids.get(key);
		if (known !== undefined) return known;
		const { payer, payee, token, signer, grace, expiry, salt } = key;
		const id = toHex0x(hashWords(chainId, contract, payer, payee, token, signer, grace, expiry, salt));
		ids.set(key, id);
		return id;
	};

	const authorizationNonce = (id: Hex, epoch: number, index: number): Hex =>
		toHex0x(hashWords(id, epoch, index));

	return {
		channelId,
		claimDigest: (id, epoch, cumulative) => digestOf(domain, CLAIM_TYPE, id, epoch, cumulative),
		closeDigest: (id, epoch, capture, deadline) => digestOf(domain, CLOSE_TYPE, id, epoch, capture, deadline),
		requestCloseDigest: (id, epoch, deposited, deadline) =>
			digestOf(domain, REQUEST_CLOSE_TYPE, id, epoch, deposited, deadline),
		authorizationNonce,
		fundingDigest: ({ key, amount, validAfter, validBefore, index }, epoch, { name, version }) =>
			digestOf(
				domainHash(name, version, chainId, key.token),
				RECEIVE_TYPE,
				key.payer,
				contract,
				amount,
				validAfter,
				validBefore,
				authorizationNonce(channelId(key), epoch, index)
			)
	};
};

/** 20 bytes as an address. */
export const toAddress = (bytes: Uint8Array): Address => `0x${bytesToHex(bytes)}`;
