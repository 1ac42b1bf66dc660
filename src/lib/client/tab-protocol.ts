/**
 * What a page and its worker, and the workers of several tabs, say to each other.
 *
 * Every tab has a worker. One of them, the **leader**, holds the Web Lock `tributary`, has the
 * database open and runs the peer; the others, the **followers**, pass their page's calls on over a
 * BroadcastChannel and their page the leader's state. A leader can die at any moment (its tab is
 * closed), so an asker keeps each call until it is answered and sends it again, under the same id,
 * to whoever leads next. What must not happen twice is kept from happening twice by the leader's
 * table of answered ids, which is in the database (workers/request-log.ts).
 *
 * ```
 * page ──Comlink──> own worker ──(leader)──> peer
 *                        └─────(follower)──BroadcastChannel──> leader's worker ──> peer
 *
 * call    follower → leader   please do this; sent again after each `leads`
 * answer  leader → follower   what came of it
 * update  leader → followers  state, discovery, trouble; after each change and after `hello`
 * leads   leader → followers  I lead from now on: send again what is unanswered
 * hello   follower → leader   I am new: what is the state?
 * ```
 */
import type { PeerApi, PeerState } from '../peer/api.ts';
import type { PeerError } from '../peer/errors.ts';
import type { Discovery } from './discovery.ts';

/** Everything of the peer that a page may ask for. The state comes by itself. */
export type Method = Exclude<keyof PeerApi, 'state' | 'watch' | 'unwatch' | 'stop'>;
export type PeerCalls = Pick<PeerApi, Method>;

/**
 * - `read`: asking again is harmless.
 * - `set`: doing it again ends in the same place (a limit set twice is set).
 * - `once`: doing it again would do more (a second note, a second payout): never repeated when the
 *   leader died in the middle; the person is told that the outcome is unknown.
 */
export const METHODS: Readonly<Record<Method, 'read' | 'set' | 'once'>> = {
	feed: 'read',
	activity: 'read',
	statement: 'read',
	people: 'read',
	person: 'read',
	earnings: 'read',
	paymentCounts: 'read',
	follow: 'set',
	unfollow: 'set',
	setBudgets: 'set',
	// Answered once, the question is gone.
	answerConsent: 'set',
	setFloat: 'set',
	publish: 'once',
	setPrice: 'set',
	setProfile: 'set',
	announce: 'set',
	prepareFunding: 'read',
	// The authorization's nonce is used up on chain by the first.
	fund: 'set',
	closeChannel: 'set',
	prepareRequestClose: 'read',
	prepareWithdraw: 'read',
	refreshChannel: 'set',
	retryLink: 'set',
	setPayoutAddress: 'set',
	payout: 'once',
	exportKey: 'read',
	importKey: 'set',
	importEvents: 'set',
	exportEvents: 'read'
};

export interface Call {
	/** Drawn by the page; the same for every time it is sent. */
	readonly id: string;
	readonly method: Method;
	readonly args: readonly unknown[];
}

/** `failed` is a bug or a broken disk; expected failures are returned values. */
export type Outcome = { readonly returned: unknown } | { readonly failed: PeerError };

/** `waiting`: this tab does not know yet whether another leads. */
export type TabRole = 'waiting' | 'leader' | 'follower';

/** What every page shows; the leader is the only source, except for `tab`. */
export interface Update {
	/** Undefined until there is a peer: then `trouble` says why. */
	readonly state: PeerState | undefined;
	readonly discovery: Discovery | undefined;
	readonly trouble: PeerError | undefined;
}

export interface TabOptions {
	/** Absolute URL of `/.well-known/tributary.json` at the app's own origin. */
	readonly discoveryUrl: string;
	/** Absolute URL of SQLite's WebAssembly, in `static/` so that the service worker keeps it. */
	readonly wasmUrl: string;
	/** Names the lock, the channel and the database directory; tests use their own. */
	readonly name: string;
	/** Names a lock that this worker alone holds for as long as it lives (life-lock.ts). */
	readonly life: string;
}

/** What a worker offers its own page through Comlink. */
export interface TabWorker {
	/** Resolves once `options.life` is held. */
	start(options: TabOptions, onUpdate: (update: Update & { readonly tab: TabRole }) => void): Promise<void>;
	call(call: Call): Promise<Outcome>;
}

export type TabMessage =
	| { readonly type: 'call'; readonly call: Call }
	| { readonly type: 'answer'; readonly id: string; readonly outcome: Outcome }
	| { readonly type: 'update'; readonly update: Update }
	| { readonly type: 'leads' }
	| { readonly type: 'hello' };
