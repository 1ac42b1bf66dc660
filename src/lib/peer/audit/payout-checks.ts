/**
 * Payouts, at the hub's end (`payout`) and at the guest's (`payout_taken`), against their postings, and those of the
 * hub against what became of their transactions: one that is in a block must not be begun again.
 */
import { big, count, linkUnits, startCheck, text, type Books, type Check } from './check.ts';

export const checkPayouts = (books: Books): Check => {
	const { sql } = books;
	const check = startCheck('each payout is booked once, with its fee');
	const posted = new Map<string, bigint>();
	for (const row of sql.all(
		`SELECT group_name, kind, sum(amount) AS total FROM transfer
		WHERE kind IN ('payout', 'payout-fee') AND state = 1 GROUP BY 1, 2`
	))
		posted.set(`${text(row, 'group_name')} ${text(row, 'kind')}`, big(row['total']));
	const expect = (where: string, group: string, kind: 'payout' | 'payout-fee', amount: bigint): void => {
		const key = `${group} ${kind}`;
		check.equal(
			where,
			posted.get(key) ?? 0n,
			amount,
			(is, should) => `${is} is booked as ${kind}, its row says ${should}`
		);
		posted.delete(key);
	};

	// One that an older copy of the database forgot was found on the chain, and has no row of a transaction.
	const paid = sql.all(
		`SELECT p.*, t.state AS transaction_state, t.hash AS transaction_hash FROM payout p
		LEFT JOIN chain_transaction t ON t.purpose = 'payout/' || p.number ORDER BY p.number`
	);
	for (const row of paid) {
		const peer = text(row, 'peer');
		const group = `payout/${peer}/${text(row, 'number')}`;
		const where = `payout ${text(row, 'number')} to ${peer}`;
		const state = text(row, 'state');
		const isUndone = state === 'undone';
		const isInBlock = row['transaction_state'] === 'mined' || row['transaction_state'] === 'done';
		if (isInBlock && state !== 'done' && state !== 'archived')
			check.wrong(where, `${state} by its row, and its transaction is in a block`);
		if (state === 'done' && row['hash'] === null)
			check.wrong(where, 'done by its row, and in no transaction');
		if (isInBlock && state === 'done' && row['hash'] !== row['transaction_hash'])
			check.wrong(
				where,
				`done by its row in ${text(row, 'hash')}, and its transaction is ${text(row, 'transaction_hash')}`
			);
		expect(where, group, 'payout', linkUnits(books, row['amount']));
		expect(where, group, 'payout-fee', big(row['fee']));
		expect(`${where}, undone`, `${group}/undone`, 'payout', isUndone ? linkUnits(books, row['amount']) : 0n);
		expect(`${where}, undone`, `${group}/undone`, 'payout-fee', isUndone ? big(row['fee']) : 0n);
	}
	const taken = sql.all('SELECT * FROM payout_taken ORDER BY at, hash');
	for (const row of taken) {
		const hash = text(row, 'hash');
		expect(`payout ${hash}`, `payout/${hash}`, 'payout', big(row['amount']));
		expect(`payout ${hash}`, `payout/${hash}`, 'payout-fee', big(row['fee']));
	}
	for (const [key, amount] of posted) check.wrong(key, `${amount} is booked, and no payout says so`);
	return check.done(count(paid.length + taken.length, 'payout'));
};
