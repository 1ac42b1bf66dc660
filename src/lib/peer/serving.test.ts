import { expect, it } from 'vitest';
import type { NostrEvent, VerifiedEvent } from './codec/nostr-event.ts';
import { KINDS } from './events/kinds.ts';
import { createServing } from './serving.ts';

const PRICE = 200_000n;
const ALICE = 'a'.repeat(64);
const BOB = 'b'.repeat(64);
const REQUEST = { link: 'c'.repeat(64), arrived: 0n };

const of = (pubkey: string, kind: number): VerifiedEvent =>
	({
		id: '0'.repeat(64),
		pubkey,
		kind,
		created_at: 0,
		tags: [],
		content: '',
		sig: ''
	}) satisfies NostrEvent as unknown as VerifiedEvent;
const nodeOfAlice = (keepsAnnouncements: boolean, price = () => PRICE) =>
	createServing({ config: { keepsAnnouncements }, identity: { pubkey: () => ALICE }, personal: { price } });

it('a note costs what its author asks now, and what an author says of herself costs nothing', () => {
	let price = PRICE;
	const { mayServe, priceOf, notePrice } = nodeOfAlice(false, () => price);
	const kinds = Object.values(KINDS);
	expect(kinds.every((kind) => mayServe(of(ALICE, kind)))).toBe(true);
	expect(priceOf(of(ALICE, KINDS.note))).toBe(PRICE);
	price = 2n * PRICE;
	expect(priceOf(of(ALICE, KINDS.note))).toBe(2n * PRICE);
	// What is announced and what the author is shown is what is charged.
	expect(notePrice()).toBe(2n * PRICE);
	// A kind that this release knows nothing of is somebody's work all the same.
	expect(priceOf(of(ALICE, 30_023))).toBe(2n * PRICE);
	for (const kind of [KINDS.profile, KINDS.follows, KINDS.deletion, KINDS.announcement])
		expect(priceOf(of(ALICE, kind))).toBe(0n);
});

it('a guest keeps and serves nothing of others', () => {
	const { mayServe, mayStore } = nodeOfAlice(false);
	for (const kind of Object.values(KINDS)) {
		expect(mayServe(of(BOB, kind))).toBe(false);
		expect(mayStore(of(BOB, kind), REQUEST)).toMatchObject({ accept: false });
	}
});

it('a hub keeps profiles and announcements of others and gives them on for nothing, and never sells their notes', () => {
	const { mayServe, priceOf, mayStore } = nodeOfAlice(true);
	for (const kind of Object.values(KINDS)) {
		const isKept = kind === KINDS.profile || kind === KINDS.announcement;
		expect(mayStore(of(BOB, kind), REQUEST).accept).toBe(isKept);
		expect(mayServe(of(BOB, kind))).toBe(isKept);
		expect(priceOf(of(BOB, kind))).toBe(0n);
	}
	expect(mayStore(of(BOB, KINDS.profile), REQUEST)).toEqual({ accept: true, price: 0n });
});
