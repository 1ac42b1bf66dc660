/**
 * Which calls were done, so that one that is sent again after its leader died is not done again.
 *
 * A call that would do more when repeated (`once`) is written down before it is begun. If it is then
 * found begun and not answered, nobody knows what came of it: that is the answer, and it is never
 * tried a second time.
 */
import { METHODS, type Call, type Outcome } from '../lib/client/tab-protocol.ts';
import { peerError } from '../lib/peer/errors.ts';
import type { SqlDriver } from '../lib/peer/storage/sql.ts';

/** An asker gives up long before: a page lives on after its leader by fractions of a second. */
const REMEMBERED_MS = 3_600_000;
/** Rows; a person presses buttons, so this is hours of them. */
const REMEMBERED = 1_000;

export interface RequestLog {
	/** Does the call unless it was done; `work` must not reject. */
	once(call: Call, work: () => Promise<Outcome>): Promise<Outcome>;
}

export const createRequestLog = (sql: SqlDriver, now: () => number): RequestLog => {
	sql.script(`
		CREATE TABLE IF NOT EXISTS tab_request (
			id TEXT PRIMARY KEY,
			at INTEGER NOT NULL,
			outcome TEXT
		) WITHOUT ROWID, STRICT;
		CREATE INDEX IF NOT EXISTS tab_request_at ON tab_request (at);
	`);
	const underWay = new Map<string, Promise<Outcome>>();

	const begin = (id: string): void => {
		sql.transaction(() => {
			sql.run('DELETE FROM tab_request WHERE at < ?', [now() - REMEMBERED_MS]);
			sql.run(
				'DELETE FROM tab_request WHERE id IN (SELECT id FROM tab_request ORDER BY at DESC, id LIMIT -1 OFFSET ?)',
				[REMEMBERED - 1]
			);
			sql.run('INSERT INTO tab_request (id, at) VALUES (?, ?)', [id, now()]);
		});
	};

	const doOnce = async (call: Call, work: () => Promise<Outcome>): Promise<Outcome> => {
		const [row] = sql.all('SELECT outcome FROM tab_request WHERE id = ?', [call.id]);
		if (typeof row?.['outcome'] === 'string') return decode(row['outcome']);
		if (row !== undefined && METHODS[call.method] === 'once') {
			return {
				failed: peerError('Internal', 'the tab that was doing this closed; whether it was done is unknown')
			};
		}
		if (row === undefined) begin(call.id);
		const outcome = await work();
		sql.run('UPDATE tab_request SET outcome = ? WHERE id = ?', [encode(outcome), call.id]);
		return outcome;
	};

	return {
		once: (call, work) => {
			if (METHODS[call.method] === 'read') return work();
			const already = underWay.get(call.id);
			if (already !== undefined) return already;
			const outcome = doOnce(call, work).finally(() => underWay.delete(call.id));
			underWay.set(call.id, outcome);
			return outcome;
		}
	};
};

/** JSON knows neither bigints nor bytes; both are written as one-key objects. */
const encode = (outcome: Outcome): string =>
	JSON.stringify(outcome, (_, value: unknown) => {
		if (typeof value === 'bigint') return { $bigint: value.toString() };
		if (value instanceof Uint8Array) return { $bytes: [...value] };
		return value;
	});

const decode = (text: string): Outcome =>
	JSON.parse(text, (_, value: unknown) => {
		if (typeof value !== 'object' || value === null) return value;
		if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
		if ('$bytes' in value && Array.isArray(value.$bytes)) return Uint8Array.from(value.$bytes as number[]);
		return value;
	}) as Outcome;
