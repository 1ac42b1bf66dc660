/**
 * The totals that a hello tells a neighbour, each from the postings it sums up, and the formula of the link
 * account (link/accounts.ts), which says the same a second time from claims and totals.
 *
 * | total | postings of `link/<peer>` |
 * |---|---|
 * | fulfilled by me | into it: `sell`, `publish`, `forward`, `fee`, `recover`; out of it: `late` |
 * | fulfilled by the neighbour | out of it: `buy`, `publish`, `forward`, `recover` |
 * | paid out by me | into it: `payout`, `payout-fee`; out of it: the same, undone |
 * | paid out by the neighbour | out of it: `payout`, `payout-fee` |
 *
 * A neighbour with whom money is open, or a channel or a packet, is never forgotten.
 */
import { createChannels } from '../channel/channels.ts';
import { createLedger } from '../ledger/sqlite-ledger.ts';
import { createLinkAccounts } from '../link/accounts.ts';
import { createPackets } from '../link/packets.ts';
import { big, count, startCheck, storedBalances, text, type Books, type Check } from './check.ts';

type Total = 'fulfilled_by_me' | 'fulfilled_by_peer' | 'paid_out_by_me' | 'paid_out_by_peer';

const WORDS: Readonly<Record<Total, string>> = {
	fulfilled_by_me: 'fulfilled by me',
	fulfilled_by_peer: 'fulfilled by the neighbour',
	paid_out_by_me: 'paid out by me',
	paid_out_by_peer: 'paid out by the neighbour'
};

/** Which total a posting belongs to, and with which sign; undefined for claims and what a new chain reset. */
const totalOf = (
	kind: string,
	isInto: boolean,
	isUndone: boolean
): readonly [Total, 1n | -1n] | undefined => {
	switch (kind) {
		case 'sell':
		case 'publish':
		case 'forward':
		case 'fee':
		case 'buy':
		case 'recover':
			return isInto ? ['fulfilled_by_me', 1n] : ['fulfilled_by_peer', 1n];
		case 'late':
			return ['fulfilled_by_me', -1n];
		case 'payout':
		case 'payout-fee':
			if (isInto) return ['paid_out_by_me', 1n];
			return isUndone ? ['paid_out_by_me', -1n] : ['paid_out_by_peer', 1n];
		default:
			return undefined;
	}
};

const totalsFromPostings = ({ sql }: Books): ReadonlyMap<string, ReadonlyMap<Total, bigint>> => {
	const byPeer = new Map<string, Map<Total, bigint>>();
	const rows = sql.all(
		`SELECT l.peer, t.kind, t.target = a.id AS is_into, t.group_name LIKE '%/undone' AS is_undone, sum(t.amount) AS total
		FROM link l JOIN account a ON a.name = 'link/' || l.peer
		JOIN transfer t ON (t.source = a.id OR t.target = a.id) AND t.state = 1 AND t.id > l.counted_from
		GROUP BY 1, 2, 3, 4`
	);
	for (const row of rows) {
		const found = totalOf(text(row, 'kind'), row['is_into'] === 1, row['is_undone'] === 1);
		if (!found) continue;
		const [total, sign] = found;
		const totals = byPeer.get(text(row, 'peer')) ?? new Map<Total, bigint>();
		totals.set(total, (totals.get(total) ?? 0n) + sign * big(row['total']));
		byPeer.set(text(row, 'peer'), totals);
	}
	return byPeer;
};

export const checkLinks = (books: Books): readonly Check[] => {
	const { sql, tokenScale } = books;
	const ledger = createLedger(sql);
	const accounts = createLinkAccounts(
		sql,
		ledger,
		createChannels(sql, ledger, tokenScale),
		createPackets(sql)
	);

	const totals = startCheck('what a hello tells each neighbour follows from the postings');
	const fromPostings = totalsFromPostings(books);
	const rows = sql.all('SELECT * FROM link ORDER BY peer');
	for (const row of rows)
		for (const total of Object.keys(WORDS) as Total[])
			totals.equal(
				`link/${text(row, 'peer')}`,
				big(row[total]),
				fromPostings.get(text(row, 'peer'))?.get(total) ?? 0n,
				(is, should) => `${WORDS[total]} is ${is} by its row, ${should} by its postings`
			);

	const formula = startCheck('claims, totals and the balance of each link say the same');
	for (const { peer } of accounts.all())
		formula.equal(
			`link/${peer}`,
			accounts.audit(peer),
			0n,
			(is) => `its balance is ${is} away from what claims and totals make`
		);

	const known = startCheck('there is a row of each neighbour with whom there is money');
	const peers = new Set(rows.map((row) => text(row, 'peer')));
	for (const [account, balance] of storedBalances(books))
		if (account.startsWith('link/') && balance !== 0n && !peers.has(account.slice('link/'.length)))
			known.wrong(account, `holds ${balance}, and there is no such neighbour`);
	for (const row of sql.all('SELECT id, peer FROM channel ORDER BY id, epoch'))
		if (!peers.has(text(row, 'peer')))
			known.wrong(`channel/${text(row, 'id')}`, `there is no neighbour ${text(row, 'peer')}`);
	for (const row of sql.all('SELECT DISTINCT link FROM packet ORDER BY link'))
		if (!peers.has(text(row, 'link')))
			known.wrong(`link/${text(row, 'link')}`, 'packets crossed it, and there is no such neighbour');
	const neighbours = count(rows.length, 'neighbour');
	return [totals.done(neighbours), formula.done(neighbours), known.done(neighbours)];
};
