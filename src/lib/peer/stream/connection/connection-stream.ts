/**
 * One stream of a connection: money and bytes in both directions, each with its own limits. The fields
 * without a comment in {@link Stream} are for connection-state.ts, which moves them as packets come and go.
 *
 * | | bytes | money |
 * | --- | --- | --- |
 * | the other end's word | StreamMaxData: up to this offset | StreamMaxMoney: up to this total, and how much came |
 * | until it has spoken | 16,384, as the reference assumes | no limit |
 * | under way | at their offsets until acknowledged, then sent again | held until fulfilled, then offered again |
 */
import { U64_MAX } from '../../codec/oer.ts';
import { err, ok, type Result } from '../../result.ts';
import { IncomingData } from './incoming-data.ts';
import { OutgoingData } from './outgoing-data.ts';
import type { Stream, StreamError } from './stream-api.ts';

/** Credit of a stream whose other end has not spoken: undocumented, but what the reference takes for granted. */
export const ASSUMED_STREAM_CREDIT = 16_384;

/** What a stream needs of its connection. */
export interface StreamOwner {
	readonly streamWindow: number;
	readonly sendBuffer: number;
	/** The application did something that may be worth a packet. */
	changed(stream: ConnectionStream): void;
}

export class ConnectionStream implements Stream {
	readonly id: number;
	readonly owner: StreamOwner;
	readonly outgoing = new OutgoingData();
	readonly incoming = new IncomingData();

	sendMax = 0n;
	sent = 0n;
	/** Under way. */
	held = 0n;
	delivered = 0n;
	receiveMax = 0n;
	received = 0n;
	remoteReceiveMax: bigint | undefined = undefined;
	remoteReceived = 0n;
	/** The other end takes bytes below this offset. */
	remoteMaxData = ASSUMED_STREAM_CREDIT;
	/** And we take bytes below this one, as far as it knows. */
	announcedMaxData: number;
	receipt: Uint8Array | undefined = undefined;
	receiptTotal = 0n;

	/** In the connection's list of streams that may have something to send. */
	isListed = false;
	tellMaxData = false;
	tellMaxMoney = false;
	/** `end` was called: a StreamClose follows what is queued. */
	isEnding = false;
	closeFrame: 'none' | 'underWay' | 'acknowledged' = 'none';
	remoteEnded = false;
	endTold = false;
	isClosed = false;
	error: StreamError | undefined = undefined;
	/** For the application, once the packet is dealt with. */
	newMoney = 0n;
	isTouched = false;
	#isWriterWaiting = false;
	#waiting: ((result: Result<void, StreamError>) => void)[] = [];

	onData: ((bytes: Uint8Array) => void) | undefined = undefined;
	onReadable: (() => void) | undefined = undefined;
	onWritable: (() => void) | undefined = undefined;
	onMoney: ((amount: bigint) => void) | undefined = undefined;
	onEnd: (() => void) | undefined = undefined;
	onClose: ((error: StreamError | undefined) => void) | undefined = undefined;

	constructor(id: number, owner: StreamOwner) {
		this.id = id;
		this.owner = owner;
		this.announcedMaxData = owner.streamWindow;
	}

	write(bytes: Uint8Array): boolean {
		if (this.isClosed || this.isEnding) return false;
		if (this.outgoing.queued >= this.owner.sendBuffer) {
			this.#isWriterWaiting = true;
			return false;
		}
		this.outgoing.write(bytes);
		this.owner.changed(this);
		return true;
	}

	setSendMax(total: bigint): void {
		if (this.isClosed || total <= this.sendMax) return;
		this.sendMax = total < U64_MAX ? total : U64_MAX;
		this.owner.changed(this);
	}

	setReceiveMax(total: bigint): void {
		if (this.isClosed || total <= this.receiveMax) return;
		this.receiveMax = total < U64_MAX ? total : U64_MAX;
		this.tellMaxMoney = true;
		this.owner.changed(this);
	}

	read(): Uint8Array | undefined {
		const bytes = this.incoming.take();
		if (bytes !== undefined) {
			this.renewCredit();
			if (!this.incoming.isReadable) this.tellEnd();
		}
		return bytes;
	}

	flushed(): Promise<Result<void, StreamError>> {
		return new Promise((resolve) => {
			this.#waiting.push(resolve);
			this.settle();
		});
	}

	end(): void {
		if (this.isEnding || this.isClosed) return;
		this.isEnding = true;
		this.owner.changed(this);
	}

	/** Money that is wanted and neither paid nor under way. */
	get unpaid(): bigint {
		return this.isClosed ? 0n : this.sendMax - this.sent - this.held;
	}

	/** The most the other end takes beyond what came and is on the way, in its units; undefined without limit. */
	get remoteRoom(): bigint | undefined {
		if (this.remoteReceiveMax === undefined) return undefined;
		const room = this.remoteReceiveMax - this.remoteReceived;
		return room > 0n ? room : 0n;
	}

	/** Everything the application asked for is acknowledged. */
	get isFlushed(): boolean {
		return this.outgoing.isDone && this.held === 0n && this.sent >= this.sendMax;
	}

	/** A packet may come of it, sooner or later. */
	get wantsToSend(): boolean {
		return (
			!this.isClosed &&
			(this.tellMaxData ||
				this.tellMaxMoney ||
				this.outgoing.queued > 0 ||
				this.outgoing.isSendable(0) ||
				this.unpaid > 0n ||
				this.isCloseDue)
		);
	}

	get isCloseDue(): boolean {
		return this.isEnding && this.closeFrame === 'none' && this.isFlushed;
	}

	/** The offset below which bytes are taken now: what was read, or will be at once, and a window. */
	get maxData(): number {
		const { incoming } = this;
		return (this.onData === undefined ? incoming.consumed : incoming.next) + this.owner.streamWindow;
	}

	/** After reading: tells the other end once half of the window is free again. */
	renewCredit(): void {
		if (this.remoteEnded || this.tellMaxData) return;
		if (this.maxData - this.announcedMaxData < this.owner.streamWindow / 2) return;
		this.tellMaxData = true;
		this.owner.changed(this);
	}

	/** After a packet left or was answered: whoever waits for that is told. */
	settle(): void {
		if (this.#waiting.length > 0 && (this.isFlushed || this.isClosed)) {
			const waiting = this.#waiting;
			this.#waiting = [];
			const result = this.isFlushed ? ok(undefined) : err(this.error ?? CLOSED);
			for (const resolve of waiting) resolve(result);
		}
		if (this.#isWriterWaiting && this.outgoing.queued < this.owner.sendBuffer) {
			this.#isWriterWaiting = false;
			this.onWritable?.();
		}
	}

	/** Hands over what came, in order. */
	deliver(): void {
		if (this.newMoney > 0n) {
			const amount = this.newMoney;
			this.newMoney = 0n;
			this.onMoney?.(amount);
		}
		if (this.onData !== undefined) {
			for (let bytes = this.incoming.take(); bytes !== undefined; bytes = this.incoming.take())
				this.onData(bytes);
			this.renewCredit();
		} else if (this.incoming.isReadable) this.onReadable?.();
		this.tellEnd();
	}

	/** Once, when the other end has ended and everything of it was read. */
	tellEnd(): void {
		if (!this.remoteEnded || this.endTold || this.incoming.isReadable || this.incoming.hasHoles) return;
		this.endTold = true;
		this.owner.changed(this);
		if (this.onEnd !== undefined) this.onEnd();
		else this.end();
	}

	close(error: StreamError | undefined): void {
		if (this.isClosed) return;
		this.isClosed = true;
		this.error = error;
		this.remoteEnded = true;
		this.outgoing.clear();
		this.settle();
		this.onClose?.(error);
	}
}

const CLOSED: StreamError = { type: 'StreamClosed' };
