/**
 * The node's side of uploads: streams that bring frames too large for one packet (PROTOCOL section 3).
 *
 * | a packet brings | what the node does |
 * |---|---|
 * | StreamData | keeps the bytes, fulfills, raises the credit; never takes money for it |
 * | StreamData and StreamClose (NoError) | when nothing is missing: answers as it answers a Datagram, money and all |
 * | StreamClose (any other code) | forgets the stream |
 * | StreamDataBlocked, ConnectionDataBlocked, ConnectionStreamIdBlocked | says the credit again |
 *
 * Streams are the opener's (odd), their numbers only grow, and a number below the highest that is not
 * open is over. Credit is absolute, as everywhere in STREAM: a stream may run
 * {@link LIMITS.streamWindowBytes} ahead of its gapless beginning, all unfinished ones together
 * {@link LIMITS.connectionWindowBytes}. The length in the frame's own header is looked at as soon as it
 * is there, so what is too large is refused with its first packet.
 *
 * A stream that was answered is kept a while: when the answer was lost, its last packet is sent again
 * and brings the answer without another upload. Such streams make room first.
 *
 * No money is safe here or lost here: whatever a packet with money finds missing makes it a refusal.
 */
import { FRAME_CODES, frameLengthOf } from '../codec/btp-nips.ts';
import { NOTICE_CODES, type Frame } from '../codec/frames.ts';
import type { StreamFrame, StreamFrameOf } from '../codec/stream.ts';
import { LIMITS } from '../limits.ts';
import type { Clock } from '../platform.ts';
import { createReassembly, type Piece, type Reassembly } from './reassembly.ts';

/** RFC 29 section 5.4. */
export const STREAM_ERRORS = {
	noError: 1,
	flowControl: 4,
	streamId: 5,
	streamState: 6,
	violation: 8,
	application: 9
} as const;

/** Bytes of a frame around its event: header, map, request id, hops. */
const EVENT_FRAME_BYTES = 32;
/** A frame's header at its longest. */
const HEADER_BYTES = 8;

/** What one packet brings of one stream. */
export interface UploadPiece extends Piece {
	readonly id: number;
	/** The stream ends with it. */
	readonly ends: boolean;
}

export type UploadRefusal =
	/** The same again later: there is no room now. */
	| { readonly type: 'busy' }
	| { readonly type: 'refused'; readonly notice: Frame; readonly close?: StreamFrameOf<'StreamClose'> };

/** What must survive with a session that is on disk. */
export interface UploadsUsed {
	/** Highest number of a stream so far; 0 before the first. */
	readonly highestId: number;
	/** Bytes all streams so far came to. */
	readonly bytes: number;
}

export interface SessionUploads {
	used(): UploadsUsed;
	/** The stream this piece completes. Takes nothing; a stream that breaks the rules is gone. */
	whole(piece: UploadPiece): { readonly type: 'whole'; readonly bytes: Uint8Array } | UploadRefusal;
	/** Keeps a piece that ends nothing; `undefined`: taken. */
	take(piece: UploadPiece, link: string): UploadRefusal | undefined;
	/** The stream was answered; its bytes stay for as long as there is room. */
	answered(piece: UploadPiece, link: string): void;
	/** Its opener gave it up, or broke the rules. */
	forget(id: number): void;
	/**
	 * The opener has used all numbers up to this one, or all bytes up to this offset, as far as it was
	 * allowed to: what of it was lost on the way never comes, and must not use up its credit for ever.
	 */
	skipTo(used: { readonly id?: number; readonly bytes?: number }): void;
	/** How far it may go on. */
	credit(id: number | undefined): readonly StreamFrame[];
	/** The session is over. */
	end(): void;
}

export interface Uploads {
	session(before?: UploadsUsed): SessionUploads;
	/** Drops what was not completed in time; about once a minute. */
	sweep(): void;
	/** Bytes held for the uploads of a link. */
	held(link: string): number;
}

export interface UploadLimits {
	/** Bytes of one event, encoded. */
	readonly eventBytes: number;
	/** Bytes of one stream. */
	readonly frameBytes: number;
	/** Bytes of memory per link. */
	readonly linkBytes: number;
}

interface Upload {
	readonly reassembly: Reassembly;
	readonly link: string;
	readonly openedAt: number;
	lastAt: number;
	answered: boolean;
	readonly drop: () => void;
}

/**
 * The one piece of stream data in a packet; `undefined` when there is none, `malformed` when there is
 * more than one stream or piece in it, or an offset no stream here reaches.
 */
export const uploadPieceOf = (frames: readonly StreamFrame[]): UploadPiece | 'malformed' | undefined => {
	const data = frames.filter((frame) => frame.type === 'StreamData');
	const [first] = data;
	if (!first) return undefined;
	const closes = frames.filter((frame) => frame.type === 'StreamClose');
	const [close] = closes;
	if (data.length > 1 || closes.length > 1 || (close && close.streamId !== first.streamId))
		return 'malformed';
	if (first.offset > BigInt(LIMITS.frameBytes) || first.streamId > BigInt(Number.MAX_SAFE_INTEGER))
		return 'malformed';
	return {
		id: Number(first.streamId),
		offset: Number(first.offset),
		data: first.data,
		ends: close?.errorCode === STREAM_ERRORS.noError
	};
};

const refusal = (id: number, code: string, text: string, errorCode: number): UploadRefusal => ({
	type: 'refused',
	notice: { type: 'NOTICE', code, text },
	close: { type: 'StreamClose', streamId: BigInt(id), errorCode, errorMessage: '' }
});

export const createUploads = (
	clock: Clock,
	limits: UploadLimits = {
		eventBytes: LIMITS.eventBytes,
		frameBytes: LIMITS.frameBytes,
		linkBytes: LIMITS.uploadLinkBytes
	}
): Uploads => {
	/** Of each link, in the order of their last packet. */
	const byLink = new Map<string, Set<Upload>>();

	const held = (link: string): number => {
		let bytes = 0;
		for (const { reassembly } of byLink.get(link) ?? []) bytes += reassembly.capacity();
		return bytes;
	};

	const isOver = (upload: Upload, now: number): boolean =>
		now - upload.lastAt > LIMITS.uploadIdleMs || now - upload.openedAt > LIMITS.uploadMs;

	const sweepLink = (link: string): void => {
		const now = clock.now();
		for (const upload of byLink.get(link) ?? []) if (isOver(upload, now)) upload.drop();
	};

	/** Drops answered streams of a link, the longest silent first, until so many bytes more fit. */
	const makeRoom = (link: string, more: number): boolean => {
		if (more <= 0 || held(link) + more <= limits.linkBytes) return true;
		sweepLink(link);
		for (const upload of byLink.get(link) ?? []) {
			if (held(link) + more <= limits.linkBytes) break;
			if (upload.answered) upload.drop();
		}
		return held(link) + more <= limits.linkBytes;
	};

	/** What the frame in front says about itself, as soon as it can be read. */
	const isTooLarge = (head: Uint8Array): number | undefined => {
		const length = frameLengthOf(head);
		if (length === undefined) return undefined;
		const most = head[1] === FRAME_CODES.EVENT ? limits.eventBytes + EVENT_FRAME_BYTES : limits.frameBytes;
		return length > most ? (head[1] === FRAME_CODES.EVENT ? limits.eventBytes : most) : undefined;
	};

	const session = (before: UploadsUsed = { highestId: 0, bytes: 0 }): SessionUploads => {
		const open = new Map<number, Upload>();
		let highestId = before.highestId;
		/** Bytes of the streams that are over. */
		let over = before.bytes;

		const unfinished = (): readonly Upload[] => {
			const now = clock.now();
			for (const upload of open.values()) if (isOver(upload, now)) upload.drop();
			return [...open.values()].filter(({ answered }) => !answered);
		};
		const total = (): number =>
			unfinished().reduce((sum, { reassembly }) => sum + reassembly.highest(), over);
		/** The highest number a stream may have now; 19 at first, as STREAM's default of 20 allows. */
		const highestAllowed = (): number =>
			(highestId === 0 ? -1 : highestId) + 2 * (LIMITS.uploadStreams - unfinished().length);

		const find = (id: number): Upload | undefined => {
			const upload = open.get(id);
			if (upload && isOver(upload, clock.now())) {
				upload.drop();
				return undefined;
			}
			return upload;
		};

		const begin = (id: number, link: string): Upload => {
			const now = clock.now();
			const upload: Upload = {
				reassembly: createReassembly(),
				link,
				openedAt: now,
				lastAt: now,
				answered: false,
				drop: () => {
					if (!upload.answered) over += upload.reassembly.highest();
					open.delete(id);
					const others = byLink.get(link);
					others?.delete(upload);
					if (others?.size === 0) byLink.delete(link);
				}
			};
			open.set(id, upload);
			highestId = Math.max(highestId, id);
			return upload;
		};

		const touch = (upload: Upload): void => {
			upload.lastAt = clock.now();
			let others = byLink.get(upload.link);
			if (!others) byLink.set(upload.link, (others = new Set()));
			others.delete(upload);
			others.add(upload);
		};

		const forget = (id: number): void => open.get(id)?.drop();

		const violated = (id: number, text: string, errorCode: number): UploadRefusal => {
			forget(id);
			return refusal(id, NOTICE_CODES.malformed, text, errorCode);
		};
		/** An opener that keeps the rules gets here when this node started anew and knows less than it does. */
		const lost = (id: number, errorCode: number): UploadRefusal => {
			forget(id);
			return refusal(id, NOTICE_CODES.incomplete, 'begin again', errorCode);
		};

		/** Whether the piece keeps the rules; the stream is gone when it breaks them. */
		const check = (piece: UploadPiece): UploadRefusal | undefined => {
			const { id, offset, data } = piece;
			const end = offset + data.length;
			const upload = find(id);
			if (id % 2 === 0 || id > highestAllowed())
				return violated(id, `no stream ${id} yet`, STREAM_ERRORS.streamId);
			if (!upload && id <= highestId) return lost(id, STREAM_ERRORS.streamState);
			const contiguous = upload?.reassembly.contiguous() ?? 0;
			if (end > Math.min(contiguous + LIMITS.streamWindowBytes, limits.frameBytes))
				return lost(id, STREAM_ERRORS.flowControl);
			const more = upload?.answered ? 0 : Math.max(0, end - (upload?.reassembly.highest() ?? 0));
			if (total() + more > over + LIMITS.connectionWindowBytes) return lost(id, STREAM_ERRORS.flowControl);
			return undefined;
		};

		const take = (piece: UploadPiece, link: string): UploadRefusal | undefined => {
			const wrong = check(piece);
			if (wrong) return wrong;
			const { id, data, offset } = piece;
			const known = open.get(id);
			const needed = known
				? known.reassembly.capacityWith(piece) - known.reassembly.capacity()
				: createReassembly().capacityWith(piece);
			if (!makeRoom(known?.link ?? link, needed)) return { type: 'busy' };
			const upload = open.get(id) ?? begin(id, link);
			if (!upload.reassembly.add({ offset, data }))
				return violated(id, 'two different pieces for one place', STREAM_ERRORS.violation);
			touch(upload);
			const most = isTooLarge(upload.reassembly.head(HEADER_BYTES));
			if (most === undefined) return undefined;
			forget(id);
			return refusal(id, NOTICE_CODES.tooLarge, `at most ${most} bytes`, STREAM_ERRORS.application);
		};

		return {
			used: () => ({ highestId, bytes: total() }),
			whole: (piece) => {
				const wrong = check(piece);
				if (wrong) return wrong;
				const bytes = (open.get(piece.id)?.reassembly ?? createReassembly()).wholeWith(piece);
				if (!bytes) return lost(piece.id, STREAM_ERRORS.streamState);
				const most = isTooLarge(bytes.subarray(0, HEADER_BYTES));
				if (most === undefined) return { type: 'whole', bytes };
				forget(piece.id);
				return refusal(piece.id, NOTICE_CODES.tooLarge, `at most ${most} bytes`, STREAM_ERRORS.application);
			},
			take,
			answered: (piece, link) => {
				const upload = open.get(piece.id);
				if (upload?.answered) touch(upload);
				// Where there is no room, the answer is given once.
				else if (take(piece, link)) forget(piece.id);
				else {
					const mine = open.get(piece.id) as Upload;
					over += mine.reassembly.highest();
					mine.answered = true;
				}
			},
			forget,
			skipTo: ({ id = 0, bytes = 0 }) => {
				if (id > highestId && id <= highestAllowed() + 1) highestId = id - 1 + (id % 2);
				if (bytes <= over + LIMITS.connectionWindowBytes) over = Math.max(over, bytes - (total() - over));
			},
			credit: (id) => {
				const upload = id === undefined ? undefined : open.get(id);
				const frames: StreamFrame[] = [
					{ type: 'ConnectionMaxData', maxOffset: BigInt(over + LIMITS.connectionWindowBytes) },
					{ type: 'ConnectionMaxStreamId', maxStreamId: BigInt(highestAllowed() + 1) }
				];
				if (!upload || id === undefined || !makeRoom(upload.link, LIMITS.streamWindowBytes)) return frames;
				const window = upload.reassembly.contiguous() + LIMITS.streamWindowBytes;
				return [
					{
						type: 'StreamMaxData',
						streamId: BigInt(id),
						maxOffset: BigInt(Math.min(window, limits.frameBytes))
					},
					...frames
				];
			},
			end: () => {
				for (const upload of open.values()) upload.drop();
			}
		};
	};

	return {
		session,
		sweep: () => {
			for (const link of [...byLink.keys()]) sweepLink(link);
		},
		held
	};
};
