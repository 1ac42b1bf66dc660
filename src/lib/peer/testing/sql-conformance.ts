/**
 * What every SQL driver must do, in one list that both hosts run. The cases assert by themselves and
 * need no test runner, because in the browser they run where the driver does: inside a worker.
 */
import { SqlError, type SqlDriver, type SqlValue } from '../storage/sql.ts';

export interface SqlHost {
	/** The same name opens the same database again; a fresh one for each case. */
	open(name: string, options?: { readonly maxPages?: number }): Promise<SqlDriver>;
	/** Does data stay after `close`? */
	readonly persistent: boolean;
}

export interface SqlCase {
	readonly name: string;
	/** Cases that reopen a file make no sense in memory. */
	readonly needsFile?: boolean;
	run(host: SqlHost): Promise<void>;
}

const show = (value: unknown): string =>
	JSON.stringify(value, (_, inner: unknown) => {
		if (typeof inner === 'bigint') return `${inner}n`;
		if (inner instanceof Uint8Array) return `bytes ${[...inner].join(',')}`;
		return inner;
	});

const equal = (actual: unknown, expected: unknown, what: string): void => {
	if (show(actual) !== show(expected))
		throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
};

const thrown = (work: () => unknown, what: string): unknown => {
	try {
		work();
	} catch (error) {
		return error;
	}
	throw new Error(`${what}: nothing was thrown`);
};

const refuses = (work: () => unknown, kind: SqlError['kind'], what: string): void => {
	const error = thrown(work, what);
	if (!(error instanceof SqlError) || error.kind !== kind)
		throw new Error(
			`${what}: expected SqlError '${kind}', got ${error instanceof SqlError ? error.kind : String(error)}`
		);
};

const count = (sql: SqlDriver, table: string): SqlValue | undefined =>
	sql.all(`SELECT count(*) AS n FROM ${table}`)[0]?.['n'];

/** Opens a fresh database for the case and closes it whatever happens. */
const on =
	(work: (sql: SqlDriver) => void, options: { readonly maxPages?: number } = {}) =>
	async (host: SqlHost): Promise<void> => {
		const sql = await host.open('case', options);
		try {
			work(sql);
		} finally {
			sql.close();
		}
	};

export const sqlConformance: readonly SqlCase[] = [
	{
		name: 'gives every value back as it was',
		run: on((sql) => {
			const values: readonly SqlValue[] = [
				null,
				0,
				-1,
				255,
				2 ** 31,
				Number.MAX_SAFE_INTEGER,
				Number.MIN_SAFE_INTEGER,
				2n ** 53n,
				2n ** 63n - 1n,
				-(2n ** 63n),
				0.5,
				-1e300,
				'',
				'plain',
				'ünïcödé 🌊',
				'a\u0000b',
				'\ufeffmarked',
				new Uint8Array(0),
				new Uint8Array([0, 1, 254, 255]),
				new Uint8Array(100_000).fill(7)
			];
			sql.script('CREATE TABLE t (n INTEGER PRIMARY KEY, v ANY) STRICT');
			values.forEach((value, n) => sql.run('INSERT INTO t VALUES (?, ?)', [n, value]));
			const rows = sql.all('SELECT v FROM t ORDER BY n');
			values.forEach((value, n) => {
				equal(typeof rows[n]?.['v'], typeof value, `type of value ${n}`);
				equal(rows[n]?.['v'], value, `value ${n}`);
			});
		})
	},
	{
		name: 'binds whole numbers as integers and small bigints come back as numbers',
		run: on((sql) => {
			equal(
				sql.all('SELECT typeof(?) AS a, typeof(?) AS b, typeof(?) AS c, ? AS d', [5, 5n, 0.5, 5n])[0],
				{ a: 'integer', b: 'integer', c: 'real', d: 5 },
				'types'
			);
		})
	},
	{
		name: 'refuses integers beyond 64 bits',
		run: on((sql) => {
			thrown(() => sql.all('SELECT ?', [2n ** 63n]), '2^63');
			thrown(() => sql.all('SELECT ?', [-(2n ** 63n) - 1n]), 'below -2^63');
		})
	},
	{
		name: 'copies blobs: changing the bytes afterwards changes nothing stored',
		run: on((sql) => {
			sql.script('CREATE TABLE t (v BLOB)');
			const bytes = new Uint8Array([1, 2, 3]);
			sql.run('INSERT INTO t VALUES (?)', [bytes]);
			bytes[0] = 9;
			const first = sql.all('SELECT v FROM t')[0]?.['v'] as Uint8Array;
			first[1] = 9;
			equal(sql.all('SELECT v FROM t')[0]?.['v'], new Uint8Array([1, 2, 3]), 'stored');
		})
	},
	{
		name: 'says how many rows a statement changed, and answers RETURNING',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT)');
			equal(sql.run('INSERT INTO t (v) VALUES (?), (?), (?)', ['a', 'b', 'c']), 3, 'inserted');
			equal(sql.run('UPDATE t SET v = ? WHERE n > ?', ['z', 1]), 2, 'updated');
			equal(sql.run('DELETE FROM t WHERE n = 99'), 0, 'deleted none');
			equal(sql.all('INSERT INTO t (v) VALUES (?) RETURNING n', ['d']), [{ n: 4 }], 'returned');
			equal(count(sql, 't'), 4, 'rows');
		})
	},
	{
		name: 'commits a transaction and gives its answer',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER)');
			equal(
				sql.transaction(() => sql.run('INSERT INTO t VALUES (1)')),
				1,
				'answer'
			);
			equal(count(sql, 't'), 1, 'rows');
		})
	},
	{
		name: 'undoes everything when a transaction throws, and rethrows the same error',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER)');
			const mine = new Error('mine');
			const error = thrown(
				() =>
					sql.transaction(() => {
						sql.run('INSERT INTO t VALUES (1)');
						throw mine;
					}),
				'transaction'
			);
			if (error !== mine) throw new Error('another error came out');
			equal(count(sql, 't'), 0, 'rows');
			sql.transaction(() => sql.run('INSERT INTO t VALUES (2)'));
			equal(count(sql, 't'), 1, 'rows of the next transaction');
		})
	},
	{
		name: 'joins nested transactions to the outer one',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER)');
			thrown(
				() =>
					sql.transaction(() => {
						sql.transaction(() => sql.run('INSERT INTO t VALUES (1)'));
						equal(count(sql, 't'), 1, 'rows inside');
						throw new Error('outer');
					}),
				'outer'
			);
			equal(count(sql, 't'), 0, 'rows after the outer one failed');
		})
	},
	{
		name: 'refuses a transaction that is not finished in one turn',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER)');
			thrown(
				() =>
					sql.transaction(() => {
						sql.run('INSERT INTO t VALUES (1)');
						return Promise.resolve();
					}),
				'promise'
			);
			equal(count(sql, 't'), 0, 'rows');
		})
	},
	{
		name: 'undoes one part of a transaction by a savepoint',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER)');
			sql.transaction(() => {
				sql.run('INSERT INTO t VALUES (1)');
				sql.run('SAVEPOINT part');
				sql.run('INSERT INTO t VALUES (2)');
				sql.run('ROLLBACK TO part');
				sql.run('RELEASE part');
				sql.run('INSERT INTO t VALUES (3)');
			});
			equal(sql.all('SELECT n FROM t ORDER BY n'), [{ n: 1 }, { n: 3 }], 'rows');
		})
	},
	{
		name: 'undoes a part of a transaction that fails, with what memory remembers of it, and goes on',
		run: on((sql) => {
			sql.script('CREATE TABLE t (n INTEGER PRIMARY KEY)');
			const mine = new Error('mine');
			const undone: string[] = [];
			sql.transaction(() => {
				const part = sql.current();
				if (!part) throw new Error('no transaction is open in one');
				sql.run('INSERT INTO t VALUES (1)');
				const error = thrown(
					() =>
						part.attempt(() => {
							sql.run('INSERT INTO t VALUES (2)');
							part.undo(() => undone.push('first'));
							part.attempt(() => part.undo(() => undone.push('second')));
							sql.all('INSERT INTO t VALUES (3) RETURNING n');
							throw mine;
						}),
					'part'
				);
				if (error !== mine) throw new Error('another error came out');
				part.attempt(() => sql.run('INSERT INTO t VALUES (4)'));
				refuses(() => part.attempt(() => sql.run('INSERT INTO t VALUES (4)')), 'constraint', 'twice');
				part.last(undone, () => sql.run('INSERT INTO t VALUES (5)'));
				part.last(undone, () => {
					sql.run('INSERT INTO t VALUES (6)');
					part.last(sql, () => sql.run('INSERT INTO t VALUES (7)'));
				});
			});
			equal(undone, ['second', 'first'], 'undone in memory');
			equal(sql.all('SELECT n FROM t ORDER BY n'), [{ n: 1 }, { n: 4 }, { n: 6 }, { n: 7 }], 'rows');
			if (sql.current()) throw new Error('a transaction is open after its end');
		})
	},
	{
		name: 'names a broken rule as constraint, and a transaction may go on after it',
		run: on((sql) => {
			sql.script(
				'CREATE TABLE a (n INTEGER PRIMARY KEY, v INTEGER NOT NULL UNIQUE CHECK (v > 0)) STRICT; CREATE TABLE b (a INTEGER REFERENCES a (n))'
			);
			sql.transaction(() => {
				sql.run('INSERT INTO a VALUES (1, 1)');
				refuses(() => sql.run('INSERT INTO a VALUES (2, 1)'), 'constraint', 'unique');
				refuses(() => sql.run('INSERT INTO a VALUES (2, NULL)'), 'constraint', 'not null');
				refuses(() => sql.run('INSERT INTO a VALUES (2, 0)'), 'constraint', 'check');
				refuses(() => sql.run("INSERT INTO a VALUES (2, 'text')"), 'constraint', 'strict type');
				refuses(() => sql.run('INSERT INTO b VALUES (99)'), 'constraint', 'foreign key');
				sql.run('INSERT INTO a VALUES (2, 2)');
			});
			equal(count(sql, 'a'), 2, 'rows');
		})
	},
	{
		name: 'names a mistake in SQL as other',
		run: on((sql) => {
			refuses(() => sql.all('SELEC 1'), 'other', 'syntax');
			refuses(() => sql.run('INSERT INTO nowhere VALUES (1)'), 'other', 'no table');
		})
	},
	{
		name: 'meets a full disk as full, loses nothing committed and works on with what fits',
		run: on(
			(sql) => {
				sql.script('CREATE TABLE t (v BLOB)');
				const block = new Uint8Array(3_000);
				sql.transaction(() => sql.run('INSERT INTO t VALUES (?)', [block]));
				refuses(
					() => {
						sql.transaction(() => {
							for (let i = 0; i < 200; i++) sql.run('INSERT INTO t VALUES (?)', [block]);
						});
					},
					'full',
					'many blocks'
				);
				equal(count(sql, 't'), 1, 'rows after the failure');
				const { bytes, maxBytes } = sql.size();
				if (bytes > maxBytes) throw new Error('larger than allowed');
				sql.transaction(() => sql.run('INSERT INTO t VALUES (?)', [block]));
				sql.transaction(() => sql.run('DELETE FROM t'));
				equal(count(sql, 't'), 0, 'rows at the end');
				equal(sql.all('PRAGMA integrity_check'), [{ integrity_check: 'ok' }], 'integrity');
			},
			{ maxPages: 20 }
		)
	},
	{
		name: 'lets nobody go on in a transaction that a full disk has ended',
		run: on(
			(sql) => {
				sql.script('CREATE TABLE t (v BLOB)');
				const block = new Uint8Array(3_000);
				refuses(
					() => {
						sql.transaction(() => {
							try {
								for (let i = 0; i < 200; i++) sql.run('INSERT INTO t VALUES (?)', [block]);
							} catch {
								// Somebody swallows the error and tries to go on:
							}
							try {
								sql.run('INSERT INTO t VALUES (?)', [new Uint8Array(1)]);
							} catch {
								// and again.
							}
						});
					},
					'full',
					'swallowed'
				);
				equal(count(sql, 't'), 0, 'rows');
			},
			{ maxPages: 20 }
		)
	},
	{
		name: 'keeps cached statements right when the schema changes',
		run: on((sql) => {
			sql.script('CREATE TABLE t (a INTEGER)');
			sql.run('INSERT INTO t VALUES (1)');
			equal(sql.all('SELECT * FROM t'), [{ a: 1 }], 'before');
			sql.script('ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 2');
			equal(sql.all('SELECT * FROM t'), [{ a: 1, b: 2 }], 'after a column came');
			sql.run('ALTER TABLE t RENAME COLUMN a TO c');
			equal(sql.all('SELECT * FROM t'), [{ c: 1, b: 2 }], 'after a column was renamed');
			sql.script('DROP TABLE t; CREATE TABLE t (d TEXT)');
			equal(sql.all('SELECT * FROM t'), [], 'after another table took the name');
		})
	},
	{
		name: 'forgets parameters between uses of a statement',
		run: on((sql) => {
			equal(sql.all('SELECT ? AS a', ['first']), [{ a: 'first' }], 'first');
			equal(sql.all('SELECT ? AS a'), [{ a: null }], 'without');
		})
	},
	{
		name: 'runs more different statements than it caches',
		run: on((sql) => {
			for (let i = 0; i < 600; i++)
				equal(sql.all(`SELECT ${i} AS n, ? AS p`, [i]), [{ n: i, p: i }], `statement ${i}`);
			equal(sql.all('SELECT 0 AS n, ? AS p', [1]), [{ n: 0, p: 1 }], 'a forgotten one');
		})
	},
	{
		name: 'measures its size, which grows up to what was allowed',
		run: on(
			(sql) => {
				const before = sql.size();
				sql.script('CREATE TABLE t (v BLOB)');
				sql.run('INSERT INTO t VALUES (?)', [new Uint8Array(100_000)]);
				const after = sql.size();
				equal(after.maxBytes, 1_000 * 4_096, 'most');
				if (after.bytes < before.bytes + 100_000)
					throw new Error(`grew only from ${before.bytes} to ${after.bytes}`);
			},
			{ maxPages: 1_000 }
		)
	},
	{
		name: 'refuses everything once closed; closing again is harmless',
		run: async (host) => {
			const sql = await host.open('closed');
			sql.close();
			sql.close();
			refuses(() => sql.all('SELECT 1'), 'closed', 'all');
			refuses(() => sql.run('SELECT 1'), 'closed', 'run');
			refuses(() => sql.script('SELECT 1'), 'closed', 'script');
			refuses(() => sql.transaction(() => 1), 'closed', 'transaction');
		}
	},
	{
		name: 'finds everything again after reopening',
		needsFile: true,
		run: async (host) => {
			for (let round = 0; round < 3; round++) {
				const sql = await host.open('kept');
				if (round === 0) sql.script('CREATE TABLE t (n INTEGER)');
				equal(count(sql, 't'), round, `rows in round ${round}`);
				sql.transaction(() => sql.run('INSERT INTO t VALUES (?)', [round]));
				sql.close();
			}
		}
	},
	{
		name: 'closing in the middle of a transaction keeps nothing of it',
		needsFile: true,
		run: async (host) => {
			const sql = await host.open('cut');
			sql.script('CREATE TABLE t (n INTEGER)');
			thrown(
				() =>
					sql.transaction(() => {
						sql.run('INSERT INTO t VALUES (1)');
						sql.close();
					}),
				'closed inside'
			);
			const again = await host.open('cut');
			try {
				equal(count(again, 't'), 0, 'rows');
			} finally {
				again.close();
			}
		}
	}
];
