/**
 * What is told, as a log of changes, one epoch each: a neighbour that knows it up to an epoch is told what came after.
 * A change makes void what the log said of the same prefix before.
 */
import { uuidText, type CcpRoute, type CcpRouteProp } from '../../codec/ccp.ts';
import type { Random } from '../../platform.ts';

export type ToldRoute = CcpRoute & {
	/** The neighbour through whom it leads; empty for this node itself. */
	readonly nextHop: string;
};

export interface Told {
	readonly epoch: number;
	readonly prefix: string;
	/** `undefined`: withdrawn. */
	readonly route: ToldRoute | undefined;
}

export interface ToldTable {
	id(): string;
	/** Changes so far: the epoch that the next one gets. */
	epochs(): number;
	/** Undefined when a later change made it void. */
	at(epoch: number): Told | undefined;
	/** Writes down what is to be known of a prefix, `undefined` for nothing, unless that was told last. */
	tell(prefix: string, route: ToldRoute | undefined): void;
	/** Nothing is told. Whoever knew something of it knows another table now. */
	restart(): void;
}

/** The random id is drawn here, and at each restart. */
export const createToldTable = (random: Random): ToldTable => {
	let id = uuidText(random.bytes(16));
	let byPrefix = new Map<string, Told>();
	let history: (Told | undefined)[] = [];

	const write = (prefix: string, route: Told['route']): void => {
		const before = byPrefix.get(prefix);
		if (before) history[before.epoch] = undefined;
		const entry = { epoch: history.length, prefix, route };
		byPrefix.set(prefix, entry);
		history.push(entry);
	};

	return {
		id: () => id,
		epochs: () => history.length,
		at: (epoch) => history[epoch],
		tell: (prefix, route) => {
			const before = byPrefix.get(prefix)?.route;
			if (before && route ? !isSame(before, route) : before !== route) write(prefix, route);
		},
		restart: () => {
			if (history.length > 0) id = uuidText(random.bytes(16));
			byPrefix = new Map();
			history = [];
		}
	};
};

const isSame = (a: ToldRoute, b: ToldRoute): boolean =>
	a.nextHop === b.nextHop &&
	a.path.length === b.path.length &&
	a.path.every((hop, i) => hop === b.path[i]) &&
	a.props.length === b.props.length &&
	a.props.every((prop, i) => isSameProp(prop, b.props[i] as CcpRouteProp));

const isSameProp = (a: CcpRouteProp, b: CcpRouteProp): boolean =>
	a.id === b.id && a.value.length === b.value.length && a.value.every((byte, i) => byte === b.value[i]);
