/** What changed, for whoever shows it. A word each, no contents: who hears of one looks at what it shows. */
export type Change = 'state' | 'feed' | 'activity' | 'people';

export interface Changes {
	readonly changed: (what: Change) => void;
	/** Money moved: the list of it is another, and every sum on the screen. */
	readonly moneyChanged: () => void;
	/** For as long as the peer lives. */
	readonly onChange: (listener: (what: Change) => void) => void;
}

export const createChanges = (): Changes => {
	const listeners = new Set<(what: Change) => void>();
	const changed = (what: Change): void => {
		for (const listener of listeners) listener(what);
	};
	return {
		changed,
		moneyChanged: () => {
			changed('activity');
			changed('state');
		},
		onChange: (listener) => void listeners.add(listener)
	};
};
