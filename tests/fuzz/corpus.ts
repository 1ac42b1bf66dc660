/**
 * Bytes worth keeping: for each parser one input for every place it led to, found by long runs
 * (`npm run fuzz`), and inputs that once broke a rule. `npm test` replays all of them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Kept {
	readonly hex: string;
	/** Where it led when it was kept; for the reader. */
	readonly led: string;
}

type Folder = 'corpus' | 'failures';

/** A corpus is read at every run of the tests: it stays small. */
const MOST_KEPT = 60;
const LONGEST_KEPT = 600;

const fileOf = (folder: Folder, parser: string): string =>
	join(import.meta.dirname, folder, `${parser}.json`);

export const readKept = (folder: Folder, parser: string): readonly Kept[] => {
	const file = fileOf(folder, parser);
	return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept[]) : [];
};

/** Whether there was room for it. */
export const keep = (folder: Folder, parser: string, one: Kept): boolean => {
	const kept = readKept(folder, parser);
	if (kept.some(({ hex }) => hex === one.hex)) return false;
	if (folder === 'corpus' && (kept.length >= MOST_KEPT || one.hex.length > 2 * LONGEST_KEPT)) return false;
	mkdirSync(join(import.meta.dirname, folder), { recursive: true });
	writeFileSync(fileOf(folder, parser), `${JSON.stringify([...kept, one], null, '\t')}\n`);
	return true;
};
