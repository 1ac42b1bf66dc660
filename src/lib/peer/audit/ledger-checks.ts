/** The ledger by itself: every stored balance from the transfers it follows from. */
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

/** A transfer is pending without an end, or posted or voided at a time. */
export const checkTransfers = (books: Books): Check => {
	const check = startCheck('each transfer is pending, posted or voided, and nothing between');
	for (const row of books.sql.all(
		'SELECT id, state, at, settled_at FROM transfer WHERE (state = 0) <> (settled_at IS NULL) ORDER BY id'
	))
		check.wrong(
			`transfer ${text(row, 'id')}`,
			row['state'] === 0 ? 'pending, and has an end' : 'posted or voided at no time'
		);
	return check.done(count(transfersIn(books), 'transfer'));
};
