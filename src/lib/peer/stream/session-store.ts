/**
 * Sessions that carried money, on disk: written in the transaction of the money, found by any of their names.
 *
 * Every packet with money changes a session. What is written then is in no index, so that SQLite writes one page of
 * the table and nothing else; names and keys are written when they are others, and when it was last seen once a minute.
 */
import { base64urlDecode } from '../bytes.ts';
import type { Crypto } from '../platform.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
import type { Offer, StoredEpochs } from './node-epochs.ts';
import { epochOf, type Epoch } from './ratchet.ts';
import type { UploadsUsed } from './uploads.ts';

export interface StoredSession {
	/** The name it was opened by. */
	readonly token: string;
	/** First 16 bytes of SHA-256 of its first S_c, hex; `undefined` in rows of an earlier release: as they are now. */
	readonly id: string | undefined;
	readonly link: string;
	readonly epochs: StoredEpochs;
	readonly seen: Uint8Array;
	readonly openerAddress: string | undefined;
	readonly addressConfirmed: boolean;
	readonly pushSequence: bigint;
	/** Unix ms; of what was loaded, {@link LAST_SEEN_LAG_MS} too early at most. */
	readonly lastSeen: number;
	readonly uploads: UploadsUsed;
}

/**
 * On disk a session may have been seen so much later than its row says: for sweeping sessions that were silent for a
 * day, and for telling those of the last minutes of a restart, that is near enough. Rows are kept that much longer.
 */
export const LAST_SEEN_LAG_MS = 60_000;

type Columns = Readonly<Record<string, SqlValue>>;

/** In no index. */
const movingColumns = (session: StoredSession): Columns => ({
	link: session.link,
	seen: session.seen,
	opener_address: session.openerAddress ?? null,
	confirmed: session.addressConfirmed ? 1 : 0,
	push_sequence: session.pushSequence,
	highest_stream: session.uploads.highestId,
	stream_bytes: session.uploads.bytes
});

const allColumns = (session: StoredSession & { readonly id: string }): Columns => {
	const { current, next, previous } = session.epochs;
	return {
		token: session.token,
		id: session.id,
		name: current.name,
		opener_secret: current.secrets.opener,
		node_secret: current.secrets.node,
		next_name: next?.epoch.name ?? null,
		next_public: next?.step.nodePublic ?? null,
		next_opener: next?.epoch.secrets.opener ?? null,
		next_node: next?.epoch.secrets.node ?? null,
		previous_name: previous?.epoch.name ?? null,
		previous_opener: previous?.epoch.secrets.opener ?? null,
		previous_node: previous?.epoch.secrets.node ?? null,
		previous_until: previous?.until ?? null,
		last_seen: session.lastSeen,
		...movingColumns(session)
	};
};

const set = (columns: Columns): string =>
	Object.keys(columns)
		.map((column) => `${column} = ?`)
		.join();

const update = (sql: SqlDriver, token: string, columns: Columns): boolean =>
	sql.run(`UPDATE session SET ${set(columns)} WHERE token = ?`, [...Object.values(columns), token]) === 1;

const hasSameKeys = (a: StoredEpochs, b: StoredEpochs): boolean =>
	a.current === b.current && a.next === b.next && a.previous === b.previous;

/**
 * Runs in a transaction. `before`: what its row holds, where that is known; answers what it holds now. The objects
 * of keys must be the same ones while the keys are.
 */
export const saveSession = (
	sql: SqlDriver,
	session: StoredSession & { readonly id: string },
	before: StoredSession | undefined
): StoredSession => {
	if (before && hasSameKeys(before.epochs, session.epochs)) {
		const lag = session.lastSeen - before.lastSeen;
		const isFresh = lag >= 0 && lag < LAST_SEEN_LAG_MS;
		const columns = movingColumns(session);
		// The row may have been swept meanwhile.
		if (update(sql, session.token, isFresh ? columns : { ...columns, last_seen: session.lastSeen }))
			return isFresh ? { ...session, lastSeen: before.lastSeen } : session;
	}
	const columns = allColumns(session);
	const names = Object.keys(columns);
	sql.run(
		`INSERT INTO session (${names.join()}) VALUES (${names.map(() => '?').join()})
		ON CONFLICT (token) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join()}`,
		Object.values(columns)
	);
	return session;
};

/** By any name it has or had while its row is there. */
export const loadSession = async (
	sql: SqlDriver,
	crypto: Crypto,
	name: string
): Promise<StoredSession | undefined> => {
	const row = sql.all(
		'SELECT * FROM session WHERE token = ? OR name = ? OR next_name = ? OR previous_name = ? LIMIT 1',
		[name, name, name, name]
	)[0];
	if (!row) return undefined;
	const token = row.token as string;
	const epoch = (at: string, opener: string, node: string): Promise<Epoch> | undefined =>
		row[opener] === null
			? undefined
			: epochOf(crypto, (row[at] as string | null) ?? token, {
					opener: row[opener] as Uint8Array,
					node: row[node] as Uint8Array
				});
	const current = await epoch('name', 'opener_secret', 'node_secret');
	if (!current) throw new Error('a stored session without keys');
	const next = await epoch('next_name', 'next_opener', 'next_node');
	const previous = await epoch('previous_name', 'previous_opener', 'previous_node');
	return {
		token,
		id: (row.id as string | null) ?? undefined,
		link: row.link as string,
		epochs: {
			current,
			next: next && offerOf(row, next),
			previous: previous && { epoch: previous, until: row.previous_until as number }
		},
		seen: row.seen as Uint8Array,
		openerAddress: (row.opener_address as string | null) ?? undefined,
		addressConfirmed: row.confirmed === 1,
		pushSequence: BigInt(row.push_sequence as number),
		lastSeen: row.last_seen as number,
		uploads: { highestId: row.highest_stream as number, bytes: row.stream_bytes as number }
	};
};

const offerOf = (row: SqlRow, epoch: Epoch): Offer => {
	const name = base64urlDecode(epoch.name);
	if (!name) throw new Error('a stored session with a name that is none');
	return { epoch, step: { nodePublic: row.next_public as Uint8Array, name } };
};

/** Of packets with money that were refused: a session without a row forgets its used numbers. */
export const refusedSequences = (sql: SqlDriver, id: string): readonly bigint[] =>
	sql
		.all(`SELECT sequence FROM session_packet WHERE session = ? AND result = 'refused'`, [id])
		.map((row) => BigInt(row.sequence as number | bigint));

/** Runs in a transaction. Answers how many silent sessions were forgotten. */
export const sweepSessions = (
	sql: SqlDriver,
	limits: { readonly now: number; readonly seenSince: number; readonly packetsSince: number }
): number => {
	const gone = sql.run('DELETE FROM session WHERE last_seen < ?', [limits.seenSince - LAST_SEEN_LAG_MS]);
	sql.run(
		`UPDATE session SET previous_name = NULL, previous_opener = NULL, previous_node = NULL, previous_until = NULL
		WHERE previous_until < ?`,
		[limits.now]
	);
	// Those that came first, up to one that is not over: it keeps others for as long as a hop waits.
	sql.run(
		`DELETE FROM session_packet WHERE id < coalesce(
			(SELECT id FROM session_packet WHERE expires_at >= ? ORDER BY id LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
		[limits.packetsSince]
	);
	return gone;
};
