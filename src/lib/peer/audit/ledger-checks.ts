/** The ledger by itself: every stored balance from the transfers it follows from. */
import { CHART, entryOf, isInChart } from '../ledger/chart.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { big, count, startCheck, text, type Books, type Check } from './check.ts';

const transfersIn = ({ sql }: Books): bigint => big(sql.all('SELECT count(*) AS n FROM transfer')[0]?.['n']);

export const checkBalances = (books: Books): readonly Check[] => {
	const { sum, differences } = createLedger(books.sql).audit();
	const accounts = big(books.sql.all('SELECT count(*) AS n FROM account')[0]?.['n']);

	const zero = startCheck('all accounts together hold nothing');
	zero.equal('the ledger', sum, 0n, (found) => `the balances add up to ${found}, not to 0`);

	const balances = startCheck('each balance is the sum of its postings');
	for (const { account, stored, recomputed } of differences)
		balances.equal(account, stored, recomputed, (is, should) => `${is} is kept, its postings make ${should}`);

	return [zero.done(count(accounts, 'account')), balances.done(count(transfersIn(books), 'transfer'))];
};

/** A transfer is pending without an end, or posted or voided at a time; its author, by whom days are summed up, is its memo's. */
export const checkTransfers = (books: Books): Check => {
	const check = startCheck('each transfer is pending, posted or voided, and nothing between');
	for (const row of books.sql.all(
		'SELECT id, state, at, settled_at FROM transfer WHERE (state = 0) <> (settled_at IS NULL) ORDER BY id'
	))
		check.wrong(
			`transfer ${text(row, 'id')}`,
			row['state'] === 0 ? 'pending, and has an end' : 'posted or voided at no time'
		);
	for (const row of books.sql.all(
		`SELECT id, author, json_extract(memo, '$.author') AS told FROM transfer
		WHERE author IS NOT json_extract(memo, '$.author') ORDER BY id`
	))
		check.wrong(
			`transfer ${text(row, 'id')}`,
			`of ${text(row, 'author') || 'nobody'}, and of ${text(row, 'told') || 'nobody'} by its memo`
		);
	return check.done(count(transfersIn(books), 'transfer'));
};

/** Every account and every way money took is in the chart, and no account is on the wrong side of zero. */
export const checkChart = (books: Books): Check => {
	const { sql } = books;
	const check = startCheck('accounts and transfers keep to the chart');
	const accounts = sql.all('SELECT name, posted, pending_in, pending_out FROM account ORDER BY name');
	for (const row of accounts) {
		const name = text(row, 'name');
		const entry = entryOf(name);
		if (!entry) {
			check.wrong(name, 'no such account is in the chart');
			continue;
		}
		const [least, most] = [
			big(row['posted']) - big(row['pending_out']),
			big(row['posted']) + big(row['pending_in'])
		];
		if (CHART[entry].side === 'above' && least < 0n) check.wrong(name, `${least} is below zero`);
		if (CHART[entry].side === 'below' && most > 0n) check.wrong(name, `${most} is above zero`);
	}
	for (const row of sql.all(
		`SELECT t.kind, s.name AS source, g.name AS target, min(t.id) AS id FROM transfer t
		JOIN account s ON s.id = t.source JOIN account g ON g.id = t.target GROUP BY 1, 2, 3`
	)) {
		const [kind, source, target] = [text(row, 'kind'), text(row, 'source'), text(row, 'target')];
		const [from, to] = [entryOf(source), entryOf(target)];
		if (from && to && !isInChart(kind, from, to))
			check.wrong(`transfer ${text(row, 'id')}`, `${kind} from ${source} to ${target} is not in the chart`);
	}
	return check.done(count(accounts.length, 'account'));
};
