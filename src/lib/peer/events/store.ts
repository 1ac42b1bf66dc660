/**
 * The event store: what a node keeps and serves. Synchronous, on the SQL port; writes happen inside
 * a transaction of the caller (Commits.run).
 *
 * Every stored event gets an arrival number `seq`, rising by one and never reused: it is the cursor
 * by which a reader resumes ("everything after 1234"), while time order is `created_at` descending,
 * then lowest id (NIP-01).
 */
import type { Filter, VerifiedEvent } from '../codec/nostr-event.ts';
import type { SqlDriver } from '../storage/sql.ts';

export type PutOutcome =
	| { readonly result: 'stored'; readonly seq: number }
	/** Stored, and an older version of the same replaceable or addressable event was dropped. */
	| { readonly result: 'replaced'; readonly seq: number }
	| { readonly result: 'duplicate' }
	/** A newer version of the same replaceable or addressable event is here already. */
	| { readonly result: 'superseded' }
	/** Its author deleted it (NIP-09); never taken again. */
	| { readonly result: 'deleted' }
	/** Past its NIP-40 expiration. */
	| { readonly result: 'expired' }
	/** Ephemeral kinds are passed on, not kept. */
	| { readonly result: 'ephemeral' };

export interface StoredEvent {
	readonly seq: number;
	readonly event: VerifiedEvent;
	/** Bytes of the encoded v2 event. */
	readonly size: number;
}

export interface EventStore {
	/** `now` in Unix ms. Applies deletion requests (kind 5) to what is stored. */
	put(event: VerifiedEvent, now: number): PutOutcome;
	get(id: string, now: number): StoredEvent | undefined;
	/** OR over filters; newest first; each filter's own `limit` holds for its part. Expired ones are left out. */
	query(
		filters: readonly Filter[],
		options: { readonly now: number; readonly limit: number }
	): readonly StoredEvent[];
	/** Matching events that arrived after `seq`, in arrival order (`limit` of filters is ignored). */
	after(
		seq: number,
		filters: readonly Filter[],
		options: { readonly now: number; readonly limit: number }
	): readonly StoredEvent[];
	count(filters: readonly Filter[], now: number): number;
	lastSeq(): number;
	/** Drops what expired; answers how many. */
	sweep(now: number): number;
	/**
	 * Of what is kept for others, everybody but `owner` (hex), keeps what arrived last of these kinds: `most` events, and
	 * of no more than `bytes` together. Drops a few thousand at a time, and answers how many.
	 */
	trim(
		kinds: readonly number[],
		options: { readonly owner: string; readonly most: number; readonly bytes: number }
	): number;
	stats(): { readonly events: number; readonly bytes: number; readonly byKind: ReadonlyMap<number, number> };
}

export type CreateEventStore = (sql: SqlDriver) => EventStore;
