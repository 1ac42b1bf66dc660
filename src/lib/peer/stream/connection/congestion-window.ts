/**
 * How much may be under way at a time, in packets and in money. Nobody on the path says what it can carry;
 * its refusals do:
 *
 * | answer              | says                               | so                                                   |
 * | ------------------- | ---------------------------------- | ---------------------------------------------------- |
 * | anything authentic  | it carried this packet             | one packet more (start), then one more per round     |
 * | T04                 | not this much money at once        | half the money under way; alone, a third less        |
 * | T05                 | not this many packets in this time | half the packets, and a pause                        |
 * | other T, R00        | somebody is overwhelmed or away    | half the packets; a pause when nothing gets through  |
 *
 * That is TCP's additive increase, multiplicative decrease (RFC 5681), and as there a burst of refusals
 * counts once: packets that left before the last decrease say nothing new.
 */

const FIRST_PACKETS = 16;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

export class CongestionWindow {
	/** Packets that may be under way. */
	packets = FIRST_PACKETS;
	/** Money that may be under way; undefined while nobody complained. */
	money: bigint | undefined;
	/** Nothing leaves before this time, Unix ms. */
	pausedUntil = 0;
	readonly #most: number;
	#threshold = Number.POSITIVE_INFINITY;
	#pauseMs = FIRST_PAUSE_MS;
	/** Sequence numbers below these left before the last decrease. */
	#packetsDecidedBefore = 0;
	#moneyDecidedBefore = 0;

	constructor(most: number) {
		this.#most = most;
		this.packets = Math.min(FIRST_PACKETS, most);
	}

	/** How much of `wanted` may leave beside the money that is under way; all of it or what there is room for. */
	allows(wanted: bigint, underWay: bigint): bigint {
		if (this.money === undefined) return wanted;
		const room = this.money - underWay;
		return room <= 0n ? 0n : room < wanted ? room : wanted;
	}

	/** The other end answered. */
	onArrived(amount: bigint, isFulfilled: boolean): void {
		if (this.packets < this.#most)
			this.packets = Math.min(
				this.#most,
				this.packets + (this.packets < this.#threshold ? 1 : 1 / this.packets)
			);
		if (!isFulfilled) return;
		this.#pauseMs = FIRST_PAUSE_MS;
		if (this.money === undefined || amount === 0n) return;
		const more = (amount * amount) / this.money;
		this.money += more > 0n ? more : 1n;
	}

	/**
	 * A connector refused for a reason that may pass.
	 *
	 * @param sequence of the refused packet
	 * @param nextSequence the one that leaves next
	 * @param underWay money under way, the refused packet's included
	 */
	onTrouble(
		code: string,
		sequence: number,
		nextSequence: number,
		amount: bigint,
		underWay: bigint,
		now: number
	): void {
		if (code === 'T04') this.#lessMoney(sequence, nextSequence, amount, underWay, now);
		else this.#fewerPackets(code, sequence, nextSequence, now);
	}

	/** The packets take another way now: what was learned of the old one does not hold. */
	restart(): void {
		this.packets = Math.min(FIRST_PACKETS, this.#most);
		this.money = undefined;
		this.pausedUntil = 0;
		this.#threshold = Number.POSITIVE_INFINITY;
		this.#pauseMs = FIRST_PAUSE_MS;
	}

	#lessMoney(sequence: number, nextSequence: number, amount: bigint, underWay: bigint, now: number): void {
		if (sequence < this.#moneyDecidedBefore) return;
		this.#moneyDecidedBefore = nextSequence;
		const isAlone = underWay <= amount;
		const less = isAlone ? amount - amount / 3n : underWay / 2n;
		this.money = less > 1n ? less : 1n;
		if (isAlone) this.pause(now);
	}

	#fewerPackets(code: string, sequence: number, nextSequence: number, now: number): void {
		if (sequence < this.#packetsDecidedBefore) return;
		this.#packetsDecidedBefore = nextSequence;
		const isLowest = this.packets < 2;
		this.packets = Math.max(1, this.packets / 2);
		this.#threshold = this.packets;
		if (code === 'T05' || isLowest) this.pause(now);
	}

	/** Nothing leaves for a while; twice as long each time nothing got through in between. */
	pause(now: number): void {
		this.pausedUntil = now + this.#pauseMs;
		this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
	}
}
