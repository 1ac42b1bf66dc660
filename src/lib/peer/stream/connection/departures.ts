/**
 * What leaves: fills a prepare with whatever there is to say, as far as window, credit and limits allow.
 * Streams take turns, so that a large one does not hold up the others.
 */
import type { StreamFrame } from '../../codec/stream.ts';
import { U64_MAX } from '../../codec/oer.ts';
import { MAX_STREAM_PLAINTEXT } from '../keys.ts';
import type { ConnectionStream } from './connection-stream.ts';
import { addNews } from './news.ts';
import type { MoneyPart, OutgoingPacket } from './packet.ts';
import type { Parts } from './parts.ts';
import { closeFrame, maxDataFrame, maxMoneyFrame, streamCloseFrame } from './stream-frames.ts';

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
/** The longest datagram: it leaves room for the news beside it. */
export const MAX_DATAGRAM_BYTES = PACKET_ROOM - TAIL_BYTES * 4;
/** Streams that say in one packet what they wait for. */
const MOST_BLOCKED = 16;

export class Departures {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/** The next prepare to send, if there is any now. */
	next(now: number): OutgoingPacket | undefined {
		const { closing, path, inFlight, patience } = this.#parts;
		if (closing.isClosed || path.destination === undefined) return undefined;
		if (inFlight.size >= Math.floor(path.window.packets) || now < path.window.pausedUntil) {
			if (inFlight.size === 0) patience.stalledSince ??= now;
			return undefined;
		}
		if (inFlight.isExhausted) {
			closing.close({ type: 'KeyExhausted' });
			return undefined;
		}
		if (!path.isProven) return this.#tryPath(now);
		if (path.rate.isDue(now)) return this.#probe(now);
		const packet = this.#fill(now);
		if (packet !== undefined) return packet;
		// Money that may not leave before the rate is known has just asked for it.
		if (path.rate.isDue(now)) return this.#probe(now);
		this.#noteStall(now);
		return undefined;
	}

	/** When {@link next} should be called although nothing happened; infinite: never. */
	wakeAt(now: number): number {
		const { path, inFlight, patience } = this.#parts;
		const { rate, window } = path;
		let at = Number.POSITIVE_INFINITY;
		if (!this.#hasSomething() && !rate.isWaiting) return at;
		if (window.pausedUntil > now) at = window.pausedUntil;
		if (rate.isWaiting && rate.waitUntil > now) at = Math.min(at, rate.waitUntil);
		if (patience.isBlocked && inFlight.size === 0) at = Math.min(at, patience.pollAt);
		// Before the pause is over nothing leaves, whatever else is due.
		return Math.max(at, window.pausedUntil);
	}

	/** The last packet of a closed connection; nothing depends on its arriving. */
	farewell(now: number): OutgoingPacket | undefined {
		const frame = this.#parts.closing.takeLast();
		if (frame === undefined) return undefined;
		return this.#parts.inFlight.send(
			{ frames: [frame], amount: 0n, money: [], isProbe: false, datagram: undefined },
			now
		);
	}

	/** A packet to an address that may be a stranger's: news at most, and no other before it is answered. */
	#tryPath(now: number): OutgoingPacket | undefined {
		const { path, inFlight, credit } = this.#parts;
		const frames: StreamFrame[] = [];
		if (!path.isTrying) addNews(this.#parts, frames, true);
		if (!path.isTrying && frames.length === 0 && this.#hasSomething()) frames.push(credit.maxDataFrame());
		if (frames.length === 0) {
			this.#noteStall(now);
			return undefined;
		}
		path.onTry(now);
		return inFlight.send({ frames, amount: 0n, money: [], isProbe: false, datagram: undefined }, now);
	}

	/** Something waits to leave. */
	#hasSomething(): boolean {
		const { streams, datagrams, closing } = this.#parts;
		return streams.listed.length > 0 || datagrams.size > 0 || closing.isSayingGoodbye;
	}

	#probe(now: number): OutgoingPacket {
		const frames: StreamFrame[] = [];
		addNews(this.#parts, frames, true);
		const amount = this.#parts.path.rate.nextProbe();
		return this.#parts.inFlight.send({ frames, amount, money: [], isProbe: true, datagram: undefined }, now);
	}

	#fill(now: number): OutgoingPacket | undefined {
		const { streams, closing, patience, inFlight } = this.#parts;
		const frames: StreamFrame[] = [];
		const money: MoneyPart[] = [];
		let room = PACKET_ROOM - addNews(this.#parts, frames, true);
		let amount = 0n;
		const datagram = this.#parts.datagrams.take();
		if (datagram !== undefined) {
			frames.push({ type: 'Datagram', data: datagram.bytes });
			room -= datagram.bytes.length + DATA_FRAME_BYTES;
		}
		if (closing.isSayingGoodbye) {
			closing.isSayingGoodbye = false;
			frames.push(closeFrame(undefined));
		}
		patience.isBlocked = false;
		for (let left = streams.listed.length; left > 0 && room > TAIL_BYTES * 2; left--) {
			const stream = streams.listed.shift() as ConnectionStream;
			stream.isListed = false;
			room -= this.#addCredit(stream, frames);
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
			streams.listIfDue(stream);
			stream.settle();
		}
		if (frames.length === 0 && patience.isBlocked && inFlight.size === 0 && now >= patience.pollAt)
			this.#addBlocked(frames, now);
		if (frames.length === 0) return undefined;
		return inFlight.send({ frames, amount, money, isProbe: false, datagram }, now);
	}

	/** How much this stream adds to a packet that carries `already`. */
	#moneyFor(stream: ConnectionStream, already: bigint): bigint {
		const { path, streams, closing, patience, inFlight } = this.#parts;
		const { rate } = path;
		const wanted = stream.unpaid;
		if (wanted <= 0n) return 0n;
		if (rate.state !== 'known') {
			if (rate.state === 'unknown') rate.start(path.most(atMostU64(streams.demand)));
			else if (rate.state === 'failed') closing.close({ type: 'NoRate' });
			return 0n;
		}
		let most = wanted;
		const room = stream.remoteRoom;
		if (room !== undefined) {
			const fits = rate.toSend(room) - stream.held;
			if (fits < most) most = fits;
			if (most <= 0n) {
				patience.isBlocked ||= room === 0n;
				return 0n;
			}
		}
		const packet = path.window.allows(path.limit.next(path.most(already + most)), inFlight.held);
		const amount = packet - already;
		if (amount <= 0n) return 0n;
		if (packet >= path.leastAmount) return amount;
		if (inFlight.held === 0n && already + wanted < path.leastAmount)
			streams.fail(stream, { type: 'Undeliverable' });
		return 0n;
	}

	/** Bytes of this stream that fit `room`; answers what they took. */
	#addData(stream: ConnectionStream, frames: StreamFrame[], room: number): number {
		const { credit, patience } = this.#parts;
		const { outgoing } = stream;
		let left = room - DATA_FRAME_BYTES;
		while (left > 0) {
			// What was lost has its credit already; what is new needs some of both the stream and the connection.
			const before = outgoing.next;
			const limit = Math.min(stream.remoteMaxData, before + credit.room);
			const piece = outgoing.take(left, limit);
			if (piece === undefined) {
				patience.isBlocked ||= outgoing.isBlocked(limit);
				break;
			}
			credit.sent += outgoing.next - before;
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

	/** How far the other end may go on this stream, if that is news; answers its bytes. */
	#addCredit(stream: ConnectionStream, frames: StreamFrame[]): number {
		let bytes = 0;
		if (stream.tellMaxMoney) {
			stream.tellMaxMoney = false;
			frames.push(maxMoneyFrame(stream));
			bytes += CREDIT_FRAME_BYTES;
		}
		if (stream.tellMaxData) {
			frames.push(maxDataFrame(stream), this.#parts.credit.maxDataFrame());
			bytes += CREDIT_FRAME_BYTES * 2;
		}
		return bytes;
	}

	/** Says what waits, so that the reply says how far we may go by now. */
	#addBlocked(frames: StreamFrame[], now: number): void {
		const { patience, streams, credit } = this.#parts;
		patience.onPoll(now);
		for (const stream of streams.listed) {
			if (frames.length > MOST_BLOCKED) break;
			const { outgoing, sendMax, sent } = stream;
			const streamId = BigInt(stream.id);
			if (stream.unpaid > 0n) frames.push({ type: 'StreamMoneyBlocked', streamId, sendMax, totalSent: sent });
			if (outgoing.isBlocked(stream.remoteMaxData))
				frames.push({
					type: 'StreamDataBlocked',
					streamId,
					maxOffset: BigInt(outgoing.next + outgoing.queued)
				});
			else if (outgoing.queued > 0)
				frames.push({ type: 'ConnectionDataBlocked', maxOffset: BigInt(credit.sent + outgoing.queued) });
		}
	}

	/** Nothing leaves: is that so because there is nothing to say, or because something is in the way? */
	#noteStall(now: number): void {
		const { patience, streams, path, inFlight } = this.#parts;
		const isStuck =
			inFlight.size > 0 || path.rate.isWaiting || (streams.listed.length > 0 && !patience.isBlocked);
		if (isStuck) patience.stalledSince ??= now;
		else patience.stalledSince = undefined;
	}
}

const atMostU64 = (amount: bigint): bigint => (amount < U64_MAX ? amount : U64_MAX);
