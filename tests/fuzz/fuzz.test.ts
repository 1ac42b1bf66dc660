/**
 * Any bytes into any parser. `FUZZ_SEED=7` runs other cases than the usual; what a long run
 * (`npm run fuzz`) found is replayed here.
 */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/lib/peer/bytes.ts';
import { checkBytes } from './check.ts';
import { readKept } from './corpus.ts';
import { PARSERS } from './parsers.ts';
import { describeBroken, fuzz } from './run.ts';

const CASES = 20_000;
const seed = Number(process.env['FUZZ_SEED'] ?? 1);

describe.each(PARSERS)(`$name (seed ${seed})`, (subject) => {
	it('reads what it writes', async () => {
		for (const bytes of subject.valid) expect(await checkBytes(subject, bytes)).toMatch(/^read/);
	});

	it('meets what was kept from long runs', async () => {
		for (const folder of ['corpus', 'failures'] as const)
			for (const { hex } of readKept(folder, subject.name)) await checkBytes(subject, fromHex(hex));
	});

	it(`survives ${CASES.toLocaleString('en')} damaged inputs`, { timeout: 60_000 }, async () => {
		const { cases, broken } = await fuzz(subject, seed, CASES);
		expect(broken.map((one) => describeBroken(one, seed))).toEqual([]);
		expect(cases).toBe(CASES);
	});
});
