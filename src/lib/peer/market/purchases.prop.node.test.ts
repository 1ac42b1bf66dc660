/**
 * Histories of purchases against a model that nobody can get wrong: a list of rows. Whatever is asked, answered, stored,
 * refused, decided by the ledger, undone with its part or its transaction, pruned, or read again by another program,
 * both say the same, and so does the database to whoever looks.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { bytesToHex } from '../bytes.ts';
import { migrate } from '../storage/migrations.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { Money, Purchase } from './purchases.ts';
import { createReaderStore, type ReaderStore } from './reader-store.ts';

interface Row {
	readonly purchase: Purchase;
	readonly state: 'asked' | 'answered' | 'stored' | 'failed';
	readonly money: Money;
}

const RECEIPTS = 6;
const ACTS = ['ask', 'answer', 'store', 'end', 'fail', 'cancel', 'moved', 'back'] as const;
type Act = (typeof ACTS)[number];
/** Later than all that is pruned. */
const DAYS = [1_000, 2_000] as const;

const purchaseOf = (n: number, at: number): Purchase => ({
	receipt: new Uint8Array(16).fill(n),
	node: n % 2 === 0 ? 'aa' : 'bb',
	ids: n % 3 === 0 ? ['01', '02'] : ['03'],
	prices: n % 3 === 0 ? [3n, 4n] : [9_007_199_254_740_993n],
	part: n === 4 ? { index: 1, count: 3 } : undefined,
	amount: n % 3 === 0 ? 8n : 9_007_199_254_740_994n,
	day: DAYS[n < 3 ? 0 : 1],
	at
});

const keyOf = ({ receipt }: Purchase): string => bytesToHex(receipt);
const isOpen = ({ state }: Row): boolean => state === 'asked' || state === 'answered';
const isOver = (row: Row): boolean => !isOpen(row) && row.money !== 'open';
const listed = (rows: Iterable<Row>): unknown[] =>
	[...rows]
		.map(({ purchase, state, money }) => ({ ...purchase, receipt: keyOf(purchase), state, money }))
		.sort((a, b) => a.at - b.at);

/** Rows by receipt, as one table of them all would hold them. */
class Model {
	rows = new Map<string, Row>();
	/** By day. */
	spent = new Map<number, bigint>();

	/** False: nobody does this in that state. */
	act(act: Act, purchase: Purchase): boolean {
		const key = keyOf(purchase);
		const row = this.rows.get(key);
		const set = (to: Partial<Row>): boolean => {
			this.rows.set(key, { purchase, state: 'asked', money: 'open', ...row, ...to });
			return true;
		};
		if (row && isOver(row)) return false;
		const spend = (amount: bigint): void => {
			this.spent.set(purchase.day, (this.spent.get(purchase.day) ?? 0n) + amount);
		};
		if (!row && (act === 'ask' || act === 'answer')) spend(purchase.amount);
		const comesBack = act === 'back' ? row?.money === 'open' : act === 'cancel' && row?.state === 'asked';
		if (row && comesBack && row.money !== 'back') spend(-purchase.amount);
		switch (act) {
			case 'ask':
				return row === undefined && set({});
			case 'answer':
				return row === undefined || row.state === 'asked' ? set({ state: 'answered' }) : true;
			case 'store':
				return row?.state === 'asked' && row.money === 'open'
					? set({ state: 'stored', money: 'moved' })
					: true;
			case 'end':
				return row !== undefined && set({ state: 'stored' });
			case 'fail':
				return row !== undefined && set({ state: 'failed' });
			case 'cancel':
				if (row?.state === 'asked') this.rows.delete(key);
				return true;
			case 'moved':
			case 'back':
				return row?.money === 'open' ? set({ money: act }) : true;
		}
	}
}

const perform = (records: ReaderStore, act: Act, purchase: Purchase): void => {
	const { receipt } = purchase;
	if (act === 'ask') records.savePurchase(purchase, 'asked');
	else if (act === 'answer') records.savePurchase(purchase, 'answered');
	else if (act === 'store') records.storePurchase(receipt);
	else if (act === 'end') records.endPurchase(receipt, 'stored');
	else if (act === 'fail') records.endPurchase(receipt, 'failed');
	else if (act === 'cancel') records.cancelPurchase(purchase);
	else records.settleMoney(purchase, act);
};

const compare = (model: Model, sql: SqlDriver, records: ReaderStore): void => {
	const rows = [...model.rows.values()];
	const inTable = sql.all('SELECT * FROM purchase').map((row) => ({
		purchase: {
			receipt: row.receipt as Uint8Array,
			node: row.node as string,
			ids: String(row.ids).split(','),
			prices: String(row.prices).split(',').map(BigInt),
			part: row.part === '' ? undefined : { index: 1, count: 3 },
			amount: BigInt(row.amount as number),
			day: Number(row.day),
			at: Number(row.at)
		},
		state: row.state as Row['state'],
		money: row.money as Money
	}));
	expect(listed(inTable)).toEqual(listed(rows));
	expect(records.openPurchases().map(keyOf)).toEqual(
		rows
			.filter(isOpen)
			.map(({ purchase }) => purchase)
			.sort((a, b) => a.at - b.at)
			.map(keyOf)
	);
	expect(records.undecided().map(keyOf).sort()).toEqual(
		rows
			.filter((row) => row.money === 'open' && !isOpen(row))
			.map(({ purchase }) => keyOf(purchase))
			.sort()
	);
	for (const row of rows) {
		expect(records.isOpen(row.purchase.receipt)).toBe(isOpen(row));
		if (!isOver(row)) expect(records.money(row.purchase.receipt)).toBe(row.money);
	}
	for (const day of DAYS) expect(records.spent(day)).toBe(model.spent.get(day) ?? 0n);
};

const unit = fc.record({
	// Lists of several of which some are still open want many that are asked.
	act: fc.oneof(
		{ weight: 1, arbitrary: fc.constant<Act>('ask') },
		{ weight: 1, arbitrary: fc.constantFrom(...ACTS) }
	),
	n: fc.nat(RECEIPTS - 1),
	fails: fc.integer({ min: 0, max: 4 }).map((n) => n === 0)
});
const step = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			units: fc.array(unit, { minLength: 1, maxLength: 6 }),
			flushes: fc.boolean(),
			fails: fc.integer({ min: 0, max: 4 }).map((n) => n === 0)
		})
	},
	{ weight: 2, arbitrary: fc.constant('prune' as const) },
	{ weight: 1, arbitrary: fc.constant('restart' as const) }
);

it('purchases are what a list of rows would be', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
			const sql = createNodeSql(':memory:');
			migrate(sql);
			let records = createReaderStore(sql);
			const model = new Model();
			/** Each receipt is of one purchase, until it is pruned. */
			const purchases = new Map<number, Purchase>();
			let now = 10;
			for (const one of steps) {
				now += 1;
				if (one === 'restart') records = createReaderStore(sql);
				else if (one === 'prune') {
					const before = now - 5;
					sql.transaction(() => records.prune(before));
					for (const [key, row] of model.rows)
						if (isOver(row) && row.purchase.at < before) model.rows.delete(key);
				} else {
					const before = { rows: new Map(model.rows), spent: new Map(model.spent) };
					try {
						sql.transaction(() => {
							for (const { act, n, fails } of one.units) {
								const key = keyOf(purchaseOf(n, 0));
								const isKnown = model.rows.has(key);
								const kept = { rows: new Map(model.rows), spent: new Map(model.spent) };
								const purchase = (isKnown ? purchases.get(n) : undefined) ?? purchaseOf(n, (now += 1));
								if (!model.act(act, purchase)) continue;
								purchases.set(n, purchase);
								try {
									sql.current()?.attempt(() => {
										perform(records, act, purchase);
										if (one.flushes) sql.current()?.flush();
										if (fails) throw new Error('a part');
									});
								} catch (error) {
									if (!(error instanceof Error) || error.message !== 'a part') throw error;
									Object.assign(model, kept);
								}
							}
							if (one.fails) throw new Error('all of it');
						});
					} catch (error) {
						if (!(error instanceof Error) || error.message !== 'all of it') throw error;
						Object.assign(model, before);
					}
				}
				compare(model, sql, records);
			}
			sql.close();
		}),
		{ numRuns: 150 }
	);
});
