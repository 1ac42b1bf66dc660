/**
 * ILP addresses (RFC 15): `scheme(.segment)+`, at most 1023 ASCII characters, case-sensitive.
 *
 * | scheme                | reaches                                                           |
 * | --------------------- | ----------------------------------------------------------------- |
 * | `g`                   | the live network                                                  |
 * | `test` `test1…test3`  | test networks                                                     |
 * | `private` `example`   | a closed network; documentation                                   |
 * | `local`               | inside one operator's network                                     |
 * | `peer`                | the neighbour on this link, **never forwarded** (ILDCP and the like) |
 * | `self`                | this very node                                                    |
 *
 * A segment is one or more of `A-Z a-z 0-9 _ ~ -`. Who owns an address owns everything below it,
 * so a child's address is its parent's with a segment more, and routing looks for the longest
 * prefix **of whole segments**: `test.al` is no prefix of `test.alice`.
 */
import { LIMITS } from '../limits.ts';
import { err, ok, type Result } from '../result.ts';

export const ADDRESS_SCHEMES = [
	'g',
	'private',
	'example',
	'peer',
	'self',
	'test',
	'test1',
	'test2',
	'test3',
	'local'
] as const;

export type AddressScheme = (typeof ADDRESS_SCHEMES)[number];

export type MalformedAddress = { readonly type: 'MalformedAddress'; readonly reason: string };

const SEGMENT = /^[A-Za-z0-9_~-]+$/;
const ADDRESS = /^(?:g|private|example|peer|self|test[1-3]?|local)(?:\.[A-Za-z0-9_~-]+)+$/;

/** Whether `text` is an address: a known scheme and at least one segment. */
export const isValidAddress = (text: string): boolean =>
	text.length <= LIMITS.ilpAddressCharacters && ADDRESS.test(text);

/** The same, with the reason why not. For addresses that people or configuration files supply. */
export const parseAddress = (text: string): Result<string, MalformedAddress> => {
	if (isValidAddress(text)) return ok(text);
	const [scheme, ...segments] = text.split('.');
	const malformed = (reason: string) => err({ type: 'MalformedAddress', reason });
	if (text.length > LIMITS.ilpAddressCharacters)
		return malformed(`longer than ${LIMITS.ilpAddressCharacters} characters`);
	if (!isScheme(scheme)) return malformed('unknown scheme');
	if (segments.length === 0) return malformed('nothing after the scheme');
	return malformed('a segment is empty or holds another character than A-Z a-z 0-9 _ ~ -');
};

/** Whether `text` may stand between two dots. */
const isValidSegment = (text: string): boolean => SEGMENT.test(text);

/** The first part of a valid address. */
export const schemeOf = (address: string): AddressScheme => {
	const scheme = address.slice(0, address.indexOf('.'));
	if (!isScheme(scheme)) throw new Error(`not a valid address: ${address}`);
	return scheme;
};

/** For this link only: answered or refused here, never forwarded. */
export const isPeerAddress = (address: string): boolean => address.startsWith('peer.');

/**
 * Whether both are on one network. RFC 34: a node lives on the live network or on one test network
 * and refuses the addresses of any other.
 */
export const isSameNetwork = (a: string, b: string): boolean => schemeOf(a) === schemeOf(b);

/** `parent.segment`, as a parent hands it out; fails when that is no address. */
export const childAddress = (parent: string, segment: string): Result<string, MalformedAddress> =>
	isValidSegment(segment)
		? parseAddress(`${parent}.${segment}`)
		: err({ type: 'MalformedAddress', reason: 'not one segment' });

const isScheme = (text: string | undefined): text is AddressScheme =>
	(ADDRESS_SCHEMES as readonly (string | undefined)[]).includes(text);
