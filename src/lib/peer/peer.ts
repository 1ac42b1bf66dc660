/**
 * A peer in the hands of its host: what a program around it may do with it (what a person may is api.ts), and what is
 * made of the finished parts for that: upkeep, a beginning and an end, the person's side.
 */
import type { PeerApi } from './api.ts';
import type { Settler } from './channel/settler.ts';
import type { PacketReceiver, PacketSender } from './ilp/delivery.ts';
import { createLife, type LifeDeps } from './life.ts';
import type { IlpAccounts } from './link/account-transport.ts';
import type { IlpAccountTable } from './link/ilp-accounts.ts';
import { createPeerApi } from './peer-api.ts';
import type { PeerParts } from './peer-parts.ts';
import { statusOf, type PeerStatus } from './peer-status.ts';
import type { Cancel, Socket } from './platform.ts';
import type { Publish } from './publishing.ts';
import type { Receivers } from './receivers.ts';
import type { Commits } from './storage/commit.ts';
import { createUpkeep, type UpkeepDeps } from './upkeep.ts';

export interface Peer {
	readonly api: PeerApi;
	/** Dials its uplinks and resumes what it was doing. */
	start(): void;
	/** Lets nothing new begin, writes what is queued, closes every socket. The database stays open. */
	stop(): Promise<void>;
	/** A socket somebody opened to this node under `url`. */
	accept(socket: Socket, url: string): void;
	/** Neighbours that speak plain ILP: for a host that carries their packets another way than BTP. */
	readonly accounts: IlpAccounts;
	/** Originates packets on this node: for a host that pays by STREAM. */
	readonly sender: PacketSender;
	/** Of its database, for a host that writes there beside it: two of them would wait for each other's syncs. */
	readonly commits: Commits;
	/** Packets to this node that none of its own parts knows go to `receiver` until the answer is called. One at a time. */
	receive(receiver: PacketReceiver): Cancel;
	/** For operators and tests. */
	status(): PeerStatus;
	/** For hosts that publish on their person's behalf, or give others a hand with the chain. */
	readonly settler: Settler | undefined;
	readonly publish: Publish;
}

/** All parts, as create-peer.ts made them. */
type Made = Omit<PeerParts, 'limitsChanged'> &
	Omit<UpkeepDeps, 'clock'> &
	Omit<LifeDeps, 'upkeep'> & {
		readonly ilpAccounts: IlpAccountTable;
		readonly receivers: Receivers;
		/** Bytes of BTP messages with accounts. */
		readonly accountTraffic: PeerStatus['traffic'];
	};

export const handOver = (made: Made): Peer => {
	const { platform, spawn, reader, links, accountTraffic } = made;
	const upkeep = createUpkeep({ ...made, clock: platform.clock });
	const life = createLife({ ...made, upkeep });
	const parts: PeerParts = {
		...made,
		limitsChanged: () => {
			reader.limitsChanged();
			spawn('funding channels', upkeep.keepFunded());
		}
	};
	const api = createPeerApi(parts, life.stop);
	return {
		api,
		start: life.start,
		// By way of the person's side: it reads the wallet now and then, and must not once the database is closed.
		stop: api.stop,
		accept: links.accept,
		accounts: made.ilpAccounts,
		commits: made.commits,
		sender: made.connector,
		receive: made.receivers.receive,
		settler: made.settler,
		publish: made.publish,
		status: () => {
			const bytes = links.bytes();
			return statusOf(parts, { in: bytes.in + accountTraffic.in, out: bytes.out + accountTraffic.out });
		}
	};
};
