/**
 * The door between the ILP layer (links, connector, ledger) and those who originate or receive
 * packets (STREAM sessions). Above it nobody knows links; below it nobody knows frames.
 */
import type { IlpFulfill, IlpPrepare, IlpReject } from '../codec/ilp.ts';
import type { TransferKind, TransferMemo } from '../ledger/ledger.ts';

/** How money of a packet is booked on this node beside the link's own account. */
export interface Booking {
	readonly kind: TransferKind;
	/** `expense/notes` for a buyer, `income/notes` for a seller. */
	readonly account: string;
	readonly memo?: TransferMemo;
}

export interface Outgoing {
	readonly prepare: IlpPrepare;
	/** Required when the amount is above zero. */
	readonly booking?: Booking;
	/**
	 * Runs in the transaction that records the pending transfer, before the packet leaves: what must
	 * be on disk first (a receipt). Throwing cancels the packet.
	 */
	readonly onBegin?: () => void;
	/**
	 * Awaited between a reply in time and {@link onOutcome}, so that what the reply says can be read and checked
	 * before its money is booked, and both be written in one transaction. May take as long as checking a signature;
	 * must change nothing and not throw. After a restart, and for a reply that came late, it is not asked.
	 */
	readonly onReply?: (reply: IlpFulfill | IlpReject) => Promise<void>;
	/** Runs in the transaction that posts or voids the transfer, right after that, with the reply as it came. */
	readonly onOutcome?: (reply: IlpFulfill | IlpReject) => void;
}

export interface PacketSender {
	/**
	 * Originates a prepare. Always resolves: a fulfill whose preimage fits the condition, or a reject
	 * (from the far end, a hop, or this node: R00 when nothing came in time). A valid fulfilment that
	 * comes late still counts at the origin (PROTOCOL section 6).
	 */
	send(outgoing: Outgoing): Promise<IlpFulfill | IlpReject>;
	/** ILP addresses at which this node answers, best first; empty until a link gave one. */
	addresses(): readonly string[];
	/** The most one packet may carry on the way out, in link units. */
	maxPacket(): bigint;
}

/** A packet addressed to this node. */
export interface Incoming {
	readonly prepare: IlpPrepare;
	/** What comes after this node's own address and a dot; empty when addressed to the node itself. */
	readonly suffix: string;
	/** Key of the link it came in by (the neighbour's device key, hex). */
	readonly link: string;
}

/**
 * What a receiver makes of a packet. `judge` may take its time (decrypting); `decide` then runs in
 * the same transaction that books the money, sees all committed state and nothing in between, and
 * only when that is on disk is `reply` asked for.
 */
export interface Verdict {
	/** True: take the money (the reply must be a fulfill). Must write what the packet did. */
	decide(): boolean;
	/**
	 * The preimage, when it is known before deciding (STREAM derives it from the request). It is written
	 * with the money, so that a fulfilment survives a crash before the reply could leave.
	 */
	readonly fulfillment?: Uint8Array;
	/** For amounts above zero. */
	readonly booking?: Booking;
	reply(): Promise<IlpFulfill | IlpReject>;
}

export interface PacketReceiver {
	/** `undefined`: not mine (F02). */
	judge(incoming: Incoming): Promise<Verdict | undefined>;
}
