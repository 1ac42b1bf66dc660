import fc from 'fast-check';
import { encodeAbiParameters, hashTypedData, keccak256, recoverAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { toHex0x, type Hex } from '../../bytes.ts';
import { nobleCrypto } from '../../crypto/noble-crypto.ts';
import type { ChannelKey, ChainPort } from '../chain.ts';
import { CHANNELS_ADDRESSES } from './addresses.ts';
import { createEvmScheme } from './scheme.ts';
import {
	CHANNELS_DOMAIN,
	createTypedData,
	MAX_UINT24,
	MAX_UINT32,
	MAX_UINT40,
	MAX_UINT96,
	ZERO_ADDRESS
} from './typed-data.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = bytes(20).map(toHex0x);
const hash = bytes(32).map(toHex0x);
const uint = (max: number) => fc.integer({ min: 0, max });
const uint96 = fc.bigInt({ min: 0n, max: MAX_UINT96 });
const secret = bytes(32).filter((candidate) => candidate[0] !== 0xff && candidate.some((byte) => byte !== 0));
const key: fc.Arbitrary<ChannelKey> = fc.record({
	payer: address,
	payee: address,
	token: address,
	signer: address,
	grace: uint(MAX_UINT32),
	expiry: uint(MAX_UINT40),
	salt: hash
});
const chainId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const field = (name: string, type: string) => ({ name, type });
const types = {
	Claim: [field('channelId', 'bytes32'), field('epoch', 'uint24'), field('cumulative', 'uint96')],
	Close: [
		field('channelId', 'bytes32'),
		field('epoch', 'uint24'),
		field('capture', 'uint96'),
		field('deadline', 'uint40')
	],
	RequestClose: [
		field('channelId', 'bytes32'),
		field('epoch', 'uint24'),
		field('deposited', 'uint96'),
		field('deadline', 'uint40')
	]
};

const viemDigest = (
	domain: { chainId: number; verifyingContract: Hex },
	primaryType: keyof typeof types,
	message: Record<string, unknown>
): Hex => hashTypedData({ domain: { ...CHANNELS_DOMAIN, ...domain }, types, primaryType, message });

/** A port that knows its names and is never asked anything. */
const nowhere = (id: number, contract: Hex, token: Hex): ChainPort =>
	({ chainId: id, contract, token, tokenScale: 6, account: undefined }) as unknown as ChainPort;

describe('the typed data, against viem', () => {
	it('hashes claims, closes and requests to close as viem does', () => {
		fc.assert(
			fc.property(
				chainId,
				address,
				hash,
				uint(MAX_UINT24),
				uint96,
				uint(MAX_UINT40),
				(chain, contract, id, epoch, amount, deadline) => {
					const ours = createTypedData(chain, contract);
					const domain = { chainId: chain, verifyingContract: contract };
					const common = { channelId: id, epoch };
					expect(toHex0x(ours.claimDigest(id, epoch, amount))).toBe(
						viemDigest(domain, 'Claim', { ...common, cumulative: amount })
					);
					expect(toHex0x(ours.closeDigest(id, epoch, amount, deadline))).toBe(
						viemDigest(domain, 'Close', { ...common, capture: amount, deadline })
					);
					expect(toHex0x(ours.requestCloseDigest(id, epoch, amount, deadline))).toBe(
						viemDigest(domain, 'RequestClose', { ...common, deposited: amount, deadline })
					);
				}
			),
			{ numRuns: 1_000 }
		);
	});

	it('names a channel by the hash of its ABI-encoded key, chain and contract', () => {
		fc.assert(
			fc.property(chainId, address, key, (chain, contract, k) => {
				const encoded = encodeAbiParameters(
					[
						'uint256',
						'address',
						'address',
						'address',
						'address',
						'address',
						'uint32',
						'uint40',
						'bytes32'
					].map((type) => ({ type })),
					[BigInt(chain), contract, k.payer, k.payee, k.token, k.signer, k.grace, k.expiry, k.salt]
				);
				const typedData = createTypedData(chain, contract);
				expect(typedData.channelId(k)).toBe(keccak256(encoded));
				expect(typedData.channelId(k)).toBe(keccak256(encoded));
			}),
			{ numRuns: 300 }
		);
	});

	it('asks a wallet for the funding that the digest is of', () => {
		fc.assert(
			fc.property(
				chainId,
				address,
				key,
				uint96,
				uint(MAX_UINT24),
				uint(1_000),
				(chain, contract, k, amount, epoch, index) => {
					const scheme = createEvmScheme(nowhere(chain, contract, k.token), nobleCrypto);
					const funding = { key: k, amount, validAfter: 0, validBefore: 2_000_000_000, index };
					const tokenDomain = { name: 'Test Dollar', version: '1' };
					const asked = scheme.fundingTypedData(funding, epoch, tokenDomain);
					const digest = createTypedData(chain, contract).fundingDigest(funding, epoch, tokenDomain);
					expect(toHex0x(digest)).toBe(hashTypedData(asked));
				}
			),
			{ numRuns: 300 }
		);
	});

	it('signs on Base for the one contract there and for no other', () => {
		const base = 8453;
		const ours = CHANNELS_ADDRESSES[base] ?? ZERO_ADDRESS;
		expect(() => createEvmScheme(nowhere(base, ours, ZERO_ADDRESS), nobleCrypto)).not.toThrow();
		expect(() => createEvmScheme(nowhere(base, ZERO_ADDRESS, ZERO_ADDRESS), nobleCrypto)).toThrow(
			'not the channel'
		);
	});

	it('signs claims that viem recovers, and accepts those that viem signs', async () => {
		await fc.assert(
			fc.asyncProperty(
				secret,
				key,
				uint(MAX_UINT24),
				uint96,
				async (claimSecret, terms, epoch, cumulative) => {
					const account = privateKeyToAccount(toHex0x(claimSecret));
					const k = { ...terms, signer: account.address.toLowerCase() as Hex };
					const scheme = createEvmScheme(nowhere(31337, k.payee, k.token), nobleCrypto);
					const claim = await scheme.signClaim(claimSecret, k, epoch, cumulative);
					const message = { channelId: scheme.channelId(k), epoch, cumulative };
					const domain = { ...CHANNELS_DOMAIN, chainId: 31337, verifyingContract: k.payee };
					const recovered = await recoverAddress({
						hash: hashTypedData({ domain, types, primaryType: 'Claim', message }),
						signature: toHex0x(claim.signature)
					});
					expect(recovered).toBe(account.address);
					expect(await scheme.verifyClaim(claim)).toBe(true);
					const theirs = await account.signTypedData({ domain, types, primaryType: 'Claim', message });
					expect(theirs).toBe(toHex0x(claim.signature));
				}
			),
			{ numRuns: 50 }
		);
	});
});

describe('a claim', () => {
	const contract: Hex = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
	const token: Hex = '0xe7f1725e7734ce288f8367e1bb143e90bb3f0512';
	const claimSecret = new Uint8Array(32).fill(7);
	const k: ChannelKey = {
		payer: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
		payee: '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
		token,
		signer: toHex0x(nobleCrypto.evmAddress(claimSecret)),
		grace: 86_400,
		expiry: 1_900_000_000,
		salt: `0x${'00'.repeat(32)}`
	};
	const scheme = createEvmScheme(nowhere(31337, contract, token), nobleCrypto);

	it('has these bytes: a change here is a change of the protocol', async () => {
		const claim = await scheme.signClaim(claimSecret, k, 1, 1_234_567n);
		expect({ id: scheme.channelId(k), signature: toHex0x(claim.signature) }).toMatchInlineSnapshot(`
			{
			  "id": "0x45b6b57bdef9e91170045efc1859ac753c876344d9c71df6c140821658a6f556",
			  "signature": "0xf5e903ae4c1f0fe78abc93b8427ad6870ec904dd1964ba28bde43bcea37d4bed4d850ed08170c04111c945e584688d7172859c80acd2724aff07bc4c454d95251c",
			}
		`);
	});

	it('is good for its channel, epoch, amount and signer only', async () => {
		const claim = await scheme.signClaim(claimSecret, k, 1, 1_000n);
		expect(await scheme.verifyClaim(claim)).toBe(true);
		expect(await scheme.verifyClaim({ ...claim, epoch: 2 })).toBe(false);
		expect(await scheme.verifyClaim({ ...claim, cumulative: 1_001n })).toBe(false);
		expect(await scheme.verifyClaim({ ...claim, key: { ...k, grace: k.grace + 1 } })).toBe(false);
		expect(await scheme.verifyClaim({ ...claim, key: { ...k, signer: k.payer } })).toBe(false);
		const elsewhere = createEvmScheme(nowhere(31338, contract, token), nobleCrypto);
		expect(await elsewhere.verifyClaim(claim)).toBe(false);
		const other = createEvmScheme(nowhere(31337, token, token), nobleCrypto);
		expect(await other.verifyClaim(claim)).toBe(false);
	});

	it('is refused, and never throws, when any part is malformed', async () => {
		const claim = await scheme.signClaim(claimSecret, k, 1, 1_000n);
		const highS = claim.signature.slice();
		const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
		const mirrored = order - BigInt(toHex0x(highS.subarray(32, 64)));
		for (let i = 0; i < 32; i++) highS[63 - i] = Number((mirrored >> BigInt(8 * i)) & 0xffn);
		highS[64] = highS[64] === 27 ? 28 : 27;
		for (const malformed of [
			{ ...claim, signature: new Uint8Array(0) },
			{ ...claim, signature: claim.signature.subarray(0, 64) },
			{ ...claim, signature: new Uint8Array(65) },
			{ ...claim, signature: highS },
			{ ...claim, epoch: -1 },
			{ ...claim, epoch: 1.5 },
			{ ...claim, epoch: 2 ** 24 },
			{ ...claim, cumulative: -1n },
			{ ...claim, cumulative: 2n ** 96n },
			{ ...claim, key: { ...k, payer: '0x' as Hex } },
			{ ...claim, key: { ...k, salt: '0x12' as Hex } },
			{ ...claim, key: { ...k, grace: NaN } }
		])
			expect(await scheme.verifyClaim(malformed)).toBe(false);
		await fc.assert(
			fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), async (signature) => {
				expect(await scheme.verifyClaim({ ...claim, signature })).toBe(false);
			}),
			{ numRuns: 50 }
		);
	});

	it('is told apart from a consent to close', async () => {
		const payeeSecret = new Uint8Array(32).fill(9);
		const own = { ...k, payee: toHex0x(nobleCrypto.evmAddress(payeeSecret)) };
		const close = await scheme.signClose(payeeSecret, own, 0, 5n, 1_900_000_000);
		expect(await scheme.verifyClose(close)).toBe(true);
		expect(await scheme.verifyClose({ ...close, capture: 4n })).toBe(false);
		expect(await scheme.verifyClose({ ...close, deadline: 1_900_000_001 })).toBe(false);
		expect(await scheme.verifyClose({ ...close, deadline: -1 })).toBe(false);
		expect(await scheme.verifyClaim({ key: own, epoch: 0, cumulative: 5n, signature: close.signature })).toBe(
			false
		);
	});
});
