/** The peer's notices that this person has not put away. Kept for the visit: a cause that stays is said again at the next one. */
import { SvelteSet } from 'svelte/reactivity';
import { peer } from '../client/peer.svelte.ts';
import type { Notice } from '../peer/api.ts';
import type { PeerErrorType } from '../peer/errors.ts';

/** Said by the status pill already; a second message about the same would only be noise. */
const SAID_BY_STATUS: ReadonlySet<PeerErrorType> = new Set(['HubUnreachable', 'NotConnected']);

class Notices {
	readonly #dismissed = new SvelteSet<string>();

	get all(): readonly Notice[] {
		return (peer.state?.notices ?? []).filter(({ id }) => !this.#dismissed.has(id));
	}

	/** Worth a place on every page. */
	get urgent(): readonly Notice[] {
		return this.all.filter(({ error }) => !SAID_BY_STATUS.has(error.type));
	}

	dismiss(id: string): void {
		this.#dismissed.add(id);
	}
}

export const notices = new Notices();
