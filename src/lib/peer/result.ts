/**
 * Expected failures are values; bugs are exceptions.
 *
 * A peer talks to strangers all day, so a malformed packet is an ordinary outcome and not an
 * emergency. Everything that can fail for a reason outside this program returns a {@link Result};
 * errors are plain data (see errors.ts) so that they cross a worker boundary unharmed.
 */
export type Result<T, E = { readonly type: string }> = Ok<T> | Err<E>;

export interface Ok<T> {
	readonly ok: true;
	readonly value: T;
}

export interface Err<E> {
	readonly ok: false;
	readonly error: E;
}

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

export const err = <const E>(error: E): Err<E> => ({ ok: false, error });

/** For results that cannot be a failure unless this program is wrong; throws then. */
export const unwrap = <T, E>(result: Result<T, E>): T => {
	if (result.ok) return result.value;
	throw new Error(
		`unexpected failure: ${JSON.stringify(result.error, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))}`
	);
};
