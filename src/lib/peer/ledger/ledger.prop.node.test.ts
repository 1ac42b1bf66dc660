/**
 * Histories of the ledger against a model that nobody can get wrong: a list of transfers, added up anew for
 * each question. Whatever is prepared, posted, voided, refused, undone with its transaction, or read again from
 * the disk by another program, both say the same.
 */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { createModelStep } from '../../../../tests/model-step.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { CHART, entryOf, KINDS_OF_TRANSFER, type TransferKind } from './chart.ts';
import { LedgerRefusal, type Ledger, type TransferDraft, type TransferState } from './ledger.ts';
import { LEDGER_MIGRATIONS } from './schema.ts';
import { createLedger } from './sqlite-ledger.ts';

interface Entry {
	readonly draft: TransferDraft;
	state: TransferState;
}

class Model {
	entries: Entry[] = [];

	sum(account: string, side: 'from' | 'to', state: TransferState): bigint {
		return this.entries.reduce(
			(sum, entry) =>
				sum + (entry.draft[side] === account && entry.state === state ? entry.draft.amount : 0n),
			0n
		);
	}
	balance(account: string): bigint {
		return this.sum(account, 'to', 'posted') - this.sum(account, 'from', 'posted');
	}
	/** What the chart says, in other words than the ledger's. */
	allows({ kind, from, to, amount }: TransferDraft): boolean {
		const [source, target] = [entryOf(from), entryOf(to)];
		const ways: readonly (readonly string[])[] = KINDS_OF_TRANSFER[kind].moves;
		if (!source || !target || !ways.some((way) => way[0] === source && way[1] === target)) return false;
		const after = (account: string, more: bigint): bigint => this.balance(account) + more;
		if (CHART[source].side === 'above' && after(from, -amount) < this.sum(from, 'from', 'pending'))
			return false;
		return CHART[target].side !== 'below' || after(to, amount) + this.sum(to, 'to', 'pending') <= 0n;
	}
}

interface Real {
	readonly file: string;
	sql: SqlDriver;
	ledger: Ledger;
}

const ACCOUNTS = [
	...['wallet', 'channel/1', 'channel/2', 'claims/1', 'link/a', 'link/b', 'forgotten', 'outside'],
	...Object.keys(CHART).filter((name) => /^(income|expense)\//.test(name))
];

const compare = (model: Model, { ledger }: Real): void => {
	expect(ledger.audit()).toEqual({ sum: 0n, differences: [] });
	for (const account of ACCOUNTS) {
		expect(ledger.balance(account)).toBe(model.balance(account));
		expect(ledger.pending(account)).toEqual({
			out: model.sum(account, 'from', 'pending'),
			in: model.sum(account, 'to', 'pending')
		});
		const side = CHART[entryOf(account) ?? 'outside'].side;
		if (side === 'above') expect(ledger.balance(account)).toBeGreaterThanOrEqual(0n);
		if (side === 'below') expect(ledger.balance(account)).toBeLessThanOrEqual(0n);
	}
	const pending = model.entries.filter(({ state }) => state === 'pending').map(({ draft }) => draft.group);
	expect(ledger.pendingGroups()).toEqual([...new Set(pending)].sort());
	const kept = [...ledger.statement({ limit: 1_000 })].reverse();
	expect(kept.map(({ state, amount, from, to }) => ({ state, amount, from, to }))).toEqual(
		model.entries.map(({ state, draft: { amount, from, to } }) => ({ state, amount, from, to }))
	);
};

type Step = fc.Command<Model, Real>;

const step = createModelStep(compare);

const text = (value: unknown): string =>
	JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}` : part));

/** In a transaction, as everything that moves money; with `fails`, one that comes to nothing after all. */
const transfer = (draft: TransferDraft, how: 'begin' | 'record', fails: boolean): Step =>
	step(`${fails ? 'undone ' : ''}${how} ${text(draft)}`, (model, { sql, ledger }) => {
		const isAllowed = model.allows(draft);
		let refusal: unknown;
		try {
			sql.transaction(() => {
				try {
					ledger[how](draft);
				} catch (error) {
					// A refused transfer leaves nothing even when whoever asked goes on.
					refusal = error;
				}
				if (fails) throw new Error('something else failed');
			});
		} catch (error) {
			expect(String(error)).toContain('something else');
		}
		if (isAllowed) expect(refusal).toBeUndefined();
		else expect(refusal).toBeInstanceOf(LedgerRefusal);
		if (isAllowed && !fails) model.entries.push({ draft, state: how === 'begin' ? 'pending' : 'posted' });
	});

const settle = (group: string, how: 'post' | 'void'): Step =>
	step(`${how} ${group}`, (model, { ledger }) => {
		const waiting = model.entries.filter((entry) => entry.draft.group === group && entry.state === 'pending');
		expect(ledger[how](group, 9)).toBe(waiting.length);
		for (const entry of waiting) entry.state = how === 'post' ? 'posted' : 'voided';
	});

const restart = step('restart', (_, real) => {
	real.sql.close();
	real.sql = createNodeSql(real.file, { durable: 'normal' });
	real.ledger = createLedger(real.sql);
});

/** Mostly what the chart allows, so that histories get somewhere. */
const ways = Object.entries(KINDS_OF_TRANSFER).flatMap(([kind, { moves }]) =>
	moves.map(([from, to]) => ({ kind: kind as TransferKind, from, to }))
);
const named = (entry: string): fc.Arbitrary<string> =>
	fc.constantFrom(...ACCOUNTS.filter((account) => entryOf(account) === entry));
const draft: fc.Arbitrary<TransferDraft> = fc
	.oneof(
		{
			weight: 9,
			arbitrary: fc
				.constantFrom(...ways)
				.chain(({ kind, from, to }) =>
					fc.record({ kind: fc.constant(kind), from: named(from), to: named(to) })
				)
		},
		{
			weight: 1,
			arbitrary: fc.record({
				kind: fc.constantFrom(...ways.map(({ kind }) => kind)),
				from: fc.constantFrom(...ACCOUNTS),
				to: fc.constantFrom(...ACCOUNTS, 'nobody', 'link/')
			})
		}
	)
	.filter(({ from, to }) => from !== to)
	.chain((way) =>
		fc.record({
			kind: fc.constant(way.kind),
			from: fc.constant(way.from),
			to: fc.constant(way.to),
			amount: fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 2n ** 52n)),
			at: fc.nat(100),
			group: fc.constantFrom('g1', 'g2', 'g3', 'g4')
		})
	);
const group = fc.constantFrom('g1', 'g2', 'g3', 'g4');

it('any history of the ledger agrees with a list of transfers, also after a restart', () => {
	const folder = mkdtempSync(join(tmpdir(), 'tributary-ledger-'));
	let files = 0;
	try {
		fc.assert(
			fc.property(
				fc.commands(
					[
						fc
							.tuple(
								draft,
								fc.constantFrom('begin' as const, 'record' as const),
								fc.integer({ min: 0, max: 9 })
							)
							.map(([made, how, luck]) => transfer(made, how, luck === 0)),
						draft.map((made) => transfer(made, 'record', false)),
						fc
							.tuple(group, fc.constantFrom('post' as const, 'void' as const))
							.map(([of, how]) => settle(of, how)),
						fc.constant(restart)
					],
					{ maxCommands: 30 }
				),
				(steps) => {
					const file = join(folder, `${files++}.sqlite`);
					const sql = createNodeSql(file, { durable: 'normal' });
					for (const migration of LEDGER_MIGRATIONS) sql.script(migration);
					const real: Real = { file, sql, ledger: createLedger(sql) };
					try {
						fc.modelRun(() => ({ model: new Model(), real }), steps);
					} finally {
						real.sql.close();
					}
				}
			),
			{ numRuns: 60 }
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}, 60_000);
