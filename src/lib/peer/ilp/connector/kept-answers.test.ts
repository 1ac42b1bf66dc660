import { expect, it } from 'vitest';
import type { IlpReply } from '../../codec/ilp.ts';
import { LIMITS } from '../../limits.ts';
import { createKeptAnswers } from './kept-answers.ts';

const UNTIL = 1_000;
const hashOf = (n: number): Uint8Array => {
	const hash = new Uint8Array(32);
	new DataView(hash.buffer).setUint32(0, n << 2);
	return hash;
};
const fulfill = (n: number, bytes = 1_000): IlpReply => ({
	type: 'fulfill',
	fulfillment: new Uint8Array(32).fill(n),
	data: new Uint8Array(bytes).fill(n)
});

it('gives back each answer as it was, to the neighbour that asked', () => {
	const kept = createKeptAnswers();
	const refusal: IlpReply = {
		type: 'reject',
		code: 'F99',
		triggeredBy: 'test.bob',
		message: 'schön, aber nein',
		data: new Uint8Array([1, 2])
	};
	kept.add('a', hashOf(1), fulfill(1), UNTIL);
	kept.add('b', hashOf(2), refusal, UNTIL);
	kept.add('a', hashOf(3), { ...refusal, triggeredBy: '', message: '' }, UNTIL);
	expect(kept.find('a', hashOf(1))).toEqual(fulfill(1));
	expect(kept.find('b', hashOf(2))).toEqual(refusal);
	expect(kept.find('a', hashOf(3))).toEqual({ ...refusal, triggeredBy: '', message: '' });
	expect(kept.find('b', hashOf(1))).toBeUndefined();
	// The same bytes from two neighbours are two packets.
	kept.add('b', hashOf(1), fulfill(9), UNTIL);
	expect([kept.find('a', hashOf(1)), kept.find('b', hashOf(1))]).toEqual([fulfill(1), fulfill(9)]);
	expect(kept.find('a', hashOf(4))).toBeUndefined();
});

it('never gives the answer to another packet, even when their hashes begin alike', () => {
	const kept = createKeptAnswers();
	const alike = hashOf(1);
	alike[31] = 1;
	kept.add('a', hashOf(1), fulfill(1), UNTIL);
	expect(kept.find('a', alike)).toBeUndefined();
	kept.add('a', alike, fulfill(2), UNTIL);
	expect(kept.find('a', alike)).toEqual(fulfill(2));
	expect(kept.find('a', hashOf(1))).toBeUndefined();
});

it('an answer that was given stays what it is while its place is written over', () => {
	const kept = createKeptAnswers();
	kept.add('a', hashOf(0), fulfill(7, 30_000), UNTIL);
	const given = kept.find('a', hashOf(0));
	for (let n = 1; n < 1_200; n++) kept.add('a', hashOf(n), fulfill(n & 255, 30_000), UNTIL);
	expect(given).toEqual(fulfill(7, 30_000));
	expect(kept.find('a', hashOf(0))).toBeUndefined();
});

it('keeps the newest answers, as many as the limit has room for', () => {
	const kept = createKeptAnswers();
	const fit = Math.floor(LIMITS.answersKeptBytes / 1_100);
	for (let n = 0; n < 3 * fit; n++) kept.add('a', hashOf(n), fulfill(n & 255), UNTIL);
	const found = Array.from({ length: 3 * fit }, (_, n) => kept.find('a', hashOf(n)) !== undefined);
	expect(found.lastIndexOf(false)).toBeGreaterThan(fit);
	expect(found.slice(found.lastIndexOf(false) + 1).length).toBeGreaterThan(0.9 * fit);
	expect(kept.find('a', hashOf(3 * fit - 1))).toEqual(fulfill((3 * fit - 1) & 255));
});

it('forgets what nobody asks for any more', () => {
	const kept = createKeptAnswers();
	kept.add('a', hashOf(1), fulfill(1), UNTIL);
	kept.sweep(UNTIL);
	expect(kept.find('a', hashOf(1))).toEqual(fulfill(1));
	kept.sweep(UNTIL + 1);
	expect(kept.find('a', hashOf(1))).toBeUndefined();
});
