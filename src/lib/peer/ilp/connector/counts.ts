/** How many packets came, went, were answered and are under way: of the node, and of each neighbour. */

/** Since the start. `inFlight`: taken on and not answered. */
export interface ConnectorCounts {
	readonly received: number;
	readonly forwarded: number;
	readonly originated: number;
	readonly fulfilled: number;
	readonly rejected: number;
	readonly inFlight: number;
}

export interface Counts {
	received(peer: string): void;
	/** Passed on to the neighbour. */
	forwarded(egress: string): void;
	originated(): void;
	/** What the neighbour was answered. */
	answered(peer: string, outcome: 'fulfilled' | 'rejected'): void;
	/** A packet left for the neighbour (1), or its transmission ended (-1). */
	track(egress: string, by: 1 | -1): void;
	/** Sent to the neighbour and not yet answered. */
	inFlight(egress: string): number;
	/** A neighbour that will not be asked about, unless something is still under way to it. */
	forget(peer: string): void;
	all(): ConnectorCounts;
	/** The same of the packets of one neighbour: received from it, and sent to it (`originated` is then 0). */
	of(peer: string): ConnectorCounts;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const none = (): Mutable<ConnectorCounts> => ({
	received: 0,
	forwarded: 0,
	originated: 0,
	fulfilled: 0,
	rejected: 0,
	inFlight: 0
});

export const createCounts = (): Counts => {
	const all = none();
	const byPeer = new Map<string, Mutable<ConnectorCounts>>();
	const of = (peer: string): Mutable<ConnectorCounts> => {
		let found = byPeer.get(peer);
		if (!found) byPeer.set(peer, (found = none()));
		return found;
	};
	return {
		received: (peer) => {
			all.received += 1;
			of(peer).received += 1;
		},
		forwarded: (egress) => {
			all.forwarded += 1;
			of(egress).forwarded += 1;
		},
		originated: () => {
			all.originated += 1;
		},
		answered: (peer, outcome) => {
			all[outcome] += 1;
			of(peer)[outcome] += 1;
		},
		track: (egress, by) => {
			all.inFlight += by;
			of(egress).inFlight += by;
		},
		forget: (peer) => {
			if (byPeer.get(peer)?.inFlight === 0) byPeer.delete(peer);
		},
		inFlight: (egress) => byPeer.get(egress)?.inFlight ?? 0,
		all: () => ({ ...all }),
		of: (peer) => ({ ...(byPeer.get(peer) ?? none()) })
	};
};
