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
 *
 * | file             | its part                                                                     |
 * | ---------------- | ---------------------------------------------------------------------------- |
 * | departures.ts    | what leaves: fills prepares                                                  |
 * | answers.ts       | what comes back: counts fulfills, takes back what was refused                |
 * | arrivals.ts      | what comes in: takes a prepare whole or not at all                           |
 * | remote-word.ts   | credits, addresses and closes of the other end                               |
 * | money-split.ts   | whose the money of a packet is                                               |
 * | byte-credit.ts   | bytes of the connection as a whole, and which way the other end counts them  |
 * | stream-set.ts    | ids, and the streams that have something to send or to tell                  |
 * | path.ts          | where the other end is, and what its path carries                            |
 * | in-flight.ts     | prepares that are not answered                                               |
 * | news.ts          | what is said once about the connection                                       |
 * | patience.ts      | how long nothing may happen                                                  |
 * | closing.ts       | how it ends                                                                  |
 */
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import { err, type Result } from '../../result.ts';
import { Answers } from './answers.ts';
import { Arrivals } from './arrivals.ts';
import { ByteCredit } from './byte-credit.ts';
import { Closing } from './closing.ts';
import { Datagrams } from './datagrams.ts';
import { Departures, MAX_DATAGRAM_BYTES } from './departures.ts';
import { InFlight } from './in-flight.ts';
import type { Answer, OutgoingPacket, Outcome } from './packet.ts';
import type { Parts } from './parts.ts';
import { Path } from './path.ts';
import { Patience } from './patience.ts';
import { RemoteWord } from './remote-word.ts';
import type { ConnectionStateOptions } from './state-options.ts';
import type { AssetDetails, ConnectionTotals, Stream, StreamError } from './stream-api.ts';
import { closeFrame, ERROR_CODES } from './stream-frames.ts';
import { StreamSet } from './stream-set.ts';

export class ConnectionState {
	readonly #parts: Parts;
	readonly #departures: Departures;
	readonly #answers: Answers;
	readonly #arrivals: Arrivals;
	/** Unix ms when this machine last heard the time. */
	#now: number;

	constructor(options: ConnectionStateOptions, now: number) {
		const credit = new ByteCredit(options);
		const path = new Path(options);
		const datagrams = new Datagrams();
		const streams = new StreamSet(options, credit, (code, reason) => void closing.violation(code, reason));
		const closing: Closing = new Closing(options, path, streams, datagrams);
		const inFlight = new InFlight(options, path, credit);
		const patience = new Patience(options, now);
		const totals = {
			sent: 0n,
			delivered: 0n,
			received: 0n,
			bytesSent: 0,
			bytesReceived: 0,
			fulfilled: 0,
			rejected: 0
		};
		const parts: Parts = { options, credit, path, datagrams, streams, closing, inFlight, patience, totals };
		const remoteWord = new RemoteWord(parts);
		this.#parts = parts;
		this.#departures = new Departures(parts);
		this.#answers = new Answers(parts, remoteWord);
		this.#arrivals = new Arrivals(parts, remoteWord);
		this.#now = now;
	}

	get destination(): string | undefined {
		return this.#parts.path.destination;
	}

	get remoteAsset(): AssetDetails | undefined {
		return this.#parts.path.remoteAsset;
	}

	get isClosed(): boolean {
		return this.#parts.closing.isClosed;
	}

	get closeError(): StreamError | undefined {
		return this.#parts.closing.error;
	}

	/** It brought money. */
	get hasReceived(): boolean {
		return this.#parts.totals.received > 0n;
	}

	/** Prepares of the other end that were fulfilled. */
	get accepted(): number {
		return this.#arrivals.accepted;
	}

	// --- what the application does

	openStream(): Result<Stream, StreamError> {
		const { closing, path, streams, options } = this.#parts;
		if (closing.isClosed || closing.isEnding) return err(closing.error ?? { type: 'StreamClosed' });
		return streams.openOurs(path.sourceAddress !== undefined || options.isServer);
	}

	sendDatagram(bytes: Uint8Array, onOutcome: ((arrived: boolean) => void) | undefined): boolean {
		const { closing, datagrams, options } = this.#parts;
		if (closing.isClosed || bytes.length > MAX_DATAGRAM_BYTES) return false;
		if (!datagrams.queue({ bytes, onOutcome })) return false;
		options.wake();
		return true;
	}

	/** Our address is another one now. */
	migrate(sourceAddress: string): void {
		this.#parts.path.migrate(sourceAddress);
		this.#parts.options.wake();
	}

	/** Goodbye, once everything is said. */
	end(): void {
		this.#parts.closing.end();
	}

	/** Over, at once; {@link farewell} says so to the other end. */
	close(error: StreamError | undefined): void {
		this.#parts.closing.close(error);
	}

	/** The last packet after {@link close}; nothing depends on its arriving. */
	farewell(): OutgoingPacket | undefined {
		return this.#departures.farewell(this.#now);
	}

	/** For whoever still writes to a connection that is over. */
	lastWords(): StreamFrame[] {
		return [closeFrame(this.closeError)];
	}

	totals(): ConnectionTotals {
		const { totals, inFlight } = this.#parts;
		return {
			...totals,
			bytesSent: BigInt(totals.bytesSent),
			bytesReceived: BigInt(totals.bytesReceived),
			inFlight: inFlight.size
		};
	}

	/** How much is kept, in counts: none of them may grow with the packets that were sent. */
	footprint(): Readonly<Record<string, number>> {
		const { streams, inFlight, datagrams } = this.#parts;
		let bytes = 0;
		for (const { incoming, outgoing } of streams.byId.values()) bytes += incoming.buffered + outgoing.queued;
		return {
			streams: streams.byId.size,
			underWay: inFlight.size,
			listed: streams.listed.length,
			closedIds: streams.closedIds,
			datagrams: datagrams.size,
			bytes
		};
	}

	// --- packets

	/** The next prepare to send, if there is any now. Call until there is none. */
	next(now: number): OutgoingPacket | undefined {
		this.#now = now;
		return this.#departures.next(now);
	}

	/** The data of one of our prepares, sealed: the same coming in is not from the other end. */
	sealed(sequence: number, tag: number): void {
		this.#arrivals.sealed(sequence, tag);
	}

	/** A prepare of ours was answered. A second answer to the same one counts for nothing. */
	replied(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		this.#now = now;
		this.#answers.replied(sent, outcome, now);
	}

	/** The condition is that of a prepare we have under way: fulfilling it would give our own money's key away. */
	isOwn(sequence: bigint, condition: Uint8Array): boolean {
		return this.#parts.inFlight.isOwn(sequence, condition);
	}

	/** This very packet of the other end came before. */
	hasSeen(sequence: bigint, tag: number): boolean {
		return this.#arrivals.hasSeen(sequence, tag);
	}

	/** What opens with our key is no STREAM packet: the other end wrote it, and wrongly. */
	malformed(reason: string): void {
		if (!this.isClosed) this.#parts.closing.violation(ERROR_CODES.FrameFormatError, reason);
	}

	/**
	 * A prepare of the other end.
	 *
	 * @param amount as it arrived
	 * @param canFulfill the condition is that of the data
	 * @param tag four bytes of the sealed data, see packet-memory.ts
	 */
	received(request: StreamPacket, amount: bigint, canFulfill: boolean, tag: number, now: number): Answer {
		this.#now = now;
		return this.#arrivals.received(request, amount, canFulfill, tag, now);
	}

	/** Tells the applications what the packets before brought. Call it when the reply is on its way. */
	deliver(): void {
		this.#parts.streams.deliver();
		this.#parts.datagrams.deliver(this.#parts.options.onDatagram);
	}

	// --- time

	/** When {@link next} or {@link tick} should be called although nothing happened; undefined: never. */
	wakeAt(): number | undefined {
		if (this.isClosed) return undefined;
		const { inFlight, path, patience } = this.#parts;
		const at = Math.min(
			this.#departures.wakeAt(this.#now),
			patience.endsAt,
			path.turnAt,
			inFlight.giveUpAt ?? Number.POSITIVE_INFINITY
		);
		return at === Number.POSITIVE_INFINITY ? undefined : at;
	}

	/** Time passed: gives up on replies that did not come, on paths that carry nothing, on silence. */
	tick(now: number): void {
		this.#now = now;
		if (this.isClosed) return;
		const { patience, path, inFlight } = this.#parts;
		for (const packet of inFlight.lost(now))
			this.#answers.replied(packet, { isFulfilled: false, code: 'R00', packet: undefined }, now);
		path.tick(now);
		if (patience.isStalled(now)) {
			if (this.#hasContent()) {
				const code = path.lastTrouble;
				return this.close(code === undefined ? { type: 'NoProgress' } : { type: 'NoProgress', code });
			}
			// Only credits and the like wait to be confirmed: as long as the other end speaks, they can.
			patience.stalledSince = undefined;
		}
		if (!patience.isIdle(now)) return;
		// Who waits for an answer is not idle: there patience decides.
		if (this.#hasContent()) patience.lastActive = now;
		else this.close({ type: 'Idle' });
	}

	/** The application waits for something that is not acknowledged. */
	#hasContent(): boolean {
		const { closing, path, streams, datagrams } = this.#parts;
		return closing.isEnding || path.rate.state === 'measuring' || !streams.isFlushed || datagrams.size > 0;
	}
}
