/**
 * Keeps a list of notes still while somebody reads it. What is shown is updated in place; what is
 * new waits, unless it stands below everything shown (older notes that were asked for), is the
 * reader's own, or the list is only just filling.
 */
import type { FeedItem } from '../peer/api.ts';

/** Fewer notes than this do not fill a screen, so nobody can lose their place among them. */
const HANDFUL = 6;

export const mergeNotes = (
	shown: readonly FeedItem[] | undefined,
	latest: readonly FeedItem[],
	reader: {
		/** The reader has begun to read. */
		readonly settled: boolean;
		readonly me: string | undefined;
	}
): { readonly shown: readonly FeedItem[]; readonly waiting: readonly FeedItem[] } => {
	if (shown === undefined || !reader.settled || shown.length < HANDFUL) return { shown: latest, waiting: [] };
	const before = new Set(shown.map(({ event }) => event.id));
	const last = latest.findLastIndex(({ event }) => before.has(event.id));
	const waiting = latest.filter(
		({ event }, place) => place < last && !before.has(event.id) && event.pubkey !== reader.me
	);
	const waits = new Set(waiting.map(({ event }) => event.id));
	return { shown: latest.filter(({ event }) => !waits.has(event.id)), waiting };
};
