/**
 * How values look to a person, and how what a person types becomes a value again.
 *
 * Money is a `bigint` in link units (USD, scale 9) on both sides, so every conversion here is made
 * on decimal strings: no amount passes through a float. What is shown is cut, never rounded up, so
 * that no screen promises more than there is; the full figure goes into a tooltip and into the
 * `value` of the `<data>` element (see ui/Amount.svelte).
 */
import * as nip19 from 'nostr-tools/nip19';
import { LINK_ASSET, linkToTokenDown, toDecimal, tokenToLink } from '../peer/money.ts';
import { locale, strings } from '../strings/en.ts';

const UNITS_PER_DOLLAR = 10n ** BigInt(LINK_ASSET.scale);
const UNITS_PER_CENT = UNITS_PER_DOLLAR / 100n;
/** What four decimals of a dollar can show. */
const LEAST_IN_DOLLARS = UNITS_PER_DOLLAR / 10_000n;

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

const CENTS = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4, roundingMode: 'trunc' });
const DOLLARS = new Intl.NumberFormat(locale, {
	minimumFractionDigits: 2,
	maximumFractionDigits: 4,
	roundingMode: 'trunc'
});
const COUNT = new Intl.NumberFormat(locale);

const decimal = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral;

/**
 * Link units for people: whole cents and above in dollars with two to four decimals, anything
 * smaller in cents with four significant digits, because a note costs a fraction of a cent. A part
 * `of` dollars is in dollars too, as far as four decimals tell it: nobody has to convert to compare.
 */
export const formatMoney = (units: bigint, of = 0n): string => {
	const sign = units < 0n ? strings.money.minus : '';
	const size = absolute(units);
	const isComparable = of >= UNITS_PER_CENT && size >= LEAST_IN_DOLLARS;
	if (size !== 0n && size < UNITS_PER_CENT && !isComparable)
		return sign + strings.money.cents(CENTS.format(decimal(toDecimal(size, LINK_ASSET.scale - 2))));
	return sign + strings.money.dollars(DOLLARS.format(decimal(toDecimal(size, LINK_ASSET.scale))));
};

/** Every digit, for tooltips and receipts. */
export const formatMoneyExact = (units: bigint): string =>
	strings.money.exact(toDecimal(units, LINK_ASSET.scale));

const SHORT = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4, roundingMode: 'trunc' });
const WEI_PER_ETHER_SCALE = 18;
const WEI_PER_GWEI_SCALE = 9;
/** Below a millionth of an ether the zeros are harder to read than another unit. */
const SMALL_WEI = 10n ** 12n;

/** What the chain takes for gas, in its own money: no screen knows what an ether costs. Four significant digits. */
export const formatWei = (wei: bigint): string => {
	const sign = wei < 0n ? strings.money.minus : '';
	const size = absolute(wei);
	const isSmall = size < SMALL_WEI;
	const figure = SHORT.format(decimal(toDecimal(size, isSmall ? WEI_PER_GWEI_SCALE : WEI_PER_ETHER_SCALE)));
	return sign + (isSmall ? strings.money.gwei(figure) : strings.money.ether(figure));
};

export type MoneyUnit = 'dollars' | 'cents';

const DECIMALS: Record<MoneyUnit, number> = { dollars: LINK_ASSET.scale, cents: LINK_ASSET.scale - 2 };

/**
 * What a person typed, in link units. A `$` or `¢` in the text wins over `unit`. `undefined` for
 * anything that is not a plain non-negative number with at most as many decimals as the unit has.
 */
export const parseMoney = (text: string, unit: MoneyUnit): bigint | undefined => {
	const match = /^(\$)?\s*(\d{1,12})?(?:[.,](\d+))?\s*(¢|c|ct)?$/i.exec(text.trim());
	if (!match) return undefined;
	const [, dollarSign, whole, fraction, centSign] = match;
	if ((whole === undefined && fraction === undefined) || (dollarSign && centSign)) return undefined;
	const decimals = DECIMALS[dollarSign ? 'dollars' : centSign ? 'cents' : unit];
	const digits = fraction ?? '';
	if (digits.length > decimals) return undefined;
	return BigInt((whole ?? '0') + digits.padEnd(decimals, '0'));
};

/** Link units as the plain number for an input field that asks in `unit`. */
export const moneyInput = (units: bigint, unit: MoneyUnit): string => toDecimal(units, DECIMALS[unit]);

/** What a payout of all that is held brings, floored to the token's unit, and what stays behind. */
export const payoutPreview = (
	held: bigint,
	fee: bigint,
	tokenScale: number
): { readonly paid: bigint; readonly remainder: bigint } => {
	const afterFee = held > fee ? held - fee : 0n;
	const paid = tokenToLink(linkToTokenDown(afterFee, tokenScale), tokenScale);
	return { paid, remainder: afterFee - paid };
};

export const formatCount = (count: number | bigint): string => COUNT.format(count);

/** Sizes in powers of 1,000, as disks and browsers state them. */
export const formatBytes = (bytes: number): string => {
	const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
	const step = Math.min(steps.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
	return new Intl.NumberFormat(locale, {
		style: 'unit',
		unit: steps[step] ?? 'byte',
		unitDisplay: 'short',
		maximumFractionDigits: step === 0 ? 0 : 1
	}).format(bytes / 1000 ** step);
};

const RELATIVE = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const DAY = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

const MINUTES = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;

/** Both in Unix milliseconds. Within the last week relative, older a date. */
export const formatAgo = (at: number, now: number): string => {
	const passed = Math.max(0, now - at);
	if (passed < MINUTE) return strings.time.now;
	if (passed < HOUR) return RELATIVE.format(-Math.floor(passed / MINUTE), 'minute');
	if (passed < 24 * HOUR) return RELATIVE.format(-Math.floor(passed / HOUR), 'hour');
	if (passed < WEEK) return RELATIVE.format(-Math.floor(passed / (24 * HOUR)), 'day');
	return DAY.format(at);
};

export const formatMoment = (at: number): string => FULL.format(at);

/** A day and an hour to come back at. */
export const formatWhen = (at: number): string => MINUTES.format(at);

/** A span in milliseconds in its largest unit, rounded up: nobody is told to come back too early. */
export const formatSpan = (ms: number): string => {
	const left = Math.max(0, ms);
	if (left < MINUTE) return strings.time.seconds(Math.ceil(left / SECOND));
	if (left < HOUR) return strings.time.minutes(Math.ceil(left / MINUTE));
	if (left < 72 * HOUR) return strings.time.hours(Math.ceil(left / HOUR));
	return strings.time.days(Math.ceil(left / (24 * HOUR)));
};

/** NIP-19 public key, whole. Falls back to the hex when it is not 32 bytes. */
export const npub = (pubkey: string): string =>
	/^[0-9a-f]{64}$/.test(pubkey) ? nip19.npubEncode(pubkey) : pubkey;

/** Enough of an npub to recognise it: both ends, since a vanity prefix is cheap to make. */
export const shortNpub = (pubkey: string): string => {
	const whole = npub(pubkey);
	return whole.length > 20 ? `${whole.slice(0, 9)}…${whole.slice(-5)}` : whole;
};

/** Hex public key from an npub, nprofile or 64 hex digits as pasted (also with `nostr:`). */
export const parsePubkey = (text: string): string | undefined => {
	const pasted = text.trim().replace(/^nostr:/i, '');
	if (/^[0-9a-f]{64}$/i.test(pasted)) return pasted.toLowerCase();
	try {
		const decoded = nip19.decode(pasted);
		if (decoded.type === 'npub') return decoded.data;
		if (decoded.type === 'nprofile') return decoded.data.pubkey;
	} catch {
		// not bech32, or its checksum is wrong: the person hears "not a key" from the form
	}
	return undefined;
};

/** 0x addresses, channel ids and transactions. */
export const shortHex = (hex: string): string =>
	hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex;

/** A name if the person gave one, else the short key. Control and direction characters are dropped. */
export const displayName = (name: string | undefined, pubkey: string): string => {
	const clean = (name ?? '').replace(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
	// By whole characters: half of one would show as a box.
	return clean === '' ? shortNpub(pubkey) : [...clean].slice(0, 40).join('');
};

/** Link units in the token's smallest unit, cut: a wallet is never asked for more than was written. */
export const toToken = (units: bigint, tokenScale: number): bigint => linkToTokenDown(units, tokenScale);
