/**
 * The streams of a connection: which ids are open, over or not yet allowed, which streams have something to
 * send and which have something for their applications. Those opened by the client are odd, by the server
 * even; an id is never used twice.
 */
import type { StreamFrame } from '../../codec/stream.ts';
import { err, ok, type Result } from '../../result.ts';
import type { ByteCredit } from './byte-credit.ts';
import { ConnectionStream, type StreamOwner } from './connection-stream.ts';
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';
import type { StreamError } from './stream-api.ts';
import { ERROR_CODES } from './stream-frames.ts';

const ASSUMED_MAX_STREAM_ID = 20;
/** Streams that only the other end could still use, and never will: the reference does not confirm a close. */
const HALF_CLOSED_KEPT = 32;

export class StreamSet implements StreamOwner {
	readonly sendBuffer: number;
	/** Streams that are not over. */
	readonly byId = new Map<number, ConnectionStream>();
	/** Streams that may have something to send, longest waiting first. */
	listed: ConnectionStream[] = [];
	/** Streams whose application has something to hear. */
	touched: ConnectionStream[] = [];
	/** Ids the other end allows us, and we allow it. */
	remoteMaxId = ASSUMED_MAX_STREAM_ID;
	maxId: number;
	tellMaxId = false;

	readonly #options: ConnectionStateOptions;
	readonly #credit: ByteCredit;
	readonly #violate: (code: number, reason: string) => void;
	#nextId: number;
	/** Their streams up to here are over, and these beyond it. */
	#closedUpTo: number;
	readonly #closedAbove = new Set<number>();

	/** @param violate the other end used an id that it may not use */
	constructor(
		options: ConnectionStateOptions,
		credit: ByteCredit,
		violate: (code: number, reason: string) => void
	) {
		this.#options = options;
		this.#credit = credit;
		this.#violate = violate;
		this.sendBuffer = options.sendBuffer ?? DEFAULTS.sendBuffer;
		this.maxId = 2 * (options.remoteStreams ?? DEFAULTS.remoteStreams);
		this.#nextId = options.isServer ? 2 : 1;
		this.#closedUpTo = options.isServer ? -1 : 0;
	}

	get streamWindow(): number {
		return this.#credit.streamWindow;
	}

	/** Ids that are over and still have to be known one by one. */
	get closedIds(): number {
		return this.#closedAbove.size;
	}

	get(id: bigint): ConnectionStream | undefined {
		return this.byId.get(Number(id));
	}

	/** @param tellMaxData the other end takes nothing for granted that it was not told: our window is larger than it assumes */
	openOurs(tellMaxData: boolean): Result<ConnectionStream, StreamError> {
		if (this.#nextId > this.remoteMaxId) return err({ type: 'TooManyStreams' });
		const stream = new ConnectionStream(this.#nextId, this);
		this.#nextId += 2;
		this.byId.set(stream.id, stream);
		stream.tellMaxData = tellMaxData;
		return ok(stream);
	}

	/** The stream that a frame of the other end is about: opened by it if need be. */
	openTheirs(streamId: bigint): 'open' | 'closed' | 'refused' {
		const id = Number(streamId);
		if (this.byId.has(id)) return 'open';
		if (this.#isOurs(id)) {
			if (id > 0 && id < this.#nextId) return 'closed';
			this.#violate(ERROR_CODES.ProtocolViolation, `stream ${streamId} is not yours to open`);
			return 'refused';
		}
		if (id > this.maxId || id < 1) {
			this.#violate(ERROR_CODES.StreamIdError, `stream ${streamId} where ${this.maxId} is the last`);
			return 'refused';
		}
		if (id <= this.#closedUpTo || this.#closedAbove.has(id)) return 'closed';
		const stream = new ConnectionStream(id, this);
		stream.tellMaxData = true;
		this.byId.set(id, stream);
		this.#options.onStream(stream);
		return this.byId.has(id) ? 'open' : 'closed';
	}

	changed(stream: ConnectionStream): void {
		this.maybeRemove(stream);
		this.listIfDue(stream);
		this.#options.wake();
	}

	list(stream: ConnectionStream): void {
		if (stream.isListed || stream.isClosed) return;
		stream.isListed = true;
		this.listed.push(stream);
	}

	listIfDue(stream: ConnectionStream): void {
		if (!stream.isListed && stream.wantsToSend) this.list(stream);
	}

	touch(stream: ConnectionStream): void {
		if (stream.isTouched) return;
		stream.isTouched = true;
		this.touched.push(stream);
	}

	/** Tells the applications what the packets before brought. */
	deliver(): void {
		while (this.touched.length > 0) {
			const { touched } = this;
			this.touched = [];
			for (const stream of touched) {
				stream.isTouched = false;
				stream.deliver();
				this.maybeRemove(stream);
			}
		}
	}

	/** What all streams together still want to pay. */
	get demand(): bigint {
		let demand = 0n;
		for (const stream of this.byId.values()) demand += stream.unpaid;
		return demand;
	}

	get isFlushed(): boolean {
		for (const stream of this.byId.values()) if (!stream.isFlushed) return false;
		return true;
	}

	/** All of them have said that they are over, and were heard. */
	get isSaidAll(): boolean {
		for (const stream of this.byId.values()) if (stream.closeFrame !== 'acknowledged') return false;
		return true;
	}

	/** The windows have grown. */
	tellMaxData(): void {
		for (const stream of this.byId.values()) {
			stream.tellMaxData = true;
			this.list(stream);
		}
	}

	fail(stream: ConnectionStream, error: StreamError): void {
		this.#remove(stream);
		stream.close(error);
	}

	/** Both ends have ended and everything was read: only its number stays, so that it is never used again. */
	maybeRemove(stream: ConnectionStream): void {
		if (stream.closeFrame !== 'acknowledged' || !stream.endTold || stream.isClosed) return;
		this.#remove(stream);
		stream.close(undefined);
	}

	/** After an answer to packets with StreamClose frames. */
	retire(frames: readonly StreamFrame[]): void {
		for (const frame of frames) {
			if (frame.type !== 'StreamClose') continue;
			const stream = this.get(frame.streamId);
			if (stream === undefined) continue;
			this.maybeRemove(stream);
			this.#dropHalfClosed();
		}
	}

	closeAll(error: StreamError | undefined): void {
		for (const stream of [...this.byId.values()]) stream.close(error);
		this.byId.clear();
		this.listed = [];
	}

	#isOurs(id: number): boolean {
		return id % 2 === this.#nextId % 2;
	}

	#remove(stream: ConnectionStream): void {
		if (!this.byId.delete(stream.id)) return;
		if (stream.closeFrame !== 'acknowledged') this.#credit.sentOnGone += stream.outgoing.next;
		if (stream.isListed) this.listed = this.listed.filter((other) => other !== stream);
		stream.isListed = false;
		if (this.#isOurs(stream.id)) return;
		this.#closedAbove.add(stream.id);
		while (this.#closedAbove.delete(this.#closedUpTo + 2)) this.#closedUpTo += 2;
		this.maxId += 2;
		this.tellMaxId = true;
	}

	/** The reference does not confirm a close: of streams that wait for that, only the newest are kept. */
	#dropHalfClosed(): void {
		const halfClosed = [...this.byId.values()].filter((stream) => stream.closeFrame === 'acknowledged');
		for (const stream of halfClosed.slice(0, Math.max(0, halfClosed.length - HALF_CLOSED_KEPT))) {
			this.#remove(stream);
			stream.close(undefined);
		}
	}
}
