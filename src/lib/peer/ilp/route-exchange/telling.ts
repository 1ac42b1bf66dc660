/**
 * What neighbours are told: a neighbour that keeps up gets what is new within {@link LIMITS.routeUpdateLeastMs} and a
 * heartbeat every {@link LIMITS.routeBroadcastMs}. Nobody is told of ways that lead through himself, and no provider
 * of ways through peers or other providers: this node would carry their traffic for nothing.
 *
 * Each route carries an `auth`: at the origin HMAC-SHA256(routing secret, prefix), and each node that
 * passes it on hashes it once. Nobody can check it from outside; it lets the origin recognise its own
 * route, and how many nodes it passed at least.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../../bytes.ts';
import {
	ccpUpdateRequest,
	sizeOfCcpRoute,
	type CcpRoute,
	type CcpRouteControl,
	type CcpRouteProp,
	type CcpRouteUpdate
} from '../../codec/ccp.ts';
import { LIMITS } from '../../limits.ts';
import { isValidAddress } from '../address.ts';
import { ROUTE_PROOF_PROP } from '../route-proof.ts';
import type { Route } from '../routes.ts';
import type { Choosing } from './choosing.ts';
import type { RouteExchangeDeps } from './deps.ts';
import type { Neighbour, Neighbours } from './neighbour.ts';
import { createOwnProof } from './own-proof.ts';
import { createToldTable, type Told, type ToldRoute } from './told-table.ts';

export interface Telling {
	/** The neighbour says whether it wants updates, and what it knows. */
	listen(neighbour: Neighbour, control: CcpRouteControl): void;
	/** Writes what changed into the log and lets those who listen know. `heard`: prefixes of which something else was heard. */
	retell(heard?: Iterable<string>): void;
}

export interface TellingParts {
	readonly neighbours: Neighbours;
	readonly best: Choosing['best'];
	readonly isStopped: () => boolean;
}

export const createTelling = (
	deps: RouteExchangeDeps,
	{ neighbours, best, isStopped }: TellingParts
): Telling => {
	const { clock, log, host } = deps;
	const broadcastMs = deps.broadcastMs ?? LIMITS.routeBroadcastMs;
	const scheme = deps.network === 'live' ? 'g' : 'test';
	const table = createToldTable(deps.random);
	/** This node's address, as it is told. */
	let speaker: string | undefined;
	/** What this node says by itself, as it was written down last. */
	let own: ReadonlyMap<string, ToldRoute> = new Map();
	/** Prefixes of which something else may have to be told. A neighbour may say something new of one at any time. */
	const due = new Set<string>();
	const proof = createOwnProof(deps, { address: () => speaker, isStopped, tell: () => retell() });

	const startTable = (address: string | undefined): void => {
		table.restart();
		speaker = address;
		proof.forget();
		for (const neighbour of neighbours.values()) {
			neighbour.toldEpoch = 0;
			for (const prefix of neighbour.heard.keys()) due.add(prefix);
		}
	};

	const retell = (heard: Iterable<string> = []): void => {
		const address = host.address();
		for (const prefix of heard) due.add(prefix);
		if (address !== speaker || table.epochs() > LIMITS.routeEpochs) startTable(address);
		if (speaker === undefined || isStopped()) return;
		proof.renew(speaker, table.id());
		const before = own;
		own = ownBy(speaker);
		for (const prefix of before.keys()) if (!own.has(prefix)) due.add(prefix);
		for (const prefix of own.keys()) due.add(prefix);
		for (const prefix of due) table.tell(prefix, own.get(prefix) ?? heardBy(speaker, prefix));
		due.clear();
		for (const neighbour of neighbours.values()) schedule(neighbour);
	};

	/** What this node says by itself. */
	const ownBy = (me: string): ReadonlyMap<string, ToldRoute> => {
		const told = new Map<string, ToldRoute>();
		const originate = (prefix: string, nextHop: string, props: readonly CcpRouteProp[]): void => {
			told.set(prefix, {
				prefix,
				path: [me],
				auth: sha256(hmac(sha256, deps.routingSecret, utf8(prefix))),
				props,
				nextHop
			});
		};
		for (const route of host.ownRoutes()) if (isTold(route, me)) originate(route.prefix, route.peer, []);
		originate(me, '', proof.props());
		return told;
	};

	/** What it passes on of what it heard. */
	const heardBy = (me: string, prefix: string): ToldRoute | undefined => {
		const found = best(prefix);
		if (!found) return undefined;
		const { route, peer } = found;
		return {
			prefix,
			path: [me, ...route.path],
			auth: sha256(route.auth),
			props: route.props.filter((prop) => prop.isTransitive).map(passedOn),
			nextHop: peer
		};
	};

	/** Ways everywhere are nobody's to announce, and what is below this node's address leads to it anyway. */
	const isTold = ({ prefix }: Route, me: string): boolean =>
		isValidAddress(prefix) &&
		prefix.startsWith(`${scheme}.`) &&
		prefix !== me &&
		!prefix.startsWith(`${me}.`);

	const listen = (neighbour: Neighbour, control: CcpRouteControl): void => {
		neighbour.listening = control.mode === 'sync';
		neighbour.toldEpoch = control.lastKnownRoutingTableId === table.id() ? control.lastKnownEpoch : 0;
		// It claims to know what was never told.
		if (neighbour.toldEpoch > table.epochs()) neighbour.toldEpoch = 0;
		if (neighbour.listening) retell();
		else neighbour.cancelTelling();
	};

	const schedule = (neighbour: Neighbour): void => {
		neighbour.cancelTelling();
		if (!neighbour.listening || !neighbour.up || neighbour.telling || isStopped()) return;
		const isBehind = neighbour.toldEpoch < table.epochs();
		const due = isBehind ? 0 : neighbour.toldAt + broadcastMs - clock.now();
		neighbour.cancelTelling = clock.after(Math.max(LIMITS.routeUpdateLeastMs, due), () => tell(neighbour));
	};

	/** What comes after what it knows, as much as an update holds. */
	const updateFor = (neighbour: Neighbour, me: string): CcpRouteUpdate => {
		const fromEpoch = neighbour.toldEpoch;
		const newRoutes: CcpRoute[] = [];
		const withdrawnRoutes: string[] = [];
		let toEpoch = fromEpoch;
		for (
			let bytes = 0;
			toEpoch < table.epochs() && toEpoch - fromEpoch < LIMITS.routeEpochsPerUpdate;
			toEpoch++
		) {
			const entry = table.at(toEpoch);
			if (!entry) continue;
			const route = isFor(neighbour, entry) ? entry.route : undefined;
			bytes += route ? sizeOfCcpRoute(route) : entry.prefix.length + 3;
			if (bytes > LIMITS.routeUpdateBytes) break;
			if (route) newRoutes.push(route);
			else withdrawnRoutes.push(entry.prefix);
		}
		return {
			routingTableId: table.id(),
			currentEpoch: table.epochs(),
			fromEpoch,
			toEpoch,
			holdDownTime: deps.holdDownMs ?? LIMITS.routeHoldDownMs,
			speaker: me,
			newRoutes,
			withdrawnRoutes
		};
	};

	const tell = (neighbour: Neighbour): void => {
		retellIfChanged();
		if (speaker === undefined || !neighbour.listening || !neighbour.up || neighbour.telling) return;
		neighbour.cancelTelling();
		const update = updateFor(neighbour, speaker);
		neighbour.telling = true;
		neighbour.toldAt = clock.now();
		void host
			.request(neighbour.at.peer, ccpUpdateRequest(update, clock.now() + LIMITS.routeRequestMs))
			.then((reply) => {
				neighbour.telling = false;
				const isUnderstood = reply?.type === 'fulfill';
				// Unless it asked from elsewhere meanwhile, it now knows this much more.
				if (isUnderstood && update.routingTableId === table.id() && neighbour.toldEpoch === update.fromEpoch)
					neighbour.toldEpoch = update.toEpoch;
				if (isUnderstood) return schedule(neighbour);
				neighbour.cancelTelling();
				if (!isStopped() && neighbour.up)
					neighbour.cancelTelling = clock.after(broadcastMs, () => tell(neighbour));
			});
	};

	/** Own routes change without a word: children come and go. */
	const retellIfChanged = (): void => {
		const before = table.epochs();
		retell();
		if (table.epochs() !== before) log('debug', 'routes changed', { epochs: table.epochs() });
	};

	const isFor = (neighbour: Neighbour, { route }: Told): boolean => {
		if (!route || route.nextHop === neighbour.at.peer) return false;
		if (neighbour.at.role !== 'parent' || route.path.length === 1) return true;
		return neighbours.get(route.nextHop)?.at.role === 'child';
	};

	return { listen, retell };
};

/** Who passes on a prop that he does not know says so. */
const passedOn = (prop: CcpRouteProp): CcpRouteProp =>
	prop.isOptional && prop.id !== ROUTE_PROOF_PROP ? { ...prop, isPartial: true } : prop;
