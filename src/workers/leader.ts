/**
 * What the leading tab's worker does: opens the database, learns from the origin where the hub and
 * the chain are, runs the peer and answers calls.
 *
 * The last discovery document is kept in the database, so an app that starts without a network is
 * still the app: it shows everything it has. While the link is down the document is asked for again,
 * because a hub that moved, or a new chain, is one reason for a link to be down.
 */
import type { Discovery } from '../lib/client/discovery.ts';
import { parseDiscovery } from '../lib/client/parse-discovery.ts';
import {
	METHODS,
	type Call,
	type Outcome,
	type TabOptions,
	type Update
} from '../lib/client/tab-protocol.ts';
import type { PeerApi, PeerState } from '../lib/peer/api.ts';
import { peerError, type PeerError } from '../lib/peer/errors.ts';
import type { Clock } from '../lib/peer/platform.ts';
import type { Result } from '../lib/peer/result.ts';
import { SqlError, type SqlDriver } from '../lib/peer/storage/sql.ts';
import { createRequestLog } from './request-log.ts';
import type { Leadership } from './tab.ts';

export interface RunningPeer {
	readonly api: PeerApi;
	stop(): Promise<void>;
}

export interface PeerSetup {
	readonly discovery: Discovery;
	readonly sql: SqlDriver;
	readonly storageKind: 'opfs' | 'memory';
}

export interface LeaderPorts {
	readonly clock: Clock;
	openStorage(): Promise<{ readonly sql: SqlDriver; readonly kind: 'opfs' | 'memory' }>;
	/** Creates the peer and starts it. */
	runPeer(setup: PeerSetup): Promise<RunningPeer>;
	fetchDiscovery(): Promise<Result<Discovery, PeerError>>;
}

/** Between two looks at the discovery document, while there is no peer or its link is down. */
const DISCOVERY_FIRST_MS = 500;
const DISCOVERY_LAST_MS = 15_000;

export const lead = async (ports: LeaderPorts, onUpdate: (update: Update) => void): Promise<Leadership> => {
	let update: Update = { state: undefined, discovery: undefined, trouble: undefined };
	const show = (change: Partial<Update>): void => {
		update = { ...update, ...change };
		onUpdate(update);
	};

	// Asked while the database opens: a start is as slow as the slower of the two.
	const asked = ports.fetchDiscovery();
	let storage: Awaited<ReturnType<LeaderPorts['openStorage']>>;
	try {
		storage = await ports.openStorage();
	} catch (error) {
		const failed = toPeerError(error);
		// Anything else (the WebAssembly did not arrive) may be better with the next worker.
		if (failed.type !== 'StorageLost') throw error;
		// Nothing is touched: somebody may still be able to read the file.
		show({ trouble: failed });
		return { answer: () => Promise.resolve({ failed }) };
	}
	const { sql, kind } = storage;
	const kept = createKeptDiscovery(sql);
	const requests = createRequestLog(sql, ports.clock.now);

	let running: { readonly peer: RunningPeer; readonly discovery: Discovery } | undefined;
	let whenRunning = deferred();
	/** Of the peer that runs now: when it is stopped, an answer it still owes may never come. */
	let whenStopped = deferred();

	const start = async (discovery: Discovery): Promise<void> => {
		const peer = await ports.runPeer({ discovery, sql, storageKind: kind });
		kept.write(discovery);
		running = { peer, discovery };
		await peer.api.watch((state) => {
			if (running?.peer !== peer) return;
			show({ state });
			if (state.link.status === 'offline') lookAgain();
		});
		const state: PeerState = await peer.api.state();
		show({ state, discovery, trouble: undefined });
		whenRunning.resolve();
		if (state.link.status === 'offline') lookAgain();
	};

	const restart = async (discovery: Discovery): Promise<void> => {
		const old = running;
		if (old !== undefined) {
			running = undefined;
			whenRunning = deferred();
			await old.peer.stop();
			whenStopped.resolve();
			whenStopped = deferred();
		}
		await start(discovery);
	};

	let looking = false;
	/** Asks for the document until there is a peer whose link is not down. */
	const lookAgain = (): void => {
		if (looking) return;
		looking = true;
		let delayMs = DISCOVERY_FIRST_MS;
		const look = async (): Promise<void> => {
			if (running !== undefined && update.state?.link.status !== 'offline') {
				looking = false;
				return;
			}
			const found = await ports.fetchDiscovery();
			try {
				if (found.ok && JSON.stringify(found.value) !== JSON.stringify(running?.discovery))
					await restart(found.value);
				else if (!found.ok && running === undefined) show({ trouble: found.error });
			} catch (error) {
				show({ trouble: toPeerError(error) });
			}
			ports.clock.after(delayMs, () => void look());
			delayMs = Math.min(delayMs * 2, DISCOVERY_LAST_MS);
		};
		ports.clock.after(delayMs, () => void look());
	};

	const run = async (call: Call): Promise<Outcome> => {
		for (;;) {
			if (running === undefined) {
				// A person who presses a button is told now; a list may wait for the peer.
				if (METHODS[call.method] !== 'read' && update.trouble !== undefined)
					return { failed: update.trouble };
				await whenRunning.promise;
				continue;
			}
			const { api } = running.peer;
			const method = api[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
			const stopped = whenStopped.promise.then(() => undefined);
			const outcome = await Promise.race([
				method.apply(api, [...call.args]).then(
					(returned): Outcome => ({ returned }),
					(error: unknown): Outcome => ({ failed: toPeerError(error) })
				),
				stopped
			]);
			if (outcome !== undefined) return outcome;
			if (METHODS[call.method] === 'once')
				return { failed: peerError('Internal', 'the peer was started again meanwhile') };
		}
	};

	const found = await asked;
	const discovery = found.ok ? found.value : kept.read();
	if (discovery === undefined) {
		show({ trouble: found.ok ? undefined : found.error });
		lookAgain();
	} else {
		try {
			await start(discovery);
		} catch (error) {
			show({ discovery, trouble: toPeerError(error) });
			lookAgain();
		}
	}
	return {
		answer: async (call) => {
			try {
				return await requests.once(call, () => run(call));
			} catch (error) {
				return { failed: toPeerError(error) };
			}
		}
	};
};

/** The last document that led to a peer, for starts without a network. */
const createKeptDiscovery = (sql: SqlDriver) => {
	sql.script(
		'CREATE TABLE IF NOT EXISTS host_discovery (one INTEGER PRIMARY KEY CHECK (one = 1), document TEXT NOT NULL) STRICT'
	);
	return {
		read: (): Discovery | undefined => {
			const [row] = sql.all('SELECT document FROM host_discovery');
			return row === undefined ? undefined : parseDiscovery(JSON.parse(String(row['document'])));
		},
		write: (discovery: Discovery): void => {
			sql.run(
				'INSERT INTO host_discovery (one, document) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET document = excluded.document',
				[JSON.stringify(discovery)]
			);
		}
	};
};

const toPeerError = (error: unknown): PeerError => {
	const reason = error instanceof Error ? error.message : String(error);
	if (error instanceof SqlError && error.kind === 'full') return peerError('StorageFull', reason);
	if (error instanceof SqlError && error.kind === 'corrupt') return peerError('StorageLost', reason);
	return peerError('Internal', reason);
};

const deferred = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
	let resolve = (): void => {};
	const promise = new Promise<void>((settle) => (resolve = settle));
	return { promise, resolve };
};

/** The document of one origin; `HubUnreachable` when it does not come or says nothing usable. */
export const fetchDiscovery = async (
	url: TabOptions['discoveryUrl']
): Promise<Result<Discovery, PeerError>> => {
	const unreachable = (reason: string): Result<never, PeerError> => ({
		ok: false,
		error: peerError('HubUnreachable', reason)
	});
	try {
		const response = await fetch(url, {
			cache: 'no-store',
			signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS)
		});
		if (!response.ok) return unreachable(`${url} answered ${response.status}`);
		const discovery = parseDiscovery(await response.json());
		return discovery === undefined
			? unreachable(`${url} does not say where the hub is`)
			: { ok: true, value: discovery };
	} catch (error) {
		return unreachable(error instanceof Error ? error.message : String(error));
	}
};

/** A start without a network must not wait longer than a person does. */
const DISCOVERY_TIMEOUT_MS = 3_000;
