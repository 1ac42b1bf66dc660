/**
 * The packets under way and just answered, per link, on disk: what survives a crash in the middle of
 * a payment. A prepare is known by its SHA-256 as it crossed the link; the same bytes again on the
 * same link get the stored answer and move no money.
 *
 * Packets without money leave no trace here: repeating one costs nobody anything.
 */
import { LIMITS } from '../limits.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';

export type PacketState = 'pending' | 'fulfilled' | 'rejected' | 'late';

export interface PacketRow {
	/** The neighbour's device key, hex. */
	readonly link: string;
	/** `in`: from the neighbour. */
	readonly direction: 'in' | 'out';
	/** SHA-256 of the prepare as it crossed this link. */
	readonly hash: Uint8Array;
	/** Link units, as on this link. */
	readonly amount: bigint;
	/** Unix ms. */
	readonly expiresAt: number;
	readonly condition: Uint8Array;
	readonly state: PacketState;
	readonly fulfillment: Uint8Array | undefined;
	/** The ledger's group: all transfers of one payment on this node. */
	readonly group: string;
	/** Of a forwarded packet: where it came from. */
	readonly inLink: string | undefined;
	readonly inHash: Uint8Array | undefined;
	/** And the prefix of the route it left by. */
	readonly route: string | undefined;
	/** Unix ms; undefined while pending. */
	readonly settledAt: number | undefined;
}

/** Writes must run inside a transaction. */
export interface Packets {
	/** Pending, unless it is decided already. */
	insert(
		row: Omit<PacketRow, 'state' | 'fulfillment' | 'settledAt' | 'route'> & {
			readonly route?: string;
			readonly fulfilled?: { readonly fulfillment: Uint8Array; readonly at: number };
		}
	): void;
	find(link: string, direction: 'in' | 'out', hash: Uint8Array): PacketRow | undefined;
	/** False when it was not pending any more: whoever comes second changes nothing. */
	settle(
		link: string,
		direction: 'in' | 'out',
		hash: Uint8Array,
		state: PacketState,
		at: number,
		fulfillment?: Uint8Array
	): boolean;
	/** A fulfilment of mine that the neighbour does not count. */
	markLate(link: string, hash: Uint8Array): void;
	pending(link: string, direction: 'in' | 'out'): readonly PacketRow[];
	/** All remembered packets that came from a neighbour and went on to another, the first settled first. */
	forwarded(): readonly PacketRow[];
	/** Conditions of packets that began here and whose outcome is not known. */
	ownConditions(): readonly Uint8Array[];
	/** From any neighbour, undecided and expired before `time`. */
	expired(time: number): readonly PacketRow[];
	/** Fulfilments by this neighbour that came too late, until it has acknowledged that. */
	late(link: string): readonly PacketRow[];
	toldLate(link: string, hash: Uint8Array): void;
	/**
	 * Forgets what is answered and expired before `before`. What a neighbour sent is remembered until it
	 * has been back and told all it asked (`settled`): it may have lost sight of an answer.
	 */
	sweep(before: number, settled: readonly string[]): number;
}

const toRow = (row: SqlRow): PacketRow => ({
	link: row['link'] as string,
	direction: row['direction'] as 'in' | 'out',
	hash: row['hash'] as Uint8Array,
	amount: BigInt(row['amount'] as number | bigint),
	expiresAt: Number(row['expires_at']),
	condition: row['condition'] as Uint8Array,
	state: row['state'] as PacketState,
	fulfillment: (row['fulfillment'] as Uint8Array | null) ?? undefined,
	group: row['ledger_group'] as string,
	inLink: (row['in_link'] as string | null) ?? undefined,
	inHash: (row['in_hash'] as Uint8Array | null) ?? undefined,
	route: (row['route'] as string | null) ?? undefined,
	settledAt: row['settled_at'] === null ? undefined : Number(row['settled_at'])
});

/** Keeps nothing in memory: what it says is what a crash leaves. */
export const createPackets = (sql: SqlDriver): Packets => ({
	insert: (row) => {
		sql.run(
			`INSERT INTO packet (link, direction, hash, amount, expires_at, condition, state, fulfillment, settled_at,
				ledger_group, in_link, in_hash, route)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			[
				row.link,
				row.direction,
				row.hash,
				row.amount,
				row.expiresAt,
				row.condition,
				row.fulfilled ? 'fulfilled' : 'pending',
				row.fulfilled?.fulfillment ?? null,
				row.fulfilled?.at ?? null,
				row.group,
				row.inLink ?? null,
				row.inHash ?? null,
				row.route ?? null
			]
		);
	},
	find: (link, direction, hash) => {
		const row = sql.all('SELECT * FROM packet WHERE link = ? AND direction = ? AND hash = ?', [
			link,
			direction,
			hash
		])[0];
		return row && toRow(row);
	},
	settle: (link, direction, hash, state, at, fulfillment) =>
		sql.run(
			`UPDATE packet SET state = ?, settled_at = ?, fulfillment = ? WHERE link = ? AND direction = ? AND hash = ? AND state = 'pending'`,
			[state, at, fulfillment ?? null, link, direction, hash]
		) === 1,
	markLate: (link, hash) => {
		sql.run(
			`UPDATE packet SET state = 'late' WHERE link = ? AND direction = 'in' AND hash = ? AND state = 'fulfilled'`,
			[link, hash]
		);
	},
	pending: (link, direction) =>
		sql
			.all(
				`SELECT * FROM packet WHERE link = ? AND direction = ? AND state = 'pending' ORDER BY expires_at, hash`,
				[link, direction]
			)
			.map(toRow),
	forwarded: () =>
		sql
			.all(
				`SELECT * FROM packet WHERE direction = 'out' AND in_link IS NOT NULL ORDER BY settled_at, link, hash`
			)
			.map(toRow),
	ownConditions: () =>
		sql
			.all(`SELECT condition FROM packet WHERE state = 'pending' AND direction = 'out' AND in_link IS NULL`)
			.map((row) => row['condition'] as Uint8Array),
	expired: (time) =>
		sql
			.all(
				`SELECT * FROM packet WHERE direction = 'in' AND state = 'pending' AND expires_at < ? ORDER BY link, hash`,
				[time]
			)
			.map(toRow),
	late: (link) =>
		sql
			.all(
				`SELECT * FROM packet WHERE link = ? AND direction = 'out' AND state = 'late' ORDER BY expires_at, hash`,
				[link]
			)
			.map(toRow),
	toldLate: (link, hash) => {
		sql.run(
			`UPDATE packet SET state = 'rejected' WHERE link = ? AND direction = 'out' AND hash = ? AND state = 'late'`,
			[link, hash]
		);
	},
	sweep: (before, settled) =>
		sql.run(
			`DELETE FROM packet WHERE direction = 'out' AND state IN ('fulfilled', 'rejected') AND expires_at < ?`,
			[before]
		) +
		settled.reduce(
			(sum, link) =>
				sum +
				sql.run(
					`DELETE FROM packet WHERE link = ? AND direction = 'in' AND state <> 'pending' AND expires_at < ?`,
					[link, before]
				),
			0
		) +
		sql.run(`DELETE FROM packet WHERE state <> 'pending' AND expires_at < ?`, [
			before - LIMITS.packetMemoryAwayMs
		])
});
