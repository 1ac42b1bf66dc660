/**
 * Static routes: which neighbour leads to which address prefix. The longest segment-aligned prefix
 * wins (RFC 15). Children have an address below ours and are routes too; a parent is the way to
 * everything unknown. Discovery of routes comes later.
 */

export interface Route {
	/** Address prefix; empty for the default route. */
	readonly prefix: string;
	/** Device key of the neighbour, hex. */
	readonly peer: string;
	/** Links from here to the end, counting the first one. Undefined when nobody said. */
	readonly links: number | undefined;
}

export interface Routes {
	/** Replaces the route of the same prefix. */
	set(route: Route): void;
	remove(prefix: string): void;
	/** For a whole ILP address; `undefined` when no prefix fits and there is no default route. */
	find(destination: string): Route | undefined;
	all(): readonly Route[];
}

/** In memory: routes are configured, or follow from who is linked. */
export const createRoutes = (): Routes => {
	const byPrefix = new Map<string, Route>();
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
				const route = byPrefix.get(destination.slice(0, end));
				if (route) return route;
			}
			return byPrefix.get('');
		},
		all: () => [...byPrefix.values()]
	};
};
