/** What a connection's machine is told once, and its defaults. */
import type { ConnectionOptions, Stream, StreamError } from './stream-api.ts';

export const DEFAULTS = {
	packetLifeMs: 30_000,
	idleMs: 60_000,
	patienceMs: 60_000,
	slippageBasisPoints: 100,
	maxInFlight: 256,
	streamWindow: 262_144,
	sendBuffer: 1_048_576,
	remoteStreams: 10
} as const;

export interface ConnectionStateOptions extends ConnectionOptions {
	readonly isServer: boolean;
	/** Where to send; a server learns it from the client. */
	readonly destination: string | undefined;
	/** Where the other end may send; undefined on a server, whose address the client knows. */
	readonly sourceAddress: string | undefined;
	readonly givesReceipts: boolean;
	/** Something to send may have come up. */
	readonly wake: () => void;
	readonly onStream: (stream: Stream) => void;
	readonly onDatagram: (bytes: Uint8Array) => void;
	readonly onClosed: (error: StreamError | undefined) => void;
	/** The application's say over money, asked last. */
	readonly accepts: (amount: bigint) => boolean;
}
