import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeenPackets } from './seen-packets.ts';

const NOW = 1_900_000_000_000;
const hashOf = (n: number): Uint8Array => {
	const hash = new Uint8Array(32);
	new DataView(hash.buffer).setUint32(0, (n * 2_654_435_761) >>> 0);
	return hash;
};

it('never denies a packet that was here, whenever they expire and however many there are', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.nat(1_000_000), fc.oneof(fc.nat(60_000), fc.nat(10_000_000_000))), {
				maxLength: 600
			}),
			(packets) => {
				const seen = createSeenPackets(NOW - 1);
				for (const [n, ms] of packets) seen.add(hashOf(n), NOW + ms);
				for (const [n, ms] of packets) expect(seen.mayHold(hashOf(n), NOW + ms)).toBe(true);
			}
		)
	);
});

it('knows most packets as new, in a second in which ten thousand expire', () => {
	const seen = createSeenPackets(NOW - 1);
	for (let n = 0; n < 10_000; n++) seen.add(hashOf(n), NOW + 500);
	const unsure = Array.from({ length: 10_000 }, (_, n) => seen.mayHold(hashOf(20_000 + n), NOW + 500));
	expect(unsure.filter(Boolean).length).toBeLessThan(1_000);
	expect(seen.mayHold(hashOf(1), NOW + 5_000)).toBe(false);
});

it('is sure of nothing that expires by the horizon, or before all that is noted', () => {
	const seen = createSeenPackets(NOW);
	expect([seen.mayHold(hashOf(1), NOW), seen.mayHold(hashOf(1), NOW + 1)]).toEqual([true, false]);
	for (let second = 0; second < 200; second++) seen.add(hashOf(1), NOW + 1_000 * second + 1);
	expect(seen.mayHold(hashOf(2), NOW + 10_000)).toBe(true);
	expect(seen.mayHold(hashOf(2), NOW + 199_000)).toBe(false);
});
