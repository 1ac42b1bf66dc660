/** What the databases of the nodes say while they run: who has bought what, and whether their books agree. */
import { DatabaseSync } from 'node:sqlite';
import type { PaidNode } from './paid-world.ts';

/** A look into a running node's file: its own processes are not asked, so that looking costs them nothing. */
export interface Books {
	/** Events of the author that are paid for, on disk. */
	bought(author: string): number;
	/** The same, once each in the store. */
	stored(author: string): number;
	/** Paid for and not in the store, twice in it, or open. */
	amiss(author: string): number;
	balances(): ReadonlyMap<string, bigint>;
	/** The sums of a link as its end counts them, by the person at the other end. */
	link(owner: string): { readonly balance: bigint; readonly mine: bigint; readonly theirs: bigint };
	/** Most payments that were under way at once, and packets with money that were not fulfilled. */
	underWay(): number;
	refused(): number;
	/** Notes that are in the store, the newest first. */
	notes(limit: number): readonly { readonly id: string; readonly createdAt: number; readonly size: number }[];
	close(): void;
}

const big = (value: unknown): bigint => BigInt((value as number | bigint | null) ?? 0);

export const openBooks = ({ file }: Pick<PaidNode, 'file'>): Books => {
	const database = new DatabaseSync(file, { readOnly: true, readBigInts: true, timeout: 5_000 });
	const one = (sql: string, ...parameters: (string | Uint8Array)[]): Record<string, unknown> =>
		database.prepare(sql).get(...parameters) ?? {};
	const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
	const countBought = database.prepare(
		`SELECT count(*) AS n FROM bought WHERE substr(node, 1, 8) = substr(?1, 1, 8) AND node = ?1 AND receipt IS NOT NULL`
	);
	return {
		bought: (author) => Number(countBought.get(author)?.['n']),
		stored: (author) =>
			Number(
				one(
					'SELECT count(DISTINCT id) AS n FROM event WHERE kind = 1 AND author = (SELECT id FROM author WHERE pubkey = ?)',
					bytes(author)
				)['n']
			),
		amiss: (author) =>
			Number(
				one(
					`SELECT (SELECT count(*) FROM bought WHERE node = ?1 AND unhex(event_id) NOT IN (SELECT id FROM event))
					+ (SELECT count(*) FROM purchase WHERE node = ?1 AND (state <> 'stored' OR money <> 'moved'))
					+ (SELECT count(*) FROM packet WHERE state = 'pending') AS n`,
					author
				)['n']
			),
		balances: () =>
			new Map(
				database
					.prepare('SELECT name, posted FROM account')
					.all()
					.map(({ name, posted }) => [String(name), big(posted)])
			),
		link: (owner) => {
			const row = one(
				'SELECT peer, fulfilled_by_me AS mine, fulfilled_by_peer AS theirs FROM link WHERE owner = ?',
				owner
			);
			const account = one('SELECT posted FROM account WHERE name = ?', `link/${String(row['peer'])}`);
			return { balance: big(account['posted']), mine: big(row['mine']), theirs: big(row['theirs']) };
		},
		underWay: () => {
			const steps = database
				.prepare(`SELECT at, settled_at AS until FROM transfer WHERE kind = 'buy' AND state = 1`)
				.all()
				.flatMap(
					({ at, until }) =>
						[
							[Number(at), 1],
							[Number(until), -1]
						] as const
				)
				.sort(([a, up], [b, down]) => a - b || up - down);
			let now = 0;
			return steps.reduce((most, [, by]) => Math.max(most, (now += by)), 0);
		},
		refused: () => Number(one(`SELECT count(*) AS n FROM packet WHERE state <> 'fulfilled'`)['n']),
		notes: (limit) =>
			database
				.prepare('SELECT id, created_at, size FROM event WHERE kind = 1 ORDER BY seq DESC LIMIT ?')
				.all(limit)
				.map((row) => ({
					id: Buffer.from(row['id'] as Uint8Array).toString('hex'),
					createdAt: Number(row['created_at']),
					size: Number(row['size'])
				})),
		close: () => database.close()
	};
};
