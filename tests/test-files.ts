/** Files of a test: a new path each time, in a folder that is gone when the tests of the file are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Where tests are described: the folder is there once they run. */
export const newFilesIn = (name: string): (() => string) => {
	let folder = '';
	let files = 0;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), `${name}-`));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return () => join(folder, `${(files += 1)}.sqlite`);
};
