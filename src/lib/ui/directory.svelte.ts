/**
 * Everybody this peer knows by name, kept current by the layout, so that lists and receipts say
 * "Bob" where they have only a key.
 */
import { displayName } from '../client/format.ts';
import { peer } from '../client/peer.svelte.ts';
import { strings } from '../strings/en.ts';
import type { Person } from '../peer/api.ts';
import { Live } from './live.svelte.ts';

class Directory {
	#live = $state.raw<Live<readonly Person[]> | undefined>(undefined);

	/** Call once, while the root layout initialises. */
	start(): void {
		this.#live = new Live(
			() => peer.state?.revision.people,
			() => peer.calls.people()
		);
	}

	get people(): readonly Person[] | undefined {
		return this.#live?.value;
	}

	readonly #byKey = $derived(new Map((this.people ?? []).map((person) => [person.pubkey, person])));

	find(pubkey: string): Person | undefined {
		return this.#byKey.get(pubkey);
	}

	name(pubkey: string): string {
		if (pubkey === peer.state?.me.pubkey && !peer.state.me.profile.name) return strings.people.you;
		const name =
			pubkey === peer.state?.me.pubkey ? peer.state.me.profile.name : this.find(pubkey)?.profile.name;
		return displayName(name, pubkey);
	}
}

export const directory = new Directory();
