/** Payouts, at the hub's end (`payout`) and at the guest's (`payout_taken`), against their postings. */
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

	const paid = sql.all('SELECT * FROM payout ORDER BY number');
	for (const row of paid) {
		const peer = text(row, 'peer');
		const group = `payout/${peer}/${text(row, 'number')}`;
		const where = `payout ${text(row, 'number')} to ${peer}`;
		const isUndone = row['state'] === 'undone';
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
