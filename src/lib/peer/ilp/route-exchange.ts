/**
 * The exchange of routes (CCP, codec/ccp.ts): what neighbours teach this node, which way is the best,
 * and what it tells others.
 *
 * **Hearing.** When a neighbour comes up it is asked for its table (`sync`), from the epoch known here.
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
 *
 * **Choosing** (Gao and Rexford): a customer's way before a peer's before a provider's, because that is
 * how money flows; then the shorter one; then the neighbour's name, so that two nodes with the same
 * knowledge choose alike. What is configured wins over what was heard.
 *
 * **Telling.** What is told is a log of changes, one epoch each; a neighbour that keeps up gets what is
 * new within {@link LIMITS.routeUpdateLeastMs} and a heartbeat every {@link LIMITS.routeBroadcastMs}.
 * Nobody is told of ways that lead through himself, and no provider of ways through peers or other
 * providers: this node would carry their traffic for nothing.
 *
 * Each route carries an `auth`: at the origin HMAC-SHA256(routing secret, prefix), and each node that
 * passes it on hashes it once. Nobody can check it from outside; it lets the origin recognise its own
 * route, and how many nodes it passed at least.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, utf8 } from '../bytes.ts';
import {
	ccpControlRequest,
	ccpRequestKind,
	ccpResponse,
	ccpUpdateRequest,
	decodeCcpRouteControl,
	decodeCcpRouteUpdate,
	NO_ROUTING_TABLE,
	sizeOfCcpRoute,
	uuidText,
	type CcpRoute,
	type CcpRouteControl,
	type CcpRouteProp,
	type CcpRouteUpdate
} from '../codec/ccp.ts';
import type { IlpErrorCode, IlpPrepare, IlpReply } from '../codec/ilp.ts';
import { LIMITS } from '../limits.ts';
import type { Cancel, Clock, Crypto, Log, Random } from '../platform.ts';
import { isValidAddress } from './address.ts';
import type { RouteExchange, RouteExchangeHost, RouteNeighbour } from './peer-protocols.ts';
import {
	hasRouteProof,
	needsRouteProof,
	ROUTE_PROOF_PROP,
	routeProofDigest,
	routeProofProp
} from './route-proof.ts';
import type { Route } from './routes.ts';

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

/** What a neighbour taught, and what it has been told. */
interface Neighbour {
	at: RouteNeighbour;
	readonly heard: Map<string, CcpRoute>;
	tableId: string;
	epoch: number;
	expiresAt: number;
	cancelExpiry: Cancel;
	cancelControl: Cancel;
	/** Times in a row that it was asked in vain. */
	refusals: number;
	/** It wants updates, and knows the log up to here. */
	listening: boolean;
	toldEpoch: number;
	toldAt: number;
	telling: boolean;
	cancelTelling: Cancel;
	/** Updates of one neighbour are applied one after another. */
	tail: Promise<unknown>;
	up: boolean;
}

interface Told {
	readonly epoch: number;
	readonly prefix: string;
	/** `undefined`: withdrawn. */
	readonly route: (CcpRoute & { readonly nextHop: string }) | undefined;
}

const PREFERENCE = { parent: 0, peer: 1, child: 2 } as const;
const NOTHING: Cancel = () => undefined;

/** Sends nothing until a neighbour is up. The random table id is drawn here. */
export const createRouteExchange = (deps: RouteExchangeDeps): RouteExchange => {
	const { clock, log, host } = deps;
	const broadcastMs = deps.broadcastMs ?? LIMITS.routeBroadcastMs;
	const scheme = deps.network === 'live' ? 'g' : 'test';
	const neighbours = new Map<string, Neighbour>();
	/** What every neighbour but those concerned is told, by prefix; and the same by epoch. */
	let told = new Map<string, Told>();
	let history: (Told | undefined)[] = [];
	let tableId = uuidText(deps.random.bytes(16));
	let speaker: string | undefined;
	let proof: { readonly prop: CcpRouteProp; readonly renewAt: number } | undefined;
	let signing = false;
	let stopped = false;

	const reject = (code: IlpErrorCode, message: string): IlpReply => ({
		type: 'reject',
		code,
		triggeredBy: host.address() ?? '',
		message,
		data: new Uint8Array(0)
	});
	const exchangesWith = deps.exchangesWith ?? ((neighbour) => neighbour.role !== 'child');

	// ---------------------------------------------------------------- hearing

	const handle = (peer: string, prepare: IlpPrepare): Promise<IlpReply> | IlpReply => {
		const neighbour = neighbours.get(peer);
		if (!neighbour) return reject('F00', 'no routes are exchanged on this link');
		const kind = ccpRequestKind(prepare);
		if (kind === undefined) return reject('F00', 'unknown route request');
		if (kind === 'control') {
			const control = decodeCcpRouteControl(prepare.data);
			if (!control.ok) return reject('F01', control.error.reason);
			listen(neighbour, control.value);
			return ccpResponse();
		}
		const update = decodeCcpRouteUpdate(prepare.data);
		if (!update.ok) return reject('F01', update.error.reason);
		const applied = neighbour.tail.then(() => hear(neighbour, update.value));
		neighbour.tail = applied.catch((error: unknown) =>
			log('error', 'a route update could not be applied', { peer, error: String(error) })
		);
		return neighbour.tail.then(ccpResponse);
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
		const changed = new Set<string>();
		// The table before is void as soon as the new one begins.
		if (isNewTable) {
			for (const prefix of neighbour.heard.keys()) changed.add(prefix);
			neighbour.heard.clear();
		}
		for (const prefix of update.withdrawnRoutes) if (neighbour.heard.delete(prefix)) changed.add(prefix);
		for (const route of update.newRoutes) {
			// A route that is told again in a way that is of no use replaces the one before all the same.
			if (neighbour.heard.delete(route.prefix)) changed.add(route.prefix);
			if (neighbour.heard.size >= LIMITS.routesPerNeighbour || !(await isUsable(neighbour, route))) continue;
			neighbour.heard.set(route.prefix, { ...route, auth: route.auth.slice() });
			changed.add(route.prefix);
		}
		neighbour.epoch = update.toEpoch;
		if (stopped) return;
		choose(changed);
	};

	const isUsable = async (neighbour: Neighbour, route: CcpRoute): Promise<boolean> => {
		const { prefix, path } = route;
		const mine = host.address();
		if (!isValidAddress(prefix) || !prefix.startsWith(`${scheme}.`)) return false;
		if (mine !== undefined && (prefix === mine || prefix.startsWith(`${mine}.`))) return false;
		if (path.length > LIMITS.routePathNodes || sizeOfCcpRoute(route) > LIMITS.routeBytes) return false;
		if (mine !== undefined && path.includes(mine)) return false;
		if (!path.every(isValidAddress)) return false;
		if (!needsRouteProof(prefix) || deps.trustsUnproven?.(neighbour.at)) return true;
		return hasRouteProof(deps.crypto, deps.network, route, clock.now());
	};

	const keepAlive = (neighbour: Neighbour, until: number): void => {
		neighbour.expiresAt = Math.max(neighbour.expiresAt, until);
		neighbour.cancelExpiry();
		neighbour.cancelExpiry = clock.after(Math.max(0, neighbour.expiresAt - clock.now()), () => {
			const lost = [...neighbour.heard.keys()];
			neighbour.heard.clear();
			neighbour.tableId = NO_ROUTING_TABLE;
			neighbour.epoch = 0;
			choose(lost);
			if (!neighbour.up) neighbours.delete(neighbour.at.peer);
			else ask(neighbour);
		});
	};

	/** Asks for everything from the epoch known here on, until the neighbour has understood. */
	const ask = (neighbour: Neighbour): void => {
		neighbour.cancelControl();
		neighbour.cancelControl = NOTHING;
		if (stopped || !neighbour.up) return;
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
			if (stopped) return;
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

	// ---------------------------------------------------------------- choosing

	const best = (prefix: string): { readonly peer: string; readonly route: CcpRoute } | undefined => {
		let found: { readonly peer: string; readonly route: CcpRoute; readonly neighbour: Neighbour } | undefined;
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

	const choose = (prefixes: Iterable<string>): void => {
		for (const prefix of prefixes) {
			const found = best(prefix);
			const relation = found && neighbours.get(found.peer)?.at.role;
			if (!found || !relation) host.unlearn(prefix);
			else
				host.learn({
					prefix,
					peer: found.peer,
					// The path begins with the neighbour and ends with the owner.
					links: Math.max(1, found.route.path.length),
					path: found.route.path,
					relation
				});
		}
		retell();
	};

	// ---------------------------------------------------------------- telling

	/** Writes what changed into the log and lets those who listen know. */
	const retell = (): void => {
		const address = host.address();
		if (address !== speaker || history.length > LIMITS.routeEpochs) startTable(address);
		if (speaker === undefined || stopped) return;
		renewProof();
		const wanted = new Map<string, NonNullable<Told['route']>>();
		const originate = (prefix: string, nextHop: string, props: readonly CcpRouteProp[]): void => {
			wanted.set(prefix, {
				prefix,
				path: [speaker as string],
				auth: sha256(hmac(sha256, deps.routingSecret, utf8(prefix))),
				props,
				nextHop
			});
		};
		for (const neighbour of neighbours.values())
			for (const prefix of neighbour.heard.keys()) {
				const found = wanted.has(prefix) ? undefined : best(prefix);
				if (!found) continue;
				const { route, peer } = found;
				wanted.set(prefix, {
					prefix,
					path: [speaker, ...route.path],
					auth: sha256(route.auth),
					props: route.props.filter((prop) => prop.isTransitive).map(passedOn),
					nextHop: peer
				});
			}
		for (const route of host.ownRoutes()) if (isTold(route)) originate(route.prefix, route.peer, []);
		originate(speaker, '', proof ? [proof.prop] : []);

		for (const [prefix, entry] of told) if (entry.route && !wanted.has(prefix)) write(prefix, undefined);
		for (const [prefix, route] of wanted) {
			const before = told.get(prefix)?.route;
			if (!before || !isSame(before, route)) write(prefix, route);
		}
		for (const neighbour of neighbours.values()) schedule(neighbour);
	};

	/** Ways everywhere are nobody's to announce, and what is below this node's address leads to it anyway. */
	const isTold = ({ prefix }: Route): boolean =>
		isValidAddress(prefix) &&
		prefix.startsWith(`${scheme}.`) &&
		prefix !== speaker &&
		!prefix.startsWith(`${speaker}.`);

	const write = (prefix: string, route: Told['route']): void => {
		const before = told.get(prefix);
		if (before) history[before.epoch] = undefined;
		const entry = { epoch: history.length, prefix, route };
		told.set(prefix, entry);
		history.push(entry);
	};

	const startTable = (address: string | undefined): void => {
		if (history.length > 0) tableId = uuidText(deps.random.bytes(16));
		speaker = address;
		proof = undefined;
		told = new Map();
		history = [];
		for (const neighbour of neighbours.values()) neighbour.toldEpoch = 0;
	};

	/** Signs for this node's own address anew in good time; what is told changes when the signature is there. */
	const renewProof = (): void => {
		const { owner } = deps;
		const prefix = speaker;
		if (!owner || prefix === undefined || !needsRouteProof(prefix) || signing) return;
		if (proof && clock.now() < proof.renewAt) return;
		signing = true;
		const id = fromHex(tableId.replaceAll('-', ''));
		const expiresAt = Math.floor((clock.now() + LIMITS.routeProofMs) / 1_000);
		const renewAt = clock.now() + LIMITS.routeProofMs / 2;
		routeProofDigest(deps.crypto, prefix, id, expiresAt)
			.then((digest) => owner.sign(digest))
			.then(
				(signature) => {
					signing = false;
					if (stopped) return;
					if (speaker === prefix)
						proof = { prop: routeProofProp(owner.pubkey, id, expiresAt, signature), renewAt };
					retell();
				},
				(error: unknown) => {
					signing = false;
					log('error', 'a route could not be signed', { error: String(error) });
				}
			);
	};

	const listen = (neighbour: Neighbour, control: CcpRouteControl): void => {
		neighbour.listening = control.mode === 'sync';
		neighbour.toldEpoch = control.lastKnownRoutingTableId === tableId ? control.lastKnownEpoch : 0;
		// It claims to know what was never told.
		if (neighbour.toldEpoch > history.length) neighbour.toldEpoch = 0;
		if (neighbour.listening) retell();
		else neighbour.cancelTelling();
	};

	const schedule = (neighbour: Neighbour): void => {
		neighbour.cancelTelling();
		if (!neighbour.listening || !neighbour.up || neighbour.telling || stopped) return;
		const isBehind = neighbour.toldEpoch < history.length;
		const due = isBehind ? 0 : neighbour.toldAt + broadcastMs - clock.now();
		neighbour.cancelTelling = clock.after(Math.max(LIMITS.routeUpdateLeastMs, due), () => tell(neighbour));
	};

	const tell = (neighbour: Neighbour): void => {
		retellIfChanged();
		if (speaker === undefined || !neighbour.listening || !neighbour.up || neighbour.telling) return;
		neighbour.cancelTelling();
		const fromEpoch = neighbour.toldEpoch;
		const ofTable = tableId;
		const newRoutes: CcpRoute[] = [];
		const withdrawnRoutes: string[] = [];
		let toEpoch = fromEpoch;
		for (
			let bytes = 0;
			toEpoch < history.length && toEpoch - fromEpoch < LIMITS.routeEpochsPerUpdate;
			toEpoch++
		) {
			const entry = history[toEpoch];
			if (!entry) continue;
			const route = isFor(neighbour, entry) ? entry.route : undefined;
			bytes += route ? sizeOfCcpRoute(route) : entry.prefix.length + 3;
			if (bytes > LIMITS.routeUpdateBytes) break;
			if (route) newRoutes.push(route);
			else withdrawnRoutes.push(entry.prefix);
		}
		neighbour.telling = true;
		neighbour.toldAt = clock.now();
		const update: CcpRouteUpdate = {
			routingTableId: tableId,
			currentEpoch: history.length,
			fromEpoch,
			toEpoch,
			holdDownTime: deps.holdDownMs ?? LIMITS.routeHoldDownMs,
			speaker,
			newRoutes,
			withdrawnRoutes
		};
		void host
			.request(neighbour.at.peer, ccpUpdateRequest(update, clock.now() + LIMITS.routeRequestMs))
			.then((reply) => {
				neighbour.telling = false;
				// Unless it asked from elsewhere meanwhile, it now knows this much more.
				if (reply?.type === 'fulfill' && ofTable === tableId && neighbour.toldEpoch === fromEpoch)
					neighbour.toldEpoch = toEpoch;
				if (reply?.type === 'fulfill') return schedule(neighbour);
				neighbour.cancelTelling();
				if (!stopped && neighbour.up)
					neighbour.cancelTelling = clock.after(broadcastMs, () => tell(neighbour));
			});
	};

	/** Own routes change without a word: children come and go. */
	const retellIfChanged = (): void => {
		const before = history.length;
		retell();
		if (history.length !== before) log('debug', 'routes changed', { epochs: history.length });
	};

	const isFor = (neighbour: Neighbour, { route }: Told): boolean => {
		if (!route || route.nextHop === neighbour.at.peer) return false;
		if (neighbour.at.role !== 'parent' || route.path.length === 1) return true;
		return neighbours.get(route.nextHop)?.at.role === 'child';
	};

	return {
		handle,
		up: (at) => {
			if (stopped || !exchangesWith(at)) return;
			const neighbour = neighbours.get(at.peer) ?? newNeighbour(at);
			neighbours.set(at.peer, neighbour);
			neighbour.at = at;
			neighbour.up = true;
			neighbour.listening = false;
			neighbour.refusals = 0;
			neighbour.toldEpoch = 0;
			ask(neighbour);
			retell();
		},
		down: (peer) => {
			const neighbour = neighbours.get(peer);
			if (!neighbour) return;
			neighbour.up = false;
			neighbour.listening = false;
			neighbour.cancelControl();
			neighbour.cancelTelling();
			// What it taught stays until its time is over; with nothing to wait for, it goes now.
			if (neighbour.heard.size > 0) return;
			neighbour.cancelExpiry();
			neighbours.delete(peer);
		},
		stop: () => {
			stopped = true;
			for (const neighbour of neighbours.values()) {
				neighbour.cancelControl();
				neighbour.cancelTelling();
				neighbour.cancelExpiry();
			}
			neighbours.clear();
		}
	};
};

const newNeighbour = (at: RouteNeighbour): Neighbour => ({
	at,
	heard: new Map(),
	tableId: NO_ROUTING_TABLE,
	epoch: 0,
	expiresAt: 0,
	cancelExpiry: NOTHING,
	cancelControl: NOTHING,
	refusals: 0,
	listening: false,
	toldEpoch: 0,
	toldAt: 0,
	telling: false,
	cancelTelling: NOTHING,
	tail: Promise.resolve(),
	up: false
});

/** Who passes on a prop that he does not know says so. */
const passedOn = (prop: CcpRouteProp): CcpRouteProp =>
	prop.isOptional && prop.id !== ROUTE_PROOF_PROP ? { ...prop, isPartial: true } : prop;

const isSame = (a: NonNullable<Told['route']>, b: NonNullable<Told['route']>): boolean =>
	a.nextHop === b.nextHop &&
	a.path.length === b.path.length &&
	a.path.every((hop, i) => hop === b.path[i]) &&
	a.props.length === b.props.length &&
	a.props.every((prop, i) => isSameProp(prop, b.props[i] as CcpRouteProp));

const isSameProp = (a: CcpRouteProp, b: CcpRouteProp): boolean =>
	a.id === b.id && a.value.length === b.value.length && a.value.every((byte, i) => byte === b.value[i]);
