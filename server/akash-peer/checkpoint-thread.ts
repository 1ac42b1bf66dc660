/**
 * The other end of checkpoints.ts: copies what is in the log of a database to the database. By a connection that lasts
 * no longer than that, so that nobody has to wait for it when the database is closed.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (path: string) => {
	const database = new DatabaseSync(path);
	try {
		// Passive: it waits for nobody, and nobody for it. Syncs the log before and the database after (synchronous = FULL).
		database.exec('PRAGMA wal_checkpoint(PASSIVE)');
	} finally {
		database.close();
	}
	parentPort?.postMessage('copied');
});
