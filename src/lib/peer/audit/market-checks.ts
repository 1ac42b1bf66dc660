/**
 * Buying and selling: what receipts, days and notes say was paid and earned, against the postings; and
 * whether what was paid for is here.
 */
import { LIMITS } from '../limits.ts';
import type { SqlRow } from '../storage/sql.ts';
import { big, count, startCheck, text, type Books, type Check } from './check.ts';

const DAY_MS = 86_400_000;
const STATES = ['pending', 'posted', 'voided'] as const;

const idsOf = (row: SqlRow): readonly string[] => JSON.parse(text(row, 'ids') || '[]') as readonly string[];

interface Paid {
	readonly amount: bigint;
	readonly state: (typeof STATES)[number];
	/** Comma-separated. */
	readonly ids: string;
}

/** What left for each receipt, by hex of the receipt. */
const paymentsByReceipt = ({ sql }: Books): ReadonlyMap<string, Paid> =>
	new Map(
		sql
			.all(
				`SELECT json_extract(memo, '$.receipt') AS receipt, json_extract(memo, '$.eventIds') AS ids, amount, state
				FROM transfer WHERE kind = 'buy' AND json_extract(memo, '$.receipt') IS NOT NULL`
			)
			.map((row) => [
				text(row, 'receipt'),
				{
					amount: big(row['amount']),
					state: STATES[Number(row['state'])] ?? 'pending',
					ids: idsOf(row).join()
				}
			])
	);

interface Together {
	readonly ids: readonly string[];
	readonly amount: bigint;
}

/**
 * Money that was paid for several events at once is told for them together: events are put together as far as any
 * payment joins them, with the sum of those payments.
 */
const sumsTogether = (payments: readonly Together[]): readonly Together[] => {
	const groups = new Map<string, { ids: string[]; amount: bigint }>();
	const nameless = { ids: [] as string[], amount: 0n };
	for (const { ids, amount } of payments) {
		const joined = new Set(ids.map((id) => groups.get(id)).filter((group) => group !== undefined));
		// All notes of an author may end in one group: the others go into the largest, or each payment would pass over it.
		const [largest, ...others] = [...joined].sort((a, b) => b.ids.length - a.ids.length);
		const group = largest ?? (ids.length === 0 ? nameless : { ids: [], amount: 0n });
		const join = (id: string): void => {
			group.ids.push(id);
			groups.set(id, group);
		};
		group.amount += amount;
		for (const id of ids) if (!groups.has(id)) join(id);
		for (const other of others) {
			group.amount += other.amount;
			for (const id of other.ids) join(id);
		}
	}
	return [...new Set(groups.values()), ...(nameless.amount > 0n ? [nameless] : [])];
};

/** A day of reading may be one such group. */
const NAMED = 8;
const notesOf = (ids: readonly string[]): string => {
	const named = [...ids].sort().slice(0, NAMED).join(', ');
	if (ids.length === 1) return `event ${named}`;
	return `events ${named}${ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ''}`;
};

const checkPurchases = (books: Books): Check => {
	const check = startCheck('each receipt says of its money what the ledger says');
	const payments = paymentsByReceipt(books);
	const rows = books.sql.all('SELECT hex(receipt) AS receipt, ids, amount, money FROM purchase');
	for (const row of rows) {
		const receipt = text(row, 'receipt').toLowerCase();
		const where = `purchase ${receipt}`;
		const payment = payments.get(receipt);
		if (!payment) {
			check.wrong(where, `${text(row, 'amount')} was paid by its row, and nothing is booked for it`);
			continue;
		}
		check.equal(
			where,
			big(row['amount']),
			payment.amount,
			(is, should) => `${is} by its row, ${should} is booked`
		);
		if (text(row, 'ids') !== payment.ids)
			check.wrong(where, `for ${text(row, 'ids')} by its row, ${payment.ids || 'for nothing'} is booked`);
		// `open` may wait for the reader to look the outcome up.
		if (row['money'] === 'moved' && payment.state !== 'posted')
			check.wrong(where, `moved by its row, and ${payment.state} in the ledger`);
		if (row['money'] === 'back' && payment.state !== 'voided')
			check.wrong(where, `came back by its row, and is ${payment.state} in the ledger`);
	}
	return check.done(count(rows.length, 'receipt'));
};

const checkDays = (books: Books): Check => {
	const { sql, now } = books;
	const check = startCheck('what each day and author cost is the sum of the receipts');
	// Older receipts may be pruned while their day is not.
	const since = now - (now % DAY_MS) - LIMITS.receiptMs + 2 * DAY_MS;
	const keyOf = (day: unknown, node: unknown): string => {
		const began = new Date(Number(day)).toISOString();
		return `spending of ${Number(day) % DAY_MS === 0 ? began.slice(0, 10) : began} at ${String(node)}`;
	};
	const sums = new Map(
		sql
			.all(
				`SELECT day, node, sum(amount) AS total FROM purchase WHERE money <> 'back' AND day >= ? GROUP BY day, node`,
				[since]
			)
			.map((row) => [keyOf(row['day'], row['node']), big(row['total'])])
	);
	const rows = sql.all('SELECT day, node, amount FROM spending WHERE day >= ?', [since]);
	for (const row of rows) {
		const key = keyOf(row['day'], row['node']);
		check.equal(
			key,
			big(row['amount']),
			sums.get(key) ?? 0n,
			(is, should) => `${is} by its row, ${should} by its receipts`
		);
		sums.delete(key);
	}
	for (const [key, total] of sums) check.wrong(key, `${total} by its receipts, and no row for the day`);
	return check.done(count(rows.length, 'row'));
};

/** No event paid for twice, and each here; gone are only those that their author deleted, replaced or let expire. */
const checkBought = (books: Books): Check => {
	const { sql, now } = books;
	const check = startCheck('each event paid for is in the store');
	const rows = sql.all('SELECT event_id, sent, arrived FROM bought');
	for (const row of rows)
		if (big(row['arrived']) > big(row['sent']) || big(row['arrived']) < 0n)
			check.wrong(
				`event ${text(row, 'event_id')}`,
				`${text(row, 'arrived')} of ${text(row, 'sent')} sent for it arrived`
			);
	for (const row of sql.all(
		'SELECT event_id, count(*) AS n FROM bought GROUP BY event_id HAVING count(*) > 1'
	))
		check.wrong(`event ${text(row, 'event_id')}`, `${text(row, 'n')} rows say that it was bought`);
	for (const row of sql.all(
		`SELECT b.event_id, b.sent FROM bought b WHERE b.sent > 0 AND (b.expires IS NULL OR b.expires > ?)
		AND NOT EXISTS (SELECT 1 FROM event e WHERE e.id = unhex(b.event_id))
		AND NOT EXISTS (SELECT 1 FROM deleted_event d WHERE d.id = unhex(b.event_id))
		AND NOT EXISTS (
			SELECT 1 FROM event e JOIN author a ON a.id = e.author
			WHERE a.pubkey = unhex(b.author) AND e.d IS NOT NULL AND e.created_at >= b.created_at)`,
		[Math.floor(now / 1000)]
	))
		check.wrong(`event ${text(row, 'event_id')}`, `${text(row, 'sent')} was paid for it, and it is not here`);
	return check.done(count(rows.length, 'event'));
};

/**
 * What notes cost, against what was paid for them. Told only where all of it is known: receipts are forgotten after a
 * while, and what is still asked for, or was paid and never came, is in no row of an event.
 */
const checkCosts = ({ sql }: Books): Check => {
	const check = startCheck('what each note cost adds up to what was paid');
	const states = new Map(
		sql
			.all('SELECT hex(receipt) AS receipt, state, money FROM purchase')
			.map((row) => [
				text(row, 'receipt').toLowerCase(),
				row['money'] === 'open' ? 'open' : text(row, 'state')
			])
	);
	const paid = sql
		.all(
			`SELECT json_extract(memo, '$.eventIds') AS ids, json_extract(memo, '$.receipt') AS receipt, amount, state
			FROM transfer WHERE kind = 'buy' AND json_extract(memo, '$.receipt') IS NOT NULL`
		)
		.map((row) => ({
			ids: idsOf(row),
			// Nothing was paid by one that was voided, and its row may not know that yet.
			amount: row['state'] === 1 ? big(row['amount']) : 0n,
			isKnown:
				row['state'] === 2
					? states.get(text(row, 'receipt')) !== 'open'
					: states.get(text(row, 'receipt')) === 'stored'
		}));
	const unknown = new Set(paid.filter(({ isKnown }) => !isKnown).flatMap(({ ids }) => ids));
	const rows = sql.all(
		`SELECT event_id, sum(sent) AS sent FROM (SELECT event_id, sent FROM bought UNION ALL SELECT event_id, sent FROM bought_part)
		GROUP BY event_id`
	);
	const costs = new Map(rows.map((row) => [text(row, 'event_id'), big(row['sent'])]));
	for (const { ids, amount } of sumsTogether(paid)) {
		const found = ids.reduce((sum, id) => sum + (costs.get(id) ?? 0n), 0n);
		if (!ids.some((id) => unknown.has(id)))
			check.equal(
				notesOf(ids),
				found,
				amount,
				(is, should) =>
					`cost ${is} by ${ids.length === 1 ? 'its row' : 'their rows'}, and ${should} is booked`
			);
		for (const id of ids) costs.delete(id);
	}
	for (const [id, cost] of costs)
		if (cost !== 0n) check.wrong(`event ${id}`, `cost ${cost} by its row, and nothing is booked for it`);
	return check.done(count(rows.length, 'note'));
};

/** By receipt; an event that came in parts has one for each, and its row names the last. */
const checkWay = ({ sql }: Books): Check => {
	const check = startCheck('what the way took is what was sent and did not arrive');
	const booked = new Map<string, bigint>();
	for (const row of sql.all(
		`SELECT json_extract(memo, '$.eventIds[0]') AS id, sum(amount) AS total FROM transfer
		WHERE kind = 'way' AND state = 1 GROUP BY 1`
	))
		booked.set(text(row, 'id'), big(row['total']));
	const rows = sql.all(
		`SELECT hex(receipt) AS receipt, json_group_array(event_id) AS ids, sum(sent - arrived) AS total
		FROM bought WHERE receipt IS NOT NULL GROUP BY receipt`
	);
	for (const row of rows) {
		const ids = JSON.parse(text(row, 'ids')) as readonly string[];
		const found = ids.map((id) => booked.get(id) ?? 0n).reduce((sum, one) => sum + one, 0n);
		// None at all: it came before the ledger knew that its money moved.
		if (found > 0n)
			check.equal(
				`purchase ${text(row, 'receipt').toLowerCase()}`,
				big(row['total']),
				found,
				(is, should) => `${is} did not arrive by its events, ${should} is booked as way`
			);
	}
	return check.done(count(rows.length, 'receipt'));
};

const checkEarnings = (books: Books): readonly Check[] => {
	const { sql } = books;
	const earned = startCheck('what each note earned adds up to what was sold');
	const sold = sumsTogether(
		sql
			.all(
				`SELECT json_extract(t.memo, '$.eventIds') AS ids, t.amount FROM transfer t JOIN account a ON a.id = t.source
				WHERE t.kind = 'sell' AND t.state = 1 AND a.name = 'income/notes'`
			)
			.map((row) => ({ ids: idsOf(row), amount: big(row['amount']) }))
	);
	const rows = sql.all('SELECT event_id, sum(total) AS total FROM earning GROUP BY event_id');
	const totals = new Map(rows.map((row) => [text(row, 'event_id'), big(row['total'])]));
	for (const { ids, amount } of sold) {
		const found = ids.reduce((sum, id) => sum + (totals.get(id) ?? 0n), 0n);
		earned.equal(
			ids.length === 0 ? 'income/notes' : notesOf(ids),
			found,
			amount,
			(is, should) =>
				`earned ${is} by ${ids.length === 1 ? 'its row' : 'their rows'}, and ${should} is booked as sold`
		);
		for (const id of ids) totals.delete(id);
	}
	for (const [id, total] of totals)
		earned.wrong(`event ${id}`, `earned ${total} by its row, and was never sold`);

	const receipts = startCheck('each receipt given to a reader was paid');
	const sales = new Map<string, number>();
	for (const row of sql.all(
		`SELECT json_extract(memo, '$.eventIds') AS ids, amount, count(*) AS n FROM transfer
		WHERE kind = 'sell' AND state = 1 GROUP BY 1, 2`
	)) {
		sales.set(`${idsOf(row).join()} ${text(row, 'amount')}`, Number(row['n']));
	}
	const given = sql.all('SELECT hex(receipt) AS receipt, ids, paid FROM sale_receipt ORDER BY at, receipt');
	for (const row of given) {
		const key = `${text(row, 'ids')} ${text(row, 'paid')}`;
		const left = sales.get(key) ?? 0;
		if (left === 0)
			receipts.wrong(
				`sale ${text(row, 'receipt').toLowerCase()}`,
				`${text(row, 'paid')} by its receipt, and no such sale is booked`
			);
		else sales.set(key, left - 1);
	}
	return [earned.done(count(rows.length, 'note')), receipts.done(count(given.length, 'receipt'))];
};

export const checkMarket = (books: Books): readonly Check[] => [
	checkPurchases(books),
	checkDays(books),
	checkBought(books),
	checkCosts(books),
	checkWay(books),
	...checkEarnings(books)
];
