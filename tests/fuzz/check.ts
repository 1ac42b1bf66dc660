/**
 * What must hold of any parser and any bytes:
 *
 * - nothing is thrown past its door; a refusal is an error with a type and, where there is one, a reason;
 * - what comes out is no larger than what went in justifies, whatever counts and lengths it claims;
 * - what was read can be written, reads back as the same value, and is then written as the same bytes;
 * - where a format allows one spelling only, what was written is what was read.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { bytesToHex } from '../../src/lib/peer/bytes.ts';

type Outcome<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: { readonly type: string; readonly reason?: string } };

export interface Parser<T = unknown> {
	readonly name: string;
	/** Valid bytes of every kind it reads. */
	readonly valid: readonly Uint8Array[];
	parse(bytes: Uint8Array): Outcome<T> | Promise<Outcome<T>>;
	/** Absent where nothing is written back. */
	encode?(value: T): Uint8Array;
	/** Whether accepted bytes are exactly what `encode` writes, apart from what may follow the last field. */
	readonly hasOneSpelling?: boolean;
	/** How many units of value one byte of input may become; hex takes two characters a byte. */
	readonly growth?: number;
}

/** Ties a parser to its own type once, so that a list can hold them all. */
export const parser = <T>(of: Parser<T>): Parser => of as unknown as Parser;

/** Characters, bytes and entries in a value. */
const sizeOf = (value: unknown): number => {
	if (typeof value === 'string') return value.length;
	if (value instanceof Uint8Array) return value.length;
	if (value instanceof Map) return sizeOf([...(value as Map<unknown, unknown>)]);
	if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + 1 + sizeOf(item), 0);
	if (typeof value === 'object' && value !== null) return sizeOf(Object.values(value));
	return 1;
};
/** What the fields of a packet come to when they are empty. */
const FIXED = 256;

/**
 * Throws when one of the rules is broken. Answers where the bytes led, in a few words: what came out, or why
 * it was refused; numbers do not count as a difference.
 */
export const checkBytes = async (subject: Parser, bytes: Uint8Array): Promise<string> => {
	const before = bytesToHex(bytes);
	const outcome = await subject.parse(bytes);
	assert.equal(bytesToHex(bytes), before, 'a parser changed its input');
	if (!outcome.ok) {
		assert.equal(typeof outcome.error.type, 'string');
		return `${outcome.error.type} ${outcome.error.reason ?? ''}`.replaceAll(/[0-9]+/g, '#').slice(0, 100);
	}
	const { value } = outcome;
	const room = (subject.growth ?? 4) * bytes.length + FIXED;
	assert.ok(sizeOf(value) <= room, `${sizeOf(value)} units of value from ${bytes.length} bytes`);
	if (!subject.encode) return 'read';
	const written = subject.encode(value);
	const again = await subject.parse(written);
	assert.ok(again.ok, `refuses what it wrote: ${again.ok ? '' : (again.error.reason ?? again.error.type)}`);
	assert.ok(isDeepStrictEqual(again.value, value), 'reads another value from what it wrote');
	assert.equal(
		bytesToHex(subject.encode(again.value)),
		bytesToHex(written),
		'writes the same value in two ways'
	);
	if (subject.hasOneSpelling && written.length >= bytes.length)
		assert.equal(bytesToHex(written), before, 'reads a second spelling');
	return `read ${kindOf(value)}`;
};

/** The types a value names, such as those of its frames. */
const kindOf = (value: unknown): string => {
	const items = Array.isArray(value) ? (value as unknown[]) : [value];
	const frames = items.flatMap((item) => (item as { frames?: unknown[] } | undefined)?.frames ?? [item]);
	const names = frames.map((item) => {
		const { type, op } = (item ?? {}) as { type?: unknown; op?: unknown };
		return typeof type === 'string' ? type : typeof op === 'string' ? op : '';
	});
	return [...new Set(names)].sort().join(' ').slice(0, 80);
};
