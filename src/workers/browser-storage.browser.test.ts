import wasmUrl from '@sqlite.org/sqlite-wasm/sqlite3.wasm?url';
import { expect, it } from 'vitest';
import { openStorage } from './browser-storage.ts';

it('keeps everything in memory where the browser gives no synchronous files, and says so', async () => {
	// A page is such a place: only workers have them.
	const { sql, kind } = await openStorage({
		name: 'no-files',
		wasmUrl: new URL(wasmUrl, location.href).href
	});
	expect(kind).toBe('memory');
	sql.script('CREATE TABLE note (content TEXT)');
	sql.run('INSERT INTO note VALUES (?)', ['kept']);
	expect(sql.all('SELECT content FROM note')).toEqual([{ content: 'kept' }]);
	sql.close();
});
