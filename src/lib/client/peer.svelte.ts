/**
 * The page's copy of the peer. `peer` is read in templates and effects; `peer.calls` asks the peer
 * that runs in this tab's worker or in another tab's.
 *
 * A worker that crashes is replaced and every unanswered call is sent again under its own id, so a
 * component that awaits one never notices more than a delay.
 */
import { proxy, wrap, type Remote } from 'comlink';
import type { PeerState } from '../peer/api.ts';
import { peerError, type PeerError } from '../peer/errors.ts';
import type { Discovery } from './discovery.ts';
import { lifeOver } from './life-lock.ts';
import { SQLITE_WASM } from './sqlite-wasm.ts';
import { METHODS } from './tab-protocol.ts';
import type { Call, Method, Outcome, PeerCalls, TabRole, TabWorker } from './tab-protocol.ts';

/**
 * - `starting`: the worker opens the database; nothing to show yet.
 * - `ready`: `peer.state` is there (its `link.status` says whether the hub is).
 * - `waiting`: first start and the origin did not say where the hub is; `peer.trouble` says why. Tried again by itself.
 * - `restarting`: the worker crashed and a new one is starting; the last state stays on screen.
 */
export type PeerPhase = 'starting' | 'ready' | 'waiting' | 'restarting';

/** A worker that dies more often than this is started again after {@link RESTART_LAST_MS} only. */
const MAX_CRASHES_PER_MINUTE = 5;
const RESTART_MS = 250;
const RESTART_LAST_MS = 30_000;

class PeerClient {
	/** The peer's whole state, replaced at each change; the last one known stays. */
	state = $state.raw<PeerState | undefined>(undefined);
	/** What this origin says about hub and chain; the last one known when offline. */
	discovery = $state.raw<Discovery | undefined>(undefined);
	/** Why there is no peer, or why it was started again. */
	trouble = $state.raw<PeerError | undefined>(undefined);
	tab = $state<TabRole>('waiting');
	phase = $state<PeerPhase>('starting');
	/** Whether the browser promised to keep the database; undefined until it answered. */
	persisted = $state<boolean | undefined>(undefined);

	/** The commands and queries of the peer. Never rejects for commands: a bug there is an `Internal` error. */
	readonly calls: PeerCalls = createCalls((method, args) => this.#call(method, args));

	#worker: Worker | undefined;
	#remote: Remote<TabWorker> | undefined;
	readonly #unanswered = new Map<
		string,
		{ readonly call: Call; readonly settle: (outcome: Outcome) => void }
	>();
	#crashes: number[] = [];

	start(): void {
		if (this.#worker !== undefined) return;
		this.#begin();
		if (!asksThePerson()) void this.keepStorage();
	}

	#begin(): void {
		const worker = new Worker(new URL('../../workers/peer.worker.ts', import.meta.url), {
			type: 'module',
			name: 'tributary'
		});
		const remote = wrap<TabWorker>(worker);
		this.#worker = worker;
		this.#remote = remote;
		worker.onerror = (event) => this.#crashed(worker, event.message);
		worker.onmessageerror = () => this.#crashed(worker, 'a message could not be read');
		const options = {
			discoveryUrl: new URL('/.well-known/tributary.json', location.origin).href,
			wasmUrl: new URL(SQLITE_WASM, location.origin).href,
			name: 'tributary',
			life: `tributary.life.${crypto.randomUUID()}`
		};
		remote
			.start(
				options,
				proxy((update) => {
					if (this.#worker !== worker) return;
					this.tab = update.tab;
					this.trouble = update.trouble;
					if (update.discovery !== undefined) this.discovery = update.discovery;
					if (update.state !== undefined) {
						this.state = update.state;
						this.phase = 'ready';
					} else if (update.trouble !== undefined) {
						this.phase = 'waiting';
					}
				})
			)
			.then(() => lifeOver(options.life))
			.then(() => this.#crashed(worker, 'it was ended'))
			.catch((error: unknown) => this.#crashed(worker, String(error)));
		for (const { call } of this.#unanswered.values()) this.#send(remote, call);
	}

	#crashed(worker: Worker, reason: string): void {
		if (this.#worker !== worker) return;
		worker.terminate();
		this.#worker = undefined;
		this.#remote = undefined;
		this.trouble = peerError('Internal', `the worker stopped: ${reason}`);
		this.phase = 'restarting';
		const now = Date.now();
		this.#crashes = [...this.#crashes.filter((at) => at > now - 60_000), now];
		if (this.#crashes.length <= MAX_CRASHES_PER_MINUTE) {
			setTimeout(() => this.#begin(), RESTART_MS * this.#crashes.length);
			return;
		}
		// Whoever waits for an answer is told; the worker is tried again in peace.
		const failed: Outcome = { failed: this.trouble };
		for (const { settle } of [...this.#unanswered.values()]) settle(failed);
		this.phase = 'waiting';
		setTimeout(() => this.#begin(), RESTART_LAST_MS);
	}

	#call(method: Method, args: readonly unknown[]): Promise<unknown> {
		const call: Call = { id: crypto.randomUUID(), method, args };
		return new Promise((resolve, reject) => {
			const settle = (outcome: Outcome): void => {
				if (!this.#unanswered.delete(call.id)) return;
				if ('returned' in outcome) resolve(outcome.returned);
				else if (answersResult(method)) resolve({ ok: false, error: outcome.failed });
				else reject(new Error(outcome.failed.reason ?? outcome.failed.type));
			};
			this.#unanswered.set(call.id, { call, settle });
			if (this.#remote !== undefined) this.#send(this.#remote, call);
		});
	}

	#send(remote: Remote<TabWorker>, call: Call): void {
		remote.call(call).then(
			(outcome) => this.#unanswered.get(call.id)?.settle(outcome),
			(error: unknown) =>
				this.#unanswered.get(call.id)?.settle({ failed: peerError('Internal', String(error)) })
		);
	}

	/** Asks the browser not to evict the database. Worth calling again when there is money in it. */
	async keepStorage(): Promise<void> {
		try {
			this.persisted = (await navigator.storage.persisted()) || (await navigator.storage.persist());
		} catch {
			this.persisted = false;
		}
	}
}

/** Firefox asks the person; a question before anything is on screen would be answered no. */
const asksThePerson = (): boolean => navigator.userAgent.includes('Firefox/');

/** Lists and texts are plain values; every other method answers a `Result`. */
const PLAIN: ReadonlySet<Method> = new Set<Method>([
	'feed',
	'activity',
	'people',
	'person',
	'earnings',
	'paymentCounts',
	'importEvents',
	'exportEvents'
]);
const answersResult = (method: Method): boolean => !PLAIN.has(method);

function createCalls(call: (method: Method, args: readonly unknown[]) => Promise<unknown>): PeerCalls {
	const calls: Partial<Record<Method, (...args: readonly unknown[]) => Promise<unknown>>> = {};
	for (const method of Object.keys(METHODS) as Method[]) calls[method] = (...args) => call(method, args);
	return calls as unknown as PeerCalls;
}

export const peer = new PeerClient();

/** Starts the worker, once per page. */
export const startPeer = (): void => peer.start();
