/**
 * Packets that leave together: written one after the other into one message (docs/adr/0039).
 *
 * It leaves at the end of the turn, as `clock.after(0)` has it, or earlier when it is full. Where nothing else is under
 * way nobody else will come: then it leaves with the next microtask, so that a packet alone does not wait for others.
 */
import { encodeBtpPacket, type BtpPacket } from '../codec/btp.ts';
import { LIMITS } from '../limits.ts';
import type { Clock } from '../platform.ts';

export interface Bundle {
	/** Bytes that wait to leave. */
	readonly bytes: number;
	add(packet: BtpPacket): void;
	/** Now. */
	leave(): void;
}

/** Where bundles are written when none is; few begin before others have left. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 8;

const fresh = (): Uint8Array => spare.pop() ?? new Uint8Array(LIMITS.btpBundleBytes);

/**
 * @param send has taken a copy when it returns
 * @param isAlone whether nothing is under way but the packet that was just added
 */
export const createBundle = (
	clock: Clock,
	send: (message: Uint8Array) => void,
	isAlone: () => boolean
): Bundle => {
	let buffer: Uint8Array | undefined;
	let bytes = 0;
	let packets = 0;
	let isDue = false;

	const leave = (): void => {
		if (buffer === undefined || bytes === 0) return;
		const written = buffer;
		const message = written.subarray(0, bytes);
		buffer = undefined;
		bytes = 0;
		packets = 0;
		send(message);
		if (spare.length < MOST_SPARE) spare.push(written);
	};

	const onDue = (): void => {
		isDue = false;
		leave();
	};

	const leaveSoon = (): void => {
		if (isDue) return;
		isDue = true;
		if (isAlone()) void Promise.resolve().then(onDue);
		else clock.after(0, onDue);
	};

	return {
		get bytes() {
			return bytes;
		},
		add: (packet) => {
			buffer ??= fresh();
			const written = encodeBtpPacket(packet, bytes === 0 ? buffer : buffer.subarray(bytes));
			if (written.buffer !== buffer.buffer) {
				// There was no room left, so it was written elsewhere.
				leave();
				if (written.length > LIMITS.btpBundleBytes) return send(written);
				buffer ??= fresh();
				buffer.set(written);
			}
			bytes += written.length;
			packets += 1;
			if (packets === LIMITS.btpBundlePackets) leave();
			else leaveSoon();
		},
		leave
	};
};
