import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, fromHex } from '../bytes.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { createNodeEpochs } from './node-epochs.ts';
import { createName, epochOf, eraseEpoch, OLD_KEY_MS, takeStep, type Epoch } from './ratchet.ts';
import { tokenFromSegment, tokenToSegment } from './token.ts';
import vectors from './vectors/session-token.json' with { type: 'json' };

const secretsOf = (byte: number) => ({
	opener: new Uint8Array(32).fill(byte),
	node: new Uint8Array(32).fill(byte + 1)
});

describe('a step of the keys', () => {
	it('derives the vectors at both ends, one step upon the other', async () => {
		const [first] = vectors.valid;
		let secrets = { opener: fromHex(first!.opener), node: fromHex(first!.node) };
		for (const vector of vectors.steps) {
			const openerPublic = nobleCrypto.x25519PublicKey(fromHex(vector.openerSecret));
			const nodePublic = nobleCrypto.x25519PublicKey(fromHex(vector.nodeSecret));
			const step = { openerPublic, nodePublic, name: fromHex(vector.token) };
			const mine = fromHex(vector.openerSecret);
			const ends = [
				await takeStep(nobleCrypto, secrets, mine, nodePublic, step),
				await takeStep(nobleCrypto, secrets, fromHex(vector.nodeSecret), openerPublic, step)
			];
			for (const epoch of ends) {
				expect(epoch?.name).toBe(vector.segment);
				expect(bytesToHex(epoch!.secrets.opener)).toBe(vector.opener);
				expect(bytesToHex(epoch!.secrets.node)).toBe(vector.node);
			}
			// What it was made from is erased.
			expect(mine).toEqual(new Uint8Array(32));
			secrets = ends[0]!.secrets;
		}
	});

	it('refuses a key of small order, and erases its own half all the same', async () => {
		const mine = new Uint8Array(32).fill(7);
		const step = {
			openerPublic: new Uint8Array(32),
			nodePublic: new Uint8Array(32),
			name: new Uint8Array(41)
		};
		expect(await takeStep(nobleCrypto, secretsOf(1), mine, new Uint8Array(32), step)).toBeUndefined();
		expect(mine).toEqual(new Uint8Array(32));
	});

	it('gives names that open nothing by themselves', () => {
		const name = createName(createSeededRandom('names'));
		expect(name).toHaveLength(41);
		expect(tokenFromSegment(tokenToSegment(name)).ok).toBe(false);
		for (const { segment } of vectors.steps) expect(tokenFromSegment(segment).ok).toBe(false);
	});

	it('leaves nothing of an epoch that is erased', async () => {
		const epoch = await epochOf(nobleCrypto, 'x', secretsOf(1));
		eraseEpoch(epoch);
		const left = [epoch.secrets, epoch.openerKeys, epoch.nodeKeys].flatMap((keys) => Object.values(keys));
		for (const bytes of left) expect(bytes).toEqual(new Uint8Array(32));
	});
});

describe('the keys of a session at its node', () => {
	const epochs = async (count: number): Promise<readonly Epoch[]> =>
		Promise.all(Array.from({ length: count }, (_, i) => epochOf(nobleCrypto, `n${i}`, secretsOf(i))));
	const step = { nodePublic: new Uint8Array(32), name: new Uint8Array(41) };

	it('offer the next ones until they are used, then keep the old ones for a while', async () => {
		const [first, second] = (await epochs(2)) as [Epoch, Epoch];
		const keys = createNodeEpochs({ current: first });
		expect(keys.frame(first)).toEqual([]);
		keys.offer({ epoch: second, step });
		expect(keys.frame(first)).toMatchObject([{ type: 'RATCHET' }]);
		expect(keys.arrived(first, 0)).toBe(false);
		expect(keys.arrived(second, 1_000)).toBe(true);
		expect(keys.arrived(second, 2_000)).toBe(false);
		expect(keys.frame(first)).toEqual([]);
		expect(keys.of('n0')).toBe(first);
		expect(keys.mayOffer()).toBe(false);
		expect(keys.expire(1_000 + OLD_KEY_MS - 1)).toBe(false);
		expect(keys.expire(1_000 + OLD_KEY_MS)).toBe(true);
		expect(keys.of('n0')).toBeUndefined();
		expect(first.secrets.opener).toEqual(new Uint8Array(32));
		expect(keys.mayOffer()).toBe(true);
	});

	it('are never more than two at a time, whatever arrives whenever', async () => {
		const all = await epochs(40);
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.constantFrom('offer', 'arrive', 'wait'), fc.nat(39)), { maxLength: 80 }),
				(acts) => {
					let now = 0;
					let made = 1;
					const keys = createNodeEpochs({ current: all[0] as Epoch });
					for (const [act, at] of acts) {
						const before = keys.current();
						if (act === 'offer' && keys.mayOffer() && made < 40)
							keys.offer({ epoch: all[made++] as Epoch, step });
						if (act === 'arrive') {
							const epoch = all[at] as Epoch;
							const isNext = keys.stored().next?.epoch === epoch;
							expect(keys.arrived(epoch, now)).toBe(isNext);
							expect(keys.current()).toBe(isNext ? epoch : before);
						}
						if (act === 'wait') {
							now += at * 1_000;
							keys.expire(now);
						}
						const alive = all.filter(({ name }) => keys.of(name));
						expect(alive.length).toBeLessThanOrEqual(2);
						expect(alive).toContain(keys.current());
					}
				}
			)
		);
	});
});
