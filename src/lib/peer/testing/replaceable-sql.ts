import type { SqlDriver } from '../storage/sql.ts';

/** Passes everything on to the database that is there now: for tests that put another under a running world. */
export const replaceableSql = (current: () => SqlDriver): SqlDriver => ({
	all: (sql, parameters) => current().all(sql, parameters),
	run: (sql, parameters) => current().run(sql, parameters),
	script: (sql) => current().script(sql),
	transaction: (work) => current().transaction(work),
	current: () => current().current(),
	size: () => current().size(),
	close: () => current().close()
});
