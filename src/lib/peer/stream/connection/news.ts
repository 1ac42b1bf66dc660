/**
 * What is said about the connection, once, beside whatever else a packet or a reply carries: where we are, our
 * asset, how far the other end may go, why it is over. A refused prepare was not heard, so its news
 * becomes news again.
 */
import { sizeOfStreamFrame, type StreamFrame } from '../../codec/stream.ts';
import type { Parts } from './parts.ts';

/** Adds the news to a prepare, or to a reply; answers its bytes. */
export const addNews = (parts: Parts, frames: StreamFrame[], isPrepare: boolean): number => {
	const { path, streams, credit, closing } = parts;
	const { asset } = parts.options;
	const first = frames.length;
	if (isPrepare && credit.tellMaxData && (path.tellAddress || streams.listed.length > 0)) {
		credit.tellMaxData = false;
		frames.push(credit.maxDataFrame());
	}
	if (path.tellAddress && path.sourceAddress !== undefined && path.destination !== undefined) {
		path.tellAddress = false;
		frames.push({ type: 'ConnectionNewAddress', sourceAddress: path.sourceAddress });
	}
	if (path.tellAsset && asset !== undefined) {
		path.tellAsset = false;
		frames.push({ type: 'ConnectionAssetDetails', assetCode: asset.code, assetScale: asset.scale });
	}
	if (streams.tellMaxId) {
		streams.tellMaxId = false;
		frames.push({ type: 'ConnectionMaxStreamId', maxStreamId: BigInt(streams.maxId) });
	}
	const reason = closing.takeReason();
	if (reason !== undefined) frames.push(reason);
	let bytes = 0;
	for (let i = first; i < frames.length; i++) bytes += sizeOfStreamFrame(frames[i] as StreamFrame);
	return bytes;
};

/** The frame was not heard: it is to be said again. */
export const repeatNews = ({ path, streams, credit }: Parts, frame: StreamFrame): void => {
	switch (frame.type) {
		case 'ConnectionMaxData':
			credit.tellMaxData = true;
			break;
		case 'ConnectionNewAddress':
			path.tellAddress = true;
			break;
		case 'ConnectionAssetDetails':
			path.tellAsset = true;
			break;
		case 'ConnectionMaxStreamId':
			streams.tellMaxId = true;
			break;
		default:
	}
};
