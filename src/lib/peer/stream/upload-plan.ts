/**
 * What an upload sends next, and how fast. Pure: it is told what happened to each piece and answers what
 * to do; upload.ts does it.
 *
 * Pieces go up side by side within the credit. Every packet draws on the free data of the links it
 * uses (docs/protocol/money.md), so an upload soon runs at the rate of refilling, about 1 KiB/s. T05 says
 * so: then pieces become smaller, one at a time, and the pause between them doubles at each further
 * T05 and shrinks after each piece that arrives, until it swings around the rate of the slowest link.
 */
import { LIMITS } from '../limits.ts';

/** Half-open, in bytes of the stream. */
export interface PlannedPiece {
	readonly start: number;
	readonly end: number;
}

export type Step =
	| { readonly type: 'send'; readonly piece: PlannedPiece }
	/** Something under way decides what is next. */
	| { readonly type: 'wait' }
	/** Nothing is under way and the credit is used up: ask for it. */
	| { readonly type: 'blocked' }
	/** All but the last piece is there. */
	| { readonly type: 'complete'; readonly piece: PlannedPiece };

export interface UploadPlan {
	next(): Step;
	/** Ms to wait before the next packet. */
	pause(): number;
	taken(piece: PlannedPiece): void;
	/** Lost, or refused for a while: the same bytes again. */
	failed(piece: PlannedPiece): void;
	/** T05: more than the links give for nothing. */
	limited(piece: PlannedPiece | undefined): void;
	/** Absolute offset up to which this stream may go; less than before is ignored. */
	raise(maxOffset: number): void;
	credit(): number;
	/** Bytes the node has. */
	done(): number;
}

/** Pieces under way at a time. */
const LANES = 4;
/** The packet that carries the money is small, so that it is not the one that is too much. */
const LAST_BYTES = 1_024;
/** The smallest piece worth a packet of its own, unless nothing is left. */
const SMALLEST_BYTES = 4_096;
const PAUSE_FIRST_MS = 1_000;
/** Well below the time after which the node drops an upload. */
const PAUSE_LAST_MS = LIMITS.uploadIdleMs / 4;

/** For a stream of so many bytes. */
export const createUploadPlan = (size: number, maxOffset: number): UploadPlan => {
	const body = size - Math.min(size, LAST_BYTES);
	const again: PlannedPiece[] = [];
	let credit = maxOffset;
	let sent = 0;
	let underWay = 0;
	let done = 0;
	let pieceBytes: number = LIMITS.uploadPieceBytes;
	let lanes = LANES;
	let pause = 0;

	const repeat = (piece: PlannedPiece): void => {
		underWay -= 1;
		again.push(piece);
	};

	return {
		next: () => {
			if (underWay >= lanes) return { type: 'wait' };
			const first = again.shift();
			if (first) {
				const end = Math.min(first.end, first.start + pieceBytes);
				if (end < first.end) again.unshift({ start: end, end: first.end });
				underWay += 1;
				return { type: 'send', piece: { start: first.start, end } };
			}
			const left = body - sent;
			const room = Math.min(pieceBytes, left, credit - sent);
			if (left > 0 && room >= Math.min(SMALLEST_BYTES, left)) {
				const piece = { start: sent, end: sent + room };
				sent = piece.end;
				underWay += 1;
				return { type: 'send', piece };
			}
			if (underWay > 0) return { type: 'wait' };
			if (left > 0 || credit < size) return { type: 'blocked' };
			return { type: 'complete', piece: { start: body, end: size } };
		},
		pause: () => pause,
		taken: ({ start, end }) => {
			underWay -= 1;
			done += end - start;
			pause = pause < PAUSE_FIRST_MS / 4 ? 0 : Math.floor(pause * 0.75);
		},
		failed: repeat,
		limited: (piece) => {
			if (piece) repeat(piece);
			lanes = 1;
			pieceBytes = Math.max(SMALLEST_BYTES, Math.floor(pieceBytes / 2));
			pause = Math.min(PAUSE_LAST_MS, Math.max(PAUSE_FIRST_MS, pause * 2));
		},
		raise: (offset) => {
			credit = Math.max(credit, offset);
		},
		credit: () => credit,
		done: () => done
	};
};
