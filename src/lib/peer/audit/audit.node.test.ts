/** One unit is changed in one column of one row, in each table that tells about money: the audit says where. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createNodeSql } from '../../../../server/akash-peer/node-sql.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import { createEvmScheme } from '../settlement/evm/scheme.ts';
import type { SqlDriver } from '../storage/sql.ts';
import { runMainJob } from '../testing/scenario-main-job.ts';
import { createSimulatedChain } from '../testing/simulated-chain.ts';
import { createSimulatedClock } from '../testing/simulated-clock.ts';
import { auditNode, checkEnds, wrongIn, type End } from './audit.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const NOW = 1_767_225_600_000 + 86_400_000;
const NAMES = ['hub', 'bob', 'carol', 'reader', 'second'] as const;
type Name = (typeof NAMES)[number];

/** The books of everybody after the main job, at rest. */
const books = new Map<Name, SqlDriver>();
const bookOf = (name: Name): SqlDriver => {
	const found = books.get(name);
	if (!found) throw new Error(name);
	return found;
};
// The same contract as in any simulated world; nothing is asked of this chain.
const scheme = createEvmScheme(
	createSimulatedChain({ clock: createSimulatedClock(NOW, turn) }).port(),
	nobleCrypto
);

beforeAll(async () => {
	const report = await runMainJob('audit', {
		turn,
		crypto: 'sync',
		openSql: () => {
			const sql = createNodeSql(':memory:');
			books.set(NAMES[books.size] as Name, sql);
			return { ...sql, close: () => undefined };
		}
	});
	expect(report.wrong).toEqual([]);
});
afterAll(() => {
	for (const sql of books.values()) sql.close();
});

const audit = async (): Promise<readonly string[]> => {
	const wrong: string[] = [];
	const ends: End[] = [];
	for (const [name, sql] of books) {
		const { checks, end } = await auditNode({
			name,
			books: { sql, tokenScale: 6, now: NOW },
			crypto: nobleCrypto,
			scheme
		});
		wrong.push(...wrongIn(checks));
		if (end) ends.push(end);
	}
	return [...wrong, ...wrongIn(checkEnds(ends))];
};

/** In a transaction that is undone afterwards. */
const auditWith = async (name: Name, change: string): Promise<string> => {
	const sql = bookOf(name);
	sql.script('BEGIN');
	try {
		expect(sql.run(change), `${change} changes one row`).toBe(1);
		return (await audit()).join('\n');
	} finally {
		sql.script('ROLLBACK');
	}
};

it('finds nothing wrong in the books of an honest history', async () => {
	expect(await audit()).toEqual([]);
});

/** Of each table: one row that has the column above zero, raised by one. */
const COLUMNS: readonly (readonly [Name, table: string, column: string, named: RegExp])[] = [
	['reader', 'account', 'posted', /is kept, its postings make/],
	['reader', 'account', 'pending_in', /\(pending_in\): /],
	['hub', 'account', 'pending_out', /\(pending_out\): /],
	['hub', 'transfer_ended', 'amount', /is kept, its postings make/],
	['hub', 'link', 'fulfilled_by_me', /link\/[0-9a-f]{64}: fulfilled by me/],
	['hub', 'link', 'fulfilled_by_peer', /fulfilled by the neighbour/],
	['hub', 'link', 'paid_out_by_me', /paid out by me/],
	['reader', 'link', 'paid_out_by_peer', /paid out by the neighbour/],
	['hub', 'packet_ended', 'amount', /packet [0-9a-f]{64}: /],
	['hub', 'channel', 'deposited', /(channel|claims)\/0x[0-9a-f]{64}: deposited/],
	['bob', 'channel', 'claimed', /(channel|claims)\/0x[0-9a-f]{64}: /],
	['bob', 'channel', 'promised', /(channel|claims)\/0x[0-9a-f]{64}: /],
	['bob', 'channel', 'settled', /(channel|claims)\/0x[0-9a-f]{64}: /],
	['hub', 'payout', 'amount', /payout 1 to [0-9a-f]{64}: .* is booked as payout/],
	['hub', 'payout', 'fee', /is booked as payout-fee/],
	['reader', 'payout_taken', 'amount', /payout 0x[0-9a-f]{64}: .* is booked as payout/],
	['reader', 'payout_taken', 'fee', /is booked as payout-fee/],
	['reader', 'purchase_ended', 'amount', /purchase [0-9a-f]{32}: /],
	['reader', 'spending', 'amount', /spending of 2026-01-01 at [0-9a-f]{64}: /],
	['reader', 'bought', 'sent', /purchase [0-9a-f]{32}: .* did not arrive/],
	['reader', 'bought', 'arrived', /purchase [0-9a-f]{32}: .* did not arrive/],
	['bob', 'earning', 'total', /events [0-9a-f, ]+: earned \d+ by their rows, and \d+ is booked as sold/],
	['bob', 'sale_receipt', 'paid', /sale [0-9a-f]{32}: /]
];

it.each(COLUMNS)('finds one unit in %s: %s.%s', async (name, table, column, named) => {
	const key = table === 'packet_ended' ? 'hash' : table === 'account' ? 'id' : 'rowid';
	const of: Readonly<Record<string, string>> = {
		link: 'peer',
		payout_taken: 'hash',
		purchase_ended: 'receipt',
		spending: 'node',
		bought: 'event_id',
		earning: 'event_id',
		sale_receipt: 'receipt'
	};
	const id = of[table] ?? key;
	const most = column.startsWith('pending') ? '1' : `${column} > 0`;
	const alsoOf: Readonly<Record<string, string>> = {
		channel: ` AND direction = '${column === 'deposited' ? 'out' : 'in'}'`,
		// Nothing was paid, and nothing says so but this row.
		purchase_ended: ` AND state <> 'refused'`
	};
	const also = alsoOf[table] ?? '';
	const found = await auditWith(
		name,
		`UPDATE ${table} SET ${column} = ${column} + 1 WHERE ${id} = (SELECT ${id} FROM ${table} WHERE ${most}${also} LIMIT 1)${
			table === 'spending' ? ' AND amount > 0' : ''
		}`
	);
	expect(found).toMatch(named);
});

it.each([
	[
		'a transfer that lost its end',
		'hub',
		`UPDATE transfer_ended SET settled_at = NULL WHERE id = 1`,
		/transfer 1: /
	],
	[
		'a transfer between accounts that no chart joins',
		'hub',
		`UPDATE transfer_ended SET kind = 'way' WHERE id = 1`,
		/not in the chart/
	],
	[
		'a packet whose answer is another than its money says',
		'hub',
		`UPDATE packet_ended SET state = 'rejected' WHERE hash = (SELECT hash FROM packet WHERE direction = 'out' AND state = 'fulfilled' LIMIT 1)`,
		/and its money is posted, not voided/
	],
	[
		'a packet that ended twice',
		'hub',
		`INSERT INTO packet_ended (link, direction, expires_at, hash, amount, condition, state, settled_at)
			SELECT link, direction, expires_at, hash, amount, condition, state, settled_at FROM packet_ended LIMIT 1`,
		/packet [0-9a-f]{64}: 2 rows tell of it/
	],
	[
		'a claim whose signature is another',
		'bob',
		`UPDATE channel SET signature = zeroblob(65), settled = settled - 1 WHERE rowid = (SELECT rowid FROM channel WHERE direction = 'in' AND settled > 0 LIMIT 1)`,
		/claims\/0x[0-9a-f]{64}: /
	],
	[
		'an event that was bought twice',
		'reader',
		`INSERT INTO bought (event_id, node, author, created_at, sent, arrived, at)
			SELECT event_id, node, author, created_at, 0, 0, at FROM bought WHERE sent > 0 LIMIT 1`,
		/event [0-9a-f]{64}: 2 rows say that it was bought/
	],
	[
		'an event that was paid for and is gone',
		'reader',
		`DELETE FROM event WHERE id = (SELECT unhex(event_id) FROM bought WHERE sent > 0 LIMIT 1)`,
		/was paid for it, and it is not here/
	],
	[
		'an event that is another than was paid for',
		'reader',
		`UPDATE event SET body = '[[],"other words"]' WHERE id = (SELECT unhex(event_id) FROM bought WHERE sent > 0 LIMIT 1)`,
		/its id or signature does not hold/
	]
] as const)('finds %s', async (_, name, change, named) => {
	expect(await auditWith(name, change)).toMatch(named);
});
