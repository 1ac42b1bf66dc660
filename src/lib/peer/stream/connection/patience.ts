/**
 * How long nothing may happen. Three silences are told apart:
 *
 * | silence | what it is                                             | what comes of it                                  |
 * | ------- | ------------------------------------------------------ | ------------------------------------------------- |
 * | idle    | neither end says anything, and nobody waits            | after `idleMs` the connection closes              |
 * | stall   | something is to be sent and nothing gets through       | after `patienceMs` the connection fails           |
 * | blocked | what is to be sent waits for credit of the other end   | it is asked, less and less often (RFC 29 4.4.4)   |
 */
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';

const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 5_000;

export class Patience {
	/** Since when something is to be sent and nothing got through. */
	stalledSince: number | undefined;
	/** When the other end last spoke. */
	lastActive: number;
	/** Something waits for credit of the other end. */
	isBlocked = false;
	/** When to ask for it next. */
	pollAt = 0;
	readonly #patienceMs: number;
	readonly #idleMs: number;
	#pollMs = FIRST_POLL_MS;

	constructor(options: ConnectionStateOptions, now: number) {
		this.#patienceMs = options.patienceMs ?? DEFAULTS.patienceMs;
		this.#idleMs = options.idleMs ?? DEFAULTS.idleMs;
		this.lastActive = now;
	}

	/** When it is over, whichever ends first; infinite: never. */
	get endsAt(): number {
		const stall =
			this.stalledSince === undefined ? Number.POSITIVE_INFINITY : this.stalledSince + this.#patienceMs;
		return this.#idleMs > 0 ? Math.min(stall, this.lastActive + this.#idleMs) : stall;
	}

	isStalled(now: number): boolean {
		return this.stalledSince !== undefined && now >= this.stalledSince + this.#patienceMs;
	}

	isIdle(now: number): boolean {
		return this.#idleMs > 0 && now >= this.lastActive + this.#idleMs;
	}

	/** A packet was fulfilled. */
	onProgress(): void {
		this.stalledSince = undefined;
		this.#pollMs = FIRST_POLL_MS;
	}

	/** The other end is asked for credit. */
	onPoll(now: number): void {
		this.pollAt = now + this.#pollMs;
		this.#pollMs = Math.min(this.#pollMs * 2, LONGEST_POLL_MS);
	}
}
