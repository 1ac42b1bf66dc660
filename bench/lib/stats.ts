/** What a list of measurements comes to. */
export interface Spread {
	readonly min: number;
	readonly median: number;
	readonly max: number;
}

/** @throws RangeError for an empty list: nothing measured is not zero */
export const spreadOf = (values: readonly number[]): Spread => ({
	min: percentile(values, 0),
	median: percentile(values, 50),
	max: percentile(values, 100)
});

/**
 * The value below or at which `percent` of the values lie; between two of them, on the line that joins them.
 *
 * @throws RangeError for an empty list
 */
export const percentile = (values: readonly number[], percent: number): number => {
	const sorted = [...values].sort((a, b) => a - b);
	const place = ((sorted.length - 1) * percent) / 100;
	const below = sorted[Math.floor(place)];
	const above = sorted[Math.ceil(place)];
	if (below === undefined || above === undefined) throw new RangeError('nothing was measured');
	return below + (above - below) * (place - Math.floor(place));
};

/** Three significant digits, for tables and baselines. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
