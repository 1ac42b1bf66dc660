/**
 * The two ends of a link, when the books of both are here: each total one side tells is the other's, and what
 * one is owed the other owes. While packets between them are under way the two may honestly differ.
 */
import { channelRows } from './channel-checks.ts';
import { bytesToHex, fromHex } from '../bytes.ts';
import type { Crypto } from '../platform.ts';
import type { SqlRow } from '../storage/sql.ts';
import { createSettings } from '../storage/settings.ts';
import { big, count, startCheck, storedBalances, text, type Books, type Check } from './check.ts';

/** One end: who it is on links, and its rows. */
export interface End {
	readonly name: string;
	/** x-only hex. */
	readonly device: string;
	readonly links: readonly SqlRow[];
	readonly channels: readonly SqlRow[];
	readonly balances: ReadonlyMap<string, bigint>;
	/** Neighbours with a packet whose outcome one of the two does not know yet. */
	readonly unsettled: ReadonlySet<string>;
}

export const endOf = async (name: string, books: Books, crypto: Crypto): Promise<End | undefined> => {
	const { sql } = books;
	const keys = createSettings(sql).get('identity.keys');
	if (keys === undefined) return undefined;
	const { device } = JSON.parse(keys) as { readonly device: string };
	const rows = {
		links: sql.all(`SELECT * FROM link WHERE peer NOT LIKE 'ilp:%'`),
		channels: channelRows(books),
		balances: storedBalances(books),
		unsettled: new Set(
			sql
				.all(
					`SELECT DISTINCT link FROM packet WHERE state = 'pending' OR (direction = 'out' AND state = 'late')`
				)
				.map((row) => text(row, 'link'))
		)
	};
	return { name, device: bytesToHex(await crypto.schnorrPublicKey(fromHex(device))), ...rows };
};

export const checkEnds = (ends: readonly End[]): readonly Check[] => {
	const byDevice = new Map(ends.map((end) => [end.device, end]));
	const check = startCheck('both ends of each link tell the same');
	const elsewhere = new Set<string>();
	let pairs = 0;
	for (const mine of ends)
		for (const row of mine.links) {
			const other = byDevice.get(text(row, 'peer'));
			const theirs = other?.links.find(({ peer }) => peer === mine.device);
			if (!other) {
				elsewhere.add(text(row, 'peer'));
				continue;
			}
			if (!theirs) {
				const has = (total: string): boolean => big(row[total]) !== 0n;
				if (['fulfilled_by_me', 'fulfilled_by_peer', 'paid_out_by_me', 'paid_out_by_peer'].some(has))
					check.wrong(
						`${mine.name} and ${other.name}`,
						`money moved by ${mine.name}, and ${other.name} does not know it`
					);
				continue;
			}
			pairs += 1;
			const where = `${mine.name} and ${other.name}`;
			const isSettled = !mine.unsettled.has(other.device) && !other.unsettled.has(mine.device);
			const equal = (what: string, a: bigint, b: bigint): void => {
				if (a === b) return;
				const sentence = `${what}: ${a} by ${mine.name}, ${b} by ${other.name}`;
				if (isSettled) check.wrong(where, sentence);
				else check.behind(where, `${sentence}, with packets under way`);
			};
			equal(`fulfilled by ${mine.name}`, big(row['fulfilled_by_me']), big(theirs['fulfilled_by_peer']));
			equal(`paid out by ${mine.name}`, big(row['paid_out_by_me']), big(theirs['paid_out_by_peer']));
			equal(
				`owed to ${mine.name}`,
				mine.balances.get(`link/${other.device}`) ?? 0n,
				-(other.balances.get(`link/${mine.device}`) ?? 0n)
			);
			for (const paid of mine.channels) {
				if (paid['peer'] !== other.device || paid['direction'] !== 'out') continue;
				const got = other.channels.find(({ id, epoch }) => id === paid['id'] && epoch === paid['epoch']);
				const channel = `channel/${text(paid, 'id')}`;
				equal(`claimed of ${channel}`, big(paid['claimed']), big(got?.['claimed']));
				// A payee counts on all of it only once it is safe from a rewritten history, and of one that ended before never.
				const isOver = got?.['status'] === 'closed' && big(got['shown']) < big(paid['deposited']);
				if (!isOver) equal(`deposited in ${channel}`, big(paid['deposited']), big(got?.['shown']));
			}
		}

	const all = startCheck('what all spent, all earned');
	const results = ends.reduce(
		(sum, { balances }) =>
			[...balances].reduce(
				(total, [name, balance]) => total + (/^(income\/|expense\/|forgotten$)/.test(name) ? balance : 0n),
				sum
			),
		0n
	);
	const isAtRest = ends.every(({ unsettled }) => unsettled.size === 0);
	if (elsewhere.size === 0) {
		const sentence = `income and expenses of all add up to ${results}, not to 0`;
		if (results !== 0n && isAtRest) all.wrong('the network', sentence);
		else if (results !== 0n) all.behind('the network', sentence);
	}
	const conserved = all.done(count(ends.length, 'node'));
	return [
		check.done(count(pairs / 2, 'link')),
		elsewhere.size === 0
			? conserved
			: { ...conserved, skipped: `${count(elsewhere.size, 'neighbour')} whose books are not here` }
	];
};
