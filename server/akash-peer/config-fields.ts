/** Readers of single values of a config file: each answers the value, or throws an Error with its place. */
export type Json = Readonly<Record<string, unknown>>;
export type Reader<T> = (value: unknown, at: string) => T;

export const wrong = (at: string, expected: string): never => {
	throw new Error(`config: ${at} must be ${expected}`);
};
export const object = (value: unknown, at: string): Json =>
	typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Json)
		: wrong(at, 'an object');
export const list = (value: unknown, at: string): readonly unknown[] =>
	value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : wrong(at, 'a list');
export const text = (value: unknown, at: string): string =>
	typeof value === 'string' ? value : wrong(at, 'text');
/** `expected`: the pattern in words, for whoever wrote something else. */
export const matching = (value: unknown, pattern: RegExp, at: string, expected: string): string => {
	const found = text(value, at);
	return pattern.test(found) ? found : wrong(at, expected);
};
export const hex = (value: unknown, length: number, at: string): `0x${string}` =>
	matching(
		typeof value === 'string' ? value.toLowerCase() : value,
		new RegExp(`^0x[0-9a-f]{${length * 2}}$`),
		at,
		`0x and ${length * 2} hexadecimal digits`
	) as `0x${string}`;
export const integer = (value: unknown, at: string): number =>
	Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(at, 'a whole number');
export const positive = (value: unknown, at: string): number =>
	value === 0 ? wrong(at, 'at least 1') : integer(value, at);
export const port = (value: unknown, at: string): number =>
	integer(value, at) < 65_536 ? (value as number) : wrong(at, 'a port, at most 65535');
export const amount = (value: unknown, at: string): bigint =>
	BigInt(matching(value, /^[0-9]+$/, at, 'a whole number in quotes'));
export const oneOf = <T extends string>(value: unknown, options: readonly T[], at: string): T =>
	options.find((option) => option === value) ?? wrong(at, options.join(' or '));
export const flag: Reader<boolean> = (value, at) =>
	typeof value === 'boolean' ? value : wrong(at, 'true or false');
/** The entry under its own name, or nothing when it is left out: to be spread into the config. */
export const optional = <Key extends string, T>(
	from: Json,
	key: Key,
	read: Reader<T>,
	at = ''
): { readonly [K in Key]?: T } =>
	from[key] === undefined ? {} : ({ [key]: read(from[key], `${at}${key}`) } as { readonly [K in Key]: T });
