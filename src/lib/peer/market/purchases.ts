/**
 * What a reader asked to buy, and how far it got. All of it runs inside transactions of the caller when it writes.
 *
 * A purchase is *asked* (its receipt is here, the money may have left), *answered* (the money moved,
 * the events are not here yet), *stored*, or *failed* (paid, and the events are lost for good). One
 * that was *refused* counts nowhere: nothing was paid.
 *
 * What it cost is the ledger's word, not this table's: its money is *open* while the transfer is pending,
 * and *moved* or *back* once that is posted or voided. Open and moved money counts against the limits; what
 * came back counts nowhere, even when the events came all the same (a hop that was late paid for them).
 *
 * All of which something may still become known are in memory. On disk one that is asked is an entry of the list of its
 * transaction (storage/begun.ts), and has a row as soon as its money or its events are known: mostly both are at once,
 * and it is written once. `purchase` is a view of both. Nobody else may write these tables.
 */
import { bytesToHex } from '../bytes.ts';
import type { Part } from '../codec/frames.ts';
import { createBegun } from '../storage/begun.ts';
import { createInsertRows } from '../storage/insert-rows.ts';
import type { OpenTransaction } from '../storage/open-transaction.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';

export interface Purchase {
	/** 16 bytes. */
	readonly receipt: Uint8Array;
	readonly node: string;
	readonly ids: readonly string[];
	/** Of each id, or of the one part. */
	readonly prices: readonly bigint[];
	readonly part: Part | undefined;
	/** Link units sent. */
	readonly amount: bigint;
	/** Unix ms at which its day began. */
	readonly day: number;
	/** Unix ms. */
	readonly at: number;
}

/** What became of a purchase's money. */
export type Money = 'open' | 'moved' | 'back';

const toPurchase = (row: SqlRow): Purchase => {
	const [index, count] = (row.part as string).split('/').map(Number);
	return {
		receipt: row.receipt as Uint8Array,
		node: row.node as string,
		ids: (row.ids as string).split(','),
		prices: (row.prices as string).split(',').map(BigInt),
		part: index !== undefined && count !== undefined ? { index, count } : undefined,
		amount: BigInt(row.amount as number | bigint),
		day: row.day as number,
		at: row.at as number
	};
};

const partText = (part: Part | undefined): string => (part ? `${part.index}/${part.count}` : '');

/** How far a purchase got. */
export interface Standing {
	readonly state: 'asked' | 'answered' | 'stored' | 'failed' | 'refused';
	readonly money: Money;
}

/** A purchase of which something may still become known, or that the open transaction ends. */
interface Held {
	readonly id: number;
	readonly purchase: Purchase;
	/** `undefined`: it was begun, and that was undone. */
	now: Standing | undefined;
	/** As it is on disk. */
	stored: Standing | undefined;
	/** The list that it is on; with a row of its own it is on none. */
	list: number | undefined;
}

export const isOpen = ({ state }: Standing): boolean => state === 'asked' || state === 'answered';
const isUnsettled = (standing: Standing): boolean => isOpen(standing) || standing.money === 'open';
/** Nothing is known yet: on disk it is an entry of a list. */
export const isListed = ({ state, money }: Standing): boolean => state === 'asked' && money === 'open';

const ENDED_COLUMNS = 'id receipt node ids part prices amount state money day at'.split(' ');

/** In the order of {@link ENDED_COLUMNS}. */
const toEnded = ({ id, purchase }: Held, { state, money }: Standing): readonly SqlValue[] => {
	const { receipt, node, ids, part, prices, amount, day, at } = purchase;
	return [id, receipt, node, ids.join(), partText(part), prices.join(), amount, state, money, day, at];
};

/** As the view `purchase_open` reads it. */
const toEntry = ({ id, purchase }: Held): readonly unknown[] => {
	const { receipt, node, ids, part, prices, amount, day, at } = purchase;
	return [id, bytesToHex(receipt), node, ids.join(), partText(part), prices.join(), `${amount}`, day, at];
};

/** Purchases by receipt. One for each database: nobody else may write their tables. Reads them, so they must be there. */
export const createPurchases = (sql: SqlDriver) => {
	const owner = {};
	const held = new Map<string, Held>();
	const open = sql.all('SELECT * FROM purchase_open ORDER BY id');
	const begun = createBegun(
		sql,
		'purchase_begun',
		open.map((row) => Number(row.begun)),
		toEntry
	);
	const unsettled = sql.all(
		`SELECT * FROM purchase_ended WHERE state IN ('asked', 'answered') OR money = 'open' ORDER BY id`
	);
	for (const row of [...open, ...unsettled]) {
		const purchase = toPurchase(row);
		const stored = { state: row.state, money: row.money } as Standing;
		const list = row.begun === undefined ? undefined : Number(row.begun);
		held.set(bytesToHex(purchase.receipt), { id: Number(row.id), purchase, now: stored, stored, list });
	}
	/** Numbers go up by one. */
	let last = Math.max(
		Number(sql.all('SELECT max(id) AS id FROM purchase_ended')[0]?.id),
		...open.map((row) => Number(row.id))
	);

	/** What this transaction changes, to be written at its end. */
	const changedIn = (transaction: OpenTransaction): Set<Held> =>
		transaction.keep(owner, () => new Set<Held>());

	const insertRows = createInsertRows(sql, 'purchase_ended', ENDED_COLUMNS);

	const write = (): void => {
		const transaction = sql.current();
		if (!transaction) return;
		const changed = changedIn(transaction);
		const all = [...changed];
		const before = all.map(({ stored }) => stored);
		changed.clear();
		transaction.undo(() => {
			for (const [at, one] of all.entries()) {
				changed.add(one);
				one.stored = before[at];
			}
		});
		const began: Held[] = [];
		const rows: (readonly SqlValue[])[] = [];
		for (const one of all) {
			const { now, stored } = one;
			// Begun and undone, or changed and undone.
			if (!now || now === stored) continue;
			// Begun and refused.
			if (!stored && now.state === 'refused') continue;
			if (stored && one.list === undefined)
				sql.run('UPDATE purchase_ended SET state = ?, money = ? WHERE id = ?', [
					now.state,
					now.money,
					one.id
				]);
			else if (!isListed(now)) rows.push(toEnded(one, now));
			else if (one.list === undefined) began.push(one);
			one.stored = now;
		}
		insertRows(rows);
		for (const one of all) if (one.list !== undefined && one.stored && !isListed(one.stored)) begun.end(one);
		begun.add(began);
	};

	const put = (one: Held, now: Standing): void =>
		sql.transaction(() => {
			const transaction = sql.current() as OpenTransaction;
			const key = bytesToHex(one.purchase.receipt);
			const before = one.now;
			const known = held.get(key);
			one.now = now;
			if (isUnsettled(now)) held.set(key, one);
			else held.delete(key);
			changedIn(transaction).add(one);
			transaction.last(owner, write);
			transaction.undo(() => {
				one.now = before;
				if (known) held.set(key, known);
				else held.delete(key);
			});
		});

	return {
		add: (purchase: Purchase, now: Standing): void => {
			last += 1;
			put({ id: last, purchase, now: undefined, stored: undefined, list: undefined }, now);
			sql.current()?.undo(() => {
				last -= 1;
			});
		},

		/** What is known of it, while something may still become known. */
		standing: (receipt: Uint8Array): Standing | undefined => held.get(bytesToHex(receipt))?.now,

		/** Of one whose {@link standing} is known. */
		set: (receipt: Uint8Array, to: Partial<Standing>): void => {
			const one = held.get(bytesToHex(receipt));
			if (one?.now) put(one, { ...one.now, ...to });
		},

		/** In the order in which they were asked. */
		unsettled: (): readonly (Standing & { readonly purchase: Purchase })[] =>
			[...held.values()]
				.sort((a, b) => a.id - b.id)
				.flatMap(({ purchase, now }) => (now ? [{ purchase, ...now }] : [])),

		/** Rows of what was asked before a time (Unix ms) and is over. */
		prune: (before: number): void => {
			sql.current()?.flush();
			// A list must not outlive the rows that say what of it has ended.
			begun.tidy([...held.values()]);
			sql.run(
				`DELETE FROM purchase_ended WHERE state NOT IN ('asked', 'answered') AND money <> 'open' AND id < coalesce(
					(SELECT id FROM purchase_ended WHERE at >= ? ORDER BY id LIMIT 1), ${Number.MAX_SAFE_INTEGER})`,
				[before]
			);
		}
	};
};
