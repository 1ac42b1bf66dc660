/** One question that an audit asks of the books, and how its answer is written down. */
import { tokenToLink } from '../money.ts';
import type { SqlDriver, SqlRow, SqlValue } from '../storage/sql.ts';

/** What is not as it must be: exactly where, and both figures. */
export interface Finding {
	/** An account, a channel, a packet, a receipt. */
	readonly where: string;
	readonly what: string;
}

export interface Check {
	/** What must hold, in words. */
	readonly name: string;
	/** What was looked at, for the report: `1,204 transfers`. */
	readonly figures: string;
	/** Empty when all is well. */
	readonly wrong: readonly Finding[];
	/** True elsewhere and not taken in here yet: the chain or a neighbour is ahead. No error, and over by itself. */
	readonly behind: readonly Finding[];
	/** Why nothing could be looked at. */
	readonly skipped?: string;
}

export interface Checking {
	equal(
		where: string,
		found: bigint,
		expected: bigint,
		what: (found: bigint, expected: bigint) => string
	): void;
	wrong(where: string, what: string): void;
	behind(where: string, what: string): void;
	done(figures: string): Check;
}

export const startCheck = (name: string): Checking => {
	const wrong: Finding[] = [];
	const behind: Finding[] = [];
	return {
		equal: (where, found, expected, what) => {
			if (found !== expected) wrong.push({ where, what: what(found, expected) });
		},
		wrong: (where, what) => void wrong.push({ where, what }),
		behind: (where, what) => void behind.push({ where, what }),
		done: (figures) => ({ name, figures, wrong, behind })
	};
};

export const skippedCheck = (name: string, skipped: string): Check => ({
	name,
	figures: '',
	wrong: [],
	behind: [],
	skipped
});

/** What the checks of one database share. */
export interface Books {
	readonly sql: SqlDriver;
	/** Decimals of the token that channels hold. */
	readonly tokenScale: number;
	/** Unix ms. */
	readonly now: number;
}

export const big = (value: SqlValue | undefined): bigint => BigInt((value ?? 0) as number | bigint);
export const text = (row: SqlRow, column: string): string => String(row[column] ?? '');

/** Token units of a row as link units. */
export const linkUnits = ({ tokenScale }: Books, value: SqlValue | undefined): bigint =>
	tokenToLink(big(value), tokenScale);

/** Balance of every account, as stored. */
export const storedBalances = ({ sql }: Books): ReadonlyMap<string, bigint> =>
	new Map(sql.all('SELECT name, posted FROM account').map((row) => [text(row, 'name'), big(row['posted'])]));

export const count = (many: number | bigint, one: string, others = `${one}s`): string =>
	`${many.toString().replace(/\B(?=(\d{3})+$)/g, ',')} ${BigInt(many) === 1n ? one : others}`;
