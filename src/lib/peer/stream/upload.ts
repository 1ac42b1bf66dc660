/**
 * The opener's side of an upload: sends encoded frames as one stream and brings back the answer to
 * its last packet, the only one that carries money (PROTOCOL section 3; the node's side: uploads.ts).
 *
 * | what comes back | what it means here |
 * |---|---|
 * | fulfill | the piece is there; the reply says how far the stream may go on |
 * | T05 | slower (upload-plan.ts) |
 * | other T codes, silence, `duplicate` | the same bytes again, in a new packet |
 * | F06, `incomplete` | the node lost the stream: all of it again, on another |
 * | any other refusal | final |
 *
 * The last packet after silence: its money can no more be taken once it expired, and an event is
 * never taken twice, so it is sent again, money and all. Only EVENT is so; other frames are not repeated.
 */
import type { StreamFrame } from '../codec/stream.ts';
import { NOTICE_CODES } from '../codec/frames.ts';
import { LIMITS } from '../limits.ts';
import type { Clock } from '../platform.ts';
import type { RequestOptions, SessionReply } from './session.ts';
import { createUploadPlan } from './upload-plan.ts';
import { STREAM_ERRORS } from './uploads.ts';

/** A reply, and what of STREAM came beside its frames. */
export interface StreamReply {
	readonly reply: SessionReply;
	readonly stream: readonly StreamFrame[];
}

export interface UploadLine {
	/** The stream: odd, never used before in this session. */
	readonly id: number;
	/** Bytes that all streams of the session may come to, as the node said last. */
	readonly connectionLimit: () => number;
	/** What those before this one came to. */
	readonly usedBefore: number;
	/** Sends one packet; money only with `options`. Learns what concerns the connection from the answer itself. */
	send(stream: readonly StreamFrame[], options: RequestOptions): Promise<StreamReply>;
}

/** `lost`: the node has no such stream any more. `sent`: bytes of it that may have arrived. */
export type UploadOutcome = { readonly sent: number } & (
	| { readonly type: 'answered'; readonly reply: SessionReply }
	| { readonly type: 'lost'; readonly reply: SessionReply }
);

/** What an upload comes to that is given no credit. */
export const BUSY: SessionReply = {
	type: 'rejected',
	code: 'T02',
	triggeredBy: '',
	message: 'the node takes no more'
};

/** Packets in a row that came to nothing before an upload is given up. */
const TRIES = 12;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 8_000;

const hasNotice = (reply: SessionReply, code: string): boolean =>
	reply.type === 'refused' && reply.frames.some((frame) => frame.type === 'NOTICE' && frame.code === code);

export const upload = async (
	clock: Clock,
	line: UploadLine,
	bytes: Uint8Array,
	options: RequestOptions,
	/** The same question twice is answered twice. */
	isRepeatable: boolean
): Promise<UploadOutcome> => {
	const { id } = line;
	const streamId = BigInt(id);
	const startedAt = clock.now();
	let streamLimit: number = LIMITS.streamWindowBytes;
	const limit = (): number => Math.min(streamLimit, line.connectionLimit() - line.usedBefore);
	const plan = createUploadPlan(bytes.length, limit());
	/** In a row. */
	let failures = 0;
	/** Times in a row that asking for credit brought none. */
	let stalls = 0;
	let sent = 0;
	let outcome: UploadOutcome | undefined;
	let wake: () => void = () => undefined;
	const sleep = (ms: number): Promise<void> =>
		ms <= 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));

	const dataFrame = (start: number, end: number): StreamFrame => ({
		type: 'StreamData',
		streamId,
		offset: BigInt(start),
		data: bytes.subarray(start, end)
	});

	const learn = (frames: readonly StreamFrame[]): void => {
		for (const frame of frames)
			if (frame.type === 'StreamMaxData' && frame.streamId === streamId)
				streamLimit = Math.max(streamLimit, Number(frame.maxOffset));
		plan.raise(limit());
	};

	type Heard = 'taken' | 'limited' | 'again' | 'over';
	/** What one reply means; sets the outcome when it is over. */
	const hear = ({ reply, stream }: StreamReply): Heard => {
		if (outcome) return 'over';
		learn(stream);
		const again = (): Heard => {
			failures += 1;
			if (failures < TRIES && clock.now() - startedAt < LIMITS.uploadMs) return 'again';
			outcome = { type: 'answered', reply, sent };
			return 'over';
		};
		switch (reply.type) {
			case 'fulfilled':
				failures = 0;
				return 'taken';
			case 'timedOut':
			case 'spoiled':
				return again();
			case 'refused':
				if (hasNotice(reply, NOTICE_CODES.duplicate)) return again();
				outcome = { type: hasNotice(reply, NOTICE_CODES.incomplete) ? 'lost' : 'answered', reply, sent };
				return 'over';
			case 'rejected':
				if (reply.code === 'T05' && clock.now() - startedAt < LIMITS.uploadMs) return 'limited';
				if (reply.code.startsWith('T')) return again();
				outcome = { type: reply.code === 'F06' ? 'lost' : 'answered', reply, sent };
				return 'over';
		}
	};
	/** After a failure that did not take its time by itself. */
	const backOff = (): number =>
		failures + stalls === 0 ? 0 : Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** (failures + stalls - 1));

	while (!outcome) {
		await sleep(Math.max(plan.pause(), backOff()));
		const step = plan.next();
		if (step.type === 'wait') {
			await new Promise<void>((resolve) => (wake = resolve));
		} else if (step.type === 'send') {
			const { piece } = step;
			sent = Math.max(sent, piece.end);
			void line.send([dataFrame(piece.start, piece.end)], {}).then((heard) => {
				const what = hear(heard);
				if (what === 'taken') {
					plan.taken(piece);
					options.onProgress?.(plan.done(), bytes.length);
				} else if (what === 'limited') plan.limited(piece);
				else if (what === 'again') plan.failed(piece);
				wake();
			});
		} else if (step.type === 'blocked') {
			const before = plan.credit();
			const asked = await line.send(
				[
					{ type: 'StreamDataBlocked', streamId, maxOffset: BigInt(streamLimit) },
					...(before < streamLimit
						? [{ type: 'ConnectionDataBlocked', maxOffset: BigInt(line.connectionLimit()) } as const]
						: [])
				],
				{}
			);
			if (hear(asked) === 'limited') plan.limited(undefined);
			stalls = plan.credit() > before ? 0 : stalls + 1;
			if (stalls >= TRIES) outcome ??= { type: 'answered', reply: BUSY, sent };
		} else {
			const { piece } = step;
			sent = bytes.length;
			const answered = await line.send(
				[
					dataFrame(piece.start, piece.end),
					{ type: 'StreamClose', streamId, errorCode: STREAM_ERRORS.noError, errorMessage: '' }
				],
				options
			);
			const { reply } = answered;
			const isOpen = reply.type === 'timedOut' || hasNotice(reply, NOTICE_CODES.duplicate);
			if (reply.type === 'fulfilled' || reply.type === 'spoiled' || (isOpen && !isRepeatable))
				outcome = { type: 'answered', reply, sent };
			else if (hear(answered) === 'limited') plan.limited(undefined);
		}
	}
	return outcome;
};
