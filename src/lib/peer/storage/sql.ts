/**
 * The SQL port. Both drivers we ship (node:sqlite in the twin, sqlite-wasm on OPFS in the worker)
 * answer synchronously, and the port keeps that: a transaction is then one uninterrupted stretch of
 * code, and nothing can slip between reading a balance and writing it.
 */
import type { OpenTransaction } from './open-transaction.ts';

export type SqlValue = null | string | number | bigint | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface SqlDriver {
	/** Prepared once, cached by text. Integers come back as `number` when safe, else `bigint`. */
	all(sql: string, parameters?: readonly SqlValue[]): readonly SqlRow[];
	/** Runs one statement; answers how many rows it changed. */
	run(sql: string, parameters?: readonly SqlValue[]): number;
	/** Several statements, no parameters: migrations and pragmas. */
	script(sql: string): void;
	/** All or nothing. Nested calls join the outer transaction. Rethrows what `work` throws. */
	transaction<T>(work: () => T): T;
	/** The transaction that is open; undefined outside of one. */
	current(): OpenTransaction | undefined;
	/**
	 * Resolves when everything committed so far is on the disk, even if the power fails. Only of drivers whose
	 * commits return before that, so that other work goes on meanwhile: what such a commit decided may be read
	 * at once, and must be told to nobody before this. Rejects when the disk fails; the driver is broken then.
	 */
	durable?(): Promise<void>;
	/** Size now and the most it may grow to, in bytes. */
	size(): { readonly bytes: number; readonly maxBytes: number };
	close(): void;
}

/** Thrown by drivers (disk trouble is not an expected value in the middle of a transaction). */
export class SqlError extends Error {
	readonly kind: 'full' | 'corrupt' | 'constraint' | 'closed' | 'other';
	constructor(kind: SqlError['kind'], message: string) {
		super(message);
		this.name = 'SqlError';
		this.kind = kind;
	}
}
