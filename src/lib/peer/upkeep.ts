/**
 * What a peer does by itself once a minute, whatever broke the minute before: forgets what ran out, introduces itself to
 * a hub that did not hear it to its end, asks the chain again what it did not answer, and fills the channels that its
 * config wants filled. What waits for a moment of its own (a claim, a block, a link) has its timer elsewhere.
 */
import type { PeerConfig } from './config.ts';
import type { Settler } from './channel/settler.ts';
import type { EventStore } from './events/store.ts';
import type { Identity } from './identity.ts';
import type { Connector } from './ilp/connector.ts';
import { LIMITS } from './limits.ts';
import type { LinkAccounts } from './link/accounts.ts';
import type { IlpAccountTable } from './link/ilp-accounts.ts';
import type { Links } from './link/links.ts';
import type { Packets } from './link/packets.ts';
import type { Spawn } from './link/spawn.ts';
import type { Seller } from './market/seller.ts';
import { ANNOUNCED_KINDS, type Announcer } from './peering/announcer.ts';
import type { Neighbours } from './peering/neighbours.ts';
import type { PersonalSettings } from './personal-settings.ts';
import type { Clock } from './platform.ts';
import type { Commits } from './storage/commit.ts';
import type { Sessions } from './stream/session.ts';

export interface UpkeepDeps {
	readonly clock: Clock;
	readonly commits: Commits;
	readonly config: Pick<PeerConfig, 'deposits' | 'keepsAnnouncements'>;
	readonly identity: Pick<Identity, 'pubkey'>;
	readonly spawn: Spawn;
	readonly store: Pick<EventStore, 'sweep' | 'trim'>;
	readonly packets: Pick<Packets, 'sweep'>;
	readonly accounts: Pick<LinkAccounts, 'forget' | 'forgetCrowd'>;
	readonly ilpAccounts: Pick<IlpAccountTable, 'keys' | 'sweep'>;
	readonly links: Pick<Links, 'settled' | 'live'>;
	readonly connector: Pick<Connector, 'sweep' | 'forget'>;
	readonly sessions: Pick<Sessions, 'sweep'>;
	readonly seller: Pick<Seller, 'sweep'>;
	readonly neighbours: Pick<Neighbours, 'link' | 'sweep' | 'forget'>;
	readonly announcer: Pick<Announcer, 'refresh' | 'introduce' | 'isIntroduced'>;
	readonly personal: Pick<PersonalSettings, 'isAnnounced'>;
	readonly settler: Pick<Settler, 'keepFunded'> | undefined;
}

export interface Upkeep {
	/** Now, and then again and again. */
	start(): void;
	stop(): void;
	/** Channels to neighbours that are there have what the config says, as far as may be locked. */
	keepFunded(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;
/** Neighbours with whom no money ever moved are forgotten after this. */
const FORGET_STRANGERS_MS = 30 * 24 * 3_600_000;

export const createUpkeep = (deps: UpkeepDeps): Upkeep => {
	const { clock, commits, config, spawn, ilpAccounts, links, neighbours, announcer, settler } = deps;
	let stopped = false;
	let cancel = (): void => undefined;

	const keepFunded = async (): Promise<void> => {
		for (const { owner, amount } of config.deposits)
			for (const { peer } of links.live().filter((live) => live.owner === owner))
				await settler?.keepFunded(peer, amount);
	};

	const here = (): readonly string[] => links.live().map(({ peer }) => peer);

	const sweep = async (): Promise<void> => {
		const now = clock.now();
		await deps.sessions.sweep();
		await deps.seller.sweep();
		await commits.run(() => {
			deps.connector.sweep();
			deps.packets.sweep(now - LIMITS.packetMemoryMs, [...links.settled(), ...ilpAccounts.keys()]);
			deps.store.sweep(now);
			if (config.keepsAnnouncements)
				deps.store.trim([...ANNOUNCED_KINDS], {
					owner: deps.identity.pubkey(),
					most: LIMITS.announcedKept,
					bytes: LIMITS.announcedKeptBytes
				});
			deps.accounts.forget(now - FORGET_STRANGERS_MS, here());
		});
		for (let isCrowded = true; isCrowded;)
			isCrowded = await commits.run(() => {
				const strangers = deps.accounts.forgetCrowd(LIMITS.strangersKept, here());
				deps.connector.forget(strangers);
				neighbours.forget(strangers);
				return strangers.length > 0;
			});
		await ilpAccounts.sweep();
		await announcer.refresh();
		const hub = neighbours.link.status === 'online' ? neighbours.link.contact : undefined;
		if (hub && deps.personal.isAnnounced() && !announcer.isIntroduced(hub)) await announcer.introduce(hub);
		await neighbours.sweep();
		await keepFunded();
	};

	const keepSweeping = (): void =>
		spawn(
			'sweeping',
			sweep().finally(() => {
				if (!stopped) cancel = clock.after(SWEEP_EVERY_MS, keepSweeping);
			})
		);

	return {
		start: keepSweeping,
		stop: () => {
			stopped = true;
			cancel();
		},
		keepFunded
	};
};
