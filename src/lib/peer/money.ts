/**
 * Money is a `bigint` in the smallest unit of its asset, never a float. Inside a peer every link is
 * USD at scale 9 (one unit is a billionth of a dollar); tokens on chains are coarser, so crossing
 * over has a direction: **the payer rounds up at the claim, a payout rounds down, and what is left
 * over stays with whose it was**.
 */
export const LINK_ASSET = { code: 'USD', scale: 9 } as const;

const factor = (tokenScale: number): bigint => {
	if (!Number.isInteger(tokenScale) || tokenScale < 0 || tokenScale > LINK_ASSET.scale)
		throw new Error(`token scale ${tokenScale} is outside 0..${LINK_ASSET.scale}`);
	return 10n ** BigInt(LINK_ASSET.scale - tokenScale);
};

/** Exact: every token unit is a whole number of link units. */
export const tokenToLink = (token: bigint, tokenScale: number): bigint => token * factor(tokenScale);

/** The most token units worth at most `link`. */
export const linkToTokenDown = (link: bigint, tokenScale: number): bigint => link / factor(tokenScale);

/** For non-negative numerators. */
export const ceilDiv = (numerator: bigint, denominator: bigint): bigint =>
	(numerator + denominator - 1n) / denominator;

export const minOf = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const maxOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Fees are proportional, in parts per million of the amount that arrives at the hop. */
export type PartsPerMillion = bigint;

/** What leaves a hop that takes `fee` of `amount`: rounded down, so a hop never pays for a packet. */
export const afterFee = (amount: bigint, fee: PartsPerMillion): bigint =>
	(amount * (1_000_000n - fee)) / 1_000_000n;

/** `units / 10^scale` as a plain decimal string, exact and without trailing zeros. */
export const toDecimal = (units: bigint, scale: number): string => {
	const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
	const whole = digits.slice(0, digits.length - scale);
	const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
	return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
};
