/**
 * How many bytes may go over the connection as a whole, in both directions; what each stream may is its own
 * affair (connection-stream.ts).
 *
 * RFC 29 counts the bytes of all streams there ever were. The reference counts those of open streams, so
 * its word sinks when one closes, and waiting for the sum would wait for ever. It is recognised by just
 * that: a word lower than the one we had when we asked.
 *
 * And the reference, given credit for a full packet, makes packets of up to 17 bytes more than ILP allows and
 * dies of the refusal; it is kept within the credit that it would give itself. It names its
 * ConnectionMaxData in replies only, so whoever names it in a prepare is another.
 */
import type { StreamFrame } from '../../codec/stream.ts';
import { ASSUMED_STREAM_CREDIT } from './connection-stream.ts';
import type { OutgoingPacket } from './packet.ts';
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';

const ASSUMED_CONNECTION_CREDIT = 65_534;
/** Less than a packet: see above. */
const REFERENCE_CONNECTION_CREDIT = 32_000;

export class ByteCredit {
	/** Ours is to be said in the next prepare. */
	tellMaxData = true;
	/** The other end's word. */
	remoteMax = ASSUMED_CONNECTION_CREDIT;
	/** Bytes of all streams that left, and those of them that were on streams we have closed. */
	sent = 0;
	sentOnGone = 0;
	/** Bytes of all their streams that came in order. */
	received = 0;
	/** Bytes beyond what was read that a stream may send once it is known who sends. */
	readonly fullWindow: number;
	/** What all their streams together may, as far as we care. */
	readonly #allWindows: number;
	/** The other end counts bytes of open streams only, as the reference does. */
	#countsOpenStreams = false;
	/** The other end is certainly not the reference. */
	#isNotReference = false;

	constructor(options: ConnectionStateOptions) {
		this.fullWindow = options.streamWindow ?? DEFAULTS.streamWindow;
		this.#allWindows = 2 * (options.remoteStreams ?? DEFAULTS.remoteStreams) * this.fullWindow;
	}

	/** Bytes beyond what was read that a stream of the other end may send. */
	get streamWindow(): number {
		return this.#isNotReference ? this.fullWindow : Math.min(this.fullWindow, ASSUMED_STREAM_CREDIT);
	}

	/** New bytes that the other end takes on the connection as a whole. */
	get room(): number {
		const counted = this.#countsOpenStreams ? this.sent - this.sentOnGone : this.sent;
		return Math.max(0, this.remoteMax - counted);
	}

	/** Their ConnectionMaxData; `repliesTo` is the packet it answers, if it does. */
	onMaxData(maxOffset: number, repliesTo: OutgoingPacket | undefined): void {
		if (
			repliesTo !== undefined &&
			maxOffset < repliesTo.credit &&
			repliesTo.credit > ASSUMED_CONNECTION_CREDIT
		)
			this.#countsOpenStreams = true;
		if (maxOffset > this.remoteMax) this.remoteMax = maxOffset;
	}

	/** They named it in a prepare. True when that is news, and the windows of all streams are larger now. */
	foundNotReference(): boolean {
		if (this.#isNotReference) return false;
		this.#isNotReference = true;
		return true;
	}

	/**
	 * Never binding, the reference aside: what is kept is bounded stream by stream. A limit for all streams together
	 * would have to be counted alike by both ends, and the reference counts otherwise than RFC 29.
	 */
	maxDataFrame(): StreamFrame {
		const more = this.#isNotReference ? this.#allWindows : REFERENCE_CONNECTION_CREDIT;
		return { type: 'ConnectionMaxData', maxOffset: BigInt(this.received + more) };
	}
}
