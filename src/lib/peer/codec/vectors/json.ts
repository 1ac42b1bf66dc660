/** Values in vector files: bytes as `{"bytes": hex}`, big integers as `{"uint": decimal}`, the rest as JSON has it. */
import { bytesToHex, fromHex } from '../../bytes.ts';

export const toVectorJson = (value: unknown): unknown => {
	if (typeof value === 'bigint') return { uint: value.toString() };
	if (value instanceof Uint8Array) return { bytes: bytesToHex(value) };
	if (Array.isArray(value)) return value.map(toVectorJson);
	if (typeof value === 'object' && value !== null)
		return Object.fromEntries(
			Object.entries(value)
				.filter(([, item]) => item !== undefined)
				.map(([key, item]) => [key, toVectorJson(item)])
		);
	return value;
};

export const fromVectorJson = (value: unknown): unknown => {
	if (Array.isArray(value)) return value.map(fromVectorJson);
	if (typeof value !== 'object' || value === null) return value;
	const entries = Object.entries(value);
	const [only] = entries;
	if (entries.length === 1 && only) {
		if (only[0] === 'bytes' && typeof only[1] === 'string') return fromHex(only[1]);
		if (only[0] === 'uint' && typeof only[1] === 'string') return BigInt(only[1]);
	}
	return Object.fromEntries(entries.map(([key, item]) => [key, fromVectorJson(item)]));
};
