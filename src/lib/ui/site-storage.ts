/** Small things of this browser (theme, draft). Works without site storage too: then nothing is remembered. */
export const readSite = (key: string): string | undefined => {
	try {
		return localStorage.getItem(key) ?? undefined;
	} catch {
		return undefined;
	}
};

export const writeSite = (key: string, value: string | undefined): void => {
	try {
		if (value === undefined) localStorage.removeItem(key);
		else localStorage.setItem(key, value);
	} catch {
		// Blocked or full: the choice holds for this visit.
	}
};
