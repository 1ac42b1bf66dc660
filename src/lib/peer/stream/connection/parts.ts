/** What a connection consists of. Each part keeps what belongs together; {@link Departures}, Answers and Arrivals work on all. */
import type { ByteCredit } from './byte-credit.ts';
import type { Closing } from './closing.ts';
import type { Datagrams } from './datagrams.ts';
import type { InFlight } from './in-flight.ts';
import type { Path } from './path.ts';
import type { Patience } from './patience.ts';
import type { ConnectionStateOptions } from './state-options.ts';
import type { StreamSet } from './stream-set.ts';

export interface Parts {
	readonly options: ConnectionStateOptions;
	readonly streams: StreamSet;
	readonly credit: ByteCredit;
	readonly datagrams: Datagrams;
	readonly path: Path;
	readonly inFlight: InFlight;
	readonly patience: Patience;
	readonly closing: Closing;
	/** A running sum of what was answered; see ConnectionTotals. */
	readonly totals: Totals;
}

export interface Totals {
	sent: bigint;
	delivered: bigint;
	received: bigint;
	bytesSent: number;
	bytesReceived: number;
	fulfilled: number;
	rejected: number;
}
