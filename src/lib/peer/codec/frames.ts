/**
 * BTP-NIPs frames as values. The byte format and its key table are in btp-nips.ts; this file only
 * says what each frame means, so that the parts that send and answer frames need no codec.
 *
 * Money is in the answering node's units (USD, scale 9). `requestId` names one request within a
 * session; answers repeat it. Times: Unix seconds in answers, relative seconds in requests.
 */
import type { Filter, NostrEvent } from './nostr-event.ts';

export type Frame =
	| EventFrame
	| ReqFrame
	| CloseFrame
	| ClosedFrame
	| NoticeFrame
	| EoseFrame
	| OkFrame
	| CountFrame
	| HaveFrame
	| GetFrame
	| RatchetFrame;

/** In a prepare: please store this. In an answer: what you got. */
export interface EventFrame {
	readonly type: 'EVENT';
	readonly requestId: number;
	/** Whole event; absent when this is a part. */
	readonly event?: NostrEvent;
	/** Slice `index` of `count` of the encoded v2 event, in `bytes`. */
	readonly part?: Part;
	readonly bytes?: Uint8Array;
	/** How often it may still be passed on (never inside the signed event). */
	readonly hopsLeft?: number;
}

export interface Part {
	readonly index: number;
	readonly count: number;
}

/** Asks what there is. Costs nothing; the answer is HAVE… and EOSE. */
export interface ReqFrame {
	readonly type: 'REQ';
	readonly requestId: number;
	readonly filters: readonly Filter[];
	/** Where the reader left off: opaque bytes from an earlier HAVE or EOSE, at most 32. */
	readonly cursor?: Uint8Array;
	/** Keep telling me (HAVE pushes) until CLOSE. */
	readonly live: boolean;
	/** Entries above this price need not be offered. */
	readonly maxPrice?: bigint;
}

export interface CloseFrame {
	readonly type: 'CLOSE';
	readonly requestId: number;
}

/** The node ended the subscription; `code` is one of CLOSED_CODES. */
export interface ClosedFrame {
	readonly type: 'CLOSED';
	readonly requestId: number;
	readonly code: string;
	readonly text: string;
}

export interface NoticeFrame {
	readonly type: 'NOTICE';
	/** Absent when it concerns the session and no request. */
	readonly requestId?: number;
	readonly code: string;
	readonly text: string;
	/** `missing` and `price`: the ids it is about. */
	readonly ids?: readonly string[];
	/** `price`: what arrived, in the node's units. */
	readonly amount?: bigint;
}

export interface EoseFrame {
	readonly type: 'EOSE';
	readonly requestId: number;
	readonly cursor: Uint8Array;
	/** True: ask again with `cursor`, there is more stored. */
	readonly more: boolean;
}

export interface OkFrame {
	readonly type: 'OK';
	readonly requestId: number;
	readonly eventId: string;
	readonly accepted: boolean;
	/** NIP-01 prefixes (`duplicate: …`, `invalid: …`). Empty when there is nothing to say. */
	readonly text: string;
}

/** As a request it carries filters, as an answer a count. */
export interface CountFrame {
	readonly type: 'COUNT';
	readonly requestId: number;
	readonly filters?: readonly Filter[];
	readonly count?: number;
}

export interface HaveFrame {
	readonly type: 'HAVE';
	readonly requestId: number;
	/** The reader's cursor must equal `before`, or it missed something. */
	readonly before: Uint8Array;
	readonly after: Uint8Array;
	readonly entries: readonly HaveEntry[];
}

export interface HaveEntry {
	readonly id: string;
	readonly author: string;
	readonly kind: number;
	readonly createdAt: number;
	/** Bytes of the encoded v2 event. */
	readonly size: number;
	/** For the whole event; honoured for ten minutes by the node's clock. */
	readonly price: bigint;
	/** 1, or in how many parts it must be got. */
	readonly parts: number;
}

export interface GetFrame {
	readonly type: 'GET';
	readonly requestId: number;
	readonly ids: readonly string[];
	/** Only with exactly one id. */
	readonly part?: Part;
	/** 16 bytes; the same again is answered without paying again (docs/protocol/money.md). */
	readonly receipt: Uint8Array;
}

/**
 * A step of a session's keys (stream/ratchet.ts). From the node: its half and the session's next name,
 * in every answer until they are used. From the opener: its half, to ask for such a step.
 */
export interface RatchetFrame {
	readonly type: 'RATCHET';
	/** X25519, 32 bytes. */
	readonly ephemeral: Uint8Array;
	/** 41 bytes; in answers only. */
	readonly token?: Uint8Array;
}

/** Codes of NOTICE that a program acts on. */
export const NOTICE_CODES = {
	/** This frame type is not spoken here. */
	unsupported: 'unsupported',
	/** The frame could not be read. */
	malformed: 'malformed',
	/** Too little money arrived, or the price ran out; `amount` says what arrived. */
	price: 'price',
	/** Some of the ids asked for are not here; `ids` names them. */
	missing: 'missing',
	/** The same packet again; nothing was done twice. */
	duplicate: 'duplicate',
	/** The answer would not fit (ask for fewer), or what was sent is beyond a limit that `text` names. */
	tooLarge: 'too-large',
	/** Of a stream that brings a large frame something is missing here: send it again on another. */
	incomplete: 'incomplete',
	/** Not for you. */
	restricted: 'restricted',
	/** Something broke here; no money was taken. */
	internal: 'internal',
	/** No such receipt here: nothing was paid under it. */
	unpaid: 'unpaid',
	/** Of a node that began again: it holds no subscription of this session any more; ask again. */
	restarted: 'restarted'
} as const;

export const CLOSED_CODES = {
	idle: 'idle',
	restricted: 'restricted',
	invalid: 'invalid',
	shutdown: 'shutdown'
} as const;
