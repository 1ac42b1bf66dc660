/**
 * Removes everything this app keeps in this browser. An open database cannot be removed, so the
 * page asks for it, loads again, and erases before a peer starts.
 */
const ASKED = 'tributary.erase';
/** The lock that the tab with the open database holds (client/tab-protocol.ts). */
const LOCK = 'tributary';
/** The worker of the page that was just left may take a moment to let go. */
const PATIENCE_MS = 4_000;

export const askToErase = (): void => {
	sessionStorage.setItem(ASKED, 'yes');
	location.assign('/');
};

/** True once: the wish does not survive the attempt. */
export const takeEraseWish = (): boolean => {
	try {
		const asked = sessionStorage.getItem(ASKED) === 'yes';
		sessionStorage.removeItem(ASKED);
		return asked;
	} catch {
		return false;
	}
};

/** Rejects while another tab has the database open; then nothing was removed. */
export const eraseDevice = (): Promise<void> =>
	navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE_MS) }, async () => {
		const root = await navigator.storage.getDirectory();
		const names: string[] = [];
		for await (const name of root.keys()) names.push(name);
		for (const name of names) await root.removeEntry(name, { recursive: true });
		for (const { name } of await indexedDB.databases())
			if (name !== undefined) indexedDB.deleteDatabase(name);
		localStorage.clear();
	});
