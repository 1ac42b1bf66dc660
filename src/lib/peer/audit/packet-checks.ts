/**
 * Packets and the transfers of their group. Both are written in one transaction, so they never differ, not
 * even in the middle of a crash.
 *
 * | packet | its transfers |
 * |---|---|
 * | sent on, pending | pending |
 * | sent on, fulfilled | posted |
 * | sent on, rejected or late | voided |
 * | ended here, fulfilled | posted at once |
 * | ended here, late: the neighbour does not pay for it | posted, and `late` took it back |
 * | came in and rejected | none posted |
 *
 * Rows of packets are forgotten some time after they ended; their transfers stay. What was fulfilled can be shown
 * again as long as it is remembered: the fulfilment is the one of its condition.
 */
import type { Crypto } from '../platform.ts';
import { compareBytes } from '../bytes.ts';
import type { SqlRow } from '../storage/sql.ts';
import { big, count, startCheck, text, type Books, type Check, type Checking } from './check.ts';

const STATES = ['pending', 'posted', 'voided'] as const;
const STATE_OF_PACKET: Readonly<Record<string, (typeof STATES)[number]>> = {
	pending: 'pending',
	fulfilled: 'posted',
	rejected: 'voided',
	late: 'voided'
};

interface Moved {
	readonly kind: string;
	readonly from: string;
	readonly to: string;
	readonly amount: bigint;
	readonly state: (typeof STATES)[number];
}

const transfersByGroup = ({ sql }: Books): ReadonlyMap<string, readonly Moved[]> => {
	const groups = new Map<string, Moved[]>();
	for (const row of sql.all(
		`SELECT t.group_name, t.kind, t.amount, t.state, s.name AS source, g.name AS target
		FROM transfer t JOIN account s ON s.id = t.source JOIN account g ON g.id = t.target
		WHERE t.group_name IN (SELECT ledger_group FROM packet UNION SELECT 'late/' || ledger_group FROM packet)`
	)) {
		const group = text(row, 'group_name');
		const moved: Moved = {
			kind: text(row, 'kind'),
			from: text(row, 'source'),
			to: text(row, 'target'),
			amount: big(row['amount']),
			state: STATES[Number(row['state'])] ?? 'pending'
		};
		const others = groups.get(group);
		if (others) others.push(moved);
		else groups.set(group, [moved]);
	}
	return groups;
};

const nameOf = (row: SqlRow): string => `link/${text(row, 'link')} packet ${text(row, 'hash').toLowerCase()}`;

/** Exactly one such transfer, of that amount and in that state. */
const expectOne = (
	check: Checking,
	row: SqlRow,
	what: string,
	found: readonly Moved[],
	amount: bigint,
	state: Moved['state']
): void => {
	const where = nameOf(row);
	const [only, ...more] = found;
	if (!only || more.length > 0) check.wrong(where, `${found.length} transfers for ${what}, not one`);
	else if (only.amount !== amount) check.wrong(where, `${what} is ${only.amount}, the packet says ${amount}`);
	else if (only.state !== state)
		check.wrong(where, `${text(row, 'state')}, and ${what} is ${only.state}, not ${state}`);
};

export const checkPackets = (books: Books): readonly Check[] => {
	const { sql } = books;
	const groups = transfersByGroup(books);
	const of = (row: SqlRow, prefix = ''): readonly Moved[] =>
		groups.get(`${prefix}${text(row, 'ledger_group')}`) ?? [];

	const sent = startCheck('each packet sent on has its money pending, posted or voided as it is itself');
	const out = sql.all(
		`SELECT p.link, hex(p.hash) AS hash, p.amount, p.state, p.ledger_group, p.in_link, i.amount AS in_amount, i.state AS in_state
		-- By the hash alone: rows lie in the order of time, and looking through a link's for each would be slow.
		FROM packet p LEFT JOIN packet i ON i.hash = p.in_hash AND +i.link = p.in_link AND +i.direction = 'in'
		WHERE p.direction = 'out'`
	);
	for (const row of out) {
		const link = `link/${text(row, 'link')}`;
		const state = STATE_OF_PACKET[text(row, 'state')] ?? 'pending';
		const isForwarded = row['in_link'] !== null;
		const before = `link/${text(row, 'in_link')}`;
		const main = of(row).filter(({ from, to }) => from === link && (!isForwarded || to === before));
		expectOne(sent, row, 'its money', main, big(row['amount']), state);
		if (!isForwarded || row['in_amount'] === null) continue;
		const fee = big(row['in_amount']) - big(row['amount']);
		const fees = of(row).filter(({ kind, to }) => kind === 'fee' && to === before);
		if (fee > 0n) expectOne(sent, row, 'its fee', fees, fee, state);
		else if (fees.length > 0) sent.wrong(nameOf(row), 'a fee was taken, and nothing stayed here');
		const answered = text(row, 'in_state');
		if ((answered === 'fulfilled' || answered === 'late') && text(row, 'state') !== 'fulfilled')
			sent.wrong(nameOf(row), `${text(row, 'state')}, and ${before} was told fulfilled`);
		if (answered === 'rejected' && text(row, 'state') === 'fulfilled')
			sent.wrong(nameOf(row), `fulfilled, and ${before} was told rejected`);
	}

	const ended = startCheck('each packet that ended here has its money posted');
	const taken = sql.all(
		`SELECT i.link, hex(i.hash) AS hash, i.amount, i.state, i.ledger_group FROM packet i
		WHERE i.direction = 'in' AND i.state IN ('fulfilled', 'late')`
	);
	for (const row of taken) {
		const link = `link/${text(row, 'link')}`;
		const moved = of(row).filter(({ to }) => to === link);
		const total = moved.reduce((sum, { amount, state }) => sum + (state === 'posted' ? amount : 0n), 0n);
		ended.equal(
			nameOf(row),
			total,
			big(row['amount']),
			(is, should) => `${is} is posted for it, it carried ${should}`
		);
		if (row['state'] === 'late')
			expectOne(ended, row, 'what was taken back as late', of(row, 'late/'), big(row['amount']), 'posted');
	}
	const refused = sql.all(
		`SELECT link, hex(hash) AS hash, ledger_group FROM packet WHERE direction = 'in' AND state = 'rejected'`
	);
	for (const row of refused)
		for (const { kind, to, amount, state } of of(row))
			if (to === `link/${text(row, 'link')}` && state === 'posted')
				ended.wrong(nameOf(row), `rejected by its row, and ${amount} is posted for it as ${kind}`);

	const once = startCheck('each packet began and ended once');
	for (const row of sql.all(
		`SELECT link, hex(hash) AS hash, count(*) AS n FROM packet GROUP BY link, direction, expires_at, hash HAVING n > 1`
	))
		once.wrong(nameOf(row), `${text(row, 'n')} rows tell of it`);

	const pending = startCheck('nothing is pending but for packets under way');
	for (const row of sql.all(
		`SELECT group_name, sum(amount) AS total FROM transfer WHERE state = 0 AND group_name NOT IN
			(SELECT ledger_group FROM packet WHERE direction = 'out' AND state = 'pending') GROUP BY group_name`
	))
		pending.wrong(
			`transfers of group ${text(row, 'group_name')}`,
			`${text(row, 'total')} is pending, and no packet that is under way says so`
		);
	const open = out.filter((row) => row['state'] === 'pending').length;

	return [
		sent.done(count(out.length, 'packet')),
		ended.done(count(taken.length, 'packet')),
		once.done(count(out.length + taken.length, 'packet')),
		pending.done(`${count(open, 'packet')} under way`)
	];
};

/** A fulfilment that is remembered, with what it must be the preimage of. */
export interface RememberedFulfilment {
	readonly where: string;
	readonly condition: Uint8Array;
	readonly fulfillment: Uint8Array | undefined;
}

export const rememberedFulfilments = ({ sql }: Books): readonly RememberedFulfilment[] =>
	sql
		.all(`SELECT link, hex(hash) AS hash, condition, fulfillment FROM packet WHERE state = 'fulfilled'`)
		.map((row) => ({
			where: nameOf(row),
			condition: row['condition'] as Uint8Array,
			fulfillment: (row['fulfillment'] as Uint8Array | null) ?? undefined
		}));

export const checkFulfilments = async (
	fulfilments: readonly RememberedFulfilment[],
	crypto: Pick<Crypto, 'sha256'>
): Promise<Check> => {
	const check = startCheck('each fulfilment that is remembered is that of its condition');
	for (const { where, condition, fulfillment } of fulfilments)
		if (!fulfillment) check.wrong(where, 'fulfilled, and its fulfilment is not here');
		else if (compareBytes(await crypto.sha256(fulfillment), condition) !== 0)
			check.wrong(where, 'its fulfilment is that of another condition');
	return check.done(count(fulfilments.length, 'fulfilment'));
};
