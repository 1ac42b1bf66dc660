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
 * | begun | an entry of the list of its transaction (storage/begun.ts) |
 * | ended | a row behind all others, written once, in the group that decided it: few pages to write |
 * | in the order of time | rows are found by link and expiry: neighbours in a transaction are neighbours in the index |
 *
 * `packet` is a view of both. A hash says nothing about time. Who asks for a row beyond memory therefore names its
 * expiry, which a prepare carries, or has all of a link looked through (`findAll`, after a link broke).
 *
 * Packets without money leave no trace here: repeating one costs nobody anything.
 */
import { bytesToHex, compareBytes, isHexAt } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { createBegun } from '../storage/begun.ts';
import type { OpenTransaction } from '../storage/open-transaction.ts';
import type { SqlDriver, SqlRow } from '../storage/sql.ts';
import { createSeenPackets } from './seen-packets.ts';

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
	/** What those carry together, link units. */
	underWay(link: string, direction: PacketDirection): bigint;
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

/** Of a hash, in the index of packet_ended. */
const INDEXED_BYTES = 4;
const BY_NAME = `link = ? AND direction = ? AND expires_at = ? AND substr(hash, 1, ${INDEXED_BYTES}) = ? AND hash = ?`;

/** The queries over all packets that ended, by name, so that a test can ask SQLite for their plans. */
export const PACKET_QUERIES = {
	known: `SELECT * FROM packet_ended WHERE ${BY_NAME}`,
	/** `?3`: JSON of their hashes, hex. */
	ofLink: `SELECT * FROM packet_ended WHERE link = ?1 AND direction = ?2
		AND substr(hash, 1, ${INDEXED_BYTES}) IN (SELECT unhex(substr(value, 1, ${2 * INDEXED_BYTES})) FROM json_each(?3))
		AND hash IN (SELECT unhex(value) FROM json_each(?3))`,
	sweep: 'DELETE FROM packet_ended WHERE link = ? AND direction = ? AND expires_at < ?',
	sweepSent: `DELETE FROM packet_ended WHERE link = ? AND direction = 'out' AND expires_at < ? AND state <> 'late'`
} as const;

/** Packets are grouped by the first of them, as it came, and that need not be written down. */
const isNamedByItself = ({ group, link, hash, inLink = link, inHash = hash }: PacketRow): boolean =>
	group.length === inLink.length + 1 + 2 * inHash.length &&
	group.startsWith(inLink) &&
	group[inLink.length] === '/' &&
	isHexAt(group, inLink.length + 1, inHash);

const keyOf = ({ link, direction, hash }: Pick<PacketRow, 'link' | 'direction' | 'hash'>): string =>
	`${direction}/${link}/${bytesToHex(hash)}`;

/** Its row is asked for again, whatever time passes. */
const isOpen = ({ state, direction }: PacketRow): boolean =>
	state === 'pending' || (state === 'late' && direction === 'out');

const byTime = (a: PacketRow, b: PacketRow): number =>
	a.expiresAt - b.expiresAt || compareBytes(a.hash, b.hash);

/** One for each database: nobody else may write its rows. Reads them, so the tables must be there. */
export const createPackets = (sql: SqlDriver): Packets => {
	const owner = {};
	const held = new Map<string, PacketRow>();
	/** Keys of those in memory that have ended, the first first. */
	const ended = new Set<string>();
	/** The list of each that is pending on disk. */
	const listOf = new Map<string, number>();
	/** Link units, by direction and link. */
	const sums = new Map<string, bigint>();
	/** Links in the tables: their short names. */
	const idOf = new Map<string, number>();
	const nameOf = new Map<number, string>();
	for (const { id, name } of sql.all('SELECT id, name FROM packet_link')) {
		idOf.set(name as string, Number(id));
		nameOf.set(Number(id), name as string);
	}

	/** Of packet_ended, or of packet_open, which has names of links where that has numbers. */
	const toRow = (row: SqlRow): PacketRow => {
		const nameAt = (value: SqlRow[string] | undefined): string | undefined =>
			typeof value === 'string' ? value : nameOf.get(Number(value));
		const link = nameAt(row['link']) as string;
		const hash = row['hash'] as Uint8Array;
		const inLink = row['in_link'] === null ? undefined : nameAt(row['in_link']);
		const inHash = (row['in_hash'] as Uint8Array | null) ?? undefined;
		return {
			link,
			direction: row['direction'] as PacketDirection,
			hash,
			amount: BigInt(row['amount'] as number | bigint),
			expiresAt: Number(row['expires_at']),
			condition: row['condition'] as Uint8Array,
			state: row['state'] as PacketState,
			fulfillment: (row['fulfillment'] as Uint8Array | null) ?? undefined,
			group: (row['ledger_group'] as string | null) ?? `${inLink ?? link}/${bytesToHex(inHash ?? hash)}`,
			inLink,
			inHash,
			route: (row['route'] as string | null) ?? undefined,
			settledAt: row['settled_at'] === null ? undefined : Number(row['settled_at'])
		};
	};

	const sumKey = (link: string, direction: PacketDirection): string => `${direction}/${link}`;
	const add = ({ link, direction, amount }: PacketRow, sign: 1n | -1n): void => {
		const key = sumKey(link, direction);
		sums.set(key, (sums.get(key) ?? 0n) + sign * amount);
	};

	/** Those with rows that have ended. */
	const links = (): readonly number[] => {
		const found: number[] = [];
		for (let link = 0; ;) {
			const next = sql.all('SELECT min(link) AS link FROM packet_ended WHERE link > ?', [link])[0]?.['link'];
			if (typeof next !== 'number') return found;
			found.push((link = next));
		}
	};
	/** No row that is on disk alone expires later, Unix ms. */
	let horizon = 0;
	for (const link of links())
		for (const direction of ['in', 'out'])
			horizon = Math.max(
				horizon,
				Number(
					sql.all('SELECT max(expires_at) AS at FROM packet_ended WHERE link = ? AND direction = ?', [
						link,
						direction
					])[0]?.['at']
				)
			);
	/** Of rows that are on disk alone. */
	const seen = createSeenPackets(horizon);
	for (const found of sql.all(`SELECT * FROM packet_ended WHERE state = 'late' AND direction = 'out'`)) {
		const row = toRow(found);
		held.set(keyOf(row), row);
	}
	const open = sql.all('SELECT * FROM packet_open');
	const begun = createBegun(
		sql,
		'packet_begun',
		open.map((row) => Number(row['begun']))
	);
	for (const found of open) {
		const row = toRow(found);
		const key = keyOf(row);
		held.set(key, row);
		listOf.set(key, Number(found['begun']));
		add(row, 1n);
	}

	const forget = (key: string, { hash, expiresAt }: PacketRow): void => {
		held.delete(key);
		ended.delete(key);
		seen.add(hash, expiresAt);
	};

	/** Its number in the tables; inside a transaction. */
	const numberOf = (link: string): number => {
		const known = idOf.get(link);
		if (known !== undefined) return known;
		const id = Number(sql.all('INSERT INTO packet_link (name) VALUES (?) RETURNING id', [link])[0]?.['id']);
		idOf.set(link, id);
		nameOf.set(id, link);
		sql.current()?.undo(() => {
			idOf.delete(link);
			nameOf.delete(id);
		});
		return id;
	};
	const numberOfMaybe = (link: string | undefined): number | null =>
		link === undefined ? null : numberOf(link);

	/** As the view `packet_open` reads it. */
	const toEntry = (row: PacketRow): readonly unknown[] => [
		numberOf(row.link),
		row.direction,
		row.expiresAt,
		bytesToHex(row.hash),
		`${row.amount}`,
		bytesToHex(row.condition),
		isNamedByItself(row) ? null : row.group,
		numberOfMaybe(row.inLink),
		row.inHash && bytesToHex(row.inHash),
		row.route
	];

	const insertRow = (row: PacketRow): void => {
		sql.run(
			`INSERT INTO packet_ended (link, direction, expires_at, hash, amount, condition, state, fulfillment, settled_at,
				ledger_group, in_link, in_hash, route)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			[
				numberOf(row.link),
				row.direction,
				row.expiresAt,
				row.hash,
				row.amount,
				row.condition,
				row.state,
				row.fulfillment ?? null,
				row.settledAt ?? null,
				isNamedByItself(row) ? null : row.group,
				numberOfMaybe(row.inLink),
				row.inHash ?? null,
				row.route ?? null
			]
		);
	};
	/** Of a row that had ended before, and became late, or is late no more. */
	const updateRow = ({ link, direction, expiresAt, hash, state }: PacketRow): void => {
		sql.run(`UPDATE packet_ended SET state = ? WHERE ${BY_NAME}`, [
			state,
			numberOf(link),
			direction,
			expiresAt,
			hash.subarray(0, INDEXED_BYTES),
			hash
		]);
	};

	/** What a transaction changed, and as what it is on disk until its end. */
	const changedIn = (transaction: OpenTransaction): Map<string, PacketRow | undefined> =>
		transaction.keep(owner, () => new Map<string, PacketRow | undefined>());

	/** Writes the list of those that are pending and on no list yet, or on one that goes. */
	const list = (began: readonly (readonly [key: string, row: PacketRow])[]): void => {
		if (began.length === 0) return;
		const number = begun.add(began.map(([, row]) => toEntry(row)));
		const before = began.map(([key]) => [key, listOf.get(key)] as const);
		for (const [key] of began) listOf.set(key, number);
		sql.current()?.undo(() => {
			for (const [key, old] of before)
				if (old === undefined) listOf.delete(key);
				else listOf.set(key, old);
		});
	};
	/** Its end is written: its entry counts no more. */
	const unlist = (key: string): void => {
		const number = listOf.get(key);
		if (number === undefined) return;
		begun.end(number);
		listOf.delete(key);
		sql.current()?.undo(() => listOf.set(key, number));
	};

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		const all = [...changed];
		changed.clear();
		transaction.undo(() => {
			for (const [key, stored] of all) changed.set(key, stored);
		});
		const began: [key: string, row: PacketRow][] = [];
		for (const [key, stored] of all) {
			const row = held.get(key);
			// Begun and undone, or changed and undone.
			if (!row || row === stored) continue;
			if (row.state === 'pending') began.push([key, row]);
			else if (stored && stored.state !== 'pending') updateRow(row);
			else {
				insertRow(row);
				unlist(key);
			}
		}
		list(began);
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
			const wasPending = before?.state === 'pending';
			const isPending = row.state === 'pending';
			held.set(key, row);
			if (isPending && !wasPending) add(row, 1n);
			if (wasPending && !isPending) add(row, -1n);
			if (!isOpen(row)) ended.add(key);
			transaction.undo(() => {
				if (isPending && !wasPending) add(row, -1n);
				if (wasPending && !isPending) add(row, 1n);
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
		if (row || !seen.mayHold(hash, expiresAt)) return row;
		const stored = sql.all(`SELECT * FROM packet_ended WHERE ${BY_NAME}`, [
			idOf.get(link) ?? 0,
			direction,
			expiresAt,
			hash.subarray(0, INDEXED_BYTES),
			hash
		])[0];
		return stored && toRow(stored);
	};
	const find: Packets['find'] = (link, direction, hash, expiresAt = Number.POSITIVE_INFINITY) =>
		known(keyOf({ link, direction, hash }), { link, direction, hash, expiresAt });

	const settle: Packets['settle'] = (link, direction, hash, state, at, fulfillment) => {
		const key = keyOf({ link, direction, hash });
		const row = held.get(key);
		if (row?.state !== 'pending') return false;
		put(key, { ...row, state, settledAt: at, fulfillment });
		return true;
	};

	return {
		insert: (begun) => {
			const { link, direction, hash, amount, expiresAt, condition, group, inLink, inHash, route, fulfilled } =
				begun;
			const key = keyOf(begun);
			if (known(key, begun)) throw new Error('a packet that is known already');
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
					.all(PACKET_QUERIES.ofLink, [idOf.get(link) ?? 0, direction, JSON.stringify(unknown)])
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
		underWay: (link, direction) => sums.get(sumKey(link, direction)) ?? 0n,
		forwarded: () => [
			...sql
				.all(`SELECT * FROM packet_ended WHERE direction = 'out' AND in_link IS NOT NULL ORDER BY id`)
				.map(toRow),
			...rows(
				({ state, direction, inLink }) => state === 'pending' && direction === 'out' && inLink !== undefined
			)
		],
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
			// A list must not outlive the rows that say what of it has ended.
			list([...held].filter(([key]) => begun.isMixed(listOf.get(key) ?? 0)));
			begun.tidy();
			const longAgo = before - LIMITS.packetMemoryAwayMs;
			for (const [key, row] of held)
				if (row.state !== 'pending' && row.expiresAt < (isOpen(row) ? longAgo : before)) forget(key, row);
			let swept = 0;
			for (const link of links()) {
				swept += sql.run(PACKET_QUERIES.sweepSent, [link, before]);
				for (const direction of ['in', 'out'])
					swept += sql.run(PACKET_QUERIES.sweep, [
						link,
						direction,
						direction === 'in' && settled.includes(nameOf.get(link) ?? '') ? before : longAgo
					]);
			}
			return swept;
		}
	};
};
