/**
 * STREAM v1 (RFC 29) as the rest of the house uses it: money and bytes between two ends over any path of
 * connectors. What travels is explained in connection-state.ts; this file holds only types.
 *
 * ```ts
 * const server = createStreamServer({ ...deps, secret });            // answers at <node>.<token>
 * const { destinationAccount, sharedSecret } = await server.generate({ tag: 'invoice 7' });
 * server.onConnection = (connection) => {
 *   connection.onStream = (stream) => {
 *     stream.setReceiveMax(10n ** 12n);
 *     stream.onData = (bytes) => stream.write(bytes);                 // an echo
 *   };
 * };
 *
 * const paid = await pay({ ...deps, server }, { destinationAccount, sharedSecret, amount: 1_000n });
 * const connection = await connectStream({ ...deps, server }, { destinationAccount, sharedSecret });
 * ```
 *
 * Amounts are bigint: outgoing ones in the units of our link, incoming ones in the units in which they
 * arrived (our link's again), and what the other end says it got in its units. Times are milliseconds.
 */
import type { IlpPrepare, IlpReply } from '../../codec/ilp.ts';
import type { Booking, PacketReceiver, Verdict as ConnectorVerdict } from '../../ilp/delivery.ts';
import type { Clock, Crypto, Eventually, Random } from '../../platform.ts';
import type { Result } from '../../result.ts';

/** How packets leave. `createStreamNetwork` makes one from the node's PacketSender and a booking. */
export interface StreamNetwork {
	/**
	 * Sends a prepare and calls `onReply` once, at once or later: with the reply, or with an R00 when none
	 * came in time. A fulfill it hands over has been checked by nobody; STREAM compares it itself.
	 */
	send(prepare: IlpPrepare, onReply: (reply: IlpReply) => void): void;
	/** ILP addresses at which this node answers, best first. */
	addresses(): readonly string[];
	/** The most one packet may carry on its first link. */
	maxPacket(): bigint;
}

/** Everything a connection needs of its host. */
export interface StreamDeps {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: Crypto;
	readonly network: StreamNetwork;
}

export interface StreamClientDeps extends StreamDeps {
	/**
	 * Gives a connection an address of its own at which the other end can send to it. Without one it is
	 * mute in that direction, as a client behind ILP over HTTP is: money goes out and so do bytes, but
	 * the reference server then never opens its windows beyond the first 16,384 bytes.
	 */
	readonly server?: StreamServer;
}

export interface AssetDetails {
	readonly code: string;
	readonly scale: number;
}

/** RFC 39: with these the receiver proves to a third party (a verifier) what it was paid. */
export interface ReceiptSetup {
	/** 16 bytes, of the verifier's choosing. */
	readonly nonce: Uint8Array;
	/** 32 bytes that the verifier and the receiver share, and nobody else. */
	readonly secret: Uint8Array;
}

/** What a connection may differ in; everything has a default. */
export interface ConnectionOptions {
	/** Our asset, told to the other end. */
	readonly asset?: AssetDetails;
	/** A packet is worthless after this, ms. Default 30 s. */
	readonly packetLifeMs?: number;
	/** Without a packet in either direction for this long the connection closes, ms. Default 60 s; 0 never. */
	readonly idleMs?: number;
	/** Something is to be sent and nothing got through for this long: the connection fails, ms. Default 60 s: two packets' lives. */
	readonly patienceMs?: number;
	/** Share of the measured rate that a packet may lose on its way, in 1/10,000. Default 100: one percent. */
	readonly slippageBasisPoints?: number;
	/** Do not measure the rate: this much must arrive for this much sent. */
	readonly rate?: { readonly sent: bigint; readonly arrives: bigint };
	/** Most money in one packet, our units. Default: what the first link takes. */
	readonly maxPacketAmount?: bigint;
	/** Most packets under way at a time. Default 256. */
	readonly maxInFlight?: number;
	/** Bytes a stream of ours may hold unread: the other end's credit. Default 262,144: eight large events. */
	readonly streamWindow?: number;
	/** Bytes a stream keeps unsent before `write` refuses. Default 1 MiB. */
	readonly sendBuffer?: number;
	/** Streams the other end may have open at a time. Default 10, as the reference has it. */
	readonly remoteStreams?: number;
}

export interface GenerateOptions {
	/** Travels inside the token, sealed, and is handed to `onConnection`. At most 256 bytes of UTF-8. */
	readonly tag?: string;
	readonly receipt?: ReceiptSetup;
}

export interface StreamCredentials {
	/** `<node>.<token>` */
	readonly destinationAccount: string;
	/** 32 bytes; for the payer alone (SPSP hands it over). */
	readonly sharedSecret: Uint8Array;
}

export interface StreamServerOptions extends ConnectionOptions {
	/** 32 random bytes, kept. Whoever restarts with the same ones still knows the addresses it gave out. */
	readonly secret: Uint8Array;
	/** How money that arrives is booked. Required by {@link PacketReceiver}s that take money. */
	readonly booking?: (amount: bigint, connection: StreamConnection) => Booking;
	/** May refuse money (F99) before it is taken; runs where nothing may be awaited. */
	readonly accept?: (amount: bigint, connection: StreamConnection) => boolean;
	/** Connections at a time; beyond it new ones are told T03. Default 4,096. */
	readonly maxConnections?: number;
}

/** Answers for any number of secrets, statelessly: a connection exists from its first authentic packet on. */
export interface StreamServer extends PacketReceiver {
	/** A fresh address and secret. Nothing is kept; call it per payer. */
	generate(options?: GenerateOptions): Promise<StreamCredentials>;
	/** Set before packets arrive. Runs at a connection's first packet; set the connection's handlers in it. */
	onConnection: ((connection: StreamConnection) => void) | undefined;
	/**
	 * The reply to a prepare whose destination goes on with `suffix` after the node's address: the same as
	 * `judge`, decided and answered at once, for hosts without a ledger (and without a promise when the
	 * crypto port answers at once).
	 */
	answer(prepare: IlpPrepare, suffix: string): Eventually<IlpReply>;
	/** An address below ours for a connection that we open: what comes to it is handed to `receive`. */
	attach(receive: (prepare: IlpPrepare) => Eventually<Verdict>): StreamAttachment;
	/** Connections alive now, those that others opened. */
	connections(): readonly StreamConnection[];
	/** Sums over all connections, gone ones too. */
	totals(): ServerTotals;
	/** Closes all connections and answers nothing more. */
	close(): void;
}

export interface StreamAttachment {
	/** Undefined while the node has no address. */
	readonly address: string | undefined;
	detach(): void;
}

/** What became of a prepare: as the connector's, but without promises where nothing has to be waited for. */
export interface Verdict extends Omit<ConnectorVerdict, 'reply'> {
	reply(): Eventually<IlpReply>;
}

export interface ServerTotals {
	readonly money: bigint;
	readonly bytes: bigint;
	readonly packets: number;
}

/** A running sum of what a connection did. */
export interface ConnectionTotals {
	/** Fulfilled, our units. */
	readonly sent: bigint;
	/** Of that, what the other end says arrived, its units. */
	readonly delivered: bigint;
	readonly received: bigint;
	/** Bytes of streams and datagrams, acknowledged and consumed. */
	readonly bytesSent: bigint;
	readonly bytesReceived: bigint;
	/** Prepares: answered with a fulfill, answered otherwise, and now under way. */
	readonly fulfilled: number;
	readonly rejected: number;
	readonly inFlight: number;
}

export interface StreamConnection {
	readonly destinationAccount: string | undefined;
	/** What `generate` was given for this address; only on servers. */
	readonly tag: string | undefined;
	/** The other end's asset, once it told. */
	readonly remoteAsset: AssetDetails | undefined;
	/** Opens one of our streams, unless the other end allows no more of them now. */
	openStream(): Result<Stream, StreamError>;
	/**
	 * One message, whole, in one packet, on no stream (frame 0x20; only our own kind reads it). Tried once:
	 * `onOutcome` says whether it arrived. `false` when too long or too many wait.
	 */
	sendDatagram(bytes: Uint8Array, onOutcome?: (arrived: boolean) => void): boolean;
	/** What `run` writes and pays leaves in as few packets as it fits: a message and its money in one. */
	together(run: () => void): void;
	/** Our own address changed (a new uplink): tells the other end, which then sends there. */
	migrate(sourceAccount: string): void;
	/** Sends what is queued, closes every stream, says goodbye. Resolves when the connection is closed. */
	end(): Promise<void>;
	/** Closes now; what was not acknowledged is lost. */
	destroy(reason?: StreamError): void;
	totals(): ConnectionTotals;
	/** Undefined while alive. */
	readonly closed: { readonly error: StreamError | undefined } | undefined;

	/** The other end opened a stream. Set the stream's handlers and `setReceiveMax` before returning. */
	onStream: ((stream: Stream) => void) | undefined;
	onDatagram: ((bytes: Uint8Array) => void) | undefined;
	onClose: ((error: StreamError | undefined) => void) | undefined;
}

export interface Stream {
	/** Odd ones were opened by the client, even ones by the server. */
	readonly id: number;
	/** Queues bytes, which now belong to the stream. `false`: full, nothing was taken; wait for `onWritable`. */
	write(bytes: Uint8Array): boolean;
	/** Sends until this much in all was paid on this stream, our units; never lower than before. */
	setSendMax(total: bigint): void;
	/** Accepts money until this much in all arrived; 0 at first, never lower than before. */
	setReceiveMax(total: bigint): void;
	/** Unread bytes, or nothing now. Reading gives the other end credit to send more. */
	read(): Uint8Array | undefined;
	/** Resolves when everything written and the whole of sendMax is acknowledged, or when it cannot be. */
	flushed(): Promise<Result<void, StreamError>>;
	/** Half-close: after what is queued nothing more is sent; what the other end sends is still received. */
	end(): void;

	readonly sent: bigint;
	readonly delivered: bigint;
	readonly received: bigint;
	/** The newest valid receipt of the other end (RFC 39), 58 bytes: hand it to the verifier. */
	readonly receipt: Uint8Array | undefined;
	/** The other end will send no more. */
	readonly remoteEnded: boolean;
	/** Most the other end accepts in all on this stream, its units, once it told. */
	readonly remoteReceiveMax: bigint | undefined;

	/** When set, bytes are handed over as they come, in order, and count as read. */
	onData: ((bytes: Uint8Array) => void) | undefined;
	/** There is something to `read`. */
	onReadable: (() => void) | undefined;
	/** There is room again after a refused `write`. */
	onWritable: (() => void) | undefined;
	onMoney: ((amount: bigint) => void) | undefined;
	/** The other end sends no more and everything was read. Unless set, the stream then ends on our side too. */
	onEnd: (() => void) | undefined;
	/** Both directions are over. */
	onClose: ((error: StreamError | undefined) => void) | undefined;
}

export type StreamError =
	/** The other end allows no further stream until one closes. */
	| { readonly type: 'TooManyStreams' }
	/** The stream or the connection is closed; `code` and `message` are the other end's when it closed it. */
	| { readonly type: 'StreamClosed'; readonly code?: number; readonly message?: string }
	/** Nothing got through for `patienceMs`; `code` is the last reason a connector gave. */
	| { readonly type: 'NoProgress'; readonly code?: string }
	/** No route, wrong credentials, or another answer that will not change. */
	| { readonly type: 'Unreachable'; readonly code: string; readonly message: string }
	/** Less arrives than the rate less slippage. */
	| { readonly type: 'RateTooLow'; readonly sent: bigint; readonly arrives: bigint }
	/** The rate could not be measured: no probe came back from the other end. */
	| { readonly type: 'NoRate' }
	/** What is left is too little to survive the way (R01), or the way takes no money at all (F08 of 0). */
	| { readonly type: 'Undeliverable' }
	/** The receiver takes no more (its receiveMax is reached). */
	| { readonly type: 'ReceiverFull' }
	/** The other end broke the protocol: `code` is the STREAM error code we closed with. */
	| { readonly type: 'ProtocolViolation'; readonly code: number; readonly reason: string }
	/** Nothing in either direction for `idleMs`. */
	| { readonly type: 'Idle' }
	/** 2^31 packets: the key is used up. */
	| { readonly type: 'KeyExhausted' };

export interface ConnectOptions extends ConnectionOptions, StreamCredentials {}

export interface PayOptions extends ConnectOptions {
	/** In all, our units; may be 0 when there is data. */
	readonly amount: bigint;
	/** Sent on the same stream. */
	readonly data?: Uint8Array;
	/** What the other end sends back on that stream. */
	readonly onData?: (bytes: Uint8Array) => void;
	/** Overall limit, ms. Default 5 minutes. */
	readonly timeoutMs?: number;
}

/** What became of a payment, paid in full or not. */
export interface PaymentTotals {
	readonly sent: bigint;
	readonly delivered: bigint;
	/** Acknowledged bytes of `data`. */
	readonly bytes: number;
	readonly packets: number;
	readonly receipt: Uint8Array | undefined;
	/** Undefined when everything was paid and acknowledged. */
	readonly error: StreamError | undefined;
}

/** Resolves at once without a packet: addresses, windows and rate are learned by the first packets. */
export type ConnectStream = (deps: StreamClientDeps, options: ConnectOptions) => Promise<StreamConnection>;
/** Connects, pays and sends, says goodbye. Never rejects. */
export type Pay = (deps: StreamClientDeps, options: PayOptions) => Promise<PaymentTotals>;
