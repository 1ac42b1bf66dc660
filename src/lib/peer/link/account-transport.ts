/**
 * Accounts with neighbours that know nothing of BTP-NIPs: any ILP connector, wallet or client that a
 * person agreed to trust up to a limit. No hello, no claims: who owes whom is bounded by
 * configuration alone, and settled outside.
 *
 * Such a neighbour speaks over BTP with a shared token (RFC 23, link/btp-accounts.ts) or over HTTP
 * (RFC 35). How its packets travel is an {@link AccountTransport}; what becomes of them is the
 * connector's affair, with the same rows, ledger and rules as on any other link. On disk and in the
 * connector the neighbour's name is {@link accountKey}.
 *
 * | what happened | what it means |
 * |---|---|
 * | an answer before the packet's expiry | counts, if a fulfilment fits the condition |
 * | no answer until then | rejected (RFC 27): there is no hello that could tell otherwise |
 * | the same prepare again | the stored answer, no money |
 */
import type { Cancel } from '../platform.ts';
import type { LinkRole } from './accounts.ts';

/** One agreed neighbour. Amounts are in the node's own unit (link units): there is no rate on an account. */
export interface AccountConfig {
	/** Unique on this node, one segment of an ILP address: a child's address ends with it, a BTP client authenticates as it. */
	readonly name: string;
	readonly role: LinkRole;
	/** As told to a child (ILDCP) and expected of a parent. */
	readonly asset: { readonly code: string; readonly scale: number };
	/** The most the neighbour may owe this node; beyond it T04. */
	readonly maxBalance: bigint;
	/** The most this node may owe the neighbour, LIMITS.linkTermsMost unless given. */
	readonly maxOwed?: bigint;
	/** The most one packet may carry, either way; beyond it F08. LIMITS.maxPacket unless given. */
	readonly maxPacketAmount?: bigint;
	/** Packets the neighbour may send a second, on average; beyond it T05. No limit unless given. */
	readonly packetsPerSecond?: number;
	/** Bytes a second that it may send whatever they pay; as for everybody unless given. The burst is 64 times that. */
	readonly freeBytesPerSecond?: number;
	/** Whether routes are told to it and learnt from it (CCP), on a node that does; with all but children unless given. */
	readonly exchangesRoutes?: boolean;
	readonly over: BtpAccount | HttpAccount;
}

export interface BtpAccount {
	readonly type: 'btp';
	/** The shared secret, `auth_token`. */
	readonly token: string;
	/** `auth_username`: what to say when dialling; the account's name unless given. */
	readonly username?: string;
	/** Where to dial; without it the neighbour dials this node. */
	readonly url?: string;
}

export interface HttpAccount {
	readonly type: 'http';
	/** Bearer token the neighbour shows. */
	readonly incomingToken: string;
	/** Where its packets are posted, and the bearer token for that; without it nothing can be sent to it. */
	readonly url?: string;
	readonly outgoingToken?: string;
	/**
	 * Where the neighbour can post to this node. With it packets are sent the asynchronous way (RFC 35: 202, and
	 * the answer comes there); without it the answer is expected in the response.
	 */
	readonly callbackUrl?: string;
}

/** How packets leave for one account. */
export interface AccountTransport {
	/** `busy`: there, but too slow to take more now (T02); `down`: T01, and nothing leaves. */
	state(): 'up' | 'busy' | 'down';
	/**
	 * Sends an encoded prepare and resolves with the encoded fulfill or reject. Resolves with `undefined` when there
	 * will be no answer (the way broke, or it is `expiresAt`, Unix ms): the outcome is then not known here, and
	 * counts as a reject once the packet has expired. Never rejects.
	 */
	send(prepare: Uint8Array, expiresAt: number): Promise<Uint8Array | undefined>;
}

/** What a node offers whoever carries packets of its accounts. Names are those of {@link AccountConfig}. */
export interface IlpAccounts {
	/** From now on packets to the account leave this way; a later call replaces it. The answer takes it away again. */
	attach(name: string, transport: AccountTransport): Cancel;
	/**
	 * One message of the authenticated neighbour, any bytes; resolves with an encoded fulfill or reject. `isLive`:
	 * whether it can still be answered, asked just before the packet is taken on.
	 */
	handle(name: string, bytes: Uint8Array, isLive?: () => boolean): Promise<Uint8Array>;
}

/** No device key (64 hex digits) can be mistaken for it. */
const PREFIX = 'ilp:';

/** The neighbour's name in ledger, packets and routes, where a BTP-NIPs neighbour has its device key. */
export const accountKey = (name: string): string => `${PREFIX}${name}`;

/** The account's name; undefined for a neighbour that speaks BTP-NIPs. */
export const accountName = (peer: string): string | undefined =>
	peer.startsWith(PREFIX) ? peer.slice(PREFIX.length) : undefined;
