/**
 * How much of a deposit a payee counts on. A block can be undone, and with it the deposit behind claims that were
 * served already; so until a deposit is safe only a little may be promised on it.
 *
 * Safe is what the chain has shown for {@link LIMITS.depositSettleMs} by this host's own clock and shows again
 * then, in a history that was not rewritten meanwhile. Two answers that far apart must agree: a service that
 * invents a deposit has to go on inventing it, and one that was only ahead of the others is found out.
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

/** `most`: what may count on top of what is safe. */
export const countable = (shown: bigint, safe: bigint, most: bigint): bigint => minOf(shown, safe + most);

export const createDeposits = (sql: SqlDriver, most: bigint): Deposits => {
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
			return maxOf(counted, countable(shown, safe, most));
		},
		doubt: (id, epoch, counted, shown, at) => {
			const waiting = get(id, epoch);
			if (!waiting && shown === counted) return counted;
			const safe = minOf(waiting?.safe ?? counted, shown);
			write({ id, epoch, safe, shown, since: at });
			return countable(shown, safe, most);
		},
		ripe: (at) => select('since <= ?', [at - LIMITS.depositSettleMs]),
		settle: (id, epoch) => {
			sql.run('DELETE FROM channel_deposit WHERE id = ? AND epoch = ?', [id, epoch]);
		}
	};
};
