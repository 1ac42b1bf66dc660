/**
 * # Sessions
 *
 * An **opener** talks to a **node** whose announcement it holds, without a round trip before: the
 * destination of its first packet names the node's stream key and carries an ephemeral public key
 * (token.ts), from which both derive two secrets.
 *
 * | who sends a prepare | to | sealed with | may carry |
 * |---|---|---|---|
 * | opener | `<node>.<token, 55 characters>` | S_c | REQ CLOSE COUNT GET EVENT, money |
 * | node | `<opener>.<tag, 22 characters>` | S_s | HAVE EOSE CLOSED NOTICE, never money |
 *
 * Replies are sealed with the secret of their prepare. The opener names its address in its first
 * packet (ConnectionNewAddress); the tag is random, one per token, so that a push finds its session.
 *
 * With the first answer, and at least hourly after it, keys and name move on (ratchet.ts); the session stays.
 *
 * ## What protects the money
 *
 * - *Reflection*: two secrets, an opener serves nothing, and a prepare whose condition is that of a
 *   packet of one's own is refused.
 * - *Replay*: sequence numbers are used once (sequence-window.ts); a token opens a session within
 *   five minutes of being made; sessions that carried money are on disk.
 * - *Short delivery*: what arrived is told inside the encrypted answer, so no hop can claim to have
 *   delivered more.
 */
import type { UnknownFrame } from '../codec/btp-nips.ts';
import type { Frame } from '../codec/frames.ts';
import type { IlpErrorCode, IlpFulfill, IlpReject } from '../codec/ilp.ts';
import type { Booking, PacketReceiver, PacketSender } from '../ilp/delivery.ts';
import type { Clock, Crypto, Eventually, Log, Random } from '../platform.ts';
import type { Commits } from '../storage/commit.ts';
import type { SqlDriver } from '../storage/sql.ts';
import type { UploadLimits } from './uploads.ts';

export interface SessionsDependencies {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly sql: SqlDriver;
	readonly commits: Commits;
	readonly log: Log;
	readonly sender: PacketSender;
	readonly network: 'live' | 'test';
	/** This node's person, hex; enters the derivation of the secrets of sessions opened to it. */
	readonly pubkey: () => string;
	readonly streamKeys: StreamKeyRing;
	/** Sessions of one link that never paid; default `LIMITS.unpaidSessionsPerLink`. */
	readonly unpaidPerLink?: number;
	/** And of all links together; default `LIMITS.unpaidSessions`. */
	readonly unpaidSessions?: number;
	/** What is taken of frames too large for one packet; default of limits.ts. */
	readonly uploads?: UploadLimits;
}

/** The stream keys this node announced and still answers to. */
export interface StreamKeyRing {
	byId(keyId: Uint8Array): Eventually<StreamKeyPair | undefined>;
}

/** X25519, 32 bytes each. */
export interface StreamKeyPair {
	readonly secret: Uint8Array;
	readonly publicKey: Uint8Array;
}

export interface Sessions extends PacketReceiver {
	/** Who answers what openers ask. Until it is set, every token is unknown here (F06). */
	serve(handler: RequestHandler): void;
	/** Sends nothing yet. */
	open(contact: NodeContact): OpenerSession;
	/**
	 * This link is up. The first time in this run, those who had paid sessions over it are told that this node holds
	 * none of their subscriptions any more: it keeps them in memory alone.
	 */
	tellRestarted(link: string): Promise<void>;
	/** Forgets what is over; about once a minute. */
	sweep(): Promise<void>;
	stop(): void;
}

/** Where and with which key a node is reached, from its announcement. */
export interface NodeContact {
	/** Nostr key, hex. */
	readonly pubkey: string;
	/** ILP address. */
	readonly address: string;
	/** X25519 public key, 32 bytes. */
	readonly streamKey: Uint8Array;
}

/* ------------------------------------------------------------------ the opener's side */

export interface OpenerSession {
	readonly contact: NodeContact;
	/**
	 * Many may be under way. Frames too large for one packet go up as a stream first, one such request at a
	 * time and at the pace of the free data (upload.ts). Never throws; frames that cannot be encoded do.
	 */
	request(frames: readonly Frame[], options?: RequestOptions): Promise<SessionReply>;
	/** What the node says unasked; the answer goes back in the fulfill. Must not throw. */
	onPush(handle: (frames: readonly Frame[]) => readonly Frame[]): void;
	/**
	 * The node had forgotten the session, or it was idle too long, and a new one has begun: subscriptions must be
	 * asked for again.
	 * `underOldName` sends a last word, such as CLOSE.
	 */
	onRenamed(handle: (underOldName: (frames: readonly Frame[]) => Promise<SessionReply>) => void): void;
	/** Nothing is sent or answered any more. */
	close(): void;
}

export interface RequestOptions {
	/** Link units to send; 0 unless given. */
	readonly amount?: bigint;
	/** Least that must arrive, in the node's units (USD, scale 9). */
	readonly minimum?: bigint;
	readonly expiryMs?: number;
	/** Required with an amount. */
	readonly booking?: Booking;
	/** See ilp/delivery.ts; `onReply` gets the answer as it was read. */
	readonly onBegin?: () => void;
	readonly onReply?: (reply: SessionReply) => Promise<void>;
	readonly onOutcome?: (reply: IlpFulfill | IlpReject) => void;
	/** Bytes the node has of frames too large for one packet, and of how many. */
	readonly onProgress?: (done: number, of: number) => void;
}

export type SessionReply =
	/** The money moved. `malformed`: the node sealed something that is no frames. */
	| {
			readonly type: 'fulfilled';
			readonly frames: readonly Frame[];
			readonly arrived: bigint;
			readonly malformed: boolean;
	  }
	/** The node refused, and says what had arrived; no money moved. */
	| { readonly type: 'refused'; readonly frames: readonly Frame[]; readonly arrived: bigint }
	/** The money moved and the answer cannot be read: damaged on the way, or never sealed. */
	| { readonly type: 'spoiled' }
	/** By a hop or by the node without a word; no money moved. */
	| {
			readonly type: 'rejected';
			readonly code: IlpErrorCode;
			readonly triggeredBy: string;
			readonly message: string;
	  }
	/** No answer in time: whether the money moved is not known. */
	| { readonly type: 'timedOut' };

/* ------------------------------------------------------------------ the node's side */

export interface SessionRequest {
	readonly session: NodeSession;
	readonly frames: readonly (Frame | UnknownFrame)[];
	/** Link units that came with it: the only number that counts as money. */
	readonly arrived: bigint;
	/** Less arrived than the opener said must: whatever is asked is refused. */
	readonly short: boolean;
}

export interface NodeSession {
	/** First 16 bytes of SHA-256(S_c), hex. */
	readonly id: string;
	/** Device key of the neighbour its last packet came by, hex. */
	readonly link: string;
	/**
	 * Tells the opener something, at no charge. `blocked`: there is no address, or an unproven one that
	 * has not answered yet (it might be a victim's). Never throws.
	 */
	push(frames: readonly Frame[]): Promise<'answered' | 'unanswered' | 'blocked'>;
}

export interface Answer {
	/** True: the money is taken and the frames go back in a fulfill; false: in a reject F99. */
	readonly accept: boolean;
	readonly frames: readonly Frame[];
	/** Once all of it is on disk. */
	readonly afterwards?: () => void;
}

export interface PreparedAnswer {
	readonly booking?: Booking;
	/** Runs in the transaction of the money. */
	decide(): Answer;
}

export interface RequestHandler {
	/** May take its time (checking signatures), must change nothing. */
	prepare(request: SessionRequest): Promise<PreparedAnswer>;
	/** The session is gone; answers what to tell its opener. */
	dropped(session: NodeSession): readonly Frame[];
}
