/**
 * What a person says: signed, kept, and told to whoever reads here. What this node says of itself is the announcer's
 * (peering/announcer.ts); here is when it is first said.
 */
import { peerError, type PeerError } from './errors.ts';
import type { VerifiedEvent } from './codec/nostr-event.ts';
import type { Changes } from './changes.ts';
import type { PeerConfig } from './config.ts';
import { KINDS } from './events/kinds.ts';
import type { EventStore } from './events/store.ts';
import type { Identity } from './identity.ts';
import type { Seller } from './market/seller.ts';
import type { Announcer } from './peering/announcer.ts';
import type { LinkState } from './peering/neighbours.ts';
import type { PersonalSettings } from './personal-settings.ts';
import type { Clock } from './platform.ts';
import { err, type Result } from './result.ts';
import type { Commits } from './storage/commit.ts';

/** Signs, keeps and offers an event of this person. `createdAt` in Unix seconds, now unless given. */
export type Publish = (draft: {
	readonly kind: number;
	readonly content: string;
	readonly tags?: readonly (readonly string[])[];
	readonly createdAt?: number;
}) => Promise<VerifiedEvent>;

export interface Publishing {
	readonly publish: Publish;
	/** Be found from now on: told to the hub, and by it to others. */
	readonly announce: () => Promise<Result<null, PeerError>>;
	/** An event, whosever, is in the store: who shows it and who reads here hears of it. */
	readonly stored: (event: VerifiedEvent) => void;
	/** A configured profile is published unless there is one; the announcement is made. */
	readonly begin: () => Promise<void>;
}

export interface PublishingDeps {
	readonly clock: Clock;
	readonly commits: Commits;
	readonly store: Pick<EventStore, 'put'>;
	readonly identity: Pick<Identity, 'sign'>;
	readonly personal: Pick<PersonalSettings, 'setAnnounced'>;
	readonly announcer: Pick<Announcer, 'profile' | 'refresh' | 'introduce'>;
	readonly seller: Pick<Seller, 'announce'>;
	readonly link: Pick<LinkState, 'contact'>;
	readonly profile: PeerConfig['profile'];
	readonly changed: Changes['changed'];
}

export const createPublishing = (deps: PublishingDeps): Publishing => {
	const { clock, commits, store, identity, personal, announcer, seller, link, profile, changed } = deps;

	const stored = (event: VerifiedEvent): void => {
		changed(event.kind === KINDS.note ? 'feed' : 'people');
		if (event.kind === KINDS.profile) changed('feed');
		if (event.kind === KINDS.note) changed('activity');
		changed('state');
		seller.announce();
	};

	const publish: Publish = async ({ kind, content, tags, createdAt }) => {
		const event = await identity.sign({
			kind,
			content,
			tags: tags ?? [],
			created_at: createdAt ?? Math.floor(clock.now() / 1000)
		});
		await commits.run(() => {
			store.put(event, clock.now());
		});
		stored(event);
		return event;
	};

	return {
		publish,
		stored,
		announce: async () => {
			await personal.setAnnounced();
			// Dated so that any profile this person has elsewhere wins over the empty one.
			if (!announcer.profile()) await publish({ kind: KINDS.profile, content: '{}', createdAt: 0 });
			await announcer.refresh();
			changed('state');
			if (!link.contact) return err(peerError('HubUnreachable'));
			return announcer.introduce(link.contact);
		},
		begin: async () => {
			if (profile && !announcer.profile())
				await publish({ kind: KINDS.profile, content: JSON.stringify(profile) });
			await announcer.refresh();
		}
	};
};
