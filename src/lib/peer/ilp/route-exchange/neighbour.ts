/** One neighbour with whom routes are exchanged: what it taught, and what it has been told. */
import { NO_ROUTING_TABLE, type CcpRoute } from '../../codec/ccp.ts';
import type { Cancel } from '../../platform.ts';
import type { RouteNeighbour } from '../peer-protocols.ts';

export interface Neighbour {
	at: RouteNeighbour;
	/** It can be reached. */
	up: boolean;

	/** What it taught, by prefix; all of its table with this id, up to this epoch. */
	readonly heard: Map<string, CcpRoute>;
	tableId: string;
	epoch: number;
	/** Its hold-down time is over then, Unix ms. */
	expiresAt: number;
	cancelExpiry: Cancel;
	/** Asks it again. */
	cancelControl: Cancel;
	/** Times in a row that it was asked in vain. */
	refusals: number;
	/** Updates of one neighbour are applied one after another. */
	tail: Promise<unknown>;

	/** It wants updates, and knows the log up to here. */
	listening: boolean;
	toldEpoch: number;
	toldAt: number;
	telling: boolean;
	cancelTelling: Cancel;
}

/** By key of the link. */
export type Neighbours = ReadonlyMap<string, Neighbour>;

export const NOTHING: Cancel = () => undefined;

export const newNeighbour = (at: RouteNeighbour): Neighbour => ({
	at,
	up: false,
	heard: new Map(),
	tableId: NO_ROUTING_TABLE,
	epoch: 0,
	expiresAt: 0,
	cancelExpiry: NOTHING,
	cancelControl: NOTHING,
	refusals: 0,
	tail: Promise.resolve(),
	listening: false,
	toldEpoch: 0,
	toldAt: 0,
	telling: false,
	cancelTelling: NOTHING
});
