/** The SQL port on Node's own SQLite. */
import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createSqlDriver, sqlErrorKind, type SqliteStatement } from '../../src/lib/peer/storage/driver.ts';
import { SqlError, type SqlDriver, type SqlRow, type SqlValue } from '../../src/lib/peer/storage/sql.ts';
import { createCheckpoints, OWN_CHECKPOINT_PAGES, WITHOUT_THREAD } from './checkpoints.ts';

export interface NodeSqlOptions {
	/** Pages of 4,096 bytes the file may grow to; beyond it writes fail with kind `full`. */
	readonly maxPages?: number;
	/**
	 * `full` (default): a commit is on the disk when it returns, even if the power fails. `aside`: when `durable()`
	 * has resolved, and packets move on meanwhile. `normal`: the last commits may be missing after a power failure,
	 * never torn; for stores that hold no money.
	 */
	readonly durable?: 'full' | 'aside' | 'normal';
	/** Only looks, also beside a running node or after a crash: any write fails. */
	readonly readOnly?: boolean;
}

/** Pages kept in memory: keys of packets are hashes, so what a busy node touches lies all over its indexes. */
const CACHE_KIB = 32 * 1024;

type Bindable = null | string | number | bigint | Uint8Array;

/** node:sqlite binds every number as REAL; the port promises integers for whole numbers. */
const toBindable = (value: SqlValue): Bindable =>
	Number.isSafeInteger(value) ? BigInt(value as number) : value;

const toPortRow = (row: Record<string, unknown>): SqlRow => {
	for (const name in row) {
		const value = row[name];
		if (typeof value === 'bigint') {
			const small = Number(value);
			if (Number.isSafeInteger(small)) row[name] = small;
		}
	}
	return row as SqlRow;
};

const wrap = (statement: StatementSync): SqliteStatement => ({
	all: (parameters) => {
		const rows = statement.all(...parameters.map(toBindable));
		for (const row of rows) toPortRow(row);
		return rows as unknown as readonly SqlRow[];
	},
	run: (parameters) => Number(statement.run(...parameters.map(toBindable)).changes),
	// Statements end with their connection or with the garbage collector; node:sqlite has no call for it.
	finalize: () => undefined
});

const toSqlError = (error: unknown): SqlError | undefined => {
	if (error instanceof SqlError) return error;
	if (!(error instanceof Error)) return undefined;
	const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
	if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return undefined;
	return new SqlError(sqlErrorKind(errcode), error.message);
};

/** Opens or creates the file (`readOnly` opens only); throws {@link SqlError} `corrupt` when it is no database. */
export const createNodeSql = (path: string, options: NodeSqlOptions = {}): SqlDriver => {
	const { readOnly = false } = options;
	const isAside = options.durable === 'aside';
	const database = new DatabaseSync(path, { readBigInts: true, timeout: 5_000, readOnly });
	try {
		if (!readOnly) {
			database.exec('PRAGMA journal_mode = WAL');
			database.exec(`PRAGMA synchronous = ${(options.durable ?? 'full') === 'full' ? 'FULL' : 'NORMAL'}`);
			database.exec(`PRAGMA wal_autocheckpoint = ${isAside ? WITHOUT_THREAD : OWN_CHECKPOINT_PAGES}`);
		}
		database.exec('PRAGMA foreign_keys = ON');
		// The journal of savepoints, which every decision of a group has, is not a file then.
		database.exec('PRAGMA temp_store = MEMORY');
		database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
		const log = isAside ? createLogSync(`${path}-wal`) : undefined;
		const checkpoints = isAside ? checkpointsOf(database, path) : undefined;
		return createSqlDriver(
			{
				prepare: (sql) => wrap(database.prepare(sql)),
				exec: (sql) => {
					database.exec(sql);
				},
				inTransaction: () => database.isTransaction,
				toSqlError,
				close: () => {
					checkpoints?.close();
					log?.close();
					database.close();
				},
				...(log
					? {
							sync: () => {
								const synced = log.sync();
								checkpoints?.look();
								return synced;
							}
						}
					: {})
			},
			options.maxPages === undefined ? {} : { maxPages: options.maxPages }
		);
	} catch (error) {
		database.close();
		throw toSqlError(error) ?? error;
	}
};

const checkpointsOf = (database: DatabaseSync, path: string): ReturnType<typeof createCheckpoints> => {
	const look = database.prepare('PRAGMA wal_checkpoint(NOOP)');
	return createCheckpoints({
		path,
		state: () => {
			const row = look.get() ?? {};
			return { log: Number(row['log']), copied: Number(row['checkpointed']) };
		},
		copy: () => database.exec('PRAGMA wal_checkpoint(PASSIVE)')
	});
};

/**
 * What `synchronous = FULL` does beyond NORMAL is one sync of the write-ahead log after each commit
 * (https://sqlite.org/pragma.html#pragma_synchronous). Here a thread of libuv does it, and the thread that
 * packets need does not stand still for a millisecond or more each time.
 */
const createLogSync = (file: string): { readonly sync: () => Promise<void>; readonly close: () => void } => {
	/**
	 * SQLite keeps one file as long as the connection lives, and makes it with the first write. Each sync under way has a
	 * descriptor of its own: what could not be written is told once to each, so that none of them succeeds after it.
	 */
	const idle: number[] = [];
	const descriptors = new Set<number>();
	let closed = false;
	const take = (): number => {
		const descriptor = idle.pop() ?? openSync(file, 'r+');
		descriptors.add(descriptor);
		return descriptor;
	};
	const release = (descriptor: number): void => {
		if (!closed) return void idle.push(descriptor);
		descriptors.delete(descriptor);
		closeSync(descriptor);
	};
	return {
		sync: () =>
			new Promise((resolve, reject) => {
				if (closed) return resolve();
				const descriptor = take();
				fdatasync(descriptor, (error) => {
					release(descriptor);
					if (error) reject(error);
					else resolve();
				});
			}),
		close: () => {
			closed = true;
			for (const descriptor of descriptors) {
				fdatasyncSync(descriptor);
				break;
			}
			for (const descriptor of idle.splice(0)) release(descriptor);
		}
	};
};
