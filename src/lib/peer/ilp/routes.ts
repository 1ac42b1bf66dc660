/**
 * Which neighbour leads to which address prefix. The longest segment-aligned prefix wins (RFC 15).
 * Children have an address below ours and are routes too; a parent is the way to everything unknown.
 *
 * Configured routes (and those that follow from who is linked) and routes learnt from neighbours are
 * kept apart: for the same prefix what was configured wins, and losing a learnt one never loses the other.
 */
import type { LinkRole } from '../link/accounts.ts';

export interface Route {
	/** Address prefix; empty for the default route. */
	readonly prefix: string;
	/** The neighbour's key: hex of its device, or `ilp:` and the name of an account. */
	readonly peer: string;
	/** Links from here to the end, counting the first one. Undefined when nobody said. */
	readonly links: number | undefined;
	/** Of a learnt route: the nodes it passes, the neighbour first, the owner of the prefix last. */
	readonly path?: readonly string[];
	/** Of a learnt route: what the neighbour is to this node. */
	readonly relation?: LinkRole;
}

export interface Routes {
	/** Replaces the route of the same prefix. */
	set(route: Route): void;
	remove(prefix: string): void;
	/** The best of what neighbours taught; replaces what was learnt for the same prefix. */
	learn(route: Route): void;
	unlearn(prefix: string): void;
	/** For a whole ILP address; `undefined` when no prefix fits and there is no default route. */
	find(destination: string): Route | undefined;
	/** Configured ones, and those that follow from who is linked. */
	all(): readonly Route[];
	learnt(): readonly Route[];
}

/** In memory: routes are configured, follow from who is linked, or are told again. */
export const createRoutes = (): Routes => {
	const byPrefix = new Map<string, Route>();
	const learnt = new Map<string, Route>();
	const at = (prefix: string): Route | undefined => byPrefix.get(prefix) ?? learnt.get(prefix);
	return {
		set: (route) => {
			byPrefix.set(route.prefix, route);
		},
		remove: (prefix) => {
			byPrefix.delete(prefix);
		},
		find: (destination) => {
			// Cut one segment at a time: as many look-ups as the address has segments, however many routes.
			for (let end = destination.length; end > 0; end = destination.lastIndexOf('.', end - 1)) {
				const route = at(destination.slice(0, end));
				if (route) return route;
			}
			return at('');
		},
		learn: (route) => {
			learnt.set(route.prefix, route);
		},
		unlearn: (prefix) => {
			learnt.delete(prefix);
		},
		all: () => [...byPrefix.values()],
		learnt: () => [...learnt.values()]
	};
};
