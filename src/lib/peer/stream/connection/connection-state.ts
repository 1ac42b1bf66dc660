/**
 * One end of a STREAM connection (RFC 29), as a machine without clock, network or key: packets and times go
 * in, packets come out. Who seals, sends and waits is connection.ts.
 *
 * ```
 *   our application                                             their application
 *   write, setSendMax ──> next() ── prepare ── hops ──────────> received() ──> onData, onMoney
 *        flushed() <── replied() <── fulfill or reject ── hops ── answer
 * ```
 *
 * **Everything rides in prepares and their replies.** Both ends number their own prepares; a reply repeats the
 * number of its request. A fulfill acknowledges the whole packet. A reject takes the whole packet
 * back: the money is offered again, the same bytes go again at the same offset, and so do the
 * frames that must not be lost (a close, an address, a credit). Nothing counts by halves.
 *
 * **Who may speak for the other end.** A reply whose data opens with our key is from there: an F99 is its refusal
 * and says why in frames. Every other reject comes from a connector (RFC 27) and is only about the path.
 *
 * **Credit.** Both ends say how far the other may go, always as a total since the beginning, so that an old word
 * can never take back a newer one: StreamMaxData and ConnectionMaxData in bytes, StreamMaxMoney in
 * units of whoever says it, ConnectionMaxStreamId in ids. Until it has spoken the other end is taken to
 * be the reference implementation, whose defaults are in no document: 16,384 bytes a stream, 65,534 a
 * connection, ids up to 20.
 *
 * **Streams** opened by the client are odd, by the server even; an id is never used twice. The money of a packet
 * is split by the shares of its StreamMoney frames, each part rounded down, and what remains goes to
 * the lowest stream that can take it.
 *
 * **Breaking a rule** of these closes the connection with one of the codes in {@link ERROR_CODES}.
 */
import { bytesEqual } from '../../bytes.ts';
import type { AmountTooLarge, IlpErrorCode } from '../../codec/ilp.ts';
import { sizeOfStreamFrame, type StreamFrame, type StreamPacket } from '../../codec/stream.ts';
import { U64_MAX } from '../../codec/oer.ts';
import { err, ok, type Result } from '../../result.ts';
import { MAX_STREAM_PLAINTEXT } from '../keys.ts';
import { AmountLimit } from './amount-limit.ts';
import { CongestionWindow } from './congestion-window.ts';
import { ASSUMED_STREAM_CREDIT, ConnectionStream, type StreamOwner } from './connection-stream.ts';
import { PacketMemory } from './packet-memory.ts';
import { RateFinder } from './rate.ts';
import { decodeReceipt, MAX_RECEIPT_STREAM_ID } from './receipt.ts';
import type { AssetDetails, ConnectionOptions, ConnectionTotals, Stream, StreamError } from './stream-api.ts';

/** RFC 29 section 5.3.1. */
export const ERROR_CODES = {
	NoError: 1,
	InternalError: 2,
	EndpointBusy: 3,
	FlowControlError: 4,
	StreamIdError: 5,
	StreamStateError: 6,
	FrameFormatError: 7,
	ProtocolViolation: 8,
	ApplicationError: 9
} as const;

const ASSUMED_CONNECTION_CREDIT = 65_534;
/** Less than a packet: see {@link ConnectionState.streamWindow}. */
const REFERENCE_CONNECTION_CREDIT = 32_000;
const ASSUMED_MAX_STREAM_ID = 20;
/** With random ivs a key lasts this many packets of each side (RFC 29 section 6). */
const MOST_PACKETS = 2 ** 31;
/** version, type, sequence, prepareAmount, count of frames: what a packet needs beside its frames, at most. */
const HEADER_BYTES = 24;
const PACKET_ROOM = MAX_STREAM_PLAINTEXT - HEADER_BYTES;
/** Left free beside data, for the frames that come after it. */
const TAIL_BYTES = 64;
/** type, length, id, offset, length of data: what a StreamData frame adds to its bytes, at most. */
const DATA_FRAME_BYTES = 28;
/** A StreamMoney frame, and one that gives credit, at most. */
const MONEY_FRAME_BYTES = 24;
const CREDIT_FRAME_BYTES = 34;
/** Once a reply is this late, it is taken not to come. */
const LATE_MS = 2_000;
const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 5_000;
/** Rounds of packets that all arrive with too little before the rate is said to have changed. */
const ROUNDS_TOO_LOW = 3;
/** Streams that only the other end could still use, and never will: the reference does not confirm a close. */
const HALF_CLOSED_KEPT = 32;
const DATAGRAM_QUEUE_BYTES = 262_144;
/** The reference rounds up what it may send: a stream takes this much more than its receiveMax, in 1/100. */
const RECEIVE_EXTRA = 101n;

export const DEFAULTS = {
	packetLifeMs: 30_000,
	idleMs: 60_000,
	patienceMs: 60_000,
	slippageBasisPoints: 100,
	maxInFlight: 256,
	streamWindow: 262_144,
	sendBuffer: 1_048_576,
	remoteStreams: 10
} as const;

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
	readonly money: readonly { readonly stream: ConnectionStream; readonly amount: bigint }[];
	readonly expiresAt: number;
	/** Which path it took; see {@link ConnectionState.moved}. */
	readonly path: number;
	/** The credit for the connection when it left. */
	readonly credit: number;
	readonly datagram: Datagram | undefined;
	/** Set when it was sealed: a prepare with the condition of one that is under way is our own, sent back. */
	condition: Uint8Array | undefined;
}

interface Datagram {
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

export interface ConnectionStateOptions extends ConnectionOptions {
	readonly isServer: boolean;
	/** Where to send; a server learns it from the client. */
	readonly destination: string | undefined;
	/** Where the other end may send; undefined on a server, whose address the client knows. */
	readonly sourceAddress: string | undefined;
	readonly givesReceipts: boolean;
	/** Something to send may have come up. */
	readonly wake: () => void;
	readonly onStream: (stream: Stream) => void;
	readonly onDatagram: (bytes: Uint8Array) => void;
	readonly onClosed: (error: StreamError | undefined) => void;
	/** The application's say over money, asked last. */
	readonly accepts: (amount: bigint) => boolean;
}

export class ConnectionState implements StreamOwner {
	readonly sendBuffer: number;
	readonly limit = new AmountLimit();
	readonly window: CongestionWindow;
	readonly rate: RateFinder;
	destination: string | undefined;
	remoteAsset: AssetDetails | undefined = undefined;
	isClosed = false;
	closeError: StreamError | undefined = undefined;
	/** Prepares of the other end that were fulfilled. */
	accepted = 0;
	/** Streams that are not over. */
	readonly streams = new Map<number, ConnectionStream>();

	readonly #options: ConnectionStateOptions;
	readonly #underWay = new Map<number, OutgoingPacket>();
	readonly #theirs = new PacketMemory();
	readonly #ours = new PacketMemory();
	readonly #totals = { sent: 0n, delivered: 0n, received: 0n, fulfilled: 0, rejected: 0 };
	#bytesSent = 0;
	#bytesReceived = 0;
	#held = 0n;

	#sequence = 1;
	#path = 0;
	#nextStreamId: number;
	#remoteMaxStreamId = ASSUMED_MAX_STREAM_ID;
	#maxStreamId: number;
	/** Their streams up to here are over, and these beyond it. */
	#closedUpTo: number;
	readonly #closedAbove = new Set<number>();

	/** Streams that may have something to send, longest waiting first. */
	#listed: ConnectionStream[] = [];
	/** Streams whose application has something to hear. */
	#touched: ConnectionStream[] = [];
	readonly #newDatagrams: Uint8Array[] = [];
	readonly #datagrams: Datagram[] = [];
	#datagramBytes = 0;

	#sourceAddress: string | undefined;
	#tellAddress: boolean;
	#tellAsset = false;
	#tellMaxStreamId = false;
	#tellClose: StreamFrame | undefined;
	#addressSequence = 0n;
	#isEnding = false;
	#isSayingGoodbye = false;
	#isGoodbyeUnderWay = false;
	/** It answered: credentials and route are right. */
	#wasReached = false;

	/** Bytes of all streams that left, and those of them that were on streams we have closed. */
	#bytesOut = 0;
	#bytesOutOfGone = 0;
	#remoteMaxBytes = ASSUMED_CONNECTION_CREDIT;
	/** The other end counts bytes of open streams only, as the reference does. */
	#countsOpenStreams = false;
	/** Bytes of all their streams that came in order. */
	#bytesIn = 0;
	readonly #fullWindow: number;
	/**
	 * The other end is certainly not the reference. That one, given credit for a full packet, makes packets of up
	 * to 17 bytes more than ILP allows and dies of the refusal; it is kept within the credit that it would
	 * give itself. It names its ConnectionMaxData in replies only, so whoever names it in a prepare is another.
	 */
	#isNotReference = false;
	#tellMaxBytes = true;
	/** The money of the packet at hand, split. */
	readonly #parts: { stream: ConnectionStream; amount: bigint }[] = [];
	/** Packets that were given up and fulfilled all the same. */
	readonly #late = new WeakSet<OutgoingPacket>();

	#now = 0;
	#lastActive: number;
	/** Since when something is to be sent and nothing got through. */
	#stalledSince: number | undefined;
	#lastTrouble: string | undefined;
	/** Something waits for credit of the other end. */
	#isBlocked = false;
	#pollAt = 0;
	#pollMs = FIRST_POLL_MS;
	/** Less than this does not survive the way (R01). */
	#leastAmount = 1n;
	#tooLowRounds = 0;
	#tooLowFrom = 0;
	/** Rounds of packets that the other end refused, for whatever reason. */
	#refusedRounds = 0;
	#refusedFrom = 0;

	constructor(options: ConnectionStateOptions, now: number) {
		this.#options = options;
		this.#fullWindow = options.streamWindow ?? DEFAULTS.streamWindow;
		this.sendBuffer = options.sendBuffer ?? DEFAULTS.sendBuffer;
		this.window = new CongestionWindow(options.maxInFlight ?? DEFAULTS.maxInFlight);
		this.rate = new RateFinder(
			this.limit,
			options.slippageBasisPoints ?? DEFAULTS.slippageBasisPoints,
			options.rate
		);
		this.destination = options.destination;
		this.#sourceAddress = options.sourceAddress;
		this.#tellAddress = options.sourceAddress !== undefined;
		this.#tellAsset = options.asset !== undefined && options.destination !== undefined;
		this.#nextStreamId = options.isServer ? 2 : 1;
		this.#closedUpTo = options.isServer ? -1 : 0;
		this.#maxStreamId = 2 * (options.remoteStreams ?? DEFAULTS.remoteStreams);
		this.#lastActive = now;
		this.#now = now;
	}

	/** Bytes beyond what was read that a stream of the other end may send. */
	get streamWindow(): number {
		return this.#isNotReference ? this.#fullWindow : Math.min(this.#fullWindow, ASSUMED_STREAM_CREDIT);
	}

	// --- what the application does

	openStream(): Result<Stream, StreamError> {
		if (this.isClosed || this.#isEnding) return err(this.closeError ?? { type: 'StreamClosed' });
		if (this.#nextStreamId > this.#remoteMaxStreamId) return err({ type: 'TooManyStreams' });
		const stream = new ConnectionStream(this.#nextStreamId, this);
		this.#nextStreamId += 2;
		this.streams.set(stream.id, stream);
		// The other end takes nothing for granted that it was not told: our window is larger than it assumes.
		stream.tellMaxData = this.#sourceAddress !== undefined || this.#options.isServer;
		return ok(stream);
	}

	sendDatagram(bytes: Uint8Array, onOutcome: ((arrived: boolean) => void) | undefined): boolean {
		if (this.isClosed || bytes.length > PACKET_ROOM - TAIL_BYTES * 4) return false;
		if (this.#datagramBytes + bytes.length > DATAGRAM_QUEUE_BYTES) return false;
		this.#datagrams.push({ bytes, onOutcome });
		this.#datagramBytes += bytes.length;
		this.#options.wake();
		return true;
	}

	/** Our address is another one now. */
	migrate(sourceAddress: string): void {
		this.#sourceAddress = sourceAddress;
		this.#tellAddress = true;
		this.#newPath();
		this.#options.wake();
	}

	/** Goodbye, once everything is said. */
	end(): void {
		if (this.#isEnding || this.isClosed) return;
		this.#isEnding = true;
		for (const stream of this.streams.values()) stream.end();
		this.#maybeGoodbye();
	}

	/** Over, at once; {@link farewell} says so to the other end. */
	close(error: StreamError | undefined): void {
		if (this.isClosed) return;
		this.isClosed = true;
		this.closeError = error;
		for (const datagram of this.#datagrams) datagram.onOutcome?.(false);
		this.#datagrams.length = 0;
		for (const stream of [...this.streams.values()]) stream.close(error);
		this.streams.clear();
		this.#listed = [];
		this.#options.onClosed(error);
	}

	/** The last packet after {@link close}; nothing depends on its arriving. */
	farewell(): OutgoingPacket | undefined {
		if (this.destination === undefined || this.#isGoodbyeUnderWay) return undefined;
		this.#isGoodbyeUnderWay = true;
		const frame = this.#tellClose ?? closeFrame(this.closeError);
		this.#tellClose = undefined;
		return this.#packet([frame], 0n, [], false, undefined);
	}

	/** For whoever still writes to a connection that is over. */
	lastWords(): StreamFrame[] {
		return [closeFrame(this.closeError)];
	}

	changed(stream: ConnectionStream): void {
		this.#maybeRemove(stream);
		if (stream.wantsToSend) this.#list(stream);
		this.#options.wake();
	}

	totals(): ConnectionTotals {
		return {
			sent: this.#totals.sent,
			delivered: this.#totals.delivered,
			received: this.#totals.received,
			bytesSent: BigInt(this.#bytesSent),
			bytesReceived: BigInt(this.#bytesReceived),
			fulfilled: this.#totals.fulfilled,
			rejected: this.#totals.rejected,
			inFlight: this.#underWay.size
		};
	}

	/** How much is kept, in counts: none of them may grow with the packets that were sent. */
	footprint(): Readonly<Record<string, number>> {
		let bytes = 0;
		for (const stream of this.streams.values()) bytes += stream.incoming.buffered + stream.outgoing.queued;
		return {
			streams: this.streams.size,
			underWay: this.#underWay.size,
			listed: this.#listed.length,
			closedIds: this.#closedAbove.size,
			datagrams: this.#datagrams.length,
			bytes
		};
	}

	// --- what leaves

	/** The next prepare to send, if there is any now. Call until there is none. */
	next(now: number): OutgoingPacket | undefined {
		this.#now = now;
		if (this.isClosed || this.destination === undefined) return undefined;
		if (this.#underWay.size >= Math.floor(this.window.packets) || now < this.window.pausedUntil) {
			if (this.#underWay.size === 0) this.#stalledSince ??= now;
			return undefined;
		}
		if (this.#sequence >= MOST_PACKETS) {
			this.close({ type: 'KeyExhausted' });
			return undefined;
		}
		if (this.rate.isDue(now)) return this.#probe();
		const packet = this.#fill(now);
		if (packet !== undefined) return packet;
		// Money that may not leave before the rate is known has just asked for it.
		if (this.rate.isDue(now)) return this.#probe();
		this.#noteStall(now);
		return undefined;
	}

	/** When {@link next} or {@link tick} should be called although nothing happened; undefined: never. */
	wakeAt(): number | undefined {
		if (this.isClosed) return undefined;
		let at = Number.POSITIVE_INFINITY;
		const first = this.#underWay.values().next();
		if (!first.done) at = first.value.expiresAt + LATE_MS;
		if (this.#listed.length > 0 || this.rate.isWaiting) {
			let send = Number.POSITIVE_INFINITY;
			if (this.window.pausedUntil > this.#now) send = this.window.pausedUntil;
			if (this.rate.isWaiting && this.rate.waitUntil > this.#now) send = Math.min(send, this.rate.waitUntil);
			if (this.#isBlocked && this.#underWay.size === 0) send = Math.min(send, this.#pollAt);
			// Before the pause is over nothing leaves, whatever else is due.
			at = Math.min(at, Math.max(send, this.window.pausedUntil));
		}
		if (this.#stalledSince !== undefined) at = Math.min(at, this.#stalledSince + this.#patienceMs);
		if (this.#idleMs > 0) at = Math.min(at, this.#lastActive + this.#idleMs);
		return at === Number.POSITIVE_INFINITY ? undefined : at;
	}

	/** Time passed: gives up on replies that did not come, on paths that carry nothing, on silence. */
	tick(now: number): void {
		this.#now = now;
		if (this.isClosed) return;
		for (const packet of this.#underWay.values()) {
			if (packet.expiresAt + LATE_MS > now) break;
			this.replied(packet, { isFulfilled: false, code: 'R00', packet: undefined }, now);
		}
		if (this.#stalledSince !== undefined && now >= this.#stalledSince + this.#patienceMs) {
			if (this.#hasContent()) {
				const code = this.#lastTrouble;
				return this.close(code === undefined ? { type: 'NoProgress' } : { type: 'NoProgress', code });
			}
			// Only credits and the like wait to be confirmed: as long as the other end speaks, they can.
			this.#stalledSince = undefined;
		}
		if (this.#idleMs === 0 || now < this.#lastActive + this.#idleMs) return;
		// Who waits for an answer is not idle: there patience decides.
		if (this.#hasContent()) this.#lastActive = now;
		else this.close({ type: 'Idle' });
	}

	// --- what comes back

	/** A prepare of ours was answered. A second answer to the same one counts for nothing. */
	replied(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		this.#now = now;
		if (!this.#underWay.delete(sent.sequence)) return this.#repliedLate(sent, outcome);
		if (outcome.packet !== undefined) {
			this.#lastActive = now;
			this.#wasReached = true;
		}
		if (outcome.isFulfilled) this.#fulfilled(sent, outcome);
		else this.#rejected(sent, outcome, now);
		if (outcome.packet !== undefined && !this.isClosed) {
			if (sent.isProbe) this.#stalledSince = undefined;
			if (!this.#control(outcome.packet, sent)) return;
		}
		for (const part of sent.money) part.stream.settle();
		this.#retire(sent.frames);
		if (this.#isGoodbyeUnderWay && sent.frames.some((frame) => frame.type === 'ConnectionClose'))
			this.close(undefined);
		else this.#maybeGoodbye();
	}

	/** The data of one of our prepares, sealed: the same coming in is not from the other end. */
	sealed(sequence: number, tag: number): void {
		this.#ours.add(sequence, tag);
	}

	/** The condition is that of a prepare we have under way: fulfilling it would give our own money's key away. */
	isOwn(sequence: bigint, condition: Uint8Array): boolean {
		const own = this.#underWay.get(Number(sequence))?.condition;
		return own !== undefined && bytesEqual(own, condition);
	}

	/** This very packet of the other end came before. */
	hasSeen(sequence: bigint, tag: number): boolean {
		return this.#theirs.has(Number(sequence), tag);
	}

	/** What opens with our key is no STREAM packet: the other end wrote it, and wrongly. */
	malformed(reason: string): void {
		if (!this.isClosed) this.#violation(ERROR_CODES.FrameFormatError, reason);
	}

	// --- what comes in

	/**
	 * A prepare of the other end.
	 *
	 * @param amount as it arrived
	 * @param canFulfill the condition is that of the data
	 * @param tag four bytes of the sealed data, see packet-memory.ts
	 */
	received(request: StreamPacket, amount: bigint, canFulfill: boolean, tag: number, now: number): Answer {
		this.#now = now;
		const sequence = Number(request.sequence);
		if (
			this.#ours.has(sequence, tag) ||
			this.#theirs.isForgotten(sequence) ||
			this.#theirs.has(sequence, tag)
		)
			return { isAccepted: false, frames: undefined, receipts: [] };
		this.#theirs.add(sequence, tag);
		this.#lastActive = now;
		const frames: StreamFrame[] = [];
		const isAccepted = this.#control(request, undefined) && this.#take(request, amount, canFulfill, frames);
		if (isAccepted) this.accepted++;
		const receipts = isAccepted ? this.#creditMoney(request, frames) : NO_RECEIPTS;
		this.#addControl(frames, false);
		return { isAccepted, frames, receipts };
	}

	/** Tells the applications what the packets before brought. Call it when the reply is on its way. */
	deliver(): void {
		while (this.#touched.length > 0) {
			const touched = this.#touched;
			this.#touched = [];
			for (const stream of touched) {
				stream.isTouched = false;
				stream.deliver();
				this.#maybeRemove(stream);
			}
		}
		if (this.#newDatagrams.length > 0)
			for (const bytes of this.#newDatagrams.splice(0)) this.#options.onDatagram(bytes);
	}

	// --- leaving, in parts

	#probe(): OutgoingPacket {
		const frames: StreamFrame[] = [];
		this.#addControl(frames, true);
		return this.#packet(frames, this.rate.nextProbe(), [], true, undefined);
	}

	#fill(now: number): OutgoingPacket | undefined {
		const frames: StreamFrame[] = [];
		const money: { stream: ConnectionStream; amount: bigint }[] = [];
		let room = PACKET_ROOM - this.#addControl(frames, true);
		let amount = 0n;
		const datagram = this.#datagrams.shift();
		if (datagram !== undefined) {
			this.#datagramBytes -= datagram.bytes.length;
			frames.push({ type: 'Datagram', data: datagram.bytes });
			room -= datagram.bytes.length + DATA_FRAME_BYTES;
		}
		if (this.#isSayingGoodbye) {
			this.#isSayingGoodbye = false;
			frames.push(closeFrame(undefined));
		}
		this.#isBlocked = false;
		for (let left = this.#listed.length; left > 0 && room > TAIL_BYTES * 2; left--) {
			const stream = this.#listed.shift() as ConnectionStream;
			stream.isListed = false;
			room -= this.#addStreamControl(stream, frames);
			const paid = this.#moneyFor(stream, amount);
			if (paid > 0n) {
				amount += paid;
				money.push({ stream, amount: paid });
				frames.push({ type: 'StreamMoney', streamId: BigInt(stream.id), shares: paid });
				room -= MONEY_FRAME_BYTES;
			}
			room -= this.#addData(stream, frames, room - TAIL_BYTES);
			if (stream.isCloseDue) {
				stream.closeFrame = 'underWay';
				frames.push(streamCloseFrame(stream.id));
				room -= DATA_FRAME_BYTES;
			}
			if (stream.wantsToSend) this.#list(stream);
			stream.settle();
		}
		if (frames.length === 0 && this.#isBlocked && this.#underWay.size === 0 && now >= this.#pollAt)
			this.#addBlocked(frames, now);
		if (frames.length === 0) return undefined;
		return this.#packet(frames, amount, money, false, datagram);
	}

	/** How much this stream adds to a packet that carries `already`. */
	#moneyFor(stream: ConnectionStream, already: bigint): bigint {
		const wanted = stream.unpaid;
		if (wanted <= 0n) return 0n;
		if (this.rate.state !== 'known') {
			if (this.rate.state === 'unknown') this.rate.start(this.#most(this.#demand()));
			else if (this.rate.state === 'failed') this.close({ type: 'NoRate' });
			return 0n;
		}
		let most = wanted;
		const room = stream.remoteRoom;
		if (room !== undefined) {
			const fits = this.rate.toSend(room) - stream.held;
			if (fits < most) most = fits;
			if (most <= 0n) {
				this.#isBlocked ||= room === 0n;
				return 0n;
			}
		}
		const packet = this.window.allows(this.limit.next(this.#most(already + most)), this.#held);
		const amount = packet - already;
		if (amount <= 0n) return 0n;
		if (packet >= this.#leastAmount) return amount;
		if (this.#held === 0n && already + wanted < this.#leastAmount)
			this.#fail(stream, { type: 'Undeliverable' });
		return 0n;
	}

	#most(amount: bigint): bigint {
		const most = this.#options.maxPacketAmount;
		return most !== undefined && most < amount ? most : amount;
	}

	#demand(): bigint {
		let demand = 0n;
		for (const stream of this.streams.values()) demand += stream.unpaid;
		return demand < U64_MAX ? demand : U64_MAX;
	}

	/** Bytes of this stream that fit `room`; answers what they took. */
	#addData(stream: ConnectionStream, frames: StreamFrame[], room: number): number {
		const { outgoing } = stream;
		let left = room - DATA_FRAME_BYTES;
		while (left > 0) {
			// What was lost has its credit already; what is new needs some of both the stream and the connection.
			const before = outgoing.next;
			const limit = Math.min(stream.remoteMaxData, before + this.#credit());
			const piece = outgoing.take(left, limit);
			if (piece === undefined) {
				this.#isBlocked ||= outgoing.isBlocked(limit);
				break;
			}
			this.#bytesOut += outgoing.next - before;
			frames.push({
				type: 'StreamData',
				streamId: BigInt(stream.id),
				offset: BigInt(piece.offset),
				data: piece.bytes
			});
			left -= piece.bytes.length + DATA_FRAME_BYTES;
		}
		return room - DATA_FRAME_BYTES - left;
	}

	/** New bytes that the other end takes on the connection as a whole. */
	#credit(): number {
		const counted = this.#countsOpenStreams ? this.#bytesOut - this.#bytesOutOfGone : this.#bytesOut;
		return Math.max(0, this.#remoteMaxBytes - counted);
	}

	/** What both prepares and replies say about the connection; answers its bytes. */
	#addControl(frames: StreamFrame[], isPrepare: boolean): number {
		const first = frames.length;
		if (
			isPrepare &&
			this.#tellMaxBytes &&
			(frames.length > 0 || this.#tellAddress || this.#listed.length > 0)
		) {
			this.#tellMaxBytes = false;
			frames.push(this.#maxBytesFrame());
		}
		if (this.#tellAddress && this.#sourceAddress !== undefined && this.destination !== undefined) {
			this.#tellAddress = false;
			frames.push({ type: 'ConnectionNewAddress', sourceAddress: this.#sourceAddress });
		}
		const { asset } = this.#options;
		if (this.#tellAsset && asset !== undefined) {
			this.#tellAsset = false;
			frames.push({ type: 'ConnectionAssetDetails', assetCode: asset.code, assetScale: asset.scale });
		}
		if (this.#tellMaxStreamId) {
			this.#tellMaxStreamId = false;
			frames.push({ type: 'ConnectionMaxStreamId', maxStreamId: BigInt(this.#maxStreamId) });
		}
		if (this.#tellClose !== undefined) {
			frames.push(this.#tellClose);
			this.#tellClose = undefined;
			this.#isGoodbyeUnderWay = true;
		}
		let bytes = 0;
		for (let i = first; i < frames.length; i++) bytes += sizeOfStreamFrame(frames[i] as StreamFrame);
		return bytes;
	}

	#addStreamControl(stream: ConnectionStream, frames: StreamFrame[]): number {
		let bytes = 0;
		if (stream.tellMaxMoney) {
			stream.tellMaxMoney = false;
			frames.push(maxMoneyFrame(stream));
			bytes += CREDIT_FRAME_BYTES;
		}
		if (stream.tellMaxData) {
			frames.push(maxDataFrame(stream), this.#maxBytesFrame());
			bytes += CREDIT_FRAME_BYTES * 2;
		}
		return bytes;
	}

	/** Says what waits, so that the reply says how far we may go by now. */
	#addBlocked(frames: StreamFrame[], now: number): void {
		this.#pollAt = now + this.#pollMs;
		this.#pollMs = Math.min(this.#pollMs * 2, LONGEST_POLL_MS);
		for (const stream of this.#listed) {
			if (frames.length > 16) break;
			const streamId = BigInt(stream.id);
			if (stream.unpaid > 0n)
				frames.push({
					type: 'StreamMoneyBlocked',
					streamId,
					sendMax: stream.sendMax,
					totalSent: stream.sent
				});
			if (stream.outgoing.isBlocked(stream.remoteMaxData))
				frames.push({ type: 'StreamDataBlocked', streamId, maxOffset: endOf(stream) });
			else if (stream.outgoing.queued > 0)
				frames.push({
					type: 'ConnectionDataBlocked',
					maxOffset: BigInt(this.#bytesOut + stream.outgoing.queued)
				});
		}
	}

	#packet(
		frames: readonly StreamFrame[],
		amount: bigint,
		money: OutgoingPacket['money'],
		isProbe: boolean,
		datagram: Datagram | undefined
	): OutgoingPacket {
		const packet: OutgoingPacket = {
			sequence: this.#sequence++,
			amount,
			minimum: isProbe || amount === 0n ? 0n : this.rate.minimum(amount),
			frames,
			isProbe,
			money,
			expiresAt: this.#now + (this.#options.packetLifeMs ?? DEFAULTS.packetLifeMs),
			path: this.#path,
			credit: this.#remoteMaxBytes,
			datagram,
			condition: undefined
		};
		for (const part of money) part.stream.held += part.amount;
		if (!isProbe) {
			this.#held += amount;
			if (amount > 0n) this.limit.onSent(amount);
		}
		this.#underWay.set(packet.sequence, packet);
		return packet;
	}

	#list(stream: ConnectionStream): void {
		if (stream.isListed || stream.isClosed) return;
		stream.isListed = true;
		this.#listed.push(stream);
	}

	/** Nothing leaves: is that so because there is nothing to say, or because something is in the way? */
	#noteStall(now: number): void {
		const isStuck =
			this.#underWay.size > 0 || this.rate.isWaiting || (this.#listed.length > 0 && !this.#isBlocked);
		if (isStuck) this.#stalledSince ??= now;
		else this.#stalledSince = undefined;
	}

	/** The application waits for something that is not acknowledged. */
	#hasContent(): boolean {
		if (this.#isEnding || this.rate.state === 'measuring') return true;
		for (const stream of this.streams.values()) if (!stream.isFlushed) return true;
		return this.#datagrams.length > 0;
	}

	get #patienceMs(): number {
		return this.#options.patienceMs ?? DEFAULTS.patienceMs;
	}

	get #idleMs(): number {
		return this.#options.idleMs ?? DEFAULTS.idleMs;
	}

	// --- coming back, in parts

	#fulfilled(sent: OutgoingPacket, outcome: Outcome): void {
		// Proof enough that it arrived with the least we asked for, should the words beside it be unreadable.
		const arrived = outcome.packet?.prepareAmount ?? sent.minimum;
		this.#totals.fulfilled++;
		this.#totals.sent += sent.amount;
		this.#totals.delivered += arrived;
		this.#held -= sent.amount;
		this.#tooLowRounds = 0;
		this.#refusedRounds = 0;
		this.#stalledSince = undefined;
		this.#pollMs = FIRST_POLL_MS;
		this.window.onArrived(sent.amount, true);
		if (sent.amount > 0n) {
			this.limit.onPassed(sent.amount);
			this.rate.refine(sent.amount, arrived);
		}
		let rest = arrived;
		for (const part of sent.money) {
			const { stream, amount } = part;
			stream.held -= amount;
			stream.sent += amount;
			const share = amount === sent.amount ? arrived : (arrived * amount) / sent.amount;
			stream.delivered += share < rest ? share : rest;
			rest -= share;
		}
		for (const frame of sent.frames) {
			if (frame.type === 'StreamData') {
				this.#bytesSent += frame.data.length;
				const stream = this.streams.get(Number(frame.streamId));
				if (stream === undefined) continue;
				stream.outgoing.acknowledged += frame.data.length;
				stream.settle();
				if (stream.isCloseDue) this.#list(stream);
			} else if (frame.type === 'StreamClose') {
				const stream = this.streams.get(Number(frame.streamId));
				if (stream === undefined) continue;
				stream.closeFrame = 'acknowledged';
				this.#bytesOutOfGone += stream.outgoing.next;
			} else if (frame.type === 'Datagram') this.#bytesSent += frame.data.length;
		}
		for (const part of sent.money) if (part.stream.wantsToSend) this.#list(part.stream);
		sent.datagram?.onOutcome?.(true);
	}

	#rejected(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		const code = outcome.code ?? 'F00';
		const isAuthentic = outcome.packet !== undefined;
		const underWay = this.#held;
		if (!sent.isProbe) {
			this.#totals.rejected++;
			this.#held -= sent.amount;
			this.#takeBack(sent, isAuthentic);
		} else if (!isAuthentic) for (const frame of sent.frames) this.#repeat(frame, false);
		if (isAuthentic) {
			this.window.onArrived(sent.amount, false);
			if (!sent.isProbe) this.#refused(sent, now);
			if (sent.amount > 0n) this.limit.onPassed(sent.amount);
			if (!sent.isProbe) this.#tooLow(sent, outcome.packet);
			if (code.startsWith('T')) this.#trouble(code, sent, underWay, now);
		} else {
			this.#lastTrouble = code;
			if (code === 'F08') this.limit.onTooLarge(sent.amount, outcome.tooLarge);
			else if (sent.amount > 0n) this.limit.onUndecided(sent.amount);
			if (code === 'R01' && !sent.isProbe && sent.amount >= this.#leastAmount)
				this.#leastAmount = sent.amount + 1n;
			else if (!sent.isProbe && code !== 'F08')
				this.#refusedOnTheWay(code, outcome.message, sent, underWay, now);
		}
		if (sent.isProbe) this.#probed(sent, outcome, code, now);
		if (this.limit.isClosed && !this.isClosed) this.close({ type: 'Undeliverable' });
	}

	#refusedOnTheWay(
		code: string,
		message: string | undefined,
		sent: OutgoingPacket,
		underWay: bigint,
		now: number
	): void {
		// Final words about a path that never worked: it will not work later either.
		if (code.startsWith('F') && !this.#wasReached)
			return this.close({ type: 'Unreachable', code, message: message ?? '' });
		this.#trouble(code, sent, underWay, now);
	}

	#trouble(code: string, sent: OutgoingPacket, underWay: bigint, now: number): void {
		this.window.onTrouble(code, sent.sequence, this.#sequence, sent.amount, underWay, now);
	}

	#probed(sent: OutgoingPacket, outcome: Outcome, code: string, now: number): void {
		this.rate.onAnswer(sent.amount, outcome.packet?.prepareAmount, code, now);
		if (this.rate.state === 'failed' && !this.isClosed)
			this.close(
				code.startsWith('F') && !this.#wasReached
					? { type: 'Unreachable', code, message: outcome.message ?? '' }
					: { type: 'NoRate' }
			);
	}

	/** A whole packet did not happen: what it said is to be said again. */
	#takeBack(sent: OutgoingPacket, wasHeard: boolean): void {
		for (const part of sent.money) {
			part.stream.held -= part.amount;
			this.#list(part.stream);
		}
		for (const frame of sent.frames) this.#repeat(frame, wasHeard);
		sent.datagram?.onOutcome?.(false);
	}

	/** @param wasHeard credits, addresses and the like hold although the packet was refused */
	#repeat(frame: StreamFrame, wasHeard: boolean): void {
		if ('streamId' in frame) {
			const stream = this.streams.get(Number(frame.streamId));
			if (stream === undefined) return;
			if (frame.type === 'StreamData') stream.outgoing.lost(Number(frame.offset), frame.data);
			else if (frame.type === 'StreamClose') stream.closeFrame = 'none';
			else if (frame.type === 'StreamMaxMoney') stream.tellMaxMoney ||= !wasHeard;
			else if (frame.type === 'StreamMaxData') stream.tellMaxData ||= !wasHeard;
			if (stream.wantsToSend) this.#list(stream);
		} else if (wasHeard) return;
		else if (frame.type === 'ConnectionMaxData') this.#tellMaxBytes = true;
		else if (frame.type === 'ConnectionNewAddress') this.#tellAddress = true;
		else if (frame.type === 'ConnectionAssetDetails') this.#tellAsset = true;
		else if (frame.type === 'ConnectionMaxStreamId') this.#tellMaxStreamId = true;
	}

	/** The other end refuses again and again: not so fast. */
	#refused(sent: OutgoingPacket, now: number): void {
		if (sent.sequence < this.#refusedFrom) return;
		this.#refusedFrom = this.#sequence;
		if (++this.#refusedRounds > ROUNDS_TOO_LOW) this.window.pause(now);
	}

	/** Refused there because less arrived than we asked for: once may be chance, round after round is a new rate. */
	#tooLow(sent: OutgoingPacket, reply: StreamPacket | undefined): void {
		if (reply === undefined || reply.prepareAmount >= sent.minimum || sent.sequence < this.#tooLowFrom)
			return;
		this.#tooLowFrom = this.#sequence;
		if (++this.#tooLowRounds < ROUNDS_TOO_LOW) return;
		this.close({ type: 'RateTooLow', sent: sent.amount, arrives: reply.prepareAmount });
	}

	/** The reply came after it was given up: what was fulfilled is paid all the same. */
	#repliedLate(sent: OutgoingPacket, outcome: Outcome): void {
		if (!outcome.isFulfilled || this.#late.has(sent)) return;
		this.#late.add(sent);
		const arrived = outcome.packet?.prepareAmount ?? sent.minimum;
		this.#totals.sent += sent.amount;
		this.#totals.delivered += arrived;
		for (const part of sent.money) part.stream.sent += part.amount;
	}

	// --- what the other end's frames change

	/** Credits, addresses and closes hold whatever becomes of the packet. False when it broke a rule or said goodbye. */
	#control(packet: StreamPacket, repliesTo: OutgoingPacket | undefined): boolean {
		for (const frame of packet.frames) {
			switch (frame.type) {
				case 'ConnectionClose':
					this.#isGoodbyeUnderWay = true;
					this.close(
						frame.errorCode === ERROR_CODES.NoError
							? undefined
							: { type: 'StreamClosed', code: frame.errorCode, message: frame.errorMessage }
					);
					return false;
				case 'ConnectionNewAddress':
					if (repliesTo === undefined) this.#newAddress(frame.sourceAddress, packet.sequence);
					break;
				case 'ConnectionAssetDetails':
					if (!this.#newAsset({ code: frame.assetCode, scale: frame.assetScale })) return false;
					break;
				case 'ConnectionMaxData':
					if (repliesTo === undefined) this.#foundNotReference();
					this.#newCredit(Number(frame.maxOffset), repliesTo);
					break;
				case 'ConnectionMaxStreamId':
					if (frame.maxStreamId > BigInt(this.#remoteMaxStreamId))
						this.#remoteMaxStreamId = Number(frame.maxStreamId);
					break;
				case 'StreamMaxMoney':
				case 'StreamMaxData':
				case 'StreamClose':
					if (!this.#controlStream(frame, repliesTo !== undefined)) return false;
					break;
				case 'StreamReceipt':
					if (repliesTo !== undefined) this.#newReceipt(Number(frame.streamId), frame.receipt);
					break;
				default:
			}
		}
		return true;
	}

	#controlStream(
		frame: Extract<StreamFrame, { type: 'StreamMaxMoney' | 'StreamMaxData' | 'StreamClose' }>,
		isReply: boolean
	): boolean {
		const known = this.streams.get(Number(frame.streamId));
		if (known === undefined) {
			// In a reply it is about a stream of before; in a prepare it may open one.
			if (isReply || frame.type === 'StreamClose') return true;
			if (this.#open(frame.streamId) === 'refused') return false;
			return this.streams.has(Number(frame.streamId)) ? this.#controlStream(frame, isReply) : true;
		}
		if (frame.type === 'StreamMaxData') {
			if (Number(frame.maxOffset) > known.remoteMaxData) known.remoteMaxData = Number(frame.maxOffset);
		} else if (frame.type === 'StreamMaxMoney') {
			if (frame.totalReceived > known.remoteReceived) known.remoteReceived = frame.totalReceived;
			if (known.remoteReceiveMax === undefined || frame.receiveMax > known.remoteReceiveMax)
				known.remoteReceiveMax = frame.receiveMax;
		} else {
			known.remoteEnded = true;
			if (frame.errorCode !== ERROR_CODES.NoError) {
				this.#fail(known, { type: 'StreamClosed', code: frame.errorCode, message: frame.errorMessage });
				return true;
			}
			this.#touch(known);
		}
		if (known.wantsToSend) this.#list(known);
		return true;
	}

	/**
	 * RFC 29 counts the bytes of all streams there ever were. The reference counts those of open streams, so
	 * its word sinks when one closes, and waiting for the sum would wait for ever. It is recognised by just
	 * that: a word lower than the one we had when we asked.
	 */
	#newCredit(maxOffset: number, repliesTo: OutgoingPacket | undefined): void {
		if (
			repliesTo !== undefined &&
			maxOffset < repliesTo.credit &&
			repliesTo.credit > ASSUMED_CONNECTION_CREDIT
		)
			this.#countsOpenStreams = true;
		if (maxOffset > this.#remoteMaxBytes) this.#remoteMaxBytes = maxOffset;
	}

	#foundNotReference(): void {
		if (this.#isNotReference) return;
		this.#isNotReference = true;
		for (const stream of this.streams.values()) {
			stream.tellMaxData = true;
			this.#list(stream);
		}
	}

	#newAddress(address: string, sequence: bigint): void {
		if (sequence <= this.#addressSequence && this.destination !== undefined) return;
		this.#addressSequence = sequence;
		this.#tellMaxStreamId = true;
		this.#tellAsset = this.#options.asset !== undefined;
		if (address === this.destination) return;
		const isFirst = this.destination === undefined;
		this.destination = address;
		if (!isFirst) this.#newPath();
		// Only the word that we may be reached was missing for these.
		for (const stream of this.streams.values()) if (stream.wantsToSend) this.#list(stream);
	}

	/** Packets go another way from here on: few at first, until one of them is answered by the other end. */
	#newPath(): void {
		this.#path++;
		this.window.restart();
		this.limit.restart();
		this.rate.restart();
	}

	#newAsset(asset: AssetDetails): boolean {
		const known = this.remoteAsset;
		if (known !== undefined && (known.code !== asset.code || known.scale !== asset.scale))
			return this.#violation(ERROR_CODES.ProtocolViolation, 'the asset changed');
		this.remoteAsset = asset;
		return true;
	}

	#newReceipt(streamId: number, receipt: Uint8Array): void {
		const stream = this.streams.get(streamId);
		const told = decodeReceipt(receipt);
		if (stream === undefined || told === undefined || told.streamId !== streamId) return;
		if (stream.receipt !== undefined && told.totalReceived < stream.receiptTotal) return;
		stream.receiptTotal = told.totalReceived;
		stream.receipt = receipt.slice();
	}

	/** A rule was broken: the connection is over, and the reply (or a last packet) says why. */
	#violation(code: number, reason: string): false {
		this.#tellClose = { type: 'ConnectionClose', errorCode: code, errorMessage: reason };
		this.close({ type: 'ProtocolViolation', code, reason });
		return false;
	}

	// --- coming in, in parts

	/** The stream that a frame of the other end is about: opened by it if need be. */
	#open(streamId: bigint): 'open' | 'closed' | 'refused' {
		const id = Number(streamId);
		if (this.streams.has(id)) return 'open';
		if (id % 2 === this.#nextStreamId % 2) {
			if (id > 0 && id < this.#nextStreamId) return 'closed';
			this.#violation(ERROR_CODES.ProtocolViolation, `stream ${streamId} is not yours to open`);
			return 'refused';
		}
		if (id > this.#maxStreamId || id < 1) {
			this.#violation(ERROR_CODES.StreamIdError, `stream ${streamId} where ${this.#maxStreamId} is the last`);
			return 'refused';
		}
		if (id <= this.#closedUpTo || this.#closedAbove.has(id)) return 'closed';
		const stream = new ConnectionStream(id, this);
		stream.tellMaxData = true;
		this.streams.set(id, stream);
		this.#options.onStream(stream);
		return this.streams.has(id) ? 'open' : 'closed';
	}

	/** Money and bytes: checks all, then takes all or nothing. Frames that say why not go to `reply`. */
	#take(request: StreamPacket, amount: bigint, canFulfill: boolean, reply: StreamFrame[]): boolean {
		let shares = 0n;
		for (const frame of request.frames) {
			if (frame.type !== 'StreamData' && frame.type !== 'StreamMoney') continue;
			const state = this.#open(frame.streamId);
			if (state === 'refused' || this.isClosed) return false;
			if (state === 'closed') {
				reply.push(streamCloseFrame(Number(frame.streamId), ERROR_CODES.StreamStateError));
				return false;
			}
			if (frame.type === 'StreamMoney') shares += frame.shares;
			else if (!this.#mayTakeData(Number(frame.streamId), Number(frame.offset), frame.data.length))
				return false;
		}
		if (!canFulfill || amount < request.prepareAmount) return false;
		this.#parts.length = 0;
		if (amount > 0n && !this.#split(request, amount, shares, reply)) return false;
		if (amount > 0n && !this.#options.accepts(amount)) return false;
		for (const frame of request.frames) {
			if (frame.type === 'StreamData') {
				const stream = this.streams.get(Number(frame.streamId)) as ConnectionStream;
				const before = stream.incoming.next;
				stream.incoming.add(Number(frame.offset), frame.data);
				const more = stream.incoming.next - before;
				this.#bytesReceived += more;
				this.#bytesIn += more;
				this.#touch(stream);
			} else if (frame.type === 'Datagram') {
				this.#bytesReceived += frame.data.length;
				this.#newDatagrams.push(frame.data);
			}
		}
		return true;
	}

	#mayTakeData(id: number, offset: number, length: number): boolean {
		const stream = this.streams.get(id) as ConnectionStream;
		const limit = stream.maxData - this.streamWindow + Math.max(this.#fullWindow, ASSUMED_STREAM_CREDIT);
		if (offset + length > limit)
			return this.#violation(ERROR_CODES.FlowControlError, `stream ${id}: ${limit} is the limit`);
		if (stream.remoteEnded && offset + length > stream.incoming.highest) return false;
		return stream.incoming.fits(offset);
	}

	/** Whose the money is; false when some of it is nobody's to take. */
	#split(request: StreamPacket, amount: bigint, shares: bigint, reply: StreamFrame[]): boolean {
		let rest = amount;
		for (const frame of request.frames) {
			if (frame.type !== 'StreamMoney' || shares === 0n) continue;
			const part = (amount * frame.shares) / shares;
			const stream = this.streams.get(Number(frame.streamId)) as ConnectionStream;
			rest -= part;
			if (!mayReceive(stream, part)) {
				reply.push(maxMoneyFrame(stream));
				return false;
			}
			this.#parts.push({ stream, amount: part });
		}
		if (rest === 0n) return true;
		let lowest: ConnectionStream | undefined;
		for (const stream of this.streams.values())
			if (
				(lowest === undefined || stream.id < lowest.id) &&
				!stream.remoteEnded &&
				mayReceive(stream, rest + this.#partOf(stream))
			)
				lowest = stream;
		if (lowest === undefined) return false;
		this.#parts.push({ stream: lowest, amount: rest });
		return true;
	}

	#partOf(stream: ConnectionStream): bigint {
		let sum = 0n;
		for (const part of this.#parts) if (part.stream === stream) sum += part.amount;
		return sum;
	}

	/** Books what {@link #take} decided and says how far it may go on. */
	#creditMoney(request: StreamPacket, reply: StreamFrame[]): Answer['receipts'] {
		const receipts: { streamId: number; totalReceived: bigint }[] = [];
		for (const { stream, amount } of this.#parts) {
			if (amount === 0n) continue;
			stream.received += amount;
			stream.newMoney += amount;
			this.#totals.received += amount;
			this.#touch(stream);
		}
		for (const { stream } of this.#parts) {
			stream.tellMaxMoney = true;
			if (!this.#options.givesReceipts || stream.id > MAX_RECEIPT_STREAM_ID) continue;
			receipts.push({ streamId: stream.id, totalReceived: stream.received });
		}
		this.#parts.length = 0;
		let hasData = false;
		for (const frame of request.frames) {
			if (!('streamId' in frame)) continue;
			const stream = this.streams.get(Number(frame.streamId));
			if (stream === undefined) continue;
			if (frame.type === 'StreamData') {
				hasData = true;
				if (stream.onData !== undefined || stream.tellMaxData) reply.push(maxDataFrame(stream));
			} else if (stream.tellMaxData) reply.push(maxDataFrame(stream));
			if (stream.tellMaxMoney) {
				stream.tellMaxMoney = false;
				reply.push(maxMoneyFrame(stream));
			}
		}
		if (hasData) reply.push(this.#maxBytesFrame());
		return receipts;
	}

	// --- streams that are over, and the connection

	#touch(stream: ConnectionStream): void {
		if (stream.isTouched) return;
		stream.isTouched = true;
		this.#touched.push(stream);
	}

	#fail(stream: ConnectionStream, error: StreamError): void {
		this.#remove(stream);
		stream.close(error);
	}

	/** Both ends have ended and everything was read: only its number stays, so that it is never used again. */
	#maybeRemove(stream: ConnectionStream): void {
		if (stream.closeFrame !== 'acknowledged' || !stream.endTold || stream.isClosed) return;
		this.#remove(stream);
		stream.close(undefined);
	}

	#remove(stream: ConnectionStream): void {
		if (!this.streams.delete(stream.id)) return;
		if (stream.closeFrame !== 'acknowledged') this.#bytesOutOfGone += stream.outgoing.next;
		if (stream.isListed) this.#listed = this.#listed.filter((other) => other !== stream);
		stream.isListed = false;
		if (stream.id % 2 === this.#nextStreamId % 2) return;
		this.#closedAbove.add(stream.id);
		while (this.#closedAbove.delete(this.#closedUpTo + 2)) this.#closedUpTo += 2;
		this.#maxStreamId += 2;
		this.#tellMaxStreamId = true;
	}

	/** After an answer to packets with StreamClose frames. */
	#retire(frames: readonly StreamFrame[]): void {
		for (const frame of frames) {
			if (frame.type !== 'StreamClose') continue;
			const stream = this.streams.get(Number(frame.streamId));
			if (stream === undefined) continue;
			this.#maybeRemove(stream);
			this.#dropHalfClosed();
		}
	}

	/** The reference does not confirm a close: of streams that wait for that, only the newest are kept. */
	#dropHalfClosed(): void {
		const halfClosed = [...this.streams.values()].filter((stream) => stream.closeFrame === 'acknowledged');
		for (const stream of halfClosed.slice(0, Math.max(0, halfClosed.length - HALF_CLOSED_KEPT))) {
			this.#remove(stream);
			stream.close(undefined);
		}
	}

	#maybeGoodbye(): void {
		if (!this.#isEnding || this.isClosed || this.#isGoodbyeUnderWay || this.#datagrams.length > 0) return;
		for (const stream of this.streams.values()) if (stream.closeFrame !== 'acknowledged') return;
		this.#isGoodbyeUnderWay = true;
		this.#isSayingGoodbye = this.destination !== undefined;
		if (this.#isSayingGoodbye) this.#options.wake();
		else this.close(undefined);
	}

	/**
	 * Never binding, the reference aside: what is kept is bounded stream by stream. A limit for all streams together
	 * would have to be counted alike by both ends, and the reference counts otherwise than RFC 29.
	 */
	#maxBytesFrame(): StreamFrame {
		const streams = 2 * (this.#options.remoteStreams ?? DEFAULTS.remoteStreams);
		const more = this.#isNotReference ? streams * this.#fullWindow : REFERENCE_CONNECTION_CREDIT;
		return { type: 'ConnectionMaxData', maxOffset: BigInt(this.#bytesIn + more) };
	}
}

const NO_RECEIPTS: Answer['receipts'] = [];

const endOf = (stream: ConnectionStream): bigint => BigInt(stream.outgoing.next + stream.outgoing.queued);

const mayReceive = (stream: ConnectionStream, amount: bigint): boolean =>
	(stream.received + amount) * 100n <= stream.receiveMax * RECEIVE_EXTRA;

const maxMoneyFrame = (stream: ConnectionStream): StreamFrame => ({
	type: 'StreamMaxMoney',
	streamId: BigInt(stream.id),
	receiveMax: stream.receiveMax,
	totalReceived: stream.received
});

/** The stream's new credit, told from here on. */
const maxDataFrame = (stream: ConnectionStream): StreamFrame => {
	stream.tellMaxData = false;
	stream.announcedMaxData = stream.maxData;
	return { type: 'StreamMaxData', streamId: BigInt(stream.id), maxOffset: BigInt(stream.maxData) };
};

const streamCloseFrame = (id: number, errorCode: number = ERROR_CODES.NoError): StreamFrame => ({
	type: 'StreamClose',
	streamId: BigInt(id),
	errorCode,
	errorMessage: errorCode === ERROR_CODES.NoError ? '' : 'the stream is closed'
});

const closeFrame = (error: StreamError | undefined): StreamFrame => ({
	type: 'ConnectionClose',
	errorCode: error === undefined ? ERROR_CODES.NoError : ERROR_CODES.ApplicationError,
	errorMessage: error?.type ?? ''
});
