import type { TabOptions } from '../lib/client/tab-protocol.ts';
import type { SqlDriver } from '../lib/peer/storage/sql.ts';
import { openMemorySql, openOpfsSql } from './opfs-sql.ts';

/** A closed tab's file handles can outlive its lock by a moment. */
const BUSY_RETRY_MS = 50;
const BUSY_RETRIES = 200;

/**
 * The database on OPFS; where the browser offers none (a private window, an old WebKit) one in
 * memory, which ends with the last tab: `kind` says so to the person.
 */
export const openStorage = async (
	options: Pick<TabOptions, 'name' | 'wasmUrl'>
): Promise<{ readonly sql: SqlDriver; readonly kind: 'opfs' | 'memory' }> => {
	for (let tries = 0; ; tries++) {
		const opened = await openOpfsSql({ directory: options.name, wasmUrl: options.wasmUrl });
		if (opened.ok) return { sql: opened.value, kind: 'opfs' };
		if (opened.error.type === 'OpfsUnavailable') return { sql: await openMemorySql(options), kind: 'memory' };
		// Going on in memory here would show an empty peer to somebody whose money is in the file.
		if (tries === BUSY_RETRIES) throw new Error('another program has the database open');
		await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
	}
};
