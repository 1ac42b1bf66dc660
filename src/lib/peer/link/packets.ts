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
import { createInsertRows } from '../storage/insert-rows.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';
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

const ENDED_COLUMNS =
	'link direction expires_at hash amount condition state fulfillment settled_at ledger_group in_link in_hash route'.split(
		' '
	);

/** Packets are grouped by the first of them, as it came, and that need not be written down. */
const isNamedByItself = ({ group, link, hash, inLink = link, inHash = hash }: PacketRow): boolean =>
	group.length === inLink.length + 1 + 2 * inHash.length &&
	group.startsWith(inLink) &&
	group[inLink.length] === '/' &&
	isHexAt(group, inLink.length + 1, inHash);

/** A hash as a key of maps: half as long as hex, and made at once. */
const keyOf = (h: Uint8Array): string =>
	// prettier-ignore
	String.fromCharCode(
		h[0] as number, h[1] as number, h[2] as number, h[3] as number, h[4] as number, h[5] as number,
		h[6] as number, h[7] as number, h[8] as number, h[9] as number, h[10] as number, h[11] as number,
		h[12] as number, h[13] as number, h[14] as number, h[15] as number, h[16] as number, h[17] as number,
		h[18] as number, h[19] as number, h[20] as number, h[21] as number, h[22] as number, h[23] as number,
		h[24] as number, h[25] as number, h[26] as number, h[27] as number, h[28] as number, h[29] as number,
		h[30] as number, h[31] as number
	);

/** One direction of a link. */
interface Side {
	readonly link: string;
	readonly direction: PacketDirection;
	/** In memory, by {@link keyOf}. */
	readonly packets: Map<string, Held>;
	/** What is pending, link units. */
	underWay: bigint;
}

/** A packet in memory. */
interface Held {
	readonly side: Side;
	readonly key: string;
	/** As the open transaction has it; undefined when its beginning was undone. */
	row: PacketRow | undefined;
	/** As it is on disk. */
	stored: PacketRow | undefined;
	/** The list that it is on, while it is pending on disk. */
	list: number | undefined;
}

const isPending = (row: PacketRow | undefined): boolean => row?.state === 'pending';

/** Its row is asked for again, whatever time passes. */
const isOpen = ({ state, direction }: PacketRow): boolean =>
	state === 'pending' || (state === 'late' && direction === 'out');

const byTime = (a: PacketRow, b: PacketRow): number =>
	a.expiresAt - b.expiresAt || compareBytes(a.hash, b.hash);

/** Each field by its name: a copy of all, and three of them changed, costs several times as much. */
const rowOf = (
	of: Parameters<Packets['insert']>[0] | PacketRow,
	state: PacketState,
	settledAt: number | undefined,
	fulfillment: Uint8Array | undefined
): PacketRow => ({
	link: of.link,
	direction: of.direction,
	hash: of.hash,
	amount: of.amount,
	expiresAt: of.expiresAt,
	condition: of.condition,
	group: of.group,
	inLink: of.inLink,
	inHash: of.inHash,
	route: of.route,
	state,
	fulfillment,
	settledAt
});

/** One for each database: nobody else may write its rows. Reads them, so the tables must be there. */
export const createPackets = (sql: SqlDriver): Packets => {
	const owner = {};
	const sides = { in: new Map<string, Side>(), out: new Map<string, Side>() } as const;
	/** Those in memory that have ended, the first first. */
	let ended: Held[] = [];
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

	const sideOf = (link: string, direction: PacketDirection): Side => {
		const found = sides[direction].get(link);
		if (found) return found;
		const side: Side = { link, direction, packets: new Map(), underWay: 0n };
		sides[direction].set(link, side);
		return side;
	};
	const heldAt = (link: string, direction: PacketDirection, hash: Uint8Array): Held | undefined =>
		sides[direction].get(link)?.packets.get(keyOf(hash));
	const hold = (row: PacketRow, list: number | undefined): void => {
		const side = sideOf(row.link, row.direction);
		const key = keyOf(row.hash);
		side.packets.set(key, { side, key, row, stored: row, list });
		if (isPending(row)) side.underWay += row.amount;
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
	for (const late of sql.all(`SELECT * FROM packet_ended WHERE state = 'late' AND direction = 'out'`))
		hold(toRow(late), undefined);
	const open = sql.all('SELECT * FROM packet_open');
	for (const row of open) hold(toRow(row), Number(row['begun']));

	const forget = ({ side, key, row }: Held): void => {
		side.packets.delete(key);
		if (row) seen.add(row.hash, row.expiresAt);
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

	/** As the view `packet_open` reads it. What its group says already is not made anew. */
	const toEntry = (row: PacketRow): readonly unknown[] => {
		const { link, hash, condition, group, inLink, inHash } = row;
		const isNamed = isNamedByItself(row);
		const named = isNamed ? group.slice((inLink ?? link).length + 1) : undefined;
		return [
			numberOf(link),
			row.direction,
			row.expiresAt,
			(inHash === undefined ? named : undefined) ?? bytesToHex(hash),
			`${row.amount}`,
			bytesToHex(condition),
			isNamed ? null : group,
			numberOfMaybe(inLink),
			inHash && (named ?? bytesToHex(inHash)),
			row.route
		];
	};

	const begun = createBegun<Held>(
		sql,
		'packet_begun',
		open.map((row) => Number(row['begun'])),
		({ row }) => toEntry(row as PacketRow)
	);

	const insertRows = createInsertRows(sql, 'packet_ended', ENDED_COLUMNS);
	/** In the order of {@link ENDED_COLUMNS}. */
	const toEnded = (row: PacketRow): readonly SqlValue[] => [
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
	];
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

	const changedIn = (transaction: OpenTransaction): Set<Held> =>
		transaction.keep(owner, () => new Set<Held>());

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		const all = [...changed];
		const before = all.map(({ stored }) => stored);
		changed.clear();
		transaction.undo(() => {
			for (const [at, packet] of all.entries()) {
				changed.add(packet);
				packet.stored = before[at];
			}
		});
		const began: Held[] = [];
		const over: Held[] = [];
		for (const packet of all) {
			const { row, stored } = packet;
			// Begun and undone, or changed and undone.
			if (!row || row === stored) continue;
			if (isPending(row)) began.push(packet);
			else if (stored && !isPending(stored)) updateRow(row);
			else over.push(packet);
			packet.stored = row;
		}
		insertRows(over.map(({ row }) => toEnded(row as PacketRow)));
		for (const packet of over) if (packet.list !== undefined) begun.end(packet);
		begun.add(began);
		if (ended.length <= ENDED_IN_MEMORY) return;
		for (const packet of ended.splice(0, ended.length - ENDED_IN_MEMORY))
			if (packet.row && !isOpen(packet.row) && packet.side.packets.get(packet.key) === packet) forget(packet);
	};

	const put = (packet: Held, row: PacketRow): void =>
		sql.transaction(() => {
			const transaction = sql.current() as OpenTransaction;
			const { side, key, row: before } = packet;
			const more = (isPending(row) ? row.amount : 0n) - (isPending(before) ? row.amount : 0n);
			const wasHeld = side.packets.get(key) === packet;
			packet.row = row;
			side.underWay += more;
			if (!wasHeld) side.packets.set(key, packet);
			if (!isOpen(row)) ended.push(packet);
			changedIn(transaction).add(packet);
			transaction.undo(() => {
				packet.row = before;
				side.underWay -= more;
				// It may have ended in a crowd, and been forgotten at once.
				if (wasHeld) side.packets.set(key, packet);
				else side.packets.delete(key);
			});
			transaction.last(owner, write);
		});

	/** `stored`: of one that memory has forgotten. */
	const take = ({ link, direction, hash }: PacketRow, stored: PacketRow | undefined): Held => {
		const side = sideOf(link, direction);
		const key = keyOf(hash);
		return side.packets.get(key) ?? { side, key, row: stored, stored, list: undefined };
	};

	const rows = (of: (row: PacketRow) => boolean, order = byTime): readonly PacketRow[] =>
		[...sides.in.values(), ...sides.out.values()]
			.flatMap(({ packets }) => [...packets.values()].flatMap(({ row }) => (row && of(row) ? [row] : [])))
			.sort(order);

	const find: Packets['find'] = (link, direction, hash, expiresAt = Number.POSITIVE_INFINITY) => {
		const packet = heldAt(link, direction, hash);
		if (packet || !seen.mayHold(hash, expiresAt)) return packet?.row;
		const stored = sql.all(PACKET_QUERIES.known, [
			idOf.get(link) ?? 0,
			direction,
			expiresAt,
			hash.subarray(0, INDEXED_BYTES),
			hash
		])[0];
		return stored && toRow(stored);
	};

	const settle: Packets['settle'] = (link, direction, hash, state, at, fulfillment) => {
		const packet = heldAt(link, direction, hash);
		const row = packet?.row;
		if (row?.state !== 'pending') return false;
		put(packet as Held, rowOf(row, state, at, fulfillment));
		return true;
	};

	return {
		insert: (given) => {
			const { link, direction, hash, expiresAt, fulfilled } = given;
			if (find(link, direction, hash, expiresAt)) throw new Error('a packet that is known already');
			const row = rowOf(given, fulfilled ? 'fulfilled' : 'pending', fulfilled?.at, fulfilled?.fulfillment);
			put(take(row, undefined), row);
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
			if (row.direction === 'in' && row.state === 'fulfilled') put(take(row, row), { ...row, state: 'late' });
		},
		pending: (link, direction) =>
			rows((row) => row.state === 'pending' && row.link === link && row.direction === direction),
		underWay: (link, direction) => sides[direction].get(link)?.underWay ?? 0n,
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
			const packet = heldAt(link, 'out', hash);
			if (packet?.row?.state === 'late') put(packet, { ...packet.row, state: 'rejected' });
		},
		sweep: (before, settled) => {
			sql.current()?.flush();
			// A list must not outlive the rows that say what of it has ended.
			const held = [...sides.in.values(), ...sides.out.values()].flatMap(({ packets }) => [
				...packets.values()
			]);
			begun.tidy(held);
			const longAgo = before - LIMITS.packetMemoryAwayMs;
			for (const packet of held) {
				const { row } = packet;
				if (row && !isPending(row) && row.expiresAt < (isOpen(row) ? longAgo : before)) forget(packet);
			}
			ended = ended.filter(({ side, key }) => side.packets.has(key));
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
