/** How a connection ends: with a goodbye once everything is said, or at once. */
import type { StreamFrame } from '../../codec/stream.ts';
import type { Datagrams } from './datagrams.ts';
import type { OutgoingPacket } from './packet.ts';
import type { Path } from './path.ts';
import type { ConnectionStateOptions } from './state-options.ts';
import type { StreamError } from './stream-api.ts';
import { closeFrame } from './stream-frames.ts';
import type { StreamSet } from './stream-set.ts';

export class Closing {
	isClosed = false;
	error: StreamError | undefined = undefined;
	/** `end` was called. */
	isEnding = false;
	/** The next packet says goodbye. */
	isSayingGoodbye = false;
	/** The other end knows, or will: ours is on its way or theirs has come. */
	isGoodbyeUnderWay = false;
	/** Why, when it was a broken rule: for the reply, or a last packet. */
	#tellClose: StreamFrame | undefined;
	readonly #options: ConnectionStateOptions;
	readonly #path: Path;
	readonly #streams: StreamSet;
	readonly #datagrams: Datagrams;

	constructor(options: ConnectionStateOptions, path: Path, streams: StreamSet, datagrams: Datagrams) {
		this.#options = options;
		this.#path = path;
		this.#streams = streams;
		this.#datagrams = datagrams;
	}

	/** Goodbye, once everything is said. */
	end(): void {
		if (this.isEnding || this.isClosed) return;
		this.isEnding = true;
		for (const stream of this.#streams.byId.values()) stream.end();
		this.maybeGoodbye();
	}

	maybeGoodbye(): void {
		if (!this.isEnding || this.isClosed || this.isGoodbyeUnderWay) return;
		if (this.#datagrams.size > 0 || !this.#streams.isSaidAll) return;
		this.isGoodbyeUnderWay = true;
		this.isSayingGoodbye = this.#path.destination !== undefined;
		if (this.isSayingGoodbye) this.#options.wake();
		else this.close(undefined);
	}

	/** A packet was answered; with our goodbye in it that was the end. */
	onAnswer(sent: OutgoingPacket): void {
		if (this.isGoodbyeUnderWay && sent.frames.some((frame) => frame.type === 'ConnectionClose'))
			this.close(undefined);
		else this.maybeGoodbye();
	}

	/** Over, at once; {@link takeLast} says so to the other end. */
	close(error: StreamError | undefined): void {
		if (this.isClosed) return;
		this.isClosed = true;
		this.error = error;
		this.#datagrams.drop();
		this.#streams.closeAll(error);
		this.#options.onClosed(error);
	}

	/** A rule was broken: the connection is over, and the reply (or a last packet) says why. */
	violation(code: number, reason: string): false {
		this.#tellClose = { type: 'ConnectionClose', errorCode: code, errorMessage: reason };
		this.close({ type: 'ProtocolViolation', code, reason });
		return false;
	}

	/** The frame that says which rule was broken; once. */
	takeReason(): StreamFrame | undefined {
		const frame = this.#tellClose;
		if (frame === undefined) return undefined;
		this.#tellClose = undefined;
		this.isGoodbyeUnderWay = true;
		return frame;
	}

	/** The frame of the last packet after {@link close}; undefined when the other end knows. */
	takeLast(): StreamFrame | undefined {
		if (this.isGoodbyeUnderWay || this.#path.destination === undefined) return undefined;
		this.isGoodbyeUnderWay = true;
		return this.takeReason() ?? closeFrame(this.error);
	}
}
