/**
 * How much arrives of what is sent. Units differ between the two ends and every hop takes its share, so a
 * sender asks the path itself: packets with a random condition, which nobody can fulfill, reach the
 * other end, and its sealed refusal says with how much. From the answer follows the least that each
 * real packet must arrive with, or be refused there: a hop that takes more than the slippage gets nothing.
 *
 * Several amounts are tried at once, a thousand times the one before: the largest that gets through says
 * the most digits. None is larger than what is going to be sent: a probe binds money on the way like any packet.
 */
import type { AmountLimit } from './amount-limit.ts';

/** Amounts of a first round, up to what is to be sent. */
const PROBE_STEP = 1_000n;
const LARGEST_PROBE = 1_000_000_000_000n;
/** An answer that arrives with at least this much has three digits: good to 0.1 percent. */
const ENOUGH = 100n;
const MOST_ROUNDS = 15;
const FIRST_WAIT_MS = 100;
const BASIS_POINTS = 10_000n;
/** Each hop rounds down: on small amounts that is more than the slippage. In units that arrive. */
const ROUNDING = 2n;

export class RateFinder {
	state: 'unknown' | 'measuring' | 'known' | 'failed' = 'unknown';
	/** Of `sent`, `arrives`. Meaningful once known. */
	sent = 1n;
	arrives = 0n;
	/** No probe before this time, Unix ms. */
	waitUntil = 0;
	readonly #slippage: bigint;
	readonly #limit: AmountLimit;
	#target = 0n;
	#toSend: bigint[] = [];
	#underWay = 0;
	#rounds = 0;
	#waitMs = FIRST_WAIT_MS;
	/** The smallest amount of this round that a connector had no room for (T04). */
	#noRoomFor: bigint | undefined;
	/** The largest that was lost, met somebody too busy or found no room: it may get through another time. */
	#lost: bigint | undefined;
	readonly #tried = new Set<bigint>();
	#memo: { amount: bigint; minimum: bigint } = { amount: 0n, minimum: 0n };

	constructor(
		limit: AmountLimit,
		slippageBasisPoints: number,
		given: { readonly sent: bigint; readonly arrives: bigint } | undefined
	) {
		this.#limit = limit;
		this.#slippage = BigInt(slippageBasisPoints);
		if (given !== undefined) this.#know(given.sent, given.arrives);
	}

	/** Begins to measure, for packets of at most `target`. */
	start(target: bigint): void {
		this.state = 'measuring';
		this.sent = 1n;
		this.arrives = 0n;
		this.#target = target < LARGEST_PROBE ? target : LARGEST_PROBE;
		this.#rounds = 0;
		this.#waitMs = FIRST_WAIT_MS;
		this.#tried.clear();
		this.#toSend = [];
		for (let amount = 1n; amount < this.#target; amount *= PROBE_STEP) this.#try(amount);
		this.#try(this.#target);
	}

	/** The path is another one: measure again when needed. Probes that are under way count no more. */
	restart(): void {
		this.state = 'unknown';
		this.#toSend = [];
		this.#underWay = 0;
	}

	/** There is a probe to send now. */
	isDue(now: number): boolean {
		return this.state === 'measuring' && this.#toSend.length > 0 && now >= this.waitUntil;
	}

	/** True while probes wait for a time to pass. */
	get isWaiting(): boolean {
		return this.state === 'measuring' && this.#toSend.length > 0;
	}

	nextProbe(): bigint {
		this.#underWay++;
		return this.#toSend.shift() as bigint;
	}

	/**
	 * A probe was answered.
	 *
	 * @param arrived what the other end received; undefined when the answer is not from there
	 * @param code of the refusal
	 */
	onAnswer(amount: bigint, arrived: bigint | undefined, code: string, now: number): void {
		this.#underWay--;
		if (this.state !== 'measuring') {
			if (this.state === 'known' && arrived !== undefined) this.refine(amount, arrived);
			return;
		}
		if (arrived !== undefined) {
			if (arrived > this.arrives) {
				this.sent = amount;
				this.arrives = arrived;
			}
			if (this.arrives >= ENOUGH * PROBE_STEP || (amount === this.#target && arrived > 0n))
				return this.#know(this.sent, this.arrives);
		} else if (code === 'T04') {
			if (this.#noRoomFor === undefined || amount < this.#noRoomFor) this.#noRoomFor = amount;
			this.#noteLost(amount);
		} else if (code.startsWith('T') || code === 'R00') {
			this.#noteLost(amount);
		}
		if (this.#underWay === 0 && this.#toSend.length === 0) this.#endRound(now);
	}

	/** A larger packet arrived with more than the rate says: hops round down, so the larger one is truer. */
	refine(amount: bigint, arrived: bigint): void {
		if (amount <= this.sent || arrived * this.sent <= this.arrives * amount) return;
		this.sent = amount;
		this.arrives = arrived;
		this.#memo = { amount: 0n, minimum: 0n };
	}

	/** The least that must arrive of `amount`: floor(amount × rate × (1 − slippage)). */
	minimum(amount: bigint): bigint {
		if (amount === this.#memo.amount) return this.#memo.minimum;
		const minimum = this.#minimum(amount);
		this.#memo = { amount, minimum };
		return minimum;
	}

	/** The most to send so that no more than `arriving` arrives. */
	toSend(arriving: bigint): bigint {
		return this.arrives === 0n ? 0n : (arriving * this.sent) / this.arrives;
	}

	#minimum(amount: bigint): bigint {
		const minimum = (amount * this.arrives * (BASIS_POINTS - this.#slippage)) / (this.sent * BASIS_POINTS);
		if (this.#slippage === 0n) return minimum;
		const rounded = (amount * this.arrives) / this.sent - ROUNDING;
		return rounded < 0n ? 0n : rounded < minimum ? rounded : minimum;
	}

	#endRound(now: number): void {
		const suggestion = this.#limit.suggestion;
		if (this.arrives >= ENOUGH) return this.#know(this.sent, this.arrives);
		if (++this.#rounds < MOST_ROUNDS && !this.#limit.isClosed) {
			if (suggestion !== undefined && suggestion > 0n && suggestion < this.#target) this.#try(suggestion);
			const smaller = this.#noRoomFor === undefined ? 0n : this.#noRoomFor - this.#noRoomFor / 3n;
			if (smaller > 0n) this.#try(smaller, true);
			// Of the small probe nothing may be left at the other end; then only the large one can tell the rate.
			if (this.#lost !== undefined && this.#lost !== smaller) this.#try(this.#lost, true);
			if (this.#noRoomFor !== undefined || this.#lost !== undefined) {
				this.waitUntil = now + this.#waitMs;
				this.#waitMs += this.#waitMs / 2;
			}
			this.#noRoomFor = undefined;
			this.#lost = undefined;
		}
		if (this.#toSend.length > 0) return;
		if (this.arrives > 0n) this.#know(this.sent, this.arrives);
		else this.state = 'failed';
	}

	#noteLost(amount: bigint): void {
		if (this.#lost === undefined || amount > this.#lost) this.#lost = amount;
	}

	#try(amount: bigint, isAgain = false): void {
		if (!isAgain && this.#tried.has(amount)) return;
		this.#tried.add(amount);
		this.#toSend.push(amount);
	}

	#know(sent: bigint, arrives: bigint): void {
		this.state = 'known';
		this.sent = sent;
		this.arrives = arrives;
		this.#toSend = [];
		this.#memo = { amount: 0n, minimum: 0n };
	}
}
