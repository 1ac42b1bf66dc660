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

/** The same of the bytes from `start` to `end`: a packet's address is checked before it is made text. */
export const isAddressAt = (bytes: Uint8Array, start: number, end: number): boolean => {
	if (end - start > LIMITS.ilpAddressCharacters) return false;
	let previous = OF_DOT;
	for (let at = start; at < end; at++) {
		const kind = KINDS[bytes[at] as number] as number;
		if (kind === OF_NOTHING || (kind === OF_DOT && previous === OF_DOT)) return false;
		previous = kind;
	}
	if (previous === OF_DOT) return false;
	let at = start;
	let scheme = 0;
	while (at < end && bytes[at] !== DOT && at - start < LONGEST_SCHEME)
		scheme = scheme * 128 + (bytes[at++] as number);
	return at < end && bytes[at] === DOT && SCHEME_NUMBERS.has(scheme);
};

const DOT = 0x2e;
const OF_NOTHING = 0;
const OF_SEGMENT = 1;
const OF_DOT = 2;
/** What a byte may be in an address. */
const KINDS = Uint8Array.from({ length: 0x100 }, (_, byte) =>
	byte === DOT ? OF_DOT : SEGMENT.test(String.fromCharCode(byte)) ? OF_SEGMENT : OF_NOTHING
);
const LONGEST_SCHEME = Math.max(...ADDRESS_SCHEMES.map((scheme) => scheme.length));
/** Seven bits a character: each scheme has a number of its own, which a double holds exactly. */
const SCHEME_NUMBERS: ReadonlySet<number> = new Set(
	ADDRESS_SCHEMES.map((scheme) =>
		[...scheme].reduce((number, character) => number * 128 + character.charCodeAt(0), 0)
	)
);

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
