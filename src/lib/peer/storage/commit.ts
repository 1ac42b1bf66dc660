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
 */
import type { Cancel, Clock } from '../platform.ts';
import type { SqlDriver } from './sql.ts';

export interface Commits {
	/** Queues `work`; resolves with its answer once it is on disk. */
	run<T>(work: () => T): Promise<T>;
	/** Writes what is queued now. */
	flush(): void;
	/** How many commits and units there were: the ratio is what grouping saves. */
	counts(): { readonly commits: number; readonly units: number };
	stop(): void;
}

interface Unit {
	readonly work: () => unknown;
	readonly resolve: (value: never) => void;
	readonly reject: (reason: unknown) => void;
}

export const createCommits = (sql: SqlDriver, clock: Clock): Commits => {
	let queue: Unit[] = [];
	let timer: Cancel | undefined;
	let commits = 0;
	let units = 0;
	let stopped = false;

	const flush = (): void => {
		timer?.();
		timer = undefined;
		if (queue.length === 0) return;
		const group = queue;
		queue = [];
		type Outcome = { readonly unit: Unit; readonly failed: boolean; readonly value: unknown };
		let outcomes: Outcome[] = [];
		try {
			sql.transaction(() => {
				for (const unit of group) {
					sql.script('SAVEPOINT unit');
					try {
						const value = unit.work();
						sql.script('RELEASE unit');
						outcomes.push({ unit, failed: false, value });
					} catch (error) {
						sql.script('ROLLBACK TO unit; RELEASE unit');
						outcomes.push({ unit, failed: true, value: error });
					}
				}
			});
			commits += 1;
			units += group.length;
		} catch (error) {
			// The commit itself failed (disk full): nothing of the group happened.
			outcomes = group.map((unit) => ({ unit, failed: true, value: error }));
		}
		for (const { unit, failed, value } of outcomes) {
			if (failed) unit.reject(value);
			else unit.resolve(value as never);
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
		},
	};
};
