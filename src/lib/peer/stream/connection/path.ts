/**
 * The way to the other end, and what was learned about it: where it leads, how much may be under way on it,
 * how much one packet may carry and how much of that arrives.
 *
 * **Either end may move** (ConnectionNewAddress, RFC 29 section 4.3.2). What was learned is forgotten then, and
 * answers to packets that went the old way teach nothing about the new one. An address that the other
 * end names may be a stranger's who is to be flooded, so it is not believed: one small packet without money at
 * a time goes there, until one is answered with words under our key.
 */
import type { AssetDetails } from './stream-api.ts';
import { AmountLimit } from './amount-limit.ts';
import { CongestionWindow } from './congestion-window.ts';
import type { OutgoingPacket } from './packet.ts';
import { RateFinder } from './rate.ts';
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';

/** Of the patience with a path that carries nothing, the share that one address gets: each of two is tried twice. */
const TURNS = 4;

export class Path {
	readonly limit = new AmountLimit();
	readonly window: CongestionWindow;
	readonly rate: RateFinder;
	/** Where the other end is; undefined until a client told. */
	destination: string | undefined;
	/** Counts the ways there were. */
	number = 0;
	/** The other end has answered from there, or we have its address from whoever gave us its secret. */
	isProven: boolean;
	/** A packet is on its way to an address that is not proven. */
	isTrying = false;
	/** Where we are, if the other end may know it. */
	sourceAddress: string | undefined;
	tellAddress: boolean;
	tellAsset: boolean;
	remoteAsset: AssetDetails | undefined = undefined;
	/** It answered: credentials and route are right. */
	wasReached = false;
	/** The last reason that a connector gave. */
	lastTrouble: string | undefined;
	/** Less than this does not survive the way (R01). */
	leastAmount = 1n;
	readonly #hasAsset: boolean;
	readonly #maxPacketAmount: bigint | undefined;
	readonly #turnMs: number;
	#addressSequence = 0n;
	/** The address to try instead of `destination` while that is not proven. */
	#otherwise: string | undefined = undefined;
	/** When the first packet left for an address that is not proven, Unix ms. */
	#triedSince: number | undefined = undefined;

	constructor(options: ConnectionStateOptions) {
		this.window = new CongestionWindow(options.maxInFlight ?? DEFAULTS.maxInFlight);
		this.rate = new RateFinder(
			this.limit,
			options.slippageBasisPoints ?? DEFAULTS.slippageBasisPoints,
			options.rate
		);
		this.destination = options.destination;
		this.isProven = options.destination !== undefined;
		this.sourceAddress = options.sourceAddress;
		this.tellAddress = options.sourceAddress !== undefined;
		this.#hasAsset = options.asset !== undefined;
		this.tellAsset = this.#hasAsset && options.destination !== undefined;
		this.#maxPacketAmount = options.maxPacketAmount;
		this.#turnMs = (options.patienceMs ?? DEFAULTS.patienceMs) / TURNS;
	}

	/** Of an amount, what may be in one packet as far as we are concerned. */
	most(amount: bigint): bigint {
		const most = this.#maxPacketAmount;
		return most !== undefined && most < amount ? most : amount;
	}

	/** Our address is another one now. */
	migrate(sourceAddress: string): void {
		this.sourceAddress = sourceAddress;
		this.tellAddress = true;
		this.#restart();
	}

	/** The other end is at `address`, it says. False when that is an old word. */
	onNewAddress(address: string, sequence: bigint): boolean {
		if (sequence <= this.#addressSequence && this.destination !== undefined) return false;
		this.#addressSequence = sequence;
		this.tellAsset = this.#hasAsset;
		if (address === this.destination) return true;
		if (this.isProven || address === this.#otherwise) this.#otherwise = this.destination;
		this.#lead(address);
		return true;
	}

	/** A packet leaves for an address that is not proven. */
	onTry(now: number): void {
		this.isTrying = true;
		this.#triedSince ??= now;
	}

	/** When the other address is to be tried, Unix ms; infinite: never. */
	get turnAt(): number {
		if (this.#otherwise === undefined || this.#triedSince === undefined) return Number.POSITIVE_INFINITY;
		return this.#triedSince + this.#turnMs;
	}

	/** Time passed: where nobody answers is not where to go on. */
	tick(now: number): void {
		const other = this.#otherwise;
		if (other === undefined || now < this.turnAt) return;
		this.#otherwise = this.destination;
		this.#lead(other);
	}

	/** A packet was answered or given up, by the other end or by anybody else. */
	onAnswer(sent: OutgoingPacket, isAuthentic: boolean): void {
		if (isAuthentic) this.wasReached = true;
		if (!this.isOf(sent)) return;
		this.isTrying = false;
		if (!isAuthentic) return;
		this.isProven = true;
		this.#otherwise = undefined;
	}

	/** The packet went this way, not one before. */
	isOf(sent: OutgoingPacket): boolean {
		return sent.path === this.number;
	}

	/** False when it contradicts what was said before (RFC 29 section 4.3.3). */
	onAsset(asset: AssetDetails): boolean {
		const known = this.remoteAsset;
		if (known !== undefined && (known.code !== asset.code || known.scale !== asset.scale)) return false;
		this.remoteAsset = asset;
		return true;
	}

	/** To an address where the other end may or may not be. */
	#lead(address: string): void {
		this.destination = address;
		this.isProven = false;
		this.isTrying = false;
		this.#triedSince = undefined;
		this.#restart();
	}

	/** Packets go another way from here on. */
	#restart(): void {
		this.number++;
		this.window.restart();
		this.limit.restart();
		this.rate.restart();
	}
}
