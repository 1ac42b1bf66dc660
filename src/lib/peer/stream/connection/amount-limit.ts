/**
 * The most money one packet may carry along a path. No connector announces its limit; one that is given
 * too much answers F08, usually with what it received and what it takes (RFC 27). From these, in its
 * units, follows the limit in ours, up to rounding, and the rest is found by halving: one packet at a
 * time tries more while the others carry what is known to pass.
 */
import type { AmountTooLarge } from '../../codec/ilp.ts';

export class AmountLimit {
	/** The most that got past every limit so far. */
	#passed = 0n;
	/** The least known to be too much. */
	#tooLarge: bigint | undefined;
	/** What F08 made of it, to be tried first. */
	#estimate = 0n;
	/** The amount of the one packet that is trying. */
	#trying: bigint | undefined;

	/** The most that is known to pass, or undefined while no limit was met. */
	get known(): bigint | undefined {
		return this.#tooLarge === undefined ? undefined : this.#passed;
	}

	/** Nothing can get through: even one unit is too much. */
	get isClosed(): boolean {
		return this.#tooLarge !== undefined && this.#tooLarge <= 1n;
	}

	/** The limit is known to the unit. */
	get isExact(): boolean {
		return this.#tooLarge !== undefined && this.#tooLarge - this.#passed === 1n;
	}

	/** What is worth measuring: the known limit, or else what F08 suggests. */
	get suggestion(): bigint | undefined {
		return this.#tooLarge === undefined ? undefined : this.#passed > 0n ? this.#passed : this.#guess();
	}

	/** How much of `wanted` the next packet may carry; 0 when it has to wait for the one that tries. */
	next(wanted: bigint): bigint {
		if (this.#tooLarge === undefined || wanted <= this.#passed) return wanted;
		if (this.#trying !== undefined || this.isExact) return this.#passed;
		const guess = this.#guess();
		return wanted < guess ? wanted : guess;
	}

	/** A packet left with that much. */
	onSent(amount: bigint): void {
		if (this.#tooLarge !== undefined && amount > this.#passed) this.#trying ??= amount;
	}

	/** It reached the other end, whatever was said there. */
	onPassed(amount: bigint): void {
		if (this.#trying === amount) this.#trying = undefined;
		if (amount <= this.#passed) return;
		this.#passed = amount;
		// The path has become wider than it was.
		if (this.#tooLarge !== undefined && this.#tooLarge <= amount) this.#tooLarge = undefined;
	}

	/** It met neither success nor F08, and so said nothing about the limit. */
	onUndecided(amount: bigint): void {
		if (this.#trying === amount) this.#trying = undefined;
	}

	/** F08, with its data when it had any that make sense. */
	onTooLarge(amount: bigint, told: AmountTooLarge | undefined): void {
		if (this.#trying === amount) this.#trying = undefined;
		let tooLarge = amount;
		let estimate = 0n;
		if (told !== undefined && told.receivedAmount > told.maximumAmount) {
			estimate = (amount * told.maximumAmount) / told.receivedAmount;
			// What arrived was rounded down, so from here on it is certainly too much.
			const bound = (amount * (told.maximumAmount + 1n) - 1n) / told.receivedAmount + 1n;
			if (bound < tooLarge) tooLarge = bound;
		}
		if (this.#tooLarge === undefined || tooLarge < this.#tooLarge) this.#tooLarge = tooLarge;
		// The path has become narrower than it was.
		if (this.#passed >= this.#tooLarge) this.#passed = 0n;
		if (estimate > 0n) this.#estimate = estimate;
	}

	/** The packets take another way now. */
	restart(): void {
		this.#passed = 0n;
		this.#tooLarge = undefined;
		this.#estimate = 0n;
		this.#trying = undefined;
	}

	#guess(): bigint {
		const tooLarge = this.#tooLarge as bigint;
		if (this.#estimate > this.#passed && this.#estimate < tooLarge) return this.#estimate;
		const middle = this.#passed + (tooLarge - this.#passed) / 2n;
		return middle > this.#passed ? middle : this.#passed;
	}
}
