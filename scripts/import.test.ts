import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobleCrypto } from '../src/lib/peer/crypto/noble-crypto.ts';
import { signEvent } from '../src/lib/peer/events/verify.ts';
import { ROOT } from './child.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tributary-import-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => {
	const { stdout, stderr, status } = spawnSync(
		process.execPath,
		['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts/import.ts'), ...args, '--state', folder],
		{ encoding: 'utf8' }
	);
	return { lines: stdout.trimEnd().split('\n'), stderr, status };
};

const fileOf = (name: string, events: readonly object[]) => {
	const file = join(folder, name);
	writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
	return file;
};

const notes = (count: number) =>
	Promise.all(
		Array.from({ length: count }, (_, index) =>
			signEvent(nobleCrypto, { bytes: (length) => new Uint8Array(length) }, new Uint8Array(32).fill(9), {
				created_at: 1_750_000_000 + index,
				kind: 1,
				tags: [],
				content: `note ${index}`
			})
		)
	);

test('the same file twice: stored, then duplicates, across batches', async () => {
	const file = fileOf('notes.jsonl', await notes(230));
	expect(run(file).lines.at(-1)).toBe('230 stored, 0 replaced, 0 duplicate, 0 invalid');
	expect(run(file).lines.at(-1)).toBe('0 stored, 0 replaced, 230 duplicate, 0 invalid');
});

test('reasons name the line in the file and come before the last line', async () => {
	const events = await notes(120);
	const file = fileOf('notes.jsonl', [...events.slice(0, 110), { ...events[110], content: 'altered' }]);
	expect(run(file).lines.slice(-2)).toEqual([
		'line 111: WrongId',
		'110 stored, 0 replaced, 0 duplicate, 1 invalid'
	]);
});

test('a node of another name is a typing error, and gets no store, unless it has one', async () => {
	const file = fileOf('notes.jsonl', await notes(1));
	const { stderr, status } = run(file, '--node', 'bobby');
	expect({ stderr, status }).toEqual({
		stderr: 'There is no node bobby. There are: hub, bob, carol\n',
		status: 2
	});
	expect(existsSync(join(folder, 'bobby'))).toBe(false);

	mkdirSync(join(folder, 'bobby'));
	writeFileSync(join(folder, 'bobby/node.sqlite'), '');
	expect(run(file, '--node', 'bobby').lines.at(-1)).toBe('1 stored, 0 replaced, 0 duplicate, 0 invalid');
});

test('a file that is not there is a sentence and an exit code', () => {
	const { stderr, status } = run(join(folder, 'none.jsonl'));
	expect(stderr).toContain('none.jsonl');
	expect(status).toBe(1);
});
