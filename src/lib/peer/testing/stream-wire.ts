/**
 * A wire for STREAM in simulated time: two nodes and one hop between them that takes a fee, delays, loses and
 * refuses as a seed decides, and keeps books of what really moved.
 */
import { bytesEqual } from '../bytes.ts';
import { encodeAmountTooLarge, type IlpErrorCode, type IlpPrepare, type IlpReply } from '../codec/ilp.ts';
import { nobleCrypto } from '../crypto/noble-crypto.ts';
import type { Crypto } from '../platform.ts';
import { createStreamServer } from '../stream/connection/server.ts';
import type { StreamDeps, StreamServer, StreamServerOptions } from '../stream/connection/stream-api.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSimulatedCrypto } from './simulated-crypto.ts';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock.ts';

export interface WireOptions {
	readonly seed?: string;
	/** Chances of a prepare lost, of a reply lost, and of a refusal by the hop. */
	readonly lostPrepares?: number;
	readonly lostReplies?: number;
	readonly refused?: number;
	readonly refusals?: readonly IlpErrorCode[];
	/** Each way takes between one and this many milliseconds. */
	readonly longestMs?: number;
	/** What the hop keeps of every amount, in percent; may be changed on the way. */
	feePercent?: bigint;
	/** The most the hop takes in one packet. */
	readonly maxAmount?: bigint;
	/** Most money the hop has room for at a time. */
	readonly liquidity?: bigint;
	readonly crypto?: Crypto;
	/** Answers of the crypto port take their time, and overtake each other. */
	readonly isCryptoLate?: boolean;
	readonly server?: Partial<StreamServerOptions>;
}

export interface WireNode extends StreamDeps {
	readonly address: string;
	readonly server: StreamServer;
}

export interface StreamWire {
	readonly clock: SimulatedClock;
	readonly near: WireNode;
	readonly far: WireNode;
	/** What fulfills that came back cost their senders, and what arrived with fulfilled prepares. */
	readonly books: { paid: bigint; arrived: bigint; lostByHop: bigint; largest: bigint; mostUnderWay: number };
	/** Every prepare that left, as it left. */
	readonly seen: IlpPrepare[];
	readonly options: WireOptions;
	/** The node is reached at this address from now on, and no more at the one before. */
	move(node: WireNode, address: string): void;
}

const NO_DATA: Uint8Array = new Uint8Array(0);
/** Promises that a test's own code waits for in a row, at most. */
const AWAITS = 24;

export const createStreamWire = (options: WireOptions = {}): StreamWire => {
	// Sealing and sending need no turn of the host here; what a test awaits gets its turn between timers.
	const clock = createSimulatedClock(1_800_000_000_000, async () => {
		for (let turn = 0; turn < AWAITS; turn++) await Promise.resolve();
	});
	const random = createSeededRandom(options.seed ?? 'wire');
	const books = { paid: 0n, arrived: 0n, lostByHop: 0n, largest: 0n, mostUnderWay: 0 };
	const seen: IlpPrepare[] = [];
	const lateCrypto = createSimulatedCrypto({ clock, random: random.fork('crypto'), mode: 'async' });
	const crypto = options.isCryptoLate ? lateCrypto : (options.crypto ?? nobleCrypto);
	const nodes = new Map<string, WireNode>();
	let underWay = 0;
	let money = 0n;

	const carry = (prepare: IlpPrepare, onReply: (reply: IlpReply) => void): void => {
		seen.push(prepare);
		if (seen.length > 512) seen.shift();
		underWay++;
		books.mostUnderWay = Math.max(books.mostUnderWay, underWay);
		const delay = (): number => 1 + random.int(options.longestMs ?? 1);
		const answer = (reply: IlpReply, afterMs: number): void =>
			void clock.after(afterMs, () => {
				underWay--;
				onReply(reply);
			});
		const reject = (code: IlpErrorCode, data = NO_DATA, afterMs = delay()): void =>
			answer({ type: 'reject', code, triggeredBy: 'test.hop', message: '', data }, afterMs);
		const timeout = (): void => reject('R00', NO_DATA, prepare.expiresAt - clock.now());

		if (random.next() < (options.refused ?? 0)) return reject(random.pick(options.refusals ?? ['T00']));
		if (options.maxAmount !== undefined && prepare.amount > options.maxAmount)
			return reject(
				'F08',
				encodeAmountTooLarge({ receivedAmount: prepare.amount, maximumAmount: options.maxAmount })
			);
		if (options.liquidity !== undefined && money + prepare.amount > options.liquidity) return reject('T04');
		if (random.next() < (options.lostPrepares ?? 0)) return timeout();
		const isReplyLost = random.next() < (options.lostReplies ?? 0);
		const amount = (prepare.amount * (100n - (options.feePercent ?? 0n))) / 100n;
		const found = [...nodes].find(([address]) => prepare.destination.startsWith(`${address}.`));
		if (found === undefined) return reject('F02');
		const [address, node] = found;
		money += prepare.amount;
		clock.after(delay(), () => {
			const suffix = prepare.destination.slice(address.length + 1);
			const reply = node.server.answer({ ...prepare, amount }, suffix);
			void Promise.resolve(reply).then((known) => back(known, amount));
		});
		const back = (reply: IlpReply, arrived: bigint): void => {
			money -= prepare.amount;
			if (reply.type === 'reject') return isReplyLost ? timeout() : answer(reply, delay());
			// Sha256 here is the wire's own: a hop checks what it pays for.
			const condition = (options.crypto ?? nobleCrypto).sha256(reply.fulfillment);
			if (!(condition instanceof Uint8Array) || !bytesEqual(condition, prepare.condition))
				return reject('F05');
			books.arrived += arrived;
			if (prepare.amount > books.largest) books.largest = prepare.amount;
			if (isReplyLost) {
				books.lostByHop += arrived;
				return timeout();
			}
			books.paid += prepare.amount;
			answer(reply, delay());
		};
	};

	const node = (address: string): WireNode => {
		const deps: StreamDeps = {
			clock,
			random: random.fork(address),
			crypto,
			network: { addresses: () => [address], maxPacket: () => 0n, send: carry }
		};
		const server = createStreamServer({ ...deps, ...options.server, secret: deps.random.bytes(32) });
		const made = { ...deps, address, server };
		nodes.set(address, made);
		return made;
	};
	const move = (moved: WireNode, address: string): void => {
		for (const [before, at] of nodes) if (at === moved) nodes.delete(before);
		nodes.set(address, moved);
	};
	return { clock, near: node('test.near'), far: node('test.far'), books, seen, options, move };
};
