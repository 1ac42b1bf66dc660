/** The paying end: opens connections to an address and a secret that came from elsewhere (SPSP, an invoice). */
import { deriveStreamKeys } from '../keys.ts';
import { Connection } from './connection.ts';
import type {
	ConnectOptions,
	PaymentTotals,
	PayOptions,
	Stream,
	StreamClientDeps,
	StreamConnection,
	StreamError
} from './stream-api.ts';

const PAY_TIMEOUT_MS = 300_000;
/** A receiver that takes no more for this long will not take the rest. */
const FULL_MS = 10_000;
const CHECK_MS = 1_000;

/** See {@link ConnectStream}: resolves at once, without a packet. */
export const connectStream = async (
	deps: StreamClientDeps,
	options: ConnectOptions
): Promise<StreamConnection> => {
	const keys = await deriveStreamKeys(deps.crypto, options.sharedSecret);
	const attachment = deps.server?.attach((prepare) => connection.receive(prepare));
	const connection: Connection = new Connection(deps, {
		...options,
		keys,
		isServer: false,
		destination: options.destinationAccount,
		sourceAddress: attachment?.address,
		onClosed: () => attachment?.detach()
	});
	return connection;
};

/** See {@link Pay}: connects, pays and sends, says goodbye. Never rejects. */
export const pay = async (deps: StreamClientDeps, options: PayOptions): Promise<PaymentTotals> => {
	const connection = await connectStream(deps, options);
	const opened = connection.openStream();
	if (!opened.ok) return totalsOf(connection, undefined, opened.error);
	const stream = opened.value;
	stream.onData = options.onData ?? (() => undefined);
	if (options.data !== undefined) stream.write(options.data);
	stream.setSendMax(options.amount);
	const stop = watch(deps, connection, stream, options);
	const done = await stream.flushed();
	stop();
	if (done.ok) await connection.end();
	else connection.destroy(done.error);
	return totalsOf(connection, stream, done.ok ? undefined : (connection.closed?.error ?? done.error));
};

/** Ends a payment that takes too long, or whose receiver has had enough. */
const watch = (
	{ clock }: StreamClientDeps,
	connection: StreamConnection,
	stream: Stream,
	options: PayOptions
): (() => void) => {
	const until = clock.now() + (options.timeoutMs ?? PAY_TIMEOUT_MS);
	let sent = 0n;
	let movedAt = clock.now();
	const check = (): void => {
		const now = clock.now();
		if (stream.sent > sent) {
			sent = stream.sent;
			movedAt = now;
		}
		const room =
			stream.remoteReceiveMax === undefined ? undefined : stream.remoteReceiveMax - stream.delivered;
		if (now >= until) connection.destroy({ type: 'NoProgress' });
		else if (room !== undefined && room <= 1n && stream.sent < options.amount && now >= movedAt + FULL_MS)
			connection.destroy({ type: 'ReceiverFull' });
		else cancel = clock.after(CHECK_MS, check);
	};
	let cancel = clock.after(CHECK_MS, check);
	return () => cancel();
};

const totalsOf = (
	connection: StreamConnection,
	stream: Stream | undefined,
	error: StreamError | undefined
): PaymentTotals => {
	const totals = connection.totals();
	return {
		sent: totals.sent,
		delivered: totals.delivered,
		bytes: Number(totals.bytesSent),
		packets: totals.fulfilled,
		receipt: stream?.receipt,
		error
	};
};
