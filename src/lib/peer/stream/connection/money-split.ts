/**
 * Whose the money of a packet is: it is split by the shares of the StreamMoney frames, each part rounded down, and
 * what remains goes to the lowest stream that can take it (RFC 29 section 4.4.2).
 */
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import type { ConnectionStream } from './connection-stream.ts';
import type { MoneyPart } from './packet.ts';
import { maxMoneyFrame } from './stream-frames.ts';
import type { StreamSet } from './stream-set.ts';

/** The reference rounds up what it may send: a stream takes this much more than its receiveMax, in 1/100. */
const RECEIVE_EXTRA = 101n;

/** Undefined when some of it is nobody's to take; the frame that says why goes to `reply`. */
export const splitMoney = (
	request: StreamPacket,
	amount: bigint,
	streams: StreamSet,
	reply: StreamFrame[]
): MoneyPart[] | undefined => {
	const parts: MoneyPart[] = [];
	let shares = 0n;
	for (const frame of request.frames) if (frame.type === 'StreamMoney') shares += frame.shares;
	let rest = amount;
	for (const frame of request.frames) {
		if (frame.type !== 'StreamMoney' || shares === 0n) continue;
		const part = frame.shares === shares ? amount : (amount * frame.shares) / shares;
		const stream = streams.get(frame.streamId) as ConnectionStream;
		rest -= part;
		if (!mayReceive(stream, part + partOf(stream, parts))) {
			reply.push(maxMoneyFrame(stream));
			return undefined;
		}
		parts.push({ stream, amount: part });
	}
	if (rest === 0n) return parts;
	const lowest = lowestThatTakes(rest, streams, parts);
	if (lowest === undefined) return undefined;
	parts.push({ stream: lowest, amount: rest });
	return parts;
};

const lowestThatTakes = (
	rest: bigint,
	streams: StreamSet,
	parts: readonly MoneyPart[]
): ConnectionStream | undefined => {
	let lowest: ConnectionStream | undefined;
	for (const stream of streams.byId.values())
		if (
			(lowest === undefined || stream.id < lowest.id) &&
			!stream.remoteEnded &&
			mayReceive(stream, rest + partOf(stream, parts))
		)
			lowest = stream;
	return lowest;
};

const partOf = (stream: ConnectionStream, parts: readonly MoneyPart[]): bigint =>
	parts.reduce((sum, part) => (part.stream === stream ? sum + part.amount : sum), 0n);

const mayReceive = (stream: ConnectionStream, amount: bigint): boolean =>
	(stream.received + amount) * 100n <= stream.receiveMax * RECEIVE_EXTRA;
