/**
 * Damage: takes valid bytes and makes them almost valid. Small and fast, because millions of cases pass here;
 * the same seed makes the same cases on every machine.
 */

/** 32 bits of state are enough to choose damage by (Mulberry32). */
export const createDice = (seed: number) => {
	let state = seed >>> 0;
	/** A whole number, 0 ≤ x < n. */
	const below = (n: number): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % n;
	};
	return { below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T };
};
export type Dice = ReturnType<typeof createDice>;

/** A number for a text, so that every parser gets damage of its own from one seed. */
export const seedOf = (text: string): number => {
	let hash = 0x811c9dc5;
	for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
	return hash;
};

/** Bytes on which lengths, counts and text turn. */
const TURNING_POINTS = [
	0, 1, 0x0c, 0x17, 0x18, 0x1b, 0x20, 0x2e, 0x30, 0x5b, 0x5f, 0x7b, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x86, 0x87,
	0x88, 0x9b, 0xa0, 0xbb, 0xc0, 0xed, 0xf4, 0xf6, 0xfb, 0xff
] as const;

/** What an announced length looks like when it lies. */
const LIES = [
	[0x84, 0xff, 0xff, 0xff, 0xff],
	[0x86, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0x9b, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
	[0x5a, 0xff, 0xff, 0xff, 0xff],
	[0x81, 0x7f],
	[0x02, 0x00, 0x01]
] as const;

const LONGEST = 4_096;

/** One to four kinds of damage to one of `valid`, or now and then bytes out of nowhere. */
export const damaged = (dice: Dice, valid: readonly Uint8Array[]): Uint8Array => {
	if (valid.length === 0 || dice.below(50) === 0)
		return Uint8Array.from({ length: dice.below(60) }, () => dice.below(256));
	let bytes = [...dice.pick(valid)];
	for (let times = 1 + dice.below(4); times > 0; times -= 1) {
		const at = dice.below(bytes.length + 1);
		switch (dice.below(10)) {
			case 0:
				if (at < bytes.length) bytes[at] = dice.below(256);
				break;
			case 1:
				if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8));
				break;
			case 2:
				if (at < bytes.length) bytes[at] = dice.pick(TURNING_POINTS);
				break;
			case 3:
				bytes.splice(at, 0, dice.pick(TURNING_POINTS));
				break;
			case 4:
				bytes.splice(at, 1 + dice.below(4));
				break;
			case 5:
				bytes.length = at;
				break;
			case 6: {
				// The same again, as frames and entries of lists do.
				const end = Math.min(bytes.length, at + 1 + dice.below(40));
				bytes.splice(at, 0, ...bytes.slice(at, end));
				break;
			}
			case 7: {
				// One half of this and one of another.
				const other = dice.pick(valid);
				bytes = [...bytes.slice(0, at), ...other.subarray(dice.below(other.length + 1))];
				break;
			}
			case 8:
				bytes.splice(at, dice.below(3), ...dice.pick(LIES));
				break;
			default:
				if (at < bytes.length) bytes[at] = ((bytes[at] as number) + (dice.below(2) === 0 ? 1 : 255)) & 0xff;
		}
	}
	return Uint8Array.from(bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes);
};
