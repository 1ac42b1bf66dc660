/**
 * The way to the other end, and what was learned about it: where it leads, how much may be under way on it,
 * how much one packet may carry and how much of that arrives.
 */
import type { AssetDetails } from './stream-api.ts';
import { AmountLimit } from './amount-limit.ts';
import { CongestionWindow } from './congestion-window.ts';
import { RateFinder } from './rate.ts';
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';

export class Path {
	readonly limit = new AmountLimit();
	readonly window: CongestionWindow;
	readonly rate: RateFinder;
	/** Where the other end is; undefined until a client told. */
	destination: string | undefined;
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
	#addressSequence = 0n;

	constructor(options: ConnectionStateOptions) {
		this.window = new CongestionWindow(options.maxInFlight ?? DEFAULTS.maxInFlight);
		this.rate = new RateFinder(
			this.limit,
			options.slippageBasisPoints ?? DEFAULTS.slippageBasisPoints,
			options.rate
		);
		this.destination = options.destination;
		this.sourceAddress = options.sourceAddress;
		this.tellAddress = options.sourceAddress !== undefined;
		this.#hasAsset = options.asset !== undefined;
		this.tellAsset = this.#hasAsset && options.destination !== undefined;
		this.#maxPacketAmount = options.maxPacketAmount;
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
		const isFirst = this.destination === undefined;
		this.destination = address;
		if (!isFirst) this.#restart();
		return true;
	}

	/** False when it contradicts what was said before (RFC 29 section 4.3.3). */
	onAsset(asset: AssetDetails): boolean {
		const known = this.remoteAsset;
		if (known !== undefined && (known.code !== asset.code || known.scale !== asset.scale)) return false;
		this.remoteAsset = asset;
		return true;
	}

	/** Packets go another way from here on: few at first, until one of them is answered by the other end. */
	#restart(): void {
		this.window.restart();
		this.limit.restart();
		this.rate.restart();
	}
}
