/**
 * Where the node of a person answers: the hub's as its hello had it, everybody else's by the newest announcement kept
 * here. Who is not known, or does not answer there any more, is asked of the hub, and what it says is kept.
 */
import { KINDS } from '../events/kinds.ts';
import type { EventStore } from '../events/store.ts';
import type { Reader } from '../market/reader.ts';
import type { Clock } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { NodeContact } from '../stream/session.ts';
import { contactOf, type Announcer } from './announcer.ts';

export interface FindNodeDeps {
	readonly clock: Clock;
	readonly commits: Commits;
	readonly store: Pick<EventStore, 'put'>;
	readonly announcer: () => Pick<Announcer, 'of'>;
	/** How to reach the hub's store. */
	readonly hub: () => NodeContact | undefined;
	readonly queryOnce: Reader['queryOnce'];
}

/** `fresh`: what is known does not help, look for something newer. */
export type FindNode = (pubkey: string, fresh: boolean) => Promise<NodeContact | undefined>;

export const createFindNode =
	({ clock, commits, store, announcer, hub, queryOnce }: FindNodeDeps): FindNode =>
	async (pubkey, fresh) => {
		if (hub()?.pubkey === pubkey) return hub();
		const here = await announcer().of(pubkey);
		if (here && !fresh) return contactOf(here);
		const asked = hub();
		if (!asked) return here && contactOf(here);
		const told = await queryOnce(asked, [{ kinds: [KINDS.profile, KINDS.announcement], authors: [pubkey] }]);
		if (told.ok && told.value.length > 0)
			await commits.run(() => {
				for (const event of told.value) store.put(event, clock.now());
			});
		const newer = await announcer().of(pubkey);
		return newer && contactOf(newer);
	};
