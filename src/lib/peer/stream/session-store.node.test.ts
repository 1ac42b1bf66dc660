import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { epochOf, type Epoch } from './ratchet.ts';
import {
	LAST_SEEN_LAG_MS,
	loadSession,
	refusedSequences,
	saveSession,
	sweepSessions,
	type StoredSession
} from './session-store.ts';

const NOW = 1_000_000;

const epoch = (name: string, byte: number): Promise<Epoch> =>
	epochOf(nobleCrypto, name, {
		opener: new Uint8Array(32).fill(byte),
		node: new Uint8Array(32).fill(byte + 1)
	});

const newSession = async () => ({
	token: 'token',
	id: 'id',
	link: 'aa',
	epochs: { current: await epoch('token', 1) },
	seen: new Uint8Array([1]),
	openerAddress: undefined,
	addressConfirmed: false,
	pushSequence: 0n,
	lastSeen: NOW,
	uploads: { highestId: 0, bytes: 0 }
});

/** Counts how often the columns that an index holds are written, with or without another value. */
const createStore = (): { readonly sql: SqlDriver; readonly indexed: () => number } => {
	const sql = createNodeSql(':memory:');
	migrate(sql);
	sql.script(`
		CREATE TABLE written (column TEXT);
		CREATE TRIGGER named AFTER UPDATE OF token, name, next_name, previous_name ON session
			BEGIN INSERT INTO written VALUES ('name'); END;
		CREATE TRIGGER seen AFTER UPDATE OF last_seen ON session BEGIN INSERT INTO written VALUES ('last_seen'); END;
	`);
	return { sql, indexed: () => sql.all('SELECT 1 FROM written').length };
};

describe('the row of a session', () => {
	it('is written as far as a packet changes it', async () => {
		const { sql, indexed } = createStore();
		const first = await newSession();
		let stored: StoredSession = saveSession(sql, first, undefined);
		const later = {
			...first,
			seen: new Uint8Array([3]),
			link: 'bb',
			pushSequence: 7n,
			lastSeen: NOW + 59_999
		};
		stored = saveSession(sql, later, stored);
		expect(indexed()).toBe(0);
		expect(await loadSession(sql, nobleCrypto, 'token')).toMatchObject({ ...later, lastSeen: NOW });

		stored = saveSession(sql, { ...later, lastSeen: NOW + LAST_SEEN_LAG_MS }, stored);
		expect(sql.all('SELECT column FROM written')).toEqual([{ column: 'last_seen' }]);
		expect(sql.all('SELECT last_seen FROM session')).toEqual([{ last_seen: NOW + LAST_SEEN_LAG_MS }]);

		// A clock that was set back is believed.
		saveSession(sql, { ...later, lastSeen: NOW }, stored);
		expect(sql.all('SELECT last_seen FROM session')).toEqual([{ last_seen: NOW }]);
	});

	it('is found by each name it gets, and no longer by those it lost', async () => {
		const { sql } = createStore();
		const first = await newSession();
		const [second, until] = [await epoch('c2Vjb25k', 5), NOW + 1];
		const step = { nodePublic: new Uint8Array(32), name: new Uint8Array([115, 101, 99, 111, 110, 100]) };
		let stored: StoredSession = saveSession(sql, first, undefined);
		const found = async (...names: string[]): Promise<boolean[]> => {
			const rows = await Promise.all(names.map((name) => loadSession(sql, nobleCrypto, name)));
			return rows.map((row) => row !== undefined);
		};
		stored = saveSession(
			sql,
			{ ...first, epochs: { ...first.epochs, next: { epoch: second, step } } },
			stored
		);
		expect(await found('token', 'c2Vjb25k', 'other')).toEqual([true, true, false]);
		const moved = { current: second, previous: { epoch: await epoch('older', 9), until } };
		stored = saveSession(sql, { ...first, epochs: moved }, stored);
		expect(await found('token', 'c2Vjb25k', 'older')).toEqual([true, true, true]);
		saveSession(sql, { ...first, epochs: { current: second } }, stored);
		expect(await found('token', 'c2Vjb25k', 'older')).toEqual([true, true, false]);
	});

	it('and what its packets did are swept in the order in which they came', () => {
		const { sql } = createStore();
		const insert = (sequence: number, result: string, expiresAt: number): number =>
			sql.run(
				`INSERT INTO session_packet (session, sequence, request_ids, amount, result, expires_at)
				VALUES ('id', ?, '', 1, ?, ?)`,
				[sequence, result, expiresAt]
			);
		insert(1, 'refused', NOW - 2);
		insert(2, 'fulfilled', NOW);
		insert(3, 'refused', NOW - 1);
		const left = (packetsSince: number): unknown[] => {
			sweepSessions(sql, { now: NOW, seenSince: NOW, packetsSince });
			return sql.all('SELECT sequence FROM session_packet').map((row) => row.sequence);
		};
		expect(refusedSequences(sql, 'id')).toEqual([1n, 3n]);
		expect(left(NOW - 2)).toEqual([1, 2, 3]);
		expect(left(NOW)).toEqual([2, 3]);
		expect(refusedSequences(sql, 'id')).toEqual([3n]);
		expect(left(NOW + 1)).toEqual([]);
		insert(4, 'fulfilled', NOW + 2);
		expect(left(NOW + 1)).toEqual([4]);
	});

	it('is kept while the session is not silent for too long, and written anew when it was swept', async () => {
		const { sql } = createStore();
		const first = await newSession();
		let stored: StoredSession = saveSession(sql, first, undefined);
		const later = { ...first, lastSeen: NOW + LAST_SEEN_LAG_MS - 1 };
		stored = saveSession(sql, later, stored);
		const sweep = (seenSince: number): number =>
			sweepSessions(sql, { now: NOW, seenSince, packetsSince: NOW });
		expect(sweep(later.lastSeen)).toBe(0);
		expect(sweep(NOW + LAST_SEEN_LAG_MS + 1)).toBe(1);
		saveSession(sql, later, stored);
		expect(await loadSession(sql, nobleCrypto, 'token')).toMatchObject(later);
	});
});
