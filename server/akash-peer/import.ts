/**
 * Any JSONL of events into a node's database, whether or not the node is running: SQLite lets several
 * processes share a file (WAL, one writer at a time, the others wait), and the store keeps nothing in
 * memory that another writer could make stale. Batches are small, so that a running node that forwards
 * packets waits for a fraction of a second at most.
 *
 * The file is read as a stream, in bounded memory, however long it or one of its lines may be.
 */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	IMPORT_LINE_CHARACTERS,
	importLines,
	type UnreadableLine
} from '../../src/lib/peer/events/import.ts';
import { createEventStore } from '../../src/lib/peer/events/sqlite-store.ts';
import { migrate } from '../../src/lib/peer/storage/migrations.ts';
import { SqlError } from '../../src/lib/peer/storage/sql.ts';
import { nodeCrypto } from './node-crypto.ts';
import { createNodeSql } from './node-sql.ts';
import { createSchnorrThreads } from './schnorr-threads.ts';

export interface ImportTotals {
	readonly stored: number;
	readonly replaced: number;
	readonly duplicate: number;
	readonly invalid: number;
}

export interface ImportFileOptions {
	/** JSONL. */
	readonly file: string;
	/** SQLite file of a node; created if it is not there. */
	readonly database: string;
	/** Told after every thousand lines. */
	readonly onProgress?: (lines: number, totals: ImportTotals) => void;
	/** Told of every line that was not kept. Lines count from 1. */
	readonly onReason?: (line: number, reason: string) => void;
}

const BATCH_LINES = 200;
const PROGRESS_LINES = 1_000;
/** Another writer may hold the database longer than SQLite itself waits; this often it is asked again. */
const LOCKED_TRIES = 5;
const LOCKED_PAUSE_MS = 500;

/** @throws Error when the file or the database cannot be opened; SqlError when the disk is full: what was told of by then is kept. */
export const importFile = async (options: ImportFileOptions): Promise<ImportTotals> => {
	const sql = createNodeSql(options.database);
	const threads = createSchnorrThreads({ crypto: nodeCrypto });
	try {
		const migrated = migrate(sql);
		if (!migrated.ok) throw new Error(`The database is of a newer release (${migrated.error.feature}).`);
		const deps = {
			crypto: threads.crypto,
			store: createEventStore(sql),
			commit: <T>(work: () => T): Promise<T> => patiently(() => sql.transaction(work)),
			now: Date.now
		};
		const totals = { stored: 0, replaced: 0, duplicate: 0, invalid: 0 };
		let lines = 0;
		let batch: (string | UnreadableLine)[] = [];
		const take = async (): Promise<void> => {
			const { reasons, ...counts } = await importLines(deps, batch);
			for (const { line, reason } of reasons) options.onReason?.(lines + line, reason);
			for (const name of ['stored', 'replaced', 'duplicate', 'invalid'] as const)
				totals[name] += counts[name];
			lines += batch.length;
			batch = [];
			if (lines % PROGRESS_LINES === 0) options.onProgress?.(lines, totals);
		};
		for await (const line of readLines(createReadStream(options.file))) {
			batch.push(line);
			if (batch.length === BATCH_LINES) await take();
		}
		await take();
		return totals;
	} finally {
		await threads.stop();
		sql.close();
	}
};

/** The lines of a stream of bytes. One that is too long or no UTF-8 comes as the reason why it cannot be read. */
export async function* readLines(
	chunks: AsyncIterable<Uint8Array>,
	longest = IMPORT_LINE_CHARACTERS
): AsyncGenerator<string | UnreadableLine> {
	const decoder = new TextDecoder('utf-8', { fatal: true });
	let parts: Uint8Array[] = [];
	let length = 0;
	const line = (): string | UnreadableLine => {
		const bytes = Buffer.concat(parts);
		const isTooLong = length > longest;
		parts = [];
		length = 0;
		if (isTooLong) return { reason: `longer than ${longest} bytes` };
		try {
			return decoder.decode(bytes);
		} catch {
			return { reason: 'not UTF-8' };
		}
	};
	const add = (part: Uint8Array): void => {
		length += part.length;
		if (length > longest) parts = [];
		else parts.push(part);
	};
	for await (const chunk of chunks) {
		let from = 0;
		for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
			add(chunk.subarray(from, end));
			yield line();
			from = end + 1;
		}
		add(chunk.subarray(from));
	}
	if (length > 0) yield line();
}

const patiently = async <T>(work: () => T): Promise<T> => {
	for (let tries = 1; ; tries++) {
		try {
			return work();
		} catch (error) {
			const isLocked = error instanceof SqlError && /locked|busy/i.test(error.message);
			if (!isLocked || tries === LOCKED_TRIES) throw error;
			await sleep(LOCKED_PAUSE_MS);
		}
	}
};
