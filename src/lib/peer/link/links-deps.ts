/** What links need of the node around them, and what they tell it. */
import type { Hex } from '../bytes.ts';
import type { Channels, Promised } from '../channel/channels.ts';
import type { HeldClaims } from '../channel/held-claims.ts';
import type { NostrEvent } from '../codec/nostr-event.ts';
import type { Connector } from '../ilp/connector.ts';
import type { Authenticated, AuthError, AuthToken } from '../peering/auth-token.ts';
import type { Platform } from '../platform.ts';
import type { Result } from '../result.ts';
import type { Address, SignedClaim } from '../settlement/chain.ts';
import type { SettlementScheme } from '../settlement/scheme.ts';
import type { Commits } from '../storage/commit.ts';
import type { LinkAccounts, LinkRole } from './accounts.ts';
import type { BtpAccounts } from './btp-accounts.ts';
import type { Hello, PayoutTerms, SettleAnswer, SettleRequest } from './messages.ts';
import type { Packets } from './packets.ts';
import type { Forgotten } from './recovery.ts';

export interface LinksDeps {
	readonly platform: Pick<Platform, 'clock' | 'random' | 'crypto' | 'log' | 'dial'>;
	readonly commits: Commits;
	readonly accounts: LinkAccounts;
	readonly channels: Channels;
	readonly packets: Packets;
	/** undefined on a node without a chain. */
	readonly scheme: SettlementScheme | undefined;
	readonly heldClaims: Pick<HeldClaims, 'take' | 'check'> | undefined;
	readonly auth: LinkAuth;
	readonly network: 'live' | 'test';
	/** The address my payouts and the channels towards me go to. */
	readonly payee: () => Address | undefined;
	readonly announcement: () => NostrEvent | undefined;
	readonly payoutTerms: PayoutTerms | undefined;
	/** Whether, and as what, a stranger who authenticated may stay. */
	readonly admit: (owner: string, device: string) => LinkTerms | undefined;
	/** Handed in late: the connector needs the links and the links the connector. */
	readonly connector: () => Connector;
	readonly signClaim: (promised: Promised) => Promise<SignedClaim>;
	/** Funding, payouts and closes asked for by a neighbour (channel/settler.ts). */
	readonly settle: (peer: string, request: Exclude<SettleRequest, { op: 'late' }>) => Promise<SettleAnswer>;
	/** Looks a channel up on the chain again, as far as that answers. */
	readonly refresh: (channel: Hex) => Promise<unknown>;
	readonly onEvent: (event: LinkEvent) => void;
	/** Neighbours without a device key, known by a token; who shows one becomes theirs. */
	readonly plain?: BtpAccounts;
	/** The neighbour's clock minus mine, in ms; only from a parent. */
	readonly onTime: (offsetMs: number) => void;
}

/** Proofs of who is at each end (peering/auth-token.ts), with this node's keys, clock and replay cache inside. */
export interface LinkAuth {
	create(endpoint: string): Promise<AuthToken>;
	check(token: AuthToken, endpoint: string): Promise<Result<Authenticated, AuthError>>;
	/** What my own token is bound to when it answers this one. */
	answerEndpoint(authToken: string): Promise<string>;
}

/** What this node offers a neighbour: link units it may owe, and the most this node leaves claimed ahead (W). */
export interface LinkTerms {
	readonly role: LinkRole;
	readonly credit: bigint;
	readonly window: bigint;
}

export type LinkEvent =
	| {
			readonly type: 'up';
			readonly peer: string;
			readonly owner: string;
			readonly role: LinkRole;
			readonly hello: Hello;
	  }
	| { readonly type: 'down'; readonly peer: string; readonly owner: string; readonly role: LinkRole }
	| { readonly type: 'connecting'; readonly url: string }
	| { readonly type: 'waiting'; readonly url: string; readonly retryAt: number; readonly reason: string }
	/** The neighbour refuses this node for good (its delegation ended, its key is not who it should be). */
	| { readonly type: 'refused'; readonly url: string; readonly reason: string }
	/** My database is an older copy: what it had forgotten of this link is in the books again. Link units. */
	| ({ readonly type: 'recovered'; readonly peer: string } & Forgotten)
	| { readonly type: 'claimRefused'; readonly peer: string; readonly reason: string };

export interface Uplink {
	readonly url: string;
	/** The person who must answer there, hex. */
	readonly owner: string | undefined;
	readonly terms: LinkTerms;
}
