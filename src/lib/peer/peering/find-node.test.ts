import { expect, it } from 'vitest';
import type { VerifiedEvent } from '../codec/nostr-event.ts';
import { peerError } from '../errors.ts';
import { err, ok } from '../result.ts';
import type { Commits } from '../storage/commit.ts';
import type { NodeContact } from '../stream/session.ts';
import type { Announcement } from './announcement.ts';
import { createFindNode } from './find-node.ts';

const EVENT = {} as unknown as VerifiedEvent;
const key = new Uint8Array(32).fill(7);
const contact = (pubkey: string, address: string): NodeContact => ({ pubkey, address, streamKey: key });
const announced = (pubkey: string, address: string): Announcement => ({
	pubkey,
	addresses: [address],
	streamKeys: [{ key, id: new Uint8Array(4), device: 'd', notAfter: 1_000 }],
	prices: { event: 0n },
	frames: [2],
	features: [],
	expiresAt: 1_000,
	event: EVENT
});
const HUB = contact('hub', 'test.hub');

/** Bob's announcement comes by `told`, an event of the hub's answer; until then `known` is what is here. */
const world = (known: readonly Announcement[], hub: NodeContact | undefined, told?: Announcement) => {
	const here = new Map(known.map((announcement) => [announcement.pubkey, announcement]));
	const asked: string[] = [];
	const findNode = createFindNode({
		clock: { now: () => 0, after: () => () => undefined },
		commits: { run: (unit: () => unknown) => Promise.resolve(unit()) } as unknown as Commits,
		store: {
			put: () => {
				if (told) here.set(told.pubkey, told);
				return { result: 'stored', seq: 1 };
			}
		},
		announcer: () => ({ of: (pubkey) => Promise.resolve(here.get(pubkey)) }),
		hub: () => hub,
		queryOnce: (node) => {
			asked.push(node.address);
			if (!told) return Promise.resolve(err(peerError('HubUnreachable')));
			return Promise.resolve(ok([EVENT]));
		}
	});
	return { findNode, asked };
};

it('the hub is where it said it is, and who is known is where the announcement says: nobody is asked', async () => {
	const { findNode, asked } = world([announced('bob', 'test.bob')], HUB);
	expect(await findNode('hub', true)).toBe(HUB);
	expect(await findNode('bob', false)).toEqual(contact('bob', 'test.bob'));
	expect(asked).toEqual([]);
});

it('who is not known, or does not answer there any more, is asked of the hub', async () => {
	const moved = announced('bob', 'test.bob.moved');
	for (const known of [[], [announced('bob', 'test.bob')]]) {
		const { findNode, asked } = world(known, HUB, moved);
		expect(await findNode('bob', true)).toEqual(contact('bob', 'test.bob.moved'));
		expect(asked).toEqual(['test.hub']);
	}
});

it('without a hub, or one that answers, what is known must do', async () => {
	for (const hub of [undefined, HUB]) {
		const { findNode } = world([announced('bob', 'test.bob')], hub);
		expect(await findNode('bob', true)).toEqual(contact('bob', 'test.bob'));
		expect(await findNode('carol', true)).toBeUndefined();
	}
});
