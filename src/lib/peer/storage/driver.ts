/**
 * What both SQLite drivers share, so that a host brings only the few calls its own SQLite needs:
 * the statement cache, the transaction rule and the naming of errors.
 *
 * SQLite may undo a whole transaction by itself when a statement meets a full disk, and would then
 * run whatever follows as if no transaction had been asked for. Money must not be half written, so
 * a transaction that SQLite has given up on refuses every further statement until it ends, and ends
 * by throwing what broke it.
 */
import { createOpenTransaction, type Savepoint, type TransactionInProgress } from './open-transaction.ts';
import { SqlError, type SqlDriver, type SqlRow, type SqlValue } from './sql.ts';

/** One SQLite connection, as a host's library offers it. Every method may throw the library's own errors. */
export interface SqliteConnection {
	prepare(sql: string): SqliteStatement;
	/** Several statements, no parameters. */
	exec(sql: string): void;
	inTransaction(): boolean;
	/** See {@link SqlDriver.durable}; left out where a commit is on the disk when it returns. */
	sync?(): Promise<void>;
	/** The library's error as ours; `undefined` for what is no SQL trouble (a wrong type: a bug). */
	toSqlError(error: unknown): SqlError | undefined;
	close(): void;
}

export interface SqliteStatement {
	/** Integers as `number` when safe, else `bigint`; `number` parameters without a fraction are bound as integers. */
	all(parameters: readonly SqlValue[]): readonly SqlRow[];
	run(parameters: readonly SqlValue[]): number;
	finalize(): void;
}

/** Prepared statements kept per connection: more than the product has texts, few enough to forget about. */
const CACHED_STATEMENTS = 256;

/** SQLite's primary result codes (https://sqlite.org/rescode.html) as the kinds a caller can act on. */
export const sqlErrorKind = (resultCode: number): SqlError['kind'] => {
	switch (resultCode & 0xff) {
		case 13: // SQLITE_FULL
			return 'full';
		case 11: // SQLITE_CORRUPT
		case 26: // SQLITE_NOTADB
			return 'corrupt';
		case 19: // SQLITE_CONSTRAINT
		case 20: // SQLITE_MISMATCH: text where a rowid belongs
			return 'constraint';
		default:
			return 'other';
	}
};

interface Cached extends SqliteStatement {
	/** Whether it may change something. */
	readonly writes: boolean;
}

export const createSqlDriver = (
	connection: SqliteConnection,
	options: { readonly maxPages?: number } = {}
): SqlDriver => {
	const cache = new Map<string, Cached>();
	let open = true;
	let current: TransactionInProgress | undefined;
	/** Set when SQLite ended the running transaction by itself. */
	let broken: Error | undefined;
	/** Set when the disk did not take what was committed: what is there after that, nobody knows. */
	let failed: SqlError | undefined;

	const guarded = <T>(work: () => T): T => {
		if (!open) throw new SqlError('closed', 'the database is closed');
		if (failed !== undefined) throw failed;
		if (broken !== undefined) throw broken;
		try {
			return work();
		} catch (error) {
			const mapped = connection.toSqlError(error);
			if (mapped && current && !connection.inTransaction()) broken = mapped;
			throw mapped ?? error;
		}
	};

	const statement = (sql: string): Cached => {
		const cached = cache.get(sql);
		if (cached) return cached;
		const prepared: Cached = { ...connection.prepare(sql), writes: !/^\s*SELECT\b/i.test(sql) };
		cache.set(sql, prepared);
		if (cache.size > CACHED_STATEMENTS) {
			for (const [oldest, old] of cache) {
				cache.delete(oldest);
				old.finalize();
				break;
			}
		}
		return prepared;
	};

	const all = (sql: string, parameters: readonly SqlValue[] = []): readonly SqlRow[] =>
		guarded(() => {
			const prepared = statement(sql);
			if (prepared.writes) current?.writes();
			return prepared.all(parameters);
		});
	const run = (sql: string, parameters: readonly SqlValue[] = []): number =>
		guarded(() => {
			const prepared = statement(sql);
			if (prepared.writes) current?.writes();
			return prepared.run(parameters);
		});
	const script = (sql: string): void => {
		guarded(() => {
			current?.writes();
			connection.exec(sql);
		});
	};
	const savepoint: Savepoint = {
		begin: () => void statement('SAVEPOINT part').run([]),
		release: () => void statement('RELEASE part').run([]),
		rollback: () => {
			// SQLite may have undone all of it already.
			if (broken !== undefined) return;
			statement('ROLLBACK TO part').run([]);
			statement('RELEASE part').run([]);
		}
	};

	const transaction = <T>(work: () => T): T => {
		if (current) return work();
		run('BEGIN IMMEDIATE');
		current = createOpenTransaction(savepoint);
		try {
			const value = work();
			if (value instanceof Promise)
				throw new Error('a transaction must finish in one turn: its work is synchronous');
			current.flush();
			run('COMMIT');
			return value;
		} catch (error) {
			const cause = broken ?? error;
			broken = undefined;
			current.fail();
			try {
				if (open && connection.inTransaction()) connection.exec('ROLLBACK');
			} catch {
				// The disk is in trouble; what broke the transaction says more than what broke its end.
			}
			throw cause;
		} finally {
			current = undefined;
			broken = undefined;
		}
	};

	const pragma = (name: string): number => Number(all(`PRAGMA ${name}`)[0]?.[name] ?? 0);

	const { sync } = connection;
	const durable =
		sync &&
		(async (): Promise<void> => {
			try {
				await sync();
			} catch (error) {
				throw (failed = new SqlError('other', `the disk could not be synced: ${String(error)}`));
			}
		});

	if (options.maxPages !== undefined)
		script(`PRAGMA max_page_count = ${Math.max(1, Math.floor(options.maxPages))}`);

	return {
		all,
		run,
		script,
		transaction,
		current: () => current,
		...(durable ? { durable } : {}),
		size: () => {
			const pageBytes = pragma('page_size');
			return { bytes: pragma('page_count') * pageBytes, maxBytes: pragma('max_page_count') * pageBytes };
		},
		close: () => {
			if (!open) return;
			open = false;
			for (const prepared of cache.values()) prepared.finalize();
			cache.clear();
			connection.close();
		}
	};
};
