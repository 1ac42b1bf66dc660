/**
 * What the other end's frames change beside money and bytes: credits, addresses, closes. They hold whatever becomes
 * of the packet they came in. A credit is a total since the beginning, so that an old word can
 * never take back a newer one.
 */
import type { StreamFrame, StreamPacket } from '../../codec/stream.ts';
import type { ConnectionStream } from './connection-stream.ts';
import type { OutgoingPacket } from './packet.ts';
import type { Parts } from './parts.ts';
import { decodeReceipt } from './receipt.ts';
import { ERROR_CODES } from './stream-frames.ts';

type OfStream = Extract<StreamFrame, { type: 'StreamMaxMoney' | 'StreamMaxData' | 'StreamClose' }>;

export class RemoteWord {
	readonly #parts: Parts;

	constructor(parts: Parts) {
		this.#parts = parts;
	}

	/**
	 * @param repliesTo the packet of ours that it answers; undefined for a prepare of the other end
	 * @returns false when it broke a rule or said goodbye
	 */
	heed(packet: StreamPacket, repliesTo: OutgoingPacket | undefined): boolean {
		const { closing, credit, path, streams } = this.#parts;
		for (const frame of packet.frames) {
			switch (frame.type) {
				case 'ConnectionClose':
					closing.isGoodbyeUnderWay = true;
					closing.close(
						frame.errorCode === ERROR_CODES.NoError
							? undefined
							: { type: 'StreamClosed', code: frame.errorCode, message: frame.errorMessage }
					);
					return false;
				case 'ConnectionNewAddress':
					if (repliesTo === undefined) this.#newAddress(frame.sourceAddress, packet.sequence);
					break;
				case 'ConnectionAssetDetails':
					if (!path.onAsset({ code: frame.assetCode, scale: frame.assetScale }))
						return closing.violation(ERROR_CODES.ProtocolViolation, 'the asset changed');
					break;
				case 'ConnectionMaxData':
					if (repliesTo === undefined && credit.foundNotReference()) streams.tellMaxData();
					credit.onMaxData(Number(frame.maxOffset), repliesTo);
					break;
				case 'ConnectionMaxStreamId':
					if (frame.maxStreamId > BigInt(streams.remoteMaxId))
						streams.remoteMaxId = Number(frame.maxStreamId);
					break;
				case 'StreamMaxMoney':
				case 'StreamMaxData':
				case 'StreamClose':
					if (!this.#ofStream(frame, repliesTo !== undefined)) return false;
					break;
				case 'StreamReceipt':
					if (repliesTo !== undefined) newReceipt(streams.get(frame.streamId), frame.receipt);
					break;
				default:
			}
		}
		return true;
	}

	#newAddress(address: string, sequence: bigint): void {
		const { path, streams } = this.#parts;
		if (!path.onNewAddress(address, sequence)) return;
		streams.tellMaxId = true;
		// Only the word that we may be reached was missing for these.
		for (const stream of streams.byId.values()) streams.listIfDue(stream);
	}

	#ofStream(frame: OfStream, isReply: boolean): boolean {
		const { streams } = this.#parts;
		if (streams.get(frame.streamId) === undefined) {
			// In a reply it is about a stream of before; in a prepare it may open one.
			if (isReply || frame.type === 'StreamClose') return true;
			if (streams.openTheirs(frame.streamId) === 'refused') return false;
		}
		const stream = streams.get(frame.streamId);
		if (stream === undefined) return true;
		if (frame.type === 'StreamMaxData') {
			if (Number(frame.maxOffset) > stream.remoteMaxData) stream.remoteMaxData = Number(frame.maxOffset);
		} else if (frame.type === 'StreamMaxMoney') {
			if (frame.totalReceived > stream.remoteReceived) stream.remoteReceived = frame.totalReceived;
			if (stream.remoteReceiveMax === undefined || frame.receiveMax > stream.remoteReceiveMax)
				stream.remoteReceiveMax = frame.receiveMax;
		} else {
			stream.remoteEnded = true;
			if (frame.errorCode !== ERROR_CODES.NoError) {
				streams.fail(stream, { type: 'StreamClosed', code: frame.errorCode, message: frame.errorMessage });
				return true;
			}
			streams.touch(stream);
		}
		streams.listIfDue(stream);
		return true;
	}
}

/** RFC 39: of the receipts of one stream the largest counts. */
const newReceipt = (stream: ConnectionStream | undefined, receipt: Uint8Array): void => {
	const told = decodeReceipt(receipt);
	if (stream === undefined || told === undefined || told.streamId !== stream.id) return;
	if (stream.receipt !== undefined && told.totalReceived < stream.receiptTotal) return;
	stream.receiptTotal = told.totalReceived;
	stream.receipt = receipt.slice();
};
