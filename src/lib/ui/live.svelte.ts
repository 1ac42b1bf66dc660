/**
 * A list that is asked for again whenever its number in `state.revision` moves. Requests never
 * overlap: a change during one leads to one more after it, however many changes there were.
 * Create it while a component initialises; it ends with the component.
 */
import { untrack } from 'svelte';

export class Live<T> {
	value = $state.raw<T | undefined>(undefined);
	#asking = false;
	#again = false;
	#ended = false;
	readonly #ask: () => Promise<T>;

	/** Everything `revision` reads makes the list be asked for again; `undefined` means not yet. */
	constructor(revision: () => unknown, ask: () => Promise<T>) {
		this.#ask = ask;
		$effect(() => {
			if (revision() !== undefined) untrack(() => void this.refresh());
		});
		$effect(() => () => {
			this.#ended = true;
		});
	}

	async refresh(): Promise<void> {
		if (this.#asking) {
			this.#again = true;
			return;
		}
		this.#asking = true;
		try {
			do {
				this.#again = false;
				const value = await this.#ask();
				if (this.#ended) return;
				this.value = value;
			} while (this.#again);
		} finally {
			this.#asking = false;
		}
	}
}
