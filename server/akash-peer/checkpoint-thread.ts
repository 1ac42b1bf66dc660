/**
 * The other end of checkpoints.ts: copies what is in the log of a database to the database. By a connection that lasts
 * no longer than that, so that nobody has to wait for it when the database is closed.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

/** While the log grows, what came meanwhile is copied next: the less there is, the likelier nothing comes. */
const TRIES = 16;

parentPort?.on('message', (path: string) => {
	const database = new DatabaseSync(path);
	try {
		// Passive: it waits for nobody, and nobody for it. Syncs the log before and the database after (synchronous = FULL).
		const pass = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
		const look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
		for (let tries = 0, before = -1; tries < TRIES; tries += 1) {
			pass.get();
			// What a pass says is as of its beginning.
			const { log, checkpointed } = look.get() as { readonly log: number; readonly checkpointed: number };
			if (log === checkpointed || checkpointed === before) break;
			before = checkpointed;
		}
	} finally {
		database.close();
	}
	parentPort?.postMessage('copied');
});
