/**
 * The receiving end of STREAM. Addresses are handed out freely and cost nothing (server-token.ts): a connection
 * comes into being with the first packet that opens with the secret of its address, and with no other.
 *
 * Whoever closes a connection may begin again with the same secret, as the reference's clients do: packets
 * numbered from 1. Stragglers of the old connection, and old packets that somebody recorded, are told
 * that it is closed.
 *
 * So many connections are open at a time. Since one costs a stranger a packet without money, of those that have
 * brought none the one that has been silent longest makes room for the next.
 */
import { base64urlEncode } from '../../bytes.ts';
import type { IlpPrepare, IlpReply } from '../../codec/ilp.ts';
import type { Incoming, Verdict as ConnectorVerdict } from '../../ilp/delivery.ts';
import type { Eventually } from '../../platform.ts';
import { deriveStreamKeys, type StreamKeys } from '../keys.ts';
import { whenever } from '../whenever.ts';
import { Connection, openPrepare, plainReject, type OpenedPrepare } from './connection.ts';
import {
	createServerToken,
	deriveServerKeys,
	openServerToken,
	type ServerKeys,
	type TokenContents
} from './server-token.ts';
import type {
	ServerTotals,
	StreamAttachment,
	StreamCredentials,
	StreamDeps,
	StreamServer,
	StreamServerOptions,
	StreamConnection,
	Verdict
} from './stream-api.ts';

const MAX_CONNECTIONS = 4_096;
/** Connections that are over and still told to stragglers. */
const CLOSED_KEPT = 256;
/** A connection that begins anew begins with one of these numbers. */
const FIRST_SEQUENCES = 8n;
const ATTACHED_BYTES = 18;

/** Everything known about an address: made from it alone. */
interface Known extends TokenContents {
	readonly keys: StreamKeys;
}

export const createStreamServer = (options: StreamDeps & StreamServerOptions): StreamServer => {
	const { crypto, random, network } = options;
	const live = new Map<string, Connection>();
	/** Of these, those that have brought no money, the longest silent first. */
	const unpaid = new Map<string, Connection>();
	const closed = new Map<string, Connection>();
	const attached = new Map<string, (prepare: IlpPrepare) => Eventually<Verdict>>();
	const gone = { money: 0n, bytes: 0n, packets: 0 };
	let isClosed = false;
	let serverKeys: Eventually<ServerKeys> = deriveServerKeys(crypto, options.secret);
	void whenever(serverKeys, (keys) => (serverKeys = keys));

	const address = (): string => network.addresses()[0] ?? '';
	const refusal = (reply: IlpReply): Verdict => ({ decide: () => false, reply: () => reply });

	const open = (segment: string, known: Known): Connection => {
		const connection: Connection = new Connection(options, {
			...options,
			keys: known.keys,
			isServer: true,
			destination: undefined,
			sourceAddress: undefined,
			tag: known.tag,
			receipt: known.receipt,
			accepts: (amount) => options.accept?.(amount, connection) ?? true,
			onClosed: () => {
				const { received, bytesReceived } = connection.totals();
				gone.money += received;
				gone.bytes += bytesReceived;
				gone.packets += connection.state.accepted;
				live.delete(segment);
				unpaid.delete(segment);
				closed.set(segment, connection);
				for (const oldest of closed.keys()) {
					if (closed.size <= CLOSED_KEPT) break;
					closed.delete(oldest);
				}
			}
		});
		closed.delete(segment);
		live.set(segment, connection);
		unpaid.set(segment, connection);
		server.onConnection?.(connection);
		return connection;
	};

	const heardOf = (segment: string, connection: Connection): void => {
		if (!unpaid.delete(segment) || connection.state.hasReceived) return;
		unpaid.set(segment, connection);
	};

	const hasRoom = (): boolean => {
		if (live.size < (options.maxConnections ?? MAX_CONNECTIONS)) return true;
		for (const [segment, silent] of unpaid) {
			unpaid.delete(segment);
			if (silent.state.hasReceived) continue;
			silent.destroy({ type: 'Idle' });
			return true;
		}
		return false;
	};

	const judgeOpened = (
		segment: string,
		known: Known,
		prepare: IlpPrepare,
		opened: OpenedPrepare | 'malformed' | undefined
	): Verdict => {
		const current = live.get(segment);
		if (current !== undefined) {
			// Only who has the key is heard.
			if (opened !== undefined) heardOf(segment, current);
			return current.judge(prepare, opened);
		}
		if (opened === undefined || opened === 'malformed') return refusal(plainReject('F06', address()));
		const old = closed.get(segment);
		const { sequence } = opened.request;
		if (old !== undefined && (sequence > FIRST_SEQUENCES || old.state.hasSeen(sequence, opened.tag)))
			return old.judge(prepare, opened);
		if (!hasRoom()) return refusal(plainReject('T03', address(), 'too many connections'));
		return open(segment, known).judge(prepare, opened);
	};

	const judgeKnown = (segment: string, known: Known, prepare: IlpPrepare): Eventually<Verdict> =>
		whenever(openPrepare(crypto, known.keys, prepare), (opened) =>
			judgeOpened(segment, known, prepare, opened)
		);

	const judge = (prepare: IlpPrepare, suffix: string): Eventually<Verdict | undefined> => {
		if (isClosed) return refusal(plainReject('T99', address(), 'shutting down'));
		const dot = suffix.indexOf('.');
		const segment = dot < 0 ? suffix : suffix.slice(0, dot);
		const receive = attached.get(segment);
		if (receive !== undefined) return receive(prepare);
		const current = live.get(segment) ?? closed.get(segment);
		if (current !== undefined) return judgeKnown(segment, knownOf(current), prepare);
		return whenever(serverKeys, (keys) =>
			whenever(openServerToken(crypto, keys, segment), (token) => {
				if (token === undefined) return undefined;
				return whenever(deriveStreamKeys(crypto, token.sharedSecret), (streamKeys) =>
					judgeKnown(segment, { keys: streamKeys, tag: token.tag, receipt: token.receipt }, prepare)
				);
			})
		);
	};

	const server: StreamServer = {
		onConnection: undefined,

		generate: async (generateOptions = {}): Promise<StreamCredentials> => {
			const token = await createServerToken(crypto, random, await serverKeys, generateOptions);
			const node = address();
			if (node === '') throw new Error('this node has no ILP address yet');
			return { destinationAccount: `${node}.${token.segment}`, sharedSecret: token.sharedSecret };
		},

		answer: (prepare, suffix) =>
			whenever(judge(prepare, suffix), (verdict) => {
				if (verdict === undefined) return plainReject('F02', address());
				verdict.decide();
				return verdict.reply();
			}),

		judge: async ({ prepare, suffix }: Incoming): Promise<ConnectorVerdict | undefined> => {
			const verdict = await judge(prepare, suffix);
			if (verdict === undefined) return undefined;
			const segment = suffix.split('.', 1)[0] as string;
			const connection = live.get(segment);
			const booking =
				prepare.amount > 0n && connection !== undefined
					? options.booking?.(prepare.amount, connection)
					: undefined;
			return {
				decide: verdict.decide,
				...(verdict.fulfillment === undefined ? {} : { fulfillment: verdict.fulfillment }),
				...(booking === undefined ? {} : { booking }),
				reply: async () => verdict.reply()
			};
		},

		attach: (receive): StreamAttachment => {
			const segment = base64urlEncode(random.bytes(ATTACHED_BYTES));
			attached.set(segment, receive);
			const node = address();
			return {
				address: node === '' ? undefined : `${node}.${segment}`,
				detach: () => void attached.delete(segment)
			};
		},

		connections: (): readonly StreamConnection[] => [...live.values()],

		totals: (): ServerTotals => {
			let { money, bytes, packets } = gone;
			for (const connection of live.values()) {
				const totals = connection.totals();
				money += totals.received;
				bytes += totals.bytesReceived;
				packets += connection.state.accepted;
			}
			return { money, bytes, packets };
		},

		close: () => {
			isClosed = true;
			for (const connection of [...live.values()]) connection.destroy();
		}
	};
	return server;
};

const knownOf = (connection: Connection): Known => ({
	keys: connection.keys,
	tag: connection.tag,
	receipt: connection.receiptSetup
});
