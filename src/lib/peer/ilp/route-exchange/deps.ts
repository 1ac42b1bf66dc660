/** What the exchange of routes needs of the node around it. */
import type { Clock, Crypto, Log, Random } from '../../platform.ts';
import type { RouteExchangeHost, RouteNeighbour } from '../peer-protocols.ts';

export interface RouteExchangeDeps {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly log: Log;
	readonly host: RouteExchangeHost;
	readonly network: 'live' | 'test';
	/** 32 bytes, kept: the key of the `auth` of this node's own routes. */
	readonly routingSecret: Uint8Array;
	/** With whom routes are exchanged; unless given with all but children, as the reference does. */
	readonly exchangesWith?: (neighbour: RouteNeighbour) => boolean;
	/** Whose word for addresses made of keys is taken without proof; unless given, nobody's. */
	readonly trustsUnproven?: (neighbour: RouteNeighbour) => boolean;
	/** Signs for this node's own address when that is made of its key. */
	readonly owner?: { readonly pubkey: Uint8Array; sign(digest: Uint8Array): Promise<Uint8Array> };
	/** Between two updates to a neighbour that knows everything, ms; LIMITS.routeBroadcastMs unless given. */
	readonly broadcastMs?: number;
	/** How long neighbours keep what this node told, ms; LIMITS.routeHoldDownMs unless given. */
	readonly holdDownMs?: number;
}
