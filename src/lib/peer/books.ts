/**
 * What a peer has on its disk, opened: the queue that writes to it, and the parts that keep its tables. They are given one
 * database, so that a packet, its claim and its booking are one transaction: there is no moment at which they differ.
 */
import { createChannels, type Channels } from './channel/channels.ts';
import { createEventStore } from './events/sqlite-store.ts';
import type { EventStore } from './events/store.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createLedger } from './ledger/sqlite-ledger.ts';
import { createLinkAccounts, type LinkAccounts } from './link/accounts.ts';
import { createPackets, type Packets } from './link/packets.ts';
import type { Clock } from './platform.ts';
import { createCommits, type Commits } from './storage/commit.ts';
import { migrate } from './storage/migrations.ts';
import { createSettings, type Settings } from './storage/settings.ts';
import type { SqlDriver } from './storage/sql.ts';

export interface Books {
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly settings: Settings;
	readonly ledger: Ledger;
	readonly store: EventStore;
	readonly channels: Channels;
	readonly packets: Packets;
	/** One per neighbour: what it may, what it owes. */
	readonly accounts: LinkAccounts;
}

/** Decimals of the token that channels hold, where no chain says. */
const USUAL_TOKEN_SCALE = 6;

/** Throws when the database is of a newer release: this one would not understand it. */
export const openBooks = (sql: SqlDriver, clock: Clock, tokenScale = USUAL_TOKEN_SCALE): Books => {
	const migrated = migrate(sql);
	if (!migrated.ok)
		throw new Error(
			`the database is of a newer release (${migrated.error.feature} ${migrated.error.version})`
		);
	const ledger = createLedger(sql);
	const channels = createChannels(sql, ledger, tokenScale);
	const packets = createPackets(sql);
	return {
		sql,
		commits: createCommits(sql, clock),
		settings: createSettings(sql),
		ledger,
		store: createEventStore(sql),
		channels,
		packets,
		accounts: createLinkAccounts(sql, ledger, channels, packets)
	};
};
