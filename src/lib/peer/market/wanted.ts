/** What a followed node offered and is worth getting, in the order in which it was heard of. */
import type { HaveEntry } from '../codec/frames.ts';

export interface Wanted {
	get(id: string): HaveEntry | undefined;
	has(id: string): boolean;
	/** With a new price it keeps its place. */
	set(entry: HaveEntry): void;
	delete(id: string): void;
	values(): MapIterator<HaveEntry>;
	/** How many cost nothing. */
	free(): number;
	/** How many come in parts. */
	inParts(): number;
}

/** Counts as it goes: thousands may wait, and every GET asks. */
export const createWanted = (stored: readonly HaveEntry[]): Wanted => {
	const entries = new Map<string, HaveEntry>();
	let free = 0;
	let inParts = 0;
	const count = (entry: HaveEntry | undefined, by: 1 | -1): void => {
		if (!entry) return;
		if (entry.price === 0n) free += by;
		if (entry.parts > 1) inParts += by;
	};
	const set = (entry: HaveEntry): void => {
		count(entries.get(entry.id), -1);
		count(entry, 1);
		entries.set(entry.id, entry);
	};
	stored.forEach(set);
	return {
		get: (id) => entries.get(id),
		has: (id) => entries.has(id),
		set,
		delete: (id) => {
			count(entries.get(id), -1);
			entries.delete(id);
		},
		values: () => entries.values(),
		free: () => free,
		inParts: () => inParts
	};
};
