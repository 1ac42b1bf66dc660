import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlConformance, type SqlHost } from '../../src/lib/peer/testing/sql-conformance.ts';
import { createSqlDriver } from '../../src/lib/peer/storage/driver.ts';
import type { SqlRow } from '../../src/lib/peer/storage/sql.ts';
import { createNodeSql } from './node-sql.ts';

describe('node:sqlite as the SQL port', () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'node-sql-'));
	});
	afterEach(() => {
		rmSync(folder, { recursive: true });
	});

	const file: SqlHost = {
		persistent: true,
		open: (name, options) => Promise.resolve(createNodeSql(join(folder, `${name}.sqlite3`), options))
	};
	const memory: SqlHost = {
		persistent: false,
		open: (_, options) => Promise.resolve(createNodeSql(':memory:', options))
	};

	for (const conformance of sqlConformance) {
		it(`${conformance.name} (file)`, () => conformance.run(file));
		if (!conformance.needsFile) it(`${conformance.name} (memory)`, () => conformance.run(memory));
	}

	it('says corrupt of a file that is no database', () => {
		const path = join(folder, 'notes.txt');
		writeFileSync(path, 'these are not the pages you are looking for'.repeat(100));
		expect(() => createNodeSql(path)).toThrow(expect.objectContaining({ name: 'SqlError', kind: 'corrupt' }));
	});

	it('syncs every commit unless told otherwise', () => {
		const money = createNodeSql(join(folder, 'money'));
		const notes = createNodeSql(join(folder, 'notes'), { durable: 'normal' });
		expect(money.all('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
		expect(notes.all('PRAGMA synchronous')).toEqual([{ synchronous: 1 }]);
		expect(money.all('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
		money.close();
		notes.close();
	});

	it('says when a commit is on the disk, where it returns before, and leaves nothing open behind it', async () => {
		const path = join(folder, 'aside');
		const sql = createNodeSql(path, { durable: 'aside' });
		sql.script('CREATE TABLE t (n INTEGER)');
		expect(sql.all('PRAGMA synchronous')).toEqual([{ synchronous: 1 }]);
		sql.run('INSERT INTO t VALUES (1)');
		await sql.durable?.();
		sql.run('INSERT INTO t VALUES (2)');
		const last = sql.durable?.();
		sql.close();
		await last;
		await sql.durable?.();
		expect(existsSync(`${path}-wal`)).toBe(false);
		const again = createNodeSql(path);
		expect(again.durable).toBe(undefined);
		expect(again.all('SELECT n FROM t')).toEqual([{ n: 1 }, { n: 2 }]);
		again.close();
	});

	it('writes nothing more once the disk did not take a commit', async () => {
		const connection = new DatabaseSync(':memory:');
		const sql = createSqlDriver({
			prepare: (text) => {
				const statement = connection.prepare(text);
				return {
					all: () => statement.all() as unknown as readonly SqlRow[],
					run: () => Number(statement.run().changes),
					finalize: () => undefined
				};
			},
			exec: (text) => connection.exec(text),
			inTransaction: () => connection.isTransaction,
			toSqlError: () => undefined,
			sync: () => Promise.reject(new Error('EIO')),
			close: () => connection.close()
		});
		sql.run('CREATE TABLE t (n INTEGER)');
		await expect(sql.durable?.()).rejects.toMatchObject({ name: 'SqlError', kind: 'other' });
		expect(() => sql.run('INSERT INTO t VALUES (1)')).toThrow('EIO');
		sql.close();
	});

	it('a second connection reads what the first committed and not what it is about to', () => {
		const writer = createNodeSql(join(folder, 'shared'));
		writer.script('CREATE TABLE t (n INTEGER)');
		const reader = createNodeSql(join(folder, 'shared'));
		writer.transaction(() => {
			writer.run('INSERT INTO t VALUES (1)');
			expect(reader.all('SELECT * FROM t')).toEqual([]);
		});
		expect(reader.all('SELECT * FROM t')).toEqual([{ n: 1 }]);
		reader.close();
		writer.close();
	});
});
