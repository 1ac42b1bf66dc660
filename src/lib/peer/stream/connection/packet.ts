/** A prepare of ours, what comes back for it, and what we answer to theirs: the words that the parts of a connection share. */
import type { AmountTooLarge, IlpErrorCode } from '../../codec/ilp.ts';
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import type { ConnectionStream } from './connection-stream.ts';

/** A prepare to be sealed and sent. */
export interface OutgoingPacket {
	readonly sequence: number;
	readonly amount: bigint;
	/** Its least at the other end. */
	readonly minimum: bigint;
	readonly frames: readonly StreamFrame[];
	/** With a condition that nobody can meet: to measure the rate. */
	readonly isProbe: boolean;
	/** What of the amount is each stream's. */
	readonly money: readonly MoneyPart[];
	readonly expiresAt: number;
	/** Where it goes, and by which of our paths (path.ts): the other end may be elsewhere when it is answered. */
	readonly destination: string;
	readonly path: number;
	/** The credit for the connection when it left. */
	readonly credit: number;
	readonly datagram: Datagram | undefined;
	/** Set when it was sealed: a prepare with the condition of one that is under way is our own, sent back. */
	condition: Uint8Array | undefined;
}

/** Money of a packet that belongs to one stream. */
export interface MoneyPart {
	readonly stream: ConnectionStream;
	readonly amount: bigint;
}

/** A message on no stream; tried once. */
export interface Datagram {
	readonly bytes: Uint8Array;
	readonly onOutcome: ((arrived: boolean) => void) | undefined;
}

/** What came back for a prepare, opened if it could be. */
export interface Outcome {
	/** The right preimage came. */
	readonly isFulfilled: boolean;
	/** Of a reject. */
	readonly code: IlpErrorCode | undefined;
	/** The other end's own words, when it was the other end that spoke. */
	readonly packet: StreamPacket | undefined;
	/** For F08. */
	readonly tooLarge?: AmountTooLarge | undefined;
	readonly message?: string;
}

/** What to reply to a prepare that opened. */
export interface Answer {
	readonly isAccepted: boolean;
	/** `undefined`: the packet was played back; reply without data, so that nothing is proved about it. */
	readonly frames: StreamFrame[] | undefined;
	/** Receipts to make and to add. */
	readonly receipts: readonly { readonly streamId: number; readonly totalReceived: bigint }[];
}
