import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReassembly, type Piece } from './reassembly.ts';

const bytesOf = (length: number): Uint8Array =>
	Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);
const cut = (bytes: Uint8Array, from: number, to: number): Piece => ({
	offset: from,
	data: bytes.slice(from, to)
});

describe('a stream put together again', () => {
	it('is whole when its last piece comes and no byte is missing, and not before', () => {
		const bytes = bytesOf(10);
		const stream = createReassembly();
		expect(stream.wholeWith(cut(bytes, 6, 10))).toBeUndefined();
		expect(stream.add(cut(bytes, 3, 6))).toBe(true);
		expect([stream.contiguous(), stream.highest()]).toEqual([0, 6]);
		expect(stream.wholeWith(cut(bytes, 6, 10))).toBeUndefined();
		expect(stream.add(cut(bytes, 0, 3))).toBe(true);
		expect(stream.contiguous()).toBe(6);
		expect(stream.wholeWith(cut(bytes, 6, 10))).toEqual(bytes);
		expect(stream.highest()).toBe(6);
	});

	it('takes the same bytes again, in other pieces too, and no others in their place', () => {
		const bytes = bytesOf(100);
		const stream = createReassembly();
		stream.add(cut(bytes, 20, 60));
		expect(stream.add(cut(bytes, 10, 40))).toBe(true);
		expect(stream.add({ offset: 30, data: Uint8Array.of(1) })).toBe(false);
		expect(stream.add({ offset: 0, data: new Uint8Array(20) })).toBe(false);
		stream.add(cut(bytes, 0, 10));
		expect(stream.head(100)).toEqual(bytes.slice(0, 60));
		expect(stream.wholeWith(cut(bytes, 50, 100))).toEqual(bytes);
		expect(stream.wholeWith({ offset: 50, data: new Uint8Array(50) })).toBeUndefined();
	});

	it('does not end before a byte that came', () => {
		const bytes = bytesOf(10);
		const stream = createReassembly();
		stream.add(cut(bytes, 0, 10));
		expect(stream.wholeWith(cut(bytes, 4, 8))).toBeUndefined();
		expect(stream.wholeWith(cut(bytes, 4, 10))).toEqual(bytes);
	});

	it('agrees with a map of bytes, whatever comes in whatever order', () => {
		const piece = fc.record({ offset: fc.nat(60), data: fc.uint8Array({ maxLength: 20, max: 1 }) });
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
				const stream = createReassembly();
				const known = new Map<number, number>();
				for (const one of pieces) {
					const fits = [...one.data].every((byte, at) => (known.get(one.offset + at) ?? byte) === byte);
					const announced = stream.capacityWith(one);
					expect(stream.add(one)).toBe(fits);
					if (!fits) continue;
					if (one.data.length > 0) expect(stream.capacity()).toBe(announced);
					one.data.forEach((byte, at) => known.set(one.offset + at, byte));
					let gapless = 0;
					while (known.has(gapless)) gapless++;
					expect(stream.contiguous()).toBe(gapless);
					expect(stream.highest()).toBe(Math.max(-1, ...known.keys()) + 1);
					expect([...stream.head(200)]).toEqual(Array.from({ length: gapless }, (_, at) => known.get(at)));
				}
			})
		);
	});

	it('brings every way of cutting and shuffling back to the same bytes', () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 3_000 }),
				fc.array(fc.nat(2_999), { maxLength: 12 }),
				fc.infiniteStream(fc.nat()),
				(length, cuts, order) => {
					const bytes = bytesOf(length);
					const at = [...new Set([0, ...cuts.filter((one) => one < length)])].sort((a, b) => a - b);
					const pieces = at.map((from, i) => cut(bytes, from, at[i + 1] ?? length));
					const end = pieces.pop() as Piece;
					const stream = createReassembly();
					while (pieces.length > 0) {
						const [next] = pieces.splice((order.next().value as number) % pieces.length, 1) as [Piece];
						stream.add(next);
					}
					expect(stream.wholeWith(end)).toEqual(bytes);
				}
			)
		);
	});
});
