/**
 * Buying and selling: what receipts, days and notes say was paid and earned, against the postings; and
 * whether what was paid for is here.
 */
import { LIMITS } from '../limits.ts';
import { big, count, startCheck, text, type Books, type Check } from './check.ts';

const DAY_MS = 86_400_000;
const STATES = ['pending', 'posted', 'voided'] as const;

interface Paid {
	readonly amount: bigint;
	readonly state: (typeof STATES)[number];
}

/** What left for each receipt, by hex of the receipt. */
const paymentsByReceipt = ({ sql }: Books): ReadonlyMap<string, Paid> =>
	new Map(
		sql
			.all(
				`SELECT json_extract(memo, '$.receipt') AS receipt, amount, state FROM transfer
				WHERE kind = 'buy' AND json_extract(memo, '$.receipt') IS NOT NULL`
			)
			.map((row) => [
				text(row, 'receipt'),
				{ amount: big(row['amount']), state: STATES[Number(row['state'])] ?? 'pending' }
			])
	);

const checkPurchases = (books: Books): Check => {
	const check = startCheck('each receipt says of its money what the ledger says');
	const payments = paymentsByReceipt(books);
	const rows = books.sql.all('SELECT hex(receipt) AS receipt, amount, money, state FROM purchase');
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
	const keyOf = (day: unknown, node: unknown): string =>
		`spending of ${new Date(Number(day)).toISOString().slice(0, 10)} at ${String(node)}`;
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
	const rows = sql.all('SELECT event_id, author, created_at, sent, arrived FROM bought WHERE sent > 0');
	for (const row of rows)
		if (big(row['arrived']) > big(row['sent']))
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
	const sold = big(
		sql.all(
			`SELECT sum(t.amount) AS total FROM transfer t JOIN account a ON a.id = t.source
			WHERE t.kind = 'sell' AND t.state = 1 AND a.name = 'income/notes'`
		)[0]?.['total']
	);
	const rows = sql.all('SELECT total FROM earning');
	const total = rows.reduce((sum, row) => sum + big(row['total']), 0n);
	earned.equal(
		'income/notes',
		total,
		sold,
		(is, should) => `the notes earned ${is}, and ${should} is booked as sold`
	);

	const receipts = startCheck('each receipt given to a reader was paid');
	const sales = new Map<string, number>();
	for (const row of sql.all(
		`SELECT json_extract(memo, '$.eventIds') AS ids, amount, count(*) AS n FROM transfer
		WHERE kind = 'sell' AND state = 1 GROUP BY 1, 2`
	)) {
		const ids = JSON.parse(text(row, 'ids') || '[]') as readonly string[];
		sales.set(`${ids.join()} ${text(row, 'amount')}`, Number(row['n']));
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
	checkWay(books),
	...checkEarnings(books)
];
