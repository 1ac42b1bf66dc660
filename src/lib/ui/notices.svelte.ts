/** The peer's notices that this person has not put away. Kept for the visit: a cause that stays is said again at the next one. */
import { SvelteSet } from 'svelte/reactivity';
import { peer } from '../client/peer.svelte.ts';
import type { Notice } from '../peer/api.ts';
import type { PeerErrorType } from '../peer/errors.ts';

/** Said by the status pill already; a second message about the same would only be noise. */
const SAID_BY_STATUS: ReadonlySet<PeerErrorType> = new Set(['HubUnreachable', 'NotConnected']);

/** Said by the question about it, while that is open (ConsentCard). */
const SAID_BY_QUESTION: ReadonlySet<PeerErrorType> = new Set(['DailyLimitReached', 'CommitLimitReached']);

class Notices {
	readonly #dismissed = new SvelteSet<string>();

	get all(): readonly Notice[] {
		return (peer.state?.notices ?? []).filter(({ id }) => !this.#dismissed.has(id));
	}

	/** Worth a place on every page. */
	get urgent(): readonly Notice[] {
		const isAsked = (peer.state?.consents.length ?? 0) > 0;
		return this.all.filter(
			({ error }) => !SAID_BY_STATUS.has(error.type) && !(isAsked && SAID_BY_QUESTION.has(error.type))
		);
	}

	dismiss(id: string): void {
		this.#dismissed.add(id);
	}
}

export const notices = new Notices();
