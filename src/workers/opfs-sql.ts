/**
 * The SQL port on sqlite-wasm: in a dedicated worker on OPFS, or in memory where there is no OPFS.
 *
 * The file system is `opfs-sahpool`: it opens every file it may need beforehand and keeps it, so
 * that all further work is synchronous and needs no cross-origin isolation. It follows that one
 * worker at a time can have a directory open; the tabs agree on which beforehand.
 */
import sqlite3InitModule, {
	type Database,
	type PreparedStatement,
	type SAHPoolUtil,
	type Sqlite3Static
} from '@sqlite.org/sqlite-wasm';
import { err, ok, type Result } from '../lib/peer/result.ts';
import { createSqlDriver, sqlErrorKind, type SqliteStatement } from '../lib/peer/storage/driver.ts';
import { SqlError, type SqlDriver, type SqlRow, type SqlValue } from '../lib/peer/storage/sql.ts';

export interface OpfsSqlOptions {
	/** OPFS directory that belongs to this database alone. */
	readonly directory: string;
	/** Where the app serves `sqlite3.wasm`: named by the caller, because an offline start needs it cached. */
	readonly wasmUrl: string;
	/** Pages of 4,096 bytes the file may grow to; beyond it writes fail with kind `full`. */
	readonly maxPages?: number;
}

export type OpfsSqlError =
	/** No OPFS, no synchronous handles, or not in a dedicated worker: only memory is left. */
	| { readonly type: 'OpfsUnavailable'; readonly reason: string }
	/** Another worker has this directory open. */
	| { readonly type: 'OpfsBusy'; readonly reason: string };

const IOERR = 10;

/** As in Node; the library's 8,192 would double what a small commit writes. */
const PAGE_SIZE = 'PRAGMA page_size = 4096';

/**
 * SQLite learns of an exhausted quota only as "I/O error". The file system reports the exception
 * behind it to the library's error log, which is where it is caught; the log would go to the console.
 */
let quotaExceeded = false;
const onLibraryError = (...details: readonly unknown[]): void => {
	for (const detail of details)
		if (detail instanceof Error || detail instanceof DOMException)
			quotaExceeded ||= detail.name === 'QuotaExceededError' || detail.message.includes('write() failure');
};

let library: Promise<Sqlite3Static> | undefined;
const loadLibrary = (wasmUrl: string): Promise<Sqlite3Static> => {
	if (!library) {
		const silent = (): void => undefined;
		Object.assign(globalThis, {
			sqlite3ApiConfig: {
				error: onLibraryError,
				warn: silent,
				log: silent,
				debug: silent,
				// The other file systems would start a worker of their own that nobody here uses.
				disable: { vfs: { opfs: true, 'opfs-wl': true, kvvfs: true } }
			}
		});
		const init = sqlite3InitModule as unknown as (options: {
			locateFile: () => string;
		}) => Promise<Sqlite3Static>;
		library = init({ locateFile: () => wasmUrl });
		// A failed download must not be remembered as the answer for ever.
		library.catch(() => {
			library = undefined;
		});
	}
	return library;
};

const toError = (error: unknown): SqlError | undefined => {
	if (error instanceof SqlError) return error;
	if (!(error instanceof Error)) return undefined;
	const { resultCode } = error as Error & { resultCode?: unknown };
	if (error.name !== 'SQLite3Error' || typeof resultCode !== 'number') return undefined;
	// The wrapper's own complaints (a value it cannot bind) carry SQLITE_ERROR and are bugs of the caller,
	// but so are mistakes in SQL: both are of kind `other`.
	const kind = (resultCode & 0xff) === IOERR && quotaExceeded ? 'full' : sqlErrorKind(resultCode);
	quotaExceeded = false;
	return new SqlError(kind, error.message);
};

const createDriver = (
	sqlite3: Sqlite3Static,
	database: Database,
	maxPages: number | undefined,
	onClose: () => void
): SqlDriver => {
	const { capi, wasm } = sqlite3;
	const pointer = database.pointer;
	if (pointer === undefined) throw new SqlError('closed', 'the database is closed');
	// The library's own decoder drops a leading U+FEFF.
	const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

	const wrap = (statement: PreparedStatement): SqliteStatement => {
		const handle = statement.pointer;
		if (handle === undefined) throw new SqlError('closed', 'the statement is finalized');
		let names: readonly string[] = [];
		let prepared = -1;

		const bytesOf = (column: number): Uint8Array => {
			// In this order: column_blob before column_bytes, as SQLite's manual asks.
			const at = Number(capi.sqlite3_column_blob(handle, column));
			const length = capi.sqlite3_column_bytes(handle, column);
			return wasm.heap8u().slice(at, at + length);
		};
		const valueOf = (column: number): SqlValue => {
			switch (capi.sqlite3_column_type(handle, column)) {
				case capi.SQLITE_INTEGER: {
					const value = capi.sqlite3_column_int64(handle, column) as bigint;
					const small = Number(value);
					return Number.isSafeInteger(small) ? small : value;
				}
				case capi.SQLITE_FLOAT:
					return capi.sqlite3_column_double(handle, column) as number;
				case capi.SQLITE_TEXT:
					return utf8.decode(bytesOf(column));
				case capi.SQLITE_BLOB:
					return bytesOf(column);
				default:
					return null;
			}
		};
		const bind = (parameters: readonly SqlValue[]): void => {
			if (parameters.length > statement.parameterCount)
				throw new SqlError('other', 'more parameters than the statement has');
			for (const [index, value] of parameters.entries())
				// The library would bind 1e300, being whole, as a 64-bit integer.
				if (typeof value === 'number' && !Number.isSafeInteger(value))
					capi.sqlite3_bind_double(handle, index + 1, value);
				else statement.bind(index + 1, value);
		};
		const readNames = (): void => {
			// SQLite prepares a statement anew after a change of schema, which may rename its columns.
			const now = Number(capi.sqlite3_stmt_status(handle, capi.SQLITE_STMTSTATUS_REPREPARE, 0));
			if (now === prepared) return;
			names = statement.getColumnNames();
			prepared = now;
		};
		const readRow = (): SqlRow => {
			const row: Record<string, SqlValue> = {};
			for (let column = 0; column < names.length; column++) row[names[column] as string] = valueOf(column);
			return row;
		};
		const reset = (): void => {
			// The code of a failed step comes again here; it was thrown already.
			capi.sqlite3_reset(handle);
			statement.clearBindings();
		};
		return {
			all: (parameters) => {
				try {
					bind(parameters);
					const rows: SqlRow[] = [];
					while (statement.step()) {
						if (rows.length === 0) readNames();
						rows.push(readRow());
					}
					return rows;
				} finally {
					reset();
				}
			},
			run: (parameters) => {
				try {
					bind(parameters);
					while (statement.step());
					return capi.sqlite3_changes(pointer);
				} finally {
					reset();
				}
			},
			finalize: () => {
				statement.finalize();
			}
		};
	};

	return createSqlDriver(
		{
			prepare: (sql) => wrap(database.prepare(sql)),
			exec: (sql) => {
				database.exec(sql);
			},
			inTransaction: () => capi.sqlite3_get_autocommit(pointer) === 0,
			toSqlError: toError,
			close: () => {
				database.close();
				onClose();
			}
		},
		maxPages === undefined ? {} : { maxPages }
	);
};

const unavailable = (reason: string): Result<never, OpfsSqlError> => err({ type: 'OpfsUnavailable', reason });

/**
 * Opens or creates the database; everything after is synchronous. Throws {@link SqlError} `corrupt`
 * when the file is no database. A worker keeps a directory until `close`.
 */
export const openOpfsSql = async (options: OpfsSqlOptions): Promise<Result<SqlDriver, OpfsSqlError>> => {
	if (
		!('FileSystemFileHandle' in globalThis) ||
		!('createSyncAccessHandle' in FileSystemFileHandle.prototype)
	)
		return unavailable('this browser gives workers no synchronous files');
	const sqlite3 = await loadLibrary(options.wasmUrl);
	let pool: SAHPoolUtil;
	try {
		pool = await sqlite3.installOpfsSAHPoolVfs({
			name: `sahpool-${options.directory}`,
			directory: options.directory,
			initialCapacity: 6,
			// The library's default on a failure here is to delete the directory, and the money in it.
			preserveOnInitFailure: true,
			forceReinitIfPreviouslyFailed: true
		} as Parameters<Sqlite3Static['installOpfsSAHPoolVfs']>[0]);
		await pool.unpauseVfs();
	} catch (error) {
		const { name, message } = error as Error;
		return name === 'NoModificationAllowedError' || name === 'InvalidStateError'
			? err({ type: 'OpfsBusy', reason: message })
			: unavailable(message);
	}
	let database: Database | undefined;
	try {
		database = new pool.OpfsSAHPoolDb('/peer.sqlite3');
		// First of all statements: without shared memory WAL works only for one exclusive connection.
		database.exec('PRAGMA locking_mode = exclusive');
		database.exec(PAGE_SIZE);
		database.exec(
			'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY'
		);
		return ok(createDriver(sqlite3, database, options.maxPages, () => void pool.pauseVfs()));
	} catch (error) {
		database?.close();
		pool.pauseVfs();
		throw toError(error) ?? error;
	}
};

/** The same without a file: what it holds ends with the worker. */
export const openMemorySql = async (
	options: Pick<OpfsSqlOptions, 'wasmUrl' | 'maxPages'>
): Promise<SqlDriver> => {
	const sqlite3 = await loadLibrary(options.wasmUrl);
	const database = new sqlite3.oo1.DB(':memory:');
	database.exec(PAGE_SIZE);
	database.exec('PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
	return createDriver(sqlite3, database, options.maxPages, () => undefined);
};
