import { describe, expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { Ledger, TransferDraft } from './ledger.ts';
import { LEDGER_MIGRATIONS } from './schema.ts';
import { createLedger, LEDGER_QUERIES } from './sqlite-ledger.ts';

const open = (): { sql: SqlDriver; ledger: Ledger } => {
	const sql = createNodeSql(':memory:');
	for (const step of LEDGER_MIGRATIONS) sql.script(step);
	return { sql, ledger: createLedger(sql) };
};

const draft = (change: Partial<TransferDraft> = {}): TransferDraft => ({
	kind: 'buy',
	from: 'link/hub',
	to: 'expense/notes',
	amount: 100n,
	at: 1_000,
	group: 'packet-1',
	...change
});

const clean = { sum: 0n, differences: [] };

describe('the ledger', () => {
	it('keeps a promised transfer apart until it is posted', () => {
		const { ledger } = open();
		ledger.begin(draft());
		expect(ledger.balance('link/hub')).toBe(0n);
		expect(ledger.pending('link/hub')).toEqual({ out: 100n, in: 0n });
		expect(ledger.pending('expense/notes')).toEqual({ out: 0n, in: 100n });
		expect(ledger.pendingGroups()).toEqual(['packet-1']);

		expect(ledger.post('packet-1', 2_000)).toBe(1);
		expect(ledger.balance('link/hub')).toBe(-100n);
		expect(ledger.balance('expense/notes')).toBe(100n);
		expect(ledger.pending('link/hub')).toEqual({ out: 0n, in: 0n });
		expect(ledger.pendingGroups()).toEqual([]);
		expect(ledger.audit()).toEqual(clean);
	});

	it('leaves no trace on balances of what was voided, and remembers that it was tried', () => {
		const { ledger } = open();
		ledger.begin(draft());
		expect(ledger.void('packet-1', 2_000)).toBe(1);
		expect(ledger.balance('link/hub')).toBe(0n);
		expect(ledger.pending('link/hub')).toEqual({ out: 0n, in: 0n });
		expect(ledger.statement({ limit: 9 })).toEqual([
			{ ...draft(), id: 1, state: 'voided', settledAt: 2_000 }
		]);
	});

	it('settles a group once, whatever is asked for again', () => {
		const { ledger } = open();
		ledger.begin(draft());
		ledger.begin(draft({ to: 'expense/publishing', kind: 'publish', amount: 3n }));
		expect(ledger.post('packet-1', 2_000)).toBe(2);
		expect(ledger.post('packet-1', 3_000)).toBe(0);
		expect(ledger.void('packet-1', 3_000)).toBe(0);
		expect(ledger.balance('link/hub')).toBe(-103n);
		expect(ledger.statement({ limit: 1 })[0]?.settledAt).toBe(2_000);
	});

	it('adds what became known at posting to the memo', () => {
		const { ledger } = open();
		ledger.begin(draft({ memo: { author: 'aa', eventIds: ['e1'] } }));
		ledger.post('packet-1', 2_000, { arrived: '98' });
		expect(ledger.statement({ limit: 1 })[0]?.memo).toEqual({
			author: 'aa',
			eventIds: ['e1'],
			arrived: '98'
		});
	});

	it('refuses a transfer of nothing, of less, or to itself', () => {
		const { ledger } = open();
		expect(() => ledger.begin(draft({ amount: 0n }))).toThrow('above zero');
		expect(() => ledger.record(draft({ amount: -1n }))).toThrow('above zero');
		expect(() => ledger.record(draft({ to: 'link/hub' }))).toThrow('itself');
		expect(ledger.balances().size).toBe(0);
	});

	it('keeps to the chart, and takes nothing out of an account that is not there or promised already', () => {
		const { ledger } = open();
		const refusal = (change: Partial<TransferDraft>): unknown => {
			try {
				return ledger.record(draft(change));
			} catch (error) {
				return error;
			}
		};
		for (const change of [
			{ from: 'link/' },
			{ to: 'expense/wine' },
			{ to: 'expense/' },
			{ kind: 'sell' as const },
			{ from: 'wallet', to: 'link/hub' }
		])
			expect(refusal(change)).toMatchObject({ name: 'LedgerRefusal', type: 'NotInChart' });

		const claim = { kind: 'claim', from: 'channel/1', to: 'link/hub' } as const;
		expect(refusal(claim)).toMatchObject({ type: 'OutOfFunds', account: 'channel/1' });
		ledger.record(draft({ kind: 'fund', from: 'wallet', to: 'channel/1', amount: 100n }));
		ledger.begin(draft({ ...claim, amount: 60n, group: 'promised' }));
		expect(refusal({ ...claim, amount: 41n })).toMatchObject({ type: 'OutOfFunds' });
		ledger.record(draft({ ...claim, amount: 40n }));

		const fee = { kind: 'payout-fee', from: 'income/payout-fees', to: 'link/hub', amount: 5n } as const;
		ledger.record(draft(fee));
		expect(refusal({ ...fee, from: fee.to, to: fee.from, amount: 6n })).toMatchObject({
			type: 'OutOfFunds',
			account: 'income/payout-fees'
		});
		expect(ledger.statement({ limit: 9 })).toHaveLength(4);
		expect(ledger.audit()).toEqual(clean);
	});

	it('is exact beyond what a float can count, and refuses what 64 bits cannot hold', () => {
		const { ledger } = open();
		const large = 2n ** 62n + 1n;
		ledger.record(draft({ amount: large }));
		expect(ledger.balance('expense/notes')).toBe(large);
		expect(() => ledger.record(draft({ amount: large }))).toThrow();
		expect(ledger.balance('expense/notes')).toBe(large);
		expect(ledger.audit()).toEqual(clean);
	});

	it('writes nothing of a transfer when the transaction around it fails', () => {
		const { sql, ledger } = open();
		expect(() =>
			sql.transaction(() => {
				ledger.record(draft());
				throw new Error('something else failed');
			})
		).toThrow('something else');
		expect(ledger.balances().size).toBe(0);
		expect(ledger.statement({ limit: 9 })).toEqual([]);
	});

	it("sums a day's spending by kind, author and account, with what is still promised if asked", () => {
		const { ledger } = open();
		ledger.record(draft({ at: 500, amount: 1n, memo: { author: 'aa' } }));
		ledger.record(draft({ at: 1_000, amount: 10n, memo: { author: 'aa' } }));
		ledger.record(draft({ at: 1_500, amount: 100n, memo: { author: 'bb' }, from: 'link/other' }));
		ledger.begin(draft({ at: 1_600, amount: 1_000n, memo: { author: 'aa' }, group: 'pending' }));
		ledger.begin(draft({ at: 1_700, amount: 10_000n, group: 'voided' }));
		ledger.void('voided', 1_800);
		ledger.record(draft({ at: 1_000, amount: 100_000n, kind: 'publish', to: 'expense/publishing' }));

		expect(ledger.total({ kind: 'buy', since: 0 })).toBe(111n);
		expect(ledger.count('buy')).toBe(3);
		expect(ledger.total({ kind: 'buy', since: 1_000 })).toBe(110n);
		expect(ledger.total({ kind: 'buy', since: 1_000, includePending: true })).toBe(1_110n);
		expect(ledger.total({ kind: 'buy', since: 0, author: 'aa' })).toBe(11n);
		expect(ledger.total({ kind: 'buy', since: 0, account: 'link/other' })).toBe(100n);
		expect(ledger.total({ kind: 'buy', since: 0, account: 'expense/notes', author: 'bb' })).toBe(100n);
		expect(ledger.total({ kind: 'buy', since: 0, account: 'nobody' })).toBe(0n);
	});

	it('lists transfers newest first, page by page, of one account or of all', () => {
		const { ledger } = open();
		for (let i = 1; i <= 6; i++)
			ledger.record(
				draft({
					amount: BigInt(i),
					group: `g${i}`,
					...(i % 2 ? {} : { kind: 'outside', from: 'outside', to: 'link/hub' })
				})
			);
		ledger.record(draft({ kind: 'outside', from: 'link/other', to: 'outside', group: 'g7' }));
		const ids = (page: readonly { readonly id: number }[]): number[] => page.map(({ id }) => id);
		expect(ids(ledger.statement({ limit: 3 }))).toEqual([7, 6, 5]);
		expect(ids(ledger.statement({ limit: 3, before: 5 }))).toEqual([4, 3, 2]);
		expect(ids(ledger.statement({ limit: 4, account: 'link/hub' }))).toEqual([6, 5, 4, 3]);
		expect(ids(ledger.statement({ limit: 4, account: 'link/hub', before: 3 }))).toEqual([2, 1]);
		expect(ids(ledger.statement({ limit: 4, account: 'outside' }))).toEqual([7, 6, 4, 2]);
		expect(ledger.statement({ limit: 4, account: 'nobody' })).toEqual([]);
	});

	it('notices in an audit when a stored balance is not what the transfers say', () => {
		const { sql, ledger } = open();
		ledger.record(draft());
		ledger.begin(draft({ amount: 7n, group: 'open' }));
		sql.run(`UPDATE account SET posted = posted + 1, pending_in = 0 WHERE name = 'expense/notes'`);
		expect(ledger.audit()).toEqual({
			sum: 1n,
			differences: [
				{ account: 'expense/notes', stored: 101n, recomputed: 100n },
				{ account: 'expense/notes (pending_in)', stored: 0n, recomputed: 7n }
			]
		});
	});

	it('answers its hot queries from an index', () => {
		const { sql } = open();
		const plan = (query: string, extra = ''): string =>
			sql
				.all(`EXPLAIN QUERY PLAN ${query}${extra}`)
				.map(({ detail }) => String(detail))
				.join('\n');
		expect(plan(LEDGER_QUERIES.balance)).toMatch(/SEARCH account USING INDEX \S+ \(name=\?\)/);
		expect(plan(LEDGER_QUERIES.total, ' AND author = ?')).toContain(
			'USING COVERING INDEX transfer_total (kind=? AND at>?)'
		);
		expect(plan(LEDGER_QUERIES.count)).toContain('USING COVERING INDEX transfer_total (kind=?)');
		expect(plan(LEDGER_QUERIES.payment)).toContain('USING INDEX transfer_total (kind=? AND at>? AND at<?)');
		const page = plan(LEDGER_QUERIES.accountStatement);
		expect(page).toContain('USING COVERING INDEX transfer_by_source (source=? AND rowid<?)');
		expect(page).toContain('USING COVERING INDEX transfer_by_target (target=? AND rowid<?)');
		expect(page).not.toMatch(/SCAN (t|transfer_ended)\b/);
		expect(plan(LEDGER_QUERIES.statement)).toContain('SEARCH t USING INTEGER PRIMARY KEY (rowid<?)');
	});
});
