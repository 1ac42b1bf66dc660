/** Messages on no stream (frame 0x20), each tried once: those that wait to leave, and those that came. */
import type { Datagram } from './packet.ts';

const QUEUE_BYTES = 262_144;

export class Datagrams {
	readonly #leaving: Datagram[] = [];
	#leavingBytes = 0;
	readonly #came: Uint8Array[] = [];

	/** How many wait to leave. */
	get size(): number {
		return this.#leaving.length;
	}

	/** False when too many wait. */
	queue(datagram: Datagram): boolean {
		if (this.#leavingBytes + datagram.bytes.length > QUEUE_BYTES) return false;
		this.#leaving.push(datagram);
		this.#leavingBytes += datagram.bytes.length;
		return true;
	}

	take(): Datagram | undefined {
		const datagram = this.#leaving.shift();
		if (datagram !== undefined) this.#leavingBytes -= datagram.bytes.length;
		return datagram;
	}

	/** One of the other end's. */
	add(bytes: Uint8Array): void {
		this.#came.push(bytes);
	}

	deliver(onDatagram: (bytes: Uint8Array) => void): void {
		if (this.#came.length > 0) for (const bytes of this.#came.splice(0)) onDatagram(bytes);
	}

	/** None of those that wait will leave. */
	drop(): void {
		for (const datagram of this.#leaving.splice(0)) datagram.onOutcome?.(false);
		this.#leavingBytes = 0;
	}
}
