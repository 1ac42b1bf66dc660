/** A signed Nostr event as NIP-01 defines it: hex lower case, `created_at` in Unix seconds. */
export interface NostrEvent {
	readonly id: string;
	readonly pubkey: string;
	readonly created_at: number;
	readonly kind: number;
	readonly tags: readonly (readonly string[])[];
	readonly content: string;
	readonly sig: string;
}

/** An event before it has an author. */
export type EventTemplate = Pick<NostrEvent, 'created_at' | 'kind' | 'tags' | 'content'>;

declare const verified: unique symbol;
/** An event whose id and signature were checked at the door (events/verify.ts). */
export type VerifiedEvent = NostrEvent & { readonly [verified]: true };

/** NIP-01 filter. Tag filters are keyed `#e`, `#p`, … (one letter). */
export interface Filter {
	readonly ids?: readonly string[];
	readonly authors?: readonly string[];
	readonly kinds?: readonly number[];
	readonly since?: number;
	readonly until?: number;
	readonly limit?: number;
	readonly search?: string;
	readonly [tag: `#${string}`]: readonly string[] | undefined;
}
