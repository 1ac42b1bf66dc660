/**
 * Which way is the best among what neighbours taught (Gao and Rexford): a customer's before a peer's before a
 * provider's, because that is how money flows; then the shorter one; then the neighbour's name, so that two
 * nodes with the same knowledge choose alike. What is configured wins over what was heard.
 */
import type { CcpRoute } from '../../codec/ccp.ts';
import type { RouteExchangeHost } from '../peer-protocols.ts';
import type { Neighbour, Neighbours } from './neighbour.ts';

export interface Way {
	readonly peer: string;
	readonly route: CcpRoute;
}

export interface Choosing {
	best(prefix: string): Way | undefined;
	/** Lets the host know the best ways to these now. */
	choose(prefixes: Iterable<string>): void;
}

const PREFERENCE = { parent: 0, peer: 1, child: 2 } as const;

export const createChoosing = (
	host: Pick<RouteExchangeHost, 'learn' | 'unlearn'>,
	neighbours: Neighbours
): Choosing => {
	const bestOf = (prefix: string): (Way & { readonly neighbour: Neighbour }) | undefined => {
		let found: (Way & { readonly neighbour: Neighbour }) | undefined;
		for (const [peer, neighbour] of neighbours) {
			const route = neighbour.heard.get(prefix);
			if (!route) continue;
			const order = found
				? PREFERENCE[neighbour.at.role] - PREFERENCE[found.neighbour.at.role] ||
					found.route.path.length - route.path.length ||
					(peer < found.peer ? 1 : -1)
				: 1;
			if (order > 0) found = { peer, route, neighbour };
		}
		return found;
	};

	return {
		best: bestOf,
		choose: (prefixes) => {
			for (const prefix of prefixes) {
				const found = bestOf(prefix);
				if (!found) host.unlearn(prefix);
				else
					host.learn({
						prefix,
						peer: found.peer,
						// The path begins with the neighbour and ends with the owner.
						links: Math.max(1, found.route.path.length),
						path: found.route.path,
						relation: found.neighbour.at.role
					});
			}
		}
	};
};
