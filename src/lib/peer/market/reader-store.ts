/**
 * What a reader keeps on disk. All of it runs inside transactions of the caller when it writes.
 *
 * Purchases are in purchases.ts, what a day cost in spending.ts.
 */
import type { HaveEntry } from '../codec/frames.ts';
import type { Filter } from '../codec/nostr-event.ts';
import { minOf } from '../money.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { createPurchases, isListed, isOpen, type Money, type Purchase } from './purchases.ts';
import { createSpending } from './spending.ts';

export interface FollowRow {
	readonly node: string;
	readonly maxPrice: bigint;
	readonly dailyLimit: bigint;
	readonly filters: readonly Filter[];
	readonly cursor: Uint8Array | undefined;
	/** Unix ms. */
	readonly since: number;
}

/** What the node's past answers taught. */
export interface NodeRecord {
	readonly goodAnswers: number;
	/** Newest measure of the way; 0 when it was never measured. */
	readonly sent: bigint;
	readonly arrived: bigint;
	readonly cheated: boolean;
}

export interface Bought {
	readonly sent: bigint;
	readonly arrived: bigint;
	readonly author: string;
	/** Unix ms. */
	readonly at: number;
}

export interface StoredPart {
	readonly index: number;
	readonly count: number;
	readonly bytes: Uint8Array;
	readonly sent: bigint;
	readonly arrived: bigint;
}

/** As the index of the table reads it; ?1 is the id. */
const BOUGHT_BY_EVENT = 'substr(event_id, 1, 8) = substr(?1, 1, 8) AND event_id = ?1';

/** Beyond this more of them say nothing new: trust has long been as large as it gets. */
const GOOD_ANSWERS_COUNTED = 1_000;

const big = (value: unknown): bigint => BigInt((value as number | bigint | null) ?? 0);

/** Shares of a sum by price; what division leaves goes to the first. */
export const shares = (sum: bigint, prices: readonly bigint[]): readonly bigint[] => {
	const whole = prices.reduce((total, price) => total + price, 0n);
	const each = prices.map((price) => (whole === 0n ? 0n : (sum * price) / whole));
	const rest = sum - each.reduce((total, share) => total + share, 0n);
	return each.map((share, i) => (i === 0 ? share + rest : share));
};

/** What surely arrived when only the receipt tells: the price. */
export const leastArrived = ({ prices, amount }: Pick<Purchase, 'prices' | 'amount'>): bigint =>
	minOf(
		amount,
		prices.reduce((sum, price) => sum + price, 0n)
	);

export type ReaderStore = ReturnType<typeof createReaderStore>;

/** One for each database, like the purchases in it. */
export const createReaderStore = (sql: SqlDriver) => {
	const purchases = createPurchases(sql);
	const spending = createSpending(sql);
	const unspend = ({ day, node, amount }: Purchase): void => {
		// Of a day that was pruned nothing is left to take back.
		if (spending.of(day, node) >= amount) spending.add(day, node, -amount);
	};

	/** Answers whether it had been bought before. */
	const addBought = (id: string, sent: bigint, arrived: bigint): boolean =>
		sql.run(`UPDATE bought SET sent = sent + ?2, arrived = arrived + ?3 WHERE ${BOUGHT_BY_EVENT}`, [
			id,
			sent,
			arrived
		]) > 0;

	return {
		follows: (): readonly FollowRow[] =>
			sql.all('SELECT * FROM follow ORDER BY node').map((row) => ({
				node: row.node as string,
				maxPrice: big(row.max_price),
				dailyLimit: big(row.daily_limit),
				filters: JSON.parse(row.filters as string) as readonly Filter[],
				cursor: (row.cursor as Uint8Array | null) ?? undefined,
				since: row.since as number
			})),

		/** Other filters begin anew: the cursor belongs to the old ones. */
		saveFollow: (follow: Omit<FollowRow, 'cursor'>): void => {
			sql.run(
				`INSERT INTO follow (node, max_price, daily_limit, filters, since) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (node) DO UPDATE SET max_price = excluded.max_price, daily_limit = excluded.daily_limit,
				cursor = CASE WHEN filters = excluded.filters THEN cursor END, filters = excluded.filters`,
				[follow.node, follow.maxPrice, follow.dailyLimit, JSON.stringify(follow.filters), follow.since]
			);
		},

		removeFollow: (node: string): void => {
			sql.run('DELETE FROM follow WHERE node = ?', [node]);
			sql.run('DELETE FROM wanted WHERE node = ?', [node]);
		},

		saveCursor: (node: string, cursor: Uint8Array): void => {
			sql.run('UPDATE follow SET cursor = ? WHERE node = ?', [cursor, node]);
		},

		wanted: (node: string): readonly HaveEntry[] =>
			sql
				.all('SELECT * FROM wanted WHERE node = ? ORDER BY created_at DESC, event_id', [node])
				.map((row) => ({
					id: row.event_id as string,
					author: row.author as string,
					kind: row.kind as number,
					createdAt: row.created_at as number,
					size: row.size as number,
					price: big(row.price),
					parts: row.parts as number
				})),

		saveWanted: (node: string, entry: HaveEntry): void => {
			sql.run(
				`INSERT INTO wanted (node, event_id, author, kind, created_at, size, price, parts)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (node, event_id) DO UPDATE SET price = excluded.price, parts = excluded.parts`,
				[node, entry.id, entry.author, entry.kind, entry.createdAt, entry.size, entry.price, entry.parts]
			);
		},

		/** From every node that offered it. */
		dropWanted: (id: string): void => {
			// By the key of the table, which begins with the node: only followed ones have rows.
			sql.run('DELETE FROM wanted WHERE node IN (SELECT node FROM follow) AND event_id = ?', [id]);
		},

		record: (node: string): NodeRecord => {
			const row = sql.all('SELECT * FROM node_record WHERE node = ?', [node])[0];
			return {
				goodAnswers: (row?.good_answers as number | undefined) ?? 0,
				sent: big(row?.rate_sent),
				arrived: big(row?.rate_arrived),
				cheated: row !== undefined && row.cheated_at !== null
			};
		},

		saveRate: (node: string, sent: bigint, arrived: bigint): void => {
			sql.run(
				`INSERT INTO node_record (node, rate_sent, rate_arrived) VALUES (?, ?, ?)
			ON CONFLICT (node) DO UPDATE SET rate_sent = excluded.rate_sent, rate_arrived = excluded.rate_arrived`,
				[node, sent, arrived]
			);
		},

		countGoodAnswer: (node: string): void => {
			sql.run(
				`INSERT INTO node_record (node, good_answers) VALUES (?, 1)
			ON CONFLICT (node) DO UPDATE SET good_answers = good_answers + 1 WHERE good_answers < ?`,
				[node, GOOD_ANSWERS_COUNTED]
			);
		},

		markCheated: (node: string, at: number, proof: Uint8Array): void => {
			sql.run(
				`INSERT INTO node_record (node, cheated_at, proof) VALUES (?, ?, ?)
			ON CONFLICT (node) DO UPDATE SET cheated_at = excluded.cheated_at, proof = excluded.proof`,
				[node, at, proof]
			);
		},

		/** Again for the same receipt changes only its state. */
		savePurchase: (purchase: Purchase, state: 'asked' | 'answered'): void => {
			const { receipt, day, node, amount } = purchase;
			const known = purchases.standing(receipt);
			if (known) {
				if (known.state === 'asked' && state !== 'asked') purchases.set(receipt, { state });
				return;
			}
			purchases.add(purchase, { state, money: 'open' });
			spending.add(day, node, amount);
		},

		/** Asked for, paid and here, all in one: the ordinary case. False, and nothing is changed, in any other. */
		storePurchase: (receipt: Uint8Array): boolean => {
			const known = purchases.standing(receipt);
			if (!known || !isListed(known)) return false;
			purchases.set(receipt, { state: 'stored', money: 'moved' });
			return true;
		},

		endPurchase: (receipt: Uint8Array, state: 'stored' | 'failed'): void => {
			purchases.set(receipt, { state });
		},

		/** Refused: nothing was paid. Leaves alone what is known to be paid. */
		cancelPurchase: (purchase: Purchase): void => {
			const known = purchases.standing(purchase.receipt);
			if (known?.state !== 'asked') return;
			purchases.set(purchase.receipt, { state: 'refused', money: 'back' });
			if (known.money !== 'back') unspend(purchase);
		},

		/** Of one that is not over, or whose money the ledger had not decided. */
		money: (receipt: Uint8Array): Money | undefined => purchases.standing(receipt)?.money,

		/** The ledger has decided. What came back is not spent, on that day or on the events it was for. */
		settleMoney: (purchase: Purchase, money: 'moved' | 'back'): void => {
			const { receipt, amount, ids, prices } = purchase;
			const known = purchases.standing(receipt);
			if (known?.money !== 'open') return;
			purchases.set(receipt, { money });
			if (money === 'moved') return;
			unspend(purchase);
			if (known.state !== 'stored') return;
			const arrived = shares(leastArrived({ prices, amount }), prices);
			for (const [i, share] of shares(amount, prices).entries())
				addBought(ids[i] ?? '', -share, -(arrived[i] ?? 0n));
		},

		/** Those that are over while the ledger had not decided yet. */
		undecided: (): readonly Purchase[] =>
			purchases
				.unsettled()
				.filter((one) => one.money === 'open' && !isOpen(one))
				.map(({ purchase }) => purchase),

		/** What ended before a time (Unix ms). */
		prune: (before: number): void => {
			purchases.prune(before);
			spending.prune(before);
		},

		isOpen: (receipt: Uint8Array): boolean => {
			const known = purchases.standing(receipt);
			return known !== undefined && isOpen(known);
		},

		openPurchases: (): readonly (Purchase & { readonly answered: boolean })[] =>
			purchases
				.unsettled()
				.filter(isOpen)
				.map(({ purchase, state }) => ({ ...purchase, answered: state === 'answered' })),

		/** Everything sent and not come back on the day that began then (Unix ms), to one node or to all. */
		spent: spending.of,

		saveBought: (
			id: string,
			bought: Bought & {
				readonly node: string;
				readonly createdAt: number;
				/** Unix seconds. */
				readonly expires: number | undefined;
				readonly receipt: Uint8Array | undefined;
			}
		): void => {
			if (addBought(id, bought.sent, bought.arrived)) return;
			sql.run(
				`INSERT INTO bought (event_id, node, author, created_at, expires, sent, arrived, receipt, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				[
					id,
					bought.node,
					bought.author,
					bought.createdAt,
					bought.expires ?? null,
					bought.sent,
					bought.arrived,
					bought.receipt ?? null,
					bought.at
				]
			);
		},

		bought: (id: string): Bought | undefined => {
			const row = sql.all(`SELECT sent, arrived, author, at FROM bought WHERE ${BOUGHT_BY_EVENT}`, [id])[0];
			return (
				row && {
					sent: big(row.sent),
					arrived: big(row.arrived),
					author: row.author as string,
					at: row.at as number
				}
			);
		},

		/** What the node's events of the time since (Unix s) cost, and when the oldest of them was made. */
		pace: (node: string, since: number): { readonly sent: bigint; readonly oldest: number | undefined } => {
			const row = sql.all(
				`SELECT sum(sent) AS sent, min(created_at) AS oldest FROM bought
				WHERE substr(node, 1, 8) = substr(?1, 1, 8) AND created_at >= ?2 AND node = ?1`,
				[node, since]
			)[0];
			return { sent: big(row?.sent), oldest: (row?.oldest as number | null | undefined) ?? undefined };
		},

		savePart: (id: string, part: StoredPart): void => {
			sql.run(
				`INSERT OR REPLACE INTO bought_part (event_id, part_index, part_count, bytes, sent, arrived)
			VALUES (?, ?, ?, ?, ?, ?)`,
				[id, part.index, part.count, part.bytes, part.sent, part.arrived]
			);
		},

		parts: (id: string): readonly StoredPart[] =>
			sql.all('SELECT * FROM bought_part WHERE event_id = ? ORDER BY part_index', [id]).map((row) => ({
				index: row.part_index as number,
				count: row.part_count as number,
				bytes: row.bytes as Uint8Array,
				sent: big(row.sent),
				arrived: big(row.arrived)
			})),

		/** Link units paid to a node for parts of events that are not whole yet, but for one of them. */
		unchecked: (node: string, except: string): bigint =>
			big(
				sql.all(
					`SELECT sum(sent) AS total FROM bought_part WHERE event_id != ?
				AND event_id IN (SELECT event_id FROM wanted WHERE node = ?)`,
					[except, node]
				)[0]?.total
			),

		dropParts: (id: string): void => {
			sql.run('DELETE FROM bought_part WHERE event_id = ?', [id]);
		}
	};
};
