/**
 * The packets under way and just answered, per link: what survives a crash in the middle of a payment. A prepare is
 * known by its SHA-256 as it crossed the link; the same bytes again on the same link get the stored answer and move
 * no money.
 *
 * Every packet is written down twice, when it begins and when it ends, so that is kept cheap:
 *
 * | | |
 * |---|---|
 * | in memory | all whose end is open, and the newest of the others; questions about them ask no table |
 * | on disk | every row, written at the end of the transaction that changed it |
 * | in the order of time | neighbours in a transaction are neighbours in the table: few pages to write |
 *
 * A hash says nothing about time. Who asks for a row beyond memory therefore names its expiry, which a prepare
 * carries, or has all rows of a link looked through (`findAll`, after a link broke).
 *
 * Packets without money leave no trace here: repeating one costs nobody anything.
 */
import { bytesToHex, compareBytes } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import type { OpenTransaction } from '../storage/open-transaction.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import { createPendingSums } from './pending-sums.ts';

export type PacketState = 'pending' | 'fulfilled' | 'rejected' | 'late';
export type PacketDirection = 'in' | 'out';

export interface PacketRow {
	/** The neighbour's device key, hex. */
	readonly link: string;
	/** `in`: from the neighbour. */
	readonly direction: PacketDirection;
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
	/** Pending, unless it is decided already. Throws when it is known: whoever calls has asked before. */
	insert(
		row: Omit<PacketRow, 'state' | 'fulfillment' | 'settledAt' | 'route'> & {
			readonly route?: string;
			readonly fulfilled?: { readonly fulfillment: Uint8Array; readonly at: number };
		}
	): void;
	/** `expiresAt`: of the prepare, Unix ms; without it only packets are found whose end is open or that ended lately. */
	find(link: string, direction: PacketDirection, hash: Uint8Array, expiresAt?: number): PacketRow | undefined;
	/** In the order of the hashes, however long ago; looks through all rows of the link if it must, once. */
	findAll(
		link: string,
		direction: PacketDirection,
		hashes: readonly Uint8Array[]
	): readonly (PacketRow | undefined)[];
	/** False when it was not pending any more: whoever comes second changes nothing. */
	settle(
		link: string,
		direction: PacketDirection,
		hash: Uint8Array,
		state: PacketState,
		at: number,
		fulfillment?: Uint8Array
	): boolean;
	/** A fulfilment of mine that the neighbour does not count. */
	markLate(row: PacketRow): void;
	pending(link: string, direction: PacketDirection): readonly PacketRow[];
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

/** Ended packets kept in memory: more than one transaction holds. */
const ENDED_IN_MEMORY = 512;

const toRow = (row: SqlRow): PacketRow => ({
	link: row['link'] as string,
	direction: row['direction'] as PacketDirection,
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

const keyOf = ({ link, direction, hash }: Pick<PacketRow, 'link' | 'direction' | 'hash'>): string =>
	`${direction}/${link}/${bytesToHex(hash)}`;

/** Its row is asked for again, whatever time passes. */
const isOpen = ({ state, direction }: PacketRow): boolean =>
	state === 'pending' || (state === 'late' && direction === 'out');

const byTime = (a: PacketRow, b: PacketRow): number =>
	a.expiresAt - b.expiresAt || compareBytes(a.hash, b.hash);

/** One for each database: nobody else may write its rows. Reads them, so the tables must be there. */
export const createPackets = (sql: SqlDriver): Packets => {
	const sums = createPendingSums(sql);
	const owner = {};
	const held = new Map<string, PacketRow>();
	/** Keys of those in memory that have ended, the first first. */
	const ended = new Set<string>();
	/** No row that is on disk alone expires later, Unix ms. */
	let horizon = 0;

	const links = (): readonly string[] => {
		const found: string[] = [];
		for (let link = ''; ;) {
			const next = sql.all('SELECT min(link) AS link FROM packet WHERE link > ?', [link])[0]?.['link'];
			if (typeof next !== 'string') return found;
			found.push((link = next));
		}
	};
	for (const link of links())
		for (const direction of ['in', 'out'])
			horizon = Math.max(
				horizon,
				Number(
					sql.all('SELECT max(expires_at) AS at FROM packet WHERE link = ? AND direction = ?', [
						link,
						direction
					])[0]?.['at']
				)
			);
	for (const state of ['pending', 'late'])
		for (const row of sql.all(`SELECT * FROM packet WHERE state = '${state}'`).map(toRow))
			if (isOpen(row)) held.set(keyOf(row), row);

	const forget = (key: string, { expiresAt }: PacketRow): void => {
		held.delete(key);
		ended.delete(key);
		horizon = Math.max(horizon, expiresAt);
	};

	const insertRow = (row: PacketRow): void => {
		sql.run(
			`INSERT INTO packet (link, direction, expires_at, hash, amount, condition, state, fulfillment, settled_at,
				ledger_group, in_link, in_hash, route)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			[
				row.link,
				row.direction,
				row.expiresAt,
				row.hash,
				row.amount,
				row.condition,
				row.state,
				row.fulfillment ?? null,
				row.settledAt ?? null,
				row.group,
				row.inLink ?? null,
				row.inHash ?? null,
				row.route ?? null
			]
		);
	};
	const updateRow = ({
		link,
		direction,
		expiresAt,
		hash,
		state,
		settledAt,
		fulfillment
	}: PacketRow): void => {
		sql.run(
			`UPDATE packet SET state = ?, settled_at = ?, fulfillment = ?
			WHERE link = ? AND direction = ? AND expires_at = ? AND hash = ?`,
			[state, settledAt ?? null, fulfillment ?? null, link, direction, expiresAt, hash]
		);
	};

	/** What a transaction changed, and as what it is on disk until its end. */
	const changedIn = (transaction: OpenTransaction): Map<string, PacketRow | undefined> =>
		transaction.keep(owner, () => new Map<string, PacketRow | undefined>());

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		for (const [key, stored] of changed) {
			const row = held.get(key);
			transaction.undo(() => changed.set(key, stored));
			// Begun and undone, or changed and undone.
			if (!row || row === stored) continue;
			if (stored) updateRow(row);
			else insertRow(row);
		}
		changed.clear();
		for (const key of ended) {
			if (ended.size <= ENDED_IN_MEMORY) break;
			const row = held.get(key);
			if (row && !isOpen(row)) forget(key, row);
			else ended.delete(key);
		}
	};

	/** `stored`: what is on disk, of a row that memory has forgotten. */
	const put = (key: string, row: PacketRow, stored?: PacketRow): void =>
		sql.transaction(() => {
			const transaction = sql.current() as OpenTransaction;
			const changed = changedIn(transaction);
			const before = held.get(key);
			if (!changed.has(key)) changed.set(key, before ?? stored);
			held.set(key, row);
			if (!isOpen(row)) ended.add(key);
			transaction.undo(() => {
				if (before) held.set(key, before);
				else held.delete(key);
			});
			transaction.last(owner, write);
		});

	const rows = (of: (row: PacketRow) => boolean, order = byTime): readonly PacketRow[] =>
		[...held.values()].filter(of).sort(order);

	type Name = Pick<PacketRow, 'link' | 'direction' | 'hash' | 'expiresAt'>;
	const known = (key: string, { link, direction, hash, expiresAt }: Name): PacketRow | undefined => {
		const row = held.get(key);
		if (row || expiresAt > horizon) return row;
		const stored = sql.all(
			'SELECT * FROM packet WHERE link = ? AND direction = ? AND expires_at = ? AND hash = ?',
			[link, direction, expiresAt, hash]
		)[0];
		return stored && toRow(stored);
	};
	const find: Packets['find'] = (link, direction, hash, expiresAt = Number.POSITIVE_INFINITY) =>
		known(keyOf({ link, direction, hash }), { link, direction, hash, expiresAt });

	const settle: Packets['settle'] = (link, direction, hash, state, at, fulfillment) => {
		const key = keyOf({ link, direction, hash });
		const row = held.get(key);
		if (row?.state !== 'pending') return false;
		sql.transaction(() => {
			sums.add(link, direction, -row.amount);
			put(key, { ...row, state, settledAt: at, fulfillment });
		});
		return true;
	};

	return {
		insert: (begun) => {
			const { link, direction, hash, amount, expiresAt, condition, group, inLink, inHash, route, fulfilled } =
				begun;
			const key = keyOf(begun);
			if (known(key, begun)) throw new Error('a packet that is known already');
			if (!fulfilled) sums.add(link, direction, amount);
			put(key, {
				link,
				direction,
				hash,
				amount,
				expiresAt,
				condition,
				group,
				inLink,
				inHash,
				route,
				state: fulfilled ? 'fulfilled' : 'pending',
				fulfillment: fulfilled?.fulfillment,
				settledAt: fulfilled?.at
			});
		},
		find,
		findAll: (link, direction, hashes) => {
			const found = new Map<string, PacketRow>();
			const unknown: string[] = [];
			for (const hash of hashes) {
				const row = find(link, direction, hash);
				if (row) found.set(bytesToHex(hash), row);
				else unknown.push(bytesToHex(hash));
			}
			if (unknown.length > 0)
				for (const row of sql
					.all(
						`SELECT * FROM packet WHERE link = ? AND direction = ?
							AND hash IN (SELECT unhex(value) FROM json_each(?))`,
						[link, direction, JSON.stringify(unknown)]
					)
					.map(toRow))
					found.set(bytesToHex(row.hash), row);
			return hashes.map((hash) => found.get(bytesToHex(hash)));
		},
		settle,
		markLate: (row) => {
			if (row.direction === 'in' && row.state === 'fulfilled')
				put(keyOf(row), { ...row, state: 'late' }, row);
		},
		pending: (link, direction) =>
			rows((row) => row.state === 'pending' && row.link === link && row.direction === direction),
		forwarded: () =>
			sql
				.all(
					`SELECT * FROM packet WHERE direction = 'out' AND in_link IS NOT NULL ORDER BY settled_at, link, hash`
				)
				.map(toRow),
		ownConditions: () =>
			rows((row) => row.state === 'pending' && row.direction === 'out' && row.inLink === undefined).map(
				({ condition }) => condition
			),
		expired: (time) =>
			rows((row) => row.direction === 'in' && row.state === 'pending' && row.expiresAt < time),
		late: (link) => rows((row) => row.state === 'late' && row.link === link && row.direction === 'out'),
		toldLate: (link, hash) => {
			const key = keyOf({ link, direction: 'out', hash });
			const row = held.get(key);
			if (row?.state === 'late') put(key, { ...row, state: 'rejected' });
		},
		sweep: (before, settled) => {
			sql.current()?.flush();
			const longAgo = before - LIMITS.packetMemoryAwayMs;
			for (const [key, row] of held)
				if (row.state !== 'pending' && row.expiresAt < (isOpen(row) ? longAgo : before)) forget(key, row);
			let swept = 0;
			for (const link of links()) {
				swept += sql.run(
					`DELETE FROM packet WHERE link = ? AND direction = 'out' AND state IN ('fulfilled', 'rejected') AND expires_at < ?`,
					[link, before]
				);
				for (const direction of ['in', 'out'])
					swept += sql.run(
						`DELETE FROM packet WHERE link = ? AND direction = ? AND state <> 'pending' AND expires_at < ?`,
						[link, direction, direction === 'in' && settled.includes(link) ? before : longAgo]
					);
			}
			return swept;
		}
	};
};
