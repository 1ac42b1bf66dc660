/** Frames that say how far the other end may go, and that it is over. */
import type { StreamFrame } from '../../codec/stream.ts';
import type { ConnectionStream } from './connection-stream.ts';
import type { StreamError } from './stream-api.ts';

/** RFC 29 section 5.3.1. */
export const ERROR_CODES = {
	NoError: 1,
	InternalError: 2,
	EndpointBusy: 3,
	FlowControlError: 4,
	StreamIdError: 5,
	StreamStateError: 6,
	FrameFormatError: 7,
	ProtocolViolation: 8,
	ApplicationError: 9
} as const;

export const maxMoneyFrame = (stream: ConnectionStream): StreamFrame => ({
	type: 'StreamMaxMoney',
	streamId: BigInt(stream.id),
	receiveMax: stream.receiveMax,
	totalReceived: stream.received
});

/** The stream's new credit, told from here on. */
export const maxDataFrame = (stream: ConnectionStream): StreamFrame => {
	stream.tellMaxData = false;
	stream.announcedMaxData = stream.maxData;
	return { type: 'StreamMaxData', streamId: BigInt(stream.id), maxOffset: BigInt(stream.maxData) };
};

export const streamCloseFrame = (id: number, errorCode: number = ERROR_CODES.NoError): StreamFrame => ({
	type: 'StreamClose',
	streamId: BigInt(id),
	errorCode,
	errorMessage: errorCode === ERROR_CODES.NoError ? '' : 'the stream is closed'
});

export const closeFrame = (error: StreamError | undefined): StreamFrame => ({
	type: 'ConnectionClose',
	errorCode: error === undefined ? ERROR_CODES.NoError : ERROR_CODES.ApplicationError,
	errorMessage: error?.type ?? ''
});
