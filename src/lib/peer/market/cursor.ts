/**
 * A cursor is the arrival number in the node's store up to which a reader was told. Readers keep it
 * as opaque bytes; eight of them, big-endian.
 */
export const cursorOf = (seq: number): Uint8Array => {
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setBigUint64(0, BigInt(seq));
	return bytes;
};

/** `undefined` for bytes this node never gave out. */
export const seqOf = (cursor: Uint8Array): number | undefined => {
	if (cursor.length !== 8) return undefined;
	const seq = new DataView(cursor.buffer, cursor.byteOffset, 8).getBigUint64(0);
	return seq <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seq) : undefined;
};
