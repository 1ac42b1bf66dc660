/**
 * The databases of real peers, looked at from outside: a node's file beside the running node, a browser's out of
 * its profile.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlRow } from '../../src/lib/peer/storage/sql.ts';
import type { PacketBooks } from '../../src/lib/peer/testing/packet-ends.ts';

export interface Books extends PacketBooks {
	/** Of SQLite. */
	readonly file: string;
}

/** As the SQL port promises: whole numbers that a double holds come as such. */
const toPortRow = (row: Record<string, unknown>): SqlRow =>
	Object.fromEntries(
		Object.entries(row).map(([name, value]) => [
			name,
			typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
		])
	) as SqlRow;

export interface OpenBooks {
	readonly sql: Books['sql'];
	close(): void;
}

/** To be closed after a look: a node that is killed must find its file as it left it. */
export const openBooks = (file: string): OpenBooks => {
	const database = new DatabaseSync(file, { readOnly: true, readBigInts: true, timeout: 5_000 });
	const statements = new Map<string, StatementSync>();
	const prepared = (query: string): StatementSync => {
		const known = statements.get(query) ?? database.prepare(query);
		statements.set(query, known);
		return known;
	};
	return {
		sql: {
			all: (query, parameters = []) =>
				prepared(query)
					.all(...(parameters as (string | number | bigint)[]))
					.map(toPortRow)
		},
		close: () => database.close()
	};
};

export const lookInto = <T>(file: string, look: (sql: Books['sql']) => T): T => {
	const books = openBooks(file);
	try {
		return look(books.sql);
	} finally {
		books.close();
	}
};

/** How SQLite's access-handle pool writes a file: its name first, its bytes after one page. */
const NAME_BYTES = 512;
const DATA_OFFSET = 4096;
const SETTLE_MS = 20;
const TRIES = 100;

/** The files of SQLite's pool in a Chromium profile by the names SQLite gave them. */
const poolFiles = (profile: string): ReadonlyMap<string, Buffer> => {
	const files = new Map<string, Buffer>();
	for (const path of globSync('Default/File System/**/*', { cwd: profile })) {
		let bytes: Buffer;
		try {
			bytes = readFileSync(join(profile, path));
		} catch {
			continue;
		}
		const end = bytes.indexOf(0);
		const name = end > 0 && end < NAME_BYTES ? bytes.toString('latin1', 0, end) : '';
		if (/^\/peer\.sqlite3(-wal)?$/.test(name)) files.set(name.slice(1), bytes.subarray(DATA_OFFSET));
	}
	return files;
};

const isSame = (a: ReadonlyMap<string, Buffer>, b: ReadonlyMap<string, Buffer>): boolean =>
	a.size === b.size && [...a].every(([name, bytes]) => b.get(name)?.equals(bytes));

/**
 * A copy of the browser's database, taken while nothing is written (or the browser is gone).
 *
 * @throws Error when it never rests
 */
export const copyBrowserBooks = async (
	profile: string
): Promise<{ readonly file: string; remove(): void }> => {
	for (let tries = 0; tries < TRIES; tries++) {
		const first = poolFiles(profile);
		await sleep(SETTLE_MS);
		if (first.size === 0 || !isSame(first, poolFiles(profile))) continue;
		const folder = mkdtempSync(join(tmpdir(), 'tributary-books-'));
		for (const [name, bytes] of first) writeFileSync(join(folder, name), bytes);
		return {
			file: join(folder, 'peer.sqlite3'),
			remove: () => rmSync(folder, { recursive: true, force: true })
		};
	}
	throw new Error('the browser writes all the time');
};
