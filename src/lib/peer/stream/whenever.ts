import type { Eventually } from '../platform.ts';

/**
 * Goes on with a value that may be there already. Where the crypto port answers at once (node:crypto,
 * noble) a chain of these costs no promise and no turn of the event loop; where it answers later
 * (WebCrypto) it is `then`.
 */
export const whenever = <T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> =>
	value instanceof Promise ? value.then(next) : next(value);
