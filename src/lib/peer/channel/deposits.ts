/**
 * How much of a deposit a payee counts on. A block can be undone, and with it the deposit behind claims that were
 * served already; so until a deposit is safe only a little may be promised on it.
 *
 * Safe is what the chain has shown for {@link LIMITS.depositSettleMs} by this host's own clock and shows again
 * then, in a history that was not rewritten meanwhile. Two answers that far apart must agree: a service that
 * invents a deposit has to go on inventing it, and one that was only ahead of the others is found out.
 *
 * A channel costs its payer nothing, so what counts early is bounded over all of them together as well. No single one gets
 * more than half of what is left of that: whoever comes after a crowd of deposits still gets a little.
 */
import type { Hex } from '../bytes.ts';
import { LIMITS } from '../limits.ts';
import { maxOf, minOf } from '../money.ts';
import type { SqlDriver } from '../storage/sql.ts';

/** Token units. */
export interface WaitingDeposit {
	readonly id: Hex;
	readonly epoch: number;
	/** What was safe before. */
	readonly safe: bigint;
	/** What the chain shows. */
	readonly shown: bigint;
	/** Unix ms. */
	readonly since: number;
}

/** Writes must run inside a transaction. Amounts are token units. */
export interface Deposits {
	/** The chain shows this much of a channel of which `counted` counted so far; answers what counts now. */
	see(id: Hex, epoch: number, counted: bigint, shown: bigint, at: number): bigint;
	/** History was rewritten: everything that was not safe begins to wait anew. */
	doubt(id: Hex, epoch: number, counted: bigint, shown: bigint, at: number): bigint;
	/** Those that have waited long enough, to be looked at once more. */
	ripe(at: number): readonly WaitingDeposit[];
	/** It is safe; from now on all of it counts. */
	settle(id: Hex, epoch: number): void;
}

/** Token units that may count on top of what is safe: of one channel, and of all of them. */
export interface UnsafeDeposits {
	readonly perChannel: bigint;
	readonly perNode: bigint;
}

export const createDeposits = (sql: SqlDriver, { perChannel, perNode }: UnsafeDeposits): Deposits => {
	/** What counts of all other deposits that wait, beyond what is safe of them. */
	const unsafeOfOthers = (id: Hex, epoch: number): bigint =>
		BigInt(
			sql.all(
				`SELECT coalesce(sum(c.deposited - d.safe), 0) AS unsafe FROM channel_deposit d JOIN channel c USING (id, epoch)
					WHERE NOT (d.id = ? AND d.epoch = ?) AND c.deposited > d.safe AND c.status NOT IN ('closed', 'archived')`,
				[id, epoch]
			)[0]?.['unsafe'] as bigint
		);

	/** `unsafe`: what counts of it already beyond what is safe; it keeps that. */
	const countable = (id: Hex, epoch: number, shown: bigint, safe: bigint, unsafe: bigint): bigint => {
		const left = maxOf(0n, perNode - unsafeOfOthers(id, epoch));
		return minOf(shown, safe + minOf(perChannel, maxOf(left / 2n, unsafe)));
	};

	const get = (id: Hex, epoch: number): WaitingDeposit | undefined =>
		select('id = ? AND epoch = ?', [id, epoch])[0];

	const select = (where: string, parameters: readonly (string | number)[]): readonly WaitingDeposit[] =>
		sql.all(`SELECT * FROM channel_deposit WHERE ${where}`, parameters).map((row) => ({
			id: row['id'] as Hex,
			epoch: Number(row['epoch']),
			safe: BigInt(row['safe'] as bigint),
			shown: BigInt(row['shown'] as bigint),
			since: Number(row['since'])
		}));

	const write = ({ id, epoch, safe, shown, since }: WaitingDeposit): void => {
		sql.run('INSERT OR REPLACE INTO channel_deposit (id, epoch, safe, shown, since) VALUES (?, ?, ?, ?, ?)', [
			id,
			epoch,
			safe,
			shown,
			since
		]);
	};

	return {
		see: (id, epoch, counted, shown, at) => {
			const waiting = get(id, epoch);
			if (shown <= (waiting?.shown ?? counted)) return counted;
			const safe = waiting?.safe ?? counted;
			write({ id, epoch, safe, shown, since: at });
			return maxOf(counted, countable(id, epoch, shown, safe, counted - safe));
		},
		doubt: (id, epoch, counted, shown, at) => {
			const waiting = get(id, epoch);
			if (!waiting && shown === counted) return counted;
			const before = waiting?.safe ?? counted;
			const safe = minOf(before, shown);
			write({ id, epoch, safe, shown, since: at });
			return countable(id, epoch, shown, safe, counted - before);
		},
		ripe: (at) => select('since <= ?', [at - LIMITS.depositSettleMs]),
		settle: (id, epoch) => {
			sql.run('DELETE FROM channel_deposit WHERE id = ? AND epoch = ?', [id, epoch]);
		}
	};
};
