import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createEventStore } from '../events/sqlite-store.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { migrate, MIGRATIONS, type FeatureMigrations } from './migrations.ts';

const FIRST: readonly FeatureMigrations[] = [
	{ feature: 'a', steps: ['CREATE TABLE a1 (n INTEGER)'] },
	{ feature: 'b', steps: ['CREATE TABLE b1 (n INTEGER)'] }
];
const SECOND: readonly FeatureMigrations[] = [
	{ feature: 'a', steps: ['CREATE TABLE a1 (n INTEGER)', 'ALTER TABLE a1 ADD COLUMN m INTEGER DEFAULT 7'] },
	{ feature: 'b', steps: ['CREATE TABLE b1 (n INTEGER)'] },
	{ feature: 'c', steps: ['CREATE TABLE c1 (n INTEGER); CREATE TABLE c2 (n INTEGER)'] }
];

describe('migrations', () => {
	it('make every table of this release in an empty file', () => {
		const sql = createNodeSql(':memory:');
		expect(migrate(sql)).toEqual({ ok: true, value: MIGRATIONS.flatMap(({ steps }) => steps).length });
		expect(createLedger(sql).audit()).toEqual({ sum: 0n, differences: [] });
		expect(createEventStore(sql).stats().events).toBe(0);
		sql.run('INSERT INTO setting VALUES (?, ?)', ['key', new Uint8Array([1])]);
	});

	it('run once', () => {
		const sql = createNodeSql(':memory:');
		migrate(sql);
		expect(migrate(sql)).toEqual({ ok: true, value: 0 });
	});

	it('bring an older file forward with what it holds', () => {
		const sql = createNodeSql(':memory:');
		expect(migrate(sql, FIRST)).toEqual({ ok: true, value: 2 });
		sql.run('INSERT INTO a1 VALUES (1)');
		expect(migrate(sql, SECOND)).toEqual({ ok: true, value: 2 });
		expect(sql.all('SELECT * FROM a1')).toEqual([{ n: 1, m: 7 }]);
		expect(sql.all('SELECT * FROM c2')).toEqual([]);
	});

	it('refuse a file of a newer release and leave it as it is', () => {
		const sql = createNodeSql(':memory:');
		migrate(sql, SECOND);
		const newer = { type: 'DatabaseTooNew', feature: 'a', version: 2, known: 1 };
		expect(migrate(sql, [...FIRST, { feature: 'd', steps: ['CREATE TABLE d1 (n INTEGER)'] }])).toEqual({
			ok: false,
			error: newer
		});
		expect(sql.all(`SELECT name FROM sqlite_schema WHERE name = 'd1'`)).toEqual([]);
	});

	it('refuse a file with a feature that this release has never heard of', () => {
		const sql = createNodeSql(':memory:');
		migrate(sql, [{ feature: 'z', steps: ['CREATE TABLE z1 (n INTEGER)'] }]);
		expect(migrate(sql, FIRST)).toMatchObject({ ok: false, error: { feature: 'z', known: 0 } });
	});

	it('change nothing when a step fails', () => {
		const sql = createNodeSql(':memory:');
		migrate(sql, FIRST);
		expect(() =>
			migrate(sql, [
				...SECOND.slice(0, 2),
				{ feature: 'c', steps: ['CREATE TABLE c1 (n INTEGER)', 'NONSENSE'] }
			])
		).toThrow();
		expect(sql.all(`SELECT name FROM sqlite_schema WHERE name = 'c1'`)).toEqual([]);
		expect(migrate(sql, SECOND)).toEqual({ ok: true, value: 2 });
	});
});
