/**
 * What memory needs to follow a transaction: rows that many decisions of one group change are read once, changed in
 * memory and written once, and when SQLite undoes a part or all of it, memory must be undone with it.
 *
 * What is written at the end is in the same commit as everything else: another connection, and whoever looks after a
 * crash, finds all of it or nothing.
 */
export interface OpenTransaction {
	/** What `owner` keeps while this transaction lasts; made when it is first asked for. */
	keep<T>(owner: object, create: () => T): T;
	/** `work` runs once before the transaction is committed, however many ask for it by the same key; the last of them counts. */
	last(key: object, work: () => void): void;
	/** How to take back what was just changed in memory, should the part that changed it, or the transaction, fail. */
	undo(step: () => void): void;
	/** Runs what {@link last} holds now, for a query that must see it in the tables. */
	flush(): void;
	/**
	 * A part that can fail alone: when `work` throws, what it wrote is undone, in memory too, and the error goes on.
	 * Inside another part it belongs to that. A part that writes nothing by SQL costs no savepoint.
	 */
	attempt<T>(work: () => T): T;
}

/** How the driver undoes one part; `open` is called before the first write of a part. */
export interface Savepoint {
	begin(): void;
	release(): void;
	rollback(): void;
}

export interface TransactionInProgress extends OpenTransaction {
	/** Before each statement that writes. */
	writes(): void;
	/** Instead of the commit. */
	fail(): void;
}

export const createOpenTransaction = (savepoint: Savepoint): TransactionInProgress => {
	const kept = new Map<object, unknown>();
	const endings = new Map<object, () => void>();
	const steps: (() => void)[] = [];
	let part: 'none' | 'unwritten' | 'written' = 'none';

	const backTo = (mark: number): void => {
		while (steps.length > mark) steps.pop()?.();
	};

	return {
		keep: <T>(owner: object, create: () => T): T => {
			const found = kept.get(owner) as T | undefined;
			if (found !== undefined) return found;
			const made = create();
			kept.set(owner, made);
			return made;
		},
		last: (key, work) => {
			endings.set(key, work);
		},
		undo: (step) => {
			steps.push(step);
		},
		flush: () => {
			// What an ending changes may need an ending of its own.
			for (const [key, work] of endings) {
				endings.delete(key);
				steps.push(() => endings.set(key, work));
				work();
			}
		},
		attempt: (work) => {
			if (part !== 'none') return work();
			part = 'unwritten';
			const mark = steps.length;
			try {
				const value = work();
				// Read anew: a statement of `work` may have changed it.
				if ((part as string) === 'written') savepoint.release();
				return value;
			} catch (error) {
				backTo(mark);
				if ((part as string) === 'written') savepoint.rollback();
				throw error;
			} finally {
				part = 'none';
			}
		},
		writes: () => {
			if (part !== 'unwritten') return;
			part = 'written';
			savepoint.begin();
		},
		fail: () => backTo(0)
	};
};
