/** The same events through other people's code: nostr-tools must agree in both directions. */
import fc from 'fast-check';
import { finalizeEvent, getEventHash, verifiedSymbol, verifyEvent as theirVerify } from 'nostr-tools/pure';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createSeededRandom } from '../testing/seeded-random.ts';
import { eventId, signEvent, verifyEvent } from './verify.ts';

const text = fc.string({ unit: 'binary' }).filter((any) => any.isWellFormed());
const template = fc.record({
	created_at: fc.nat(),
	kind: fc.nat(65_535),
	tags: fc.array(fc.array(text, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
	content: text
});
const random = createSeededRandom('events');
const secret = random.bytes(32);

describe('events as nostr-tools sees them', () => {
	it('hashes alike', async () => {
		await fc.assert(
			fc.asyncProperty(template, async (draft) => {
				const unsigned = { ...draft, pubkey: 'ab'.repeat(32) };
				expect(await eventId(nobleCrypto, unsigned)).toBe(getEventHash(unsigned));
			})
		);
	});

	it('accepts what it signed, and it accepts what is signed here', async () => {
		await fc.assert(
			fc.asyncProperty(template, async (draft) => {
				const { [verifiedSymbol]: _, ...theirs } = finalizeEvent(
					{ ...draft, tags: draft.tags.map((tag) => [...tag]) },
					secret
				);
				expect(await verifyEvent(nobleCrypto, theirs)).toEqual({ ok: true, value: theirs });
				const ours = await signEvent(nobleCrypto, random, secret, draft);
				expect(theirVerify({ ...ours, tags: ours.tags.map((tag) => [...tag]) })).toBe(true);
			}),
			{ numRuns: 25 }
		);
	});

	it('refuses alike after any one change', async () => {
		const ours = await signEvent(nobleCrypto, random, secret, {
			created_at: 1,
			kind: 1,
			tags: [['e', 'x']],
			content: 'y'
		});
		const changes: object[] = [
			{ content: 'z' },
			{ kind: 2 },
			{ created_at: 2 },
			{ tags: [] },
			{ id: '0'.repeat(64) },
			{ sig: '0'.repeat(128) },
			{ pubkey: '1'.repeat(64) }
		];
		for (const change of changes) {
			const altered = { ...ours, tags: ours.tags.map((tag) => [...tag]), ...change };
			expect(theirVerify(altered)).toBe(false);
			expect((await verifyEvent(nobleCrypto, altered)).ok).toBe(false);
		}
	});
});
