/**
 * What neighbours teach. When one comes up it is asked for its table (`sync`), from the epoch known here.
 * Updates are applied in order; after a gap it is asked again from before it, an old one is ignored,
 * another table id begins anew. Each update keeps the neighbour's routes alive for its hold-down time;
 * after that without one they are gone and it is asked again.
 *
 * | a route is dropped when its                 | because                                          |
 * | ------------------------------------------- | ------------------------------------------------ |
 * | prefix is no address of this network        | RFC 34: a node lives on one network; `g` alone would be a default route |
 * | prefix is mine or below it                  | only I hand out what is below me                 |
 * | path holds my address                       | it would lead in a circle                        |
 * | prefix is made of a key, without its proof  | PROTOCOL section 7 (ilp/route-proof.ts); configuration may trust a neighbour |
 * | size is beyond the limits                   | LIMITS.routePathNodes, routeBytes, routesPerNeighbour |
 */
import {
	ccpControlRequest,
	NO_ROUTING_TABLE,
	sizeOfCcpRoute,
	type CcpRoute,
	type CcpRouteUpdate
} from '../../codec/ccp.ts';
import { LIMITS } from '../../limits.ts';
import { isValidAddress } from '../address.ts';
import { hasRouteProof, needsRouteProof } from '../route-proof.ts';
import type { RouteExchangeDeps } from './deps.ts';
import { NOTHING, type Neighbour } from './neighbour.ts';

export interface Hearing {
	/** Asks for everything from the epoch known here on, until the neighbour has understood. */
	ask(neighbour: Neighbour): void;
	hear(neighbour: Neighbour, update: CcpRouteUpdate): Promise<void>;
}

export interface HearingParts {
	readonly isStopped: () => boolean;
	/** What is heard of these prefixes is another now. */
	readonly changed: (prefixes: Iterable<string>) => void;
	/** Its routes are gone, and so is it. */
	readonly forget: (peer: string) => void;
}

export const createHearing = (
	{
		clock,
		crypto,
		host,
		network,
		trustsUnproven
	}: Pick<RouteExchangeDeps, 'clock' | 'crypto' | 'host' | 'network' | 'trustsUnproven'>,
	{ isStopped, changed, forget }: HearingParts
): Hearing => {
	const scheme = network === 'live' ? 'g' : 'test';

	const isUsable = async (neighbour: Neighbour, route: CcpRoute): Promise<boolean> => {
		const { prefix, path } = route;
		const mine = host.address();
		if (!isValidAddress(prefix) || !prefix.startsWith(`${scheme}.`)) return false;
		if (mine !== undefined && (prefix === mine || prefix.startsWith(`${mine}.`))) return false;
		if (path.length > LIMITS.routePathNodes || sizeOfCcpRoute(route) > LIMITS.routeBytes) return false;
		if (mine !== undefined && path.includes(mine)) return false;
		if (!path.every(isValidAddress)) return false;
		if (!needsRouteProof(prefix) || trustsUnproven?.(neighbour.at)) return true;
		return hasRouteProof(crypto, network, route, clock.now());
	};

	const keepAlive = (neighbour: Neighbour, until: number): void => {
		neighbour.expiresAt = Math.max(neighbour.expiresAt, until);
		neighbour.cancelExpiry();
		neighbour.cancelExpiry = clock.after(Math.max(0, neighbour.expiresAt - clock.now()), () => {
			const lost = [...neighbour.heard.keys()];
			neighbour.heard.clear();
			neighbour.tableId = NO_ROUTING_TABLE;
			neighbour.epoch = 0;
			changed(lost);
			if (!neighbour.up) forget(neighbour.at.peer);
			else ask(neighbour);
		});
	};

	const ask = (neighbour: Neighbour): void => {
		neighbour.cancelControl();
		neighbour.cancelControl = NOTHING;
		if (isStopped() || !neighbour.up) return;
		const request = ccpControlRequest(
			{
				mode: 'sync',
				lastKnownRoutingTableId: neighbour.tableId,
				lastKnownEpoch: neighbour.epoch,
				features: []
			},
			clock.now() + LIMITS.routeRequestMs
		);
		void host.request(neighbour.at.peer, request).then((reply) => {
			if (isStopped()) return;
			if (reply?.type === 'fulfill') {
				neighbour.refusals = 0;
				return;
			}
			// One that is just starting refuses like one that exchanges no routes: soon again, then ever more seldom.
			const delay = Math.min(LIMITS.routeAskFirstMs * 2 ** neighbour.refusals, LIMITS.routeAskLastMs);
			neighbour.refusals += 1;
			neighbour.cancelControl();
			neighbour.cancelControl = clock.after(delay, () => ask(neighbour));
		});
	};

	const hear = async (neighbour: Neighbour, update: CcpRouteUpdate): Promise<void> => {
		const holdDown = Math.min(update.holdDownTime, LIMITS.routeHoldDownMostMs);
		keepAlive(neighbour, clock.now() + holdDown);
		const isNewTable = update.routingTableId !== neighbour.tableId;
		if (isNewTable) {
			neighbour.tableId = update.routingTableId;
			neighbour.epoch = 0;
		}
		if (update.fromEpoch > neighbour.epoch) return ask(neighbour);
		if (update.toEpoch < neighbour.epoch || update.fromEpoch > update.toEpoch) return;
		const prefixes = new Set<string>();
		// The table before is void as soon as the new one begins.
		if (isNewTable) {
			for (const prefix of neighbour.heard.keys()) prefixes.add(prefix);
			neighbour.heard.clear();
		}
		for (const prefix of update.withdrawnRoutes) if (neighbour.heard.delete(prefix)) prefixes.add(prefix);
		for (const route of update.newRoutes) {
			// A route that is told again in a way that is of no use replaces the one before all the same.
			if (neighbour.heard.delete(route.prefix)) prefixes.add(route.prefix);
			if (neighbour.heard.size >= LIMITS.routesPerNeighbour || !(await isUsable(neighbour, route))) continue;
			neighbour.heard.set(route.prefix, { ...route, auth: route.auth.slice() });
			prefixes.add(route.prefix);
		}
		neighbour.epoch = update.toEpoch;
		if (isStopped()) return;
		changed(prefixes);
	};

	return { ask, hear };
};
