/**
 * `npm run import -- FILE.jsonl [--state DIR]`: puts events into the hub's store.
 *
 * Works with nothing running and beside a running hub: both open the same SQLite file, and each batch
 * is one transaction. Reasons come first, the last line is `N stored, N replaced, N duplicate, N invalid`.
 * The exit code is 0 when the file was read to its end, also if some of it was invalid.
 */
import './watch-parent.ts';
import { createReadStream, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { nodeCrypto } from '../server/akash-peer/node-crypto.ts';
import { createNodeSql } from '../server/akash-peer/node-sql.ts';
import { importLines } from '../src/lib/peer/events/import.ts';
import { createEventStore } from '../src/lib/peer/events/sqlite-store.ts';
import { migrate } from '../src/lib/peer/storage/migrations.ts';
import { ROOT } from './child.ts';

/** Lines per transaction: enough to make the disk's share small, few enough to let the hub write in between. */
const BATCH_LINES = 100;
const PROGRESS_EVERY_MS = 1_000;
/** More are counted, not listed. */
const MAX_REASONS = 100;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { state: { type: 'string', default: join(ROOT, '.tributary') } }
});
const [file] = positionals;
if (file === undefined || positionals.length > 1) {
	console.error('Usage: npm run import -- FILE.jsonl');
	process.exit(2);
}

const dataDir = join(resolve(values.state), 'hub');
mkdirSync(dataDir, { recursive: true });
const sql = createNodeSql(join(dataDir, 'node.sqlite'));
try {
	const migrated = migrate(sql);
	if (!migrated.ok)
		throw new Error(`The hub's database was written by a newer release (${migrated.error.feature})`);
	await importFile(file);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
} finally {
	sql.close();
}

async function importFile(path: string): Promise<void> {
	const total = { stored: 0, replaced: 0, duplicate: 0, invalid: 0 };
	const ports = {
		crypto: nodeCrypto,
		store: createEventStore(sql),
		now: Date.now,
		commit: <T>(work: () => T) => Promise.resolve(sql.transaction(work))
	};
	let before = 0;
	let listed = 0;
	let toldMs = Date.now();
	let batch: string[] = [];
	const takeBatch = async () => {
		const result = await importLines(ports, batch);
		for (const name of ['stored', 'replaced', 'duplicate', 'invalid'] as const) total[name] += result[name];
		for (const { line, reason } of result.reasons) {
			if (listed < MAX_REASONS) console.log(`line ${before + line}: ${reason}`);
			listed += 1;
		}
		before += batch.length;
		batch = [];
		if (Date.now() - toldMs < PROGRESS_EVERY_MS) return;
		toldMs = Date.now();
		console.log(`  ${before} lines …`);
	};
	for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
		batch.push(line);
		if (batch.length === BATCH_LINES) await takeBatch();
	}
	await takeBatch();
	if (listed > MAX_REASONS) console.log(`… and ${listed - MAX_REASONS} more like these`);
	const { stored, replaced, duplicate, invalid } = total;
	console.log(`${stored} stored, ${replaced} replaced, ${duplicate} duplicate, ${invalid} invalid`);
}
