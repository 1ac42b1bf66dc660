/**
 * Group commit: many small money movements, one durable transaction.
 *
 * "Durable before visible" costs a disk sync per decision if done naively. Here decisions queue and are
 * written together; the promise of each resolves only after the commit, so whoever awaits it may show
 * the outcome to the world.
 *
 * How long they queue follows the load. SQLite answers synchronously, so while one group is written
 * nothing else runs, and what arrives meanwhile stands in the host's queue: a group that starts after
 * one turn of that queue (`clock.after(0)`) holds everything that came during the one before. With
 * nothing else to do, that turn is over at once, and a single decision waits for nobody. Only when
 * commits follow each other so fast that answers trickle in one by one (asynchronous crypto hands them
 * over that way) does a group wait {@link WINDOW_MS}, and a wait that brought nobody is not repeated
 * until the load has been measured anew.
 *
 * Where the driver syncs aside (`SqlDriver.durable`), the disk is the only window. A group is written after a turn and
 * the disk begins to take it at once, also while it takes the one before, which has most of its way behind it; while
 * {@link SYNCS} are under way the next group gathers: it could not be told earlier anyway, unless it is content with the
 * log (`written`). Its decisions stand on what the groups before wrote, which is on the disk before them, for the log
 * has one order.
 *
 * A unit of work runs synchronously inside the transaction and decides *there*, on committed state
 * plus the units before it in the same group; so two packets can never both spend the last unit.
 * A unit that throws is undone alone and its promise rejects; its neighbours go on.
 * Trouble of the disk is not the unit's own: then nothing of the group happened and all of it rejects.
 */
import type { Cancel, Clock } from '../platform.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { SqlError, type SqlDriver } from './sql.ts';

/**
 * When a unit may be told: `durable`, once it is on disk; `written`, once the log of the database holds it: whatever
 * ends this program cannot undo it then, a power failure within {@link SOON_MS} can. For what costs nobody but this
 * node if it is forgotten.
 */
export type Until = 'durable' | 'written';

export interface Commits {
	/**
	 * Queues `work`, which must be synchronous; resolves with its answer once it may be told. `until` (default
	 * `durable`) may depend on that answer.
	 */
	run<T>(work: () => T, until?: Until | ((answer: T) => Until)): Promise<T>;
	/**
	 * From inside a unit: `work` runs once at the end of the group's transaction, however many units name its `key`.
	 * For a row that each of them would write anew. What the units left in memory is what it writes, also of one that
	 * failed; when it throws, nothing of the group happened.
	 */
	last(key: object, work: () => void): void;
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
	readonly until: Until | ((answer: never) => Until);
}

type Outcome =
	| { readonly unit: Unit; readonly failed: false; readonly value: unknown; readonly until: Until }
	| { readonly unit: Unit; readonly failed: true; readonly reason: unknown };

/** The load is measured over this, in milliseconds. */
const SLICE_MS = 16;
/** As many commits within a slice are load; fewer (up to 500 a second) wait for nothing. */
const BUSY_COMMITS = 8;
/** What a group waits for company under load, in milliseconds: little beside the way to the next node. */
const WINDOW_MS = 2;
/** Syncs of the disk under way at a time: two end sooner than one after the other, more make the groups small. */
const SYNCS = 2;
/** What nobody waits for is on disk after this, in milliseconds. */
const SOON_MS = 10;
/** Units of one transaction: a reader of the database, and everything else here, waits no longer than they take. */
const GROUP_UNITS = 256;

export const createCommits = (sql: SqlDriver, clock: Clock): Commits => {
	let queue: Unit[] = [];
	let timer: Cancel | undefined;
	let commits = 0;
	let units = 0;
	let writing = false;
	let stopped = false;
	let slice = { from: clock.now(), commits: 0, alone: false };
	let waited = false;
	/** Committed, and not told yet: the disk has not taken it. */
	let untold: Outcome[] = [];
	let syncs = 0;
	/** Runs while something is committed that no sync has begun to take; `due`: it has run out. */
	let soon: Cancel | undefined;
	let due = false;

	const current = (): OpenTransaction => {
		const transaction = sql.current();
		if (!transaction) throw new Error('a group is written in a transaction');
		return transaction;
	};

	const settled = (unit: Unit): Outcome => {
		const value = unit.work();
		if (value instanceof Promise) throw new Error('a unit of work must be synchronous');
		const { until } = unit;
		return {
			unit,
			failed: false,
			value,
			until: typeof until === 'function' ? until(value as never) : until
		};
	};

	/** Among others: undone by itself when it fails. */
	const attempt = (unit: Unit, transaction: OpenTransaction): Outcome => {
		try {
			return transaction.attempt(() => settled(unit));
		} catch (error) {
			// A broken rule is this unit's affair; a full or broken disk is everybody's.
			if (error instanceof SqlError && error.kind !== 'constraint' && error.kind !== 'other') throw error;
			return { unit, failed: true, reason: error };
		}
	};

	const tell = (outcomes: readonly Outcome[]): void => {
		for (const outcome of outcomes) {
			if (outcome.failed) outcome.unit.reject(outcome.reason);
			else outcome.unit.resolve(outcome.value as never);
		}
	};

	/** Tells what was committed once the disk has it, then writes what came meanwhile. */
	const sync = (): void => {
		if (syncs >= SYNCS || (untold.length === 0 && !due) || !sql.durable) return;
		const outcomes = untold;
		untold = [];
		syncs += 1;
		soon?.();
		soon = undefined;
		due = false;
		sql
			.durable()
			.then(
				() => tell(outcomes),
				(reason: unknown) => tell(outcomes.map(({ unit }) => ({ unit, failed: true, reason })))
			)
			.finally(() => {
				syncs -= 1;
				if (queue.length > 0 && timer === undefined) flush();
				sync();
			});
	};

	const write = (group: readonly Unit[]): void => {
		const [only] = group;
		let outcomes: readonly Outcome[];
		writing = true;
		try {
			// A unit by itself needs no savepoint: the transaction is one.
			outcomes = sql.transaction(() => {
				const transaction = current();
				return only !== undefined && group.length === 1
					? [settled(only)]
					: group.map((unit) => attempt(unit, transaction));
			});
			commits += 1;
			units += group.length;
		} catch (reason) {
			outcomes = group.map((unit) => ({ unit, failed: true, reason }));
		} finally {
			writing = false;
		}
		if (!sql.durable) return tell(outcomes);
		// One that failed wrote nothing, but what it read may not be on the disk yet.
		const isTold = (outcome: Outcome): boolean => !outcome.failed && outcome.until === 'written';
		untold.push(...outcomes.filter((outcome) => !isTold(outcome)));
		tell(outcomes.filter(isTold));
		soon ??= clock.after(SOON_MS, () => {
			due = true;
			sync();
		});
	};

	const flush = (): void => {
		if (writing) throw new Error('flush inside a unit of work: its group is not committed yet');
		timer?.();
		timer = undefined;
		if (queue.length === 0) return;
		const all = queue;
		queue = [];
		slice.commits += 1;
		if (waited && all.length === 1) slice.alone = true;
		waited = false;
		for (let at = 0; at < all.length; at += GROUP_UNITS) write(all.slice(at, at + GROUP_UNITS));
		sync();
	};

	const patience = (): number => {
		// There the disk is the window.
		if (sql.durable) return 0;
		const now = clock.now();
		const age = now - slice.from;
		// A clock that was set back measures anew, too.
		if (age >= SLICE_MS || age < 0) slice = { from: now, commits: 0, alone: false };
		return slice.commits >= BUSY_COMMITS && !slice.alone ? WINDOW_MS : 0;
	};

	return {
		run: <T>(work: () => T, until: Until | ((answer: T) => Until) = 'durable'): Promise<T> =>
			new Promise<T>((resolve, reject) => {
				if (stopped) {
					reject(new Error('stopped'));
					return;
				}
				queue.push({ work, resolve, reject, until });
				// The end of the sync writes it; a crowd does not wait for that, so that it is not all done at once, and
				// what may be told before the disk has it does not either.
				if (syncs >= SYNCS && until === 'durable' && queue.length < GROUP_UNITS) return;
				if (timer === undefined) {
					const delay = patience();
					waited = delay > 0;
					timer = clock.after(delay, flush);
				} else if (waited && queue.length === GROUP_UNITS) {
					timer();
					timer = clock.after(0, flush);
				}
			}),
		last: (key, work) => {
			if (!writing) throw new Error('outside a unit of work there is no group to end');
			current().last(key, work);
		},
		flush,
		counts: () => ({ commits, units }),
		stop: () => {
			flush();
			soon?.();
			stopped = true;
		}
	};
};
