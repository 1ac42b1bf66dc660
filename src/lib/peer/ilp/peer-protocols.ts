/**
 * Requests between direct neighbours, addressed `peer.<protocol>`: no money, a condition everybody
 * can fulfil (the preimage is 32 zero bytes), answered by the neighbour and never forwarded.
 *
 * | destination | protocol | answered by |
 * |---|---|---|
 * | `peer.config` | ILDCP (RFC 31) | the connector |
 * | `peer.btp-nips.route` | how many links to an address | the connector |
 * | `peer.route.control`, `peer.route.update` | CCP, the exchange of routes | a {@link RouteExchange}, if the node has one |
 */
import type { IlpPrepare, IlpReply } from '../codec/ilp.ts';
import type { LinkRole } from '../link/accounts.ts';
import type { Eventually } from '../platform.ts';
import type { Route } from './routes.ts';

/** How many links to an address, by static routes: the answer is a byte and the route's prefix. */
export const ROUTE_DESTINATION = 'peer.btp-nips.route';

const ROUTE_EXCHANGE_PREFIX = 'peer.route.';

export const isRouteExchange = (destination: string): boolean =>
	destination.startsWith(ROUTE_EXCHANGE_PREFIX);

/** A neighbour with whom routes may be exchanged. */
export interface RouteNeighbour {
	/** Its key on links (hex of a device, or `ilp:` and an account's name). */
	readonly peer: string;
	/** What it is to this node: a `parent` is a provider, a `child` a customer. */
	readonly role: LinkRole;
	/** Its own address when it is known: a child's always is. */
	readonly address: string | undefined;
}

/** What the connector needs of a route exchange. Neither call may throw or reject. */
export interface RouteExchange {
	/**
	 * A `peer.route.*` request, its amount known to be 0 and its condition that of the zero preimage. Fulfilled with
	 * `ZERO_FULFILLMENT` and empty data when it was understood, else F00 or F01.
	 */
	handle(peer: string, prepare: IlpPrepare): Eventually<IlpReply>;
	/** Packets may go to the neighbour from now on. Comes again after each interruption. */
	up(neighbour: RouteNeighbour): void;
	/** It cannot be reached: what it taught may be kept until the hold-down time is over. */
	down(peer: string): void;
	stop(): void;
}

/** What a route exchange needs of the node around it. */
export interface RouteExchangeHost {
	/** This node's own address; undefined until a parent gave one. */
	address(): string | undefined;
	/** Sends a request of amount 0 to a neighbour; undefined when there was no answer. */
	request(peer: string, prepare: IlpPrepare): Promise<IlpReply | undefined>;
	/** Configured routes and those to children, which are announced; never learnt ones. */
	ownRoutes(): readonly Route[];
	/** The best way to a prefix among what neighbours taught. A configured route of the same prefix still wins. */
	learn(route: Route): void;
	unlearn(prefix: string): void;
}
