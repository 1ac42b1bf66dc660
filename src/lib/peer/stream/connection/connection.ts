/**
 * A STREAM connection at work: the machine of connection-state.ts with its keys, its clock and a network.
 * Where crypto port and network answer at once, a packet goes through here without a promise.
 */
import { bytesEqual } from '../../bytes.ts';
import {
	decodeAmountTooLarge,
	type IlpErrorCode,
	type IlpPacket,
	type IlpPrepare,
	type IlpReply
} from '../../codec/ilp.ts';
import { decodeStreamPacket, encodeStreamPacket, type StreamPacket } from '../../codec/stream.ts';
import type { Cancel, Crypto, Eventually } from '../../platform.ts';
import type { Result } from '../../result.ts';
import {
	conditionOf,
	fulfillmentOf,
	MAX_STREAM_PLAINTEXT,
	openPacket,
	sealPacket,
	STREAM_IV_LENGTH,
	type StreamKeys
} from '../keys.ts';
import { whenever } from '../whenever.ts';
import { ConnectionState } from './connection-state.ts';
import type { Answer, OutgoingPacket } from './packet.ts';
import { packetTag } from './packet-memory.ts';
import { createReceipt } from './receipt.ts';
import type { ConnectionStateOptions } from './state-options.ts';
import type {
	AssetDetails,
	ConnectionOptions,
	ConnectionTotals,
	ReceiptSetup,
	Stream,
	StreamConnection,
	StreamDeps,
	StreamError,
	Verdict
} from './stream-api.ts';

/** Packets sent in one turn; then others get theirs. */
const BURST = 256;
/** Ivs drawn from the host at a time. */
const IVS = 64;
const NO_DATA = new Uint8Array(0);
/** Where plaintexts are written when they are sealed at once: no connection needs two at a time. */
let scratch = new Uint8Array(MAX_STREAM_PLAINTEXT);

export interface ConnectionSetup extends ConnectionOptions {
	readonly keys: StreamKeys;
	readonly isServer: boolean;
	readonly destination: string | undefined;
	readonly sourceAddress: string | undefined;
	readonly tag?: string | undefined;
	readonly receipt?: ReceiptSetup | undefined;
	readonly accepts?: (amount: bigint) => boolean;
	readonly onClosed?: () => void;
}

/** A prepare that opened with the connection's key. */
export interface OpenedPrepare {
	readonly request: StreamPacket;
	readonly fulfillment: Uint8Array;
	/** The prepare's condition is that of its data. */
	readonly canFulfill: boolean;
	readonly tag: number;
}

/** `undefined`: not sealed with these keys. `malformed`: sealed with them, and no STREAM packet. */
export const openPrepare = (
	crypto: Crypto,
	keys: StreamKeys,
	prepare: IlpPrepare
): Eventually<OpenedPrepare | 'malformed' | undefined> =>
	whenever(openPacket(crypto, keys, prepare.data), (plaintext) => {
		if (plaintext === undefined) return undefined;
		const decoded = decodeStreamPacket(plaintext);
		if (!decoded.ok) return 'malformed';
		const request = decoded.value;
		if (request.packetType !== 'prepare') return undefined;
		return whenever(fulfillmentOf(crypto, keys, prepare.data), (fulfillment) =>
			whenever(conditionOf(crypto, fulfillment), (condition) => ({
				request,
				fulfillment,
				canFulfill: bytesEqual(condition, prepare.condition),
				tag: packetTag(prepare.data)
			}))
		);
	});

/** A refusal that proves nothing about who refuses. */
export const plainReject = (code: IlpErrorCode, triggeredBy: string, message = ''): IlpReply => ({
	type: 'reject',
	code,
	triggeredBy,
	message,
	data: NO_DATA
});

export class Connection implements StreamConnection {
	readonly tag: string | undefined;
	readonly state: ConnectionState;
	onStream: ((stream: Stream) => void) | undefined = undefined;
	onDatagram: ((bytes: Uint8Array) => void) | undefined = undefined;
	onClose: ((error: StreamError | undefined) => void) | undefined = undefined;

	readonly keys: StreamKeys;
	readonly #deps: StreamDeps;
	readonly #setup: ConnectionSetup;
	#ivs: Uint8Array = NO_DATA;
	#ivAt = 0;
	/** The crypto port answers later. */
	#isCryptoLate = false;
	#isPumping = false;
	#timer: Cancel | undefined = undefined;
	#timerAt = 0;
	readonly #ending: (() => void)[] = [];

	constructor(deps: StreamDeps, setup: ConnectionSetup) {
		this.#deps = deps;
		this.#setup = setup;
		this.keys = setup.keys;
		this.tag = setup.tag;
		const first = deps.network.maxPacket();
		const most = setup.maxPacketAmount ?? first;
		const options: ConnectionStateOptions = {
			...setup,
			...(first > 0n || setup.maxPacketAmount !== undefined
				? { maxPacketAmount: first > 0n && first < most ? first : most }
				: {}),
			givesReceipts: setup.receipt !== undefined,
			wake: () => this.pump(),
			onStream: (stream) => this.onStream?.(stream),
			onDatagram: (bytes) => this.onDatagram?.(bytes),
			onClosed: (error) => this.#closed(error),
			accepts: setup.accepts ?? (() => true)
		};
		this.state = new ConnectionState(options, deps.clock.now());
		this.#setTimer();
	}

	get receiptSetup(): ReceiptSetup | undefined {
		return this.#setup.receipt;
	}

	get destinationAccount(): string | undefined {
		return this.state.destination;
	}

	get remoteAsset(): AssetDetails | undefined {
		return this.state.remoteAsset;
	}

	get closed(): { readonly error: StreamError | undefined } | undefined {
		return this.state.isClosed ? { error: this.state.closeError } : undefined;
	}

	openStream(): Result<Stream, StreamError> {
		return this.state.openStream();
	}

	sendDatagram(bytes: Uint8Array, onOutcome?: (arrived: boolean) => void): boolean {
		return this.state.sendDatagram(bytes, onOutcome);
	}

	together(run: () => void): void {
		if (this.#isPumping) return run();
		this.#isPumping = true;
		try {
			run();
		} finally {
			this.#isPumping = false;
			this.pump();
		}
	}

	migrate(sourceAccount: string): void {
		this.state.migrate(sourceAccount);
	}

	end(): Promise<void> {
		return new Promise((resolve) => {
			if (this.state.isClosed) return resolve();
			this.#ending.push(resolve);
			this.state.end();
		});
	}

	destroy(reason?: StreamError): void {
		this.state.close(reason);
	}

	totals(): ConnectionTotals {
		return this.state.totals();
	}

	/** Sends whatever may leave now. */
	pump(): void {
		if (this.#isPumping) return;
		this.#isPumping = true;
		const { clock } = this.#deps;
		let left = BURST;
		try {
			for (; left > 0; left--) {
				const packet = this.state.next(clock.now());
				if (packet === undefined) break;
				this.#send(packet);
			}
		} finally {
			this.#isPumping = false;
		}
		if (left === 0) clock.after(0, () => this.pump());
		else this.#setTimer();
	}

	/** What becomes of a prepare that opened; nothing happens before `decide`. */
	judge(prepare: IlpPrepare, opened: OpenedPrepare | 'malformed' | undefined): Verdict {
		const { state } = this;
		const address = this.#ownAddress();
		if (opened === 'malformed') {
			state.malformed('not a STREAM packet');
			return refuse(plainReject('F99', address));
		}
		if (opened === undefined || state.isOwn(opened.request.sequence, prepare.condition))
			return refuse(plainReject('F06', address));
		const now = this.#deps.clock.now();
		if (prepare.expiresAt <= now) return refuse(plainReject('R00', address));
		let answer: Answer | undefined;
		return {
			fulfillment: opened.fulfillment,
			decide: () => {
				answer = state.isClosed
					? { isAccepted: false, frames: state.lastWords(), receipts: [] }
					: state.received(opened.request, prepare.amount, opened.canFulfill, opened.tag, now);
				return answer.isAccepted;
			},
			reply: () => {
				const reply =
					answer === undefined ? plainReject('F99', address) : this.#reply(prepare, opened, answer);
				state.deliver();
				this.pump();
				return reply;
			}
		};
	}

	/** Opens and judges a prepare that is addressed to this connection. */
	receive(prepare: IlpPrepare): Eventually<Verdict> {
		return whenever(openPrepare(this.#deps.crypto, this.keys, prepare), (opened) =>
			this.judge(prepare, opened)
		);
	}

	#reply(prepare: IlpPrepare, opened: OpenedPrepare, answer: Answer): Eventually<IlpReply> {
		const { frames, isAccepted } = answer;
		if (frames === undefined) return plainReject('F99', this.#ownAddress());
		return whenever(this.#addReceipts(answer), () => {
			const type: IlpPacket['type'] = isAccepted ? 'fulfill' : 'reject';
			const { sequence } = opened.request;
			const packet = { packetType: type, sequence, prepareAmount: prepare.amount, frames };
			return whenever(this.#seal(packet), (data): IlpReply =>
				isAccepted
					? { type: 'fulfill', fulfillment: opened.fulfillment, data }
					: { type: 'reject', code: 'F99', triggeredBy: this.#ownAddress(), message: '', data }
			);
		});
	}

	#addReceipts({ frames, receipts }: Answer, from = 0): Eventually<void> {
		const due = receipts[from];
		const setup = this.#setup.receipt;
		if (due === undefined || setup === undefined) return undefined;
		return whenever(createReceipt(this.#deps.crypto, setup, due.streamId, due.totalReceived), (receipt) => {
			frames?.push({ type: 'StreamReceipt', streamId: BigInt(due.streamId), receipt });
			return this.#addReceipts({ isAccepted: true, frames, receipts }, from + 1);
		});
	}

	#send(packet: OutgoingPacket): void {
		const plain: StreamPacket = {
			packetType: 'prepare',
			sequence: BigInt(packet.sequence),
			prepareAmount: packet.minimum,
			frames: packet.frames
		};
		void whenever(this.#seal(plain), (data) => {
			this.state.sealed(packet.sequence, packetTag(data));
			if (packet.isProbe) return this.#dispatch(packet, data, NO_DATA, this.#deps.random.bytes(32));
			const { crypto } = this.#deps;
			return whenever(fulfillmentOf(crypto, this.keys, data), (fulfillment) =>
				whenever(conditionOf(crypto, fulfillment), (condition) =>
					this.#dispatch(packet, data, fulfillment, condition)
				)
			);
		});
	}

	#dispatch(packet: OutgoingPacket, data: Uint8Array, fulfillment: Uint8Array, condition: Uint8Array): void {
		packet.condition = condition;
		const { amount, expiresAt, destination } = packet;
		this.#deps.network.send({ type: 'prepare', amount, expiresAt, condition, destination, data }, (reply) =>
			this.#replied(packet, fulfillment, reply)
		);
	}

	#replied(packet: OutgoingPacket, fulfillment: Uint8Array, reply: IlpReply): void {
		const isFulfill = reply.type === 'fulfill';
		// Whoever answers with another preimage has not been paid and has not spoken for the other end.
		const isWrong = isFulfill && !bytesEqual(reply.fulfillment, fulfillment);
		void whenever(
			reply.data.length === 0 || isWrong ? undefined : openPacket(this.#deps.crypto, this.keys, reply.data),
			(plaintext) => {
				this.state.replied(
					packet,
					{
						isFulfilled: isFulfill && !isWrong,
						code: isFulfill ? 'F05' : reply.code,
						packet: plaintext === undefined ? undefined : replyTo(packet, reply, plaintext),
						tooLarge: tooLargeOf(reply),
						message: isFulfill ? '' : reply.message
					},
					this.#deps.clock.now()
				);
				this.state.deliver();
				this.pump();
			}
		);
	}

	#seal(packet: StreamPacket): Eventually<Uint8Array> {
		if (this.#ivAt === this.#ivs.length) {
			this.#ivs = this.#deps.random.bytes(STREAM_IV_LENGTH * IVS);
			this.#ivAt = 0;
		}
		const iv = this.#ivs.subarray(this.#ivAt, this.#ivAt + STREAM_IV_LENGTH);
		this.#ivAt += STREAM_IV_LENGTH;
		const plaintext = encodeStreamPacket(packet, this.#isCryptoLate ? undefined : scratch);
		const sealed = sealPacket(this.#deps.crypto, this.keys, iv, plaintext);
		if (sealed instanceof Promise && !this.#isCryptoLate) {
			this.#isCryptoLate = true;
			// It is being read until the answer comes.
			scratch = new Uint8Array(MAX_STREAM_PLAINTEXT);
		}
		return sealed;
	}

	#ownAddress(): string {
		return this.#deps.network.addresses()[0] ?? '';
	}

	#setTimer(): void {
		const at = this.state.wakeAt();
		if (at === undefined) return;
		if (this.#timer !== undefined) {
			if (this.#timerAt <= at) return;
			this.#timer();
		}
		const { clock } = this.#deps;
		this.#timerAt = at;
		this.#timer = clock.after(Math.max(0, at - clock.now()), () => {
			this.#timer = undefined;
			this.state.tick(clock.now());
			this.state.deliver();
			this.pump();
		});
	}

	#closed(error: StreamError | undefined): void {
		this.#timer?.();
		this.#timer = undefined;
		const farewell = this.state.farewell();
		if (farewell !== undefined) this.#send(farewell);
		this.onClose?.(error);
		this.#setup.onClosed?.();
		for (const resolve of this.#ending.splice(0)) resolve();
	}
}

const refuse = (reply: IlpReply): Verdict => ({ decide: () => false, reply: () => reply });

/** The other end's words to that packet, or undefined when they are about something else. */
const replyTo = (
	packet: OutgoingPacket,
	reply: IlpReply,
	plaintext: Uint8Array
): StreamPacket | undefined => {
	const decoded = decodeStreamPacket(plaintext);
	if (!decoded.ok || decoded.value.packetType !== reply.type) return undefined;
	return decoded.value.sequence === BigInt(packet.sequence) ? decoded.value : undefined;
};

const tooLargeOf = (reply: IlpReply) => {
	if (reply.type === 'fulfill' || reply.code !== 'F08') return undefined;
	const decoded = decodeAmountTooLarge(reply.data);
	return decoded.ok ? decoded.value : undefined;
};
