/** Prepares of ours that are not answered, and the money in them. */
import { bytesEqual } from '../../bytes.ts';
import type { StreamFrame } from '../../codec/stream.ts';
import type { ByteCredit } from './byte-credit.ts';
import type { Datagram, MoneyPart, OutgoingPacket } from './packet.ts';
import type { Path } from './path.ts';
import { DEFAULTS, type ConnectionStateOptions } from './state-options.ts';

/** With random ivs a key lasts this many packets of each side (RFC 29 section 5.1.3). */
const MOST_PACKETS = 2 ** 31;
/** Once a reply is this late, it is taken not to come. */
const LATE_MS = 2_000;

/** What a packet is made of. */
export interface PacketContents {
	readonly frames: readonly StreamFrame[];
	readonly amount: bigint;
	readonly money: readonly MoneyPart[];
	readonly isProbe: boolean;
	readonly datagram: Datagram | undefined;
}

export class InFlight {
	/** The number of the packet that leaves next. */
	nextSequence = 1;
	/** Money under way, that of probes aside. */
	held = 0n;
	readonly #lifeMs: number;
	readonly #path: Path;
	readonly #credit: ByteCredit;
	readonly #packets = new Map<number, OutgoingPacket>();

	constructor(options: ConnectionStateOptions, path: Path, credit: ByteCredit) {
		this.#lifeMs = options.packetLifeMs ?? DEFAULTS.packetLifeMs;
		this.#path = path;
		this.#credit = credit;
	}

	get size(): number {
		return this.#packets.size;
	}

	/** The key is used up. */
	get isExhausted(): boolean {
		return this.nextSequence >= MOST_PACKETS;
	}

	/** When the oldest packet is given up, Unix ms. */
	get giveUpAt(): number | undefined {
		const first = this.#packets.values().next();
		return first.done ? undefined : first.value.expiresAt + LATE_MS;
	}

	send({ frames, amount, money, isProbe, datagram }: PacketContents, now: number): OutgoingPacket {
		const packet: OutgoingPacket = {
			sequence: this.nextSequence++,
			amount,
			minimum: isProbe || amount === 0n ? 0n : this.#path.rate.minimum(amount),
			frames,
			isProbe,
			money,
			expiresAt: now + this.#lifeMs,
			destination: this.#path.destination ?? '',
			path: this.#path.number,
			credit: this.#credit.remoteMax,
			datagram,
			condition: undefined
		};
		for (const part of money) part.stream.held += part.amount;
		if (!isProbe) {
			this.held += amount;
			if (amount > 0n) this.#path.limit.onSent(amount);
		}
		this.#packets.set(packet.sequence, packet);
		return packet;
	}

	/** It was answered or given up. False when that was so before. */
	end(packet: OutgoingPacket): boolean {
		return this.#packets.delete(packet.sequence);
	}

	/** Packets whose answer will not come any more. */
	lost(now: number): OutgoingPacket[] {
		const lost: OutgoingPacket[] = [];
		for (const packet of this.#packets.values()) {
			if (packet.expiresAt + LATE_MS > now) break;
			lost.push(packet);
		}
		return lost;
	}

	/** The condition is that of a prepare we have under way. */
	isOwn(sequence: bigint, condition: Uint8Array): boolean {
		const own = this.#packets.get(Number(sequence))?.condition;
		return own !== undefined && bytesEqual(own, condition);
	}
}
