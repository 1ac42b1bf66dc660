import fc from 'fast-check';
import { hashTypedData } from 'viem';
import { describe, expect, it } from 'vitest';
import { bytesToHex, toHex0x } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { signEvent } from '../events/verify.ts';
import { unwrap } from '../result.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import {
	createAnnouncement,
	checkAnnouncement,
	newestStreamKey,
	payeeDigest,
	payeeTypedData,
	type AnnouncementTerms
} from './announcement.ts';
import { createKeys, createStreamKey, pubkeyOf } from './keys.ts';

const NOW = 1_767_225_600_000;
const SECONDS = NOW / 1000;
const WEEK = 7 * 86_400;
const CONTRACT = `0x${'c0'.repeat(20)}` as const;
const ASSET = `eip155:31337/erc20:0x${'70'.repeat(20)}`;

const world = async () => {
	const random = createSeededRandom('announcement');
	const keys = createKeys(random);
	const pubkey = await pubkeyOf(nobleCrypto, keys.nostr!);
	const device = await pubkeyOf(nobleCrypto, keys.device);
	const stream = await createStreamKey(nobleCrypto, random, NOW);
	const payee = toHex0x(nobleCrypto.evmAddress(keys.account));
	const prove = async (changes: object = {}, secret = keys.account) => {
		const binding = {
			nostr: pubkey,
			payee,
			contract: CONTRACT,
			chainId: 31_337,
			notAfter: SECONDS + WEEK,
			...changes
		};
		return {
			signature: nobleCrypto.ecdsaSign(secret, payeeDigest(binding)),
			notAfter: binding.notAfter
		};
	};
	const terms: AnnouncementTerms = {
		addresses: ['test.btp-nips.hub.bob', 'test.btp-nips.other.b'],
		btp: 'wss://bob.example:8443/btp',
		streamKeys: [{ key: stream.publicKey, id: stream.id, notAfter: stream.notAfter, device }],
		prices: { event: 200_000n, hour: 5_000_000n },
		settle: { asset: ASSET, payee, contract: CONTRACT },
		proof: await prove(),
		supportedTokens: ['tUSD'],
		version: '0.1.0',
		features: ['resale'],
		now: NOW
	};
	const announce = (changes: Partial<AnnouncementTerms> = {}, now = NOW) =>
		signEvent(nobleCrypto, random, keys.nostr!, createAnnouncement({ ...terms, ...changes, now }));
	/** Signed as it is, with tags of one name replaced. */
	const withTags = async (name: string, ...tags: string[][]) => {
		const template = createAnnouncement(terms);
		return signEvent(nobleCrypto, random, keys.nostr!, {
			...template,
			tags: [...template.tags.filter((tag) => tag[0] !== name), ...tags]
		});
	};
	const reason = async (event: unknown, now = NOW) => {
		const checked = await checkAnnouncement(nobleCrypto, event, now);
		return checked.ok ? 'accepted' : checked.error.reason;
	};
	return { random, keys, pubkey, device, stream, payee, prove, terms, announce, withTags, reason };
};

describe('an announcement', () => {
	it('says where, with which keys and at what price a node answers', async () => {
		const { announce, pubkey, stream, device, payee } = await world();
		const event = await announce();
		const announcement = unwrap(await checkAnnouncement(nobleCrypto, event, NOW));
		expect(announcement).toEqual({
			pubkey,
			addresses: ['test.btp-nips.hub.bob', 'test.btp-nips.other.b'],
			btp: 'wss://bob.example:8443/btp',
			streamKeys: [{ key: stream.publicKey, id: stream.id, device, notAfter: SECONDS + WEEK }],
			prices: { event: 200_000n, hour: 5_000_000n },
			settle: { scheme: 'evm', asset: ASSET, chainId: 31_337, payee, contract: CONTRACT, proven: true },
			frames: [2],
			version: '0.1.0',
			features: ['resale'],
			expiresAt: SECONDS + WEEK,
			event
		});
		expect(newestStreamKey(announcement).key).toEqual(stream.publicKey);
	});

	it('can do without link, settlement and proof', async () => {
		const { terms, random, keys } = await world();
		const { addresses, streamKeys } = terms;
		const event = await signEvent(
			nobleCrypto,
			random,
			keys.nostr!,
			createAnnouncement({ addresses, streamKeys, prices: {}, now: NOW })
		);
		const announcement = unwrap(await checkAnnouncement(nobleCrypto, event, NOW));
		expect(announcement).toMatchObject({ addresses, prices: {}, features: [] });
		expect(announcement.settle).toBeUndefined();
		expect(announcement.btp).toBeUndefined();
	});

	it('ends with its keys', async () => {
		const { announce, reason, withTags } = await world();
		expect(await reason(await announce(), NOW + WEEK * 1000 - 1)).toBe('accepted');
		expect(await reason(await announce(), NOW + WEEK * 1000)).toBe('expired');
		expect(await reason(await announce({ expiresAt: SECONDS + 60 }), NOW + 60_000)).toBe('expired');
		expect(await reason(await announce({}, NOW + 3_600_000))).toBe('from the future');
		expect(await reason(await withTags('expiration', ['expiration', `${SECONDS + WEEK + 1}`]))).toBe(
			'too long'
		);
		expect(await reason(await withTags('expiration'))).toBe('malformed');
	});

	it('does not outlive any of its keys', async () => {
		const { stream, device, withTags, reason } = await world();
		const key = (changes: { key?: string; id?: string; device?: string; notAfter?: string }) => [
			'stream-key',
			changes.key ?? bytesToHex(stream.publicKey),
			changes.id ?? bytesToHex(stream.id),
			changes.device ?? device,
			changes.notAfter ?? `${SECONDS + WEEK}`
		];
		expect(await reason(await withTags('stream-key', key({})))).toBe('accepted');
		expect(await reason(await withTags('stream-key', key({ notAfter: `${SECONDS + 60}` })))).toBe(
			'outlives its keys'
		);
		expect(await reason(await withTags('stream-key', key({ notAfter: `${SECONDS + 2 * WEEK}` })))).toBe(
			'stream key'
		);
		expect(await reason(await withTags('stream-key'))).toBe('stream key');
		expect(await reason(await withTags('stream-key', key({ id: '00000000' })))).toBe('stream key');
		expect(await reason(await withTags('stream-key', key({ key: 'ab' })))).toBe('stream key');
		expect(await reason(await withTags('stream-key', key({ device: 'me' })))).toBe('stream key');
		expect(await reason(await withTags('stream-key', key({ notAfter: 'later' })))).toBe('stream key');
		expect(await reason(await withTags('stream-key', key({}), key({})))).toBe('stream key');
	});

	it.each([
		['no address', [], 'address'],
		['an address that is none', [['ilp-address', 'nowhere.x']], 'address'],
		['an address without room for a token', [['ilp-address', `test.${'x'.repeat(1_000)}`]], 'address'],
		['seventeen addresses', Array.from({ length: 17 }, (_, i) => ['ilp-address', `test.a${i}`]), 'address'],
		['a link that is no WebSocket', [['btp', 'https://bob.example/']], 'url'],
		['a link with a password in it', [['btp', 'wss://me:secret@bob.example/']], 'url'],
		['a price in no number', [['price', 'event:1', 'cheap', 'USD', '9']], 'price'],
		['a price below zero', [['price', 'event:1', '-1', 'USD', '9']], 'price'],
		[
			'two prices for one thing',
			[
				['price', 'kb', '1', 'USD', '9'],
				['price', 'kb', '2', 'USD', '9']
			],
			'price'
		],
		['an asset that is no CAIP-19', [['settle', 'evm', 'tUSD', `0x${'11'.repeat(20)}`, CONTRACT]], 'settle'],
		['a payee that is no address', [['settle', 'evm', ASSET, 'bob', CONTRACT]], 'settle'],
		['a proof for another payee', [['settle', 'evm', ASSET, `0x${'11'.repeat(20)}`, CONTRACT]], 'proof']
	] as const)('is refused with %s', async (_, tags, expected) => {
		const { withTags, reason } = await world();
		const name = tags[0]?.[0] ?? 'ilp-address';
		expect(await reason(await withTags(name, ...tags.map((tag) => [...tag])))).toBe(expected);
	});

	it('may name prices and ways to settle that are not understood here', async () => {
		const { withTags } = await world();
		const priced = unwrap(
			await checkAnnouncement(
				nobleCrypto,
				await withTags(
					'price',
					['price', 'event:1', '2', 'USD', '4'],
					['price', 'event:1', '7', 'EUR', '2'],
					['price', 'event:30023', '9', 'USD', '9'],
					['price', 'kb', '9', 'USD', '12']
				),
				NOW
			)
		);
		expect(priced.prices).toEqual({ event: 200_000n });
		const settled = unwrap(
			await checkAnnouncement(nobleCrypto, await withTags('settle', ['settle', 'xrp', 'x']), NOW)
		);
		expect(settled.settle).toBeUndefined();
	});

	it('is proven by its payee, for this key, contract and chain, and for a time', async () => {
		const { announce, prove, reason, keys, terms } = await world();
		for (const wrong of [
			await prove({ nostr: '00'.repeat(32) }),
			await prove({ contract: `0x${'00'.repeat(20)}` }),
			await prove({ chainId: 1 }),
			await prove({}, keys.claim),
			{ ...(await prove()), notAfter: SECONDS + 1 },
			await prove({ notAfter: SECONDS })
		])
			expect(await reason(await announce({ proof: wrong }))).toBe('proof');
		const { proof: _, ...unproven } = terms;
		const { random } = await world();
		const event = await signEvent(nobleCrypto, random, keys.nostr!, createAnnouncement(unproven));
		expect(unwrap(await checkAnnouncement(nobleCrypto, event, NOW)).settle?.proven).toBe(false);
	});

	it('asks a wallet for the same digest as viem computes', () => {
		const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(toHex0x);
		fc.assert(
			fc.property(
				fc.record({
					nostr: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex),
					payee: address,
					contract: address,
					chainId: fc.nat(),
					notAfter: fc.maxSafeNat()
				}),
				(binding) => {
					expect(toHex0x(payeeDigest(binding))).toBe(hashTypedData(payeeTypedData(binding)));
				}
			),
			{ numRuns: 30 }
		);
	});

	it('is signed, of its kind, and nothing else', async () => {
		const { announce, reason, keys, random } = await world();
		const event = await announce();
		expect(await reason({ ...event, sig: '0'.repeat(128) })).toBe('not signed');
		expect(await reason('32001')).toBe('malformed');
		expect(await reason(await signEvent(nobleCrypto, random, keys.nostr!, { ...event, kind: 30_001 }))).toBe(
			'malformed'
		);
	});
});
