/**
 * What is made of a key once and used for every packet. It lives as long as the key's array does; the copy
 * notices an array that was filled with another key since.
 */
import { bytesEqual } from '../bytes.ts';

export const perKey = <T>(make: (key: Uint8Array) => T): ((key: Uint8Array) => T) => {
	const made = new WeakMap<Uint8Array, { readonly copy: Uint8Array; readonly value: T }>();
	return (key) => {
		const known = made.get(key);
		if (known !== undefined && bytesEqual(known.copy, key)) return known.value;
		const copy = new Uint8Array(key);
		const value = make(copy);
		made.set(key, { copy, value });
		return value;
	};
};
