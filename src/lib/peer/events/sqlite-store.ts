/**
 * The event store on SQLite: NIP-01 replacement, NIP-09 deletion, NIP-40 expiration.
 *
 * What an author deleted is remembered by id and by address, so that it is refused when it comes
 * later, even if the request came first. Requests themselves cannot be deleted. An expired event
 * counts as gone from the second it names, whether or not {@link EventStore.sweep} has been by.
 */
import { bytesToHex, compareBytes, fromHex } from '../bytes.ts';
import { encodeEvent } from '../codec/event-v2.ts';
import type { Filter, VerifiedEvent } from '../codec/nostr-event.ts';
import { unwrap } from '../result.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import { compileFilter, EVENT_COLUMNS, indexedTags, isFeed, tagKey, type CompileOptions } from './filter.ts';
import {
	deletionTargets,
	expirationOf,
	identifierOf,
	isExpired,
	kindClass,
	KINDS,
	replaces
} from './kinds.ts';
import type { CreateEventStore, EventStore, PutOutcome, StoredEvent } from './store.ts';

/**
 * Events looked at by walking before an index of the filter's own is asked: most feeds find a page
 * here, and one that does not has lost little.
 */
const WALK = 4_096;
/** So that nothing else waits for more than some tens of milliseconds. */
const TRIMMED_AT_A_TIME = 2_048;

const HEX_64 = /^[0-9a-f]{64}$/;

const toStored = (row: SqlRow): StoredEvent => {
	const [tags, content] = JSON.parse(row['body'] as string) as [readonly (readonly string[])[], string];
	return {
		seq: Number(row['seq']),
		size: Number(row['size']),
		// Only verified events are put, and what is put comes back unchanged.
		event: {
			id: bytesToHex(row['id'] as Uint8Array),
			pubkey: bytesToHex(row['pubkey'] as Uint8Array),
			created_at: Number(row['created_at']),
			kind: Number(row['kind']),
			tags,
			content,
			sig: bytesToHex(row['sig'] as Uint8Array)
		} as unknown as VerifiedEvent
	};
};

const newestFirst = (a: SqlRow, b: SqlRow): number =>
	Number(b['created_at']) - Number(a['created_at']) ||
	compareBytes(a['id'] as Uint8Array, b['id'] as Uint8Array);

/** Rows of several filters, each event once. */
const distinct = (parts: readonly (readonly SqlRow[])[]): SqlRow[] => [
	...new Map(parts.flat().map((row) => [row['seq'], row])).values()
];

/** `kind:pubkey:d` of one's own address (the pubkey was compared already); `undefined` without its second colon. */
const parseAddress = (address: string): { readonly kind: number; readonly d: string } | undefined => {
	const first = address.indexOf(':');
	const second = address.indexOf(':', first + 1);
	return second < 0 ? undefined : { kind: Number(address.slice(0, first)), d: address.slice(second + 1) };
};

export const createEventStore: CreateEventStore = (sql: SqlDriver): EventStore => {
	const authorNumber = (pubkey: Uint8Array): SqlValue | undefined =>
		sql.all('SELECT id FROM author WHERE pubkey = ?', [pubkey])[0]?.['id'];
	const newAuthor = (pubkey: Uint8Array): SqlValue =>
		sql.all('INSERT INTO author (pubkey) VALUES (?) RETURNING id', [pubkey])[0]?.['id'] as SqlValue;

	const remove = (seq: SqlValue): void => {
		const row = sql.all('DELETE FROM event WHERE seq = ? RETURNING created_at, body', [seq])[0];
		if (!row) return;
		const [tags] = JSON.parse(row['body'] as string) as [readonly (readonly string[])[]];
		for (const { name, value } of indexedTags({ tags }))
			sql.run('DELETE FROM tag WHERE name = ? AND value = ? AND created_at = ? AND seq = ?', [
				name,
				value,
				row['created_at'] as SqlValue,
				seq
			]);
	};

	const isDeleted = (id: Uint8Array, author: SqlValue, event: VerifiedEvent, d: SqlValue): boolean => {
		if (event.kind === KINDS.deletion) return false;
		if (sql.all('SELECT 1 FROM deleted_event WHERE id = ? AND author = ?', [id, author]).length > 0)
			return true;
		if (d === null) return false;
		const until = sql.all('SELECT until FROM deleted_address WHERE author = ? AND kind = ? AND d = ?', [
			author,
			event.kind,
			d
		]);
		return until[0] !== undefined && event.created_at <= Number(until[0]['until']);
	};

	const applyDeletion = (request: VerifiedEvent, author: SqlValue): void => {
		const targets = deletionTargets(request);
		if (!targets) return;
		for (const target of targets.ids) {
			const id = fromHex(target);
			sql.run('INSERT OR IGNORE INTO deleted_event VALUES (?, ?)', [id, author]);
			const own = sql.all('SELECT seq FROM event WHERE id = ? AND author = ? AND kind <> ?', [
				id,
				author,
				KINDS.deletion
			]);
			for (const { seq } of own) remove(seq as SqlValue);
		}
		for (const address of targets.addresses) {
			const parsed = parseAddress(address);
			if (!parsed) continue;
			const { kind } = parsed;
			const key = tagKey(parsed.d);
			sql.run(
				`INSERT INTO deleted_address VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
				[author, kind, key, targets.until]
			);
			const versions = sql.all(
				'SELECT seq FROM event WHERE author = ? AND kind = ? AND d = ? AND d IS NOT NULL AND created_at <= ?',
				[author, kind, key, targets.until]
			);
			for (const { seq } of versions) remove(seq as SqlValue);
		}
	};

	const put = (event: VerifiedEvent, now: number): PutOutcome => {
		const known = kindClass(event.kind);
		if (known === 'ephemeral') return { result: 'ephemeral' };
		if (isExpired(event, now)) return { result: 'expired' };
		const id = fromHex(event.id);
		if (sql.all('SELECT 1 FROM event WHERE id = ?', [id]).length > 0) return { result: 'duplicate' };

		const pubkey = fromHex(event.pubkey);
		let author = authorNumber(pubkey);
		const d = known === 'addressable' ? tagKey(identifierOf(event)) : known === 'replaceable' ? '' : null;
		if (author !== undefined && isDeleted(id, author, event, d)) return { result: 'deleted' };

		let replaced = false;
		if (author !== undefined && d !== null) {
			const current = sql.all(
				'SELECT seq, id, created_at, expires FROM event WHERE author = ? AND kind = ? AND d = ? AND d IS NOT NULL',
				[author, event.kind, d]
			)[0];
			if (current) {
				const expired = current['expires'] !== null && Number(current['expires']) * 1_000 <= now;
				const version = {
					id: bytesToHex(current['id'] as Uint8Array),
					created_at: Number(current['created_at'])
				};
				if (!expired && !replaces(event, version)) return { result: 'superseded' };
				remove(current['seq'] as SqlValue);
				replaced = !expired;
			}
		}

		author ??= newAuthor(pubkey);
		const rows = sql.all(
			`INSERT INTO event (id, author, kind, created_at, d, expires, size, sig, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
			[
				id,
				author,
				event.kind,
				event.created_at,
				d,
				expirationOf(event) ?? null,
				unwrap(encodeEvent(event)).length,
				fromHex(event.sig),
				JSON.stringify([event.tags, event.content])
			]
		);
		const seq = Number(rows[0]?.['seq']);
		for (const { name, value } of indexedTags(event))
			sql.run('INSERT INTO tag (name, value, created_at, seq, kind) VALUES (?, ?, ?, ?, ?)', [
				name,
				value,
				event.created_at,
				seq,
				event.kind
			]);
		applyDeletion(event, author);
		return { result: replaced ? 'replaced' : 'stored', seq };
	};

	const rowsOf = (filter: Filter, options: CompileOptions): readonly SqlRow[] => {
		const compiled = compileFilter(filter, options);
		return compiled ? sql.all(compiled.sql, compiled.parameters) : [];
	};

	const newest = (filter: Filter, now: number, limit: number): readonly SqlRow[] => {
		if (isFeed(filter)) {
			// The second up to which a walk of that length reaches down, exclusive: ties are never cut in half.
			const edge = sql.all(
				`SELECT created_at FROM event INDEXED BY event_by_time WHERE created_at BETWEEN ? AND ?
				ORDER BY created_at DESC LIMIT 1 OFFSET ?`,
				[filter.since ?? 0, filter.until ?? Number.MAX_SAFE_INTEGER, WALK]
			)[0]?.['created_at'];
			const since = edge === undefined ? filter.since : Number(edge) + 1;
			const walked = rowsOf(since === undefined ? filter : { ...filter, since }, {
				now,
				answer: 'newest-by-time',
				limit
			});
			if (edge === undefined || walked.length >= limit) return walked;
		}
		return rowsOf(filter, { now, answer: 'newest', limit });
	};

	const lastSeq = (): number =>
		Number(sql.all(`SELECT seq FROM sqlite_sequence WHERE name = 'event'`)[0]?.['seq'] ?? 0);

	return {
		put: (event, now) => sql.transaction(() => put(event, now)),

		get: (id, now) => {
			if (!HEX_64.test(id)) return undefined;
			const row = sql.all(
				`SELECT ${EVENT_COLUMNS} FROM event e WHERE e.id = ? AND (e.expires IS NULL OR e.expires > ?)`,
				[fromHex(id), Math.floor(now / 1_000)]
			)[0];
			return row && toStored(row);
		},

		query: (filters, { now, limit }) => {
			const parts = filters.map((filter) => newest(filter, now, Math.min(filter.limit ?? limit, limit)));
			const rows =
				parts.length === 1
					? (parts[0] ?? [])
					: distinct(parts).sort(newestFirst).slice(0, Math.max(0, limit));
			return rows.map(toStored);
		},

		after: (seq, filters, { now, limit }) => {
			const end = lastSeq();
			const parts = filters.map((filter) => {
				if (filter.ids) return rowsOf(filter, { now, answer: 'arrival', after: seq, limit });
				const through = seq + WALK;
				const walked = rowsOf(filter, { now, answer: 'arrival-by-seq', after: seq, through, limit });
				if (end <= through || walked.length >= limit) return walked;
				return rowsOf(filter, { now, answer: 'arrival', after: seq, limit });
			});
			return distinct(parts)
				.sort((a, b) => Number(a['seq']) - Number(b['seq']))
				.slice(0, Math.max(0, limit))
				.map(toStored);
		},

		count: (filters, now) => {
			const compiled = filters.flatMap((filter) => compileFilter(filter, { now, answer: 'seqs' }) ?? []);
			if (compiled.length === 0) return 0;
			const rows = sql.all(
				`SELECT count(*) AS n FROM (${compiled.map((one) => one.sql).join(' UNION ')})`,
				compiled.flatMap(({ parameters }) => parameters)
			);
			return Number(rows[0]?.['n']);
		},

		lastSeq,

		sweep: (now) =>
			sql.transaction(() => {
				const expired = sql.all('SELECT seq FROM event WHERE expires <= ?', [Math.floor(now / 1_000)]);
				for (const { seq } of expired) remove(seq as SqlValue);
				return expired.length;
			}),

		trim: (kinds, { owner, most, bytes }) =>
			sql.transaction(() => {
				const first = sql.all(
					`SELECT seq FROM (
						SELECT seq, row_number() OVER later AS events, sum(size) OVER later AS bytes FROM event
						WHERE kind IN (SELECT value FROM json_each(?1)) AND author NOT IN (SELECT id FROM author WHERE pubkey = ?2)
						WINDOW later AS (ORDER BY seq DESC)
					) WHERE events > ?3 OR bytes > ?4 ORDER BY seq LIMIT ?5`,
					[JSON.stringify(kinds), fromHex(owner), most, bytes, TRIMMED_AT_A_TIME]
				);
				for (const { seq } of first) remove(seq as SqlValue);
				return first.length;
			}),

		stats: () => {
			const rows = sql.all(
				'SELECT kind, count(*) AS events, sum(size) AS bytes FROM event INDEXED BY event_by_kind GROUP BY kind'
			);
			const sum = (column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0);
			return {
				events: sum('events'),
				bytes: sum('bytes'),
				byKind: new Map(rows.map(({ kind, events }) => [Number(kind), Number(events)]))
			};
		}
	};
};
