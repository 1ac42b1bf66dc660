import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createInsertRows } from './insert-rows.ts';

it.each([0, 1, 3, 4, 5, 16, 17, 47])('inserts %s rows, each once and in their order', (count) => {
	const sql = createNodeSql(':memory:');
	sql.script('CREATE TABLE kept (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, word TEXT) STRICT');
	const rows = Array.from({ length: count }, (_, n) => [n, n % 2 === 0 ? null : `word ${n}`]);
	createInsertRows(sql, 'kept', ['n', 'word'])(rows);
	expect(sql.all('SELECT n, word FROM kept ORDER BY id').map(({ n, word }) => [n, word])).toEqual(rows);
});
