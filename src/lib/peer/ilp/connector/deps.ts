/** What the connector needs of the node around it. */
import type { Promised } from '../../channel/channels.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LinkAccounts } from '../../link/accounts.ts';
import type { Packets } from '../../link/packets.ts';
import type { PartsPerMillion } from '../../money.ts';
import type { Eventually, Platform } from '../../platform.ts';
import type { SignedClaim } from '../../settlement/chain.ts';
import type { Commits } from '../../storage/commit.ts';
import type { PacketReceiver } from '../delivery.ts';
import type { RouteExchange } from '../peer-protocols.ts';
import type { Routes } from '../routes.ts';
import type { Transport } from '../transport.ts';

export interface ConnectorDeps {
	readonly platform: Pick<Platform, 'clock' | 'crypto' | 'log'>;
	readonly commits: Commits;
	readonly ledger: Ledger;
	readonly accounts: LinkAccounts;
	readonly packets: Packets;
	readonly routes: Routes;
	readonly receiver: PacketReceiver;
	readonly feePpm: PartsPerMillion;
	/** Addresses at which this node answers, best first. */
	readonly addresses: () => readonly string[];
	/** The address a child gets (ILDCP), or undefined when this link is no child. */
	readonly childAddress: (peer: string) => Eventually<string | undefined>;
	/** `test` or `g`: the other network's addresses are refused. */
	readonly scheme: 'g' | 'test';
	readonly signClaim: (promised: Promised) => Promise<SignedClaim>;
	readonly transport: Transport;
	/** The ILP address a neighbour answers at, when it said: whose T04 is its own. */
	readonly neighbourAddress?: (peer: string) => string | undefined;
	/** What was agreed with a neighbour; without it the same as for everybody. */
	readonly terms?: (peer: string) => NeighbourTerms | undefined;
	/** Answers `peer.route.*`, on a node that exchanges routes. */
	readonly routeExchange?: () => RouteExchange | undefined;
	/** A neighbour's books and mine differ: nothing more is signed to it until one packet is fulfilled again. */
	readonly onDisagreement?: (peer: string, reason: string) => void;
	/** What {@link onDisagreement} said of a neighbour is over: its books and mine agree again. */
	readonly onAgreement?: (peer: string) => void;
}

/** Limits of one neighbour. */
export interface NeighbourTerms {
	/** Link units, of one packet either way. */
	readonly maxPacketAmount?: bigint;
	/** Packets it may send a second. */
	readonly packetsPerSecond?: number;
	readonly freeBytesPerSecond?: number;
}
