/**
 * What comes in: a prepare of the other end is taken whole or not at all. What was seen before is not taken; neither
 * are bytes beyond the credit, nor money that is nobody's.
 */
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import { ASSUMED_STREAM_CREDIT, type ConnectionStream } from './connection-stream.ts';
import { splitMoney } from './money-split.ts';
import { addNews } from './news.ts';
import type { Answer, MoneyPart } from './packet.ts';
import { PacketMemory } from './packet-memory.ts';
import type { Parts } from './parts.ts';
import { MAX_RECEIPT_STREAM_ID } from './receipt.ts';
import type { RemoteWord } from './remote-word.ts';
import { ERROR_CODES, maxDataFrame, maxMoneyFrame, streamCloseFrame } from './stream-frames.ts';

export class Arrivals {
	/** Prepares of the other end that were fulfilled. */
	accepted = 0;
	readonly #parts: Parts;
	readonly #remoteWord: RemoteWord;
	readonly #theirs = new PacketMemory();
	readonly #ours = new PacketMemory();

	constructor(parts: Parts, remoteWord: RemoteWord) {
		this.#parts = parts;
		this.#remoteWord = remoteWord;
	}

	/** The data of one of our prepares, sealed: the same coming in is not from the other end. */
	sealed(sequence: number, tag: number): void {
		this.#ours.add(sequence, tag);
	}

	/** This very packet of the other end came before. */
	hasSeen(sequence: bigint, tag: number): boolean {
		return this.#theirs.has(Number(sequence), tag);
	}

	received(request: StreamPacket, amount: bigint, canFulfill: boolean, tag: number, now: number): Answer {
		const sequence = Number(request.sequence);
		if (
			this.#ours.has(sequence, tag) ||
			this.#theirs.isForgotten(sequence) ||
			this.#theirs.has(sequence, tag)
		)
			return PLAYED_BACK;
		this.#theirs.add(sequence, tag);
		this.#parts.patience.lastActive = now;
		const frames: StreamFrame[] = [];
		const taken = this.#remoteWord.heed(request, undefined)
			? this.#take(request, amount, canFulfill, frames)
			: undefined;
		if (taken !== undefined) this.accepted++;
		const receipts = taken === undefined ? NO_RECEIPTS : this.#book(request, taken, frames);
		addNews(this.#parts, frames, false);
		return { isAccepted: taken !== undefined, frames, receipts };
	}

	/** Money and bytes: checks all, then takes all or nothing. Frames that say why not go to `reply`. */
	#take(
		request: StreamPacket,
		amount: bigint,
		canFulfill: boolean,
		reply: StreamFrame[]
	): readonly MoneyPart[] | undefined {
		const { streams, options, closing } = this.#parts;
		for (const frame of request.frames) {
			if (frame.type !== 'StreamData' && frame.type !== 'StreamMoney') continue;
			const state = streams.openTheirs(frame.streamId);
			if (state === 'refused' || closing.isClosed) return undefined;
			if (state === 'closed') {
				reply.push(streamCloseFrame(Number(frame.streamId), ERROR_CODES.StreamStateError));
				return undefined;
			}
			if (frame.type === 'StreamData' && !this.#mayTakeData(frame)) return undefined;
		}
		if (!canFulfill || amount < request.prepareAmount) return undefined;
		const money = amount === 0n ? NO_MONEY : splitMoney(request, amount, streams, reply);
		if (money === undefined || (amount > 0n && !options.accepts(amount))) return undefined;
		for (const frame of request.frames) this.#takeBytes(frame);
		return money;
	}

	#mayTakeData({ streamId, offset, data }: Extract<StreamFrame, { type: 'StreamData' }>): boolean {
		const { streams, credit, closing } = this.#parts;
		const stream = streams.get(streamId) as ConnectionStream;
		const end = Number(offset) + data.length;
		const limit = stream.maxData - credit.streamWindow + Math.max(credit.fullWindow, ASSUMED_STREAM_CREDIT);
		if (end > limit)
			return closing.violation(ERROR_CODES.FlowControlError, `stream ${streamId}: ${limit} is the limit`);
		if (stream.remoteEnded && end > stream.incoming.highest) return false;
		return stream.incoming.fits(Number(offset));
	}

	#takeBytes(frame: StreamFrame): void {
		const { streams, credit, totals, datagrams } = this.#parts;
		if (frame.type === 'StreamData') {
			const stream = streams.get(frame.streamId) as ConnectionStream;
			const before = stream.incoming.next;
			stream.incoming.add(Number(frame.offset), frame.data);
			const more = stream.incoming.next - before;
			totals.bytesReceived += more;
			credit.received += more;
			streams.touch(stream);
		} else if (frame.type === 'Datagram') {
			totals.bytesReceived += frame.data.length;
			datagrams.add(frame.data);
		}
	}

	/** Books the money of a packet that was taken and says how far the other end may go on. */
	#book(request: StreamPacket, money: readonly MoneyPart[], reply: StreamFrame[]): Answer['receipts'] {
		const { streams, totals, credit, options } = this.#parts;
		for (const { stream, amount } of money) {
			stream.tellMaxMoney = true;
			if (amount === 0n) continue;
			stream.received += amount;
			stream.newMoney += amount;
			totals.received += amount;
			streams.touch(stream);
		}
		let hasData = false;
		for (const frame of request.frames) {
			if (!('streamId' in frame)) continue;
			const stream = streams.get(frame.streamId);
			if (stream === undefined) continue;
			if (frame.type === 'StreamData') hasData = true;
			if (stream.tellMaxData || (frame.type === 'StreamData' && stream.onData !== undefined))
				reply.push(maxDataFrame(stream));
			if (stream.tellMaxMoney) {
				stream.tellMaxMoney = false;
				reply.push(maxMoneyFrame(stream));
			}
		}
		if (hasData) reply.push(credit.maxDataFrame());
		if (!options.givesReceipts) return NO_RECEIPTS;
		return money
			.filter(({ stream }) => stream.id <= MAX_RECEIPT_STREAM_ID)
			.map(({ stream }) => ({ streamId: stream.id, totalReceived: stream.received }));
	}
}

const NO_MONEY: readonly MoneyPart[] = [];
const NO_RECEIPTS: Answer['receipts'] = [];
const PLAYED_BACK: Answer = { isAccepted: false, frames: undefined, receipts: NO_RECEIPTS };
