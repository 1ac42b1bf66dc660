/**
 * Group commit: many small money movements, one durable transaction.
 *
 * "Durable before visible" costs a disk sync per decision if done naively. Here decisions queue for
 * the length of one turn (or a few milliseconds under load) and are written together; the promise of
 * each resolves only after the commit, so whoever awaits it may show the outcome to the world.
 *
 * A unit of work runs synchronously inside the transaction and decides *there*, on committed state
 * plus the units before it in the same group; so two packets can never both spend the last unit.
 * A unit that throws is rolled back alone (its savepoint) and its promise rejects; its neighbours go on.
 * Trouble of the disk is not the unit's own: then nothing of the group happened and all of it rejects.
 */
import type { Cancel, Clock } from '../platform.ts';
import { SqlError, type SqlDriver } from './sql.ts';

export interface Commits {
	/** Queues `work`, which must be synchronous; resolves with its answer once it is on disk. */
	run<T>(work: () => T): Promise<T>;
	/** Writes what is queued now. Not from inside a unit: its group is not committed yet. */
	flush(): void;
	/** How many commits and units there were: the ratio is what grouping saves. */
	counts(): { readonly commits: number; readonly units: number };
	/** Writes what is queued, then refuses more. */
	stop(): void;
}

interface Unit {
	readonly work: () => unknown;
	readonly resolve: (value: never) => void;
	readonly reject: (reason: unknown) => void;
}

type Outcome =
	| { readonly unit: Unit; readonly failed: false; readonly value: unknown }
	| { readonly unit: Unit; readonly failed: true; readonly reason: unknown };

export const createCommits = (sql: SqlDriver, clock: Clock): Commits => {
	let queue: Unit[] = [];
	let timer: Cancel | undefined;
	let commits = 0;
	let units = 0;
	let writing = false;
	let stopped = false;

	const attempt = (unit: Unit): Outcome => {
		sql.run('SAVEPOINT unit');
		try {
			const value = unit.work();
			if (value instanceof Promise) throw new Error('a unit of work must be synchronous');
			sql.run('RELEASE unit');
			return { unit, failed: false, value };
		} catch (error) {
			// A broken rule is this unit's affair; a full or broken disk is everybody's.
			if (error instanceof SqlError && error.kind !== 'constraint' && error.kind !== 'other') throw error;
			sql.run('ROLLBACK TO unit');
			sql.run('RELEASE unit');
			return { unit, failed: true, reason: error };
		}
	};

	const flush = (): void => {
		if (writing) throw new Error('flush inside a unit of work: its group is not committed yet');
		timer?.();
		timer = undefined;
		if (queue.length === 0) return;
		const group = queue;
		queue = [];
		let outcomes: readonly Outcome[];
		writing = true;
		try {
			outcomes = sql.transaction(() => group.map(attempt));
			commits += 1;
			units += group.length;
		} catch (reason) {
			outcomes = group.map((unit) => ({ unit, failed: true, reason }));
		} finally {
			writing = false;
		}
		for (const outcome of outcomes) {
			if (outcome.failed) outcome.unit.reject(outcome.reason);
			else outcome.unit.resolve(outcome.value as never);
		}
	};

	return {
		run: <T>(work: () => T): Promise<T> =>
			new Promise<T>((resolve, reject) => {
				if (stopped) {
					reject(new Error('stopped'));
					return;
				}
				queue.push({ work, resolve, reject });
				timer ??= clock.after(0, flush);
			}),
		flush,
		counts: () => ({ commits, units }),
		stop: () => {
			flush();
			stopped = true;
		}
	};
};
