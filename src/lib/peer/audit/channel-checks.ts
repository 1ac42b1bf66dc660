/**
 * Channels: each figure of a row from postings, and the order that no honest history can break.
 *
 * | figure | postings |
 * |---|---|
 * | deposited, of all epochs | `fund` into `channel/<id>` |
 * | claimed, of all epochs | `claim` between `channel/<id>` or `claims/<id>` and the link, what was given back taken off |
 * | settled, of channels that pay me | `redeem` out of `claims/<id>`; `outside` where a chain was replaced |
 * | left in my channel | balance of `channel/<id>` |
 * | claims held | balance of `claims/<id>` |
 * | what counts of a deposit that is not safe yet | no posting: at most what channel/deposits.ts allows |
 */
import { LIMITS } from '../limits.ts';
import { linkToTokenDown, minOf } from '../money.ts';
import type { SqlRow } from '../storage/sql.ts';
import { big, count, linkUnits, startCheck, storedBalances, text, type Books, type Check } from './check.ts';

/** Of an epoch that can still change. */
export const isLive = (row: SqlRow): boolean => row['status'] !== 'closed' && row['status'] !== 'archived';

export const channelRows = ({ sql }: Books): readonly SqlRow[] =>
	sql.all(
		`SELECT c.*, coalesce(d.shown, c.deposited) AS shown FROM channel c LEFT JOIN channel_deposit d USING (id, epoch)
		ORDER BY c.opened_at, c.id, c.epoch`
	);

/** Link units in or out of each `channel/` and `claims/` account, by kind. */
const flows = ({ sql }: Books): ReadonlyMap<string, bigint> =>
	new Map(
		sql
			.all(
				`SELECT a.name, t.kind, sum(CASE WHEN t.target = a.id THEN t.amount ELSE -t.amount END) AS net
				FROM account a JOIN transfer t ON (t.source = a.id OR t.target = a.id) AND t.state = 1
				WHERE a.name LIKE 'channel/%' OR a.name LIKE 'claims/%' GROUP BY 1, 2`
			)
			.map((row) => [`${text(row, 'name')} ${text(row, 'kind')}`, big(row['net'])])
	);

export const checkChannels = (books: Books): readonly Check[] => {
	const rows = channelRows(books);
	const net = flows(books);
	const balances = storedBalances(books);
	const flow = (account: string, kind: string): bigint => net.get(`${account} ${kind}`) ?? 0n;

	const order = startCheck('settled ≤ claimed ≤ promised ≤ deposited in each channel');
	for (const row of rows) {
		const where = `channel/${text(row, 'id')}`;
		const [settled, claimed, promised, deposited] = ['settled', 'claimed', 'promised', 'deposited'].map(
			(column) => big(row[column])
		) as [bigint, bigint, bigint, bigint];
		const least = [settled, claimed, promised, deposited].find((amount) => amount < 0n);
		if (least !== undefined) order.wrong(where, `${least} is below zero`);
		if (settled > claimed) order.wrong(where, `${settled} was captured, and only ${claimed} claimed`);
		if (claimed > promised) order.wrong(where, `${claimed} is claimed, and only ${promised} was promised`);
		// A payee that agreed to keep less counts less than it holds.
		const mayKeepLess = row['direction'] === 'in' && row['status'] === 'frozen';
		if (claimed < promised && isLive(row) && !mayKeepLess)
			order.wrong(where, `${promised} was promised, and only ${claimed} is claimed`);
		// A payee's chain may undo a block, and the deposit in it, under claims it holds.
		if (promised > deposited)
			order[row['direction'] === 'in' ? 'behind' : 'wrong'](
				where,
				`${promised} was promised, and only ${deposited} is there`
			);
	}

	const postings = startCheck('each figure of a channel follows from its postings');
	const ids = [...new Set(rows.map((row) => text(row, 'id')))];
	for (const id of ids) {
		const epochs = rows.filter((row) => row['id'] === id);
		const isOut = epochs[0]?.['direction'] === 'out';
		const account = `${isOut ? 'channel' : 'claims'}/${id}`;
		const sum = (column: string, of: readonly SqlRow[] = epochs): bigint =>
			of.reduce((total, row) => total + linkUnits(books, row[column]), 0n);
		const live = epochs.filter(isLive);
		const equal = (name: string, byRow: bigint, byPostings: bigint): void =>
			postings.equal(
				account,
				byRow,
				byPostings,
				(is, should) => `${name} ${is} by its row, ${should} by its postings (link units)`
			);
		equal('claimed', sum('claimed'), (isOut ? -1n : 1n) * flow(account, 'claim'));
		if (isOut) {
			equal('deposited', sum('deposited'), flow(account, 'fund'));
			equal('left', sum('deposited', live) - sum('claimed', live), balances.get(account) ?? 0n);
		} else {
			equal('settled', sum('settled'), -flow(account, 'redeem') - flow(account, 'outside'));
			equal('held', sum('claimed', live) - sum('settled', live), balances.get(account) ?? 0n);
		}
	}
	const known = new Set(
		rows.map((row) => `${row['direction'] === 'out' ? 'channel' : 'claims'}/${text(row, 'id')}`)
	);
	for (const [account, balance] of balances)
		if (/^(channel|claims)\//.test(account) && !known.has(account))
			postings.wrong(account, `holds ${balance}, and there is no such channel`);
	return [
		order.done(count(rows.length, 'channel')),
		postings.done(count(rows.length, 'channel')),
		checkDeposits(books)
	];
};

/** Deposits that the chain shows and that are not safe yet. */
const checkDeposits = (books: Books): Check => {
	const check = startCheck('of a deposit that is not safe yet only a little counts');
	const most = linkToTokenDown(LIMITS.unsafeDeposit, books.tokenScale);
	const rows = books.sql.all(
		`SELECT d.id, d.safe, d.shown, c.direction, c.status, c.deposited FROM channel_deposit d
		LEFT JOIN channel c USING (id, epoch) ORDER BY d.id, d.epoch`
	);
	for (const row of rows) {
		const where = `channel/${text(row, 'id')}`;
		if (row['status'] === null) check.wrong(where, 'a deposit waits, and there is no such channel');
		else if (isLive(row)) {
			const [deposited, shown, safe] = [big(row['deposited']), big(row['shown']), big(row['safe'])];
			const allowed = minOf(shown, safe + most);
			if (deposited > allowed)
				check.wrong(
					where,
					`deposited ${deposited} by its row, and at most ${allowed} count until the rest is safe`
				);
			const least = minOf(shown, safe);
			if (deposited < least) check.wrong(where, `deposited ${deposited} by its row, and ${least} are safe`);
		}
	}
	return check.done(count(rows.length, 'deposit'));
};
