import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createEventStore } from '../events/sqlite-store.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import type { Purchase } from '../market/purchases.ts';
import { createReaderStore } from '../market/reader-store.ts';
import { createPackets } from '../link/packets.ts';
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

	it('keep sales, what notes earned and what packets did when these get other keys', () => {
		const sql = createNodeSql(':memory:');
		const shipped = { stream: 4, market: 3 } as const;
		const before = MIGRATIONS.map(({ feature, steps }) => ({
			feature,
			steps: steps.slice(0, (shipped as Readonly<Record<string, number>>)[feature] ?? steps.length)
		}));
		expect(migrate(sql, before).ok).toBe(true);
		const [here, gone] = ['01'.repeat(32), '02'.repeat(32)];
		sql.script(`
			INSERT INTO author VALUES (1, x'aa');
			INSERT INTO event (seq, id, author, kind, created_at, size, sig, body) VALUES (7, x'${here}', 1, 1, 1, 1, x'', '');
			INSERT INTO earning VALUES ('${here}', 2, 20, 100), ('${gone}', 1, 5, 300);
			INSERT INTO sale_receipt VALUES (x'01', '${gone}', '', 5, 300), (x'02', '${here}', '0/2', 20, 100);
			INSERT INTO session_packet VALUES ('s', 2, '1,2', 20, 'fulfilled', 200), ('s', 1, '', 5, 'refused', 100);
		`);
		migrate(sql);
		expect(sql.all('SELECT * FROM earning ORDER BY at DESC')).toEqual([
			{ seq: -2, event_id: gone, readers: 1, total: 5, at: 300 },
			{ seq: 7, event_id: here, readers: 2, total: 20, at: 100 }
		]);
		expect(sql.all('SELECT id, hex(receipt) AS receipt, ids, part, paid, at FROM sale_receipt')).toEqual([
			{ id: 1, receipt: '02', ids: here, part: '0/2', paid: 20, at: 100 },
			{ id: 2, receipt: '01', ids: gone, part: '', paid: 5, at: 300 }
		]);
		expect(sql.all('SELECT sequence, request_ids, amount, result, expires_at FROM session_packet')).toEqual([
			{ sequence: 1, request_ids: '', amount: 5, result: 'refused', expires_at: 100 },
			{ sequence: 2, request_ids: '1,2', amount: 20, result: 'fulfilled', expires_at: 200 }
		]);
	});

	it('keep purchases, and what was bought, when those that are asked become entries of lists', () => {
		const sql = createNodeSql(':memory:');
		const before = MIGRATIONS.map(({ feature, steps }) => ({
			feature,
			steps: feature === 'market' ? steps.slice(0, 4) : steps
		}));
		expect(migrate(sql, before).ok).toBe(true);
		const hex = (n: number): string => `0${n}`.repeat(16);
		sql.script(`
			INSERT INTO purchase (receipt, node, ids, part, prices, amount, state, day, at, money) VALUES
				(x'${hex(1)}', 'n', 'a,b', '', '3,4', 8, 'stored', 0, 300, 'moved'),
				(x'${hex(2)}', 'n', 'c', '1/2', '5', 9007199254740993, 'asked', 0, 200, 'open'),
				(x'${hex(3)}', 'm', 'd', '', '5', 5, 'stored', 0, 100, 'open'),
				(x'${hex(4)}', 'm', 'e', '', '5', 5, 'answered', 0, 400, 'moved');
			INSERT INTO bought (event_id, node, author, created_at, sent, arrived, receipt, at, expires) VALUES
				('b', 'n', 'nn', 70, 5, 4, x'${hex(1)}', 300, NULL), ('a', 'n', 'mm', 90, 3, 3, x'${hex(1)}', 200, 99);
		`);
		const bought = () =>
			sql
				.all(
					'SELECT event_id, node, author, created_at, expires, sent, arrived, receipt, at FROM bought ORDER BY at'
				)
				.map((row) => ({ ...row }));
		const held = bought();
		const rows = () =>
			sql
				.all(
					'SELECT receipt, node, ids, part, prices, amount, state, day, at, money FROM purchase ORDER BY at'
				)
				.map((row) => ({ ...row }));
		const kept = rows();
		migrate(sql);
		expect([rows(), bought()]).toEqual([kept, held]);

		const records = createReaderStore(sql);
		records.saveBought('a', {
			node: 'n',
			author: 'mm',
			createdAt: 90,
			expires: 99,
			sent: 2n,
			arrived: 1n,
			receipt: undefined,
			at: 600
		});
		expect(records.bought('a')).toEqual({ sent: 5n, arrived: 4n, author: 'mm', at: 200 });
		expect(records.pace('n', 80)).toEqual({ sent: 5n, oldest: 90 });
		expect(bought()).toHaveLength(2);
		const numbers = (purchases: readonly Purchase[]): unknown[] => purchases.map(({ receipt }) => receipt[0]);
		expect(records.openPurchases()).toMatchObject([
			{ ids: ['c'], part: { index: 1, count: 2 }, amount: 9_007_199_254_740_993n, answered: false },
			{ ids: ['e'], part: undefined, answered: true }
		]);
		expect(numbers(records.undecided())).toEqual([3]);
		const asked = records.openPurchases()[0] as Purchase;
		sql.transaction(() => {
			expect(records.storePurchase(asked.receipt)).toBe(true);
			records.savePurchase({ ...asked, receipt: new Uint8Array(16).fill(5), at: 500 }, 'asked');
		});
		expect(numbers(records.openPurchases())).toEqual([4, 5]);
		expect(sql.all('SELECT id FROM purchase WHERE at = 500')).toEqual([{ id: 5 }]);
	});

	it('keep what was under way when each packet and transfer still had a row from its beginning', () => {
		const sql = createNodeSql(':memory:');
		const shipped = { ledger: 2, link: 6 } as const;
		const before = MIGRATIONS.map(({ feature, steps }) => ({
			feature,
			steps: steps.slice(0, (shipped as Readonly<Record<string, number>>)[feature] ?? steps.length)
		}));
		expect(migrate(sql, before).ok).toBe(true);
		sql.script(`
			INSERT INTO account VALUES (1, 'link/a', -5, 0, 70), (2, 'link/b', 5, 70, 0), (3, 'expense/notes', 0, 9, 0),
				(4, 'link/c', 0, 0, 9);
			INSERT INTO transfer VALUES
				(1, 'forward', 1, 2, 5, 100, 1, 150, 'b/1', NULL, NULL),
				(2, 'forward', 1, 2, 70, 200, 0, NULL, 'b/2', NULL, NULL),
				(3, 'forward', 1, 2, 6, 300, 2, 350, 'b/3', NULL, NULL),
				(4, 'buy', 4, 3, 9, 400, 0, NULL, 'c/4', 'aa', '{"author":"aa","eventIds":["e"]}');
			INSERT INTO packet VALUES
				('a', 'out', 1000, x'${'01'.repeat(32)}', 5, x'${'02'.repeat(32)}', 'fulfilled', x'${'03'.repeat(32)}', 'b/1',
					'b', x'${'04'.repeat(32)}', 150, 'test.a'),
				('a', 'out', 2000, x'${'05'.repeat(32)}', 70, x'${'06'.repeat(32)}', 'pending', NULL, 'b/2',
					'b', x'${'07'.repeat(32)}', NULL, 'test.a'),
				('b', 'in', 3000, x'${'07'.repeat(32)}', 9007199254740993, x'${'06'.repeat(32)}', 'pending', NULL, 'b/2',
					NULL, NULL, NULL, NULL);
		`);
		const rows = (table: string, order: string) =>
			sql.all(`SELECT * FROM ${table} ORDER BY ${order}`).map((row) => ({ ...row }));
		const [transfers, packets] = [rows('transfer', 'id'), rows('packet', 'link')];
		expect(migrate(sql)).toEqual({ ok: true, value: 2 });
		expect([rows('transfer', 'id'), rows('packet', 'link, expires_at')]).toEqual([transfers, packets]);

		const ledger = createLedger(sql);
		expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
		expect(ledger.pendingGroups()).toEqual(['b/2', 'c/4']);
		const live = createPackets(sql);
		expect([live.underWay('a', 'out'), live.underWay('b', 'in')]).toEqual([70n, 9_007_199_254_740_993n]);
		sql.transaction(() => {
			expect(live.settle('a', 'out', new Uint8Array(32).fill(5), 'fulfilled', 250, new Uint8Array(32))).toBe(
				true
			);
			expect(ledger.post('b/2', 250)).toBe(1);
			expect(
				ledger.record({ kind: 'outside', from: 'link/a', to: 'outside', amount: 1n, at: 500, group: 'x' })
			).toBe(5);
		});
		expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
		expect(rows('transfer_ended', 'id').map(({ id }) => id)).toEqual([1, 2, 3, 5]);
		expect(sql.all('SELECT hex(hash) AS hash FROM packet_open')).toEqual([{ hash: '07'.repeat(32) }]);
	});
});
