import { describe, expect, it } from 'vitest';
import type { ImportCounts } from '../peer/api.ts';
import { importFile } from './jsonl.ts';

const counts = (some: Partial<ImportCounts>): ImportCounts => ({
	stored: 0,
	replaced: 0,
	duplicate: 0,
	invalid: 0,
	reasons: [],
	...some
});

describe('importing a file of lines', () => {
	it('hands on whole lines in batches and adds the counts up', async () => {
		const batches: number[] = [];
		const file = new Blob([Array.from({ length: 450 }, (_, n) => `{"n":${n}}`).join('\n')]);
		const seen: string[] = [];
		const result = await importFile(
			file,
			async (lines) => {
				batches.push(lines.length);
				for (const line of lines) JSON.parse(line);
				return counts({ stored: lines.length });
			},
			({ done, all }) => seen.push(`${done}/${all}`)
		);
		expect(batches).toEqual([200, 200, 50]);
		expect(seen).toEqual(['0/450', '200/450', '400/450', '450/450']);
		expect(result.stored).toBe(450);
	});

	it('names the line of the file where a refused event stands, counting empty ones', async () => {
		const file = new Blob(['a\n\n\nb\r\nc\n']);
		const result = await importFile(
			file,
			async (lines) => {
				expect(lines).toEqual(['a', 'b', 'c']);
				return counts({ stored: 2, invalid: 1, reasons: [{ line: 2, reason: 'no JSON' }] });
			},
			() => {}
		);
		expect(result.reasons).toEqual([{ line: 4, reason: 'no JSON' }]);
	});

	it('keeps the first reasons and counts the rest', async () => {
		const file = new Blob([Array.from({ length: 500 }, () => 'x').join('\n')]);
		const result = await importFile(
			file,
			async (lines) =>
				counts({ invalid: lines.length, reasons: lines.map((_, n) => ({ line: n + 1, reason: 'no' })) }),
			() => {}
		);
		expect(result.reasons).toHaveLength(200);
		expect(result.moreReasons).toBe(300);
		expect(result.invalid).toBe(500);
	});

	it('reads an empty file', async () => {
		const result = await importFile(
			new Blob([]),
			() => Promise.reject(new Error('nothing to import')),
			() => {}
		);
		expect(result).toMatchObject({ done: 0, all: 0, stored: 0 });
	});
});
