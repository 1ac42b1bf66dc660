/**
 * What comes back. A fulfill acknowledges the whole packet. A reject takes the whole packet back: the money is
 * offered again, the same bytes go again at the same offset, and so do the frames that must not be lost.
 * Nothing counts by halves.
 *
 * An F99 that opens with our key is the other end's refusal and says why in frames. Every other reject comes from a
 * connector (RFC 27) and is only about the path.
 */
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import { repeatNews } from './news.ts';
import type { OutgoingPacket, Outcome } from './packet.ts';
import type { Parts } from './parts.ts';
import type { RemoteWord } from './remote-word.ts';

/** Rounds of packets that all arrive with too little before the rate is said to have changed. */
const ROUNDS_TOO_LOW = 3;

export class Answers {
	readonly #parts: Parts;
	readonly #remoteWord: RemoteWord;
	/** Packets that were given up and fulfilled all the same. */
	readonly #late = new WeakSet<OutgoingPacket>();
	/** Rounds in which too little arrived, and the packet with which the next one begins. */
	#tooLowRounds = 0;
	#tooLowFrom = 0;
	/** Rounds of packets that the other end refused, for whatever reason. */
	#refusedRounds = 0;
	#refusedFrom = 0;

	constructor(parts: Parts, remoteWord: RemoteWord) {
		this.#parts = parts;
		this.#remoteWord = remoteWord;
	}

	/** A prepare of ours was answered. A second answer to the same one counts for nothing. */
	replied(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		const { inFlight, patience, path, closing, streams } = this.#parts;
		if (!inFlight.end(sent)) return this.#repliedLate(sent, outcome);
		if (outcome.packet !== undefined) patience.lastActive = now;
		path.onAnswer(sent, outcome.packet !== undefined);
		if (outcome.isFulfilled) this.#fulfilled(sent, outcome);
		else this.#rejected(sent, outcome, now);
		if (outcome.packet !== undefined && !closing.isClosed) {
			if (sent.isProbe) patience.stalledSince = undefined;
			if (!this.#remoteWord.heed(outcome.packet, sent)) return;
		}
		for (const part of sent.money) part.stream.settle();
		streams.retire(sent.frames);
		closing.onAnswer(sent);
	}

	#fulfilled(sent: OutgoingPacket, outcome: Outcome): void {
		const { totals, inFlight, path, patience } = this.#parts;
		const arrived = arrivedOf(sent, outcome);
		totals.fulfilled++;
		totals.sent += sent.amount;
		totals.delivered += arrived;
		inFlight.held -= sent.amount;
		this.#tooLowRounds = 0;
		this.#refusedRounds = 0;
		patience.onProgress();
		if (path.isOf(sent)) {
			path.window.onArrived(sent.amount, true);
			if (sent.amount > 0n) {
				path.limit.onPassed(sent.amount);
				path.rate.refine(sent.amount, arrived);
			}
		}
		bookMoney(sent, arrived);
		for (const frame of sent.frames) this.#acknowledged(frame);
		for (const part of sent.money) this.#parts.streams.listIfDue(part.stream);
		sent.datagram?.onOutcome?.(true);
	}

	/** The other end has it. */
	#acknowledged(frame: StreamFrame): void {
		const { totals, streams, credit } = this.#parts;
		if (frame.type === 'StreamData') {
			totals.bytesSent += frame.data.length;
			const stream = streams.get(frame.streamId);
			if (stream === undefined) return;
			stream.outgoing.acknowledged += frame.data.length;
			stream.settle();
			if (stream.isCloseDue) streams.list(stream);
		} else if (frame.type === 'StreamClose') {
			const stream = streams.get(frame.streamId);
			if (stream === undefined) return;
			stream.closeFrame = 'acknowledged';
			credit.sentOnGone += stream.outgoing.next;
		} else if (frame.type === 'Datagram') totals.bytesSent += frame.data.length;
	}

	#rejected(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		const { totals, inFlight, path, closing } = this.#parts;
		const underWay = inFlight.held;
		if (!sent.isProbe) {
			totals.rejected++;
			inFlight.held -= sent.amount;
			this.#takeBack(sent, outcome.packet !== undefined);
		} else if (outcome.packet === undefined) for (const frame of sent.frames) this.#repeat(frame, false);
		if (!path.isOf(sent)) return;
		if (outcome.packet !== undefined) this.#refusedThere(sent, outcome, outcome.packet, underWay, now);
		else this.#refusedOnTheWay(sent, outcome, underWay, now);
		if (sent.isProbe) this.#probed(sent, outcome, now);
		if (path.limit.isClosed && !closing.isClosed) closing.close({ type: 'Undeliverable' });
	}

	/** By the other end, whose words these are. */
	#refusedThere(
		sent: OutgoingPacket,
		outcome: Outcome,
		words: StreamPacket,
		underWay: bigint,
		now: number
	): void {
		const { path } = this.#parts;
		const code = codeOf(outcome);
		path.window.onArrived(sent.amount, false);
		if (!sent.isProbe) this.#refused(sent, now);
		if (sent.amount > 0n) path.limit.onPassed(sent.amount);
		if (!sent.isProbe) this.#tooLow(sent, words);
		if (code.startsWith('T')) this.#trouble(code, sent, underWay, now);
	}

	/** By a connector. */
	#refusedOnTheWay(sent: OutgoingPacket, outcome: Outcome, underWay: bigint, now: number): void {
		const { path, closing } = this.#parts;
		const code = codeOf(outcome);
		path.lastTrouble = code;
		if (code === 'F08') path.limit.onTooLarge(sent.amount, outcome.tooLarge);
		else if (sent.amount > 0n) path.limit.onUndecided(sent.amount);
		if (sent.isProbe) return;
		if (code === 'R01' && sent.amount >= path.leastAmount) path.leastAmount = sent.amount + 1n;
		else if (code === 'F08') return;
		// Final words about a path that never worked: it will not work later either.
		else if (code.startsWith('F') && !path.wasReached)
			closing.close({ type: 'Unreachable', code, message: outcome.message ?? '' });
		else this.#trouble(code, sent, underWay, now);
	}

	#trouble(code: string, sent: OutgoingPacket, underWay: bigint, now: number): void {
		const { path, inFlight } = this.#parts;
		path.window.onTrouble(code, sent.sequence, inFlight.nextSequence, sent.amount, underWay, now);
	}

	#probed(sent: OutgoingPacket, outcome: Outcome, now: number): void {
		const { path, closing } = this.#parts;
		const code = codeOf(outcome);
		path.rate.onAnswer(sent.amount, outcome.packet?.prepareAmount, code, now);
		if (path.rate.state === 'failed' && !closing.isClosed)
			closing.close(
				code.startsWith('F') && !path.wasReached
					? { type: 'Unreachable', code, message: outcome.message ?? '' }
					: { type: 'NoRate' }
			);
	}

	/** A whole packet did not happen: what it said is to be said again. */
	#takeBack(sent: OutgoingPacket, wasHeard: boolean): void {
		for (const part of sent.money) {
			part.stream.held -= part.amount;
			this.#parts.streams.list(part.stream);
		}
		for (const frame of sent.frames) this.#repeat(frame, wasHeard);
		sent.datagram?.onOutcome?.(false);
	}

	/** @param wasHeard credits, addresses and the like hold although the packet was refused */
	#repeat(frame: StreamFrame, wasHeard: boolean): void {
		const { streams } = this.#parts;
		if (!('streamId' in frame)) {
			if (!wasHeard) repeatNews(this.#parts, frame);
			return;
		}
		const stream = streams.get(frame.streamId);
		if (stream === undefined) return;
		if (frame.type === 'StreamData') stream.outgoing.lost(Number(frame.offset), frame.data);
		else if (frame.type === 'StreamClose') stream.closeFrame = 'none';
		else if (frame.type === 'StreamMaxMoney') stream.tellMaxMoney ||= !wasHeard;
		else if (frame.type === 'StreamMaxData') stream.tellMaxData ||= !wasHeard;
		streams.listIfDue(stream);
	}

	/** The other end refuses again and again: not so fast. */
	#refused(sent: OutgoingPacket, now: number): void {
		const { path, inFlight } = this.#parts;
		if (sent.sequence < this.#refusedFrom) return;
		this.#refusedFrom = inFlight.nextSequence;
		if (++this.#refusedRounds > ROUNDS_TOO_LOW) path.window.pause(now);
	}

	/** Refused there because less arrived than we asked for: once may be chance, round after round is a new rate. */
	#tooLow(sent: OutgoingPacket, { prepareAmount }: StreamPacket): void {
		const { closing, inFlight } = this.#parts;
		if (prepareAmount >= sent.minimum || sent.sequence < this.#tooLowFrom) return;
		this.#tooLowFrom = inFlight.nextSequence;
		if (++this.#tooLowRounds < ROUNDS_TOO_LOW) return;
		closing.close({ type: 'RateTooLow', sent: sent.amount, arrives: prepareAmount });
	}

	/** The reply came after it was given up: what was fulfilled is paid all the same. */
	#repliedLate(sent: OutgoingPacket, outcome: Outcome): void {
		if (!outcome.isFulfilled || this.#late.has(sent)) return;
		this.#late.add(sent);
		const { totals } = this.#parts;
		totals.sent += sent.amount;
		totals.delivered += arrivedOf(sent, outcome);
		for (const part of sent.money) part.stream.sent += part.amount;
	}
}

const codeOf = ({ code }: Outcome): string => code ?? 'F00';

/** Proof enough that it arrived with the least we asked for, should the words beside it be unreadable. */
const arrivedOf = (sent: OutgoingPacket, outcome: Outcome): bigint =>
	outcome.packet?.prepareAmount ?? sent.minimum;

/** Each stream's part of what was paid, and of what arrived. */
const bookMoney = (sent: OutgoingPacket, arrived: bigint): void => {
	let rest = arrived;
	for (const { stream, amount } of sent.money) {
		stream.held -= amount;
		stream.sent += amount;
		const share = amount === sent.amount ? arrived : (arrived * amount) / sent.amount;
		stream.delivered += share < rest ? share : rest;
		rest -= share;
	}
};
