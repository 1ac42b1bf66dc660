import { nip19 } from 'nostr-tools';
import * as nip49 from 'nostr-tools/nip49';
import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../server/akash-peer/node-sql.ts';
import { fromHex } from './bytes.ts';
import { nobleCrypto } from './crypto/noble-crypto.ts';
import { loadIdentity } from './identity.ts';
import { LIMITS } from './limits.ts';
import { unwrap } from './result.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { createSimulatedClock } from './testing/simulated-clock.ts';
import { migrate } from './storage/migrations.ts';

const SECRET = '00000000000000000000000000000000000000000000000000000000000000aa';

const createWorld = (seed: string) => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	const clock = createSimulatedClock(
		Date.UTC(2030, 0, 1),
		() => new Promise((resolve) => setImmediate(resolve))
	);
	const random = createSeededRandom(seed);
	return { clock, load: () => loadIdentity({ random, crypto: nobleCrypto, clock, sql }, undefined) };
};

describe('the keys of a peer', () => {
	it('are made at the first start and are the same at the next', async () => {
		const { load } = createWorld('first');
		const first = await load();
		const next = await load();
		expect([next.pubkey(), next.device, next.claimAddress]).toEqual([
			first.pubkey(),
			first.device,
			first.claimAddress
		]);
	});

	it('leave with a password and come back to another device, which stays itself', async () => {
		const one = await createWorld('one').load();
		const other = await createWorld('other').load();
		const { device, claimAddress } = other;
		const backup = unwrap(one.exportKey('correct horse'));
		expect(backup).toMatch(/^ncryptsec1/);
		expect(unwrap(await other.importKey(` ${backup}\n`, 'correct horse'))).toBe(one.pubkey());
		expect([other.device, other.claimAddress]).toEqual([device, claimAddress]);
		expect((await other.sign({ kind: 1, content: 'me again', tags: [], created_at: 1 })).pubkey).toBe(
			one.pubkey()
		);
	});

	it('are taken as nsec or as hex, and kept', async () => {
		for (const text of [nip19.nsecEncode(fromHex(SECRET)), SECRET]) {
			const { load } = createWorld(text);
			const pubkey = unwrap(await (await load()).importKey(text, undefined));
			expect((await load()).pubkey()).toBe(pubkey);
		}
	});

	it('never leave without a password', async () => {
		expect((await createWorld('none').load()).exportKey('')).toMatchObject({
			error: { type: 'InvalidInput' }
		});
	});

	it.each([
		[
			'a backup with the wrong password',
			nip49.encrypt(fromHex(SECRET), 'right', 4),
			'wrong',
			'WrongPassword'
		],
		['a backup without its password', nip49.encrypt(fromHex(SECRET), 'right', 4), undefined, 'WrongPassword'],
		['a backup of what is no key', nip49.encrypt(new Uint8Array(32), 'right', 4), 'right', 'InvalidKey'],
		['nothing', '', undefined, 'InvalidKey'],
		['a public key', nip19.npubEncode(SECRET), undefined, 'InvalidKey'],
		['zero', '0'.repeat(64), undefined, 'InvalidKey'],
		['a number above the order of the curve', 'f'.repeat(64), undefined, 'InvalidKey']
	])('refuse %s and stay as they were', async (_, text, password, type) => {
		const identity = await createWorld(type).load();
		const before = identity.pubkey();
		expect(await identity.importKey(text, password)).toMatchObject({ ok: false, error: { type } });
		expect(identity.pubkey()).toBe(before);
		expect((await identity.sign({ kind: 1, content: '', tags: [], created_at: 1 })).pubkey).toBe(before);
	});
});

describe('stream keys', () => {
	it('are renewed when half spent, while the older one still opens sessions until its end', async () => {
		const { clock, load } = createWorld('stream');
		const identity = await load();
		const first = await identity.streamKey();
		expect(await identity.streamKey()).toEqual(first);
		await clock.advance(LIMITS.streamKeyMs / 2 + 1_000);
		const second = await identity.streamKey();
		expect(second.id).not.toEqual(first.id);
		expect(identity.streamKeyById(first.id)).toEqual(first);
		await clock.advance(LIMITS.streamKeyMs / 2);
		expect(identity.streamKeyById(first.id)).toBeUndefined();
		expect((await load()).streamKeyById(second.id)).toEqual(second);
	});
});
